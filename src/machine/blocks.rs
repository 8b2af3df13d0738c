//! The heap as handlers see it: the accesses to blocks that need no more than a look at the header
//! and at the word. Each gives nothing, and has done nothing, where anything is out of the ordinary;
//! [`Machine::perform`](super::machine::Machine) then finds out what it is.

use std::cell::Cell;

use crate::limits::OPENED_BLOCKS;
use crate::memory::address_space::HEAP_BASE;
use crate::memory::block::{header_length, header_serial};
use crate::memory::strategy::{exchange_at_once, release_at_once, retain_at_once};
use crate::memory::{HeapStatistics, Pointer, Segment, Tag, Value};

/// Words and shadow of the heap. While they are here no block is made or freed, and the segment does not grow.
pub(super) struct Blocks<'m> {
    words: &'m [Cell<u64>],
    tags: &'m [Cell<Tag>],
    /// Which bytes of partly initialised words are.
    masks: &'m [Cell<u8>],
    /// Blocks of elements whose headers have been looked at, each at the place of the slot with the pointer.
    opened: [Opened<'m>; OPENED],
    /// Records, in the same way.
    opened_records: OpenedRecords,
    /// The block of bytes whose header has been looked at last.
    opened_bytes: OpenedBytes,
}

const OPENED: usize = OPENED_BLOCKS;
const _: () = assert!(OPENED.is_power_of_two(), "a place is found by a mask");

/// A block of elements whose header has been looked at.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Opened<'m> {
    /// The pointer that it was for.
    pointer: u64,
    words: &'m [Cell<u64>],
    tags: &'m [Cell<Tag>],
}

/// Records whose headers have been looked at, by place. Two arrays, because a host's processor scales an index by 8.
struct OpenedRecords {
    /// The pointers that they were for.
    pointers: [u64; OPENED],
    /// In the high half the layout, in the low half the index of the first word.
    keys: [u64; OPENED],
}

/// A block of bytes whose header has been looked at.
#[derive(Clone, Copy)]
struct OpenedBytes {
    /// The pointer that it was for.
    pointer: u64,
    /// Index of its first word.
    first: usize,
    /// In bytes.
    length: u64,
}

/// What a pointer refers to. It is open now.
enum Found {
    Elements,
    Bytes(OpenedBytes),
}

impl OpenedBytes {
    const NONE: OpenedBytes = OpenedBytes { pointer: 0, first: 0, length: 0 };
}

/// Whether a word of that tag can be read as it is: initialised, and no weak place.
#[inline(always)]
pub(super) const fn is_plain_value(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::Integer | Tag::Float | Tag::Boolean | Tag::Null | Tag::Pointer | Tag::InteriorPointer | Tag::String
    )
}

/// The word at an index, if it can be read as it is.
#[inline(always)]
fn plain(words: &[Cell<u64>], tags: &[Cell<Tag>], at: usize) -> Option<Value> {
    let tag = tags.get(at)?.get();
    if is_plain_value(tag) { Some(Value { word: words.get(at)?.get(), tag }) } else { None }
}

/// Overwrites the word at an index, if there is one.
#[inline(always)]
fn put(words: &[Cell<u64>], tags: &[Cell<Tag>], at: usize, value: Value) -> bool {
    let (Some(word), Some(tag)) = (words.get(at), tags.get(at)) else { return false };
    tag.set(value.tag);
    word.set(value.word);
    true
}

/// Index of the header of a block in the segment; beyond the segment for anything else.
#[inline(always)]
const fn header_index(pointer: Pointer) -> usize {
    (pointer.address().wrapping_sub(HEAP_BASE + 8) >> 3) as usize
}

