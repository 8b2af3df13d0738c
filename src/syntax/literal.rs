//! What literals mean: numbers and strings from their text.

use super::keyword;
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Span};

/// What is wrong with a literal, and what to do about it.
fn error(span: Span, message: impl Into<String>, help: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(ErrorKind::SyntaxError, span, message).help(help))
}

/// The value of an integer literal: digits in any base with `_` and `,` between them.
///
/// # Errors
/// If it is malformed or greater than 2^63; exactly 2^63 is for the caller to judge.
pub(super) fn integer(text: &str, span: Span) -> Result<u64, Box<Diagnostic>> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &text[2..]),
        [b'0', b'b' | b'B', ..] => (2, &text[2..]),
        [b'0', b'o' | b'O', ..] => {
            return Err(error(span, "there are no octal numbers", "write it in decimal, or in base 16 with `0x`"));
        }
        _ => (10, text),
    };
    if radix == 10 {
        check_leading_zeros(text, span)?;
    }
    let mut value: u64 = 0;
    let mut count = 0;
    for (index, character) in digits.char_indices().filter(|&(_, c)| !matches!(c, '_' | ',')) {
        let Some(digit) = character.to_digit(radix) else {
            let start = span.end - (digits.len() - index) as u32;
            let at = Span::new(start, start + character.len_utf8() as u32);
            let digits = if radix == 2 { "`0` and `1`" } else { "`0` to `9` and `a` to `f`" };
            let message = format!("`{character}` is no digit of a number in base {radix}");
            return Err(error(at, message, format!("its digits are {digits}")));
        };
        count += 1;
        let next = value.checked_mul(u64::from(radix)).and_then(|value| value.checked_add(u64::from(digit)));
        value = next.filter(|&value| value <= 1 << 63).ok_or_else(|| too_large(span))?;
    }
    if count == 0 {
        return Err(error(span, format!("`{text}` has no digits"), "write digits after it: `0xFF`, `0b1010`"));
    }
    Ok(value)
}

/// The error for an integer that does not fit.
pub(super) fn too_large(span: Span) -> Box<Diagnostic> {
    let help = "write it as a float, with a point or an exponent, if it need not be exact";
    let error = error(span, "this number is too large for an integer", help);
    Box::new(error.note("integers go from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807"))
}

/// The factor of a size word.
pub(super) fn size_factor(word: &str) -> u64 {
    1 << keyword::size_shift(word).unwrap_or(0)
}

/// The value of a float literal.
///
/// # Errors
/// If it is malformed or too large.
pub(super) fn float(text: &str, span: Span) -> Result<f64, Box<Diagnostic>> {
    check_leading_zeros(text, span)?;
    match text.replace('_', "").parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(error(span, "this number is too large for a float", "the name `infinity` is predefined")),
    }
}

fn check_leading_zeros(text: &str, span: Span) -> Result<(), Box<Diagnostic>> {
    let digits = text.trim_start_matches(['0', '_', ',']);
    let zeros = text.len() - digits.len();
    let has_leading_zero = text.starts_with('0') && (zeros > 1 || digits.starts_with(|c: char| c.is_ascii_digit()));
    if !has_leading_zero {
        return Ok(());
    }
    let value =
        if digits.starts_with(|c: char| c.is_ascii_digit()) { digits.to_string() } else { format!("0{digits}") };
    let diagnostic = error(span, "a number cannot begin with `0`", format!("write `{value}`"));
    // As in `1,000.5`, cut at its comma.
    if text.find('.') == Some(3) {
        return Err(Box::new((*diagnostic).help("only integers may have thousands separators: write `1000.5`")));
    }
    Err(diagnostic)
}

/// The text of a string literal, quotes included, with its escapes resolved.
///
/// # Errors
/// At the first escape that means nothing.
pub(super) fn string(literal: &str, span: Span) -> Result<String, Box<Diagnostic>> {
    let quote = literal.chars().next().map_or(1, char::len_utf8);
    let inner = &literal[quote..literal.len() - quote];
    let offset = span.start + quote as u32;
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(backslash) = rest.find('\\') {
        text.push_str(&rest[..backslash]);
        let start = offset + (inner.len() - rest.len() + backslash) as u32;
        let escape = &rest[backslash + 1..];
        let Some(character) = escape.chars().next() else { break };
        let mut length = character.len_utf8();
        match character {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            '0' => text.push('\0'),
            '"' | '\'' | '\\' => text.push(character),
            'u' => {
                let (value, used) = unicode(escape);
                length = used;
                let at = Span::new(start, start + 1 + used as u32);
                let help = "write the character's number in base 16 in braces: `\\u{e9}` is é";
                text.push(value.ok_or_else(|| error(at, "this escape names no character", help))?);
            }
            _ => {
                let at = Span::new(start, start + 1 + length as u32);
                let help =
                    "the escapes are `\\n` `\\t` `\\\"` `\\\\` `\\0` and `\\u{…}`; a backslash is written `\\\\`";
                return Err(error(at, format!("`\\{character}` is no escape"), help));
            }
        }
        rest = &escape[length..];
    }
    text.push_str(rest);
    Ok(text)
}

/// The character that an escape `u{…}` names, and the length of its text.
fn unicode(escape: &str) -> (Option<char>, usize) {
    let Some(hex) = escape.strip_prefix("u{") else { return (None, 1) };
    let Some(length) = hex.find('}') else { return (None, 2) };
    let value = u32::from_str_radix(&hex[..length], 16).ok().filter(|_| !hex.starts_with('+'));
    (value.and_then(char::from_u32), length + 3)
}
