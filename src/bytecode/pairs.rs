//! Two instructions in a row that the loop does at one go: the first has a form that does the second as
//! well, which stays where it is, keeps its place in the text, and is what a jump to it finds. Whoever
//! only asks what an instruction does to slots need not know of pairs: such a form has the operands
//! of the first, and the second is still to come. Where something is out of the ordinary, the
//! machine does the first alone.

use super::Instruction;

/// Declares the pairs: the first, the second, and the form of the first that does both.
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
                    _ => None,
                }
            }

            /// The first instruction of a pair by itself; of any other form, that.
            #[must_use]
            pub const fn alone(self) -> Instruction {
                match self {
                    $(Instruction::$both { to, left, right } => Instruction::$first { to, left, right },)+
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::{DivisorIndex, Read, ReadInteger, Write, WriteInteger};

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
}
