//! The audit of the whole heap: every word belongs to exactly one live block, free run or control
//! area; shadow, headers, the allocator's words and the figures agree. What it finds is our bug.

use std::collections::HashMap;

use super::address_space::WORD_BYTES;
use super::allocator::{Run, RunState};
use super::block::{Block, BlockKind};
use super::heap::Memory;
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
        for k in 0..words {
            let tag = heap.tags[first + k];
            let value = matches!(
                tag,
                Tag::Integer
                    | Tag::Float
                    | Tag::Boolean
                    | Tag::Null
                    | Tag::Pointer
                    | Tag::InteriorPointer
                    | Tag::WeakPointer
                    | Tag::String
            );
            let raw = matches!(tag, Tag::Bytes | Tag::PartialBytes);
            let fits = match block.kind {
                _ if tag == Tag::Uninitialised => true,
                BlockKind::Elements | BlockKind::Fields(_) => value && k < data,
                BlockKind::Bytes | BlockKind::String { .. } => raw && k < block.bytes.div_ceil(WORD_BYTES) as usize,
                BlockKind::Plain => false,
            };
            if !fits {
                let address = heap.address(first + k);
                return Err(format!("the word at {address:#010x} holds {tag:?} in a block of {:?}", block.kind));
            }
        }
        Ok(())
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

impl Memory {
    /// Compares the counts of references that are kept with those that are there: `owners` are what slots
    /// and globals hold; what blocks and stack buffers hold is looked up here. Only where references
    /// are counted.
    ///
    /// # Errors
    /// A sentence about the first block whose count is wrong.
    pub fn audit_counts(&self, owners: &mut dyn Iterator<Item = Value>) -> Result<(), String> {
        if !self.requirements.counts {
            return Ok(());
        }
        let mut counted: HashMap<usize, u64> = HashMap::new();
        let mut count = |value: Value| {
            if let Some(home) = self.counted(value) {
                *counted.entry(home.header).or_default() += 1;
            }
        };
        owners.for_each(&mut count);
        let blocks = self.blocks();
        for block in &blocks {
            if let (BlockKind::Elements | BlockKind::Fields(_), Some(home)) = (block.kind, self.find(block.pointer)) {
                let first = home.header + 1;
                (first..first + (block.bytes / WORD_BYTES) as usize).for_each(|at| count(self.space.heap.get(at)));
            }
        }
        for block in &blocks {
            let Some(home) = self.find(block.pointer) else { continue };
            let (kept, found) = (self.count(home), counted.get(&home.header).copied().unwrap_or(0));
            if kept != found {
                let address = block.pointer.address();
                return Err(format!("the block at {address:#010x} has a count of {kept}, and {found} references"));
            }
        }
        Ok(())
    }
}
