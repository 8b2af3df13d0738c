//! The report of a run as data, schema 1: what programs read, as JSON or, of a comparison, as CSV too. Every
//! field is always there.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::run_error;
use super::statistics::external_fragmentation;
use crate::session::comparison::{ComparedRun, median};
use crate::session::{
    CallStack, Compiled, Configuration, LeakGroup, Leaks, Outcome, RelatedKind, RunError, StackFrame, Status,
    USER_SOURCE,
};
use crate::source::{Diagnostic, Severity, Sources, Span};

/// Version of the schema.
pub const SCHEMA: u32 = 1;

/// A report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema: u32,
    program: String,
    memory: &'static str,
    allocator: &'static str,
    stack_bytes: u64,
    heap_bytes: u64,
    outcome: End,
    errors: Vec<Error>,
    leaks: Option<LeakReport>,
    stats: Statistics,
}

#[derive(Clone, Debug, Serialize)]
struct End {
    status: &'static str,
    value: Option<String>,
    error: Option<Error>,
}

#[derive(Clone, Debug, Serialize)]
struct Error {
    kind: &'static str,
    message: String,
    line: Option<u32>,
    column: Option<u32>,
    function: Option<String>,
    call_depth: u64,
    call_stack: Vec<Frame>,
    related: Vec<RelatedPlace>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Frame {
    Frame { function: String, line: Option<u32> },
    Cut { omitted: u64 },
}

#[derive(Clone, Debug, Serialize)]
struct RelatedPlace {
    what: &'static str,
    line: Option<u32>,
    function: String,
    call_stack: Vec<Frame>,
}

#[derive(Clone, Debug, Serialize)]
struct LeakReport {
    blocks: u64,
    bytes: u64,
    groups: Vec<Group>,
}

#[derive(Clone, Debug, Serialize)]
struct Group {
    kind: &'static str,
    blocks: u64,
    bytes: u64,
    allocated_at: Site,
    lost_at: Option<Site>,
}

#[derive(Clone, Debug, Serialize)]
struct Site {
    line: Option<u32>,
    function: String,
}

/// The fields of `stats`, defined once for JSON and CSV.
macro_rules! statistics {
    ($($name:ident: $type:ty,)*) => {
        #[derive(Clone, Debug, Default, Serialize)]
        struct Statistics {
            $($name: $type,)*
        }

        impl Statistics {
            const NAMES: &[&str] = &[$(stringify!($name)),*];

            fn values(&self) -> Vec<String> {
                vec![$(self.$name.to_string()),*]
            }
        }
    };
}

statistics! {
    instructions: u64,
    calls: u64,
    max_call_depth: u64,
    stack_high_water_bytes: u64,
    allocations: u64,
    frees: u64,
    ignored_frees: u64,
    allocated_bytes: u64,
    live_bytes_at_exit: u64,
    peak_live_bytes: u64,
    heap_footprint_bytes: u64,
    header_bytes: u64,
    padding_bytes: u64,
    free_bytes: u64,
    largest_free_block_bytes: u64,
    external_fragmentation: f64,
    search_steps: u64,
    splits: u64,
    coalesces: u64,
    page_requests: u64,
    collections: u64,
    gc_ns: u64,
    max_pause_ns: u64,
    retains: u64,
    releases: u64,
    elided_retains: Measured,
    elided_releases: Measured,
    wall_ns: WallTime,
}

/// A figure that may not be known.
#[derive(Clone, Copy, Debug, Serialize)]
struct Measured(Option<u64>);

impl Default for Measured {
    fn default() -> Measured {
        Measured(Some(0))
    }
}

impl Display for Measured {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |figure| write!(formatter, "{figure}"))
    }
}

/// Wall time in nanoseconds: of the one run, or of every repetition.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum WallTime {
    Once(u64),
    Repeated(Vec<u64>),
}

impl Default for WallTime {
    fn default() -> WallTime {
        WallTime::Once(0)
    }
}

