//! Strategies: *when* a block dies. Where its words then go is the allocator's affair.
//!
//! A strategy states as data what code, blocks and the machine must know of it ([`Requirements`]);
//! everything else it does sits behind the calls of [`Strategy`], off the fast path. Collection is only ever asked
//! for with the roots in hand, so a function that has no roots cannot collect. Each strategy is one
//! file and one row of [`STRATEGIES`].

mod manual;
mod mark_sweep;
mod marking;
mod none;
pub(super) mod reference_counting;

#[cfg(test)]
mod conformance;

pub use reference_counting::{exchange_at_once, release_at_once, retain_at_once};

use std::fmt::Debug;
use std::time::Instant;

use super::fault::Fault;
use super::heap::Memory;
use super::reachability::LostBlock;
use super::root::Root;

/// What a strategy needs from compiled code, from blocks and from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// Whether `heap_free` reclaims; otherwise it is counted and ignored.
    pub frees_on_request: bool,
    /// Header words of a heap block; the last one, below the data, says what the block is.
    pub header_words: usize,
    /// Whether references are counted: retain and release instructions are emitted.
    pub counts: bool,
    /// Whether a string temporary is freed by the statement that consumed it.
    pub drops_temporaries: bool,
    /// Whether it may collect, so that allocating instructions must be able to tell the roots.
    pub collects: bool,
}

impl Requirements {
    /// Whether it finds out by itself that a block is not needed any more: then weak places are
    /// more than plain pointers.
    pub const fn reclaims(&self) -> bool {
        self.counts || self.collects
    }

    /// Whether blocks may be left that nobody can use: where somebody has to free them, and where counts
    /// have to come to nothing. A collection finds them all, and who never frees does not miss them.
    pub const fn loses(&self) -> bool {
        (self.frees_on_request || self.counts) && !self.collects
    }
}

/// What a strategy decides at run time.
pub trait Strategy: Debug + Send {
    /// What the program has lost when it ends and only `roots` are left. Asked only of a strategy that
    /// loses blocks.
    fn lost(&self, memory: &Memory, roots: &[Root]) -> Vec<LostBlock> {
        let _ = (memory, roots);
        Vec::new()
    }

    /// Whether a collection is due before the next allocation.
    fn collection_due(&self, memory: &Memory) -> bool {
        let _ = memory;
        false
    }

    /// Reclaims what `roots` do not reach. Asked only of a strategy that collects.
    ///
    /// # Errors
    /// [`Fault::Host`]; [`Fault::Segmentation`] for a corrupted free list.
    fn collect(&mut self, memory: &mut Memory, roots: &[Root]) -> Result<(), Fault> {
        let _ = (memory, roots);
        Ok(())
    }

    /// Makes good what it keeps in blocks after frames have gone without giving back what they held:
    /// `roots` are all values left that keep blocks from outside of the heap.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    fn recount(&mut self, memory: &mut Memory, roots: &[Root]) -> Result<(), Fault> {
        let _ = (memory, roots);
        Ok(())
    }

    /// Checks what it keeps in blocks against the heap and the values that keep blocks from outside of
    /// it: counts that are stored against counts worked out anew.
    ///
    /// # Errors
    /// A sentence about the first contradiction.
    fn audit_counts(&self, memory: &Memory, roots: &[Root]) -> Result<(), String> {
        let _ = (memory, roots);
        Ok(())
    }
}

/// A row of the table of strategies.
#[derive(Clone, Copy, Debug)]
pub struct StrategyRow {
    /// Kebab-case name.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What it needs.
    pub requirements: Requirements,
    /// A fresh one, for one run.
    pub new: fn() -> Box<dyn Strategy>,
}

/// All strategies; the first is the default.
pub const STRATEGIES: &[StrategyRow] = &[
    StrategyRow {
        name: "manual",
        help: "heap_free frees, and nothing else: leaks, dangling pointers and double frees show",
        requirements: Requirements {
            frees_on_request: true,
            header_words: 1,
            counts: false,
            drops_temporaries: true,
            collects: false,
        },
        new: || Box::new(manual::Manual),
    },
    StrategyRow {
        name: "refcount",
        help: "the last counted reference frees, at once: every copy of a reference costs, cycles leak",
        requirements: Requirements {
            frees_on_request: false,
            header_words: 2,
            counts: true,
            drops_temporaries: false,
            collects: false,
        },
        new: || Box::new(reference_counting::ReferenceCounting),
    },
    StrategyRow {
        name: "mark-sweep",
        help: "collections free what no variable leads to any more: no leaks, but pauses",
        requirements: Requirements {
            frees_on_request: false,
            header_words: 1,
            counts: false,
            drops_temporaries: true,
            collects: true,
        },
        new: || Box::new(mark_sweep::MarkSweep::new()),
    },
    StrategyRow {
        name: "none",
        help: "nothing is ever freed: the baseline that the others are a tax on",
        requirements: Requirements {
            frees_on_request: false,
            header_words: 1,
            counts: false,
            drops_temporaries: false,
            collects: false,
        },
        new: || Box::new(none::NoReclamation),
    },
];

/// The row of that name.
pub fn find(name: &str) -> Option<&'static StrategyRow> {
    STRATEGIES.iter().find(|row| row.name == name)
}

impl Memory {
    /// What the chosen strategy needs from compiled code.
    pub fn requirements(&self) -> Requirements {
        self.requirements
    }

    /// Whether the machine should call [`Memory::collect`] before it allocates.
    #[inline]
    pub fn collection_due(&self) -> bool {
        self.requirements.collects && self.strategy.as_ref().is_some_and(|strategy| strategy.collection_due(self))
    }

    /// Reclaims what `roots` do not reach, if the strategy collects.
    ///
    /// # Errors
    /// [`Fault::Host`]; [`Fault::Segmentation`] for a corrupted free list.
    pub fn collect(&mut self, roots: &[Root]) -> Result<(), Fault> {
        if !self.requirements.collects {
            return Ok(());
        }
        let Some(mut strategy) = self.strategy.take() else { return Ok(()) };
        let start = Instant::now();
        let collected = strategy.collect(self, roots);
        let pause = start.elapsed().as_nanos().try_into().unwrap_or(u64::MAX);
        self.strategy = Some(strategy);
        self.counts.collections += 1;
        self.counts.collection_ns += pause;
        self.counts.longest_pause_ns = self.counts.longest_pause_ns.max(pause);
        collected
    }

    /// See [`Strategy::recount`].
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub fn recount(&mut self, roots: &[Root]) -> Result<(), Fault> {
        let Some(mut strategy) = self.strategy.take() else { return Ok(()) };
        let recounted = strategy.recount(self, roots);
        self.strategy = Some(strategy);
        recounted
    }

    /// What the program has lost if it ends now and only `roots` are left, by address; nothing
    /// under a strategy that does not report leaks.
    pub fn leaks(&self, roots: &[Root]) -> Vec<LostBlock> {
        let strategy = self.strategy.as_ref().filter(|_| self.requirements.loses());
        strategy.map_or_else(Vec::new, |strategy| strategy.lost(self, roots))
    }
}
