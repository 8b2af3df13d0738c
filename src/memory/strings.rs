//! Text: immutable blocks of UTF-8, addressed by character.

use std::cmp::Ordering;

use super::access::{Span, Unit};
use super::block::{Shape, header_length, header_serial};
use super::fault::Fault;
use super::heap::Memory;
use super::provenance::Home;
use super::value::{Tag, Value};

/// Where the last character was found in a string that is not ASCII, and how many characters such
/// a string has: a loop over the characters of a string is then linear, not quadratic. Serials are
/// unique and strings immutable, so what it says stays true.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TextCursor {
    serial: u32,
    character: u64,
    byte: u64,
    counted_serial: u32,
    characters: u64,
}

/// The bytes of a string.
#[derive(Clone, Copy)]
struct Text {
    home: Home,
    serial: u32,
    bytes: u64,
    ascii: bool,
}

impl Memory {
    /// Makes a string: a one-character ASCII string is the static one, anything else a heap block.
    ///
    /// # Errors
    /// [`Fault::OutOfMemory`] and those of [`Memory::allocate`].
    pub fn make_string(&mut self, text: &str, site: u32) -> Result<Value, Fault> {
        if let &[character @ 0..128] = text.as_bytes() {
            return Ok(self.character(character));
        }
        let bytes = text.len() as u64;
        let shape = Shape::String { bytes, ascii: text.is_ascii() };
        let pointer = self.allocate(shape, site)?.ok_or(Fault::OutOfMemory { bytes })?;
        if let Some(home) = self.find(pointer) {
            self.space.heap.set_bytes(home.header + 1, 0, text.as_bytes())?;
        }
        Ok(Value::new(pointer.0, Tag::String))
    }

    /// The text of a string.
    ///
    /// # Errors
    /// Dangling, or no string.
    pub fn text(&self, value: Value) -> Result<String, Fault> {
        let text = self.resolve_text(value)?;
        Ok(self.decode(text, 0, text.bytes))
    }

    /// The characters from index `from` up to, not including, index `to`.
    ///
    /// # Errors
    /// Dangling, or no string; [`Fault::OutOfBounds`] where `0 <= from <= to <= length` does not hold.
    pub fn substring(&self, value: Value, from: i64, to: i64) -> Result<String, Fault> {
        let text = self.resolve_text(value)?;
        let outside = |index| self.outside_text(text, index);
        let start = u64::try_from(from).ok().and_then(|from| self.byte_of(text, from)).ok_or_else(|| outside(from))?;
        let end = if to < from { None } else { self.byte_of(text, to as u64) };
        Ok(self.decode(text, start, end.ok_or_else(|| outside(to))?))
    }

    /// Compares two strings by code point.
    ///
    /// # Errors
    /// Dangling, or no string.
    pub fn compare_text(&self, left: Value, right: Value) -> Result<Ordering, Fault> {
        let (left, right) = (self.resolve_text(left)?, self.resolve_text(right)?);
        // In UTF-8 the order of bytes is that of code points.
        Ok(self.text_bytes(left).cmp(self.text_bytes(right)))
    }

    /// The character at `index` of the string at `home`.
    pub(super) fn load_character(&mut self, home: Home, index: i64, site: u32) -> Result<Value, Fault> {
        let text = self.text_at(home);
        let start = u64::try_from(index).ok().and_then(|index| self.byte_of(text, index));
        match start.filter(|&start| start < text.bytes) {
            None => Err(self.outside_text(text, index)),
            Some(start) if text.ascii => Ok(self.character(self.text_byte(text, start))),
            Some(start) => {
                let end = self.next_boundary(text, start);
                let character = self.decode(text, start, end);
                // Static like the ASCII ones, so that walking a string makes no garbage; on the heap only
                // where the static segment is full.
                match self.add_literal(&character) {
                    Err(Fault::OutOfMemory { .. }) => self.make_string(&character, site),
                    made => made,
                }
            }
        }
    }

