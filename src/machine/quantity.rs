//! Numbers and addresses as people read them.

/// A number with separators: `8,000,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many things: `1 block`, `2 blocks`.
pub fn count(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// So many bytes: `1 byte`, `8,000,000 bytes`.
pub fn bytes(number: u64) -> String {
    count(number, "byte")
}

/// An address: `0x00BEEF00`.
pub fn address(address: u32) -> String {
    format!("{address:#010X}").replacen("0X", "0x", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(8_000_000), "8,000,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(count(0, "block"), "0 blocks");
    }

    #[test]
    fn addresses_have_eight_digits() {
        assert_eq!(address(0xBE_EF00), "0x00BEEF00");
        assert_eq!(address(0xFFFF_FFF0), "0xFFFFFFF0");
    }
}