/// In a table there is room for one number: the median.
impl Display for WallTime {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            WallTime::Once(wall_ns) => wall_ns.fmt(f),
            WallTime::Repeated(wall_ns) => median(wall_ns).fmt(f),
        }
    }
}

impl Report {
    /// The report of a run. `program` is the file's name.
    pub fn of_run(program: &str, compiled: &Compiled, configuration: &Configuration, outcome: &Outcome) -> Report {
        let sources = &compiled.sources;
        let error = |error: &RunError| Error {
            kind: error.kind.name(),
            message: run_error::message(compiled, configuration, outcome, error),
            line: line(sources, error.place.span),
            column: position(sources, error.place.span).map(|position| position.column),
            function: Some(error.place.function.clone()),
            call_depth: error.place.call_stack.depth,
            call_stack: frames(sources, &error.place.call_stack),
            related: error
                .related
                .iter()
                .map(|related| RelatedPlace {
                    what: match related.what {
                        RelatedKind::Allocated => "allocated",
                        RelatedKind::Freed => "freed",
                    },
                    line: line(sources, related.place.span),
                    function: related.place.function.clone(),
                    call_stack: frames(sources, &related.place.call_stack),
                })
                .collect(),
        };
        let end = End {
            status: match outcome.status {
                Status::Finished => "finished",
                Status::Stopped => "stopped",
                Status::Interrupted => "interrupted",
            },
            value: outcome.value.clone(),
            error: outcome.error.as_ref().map(error),
        };
        Report {
            leaks: outcome.leaks.as_ref().map(|leaks| leak_report(sources, leaks)),
            stats: statistics(outcome),
            ..Report::new(program, configuration, end, outcome.survived.iter().map(error).collect())
        }
    }

    /// The report of a compared run, with the wall time of every repetition.
    pub fn of_compared_run(program: &str, run: &ComparedRun) -> Report {
        let mut report = Report::of_run(program, &run.contestant.compiled, &run.contestant.configuration, &run.outcome);
        report.stats.wall_ns = WallTime::Repeated(run.wall_ns.clone());
        report
    }

    /// The report of a program that did not compile.
    pub fn of_rejection(
        program: &str,
        sources: &Sources,
        configuration: &Configuration,
        diagnostics: &[Diagnostic],
    ) -> Report {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let errors = errors.map(|diagnostic| {
            let span = Some(diagnostic.primary.span);
            Error {
                kind: diagnostic.kind.map_or("", |kind| kind.name()),
                message: diagnostic.message.clone(),
                line: line(sources, span),
                column: position(sources, span).map(|position| position.column),
                function: None,
                call_depth: 0,
                call_stack: Vec::new(),
                related: Vec::new(),
            }
        });
        let end = End { status: "rejected", value: None, error: None };
        Report::new(program, configuration, end, errors.collect())
    }

    fn new(program: &str, configuration: &Configuration, outcome: End, errors: Vec<Error>) -> Report {
        Report {
            schema: SCHEMA,
            program: program.to_owned(),
            memory: configuration.memory,
            allocator: configuration.allocator,
            stack_bytes: configuration.stack_bytes,
            heap_bytes: configuration.heap_bytes,
            outcome,
            errors,
            leaks: None,
            stats: Statistics::default(),
        }
    }

    /// As text, indented, with a line end.
    pub fn to_text(&self) -> String {
        to_text(self)
    }

    /// The row of [`csv`]'s table.
    fn row(&self) -> Vec<String> {
        let error = self.outcome.error.as_ref().or(self.errors.first());
        let leaked = |amount: fn(&LeakReport) -> u64| {
            self.leaks.as_ref().map_or_else(String::new, |leaks| amount(leaks).to_string())
        };
        let mut row = vec![
            self.program.clone(),
            self.memory.to_owned(),
            self.allocator.to_owned(),
            self.outcome.status.to_owned(),
            error.map_or_else(String::new, |error| error.kind.to_owned()),
            error.and_then(|error| error.line).map_or_else(String::new, |line| line.to_string()),
            leaked(|leaks| leaks.blocks),
            leaked(|leaks| leaks.bytes),
        ];
        row.extend(self.stats.values());
        row
    }
}

