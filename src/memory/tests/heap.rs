//! Addresses, figures, reallocation, strategies, size.

use proptest::prelude::*;

use super::super::address_space::{FIRST_BLOCK, HEAP_BASE};
use super::super::allocator::{ALLOCATORS, RunState};
use super::super::fault::InvalidFree;
use super::super::strategy::STRATEGIES;
use super::*;

#[test]
fn the_first_block_is_where_it_is_drawn() {
    for strategy in STRATEGIES {
        for allocator in ALLOCATORS {
            let mut memory = Memory::new(&MemoryOptions {
                strategy: strategy.name,
                allocator: allocator.name,
                heap_bytes: 4096,
                stack_bytes: 4096,
                static_base: 0x0040_2000,
                residue: true,
            });
            assert_eq!(memory.statistics(), HeapStatistics::default());
            assert_eq!(memory.describe(i64::from(HEAP_BASE)), Description::Nothing);
            let block = allocate(&mut memory, Shape::Plain(100));
            assert_eq!(pointer(block).address(), FIRST_BLOCK);
            assert_eq!(memory.describe(i64::from(HEAP_BASE)), Description::Control);
            audit(&memory);
        }
    }
}

#[test]
fn asking_for_100_bytes_reserves_112() {
    let mut memory = memory();
    let first = allocate(&mut memory, Shape::Plain(100));
    let second = allocate(&mut memory, Shape::Elements(0));
    assert_eq!(pointer(second).address() - pointer(first).address(), 112);
    let s = memory.statistics();
    let control = u64::from(FIRST_BLOCK - HEAP_BASE) - 8;
    assert_eq!((s.allocations, s.live_bytes, s.page_requests), (2, 100, 1));
    assert_eq!((s.header_bytes, s.padding_bytes), (control + 16, 4 + 8));
    assert_eq!((s.footprint_bytes, s.free_bytes), (4096, 4096 - control - 112 - 16));
    assert_eq!(s.largest_free_bytes, s.free_bytes);
    audit(&memory);
}

#[test]
fn a_heap_that_is_full_says_so_and_goes_on() {
    let mut memory = with("manual", 64 << 10);
    assert_eq!(memory.allocate(Shape::Bytes(1 << 20), 0), Ok(None));
    assert_eq!(memory.allocate(Shape::Elements(u64::MAX), 0), Ok(None));
    assert_eq!(memory.allocate(Shape::Bytes(64 << 10), 0), Ok(None));
    let mut blocks = Vec::new();
    while let Some(block) = memory.allocate(Shape::Bytes(1000), 0).unwrap() {
        blocks.push(Value::pointer(block));
    }
    assert_eq!(memory.statistics().footprint_bytes, 64 << 10);
    assert_eq!(blocks.len(), (64 * 1024 - 0xEF8) / 1008);
    assert_eq!(
        memory.make_string("seventeen letters or more, or many more than any sliver holds ".repeat(9).as_str(), 0),
        { Err(Fault::OutOfMemory { bytes: 62 * 9 }) }
    );
    for block in blocks {
        memory.free(block).unwrap();
    }
    assert!(memory.allocate(Shape::Bytes(60_000), 0).unwrap().is_some());
    audit(&memory);
}

#[test]
fn blocks_and_runs_are_listed_by_address() {
    let mut memory = memory();
    let made: Vec<Value> = (1..5).map(|n| allocate(&mut memory, Shape::Elements(n))).collect();
    memory.free(made[1]).unwrap();
    let blocks = memory.blocks();
    let listed: Vec<Pointer> = blocks.iter().map(|block| block.pointer).collect();
    assert_eq!(listed, [made[0], made[2], made[3]].map(pointer));
    assert_eq!(
        blocks[1],
        Block { pointer: pointer(made[2]), kind: BlockKind::Elements, place: Place::Heap, bytes: 24 }
    );
    let states: Vec<(RunState, usize)> = memory.runs().map(|run| (run.state, run.words)).collect();
    use RunState::{Control, Free, Live};
    assert_eq!(states, [(Control, 479), (Live, 2), (Free, 3), (Live, 4), (Live, 5), (Free, 512 - 493)]);
    assert_eq!(memory.free_runs().count(), 2);
    assert_eq!(memory.site(pointer(made[3])), Some(7));
    assert_eq!(memory.site(pointer(made[1])), None);
}

