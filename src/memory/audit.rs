//! The audit of the whole heap: every word belongs to exactly one live block, free run or control
//! area; shadow, headers, the allocator's words and the figures agree. What it finds is our bug.

use super::address_space::WORD_BYTES;
use super::allocator::{Run, RunState};
use super::block::{Block, BlockKind};
use super::fault::Fault;
use super::heap::Memory;
use super::root::Root;
use super::statistics::HeapStatistics;
use super::value::{Tag, Value};

impl Memory {
    /// Checks the heap as a whole.
    ///
    /// # Errors
    /// A sentence about the first contradiction.
    pub fn audit(&self) -> Result<(), String> {
        let heap = &self.space.heap;
        if heap.tags.len() != heap.words.len() {
            return Err("the shadow of the heap is not as long as the heap".to_owned());
        }
        let runs: Vec<Run> = self.runs().collect();
        let covered = runs.last().map_or(0, |run| run.start + run.words);
        if covered != heap.words.len() {
            return Err(format!("the word at {:#010x} belongs to no run", heap.address(covered)));
        }
        let control: usize = runs.iter().take_while(|run| run.state == RunState::Control).map(|run| run.words).sum();
        if !runs.is_empty() && control != self.control_words() {
            return Err(format!("the control area has {control} words"));
        }
        let mut serials = Vec::new();
        let mut figures = HeapStatistics::default();
        for run in &runs {
            let Some(block) = self.block_of(run) else { continue };
            self.audit_block(&block)?;
            serials.push(block.pointer.serial());
            figures.allocations += 1;
            figures.live_bytes += block.bytes;
            figures.header_bytes += self.requirements.header_words as u64 * WORD_BYTES;
            figures.padding_bytes += self.padding(run.words, block.bytes);
        }
        serials.sort_unstable();
        if serials.windows(2).any(|pair| pair[0] == pair[1])
            || serials.last().is_some_and(|&serial| u64::from(serial) >= self.next_serial)
        {
            return Err("two blocks have one serial, or one has a serial not given yet".to_owned());
        }
        self.audit_references(&runs)?;
        self.audit_figures(&figures)?;
        self.allocator.audit(heap, &runs)
    }

    /// Checks that the shadow of a block's data fits its kind.
    fn audit_block(&self, block: &Block) -> Result<(), String> {
        let heap = &self.space.heap;
        let Some(first) = heap.index(block.pointer.address()) else {
            return Err(format!("the block at {:#010x} has no data", block.pointer.address()));
        };
        let data = (block.bytes / WORD_BYTES) as usize;
        let words = self.run_words(block.bytes) - self.requirements.header_words;
        // Nobody looks at padding, but what goes astray may end up there.
        let padding = match block.kind {
            BlockKind::Elements | BlockKind::Fields(_) => data,
            _ => block.bytes.div_ceil(WORD_BYTES) as usize,
        };
        for k in 0..words {
            let tag = heap.tags[first + k];
            let value = matches!(
                tag,
                Tag::Integer
                    | Tag::Float
                    | Tag::Boolean
                    | Tag::False
                    | Tag::True
                    | Tag::Null
                    | Tag::Pointer
                    | Tag::InteriorPointer
                    | Tag::String
                    | Tag::WeakPointer
                    | Tag::WeakInteriorPointer
            );
            let raw = matches!(tag, Tag::Bytes | Tag::PartialBytes);
            let fits = match block.kind {
                _ if tag == Tag::Uninitialised => true,
                _ if k >= padding => (value || raw) && !(tag.is_reference() && self.is_automatic()),
                BlockKind::Elements | BlockKind::Fields(_) => value,
                BlockKind::Bytes | BlockKind::String { .. } => raw,
                BlockKind::Plain => false,
            };
            if !fits {
                let address = heap.address(first + k);
                return Err(format!("the word at {address:#010x} holds {tag:?} in a block of {:?}", block.kind));
            }
        }
        Ok(())
    }

    /// Checks the heap as a whole, and what `roots` say of it; where references are counted, those of
    /// `counted` are.
    ///
    /// # Errors
    /// A sentence about the first contradiction.
    pub fn audit_with(&self, roots: &[Root], counted: &[Root]) -> Result<(), String> {
        self.audit()?;
        if let Some(held) = roots.iter().map(|&root| self.held(root)).find(|&held| self.may_not_dangle(held)) {
            return Err(format!("a root holds {held:?}, whose block is gone"));
        }
        self.strategy.as_ref().map_or(Ok(()), |strategy| strategy.audit_counts(self, counted))
    }

    /// Checks that no block refers to one that is gone, where blocks only go when nothing refers to them.
    fn audit_references(&self, runs: &[Run]) -> Result<(), String> {
        let heap = &self.space.heap;
        for run in runs.iter().filter(|run| run.state == RunState::Live) {
            let words = run.start..run.start + run.words;
            if let Some(index) = words.into_iter().find(|&index| self.may_not_dangle(heap.get(index))) {
                return Err(format!("the word at {:#010x} refers to a block that is gone", heap.address(index)));
            }
        }
        Ok(())
    }

    /// Whether a value refers to a heap block that is gone, which the strategy does not let happen.
    fn may_not_dangle(&self, value: Value) -> bool {
        self.is_automatic() && value.tag.is_reference() && matches!(self.resolve(value), Err(Fault::UseAfterFree(_)))
    }

    /// Whether blocks only go when nothing refers to them.
    fn is_automatic(&self) -> bool {
        !self.requirements.frees_on_request
    }

    /// Compares what was counted of the live blocks with the counts kept.
    fn audit_figures(&self, live: &HeapStatistics) -> Result<(), String> {
        let kept = &self.counts;
        let total = self.statistics();
        let pairs = [
            ("live blocks", live.allocations, kept.allocations - kept.frees),
            ("live bytes", live.live_bytes, kept.live_bytes),
            ("header bytes", live.header_bytes, kept.header_bytes),
            ("padding bytes", live.padding_bytes, kept.padding_bytes),
            ("footprint bytes", self.space.heap.words.len() as u64 * WORD_BYTES, kept.footprint_bytes),
            (
                "bytes of the footprint",
                total.live_bytes + total.padding_bytes + total.header_bytes + total.free_bytes,
                total.footprint_bytes,
            ),
        ];
        match pairs.into_iter().find(|(_, counted, kept)| counted != kept) {
            Some((what, counted, kept)) => Err(format!("{what}: {counted} counted, {kept} kept")),
            None => Ok(()),
        }
    }
}
