//! Elements and fields of blocks. What makes blocks or frees them needs the whole machine.

use super::handlers;
use crate::bytecode::{ReadBlock, ReadInteger};
use crate::machine::core::{Core, Done, Frame, done};
use crate::machine::image::Resolved;
use crate::memory::{Tag, Value};

/// Index of the word of a field, if the object is a live record of the layout in which it was found the last time.
#[inline(always)]
fn field_of(core: &Core<'_>, object: Value, resolved: Resolved) -> Option<usize> {
    let cache = resolved.field();
    core.heap.field(object, cache.layout, cache.offset)
}

/// Index of the word of a field, if the record is open; beyond the heap, if it is of another layout.
#[inline(always)]
fn opened_field(frame: Frame<'_>, core: &Core<'_>, object: ReadBlock, resolved: Resolved) -> Option<usize> {
    core.heap.opened_field(object.0, frame.word(object, Tag::Pointer), resolved.field_key())
}

/// What a slot holds that points to a block for certain.
#[inline(always)]
fn block(frame: Frame<'_>, slot: ReadBlock) -> Value {
    Value::new(frame.word(slot, Tag::Pointer), Tag::Pointer)
}

/// A field that always has that tag, if the record is open.
#[inline(always)]
fn load_settled(frame: Frame<'_>, core: &Core<'_>, to: u8, object: ReadBlock, resolved: Resolved, tag: Tag) -> Done {
    let place = core.heap.settled(opened_field(frame, core, object, resolved)?, tag)?;
    frame.give(to, Value::new(place.get(), tag))
}

/// Overwrites it.
#[inline(always)]
fn store_settled(frame: Frame<'_>, core: &Core<'_>, object: ReadBlock, from: u8, resolved: Resolved, tag: Tag) -> Done {
    let place = core.heap.settled(opened_field(frame, core, object, resolved)?, tag)?;
    place.set(frame.word(from, tag));
    done(true)
}

/// A field of the record that a slot holds the pointer to. The record is open then.
#[inline(always)]
fn load_field(frame: Frame<'_>, core: &mut Core<'_>, to: u8, slot: u8, object: Value, resolved: Resolved) -> Done {
    let cache = resolved.field();
    let at = core.heap.open_field(slot, object, cache.layout, cache.offset)?;
    frame.give(to, core.heap.get(at)?)
}

/// Overwrites it.
#[inline(always)]
fn store_field(frame: Frame<'_>, core: &mut Core<'_>, slot: u8, object: Value, from: u8, resolved: Resolved) -> Done {
    let cache = resolved.field();
    let at = core.heap.open_field(slot, object, cache.layout, cache.offset)?;
    done(core.heap.set(at, frame.get(from)))
}

/// An element of a block whose elements all have that tag.
#[inline(always)]
fn load(frame: Frame<'_>, core: &Core<'_>, to: u8, object: u8, index: ReadInteger, tag: Tag) -> Done {
    let pointer = frame.word(object, Tag::Pointer);
    frame.give(to, Value::new(core.heap.opened_word(object, pointer, frame.integer(index), tag)?, tag))
}

/// Overwrites such an element.
#[inline(always)]
fn store(frame: Frame<'_>, core: &Core<'_>, object: u8, index: ReadInteger, from: u8, tag: Tag) -> Done {
    let (pointer, word) = (frame.word(object, Tag::Pointer), frame.word(from, tag));
    done(core.heap.put_opened_word(object, pointer, frame.integer(index), word, tag))
}

/// An element or byte of any block, which is opened.
#[inline(always)]
fn fetch(frame: Frame<'_>, core: &mut Core<'_>, to: u8, object: u8, index: u8) -> Done {
    frame.give(to, core.heap.fetch(object, frame.get(object), frame.get(index))?)
}

/// Overwrites it.
#[inline(always)]
fn put(frame: Frame<'_>, core: &mut Core<'_>, object: u8, index: u8, from: u8) -> Done {
    done(core.heap.put(object, frame.get(object), frame.get(index), frame.get(from)))
}

