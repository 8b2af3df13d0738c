//! Division by a constant without dividing: the quotient is the upper half of a product with a scaled
//! reciprocal (Granlund and Montgomery 1994).

/// A divisor from 2 on, with its reciprocal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divisor {
    /// The divisor.
    pub value: i32,
    /// 2^(63 + bits) / value, rounded up, where 2^bits is the least power of two not below the divisor.
    reciprocal: u64,
    /// `bits - 1`
    shift: u8,
}

impl Divisor {
    /// The divisor of that value; none below 2.
    pub fn new(value: i32) -> Option<Divisor> {
        if value < 2 {
            return None;
        }
        let bits = 64 - (value as u64 - 1).leading_zeros();
        // The divisor is above 2^(bits - 1), so this is below 2^64.
        let reciprocal = (1_u128 << (63 + bits)) / value as u128 + 1;
        Some(Divisor { value, reciprocal: reciprocal as u64, shift: bits as u8 - 1 })
    }

    /// What [`Divisor::of`] makes it from.
    pub const fn parts(self) -> (u64, i32, u8) {
        (self.reciprocal, self.value, self.shift)
    }

    /// The divisor of those parts.
    #[inline(always)]
    pub const fn of((reciprocal, value, shift): (u64, i32, u8)) -> Divisor {
        Divisor { value, reciprocal, shift }
    }

    /// The quotient rounded down. Exact: the reciprocal is too large by less than 2^bits / 2^(63 + bits) of
    /// itself, and a dividend is below 2^63.
    #[inline(always)]
    pub const fn quotient(self, dividend: i64) -> i64 {
        if dividend < 0 {
            return dividend.div_euclid(self.value as i64);
        }
        ((dividend as u128 * self.reciprocal as u128) >> 64) as i64 >> self.shift
    }

    /// The remainder of that, from 0 on.
    #[inline(always)]
    pub const fn remainder(self, dividend: i64) -> i64 {
        if dividend < 0 {
            return dividend.rem_euclid(self.value as i64);
        }
        dividend - self.quotient(dividend) * self.value as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(dividend: i64, value: i32) {
        let divisor = Divisor::new(value).unwrap_or_else(|| panic!("{value} is a divisor"));
        let value = i64::from(value);
        assert_eq!(divisor.quotient(dividend), dividend.div_euclid(value), "{dividend} div {value}");
        assert_eq!(divisor.remainder(dividend), dividend.rem_euclid(value), "{dividend} mod {value}");
    }

    #[test]
    fn quotients_are_exact_at_the_edges() {
        let powers = (2..31).map(|bits| 1 << bits);
        let divisors = powers.flat_map(|power| [power - 1, power, power + 1]);
        for value in divisors.chain([2, 10, 1000, 1_000_003, i32::MAX]) {
            let wide = i64::from(value);
            let last = i64::MAX / wide * wide;
            for dividend in [0, 1, wide - 1, wide, wide + 1, last - 1, last, i64::MAX, -1, -wide, i64::MIN] {
                agrees(dividend, value);
            }
        }
    }

    #[test]
    fn what_is_no_divisor_has_no_reciprocal() {
        for value in [i32::MIN, -1, 0, 1] {
            assert_eq!(Divisor::new(value), None);
        }
    }

    proptest! {
        #[test]
        fn quotients_are_exact(dividend: i64, value in 2..=i32::MAX) {
            agrees(dividend, value);
        }

        #[test]
        fn multiples_and_their_neighbours_are_told_apart(times in 0..i64::from(i32::MAX), value in 2..=i32::MAX) {
            agrees(times * i64::from(value), value);
            agrees(times * i64::from(value) + i64::from(value) - 1, value);
        }
    }
}
