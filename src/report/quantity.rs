//! Numbers as people read them.

pub use crate::machine::quantity::{address, bytes, count, grouped};

/// A size as the command line takes it: `8MiB`, `1000`.
pub fn size(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes >> shift > 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_use_the_largest_unit_that_divides_them() {
        assert_eq!(size(1 << 30), "1GiB");
        assert_eq!(size(8 << 20), "8MiB");
        assert_eq!(size(4096), "4KiB");
        assert_eq!(size(1000), "1000");
        assert_eq!(size(0), "0");
    }
}
