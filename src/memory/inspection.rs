//! Memory as somebody sees it who looks from outside: any word by its address, in whatever state the
//! memory is. Reads only, and trusts nothing: what is not there is none.

use super::address_space::{Segment, WORD_BYTES};
use super::allocator::{AllocatorRow, Run};
use super::block::{Block, BlockKind, Place};
use super::heap::Memory;
use super::strategy::StrategyRow;
use super::value::{Tag, Value};

impl Segment {
    /// Which bytes of the word at `index` have been written, a bit each.
    fn written(&self, index: usize) -> u8 {
        match self.tags[index] {
            Tag::Uninitialised => 0,
            Tag::PartialBytes => self.masks.get(index).copied().unwrap_or(0),
            _ => 0xFF,
        }
    }
}

impl Memory {
    /// The word that holds the byte at `address`, with a bit for each of its bytes that has been written;
    /// none where no data segment has memory.
    pub fn word(&self, address: u32) -> Option<(Value, u8)> {
        let space = &self.space;
        [&space.statics, &space.heap, &space.stack].into_iter().find_map(|segment| {
            let index = segment.index(address)?;
            Some((segment.get(index), segment.written(index)))
        })
    }

    /// The words of a block of elements or fields with their addresses, ascending; of any other block none.
    pub fn contents(&self, block: &Block) -> impl Iterator<Item = (u32, Value)> + '_ {
        let words = match block.kind {
            BlockKind::Elements | BlockKind::Fields(_) => (block.bytes / WORD_BYTES) as u32,
            BlockKind::Bytes | BlockKind::Plain | BlockKind::String { .. } => 0,
        };
        let first = block.pointer.address();
        (0..words).map_while(move |word| {
            let address = first.checked_add(word.checked_mul(8)?)?;
            Some((address, self.word(address)?.0))
        })
    }

    /// The first bytes of a block, at most `most`, written or not.
    pub fn raw_bytes(&self, block: &Block, most: u64) -> Vec<u8> {
        let length = block.bytes.min(most);
        let words = (0..length.div_ceil(WORD_BYTES) as u32).map_while(|word| {
            let address = block.pointer.address().checked_add(8 * word)?;
            Some(self.word(address)?.0.word.to_le_bytes())
        });
        words.flatten().take(length as usize).collect()
    }

    /// How many references a live heap block counts, where the strategy counts.
    pub fn reference_count(&self, block: &Block) -> Option<u64> {
        let home = self.find(block.pointer).filter(|home| home.place == Place::Heap && self.requirements.counts)?;
        (home.header > 0).then(|| self.count(home))
    }

    /// What the allocator's own words in a free run or in its control area say: links and the like, each
    /// with its name.
    pub fn allocator_words(&self, run: &Run) -> Vec<(&'static str, u64)> {
        self.allocator.own_words(&self.space.heap, run)
    }

    /// The allocator's row in the table.
    pub const fn allocator_row(&self) -> &'static AllocatorRow {
        self.allocator_row
    }

    /// The strategy's row in the table.
    pub const fn strategy_row(&self) -> &'static StrategyRow {
        self.strategy_row
    }

    /// The most bytes the heap may take.
    pub const fn heap_limit_bytes(&self) -> u64 {
        self.heap_words as u64 * WORD_BYTES
    }
}
