//! One run of one program under one configuration, compared with what the program expects.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use cairn::kind::ErrorKind;
use cairn::memory::allocator::ALLOCATORS;
use cairn::memory::strategy::{self, STRATEGIES, StrategyRow};
use cairn::report::{self, json::Report};
use cairn::session::{
    self, Checks, Compiled, Configuration, Leaks, Outcome, Place, Rejection, RelatedKind, RunError, Status,
};
use cairn::source::{Diagnostic, Severity, Sources, Span};

use super::expectations::{Expectations, ExpectedLeak};

/// The strategy under which leaks and freed blocks are what the files say.
const REFERENCE_STRATEGY: &str = "manual";
/// The allocator whose addresses the files state.
const REFERENCE_ALLOCATOR: &str = "first-fit";

/// A program with the folder whose files it may read.
#[derive(Debug)]
pub struct Program {
    /// Where it comes from.
    pub name: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
    /// Its text.
    pub text: String,
}

/// Every pair of strategy and allocator that the file does not rule out; once as it is, and unless the
/// file is too much work, once more with a collection and a heap audit at every allocation.
pub fn configurations(program: &Program, expectations: &Expectations) -> Vec<Configuration> {
    let run = &expectations.run;
    let default = Configuration::default();
    let mut configurations = Vec::new();
    for strategy in STRATEGIES.iter().filter(|row| run.memory.as_deref().is_none_or(|name| is_called(row, name))) {
        for allocator in ALLOCATORS.iter().filter(|row| run.allocator.as_deref().is_none_or(|name| name == row.name)) {
            configurations.push(Configuration {
                memory: strategy.name,
                allocator: allocator.name,
                heap_bytes: run.heap_bytes.unwrap_or(default.heap_bytes),
                stack_bytes: run.stack_bytes.unwrap_or(default.stack_bytes),
                call: run.call.clone(),
                seed: run.seed.unwrap_or(default.seed),
                max_steps: run.max_steps,
                folder: Some(program.folder.clone()),
                checks: if run.reports { Checks::Report } else { Checks::Stop },
                ..default.clone()
            });
        }
    }
    if !run.big {
        let stressed: Vec<_> =
            configurations.iter().map(|usual| Configuration { stress: true, ..usual.clone() }).collect();
        configurations.extend(stressed);
    }
    configurations
}

/// Whether a name in `run: memory=` means a strategy: its own, or `automatic`.
fn is_called(row: &StrategyRow, name: &str) -> bool {
    name == row.name || name == "automatic" && row.requirements.reclaims()
}

/// Compiles and runs a program, and compares.
///
/// # Errors
/// Everything that is not as expected, a line each.
pub fn check(program: &Program, expectations: &Expectations, configuration: &Configuration) -> Result<(), String> {
    let observed = observe(program, expectations, configuration)?;
    let mut problems = Vec::new();
    observed.compare(expectations, configuration, &mut problems);
    if problems.is_empty() {
        return Ok(());
    }
    if !observed.messages.is_empty() {
        problems.push(format!("The messages were:\n{}", observed.messages));
    }
    Err(problems.join("\n"))
}

/// What a run gave, in the terms of [`Expectations`].
#[derive(Default)]
struct Observed {
    output: Vec<String>,
    /// Kind, line and column.
    errors: Vec<(ErrorKind, u32, u32)>,
    warnings: BTreeSet<u32>,
    /// All sentences of all messages.
    messages: String,
    allocated: BTreeSet<u32>,
    freed: BTreeSet<u32>,
    lost: BTreeSet<u32>,
    leaks: Option<(u64, u64)>,
    leak_groups: Vec<ExpectedLeak>,
    /// The `stats` of the JSON report.
    statistics: serde_json::Value,
}

fn observe(program: &Program, expectations: &Expectations, configuration: &Configuration) -> Result<Observed, String> {
    let mut observed = Observed::default();
    let name = program.name.display().to_string();
    let compiled = match session::compile(&name, &program.text, configuration) {
        Ok(compiled) => compiled,
        Err(Rejection::Errors(sources, diagnostics)) => {
            observed.diagnostics(&sources, &diagnostics);
            return Ok(observed);
        }
        Err(Rejection::NothingToRun(_)) => return Err("there is nothing to run".to_owned()),
    };
    observed.diagnostics(&compiled.sources, &compiled.warnings);
    let mut input = expectations.input.as_bytes();
    let mut output = Vec::new();
    let interrupt = AtomicBool::new(false);
    let outcome = session::run(&compiled, configuration, &mut input, &mut output, &mut io::sink(), &interrupt)
        .map_err(|error| format!("the run failed: {error}"))?;
    let text = String::from_utf8(output).map_err(|error| format!("the output is no text: {error}"))?;
    observed.output = text.lines().map(|line| line.trim_end().to_owned()).collect();
    observed.outcome(&compiled, configuration, &outcome)?;
    Ok(observed)
}