#[test]
fn what_lies_at_an_address() {
    let mut memory = memory();
    let literal = memory.add_literal("Player 1").unwrap();
    let global = memory.add_globals(2).unwrap();
    let first = allocate(&mut memory, Shape::Plain(100));
    let second = allocate(&mut memory, Shape::Elements(3));
    let third = allocate(&mut memory, Shape::Elements(1));
    memory.free(second).unwrap();
    assert!(memory.space.stack.commit(512, Tag::Uninitialised));
    let buffer = memory.place_buffer(100, Shape::Elements(10)).unwrap();
    let at = |value: Value, offset: i64| memory.describe(i64::from(pointer(value).address()) + offset);
    let block = |value: Value| memory.block(value).unwrap();

    assert_eq!(at(first, 103), Description::Data { block: block(first), offset: 103 });
    assert_eq!(at(first, -3), Description::Header(block(first)));
    assert_eq!(at(first, 104), Description::Free { start: pointer(second).address() - 8, bytes: 32 });
    assert_eq!(at(second, 23), Description::Free { start: pointer(second).address() - 8, bytes: 32 });
    assert_eq!(at(third, 7), Description::Data { block: block(third), offset: 7 });
    assert!(matches!(at(third, 8), Description::Free { .. }));
    assert_eq!(at(literal, 7), Description::Data { block: block(literal), offset: 7 });
    assert_eq!(at(literal, 8), Description::Global(global));
    assert_eq!(at(literal, 23), Description::Global(global + 1));
    assert_eq!(at(literal, 24), Description::Nothing);
    let buffer_block = memory.block(Value::pointer(buffer)).unwrap();
    let data = i64::from(buffer.address());
    assert_eq!(memory.describe(data + 79), Description::Data { block: buffer_block, offset: 79 });
    assert_eq!(memory.describe(data + 80), Description::Stack(89));
    assert_eq!(memory.describe(data - 8), Description::Header(buffer_block));
    assert_eq!(memory.describe(data - 16), Description::Stack(101));
    for nowhere in [0, -1, 0x0040_1000, 0x7000_0000, i64::MAX, i64::MIN] {
        assert_eq!(memory.describe(nowhere), Description::Nothing);
    }
}

#[test]
fn many_nodes() {
    let mut memory = memory();
    let mut head = Value::NULL;
    for number in 0..100_000 {
        head = array(&mut memory, &[Value::integer(number), head, Value::NULL]);
    }
    let s = memory.statistics();
    assert_eq!((s.allocations, s.live_bytes), (100_000, 2_400_000));
    audit(&memory);
    let mut count = 0;
    while head.tag != Tag::Null {
        let next = memory.load_element(head, 1, 0).unwrap();
        memory.free(head).unwrap();
        head = next;
        count += 1;
    }
    let s = memory.statistics();
    assert_eq!((count, s.frees, s.live_bytes, s.padding_bytes), (100_000, 100_000, 0, 0));
    assert_eq!(s.largest_free_bytes, s.free_bytes);
    assert!(s.search_steps < 300_000, "{} steps", s.search_steps);
    audit(&memory);
}

