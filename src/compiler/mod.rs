//! Tree to bytecode: names are resolved, records laid out, functions lowered. Imports of memory only
//! what a strategy requires from code.

use crate::bytecode::{Program, Signature};
use crate::source::Diagnostic;
use crate::syntax::Names;
use crate::syntax::ast::{ExpressionId, Module};

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
}

/// Why a module gives no program.
#[derive(Debug)]
pub enum Failure {
    /// It has errors.
    Rejected(Vec<Diagnostic>),
    /// There is neither a top-level statement nor `main` nor `--call`, and not exactly one function
    /// without parameters. Each function with its parameters.
    NothingToRun(Vec<(String, Vec<String>)>),
}

/// Compiles a program.
///
/// # Errors
/// See [`Failure`].
pub fn compile(input: Input<'_>, names: &mut Names) -> Result<(Program, Vec<Diagnostic>), Failure> {
    let _ = (input, names);
    todo!()
}
