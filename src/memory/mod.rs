//! The simulated memory: one address space of words and shadow tags, blocks with provenance in
//! it, allocators that know *where* words are free, strategies that know *when* a block dies.
//!
//! Knows nothing of source text or instructions: an allocation site is an opaque number. The calls
//! that the machine makes are methods of [`Memory`], one topic a file.

pub mod address_space;
pub mod allocator;
pub mod block;
pub mod fault;
pub mod layout;
pub mod statistics;
pub mod strategy;
pub mod value;

mod access;
mod allocation;
mod astray;
mod audit;
mod bytes;
mod heap;
mod inspection;
mod journal;
mod path;
mod provenance;
mod ranges;
mod reachability;
mod root;
mod runs;
mod stack_buffer;
mod statics;
mod strings;
mod weak;

#[cfg(test)]
mod tests;

pub use address_space::{AddressSpace, Segment};
pub use astray::{Ground, Width};
pub use block::{Block, BlockKind, Place, Shape};
pub use fault::Fault;
pub use heap::{Memory, MemoryOptions};
pub use journal::{Event, Journal};
pub use layout::{FieldName, LayoutId, Layouts};
pub use path::{Hop, Path, Referrer};
pub use provenance::Description;
pub use reachability::{LostBlock, LostKind};
pub use root::Root;
pub use runs::{Runs, Stretch};
pub use statistics::HeapStatistics;
pub use value::{Pointer, Tag, Value};
