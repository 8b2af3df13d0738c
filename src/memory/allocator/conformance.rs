//! What every allocator must do. A new row of the table is tested by being there.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::address_space::{HEAP_BASE, Segment};
use super::super::fault::Fault;
use super::super::statistics::HeapStatistics;
use super::super::value::Tag;
use super::{ALLOCATORS, Allocator, Arena, Run, RunState};

/// A step of a trace: words to allocate, or which of the live runs to free.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Allocate(usize),
    Deallocate(usize),
}

/// Traces of up to `length` steps that free about as often as they allocate.
pub fn steps(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let words = prop_oneof![6 => 2..8usize, 3 => 8..70usize, 1 => 300..1500usize];
    let step = prop_oneof![words.prop_map(Step::Allocate), any::<usize>().prop_map(Step::Deallocate)];
    prop::collection::vec(step, 0..length)
}

/// An allocator on a heap of its own, whose live runs are full of ones.
pub struct Harness {
    allocator: &'static dyn Allocator,
    first_run: usize,
    limit: usize,
    pub segment: Segment,
    pub statistics: HeapStatistics,
    /// Start and asked-for words of the live runs.
    live: BTreeMap<usize, usize>,
}

impl Harness {
    pub fn new(allocator: &'static dyn Allocator, first_run: usize, limit: usize) -> Harness {
        let segment = Segment::new(HEAP_BASE, false);
        Harness { allocator, first_run, limit, segment, statistics: HeapStatistics::default(), live: BTreeMap::new() }
    }

    fn arena(&mut self) -> Arena<'_> {
        Arena::new(&mut self.segment, self.first_run, self.limit, &mut self.statistics)
    }

    pub fn allocate(&mut self, words: usize) -> Result<Option<usize>, Fault> {
        let allocator = self.allocator;
        let run = allocator.allocate(&mut self.arena(), words)?;
        if let Some(start) = run {
            let granted = allocator.granted(words);
            assert!(granted >= words && start >= self.first_run && start + granted <= self.segment.words.len());
            let before = self.live.range(..start + granted).next_back();
            assert!(before.is_none_or(|(&other, &asked)| other + allocator.granted(asked) <= start), "runs overlap");
            self.segment.words[start] |= !1;
            self.segment.words[start + 1..start + granted].fill(u64::MAX);
            self.segment.tags[start..start + granted].fill(Tag::Uninitialised);
            self.segment.tags[start] = Tag::ElementsHeader;
            self.live.insert(start, words);
        }
        Ok(run)
    }

    pub fn deallocate(&mut self, start: usize) -> Result<(), Fault> {
        let words = self.live.remove(&start).expect("a live run");
        let allocator = self.allocator;
        allocator.deallocate(&mut self.arena(), start, words)
    }

    /// One of the live runs, with the words asked for.
    pub fn pick(&self, number: usize) -> Option<(usize, usize)> {
        let number = number.checked_rem(self.live.len())?;
        self.live.iter().nth(number).map(|(&start, &words)| (start, words))
    }

    pub fn free_runs(&self) -> Vec<(usize, usize)> {
        let free = self.runs().into_iter().filter(|run| run.state == RunState::Free);
        free.map(|run| (run.start, run.words)).collect()
    }

    fn runs(&self) -> Vec<Run> {
        let tags = &self.segment.tags;
        let (mut runs, mut start) = (Vec::new(), 0);
        while start < tags.len() {
            let following = |tag| 1 + tags[start + 1..].iter().take_while(|&&other| other == tag).count();
            let (state, words) = match (self.live.get(&start), tags[start]) {
                (Some(&asked), _) => (RunState::Live, self.allocator.granted(asked)),
                (None, Tag::Control) => (RunState::Control, following(Tag::Control)),
                (None, Tag::FreeHeader) => (RunState::Free, following(Tag::Free)),
                (None, tag) => panic!("word {start} is {tag:?}"),
            };
            runs.push(Run { start, words, state });
            start += words;
        }
        runs
    }

    fn audit(&self) {
        let runs = self.runs();
        let live = runs.iter().filter(|run| run.state == RunState::Live).count();
        assert_eq!(live, self.live.len());
        assert_eq!(self.allocator.audit(&self.segment, &runs), Ok(()));
        assert_eq!(self.statistics.footprint_bytes, self.segment.words.len() as u64 * 8);
    }
}

/// Every allocator, for either number of header words.
fn harnesses(limit: usize) -> impl Iterator<Item = Harness> {
    ALLOCATORS.iter().flat_map(move |row| [479, 478].map(|first_run| Harness::new(row.allocator, first_run, limit)))
}

#[test]
fn names_are_unique_and_found() {
    for row in ALLOCATORS {
        assert_eq!(ALLOCATORS.iter().filter(|other| other.name == row.name).count(), 1);
        assert_eq!(super::find(row.name).map(|found| found.help), Some(row.help));
    }
    assert!(super::find("worst-fit").is_none());
}

