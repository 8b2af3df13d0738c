//! Walks over the tree, for passes that look for something: statements recurse (their depth is
//! bounded), expressions use a work list.

use crate::source::Span;
use crate::syntax::ast::{Block, Expression, ExpressionId, ExpressionKind, Module, Name, Statement, StatementKind};

/// Calls `visit` with every statement of a block, outer ones first.
pub fn each_statement<'a>(block: &'a Block, visit: &mut impl FnMut(&'a Statement)) {
    for statement in &block.statements {
        each_in(statement, visit);
    }
}

/// Calls `visit` with a statement and every statement in it.
pub fn each_in<'a>(statement: &'a Statement, visit: &mut impl FnMut(&'a Statement)) {
    visit(statement);
    match &statement.kind {
        StatementKind::If { arms, otherwise } => {
            for (_, body) in arms {
                each_statement(body, visit);
            }
            if let Some(body) = otherwise {
                each_statement(body, visit);
            }
        }
        StatementKind::While { body, .. }
        | StatementKind::Repeat { body, .. }
        | StatementKind::ForRange { body, .. }
        | StatementKind::ForEach { body, .. }
        | StatementKind::Defer(body) => each_statement(body, visit),
        _ => {}
    }
}

/// Calls `visit` with the outermost expressions of one statement, not those of its blocks' statements.
pub fn each_root(statement: &Statement, visit: &mut impl FnMut(ExpressionId)) {
    match &statement.kind {
        StatementKind::Expression(value) => visit(*value),
        StatementKind::Assign { place, value } | StatementKind::Update { place, value, .. } => {
            visit(*value);
            visit(*place);
        }
        StatementKind::AssignMany { places, values } => {
            values.iter().chain(places).for_each(|&id| visit(id));
        }
        StatementKind::If { arms, .. } => arms.iter().for_each(|&(condition, _)| visit(condition)),
        StatementKind::While { condition, .. } => visit(*condition),
        StatementKind::Repeat { until, .. } => visit(*until),
        StatementKind::ForRange { from, to, step, .. } => {
            visit(*from);
            visit(*to);
            step.iter().for_each(|&id| visit(id));
        }
        StatementKind::ForEach { collection, .. } => visit(*collection),
        StatementKind::Return(value) => value.iter().for_each(|&id| visit(id)),
        StatementKind::Print { arguments, .. } => arguments.iter().for_each(|&id| visit(id)),
        StatementKind::Break
        | StatementKind::Continue
        | StatementKind::Pass
        | StatementKind::Defer(_)
        | StatementKind::Global(_) => {}
    }
}

/// Calls `visit` with the operands of an expression.
pub fn each_operand(expression: &Expression, visit: &mut impl FnMut(ExpressionId)) {
    match &expression.kind {
        ExpressionKind::Unary { operand, .. } | ExpressionKind::IsEmpty(operand) | ExpressionKind::Weak(operand) => {
            visit(*operand);
        }
        ExpressionKind::Binary { left, right, .. } => {
            visit(*left);
            visit(*right);
        }
        ExpressionKind::Chain { first, rest } => {
            visit(*first);
            rest.iter().for_each(|&(_, id)| visit(id));
        }
        ExpressionKind::Call { arguments, .. }
        | ExpressionKind::New { arguments, .. }
        | ExpressionKind::Array(arguments) => arguments.iter().for_each(|&id| visit(id)),
        ExpressionKind::Index { object, index } => {
            visit(*object);
            visit(*index);
        }
        ExpressionKind::Field { object, .. } => visit(*object),
        ExpressionKind::Integer(_)
        | ExpressionKind::Float(_)
        | ExpressionKind::Boolean(_)
        | ExpressionKind::Null
        | ExpressionKind::String(_)
        | ExpressionKind::Name(_)
        | ExpressionKind::Sizeof(_) => {}
    }
}

/// Calls `visit` with an expression and everything in it.
pub fn each_expression(module: &Module, root: ExpressionId, visit: &mut impl FnMut(ExpressionId, &Expression)) {
    let mut work = vec![root];
    while let Some(id) = work.pop() {
        let expression = module.expression(id);
        visit(id, expression);
        each_operand(expression, &mut |operand| work.push(operand));
    }
}

/// Calls `visit` with every name that a block assigns, in the order of the text: what makes variables.
/// `swap` is the name whose calls assign both arguments, unless the program defines it itself.
pub fn each_assigned(module: &Module, block: &Block, swap: Option<Name>, visit: &mut impl FnMut(Name, Span)) {
    for statement in &block.statements {
        each_assigned_in(module, statement, swap, visit);
    }
}

/// The same of a statement and every statement in it.
pub fn each_assigned_in(
    module: &Module,
    statement: &Statement,
    swap: Option<Name>,
    visit: &mut impl FnMut(Name, Span),
) {
    let place = |id: ExpressionId, visit: &mut dyn FnMut(Name, Span)| {
        let expression = module.expression(id);
        if let ExpressionKind::Name(name) = expression.kind {
            visit(name, expression.span);
        }
    };
    each_in(statement, &mut |statement| match &statement.kind {
        StatementKind::Assign { place: id, .. } | StatementKind::Update { place: id, .. } => place(*id, visit),
        StatementKind::AssignMany { places, .. } => places.iter().for_each(|&id| place(id, visit)),
        StatementKind::ForRange { variable, .. } | StatementKind::ForEach { variable, .. } => {
            visit(variable.name, variable.span);
        }
        StatementKind::Expression(id) => {
            if let ExpressionKind::Call { callee, arguments, .. } = &module.expression(*id).kind
                && Some(callee.name) == swap
            {
                arguments.iter().for_each(|&id| place(id, visit));
            }
        }
        _ => {}
    });
}
