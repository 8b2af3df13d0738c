//! First fit: the lowest free run that is large enough.

use super::super::address_space::Segment;
use super::super::fault::Fault;
use super::{Allocator, Arena, Run, free_list};

/// The allocator of that name.
#[derive(Clone, Copy, Debug)]
pub struct FirstFit;

impl Allocator for FirstFit {
    fn allocate(&self, arena: &mut Arena<'_>, words: usize) -> Result<Option<usize>, Fault> {
        let mut walk = free_list::Walk::new(arena);
        while let Some(run) = walk.step(arena)? {
            if run.words >= words {
                return Ok(Some(free_list::take(arena, run, words)?));
            }
        }
        match free_list::extend(arena, walk.last, words)? {
            Some(run) => Ok(Some(free_list::take(arena, run, words)?)),
            None => Ok(None),
        }
    }

    fn deallocate(&self, arena: &mut Arena<'_>, run: usize, words: usize) -> Result<(), Fault> {
        Ok(free_list::give_back(arena, run, words)?)
    }

    fn own_words(&self, heap: &Segment, run: &Run) -> Vec<(&'static str, u64)> {
        free_list::own_words(heap, run)
    }

    fn audit(&self, heap: &Segment, runs: &[Run]) -> Result<(), String> {
        free_list::audit(heap, runs)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::conformance::{Harness, Step, steps};
    use super::*;

    /// First fit over a map from start to length of the free runs, which never touch.
    struct Model {
        free: BTreeMap<usize, usize>,
        end: usize,
    }

    impl Model {
        fn allocate(&mut self, words: usize) -> usize {
            if !self.free.values().any(|&length| length >= words) {
                let tail = self.free.last_key_value().filter(|&(start, length)| start + length == self.end);
                let (start, tail) = tail.map_or((self.end, 0), |(&start, &length)| (start, length));
                let end = (self.end + words - tail).next_multiple_of(512);
                self.free.insert(start, end - start);
                self.end = end;
            }
            let (start, length) = self.free.iter().map(|(&a, &b)| (a, b)).find(|&(_, length)| length >= words).unwrap();
            self.free.remove(&start);
            if length > words {
                self.free.insert(start + words, length - words);
            }
            start
        }

        fn deallocate(&mut self, mut start: usize, mut words: usize) {
            if let Some((&below, &length)) =
                self.free.range(..start).next_back().filter(|&(at, length)| at + length == start)
            {
                self.free.remove(&below);
                (start, words) = (below, words + length);
            }
            words += self.free.remove(&(start + words)).unwrap_or(0);
            self.free.insert(start, words);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn agrees_with_a_naive_model(steps in steps(200)) {
            let mut harness = Harness::new(&FirstFit, 479, 1 << 20);
            let mut model = Model { free: BTreeMap::new(), end: 479 };
            for step in steps {
                match step {
                    Step::Allocate(words) => {
                        let run = harness.allocate(words).unwrap();
                        prop_assert_eq!(run, Some(model.allocate(words)));
                    }
                    Step::Deallocate(pick) => {
                        if let Some((run, words)) = harness.pick(pick) {
                            harness.deallocate(run).unwrap();
                            model.deallocate(run, words);
                        }
                    }
                }
                let free: BTreeMap<usize, usize> = harness.free_runs().into_iter().collect();
                prop_assert_eq!(&free, &model.free);
            }
        }
    }

    #[test]
    fn asks_only_for_the_pages_it_needs() {
        let mut harness = Harness::new(&FirstFit, 479, 1 << 20);
        assert_eq!(harness.allocate(2).unwrap(), Some(479));
        assert_eq!((harness.segment.words.len(), harness.statistics.page_requests), (512, 1));
        assert_eq!(harness.allocate(31 + 512).unwrap(), Some(481), "the free end of the first page is used");
        assert_eq!((harness.segment.words.len(), harness.statistics.page_requests), (1024, 2));
        assert_eq!(harness.free_runs(), vec![]);
    }
}
