//! [`Memory`] itself: what it consists of, how it is set up, its figures. Its calls are in the
//! files of their topics.

use std::cell::Cell;
use std::collections::HashMap;

use super::address_space::{AddressSpace, FIRST_BLOCK, HEAP_BASE, STACK_TOP, Segment, WORD_BYTES};
use super::allocator::{self, Allocator, AllocatorRow, Arena, RunState};
use super::block::Place;
use super::journal::Journal;
use super::layout::Layouts;
use super::provenance::Home;
use super::statistics::HeapStatistics;
use super::strategy::{self, Requirements, Strategy, StrategyRow};
use super::strings::TextCursor;
use super::value::Value;
use crate::limits::PAGE_BYTES;

/// How a memory is set up.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// Name of the strategy (a row of the strategy table).
    pub strategy: &'static str,
    /// Name of the allocator (a row of the allocator table).
    pub allocator: &'static str,
    /// Most bytes the heap may take.
    pub heap_bytes: u64,
    /// Most bytes the stack may take.
    pub stack_bytes: u64,
    /// First byte of the static segment.
    pub static_base: u32,
    /// Whether anybody can see what is left in the words of blocks that are gone.
    pub residue: bool,
}

/// The whole simulated memory.
#[derive(Debug)]
pub struct Memory {
    /// Words and shadow.
    pub space: AddressSpace,
    /// Layouts of records and plain blocks.
    pub layouts: Layouts,
    /// What happened to blocks, while somebody watches.
    pub journal: Journal,
    pub(super) allocator: &'static dyn Allocator,
    pub(super) allocator_row: &'static AllocatorRow,
    pub(super) strategy_row: &'static StrategyRow,
    /// Lent out, and none, while it collects.
    pub(super) strategy: Option<Box<dyn Strategy>>,
    pub(super) requirements: Requirements,
    /// Most words the heap may take: whole pages.
    pub(super) heap_words: usize,
    /// Lowest address that the stack may reach.
    pub(super) stack_limit: u32,
    /// Whether what was in a block has to be in its words when it goes.
    pub(super) residue: bool,
    /// The serial that the next block gets; beyond 32 bits when none is left.
    pub(super) next_serial: u64,
    /// Sites of heap blocks by half the index of their header: a block has at least two words.
    pub(super) sites: Vec<u32>,
    pub(super) literals: HashMap<Box<str>, Value>,
    /// All but what [`Memory::statistics`] works out.
    pub(crate) counts: HeapStatistics,
    pub(super) text_cursor: Cell<TextCursor>,
    /// Where the last access that went astray came down, if in a block.
    pub(super) last_astray: Option<Home>,
}

impl Memory {
    /// A fresh memory; nothing is taken from the host but what the statics need.
    ///
    /// # Panics
    /// If a name is not in its table.
    pub fn new(options: &MemoryOptions) -> Memory {
        let strategy = strategy::find(options.strategy).expect("a strategy of the table");
        let allocator = allocator::find(options.allocator).expect("an allocator of the table");
        let mut memory = Memory {
            space: AddressSpace {
                statics: Segment::new(options.static_base, false),
                heap: Segment::new(HEAP_BASE, false),
                stack: Segment::new(STACK_TOP, true),
            },
            layouts: Layouts::default(),
            journal: Journal::default(),
            allocator: allocator.allocator,
            allocator_row: allocator,
            strategy_row: strategy,
            strategy: Some((strategy.new)()),
            requirements: strategy.requirements,
            heap_words: (options.heap_bytes / PAGE_BYTES * PAGE_BYTES / WORD_BYTES) as usize,
            stack_limit: u64::from(STACK_TOP).saturating_sub(options.stack_bytes) as u32,
            residue: options.residue,
            next_serial: 1,
            sites: Vec::new(),
            literals: HashMap::new(),
            counts: HeapStatistics::default(),
            text_cursor: Cell::default(),
            last_astray: None,
        };
        memory.place_characters();
        memory
    }

    /// Words of the allocator's control area: what precedes the first block's header.
    pub(super) fn control_words(&self) -> usize {
        ((FIRST_BLOCK - HEAP_BASE) as u64 / WORD_BYTES) as usize - self.requirements.header_words
    }

    /// The heap as its allocator sees it.
    #[inline]
    pub(super) fn arena(&mut self) -> (&'static dyn Allocator, Arena<'_>) {
        let first_run = self.control_words();
        (self.allocator, Arena::new(&mut self.space.heap, first_run, self.heap_words, &mut self.counts))
    }

    #[inline]
    pub(super) fn segment(&self, place: Place) -> &Segment {
        match place {
            Place::Static => &self.space.statics,
            Place::Heap => &self.space.heap,
            Place::Stack => &self.space.stack,
        }
    }

    #[inline]
    pub(super) fn segment_mut(&mut self, place: Place) -> &mut Segment {
        match place {
            Place::Static => &mut self.space.statics,
            Place::Heap => &mut self.space.heap,
            Place::Stack => &mut self.space.stack,
        }
    }

    /// Bytes that live blocks take, headers and padding included.
    #[inline]
    pub(super) const fn bytes_in_use(&self) -> u64 {
        self.counts.live_bytes + self.counts.header_bytes + self.counts.padding_bytes
    }

    /// Blocks allocated so far.
    pub const fn allocations(&self) -> u64 {
        self.counts.allocations
    }

    /// The counts so far, with the current free space measured: proportional to the number of runs.
    pub fn statistics(&self) -> HeapStatistics {
        let mut figures = self.counts;
        for run in self.runs() {
            let bytes = run.words as u64 * WORD_BYTES;
            match run.state {
                RunState::Control => figures.header_bytes += bytes,
                RunState::Free => {
                    figures.free_bytes += bytes;
                    figures.largest_free_bytes = figures.largest_free_bytes.max(bytes);
                }
                RunState::Live => {}
            }
        }
        figures
    }
}
