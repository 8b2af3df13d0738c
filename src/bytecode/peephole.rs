//! Instructions that do the work of two. The first of a pair is exchanged for one that does both and skips
//! the second; the second stays where it is. So whatever names an instruction remains right (jump targets,
//! spans, statements, what is live), and so do counts of instructions: to all who only ask what an
//! instruction does to slots, such a form is the first by itself, and the second is still to come. Where
//! something is out of the ordinary, the machine does the first alone.

use super::Instruction;
use super::operand::{Ahead, Read, Write};

/// Declares the pairs of typed instructions, whose second the loop reads where it stands: the first, the
/// second, and the form of the first that does both.
macro_rules! pairs {
    ($($first:ident, $second:ident { $($taken:ident),+ } => $both:ident,)+) => {
        impl Instruction {
            /// The form that does this instruction and the next one, if there is one.
            pub fn paired(self, next: Instruction) -> Option<Instruction> {
                match (self, next) {
                    $((Instruction::$first { to, left, right }, Instruction::$second { $($taken),+, .. })
                        if [$($taken.0),+].contains(&to.0) =>
                    {
                        Some(Instruction::$both { to, left, right })
                    })+
                    _ => with_operands_of_both(self, next),
                }
            }

            /// The first instruction of a pair by itself; of any other form, that.
            #[must_use]
            pub const fn alone(self) -> Instruction {
                match self {
                    $(Instruction::$both { to, left, right } => Instruction::$first { to, left, right },)+
                    Instruction::MultiplyAdd { to, left, right, .. }
                    | Instruction::MultiplySubtract { to, left, right, .. } => {
                        Instruction::Multiply { to, left, right }
                    }
                    Instruction::LoadElementAdd { to, object, index, .. } => {
                        Instruction::LoadElement { to, object, index }
                    }
                    other => other,
                }
            }
        }
    };
}

pairs! {
    IntegerMultiply, IntegerAdd { left, right } => IntegerMultiplyThenAdd,
    IntegerAdd, IntegerModuloConstant { left } => IntegerAddThenModuloConstant,
    IntegerMultiplyConstant, IntegerModuloConstant { left } => IntegerMultiplyConstantThenModuloConstant,
}

/// Makes pairs of instructions that follow one another, the last first: a sum's remainder is worth more
/// than the product before it, because it waits for the sum.
pub fn pair(code: &mut [Instruction]) {
    for at in (1..code.len()).rev() {
        if let Some(both) = code[at - 1].paired(code[at]) {
            code[at - 1] = both;
        }
    }
}

/// The instruction that does both and names what the second has to know: of those for operands of any types.
fn with_operands_of_both(first: Instruction, second: Instruction) -> Option<Instruction> {
    use Instruction as I;
    match (first, second) {
        (I::Multiply { to, left, right }, I::Add { to: sum, left: one, right: other }) => {
            let addend = other_operand(to, one, other)?;
            Some(I::MultiplyAdd { to, left, right, sum: Ahead(sum.0), addend })
        }
        (I::Multiply { to, left, right }, I::Subtract { to: difference, left: minuend, right: product })
            if product.0 == to.0 && minuend.0 != to.0 =>
        {
            let (difference, minuend) = (Ahead(difference.0), Ahead(minuend.0));
            Some(I::MultiplySubtract { to, left, right, difference, minuend })
        }
        (I::LoadElement { to, object, index }, I::Add { to: sum, left: one, right: other }) => {
            let addend = other_operand(to, one, other)?;
            Some(I::LoadElementAdd { to, object, index, sum: Ahead(sum.0), addend })
        }
        _ => None,
    }
}

