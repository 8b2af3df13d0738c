//! The one pipeline: source and configuration in, outcome out. The command line, the REPL, tests and
//! benches all use it. Also the explaining second run.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use crate::bytecode::Program;
use crate::kind::ErrorKind;
use crate::machine::{Cause, MachineStatistics, Trap};
use crate::memory::HeapStatistics;
use crate::source::{Diagnostic, SourceId, Sources, Span};
use crate::syntax::Names;

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
}

/// A program ready to run, or to be looked at.
#[derive(Debug)]
pub struct Compiled {
    /// The user's file (id 0), the library, the `--call` expression.
    pub sources: Sources,
    /// The names in them.
    pub names: Names,
    /// The bytecode.
    pub program: Program,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// Why there is no program.
#[derive(Debug)]
pub enum Rejection {
    /// Errors (and warnings), with the sources they point into.
    Errors(Sources, Vec<Diagnostic>),
    /// Nothing to run: the functions there are, each with its parameters.
    NothingToRun(Vec<(String, Vec<String>)>),
}

/// Compiles a text. `name` is what reports call it.
///
/// # Errors
/// See [`Rejection`].
pub fn compile(name: &str, text: &str, configuration: &Configuration) -> Result<Compiled, Rejection> {
    let _ = (name, text, configuration);
    todo!()
}

/// Runs a program.
pub fn run(
    compiled: &Compiled,
    configuration: &Configuration,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    drawings: &mut dyn Write,
    interrupt: &AtomicBool,
) -> io::Result<Outcome> {
    let _ = (compiled, configuration, input, output, drawings, interrupt);
    todo!()
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// By itself.
    Finished,
    /// With an error.
    Stopped,
    /// By Ctrl-C.
    Interrupted,
}

/// Everything there is to know of a run.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The printed text of the value of `--call` or of the implicit entry.
    pub value: Option<String>,
    /// The error that stopped it, or where it was interrupted.
    pub error: Option<RunError>,
    /// What was lost; none where the program did not finish.
    pub leaks: Option<Leaks>,
    /// What the machine did.
    pub machine: MachineStatistics,
    /// What the heap did.
    pub heap: HeapStatistics,
    /// Wall time in nanoseconds.
    pub wall_ns: u64,
    /// Nobody read the output any more.
    pub output_closed: bool,
}

/// A frame of a call stack, in terms of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackFrame {
    /// The function; `<top level>` and `<call>` are the outermost.
    pub function: String,
    /// Where it is; none inside `<call>`, in the implicit call of the entry, and in the library.
    pub span: Option<Span>,
    /// Whether it is a library function.
    pub library: bool,
}

/// A call stack in terms of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallStack {
    /// Innermost first.
    pub innermost: Vec<StackFrame>,
    /// Frames left out after those.
    pub omitted: u64,
    /// Outermost frames, the top level last; empty if nothing was left out.
    pub outermost: Vec<StackFrame>,
    /// Frames in all.
    pub depth: u64,
}

/// What happened earlier to the block that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelatedKind {
    /// It was allocated.
    Allocated,
    /// It was freed.
    Freed,
}

/// A place that explains an error.
#[derive(Clone, Debug)]
pub struct Related {
    /// What happened there.
    pub what: RelatedKind,
    /// Where, in the user's code.
    pub span: Span,
    /// In which function.
    pub function: String,
    /// Who had called whom.
    pub call_stack: CallStack,
}

/// An error of a running program, in terms of the source. `report` makes sentences of it.
#[derive(Debug)]
pub struct RunError {
    /// Its kind.
    pub kind: ErrorKind,
    /// What the machine says of it.
    pub trap: Trap,
    /// Where it is blamed, in the user's code; none in the implicit call of the entry.
    pub span: Option<Span>,
    /// The function it is blamed on.
    pub function: String,
    /// Who had called whom.
    pub call_stack: CallStack,
    /// What happened to its block before: latest first (freed, then allocated).
    pub related: Vec<Related>,
    /// The name of the place its block was allocated for, and the block's size in bytes, if known.
    pub block_name: Option<String>,
    /// Bytes of its block, if known.
    pub block_bytes: Option<u64>,
    /// Why the second run could not tell more, if it could not.
    pub replay_problem: Option<String>,
}

impl RunError {
    /// The cause.
    pub fn cause(&self) -> &Cause {
        &self.trap.cause
    }
}

/// Why a block is listed as leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeakKind {
    /// No pointer to it is left.
    DefinitelyLost,
    /// Only reachable from a lost block.
    IndirectlyLost,
    /// Lost, and kept alive by its own count.
    Cycle,
    /// A global still points to it.
    StillReachable,
}

/// Blocks lost in the same way, allocated by the same line.
#[derive(Clone, Debug)]
pub struct LeakGroup {
    /// In which way.
    pub kind: LeakKind,
    /// How many.
    pub blocks: u64,
    /// Bytes asked for.
    pub bytes: u64,
    /// The allocating expression, in the user's code.
    pub allocated_at: Span,
    /// The function it stands in.
    pub function: String,
    /// The line that lost the last pointer, and its function.
    pub lost_at: Option<(u32, String)>,
}

/// The leak report. Still-reachable blocks are listed, but not counted in the totals.
#[derive(Clone, Debug, Default)]
pub struct Leaks {
    /// Lost blocks.
    pub blocks: u64,
    /// Bytes asked for in them.
    pub bytes: u64,
    /// Largest first.
    pub groups: Vec<LeakGroup>,
}

/// The user's file in the sources of a [`Compiled`].
pub const USER_SOURCE: SourceId = SourceId(0);
