//! Built-ins about strings, and conversions between them and numbers.

use super::{Action::Lowered, Action::Run, Call, Row};
use crate::bytecode::Type;
use crate::machine::trap::Ending;
use crate::memory::{Tag, Value};

pub(super) const ROWS: &[Row] = &[
    Row::new("print", &["…values"], 1, "Prints values with blanks between them, and a newline", Lowered),
    Row::new("output", &["…values"], 1, "The same as print", Lowered),
    Row::new("display", &["…values"], 1, "The same as print", Lowered),
    Row::new("write", &["…values"], 1, "The same as print", Lowered),
    Row::new("to_string", &["x"], 0, "The text that print shows", Run(to_string))
        .gives(|_| Type::STRING)
        .makes_string(),
    Row::new("to_integer", &["x"], 0, "The integer in a string, or a number without its fraction", Run(to_integer))
        .gives(|_| Type::INTEGER),
    Row::new("to_float", &["x"], 0, "A number, or the one in a string, as a float", Run(to_float))
        .gives(|_| Type::FLOAT),
    Row::new("char_code", &["s"], 0, "The code point of a one-character string", Run(char_code))
        .gives(|_| Type::INTEGER),
    Row::new("character", &["code"], 0, "The one-character string of a code point", Run(character))
        .gives(|_| Type::STRING)
        .makes_string(),
    Row::new(
        "substring",
        &["s", "from", "to"],
        0,
        "The characters from one index up to, not including, another",
        Run(substring),
    )
    .gives(|_| Type::STRING)
    .makes_string(),
];

fn to_string(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let text = call.printed(0)?;
    call.make_string(&text)
}

fn to_integer(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let argument = call.arguments[0];
    match argument.tag {
        Tag::Integer => Ok(argument),
        Tag::Float => super::numbers::to_integer(call, argument.as_float().trunc()),
        Tag::String => match number_in(&call.text(0)?) {
            Number::Integer(value) => Ok(Value::integer(value)),
            Number::TooLarge => Err(call.overflow()),
            Number::Float(_) | Number::None => Err(call.refuse(0, "a string that holds an integer")),
        },
        _ => Err(call.refuse(0, "a number or a string that holds one")),
    }
}

fn to_float(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let argument = call.arguments[0];
    match argument.tag {
        Tag::String => {
            let text = call.text(0)?;
            let value = match text.trim() {
                "infinity" | "+infinity" => Some(f64::INFINITY),
                "-infinity" => Some(f64::NEG_INFINITY),
                "nan" => Some(f64::NAN),
                trimmed if is_decimal(trimmed) => trimmed.parse().ok(),
                _ => None,
            };
            value.map(Value::float).ok_or_else(|| call.refuse(0, "a string that holds a number"))
        }
        Tag::Integer | Tag::Float => Ok(Value::float(call.number(0)?)),
        _ => Err(call.refuse(0, "a number or a string that holds one")),
    }
}

fn char_code(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let text = call.text(0)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok(Value::integer(i64::from(u32::from(only)))),
        _ => Err(call.refuse(0, "a string of one character")),
    }
}

fn character(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let code = u32::try_from(call.integer(0)?).ok().and_then(char::from_u32);
    let character = code.ok_or_else(|| call.refuse(0, "an integer that is the code point of a character"))?;
    call.make_string(character.encode_utf8(&mut [0; 4]))
}

fn substring(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let (from, to) = (call.integer(1)?, call.integer(2)?);
    if call.arguments[0].tag != Tag::String {
        return Err(call.refuse(0, "a string"));
    }
    if from > to {
        return Err(call.refuse(1, "an integer not greater than `to`"));
    }
    let part = call.machine.memory.substring(call.arguments[0], from, to)?;
    call.make_string(&part)
}

/// What a text is, read as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    /// An integer that does not fit 64 bits.
    TooLarge,
    Float(f64),
    None,
}

/// The number that a text has the form of, blanks around it aside.
pub(super) fn number_in(text: &str) -> Number {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_or(Number::TooLarge, Number::Integer);
    }
    match text.parse() {
        Ok(value) if is_decimal(text) => Number::Float(value),
        _ => Number::None,
    }
}

/// Whether a text consists of what decimal numbers are made of (Rust's parser also takes words).
fn is_decimal(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_number_by_its_form() {
        for (text, number) in [
            ("42", Number::Integer(42)),
            (" -7 ", Number::Integer(-7)),
            ("+7", Number::Integer(7)),
            ("007", Number::Integer(7)),
            ("9223372036854775808", Number::TooLarge),
            ("-9223372036854775808", Number::Integer(i64::MIN)),
            ("3.5", Number::Float(3.5)),
            (".5", Number::Float(0.5)),
            ("1e3", Number::Float(1000.0)),
            ("", Number::None),
            ("-", Number::None),
            ("e", Number::None),
            ("infinity", Number::None),
            ("1,000", Number::None),
            ("0x10", Number::None),
            ("12 monkeys", Number::None),
        ] {
            assert_eq!(number_in(text), number, "{text:?}");
        }
    }
}
