//! One program under several configurations, with the same input: each is run once for what it does,
//! then several times by the clock. What the program prints is compared, not shown.

mod printed;
mod shared_input;

use std::io::{self, BufRead};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

pub use printed::Printed;

use super::{Compiled, Configuration, Outcome, Rejection, Status, compile, run};
use crate::limits;
use crate::machine::MachineStatistics;
use crate::memory::HeapStatistics;
use shared_input::SharedInput;

/// A program, compiled for one configuration.
#[derive(Debug)]
pub struct Contestant {
    /// How it is run.
    pub configuration: Configuration,
    /// What is run: strategies want different code.
    pub compiled: Compiled,
}

/// What a contestant did.
#[derive(Debug)]
pub struct ComparedRun {
    /// Who it was.
    pub contestant: Contestant,
    /// The first run. The two figures that come from the clock inside the machine, of collections, are
    /// the medians of the repetitions: first runs disturb each other.
    pub outcome: Outcome,
    /// What it printed.
    pub printed: Printed,
    /// Wall time of each repetition, in nanoseconds.
    pub wall_ns: Vec<u64>,
    /// Whether all repetitions counted the same. They do, unless the world changes meanwhile: a file
    /// that is read, say.
    pub steady: bool,
}

/// Compiles a text for each configuration. `name` is what reports call it.
///
/// # Errors
/// The first [`Rejection`].
pub fn contestants(name: &str, text: &str, configurations: &[Configuration]) -> Result<Vec<Contestant>, Rejection> {
    let contestant = |configuration: &Configuration| {
        let compiled = compile(name, text, configuration)?;
        Ok(Contestant { configuration: configuration.clone(), compiled })
    };
    configurations.iter().map(contestant).collect()
}

/// Runs all of them, once each and then `repetitions` times by the clock. First runs may go side by
/// side; those by the clock never overlap, and take turns, so that whatever else the computer does
/// meets all alike. `input` is read as far as some run wants it; each run gets all of it. `done` counts
/// the runs that have ended.
///
/// Raising `interrupt` ends the comparison soon: then some outcome is [`Status::Interrupted`].
///
/// # Errors
/// Those of [`run`].
pub fn compare(
    contestants: Vec<Contestant>,
    repetitions: usize,
    input: &mut (dyn BufRead + Send),
    interrupt: &AtomicBool,
    done: &AtomicUsize,
) -> io::Result<Vec<ComparedRun>> {
    let input = SharedInput::new(input);
    let mut runs = first_runs(contestants, &input, interrupt, done)?;
    let mut pauses = vec![Vec::new(); runs.len()];
    for _ in 0..repetitions {
        for (run, pauses) in runs.iter_mut().zip(&mut pauses) {
            // A first run that was interrupted says so; repeating it would only be interrupted again.
            if interrupt.load(Ordering::Relaxed) && run.outcome.status == Status::Interrupted {
                return Ok(runs);
            }
            let outcome = repeat(&run.contestant, &input, interrupt)?;
            done.fetch_add(1, Ordering::Relaxed);
            if outcome.status == Status::Interrupted {
                run.outcome = outcome;
                return Ok(runs);
            }
            run.wall_ns.push(outcome.wall_ns);
            run.steady &= counts(&outcome) == counts(&run.outcome) && outcome.status == run.outcome.status;
            pauses.push((outcome.heap.collection_ns, outcome.heap.longest_pause_ns));
        }
    }
    for (run, pauses) in runs.iter_mut().zip(pauses) {
        let (collection_ns, longest_pause_ns): (Vec<u64>, Vec<u64>) = pauses.into_iter().unzip();
        run.outcome.heap.collection_ns = median(&collection_ns);
        run.outcome.heap.longest_pause_ns = median(&longest_pause_ns);
        run.outcome.wall_ns = median(&run.wall_ns);
    }
    Ok(runs)
}

/// The middle one, or between the two middle ones; 0 of nothing.
pub fn median(values: &[u64]) -> u64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    match values.len() {
        0 => 0,
        length if length % 2 == 1 => values[length / 2],
        length => values[length / 2 - 1].midpoint(values[length / 2]),
    }
}

