//! cairn runs textbook pseudocode on a small machine whose stack and heap can be seen.
//!
//! Modules in the order in which data flows through them; `docs/ARCHITECTURE.md` is the map.
#![forbid(unsafe_code)]

pub mod kind;
pub mod limits;

pub mod bytecode;
pub mod cli;
pub mod compiler;
pub mod library;
pub mod machine;
pub mod memory;
pub mod repl;
pub mod report;
pub mod session;
pub mod source;
pub mod syntax;
