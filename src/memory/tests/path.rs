//! The shortest way to a block.

use super::*;
use crate::memory::{Block, Path};

fn block(memory: &Memory, value: Value) -> Block {
    memory.block(value).unwrap()
}

/// The index of the root, and the words that lead on from block to block.
fn steps(path: &Path) -> (usize, Vec<u32>) {
    (path.root, path.hops.iter().filter_map(|hop| hop.from).collect())
}

#[test]
fn the_shortest_way_is_found_and_of_equal_ones_the_first() {
    let mut memory = memory();
    let target = array(&mut memory, &[]);
    let near = array(&mut memory, &[Value::integer(1), target, target]);
    let far = array(&mut memory, &[near]);
    let block = block(&memory, target);
    let second_word = near.as_pointer().address() + 8;
    let way = |roots: &[Value]| memory.path(roots, &block).map(|path| steps(&path));
    assert_eq!(way(&[far, Value::NULL, near, near]), Some((2, vec![second_word])));
    assert_eq!(way(&[far]), Some((0, vec![far.as_pointer().address(), second_word])));
    assert_eq!(way(&[near, target]), Some((1, vec![])));
    assert_eq!(way(&[Value::integer(i64::from(target.as_pointer().address()))]), None);
    assert_eq!(way(&[]), None);
}

#[test]
fn weak_places_and_dangling_pointers_lead_nowhere() {
    let mut memory = memory();
    let target = array(&mut memory, &[]);
    let weak = array(&mut memory, &[Memory::weaken(target)]);
    let gone = array(&mut memory, &[target]);
    memory.free(gone).unwrap();
    let target = block(&memory, target);
    assert_eq!(memory.path(&[weak, gone], &target), None);
    let referrers: Vec<(u32, bool)> =
        memory.referrers(&target).into_iter().map(|referrer| (referrer.address, referrer.weak)).collect();
    assert_eq!(referrers, [(weak.as_pointer().address(), true)]);
}

#[test]
fn a_cycle_leads_back_to_where_it_begins() {
    let mut memory = memory();
    let first = allocate(&mut memory, Shape::Elements(2));
    let second = array(&mut memory, &[first]);
    let aside = array(&mut memory, &[first]);
    memory.store_element(first, 0, aside).unwrap();
    memory.store_element(first, 1, second).unwrap();
    let entry = block(&memory, first);
    let path = memory.cycle(&entry).unwrap();
    assert_eq!(steps(&path).1, [entry.pointer.address(), aside.as_pointer().address()]);
    assert_eq!(path.hops.last().map(|hop| hop.block), Some(entry));
    memory.store_element(first, 0, first).unwrap();
    assert_eq!(memory.cycle(&entry).unwrap().hops.len(), 1);
    let alone = array(&mut memory, &[first]);
    assert_eq!(memory.cycle(&block(&memory, alone)), None);
}

#[test]
fn a_long_way_takes_no_host_stack() {
    let mut memory = memory();
    let last = array(&mut memory, &[]);
    let mut list = last;
    for _ in 0..100_000 {
        list = array(&mut memory, &[list]);
    }
    let path = memory.path(&[list], &block(&memory, last)).unwrap();
    assert_eq!(path.hops.len(), 100_001);
}
