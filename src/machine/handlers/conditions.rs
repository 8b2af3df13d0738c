//! Comparisons of values of any types, and jumps on them.

use super::handlers;
use crate::bytecode::{Read, Short};
use crate::machine::core::{Frame, Step, branch};
use crate::memory::{Tag, Value};

/// Whether two values are equal, where their words and tags tell.
#[inline(always)]
fn equal(frame: Frame<'_>, left: Read, right: Read) -> Option<bool> {
    let (left, right) = (frame.get(left), frame.get(right));
    match (left.tag, right.tag) {
        (Tag::Integer, Tag::Integer) | (Tag::Boolean, Tag::Boolean) => Some(left.word == right.word),
        (Tag::Float, Tag::Float) => Some(left.as_float() == right.as_float()),
        (Tag::Pointer, Tag::Pointer) => Some(left.as_pointer().address() == right.as_pointer().address()),
        (Tag::Null, _) | (_, Tag::Null) => Some(left.tag == right.tag),
        _ => None,
    }
}

/// Whether a value equals a small integer. A 16-bit integer is exact as a float.
#[inline(always)]
fn equal_to(frame: Frame<'_>, left: Read, right: Short) -> bool {
    let left = frame.get(left);
    match left.tag {
        Tag::Integer => left.as_integer() == i64::from(right.0),
        Tag::Float => left.as_float() == f64::from(right.0),
        _ => false,
    }
}

/// Whether an order holds between two integers or two floats.
macro_rules! holds {
    ($frame:ident, $left:ident $operator:tt $right:ident) => {{
        let (left, right) = ($frame.get($left), $frame.get($right));
        match (left.tag, right.tag) {
            (Tag::Integer, Tag::Integer) => left.as_integer() $operator right.as_integer(),
            (Tag::Float, Tag::Float) => left.as_float() $operator right.as_float(),
            _ => return None,
        }
    }};
}

/// Whether an order holds between an integer or a float and a small integer.
macro_rules! holds_to {
    ($frame:ident, $left:ident $operator:tt $right:ident) => {{
        let left = $frame.get($left);
        match left.tag {
            Tag::Integer => left.as_integer() $operator i64::from($right.0),
            Tag::Float => left.as_float() $operator f64::from($right.0),
            _ => return None,
        }
    }};
}

handlers! { resolved, frame, core:
    Equal { to, left, right } => frame.give(to, Value::boolean(equal(frame, left, right)?));
    NotEqual { to, left, right } => frame.give(to, Value::boolean(!equal(frame, left, right)?));
    Less { to, left, right } => frame.give(to, Value::boolean(holds!(frame, left < right)));
    LessEqual { to, left, right } => frame.give(to, Value::boolean(holds!(frame, left <= right)));
    Greater { to, left, right } => frame.give(to, Value::boolean(holds!(frame, left > right)));
    GreaterEqual { to, left, right } => frame.give(to, Value::boolean(holds!(frame, left >= right)));
    IsEmpty { .. } => None;

    Jump { target } => Some(Step::Jump(target));
    JumpIfTrue { condition, target } => branch(frame.boolean(condition)?, target);
    JumpIfFalse { condition, target } => branch(!frame.boolean(condition)?, target);
    JumpIfNull { operand, target } => branch(frame.get(operand).tag == Tag::Null, target);
    JumpIfNotNull { operand, target } => branch(frame.get(operand).tag != Tag::Null, target);
    JumpIfEqual { left, right, target } => branch(equal(frame, left, right)?, target);
    JumpIfNotEqual { left, right, target } => branch(!equal(frame, left, right)?, target);
    JumpIfLess { left, right, target } => branch(holds!(frame, left < right), target);
    JumpIfNotLess { left, right, target } => branch(!holds!(frame, left < right), target);
    JumpIfLessEqual { left, right, target } => branch(holds!(frame, left <= right), target);
    JumpIfNotLessEqual { left, right, target } => branch(!holds!(frame, left <= right), target);
    JumpIfGreater { left, right, target } => branch(holds!(frame, left > right), target);
    JumpIfNotGreater { left, right, target } => branch(!holds!(frame, left > right), target);
    JumpIfGreaterEqual { left, right, target } => branch(holds!(frame, left >= right), target);
    JumpIfNotGreaterEqual { left, right, target } => branch(!holds!(frame, left >= right), target);
    JumpIfEqualInteger { left, right, target } => branch(equal_to(frame, left, right), target);
    JumpIfNotEqualInteger { left, right, target } => branch(!equal_to(frame, left, right), target);
    JumpIfLessInteger { left, right, target } => branch(holds_to!(frame, left < right), target);
    JumpIfNotLessInteger { left, right, target } => branch(!holds_to!(frame, left < right), target);
    JumpIfLessEqualInteger { left, right, target } => branch(holds_to!(frame, left <= right), target);
    JumpIfNotLessEqualInteger { left, right, target } => branch(!holds_to!(frame, left <= right), target);
    JumpIfGreaterInteger { left, right, target } => branch(holds_to!(frame, left > right), target);
    JumpIfNotGreaterInteger { left, right, target } => branch(!holds_to!(frame, left > right), target);
    JumpIfGreaterEqualInteger { left, right, target } => branch(holds_to!(frame, left >= right), target);
    JumpIfNotGreaterEqualInteger { left, right, target } => branch(!holds_to!(frame, left >= right), target);
}
