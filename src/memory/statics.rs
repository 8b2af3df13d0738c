//! The static segment: the 128 one-character ASCII strings, then literals and globals as they come.

use super::Shape;
use super::address_space::{HEAP_BASE, WORD_BYTES};
use super::block::{Place, header, header_tag, payload_words};
use super::fault::Fault;
use super::heap::Memory;
use super::provenance::Home;
use super::value::{Pointer, Tag, Value};

/// Words of a one-character string: its header and one word of data.
const CHARACTER_WORDS: usize = 2;

impl Memory {
    /// Puts the one-character ASCII strings at the start of the segment, with serials 1 to 128.
    pub(super) fn place_characters(&mut self) {
        for character in 0..128u8 {
            // A refusal of these 2 KiB shows at the first literal, which is placed behind them.
            if self.place_literal(&[character], true).is_err() {
                return;
            }
        }
    }

    /// The static string of one ASCII character.
    #[inline]
    pub(super) fn character(&self, character: u8) -> Value {
        let data = CHARACTER_WORDS * usize::from(character) + 1;
        Value::new(Pointer::new(u32::from(character) + 1, self.space.statics.address(data)).0, Tag::String)
    }

    /// Places a string literal; equal texts share a block.
    ///
    /// # Errors
    /// [`Fault::Host`], or [`Fault::OutOfMemory`] where the segment would reach the heap;
    /// [`Fault::Serials`].
    pub fn add_literal(&mut self, text: &str) -> Result<Value, Fault> {
        if let &[character @ 0..128] = text.as_bytes() {
            return Ok(self.character(character));
        }
        if let Some(&literal) = self.literals.get(text) {
            return Ok(literal);
        }
        let pointer = self.place_literal(text.as_bytes(), text.is_ascii())?;
        let literal = Value::new(pointer.0, Tag::String);
        self.literals.insert(text.into(), literal);
        Ok(literal)
    }

    /// Reserves `count` words for globals, uninitialised; returns the static word index of the first.
    ///
    /// # Errors
    /// [`Fault::Host`], or [`Fault::OutOfMemory`] where the segment would reach the heap.
    pub fn add_globals(&mut self, count: usize) -> Result<usize, Fault> {
        self.extend_statics(count)
    }

    fn place_literal(&mut self, bytes: &[u8], ascii: bool) -> Result<Pointer, Fault> {
        let shape = Shape::String { bytes: bytes.len() as u64, ascii };
        let words = 1 + payload_words(bytes.len() as u64) as usize;
        let header_index = self.extend_statics(words)?;
        let serial = self.take_serial()?;
        let statics = &mut self.space.statics;
        statics.set_bytes(header_index + 1, 0, bytes)?;
        statics.set(header_index, Value::new(header(serial, bytes.len() as u32), header_tag(shape)));
        Ok(self.pointer_to(Home { place: Place::Static, header: header_index }))
    }

    fn extend_statics(&mut self, words: usize) -> Result<usize, Fault> {
        let statics = &mut self.space.statics;
        let first = statics.words.len();
        let bytes = (words as u64).saturating_mul(WORD_BYTES);
        if u64::from(statics.address(first)).saturating_add(bytes) > u64::from(HEAP_BASE) {
            return Err(Fault::OutOfMemory { bytes });
        }
        if !statics.commit(first + words, Tag::Uninitialised) {
            return Err(Fault::Host { bytes });
        }
        Ok(first)
    }
}
