//! Reference counting: a block dies with the last counted reference to it, at once (Collins 1960).
//!
//! The count is in the first of two header words, above the bit that is the allocator's. Counts of
//! slots are kept by the instructions that the compiler inserts, those of globals, elements and
//! fields by the stores. Cycles keep themselves alive; they are what this strategy loses.

use std::cell::Cell;
use std::collections::HashMap;

use super::super::address_space::{HEAP_BASE, WORD_BYTES};
use super::super::block::{BlockKind, Place, header_serial};
use super::super::fault::Fault;
use super::super::heap::Memory;
use super::super::provenance::Home;
use super::super::reachability::{LostBlock, classify_cycles};
use super::super::root::Root;
use super::super::statistics::HeapStatistics;
use super::super::value::{Tag, Value};
use super::Strategy;

/// One reference, in the count word: bit 0 belongs to the allocator.
pub(in crate::memory) const ONE: u64 = 2;

/// The strategy called `refcount`.
#[derive(Clone, Copy, Debug)]
pub struct ReferenceCounting;

impl Strategy for ReferenceCounting {
    fn lost(&self, memory: &Memory, roots: &[Root]) -> Vec<LostBlock> {
        classify_cycles(memory, roots)
    }

    fn audit_counts(&self, memory: &Memory, roots: &[Root]) -> Result<(), String> {
        let found = references(memory, roots);
        for block in memory.blocks() {
            let Some(home) = memory.find(block.pointer) else { continue };
            let (kept, found) = (memory.count(home), found.get(&home.header).copied().unwrap_or(0));
            if kept != found {
                let address = block.pointer.address();
                return Err(format!("the block at {address:#010x} has a count of {kept}, and {found} references"));
            }
        }
        Ok(())
    }

    fn recount(&mut self, memory: &mut Memory, roots: &[Root]) -> Result<(), Fault> {
        let found = references(memory, roots);
        let mut dying = Vec::new();
        for block in memory.blocks() {
            let Some(home) = memory.find(block.pointer) else { continue };
            let count = found.get(&home.header).copied().unwrap_or(0);
            let word = &mut memory.space.heap.words[home.header - 1];
            // A block without any goes by being given one, which is then taken.
            *word = *word % ONE + count.max(1) * ONE;
            dying.extend((count == 0).then_some(Value::pointer(block.pointer)));
        }
        dying.into_iter().try_for_each(|value| memory.release(value))
    }
}

/// Counts one more reference to the block of a value, where that is one step. False, and nothing done, where
/// [`Memory::retain`] has to.
#[inline(never)]
pub fn retain_at_once(words: &[Cell<u64>], tags: &[Cell<Tag>], counts: &mut HeapStatistics, value: Value) -> bool {
    match count_word(words, tags, value) {
        Some(Some(count)) => {
            count.set(count.get() + ONE);
            counts.retains += 1;
            true
        }
        Some(None) => true,
        None => false,
    }
}

/// Counts one reference less, where that is one step: not the last. False, and nothing done, where
/// [`Memory::release`] has to.
#[inline(never)]
pub fn release_at_once(words: &[Cell<u64>], tags: &[Cell<Tag>], counts: &mut HeapStatistics, value: Value) -> bool {
    match count_word(words, tags, value) {
        Some(Some(count)) if count.get() >= 2 * ONE => {
            count.set(count.get() - ONE);
            counts.releases += 1;
            true
        }
        Some(None) => true,
        _ => false,
    }
}

/// Counts that a place holds `value` now and `held` no more, where that takes one step each. False, and
/// nothing done, otherwise.
#[inline(never)]
pub fn exchange_at_once(
    words: &[Cell<u64>],
    tags: &[Cell<Tag>],
    counts: &mut HeapStatistics,
    held: Value,
    value: Value,
) -> bool {
    if held.tag.is_reference() {
        // What the place held may not be the last one: `value` cannot be given up again.
        let outlives = match count_word(words, tags, held) {
            Some(Some(count)) => count.get() >= 2 * ONE,
            Some(None) => true,
            None => false,
        };
        outlives && retain_at_once(words, tags, counts, value) && release_at_once(words, tags, counts, held)
    } else {
        retain_at_once(words, tags, counts, value)
    }
}

