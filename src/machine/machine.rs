//! A machine with a program loaded: its state between runs of the loop, and what can be asked of it.

use std::sync::atomic::AtomicBool;

use super::host::Host;
use super::probe::Probe;
use super::trap::Trap;
use crate::bytecode::Program;
use crate::memory::{Fault, Memory, MemoryOptions, Value};

/// How a machine runs a program.
#[derive(Clone, Debug)]
pub struct MachineOptions {
    /// The memory.
    pub memory: MemoryOptions,
    /// Seed of `random`.
    pub seed: u64,
    /// Most instructions to execute, if limited.
    pub max_steps: Option<u64>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The program came to its end, or called `exit()`.
    Finished,
    /// An error stopped it.
    Trapped(Box<Trap>),
    /// The interrupt flag was raised; the trap's cause is meaningless, its place is not.
    Interrupted(Box<Trap>),
    /// Nobody reads the program's output any more.
    OutputClosed,
}

/// Exact counts of what the machine did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineStatistics {
    /// Instructions executed.
    pub instructions: u64,
    /// Calls of user and library functions.
    pub calls: u64,
    /// Most frames at a time; the top level counts.
    pub max_call_depth: u64,
    /// Most bytes of stack in use.
    pub stack_high_water_bytes: u64,
}

/// A machine.
#[derive(Debug)]
pub struct Machine<'p> {
    /// What it runs.
    pub program: &'p Program,
    /// Its memory.
    pub memory: Memory,
    /// The text of the entry expression's value, once it has been printed.
    pub result: Option<String>,
}

impl<'p> Machine<'p> {
    /// Loads a program: literals and globals go to the static segment.
    ///
    /// # Errors
    /// [`Fault::Host`] where the host refuses memory, [`Fault::OutOfMemory`] where the statics do not fit.
    pub fn load(program: &'p Program, options: &MachineOptions) -> Result<Machine<'p>, Fault> {
        let _ = (program, options);
        todo!()
    }

    /// Runs the program from its top level to its end.
    pub fn run<P: Probe>(&mut self, host: &mut dyn Host, probe: &mut P, interrupt: &AtomicBool) -> End {
        let _ = (host, probe, interrupt);
        todo!()
    }

    /// The counts so far.
    pub fn statistics(&self) -> MachineStatistics {
        todo!()
    }

    /// What the globals hold: the roots once the program has ended.
    pub fn globals(&self) -> Vec<Value> {
        todo!()
    }
}

/// The built-ins as the compiler sees them, by index.
pub fn signatures() -> &'static [crate::bytecode::Signature] {
    todo!()
}
