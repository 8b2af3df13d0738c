//! The kinds of error, under the field's standard names. One table gives the type and its
//! kebab-case name, the same in code, reports, corpus and `cairn explain`.

use std::fmt;

macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal,)+) => {
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

            /// The kind of that kebab-case name.
            pub fn from_name(name: &str) -> Option<ErrorKind> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

error_kinds! {
    /// A call needs more stack than `--stack` grants.
    StackOverflow "stack-overflow",
    /// A block is read or written after it was freed.
    UseAfterFree "use-after-free",
    /// A block is freed twice.
    DoubleFree "double-free",
    /// Something is freed that no allocation returned.
    InvalidFree "invalid-free",
    /// An access outside a heap block, an embedded array or a string.
    HeapBufferOverflow "heap-buffer-overflow",
    /// An access outside a stack buffer.
    StackBufferOverflow "stack-buffer-overflow",
    /// A stack buffer is used after its function returned.
    StackUseAfterReturn "stack-use-after-return",
    /// A word or byte is read that was never written.
    UninitialisedRead "uninitialised-read",
    /// `null` is used as if it pointed somewhere.
    NullDereference "null-dereference",
    /// The heap cannot serve a request that has no way to say so.
    OutOfMemory "out-of-memory",
    /// An access to an address that belongs to nothing.
    SegmentationFault "segmentation-fault",
    /// An operation on a value of the wrong type.
    TypeError "type-error",
    /// A result that does not fit 64 bits, or a byte that does not fit 8.
    IntegerOverflow "integer-overflow",
    /// Integer division by zero.
    DivisionByZero "division-by-zero",
    /// A record has no such field.
    UnknownField "unknown-field",
    /// A variable is read that has no value yet.
    UnassignedVariable "unassigned-variable",
    /// The program called `error(...)`.
    UserError "user-error",
    /// An `assert` did not hold.
    AssertionFailed "assertion-failed",
    /// Standard input ended before the program was done reading.
    EndOfInput "end-of-input",
    /// A file is missing, unreadable, or outside the program's folder.
    FileError "file-error",
    /// `--max-steps` instructions were executed.
    StepLimit "step-limit",
    /// A limit of the machine, named in the message.
    Limit "limit",
    /// Text that is no pseudocode.
    SyntaxError "syntax-error",
    /// A name that nothing defines.
    UnknownName "unknown-name",
    /// Two definitions of one name.
    DuplicateName "duplicate-name",
    /// A call with the wrong number of arguments.
    WrongArguments "wrong-arguments",
    /// A size that must be known before the program runs, and is not.
    NotConstant "not-constant",
    /// A program or function that exceeds a limit of the machine.
    TooLarge "too-large",
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
