//! The front end: text to tree. Nothing outside learns of tokens, layout or the parser generator.

pub mod ast;
mod names;

pub use names::Names;

use crate::source::{Diagnostic, SourceId, Sources, Span};
use ast::{ExpressionId, Module};

/// What came of parsing: a tree of what could be understood, and everything that could not.
/// A module with errors must not be compiled.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The tree.
    pub module: Module,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a whole program.
pub fn parse(sources: &Sources, source: SourceId, names: &mut Names) -> Parsed {
    let _ = (sources, source, names);
    todo!()
}

/// Parses a source that is one expression (`--call`), into the module's arena.
///
/// # Errors
/// What is wrong with the text, if it is not one expression.
pub fn parse_expression(
    sources: &Sources,
    source: SourceId,
    names: &mut Names,
) -> Result<(Module, ExpressionId), Vec<Diagnostic>> {
    let _ = (sources, source, names, Span::default());
    todo!()
}
