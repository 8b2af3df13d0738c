//! Who watches a run. A probe is a compile-time parameter of the machine: without one, nothing of it is left.

use std::collections::HashMap;

use super::frame::Position;
use super::trap::Backtrace;
use crate::bytecode::Program;
use crate::limits::LEDGER_BLOCKS;
use crate::memory::Block;

/// Watches what a running program does. `ACTIVE` is tested before anything is worked out for it.
pub trait Probe {
    /// Whether it wants to be told at all.
    const ACTIVE: bool;

    /// A block has been allocated, by the user's instruction `site`. `backtrace` is worked out when called.
    fn allocated(&mut self, block: &Block, site: u32, backtrace: &mut dyn FnMut() -> Backtrace);

    /// The block of that serial has been freed, by the user's instruction `site`.
    fn freed(&mut self, serial: u32, site: u32, backtrace: &mut dyn FnMut() -> Backtrace);

    /// An error has been reported, and the program goes on.
    fn reported(&mut self);

    /// Whether to pause before the instruction at `position`.
    fn pauses(&mut self, program: &Program, position: Position) -> bool;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    const ACTIVE: bool = false;

    fn allocated(&mut self, _block: &Block, _site: u32, _backtrace: &mut dyn FnMut() -> Backtrace) {}

    fn freed(&mut self, _serial: u32, _site: u32, _backtrace: &mut dyn FnMut() -> Backtrace) {}

    fn reported(&mut self) {}

    fn pauses(&mut self, _program: &Program, _position: Position) -> bool {
        false
    }
}

/// Is told what happens to blocks.
pub trait BlockObserver {
    /// See [`Probe::allocated`].
    fn allocated(&mut self, block: &Block, site: u32, backtrace: &mut dyn FnMut() -> Backtrace);

    /// See [`Probe::freed`].
    fn freed(&mut self, serial: u32, site: u32, backtrace: &mut dyn FnMut() -> Backtrace);

    /// See [`Probe::reported`].
    fn reported(&mut self) {}
}

/// The one probe that there is a loop for: tells an observer, and pauses where it was asked to.
pub struct Watch<'o> {
    observer: &'o mut dyn BlockObserver,
    steps: Option<Steps>,
}

impl<'o> Watch<'o> {
    /// Tells `observer`.
    pub fn new(observer: &'o mut dyn BlockObserver) -> Watch<'o> {
        Watch { observer, steps: None }
    }

    /// The same, pausing where `steps` says.
    pub fn stepping(self, steps: Steps) -> Watch<'o> {
        Watch { steps: Some(steps), ..self }
    }
}

impl Probe for Watch<'_> {
    const ACTIVE: bool = true;

    fn allocated(&mut self, block: &Block, site: u32, backtrace: &mut dyn FnMut() -> Backtrace) {
        self.observer.allocated(block, site, backtrace);
    }

    fn freed(&mut self, serial: u32, site: u32, backtrace: &mut dyn FnMut() -> Backtrace) {
        self.observer.freed(serial, site, backtrace);
    }

    fn reported(&mut self) {
        self.observer.reported();
    }

    #[inline]
    fn pauses(&mut self, program: &Program, position: Position) -> bool {
        self.steps.as_mut().is_some_and(|steps| steps.are_done(program, position))
    }
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// To the next statement, into a function that is called.
    Into,
    /// To the next statement of the same function, or of one that it returns to.
    Over,
    /// Until the function has returned.
    Out,
}

/// A step being made.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    stride: Stride,
    /// Base of the frame in which it begins. Frames that it calls have greater ones.
    base: u32,
    /// The instruction at which the step begins is behind it.
    has_begun: bool,
}

impl Steps {
    /// A step from there.
    pub const fn new(stride: Stride, from: Position) -> Steps {
        Steps { stride, base: from.base, has_begun: false }
    }

    fn are_done(&mut self, program: &Program, position: Position) -> bool {
        if !std::mem::replace(&mut self.has_begun, true) {
            return false;
        }
        match self.stride {
            Stride::Into => program.begins_statement(position.pc as u32),
            Stride::Over => position.base <= self.base && program.begins_statement(position.pc as u32),
            Stride::Out => position.base < self.base,
        }
    }
}

/// What happened to a block: who allocated it, and who freed it.
#[derive(Clone, Debug, Default)]
pub struct BlockHistory {
    /// The block as it was allocated.
    pub block: Option<Block>,
    /// The call stack of its allocation.
    pub allocated: Option<Backtrace>,
    /// The call stack of its end.
    pub freed: Option<Backtrace>,
}

/// Watches the blocks that some errors are about, each until its error is made again. Used by the
/// explaining second run.
#[derive(Clone, Debug)]
pub struct ErrorWatch {
    /// The serial number of the block of each error, if it is about one.
    serials: Vec<Option<u32>>,
    /// What has happened to them so far.
    histories: HashMap<u32, BlockHistory>,
    /// For each error that has been made again, what had happened to its block by then.
    pub settled: Vec<Option<BlockHistory>>,
}

impl ErrorWatch {
    /// Watches the blocks of errors, in the order in which they are going to be made; by serial number.
    pub fn new(serials: Vec<Option<u32>>) -> ErrorWatch {
        let histories = serials.iter().flatten().map(|&serial| (serial, BlockHistory::default())).collect();
        ErrorWatch { serials, histories, settled: Vec::new() }
    }
}

impl BlockObserver for ErrorWatch {
    fn allocated(&mut self, block: &Block, _site: u32, backtrace: &mut dyn FnMut() -> Backtrace) {
        if let Some(history) = self.histories.get_mut(&block.pointer.serial()) {
            history.block = Some(*block);
            history.allocated = Some(backtrace());
        }
    }

    fn freed(&mut self, serial: u32, _site: u32, backtrace: &mut dyn FnMut() -> Backtrace) {
        if let Some(history) = self.histories.get_mut(&serial) {
            history.freed = Some(backtrace());
        }
    }

    fn reported(&mut self) {
        let serial = self.serials.get(self.settled.len()).copied().flatten();
        self.settled.push(serial.and_then(|serial| self.histories.get(&serial).cloned()));
    }
}

/// What is known of a block that may be gone.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The block as it was allocated.
    pub block: Block,
    /// The instruction that allocated it.
    pub allocated: u32,
    /// The instruction that freed it.
    pub freed: Option<u32>,
}

/// Remembers where blocks were allocated and freed. Used where a second run is not possible: a
/// session at the prompt.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By serial; the first [`LEDGER_BLOCKS`] serials.
    entries: Vec<Option<Entry>>,
}

impl Ledger {
    /// What is known of the block of that serial.
    pub fn entry(&self, serial: u32) -> Option<Entry> {
        *self.entries.get(serial as usize)?
    }
}

impl BlockObserver for Ledger {
    fn allocated(&mut self, block: &Block, site: u32, _backtrace: &mut dyn FnMut() -> Backtrace) {
        let serial = block.pointer.serial() as usize;
        if serial < LEDGER_BLOCKS {
            self.entries.resize(self.entries.len().max(serial + 1), None);
            self.entries[serial] = Some(Entry { block: *block, allocated: site, freed: None });
        }
    }

    fn freed(&mut self, serial: u32, site: u32, _backtrace: &mut dyn FnMut() -> Backtrace) {
        if let Some(Some(entry)) = self.entries.get_mut(serial as usize) {
            entry.freed = Some(site);
        }
    }
}
