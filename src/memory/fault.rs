//! What can be wrong with a use of memory, as data. Sentences are `report`'s.

use super::block::Block;
use super::layout::{FieldName, LayoutId};
use super::value::{Pointer, Tag, Value};

/// An access that a block could not grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The block it was meant for.
    pub block: Block,
    /// The field it was made through, if any, and that field's slots: 0 for an ordinary field, whose
    /// `index` is its offset in words.
    pub embedded: Option<(FieldName, u32)>,
    /// Element, byte, character or slot index as the program gave it; for a range, that of the first
    /// one at fault.
    pub index: i64,
    /// Bytes accessed: 1 or 8; for a range, those of the whole range.
    pub bytes: u64,
    /// Address of the byte or word at `index`; may lie outside any segment, even below 0.
    pub address: i64,
    /// Whether it is a write.
    pub write: bool,
}

/// Why a free is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidFree {
    /// A string literal: it lives in the static segment.
    Literal,
    /// A stack buffer: it goes with its frame.
    StackBuffer,
    /// The inside of a block.
    Interior,
}

/// A use of memory that is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// `null` was dereferenced.
    #[error("null dereference")]
    NullDereference,
    /// The pointer's heap block has been freed.
    #[error("use after free")]
    UseAfterFree(Pointer),
    /// The pointer's stack buffer has gone with its frame.
    #[error("stack use after return")]
    StackUseAfterReturn(Pointer),
    /// The pointer's heap block has been freed already.
    #[error("double free")]
    DoubleFree(Pointer),
    /// What is freed was not allocated.
    #[error("invalid free")]
    InvalidFree(Pointer, InvalidFree),
    /// Outside the block.
    #[error("out of bounds")]
    OutOfBounds(Access),
    /// A word or byte that was never written.
    #[error("uninitialised read")]
    Uninitialised(Access),
    /// Nothing is at that address.
    #[error("segmentation fault")]
    Segmentation(u64),
    /// No room for so many bytes.
    #[error("out of memory")]
    OutOfMemory {
        /// Bytes asked for.
        bytes: u64,
    },
    /// All serial numbers are used up.
    #[error("too many allocations")]
    Serials,
    /// The host refused the memory that backs the simulated one.
    #[error("host out of memory")]
    Host {
        /// Bytes refused.
        bytes: u64,
    },
    /// A value that is no reference was used as one.
    #[error("not a reference")]
    NotAReference(Value),
    /// The block is not of a kind that has elements or bytes (`p[i]`).
    #[error("not indexable")]
    NotIndexable(Block),
    /// The block is not of a kind that has fields (`p.name`).
    #[error("no fields")]
    NoFields(Block),
    /// The record has no such field.
    #[error("unknown field")]
    UnknownField(LayoutId, FieldName),
    /// A field that does not fit a plain block.
    #[error("field does not fit")]
    FieldDoesNotFit(Block, FieldName),
    /// What is assigned to an embedded array is no array.
    #[error("not an array")]
    NotAnArray(FieldName, Value),
    /// Raw bytes were to be written to a block that does not hold bytes.
    #[error("no block of bytes")]
    NotBytes(Block),
    /// `copy` between bytes and elements; destination first.
    #[error("units differ")]
    UnitsDiffer(Block, Block),
    /// A value that is no string was used as one.
    #[error("not a string")]
    NotAString(Value),
    /// Strings are immutable.
    #[error("strings are immutable")]
    Immutable(Block),
    /// A byte must be an integer.
    #[error("not a byte")]
    NotAByte(Tag),
    /// A byte must lie in 0–255.
    #[error("byte out of range")]
    ByteRange(i64),
}
