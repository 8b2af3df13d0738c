//! How many counts of references were left out. A run does not count what it does not do; who wants to know
//! has the program run again, with the same input and with all counts.

use std::sync::atomic::AtomicBool;

use super::host::{RecordedHost, Recording};
use super::{Checks, Compiled, Configuration, Outcome, Status, USER_SOURCE, compile};
use crate::machine::{End, Machine, MachineOptions, NoProbe};

/// Counts that a run would have changed, had the compiler left none out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ElidedCounts {
    /// Counts that were not incremented.
    pub retains: u64,
    /// Counts that were not decremented.
    pub releases: u64,
}

/// What the compiler has left out of a run with that outcome; nothing where that is not known: the run was
/// cut short, or a second one takes longer than allowed.
pub(super) fn measure(
    compiled: &Compiled,
    configuration: &Configuration,
    recording: &Recording,
    outcome: &Outcome,
    interrupt: &AtomicBool,
) -> Option<ElidedCounts> {
    if compiled.program.elided.is_empty() {
        return Some(ElidedCounts::default());
    }
    debug_assert!(configuration.checks == Checks::Stop && !configuration.counts_all);
    let limit = configuration.replay_limit;
    let cut = outcome.status == Status::Interrupted || outcome.output_closed || recording.overflowed;
    if cut || !configuration.measures_elision || outcome.machine.instructions > limit {
        return None;
    }
    let configuration = Configuration {
        counts_all: true,
        measures_elision: false,
        max_steps: Some(limit),
        stress: false,
        ..configuration.clone()
    };
    let user = compiled.sources.get(USER_SOURCE);
    let all = compile(&user.name, &user.text, &configuration).ok()?;
    let options = MachineOptions { max_steps: Some(limit), ..configuration.machine_options(&all.program) };
    let mut machine = Machine::load(&all.program, &options).ok()?;
    let end = machine.run(&mut RecordedHost::new(recording.clone()), &mut NoProbe, interrupt);
    let kind = match end {
        End::Finished | End::Exited => None,
        End::Trapped(trap) => Some(trap.cause.kind()),
        End::Interrupted(_) | End::Paused(_) | End::OutputClosed => return None,
    };
    let heap = machine.memory.statistics();
    // Not there if the limit came first, of steps or of the stack: counting takes room in frames.
    let same = kind == outcome.error.as_ref().map(|error| error.kind)
        && (heap.allocations, heap.frees) == (outcome.heap.allocations, outcome.heap.frees);
    same.then(|| ElidedCounts {
        retains: heap.retains.saturating_sub(outcome.heap.retains),
        releases: heap.releases.saturating_sub(outcome.heap.releases),
    })
}
