//! Several runs of one program side by side: a table of exact figures, and a sentence a run.

mod sentence;
mod table;

#[cfg(test)]
mod tests;

use super::sentence::{Context, sentences};
use crate::machine::MachineStatistics;
use crate::memory::HeapStatistics;
use crate::session::comparison::{ComparedRun, Printed};
use crate::session::{LeakKind, Leaks, Status};

/// The table and the sentences. `file` is what the user calls the program.
pub fn text(file: &str, runs: &[ComparedRun]) -> String {
    let reference = runs.iter().find(|run| run.outcome.status == Status::Finished);
    let columns: Vec<Column> =
        runs.iter().map(|run| Column::new(run, reference.map(|reference| &reference.printed))).collect();
    render(file, &columns)
}

fn render(file: &str, columns: &[Column]) -> String {
    let repetitions = columns.first().map_or(0, |column| column.wall_ns.len());
    let times = if repetitions == 1 { "once".to_owned() } else { format!("{repetitions} times") };
    let mut text = format!("{file}, run {times} by the clock\n\n{}\n", table::tables(columns));
    for column in columns {
        text.push_str(&sentence::sentence(column, columns));
    }
    text
}

/// What the table and the sentences say of one run.
#[derive(Clone, Debug)]
struct Column {
    memory: &'static str,
    /// Said only where there are several.
    allocator: &'static str,
    failure: Option<Failure>,
    output: Output,
    machine: MachineStatistics,
    heap: HeapStatistics,
    /// Retains and releases that were left out, if that is known.
    elided: Option<u64>,
    leaks: Lost,
    /// Of every repetition.
    wall_ns: Vec<u64>,
    /// Whether all repetitions counted the same.
    steady: bool,
}

/// The error that stopped a run.
#[derive(Clone, Debug)]
struct Failure {
    kind: &'static str,
    /// In the user's file.
    line: Option<u32>,
    headline: String,
}

/// What a run printed, compared with the first one that finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// There is nothing to compare it with, or it was cut short.
    Lines(u64),
    Same,
    /// Only addresses differ.
    SameButMoved,
    /// From that line on, if it is known.
    Differs(Option<u64>),
}

/// Blocks that were lost, and their bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Lost {
    /// Kept alive by their own counts.
    cyclic: Amount,
    /// In all.
    all: Amount,
}

#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    blocks: u64,
    bytes: u64,
}

impl Column {
    /// `reference` is what the first run that finished printed.
    fn new(run: &ComparedRun, reference: Option<&Printed>) -> Column {
        let ComparedRun { contestant, outcome, .. } = run;
        let (compiled, configuration) = (&contestant.compiled, &contestant.configuration);
        let failure = outcome.error.as_ref().map(|error| Failure {
            kind: error.kind.name(),
            line: super::json::line(&compiled.sources, error.place.span),
            // The program's own words may hold anything.
            headline: sentences(Context { compiled, configuration, outcome, error })
                .headline
                .replace(char::is_control, " "),
        });
        Column {
            memory: configuration.memory,
            allocator: configuration.allocator,
            output: Output::new(&run.printed, reference, failure.is_none()),
            failure,
            machine: outcome.machine,
            heap: outcome.heap,
            elided: outcome.elided.map(|elided| elided.retains + elided.releases),
            leaks: outcome.leaks.as_ref().map_or_else(Lost::default, Lost::new),
            wall_ns: run.wall_ns.clone(),
            steady: run.steady,
        }
    }

    fn finished(&self) -> bool {
        self.failure.is_none()
    }

    /// What tells it from the others.
    fn name(&self, columns: &[Column]) -> String {
        if several_allocators(columns) {
            format!("{}, {}", self.memory, self.allocator)
        } else {
            self.memory.to_owned()
        }
    }
}

impl Output {
    fn new(printed: &Printed, reference: Option<&Printed>, finished: bool) -> Output {
        match reference {
            Some(reference) if printed.same_as(reference) => Output::Same,
            Some(reference) if printed.same_but_for_addresses(reference) => Output::SameButMoved,
            Some(reference) if finished => Output::Differs(printed.first_difference(reference)),
            _ => Output::Lines(printed.lines()),
        }
    }
}

impl Lost {
    fn new(leaks: &Leaks) -> Lost {
        let mut cyclic = Amount::default();
        for group in leaks.groups.iter().filter(|group| group.kind == LeakKind::Cycle) {
            cyclic.blocks += group.blocks;
            cyclic.bytes += group.bytes;
        }
        Lost { cyclic, all: Amount { blocks: leaks.blocks, bytes: leaks.bytes } }
    }
}

fn several_allocators(columns: &[Column]) -> bool {
    columns.iter().any(|column| column.allocator != columns[0].allocator)
}
