//! Why a program stopped, as data with everything that can only be known at that moment:
//! where it was, who had called whom, what lay at the address. Sentences are `report`'s.

use super::frame::Position;
use super::host::FileProblem;
use crate::kind::ErrorKind;
use crate::memory::{Fault, Pointer};

/// A value as people see it, with the name of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// "an integer", "a pointer", "null", …
    pub type_name: &'static str,
    /// As `print` would show it; strings in quotes; long ones cut.
    pub text: String,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// A use of memory.
    Fault(Fault),
    /// A call needed more stack than there is.
    StackOverflow {
        /// Bytes of stack in use at the call.
        used: u64,
        /// Bytes the new frame needed.
        needed: u64,
        /// `--stack`, in bytes.
        limit: u64,
    },
    /// An operator on values it is not made for.
    OperandTypes {
        /// The operator as written in pseudocode: `+`, `<`, `mod`.
        operator: &'static str,
        /// Its operands.
        operands: Vec<Shown>,
    },
    /// A condition, or an operand of `and`, `or`, `not`, that is no boolean.
    NotABoolean(Shown),
    /// An index that is no integer.
    IndexType(Shown),
    /// A loop bound or step that is no number.
    LoopBound(Shown),
    /// A value with a field or an index that can have none, `length` included.
    NotAReference {
        /// The value.
        found: Shown,
    },
    /// A walk over something that has no elements.
    NotACollection(Shown),
    /// An argument of the wrong type or out of range.
    Argument {
        /// The built-in.
        builtin: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Which argument it is, from 0.
        index: u8,
        /// What it must be: "an integer", "a string", "an integer that is not negative".
        expected: &'static str,
        /// What it is.
        found: Shown,
    },
    /// A size for an allocation that is negative, or no integer.
    Size(Shown),
    /// Something other than an array assigned to an embedded array.
    EmbeddedArray(Shown),
    /// `heap_free` of something that is no reference.
    FreeType(Shown),
    /// A result that does not fit 64 bits.
    Overflow {
        /// The operator or built-in.
        operator: &'static str,
        /// Its operands.
        operands: Vec<Shown>,
    },
    /// Integer division or remainder by zero.
    DivisionByZero {
        /// The operator.
        operator: &'static str,
        /// What was divided.
        dividend: Shown,
    },
    /// A loop's step of 0.
    ZeroStep,
    /// A variable without a value.
    Unassigned {
        /// Its name.
        name: String,
        /// Whether it is a global.
        global: bool,
    },
    /// `error(message)`
    User(String),
    /// `assert(condition, message)`
    Assertion(Option<String>),
    /// Standard input has ended.
    EndOfInput,
    /// Standard input cannot be read.
    Input(String),
    /// A file.
    File {
        /// Its name as the program gave it.
        name: String,
        /// What is wrong.
        problem: FileProblem,
    },
    /// `--max-steps`
    StepLimit(u64),
}

impl Cause {
    /// The standard name of what went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Cause::Fault(fault) => match fault {
                Fault::NullDereference => ErrorKind::NullDereference,
                Fault::UseAfterFree(_) => ErrorKind::UseAfterFree,
                Fault::StackUseAfterReturn(_) => ErrorKind::StackUseAfterReturn,
                Fault::DoubleFree(_) => ErrorKind::DoubleFree,
                Fault::InvalidFree(..) => ErrorKind::InvalidFree,
                Fault::OutOfBounds(access) if access.block.place == crate::memory::Place::Stack => {
                    ErrorKind::StackBufferOverflow
                }
                Fault::OutOfBounds(_) | Fault::FieldDoesNotFit(..) => ErrorKind::HeapBufferOverflow,
                Fault::Uninitialised(_) => ErrorKind::UninitialisedRead,
                Fault::Segmentation(_) => ErrorKind::SegmentationFault,
                Fault::OutOfMemory { .. } => ErrorKind::OutOfMemory,
                Fault::Serials | Fault::Host { .. } => ErrorKind::Limit,
                Fault::UnknownField(..) => ErrorKind::UnknownField,
                Fault::ByteRange(_) => ErrorKind::IntegerOverflow,
                _ => ErrorKind::TypeError,
            },
            Cause::StackOverflow { .. } => ErrorKind::StackOverflow,
            Cause::Overflow { .. } => ErrorKind::IntegerOverflow,
            Cause::DivisionByZero { .. } => ErrorKind::DivisionByZero,
            Cause::Unassigned { .. } => ErrorKind::UnassignedVariable,
            Cause::User(_) => ErrorKind::UserError,
            Cause::Assertion(_) => ErrorKind::AssertionFailed,
            Cause::EndOfInput => ErrorKind::EndOfInput,
            Cause::Input(_) | Cause::File { .. } => ErrorKind::FileError,
            Cause::StepLimit(_) => ErrorKind::StepLimit,
            Cause::OperandTypes { .. }
            | Cause::NotABoolean(_)
            | Cause::IndexType(_)
            | Cause::LoopBound(_)
            | Cause::NotAReference { .. }
            | Cause::NotACollection(_)
            | Cause::Argument { .. }
            | Cause::Size(_)
            | Cause::EmbeddedArray(_)
            | Cause::FreeType(_)
            | Cause::ZeroStep => ErrorKind::TypeError,
        }
    }
}

