//! Accesses that went astray and are let through (`--checks report`): what is read, and what a write
//! does, wherever in memory it ends up. Whose words of the stack are whose only the machine knows; it
//! says so with a [`Ground`].
//!
//! Whatever is written, shadow, headers, free lists and counts stay true: a word takes on the kind of the
//! place it lands in, and where nobody keeps track of references, one arrives as its bits.

use super::address_space::WORD_BYTES;
use super::block::{BlockKind, Place, payload_words};
use super::fault::Fault;
use super::heap::Memory;
use super::provenance::Home;
use super::value::{Pointer, Tag, Value};

/// How much an access touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A word of 8 bytes.
    Word,
    /// A byte.
    Byte,
}

impl Width {
    /// Its bytes.
    pub const fn bytes(self) -> i64 {
        match self {
            Width::Word => 8,
            Width::Byte => 1,
        }
    }
}

/// What a write comes down on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Nothing, or what has to stay as it is: headers, free lists, linkage words.
    Kept,
    /// A place that keeps the block alive that it refers to.
    Place(Place, usize),
    /// A slot of a frame, by stack index; its count, if it has one, is the machine's affair.
    Slot(usize),
    /// A word of raw bytes, of a block with its header at the first index.
    Raw(Place, usize, usize),
    /// A word that nobody looks at: padding, stack that is not in use.
    Waste(Place, usize),
}

impl Memory {
    /// The word or byte at an address outside of the code, whatever it is; 0 where nothing is. A word
    /// that holds no value is an integer of its bits.
    pub fn read_astray(&self, address: i64, width: Width) -> Value {
        let Some((place, index)) = self.word_at(address) else { return Value::integer(0) };
        let value = self.segment(place).get(index);
        match width {
            Width::Byte => Value::integer(i64::from(value.word.to_le_bytes()[address as usize % 8])),
            Width::Word => self.as_value(value),
        }
    }

    /// What a write to an address outside of the stack comes down on.
    pub fn ground(&mut self, address: i64) -> Ground {
        match self.word_at(address) {
            None | Some((Place::Stack, _)) => Ground::Kept,
            Some((place, index)) => self.ground_of(place, index),
        }
    }

    /// What a write to a stack buffer's words comes down on; `header` and `index` are stack indices.
    pub fn ground_in_buffer(&self, header: usize, index: usize) -> Ground {
        match self.space.stack.tags[header] {
            tag if !tag.is_header() => Ground::Waste(Place::Stack, index),
            _ if index == header => Ground::Kept,
            Tag::ElementsHeader => Ground::Place(Place::Stack, index),
            _ => Ground::Raw(Place::Stack, header, index),
        }
    }

    /// Whether there is memory at an address.
    pub fn is_there(&self, address: i64) -> bool {
        self.word_at(address).is_some()
    }

    /// Index of the stack word that holds the byte at an address, if it is in use.
    pub fn stack_index(&self, address: i64) -> Option<usize> {
        match self.word_at(address) {
            Some((Place::Stack, index)) => Some(index),
            _ => None,
        }
    }

    /// Writes a word, or the low byte of one, to an address whose ground is known.
    ///
    /// # Errors
    /// [`Fault::Host`]; [`Fault::Segmentation`] for a corrupted free list.
    pub fn write_astray(&mut self, ground: Ground, address: i64, width: Width, value: Value) -> Result<(), Fault> {
        let (place, index) = match ground {
            Ground::Kept => return Ok(()),
            Ground::Raw(place, header, index) => {
                return self.write_raw(Home { place, header }, index, address, width, value);
            }
            Ground::Slot(index) => (Place::Stack, index),
            Ground::Place(place, index) | Ground::Waste(place, index) => (place, index),
        };
        let held = self.segment(place).get(index);
        let value = match width {
            Width::Word => value,
            Width::Byte => with_byte(held, address, value),
        };
        let tracked = match ground {
            Ground::Place(..) => return self.put_word(place, index, value),
            Ground::Slot(_) => !self.requirements.counts,
            _ => self.requirements.frees_on_request,
        };
        self.segment_mut(place).set(index, if tracked { value } else { bits(value) });
        Ok(())
    }

    /// How wide the elements are of what a pointer was made for: by its block, by whatever is there now,
    /// or by what the words look like. None where nothing tells.
    pub fn width_of(&self, value: Value) -> Option<Width> {
        if value.tag == Tag::InteriorPointer {
            return Some(Width::Word);
        }
        let address = i64::from(value.as_pointer().address());
        let tag = |address| self.word_at(address).map(|(place, index)| self.segment(place).tags[index]);
        match tag(address - WORD_BYTES as i64)? {
            Tag::ElementsHeader | Tag::FieldsHeader => Some(Width::Word),
            header if header.is_header() => Some(Width::Byte),
            _ if matches!(tag(address), Some(Tag::Bytes | Tag::PartialBytes)) => Some(Width::Byte),
            _ => None,
        }
    }

