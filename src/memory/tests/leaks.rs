//! What is lost, and how.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use LostKind::{DefinitelyLost, IndirectlyLost, StillReachable};

/// Blocks of three elements, `edges` between them.
fn graph(memory: &mut Memory, count: usize, edges: &[(usize, usize)]) -> Vec<Value> {
    let nodes: Vec<Value> = (0..count).map(|_| array(memory, &[Value::NULL; 3])).collect();
    let mut used = vec![0; count];
    for &(from, to) in edges {
        memory.store_element(nodes[from], used[from], nodes[to]).unwrap();
        used[from] += 1;
    }
    nodes
}

fn kinds(memory: &mut Memory, held: &[Value]) -> Vec<LostKind> {
    let roots = roots(memory, held);
    memory.leaks(&roots).iter().map(|lost| lost.kind).collect()
}

#[track_caller]
fn check(count: usize, edges: &[(usize, usize)], roots: &[usize], expected: &[LostKind]) {
    let mut memory = memory();
    let nodes = graph(&mut memory, count, edges);
    let roots: Vec<Value> = roots.iter().map(|&root| nodes[root]).collect();
    assert_eq!(kinds(&mut memory, &roots), expected);
}

#[test]
fn shapes() {
    use DefinitelyLost as D;
    use IndirectlyLost as I;
    use StillReachable as S;
    check(0, &[], &[], &[]);
    check(3, &[(2, 1), (1, 0)], &[], &[I, I, D]);
    check(3, &[(2, 1), (1, 0)], &[1], &[S, S, D]);
    check(3, &[(0, 1), (1, 2), (2, 0)], &[], &[D, I, I]);
    check(3, &[(0, 1), (1, 2), (2, 0)], &[2], &[S, S, S]);
    // A block that points at itself; a shared child; a child shared with what is reachable.
    check(1, &[(0, 0)], &[], &[D]);
    check(3, &[(0, 1), (2, 1)], &[], &[D, I, D]);
    check(3, &[(0, 1), (2, 1)], &[0], &[S, S, D]);
    // A ring (0, 1) under a ring (2, 3); a ring under a block; two rings that share a tail.
    check(4, &[(0, 1), (1, 0), (2, 3), (3, 2), (3, 1)], &[], &[I, I, D, I]);
    check(3, &[(0, 1), (1, 0), (2, 1)], &[], &[I, I, D]);
    check(5, &[(1, 2), (2, 1), (3, 4), (4, 3), (2, 0), (4, 0)], &[], &[I, D, I, D, I]);
}

#[test]
fn only_strong_live_references_keep_a_block() {
    let mut memory = memory();
    let nodes = graph(&mut memory, 4, &[(0, 1)]);
    let weak = Value::new(nodes[2].word, Tag::WeakPointer);
    memory.store_element(nodes[0], 1, weak).unwrap();
    memory.free(nodes[3]).unwrap();
    memory.store_element(nodes[0], 2, nodes[3]).unwrap();
    let tenant = array(&mut memory, &[Value::NULL; 3]);
    assert_eq!(tenant.as_pointer().address(), nodes[3].as_pointer().address());
    let text = memory.make_string("kept", 44).unwrap();
    let literal = memory.add_literal("static").unwrap();
    let roots = [nodes[0], text, literal, Value::integer(nodes[2].word as i64), Value::NULL];
    let roots = super::roots(&mut memory, &roots);
    let lost = memory.leaks(&roots);
    let found: Vec<LostKind> = lost.iter().map(|lost| lost.kind).collect();
    assert_eq!(found, [StillReachable, StillReachable, DefinitelyLost, DefinitelyLost, StillReachable]);
    assert_eq!(lost[4].site, 44);
    assert_eq!(lost[4].block, memory.block(text).unwrap());
}

#[test]
fn a_pointer_into_a_block_keeps_it() {
    let mut memory = memory();
    let layout = memory.layouts.add_record(0, &[(FieldName(0), 0), (FieldName(1), 4)]);
    let record = allocate(&mut memory, Shape::Fields(layout));
    let child = array(&mut memory, &[]);
    let slots = memory.load_field(record, FieldName(1)).unwrap();
    memory.store_element(slots, 2, child).unwrap();
    let holder = array(&mut memory, &[slots]);
    assert_eq!(kinds(&mut memory, &[slots]), [StillReachable, StillReachable, DefinitelyLost]);
    assert_eq!(kinds(&mut memory, &[]), [IndirectlyLost, IndirectlyLost, DefinitelyLost]);
    memory.free(record).unwrap();
    assert_eq!(kinds(&mut memory, &[holder]), [DefinitelyLost, StillReachable]);
}

#[test]
fn many_lost_nodes() {
    let mut memory = memory();
    let first = array(&mut memory, &[Value::NULL]);
    let mut last = first;
    for _ in 1..100_000 {
        last = array(&mut memory, &[last]);
    }
    let list = memory.leaks(&[]);
    assert_eq!(list.iter().filter(|lost| lost.kind == DefinitelyLost).count(), 1);
    assert_eq!(list.last().map(|lost| lost.kind), Some(DefinitelyLost));
    assert!(kinds(&mut memory, &[last]).iter().all(|&kind| kind == StillReachable));
    memory.store_element(first, 0, last).unwrap();
    let ring = memory.leaks(&[]);
    assert_eq!(ring[0].kind, DefinitelyLost);
    assert!(ring[1..].iter().all(|lost| lost.kind == IndirectlyLost));
}

/// The nodes that `from` leads to.
fn closure(edges: &[(usize, usize)], from: &[usize]) -> HashSet<usize> {
    let mut seen: HashSet<usize> = from.iter().copied().collect();
    loop {
        let more: Vec<usize> =
            edges.iter().filter(|(a, b)| seen.contains(a) && !seen.contains(b)).map(|&(_, b)| b).collect();
        if more.is_empty() {
            return seen;
        }
        seen.extend(more);
    }
}

proptest! {
    /// A lost block is definitely lost if everything lost that leads to it is also led to by it, and
    /// it is the lowest of those.
    #[test]
    fn agrees_with_the_definition(
        edges in prop::collection::vec((0..9usize, 0..9usize), 0..14),
        roots in prop::collection::vec(0..9usize, 0..3),
    ) {
        let mut used = [0; 9];
        let edges: Vec<(usize, usize)> = edges.into_iter().filter(|&(from, _)| { used[from] += 1; used[from] <= 3 }).collect();
        let mut memory = memory();
        let nodes = graph(&mut memory, 9, &edges);
        let root_values: Vec<Value> = roots.iter().map(|&root| nodes[root]).collect();
        let reachable = closure(&edges, &roots);
        let lost: Vec<usize> = (0..9).filter(|node| !reachable.contains(node)).collect();
        let expected: Vec<LostKind> = (0..9).map(|node| {
            if reachable.contains(&node) {
                return StillReachable;
            }
            let leads_here: Vec<usize> = lost.iter().copied().filter(|&other| closure(&edges, &[other]).contains(&node)).collect();
            let led_to = closure(&edges, &[node]);
            let source = leads_here.iter().all(|other| led_to.contains(other));
            if source && leads_here.iter().all(|&other| other >= node) { DefinitelyLost } else { IndirectlyLost }
        }).collect();
        prop_assert_eq!(kinds(&mut memory, &root_values), expected);
    }
}
