//! Arithmetic on two integers or two floats that must show it.

use super::handlers;
use crate::bytecode::{Integer, Read, Write};
use crate::machine::core::{Done, Frame};
use crate::machine::operators::{floor_divide, modulo, to_float};
use crate::memory::{Tag, Value};

/// Two integers by a checked operation, or two floats.
#[inline(always)]
fn numbers(
    frame: Frame<'_>,
    (to, left, right): (Write, Read, Read),
    checked: impl FnOnce(i64, i64) -> Option<i64>,
    float: impl FnOnce(f64, f64) -> f64,
) -> Done {
    let (left, right) = (frame.get(left), frame.get(right));
    match (left.tag, right.tag) {
        (Tag::Integer, Tag::Integer) => frame.give_integer(to, checked(left.as_integer(), right.as_integer())?),
        (Tag::Float, Tag::Float) => frame.give_float(to, float(left.as_float(), right.as_float())),
        _ => None,
    }
}

/// An integer by a checked operation, or a float, with an integer constant.
#[inline(always)]
fn number(
    frame: Frame<'_>,
    (to, left, right): (Write, Read, Integer),
    checked: impl FnOnce(i64, i64) -> Option<i64>,
    float: impl FnOnce(f64, f64) -> f64,
) -> Done {
    let left = frame.get(left);
    match left.tag {
        Tag::Integer => frame.give_integer(to, checked(left.as_integer(), i64::from(right.0))?),
        Tag::Float => frame.give_float(to, float(left.as_float(), f64::from(right.0))),
        _ => None,
    }
}

/// An integer.
#[inline(always)]
fn integer(value: Value) -> Option<i64> {
    (value.tag == Tag::Integer).then(|| value.as_integer())
}

handlers! { resolved, frame, core:
    Add { to, left, right } => numbers(frame, (to, left, right), i64::checked_add, |left, right| left + right);
    AddTemporaries { to, left, right, .. } => {
        numbers(frame, (to, left, right), i64::checked_add, |left, right| left + right)
    };
    Subtract { to, left, right } => numbers(frame, (to, left, right), i64::checked_sub, |left, right| left - right);
    Multiply { to, left, right } => numbers(frame, (to, left, right), i64::checked_mul, |left, right| left * right);
    Divide { to, left, right } => {
        let (left, right) = (frame.get(left), frame.get(right));
        if right == Value::integer(0) {
            return None;
        }
        frame.give_float(to, to_float(left)? / to_float(right)?)
    };
    FloorDivide { to, left, right } => {
        let (left, right) = (integer(frame.get(left))?, integer(frame.get(right))?);
        if right == 0 { None } else { frame.give_integer(to, floor_divide(left, right)?) }
    };
    Modulo { to, left, right } => {
        let (left, right) = (integer(frame.get(left))?, integer(frame.get(right))?);
        if right == 0 { None } else { frame.give_integer(to, modulo(left, right)) }
    };
    Power { .. } => None;
    AddInteger { to, left, right } => number(frame, (to, left, right), i64::checked_add, |left, right| left + right);
    SubtractInteger { to, left, right } => {
        number(frame, (to, left, right), i64::checked_sub, |left, right| left - right)
    };
    MultiplyInteger { to, left, right } => {
        number(frame, (to, left, right), i64::checked_mul, |left, right| left * right)
    };
    FloorDivideInteger { to, left, right } => {
        frame.give_integer(to, floor_divide(integer(frame.get(left))?, i64::from(right.0))?)
    };
    ModuloInteger { to, left, right } => {
        let left = integer(frame.get(left))?;
        if right.0 == 0 { None } else { frame.give_integer(to, modulo(left, i64::from(right.0))) }
    };
    FloorDivideConstant { to, left, right } => {
        let left = integer(frame.get(left))?;
        frame.give_integer(to, resolved.divisor().quotient(left))
    };
    ModuloConstant { to, left, right } => {
        let left = integer(frame.get(left))?;
        frame.give_integer(to, resolved.divisor().remainder(left))
    };
    Negate { to, operand } => {
        let operand = frame.get(operand);
        match operand.tag {
            Tag::Integer => frame.give_integer(to, operand.as_integer().checked_neg()?),
            Tag::Float => frame.give_float(to, -operand.as_float()),
            _ => None,
        }
    };
    Not { to, operand } => frame.give(to, Value::boolean(!frame.boolean(operand)?));
}
