//! Which expressions may make a string that nothing holds: where such a temporary is consumed by
//! `+` or a built-in, the compiler has it freed.

use std::collections::HashSet;

use super::walk;
use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, Module, Name, StatementKind};

/// What is known of the value of one expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StringFacts {
    /// It may be a string.
    pub possible: bool,
    /// If it is one, it has just been made and nothing holds it.
    pub fresh: bool,
}

/// The facts of every expression of a module. `makers` are the names whose calls give fresh strings.
pub fn facts(module: &Module, makers: &HashSet<Name>) -> Vec<StringFacts> {
    // Arena order is post-order: operands come before what they are operands of.
    let mut facts: Vec<StringFacts> = Vec::with_capacity(module.expressions.len());
    for expression in &module.expressions {
        let of = |id: ExpressionId| facts[id.0 as usize];
        let fact = match &expression.kind {
            ExpressionKind::String(_)
            | ExpressionKind::Name(_)
            | ExpressionKind::Index { .. }
            | ExpressionKind::Field { .. } => StringFacts { possible: true, fresh: false },
            ExpressionKind::Call { callee, .. } => StringFacts { possible: true, fresh: makers.contains(&callee.name) },
            ExpressionKind::Binary { operator: BinaryOperator::Add, left, right } => {
                let joins = of(*left).possible && of(*right).possible;
                StringFacts { possible: joins, fresh: joins }
            }
            _ => StringFacts::default(),
        };
        facts.push(fact);
    }
    facts
}

/// The names whose calls give fresh strings: those of `builtins`, and the functions that return nothing
/// but fresh strings, literals, and values that are no strings. Found by assuming it of all functions
/// and taking back what that does not bear out.
pub fn makers(module: &Module, builtins: &HashSet<Name>) -> HashSet<Name> {
    /// Each round takes the property back one call further out. Where these do not suffice, no function
    /// has it: that only frees less.
    const ROUNDS: usize = 8;
    let mut returns: Vec<(Name, Vec<ExpressionId>)> = Vec::new();
    for function in &module.functions {
        let mut values = Vec::new();
        walk::each_statement(&function.body, &mut |statement| {
            if let StatementKind::Return(Some(value)) = statement.kind {
                values.push(value);
            }
        });
        if !values.is_empty() {
            returns.push((function.name.name, values));
        }
    }
    for _ in 0..ROUNDS {
        let mut makers = builtins.clone();
        makers.extend(returns.iter().map(|&(name, _)| name));
        let facts = facts(module, &makers);
        let fact = |id: ExpressionId| facts[id.0 as usize];
        let is_literal = |id| matches!(module.expression(id).kind, ExpressionKind::String(_));
        let before = returns.len();
        returns.retain(|(_, values)| {
            values.iter().all(|&id| fact(id).fresh || !fact(id).possible || is_literal(id))
                && values.iter().any(|&id| fact(id).fresh)
        });
        if returns.len() == before {
            return makers;
        }
    }
    builtins.clone()
}
