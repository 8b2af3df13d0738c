//! Elements, bytes, fields, embedded arrays; what is initialised; what a plain block becomes.

use proptest::prelude::*;

use super::super::fault::{Access, InvalidFree};
use super::*;

const X: FieldName = FieldName(1);
const Y: FieldName = FieldName(2);
const Z: FieldName = FieldName(3);

/// A record `x, inventory[4], y` with nothing assigned.
fn record(memory: &mut Memory) -> Value {
    let layout = memory.layouts.add_record(0, &[(X, 0), (Z, 4), (Y, 0)]);
    allocate(memory, Shape::Fields(layout))
}

#[test]
fn elements_keep_their_tags_and_bounds() {
    let mut memory = memory();
    let values = [Value::integer(-1), Value::float(0.5), Value::boolean(true), Value::NULL];
    let block = array(&mut memory, &values);
    for (index, &value) in values.iter().enumerate() {
        assert_eq!(memory.load_element(block, index as i64, 0), Ok(value));
    }
    let address = i64::from(pointer(block).address());
    for index in [4, -1, i64::MAX, i64::MIN] {
        let access = Access {
            block: memory.block(block).unwrap(),
            embedded: None,
            index,
            bytes: 8,
            address: address.saturating_add(index.saturating_mul(8)),
            write: false,
        };
        assert_eq!(memory.load_element(block, index, 0), Err(Fault::OutOfBounds(access)));
        let access = Access { write: true, ..access };
        assert_eq!(memory.store_element(block, index, Value::NULL), Err(Fault::OutOfBounds(access)));
    }
    let empty = allocate(&mut memory, Shape::Elements(0));
    assert!(matches!(memory.load_element(empty, 0, 0), Err(Fault::OutOfBounds(_))));
    assert!(matches!(memory.read_first(empty, 0), Err(Fault::OutOfBounds(_))));
    for (object, fault) in
        [(Value::NULL, Fault::NullDereference), (Value::integer(3), Fault::NotAReference(Value::integer(3)))]
    {
        assert_eq!(memory.load_element(object, 0, 0), Err(fault));
        assert_eq!(memory.store_element(object, 0, Value::NULL), Err(fault));
        assert_eq!(memory.load_field(object, X), Err(fault));
        assert_eq!(memory.length(object), Err(fault));
    }
    assert!(matches!(memory.load_field(block, X), Err(Fault::NoFields(_))));
    audit(&memory);
}

#[test]
fn reused_memory_is_uninitialised_again() {
    let mut memory = memory();
    let block = array(&mut memory, &[Value::integer(1); 4]);
    memory.free(block).unwrap();
    let again = allocate(&mut memory, Shape::Elements(4));
    assert_eq!(pointer(again).address(), pointer(block).address());
    for index in 0..4 {
        assert!(
            matches!(load(&mut memory, again, index), Err(Fault::Uninitialised(a)) if a.index == index && a.bytes == 8)
        );
    }
    memory.free(again).unwrap();
    let bytes = allocate(&mut memory, Shape::Bytes(32));
    memory.store_element(bytes, 9, Value::integer(0)).unwrap();
    memory.free(bytes).unwrap();
    let bytes = allocate(&mut memory, Shape::Bytes(32));
    memory.store_element(bytes, 8, Value::integer(0)).unwrap();
    assert!(matches!(load(&mut memory, bytes, 9), Err(Fault::Uninitialised(a)) if a.index == 9 && a.bytes == 1));
}

#[test]
fn bytes_are_bytes() {
    let mut memory = memory();
    let block = allocate(&mut memory, Shape::Bytes(3));
    memory.store_element(block, 2, Value::integer(255)).unwrap();
    assert_eq!(load(&mut memory, block, 2), Ok(255));
    assert_eq!(memory.store_element(block, 0, Value::integer(256)), Err(Fault::ByteRange(256)));
    assert_eq!(memory.store_element(block, 0, Value::integer(-1)), Err(Fault::ByteRange(-1)));
    assert_eq!(memory.store_element(block, 0, Value::float(1.0)), Err(Fault::NotAByte(Tag::Float)));
    assert!(matches!(memory.store_element(block, 3, Value::integer(0)), Err(Fault::OutOfBounds(a)) if a.bytes == 1));
    assert!(matches!(load(&mut memory, block, 0), Err(Fault::Uninitialised(_))));
    assert!(matches!(memory.store_field(block, X, Value::NULL), Err(Fault::NoFields(_))));
    audit(&memory);
}