#[test]
fn freeing() {
    let mut memory = memory();
    let block = allocate(&mut memory, Shape::Bytes(8));
    let literal = memory.add_literal("text").unwrap();
    assert!(memory.space.stack.commit(16, Tag::Uninitialised));
    let buffer = Value::pointer(memory.place_buffer(9, Shape::Bytes(3)).unwrap());
    let invalid = |value: Value, why| Err(Fault::InvalidFree(pointer(value), why));

    assert_eq!(memory.free(Value::NULL), Ok(()));
    assert_eq!(memory.free(Value::integer(12)), Err(Fault::NotAReference(Value::integer(12))));
    assert_eq!(memory.free(literal), invalid(literal, InvalidFree::Literal));
    assert_eq!(memory.free(buffer), invalid(buffer, InvalidFree::StackBuffer));
    memory.remove_buffer(9).unwrap();
    assert_eq!(memory.free(buffer), invalid(buffer, InvalidFree::StackBuffer));
    assert_eq!(memory.free(block), Ok(()));
    assert_eq!(memory.free(block), Err(Fault::DoubleFree(pointer(block))));
    allocate(&mut memory, Shape::Bytes(8));
    assert_eq!(memory.free(block), Err(Fault::DoubleFree(pointer(block))));
    assert_eq!(memory.statistics().frees, 1);
    assert_eq!(memory.statistics().ignored_frees, 0);
}

#[test]
fn none_frees_nothing() {
    let mut memory = with("none", 1 << 20);
    let block = allocate(&mut memory, Shape::Bytes(8));
    let text = memory.make_string("some text", 0).unwrap();
    let literal = memory.add_literal("text").unwrap();
    for ignored in [block, block, literal] {
        assert_eq!(memory.free(ignored), Ok(()));
    }
    assert_eq!(memory.free(Value::NULL), Ok(()));
    assert!(memory.free(Value::boolean(true)).is_err());
    assert_eq!(memory.text(text).as_deref(), Ok("some text"));
    memory.store_element(block, 0, Value::integer(1)).unwrap();
    let moved = memory.reallocate(block, 16, 0).unwrap().unwrap();
    assert_eq!(load(&mut memory, Value::pointer(moved), 0), Ok(1));
    assert_eq!(load(&mut memory, block, 0), Ok(1), "the old block lives on");
    let s = memory.statistics();
    assert_eq!((s.frees, s.ignored_frees, s.allocations), (0, 4, 3));
    assert_eq!(memory.leaks(&[]), vec![]);
    assert!(!memory.collection_due());
    assert_eq!(memory.collect(&[]), Ok(()));
    assert_eq!(memory.statistics().collections, 0);
    audit(&memory);
}

