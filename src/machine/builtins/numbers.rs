//! Built-ins about numbers.

use super::{Action::Run, Call, Row};
use crate::bytecode::Type;
use crate::machine::operators::{Arithmetic, compare_numbers};
use crate::machine::trap::Ending;
use crate::memory::{Tag, Value};

pub(super) const ROWS: &[Row] = &[
    Row::new("floor", &["x"], 0, "The greatest integer that is not above x", Run(floor)).gives(|_| Type::INTEGER),
    Row::new("ceil", &["x"], 0, "The least integer that is not below x", Run(ceil)).gives(|_| Type::INTEGER),
    Row::new(
        "round",
        &["x", "decimals"],
        1,
        "The nearest integer, or float of so many decimals; halves away from zero",
        Run(round),
    )
    .gives(|arguments| if arguments.len() == 1 { Type::INTEGER } else { Type::FLOAT }),
    Row::new("abs", &["x"], 0, "The absolute value", Run(abs)).gives(one_of_them),
    Row::new("min", &["a", "b", "…more"], 1, "The least of two or more numbers", Run(min)).gives(one_of_them),
    Row::new("max", &["a", "b", "…more"], 1, "The greatest of two or more numbers", Run(max)).gives(one_of_them),
    Row::new("sqrt", &["x"], 0, "The square root, a float; nan below 0", Run(sqrt)).gives(|_| Type::FLOAT),
    Row::new("div", &["a", "b"], 0, "The quotient rounded down", Run(div)),
    Row::new("mod", &["a", "b"], 0, "The remainder of div; its sign is b's", Run(modulo)),
    Row::new("random", &["n"], 0, "An integer from 0 to n - 1, the same in every run of one seed", Run(random))
        .gives(|_| Type::INTEGER),
];

/// A number of the type of one of the arguments.
fn one_of_them(arguments: &[Type]) -> Type {
    arguments.iter().fold(Type::NOTHING, |all, &argument| all.or(argument)).and(Type::NUMBER)
}

/// A float without a fraction as an integer.
pub(super) fn to_integer(call: &Call<'_, '_>, whole: f64) -> Result<Value, Ending> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63
    if (-LIMIT..LIMIT).contains(&whole) { Ok(Value::integer(whole as i64)) } else { Err(call.overflow()) }
}

fn rounded(call: &Call<'_, '_>, round: fn(f64) -> f64) -> Result<Value, Ending> {
    match call.arguments[0].tag {
        Tag::Integer => Ok(call.arguments[0]),
        _ => to_integer(call, round(call.number(0)?)),
    }
}

fn floor(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    rounded(call, f64::floor)
}

fn ceil(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    rounded(call, f64::ceil)
}

fn round(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    if call.arguments.len() == 1 {
        return rounded(call, f64::round);
    }
    let decimals = call.integer(1)?;
    Ok(Value::float(round_to(call.number(0)?, decimals)))
}

fn abs(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    match call.arguments[0].tag {
        Tag::Integer => {
            let absolute = call.arguments[0].as_integer().checked_abs();
            absolute.map(Value::integer).ok_or_else(|| call.overflow())
        }
        _ => Ok(Value::float(call.number(0)?.abs())),
    }
}

fn min(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    extreme(call, std::cmp::Ordering::Less)
}

fn max(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    extreme(call, std::cmp::Ordering::Greater)
}

/// The first argument that no other one is `better` than; nan if one is nan.
fn extreme(call: &Call<'_, '_>, better: std::cmp::Ordering) -> Result<Value, Ending> {
    let mut best = call.arguments[0];
    for (index, &candidate) in call.arguments.iter().enumerate() {
        call.number(index)?;
        match compare_numbers(candidate, best).flatten() {
            None => best = Value::float(f64::NAN),
            Some(order) if order == better => best = candidate,
            Some(_) => {}
        }
    }
    Ok(best)
}

fn sqrt(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    Ok(Value::float(call.number(0)?.sqrt()))
}

fn div(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    Ok(Arithmetic::FloorDivide.apply(&call.machine.memory, call.arguments[0], call.arguments[1])?)
}

fn modulo(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    Ok(Arithmetic::Modulo.apply(&call.machine.memory, call.arguments[0], call.arguments[1])?)
}

fn random(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let bound = call.integer(0)?;
    if bound < 1 {
        return Err(call.refuse(0, "an integer greater than 0"));
    }
    Ok(Value::integer(call.machine.random.below(bound as u64) as i64))
}

/// The float nearest to `value` rounded to so many decimals, halves away from zero. The exact binary
/// value decides, by its full decimal expansion: 2.675 is a little less than it looks, so two
/// decimals of it are 2.67.
fn round_to(value: f64, decimals: i64) -> f64 {
    // A finite float has at most 309 digits before the point and 1074 after it.
    let decimals = decimals.clamp(-310, 1074);
    if !value.is_finite() || decimals == 1074 {
        return value;
    }
    let expansion = format!("{:.*}", fraction_digits(value), value.abs());
    let (whole, fraction) = expansion.split_once('.').unwrap_or((&expansion, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    let kept = whole.len() as i64 + decimals;
    if kept >= digits.len() as i64 {
        return value;
    }
    let up = kept >= 0 && digits[kept as usize] >= 5;
    let mut kept_digits = digits[..kept.max(0) as usize].to_vec();
    if up {
        increment(&mut kept_digits);
    }
    let text: String = kept_digits.iter().map(|&digit| char::from(digit + b'0')).collect();
    // Always parses: digits and an exponent.
    let magnitude: f64 = format!("0{text}e{}", -decimals).parse().unwrap_or(f64::NAN);
    magnitude.copysign(value)
}

/// Digits after the point in the exact decimal expansion of a finite float.
const fn fraction_digits(value: f64) -> usize {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    // The value is `mantissa * 2^power`.
    let (mantissa, power) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    if mantissa == 0 {
        return 0;
    }
    let power = power + mantissa.trailing_zeros() as i32;
    if power < 0 { -power as usize } else { 0 }
}

/// Adds one to a decimal number.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_to_decimals_goes_by_the_exact_value() {
        for (value, decimals, rounded) in [
            (2.5, 0, 3.0),
            (-2.5, 0, -3.0),
            (0.125, 2, 0.13),
            (-0.125, 2, -0.13),
            (2.675, 2, 2.67), // the float is 2.67499999999999982236431605997495353221893310546875
            (1.005, 2, 1.0),
            (0.285, 2, 0.28),
            (1.115, 2, 1.11), // 1.115 is 1.1149999999999999911182158029987
            (8.345, 2, 8.35), // 8.345 is 8.3450000000000006394884621841
            (0.5, 0, 1.0),
            (0.49999999999999994, 0, 0.0),
            (9.995, 2, 9.99),
            (9.9951, 2, 10.0),
            (99.99, 1, 100.0),
            (1234.5, -2, 1200.0),
            (1250.0, -2, 1300.0),
            (500.0, -3, 1000.0),
            (499.0, -3, 0.0),
            (5.0, -3, 0.0),
            (1e300, 2, 1e300),
            (5e-324, 3, 0.0),
            (0.1, 20, 0.1),
            (0.0, 3, 0.0),
        ] {
            assert_eq!(round_to(value, decimals), rounded, "{value} to {decimals}");
        }
        assert_eq!(round_to(f64::INFINITY, 2), f64::INFINITY);
        assert!(round_to(f64::NAN, 2).is_nan());
        assert!(round_to(-0.01, 1).is_sign_negative());
        assert_eq!(round_to(1.5, i64::MAX), 1.5);
        assert_eq!(round_to(1.5, i64::MIN), 0.0);
    }
}
