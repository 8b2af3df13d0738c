//! What every strategy must do: what can be reached survives, what cannot goes as far as the strategy
//! promises, in an order that repeats itself, and the figures add up. A new row of the table is tested
//! by being there.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::super::layout::FieldName;
use super::super::{Event, Fault, LayoutId, Memory, MemoryOptions, Root, Shape, Tag, Value};
use super::{Requirements, STRATEGIES, StrategyRow};

/// Variables of a mutator.
const VARIABLES: usize = 4;
/// Words of a node that hold references: two fields, and an embedded array of two.
const WORDS: usize = 4;
const FIELDS: [FieldName; 2] = [FieldName(0), FieldName(1)];
const ARRAY: FieldName = FieldName(2);

/// How one node refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Strong,
    /// To its embedded array.
    Inside,
    Weak,
}

/// What a program may do.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A variable := a new node.
    Allocate(usize),
    /// A word of the node in a variable := a reference to the node in another.
    Link(usize, usize, usize, Edge),
    /// A word of the node in a variable := null.
    Cut(usize, usize),
    /// A variable := what a word of the node in another refers to.
    Follow(usize, usize, usize),
    /// A variable := null.
    Clear(usize),
    Collect,
}

/// A program: a few variables, and a model of what it has made.
struct Mutator {
    requirements: Requirements,
    memory: Memory,
    layout: LayoutId,
    /// What it holds: node and reference.
    variables: [Option<usize>; VARIABLES],
    roots: [Root; VARIABLES],
    /// Where the variables are: globals.
    first_global: usize,
    /// By node: its words.
    nodes: Vec<[Option<(usize, Edge)>; WORDS]>,
    /// By node: the reference to it.
    references: Vec<Value>,
}

impl Mutator {
    fn new(row: &StrategyRow) -> Mutator {
        let mut memory = Memory::new(&MemoryOptions {
            strategy: row.name,
            allocator: "first-fit",
            heap_bytes: 64 << 20,
            stack_bytes: 4096,
            static_base: 0x0040_2000,
            residue: true,
        });
        memory.journal.open();
        let layout = memory.layouts.add_record(0, &[(FIELDS[0], 0), (FIELDS[1], 0), (ARRAY, 2)]);
        let first_global = memory.add_globals(VARIABLES).unwrap();
        Mutator {
            requirements: row.requirements,
            memory,
            layout,
            variables: [None; VARIABLES],
            roots: std::array::from_fn(|variable| Root::global(first_global + variable)),
            first_global,
            nodes: Vec::new(),
            references: Vec::new(),
        }
    }

    fn all() -> impl Iterator<Item = Mutator> {
        STRATEGIES.iter().map(Mutator::new)
    }

    /// A new node, allocated at a site that tells which it is.
    fn node(&mut self) -> usize {
        let node = self.nodes.len();
        let pointer = self.memory.allocate(Shape::Fields(self.layout), node as u32).unwrap().expect("room");
        self.nodes.push([None; WORDS]);
        self.references.push(Value::pointer(pointer));
        for word in 0..WORDS {
            self.store(node, word, Value::NULL);
        }
        node
    }

    /// A new node in a variable.
    fn node_in(&mut self, variable: usize) -> usize {
        let node = self.node();
        self.assign(variable, Some(node));
        self.let_go(node);
        node
    }

    /// What compiled code does when the temporary that an allocation gave is not needed any more.
    fn let_go(&mut self, node: usize) {
        if self.requirements.counts {
            self.memory.release(self.references[node]).unwrap();
        }
    }

    /// What compiled code does to assign a variable.
    fn assign(&mut self, variable: usize, node: Option<usize>) {
        self.variables[variable] = node;
        let value = node.map_or(Value::NULL, |node| self.references[node]);
        self.memory.put_global(self.first_global + variable, value).unwrap();
    }

    /// What compiled code does to assign a field, or an element of an embedded array.
    fn store(&mut self, node: usize, word: usize, value: Value) {
        let object = self.references[node];
        match FIELDS.get(word) {
            Some(&field) => self.memory.store_field(object, field, value).unwrap(),
            None => {
                let array = self.memory.load_field(object, ARRAY).unwrap();
                self.memory.store_element(array, (word - FIELDS.len()) as i64, value).unwrap();
            }
        }
    }

