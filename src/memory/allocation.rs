//! Allocation, `heap_free` and `heap_reallocate`: the only places where heap blocks begin and end.

use super::block::{Block, BlockKind, Place, Shape, header, header_tag};
use super::fault::{Fault, InvalidFree};
use super::heap::Memory;
use super::journal::Event;
use super::provenance::Home;
use super::value::{Pointer, Tag, Value};
use crate::limits::SERIALS;

impl Memory {
    /// Bytes that a block of that shape asks for, and its header's length field, which is only
    /// meaningful for a size that some segment can hold. Saturates.
    #[inline]
    pub(super) fn measure(&self, shape: Shape) -> (u64, u32) {
        match shape {
            Shape::Elements(count) => (count.saturating_mul(8), count as u32),
            Shape::Bytes(bytes) | Shape::Plain(bytes) | Shape::String { bytes, .. } => (bytes, bytes as u32),
            Shape::Fields(layout) => (u64::from(self.layouts.get(layout).bytes), layout.0),
        }
    }

    /// The next serial number.
    #[inline]
    pub(super) fn take_serial(&mut self) -> Result<u32, Fault> {
        if self.next_serial > SERIALS {
            return Err(Fault::Serials);
        }
        self.next_serial += 1;
        Ok((self.next_serial - 1) as u32)
    }

    /// The pointer to the data of the block whose header is at `home`.
    #[inline]
    pub(super) fn pointer_to(&self, home: Home) -> Pointer {
        let segment = self.segment(home.place);
        Pointer::new(super::block::header_serial(segment.words[home.header]), segment.address(home.header) + 8)
    }

    /// Allocates an uninitialised block, or gives none where the heap cannot serve it.
    /// `site` is remembered and reported by [`Memory::site`].
    ///
    /// # Errors
    /// [`Fault::Serials`], [`Fault::Host`]; [`Fault::Segmentation`] for a corrupted free list.
    pub fn allocate(&mut self, shape: Shape, site: u32) -> Result<Option<Pointer>, Fault> {
        let (bytes, length) = self.measure(shape);
        if bytes > self.heap_words as u64 * 8 {
            return Ok(None);
        }
        if self.next_serial > SERIALS {
            return Err(Fault::Serials);
        }
        let header_words = self.requirements.header_words;
        let asked = header_words + super::block::payload_words(bytes) as usize;
        let (allocator, mut arena) = self.arena();
        let Some(run) = allocator.allocate(&mut arena, asked)? else { return Ok(None) };
        let words = allocator.granted(asked);
        let home = Home { place: Place::Heap, header: run + header_words - 1 };
        if run.saturating_add(words) > self.space.heap.words.len() {
            return Err(Fault::Segmentation(u64::from(self.space.heap.address(run))));
        }
        self.remember_site(home.header, site)?;
        let serial = self.take_serial()?;
        let heap = &mut self.space.heap;
        heap.tags[home.header + 1..run + words].fill(Tag::Uninitialised);
        if header_words > 1 {
            // The reference that the allocation gives is the first that is counted.
            heap.words[run] = heap.words[run] & 1 | super::strategy::reference_counting::ONE;
            heap.tags[run..home.header].fill(Tag::CountHeader);
            heap.words[home.header] = 0;
        }
        heap.words[home.header] = heap.words[home.header] & 1 | header(serial, length);
        heap.tags[home.header] = header_tag(shape);

        let padding = self.padding(words, bytes);
        let counts = &mut self.counts;
        counts.allocations += 1;
        counts.allocated_bytes += bytes;
        counts.live_bytes += bytes;
        counts.peak_live_bytes = counts.peak_live_bytes.max(counts.live_bytes);
        counts.header_bytes += header_words as u64 * 8;
        counts.padding_bytes += padding;
        if self.journal.is_open() {
            let block = self.block_at(home);
            self.journal.record(Event::Allocated(block));
        }
        Ok(Some(self.pointer_to(home)))
    }

    /// `heap_free(value)`: whether it reclaims is the strategy's affair. `null` is nothing.
    ///
    /// # Errors
    /// Whatever is wrong with what is freed.
    pub fn free(&mut self, value: Value) -> Result<(), Fault> {
        match value.tag {
            Tag::Null => return Ok(()),
            tag if !tag.is_reference() => return Err(Fault::NotAReference(value)),
            _ => {}
        }
        if !self.requirements.frees_on_request {
            self.counts.ignored_frees += 1;
            return Ok(());
        }
        let pointer = value.as_pointer();
        if value.tag == Tag::InteriorPointer {
            return Err(Fault::InvalidFree(pointer, InvalidFree::Interior));
        }
        match self.resolve(value) {
            Ok(home) => match home.place {
                Place::Heap => self.reclaim(home),
                Place::Static => Err(Fault::InvalidFree(pointer, InvalidFree::Literal)),
                Place::Stack => Err(Fault::InvalidFree(pointer, InvalidFree::StackBuffer)),
            },
            Err(Fault::UseAfterFree(pointer)) => Err(Fault::DoubleFree(pointer)),
            Err(Fault::StackUseAfterReturn(pointer)) => Err(Fault::InvalidFree(pointer, InvalidFree::StackBuffer)),
            Err(fault) => Err(fault),
        }
    }

