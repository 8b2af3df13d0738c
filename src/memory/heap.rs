//! The heap: allocator, strategy and blocks put together behind the calls that the machine makes.

use super::address_space::AddressSpace;
use super::block::{Block, Shape};
use super::fault::Fault;
use super::layout::{FieldName, Layouts};
use super::statistics::HeapStatistics;
use super::value::{Pointer, Value};

/// How a memory is set up.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// Name of the strategy (a row of the strategy table).
    pub strategy: &'static str,
    /// Name of the allocator (a row of the allocator table).
    pub allocator: &'static str,
    /// Most bytes the heap may take.
    pub heap_bytes: u64,
    /// Most bytes the stack may take.
    pub stack_bytes: u64,
    /// First byte of the static segment.
    pub static_base: u32,
}

/// The whole simulated memory.
#[derive(Debug)]
pub struct Memory {
    /// Words and shadow.
    pub space: AddressSpace,
    /// Layouts of records and plain blocks.
    pub layouts: Layouts,
}

impl Memory {
    /// A fresh memory; nothing is taken from the host but what the statics need.
    pub fn new(options: &MemoryOptions) -> Memory {
        let _ = options;
        todo!()
    }

    // ---- static segment -------------------------------------------------------------------

    /// Places a string literal; equal texts share a block.
    ///
    /// # Errors
    /// [`Fault::Host`], or [`Fault::OutOfMemory`] where the segment would reach the heap.
    pub fn add_literal(&mut self, text: &str) -> Result<Value, Fault> {
        let _ = text;
        todo!()
    }

    /// Reserves `count` words for globals, uninitialised; returns the static word index of the first.
    ///
    /// # Errors
    /// As [`Memory::add_literal`].
    pub fn add_globals(&mut self, count: usize) -> Result<usize, Fault> {
        let _ = count;
        todo!()
    }

    // ---- allocation -----------------------------------------------------------------------

    /// Allocates an uninitialised block, or gives none where the heap cannot serve it.
    /// `site` is remembered and reported by [`Memory::site`].
    ///
    /// # Errors
    /// [`Fault::Serials`], [`Fault::Host`]; [`Fault::Segmentation`] for a corrupted free list.
    pub fn allocate(&mut self, shape: Shape, site: u32) -> Result<Option<Pointer>, Fault> {
        let _ = (shape, site);
        todo!()
    }

    /// `heap_free(value)`: whether it reclaims is the strategy's affair. `null` is nothing.
    ///
    /// # Errors
    /// Whatever is wrong with what is freed.
    pub fn free(&mut self, value: Value) -> Result<(), Fault> {
        let _ = value;
        todo!()
    }

    /// Frees a string that its statement has consumed, if it is a live heap string; under every
    /// strategy but `none`. Anything else is left alone.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub fn drop_temporary(&mut self, value: Value) -> Result<(), Fault> {
        let _ = value;
        todo!()
    }

    /// `heap_reallocate`: a block of `length` in the block's own unit, old contents kept, or none
    /// where the heap cannot serve it. `Ok(Some(p))` means the old block counts as freed.
    ///
    /// # Errors
    /// Whatever is wrong with `value`.
    pub fn reallocate(&mut self, value: Value, length: u64, site: u32) -> Result<Option<Pointer>, Fault> {
        let _ = (value, length, site);
        todo!()
    }

    /// Makes a string: a one-character ASCII string is the static one, anything else a heap block.
    ///
    /// # Errors
    /// [`Fault::OutOfMemory`] and those of [`Memory::allocate`].
    pub fn make_string(&mut self, text: &str, site: u32) -> Result<Value, Fault> {
        let _ = (text, site);
        todo!()
    }

    /// Makes the stack words from `header_index` (a stack index) downwards a buffer: the header there
    /// has a fresh serial, the data *above* it (lower indices) is uninitialised.
    ///
    /// # Errors
    /// [`Fault::Serials`].
    pub fn place_buffer(&mut self, header_index: usize, shape: Shape) -> Result<Pointer, Fault> {
        let _ = (header_index, shape);
        todo!()
    }

    // ---- blocks ---------------------------------------------------------------------------

    /// The live block that a reference (pointer, interior pointer, string) was made for.
    ///
    /// # Errors
    /// Null, dangling, no reference.
    pub fn block(&self, value: Value) -> Result<Block, Fault> {
        let _ = value;
        todo!()
    }

    /// The site given when a live heap block was allocated.
    pub fn site(&self, pointer: Pointer) -> Option<u32> {
        let _ = pointer;
        todo!()
    }

    /// All live heap blocks by address.
    pub fn blocks(&self) -> Vec<Block> {
        todo!()
    }

    // ---- access (complete; the execution loop has a shortcut for the common case) -----------

    /// `object[index]`: an element, a byte, or for a string a one-character string (which may
    /// be allocated, at `site`).
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn load_element(&mut self, object: Value, index: i64, site: u32) -> Result<Value, Fault> {
        let _ = (object, index, site);
        todo!()
    }

    /// `object[index] = value`
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn store_element(&mut self, object: Value, index: i64, value: Value) -> Result<(), Fault> {
        let _ = (object, index, value);
        todo!()
    }

    /// `object.field`; an embedded array gives an interior pointer.
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn load_field(&mut self, object: Value, field: FieldName) -> Result<Value, Fault> {
        let _ = (object, field);
        todo!()
    }

    /// `object.field = value`; on a plain block it may add the field. Assigning an array to an
    /// embedded array copies its elements.
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn store_field(&mut self, object: Value, field: FieldName, value: Value) -> Result<(), Fault> {
        let _ = (object, field, value);
        todo!()
    }

    /// `length(object)`: elements, bytes, fields, slots of an embedded array, characters.
    ///
    /// # Errors
    /// Null, dangling, no reference.
    pub fn length(&self, object: Value) -> Result<u64, Fault> {
        let _ = object;
        todo!()
    }

    /// `read_from(p)`: the first element, byte or field.
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn read_first(&mut self, object: Value) -> Result<Value, Fault> {
        let _ = object;
        todo!()
    }

    /// `write_to(p, v)`: the first element, byte or field.
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn write_first(&mut self, object: Value, value: Value) -> Result<(), Fault> {
        let _ = (object, value);
        todo!()
    }

    /// Writes raw bytes at byte `offset` of a block of bytes (`copyString`, `readContentsInto`).
    ///
    /// # Errors
    /// Every way an access can fail; then nothing has been written.
    pub fn write_bytes(&mut self, object: Value, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
        let _ = (object, offset, bytes);
        todo!()
    }

    /// `copy(destination, source, count)`: elements or bytes; overlapping is fine.
    ///
    /// # Errors
    /// Every way an access can fail; then nothing has been written.
    pub fn copy(&mut self, destination: Value, source: Value, count: u64) -> Result<(), Fault> {
        let _ = (destination, source, count);
        todo!()
    }

    /// `fill(p, value, count)`: elements or bytes, from the first.
    ///
    /// # Errors
    /// Every way an access can fail; then nothing has been written.
    pub fn fill(&mut self, object: Value, value: Value, count: u64) -> Result<(), Fault> {
        let _ = (object, value, count);
        todo!()
    }

    /// The text of a string.
    ///
    /// # Errors
    /// Dangling, or no string.
    pub fn text(&self, value: Value) -> Result<String, Fault> {
        let _ = value;
        todo!()
    }

    // ---- figures --------------------------------------------------------------------------

    /// The counts so far, with the current free space measured.
    pub fn statistics(&self) -> HeapStatistics {
        todo!()
    }
}
