//! Elements, bytes and fields of blocks: one at a time.

use super::block::{BlockKind, Place, header, header_length, header_serial};
use super::fault::{Access, Fault};
use super::heap::Memory;
use super::layout::{FieldName, LayoutField, LayoutId};
use super::provenance::Home;
use super::value::{Pointer, Tag, Value};

/// What the units of a [`Span`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Words,
    Bytes,
}

/// Something that can be indexed: a block of elements or of bytes, or an embedded array.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub home: Home,
    pub unit: Unit,
    /// Index of its first word in the segment of `home`.
    pub first: usize,
    /// Units in it.
    pub length: u64,
    /// The embedded array that it is.
    pub field: Option<LayoutField>,
}

impl Memory {
    /// `object[index]`: an element, a byte, or for a string a one-character string (which may
    /// be allocated, at `site`).
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn load_element(&mut self, object: Value, index: i64, site: u32) -> Result<Value, Fault> {
        let home = self.resolve(object)?;
        if self.holds_text(home) {
            return self.load_character(home, index, site);
        }
        let span = self.span(object, home, false)?;
        let within = self.within(&span, index, false)?;
        let segment = self.segment(home.place);
        match span.unit {
            Unit::Words => self.read_word(home.place, segment.above(span.first, within)),
            Unit::Bytes => segment.byte(span.first, within).map(|byte| Value::integer(i64::from(byte))),
        }
        .ok_or_else(|| Fault::Uninitialised(self.access(&span, index, false)))
    }

    /// `object[index] = value`
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn store_element(&mut self, object: Value, index: i64, value: Value) -> Result<(), Fault> {
        let home = self.resolve(object)?;
        let span = self.span(object, home, true)?;
        let within = self.within(&span, index, true)?;
        let segment = self.segment_mut(home.place);
        match span.unit {
            Unit::Words => {
                let index = segment.above(span.first, within);
                self.put_word(home.place, index, value)
            }
            Unit::Bytes => segment.set_byte(span.first, within, byte(value)?),
        }
    }

    /// Whether the object is a block that has a field of that name.
    pub fn has_field(&self, object: Value, name: FieldName) -> bool {
        object.tag != Tag::InteriorPointer
            && self.block(object).is_ok_and(|block| match block.kind {
                BlockKind::Fields(layout) => self.layouts.get(layout).field(name).is_some(),
                _ => false,
            })
    }

    /// `object.field`; an embedded array gives an interior pointer. A field that a plain block does
    /// not have yet is there, but uninitialised.
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn load_field(&mut self, object: Value, name: FieldName) -> Result<Value, Fault> {
        let (home, layout) = self.fields(object)?;
        match self.layouts.get(layout).field(name).copied() {
            Some(field) => self.read_field(home, field),
            None => {
                let field = self.next_field(home, layout, name)?;
                Err(Fault::Uninitialised(self.field_access(home, field, false)))
            }
        }
    }

    /// `object.field = value`; on a plain block it may add the field. Assigning an array to an
    /// embedded array copies its elements.
    ///
    /// # Errors
    /// Every way an access can fail; then nothing has been written.
    pub fn store_field(&mut self, object: Value, name: FieldName, value: Value) -> Result<(), Fault> {
        let (home, layout) = self.fields(object)?;
        if let Some(field) = self.layouts.get(layout).field(name).copied() {
            return self.write_field(home, field, value);
        }
        let field = self.next_field(home, layout, name)?;
        let layout = self.layouts.extend(layout, name);
        self.relabel(home, Tag::FieldsHeader, layout.0);
        self.write_field(home, field, value)
    }

    /// `length(object)`: elements, bytes, fields, slots of an embedded array, characters.
    ///
    /// # Errors
    /// Null, dangling, no reference.
    pub fn length(&self, object: Value) -> Result<u64, Fault> {
        let home = self.resolve(object)?;
        let block = self.block_at(home);
        if object.tag == Tag::InteriorPointer {
            let field = self.embedded(home, object.as_pointer());
            return Ok(field.map_or(0, |field| u64::from(field.embedded)));
        }
        Ok(match block.kind {
            BlockKind::Elements => block.bytes / 8,
            BlockKind::Bytes | BlockKind::Plain => block.bytes,
            BlockKind::Fields(layout) => self.layouts.get(layout).fields.len() as u64,
            BlockKind::String { .. } => self.characters(home),
        })
    }

