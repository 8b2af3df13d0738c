//! Many elements or bytes at a time: `copy`, `fill`, `copyString`, `readContentsInto`. Everything is
//! checked before anything is written.

use super::access::{Span, Unit, byte};
use super::fault::{Access, Fault};
use super::heap::Memory;
use super::value::{Tag, Value};

impl Memory {
    /// Writes raw bytes at byte `offset` of a block of bytes (`copyString`, `readContentsInto`), and of no other: typed
    /// code relies on it.
    ///
    /// # Errors
    /// Every way an access can fail; then nothing has been written.
    pub fn write_bytes(&mut self, object: Value, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
        let home = self.resolve(object)?;
        let span = self.span(object, home, true)?;
        if span.unit != Unit::Bytes {
            return Err(Fault::NotBytes(self.block_at(home)));
        }
        self.check_range(&span, offset, bytes.len() as u64, true)?;
        self.segment_mut(home.place).set_bytes(span.first, offset as usize, bytes)
    }

    /// `copy(destination, source, count)`: elements or bytes, from the first; onto itself is fine. All of them have been
    /// written, and typed code relies on it.
    ///
    /// # Errors
    /// Every way an access can fail; then nothing has been written.
    pub fn copy(&mut self, destination: Value, source: Value, count: u64) -> Result<(), Fault> {
        let to = self.resolve(destination)?;
        let to = self.span(destination, to, true)?;
        let from_home = self.resolve(source)?;
        let from = self.span(source, from_home, false)?;
        if to.unit != from.unit {
            return Err(Fault::UnitsDiffer(self.block_at(to.home), self.block_at(from.home)));
        }
        self.copy_span(&to, &from, count)
    }

    /// `fill(p, value, count)`: elements or bytes, from the first.
    ///
    /// # Errors
    /// Every way an access can fail; then nothing has been written.
    pub fn fill(&mut self, object: Value, value: Value, count: u64) -> Result<(), Fault> {
        let home = self.resolve(object)?;
        let span = self.span(object, home, true)?;
        self.check_range(&span, 0, count, true)?;
        let count = count as usize;
        let counts = self.requirements.counts;
        let segment = self.segment_mut(home.place);
        match span.unit {
            Unit::Words if count == 0 => {}
            Unit::Words => {
                let extent = segment.extent(span.first, count);
                let tags = &mut segment.tags[extent.clone()];
                if counts && (value.tag.is_reference() || tags.iter().any(|tag| tag.is_reference())) {
                    for index in extent {
                        self.put_word(home.place, index, value)?;
                    }
                } else if value.tag == Tag::Boolean {
                    tags.fill(Tag::implying(value.word != 0));
                } else {
                    tags.fill(value.tag);
                    segment.words[extent].fill(value.word);
                }
            }
            Unit::Bytes => {
                let byte = byte(value)?;
                segment.set_bytes(span.first, count / 8 * 8, &[byte; 8][..count % 8])?;
                if count >= 8 {
                    let extent = segment.extent(span.first, count / 8);
                    segment.words[extent.clone()].fill(u64::from_le_bytes([byte; 8]));
                    segment.tags[extent].fill(Tag::Bytes);
                }
            }
        }
        Ok(())
    }

    /// Copies the first `count` units of `from`, all initialised, to the start of `to`, which has the
    /// same unit. Two spans are the same, or share nothing.
    pub(super) fn copy_span(&mut self, to: &Span, from: &Span, count: u64) -> Result<(), Fault> {
        self.check_range(to, 0, count, true)?;
        self.check_range(from, 0, count, false)?;
        let count = count as usize;
        let source = self.segment(from.home.place);
        let missing = match from.unit {
            Unit::Words => (0..count).find(|&k| source.tags[source.above(from.first, k)] == Tag::Uninitialised),
            Unit::Bytes => source.first_uninitialised_byte(from.first, count),
        };
        if let Some(index) = missing {
            return Err(Fault::Uninitialised(self.range(from, index as u64, count as u64, false)));
        }
        match from.unit {
            Unit::Words => {
                for k in 0..count {
                    let source = self.segment(from.home.place);
                    let Some(value) = self.read_word(from.home.place, source.above(from.first, k)) else { continue };
                    let index = self.segment(to.home.place).above(to.first, k);
                    self.put_word(to.home.place, index, value)?;
                }
            }
            Unit::Bytes => {
                for k in 0..count.div_ceil(8) {
                    let source = self.segment(from.home.place);
                    let word = source.words[source.above(from.first, k)].to_le_bytes();
                    let length = (count - 8 * k).min(8);
                    self.segment_mut(to.home.place).set_bytes(to.first, 8 * k, &word[..length])?;
                }
            }
        }
        Ok(())
    }

    fn check_range(&self, span: &Span, offset: u64, count: u64, write: bool) -> Result<(), Fault> {
        match offset.checked_add(count) {
            Some(end) if end <= span.length => Ok(()),
            _ => Err(Fault::OutOfBounds(self.range(span, offset.max(span.length), count, write))),
        }
    }

    /// The access to `count` units of a span of which the one at `index` is at fault.
    #[cold]
    fn range(&self, span: &Span, index: u64, count: u64, write: bool) -> Access {
        let access = self.access(span, i64::try_from(index).unwrap_or(i64::MAX), write);
        Access { bytes: access.bytes.saturating_mul(count), ..access }
    }
}
