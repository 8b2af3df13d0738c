//! A session runs programs as `run` does: as a file, with the same output, errors, leaks and figures; and typed
//! piece by piece, with the same output and errors.

use std::io;
use std::mem::{Discriminant, discriminant};
use std::sync::atomic::AtomicBool;

use cairn::kind::ErrorKind;
use cairn::machine::Cause;
use cairn::repl::Known;
use cairn::repl::inputs::{Inputs, Lines, Next};
use cairn::session::{
    self, Checks, Compiled, Configuration, Console, Event, GoOn, LeakGroup, Leaks, Loading, Outcome, Place,
    RelatedKind, RunError, Workbench,
};
use cairn::source::Sources;
use cairn::syntax::ast::{Module, StatementKind};
use cairn::syntax::{self, Names};

use super::expectations::Expectations;
use super::trial::Program;

/// What a run came to, in words that do not depend on where a text was compiled to.
#[derive(Debug, PartialEq)]
struct Account {
    output: String,
    /// Of errors, the last of which stopped it.
    errors: Vec<Told>,
    interrupted_at: Option<(String, Option<u32>)>,
    value: Option<String>,
    leaks: Option<Leaked>,
    /// Allocations, frees and live bytes.
    heap: (u64, u64, u64),
    calls: u64,
}

/// An error: its kind, where it is blamed, and what it is related to.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    kind: ErrorKind,
    cause: Discriminant<Cause>,
    place: (String, Option<u32>),
    call_stack: Vec<(String, Option<u32>)>,
    related: Vec<(RelatedKind, Option<u32>)>,
    block_name: Option<String>,
}