/// What an operation has as its other operand, if one is what `made` has got and one is not.
fn other_operand(made: Write, left: Read, right: Read) -> Option<Ahead> {
    match (left.0 == made.0, right.0 == made.0) {
        (true, false) => Some(Ahead(right.0)),
        (false, true) => Some(Ahead(left.0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::{DivisorIndex, ReadInteger, WriteInteger};

    fn multiply(to: u8) -> Instruction {
        Instruction::IntegerMultiply { to: WriteInteger(to), left: ReadInteger(2), right: ReadInteger(3) }
    }

    fn add(left: u8, right: u8) -> Instruction {
        Instruction::IntegerAdd { to: WriteInteger(5), left: ReadInteger(left), right: ReadInteger(right) }
    }

    fn modulo(left: u8) -> Instruction {
        let right = DivisorIndex(0);
        Instruction::IntegerModuloConstant { to: WriteInteger(5), left: ReadInteger(left), right }
    }

    #[test]
    fn the_second_takes_what_the_first_makes() {
        assert!(multiply(6).paired(add(6, 2)).is_some());
        assert!(multiply(6).paired(add(2, 6)).is_some());
        assert_eq!(multiply(6).paired(add(2, 3)), None);
        assert_eq!(multiply(6).paired(modulo(6)), None);
        let untyped = Instruction::Add { to: Write(5), left: Read(6), right: Read(2) };
        assert_eq!(multiply(6).paired(untyped), None);
    }

    #[test]
    fn the_second_stays_and_the_last_pair_counts() {
        let before = [multiply(5), add(5, 2), modulo(5), modulo(5)];
        let mut code = before;
        pair(&mut code);
        assert_eq!(
            code.map(Instruction::mnemonic),
            ["integer.multiply", "integer.add+modulo-constant", "integer.modulo-constant", "integer.modulo-constant",]
        );
        assert_eq!(code.map(Instruction::alone), before);
    }

    const PRODUCT: Instruction = Instruction::Multiply { to: Write(5), left: Read(2), right: Read(3) };
    const ELEMENT: Instruction = Instruction::LoadElement { to: Write(5), object: Read(2), index: Read(3) };

    fn sum(left: u8, right: u8) -> Instruction {
        Instruction::Add { to: Write(6), left: Read(left), right: Read(right) }
    }

    fn subtract(left: u8, right: u8) -> Instruction {
        Instruction::Subtract { to: Write(6), left: Read(left), right: Read(right) }
    }

    /// What becomes of the first of two instructions.
    fn fused(first: Instruction, second: Instruction) -> Instruction {
        let mut code = [first, second];
        pair(&mut code);
        assert_eq!(code[1], second, "the second stays");
        code[0]
    }

    #[test]
    fn a_product_and_what_is_added_to_it() {
        let (to, left, right) = (Write(5), Read(2), Read(3));
        let both = Instruction::MultiplyAdd { to, left, right, sum: Ahead(6), addend: Ahead(4) };
        assert_eq!(fused(PRODUCT, sum(4, 5)), both);
        assert_eq!(fused(PRODUCT, sum(5, 4)), both);
    }

    #[test]
    fn a_product_and_what_it_is_taken_from() {
        let (to, left, right) = (Write(5), Read(2), Read(3));
        let both = Instruction::MultiplySubtract { to, left, right, difference: Ahead(6), minuend: Ahead(4) };
        assert_eq!(fused(PRODUCT, subtract(4, 5)), both);
        assert_eq!(fused(PRODUCT, subtract(5, 4)), PRODUCT, "nothing is taken from the product");
    }

    #[test]
    fn an_element_and_what_is_added_to_it() {
        let (to, object, index) = (Write(5), Read(2), Read(3));
        let both = Instruction::LoadElementAdd { to, object, index, sum: Ahead(6), addend: Ahead(4) };
        assert_eq!(fused(ELEMENT, sum(4, 5)), both);
        assert_eq!(fused(ELEMENT, sum(5, 4)), both);
        assert_eq!(fused(ELEMENT, subtract(4, 5)), ELEMENT);
    }

    #[test]
    fn not_without_what_the_first_has_made_nor_with_it_twice() {
        for first in [PRODUCT, ELEMENT] {
            for second in [sum(2, 3), sum(5, 5), subtract(2, 3), subtract(5, 5), first] {
                assert_eq!(fused(first, second), first);
            }
        }
    }
}
