//! What a memory error does to the program: a compile-time parameter of the machine, so that a
//! discipline that is not chosen costs nothing.

/// How uses of memory are checked.
pub trait Checks {
    /// Whether the first error stops the program. Then nothing a program does reaches linkage words,
    /// headers or free lists, and handlers take them as they are.
    const STOPS: bool;
}

/// The first error stops the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stop;

impl Checks for Stop {
    const STOPS: bool = true;
}
