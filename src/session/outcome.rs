//! What a run gives, in terms of the source.

use super::ElidedCounts;
use crate::kind::ErrorKind;
use crate::machine::{Cause, MachineStatistics, Trap};
use crate::memory::{Block, HeapStatistics};
use crate::source::Span;

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
    /// The error that stopped it.
    pub error: Option<RunError>,
    /// The memory errors that were reported before, after which it went on.
    pub survived: Vec<RunError>,
    /// How many more there were, which are only counted.
    pub survived_untold: u64,
    /// Where it was interrupted.
    pub interrupted_at: Option<Place>,
    /// What was lost; none where the program did not finish.
    pub leaks: Option<Leaks>,
    /// What the machine did.
    pub machine: MachineStatistics,
    /// What the heap did.
    pub heap: HeapStatistics,
    /// Counts that were left out, if that is known; see [`super::Configuration::measures_elision`].
    pub elided: Option<ElidedCounts>,
    /// Wall time in nanoseconds.
    pub wall_ns: u64,
    /// Nobody read the output any more; the program was ended quietly.
    pub output_closed: bool,
}

/// Where a running program was, as far as the user's code is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The expression or statement, in the user's file or in `--call`; none where the entry is called
    /// implicitly.
    pub span: Option<Span>,
    /// The user's function, `<top level>` or `<call>`.
    pub function: String,
    /// Who had called whom.
    pub call_stack: CallStack,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// What happened there.
    pub what: RelatedKind,
    /// Where.
    pub place: Place,
}

/// A record, or a plain block used as fields, that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The record's name; none for a plain block.
    pub name: Option<String>,
    /// The fields it has.
    pub fields: Vec<String>,
    /// The field that the error is about, if any.
    pub field: Option<String>,
}

/// An error of a running program, in terms of the source. `report` makes sentences of it.
#[derive(Debug)]
pub struct RunError {
    /// Its kind.
    pub kind: ErrorKind,
    /// What the machine says of it.
    pub trap: Trap,
    /// Where it is blamed.
    pub place: Place,
    /// The library function in which it really happened, if it did.
    pub library: Option<String>,
    /// What happened to its block before: latest first (freed, then allocated).
    pub related: Vec<Related>,
    /// The name of the place its block was allocated for, if known.
    pub block_name: Option<String>,
    /// Its block as it was allocated, if a second run told.
    pub allocated: Option<Block>,
    /// The record it is about, if any.
    pub record: Option<RecordFacts>,
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

impl LeakKind {
    /// The kebab-case name.
    pub const fn name(self) -> &'static str {
        match self {
            LeakKind::DefinitelyLost => "definitely-lost",
            LeakKind::IndirectlyLost => "indirectly-lost",
            LeakKind::Cycle => "cycle",
            LeakKind::StillReachable => "still-reachable",
        }
    }
}

/// Blocks lost in the same way, allocated by the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakGroup {
    /// In which way.
    pub kind: LeakKind,
    /// How many.
    pub blocks: u64,
    /// Bytes asked for.
    pub bytes: u64,
    /// The allocating expression, in the user's file or in `--call`.
    pub allocated_at: Span,
    /// The function it stands in.
    pub function: String,
    /// The line that lost the last pointer, and its function.
    pub lost_at: Option<(u32, String)>,
}

/// The leak report. Still-reachable blocks are listed, but not counted in the totals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaks {
    /// Lost blocks.
    pub blocks: u64,
    /// Bytes asked for in them.
    pub bytes: u64,
    /// Largest first.
    pub groups: Vec<LeakGroup>,
}
