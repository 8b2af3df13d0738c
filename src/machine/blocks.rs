//! The heap as the loop sees it: the accesses to blocks that need no more than a look at the header
//! and at the word. Each gives nothing, and has done nothing, where anything is out of the ordinary;
//! [`Machine::perform`](super::machine::Machine) then finds out what it is.

use crate::memory::address_space::HEAP_BASE;
use crate::memory::block::{header_length, header_serial};
use crate::memory::strategy::{exchange_at_once, release_at_once, retain_at_once};
use crate::memory::{HeapStatistics, Pointer, Segment, Tag, Value};

/// Words and shadow of the heap. Only what leaves the loop makes the segment grow.
pub(super) struct Blocks<'m> {
    words: &'m mut [u64],
    /// As long as `words`, in the eyes of the host's compiler too.
    tags: &'m mut [Tag],
    /// Which bytes of partly initialised words are.
    masks: &'m mut [u8],
}

/// Whether a word of that tag can be read as it is: initialised, and no weak place.
#[inline(always)]
pub(super) const fn is_plain_value(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::Integer | Tag::Float | Tag::Boolean | Tag::Null | Tag::Pointer | Tag::InteriorPointer | Tag::String
    )
}

/// Index of the header of a block in the segment; beyond the segment for anything else.
#[inline(always)]
const fn header_index(pointer: Pointer) -> usize {
    (pointer.address().wrapping_sub(HEAP_BASE + 8) >> 3) as usize
}

