//! Raw bytes in words, and bytewise knowledge of what is initialised. Byte `k` of the data is byte
//! `k % 8`, counted from the low end, of word `k / 8`.
//!
//! A word of bytes is tagged `Uninitialised`, `Bytes` (all eight) or `PartialBytes`; only for the
//! last is its mask looked at, so that masks need no clearing when words are handed out again.

use super::address_space::Segment;
use super::fault::Fault;
use super::value::Tag;

impl Segment {
    /// Which bytes of the word at `index` are initialised, a bit each.
    #[inline]
    pub fn byte_mask(&self, index: usize) -> u8 {
        match self.tags[index] {
            Tag::Bytes => 0xFF,
            Tag::PartialBytes => self.masks[index],
            _ => 0,
        }
    }

    /// Byte `offset` of the data whose first word is at `first`, if it is initialised.
    #[inline]
    pub fn byte(&self, first: usize, offset: usize) -> Option<u8> {
        let index = self.above(first, offset / 8);
        let lane = offset % 8;
        (self.byte_mask(index) >> lane & 1 == 1).then(|| self.words[index].to_le_bytes()[lane])
    }

    /// Writes byte `offset` of the data whose first word is at `first`.
    ///
    /// # Errors
    /// [`Fault::Host`]; then nothing has been written.
    #[inline]
    pub fn set_byte(&mut self, first: usize, offset: usize, byte: u8) -> Result<(), Fault> {
        let index = self.above(first, offset / 8);
        let shift = 8 * (offset % 8);
        let word = self.words[index] & !(0xFF << shift) | u64::from(byte) << shift;
        self.set_lanes(index, word, 1 << (offset % 8))
    }

    /// Writes bytes from byte `offset` of the data whose first word is at `first`.
    ///
    /// # Errors
    /// [`Fault::Host`]; then nothing has been written.
    pub fn set_bytes(&mut self, first: usize, offset: usize, bytes: &[u8]) -> Result<(), Fault> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.reserve_masks(self.above(first, offset / 8))?;
        self.reserve_masks(self.above(first, (offset + bytes.len() - 1) / 8))?;
        let head = bytes.len().min((8 - offset % 8) % 8);
        let (head, rest) = bytes.split_at(head);
        for (k, &byte) in head.iter().enumerate() {
            self.set_byte(first, offset + k, byte)?;
        }
        let offset = offset + head.len();
        let (body, tail) = rest.as_chunks::<8>();
        for (k, &chunk) in body.iter().enumerate() {
            let index = self.above(first, offset / 8 + k);
            self.words[index] = u64::from_le_bytes(chunk);
            self.tags[index] = Tag::Bytes;
        }
        for (k, &byte) in tail.iter().enumerate() {
            self.set_byte(first, offset + 8 * body.len() + k, byte)?;
        }
        Ok(())
    }

    /// The first `length` bytes of the data whose first word is at `first`, initialised or not.
    pub fn bytes(&self, first: usize, length: usize) -> impl Iterator<Item = u8> + '_ {
        (0..length.div_ceil(8)).flat_map(move |k| self.words[self.above(first, k)].to_le_bytes()).take(length)
    }

    /// The first of the first `length` bytes that is not initialised.
    pub fn first_uninitialised_byte(&self, first: usize, length: usize) -> Option<usize> {
        (0..length.div_ceil(8)).find_map(|k| {
            let lane = self.byte_mask(self.above(first, k)).trailing_ones() as usize;
            (lane < 8 && 8 * k + lane < length).then_some(8 * k + lane)
        })
    }

    /// Copies the first `length` bytes with what is known of each, between data that start at the
    /// words `to` and `from` and do not overlap.
    ///
    /// # Errors
    /// [`Fault::Host`]
    pub fn carry_bytes(&mut self, to: usize, from: usize, length: usize) -> Result<(), Fault> {
        for k in 0..length.div_ceil(8) {
            let source = self.above(from, k);
            let wanted = if length - 8 * k < 8 { (1 << (length - 8 * k)) - 1 } else { 0xFF };
            let mask = self.byte_mask(source) & wanted;
            self.set_lanes(self.above(to, k), self.words[source], mask)?;
        }
        Ok(())
    }

    /// Overwrites a word of bytes; the bytes of `mask` are initialised from now on.
    #[inline]
    pub(super) fn set_lanes(&mut self, index: usize, word: u64, mask: u8) -> Result<(), Fault> {
        let mask = self.byte_mask(index) | mask;
        if mask == 0xFF {
            self.tags[index] = Tag::Bytes;
        } else if mask != 0 {
            self.reserve_masks(index)?;
            self.masks[index] = mask;
            self.tags[index] = Tag::PartialBytes;
        }
        self.words[index] = word;
        Ok(())
    }

    #[inline]
    fn reserve_masks(&mut self, index: usize) -> Result<(), Fault> {
        if index < self.masks.len() {
            return Ok(());
        }
        let more = index + 1 - self.masks.len();
        if self.masks.try_reserve(more).is_err() {
            return Err(Fault::Host { bytes: more as u64 });
        }
        // Bytes are mostly written in order, and the loop's shortcut takes masks that are there.
        let length = self.masks.capacity().min(self.words.len());
        self.masks.resize(length, 0);
        Ok(())
    }
}
