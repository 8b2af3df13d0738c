//! Words and their shadow, by segment. Addresses are bytes; words are 8 bytes.

use std::ops::Range;

use super::value::{Tag, Value};
use crate::limits::LARGE_WORDS;

/// Bytes of a word.
pub const WORD_BYTES: u64 = 8;
/// First byte of the heap segment: the allocator's control area.
pub const HEAP_BASE: u32 = 0x00BE_E000;
/// Data of the first block, under every allocator and strategy.
pub const FIRST_BLOCK: u32 = 0x00BE_EF00;
/// One past the highest byte of the stack.
pub const STACK_TOP: u32 = 0xFFFF_FFF0;

/// A contiguous range of words with their shadow. The vectors grow as memory is taken.
///
/// The stack's words are kept in the order in which it grows: index 0 is its highest word, so
/// slot `k` of a frame is `base + k`, and committing more stack is a push at the end.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The words.
    pub words: Vec<u64>,
    /// What each holds. Always as long as `words`.
    pub tags: Vec<Tag>,
    /// Byte address of word 0; for the stack, one past its highest byte.
    pub origin: u32,
    /// Whether addresses fall as indices rise.
    pub descending: bool,
    /// Bit `k` of a word's mask says that its byte `k` is initialised; looked at where the tag is
    /// [`Tag::PartialBytes`]. Grows when such a word is first written.
    pub masks: Vec<u8>,
}

impl Segment {
    /// An empty segment.
    pub const fn new(origin: u32, descending: bool) -> Segment {
        Segment { words: Vec::new(), tags: Vec::new(), origin, descending, masks: Vec::new() }
    }

    /// Byte address of the word at `index`.
    pub const fn address(&self, index: usize) -> u32 {
        if self.descending { self.origin - 8 * (index as u32 + 1) } else { self.origin + 8 * index as u32 }
    }

    /// Index of the word that holds the byte at `address`, if it is committed.
    pub fn index(&self, address: u32) -> Option<usize> {
        let index = if self.descending {
            (self.origin.checked_sub(1)?.checked_sub(address)? >> 3) as usize
        } else {
            (address.checked_sub(self.origin)? >> 3) as usize
        };
        (index < self.words.len()).then_some(index)
    }

    /// Index of the word that lies `words` words higher in memory than the one at `index`.
    #[inline]
    pub const fn above(&self, index: usize, words: usize) -> usize {
        if self.descending { index - words } else { index + words }
    }

    /// The indices of `words` words from the one at `index` upwards in memory, in order of index.
    pub fn extent(&self, index: usize, words: usize) -> Range<usize> {
        if self.descending { index + 1 - words..index + 1 } else { index..index + words }
    }

    /// The tagged word at `index`.
    pub fn get(&self, index: usize) -> Value {
        let tag = self.tags[index];
        tag.implied().map_or(Value { word: self.words[index], tag }, Value::boolean)
    }

    /// Overwrites the word at `index`.
    pub fn set(&mut self, index: usize, value: Value) {
        self.words[index] = value.word;
        self.tags[index] = value.tag;
    }

    /// Makes words hold what their tags imply, before those change.
    pub fn materialise(&mut self, extent: Range<usize>) {
        for (word, tag) in self.words[extent.clone()].iter_mut().zip(&self.tags[extent]) {
            if let Some(boolean) = tag.implied() {
                *word = u64::from(boolean);
            }
        }
    }

    /// Commits words up to `length` words in all, as `tag`. False if the host refuses the memory;
    /// then nothing has changed.
    #[must_use]
    pub fn commit(&mut self, length: usize, tag: Tag) -> bool {
        let more = length.saturating_sub(self.words.len());
        if more > 0 {
            if !reserve(&mut self.tags, more) || !self.extend(length) {
                return false;
            }
            self.tags.resize(length, tag);
        }
        true
    }

    /// Makes the words as many as `length`, the new ones 0. False if the host refuses the memory.
    fn extend(&mut self, length: usize) -> bool {
        let present = self.words.len();
        if length > LARGE_WORDS && length / 2 > present && Vec::<u64>::new().try_reserve_exact(length).is_ok() {
            // The host takes memory for these zeros only where they are touched. They cannot be refused without ending
            // the process, so it has been asked before.
            let mut words = vec![0; length];
            words[..present].copy_from_slice(&self.words);
            self.words = words;
        } else if reserve(&mut self.words, length - present) {
            self.words.resize(length, 0);
        } else {
            return false;
        }
        true
    }
}

/// Room for `more` elements: generous, or just enough where the host has no more to give.
fn reserve<T>(elements: &mut Vec<T>, more: usize) -> bool {
    elements.try_reserve(more).or_else(|_| elements.try_reserve_exact(more)).is_ok()
}

/// The segments that hold data. (Code is the program's instructions; nothing stores there.)
#[derive(Clone, Debug)]
pub struct AddressSpace {
    /// String literals and globals.
    pub statics: Segment,
    /// Blocks; grows up.
    pub heap: Segment,
    /// Frames; grows down.
    pub stack: Segment,
}
