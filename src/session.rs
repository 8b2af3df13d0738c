//! The one pipeline: source and configuration in, outcome out. The command line, the REPL, tests and
//! benches all use it. Printing is not done here, and no sentence is made here.

mod blame;
pub mod comparison;
mod elision;
mod files;
mod host;
mod leaks;
mod outcome;
mod replay;
mod transcript;
mod workbench;

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub use elision::ElidedCounts;
pub use files::Files;
pub use outcome::{
    CallStack, LeakGroup, LeakKind, Leaks, Outcome, Place, RecordFacts, Related, RelatedKind, RunError, StackFrame,
    Status,
};
pub use workbench::{Console, Event, GoOn, Loading, Workbench};

use crate::bytecode::{Program, verifier};
use crate::compiler::{self, Entry};
use crate::kind::ErrorKind;
use crate::library;
use crate::limits;
use crate::machine::{Backtrace, Cause, End, Machine, MachineOptions, NoProbe, Trap, signatures};
use crate::memory::address_space::HEAP_BASE;
use crate::memory::strategy::{self, Requirements};
use crate::memory::{Fault, HeapStatistics, MemoryOptions};
use crate::source::{Diagnostic, Severity, SourceId, Sources, Span};
use crate::syntax::{self, Names};

/// The user's file in the sources of a [`Compiled`].
pub const USER_SOURCE: SourceId = SourceId(0);
/// The library in the sources of a [`Compiled`].
const LIBRARY_SOURCE: SourceId = SourceId(1);

/// How a program is compiled and run.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Name of the memory-management strategy.
    pub memory: &'static str,
    /// Name of the allocator.
    pub allocator: &'static str,
    /// `--heap`, in bytes.
    pub heap_bytes: u64,
    /// `--stack`, in bytes.
    pub stack_bytes: u64,
    /// `--call`
    pub call: Option<String>,
    /// `--seed`
    pub seed: u64,
    /// `--max-steps`
    pub max_steps: Option<u64>,
    /// `--replay-limit`, in instructions.
    pub replay_limit: u64,
    /// The program's folder; files are read below it.
    pub folder: Option<PathBuf>,
    /// `--allow-read`: further folders.
    pub allow_read: Vec<PathBuf>,
    /// `--stress`: collect at every allocation, and audit the whole heap after it.
    pub stress: bool,
    /// `--checks`
    pub checks: Checks,
    /// Whether every copy of a reference is counted, also where nobody can tell: what counting costs that
    /// leaves nothing out.
    pub counts_all: bool,
    /// Whether to find out how many counts were left out, by a second run where there are any.
    pub measures_elision: bool,
}

/// What a memory error does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checks {
    /// The first one stops the program.
    #[default]
    Stop,
    /// It is reported, and the program goes on.
    Report,
}

impl Default for Configuration {
    fn default() -> Configuration {
        Configuration {
            memory: "manual",
            allocator: "first-fit",
            heap_bytes: limits::HEAP_BYTES,
            stack_bytes: limits::STACK_BYTES,
            call: None,
            seed: 1,
            max_steps: None,
            replay_limit: limits::REPLAY_INSTRUCTIONS,
            folder: None,
            allow_read: Vec::new(),
            stress: false,
            checks: Checks::Stop,
            counts_all: false,
            measures_elision: false,
        }
    }
}

impl Configuration {
    fn machine_options(&self, program: &Program) -> MachineOptions {
        MachineOptions {
            memory: MemoryOptions {
                strategy: self.memory,
                allocator: self.allocator,
                heap_bytes: self.heap_bytes,
                stack_bytes: self.stack_bytes,
                static_base: program.static_base().try_into().unwrap_or(u32::MAX),
                // A program whose errors stop it gets at no block that is gone, and nobody looks at its memory afterwards.
                residue: self.checks != Checks::Stop,
            },
            seed: self.seed,
            max_steps: self.max_steps,
            stress: self.stress,
            room_for_globals: 0,
            tolerated_errors: match self.checks {
                Checks::Stop => 0,
                Checks::Report => usize::MAX,
            },
        }
    }

    /// What the strategy needs from compiled code.
    ///
    /// # Panics
    /// If its name is not in the table.
    fn requirements(&self) -> Requirements {
        strategy::find(self.memory).expect("a strategy of the table").requirements
    }
}

/// A program ready to run, or to be looked at.
#[derive(Debug)]
pub struct Compiled {
    /// The user's file (id 0), the library, and the `--call` expression or what was typed at a prompt.
    pub sources: Sources,
    /// The `--call` expression among them.
    pub call: Option<SourceId>,
    /// The bytecode.
    pub program: Program,
    /// Where the user's statements begin in the text, ascending: before each of them a program can pause.
    pub statements: Vec<u32>,
    /// What the strategy that it was compiled for needs from it.
    pub requirements: Requirements,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// Each function with its parameters, if there is nothing to run: no statement, and no function
    /// that is called by itself.
    pub uncalled: Option<Vec<(String, Vec<String>)>>,
}