impl<'m> Blocks<'m> {
    #[inline(always)]
    pub fn new(heap: &'m mut Segment) -> Blocks<'m> {
        let words = &mut heap.words[..];
        let tags = &mut heap.tags[..words.len()];
        Blocks { words, tags, masks: &mut heap.masks }
    }

    /// Overwrites the word at an index.
    #[inline(always)]
    pub fn set(&mut self, at: usize, value: Value) {
        self.words[at] = value.word;
        self.tags[at] = value.tag;
    }

    /// The word at an index, if it can be read as it is.
    #[inline(always)]
    pub fn plain(&self, at: usize) -> Option<Value> {
        let word = *self.words.get(at)?;
        let tag = self.tags[at];
        is_plain_value(tag).then_some(Value { word, tag })
    }

    /// Index and word of the header of the live block that a pointer was made for. Whether it is a
    /// header at all its tag must still say.
    #[inline(always)]
    fn header(&self, object: Value) -> Option<(usize, u64)> {
        if object.tag != Tag::Pointer {
            return None;
        }
        let at = header_index(object.as_pointer());
        let header = *self.words.get(at)?;
        (header_serial(header) == object.as_pointer().serial()).then_some((at, header))
    }

    /// The element or byte at an index of a block.
    #[inline(always)]
    pub fn fetch(&self, object: Value, index: Value) -> Option<Value> {
        let (at, header) = self.header(object)?;
        if index.tag != Tag::Integer || index.word >= u64::from(header_length(header)) {
            return None;
        }
        match self.tags[at] {
            Tag::ElementsHeader => self.plain(at + 1 + index.word as usize),
            Tag::BytesHeader => {
                let (holder, lane) = (at + 1 + index.word as usize / 8, index.word % 8);
                let word = *self.words.get(holder)?;
                let byte = (word >> (8 * lane)) as u8;
                let initialised = self.tags[holder] == Tag::Bytes
                    || self.tags[holder] == Tag::PartialBytes && self.masks.get(holder)? >> lane & 1 == 1;
                initialised.then_some(Value::integer(i64::from(byte)))
            }
            _ => None,
        }
    }

    /// Stores an element or byte of a block.
    #[inline(always)]
    pub fn put(&mut self, object: Value, index: Value, value: Value) -> bool {
        let Some((at, header)) = self.header(object) else { return false };
        if index.tag != Tag::Integer || index.word >= u64::from(header_length(header)) {
            return false;
        }
        match self.tags[at] {
            Tag::ElementsHeader => {
                let element = at + 1 + index.word as usize;
                if element >= self.words.len() {
                    return false;
                }
                self.set(element, value);
                true
            }
            Tag::BytesHeader => {
                let (holder, lane) = (at + 1 + index.word as usize / 8, index.word % 8);
                if holder >= self.words.len() || value.tag != Tag::Integer || value.word > 255 {
                    return false;
                }
                if self.tags[holder] != Tag::Bytes {
                    // The first bytes of a word, mostly.
                    let Some(mask) = self.masks.get_mut(holder) else { return false };
                    let known = if self.tags[holder] == Tag::PartialBytes { *mask } else { 0 };
                    *mask = known | 1 << lane;
                    self.tags[holder] = if *mask == 0xFF { Tag::Bytes } else { Tag::PartialBytes };
                }
                let shift = 8 * lane;
                self.words[holder] = self.words[holder] & !(0xFF << shift) | value.word << shift;
                true
            }
            _ => false,
        }
    }

    /// Index of the word of a field at `offset` words, if `object` is a live block of that layout.
    #[inline(always)]
    pub fn field_word(&self, object: Value, layout: u32, offset: u32) -> Option<usize> {
        let (at, header) = self.header(object)?;
        let field = at + 1 + offset as usize;
        let found = self.tags[at] == Tag::FieldsHeader && header_length(header) == layout && field < self.words.len();
        found.then_some(field)
    }

    /// Index of the word of an element of a block of elements.
    #[inline(always)]
    pub fn element_word(&self, object: Value, index: Value) -> Option<usize> {
        let (at, header) = self.header(object)?;
        if self.tags[at] != Tag::ElementsHeader
            || index.tag != Tag::Integer
            || index.word >= u64::from(header_length(header))
        {
            return None;
        }
        let element = at + 1 + index.word as usize;
        (element < self.words.len()).then_some(element)
    }

    /// Overwrites the word at an index, which counts as a reference: what it held does no more.
    #[inline(always)]
    pub fn set_counted(&mut self, counts: &mut HeapStatistics, at: usize, value: Value) -> bool {
        let held = Value { word: self.words[at], tag: self.tags[at] };
        let counted = exchange_at_once(self.words, self.tags, counts, held, value);
        if counted {
            self.set(at, value);
        }
        counted
    }

    /// Overwrites the word at an index with a reference that is counted already.
    #[inline(always)]
    pub fn set_given(&mut self, counts: &mut HeapStatistics, at: usize, value: Value) -> bool {
        let held = Value { word: self.words[at], tag: self.tags[at] };
        let released = release_at_once(self.words, self.tags, counts, held);
        if released {
            self.set(at, value);
        }
        released
    }

    /// Counts that a place outside of the heap holds `value` now and `held` no more.
    #[inline(always)]
    pub fn exchange(&mut self, counts: &mut HeapStatistics, held: Value, value: Value) -> bool {
        exchange_at_once(self.words, self.tags, counts, held, value)
    }

    /// Counts one more reference.
    #[inline(always)]
    pub fn retain(&mut self, counts: &mut HeapStatistics, value: Value) -> bool {
        retain_at_once(self.words, self.tags, counts, value)
    }

    /// Counts one reference less.
    #[inline(always)]
    pub fn release(&mut self, counts: &mut HeapStatistics, value: Value) -> bool {
        release_at_once(self.words, self.tags, counts, value)
    }

    /// Puts the word at `offset` of a record that has just been made.
    #[inline(always)]
    pub fn initialise(&mut self, record: Value, offset: u32, value: Value) -> bool {
        let at = header_index(record.as_pointer()) + 1 + offset as usize;
        let inside = at < self.words.len();
        if inside {
            self.set(at, value);
        }
        inside
    }

    /// The length of a block of elements or bytes.
    #[inline(always)]
    pub fn length(&self, object: Value) -> Option<Value> {
        let (at, header) = self.header(object)?;
        let counted = matches!(self.tags[at], Tag::ElementsHeader | Tag::BytesHeader);
        counted.then(|| Value::integer(i64::from(header_length(header))))
    }
}