#[test]
fn takes_nothing_before_the_first_allocation() {
    for mut harness in harnesses(1 << 20) {
        assert!(harness.segment.words.is_empty());
        assert_eq!(harness.allocate(3).unwrap(), Some(harness.first_run));
        assert_eq!(harness.segment.words.len() % 512, 0);
        harness.audit();
    }
}

#[test]
fn refuses_what_the_limit_forbids_and_serves_what_it_allows() {
    for mut harness in harnesses(2 * 512) {
        assert_eq!(harness.allocate(600).unwrap(), None);
        assert_eq!(harness.allocate(usize::MAX / 2).unwrap(), None);
        let mut served = 0;
        while let Some(run) = harness.allocate(8).unwrap() {
            served += harness.allocator.granted(8);
            assert!(run + 8 <= 1024);
            harness.audit();
        }
        assert!(served > 500, "{served} words of two pages");
        assert_eq!(harness.allocate(8).unwrap(), None);
        let (run, _) = harness.pick(7).unwrap();
        harness.deallocate(run).unwrap();
        assert_eq!(harness.allocate(8).unwrap(), Some(run));
        harness.audit();
    }
}

#[test]
fn is_quick_where_frees_are_local() {
    for mut harness in harnesses(1 << 24) {
        let runs: Vec<usize> = (0..50_000).map(|_| harness.allocate(4).unwrap().unwrap()).collect();
        for &run in runs.iter().step_by(2).chain(runs.iter().skip(1).step_by(2).rev()) {
            harness.deallocate(run).unwrap();
        }
        assert!(harness.statistics.search_steps < 200_000, "{} steps", harness.statistics.search_steps);
        harness.audit();
    }
}

#[test]
fn is_not_quadratic_where_frees_are_scattered() {
    for mut harness in harnesses(1 << 24) {
        let mut runs: Vec<usize> = (0..50_000).map(|_| harness.allocate(4).unwrap().unwrap()).collect();
        let mut state = 1u64;
        for last in (1..runs.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            runs.swap(last, (state >> 33) as usize % (last + 1));
        }
        for run in runs {
            harness.deallocate(run).unwrap();
        }
        assert!(harness.statistics.search_steps < 1_000_000, "{} steps", harness.statistics.search_steps);
        harness.audit();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn runs_are_disjoint_inside_and_large_enough(steps in steps(120)) {
        for mut harness in harnesses(1 << 20) {
            for &step in &steps {
                match step {
                    Step::Allocate(words) => prop_assert!(harness.allocate(words).unwrap().is_some()),
                    Step::Deallocate(pick) => {
                        if let Some((run, _)) = harness.pick(pick) {
                            harness.deallocate(run).unwrap();
                        }
                    }
                }
                harness.audit();
            }
            // Everything freed gives one maximal run, which serves all that the heap holds.
            while let Some((run, _)) = harness.pick(usize::MAX / 3) {
                harness.deallocate(run).unwrap();
                harness.audit();
            }
            let words = harness.segment.words.len();
            if words > 0 {
                prop_assert_eq!(harness.free_runs(), vec![(harness.first_run, words - harness.first_run)]);
                prop_assert_eq!(harness.allocate(words - harness.first_run).unwrap(), Some(harness.first_run));
                prop_assert_eq!(harness.segment.words.len(), words);
            }
        }
    }

    /// Whatever a program without checks writes over the allocator's words, the host is safe and every
    /// call returns.
    #[test]
    fn survives_corruption(
        before in steps(40),
        smashes in prop::collection::vec((any::<usize>(), any::<u64>(), any::<u8>()), 1..20),
        after in steps(40),
    ) {
        for mut harness in harnesses(1 << 14) {
            let run = |harness: &mut Harness, step: Step| match step {
                Step::Allocate(words) => {
                    let allocator = harness.allocator;
                    let _ = allocator.allocate(&mut harness.arena(), words);
                }
                Step::Deallocate(pick) => {
                    if let Some((run, _)) = harness.pick(pick) {
                        let _ = harness.deallocate(run);
                    }
                }
            };
            for &step in &before {
                match step {
                    Step::Allocate(words) => drop(harness.allocate(words).unwrap()),
                    step => run(&mut harness, step),
                }
            }
            let allocator_words: Vec<usize> = harness
                .runs()
                .into_iter()
                .filter(|run| run.state != RunState::Live)
                .flat_map(|run| [run.start, run.start + 1, run.start + 2, run.start + run.words - 1])
                .filter(|&index| index < harness.segment.words.len())
                .collect();
            for &(pick, word, near) in &smashes {
                if let Some(pick) = pick.checked_rem(allocator_words.len()) {
                    let index = allocator_words[pick];
                    let address = u64::from(HEAP_BASE) + u64::from(near) * 32;
                    let low = harness.segment.words[index] & 0xFFFF_FFFF;
                    harness.segment.words[index] = if word % 2 == 0 { word } else { address << 32 | low };
                }
            }
            for &step in &after {
                run(&mut harness, step);
            }
        }
    }
}