impl<'m> Blocks<'m> {
    #[inline(always)]
    pub fn new(heap: &'m mut Segment) -> Blocks<'m> {
        let words = Cell::from_mut(&mut heap.words[..]).as_slice_of_cells();
        let tags = Cell::from_mut(&mut heap.tags[..]).as_slice_of_cells();
        Blocks {
            words,
            tags,
            masks: Cell::from_mut(&mut heap.masks[..]).as_slice_of_cells(),
            // No pointer is 0, so whatever else is there does not matter.
            opened: [Opened { pointer: 0, words, tags }; _],
            opened_records: OpenedRecords { pointers: [0; _], keys: [0; _] },
            opened_bytes: OpenedBytes::NONE,
        }
    }

    /// Index, word and tag of the header of the live block that a pointer was made for. Whether it is a header at all the
    /// tag must still say.
    #[inline(always)]
    fn header(&self, object: Value) -> Option<(usize, u64, Tag)> {
        if object.tag != Tag::Pointer {
            return None;
        }
        let at = header_index(object.as_pointer());
        let kind = self.tags.get(at)?.get();
        let header = self.words.get(at)?.get();
        (header_serial(header) == object.as_pointer().serial()).then_some((at, header, kind))
    }

    // ---- elements

    /// An element of the block that was opened last for a slot, if that is the one.
    #[inline(always)]
    pub fn opened_element(&self, slot: u8, object: Value, index: Value) -> Option<Value> {
        let opened = &self.opened[usize::from(slot) % OPENED];
        if object.tag != Tag::Pointer || object.word != opened.pointer || index.tag != Tag::Integer {
            return None;
        }
        plain(opened.words, opened.tags, index.word as usize)
    }

    /// Stores an element there.
    #[inline(always)]
    pub fn put_opened_element(&self, slot: u8, object: Value, index: Value, value: Value) -> bool {
        let opened = &self.opened[usize::from(slot) % OPENED];
        object.tag == Tag::Pointer
            && object.word == opened.pointer
            && index.tag == Tag::Integer
            && put(opened.words, opened.tags, index.word as usize, value)
    }

    /// The word of an element of the block that was opened last for a slot, if that is the one. All its elements have
    /// that tag.
    #[inline(always)]
    pub fn opened_word(&self, slot: u8, pointer: u64, index: i64, tag: Tag) -> Option<u64> {
        Some(self.opened_place(slot, pointer, index, tag)?.get())
    }

    /// Overwrites it.
    #[inline(always)]
    pub fn put_opened_word(&self, slot: u8, pointer: u64, index: i64, word: u64, tag: Tag) -> bool {
        let place = self.opened_place(slot, pointer, index, tag);
        place.map(|place| place.set(word)).is_some()
    }

    /// The boolean at an index of such a block, if the tag says which.
    #[inline(always)]
    pub fn opened_boolean(&self, slot: u8, pointer: u64, index: i64) -> Option<bool> {
        self.opened_tag(slot, pointer, index)?.get().implied()
    }

    /// Overwrites it, and only the tag.
    #[inline(always)]
    pub fn put_opened_boolean(&self, slot: u8, pointer: u64, index: i64, value: bool) -> bool {
        let Some(tag) = self.opened_tag(slot, pointer, index) else { return false };
        debug_assert!(matches!(tag.get(), Tag::Boolean | Tag::False | Tag::True), "element {index}");
        tag.set(Tag::implying(value));
        true
    }

    #[inline(always)]
    fn opened_tag(&self, slot: u8, pointer: u64, index: i64) -> Option<&Cell<Tag>> {
        let opened = &self.opened[usize::from(slot) % OPENED];
        if pointer == opened.pointer { opened.tags.get(index as usize) } else { None }
    }

    #[inline(always)]
    fn opened_place(&self, slot: u8, pointer: u64, index: i64, tag: Tag) -> Option<&Cell<u64>> {
        let opened = &self.opened[usize::from(slot) % OPENED];
        if pointer != opened.pointer {
            return None;
        }
        let index = index as usize;
        debug_assert!(opened.tags.get(index).is_none_or(|held| held.get() == tag), "element {index}");
        opened.words.get(index)
    }

    /// The element or byte at an index of the block that the pointer in a slot refers to.
    #[inline(always)]
    pub fn fetch(&mut self, slot: u8, object: Value, index: Value) -> Option<Value> {
        match self.open(slot, object)? {
            Found::Elements => self.opened_element(slot, object, index).or_else(|| {
                let index = i64::try_from(index.word).ok().filter(|_| index.tag == Tag::Integer)?;
                self.opened_boolean(slot, object.word, index).map(Value::boolean)
            }),
            Found::Bytes(opened) => self.byte(opened, index),
        }
    }

    /// Stores it.
    #[inline(always)]
    pub fn put(&mut self, slot: u8, object: Value, index: Value, value: Value) -> bool {
        match self.open(slot, object) {
            Some(Found::Elements) => self.put_opened_element(slot, object, index, value),
            Some(Found::Bytes(opened)) => self.put_byte(opened, index, value),
            None => false,
        }
    }

    /// Stores it, if it is a byte.
    #[inline(always)]
    pub fn put_if_byte(&mut self, slot: u8, object: Value, index: Value, value: Value) -> bool {
        match self.open(slot, object) {
            Some(Found::Bytes(opened)) => self.put_byte(opened, index, value),
            _ => false,
        }
    }

    /// Looks at the header of the block that the pointer in a slot refers to, if it must.
    #[inline(always)]
    fn open(&mut self, slot: u8, object: Value) -> Option<Found> {
        let opened = self.opened_bytes;
        if object.tag == Tag::Pointer && object.word == opened.pointer {
            return Some(Found::Bytes(opened));
        }
        let (at, header, kind) = self.header(object)?;
        let (first, length) = (at + 1, header_length(header));
        match kind {
            Tag::ElementsHeader => {
                let words = first..first + length as usize;
                let (words, tags) = (self.words.get(words.clone())?, self.tags.get(words)?);
                self.opened[usize::from(slot) % OPENED] = Opened { pointer: object.word, words, tags };
                Some(Found::Elements)
            }
            Tag::BytesHeader => {
                let opened = OpenedBytes { pointer: object.word, first, length: u64::from(length) };
                self.opened_bytes = opened;
                Some(Found::Bytes(opened))
            }
            _ => None,
        }
    }

    /// Index of the word of an element of a block of elements.
    #[inline(always)]
    pub fn element_word(&self, object: Value, index: Value) -> Option<usize> {
        let (at, header, kind) = self.header(object)?;
        let found =
            kind == Tag::ElementsHeader && index.tag == Tag::Integer && index.word < u64::from(header_length(header));
        found.then(|| at + 1 + index.word as usize)
    }

    /// The length of a block of elements or bytes.
    #[inline(always)]
    pub fn length(&self, object: Value) -> Option<Value> {
        let (_, header, kind) = self.header(object)?;
        let counted = matches!(kind, Tag::ElementsHeader | Tag::BytesHeader);
        counted.then(|| Value::integer(i64::from(header_length(header))))
    }

    // ---- bytes

    /// A byte of such a block.
    #[inline(always)]
    fn byte(&self, opened: OpenedBytes, index: Value) -> Option<Value> {
        if index.tag != Tag::Integer || index.word >= opened.length {
            return None;
        }
        let index = index.word as usize;
        let (holder, lane) = (opened.first + index / 8, index % 8);
        let (word, tag) = (self.words.get(holder)?.get(), self.tags.get(holder)?.get());
        let byte = (word >> (8 * lane)) as u8;
        let initialised =
            tag == Tag::Bytes || tag == Tag::PartialBytes && self.masks.get(holder)?.get() >> lane & 1 == 1;
        initialised.then_some(Value::integer(i64::from(byte)))
    }

    /// Stores a byte of such a block.
    #[inline(always)]
    fn put_byte(&self, opened: OpenedBytes, index: Value, value: Value) -> bool {
        if index.tag != Tag::Integer || index.word >= opened.length {
            return false;
        }
        let index = index.word as usize;
        let (holder, lane) = (opened.first + index / 8, index % 8);
        let (Some(word), Some(tag)) = (self.words.get(holder), self.tags.get(holder)) else { return false };
        if value.tag != Tag::Integer || value.word > 255 {
            return false;
        }
        if tag.get() != Tag::Bytes {
            // The first bytes of a word, mostly.
            let Some(mask) = self.masks.get(holder) else { return false };
            let known = if tag.get() == Tag::PartialBytes { mask.get() } else { 0 };
            mask.set(known | 1 << lane);
            tag.set(if mask.get() == 0xFF { Tag::Bytes } else { Tag::PartialBytes });
        }
        let shift = 8 * lane;
        word.set(word.get() & !(0xFF << shift) | value.word << shift);
        true
    }

    // ---- fields

    /// Index of the word at the offset of a record, if `object` is one of that layout and live. No record ends beyond
    /// its segment, so there is such a word.
    #[inline(always)]
    pub fn field(&self, object: Value, layout: u32, offset: u32) -> Option<usize> {
        if object.tag != Tag::Pointer {
            return None;
        }
        let header = header_index(object.as_pointer());
        let at = header + 1 + offset as usize;
        // The farther one first: then the host's compiler knows that the other is there.
        self.words.get(at)?;
        self.tags.get(at)?;
        let (kind, word) = (self.tags.get(header)?.get(), self.words.get(header)?.get());
        let found = kind == Tag::FieldsHeader
            && header_serial(word) == object.as_pointer().serial()
            && header_length(word) == layout;
        found.then_some(at)
    }

    /// The same, and the record of the slot is open then.
    #[inline(always)]
    pub fn open_field(&mut self, slot: u8, object: Value, layout: u32, offset: u32) -> Option<usize> {
        let at = self.field(object, layout, offset)?;
        let place = usize::from(slot) % OPENED;
        self.opened_records.pointers[place] = object.word;
        self.opened_records.keys[place] = u64::from(layout) << 32 | (at as u64 - u64::from(offset));
        Some(at)
    }

    /// Index of the word of a field of the record that was opened last for a slot, if that is the one: beyond the segment,
    /// if it has another layout than the field's key tells.
    #[inline(always)]
    pub fn opened_field(&self, slot: u8, pointer: u64, field_key: u64) -> Option<usize> {
        let (opened, place) = (&self.opened_records, usize::from(slot) % OPENED);
        if opened.pointers[place] != pointer {
            return None;
        }
        usize::try_from(opened.keys[place].wrapping_sub(field_key)).ok()
    }

    /// The word at an index, which has that tag, if there is one.
    #[inline(always)]
    pub fn settled(&self, at: usize, tag: Tag) -> Option<&Cell<u64>> {
        debug_assert!(self.tags.get(at).is_none_or(|held| held.get() == tag), "word {at}");
        self.words.get(at)
    }

    /// The word at an index, if it can be read as it is.
    #[inline(always)]
    pub fn get(&self, at: usize) -> Option<Value> {
        plain(self.words, self.tags, at)
    }

    /// Overwrites it, if there is one.
    #[inline(always)]
    pub fn set(&self, at: usize, value: Value) -> bool {
        put(self.words, self.tags, at, value)
    }

    /// Puts the word at `offset` of a record that has just been made.
    #[inline(always)]
    pub fn initialise(&self, record: Value, offset: u32, value: Value) -> bool {
        put(self.words, self.tags, header_index(record.as_pointer()) + 1 + offset as usize, value)
    }

    // ---- references that are counted

    /// Overwrites the word at an index, which counts as a reference: what it held does no more.
    #[inline(always)]
    pub fn set_counted(&self, counts: &mut HeapStatistics, at: usize, value: Value) -> bool {
        let Some(held) = self.at(at) else { return false };
        exchange_at_once(self.words, self.tags, counts, held, value) && put(self.words, self.tags, at, value)
    }

    /// Overwrites the word at an index with a reference that is counted already.
    #[inline(always)]
    pub fn set_given(&self, counts: &mut HeapStatistics, at: usize, value: Value) -> bool {
        let Some(held) = self.at(at) else { return false };
        release_at_once(self.words, self.tags, counts, held) && put(self.words, self.tags, at, value)
    }

    /// The word at an index.
    #[inline(always)]
    fn at(&self, at: usize) -> Option<Value> {
        Some(Value { word: self.words.get(at)?.get(), tag: self.tags.get(at)?.get() })
    }

    /// Counts that a place outside of the heap holds `value` now and `held` no more.
    #[inline(always)]
    pub fn exchange(&self, counts: &mut HeapStatistics, held: Value, value: Value) -> bool {
        exchange_at_once(self.words, self.tags, counts, held, value)
    }

    /// Counts one more reference.
    #[inline(always)]
    pub fn retain(&self, counts: &mut HeapStatistics, value: Value) -> bool {
        retain_at_once(self.words, self.tags, counts, value)
    }

    /// Counts one reference less.
    #[inline(always)]
    pub fn release(&self, counts: &mut HeapStatistics, value: Value) -> bool {
        release_at_once(self.words, self.tags, counts, value)
    }
}
