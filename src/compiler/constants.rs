//! What can be known of an expression without running it: integers for sizes and ranges.

use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, Module, UnaryOperator};

/// The value of an integer literal, with its sign.
pub fn literal(module: &Module, id: ExpressionId) -> Option<i64> {
    match &module.expression(id).kind {
        ExpressionKind::Integer(value) => Some(*value),
        ExpressionKind::Unary { operator: UnaryOperator::Negate, operand } => match module.expression(*operand).kind {
            ExpressionKind::Integer(value) => value.checked_neg(),
            _ => None,
        },
        _ => None,
    }
}

/// Why an expression has no constant value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotConstant {
    /// This part of it is only known when the program runs.
    Runtime(ExpressionId),
    /// This part of it is no integer.
    NoInteger(ExpressionId),
    /// This part of it has no value: overflow, or division by zero.
    NoValue(ExpressionId),
}

/// The value of an expression of literals, `sizeof` and arithmetic on integers. `sizeof` answers for
/// `sizeof(T)`; whoever asks has checked the names.
///
/// # Errors
/// The part that has no constant value.
pub fn integer(
    module: &Module,
    id: ExpressionId,
    sizeof: &dyn Fn(ExpressionId) -> Option<i64>,
) -> Result<i64, NotConstant> {
    // The left spine is walked in a loop; what else nests is bounded by the parser.
    let mut spine = Vec::new();
    let mut current = id;
    while let ExpressionKind::Binary { left, operator, right } = module.expression(current).kind {
        spine.push((current, operator, right));
        current = left;
    }
    let mut value = match &module.expression(current).kind {
        ExpressionKind::Integer(value) => *value,
        ExpressionKind::Sizeof(_) => sizeof(current).ok_or(NotConstant::Runtime(current))?,
        ExpressionKind::Unary { operator: UnaryOperator::Negate, operand } => {
            integer(module, *operand, sizeof)?.checked_neg().ok_or(NotConstant::NoValue(current))?
        }
        ExpressionKind::Float(_) | ExpressionKind::String(_) | ExpressionKind::Boolean(_) | ExpressionKind::Null => {
            return Err(NotConstant::NoInteger(current));
        }
        _ => return Err(NotConstant::Runtime(current)),
    };
    for (whole, operator, right) in spine.into_iter().rev() {
        let right = integer(module, right, sizeof)?;
        let result = match operator {
            BinaryOperator::Add => value.checked_add(right),
            BinaryOperator::Subtract => value.checked_sub(right),
            BinaryOperator::Multiply => value.checked_mul(right),
            BinaryOperator::Power => u32::try_from(right).ok().and_then(|power| value.checked_pow(power)),
            BinaryOperator::FloorDivide => floor_divide(value, right),
            BinaryOperator::Modulo => {
                floor_divide(value, right).and_then(|quotient| value.checked_sub(quotient.checked_mul(right)?))
            }
            _ => return Err(NotConstant::NoInteger(whole)),
        };
        value = result.ok_or(NotConstant::NoValue(whole))?;
    }
    Ok(value)
}

fn floor_divide(left: i64, right: i64) -> Option<i64> {
    let quotient = left.checked_div(right)?;
    Some(if left % right != 0 && (left < 0) != (right < 0) { quotient - 1 } else { quotient })
}
