//! Instructions that do the work of two. The first of a pair is exchanged for one that does both and
//! skips the second, where the operands are of the common types; otherwise it does what the first did,
//! and the second is next. As the second stays where it is, whatever names an instruction remains
//! right: jump targets, spans, statements, what is live. Counts of instructions remain the same.

use super::instruction::Instruction;
use super::operand::{Ahead, Read, Write};

/// Exchanges every instruction that can do the work of the one after it as well.
pub fn fuse(code: &mut [Instruction]) {
    for at in 1..code.len() {
        if let Some(fused) = pair(code[at - 1], code[at]) {
            code[at - 1] = fused;
        }
    }
}

/// The instruction that does both.
fn pair(first: Instruction, second: Instruction) -> Option<Instruction> {
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

    const PRODUCT: Instruction = Instruction::Multiply { to: Write(5), left: Read(2), right: Read(3) };
    const ELEMENT: Instruction = Instruction::LoadElement { to: Write(5), object: Read(2), index: Read(3) };

    fn add(left: u8, right: u8) -> Instruction {
        Instruction::Add { to: Write(6), left: Read(left), right: Read(right) }
    }

    fn subtract(left: u8, right: u8) -> Instruction {
        Instruction::Subtract { to: Write(6), left: Read(left), right: Read(right) }
    }

    /// What becomes of the first of two instructions.
    fn fused(first: Instruction, second: Instruction) -> Instruction {
        let mut code = [first, second];
        fuse(&mut code);
        assert_eq!(code[1], second, "the second stays");
        code[0]
    }

    #[test]
    fn a_product_and_what_is_added_to_it() {
        let (to, left, right) = (Write(5), Read(2), Read(3));
        let both = Instruction::MultiplyAdd { to, left, right, sum: Ahead(6), addend: Ahead(4) };
        assert_eq!(fused(PRODUCT, add(4, 5)), both);
        assert_eq!(fused(PRODUCT, add(5, 4)), both);
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
        assert_eq!(fused(ELEMENT, add(4, 5)), both);
        assert_eq!(fused(ELEMENT, add(5, 4)), both);
        assert_eq!(fused(ELEMENT, subtract(4, 5)), ELEMENT);
    }

    #[test]
    fn not_without_what_the_first_has_made_nor_with_it_twice() {
        for first in [PRODUCT, ELEMENT] {
            for second in [add(2, 3), add(5, 5), subtract(2, 3), subtract(5, 5), first] {
                assert_eq!(fused(first, second), first);
            }
        }
    }
}
