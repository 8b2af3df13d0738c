//! What is at an address: blocks, their headers, and whether a pointer's block is alive.
//!
//! A header is one word, the one below the data: serial number (32 bits), length (31 bits), and
//! bit 0, which belongs to the allocator ("the run before this one is free") when the header is the
//! block's first word. The header's *tag* says how the length counts; see [`Tag`].

use super::layout::LayoutId;
use super::value::{Pointer, Tag};

/// What is asked of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// So many 8-byte elements.
    Elements(u64),
    /// So many bytes.
    Bytes(u64),
    /// So many bytes that the first use makes bytes or fields.
    Plain(u64),
    /// A record of that layout.
    Fields(LayoutId),
    /// A string of so many bytes; `ascii` if one byte is one character.
    String {
        /// UTF-8 bytes.
        bytes: u64,
        /// Whether all are ASCII.
        ascii: bool,
    },
}

/// What a block is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// 8-byte elements.
    Elements,
    /// Bytes.
    Bytes,
    /// Not used yet.
    Plain,
    /// Fields.
    Fields(LayoutId),
    /// Text.
    String {
        /// Whether one byte is one character.
        ascii: bool,
    },
}

/// Where a block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A literal.
    Static,
    /// From an allocation.
    Heap,
    /// A stack buffer.
    Stack,
}

/// A live block, as its header describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Pointer to its data (never interior).
    pub pointer: Pointer,
    /// What it is used as.
    pub kind: BlockKind,
    /// Where it lies.
    pub place: Place,
    /// Bytes asked for.
    pub bytes: u64,
}

impl Block {
    /// Whether it is text.
    pub const fn is_string(&self) -> bool {
        matches!(self.kind, BlockKind::String { .. })
    }
}

/// Words that the data of a block of `bytes` bytes take; at least one, so that every block has an
/// address of its own. Saturates.
pub const fn payload_words(bytes: u64) -> u64 {
    if bytes == 0 { 1 } else { bytes.div_ceil(8) }
}

/// Puts a header word together; bit 0 is clear.
pub const fn header(serial: u32, length: u32) -> u64 {
    (serial as u64) << 32 | (length as u64) << 1
}

/// The serial in a header word.
pub const fn header_serial(word: u64) -> u32 {
    (word >> 32) as u32
}

/// The length in a header word: words, bytes or a layout id, by the header's tag.
pub const fn header_length(word: u64) -> u32 {
    (word as u32) >> 1
}

/// The tag of the header of a block of that shape.
pub const fn header_tag(shape: Shape) -> Tag {
    match shape {
        Shape::Elements(_) => Tag::ElementsHeader,
        Shape::Bytes(_) => Tag::BytesHeader,
        Shape::Plain(_) => Tag::PlainHeader,
        Shape::Fields(_) => Tag::FieldsHeader,
        Shape::String { ascii: true, .. } => Tag::AsciiHeader,
        Shape::String { ascii: false, .. } => Tag::Utf8Header,
    }
}