/// Why there is no program.
#[derive(Debug)]
pub enum Rejection {
    /// Errors (and warnings), with the sources they point into.
    Errors(Sources, Vec<Diagnostic>),
    /// Nothing to run: the functions there are, each with its parameters.
    NothingToRun(Vec<(String, Vec<String>)>),
}

/// Compiles a text in order to run it. `name` is what reports call it.
///
/// # Errors
/// See [`Rejection`].
///
/// # Panics
/// If the compiler made code that the verifier refuses.
pub fn compile(name: &str, text: &str, configuration: &Configuration) -> Result<Compiled, Rejection> {
    let mut compiled = inspect(name, text, configuration)?;
    match compiled.uncalled.take() {
        Some(functions) => Err(Rejection::NothingToRun(functions)),
        None => Ok(compiled),
    }
}

/// Compiles a text in order to look at it: there may be nothing to run in it.
///
/// # Errors
/// Never [`Rejection::NothingToRun`].
///
/// # Panics
/// If the compiler made code that the verifier refuses.
pub fn inspect(name: &str, text: &str, configuration: &Configuration) -> Result<Compiled, Rejection> {
    let mut sources = Sources::default();
    let mut names = Names::default();
    if text.len() > limits::SOURCE_BYTES {
        sources.add(name, "");
        let message = format!("the file has {} bytes; at most {} can be compiled", text.len(), limits::SOURCE_BYTES);
        return Err(Rejection::Errors(sources, vec![Diagnostic::error(ErrorKind::TooLarge, Span::default(), message)]));
    }
    let user = sources.add(name, text);
    let library = sources.add(library::NAME, library::TEXT);
    let user = syntax::parse(&sources, user, &mut names);
    let library = syntax::parse(&sources, library, &mut names);
    debug_assert!(library.diagnostics.is_empty(), "the library is sound: {:?}", library.diagnostics);
    let mut diagnostics = user.diagnostics;

    let mut call = None;
    let mut call_source = None;
    if let Some(text) = &configuration.call {
        let source = sources.add("<call>", text.as_str());
        call_source = Some(source);
        match syntax::parse_expression(&sources, source, &mut names) {
            Ok((module, expression)) => call = Some((module, expression, text.as_str())),
            Err(errors) => diagnostics.extend(errors),
        }
    }
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(Rejection::Errors(sources, diagnostics));
    }

    let input = compiler::Input {
        user: &user.module,
        library: &library.module,
        entry: match &call {
            Some((module, expression, text)) => Entry::Call { module, expression: *expression, text },
            None => Entry::Program,
        },
        earlier: None,
        breakpoints: &[],
        builtins: signatures(),
        requirements: configuration.requirements(),
        elides_counts: configuration.checks == Checks::Stop && !configuration.counts_all,
    };
    match compiler::compile(input, &mut names) {
        Ok(compiler::Output { mut program, warnings, uncalled, statements, .. }) => {
            diagnostics.extend(warnings);
            // After an error that is only reported, slots may hold anything.
            if configuration.checks == Checks::Stop {
                compiler::specialise(&mut program);
            }
            in_text_order(&mut diagnostics);
            if let Some(error) = statics_error(&program, configuration) {
                diagnostics.push(error);
                return Err(Rejection::Errors(sources, diagnostics));
            }
            if let Err(error) = verifier::verify(&program) {
                panic!("{error}");
            }
            let requirements = configuration.requirements();
            Ok(Compiled {
                sources,
                call: call_source,
                program,
                statements,
                requirements,
                warnings: diagnostics,
                uncalled,
            })
        }
        Err(errors) => {
            diagnostics.extend(errors);
            in_text_order(&mut diagnostics);
            Err(Rejection::Errors(sources, diagnostics))
        }
    }
}

fn in_text_order(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start);
}

/// Code, literals and globals must end below the heap. Only loading knows what literals take, and
/// loading is cheap.
fn statics_error(program: &Program, configuration: &Configuration) -> Option<Diagnostic> {
    let options = configuration.machine_options(program);
    let too_large = program.static_base() > u64::from(HEAP_BASE)
        || matches!(Machine::load(program, &options), Err(Fault::OutOfMemory { .. }));
    let message = format!(
        "the program is too large: its code, string literals and globals must end below the heap, at 0x{HEAP_BASE:08X}"
    );
    too_large.then(|| {
        Diagnostic::error(ErrorKind::TooLarge, Span::default(), message)
            .help("split the program, or shorten its literals")
    })
}