/// A leak report: what it counts, then kind, blocks, bytes, and line of each group.
#[derive(Debug, PartialEq)]
struct Leaked {
    blocks: u64,
    bytes: u64,
    groups: Vec<(&'static str, u64, u64, u32)>,
}

impl Account {
    /// Without the output.
    fn of(compiled: &Compiled, outcome: &Outcome) -> Account {
        let sources = &compiled.sources;
        Account {
            output: String::new(),
            errors: outcome.survived.iter().chain(&outcome.error).map(|error| told(sources, error)).collect(),
            interrupted_at: outcome.interrupted_at.as_ref().map(|place| line(sources, place)),
            value: outcome.value.clone(),
            leaks: outcome.leaks.as_ref().map(|leaks| leaked(sources, leaks)),
            heap: (outcome.heap.allocations, outcome.heap.frees, outcome.heap.live_bytes),
            calls: outcome.machine.calls,
        }
    }
}

fn line(sources: &Sources, place: &Place) -> (String, Option<u32>) {
    (place.function.clone(), place.span.map(|span| sources.position(span).line))
}

fn told(sources: &Sources, error: &RunError) -> Told {
    let stack = &error.place.call_stack;
    let frames = stack.innermost.iter().chain(&stack.outermost);
    Told {
        kind: error.kind,
        cause: discriminant(error.cause()),
        place: line(sources, &error.place),
        call_stack: frames
            .map(|frame| (frame.function.clone(), frame.span.map(|span| sources.position(span).line)))
            .collect(),
        related: error.related.iter().map(|related| (related.what, line(sources, &related.place).1)).collect(),
        block_name: error.block_name.clone(),
    }
}

fn leaked(sources: &Sources, leaks: &Leaks) -> Leaked {
    let group =
        |group: &LeakGroup| (group.kind.name(), group.blocks, group.bytes, sources.position(group.allocated_at).line);
    Leaked { blocks: leaks.blocks, bytes: leaks.bytes, groups: leaks.groups.iter().map(group).collect() }
}

/// Compiles and runs a program outside a session; none if it does not compile.
fn run(program: &Program, expectations: &Expectations, configuration: &Configuration) -> Option<Account> {
    let compiled = session::compile(&program.name.display().to_string(), &program.text, configuration).ok()?;
    let mut output = Vec::new();
    let mut input = expectations.input.as_bytes();
    let interrupt = AtomicBool::new(false);
    let outcome = session::run(&compiled, configuration, &mut input, &mut output, &mut io::sink(), &interrupt);
    let mut account = Account::of(&compiled, &outcome.expect("nothing fails to be written"));
    account.output = String::from_utf8(output).expect("it is text");
    Some(account)
}

/// Loads a program, and passes over its breakpoints.
fn load(program: &Program, expectations: &Expectations, configuration: &Configuration) -> Account {
    let name = program.name.display().to_string();
    let mut workbench = Workbench::for_file(configuration.clone(), &name, &program.text).expect("there is memory");
    let mut output = Vec::new();
    let mut input = expectations.input.as_bytes();
    let interrupt = AtomicBool::new(false);
    let mut console =
        Console { input: &mut input, output: &mut output, drawings: &mut io::sink(), interrupt: &interrupt };
    let loading = Loading { call: configuration.call.as_deref(), ..Loading::file(&name, &program.text) };
    let (_, mut event) = workbench.load(loading, &mut console).unwrap_or_else(|errors| panic!("{errors:?}"));
    while let Event::Paused(_) = event {
        event = workbench.go_on(GoOn::Continue, &mut console).expect("it is paused");
    }
    let outcome = match event {
        Event::Stopped(outcome) | Event::Interrupted(outcome) => *outcome,
        Event::Finished | Event::Exited => workbench.close(),
        Event::Paused(_) | Event::OutputClosed => unreachable!(),
    };
    let mut account = Account::of(workbench.compiled(), &outcome);
    account.output = String::from_utf8(output).expect("it is text");
    account
}

/// Whether a session can run a program under a configuration: it stops at the first error.
pub fn applies(configuration: &Configuration) -> bool {
    configuration.checks == Checks::Stop
}

/// Compares a program that a session loads with the same outside.
///
/// # Errors
/// Both accounts, if they differ.
pub fn check_loaded(
    program: &Program,
    expectations: &Expectations,
    configuration: &Configuration,
) -> Result<(), String> {
    let Some(expected) = run(program, expectations, configuration) else { return Ok(()) };
    let found = load(program, expectations, configuration);
    if found == expected { Ok(()) } else { Err(format!("a session gives {found:#?}\nnot {expected:#?}")) }
}

/// Compares a program that is typed piece by piece with the same as a file; whether they can be compared.
///
/// # Errors
/// What differs.
pub fn check_typed(
    program: &Program,
    expectations: &Expectations,
    configuration: &Configuration,
) -> Result<bool, String> {
    let Some(expected) = run(program, expectations, configuration) else { return Ok(false) };
    let Some(Typed { output, error, echoes }) = type_in(program, expectations, configuration) else {
        return Ok(false);
    };
    let text = |line: u32| program.text.lines().nth(line as usize - 1).unwrap_or("").trim().to_owned();
    let wanted = expected.errors.last().map(|told| (told.kind, told.place.1.map(text)));
    if error != wanted {
        return Err(format!("typed, the error is {error:?}, not {wanted:?}"));
    }
    let mut found = output.lines();
    // Values that were shown stand between.
    let is_same = if echoes {
        expected.output.lines().all(|line| found.any(|one| one == line))
    } else {
        output == expected.output
    };
    if is_same { Ok(true) } else { Err(format!("typed, it prints\n{output}not\n{}", expected.output)) }
}

/// What came of a program that was typed.
struct Typed {
    output: String,
    /// What stopped it: kind and line.
    error: Option<(ErrorKind, Option<String>)>,
    /// Whether values of expressions are among the output.
    echoes: bool,
}

/// Types a program into a session. None if it is another program when typed: something is used before it is defined,
/// or happens at the end of the whole.
fn type_in(program: &Program, expectations: &Expectations, configuration: &Configuration) -> Option<Typed> {
    let mut workbench = Workbench::new(configuration.clone()).expect("there is memory");
    let mut lines = Lines::new(program.text.as_bytes());
    let mut output = Vec::new();
    let mut input = expectations.input.as_bytes();
    let interrupt = AtomicBool::new(false);
    let (mut error, mut echoes) = (None, false);
    while let Next::Input(piece) = lines.next("", &mut Known::default).ok()? {
        let module = parsed(&piece);
        let kinds = || module.top_level.statements.iter().map(|statement| &statement.kind);
        echoes |= kinds().any(|kind| matches!(kind, StatementKind::Expression(_)));
        if kinds().any(|kind| matches!(kind, StatementKind::Defer(_))) {
            return None;
        }
        let mut console =
            Console { input: &mut input, output: &mut output, drawings: &mut io::sink(), interrupt: &interrupt };
        let (_, mut event) = workbench.enter(&piece, &mut console).ok()?;
        while let Event::Paused(_) = event {
            event = workbench.go_on(GoOn::Continue, &mut console).expect("it is paused");
        }
        match event {
            Event::Finished => continue,
            Event::Stopped(outcome) => {
                let sources = &workbench.compiled().sources;
                let stopped = outcome.error.expect("an error stopped it");
                let line = stopped.place.span.map(|span| {
                    let source = sources.of(span);
                    source.line_text(source.line(span.start)).trim().to_owned()
                });
                error = Some((stopped.kind, line));
            }
            _ => {}
        }
        break;
    }
    let is_entered = |(name, parameters): &(String, Vec<String>)| name == "main" && parameters.is_empty();
    let is_called = parsed(&program.text).top_level.statements.is_empty();
    if is_called || configuration.call.is_some() || workbench.functions().iter().any(is_entered) {
        return None;
    }
    Some(Typed { output: String::from_utf8(output).expect("it is text"), error, echoes })
}

fn parsed(text: &str) -> Module {
    let mut sources = Sources::default();
    let source = sources.add("", text);
    syntax::parse(&sources, source, &mut Names::default()).module
}
