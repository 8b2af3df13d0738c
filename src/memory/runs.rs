//! The heap read off its shadow, run by run in order of address: what drawings, figures and the audit
//! start from. Trusts tags and headers, never the allocator's words.

use super::address_space::WORD_BYTES;
use super::allocator::{Run, RunState};
use super::block::{Block, Place, payload_words};
use super::heap::Memory;
use super::provenance::Home;
use super::value::Tag;

/// An iterator over the runs of a heap. It ends early where a run starts with none of a control
/// word, a header and the first word of a free run, which an uncorrupted heap does not have.
#[derive(Clone, Debug)]
pub struct Runs<'a> {
    memory: &'a Memory,
    next: usize,
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let tags = self.memory.space.heap.tags.get(self.next..)?;
        let following = |tag| 1 + leading(&tags[1..], tag);
        let (state, words) = match *tags.first()? {
            Tag::Control => (RunState::Control, following(Tag::Control)),
            Tag::FreeHeader => (RunState::Free, following(Tag::Free)),
            _ => (RunState::Live, self.memory.live_run_words(self.next)?),
        };
        let run = Run { start: self.next, words, state };
        self.next += words;
        Some(run)
    }
}

/// How many of these tags, from the first on, are the same as `tag`.
fn leading(tags: &[Tag], tag: Tag) -> usize {
    const AT_ONCE: usize = 64;
    let (chunks, _) = tags.as_chunks::<AT_ONCE>();
    // All of a chunk, whatever comes first: that takes a few vector instructions.
    let same = |chunk: &&[Tag; AT_ONCE]| chunk.iter().fold(true, |same, &other| same & (other == tag));
    let skipped = AT_ONCE * chunks.iter().take_while(same).count();
    skipped + tags[skipped..].iter().take_while(|&&other| other == tag).count()
}

/// A stretch of the heap, as a drawing shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// A run.
    Run(Run),
    /// Words that belong to nothing that can be told: a header before them has been overwritten.
    Overwritten {
        /// Index of the first in the heap segment.
        start: usize,
        /// How many.
        words: usize,
    },
}

impl Stretch {
    /// Index of its first word in the heap segment.
    pub const fn start(&self) -> usize {
        match self {
            Stretch::Run(run) => run.start,
            Stretch::Overwritten { start, .. } => *start,
        }
    }
}

impl Memory {
    /// The whole heap by address, whatever has become of it: where a run cannot be made out, the words up
    /// to the next that can.
    pub fn stretches(&self) -> impl Iterator<Item = Stretch> + '_ {
        let mut runs = self.runs();
        std::iter::from_fn(move || {
            let (start, end) = (runs.next, self.space.heap.tags.len());
            if let Some(run) = runs.next() {
                return Some(Stretch::Run(Run { words: run.words.min(end - start), ..run }));
            }
            let words =
                (start..end).position(|at| at > start && self.starts_run(at)).unwrap_or(end.checked_sub(start)?);
            runs.next = start + words;
            (words > 0).then_some(Stretch::Overwritten { start, words })
        })
    }

    /// Whether a run may start at a heap index, by the shadow.
    fn starts_run(&self, index: usize) -> bool {
        matches!(self.space.heap.tags[index], Tag::FreeHeader | Tag::Control) || self.live_run_words(index).is_some()
    }

    /// All runs of the heap by address; nothing before the first allocation.
    pub fn runs(&self) -> Runs<'_> {
        Runs { memory: self, next: 0 }
    }

    /// Where the first live block lies whose run starts at or after heap word `start`, itself the start
    /// of a run, and where that run ends.
    pub(super) fn live_home_from(&self, start: usize) -> Option<(Home, usize)> {
        let run = Runs { memory: self, next: start }.find(|run| run.state == RunState::Live)?;
        let header = run.start + self.requirements.header_words - 1;
        Some((Home { place: Place::Heap, header }, run.start + run.words))
    }

    /// The free runs of the heap by address.
    pub fn free_runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.runs().filter(|run| run.state == RunState::Free)
    }

    /// The block of a live run.
    pub fn block_of(&self, run: &Run) -> Option<Block> {
        let header = run.start + self.requirements.header_words - 1;
        let live = run.state == RunState::Live && self.space.heap.tags.get(header)?.is_header();
        live.then(|| self.block_at(Home { place: Place::Heap, header }))
    }

    /// All live heap blocks by address.
    pub fn blocks(&self) -> Vec<Block> {
        self.runs().filter_map(|run| self.block_of(&run)).collect()
    }

    /// Words of the live run that starts at heap word `start`, if one does.
    fn live_run_words(&self, start: usize) -> Option<usize> {
        let header_words = self.requirements.header_words;
        let tags = self.space.heap.tags.get(start..start + header_words)?;
        let (header, others) = tags.split_last()?;
        let starts = header.is_header() && others.iter().all(|&tag| tag == Tag::CountHeader);
        starts.then(|| {
            let block = self.block_at(Home { place: Place::Heap, header: start + header_words - 1 });
            self.run_words(block.bytes)
        })
    }

    /// Words of the run of a heap block of `bytes` bytes.
    #[inline]
    pub(super) fn run_words(&self, bytes: u64) -> usize {
        self.allocator.granted(self.requirements.header_words + payload_words(bytes) as usize)
    }

    /// Words of a heap block's header.
    pub fn header_words(&self) -> usize {
        self.requirements.header_words
    }

    /// Bytes that rounding up wastes in a run of `words` words for `bytes` bytes.
    #[inline]
    pub(super) fn padding(&self, words: usize, bytes: u64) -> u64 {
        (words - self.requirements.header_words) as u64 * WORD_BYTES - bytes
    }
}
