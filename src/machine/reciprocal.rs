//! Division by constants as multiplication: a machine division takes a processor longer than anything
//! else that the loop does. The reciprocals of a program's divisors are worked out when it is loaded.

use super::operators::{floor_divide, modulo};
use crate::bytecode::Instruction;

/// Bits of an index into the table.
const BITS: u32 = 6;

/// A divisor and its reciprocal.
#[derive(Clone, Copy, Debug)]
struct Reciprocal {
    divisor: i32,
    /// 2^64 / `divisor`, rounded down, or the greatest word.
    factor: u64,
}

/// A small table of reciprocals by divisor. A divisor whose place is taken is divided by.
#[derive(Clone, Debug)]
pub(super) struct Reciprocals([Reciprocal; 1 << BITS]);

impl Reciprocals {
    pub const EMPTY: Reciprocals = Reciprocals([Reciprocal { divisor: 0, factor: 0 }; 1 << BITS]);

    /// Takes in the positive divisors of some code.
    pub fn take_in(&mut self, code: &[Instruction]) {
        for instruction in code {
            let (Instruction::ModuloInteger { right, .. } | Instruction::FloorDivideInteger { right, .. }) =
                instruction
            else {
                continue;
            };
            let place = &mut self.0[Self::place(right.0)];
            if right.0 > 0 && place.divisor == 0 {
                *place = Reciprocal { divisor: right.0, factor: u64::MAX / right.0 as u64 };
            }
        }
    }

    #[inline(always)]
    const fn place(divisor: i32) -> usize {
        ((divisor as u32).wrapping_mul(0x9E37_79B9) >> (u32::BITS - BITS)) as usize
    }

    /// Quotient and remainder, neither negative, if the divisor is in the table and `left` is not negative.
    #[inline(always)]
    fn divide(&self, left: i64, right: i32) -> Option<(u64, u64)> {
        let Reciprocal { divisor, factor } = self.0[Self::place(right)];
        if divisor != right || left < 0 {
            return None;
        }
        // `factor` is less than 1 below 2^64 / divisor, and `left` is less than 2^64, so that the product
        // is less than 1 below the quotient, and rounded down at most 1.
        let quotient = ((u128::from(left as u64) * u128::from(factor)) >> 64) as u64;
        let remainder = (left as u64).wrapping_sub(quotient.wrapping_mul(divisor as u64));
        let exact = remainder.wrapping_sub(divisor as u64);
        Some(if remainder >= divisor as u64 { (quotient + 1, exact) } else { (quotient, remainder) })
    }

    /// The quotient rounded down. The divisor is not 0.
    #[inline(always)]
    pub fn floor_divide(&self, left: i64, right: i32) -> Option<i64> {
        match self.divide(left, right) {
            Some((quotient, _)) => Some(quotient as i64),
            None => floor_divide(left, i64::from(right)),
        }
    }

    /// The remainder of that; its sign is the divisor's. The divisor is not 0.
    #[inline(always)]
    pub fn modulo(&self, left: i64, right: i32) -> i64 {
        match self.divide(left, right) {
            Some((_, remainder)) => remainder as i64,
            None => modulo(left, i64::from(right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::{Integer, Read, Write};

    #[test]
    fn it_divides_as_the_processor_does() {
        let mut divisors = vec![1, 2, 3, 5, 7, 10, 255, 256, 1000, 16807, 1_000_003, i32::MAX - 1, i32::MAX, -1, -7];
        divisors.push(i32::MIN);
        let numbers = [0, 1, 2, 9, 10, 11, 1 << 31, 1 << 32, (1 << 53) + 1, i64::MAX - 1, i64::MAX, -1, -10, i64::MIN];
        for divisor in divisors {
            let mut reciprocals = Reciprocals::EMPTY;
            reciprocals.take_in(&[Instruction::ModuloInteger { to: Write(2), left: Read(2), right: Integer(divisor) }]);
            let multiples = numbers.map(|number| number / i64::from(divisor).abs() * i64::from(divisor).abs());
            let around = multiples.into_iter().flat_map(|number| [number.saturating_sub(1), number]);
            for number in numbers.into_iter().chain(around) {
                let right = i64::from(divisor);
                assert_eq!(reciprocals.modulo(number, divisor), modulo(number, right), "{number} mod {divisor}");
                let quotient = reciprocals.floor_divide(number, divisor);
                assert_eq!(quotient, floor_divide(number, right), "{number} div {divisor}");
                assert_eq!(reciprocals.divide(number, divisor).is_some(), number >= 0 && divisor > 0);
            }
        }
    }

    #[test]
    fn the_first_divisor_of_a_place_keeps_it() {
        let mut reciprocals = Reciprocals::EMPTY;
        for divisor in 1..1000 {
            let divides = Instruction::FloorDivideInteger { to: Write(2), left: Read(2), right: Integer(divisor) };
            reciprocals.take_in(&[divides]);
        }
        let kept = (1..1000).filter(|&divisor| reciprocals.divide(1, divisor).is_some()).count();
        assert_eq!(kept, 1 << BITS);
        assert_eq!((reciprocals.modulo(12345, 997), reciprocals.floor_divide(12345, 997)), (381, Some(12)));
    }
}
