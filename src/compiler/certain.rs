//! Type errors that are certain before the program runs. They are only warned of: the program may
//! never come there, and the error itself is reported when it does.

use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, Module, UnaryOperator};

/// What an expression must be, whatever the program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certain {
    Number,
    Boolean,
    Text,
    Null,
    Pointer,
}

impl Certain {
    /// As people say it.
    pub const fn text(self) -> &'static str {
        match self {
            Certain::Number => "a number",
            Certain::Boolean => "a boolean",
            Certain::Text => "a string",
            Certain::Null => "null",
            Certain::Pointer => "a pointer",
        }
    }
}

/// What is certain of an expression without looking at its operands.
pub fn certain(module: &Module, id: ExpressionId) -> Option<Certain> {
    Some(match &module.expression(id).kind {
        ExpressionKind::Integer(_) | ExpressionKind::Float(_) | ExpressionKind::Sizeof(_) => Certain::Number,
        ExpressionKind::Boolean(_) | ExpressionKind::Chain { .. } | ExpressionKind::IsEmpty(_) => Certain::Boolean,
        ExpressionKind::String(_) => Certain::Text,
        ExpressionKind::Null => Certain::Null,
        ExpressionKind::Array(_) | ExpressionKind::New { .. } => Certain::Pointer,
        ExpressionKind::Unary { operator: UnaryOperator::Negate, .. } => Certain::Number,
        ExpressionKind::Unary { operator: UnaryOperator::Not, .. } => Certain::Boolean,
        ExpressionKind::Binary { operator, .. } => match operator {
            BinaryOperator::Add => return None,
            BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::FloorDivide
            | BinaryOperator::Modulo
            | BinaryOperator::Power => Certain::Number,
            _ => Certain::Boolean,
        },
        _ => return None,
    })
}

/// Why an operator is certain to fail on its operands, if it is.
pub fn failure(module: &Module, operator: BinaryOperator, left: ExpressionId, right: ExpressionId) -> Option<String> {
    use BinaryOperator as B;
    let (left, right) = (certain(module, left), certain(module, right));
    let word = match operator {
        B::Add => "+",
        B::Subtract => "-",
        B::Multiply => "*",
        B::Divide => "/",
        B::FloorDivide => "div",
        B::Modulo => "mod",
        B::Power => "^",
        B::Less => "<",
        B::LessEqual => "<=",
        B::Greater => ">",
        B::GreaterEqual => ">=",
        B::Equal | B::NotEqual | B::And | B::Or => return None,
    };
    // `+` joins strings and `<` orders them; everything else is for numbers only.
    let takes_text = matches!(operator, B::Add | B::Less | B::LessEqual | B::Greater | B::GreaterEqual);
    for operand in [left, right].into_iter().flatten() {
        if operand != Certain::Number && !(takes_text && operand == Certain::Text) {
            return Some(format!("this will stop the program: `{word}` on {}", operand.text()));
        }
    }
    match (left, right) {
        (Some(left), Some(right)) if left != right => {
            Some(format!("this will stop the program: `{word}` on {} and {}", left.text(), right.text()))
        }
        _ => None,
    }
}