    fn load(&mut self, node: usize, word: usize) -> Value {
        let object = self.references[node];
        match FIELDS.get(word) {
            Some(&field) => self.memory.load_field(object, field).unwrap(),
            None => {
                let array = self.memory.load_field(object, ARRAY).unwrap();
                self.memory.load_element(array, (word - FIELDS.len()) as i64, 0).unwrap()
            }
        }
    }

    fn is_alive(&self, node: usize) -> bool {
        self.memory.block(self.references[node]).is_ok()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Allocate(variable) => {
                self.node_in(variable);
            }
            Step::Link(from, word, to, edge) => {
                let (Some(from), Some(to)) = (self.variables[from], self.variables[to]) else { return };
                let reference = self.references[to];
                let value = match edge {
                    Edge::Strong => reference,
                    Edge::Inside => self.memory.load_field(reference, ARRAY).unwrap(),
                    Edge::Weak => Memory::weaken(reference),
                };
                self.store(from, word, value);
                self.nodes[from][word] = Some((to, edge));
            }
            Step::Cut(from, word) => {
                let Some(from) = self.variables[from] else { return };
                self.store(from, word, Value::NULL);
                self.nodes[from][word] = None;
            }
            Step::Follow(variable, from, word) => {
                let Some(from) = self.variables[from] else { return };
                let target = self.nodes[from][word].map(|(target, _)| target);
                self.assign(variable, target.filter(|&target| self.is_alive(target)));
            }
            Step::Clear(variable) => self.assign(variable, None),
            Step::Collect => self.memory.collect(&self.roots).unwrap(),
        }
    }

    /// The nodes that the variables lead to.
    fn reachable(&self) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut work: Vec<usize> = self.variables.into_iter().flatten().collect();
        while let Some(node) = work.pop() {
            if seen.insert(node) {
                work.extend(
                    self.nodes[node].into_iter().flatten().filter(|&(_, edge)| edge != Edge::Weak).map(|to| to.0),
                );
            }
        }
        seen
    }

    /// Checks everything that holds at any time.
    fn check(&mut self) {
        assert_eq!(self.memory.audit_with(&self.roots, &self.roots), Ok(()));
        for node in self.reachable() {
            assert!(self.is_alive(node), "node {node} can be reached");
            assert_eq!(self.memory.site(self.references[node].as_pointer()), Some(node as u32));
            for word in 0..WORDS {
                let loaded = self.load(node, word);
                match self.nodes[node][word] {
                    None => assert_eq!(loaded, Value::NULL),
                    Some((to, Edge::Strong)) => assert_eq!(loaded, self.references[to]),
                    Some((to, Edge::Inside)) => {
                        assert_eq!(loaded.tag, Tag::InteriorPointer);
                        assert_eq!(loaded.as_pointer().serial(), self.references[to].as_pointer().serial());
                    }
                    Some((to, Edge::Weak)) if self.is_alive(to) => assert_eq!(loaded, self.references[to]),
                    Some((_, Edge::Weak)) => assert_eq!(loaded, Value::NULL),
                }
            }
        }
        let figures = self.memory.statistics();
        let live = (0..self.nodes.len()).filter(|&node| self.is_alive(node)).count() as u64;
        assert_eq!(figures.allocations, self.nodes.len() as u64);
        assert_eq!(figures.allocations, figures.frees + live);
        assert_eq!(figures.live_bytes, live * 8 * WORDS as u64);
        assert_eq!(figures.allocated_bytes, figures.allocations * 8 * WORDS as u64);
        if !self.requirements.reclaims() {
            assert_eq!(figures.frees, 0, "nobody has freed anything");
        }
    }

    /// Checks what a collection promises: that exactly what can be reached is left.
    fn check_collected(&self) {
        if self.requirements.collects {
            let alive: BTreeSet<usize> = (0..self.nodes.len()).filter(|&node| self.is_alive(node)).collect();
            assert_eq!(alive, self.reachable());
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let variable = || 0..VARIABLES;
    let edge = prop_oneof![4 => Just(Edge::Strong), 1 => Just(Edge::Inside), 1 => Just(Edge::Weak)];
    let step = prop_oneof![
        5 => variable().prop_map(Step::Allocate),
        6 => (variable(), 0..WORDS, variable(), edge).prop_map(|(from, word, to, edge)| Step::Link(from, word, to, edge)),
        1 => (variable(), 0..WORDS).prop_map(|(from, word)| Step::Cut(from, word)),
        4 => (variable(), variable(), 0..WORDS).prop_map(|(to, from, word)| Step::Follow(to, from, word)),
        2 => variable().prop_map(Step::Clear),
        1 => Just(Step::Collect),
    ];
    prop::collection::vec(step, 0..60)
}

#[test]
fn names_are_unique_and_found() {
    for row in STRATEGIES {
        assert_eq!(STRATEGIES.iter().filter(|other| other.name == row.name).count(), 1);
        assert_eq!(super::find(row.name).map(|found| found.help), Some(row.help));
    }
    assert!(super::find("manaul").is_none());
}

#[test]
fn unreachable_cycles_go_with_a_collector() {
    for mut mutator in Mutator::all() {
        let ring: Vec<usize> = (0..3).map(|variable| mutator.node_in(variable)).collect();
        for at in 0..3 {
            mutator.take(Step::Link(at, at, (at + 1) % 3, Edge::Strong));
        }
        (1..3).for_each(|variable| mutator.take(Step::Clear(variable)));
        mutator.take(Step::Collect);
        assert!(ring.iter().all(|&node| mutator.is_alive(node)));
        mutator.take(Step::Clear(0));
        mutator.take(Step::Collect);
        mutator.check();
        assert_eq!(ring.iter().any(|&node| mutator.is_alive(node)), !mutator.requirements.collects);
    }
}

#[test]
fn faults_carry_their_sites() {
    for mut mutator in Mutator::all() {
        let (lost, kept) = (mutator.node(), mutator.node_in(1));
        mutator.let_go(lost);
        mutator.take(Step::Collect);
        let memory = &mut mutator.memory;
        let array = memory.load_field(mutator.references[kept], ARRAY).unwrap();
        let Err(Fault::OutOfBounds(access)) = memory.store_element(array, 2, Value::NULL) else { panic!() };
        assert_eq!(memory.site(access.block.pointer), Some(kept as u32));
        // Of what is gone, the serial is left, also where the memory has a new tenant.
        let gone = mutator.references[lost];
        mutator.node();
        if let Err(fault) = mutator.memory.load_field(gone, FIELDS[0]) {
            assert!(mutator.requirements.reclaims());
            assert_eq!(fault, Fault::UseAfterFree(gone.as_pointer()));
            assert_eq!(mutator.memory.site(gone.as_pointer()), None);
        }
    }
}

#[test]
fn a_long_list_needs_no_host_stack() {
    for mut mutator in Mutator::all() {
        let first = mutator.node_in(0);
        for _ in 1..100_000 {
            mutator.take(Step::Allocate(1));
            mutator.take(Step::Link(1, 0, 0, Edge::Strong));
            let newest = mutator.variables[1];
            mutator.assign(0, newest);
        }
        mutator.take(Step::Clear(1));
        mutator.take(Step::Collect);
        assert!(mutator.is_alive(first));
        mutator.take(Step::Clear(0));
        mutator.take(Step::Collect);
        assert_eq!(mutator.is_alive(first), !mutator.requirements.reclaims());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/strategies.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_can_be_reached_survives_and_nothing_else_after_a_collection(steps in steps()) {
        for mut mutator in Mutator::all() {
            for &step in &steps {
                mutator.take(step);
                mutator.check();
                if matches!(step, Step::Collect) {
                    mutator.check_collected();
                }
            }
            (0..VARIABLES).for_each(|variable| mutator.take(Step::Clear(variable)));
            mutator.take(Step::Collect);
            mutator.check();
            mutator.check_collected();
        }
    }

    #[test]
    fn the_order_of_reclamation_repeats_itself(steps in steps()) {
        for row in STRATEGIES {
            let [first, second] = [(), ()].map(|()| {
                let mut mutator = Mutator::new(row);
                let mut events = Vec::new();
                for &step in &steps {
                    mutator.take(step);
                    let new = mutator.memory.journal.take();
                    if matches!(step, Step::Collect) {
                        // A sweep goes through the heap once, upwards.
                        let addresses: Vec<u32> = new.iter().map(|event| {
                            let Event::Freed(serial) = *event else { panic!("a collection allocates nothing") };
                            let freed = mutator.references.iter().find(|reference| reference.as_pointer().serial() == serial);
                            freed.expect("a node").as_pointer().address()
                        }).collect();
                        prop_assert!(addresses.is_sorted());
                    }
                    events.extend(new);
                }
                Ok((events, mutator.references))
            });
            prop_assert_eq!(first?, second?);
        }
    }
}
