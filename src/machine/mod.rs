//! The machine: frames on the simulated stack, the execution loop, built-ins, traps.
//! Knows neither source text nor standard output: what it needs of the world is a [`Host`].

pub mod host;
#[allow(clippy::module_inception, reason = "the module is named by its one type")]
pub mod machine;
pub mod probe;
pub mod trap;

pub use host::{FileProblem, Host};
pub use machine::{End, Machine, MachineOptions, MachineStatistics, signatures};
pub use probe::{BlockWatch, NoProbe, Probe};
pub use trap::{Backtrace, BlockFacts, Cause, FrameFacts, Landing, Shown, Trap};