impl Observed {
    fn diagnostics(&mut self, sources: &Sources, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            let position = sources.position(diagnostic.primary.span);
            match (diagnostic.severity, diagnostic.kind) {
                (Severity::Error, Some(kind)) => self.errors.push((kind, position.line, position.column)),
                (Severity::Error, None) => self.messages.push_str("(an error without a kind)\n"),
                (Severity::Warning, _) => drop(self.warnings.insert(position.line)),
            }
            self.messages.push_str(&sentences(diagnostic));
        }
    }

    fn outcome(&mut self, compiled: &Compiled, configuration: &Configuration, outcome: &Outcome) -> Result<(), String> {
        if outcome.status == Status::Interrupted {
            return Err("the run was interrupted".to_owned());
        }
        for error in outcome.survived.iter().chain(&outcome.error) {
            self.run_error(&compiled.sources, error)?;
            let card = report::run_error::card(compiled, configuration, outcome, error);
            self.messages.push_str(&sentences(&card));
        }
        if let Some(leaks) = &outcome.leaks {
            self.leaks(&compiled.sources, leaks);
        }
        let report = Report::of_run("", compiled, configuration, outcome).to_text();
        let report: serde_json::Value = serde_json::from_str(&report).map_err(|error| error.to_string())?;
        self.statistics = report["stats"].clone();
        Ok(())
    }

    fn run_error(&mut self, sources: &Sources, error: &RunError) -> Result<(), String> {
        let span = error.place.span.ok_or_else(|| format!("`{}` is blamed on no line", error.kind))?;
        let position = sources.position(span);
        self.errors.push((error.kind, position.line, position.column));
        for related in &error.related {
            let lines = match related.what {
                RelatedKind::Allocated => &mut self.allocated,
                RelatedKind::Freed => &mut self.freed,
            };
            lines.extend(line_of(sources, &related.place));
        }
        Ok(())
    }

    fn leaks(&mut self, sources: &Sources, leaks: &Leaks) {
        self.leaks = Some((leaks.blocks, leaks.bytes));
        for group in &leaks.groups {
            self.leak_groups.push(ExpectedLeak {
                line: sources.position(group.allocated_at).line,
                kind: group.kind.name().to_owned(),
                blocks: group.blocks,
                bytes: group.bytes,
            });
            self.lost.extend(group.lost_at.as_ref().map(|(line, _)| *line));
        }
        self.leak_groups.sort();
    }

    fn compare(&self, expected: &Expectations, configuration: &Configuration, problems: &mut Vec<String>) {
        self.compare_output(expected, configuration, problems);
        self.compare_errors(expected, problems);
        compare_lines("warned of", &expected.warnings, &self.warnings, true, problems);
        compare_lines("blamed for the allocation", &expected.allocated, &self.allocated, false, problems);
        compare_lines("blamed for the free", &expected.freed, &self.freed, false, problems);
        compare_lines("blamed for the loss", &expected.lost, &self.lost, false, problems);
        self.compare_leaks(expected, configuration, problems);
        self.compare_statistics(expected, configuration, problems);
        let messages = squeezed(&self.messages);
        for text in &expected.says {
            if !messages.contains(&squeezed(text)) {
                problems.push(format!("no message says `{text}`"));
            }
        }
    }

    fn compare_output(&self, expected: &Expectations, configuration: &Configuration, problems: &mut Vec<String>) {
        let exact = configuration.memory == REFERENCE_STRATEGY && configuration.allocator == REFERENCE_ALLOCATOR;
        let normal = |line: &String| if exact { line.clone() } else { without_addresses(line) };
        let wanted: Vec<String> = expected.output.iter().map(normal).collect();
        let found: Vec<String> = self.output.iter().map(normal).collect();
        if wanted == found {
            return;
        }
        let at = wanted.iter().zip(&found).take_while(|(wanted, found)| wanted == found).count();
        let show = |lines: &[String]| lines.get(at).map_or("nothing more".to_owned(), |line| format!("`{line}`"));
        problems.push(format!("line {} of the output is {}, not {}", at + 1, show(&found), show(&wanted)));
    }

    fn compare_errors(&self, expected: &Expectations, problems: &mut Vec<String>) {
        for error in &expected.errors {
            let reported = self.errors.iter().any(|&(kind, line, column)| {
                kind == error.kind && line == error.line && error.column.is_none_or(|expected| expected == column)
            });
            if !reported {
                let column = error.column.map_or(String::new(), |column| format!(", column {column}"));
                problems.push(format!("`{}` is not reported at line {}{column}", error.kind, error.line));
            }
        }
        if expected.run.reports {
            let in_order = expected.errors.iter().map(|error| (error.kind, error.line));
            let found: Vec<(ErrorKind, u32)> = self.errors.iter().map(|&(kind, line, _)| (kind, line)).collect();
            if !in_order.eq(found.iter().copied()) {
                problems.push(format!("the errors are not the stated ones in their order, but {found:?}"));
            }
        }
        for &(kind, line, column) in &self.errors {
            if !expected.errors.iter().any(|error| error.kind == kind && error.line == line) {
                problems.push(format!("`{kind}` at line {line}, column {column} is not expected"));
            }
        }
    }

    /// Collecting at every allocation changes figures.
    fn compare_statistics(&self, expected: &Expectations, configuration: &Configuration, problems: &mut Vec<String>) {
        for (name, wanted) in expected.statistics.iter().filter(|_| !configuration.stress) {
            match self.statistics[name].as_u64() {
                Some(found) if found == *wanted => {}
                Some(found) => problems.push(format!("`{name}` is {found}, not {wanted}")),
                None => problems.push(format!("the report has no count `{name}`")),
            }
        }
    }

    fn compare_leaks(&self, expected: &Expectations, configuration: &Configuration, problems: &mut Vec<String>) {
        let Some(wanted) = expected.leaks else { return };
        let loses = strategy::find(configuration.memory).is_some_and(|row| row.requirements.loses());
        let wanted = if loses { wanted } else { (0, 0) };
        match self.leaks {
            None => problems.push("there is no leak report".to_owned()),
            Some(found) if found != wanted => {
                let ((blocks, bytes), (wanted_blocks, wanted_bytes)) = (found, wanted);
                problems.push(format!(
                    "{blocks} blocks, {bytes} bytes leak, not {wanted_blocks} blocks, {wanted_bytes} bytes"
                ));
            }
            Some(_) => {}
        }
        if !expected.leak_groups.is_empty() && configuration.memory == REFERENCE_STRATEGY {
            let mut wanted = expected.leak_groups.clone();
            wanted.sort();
            if wanted != self.leak_groups {
                problems.push(format!("the leaks are {:#?}\nnot {wanted:#?}", self.leak_groups));
            }
        }
    }
}

