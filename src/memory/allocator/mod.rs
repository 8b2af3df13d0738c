//! Allocators: *where* words are free. What a block holds, and when it dies, is not known here;
//! an allocator sees words, run starts and page requests.
//!
//! A **run** is a stretch of the heap that is handed out, or free, as a whole. Bit 0 of a run's first
//! word belongs to the allocator; the rest of a live run is its tenant's. An allocator is stateless:
//! what it must remember it keeps in the words of its control area and of its free runs, where it
//! can be looked at, and overwritten. So each is one file and one row of [`ALLOCATORS`].

mod arena;
mod first_fit;
mod free_list;

#[cfg(test)]
mod conformance;

use std::fmt::Debug;

use super::address_space::Segment;
use super::fault::Fault;

pub use arena::{Arena, Corrupted};

/// What a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// The allocator's own area.
    Control,
    /// Handed out.
    Live,
    /// Free.
    Free,
}

/// A stretch of the heap segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index of its first word in the heap segment.
    pub start: usize,
    /// Its length in words.
    pub words: usize,
    /// What it is.
    pub state: RunState,
}

/// A way to find room. All state is in the arena's words.
pub trait Allocator: Debug + Send + Sync {
    /// Hands out a run of [`Allocator::granted`]`(words)` words and returns the index of its first,
    /// or none where the heap cannot grow enough. `words` is at least 2. Of the run's first word
    /// bit 0 is set as the allocator wants it; its shadow is the caller's to write.
    ///
    /// # Errors
    /// [`Fault::Host`]; [`Fault::Segmentation`] where its own words have been overwritten.
    fn allocate(&self, arena: &mut Arena<'_>, words: usize) -> Result<Option<usize>, Fault>;

    /// Takes back the run that [`Allocator::allocate`] returned for `words`, and writes its shadow.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] where its own words have been overwritten.
    fn deallocate(&self, arena: &mut Arena<'_>, run: usize, words: usize) -> Result<(), Fault>;

    /// Words that a request for `words` gets.
    fn granted(&self, words: usize) -> usize {
        words
    }

    /// What its own words in a free run, or in the control area, say to somebody who looks: links, sizes,
    /// each with its name; addresses are words of the heap. Only the words of `run` are looked at.
    fn own_words(&self, heap: &Segment, run: &Run) -> Vec<(&'static str, u64)> {
        let _ = (heap, run);
        Vec::new()
    }

    /// Checks the allocator's words against the runs that the shadow tells of, in order of address.
    ///
    /// # Errors
    /// A sentence about the first contradiction.
    fn audit(&self, heap: &Segment, runs: &[Run]) -> Result<(), String>;
}

/// A row of the table of allocators.
#[derive(Clone, Copy, Debug)]
pub struct AllocatorRow {
    /// Kebab-case name.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// The allocator itself.
    pub allocator: &'static dyn Allocator,
}

/// All allocators; the first is the default.
pub const ALLOCATORS: &[AllocatorRow] = &[AllocatorRow {
    name: "first-fit",
    help: "the lowest free run that is large enough, from a free list in order of address",
    allocator: &first_fit::FirstFit,
}];

/// The row of that name.
pub fn find(name: &str) -> Option<&'static AllocatorRow> {
    ALLOCATORS.iter().find(|row| row.name == name)
}
