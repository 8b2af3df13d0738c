//! The simulated memory: one address space of words and shadow tags, blocks with provenance in
//! it, allocators that know *where* words are free, strategies that know *when* a block dies.
//!
//! Knows nothing of source text or instructions: an allocation site is an opaque number.

pub mod address_space;
pub mod block;
pub mod fault;
pub mod layout;
pub mod statistics;
pub mod value;

mod heap;

pub use address_space::{AddressSpace, Segment};
pub use block::{Block, BlockKind, Place, Shape};
pub use fault::Fault;
pub use heap::{Memory, MemoryOptions};
pub use layout::{FieldName, LayoutId, Layouts};
pub use statistics::HeapStatistics;
pub use value::{Pointer, Tag, Value};
