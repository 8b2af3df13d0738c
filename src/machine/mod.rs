//! The machine: frames on the simulated stack, the execution loop, built-ins, traps.
//! Knows neither source text nor standard output: what it needs of the world is a [`Host`].

mod blocks;
mod builtins;
mod checks;
mod collecting;
mod core;
mod diagnosis;
mod dispatch;
mod display;
pub mod drawing;
mod execute;
mod frame;
mod handlers;
pub mod host;
mod image;
#[allow(clippy::module_inception, reason = "the module is named by its one type")]
pub mod machine;
mod operators;
mod perform;
pub mod probe;
mod prompt;
pub mod quantity;
mod random;
mod range;
mod recovery;
pub mod trap;

#[cfg(test)]
mod tests;

pub use builtins::signatures;
pub use display::{float_text, show, type_name};
pub use frame::Position;
pub use host::{FileProblem, Host};
pub use machine::{End, Machine, MachineOptions, MachineStatistics};
pub use probe::{BlockHistory, BlockObserver, ErrorWatch, Ledger, NoProbe, Probe, Steps, Stride, Watch};
pub use trap::{Backtrace, BlockFacts, Cause, FrameFacts, Landing, Shown, Trap};