/// Runs a program. `input` and `output` are its standard input and output, `drawings` is where
/// `show_heap()` and its like go. Output is flushed before input is read, before a drawing, and at the end.
/// Raising `interrupt` ends the run soon.
///
/// # Errors
/// Where the output cannot be written. A closed pipe is no error, but an [`Outcome`].
///
/// # Panics
/// If the program was compiled for a strategy that needs other instructions.
pub fn run(
    compiled: &Compiled,
    configuration: &Configuration,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    drawings: &mut dyn Write,
    interrupt: &AtomicBool,
) -> io::Result<Outcome> {
    assert_eq!(compiled.requirements, configuration.requirements(), "a program is compiled for its strategy");
    let start = Instant::now();
    let program = &compiled.program;
    let options = configuration.machine_options(program);
    let mut machine = match Machine::load(program, &options) {
        Ok(machine) => machine,
        Err(fault) => return Ok(refused(compiled, fault)),
    };
    let files = Files::new(configuration.folder.as_deref(), &configuration.allow_read);
    let mut host = host::LiveHost::new(input, output, drawings, compiled, files);
    let end = machine.run(&mut host, &mut NoProbe, interrupt);
    let wall_ns = start.elapsed().as_nanos().try_into().unwrap_or(u64::MAX);
    let output_closed = host.finish()?;
    let recording = host.into_recording();

    let end = if output_closed { End::OutputClosed } else { end };
    let mut outcome = outcome(compiled, &mut machine, end, wall_ns, interrupt);
    drop(machine);
    outcome.elided = elision::measure(compiled, configuration, &recording, &outcome, interrupt);
    let instructions = outcome.machine.instructions;
    let mut errors: Vec<&mut RunError> = outcome.survived.iter_mut().chain(&mut outcome.error).collect();
    replay::explain(compiled, configuration, recording, instructions, interrupt, &mut errors);
    Ok(outcome)
}

/// What a run gave that has come to an end, or is paused.
fn outcome(compiled: &Compiled, machine: &mut Machine<'_>, end: End, wall_ns: u64, interrupt: &AtomicBool) -> Outcome {
    let mut outcome = Outcome {
        status: Status::Finished,
        value: machine.result.clone(),
        error: None,
        survived: Vec::new(),
        survived_untold: 0,
        interrupted_at: None,
        leaks: None,
        machine: machine.statistics(),
        heap: machine.memory.statistics(),
        elided: None,
        wall_ns,
        output_closed: end == End::OutputClosed,
    };
    let (survived, untold) = machine.take_survived();
    outcome.survived_untold = untold;
    outcome.survived = survived.into_iter().map(|trap| replay::describe(compiled, machine, trap)).collect();
    match end {
        End::OutputClosed | End::Paused(_) => {}
        End::Finished | End::Exited => outcome.leaks = Some(leaks::report(compiled, machine)),
        End::Interrupted(trap) => {
            outcome.status = Status::Interrupted;
            outcome.interrupted_at = Some(blame::place(compiled, trap.at, &trap.backtrace));
        }
        // Reading input was cut short, or ended with the program that wrote it.
        End::Trapped(trap)
            if matches!(trap.cause, Cause::Input(_) | Cause::EndOfInput) && interrupt.load(Ordering::Relaxed) =>
        {
            outcome.status = Status::Interrupted;
            outcome.interrupted_at = Some(blame::place(compiled, trap.at, &trap.backtrace));
        }
        End::Trapped(trap) => {
            outcome.status = Status::Stopped;
            outcome.error = Some(replay::describe(compiled, machine, *trap));
        }
    }
    outcome
}

/// The host has no memory to load the program into.
fn refused(compiled: &Compiled, fault: Fault) -> Outcome {
    let trap = Trap {
        cause: Cause::Fault(fault),
        at: 0,
        base: 0,
        backtrace: Backtrace::default(),
        block: None,
        argument: None,
        index: None,
        landing: None,
    };
    Outcome {
        status: Status::Stopped,
        value: None,
        error: Some(RunError {
            kind: trap.cause.kind(),
            place: blame::place(compiled, 0, &trap.backtrace),
            library: None,
            trap,
            related: Vec::new(),
            block_name: None,
            allocated: None,
            record: None,
            replay_problem: None,
        }),
        survived: Vec::new(),
        survived_untold: 0,
        interrupted_at: None,
        leaks: None,
        machine: Default::default(),
        heap: HeapStatistics::default(),
        elided: None,
        wall_ns: 0,
        output_closed: false,
    }
}
