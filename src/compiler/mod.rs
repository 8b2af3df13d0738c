//! Tree to bytecode: names are resolved, records laid out, functions lowered. Imports of memory only
//! what a strategy requires from code.

mod certain;
mod compilation;
mod constants;
mod counting;
mod lowering;
mod records;
mod strings;
mod suggest;
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

pub use suggest::{help as did_you_mean, nearest};

/// What a program is compiled from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The user's program.
    pub user: &'a Module,
    /// The library in pseudocode; only what is used of it gets into the program.
    pub library: &'a Module,
    /// `--call`: its module, its expression, and its text.
    pub call: Option<(&'a Module, ExpressionId, &'a str)>,
    /// The built-ins, by index.
    pub builtins: &'static [Signature],
    /// What the strategy needs from code.
    pub requirements: Requirements,
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