    /// `read_from(p)`: the first element, byte, field or character.
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn read_first(&mut self, object: Value, site: u32) -> Result<Value, Fault> {
        match self.first_field(object)? {
            Some((home, field)) => self.read_field(home, field),
            None => self.load_element(object, 0, site),
        }
    }

    /// `write_to(p, v)`: the first element, byte or field.
    ///
    /// # Errors
    /// Every way an access can fail.
    pub fn write_first(&mut self, object: Value, value: Value) -> Result<(), Fault> {
        match self.first_field(object)? {
            Some((home, field)) => self.write_field(home, field, value),
            None => self.store_element(object, 0, value),
        }
    }

    /// The first field of a block of fields; none for any other block, or inside one.
    fn first_field(&self, object: Value) -> Result<Option<(Home, LayoutField)>, Fault> {
        let home = self.resolve(object)?;
        let block = self.block_at(home);
        let BlockKind::Fields(layout) = block.kind else { return Ok(None) };
        if object.tag == Tag::InteriorPointer {
            return Ok(None);
        }
        match self.layouts.get(layout).fields.first() {
            Some(&field) => Ok(Some((home, field))),
            None => Err(Fault::NotIndexable(block)),
        }
    }

    /// What can be indexed through `object`, whose block lies at `home`. Makes a plain block one of
    /// bytes.
    ///
    /// # Errors
    /// Text, which is immutable, if it is to be written; fields.
    #[inline]
    pub(super) fn span(&mut self, object: Value, home: Home, write: bool) -> Result<Span, Fault> {
        let segment = self.segment(home.place);
        let first = segment.above(home.header, 1);
        let length = u64::from(header_length(segment.words[home.header]));
        let span = |unit| Span { home, unit, first, length, field: None };
        match segment.tags[home.header] {
            Tag::ElementsHeader => Ok(span(Unit::Words)),
            Tag::BytesHeader => Ok(span(Unit::Bytes)),
            Tag::PlainHeader => {
                self.relabel(home, Tag::BytesHeader, length as u32);
                Ok(span(Unit::Bytes))
            }
            Tag::FieldsHeader if object.tag == Tag::InteriorPointer => match self.embedded(home, object.as_pointer()) {
                Some(field) => Ok(self.embedded_span(home, field)),
                None => Err(Fault::Segmentation(u64::from(object.as_pointer().address()))),
            },
            Tag::FieldsHeader => Err(Fault::NotIndexable(self.block_at(home))),
            _ if write => Err(Fault::Immutable(self.block_at(home))),
            _ => Err(Fault::NotIndexable(self.block_at(home))),
        }
    }

    /// The embedded array `field` of the record at `home`.
    fn embedded_span(&self, home: Home, field: LayoutField) -> Span {
        let first = self.segment(home.place).above(home.header, 1 + field.offset as usize);
        Span { home, unit: Unit::Words, first, length: u64::from(field.embedded), field: Some(field) }
    }

    /// The index as an offset into the span.
    #[inline]
    fn within(&self, span: &Span, index: i64, write: bool) -> Result<usize, Fault> {
        if index as u64 >= span.length {
            return Err(Fault::OutOfBounds(self.access(span, index, write)));
        }
        Ok(index as usize)
    }

    /// The access to one unit of a span, for a fault.
    #[cold]
    pub(super) fn access(&self, span: &Span, index: i64, write: bool) -> Access {
        let bytes = if span.unit == Unit::Words { 8 } else { 1 };
        let first = i64::from(self.segment(span.home.place).address(span.first));
        Access {
            block: self.block_at(span.home),
            embedded: span.field.map(|field| (field.name, field.embedded)),
            index,
            bytes: bytes as u64,
            address: first.saturating_add(index.saturating_mul(bytes)),
            write,
        }
    }

