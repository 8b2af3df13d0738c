//! Whether a pointer's block is alive, which block it is, and what lies at an address.
//!
//! A pointer is valid only where the shadow below its address says *header* and the header has the
//! pointer's serial. Data never passes for a header, because a data word's tag is no header tag, and
//! a later block never passes for an earlier one, because serials are not used twice.

use super::address_space::HEAP_BASE;
use super::block::{Block, BlockKind, Place, header_length, header_serial};
use super::fault::Fault;
use super::heap::Memory;
use super::layout::{LayoutField, LayoutId};
use super::value::{Pointer, Tag, Value};

/// Where a block lies: the index of its header in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub place: Place,
    pub header: usize,
}

/// What lies at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Description {
    /// The data of a live block, so many bytes in; at or after `block.bytes` it is padding.
    Data {
        /// The block.
        block: Block,
        /// Bytes from the start of its data.
        offset: u64,
    },
    /// The header of a live block.
    Header(Block),
    /// A free run.
    Free {
        /// Address of its first word.
        start: u32,
        /// Its size.
        bytes: u64,
    },
    /// The allocator's control area.
    Control,
    /// A word of the static segment outside any literal: a global, by static word index.
    Global(usize),
    /// A word of the stack outside any buffer, by stack word index.
    Stack(usize),
    /// Nothing that holds data.
    Nothing,
}

impl Memory {
    /// The segment that an address belongs to, committed or not.
    #[inline]
    pub(super) fn place(&self, address: u32) -> Place {
        if address < HEAP_BASE {
            Place::Static
        } else if address < self.stack_limit {
            Place::Heap
        } else {
            Place::Stack
        }
    }

    /// Where the block of a pointer to its data lies, if it is alive.
    #[inline]
    pub(super) fn find(&self, pointer: Pointer) -> Option<Home> {
        let place = self.place(pointer.address());
        let segment = self.segment(place);
        let header = segment.index(pointer.address().wrapping_sub(8))?;
        let alive = segment.tags[header].is_header() && header_serial(segment.words[header]) == pointer.serial();
        alive.then_some(Home { place, header })
    }

    /// Where the record around the array of an interior pointer lies, if it is alive.
    pub(super) fn find_around(&self, pointer: Pointer) -> Option<Home> {
        let place = self.place(pointer.address());
        let home = self.enclosing(place, self.segment(place).index(pointer.address())?)?;
        (header_serial(self.segment(place).words[home.header]) == pointer.serial()).then_some(home)
    }

    /// Where the block lies that a reference was made for.
    ///
    /// # Errors
    /// Null, dangling, no reference.
    #[inline]
    pub(super) fn resolve(&self, value: Value) -> Result<Home, Fault> {
        let home = match value.tag {
            Tag::Pointer | Tag::String => self.find(value.as_pointer()),
            Tag::InteriorPointer => self.find_around(value.as_pointer()),
            Tag::Null => return Err(Fault::NullDereference),
            _ => return Err(Fault::NotAReference(value)),
        };
        home.ok_or_else(|| self.dangling(value.as_pointer()))
    }

    #[cold]
    fn dangling(&self, pointer: Pointer) -> Fault {
        match self.place(pointer.address()) {
            Place::Static => Fault::Segmentation(u64::from(pointer.address())),
            Place::Heap => Fault::UseAfterFree(pointer),
            Place::Stack => Fault::StackUseAfterReturn(pointer),
        }
    }

    /// The live block that a reference (pointer, interior pointer, string) was made for.
    ///
    /// # Errors
    /// Null, dangling, no reference.
    pub fn block(&self, value: Value) -> Result<Block, Fault> {
        self.resolve(value).map(|home| self.block_at(home))
    }

    /// The block whose header is at `home`.
    pub(super) fn block_at(&self, home: Home) -> Block {
        let segment = self.segment(home.place);
        let word = segment.words[home.header];
        let length = header_length(word);
        let bytes = u64::from(length);
        let (kind, bytes) = match segment.tags[home.header] {
            Tag::ElementsHeader => (BlockKind::Elements, bytes * 8),
            Tag::BytesHeader => (BlockKind::Bytes, bytes),
            Tag::FieldsHeader => {
                let layout = LayoutId(length);
                (BlockKind::Fields(layout), u64::from(self.layouts.get(layout).bytes))
            }
            Tag::AsciiHeader => (BlockKind::String { ascii: true }, bytes),
            Tag::Utf8Header => (BlockKind::String { ascii: false }, bytes),
            _ => (BlockKind::Plain, bytes),
        };
        let pointer = Pointer::new(header_serial(word), segment.address(home.header) + 8);
        Block { pointer, kind, place: home.place, bytes }
    }

    /// The embedded array that an interior pointer into the record at `home` points at.
    pub(super) fn embedded(&self, home: Home, pointer: Pointer) -> Option<LayoutField> {
        let block = self.block_at(home);
        let BlockKind::Fields(layout) = block.kind else { return None };
        let offset = pointer.address().checked_sub(block.pointer.address())? / 8;
        let fields = &self.layouts.get(layout).fields;
        let found = fields.binary_search_by_key(&offset, |field| field.offset).ok()?;
        Some(fields[found]).filter(|field| field.embedded > 0)
    }

    /// The header at or next below the word at `index`, unless free or control words come first.
    pub(super) fn enclosing(&self, place: Place, index: usize) -> Option<Home> {
        let segment = self.segment(place);
        let stops = |tag: &Tag| tag.is_header() || matches!(tag, Tag::FreeHeader | Tag::Control);
        let header = if segment.descending {
            index + segment.tags[index..].iter().position(stops)?
        } else {
            segment.tags[..=index].iter().rposition(stops)?
        };
        segment.tags[header].is_header().then_some(Home { place, header })
    }

    /// What lies at an address. Not for the fast path: looks downwards for the start of a run.
    pub fn describe(&self, address: i64) -> Description {
        let Ok(address) = u32::try_from(address) else { return Description::Nothing };
        let place = self.place(address);
        let segment = self.segment(place);
        let Some(index) = segment.index(address) else { return Description::Nothing };
        match segment.tags[index] {
            Tag::Control => return Description::Control,
            Tag::CountHeader if index + 1 < segment.tags.len() => {
                return Description::Header(self.block_at(Home { place, header: index + 1 }));
            }
            Tag::Free | Tag::FreeHeader => {
                let before = segment.tags[..index].iter().rev().take_while(|&&tag| tag == Tag::Free).count();
                let first = if segment.tags[index] == Tag::Free { index - (before + 1).min(index) } else { index };
                let after = segment.tags[index + 1..].iter().take_while(|&&tag| tag == Tag::Free).count();
                let bytes = (index + 1 + after - first) as u64 * 8;
                return Description::Free { start: segment.address(first), bytes };
            }
            tag if tag.is_header() => return Description::Header(self.block_at(Home { place, header: index })),
            _ => {}
        }
        let block = self.enclosing(place, index).map(|home| self.block_at(home));
        match (block, place) {
            (Some(block), Place::Heap) => Description::Data { block, offset: offset(&block, address) },
            (Some(block), _) if offset(&block, address) < super::block::payload_words(block.bytes) * 8 => {
                Description::Data { block, offset: offset(&block, address) }
            }
            (_, Place::Static) => Description::Global(index),
            (_, Place::Stack) => Description::Stack(index),
            (None, Place::Heap) => Description::Nothing,
        }
    }
}

fn offset(block: &Block, address: u32) -> u64 {
    u64::from(address - block.pointer.address())
}