handlers! { resolved, frame, core:
    IntegerLoadElement { to, object, index } => load(frame, core, to.0, object.0, index, Tag::Integer),
        otherwise fetch(frame, core, to.0, object.0, index.0);
    FloatLoadElement { to, object, index } => load(frame, core, to.0, object.0, index, Tag::Float),
        otherwise fetch(frame, core, to.0, object.0, index.0);
    BooleanLoadElement { to, object, index } => {
        let pointer = frame.word(object, Tag::Pointer);
        frame.give(to, Value::boolean(core.heap.opened_boolean(object.0, pointer, frame.integer(index))?))
    },
        otherwise fetch(frame, core, to.0, object.0, index.0);
    IntegerStoreElement { object, index, from } => store(frame, core, object.0, index, from.0, Tag::Integer),
        otherwise put(frame, core, object.0, index.0, from.0);
    FloatStoreElement { object, index, from } => store(frame, core, object.0, index, from.0, Tag::Float),
        otherwise put(frame, core, object.0, index.0, from.0);
    BooleanStoreElement { object, index, from } => {
        // The bit alone, of which the host's compiler makes the tag without a comparison.
        let (pointer, value) = (frame.word(object, Tag::Pointer), frame.word(from, Tag::Boolean) & 1 == 1);
        done(core.heap.put_opened_boolean(object.0, pointer, frame.integer(index), value))
    },
        otherwise put(frame, core, object.0, index.0, from.0);
    BlockLoadElement { to, object, index } => {
        let (block, index) = (block(frame, object), Value::integer(frame.integer(index)));
        frame.give(to, core.heap.opened_element(object.0, block, index)?)
    }, otherwise fetch(frame, core, to.0, object.0, index.0);
    BlockStoreElement { object, index, from } => {
        let (block, index) = (block(frame, object), Value::integer(frame.integer(index)));
        done(core.heap.put_opened_element(object.0, block, index, frame.get(from)))
    }, otherwise put(frame, core, object.0, index.0, from.0);
    BlockLoadField { to, object, .. } => {
        let at = field_of(core, block(frame, object), resolved)?;
        frame.give(to, core.heap.get(at)?)
    };
    BlockStoreField { object, from, .. } => {
        let at = field_of(core, block(frame, object), resolved)?;
        done(core.heap.set(at, frame.get(from)))
    };
    OpenLoadField { to, object, .. } => load_field(frame, core, to.0, object.0, frame.get(object), resolved);
    OpenStoreField { object, from, .. } => store_field(frame, core, object.0, frame.get(object), from.0, resolved);
    IntegerLoadField { to, object, .. } => load_settled(frame, core, to.0, object, resolved, Tag::Integer),
        otherwise load_field(frame, core, to.0, object.0, block(frame, object), resolved);
    FloatLoadField { to, object, .. } => load_settled(frame, core, to.0, object, resolved, Tag::Float),
        otherwise load_field(frame, core, to.0, object.0, block(frame, object), resolved);
    IntegerStoreField { object, from, .. } => store_settled(frame, core, object, from.0, resolved, Tag::Integer),
        otherwise store_field(frame, core, object.0, block(frame, object), from.0, resolved);
    FloatStoreField { object, from, .. } => store_settled(frame, core, object, from.0, resolved, Tag::Float),
        otherwise store_field(frame, core, object.0, block(frame, object), from.0, resolved);
    LoadElement { to, object, index } => {
        frame.give(to, core.heap.opened_element(object.0, frame.get(object), frame.get(index))?)
    }, otherwise fetch(frame, core, to.0, object.0, index.0);
    StoreElement { object, index, from } => {
        done(core.heap.put_opened_element(object.0, frame.get(object), frame.get(index), frame.get(from)))
    }, otherwise put(frame, core, object.0, index.0, from.0);
    LoadField { to, object, .. } => {
        let at = field_of(core, frame.get(object), resolved)?;
        frame.give(to, core.heap.get(at)?)
    };
    StoreField { object, from, .. } => {
        let at = field_of(core, frame.get(object), resolved)?;
        done(core.heap.set(at, frame.get(from)))
    };
    StoreElementCounted { object, index, from } => {
        let at = core.heap.element_word(frame.get(object), frame.get(index))?;
        done(core.heap.set_counted(core.references, at, frame.get(from)))
    }, otherwise {
        done(core.heap.put_if_byte(object.0, frame.get(object), frame.get(index), frame.get(from)))
    };
    StoreElementGiven { object, index, from } => {
        let at = core.heap.element_word(frame.get(object), frame.get(index))?;
        done(core.heap.set_given(core.references, at, frame.get(from)))
    };
    StoreFieldCounted { object, from, .. } => {
        let at = field_of(core, frame.get(object), resolved)?;
        done(core.heap.set_counted(core.references, at, frame.get(from)))
    };
    StoreFieldGiven { object, from, .. } => {
        let at = field_of(core, frame.get(object), resolved)?;
        done(core.heap.set_given(core.references, at, frame.get(from)))
    };
    StoreFieldLiteral { .. } => None;
    StoreEmbedded { .. } => None;
    Length { to, object } => frame.give(to, core.heap.length(frame.get(object))?);
    InitElement { array, from, index } => {
        done(core.heap.put(array.0, frame.get(array), Value::integer(i64::from(index.0)), frame.get(from)))
    };
    InitField { record, from, offset } => {
        done(core.heap.initialise(frame.get(record), offset.0, frame.get(from)))
    };

    Allocate { .. } => None;
    AllocateRecord { .. } => None;
    AllocateArray { .. } => None;
    Free { .. } => None;
    DropTemporary { .. } => None;
    StackAllocate { .. } => None;
}