proptest! {
    /// A block of bytes, on the heap or the stack, agrees byte by byte with a vector of options.
    #[test]
    fn each_byte_knows_whether_it_is_initialised(
        length in 0..40u64,
        stack in any::<bool>(),
        writes in prop::collection::vec((0..40u64, prop::collection::vec(any::<u8>(), 0..20)), 0..20),
    ) {
        let mut memory = memory();
        let block = if stack {
            assert!(memory.space.stack.commit(64, Tag::Bytes));
            Value::pointer(memory.place_buffer(33, Shape::Bytes(length)).unwrap())
        } else {
            allocate(&mut memory, Shape::Bytes(length))
        };
        let mut model = vec![None; length as usize];
        for (offset, bytes) in writes {
            let written = memory.write_bytes(block, offset, &bytes);
            let end = offset + bytes.len() as u64;
            prop_assert_eq!(written.is_ok(), end <= length);
            if end <= length {
                for (place, byte) in model[offset as usize..].iter_mut().zip(bytes) {
                    *place = Some(i64::from(byte));
                }
            }
            let read: Vec<Option<i64>> = (0..length as i64).map(|k| load(&mut memory, block, k).ok()).collect();
            prop_assert_eq!(&read, &model);
            prop_assert_eq!(memory.audit(), Ok(()));
        }
        // What is copied must be initialised.
        let copy = allocate(&mut memory, Shape::Bytes(length));
        for count in 0..=length {
            let first = model.iter().take(count as usize).position(Option::is_none);
            match memory.copy(copy, block, count) {
                Ok(()) => prop_assert_eq!(first, None),
                Err(Fault::Uninitialised(access)) => prop_assert_eq!(first, Some(access.index as usize)),
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
        let whole = model.iter().take_while(|byte| byte.is_some()).count();
        let copied: Vec<Option<i64>> = (0..length as i64).map(|k| load(&mut memory, copy, k).ok()).collect();
        prop_assert_eq!(&copied[..whole], &model[..whole]);
        prop_assert!(copied[whole..].iter().all(Option::is_none));
    }
}

#[test]
fn the_first_use_decides_a_plain_block() {
    let mut memory = memory();
    type Use = fn(&mut Memory, Value);
    let uses: [(&str, Use); 8] = [
        ("bytes", |memory, block| assert!(matches!(load(memory, block, 0), Err(Fault::Uninitialised(_))))),
        ("bytes", |memory, block| memory.store_element(block, 1, Value::integer(1)).unwrap()),
        ("bytes", |memory, block| memory.write_bytes(block, 0, b"abc").unwrap()),
        ("bytes", |memory, block| memory.fill(block, Value::integer(0), 20).unwrap()),
        ("bytes", |memory, block| assert!(matches!(memory.read_first(block, 0), Err(Fault::Uninitialised(_))))),
        ("bytes", |memory, block| memory.write_first(block, Value::integer(3)).unwrap()),
        ("fields", |memory, block| memory.store_field(block, X, Value::NULL).unwrap()),
        ("fields", |memory, block| assert!(matches!(memory.load_field(block, X), Err(Fault::Uninitialised(_))))),
    ];
    for (kind, first_use) in uses {
        let block = allocate(&mut memory, Shape::Plain(20));
        assert_eq!(memory.length(block), Ok(20));
        assert_eq!(memory.block(block).unwrap().kind, BlockKind::Plain, "asking for the length is no use");
        first_use(&mut memory, block);
        let before = memory.block(block).unwrap();
        assert_eq!(before.bytes, 20);
        if kind == "bytes" {
            assert_eq!(before.kind, BlockKind::Bytes);
            assert_eq!(memory.load_field(block, X), Err(Fault::NoFields(before)));
            assert_eq!(memory.store_field(block, X, Value::NULL), Err(Fault::NoFields(before)));
        } else {
            assert!(matches!(before.kind, BlockKind::Fields(_)));
            assert_eq!(load(&mut memory, block, 0), Err(Fault::NotIndexable(before)));
            assert_eq!(memory.store_element(block, 0, Value::NULL), Err(Fault::NotIndexable(before)));
            assert_eq!(memory.write_bytes(block, 0, b"a"), Err(Fault::NotIndexable(before)));
        }
        audit(&memory);
    }
}

#[test]
fn a_plain_block_takes_fields_in_order_of_assignment() {
    let mut memory = memory();
    let block = allocate(&mut memory, Shape::Plain(20));
    memory.store_field(block, Y, Value::integer(2)).unwrap();
    memory.store_field(block, X, Value::integer(1)).unwrap();
    memory.store_field(block, Y, Value::integer(3)).unwrap();
    let home = memory.resolve(block).unwrap();
    assert_eq!(memory.space.heap.words[home.header + 1..home.header + 3], [3, 1]);
    assert_eq!(memory.length(block), Ok(2));
    let described = memory.block(block).unwrap();
    assert_eq!(memory.store_field(block, Z, Value::NULL), Err(Fault::FieldDoesNotFit(described, Z)));
    assert_eq!(memory.load_field(block, Z), Err(Fault::FieldDoesNotFit(described, Z)));
    assert_eq!(memory.read_first(block, 0), Ok(Value::integer(3)));
    memory.write_first(block, Value::float(1.5)).unwrap();
    assert_eq!(memory.load_field(block, Y), Ok(Value::float(1.5)));
    // Its neighbour, made alike, shares the layout; another order is another layout.
    let like = allocate(&mut memory, Shape::Plain(20));
    memory.store_field(like, Y, Value::NULL).unwrap();
    assert!(
        matches!(memory.load_field(like, X), Err(Fault::Uninitialised(a)) if a.index == 1 && a.embedded == Some((X, 0)))
    );
    memory.store_field(like, X, Value::NULL).unwrap();
    assert_eq!(memory.block(like).unwrap().kind, described.kind);
    audit(&memory);
}

#[test]
fn the_allocators_bit_survives_a_decision() {
    let mut memory = memory();
    let below = allocate(&mut memory, Shape::Elements(2));
    let plain = allocate(&mut memory, Shape::Plain(16));
    let above = allocate(&mut memory, Shape::Elements(2));
    memory.free(below).unwrap();
    memory.store_field(plain, X, Value::NULL).unwrap();
    audit(&memory);
    memory.free(above).unwrap();
    memory.free(plain).unwrap();
    audit(&memory);
    assert_eq!(memory.free_runs().count(), 1);
}

#[test]
fn records_have_their_fields_and_no_others() {
    let mut memory = memory();
    let record = record(&mut memory);
    assert_eq!(memory.block(record).unwrap().bytes, 48);
    assert_eq!(memory.length(record), Ok(3));
    assert!(
        matches!(memory.load_field(record, Y), Err(Fault::Uninitialised(a)) if a.embedded == Some((Y, 0)) && a.index == 5)
    );
    memory.store_field(record, Y, Value::integer(9)).unwrap();
    assert_eq!(memory.load_field(record, Y), Ok(Value::integer(9)));
    assert!(matches!(memory.load_field(record, FieldName(77)), Err(Fault::UnknownField(_, FieldName(77)))));
    assert!(matches!(memory.store_field(record, FieldName(77), Value::NULL), Err(Fault::UnknownField(..))));
    assert!(matches!(load(&mut memory, record, 0), Err(Fault::NotIndexable(_))));
    let empty = memory.layouts.add_record(1, &[]);
    let empty = allocate(&mut memory, Shape::Fields(empty));
    assert!(matches!(memory.read_first(empty, 0), Err(Fault::NotIndexable(_))));
    audit(&memory);
}

#[test]
fn embedded_arrays() {
    let mut memory = memory();
    let record = record(&mut memory);
    let inventory = memory.load_field(record, Z).unwrap();
    assert_eq!(inventory.tag, Tag::InteriorPointer);
    assert_eq!(pointer(inventory).address(), pointer(record).address() + 8);
    assert_eq!(memory.length(inventory), Ok(4));
    assert_eq!(memory.block(inventory), memory.block(record));
    assert!(matches!(load(&mut memory, inventory, 0), Err(Fault::Uninitialised(a)) if a.embedded == Some((Z, 4))));
    for index in [4, -1] {
        let stored = memory.store_element(inventory, index, Value::NULL);
        assert!(matches!(stored, Err(Fault::OutOfBounds(a)) if a.embedded == Some((Z, 4)) && a.index == index));
    }
    assert!(matches!(memory.load_field(inventory, X), Err(Fault::NoFields(_))));

    let three = array(&mut memory, &[1, 2, 3].map(Value::integer));
    memory.store_field(record, Z, three).unwrap();
    assert_eq!((0..3).map(|k| load(&mut memory, inventory, k).unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(matches!(load(&mut memory, inventory, 3), Err(Fault::Uninitialised(_))));
    memory.free(three).unwrap();
    let five = array(&mut memory, &[Value::integer(6); 5]);
    let stored = memory.store_field(record, Z, five);
    assert!(
        matches!(stored, Err(Fault::OutOfBounds(a)) if a.index == 4 && a.bytes == 40 && a.write && a.embedded.is_some())
    );
    assert_eq!(load(&mut memory, inventory, 0), Ok(1), "nothing was written");
    for wrong in [Value::NULL, Value::integer(1), record] {
        assert_eq!(memory.store_field(record, Z, wrong), Err(Fault::NotAnArray(Z, wrong)));
    }
    let bytes = allocate(&mut memory, Shape::Bytes(4));
    assert_eq!(memory.store_field(record, Z, bytes), Err(Fault::NotAnArray(Z, bytes)));
    let hole = allocate(&mut memory, Shape::Elements(2));
    assert!(matches!(memory.store_field(record, Z, hole), Err(Fault::Uninitialised(_))));

    memory.store_element(inventory, 3, Value::integer(4)).unwrap();
    let layout = memory.layouts.add_record(2, &[(X, 6)]);
    let other = allocate(&mut memory, Shape::Fields(layout));
    memory.store_field(other, X, inventory).unwrap();
    assert_eq!(memory.read_first(other, 0).map(|first| first.tag), Ok(Tag::InteriorPointer));
    let copied = memory.load_field(other, X).unwrap();
    assert_eq!((0..4).map(|k| load(&mut memory, copied, k).unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    memory.store_field(other, X, copied).unwrap_err();
    memory.fill(copied, Value::boolean(true), 6).unwrap();
    memory.store_field(other, X, copied).unwrap();
    assert_eq!(memory.read_first(copied, 0), Ok(Value::boolean(true)));
    memory.copy(inventory, five, 4).unwrap();
    assert!(matches!(memory.copy(inventory, five, 5), Err(Fault::OutOfBounds(a)) if a.write));

    let interior = Err(Fault::InvalidFree(pointer(inventory), InvalidFree::Interior));
    assert_eq!(memory.free(inventory), interior);
    memory.free(record).unwrap();
    assert_eq!(load(&mut memory, inventory, 0), Err(Fault::UseAfterFree(pointer(inventory))));
    let reused = allocate(&mut memory, Shape::Elements(6));
    assert_eq!(pointer(reused).address(), pointer(record).address());
    assert_eq!(load(&mut memory, inventory, 0), Err(Fault::UseAfterFree(pointer(inventory))));
    audit(&memory);
}

#[test]
fn ranges_are_checked_before_anything_is_written() {
    let mut memory = memory();
    let numbers = array(&mut memory, &[1, 2, 3].map(Value::integer));
    let target = array(&mut memory, &[Value::NULL; 2]);
    let bytes = allocate(&mut memory, Shape::Bytes(4));
    assert!(
        matches!(memory.copy(target, numbers, 3), Err(Fault::OutOfBounds(a)) if a.write && a.index == 2 && a.bytes == 24)
    );
    assert!(matches!(memory.copy(numbers, target, 3), Err(Fault::OutOfBounds(a)) if !a.write && a.index == 2));
    assert!(matches!(memory.copy(target, bytes, 1), Err(Fault::UnitsDiffer(..))));
    assert!(matches!(memory.fill(target, Value::integer(1), 3), Err(Fault::OutOfBounds(_))));
    assert!(matches!(memory.fill(target, Value::integer(1), u64::MAX), Err(Fault::OutOfBounds(_))));
    assert!(matches!(memory.fill(bytes, Value::integer(300), 1), Err(Fault::ByteRange(300))));
    assert!(matches!(memory.write_bytes(bytes, 2, b"abc"), Err(Fault::OutOfBounds(a)) if a.index == 4 && a.bytes == 3));
    assert!(matches!(memory.write_bytes(bytes, u64::MAX, b"abc"), Err(Fault::OutOfBounds(_))));
    assert!(matches!(memory.write_bytes(numbers, 0, b"abc"), Err(Fault::NotBytes(_))));
    assert_eq!(memory.load_element(target, 0, 0), Ok(Value::NULL));
    assert!(matches!(load(&mut memory, bytes, 2), Err(Fault::Uninitialised(_))));
    memory.copy(target, numbers, 2).unwrap();
    memory.copy(numbers, numbers, 3).unwrap();
    assert_eq!(load(&mut memory, target, 1), Ok(2));
    memory.copy(target, bytes, 0).unwrap_err();
    memory.fill(bytes, Value::integer(7), 4).unwrap();
    assert_eq!(load(&mut memory, bytes, 3), Ok(7));
    let text = memory.add_literal("text").unwrap();
    assert!(matches!(memory.copy(text, bytes, 1), Err(Fault::Immutable(_))));
    assert!(matches!(memory.fill(text, Value::integer(1), 1), Err(Fault::Immutable(_))));
    audit(&memory);
}

#[test]
fn a_weak_place_gives_an_ordinary_pointer() {
    let mut memory = memory();
    let target = array(&mut memory, &[Value::integer(5)]);
    let holder = array(&mut memory, &[Memory::weaken(target)]);
    let home = memory.resolve(holder).unwrap();
    assert_eq!(memory.space.heap.tags[home.header + 1], Tag::WeakPointer);
    assert_eq!(memory.load_element(holder, 0, 0), Ok(target));
    memory.free(target).unwrap();
    assert_eq!(memory.load_element(holder, 0, 0), Ok(Value::NULL));
}

#[test]
fn stack_buffers() {
    let mut memory = memory();
    assert!(memory.space.stack.commit(256, Tag::Integer));
    let buffer = Value::pointer(memory.place_buffer(50, Shape::Elements(10)).unwrap());
    assert_eq!(pointer(buffer).address(), memory.space.stack.address(49));
    assert_eq!(memory.space.stack.tags[39], Tag::Integer, "only its own words are touched");
    for index in 0..10 {
        assert!(matches!(load(&mut memory, buffer, index), Err(Fault::Uninitialised(_))));
        memory.store_element(buffer, index, Value::integer(index)).unwrap();
    }
    assert_eq!(memory.space.stack.words[40..50], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    let overflow = memory.store_element(buffer, 10, Value::integer(1));
    let address = i64::from(memory.space.stack.address(39));
    assert!(matches!(overflow, Err(Fault::OutOfBounds(a)) if a.address == address && a.block.place == Place::Stack));
    memory.fill(buffer, Value::integer(3), 9).unwrap();
    assert_eq!((load(&mut memory, buffer, 8), load(&mut memory, buffer, 9)), (Ok(3), Ok(9)));

    let again = Value::pointer(memory.place_buffer(50, Shape::Plain(80)).unwrap());
    assert_eq!(pointer(again).address(), pointer(buffer).address());
    assert_eq!(load(&mut memory, buffer, 0), Err(Fault::StackUseAfterReturn(pointer(buffer))));
    memory.fill(again, Value::integer(255), 77).unwrap();
    assert_eq!(load(&mut memory, again, 76), Ok(255));
    assert!(matches!(load(&mut memory, again, 77), Err(Fault::Uninitialised(_))));
    memory.remove_buffer(50).unwrap();
    assert_eq!(load(&mut memory, again, 0), Err(Fault::StackUseAfterReturn(pointer(again))));

    let layout = memory.layouts.add_record(0, &[(X, 0), (Z, 4)]);
    let record = Value::pointer(memory.place_buffer(60, Shape::Fields(layout)).unwrap());
    let slots = memory.load_field(record, Z).unwrap();
    memory.store_element(slots, 3, Value::integer(33)).unwrap();
    assert_eq!(memory.space.stack.words[55], 33);
    assert_eq!(load(&mut memory, slots, 3), Ok(33));
    let numbers = array(&mut memory, &[1, 2].map(Value::integer));
    memory.store_field(record, Z, numbers).unwrap();
    assert_eq!(memory.space.stack.words[55..59], [33, 0, 2, 1]);
    memory.remove_buffer(60).unwrap();
    assert_eq!(load(&mut memory, slots, 3), Err(Fault::StackUseAfterReturn(pointer(slots))));
    assert_eq!(memory.place_buffer(3, Shape::Elements(4)), Err(Fault::OutOfMemory { bytes: 32 }));
}

#[test]
fn booleans_that_a_tag_implies_are_as_if_in_their_words() {
    for residue in [true, false] {
        let mut memory = Memory::new(&MemoryOptions { residue, ..options("manual", 64 << 20) });
        let block = array(&mut memory, &[Value::integer(5); 3]);
        memory.fill(block, Value::boolean(true), 2).unwrap();
        assert_eq!(memory.load_element(block, 1, 0), Ok(Value::boolean(true)));
        let first = pointer(block).address();
        assert_eq!(memory.word(first), Some((Value::boolean(true), 0xFF)));
        assert_eq!(load(&mut memory, block, 2), Ok(5));
        memory.store_element(block, 0, Value::integer(6)).unwrap();
        audit(&memory);
        memory.fill(block, Value::boolean(false), 3).unwrap();
        memory.store_element(block, 1, Value::boolean(true)).unwrap();
        memory.fill(block, Value::boolean(true), 1).unwrap();
        audit(&memory);
        memory.free(block).unwrap();
        if residue {
            let again = allocate(&mut memory, Shape::Elements(3));
            assert_eq!(pointer(again).address(), first);
            // The first has become a link of the free list.
            let left = [8, 16].map(|offset| memory.word(first + offset).unwrap());
            assert_eq!(left.map(|(value, written)| (value.word, written)), [(1, 0), (0, 0)]);
        }
    }
}

#[test]
fn what_is_stored_over_booleans_is_counted() {
    let mut memory = with("refcount", 64 << 20);
    let block = allocate(&mut memory, Shape::Elements(2));
    memory.fill(block, Value::boolean(false), 2).unwrap();
    let held = allocate(&mut memory, Shape::Bytes(8));
    memory.fill(block, held, 2).unwrap();
    let count = |memory: &Memory| memory.reference_count(&memory.block(held).unwrap());
    assert_eq!(count(&memory), Some(3), "two elements, and who allocated it");
    memory.fill(block, Value::boolean(true), 1).unwrap();
    assert_eq!(count(&memory), Some(2));
    assert_eq!(memory.load_element(block, 0, 0), Ok(Value::boolean(true)));
    audit(&memory);
}