/// The word that counts the references to the block of a value; within that, none if it has no
/// such block. Nothing where it takes more to tell.
#[inline(always)]
fn count_word<'w>(words: &'w [Cell<u64>], tags: &[Cell<Tag>], value: Value) -> Option<Option<&'w Cell<u64>>> {
    match value.tag {
        Tag::Pointer | Tag::String => {
            let pointer = value.as_pointer();
            // Beyond the segment for whatever is not in the heap.
            let header = (pointer.address().wrapping_sub(HEAP_BASE + WORD_BYTES as u32) >> 3) as usize;
            let is_header = tags.get(header).is_some_and(|tag| tag.get().is_header());
            let counted = words
                .get(header)
                .is_some_and(|word| header > 0 && header_serial(word.get()) == pointer.serial() && is_header);
            Some(counted.then(|| &words[header - 1]))
        }
        Tag::InteriorPointer => None,
        _ => Some(None),
    }
}

/// How many counted references there are to each heap block, by the index of its header.
fn references(memory: &Memory, roots: &[Root]) -> HashMap<usize, u64> {
    let mut found: HashMap<usize, u64> = HashMap::new();
    let mut count = |value: Value| {
        if let Some(home) = memory.counted(value) {
            *found.entry(home.header).or_default() += 1;
        }
    };
    roots.iter().for_each(|&root| count(memory.held(root)));
    for block in memory.blocks() {
        if let (BlockKind::Elements | BlockKind::Fields(_), Some(home)) = (block.kind, memory.find(block.pointer)) {
            let first = home.header + 1;
            (first..first + (block.bytes / 8) as usize).for_each(|at| count(memory.space.heap.get(at)));
        }
    }
    found
}

impl Memory {
    /// Counts one more reference to the block of a value, if it is a counted reference to the heap.
    #[inline]
    pub fn retain(&mut self, value: Value) {
        debug_assert!(self.requirements.counts, "only this strategy's blocks have a count");
        if let Some(home) = self.counted(value) {
            self.space.heap.words[home.header - 1] += ONE;
            self.counts.retains += 1;
        }
    }

    /// Counts one reference less. The block goes with its last one, and with it the references that it
    /// holds, by a work list: however long a chain of blocks is, the host's stack is not used for it.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub fn release(&mut self, value: Value) -> Result<(), Fault> {
        debug_assert!(self.requirements.counts, "only this strategy's blocks have a count");
        let mut next = self.count_down(value);
        // Those that come after the next one. Most blocks lead to one other at most.
        let mut dying = Vec::new();
        while let Some(home) = next.take().or_else(|| dying.pop()) {
            let block = self.block_at(home);
            if matches!(block.kind, BlockKind::Elements | BlockKind::Fields(_)) {
                let first = home.header + 1;
                for index in (first..first + (block.bytes / 8) as usize).rev() {
                    if self.space.heap.tags[index].is_reference() {
                        let held = self.space.heap.get(index);
                        if let Some(home) = self.count_down(held) {
                            dying.extend(next.replace(home));
                        }
                    }
                }
            }
            self.reclaim(home)?;
        }
        Ok(())
    }

    /// Writes a word of a block. Under this strategy the place counts as a reference to what it now
    /// holds, and no more to what it held.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    #[inline]
    pub(in crate::memory) fn put_word(&mut self, place: Place, index: usize, value: Value) -> Result<(), Fault> {
        if !self.requirements.counts {
            self.segment_mut(place).set(index, value);
            return Ok(());
        }
        // First the new one, which may be the old one.
        self.retain(value);
        let held = self.segment(place).get(index);
        self.segment_mut(place).set(index, value);
        self.release(held)
    }

    /// Writes a global, as `Memory::put_word` does a word of a block.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub fn put_global(&mut self, index: usize, value: Value) -> Result<(), Fault> {
        self.put_word(Place::Static, index, value)
    }

    /// The count of a live heap block.
    pub(in crate::memory) fn count(&self, home: Home) -> u64 {
        self.space.heap.words[home.header - 1] / ONE
    }

    /// The block that a counted reference keeps alive.
    #[inline]
    pub(in crate::memory) fn counted(&self, value: Value) -> Option<Home> {
        let home = match value.tag {
            Tag::Pointer | Tag::String => self.find(value.as_pointer())?,
            Tag::InteriorPointer => self.find_around(value.as_pointer())?,
            _ => return None,
        };
        (home.place == Place::Heap).then_some(home)
    }

    /// Takes one off the count; the block if that was the last.
    #[inline]
    fn count_down(&mut self, value: Value) -> Option<Home> {
        let home = self.counted(value)?;
        let count = &mut self.space.heap.words[home.header - 1];
        *count = count.saturating_sub(ONE);
        self.counts.releases += 1;
        (*count < ONE).then_some(home)
    }
}
