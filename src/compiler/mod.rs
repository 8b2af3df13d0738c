//! Tree to bytecode: names are resolved, records laid out, functions lowered. Imports of memory only
//! what a strategy requires from code.

mod certain;
mod compilation;
mod constants;
mod continuing;
mod counting;
mod inference;
mod lowering;
mod opening;
mod records;
mod specialising;
mod strings;
pub mod suggest;
#[cfg(test)]
mod tests;
mod unassigned;
mod variables;
mod walk;

use crate::bytecode::{Program, Signature};
use crate::kind::ErrorKind;
use crate::memory::strategy::Requirements;
use crate::source::{Diagnostic, Span};
use crate::syntax::Names;
use crate::syntax::ast::{ExpressionId, Module};

pub use continuing::{Earlier, Waiting};
pub use specialising::specialise;
pub use suggest::{help as did_you_mean, nearest};

/// What a program is compiled from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The user's program.
    pub user: &'a Module,
    /// The library in pseudocode; only what is used of it gets into the program.
    pub library: &'a Module,
    /// What follows the statements of the top level.
    pub entry: Entry<'a>,
    /// What the program goes on from, if it has begun already.
    pub earlier: Option<Earlier<'a>>,
    /// Starts of the statements before which to pause.
    pub breakpoints: &'a [u32],
    /// The built-ins, by index.
    pub builtins: &'static [Signature],
    /// What the strategy needs from code.
    pub requirements: Requirements,
    /// Whether counts of references are left out where the program cannot tell. It can, once something but
    /// its own instructions assigns variables: a prompt, or a write that goes astray and is survived.
    pub elides_counts: bool,
}

/// What follows the statements of the top level.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// `main()`, or the only function without parameters if there is no statement.
    Program,
    /// `--call`: its module, its expression, and its text.
    Call {
        /// Where the expression is.
        module: &'a Module,
        /// The expression.
        expression: ExpressionId,
        /// Its text.
        text: &'a str,
    },
    /// The value of an expression is shown to whoever asked.
    Ask {
        /// Where the expression is.
        module: &'a Module,
        /// The expression.
        expression: ExpressionId,
    },
    /// Nothing.
    None,
}

/// A compiled program.
#[derive(Debug)]
pub struct Output {
    /// The program.
    pub program: Program,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// Each function with its parameters, if the program runs none of them and has nothing else to
    /// run: there is neither a top-level statement nor `main` nor `--call`, and not exactly one function
    /// without parameters.
    pub uncalled: Option<Vec<(String, Vec<String>)>>,
    /// Where the user's statements begin in the text, ascending: before each of them a program can pause.
    pub statements: Vec<u32>,
    /// Functions of a program that goes on which cannot be called yet.
    pub waiting: Vec<Waiting>,
}

/// Compiles a program.
///
/// # Errors
/// What is wrong with it, and warnings.
pub fn compile(input: Input<'_>, names: &mut Names) -> Result<Output, Vec<Diagnostic>> {
    compilation::Compilation::new(input, names).compile()
}

/// Two definitions of one name.
fn duplicate(what: &str, name: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::error(ErrorKind::DuplicateName, again, format!("the {what} `{name}` is defined twice"))
        .label("defined again here")
        .secondary(first, "first defined here")
        .help("give one of them another name, or remove it")
}
