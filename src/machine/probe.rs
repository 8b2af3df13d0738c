//! Who watches a run. A probe is a compile-time parameter of the loop: without one, nothing of it is left.

use super::trap::Backtrace;
use crate::memory::Block;

/// Watches what a running program does. `ACTIVE` is tested before anything is worked out for it.
pub trait Probe {
    /// Whether it wants to be told at all.
    const ACTIVE: bool;

    /// A block has been allocated. `backtrace` is worked out when called.
    fn allocated(&mut self, block: &Block, backtrace: &mut dyn FnMut() -> Backtrace);

    /// The block of that serial has been freed.
    fn freed(&mut self, serial: u32, backtrace: &mut dyn FnMut() -> Backtrace);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    const ACTIVE: bool = false;

    fn allocated(&mut self, _block: &Block, _backtrace: &mut dyn FnMut() -> Backtrace) {}

    fn freed(&mut self, _serial: u32, _backtrace: &mut dyn FnMut() -> Backtrace) {}
}

/// Watches one block: who allocated it, and who freed it. Used by the explaining second run.
#[derive(Clone, Debug)]
pub struct BlockWatch {
    /// The block's serial number.
    pub serial: u32,
    /// The block as it was allocated.
    pub block: Option<Block>,
    /// The call stack of its allocation.
    pub allocated: Option<Backtrace>,
    /// The call stack of its end.
    pub freed: Option<Backtrace>,
}

impl BlockWatch {
    /// Watches the block of that serial.
    pub const fn new(serial: u32) -> BlockWatch {
        BlockWatch { serial, block: None, allocated: None, freed: None }
    }
}

impl Probe for BlockWatch {
    const ACTIVE: bool = true;

    fn allocated(&mut self, block: &Block, backtrace: &mut dyn FnMut() -> Backtrace) {
        if block.pointer.serial() == self.serial {
            self.block = Some(*block);
            self.allocated = Some(backtrace());
        }
    }

    fn freed(&mut self, serial: u32, backtrace: &mut dyn FnMut() -> Backtrace) {
        if serial == self.serial {
            self.freed = Some(backtrace());
        }
    }
}
