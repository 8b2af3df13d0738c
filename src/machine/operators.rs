//! What operators make of values, completely. The loop has shortcuts for two integers and for two
//! floats, which must agree with what is here.

use std::cmp::Ordering;

use super::display::show;
use super::trap::Cause;
use crate::memory::{Fault, Memory, Tag, Value};

/// A binary operator on numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `div`
    FloorDivide,
    /// `mod`
    Modulo,
    /// `^`
    Power,
}

impl Arithmetic {
    /// As written in pseudocode.
    pub const fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::FloorDivide => "div",
            Arithmetic::Modulo => "mod",
            Arithmetic::Power => "^",
        }
    }

    /// The operator applied to two numbers.
    ///
    /// # Errors
    /// Operands that are no numbers, an integer result that does not fit, integer division by zero.
    pub fn apply(self, memory: &Memory, left: Value, right: Value) -> Result<Value, Cause> {
        if let (Tag::Integer, Tag::Integer) = (left.tag, right.tag) {
            return self.apply_to_integers(left.as_integer(), right.as_integer(), memory);
        }
        match (to_float(left), to_float(right)) {
            (Some(left), Some(right)) => Ok(Value::float(self.apply_to_floats(left, right))),
            _ => Err(Cause::OperandTypes {
                operator: self.symbol(),
                operands: vec![show(memory, left), show(memory, right)],
            }),
        }
    }

    fn apply_to_integers(self, left: i64, right: i64, memory: &Memory) -> Result<Value, Cause> {
        let divides = matches!(self, Arithmetic::Divide | Arithmetic::FloorDivide | Arithmetic::Modulo);
        if divides && right == 0 {
            let dividend = show(memory, Value::integer(left));
            return Err(Cause::DivisionByZero { operator: self.symbol(), dividend });
        }
        match self {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Subtract => left.checked_sub(right),
            Arithmetic::Multiply => left.checked_mul(right),
            Arithmetic::Divide => return Ok(Value::float(left as f64 / right as f64)),
            Arithmetic::FloorDivide => floor_divide(left, right),
            Arithmetic::Modulo => Some(modulo(left, right)),
            Arithmetic::Power if right < 0 => return Ok(Value::float((left as f64).powf(right as f64))),
            Arithmetic::Power => power(left, right),
        }
        .map(Value::integer)
        .ok_or_else(|| Cause::Overflow {
            operator: self.symbol(),
            operands: vec![show(memory, Value::integer(left)), show(memory, Value::integer(right))],
        })
    }

    fn apply_to_floats(self, left: f64, right: f64) -> f64 {
        match self {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            Arithmetic::FloorDivide => float_floor_divide(left, right),
            Arithmetic::Modulo => float_modulo(left, right),
            Arithmetic::Power => left.powf(right),
        }
    }
}

/// The quotient rounded down; none if it does not fit. The divisor is not 0.
#[inline]
pub const fn floor_divide(left: i64, right: i64) -> Option<i64> {
    let Some(quotient) = left.checked_div(right) else { return None };
    let inexact_below_zero = left.wrapping_rem(right) != 0 && (left ^ right) < 0;
    Some(if inexact_below_zero { quotient - 1 } else { quotient })
}

/// The remainder of [`floor_divide`]; its sign is the divisor's. The divisor is not 0.
#[inline]
pub const fn modulo(left: i64, right: i64) -> i64 {
    let remainder = left.wrapping_rem(right);
    if remainder != 0 && (remainder ^ right) < 0 { remainder + right } else { remainder }
}

/// The remainder of floored division; its sign is the divisor's.
fn float_modulo(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    if remainder == 0.0 {
        0.0_f64.copysign(right)
    } else if (remainder < 0.0) != (right < 0.0) {
        remainder + right
    } else {
        remainder
    }
}