    /// The site of the last allocation whose data began at an address of the heap.
    pub fn last_site(&self, pointer: Pointer) -> Option<u32> {
        let (place, index) = self.word_at(i64::from(pointer.address()) - WORD_BYTES as i64)?;
        (place == Place::Heap).then(|| self.sites.get(index / 2).copied())?
    }

    /// A reference to the live block whose data begins where a dangling pointer points.
    pub fn tenant(&self, pointer: Pointer) -> Option<Value> {
        let (place, header) = self.word_at(i64::from(pointer.address()) - WORD_BYTES as i64)?;
        if !self.segment(place).tags[header].is_header() {
            return None;
        }
        let block = self.block_at(Home { place, header });
        Some(Value::new(block.pointer.0, if block.is_string() { Tag::String } else { Tag::Pointer }))
    }

    /// The word that holds the byte at an address, if it is there.
    fn word_at(&self, address: i64) -> Option<(Place, usize)> {
        let address = u32::try_from(address).ok()?;
        let place = self.place(address);
        Some((place, self.segment(place).index(address)?))
    }

    fn ground_of(&mut self, place: Place, index: usize) -> Ground {
        let tag = self.segment(place).tags[index];
        if tag.is_header() || matches!(tag, Tag::Control | Tag::Free | Tag::FreeHeader | Tag::CountHeader) {
            return Ground::Kept;
        }
        let home = self.block_around(place, index);
        let Some(home) = home else {
            // A global, if it is in the static segment: every other word of the heap belongs to a block.
            return if place == Place::Static { Ground::Place(place, index) } else { Ground::Kept };
        };
        let block = self.block_at(home);
        let word = (index - home.header - 1) as u64;
        match block.kind {
            BlockKind::Elements | BlockKind::Fields(_) if word < block.bytes / WORD_BYTES => {
                Ground::Place(place, index)
            }
            BlockKind::Plain => {
                // The stray write is its first use.
                self.relabel(home, Tag::BytesHeader, block.bytes as u32);
                self.ground_of(place, index)
            }
            BlockKind::Bytes | BlockKind::String { .. } if word < block.bytes.div_ceil(WORD_BYTES) => {
                Ground::Raw(place, home.header, index)
            }
            _ => Ground::Waste(place, index),
        }
    }

    /// The block of a literal or of the heap that a word belongs to, padding included. Remembers it: the
    /// next stray access is likely to be near, and looking for a header takes time.
    fn block_around(&mut self, place: Place, index: usize) -> Option<Home> {
        let covers = |memory: &Memory, home: Home| {
            let header = memory.segment(place).tags.get(home.header).is_some_and(|tag| tag.is_header());
            let words = |bytes| match place {
                Place::Heap => memory.run_words(bytes) - memory.requirements.header_words,
                _ => payload_words(bytes) as usize,
            };
            home.place == place
                && header
                && (home.header..=home.header + words(memory.block_at(home).bytes)).contains(&index)
        };
        if let Some(home) = self.last_astray.filter(|&home| covers(self, home)) {
            return Some(home);
        }
        self.last_astray = self.enclosing(place, index).filter(|&home| covers(self, home));
        self.last_astray
    }

    fn write_raw(&mut self, home: Home, index: usize, address: i64, width: Width, value: Value) -> Result<(), Fault> {
        let bytes = value.word.to_le_bytes();
        let written = match width {
            Width::Word => &bytes[..],
            Width::Byte => &bytes[..1],
        };
        let offset = if width == Width::Byte { address as usize % 8 } else { 0 };
        let segment = self.segment_mut(home.place);
        segment.set_bytes(index, offset, written)?;
        if segment.tags[home.header] == Tag::AsciiHeader && !written.is_ascii() {
            segment.tags[home.header] = Tag::Utf8Header;
        }
        // Characters may begin elsewhere now.
        self.text_cursor.take();
        Ok(())
    }

    /// A word as a value in hand.
    fn as_value(&self, held: Value) -> Value {
        match held.tag {
            Tag::Integer | Tag::Float | Tag::Boolean | Tag::Null => held,
            tag if tag.is_weak() => self.strengthen(held),
            // Where blocks only go when nothing refers to them, what refers to one that is gone is none.
            tag if tag.is_reference() && (self.requirements.frees_on_request || self.resolve(held).is_ok()) => held,
            _ => Value::new(held.word, Tag::Integer),
        }
    }
}

/// A reference as the integer of its bits; anything else is itself.
const fn bits(value: Value) -> Value {
    if value.tag.is_reference() { Value::new(value.word, Tag::Integer) } else { value }
}

/// A word with the byte of an address replaced by the low byte of `value`. Numbers stay what they are;
/// anything else is only bits then.
const fn with_byte(held: Value, address: i64, value: Value) -> Value {
    let shift = 8 * (address as u64 % 8);
    let word = held.word & !(0xFF << shift) | (value.word & 0xFF) << shift;
    Value::new(word, if matches!(held.tag, Tag::Float) { Tag::Float } else { Tag::Integer })
}