/// Lines that are stated must be the ones found; `always` also where none is stated.
fn compare_lines(what: &str, wanted: &[u32], found: &BTreeSet<u32>, always: bool, problems: &mut Vec<String>) {
    let wanted: BTreeSet<u32> = wanted.iter().copied().collect();
    if (always || !wanted.is_empty()) && wanted != *found {
        problems.push(format!("the lines {what} are {found:?}, not {wanted:?}"));
    }
}

fn line_of(sources: &Sources, place: &Place) -> Option<u32> {
    place.span.map(|span: Span| sources.position(span).line)
}

/// Everything a diagnostic says, without the source that it shows.
fn sentences(diagnostic: &Diagnostic) -> String {
    let labels = diagnostic.secondary.iter().map(|label| &label.text);
    let parts = [&diagnostic.message, &diagnostic.primary.text].into_iter().chain(labels);
    parts.chain(&diagnostic.notes).chain(&diagnostic.help).fold(String::new(), |text, part| text + part + "\n")
}

/// Lower case, with every run of blanks as one.
fn squeezed(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line with its addresses made equal.
fn without_addresses(line: &str) -> String {
    let mut normal = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("0x") {
        let (before, from) = rest.split_at(at);
        let digits = from[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        normal.push_str(before);
        normal.push_str(if digits == 8 { "0x........" } else { &from[..2 + digits] });
        rest = &from[2 + digits..];
    }
    normal + rest
}
