//! The contract between compiler and machine: the instruction set, and programs made of it.
//! Knows neither pseudocode nor memory.

pub mod assembler;
mod demands;
pub mod disassembler;
pub mod divisor;
pub mod fields;
mod forms;
pub mod instruction;
mod isa;
pub mod linker;
pub mod liveness;
pub mod operand;
pub mod program;
pub mod sequence;
pub mod types;
pub mod typing;
pub mod verifier;

pub(crate) use isa::for_each_instruction;

pub use divisor::Divisor;
pub use instruction::Instruction;
pub use operand::*;
pub use program::{
    Buffer, Constant, Elided, FieldSite, Function, Global, Owner, Program, RecordLayout, Signature, Variable, Why,
    Writes,
};
pub use types::{CLASSES, Class, FunctionTypes, Type, Types};
