//! Which variables a function has: what it assigns, unless it declares it `global`.

use std::collections::HashSet;

use super::walk;
use crate::source::Span;
use crate::syntax::ast::{Block, Function, Module, Name, StatementKind};

/// The names that a block's `global` statements declare.
pub fn declared_globals(block: &Block) -> HashSet<Name> {
    let mut found = HashSet::new();
    walk::each_statement(block, &mut |statement| {
        if let StatementKind::Global(names) = &statement.kind {
            found.extend(names.iter().map(|identifier| identifier.name));
        }
    });
    found
}

/// The local variables of a function: its parameters, then what it assigns, in the order of the text.
/// `swap` is the name whose calls assign both arguments.
pub fn locals(module: &Module, function: &Function, swap: Option<Name>) -> Vec<(Name, Span)> {
    let globals = declared_globals(&function.body);
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for parameter in &function.parameters {
        if seen.insert(parameter.name) {
            found.push((parameter.name, parameter.span));
        }
    }
    walk::each_assigned(module, &function.body, swap, &mut |name, span| {
        if !globals.contains(&name) && seen.insert(name) {
            found.push((name, span));
        }
    });
    found
}
