//! The heap segment and the simulated operating system, as an allocator sees them.

use super::super::address_space::{Segment, WORD_BYTES};
use super::super::fault::Fault;
use super::super::statistics::HeapStatistics;
use super::super::value::Tag;
use crate::limits::PAGE_BYTES;

/// Words of a page.
const PAGE_WORDS: usize = PAGE_BYTES as usize / WORD_BYTES as usize;

/// The allocator's words have been overwritten: they lead to this address, where they must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupted(pub u64);

impl From<Corrupted> for Fault {
    fn from(Corrupted(address): Corrupted) -> Fault {
        Fault::Segmentation(address)
    }
}

/// Words by index, and more of them by the page. Indices below `first_run` are the
/// control area. Every access is checked: an overwritten link is a simulated fault, never a panic.
#[derive(Debug)]
pub struct Arena<'a> {
    segment: &'a mut Segment,
    first_run: usize,
    limit: usize,
    /// The counts to keep.
    pub statistics: &'a mut HeapStatistics,
}

impl<'a> Arena<'a> {
    /// The arena of `segment`, whose runs start at word `first_run` and which may get `limit` words.
    pub fn new(
        segment: &'a mut Segment,
        first_run: usize,
        limit: usize,
        statistics: &'a mut HeapStatistics,
    ) -> Arena<'a> {
        Arena { segment, first_run, limit, statistics }
    }

    /// One past the last word obtained; that of the first run when nothing has been obtained yet.
    #[inline]
    pub fn end(&self) -> usize {
        self.segment.words.len().max(self.first_run)
    }

    /// Obtains the fewest pages that give `words` more words. Returns how many words came, or none
    /// where the limit forbids it. The first request brings the control area with it.
    ///
    /// # Errors
    /// [`Fault::Host`]
    pub fn grow(&mut self, words: usize) -> Result<Option<usize>, Fault> {
        self.statistics.page_requests += 1;
        let end = self.end();
        let target = end.saturating_add(words).checked_next_multiple_of(PAGE_WORDS).unwrap_or(usize::MAX);
        if target > self.limit {
            return Ok(None);
        }
        let fresh = self.segment.words.is_empty();
        if !self.segment.commit(target, Tag::Free) {
            return Err(Fault::Host { bytes: (target - end) as u64 * WORD_BYTES });
        }
        if fresh {
            self.segment.tags[..self.first_run].fill(Tag::Control);
        }
        self.statistics.footprint_bytes = target as u64 * WORD_BYTES;
        Ok(Some(target - end))
    }

    /// The word at `index`.
    ///
    /// # Errors
    /// [`Corrupted`]
    #[inline]
    pub fn word(&self, index: usize) -> Result<u64, Corrupted> {
        match self.segment.words.get(index) {
            Some(&word) => Ok(word),
            None => Err(self.corrupted(index)),
        }
    }

    /// Overwrites the word at `index`.
    ///
    /// # Errors
    /// [`Corrupted`]
    #[inline]
    pub fn set_word(&mut self, index: usize, word: u64) -> Result<(), Corrupted> {
        match self.segment.words.get_mut(index) {
            Some(place) => *place = word,
            None => return Err(self.corrupted(index)),
        }
        Ok(())
    }

    /// The word at `index` of the control area; 0 before the first page.
    #[inline]
    pub fn control(&self, index: usize) -> u64 {
        self.segment.words.get(index).copied().unwrap_or(0)
    }

    /// Shadows the word at `index` as the first of a free run.
    ///
    /// # Errors
    /// [`Corrupted`]
    #[inline]
    pub fn shade_header(&mut self, index: usize) -> Result<(), Corrupted> {
        match self.segment.tags.get_mut(index) {
            Some(tag) => *tag = Tag::FreeHeader,
            None => return Err(self.corrupted(index)),
        }
        Ok(())
    }

    /// Shadows `words` words from `start` as `tag`.
    ///
    /// # Errors
    /// [`Corrupted`]
    #[inline]
    pub fn shade(&mut self, start: usize, words: usize, tag: Tag) -> Result<(), Corrupted> {
        match self.segment.tags.get_mut(start..start.saturating_add(words)) {
            Some(tags) => tags.fill(tag),
            None => return Err(self.corrupted(start)),
        }
        Ok(())
    }

    /// Byte address of the word at `index`.
    #[inline]
    pub fn address(&self, index: usize) -> u32 {
        self.segment.address(index)
    }

    /// Index of the word at a byte address.
    ///
    /// # Errors
    /// [`Corrupted`]
    #[inline]
    pub fn index(&self, address: u32) -> Result<usize, Corrupted> {
        self.segment.index(address).ok_or(Corrupted(u64::from(address)))
    }

    #[cold]
    fn corrupted(&self, index: usize) -> Corrupted {
        Corrupted(u64::from(self.segment.origin).saturating_add((index as u64).saturating_mul(WORD_BYTES)))
    }
}
