//! Elements and fields of blocks. What makes blocks or frees them needs the whole machine.

use super::handlers;
use crate::bytecode::ReadBlock;
use crate::machine::core::{Core, Frame, done};
use crate::machine::image::Resolved;
use crate::memory::{Tag, Value};

/// Index of the word of a field, if the object is a live record of the layout in which it was found the last time.
#[inline(always)]
fn field_of(core: &Core<'_>, object: Value, resolved: Resolved) -> Option<usize> {
    let cache = resolved.field();
    core.heap.field(object, cache.layout, cache.offset)
}

/// What a slot holds that points to a block for certain.
#[inline(always)]
fn block(frame: Frame<'_>, slot: ReadBlock) -> Value {
    Value::new(frame.pointer(slot), Tag::Pointer)
}

handlers! { resolved, frame, core:
    BlockLoadElement { to, object, index } => {
        let (block, index) = (block(frame, object), Value::integer(frame.integer(index)));
        frame.give(to, core.heap.opened_element(object.0, block, index)?)
    }, otherwise frame.give(to, core.heap.fetch(object.0, frame.get(object), frame.get(index))?);
    BlockStoreElement { object, index, from } => {
        let (block, index) = (block(frame, object), Value::integer(frame.integer(index)));
        done(core.heap.put_opened_element(object.0, block, index, frame.get(from)))
    }, otherwise done(core.heap.put(object.0, frame.get(object), frame.get(index), frame.get(from)));
    BlockLoadField { to, object, .. } => {
        let at = field_of(core, block(frame, object), resolved)?;
        frame.give(to, core.heap.get(at)?)
    };
    BlockStoreField { object, from, .. } => {
        let at = field_of(core, block(frame, object), resolved)?;
        done(core.heap.set(at, frame.get(from)))
    };
    LoadElement { to, object, index } => {
        frame.give(to, core.heap.opened_element(object.0, frame.get(object), frame.get(index))?)
    }, otherwise frame.give(to, core.heap.fetch(object.0, frame.get(object), frame.get(index))?);
    StoreElement { object, index, from } => {
        done(core.heap.put_opened_element(object.0, frame.get(object), frame.get(index), frame.get(from)))
    }, otherwise done(core.heap.put(object.0, frame.get(object), frame.get(index), frame.get(from)));
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