/// The reports of a comparison as JSON, indented, with a line end.
pub fn comparison(runs: &[Report]) -> String {
    #[derive(Serialize)]
    struct Comparison<'a> {
        schema: u32,
        runs: &'a [Report],
    }
    to_text(&Comparison { schema: SCHEMA, runs })
}

/// The reports of a comparison as comma-separated values, quoted as in RFC 4180: a row a run, under the names of the
/// JSON. Wall time is the median.
pub fn csv(runs: &[Report]) -> String {
    let about = ["program", "memory", "allocator", "status", "error", "line", "leaked_blocks", "leaked_bytes"];
    let header = about.iter().chain(Statistics::NAMES).map(|name| (*name).to_owned()).collect();
    let rows = std::iter::once(header).chain(runs.iter().map(Report::row));
    rows.map(|row: Vec<String>| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n").collect()
}

/// A cell, in quotation marks where it needs them.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\"")).into()
    } else {
        cell.into()
    }
}

fn to_text(report: &impl Serialize) -> String {
    // A structure of strings and numbers always can be written.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

fn position(sources: &Sources, span: Option<Span>) -> Option<crate::source::Position> {
    let span = span.filter(|span| sources.find(span.start) == USER_SOURCE)?;
    Some(sources.position(span))
}

/// The line in the user's file; none in `--call`.
pub(super) fn line(sources: &Sources, span: Option<Span>) -> Option<u32> {
    position(sources, span).map(|position| position.line)
}

fn frames(sources: &Sources, stack: &CallStack) -> Vec<Frame> {
    let frame = |frame: &StackFrame| Frame::Frame { function: frame.function.clone(), line: line(sources, frame.span) };
    let mut frames: Vec<Frame> = stack.innermost.iter().map(frame).collect();
    if stack.omitted > 0 {
        frames.push(Frame::Cut { omitted: stack.omitted });
    }
    frames.extend(stack.outermost.iter().map(frame));
    frames
}

fn leak_report(sources: &Sources, leaks: &Leaks) -> LeakReport {
    let group = |group: &LeakGroup| Group {
        kind: group.kind.name(),
        blocks: group.blocks,
        bytes: group.bytes,
        allocated_at: Site { line: line(sources, Some(group.allocated_at)), function: group.function.clone() },
        lost_at: group.lost_at.as_ref().map(|(line, function)| Site { line: Some(*line), function: function.clone() }),
    };
    LeakReport { blocks: leaks.blocks, bytes: leaks.bytes, groups: leaks.groups.iter().map(group).collect() }
}

fn statistics(outcome: &Outcome) -> Statistics {
    let (machine, heap) = (&outcome.machine, &outcome.heap);
    Statistics {
        instructions: machine.instructions,
        calls: machine.calls,
        max_call_depth: machine.max_call_depth,
        stack_high_water_bytes: machine.stack_high_water_bytes,
        allocations: heap.allocations,
        frees: heap.frees,
        ignored_frees: heap.ignored_frees,
        allocated_bytes: heap.allocated_bytes,
        live_bytes_at_exit: heap.live_bytes,
        peak_live_bytes: heap.peak_live_bytes,
        heap_footprint_bytes: heap.footprint_bytes,
        header_bytes: heap.header_bytes,
        padding_bytes: heap.padding_bytes,
        free_bytes: heap.free_bytes,
        largest_free_block_bytes: heap.largest_free_bytes,
        external_fragmentation: external_fragmentation(outcome),
        search_steps: heap.search_steps,
        splits: heap.splits,
        coalesces: heap.coalesces,
        page_requests: heap.page_requests,
        collections: heap.collections,
        gc_ns: heap.collection_ns,
        max_pause_ns: heap.longest_pause_ns,
        retains: heap.retains,
        releases: heap.releases,
        elided_retains: Measured(outcome.elided.map(|elided| elided.retains)),
        elided_releases: Measured(outcome.elided.map(|elided| elided.releases)),
        wall_ns: WallTime::Once(outcome.wall_ns),
    }
}
