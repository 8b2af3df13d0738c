//! Sizes on the command line: `64KiB`, `8MiB`, `1GiB`, plain bytes. KB and KiB are both 1024 bytes.

use crate::limits;
use crate::report;

/// `--heap`
pub(super) fn heap(text: &str) -> Result<u64, String> {
    within("the heap", parse(text)?, limits::HEAP_BYTES_MIN, limits::HEAP_BYTES)
}

/// `--stack`
pub(super) fn stack(text: &str) -> Result<u64, String> {
    within("the stack", parse(text)?, limits::STACK_BYTES_MIN, limits::STACK_BYTES_MAX)
}

fn within(what: &str, bytes: u64, least: u64, most: u64) -> Result<u64, String> {
    if (least..=most).contains(&bytes) {
        return Ok(bytes);
    }
    Err(format!("{what} can have from {} to {}", report::size(least), report::size(most)))
}

fn parse(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err("a size is a number and a unit: `64KiB`, `8MiB`, `1GiB`, or plain bytes".to_owned()),
    };
    if digits.is_empty() {
        return Err("a size begins with a number: `64KiB`, `8MiB`, `1GiB`, or plain bytes".to_owned());
    }
    // What overflows is far beyond every limit.
    Ok(digits.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse("4096"), Ok(4096));
        assert_eq!(parse("64KiB"), Ok(64 << 10));
        assert_eq!(parse("64KB"), Ok(64 << 10));
        assert_eq!(parse("64k"), Ok(64 << 10));
        assert_eq!(parse("8 MiB"), Ok(8 << 20));
        assert_eq!(parse("1gib"), Ok(1 << 30));
        assert_eq!(parse("99999999999999999999GiB"), Ok(u64::MAX));
        for wrong in ["", "KiB", "1.5MiB", "-1", "64 apples", "0x10"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_limits() {
        assert_eq!(heap("0").unwrap_err(), "the heap can have from 4KiB to 1GiB");
        assert_eq!(heap("4KiB"), Ok(4096));
        assert_eq!(heap("1GiB"), Ok(1 << 30));
        assert!(heap("1073741825").is_err());
        assert_eq!(stack("1").unwrap_err(), "the stack can have from 4KiB to 1GiB");
        assert_eq!(stack("4KiB"), Ok(4096));
        assert!(stack("4095").is_err());
    }
}
