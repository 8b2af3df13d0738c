//! The contract between compiler and machine: the instruction set, and programs made of it.
//! Knows neither pseudocode nor memory.

pub mod assembler;
pub mod disassembler;
pub mod instruction;
mod isa;
pub mod liveness;
pub mod operand;
pub mod peephole;
pub mod program;
pub mod verifier;

pub use instruction::Instruction;
pub use operand::*;
pub use program::{Buffer, Constant, FieldSite, Function, Global, Owner, Program, RecordLayout, Signature, Variable};
