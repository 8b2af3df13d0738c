//! Instructions on operands of known types.

use super::handlers;
use super::loops::{advance, count, round};
use crate::machine::core::{Step, branch};
use crate::machine::operators::{floor_divide, modulo};
use crate::memory::{Tag, Value};

handlers! { resolved, frame, core:
    IntegerAdd { to, left, right } => {
        frame.give_integer(to, frame.integer(left).checked_add(frame.integer(right))?)
    };
    IntegerSubtract { to, left, right } => {
        frame.give_integer(to, frame.integer(left).checked_sub(frame.integer(right))?)
    };
    IntegerMultiply { to, left, right } => {
        frame.give_integer(to, frame.integer(left).checked_mul(frame.integer(right))?)
    };
    IntegerFloorDivide { to, left, right } => {
        frame.give_integer(to, floor_divide(frame.integer(left), frame.integer(right))?)
    };
    IntegerModulo { to, left, right } => {
        let right = frame.integer(right);
        if right == 0 { None } else { frame.give_integer(to, modulo(frame.integer(left), right)) }
    };
    IntegerAddConstant { to, left, right } => {
        frame.give_integer(to, frame.integer(left).checked_add(i64::from(right.0))?)
    };
    IntegerSubtractConstant { to, left, right } => {
        frame.give_integer(to, frame.integer(left).checked_sub(i64::from(right.0))?)
    };
    IntegerMultiplyConstant { to, left, right } => {
        frame.give_integer(to, frame.integer(left).checked_mul(i64::from(right.0))?)
    };
    IntegerFloorDivideConstant { to, left, right } => {
        frame.give_integer(to, resolved.divisor().quotient(frame.integer(left)))
    };
    IntegerModuloConstant { to, left, right } => {
        frame.give_integer(to, resolved.divisor().remainder(frame.integer(left)))
    };
    FloatAdd { to, left, right } => frame.give_float(to, frame.float(left) + frame.float(right));
    FloatSubtract { to, left, right } => frame.give_float(to, frame.float(left) - frame.float(right));
    FloatMultiply { to, left, right } => frame.give_float(to, frame.float(left) * frame.float(right));
    FloatDivide { to, left, right } => frame.give_float(to, frame.float(left) / frame.float(right));
    FloatSquareRoot { to, operand } => frame.give_float(to, frame.float(operand).sqrt());

    IntegerJumpIfEqual { left, right, target } => branch(frame.integer(left) == frame.integer(right), target);
    IntegerJumpIfNotEqual { left, right, target } => branch(frame.integer(left) != frame.integer(right), target);
    IntegerJumpIfLess { left, right, target } => branch(frame.integer(left) < frame.integer(right), target);
    IntegerJumpIfLessEqual { left, right, target } => branch(frame.integer(left) <= frame.integer(right), target);
    IntegerJumpIfEqualConstant { left, right, target } => branch(frame.integer(left) == i64::from(right.0), target);
    IntegerJumpIfNotEqualConstant { left, right, target } => {
        branch(frame.integer(left) != i64::from(right.0), target)
    };
    IntegerJumpIfLessConstant { left, right, target } => branch(frame.integer(left) < i64::from(right.0), target);
    IntegerJumpIfLessEqualConstant { left, right, target } => {
        branch(frame.integer(left) <= i64::from(right.0), target)
    };
    IntegerJumpIfGreaterConstant { left, right, target } => branch(frame.integer(left) > i64::from(right.0), target);
    IntegerJumpIfGreaterEqualConstant { left, right, target } => {
        branch(frame.integer(left) >= i64::from(right.0), target)
    };
    BooleanJumpIfTrue { condition, target } => branch(frame.word(condition, Tag::Boolean) != 0, target);
    BooleanJumpIfFalse { condition, target } => branch(frame.word(condition, Tag::Boolean) == 0, target);
    FloatJumpIfLess { left, right, target } => branch(frame.float(left) < frame.float(right), target);
    FloatJumpIfNotLess { left, right, target } => {
        let holds = frame.float(left) < frame.float(right);
        branch(!holds, target)
    };
    FloatJumpIfLessEqual { left, right, target } => branch(frame.float(left) <= frame.float(right), target);
    FloatJumpIfNotLessEqual { left, right, target } => {
        let holds = frame.float(left) <= frame.float(right);
        branch(!holds, target)
    };

    IntegerCountEnter { counter, variable, limit, target } => {
        let first = frame.integer(counter);
        if first <= frame.integer(limit) {
            frame.give(variable, Value::integer(first))
        } else {
            Some(Step::Jump(target))
        }
    };
    IntegerCountNext { counter, variable, limit, target } => {
        round(count(frame, counter.0, variable.0, frame.integer(limit)), target)
    };
    IntegerRangeNext { counter, variable, limit, target } => {
        round(advance(frame, counter.0, variable.0, limit.0), target)
    };
}
