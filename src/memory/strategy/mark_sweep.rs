//! Mark and sweep: a collection finds out what can still be reached, and frees the rest.
//!
//! **When.** As soon as the heap in use has doubled since the last collection. Marking costs in
//! proportion to what survives, and sweeping to the heap; if a collection that leaves `n` bytes is
//! followed by the next after `n` more, every allocated byte pays for a constant amount of both, and
//! the heap takes no more than twice what it needs. (The same factor is Lua's default pause of 200 % and
//! Go's `GOGC=100`; how the price falls as the heap is given more room is in Jones, Hosking and Moss,
//! *The Garbage Collection Handbook*, on comparing collectors.) Roots are work too, so a deep stack counts
//! like a heap of its size, and a heap below [`FLOOR_BYTES`] is left alone. Besides, whoever cannot be
//! served has the heap collected first.

use super::super::fault::Fault;
use super::super::heap::Memory;
use super::super::root::Root;
use super::{Strategy, marking};

/// Bytes that must have been allocated for a collection to be worth its pause: so many are marked and
/// swept in about a millisecond, and most programs never allocate them.
const FLOOR_BYTES: u64 = 256 * 1024;

/// The strategy called `mark-sweep`.
#[derive(Clone, Copy, Debug)]
pub struct MarkSweep {
    /// Bytes in use at which the next collection is due.
    due_at: u64,
}

impl MarkSweep {
    /// The strategy before its first collection.
    pub const fn new() -> MarkSweep {
        MarkSweep { due_at: FLOOR_BYTES }
    }
}

impl Strategy for MarkSweep {
    fn collection_due(&self, memory: &Memory) -> bool {
        memory.bytes_in_use() >= self.due_at
    }

    fn collect(&mut self, memory: &mut Memory, roots: &[Root]) -> Result<(), Fault> {
        let marks = marking::mark(memory, roots)?;
        memory.sweep(&marks)?;
        let work = memory.bytes_in_use() + size_of_val(roots) as u64;
        self.due_at = memory.bytes_in_use() + FLOOR_BYTES.max(work);
        Ok(())
    }
}

impl Memory {
    /// Frees every heap block that is not marked, in order of address.
    fn sweep(&mut self, marks: &marking::Marks) -> Result<(), Fault> {
        let mut next = self.live_home_from(0);
        while let Some((home, end)) = next {
            // Looked up before the block goes: then its run joins the free ones, and where they end is not
            // the start of a run any more.
            next = self.live_home_from(end);
            if !marks.contains(home.header) {
                self.reclaim(home)?;
            }
        }
        Ok(())
    }
}
