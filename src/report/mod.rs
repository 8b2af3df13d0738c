//! Everything rendered for people or as JSON. Takes data, gives strings; printing is the shell's.

pub mod comparison;
pub mod diagnostic;
pub mod explain;
pub mod json;
pub mod leaks;
pub mod run_error;
pub mod statistics;

mod call_stack;
mod memory_fault;
mod quantity;
mod sentence;

#[cfg(test)]
mod tests;

pub use quantity::{bytes, count, grouped, size};