/// The quotient rounded down. Worked out from the remainder, because `left / right` may round up to
/// an integer that the true quotient does not reach (`1.0 / 0.1` is 10.0, though 0.1 is above 1/10).
fn float_floor_divide(left: f64, right: f64) -> f64 {
    if right == 0.0 || left.is_infinite() || left.is_nan() || right.is_nan() {
        return left / right;
    }
    let quotient = (left - float_modulo(left, right)) / right;
    if quotient == 0.0 {
        return 0.0_f64.copysign(left / right);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

/// `base` to the power of `exponent`, which is not negative; none if it does not fit.
fn power(base: i64, exponent: i64) -> Option<i64> {
    match u32::try_from(exponent) {
        Ok(exponent) => base.checked_pow(exponent),
        // So large an exponent only ever fits for these bases.
        Err(_) => match base {
            0 | 1 => Some(base),
            -1 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
            _ => None,
        },
    }
}

/// A number as a float.
#[inline]
pub const fn to_float(value: Value) -> Option<f64> {
    match value.tag {
        Tag::Integer => Some(value.as_integer() as f64),
        Tag::Float => Some(value.as_float()),
        _ => None,
    }
}

/// How an integer compares with a float, exactly; none for nan.
pub fn compare_integer_with_float(integer: i64, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63
    if float.is_nan() {
        None
    } else if float >= LIMIT {
        Some(Ordering::Less)
    } else if float < -LIMIT {
        Some(Ordering::Greater)
    } else {
        let whole = float.trunc();
        Some(integer.cmp(&(whole as i64)).then(0.0.partial_cmp(&(float - whole))?))
    }
}

/// How two numbers compare; `None` if one of them is no number, `Some(None)` for nan.
pub fn compare_numbers(left: Value, right: Value) -> Option<Option<Ordering>> {
    match (left.tag, right.tag) {
        (Tag::Integer, Tag::Integer) => Some(Some(left.as_integer().cmp(&right.as_integer()))),
        (Tag::Float, Tag::Float) => Some(left.as_float().partial_cmp(&right.as_float())),
        (Tag::Integer, Tag::Float) => Some(compare_integer_with_float(left.as_integer(), right.as_float())),
        (Tag::Float, Tag::Integer) => {
            Some(compare_integer_with_float(right.as_integer(), left.as_float()).map(Ordering::reverse))
        }
        _ => None,
    }
}

/// Whether two values are equal: numbers by value, strings by content, pointers by address, and
/// values of other types never.
///
/// # Errors
/// Of a dangling string, whose text is used.
pub fn equal(memory: &Memory, left: Value, right: Value) -> Result<bool, Fault> {
    if let Some(order) = compare_numbers(left, right) {
        return Ok(order == Some(Ordering::Equal));
    }
    Ok(match (left.tag, right.tag) {
        (Tag::String, Tag::String) => memory.compare_text(left, right)?.is_eq(),
        (Tag::Boolean, Tag::Boolean) => left.word == right.word,
        (Tag::Null, Tag::Null) => true,
        (left_tag, right_tag) if is_pointer(left_tag) && is_pointer(right_tag) => {
            left.as_pointer().address() == right.as_pointer().address()
        }
        _ => false,
    })
}

/// A comparison of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl Relation {
    /// As written in pseudocode.
    pub const fn symbol(self) -> &'static str {
        match self {
            Relation::Less => "<",
            Relation::LessEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterEqual => ">=",
        }
    }

    /// Whether it holds between two values: numbers, strings by code point, pointers by address.
    ///
    /// # Errors
    /// Values that have no order; a dangling string.
    pub fn holds(self, memory: &Memory, left: Value, right: Value) -> Result<bool, Cause> {
        let order = match (left.tag, right.tag) {
            // Byte order of UTF-8 is the order of code points.
            (Tag::String, Tag::String) => Some(memory.compare_text(left, right).map_err(Cause::Fault)?),
            (left_tag, right_tag) if is_pointer(left_tag) && is_pointer(right_tag) => {
                Some(left.as_pointer().address().cmp(&right.as_pointer().address()))
            }
            _ => compare_numbers(left, right).ok_or_else(|| Cause::OperandTypes {
                operator: self.symbol(),
                operands: vec![show(memory, left), show(memory, right)],
            })?,
        };
        Ok(order.is_some_and(|order| match self {
            Relation::Less => order.is_lt(),
            Relation::LessEqual => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::GreaterEqual => order.is_ge(),
        }))
    }
}

const fn is_pointer(tag: Tag) -> bool {
    matches!(tag, Tag::Pointer | Tag::InteriorPointer)
}

/// `-operand`
///
/// # Errors
/// No number; the least integer.
pub fn negate(memory: &Memory, operand: Value) -> Result<Value, Cause> {
    let operands = || vec![show(memory, operand)];
    match operand.tag {
        Tag::Integer => operand
            .as_integer()
            .checked_neg()
            .map(Value::integer)
            .ok_or_else(|| Cause::Overflow { operator: "-", operands: operands() }),
        Tag::Float => Ok(Value::float(-operand.as_float())),
        _ => Err(Cause::OperandTypes { operator: "-", operands: operands() }),
    }
}