    /// The layout of a block used as fields. Makes a plain block one.
    fn fields(&mut self, object: Value) -> Result<(Home, LayoutId), Fault> {
        let home = self.resolve(object)?;
        let block = self.block_at(home);
        match block.kind {
            _ if object.tag == Tag::InteriorPointer => Err(Fault::NoFields(block)),
            BlockKind::Fields(layout) => Ok((home, layout)),
            BlockKind::Plain => {
                let layout = self.layouts.plain(block.bytes as u32);
                self.relabel(home, Tag::FieldsHeader, layout.0);
                Ok((home, layout))
            }
            _ => Err(Fault::NoFields(block)),
        }
    }

    /// The field that a plain block would get next.
    ///
    /// # Errors
    /// It would not fit; a record gets no new fields.
    fn next_field(&self, home: Home, layout: LayoutId, name: FieldName) -> Result<LayoutField, Fault> {
        let fields = self.layouts.get(layout);
        if fields.record.is_some() {
            return Err(Fault::UnknownField(layout, name));
        }
        let offset = fields.fields.len() as u32;
        if (u64::from(offset) + 1) * 8 > u64::from(fields.bytes) {
            return Err(Fault::FieldDoesNotFit(self.block_at(home), name));
        }
        Ok(LayoutField { name, offset, embedded: 0 })
    }

    fn read_field(&self, home: Home, field: LayoutField) -> Result<Value, Fault> {
        let index = self.segment(home.place).above(home.header, 1 + field.offset as usize);
        if field.embedded > 0 {
            let segment = self.segment(home.place);
            let pointer = Pointer::new(header_serial(segment.words[home.header]), segment.address(index));
            return Ok(Value::new(pointer.0, Tag::InteriorPointer));
        }
        self.read_word(home.place, index).ok_or_else(|| Fault::Uninitialised(self.field_access(home, field, false)))
    }

    fn write_field(&mut self, home: Home, field: LayoutField, value: Value) -> Result<(), Fault> {
        if field.embedded > 0 {
            return self.assign_array(home, field, value);
        }
        let index = self.segment(home.place).above(home.header, 1 + field.offset as usize);
        self.put_word(home.place, index, value)
    }

    /// Copies the elements of the array `value` into an embedded array.
    fn assign_array(&mut self, home: Home, field: LayoutField, value: Value) -> Result<(), Fault> {
        let not_an_array = Fault::NotAnArray(field.name, value);
        if !matches!(value.tag, Tag::Pointer | Tag::InteriorPointer) {
            return Err(not_an_array);
        }
        let source_home = self.resolve(value)?;
        let header_tag = self.segment(source_home.place).tags[source_home.header];
        if header_tag != Tag::ElementsHeader && value.tag != Tag::InteriorPointer {
            return Err(not_an_array);
        }
        let source = self.span(value, source_home, false)?;
        self.copy_span(&self.embedded_span(home, field), &source, source.length)
    }

    #[cold]
    fn field_access(&self, home: Home, field: LayoutField, write: bool) -> Access {
        let block = self.block_at(home);
        Access {
            block,
            embedded: Some((field.name, field.embedded)),
            index: i64::from(field.offset),
            bytes: 8,
            address: i64::from(block.pointer.address()) + 8 * i64::from(field.offset),
            write,
        }
    }

    /// The value in a word, if it is initialised. What a weak place gives is an ordinary reference.
    #[inline]
    pub(super) fn read_word(&self, place: Place, index: usize) -> Option<Value> {
        let value = self.segment(place).get(index);
        match value.tag {
            Tag::Uninitialised => None,
            tag if tag.is_weak() => Some(self.strengthen(value)),
            _ => Some(value),
        }
    }

    /// Changes what the block at `home` is used as; its serial and the allocator's bit stay.
    pub(super) fn relabel(&mut self, home: Home, tag: Tag, length: u32) {
        let segment = self.segment_mut(home.place);
        let word = segment.words[home.header];
        segment.words[home.header] = header(header_serial(word), length) | word & 1;
        segment.tags[home.header] = tag;
    }

    pub(super) fn holds_text(&self, home: Home) -> bool {
        matches!(self.segment(home.place).tags[home.header], Tag::AsciiHeader | Tag::Utf8Header)
    }
}

/// A value as a byte.
pub(super) fn byte(value: Value) -> Result<u8, Fault> {
    if value.tag != Tag::Integer {
        return Err(Fault::NotAByte(value.tag));
    }
    u8::try_from(value.as_integer()).map_err(|_| Fault::ByteRange(value.as_integer()))
}
