//! Stack buffers: blocks in a frame. The machine knows where a frame keeps them and when it goes.

use std::ops::Range;

use super::block::{Place, Shape, header, header_serial, header_tag, payload_words};
use super::fault::Fault;
use super::heap::Memory;
use super::journal::Event;
use super::provenance::Home;
use super::value::{Pointer, Tag, Value};

impl Memory {
    /// Makes the stack words from `header_index` (a stack index) downwards a buffer: the header there
    /// has a fresh serial, the data *above* it (lower indices, [`payload_words`] of them) is
    /// uninitialised. What pointed to an earlier buffer at this place dangles.
    ///
    /// # Errors
    /// [`Fault::Serials`]; [`Fault::OutOfMemory`] if so large a buffer cannot lie there.
    pub fn place_buffer(&mut self, header_index: usize, shape: Shape) -> Result<Pointer, Fault> {
        let (bytes, length) = self.measure(shape);
        let room = header_index as u64;
        if payload_words(bytes) > room || header_index >= self.space.stack.words.len() {
            return Err(Fault::OutOfMemory { bytes });
        }
        let serial = self.take_serial()?;
        if self.space.stack.tags[header_index].is_header() {
            self.remove_buffer(header_index)?;
        }
        let stack = &mut self.space.stack;
        let data = stack.extent(header_index - 1, payload_words(bytes) as usize);
        if self.residue {
            stack.materialise(data.clone());
        }
        stack.tags[data].fill(Tag::Uninitialised);
        stack.set(header_index, Value::new(header(serial, length), header_tag(shape)));
        let block = self.block_at(Home { place: Place::Stack, header: header_index });
        self.journal.record(Event::Allocated(block));
        Ok(block.pointer)
    }

    /// The stack indices of the words of the buffer whose header is at a stack index.
    pub fn buffer_words(&self, header_index: usize) -> Range<usize> {
        let bytes = self.block_at(Home { place: Place::Stack, header: header_index }).bytes;
        // Only an overwritten header claims more than there is.
        let words = (payload_words(bytes) as usize).min(header_index);
        header_index - words..header_index
    }

    /// Ends the life of the buffer whose header is at a stack index: its frame goes, or it is made anew.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list, where references that it held were counted.
    #[inline]
    pub fn remove_buffer(&mut self, header_index: usize) -> Result<(), Fault> {
        self.journal.record(Event::Freed(header_serial(self.space.stack.words[header_index])));
        let home = Home { place: Place::Stack, header: header_index };
        let counted = if self.requirements.counts { payload_words(self.block_at(home).bytes) as usize } else { 0 };
        self.space.stack.tags[header_index] = Tag::Uninitialised;
        for word in 0..counted {
            let held = self.space.stack.get(header_index - 1 - word);
            self.release(held)?;
        }
        Ok(())
    }
}
