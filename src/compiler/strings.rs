//! Which expressions may make a string that nothing holds: where such a temporary is consumed by
//! `+` or a built-in, the compiler has it freed.

use std::collections::HashSet;

use crate::syntax::ast::{BinaryOperator, ExpressionKind, Module, Name};

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
        let of = |id: crate::syntax::ast::ExpressionId| facts[id.0 as usize];
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
