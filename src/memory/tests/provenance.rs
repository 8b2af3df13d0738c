//! Every stale pointer faults and every live one works, whatever has happened to the memory since.

use proptest::prelude::*;

use super::super::block::header;
use super::*;

#[derive(Clone, Debug)]
enum Step {
    Allocate(u8, u64),
    Free(usize),
    /// Place a stack buffer at one of eight places, or remove it.
    Place(usize, u64),
    Remove(usize),
}

fn shape(memory: &mut Memory, kind: u8, size: u64) -> Shape {
    match kind % 5 {
        0 => Shape::Elements(size),
        1 => Shape::Bytes(size * 7),
        2 => Shape::Plain(size * 5),
        3 => Shape::String { bytes: size * 3, ascii: size.is_multiple_of(2) },
        _ => {
            let embedded = size as u32 + 1;
            Shape::Fields(memory.layouts.add_record(0, &[(FieldName(0), 0), (FieldName(1), embedded)]))
        }
    }
}

/// Fills a block with what might pass for a header of `victim`.
fn forge(memory: &mut Memory, block: Value, victim: Pointer) {
    let forged = header(victim.serial(), 100);
    match memory.block(block).unwrap().kind {
        BlockKind::Elements => {
            let count = memory.length(block).unwrap();
            memory.fill(block, Value::integer(forged as i64), count).unwrap();
        }
        BlockKind::Bytes | BlockKind::Plain => {
            let bytes: Vec<u8> = forged.to_le_bytes().repeat(100);
            let length = memory.length(block).unwrap() as usize;
            memory.write_bytes(block, 0, &bytes[..length]).unwrap();
        }
        BlockKind::Fields(_) => {
            memory.store_field(block, FieldName(0), Value::integer(forged as i64)).unwrap();
            let array = memory.load_field(block, FieldName(1)).unwrap();
            memory.fill(array, Value::integer(forged as i64), memory.length(array).unwrap()).unwrap();
        }
        BlockKind::String { .. } => {}
    }
}

proptest! {
    #[test]
    fn pointers_are_valid_exactly_while_their_block_lives(steps in prop::collection::vec(prop_oneof![
        4 => (any::<u8>(), 0..12u64).prop_map(|(kind, size)| Step::Allocate(kind, size)),
        3 => any::<usize>().prop_map(Step::Free),
        2 => (0..8usize, 0..6u64).prop_map(|(place, size)| Step::Place(place, size)),
        1 => (0..8usize).prop_map(Step::Remove),
    ], 1..120)) {
        let mut memory = memory();
        prop_assert!(memory.space.stack.commit(256, Tag::Uninitialised));
        let mut live: Vec<Value> = Vec::new();
        let mut dead: Vec<Value> = Vec::new();
        let mut buffers: [Option<Value>; 8] = [None; 8];
        for step in steps {
            match step {
                Step::Allocate(kind, size) => {
                    let shape = shape(&mut memory, kind, size);
                    let block = allocate(&mut memory, shape);
                    let victim = dead.first().copied().unwrap_or(block);
                    forge(&mut memory, block, victim.as_pointer());
                    live.push(block);
                    if let Ok(inside) = memory.load_field(block, FieldName(1)) {
                        live.push(inside);
                    }
                }
                Step::Free(pick) if !live.is_empty() => {
                    let block = live[pick % live.len()];
                    if block.tag == Tag::Pointer {
                        let serial = block.as_pointer().serial();
                        let (gone, kept) = live.into_iter().partition(|other| other.as_pointer().serial() == serial);
                        dead.extend::<Vec<Value>>(gone);
                        live = kept;
                        memory.free(block).unwrap();
                    }
                }
                Step::Place(place, size) => {
                    dead.extend(buffers[place].take());
                    let buffer = Value::pointer(memory.place_buffer(10 + 12 * place, Shape::Bytes(size * 8)).unwrap());
                    let victim = dead.first().copied().unwrap_or(buffer);
                    forge(&mut memory, buffer, victim.as_pointer());
                    buffers[place] = Some(buffer);
                }
                Step::Remove(place) => {
                    if let Some(buffer) = buffers[place].take() {
                        memory.remove_buffer(10 + 12 * place).unwrap();
                        dead.push(buffer);
                    }
                }
                Step::Free(_) => {}
            }
            for &value in live.iter().chain(buffers.iter().flatten()) {
                let block = memory.block(value).unwrap();
                prop_assert_eq!(block.pointer.serial(), value.as_pointer().serial());
            }
            for &value in &dead {
                let pointer = value.as_pointer();
                let expected = match memory.block(value) {
                    Err(Fault::UseAfterFree(stale)) => stale == pointer && pointer.address() < 0x8000_0000,
                    Err(Fault::StackUseAfterReturn(stale)) => stale == pointer && pointer.address() > 0x8000_0000,
                    _ => false,
                };
                prop_assert!(expected, "{:?}", memory.block(value));
            }
        }
        prop_assert_eq!(memory.audit(), Ok(()));
    }
}

#[test]
fn data_never_passes_for_a_header() {
    let mut memory = memory();
    let small = allocate(&mut memory, Shape::Elements(1));
    let victim = allocate(&mut memory, Shape::Elements(2));
    memory.free(victim).unwrap();
    memory.free(small).unwrap();
    let large = allocate(&mut memory, Shape::Elements(8));
    let index = i64::from(victim.as_pointer().address() - large.as_pointer().address()) / 8 - 1;
    let forged = header(victim.as_pointer().serial(), 2);
    memory.store_element(large, index, Value::integer(forged as i64)).unwrap();
    assert_eq!(load(&mut memory, victim, 0), Err(Fault::UseAfterFree(victim.as_pointer())));
    assert_eq!(memory.free(victim), Err(Fault::DoubleFree(victim.as_pointer())));
}