/// A frame on the call stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameFacts {
    /// Index of its function.
    pub function: u32,
    /// Index of the instruction it is at: the one that trapped, or the call it waits for.
    pub at: u32,
}

/// The call stack at some moment, innermost frame first; the middle of a very deep one is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backtrace {
    /// The innermost frames.
    pub innermost: Vec<FrameFacts>,
    /// Frames left out after those.
    pub omitted: u64,
    /// The outermost frames, the top level last. Empty if nothing was left out.
    pub outermost: Vec<FrameFacts>,
    /// Frames in all; the top level counts.
    pub depth: u64,
}

/// A block that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFacts {
    /// A pointer to its data; into it, if it was used through an embedded array and is gone.
    pub pointer: Pointer,
    /// Whether it lies on the stack.
    pub on_stack: bool,
    /// Bytes asked for, if the block is still there to say so.
    pub bytes: Option<u64>,
    /// The instruction that allocated it (of the user's code, if the library did it), if known.
    pub site: Option<u32>,
}

/// What lies at an address that a program touched by mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landing {
    /// The return address of a function.
    ReturnAddress(String),
    /// The frame link of a function.
    FrameLink(String),
    /// A variable of a function.
    Variable {
        /// The function.
        function: String,
        /// The variable.
        variable: String,
    },
    /// An unnamed intermediate value of a function.
    Temporary(String),
    /// Room for a stack buffer of a function that has not been made.
    StackBuffer(String),
    /// Stack that no frame uses.
    UnusedStack,
    /// A block's header.
    Header(BlockFacts),
    /// A block's data.
    Data(BlockFacts),
    /// The slot of a field of the same record.
    Field(u32),
    /// Rounding after a block's data.
    Padding(BlockFacts),
    /// Free heap.
    FreeHeap,
    /// The allocator's own area.
    Control,
    /// The static segment.
    Static,
    /// Nothing.
    Nothing,
}

/// Why and where a program stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Trap {
    /// What went wrong.
    pub cause: Cause,
    /// Index of the instruction, of whoever's code.
    pub at: u32,
    /// Base of the frame it ran in.
    pub base: u32,
    /// Who had called whom.
    pub backtrace: Backtrace,
    /// The block it is about, if any.
    pub block: Option<BlockFacts>,
    /// The slot of the argument of `print` or of a built-in that it is about, if it is about one.
    pub argument: Option<u8>,
    /// The index that was used, if the block it is about is gone and cannot say what lay there.
    pub index: Option<i64>,
    /// What lies where an access went, if it went astray.
    pub landing: Option<Landing>,
}

impl Trap {
    /// Where the machine was.
    pub const fn position(&self) -> Position {
        Position { pc: self.at as usize, base: self.base }
    }
}

/// Why an instruction has no successor.
#[derive(Debug)]
pub(super) enum Ending {
    /// An error.
    Trapped(Box<Cause>),
    /// `exit()`
    Exited,
    /// Nobody reads the output.
    OutputClosed,
}

impl From<Cause> for Ending {
    fn from(cause: Cause) -> Ending {
        Ending::Trapped(Box::new(cause))
    }
}

impl From<Fault> for Ending {
    fn from(fault: Fault) -> Ending {
        Ending::from(Cause::Fault(fault))
    }
}
