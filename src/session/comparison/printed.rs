//! What a run printed, in a bounded space: how much, fingerprints of all of it, and its beginning.

use std::io::{self, Write};
use std::mem;

use crate::limits::COMPARED_OUTPUT_BYTES;

/// `0x` and eight digits.
const ADDRESS_LENGTH: usize = 10;
/// What stands for every address, because strategies and allocators place blocks differently.
const ANY_ADDRESS: &[u8] = b"0x........";

/// The output of a run, to be compared with that of another. Write it here.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    exact: Fingerprint,
    /// With all addresses made equal.
    normal: Fingerprint,
    /// The beginning of the normal form.
    beginning: Vec<u8>,
    lines: u64,
    /// Whether the last line has no end yet.
    open_line: bool,
    /// What may turn out to be the beginning of an address.
    pending: Vec<u8>,
}

impl Printed {
    /// Says that nothing more comes.
    pub fn finish(&mut self) {
        self.settle();
    }

    /// Lines printed.
    pub fn lines(&self) -> u64 {
        self.lines + u64::from(self.open_line)
    }

    /// Whether the other printed the same, to the byte.
    pub fn same_as(&self, other: &Printed) -> bool {
        self.exact == other.exact
    }

    /// Whether the other printed the same, addresses aside.
    pub fn same_but_for_addresses(&self, other: &Printed) -> bool {
        self.normal == other.normal
    }

    /// The first line, from 1, that the other printed differently, addresses aside, or not at all. None
    /// if they are the same, or differ only after the beginning that is kept.
    pub fn first_difference(&self, other: &Printed) -> Option<u64> {
        if self.normal == other.normal {
            return None;
        }
        let same = self.beginning.iter().zip(&other.beginning).take_while(|(left, right)| left == right).count();
        let kept = |printed: &Printed| same < printed.beginning.len() || printed.normal.length == same as u64;
        let ends = self.beginning[..same].iter().filter(|&&byte| byte == b'\n').count() as u64;
        (kept(self) && kept(other)).then_some(ends + 1)
    }

    /// Decides about `pending`: what follows it is no digit.
    fn settle(&mut self) {
        let pending = mem::take(&mut self.pending);
        self.emit(if pending.len() == ADDRESS_LENGTH { ANY_ADDRESS } else { &pending });
        self.pending = pending;
        self.pending.clear();
    }

    fn emit(&mut self, bytes: &[u8]) {
        self.normal.add(bytes);
        let room = COMPARED_OUTPUT_BYTES - self.beginning.len();
        self.beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl Write for Printed {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let Some(last) = text.last() else { return Ok(0) };
        self.exact.add(text);
        self.lines += text.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.open_line = *last != b'\n';
        for &byte in text {
            let fits = match self.pending.len() {
                0 => byte == b'0',
                1 => byte == b'x',
                _ => byte.is_ascii_hexdigit(),
            };
            if fits && self.pending.len() < ADDRESS_LENGTH {
                self.pending.push(byte);
                continue;
            }
            if fits {
                // Too long for an address.
                let longer = mem::take(&mut self.pending);
                self.emit(&longer);
            } else {
                self.settle();
            }
            if byte == b'0' {
                self.pending.push(byte);
            } else {
                self.emit(&[byte]);
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Length and hash of a text, by Fowler, Noll and Vo's function (FNV-1a, 64 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint {
    length: u64,
    hash: u64,
}

impl Default for Fingerprint {
    fn default() -> Fingerprint {
        Fingerprint { length: 0, hash: 0xcbf2_9ce4_8422_2325 }
    }
}

impl Fingerprint {
    fn add(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        for &byte in bytes {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written in pieces of that length.
    fn printed(text: &str, piece: usize) -> Printed {
        let mut printed = Printed::default();
        for piece in text.as_bytes().chunks(piece) {
            printed.write_all(piece).unwrap();
        }
        printed.finish();
        printed
    }

    fn normal(text: &str) -> String {
        let whole = printed(text, text.len().max(1));
        assert_eq!(whole.normal, printed(text, 1).normal);
        assert_eq!(whole.exact, printed(text, 3).exact);
        String::from_utf8(whole.beginning).unwrap()
    }

    #[test]
    fn addresses_are_made_equal() {
        assert_eq!(normal(""), "");
        assert_eq!(normal("f() = 0x00BEEF00\n"), "f() = 0x........\n");
        assert_eq!(normal("0x00BEEF00"), "0x........");
        assert_eq!(normal("00x00BEEF00x0"), "00x........x0");
        assert_eq!(normal("0x00BEEF001"), "0x00BEEF001");
        assert_eq!(normal("0x00BEEF000x00BEEF00"), "0x00BEEF000x........");
        assert_eq!(normal("0x1 0xBEEFBEEF 00"), "0x1 0x........ 00");
    }

    #[test]
    fn outputs_are_the_same_differ_in_addresses_or_differ() {
        let (one, moved) = (printed("a\n0x00BEEF00\n", 4), printed("a\n0x00BEEF10\n", 4));
        assert!(one.same_as(&printed("a\n0x00BEEF00\n", 1)));
        assert!(!one.same_as(&moved) && one.same_but_for_addresses(&moved));
        assert_eq!(one.first_difference(&moved), None);
        assert!(!one.same_but_for_addresses(&printed("a\nb\n", 4)));
    }

    #[test]
    fn the_first_different_line_is_found() {
        let line = |one: &str, two: &str| printed(one, 5).first_difference(&printed(two, 5));
        assert_eq!(line("a\nb\nc\n", "a\nb\nd\n"), Some(3));
        assert_eq!(line("a\nb\n", "a\nb\nc\n"), Some(3));
        assert_eq!(line("a\nb", "a\nb\n"), Some(2));
        assert_eq!(line("", "a\n"), Some(1));
        let long = "line\n".repeat(COMPARED_OUTPUT_BYTES / 5 + 1);
        assert_eq!(line(&long, &(long.clone() + "x\n")), None);
        assert_eq!(line(&long, &("x\n".to_owned() + &long)), Some(1));
    }

    #[test]
    fn lines_are_counted() {
        assert_eq!(printed("", 1).lines(), 0);
        assert_eq!(printed("a\n\nb\n", 2).lines(), 3);
        assert_eq!(printed("a\nb", 1).lines(), 2);
    }

    #[test]
    fn only_the_beginning_is_kept() {
        let text = "0123456789\n".repeat(COMPARED_OUTPUT_BYTES / 10);
        let printed = printed(&text, 4096);
        assert_eq!(printed.beginning.len(), COMPARED_OUTPUT_BYTES);
        assert_eq!(printed.normal.length, text.len() as u64);
    }
}
