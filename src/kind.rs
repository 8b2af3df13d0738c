//! The kinds of error, under the field's standard names. One table gives the type, its
//! kebab-case name (the same in code, reports, corpus and `cairn explain`) and its phase.

use std::fmt;

/// When an error of some kind is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// While compiling only.
    Compile,
    /// While running only.
    Run,
    /// Either.
    Both,
}

macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $phase:ident,)+) => {
        /// What went wrong, in one standard word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorKind { $($(#[doc = $doc])+ $variant,)+ }

        impl ErrorKind {
            /// All kinds, in the order in which they are listed to people.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$variant,)+];

            /// The kebab-case name.
            pub const fn name(self) -> &'static str {
                match self { $(ErrorKind::$variant => $name,)+ }
            }

            /// When this kind is found.
            pub const fn phase(self) -> Phase {
                match self { $(ErrorKind::$variant => Phase::$phase,)+ }
            }

            /// The kind of that kebab-case name.
            pub fn from_name(name: &str) -> Option<ErrorKind> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

error_kinds! {
    /// A call needs more stack than `--stack` grants.
    StackOverflow "stack-overflow" Run,
    /// A block is read or written after it was freed.
    UseAfterFree "use-after-free" Run,
    /// A block is freed twice.
    DoubleFree "double-free" Run,
    /// Something is freed that no allocation returned.
    InvalidFree "invalid-free" Run,
    /// An access outside a heap block, an embedded array or a string.
    HeapBufferOverflow "heap-buffer-overflow" Run,
    /// An access outside a stack buffer.
    StackBufferOverflow "stack-buffer-overflow" Run,
    /// A stack buffer is used after its function returned.
    StackUseAfterReturn "stack-use-after-return" Run,
    /// A word or byte is read that was never written.
    UninitialisedRead "uninitialised-read" Run,
    /// `null` is used as if it pointed somewhere.
    NullDereference "null-dereference" Run,
    /// The heap cannot serve a request that has no way to say so.
    OutOfMemory "out-of-memory" Run,
    /// An access to an address that belongs to nothing.
    SegmentationFault "segmentation-fault" Run,
    /// An operation on a value of the wrong type.
    TypeError "type-error" Run,
    /// A result that does not fit 64 bits, or a byte that does not fit 8.
    IntegerOverflow "integer-overflow" Run,
    /// Integer division by zero.
    DivisionByZero "division-by-zero" Run,
    /// A record has no such field.
    UnknownField "unknown-field" Run,
    /// A variable is read that has no value yet.
    UnassignedVariable "unassigned-variable" Both,
    /// The program called `error(...)`.
    UserError "user-error" Run,
    /// An `assert` did not hold.
    AssertionFailed "assertion-failed" Run,
    /// Standard input ended before the program was done reading.
    EndOfInput "end-of-input" Run,
    /// A file is missing, unreadable, or outside the program's folder.
    FileError "file-error" Run,
    /// `--max-steps` instructions were executed.
    StepLimit "step-limit" Run,
    /// A limit of the machine, named in the message.
    Limit "limit" Run,
    /// Text that is no pseudocode.
    SyntaxError "syntax-error" Compile,
    /// A name that nothing defines.
    UnknownName "unknown-name" Compile,
    /// Two definitions of one name.
    DuplicateName "duplicate-name" Compile,
    /// A call with the wrong number of arguments.
    WrongArguments "wrong-arguments" Compile,
    /// A size that must be known before the program runs, and is not.
    NotConstant "not-constant" Compile,
    /// A program or function that exceeds a limit of the machine.
    TooLarge "too-large" Compile,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