fn first_runs(
    contestants: Vec<Contestant>,
    input: &SharedInput<'_>,
    interrupt: &AtomicBool,
    done: &AtomicUsize,
) -> io::Result<Vec<ComparedRun>> {
    let at_once = thread::available_parallelism().map_or(1, usize::from).min(limits::COMPARED_AT_ONCE);
    let waiting = Mutex::new(contestants.into_iter().enumerate());
    let ended = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, contestant)) = next else { return };
            let run = first_run(contestant, input, interrupt);
            done.fetch_add(1, Ordering::Relaxed);
            ended.lock().unwrap_or_else(PoisonError::into_inner).push((index, run));
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(work);
        }
    });
    let mut ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    ended.sort_by_key(|(index, _)| *index);
    ended.into_iter().map(|(_, run)| run).collect()
}

fn first_run(contestant: Contestant, input: &SharedInput<'_>, interrupt: &AtomicBool) -> io::Result<ComparedRun> {
    let Contestant { configuration, compiled } = &contestant;
    let mut printed = Printed::default();
    let outcome = run(compiled, configuration, &mut input.reader(), &mut printed, &mut io::sink(), interrupt)?;
    printed.finish();
    Ok(ComparedRun { contestant, outcome, printed, wall_ns: Vec::new(), steady: true })
}

/// A run that is only looked at by the clock.
fn repeat(contestant: &Contestant, input: &SharedInput<'_>, interrupt: &AtomicBool) -> io::Result<Outcome> {
    // The first run has explained its error.
    let configuration = Configuration { replay_limit: 0, measures_elision: false, ..contestant.configuration.clone() };
    let mut input = input.reader();
    run(&contestant.compiled, &configuration, &mut input, &mut io::sink(), &mut io::sink(), interrupt)
}

/// What must be the same in every repetition.
fn counts(outcome: &Outcome) -> (MachineStatistics, HeapStatistics) {
    let mut heap = outcome.heap;
    // These two come from the clock.
    mem::take(&mut heap.collection_ns);
    mem::take(&mut heap.longest_pause_ns);
    (outcome.machine, heap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configurations() -> Vec<Configuration> {
        ["manual", "none"].map(|memory| Configuration { memory, ..Configuration::default() }).to_vec()
    }

    fn compared(text: &str, input: &str, interrupted: bool) -> Vec<ComparedRun> {
        let contestants = contestants("t", text, &configurations()).expect("it compiles");
        let done = AtomicUsize::new(0);
        let runs = compare(contestants, 3, &mut input.as_bytes(), &AtomicBool::new(interrupted), &done).unwrap();
        if !interrupted {
            assert_eq!(done.into_inner(), 2 * (1 + 3));
        }
        runs
    }

    #[test]
    fn every_run_gets_the_whole_input() {
        let runs = compared("print(input())\nprint(input() + 1)\n", "one\n2\n", false);
        assert_eq!(runs.iter().map(|run| run.contestant.configuration.memory).collect::<Vec<_>>(), ["manual", "none"]);
        for run in &runs {
            assert_eq!(run.outcome.status, Status::Finished);
            assert_eq!(run.printed.lines(), 2);
            assert!(run.printed.same_as(&runs[0].printed));
            assert_eq!(run.wall_ns.len(), 3);
            assert!(run.steady);
        }
    }

    #[test]
    fn an_error_ends_one_run_and_no_other() {
        let runs = compared("p = heap_allocate(8 bytes)\np[0] = 7\nheap_free(p)\nprint(p[0])\n", "", false);
        assert_eq!(runs[0].outcome.status, Status::Stopped);
        assert_eq!(runs[0].outcome.error.as_ref().unwrap().related.len(), 2);
        assert_eq!(runs[1].outcome.status, Status::Finished);
        assert!(runs[0].steady && runs[1].steady);
    }

    #[test]
    fn an_interrupt_ends_all() {
        let runs = compared("while true:\n    pass\n", "", true);
        assert!(runs.iter().all(|run| run.outcome.status == Status::Interrupted));
        assert!(runs.iter().all(|run| run.wall_ns.is_empty()));
    }

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median(&[]), 0);
        assert_eq!(median(&[7]), 7);
        assert_eq!(median(&[9, 1, 5]), 5);
        assert_eq!(median(&[1, 9, 4, 6]), 5);
        assert_eq!(median(&[u64::MAX, u64::MAX]), u64::MAX);
    }
}
