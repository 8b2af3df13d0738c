//! Who watches a run. A probe is a compile-time parameter of the loop: without one, nothing of it is left.

use super::trap::Backtrace;

/// Watches what a running program does. `ACTIVE` is tested before anything is worked out for it.
pub trait Probe {
    /// Whether it wants to be told at all.
    const ACTIVE: bool;

    /// The block of that serial, of so many bytes as asked for, has been allocated. `backtrace` is
    /// worked out when called.
    fn allocated(&mut self, serial: u32, bytes: u64, backtrace: &mut dyn FnMut() -> Backtrace);

    /// The block of that serial has been freed.
    fn freed(&mut self, serial: u32, backtrace: &mut dyn FnMut() -> Backtrace);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    const ACTIVE: bool = false;

    fn allocated(&mut self, _serial: u32, _bytes: u64, _backtrace: &mut dyn FnMut() -> Backtrace) {}

    fn freed(&mut self, _serial: u32, _backtrace: &mut dyn FnMut() -> Backtrace) {}
}

/// Watches one block: who allocated it, and who freed it. Used by the explaining second run.
#[derive(Clone, Debug)]
pub struct BlockWatch {
    /// The block's serial number.
    pub serial: u32,
    /// Its size in bytes, once it has been allocated.
    pub bytes: Option<u64>,
    /// The call stack of its allocation.
    pub allocated: Option<Backtrace>,
    /// The call stack of its end.
    pub freed: Option<Backtrace>,
}

impl BlockWatch {
    /// Watches the block of that serial.
    pub const fn new(serial: u32) -> BlockWatch {
        BlockWatch { serial, bytes: None, allocated: None, freed: None }
    }
}

impl Probe for BlockWatch {
    const ACTIVE: bool = true;

    fn allocated(&mut self, serial: u32, bytes: u64, backtrace: &mut dyn FnMut() -> Backtrace) {
        if serial == self.serial {
            self.bytes = Some(bytes);
            self.allocated = Some(backtrace());
        }
    }

    fn freed(&mut self, serial: u32, backtrace: &mut dyn FnMut() -> Backtrace) {
        if serial == self.serial {
            self.freed = Some(backtrace());
        }
    }
}