#[test]
fn reallocation_keeps_contents_and_kind() {
    let mut memory = memory();
    let elements = array(&mut memory, &[1, 2, 3].map(Value::integer));
    let grown = Value::pointer(memory.reallocate(elements, 5, 99).unwrap().unwrap());
    assert_eq!(memory.length(grown), Ok(5));
    assert_eq!(memory.site(pointer(grown)), Some(99));
    assert_eq!((0..3).map(|k| load(&mut memory, grown, k).unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(matches!(load(&mut memory, grown, 3), Err(Fault::Uninitialised(_))));
    assert_eq!(load(&mut memory, elements, 0), Err(Fault::UseAfterFree(pointer(elements))));
    let shrunk = Value::pointer(memory.reallocate(grown, 2, 0).unwrap().unwrap());
    assert!(matches!(load(&mut memory, shrunk, 2), Err(Fault::OutOfBounds(_))));
    assert_eq!(load(&mut memory, shrunk, 1), Ok(2));
    audit(&memory);

    let bytes = allocate(&mut memory, Shape::Bytes(21));
    memory.write_bytes(bytes, 2, b"abcdefghij").unwrap();
    let shrunk = Value::pointer(memory.reallocate(bytes, 10, 0).unwrap().unwrap());
    let grown = Value::pointer(memory.reallocate(shrunk, 16, 0).unwrap().unwrap());
    let read: Vec<Option<i64>> = (0..16).map(|k| load(&mut memory, grown, k).ok()).collect();
    let mut expected = vec![None; 16];
    for (place, byte) in expected[2..10].iter_mut().zip(b"abcdefgh") {
        *place = Some(i64::from(*byte));
    }
    assert_eq!(read, expected, "what shrinking cut off does not come back");
    audit(&memory);

    let plain = allocate(&mut memory, Shape::Plain(24));
    let plain = Value::pointer(memory.reallocate(plain, 40, 0).unwrap().unwrap());
    assert_eq!(memory.block(plain).unwrap().kind, BlockKind::Plain);
    let (a, b, c) = (FieldName(1), FieldName(2), FieldName(3));
    for (field, value) in [(a, 10), (b, 20), (c, 30)] {
        memory.store_field(plain, field, Value::integer(value)).unwrap();
    }
    let less = Value::pointer(memory.reallocate(plain, 17, 0).unwrap().unwrap());
    assert_eq!(memory.load_field(less, b), Ok(Value::integer(20)));
    assert!(matches!(memory.store_field(less, c, Value::NULL), Err(Fault::FieldDoesNotFit(_, FieldName(3)))));
    let more = Value::pointer(memory.reallocate(less, 24, 0).unwrap().unwrap());
    memory.store_field(more, c, Value::integer(31)).unwrap();
    assert_eq!(memory.load_field(more, c), Ok(Value::integer(31)));
    assert_eq!(memory.load_field(more, a), Ok(Value::integer(10)));
    audit(&memory);
}

#[test]
fn reallocation_refused() {
    let mut memory = with("manual", 8192);
    let block = array(&mut memory, &[Value::integer(5)]);
    assert_eq!(memory.reallocate(block, 1000, 0), Ok(None));
    assert_eq!(memory.reallocate(block, u64::MAX, 0), Ok(None));
    assert_eq!(load(&mut memory, block, 0), Ok(5), "untouched");
    assert_eq!(memory.reallocate(Value::NULL, 4, 0), Err(Fault::NullDereference));
    assert!(matches!(memory.reallocate(Value::integer(1), 4, 0), Err(Fault::NotAReference(_))));
    let text = memory.add_literal("abc").unwrap();
    assert!(matches!(memory.reallocate(text, 4, 0), Err(Fault::Immutable(_))));
    assert!(memory.space.stack.commit(16, Tag::Uninitialised));
    let buffer = memory.place_buffer(9, Shape::Elements(2)).unwrap();
    let refused = memory.reallocate(Value::pointer(buffer), 4, 0);
    assert_eq!(refused, Err(Fault::InvalidFree(buffer, InvalidFree::StackBuffer)));
    memory.free(block).unwrap();
    assert_eq!(memory.reallocate(block, 2, 0), Err(Fault::UseAfterFree(pointer(block))));
    audit(&memory);
}

#[test]
fn serials_run_out_cleanly() {
    let mut memory = memory();
    memory.next_serial = u64::from(u32::MAX);
    let last = allocate(&mut memory, Shape::Bytes(1));
    assert_eq!(pointer(last).serial(), u32::MAX);
    assert_eq!(memory.allocate(Shape::Bytes(1), 0), Err(Fault::Serials));
    assert_eq!(memory.add_literal("one more"), Err(Fault::Serials));
    assert_eq!(memory.place_buffer(0, Shape::Bytes(0)), Err(Fault::OutOfMemory { bytes: 0 }));
    memory.free(last).unwrap();
    audit(&memory);
}

#[test]
fn statics_end_below_the_heap() {
    let mut memory = memory();
    let room = (HEAP_BASE - 0x0040_2000) as usize / 8 - 256;
    assert_eq!(memory.add_globals(room + 1), Err(Fault::OutOfMemory { bytes: (room as u64 + 1) * 8 }));
    assert_eq!(memory.add_globals(usize::MAX), Err(Fault::OutOfMemory { bytes: u64::MAX }));
    assert_eq!(memory.add_globals(room), Ok(256));
    assert!(matches!(memory.add_literal("too much"), Err(Fault::OutOfMemory { .. })));
}

#[derive(Clone, Debug)]
enum Operation {
    Allocate(u64),
    Free(usize),
    Reallocate(usize, u64),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Allocated is freed plus live, the footprint is accounted for, and contents stay, after every step.
    #[test]
    fn figures_are_conserved(operations in prop::collection::vec(prop_oneof![
        4 => (0..200u64).prop_map(Operation::Allocate),
        2 => any::<usize>().prop_map(Operation::Free),
        1 => (any::<usize>(), 1..300u64).prop_map(|(pick, bytes)| Operation::Reallocate(pick, bytes)),
    ], 1..80)) {
        let mut memory = memory();
        let mut live: Vec<(Value, Vec<u8>)> = Vec::new();
        let mut stamp = 0u8;
        for operation in operations {
            stamp = stamp.wrapping_add(1);
            match operation {
                Operation::Allocate(bytes) => {
                    let block = allocate(&mut memory, Shape::Bytes(bytes));
                    memory.fill(block, Value::integer(i64::from(stamp)), bytes).unwrap();
                    live.push((block, vec![stamp; bytes as usize]));
                }
                Operation::Free(pick) if !live.is_empty() => {
                    let (block, _) = live.swap_remove(pick % live.len());
                    memory.free(block).unwrap();
                }
                Operation::Reallocate(pick, bytes) if !live.is_empty() => {
                    let pick = pick % live.len();
                    let (block, mut contents) = live.swap_remove(pick);
                    let moved = Value::pointer(memory.reallocate(block, bytes, 0).unwrap().unwrap());
                    contents.truncate(bytes as usize);
                    live.push((moved, contents));
                }
                _ => {}
            }
            prop_assert_eq!(memory.audit(), Ok(()));
            for (block, contents) in &live {
                let home = memory.resolve(*block).unwrap();
                let read: Vec<u8> = memory.space.heap.bytes(home.header + 1, contents.len()).collect();
                prop_assert_eq!(&read, contents);
                prop_assert_eq!(memory.space.heap.first_uninitialised_byte(home.header + 1, contents.len()), None);
            }
            let s = memory.statistics();
            prop_assert_eq!(s.allocations, s.frees + live.len() as u64);
            prop_assert!(s.peak_live_bytes >= s.live_bytes && s.allocated_bytes >= s.peak_live_bytes);
        }
    }
}

#[test]
fn the_audit_sees_damage() {
    type Damage<'a> = &'a dyn Fn(&mut Memory, usize);
    let damaged = |damage: Damage<'_>| {
        let mut memory = memory();
        let blocks: Vec<Value> = (0..4).map(|_| array(&mut memory, &[Value::integer(1); 3])).collect();
        memory.free(blocks[1]).unwrap();
        audit(&memory);
        let header = memory.resolve(blocks[2]).unwrap().header;
        damage(&mut memory, header);
        memory.audit()
    };
    let cases: [(&str, Damage<'_>); 10] = [
        ("bit 0", &|memory, header| memory.space.heap.words[header] ^= 1),
        ("belongs to no run", &|memory, header| memory.space.heap.tags[header] = Tag::Integer),
        ("boundary tags", &|memory, header| memory.space.heap.words[header - 1] += 2),
        ("free list", &|memory, header| memory.space.heap.words[header - 3] ^= 8 << 32),
        ("free list", &|memory, _| memory.space.heap.words[0] = 0),
        ("finger", &|memory, _| memory.space.heap.words[16] += 8),
        ("finger", &|memory, _| memory.space.heap.words[17] = memory.space.heap.words[16]),
        ("end of the heap", &|memory, _| memory.space.heap.words[1] ^= 1),
        ("holds Bytes", &|memory, header| memory.space.heap.tags[header + 1] = Tag::Bytes),
        ("live bytes", &|memory, _| memory.counts.live_bytes += 1),
    ];
    for (expected, damage) in cases {
        let found = damaged(damage);
        assert!(found.as_ref().is_err_and(|sentence| sentence.contains(expected)), "{expected}: {found:?}");
    }
}