    /// Frees a string that its statement has consumed, if it is a live heap string. Anything else is
    /// left alone. The instruction is there only where the strategy has temporaries dropped.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub fn drop_temporary(&mut self, value: Value) -> Result<(), Fault> {
        if value.tag != Tag::String {
            return Ok(());
        }
        match self.find(value.as_pointer()) {
            Some(home) if home.place == Place::Heap => self.reclaim(home),
            _ => Ok(()),
        }
    }

    /// Frees an array literal that has been taken over, where nothing but a free would ever end it.
    ///
    /// # Errors
    /// Whatever is wrong with what is freed.
    pub fn drop_literal(&mut self, value: Value) -> Result<(), Fault> {
        if self.requirements.frees_on_request { self.free(value) } else { Ok(()) }
    }

    /// `heap_reallocate`: a block of `length` in the block's own unit, old contents kept, or none
    /// where the heap cannot serve it. `Ok(Some(p))` means the old block counts as freed. The unit
    /// of a block of elements is the element, that of any other the byte; fields that no longer fit
    /// are gone.
    ///
    /// # Errors
    /// Whatever is wrong with `value`.
    pub fn reallocate(&mut self, value: Value, length: u64, site: u32) -> Result<Option<Pointer>, Fault> {
        let old = self.resolve(value)?;
        let block = self.block_at(old);
        let invalid = |why| Err(Fault::InvalidFree(value.as_pointer(), why));
        match old.place {
            _ if block.is_string() => return Err(Fault::Immutable(block)),
            _ if value.tag == Tag::InteriorPointer => return invalid(InvalidFree::Interior),
            Place::Static => return invalid(InvalidFree::Literal),
            Place::Stack => return invalid(InvalidFree::StackBuffer),
            Place::Heap => {}
        }
        if length > self.heap_words as u64 * 8 {
            return Ok(None);
        }
        let shape = match block.kind {
            BlockKind::Elements => Shape::Elements(length),
            BlockKind::Fields(layout) => Shape::Fields(self.layouts.resize(layout, length as u32)),
            BlockKind::Plain => Shape::Plain(length),
            BlockKind::Bytes | BlockKind::String { .. } => Shape::Bytes(length),
        };
        let Some(pointer) = self.allocate(shape, site)? else { return Ok(None) };
        self.carry_contents(old, &block, pointer)?;
        if self.requirements.frees_on_request {
            self.reclaim(old)?;
        } else {
            self.counts.ignored_frees += 1;
        }
        Ok(Some(pointer))
    }

    /// Copies what the block at `old` holds, as far as it fits, to the fresh block of `pointer`.
    fn carry_contents(&mut self, old: Home, block: &Block, pointer: Pointer) -> Result<(), Fault> {
        let Some(new) = self.find(pointer) else { return Ok(()) };
        let bytes = block.bytes.min(self.block_at(new).bytes) as usize;
        let heap = &mut self.space.heap;
        let (from, to) = (old.header + 1, new.header + 1);
        if block.kind == BlockKind::Bytes {
            return heap.carry_bytes(to, from, bytes);
        }
        heap.words.copy_within(from..from + bytes / 8, to);
        heap.tags.copy_within(from..from + bytes / 8, to);
        if self.requirements.counts {
            for index in to..to + bytes / 8 {
                self.retain(self.space.heap.get(index));
            }
        }
        Ok(())
    }

    /// Ends the life of the live heap block at `home` and gives its run back.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub(super) fn reclaim(&mut self, home: Home) -> Result<(), Fault> {
        let Block { bytes, pointer, .. } = self.block_at(home);
        self.journal.record(Event::Freed(pointer.serial()));
        let header_words = self.requirements.header_words;
        let words = self.run_words(bytes);
        let padding = self.padding(words, bytes);
        let counts = &mut self.counts;
        counts.frees += 1;
        counts.live_bytes -= bytes;
        counts.header_bytes -= header_words as u64 * 8;
        counts.padding_bytes -= padding;
        let asked = header_words + super::block::payload_words(bytes) as usize;
        if self.residue {
            self.space.heap.materialise(home.header + 1..home.header + 1 + words - header_words);
        }
        let (allocator, mut arena) = self.arena();
        allocator.deallocate(&mut arena, home.header + 1 - header_words, asked)
    }

    /// The site given when a live heap block was allocated.
    pub fn site(&self, pointer: Pointer) -> Option<u32> {
        let home = self.find(pointer).filter(|home| home.place == Place::Heap)?;
        self.sites.get(home.header / 2).copied()
    }

    #[inline]
    fn remember_site(&mut self, header: usize, site: u32) -> Result<(), Fault> {
        let index = header / 2;
        if index >= self.sites.len() {
            let more = index + 1 - self.sites.len();
            if self.sites.try_reserve(more).is_err() {
                return Err(Fault::Host { bytes: 4 * more as u64 });
            }
            self.sites.resize(index + 1, 0);
        }
        self.sites[index] = site;
        Ok(())
    }
}
