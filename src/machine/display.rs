//! Values as text: what `print` writes, and what messages show.

use std::fmt::Write;

use super::trap::Shown;
use crate::memory::{Fault, Memory, Tag, Value};

/// Characters of a string that a message shows before it is cut.
const SHOWN_CHARACTERS: usize = 40;

/// Appends a value as `print` shows it.
///
/// # Errors
/// Of a dangling string, whose text is used.
pub fn write_value(memory: &Memory, value: Value, out: &mut String) -> Result<(), Fault> {
    // Writing to a string cannot fail.
    let _ = match value.tag {
        Tag::Integer => write!(out, "{}", value.as_integer()),
        Tag::Float => {
            out.push_str(&float_text(value.as_float()));
            Ok(())
        }
        Tag::Boolean => write!(out, "{}", value.word != 0),
        Tag::Null => out.write_str("null"),
        Tag::String => out.write_str(&memory.text(value)?),
        _ => write!(out, "0x{:08X}", value.as_pointer().address()),
    };
    Ok(())
}

/// The shortest decimal form that reads back as the same float, with `.0` or an exponent.
pub fn float_text(value: f64) -> String {
    if value.is_infinite() {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}infinity")
    } else if value.is_nan() {
        "nan".to_owned()
    } else {
        format!("{value:?}")
    }
}

/// A value as messages show it.
pub fn show(memory: &Memory, value: Value) -> Shown {
    let mut text = String::new();
    match value.tag {
        Tag::String => match memory.text(value) {
            Ok(full) => text = quoted(&full),
            Err(_) => text = format!("0x{:08X}", value.as_pointer().address()),
        },
        // Only strings can fail.
        _ => drop(write_value(memory, value, &mut text)),
    }
    Shown { type_name: type_name(value.tag), text }
}

fn quoted(full: &str) -> String {
    match full.char_indices().nth(SHOWN_CHARACTERS) {
        Some((cut, _)) => format!("\"{}…\"", full[..cut].escape_debug()),
        None => format!("\"{}\"", full.escape_debug()),
    }
}

/// What people call the type of a value with that tag, with its article.
pub const fn type_name(tag: Tag) -> &'static str {
    match tag {
        Tag::Integer => "an integer",
        Tag::Float => "a float",
        Tag::Boolean => "a boolean",
        Tag::Null => "null",
        Tag::String => "a string",
        _ => "a pointer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_in_their_shortest_form_with_a_point_or_an_exponent() {
        for (value, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e16"),
            (123_456_789_012_345_680_000.0, "1.2345678901234568e20"),
            (1e-4, "0.0001"),
            (0.000_099, "9.9e-5"),
            (1e-5, "1e-5"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::INFINITY, "infinity"),
            (f64::NEG_INFINITY, "-infinity"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }

    #[test]
    fn a_long_string_is_cut_in_messages() {
        assert_eq!(quoted("a\"b"), "\"a\\\"b\"");
        assert_eq!(quoted(&"x".repeat(41)), format!("\"{}…\"", "x".repeat(40)));
    }
}