    /// How many characters the string at `home` has.
    pub(super) fn characters(&self, home: Home) -> u64 {
        let text = self.text_at(home);
        if text.ascii {
            return text.bytes;
        }
        let mut cursor = self.text_cursor.get();
        if cursor.counted_serial != text.serial {
            cursor.counted_serial = text.serial;
            cursor.characters = self.text_bytes(text).filter(|&byte| !continues(byte)).count() as u64;
            self.text_cursor.set(cursor);
        }
        cursor.characters
    }

    fn resolve_text(&self, value: Value) -> Result<Text, Fault> {
        let home = self.resolve(value)?;
        match self.segment(home.place).tags[home.header] {
            Tag::AsciiHeader | Tag::Utf8Header => Ok(self.text_at(home)),
            _ => Err(Fault::NotAString(value)),
        }
    }

    fn text_at(&self, home: Home) -> Text {
        let segment = self.segment(home.place);
        let word = segment.words[home.header];
        let ascii = segment.tags[home.header] == Tag::AsciiHeader;
        Text { home, serial: header_serial(word), bytes: u64::from(header_length(word)), ascii }
    }

    /// Byte offset of the character at `index`, or of the end for the index after the last.
    fn byte_of(&self, text: Text, index: u64) -> Option<u64> {
        if text.ascii {
            return (index <= text.bytes).then_some(index);
        }
        let mut cursor = self.text_cursor.get();
        if cursor.serial != text.serial || index < cursor.character / 2 {
            (cursor.serial, cursor.character, cursor.byte) = (text.serial, 0, 0);
        }
        while cursor.character < index && cursor.byte < text.bytes {
            cursor.byte = self.next_boundary(text, cursor.byte);
            cursor.character += 1;
        }
        while cursor.character > index {
            cursor.byte -= 1;
            // A text whose bytes were overwritten may begin in the middle of a character.
            cursor.character -= u64::from(cursor.byte == 0 || !continues(self.text_byte(text, cursor.byte)));
        }
        self.text_cursor.set(cursor);
        (cursor.character == index).then_some(cursor.byte)
    }

    /// Byte offset of the character after the one at byte offset `byte`.
    fn next_boundary(&self, text: Text, byte: u64) -> u64 {
        (byte + 1..text.bytes).find(|&next| !continues(self.text_byte(text, next))).unwrap_or(text.bytes)
    }

    fn text_byte(&self, text: Text, offset: u64) -> u8 {
        let segment = self.segment(text.home.place);
        let word = segment.words[segment.above(text.home.header, 1 + offset as usize / 8)];
        word.to_le_bytes()[offset as usize % 8]
    }

    fn text_bytes(&self, text: Text) -> impl Iterator<Item = u8> + '_ {
        let segment = self.segment(text.home.place);
        segment.bytes(segment.above(text.home.header, 1), text.bytes as usize)
    }

    /// The text from one byte offset to another. Only corrupted memory is not UTF-8.
    fn decode(&self, text: Text, start: u64, end: u64) -> String {
        let bytes: Vec<u8> = if start == 0 {
            self.text_bytes(Text { bytes: end, ..text }).collect()
        } else {
            (start..end).map(|offset| self.text_byte(text, offset)).collect()
        };
        String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    #[cold]
    fn outside_text(&self, text: Text, index: i64) -> Fault {
        let first = self.segment(text.home.place).above(text.home.header, 1);
        let span = Span { home: text.home, unit: Unit::Bytes, first, length: text.bytes, field: None };
        // The address counts on from the last byte, where the characters counted end.
        let beyond_ascii = text.bytes as i64 - self.characters(text.home) as i64;
        let mut access = self.access(&span, index, false);
        if index > 0 {
            access.address = access.address.saturating_add(beyond_ascii);
        }
        Fault::OutOfBounds(access)
    }
}

/// Whether a byte of UTF-8 is not the first of its character.
const fn continues(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}
