//! Sequences of instructions that the machine carries out in one go. Such a sequence is no instruction:
//! programs consist of those in the table, one by one, and so does everything that is said about them.
//! Only the machine's own copy of the code has, in the place of the opcode of the first, the number of the
//! sequence. The others stay as they are; a jump may go to any of them.
//!
//! A sequence is here because profiles of many programs show it often. Nothing else is to be written for
//! one: the host's compiler puts the handlers of its instructions together.

use std::cmp::Reverse;

use super::Instruction;
use super::instruction::{Row, rows};

/// Hands the sequences to the macro `$product`. An operand in parentheses is the result of the instruction before.
macro_rules! for_each_sequence {
    ($product:ident) => {
        $product! {
            // ---- rounds of loops
            IntegerLoadElement + IntegerAdd(right) + IntegerCountNext;
            BlockLoadElement + IntegerAdd(right) + IntegerCountNext;
            LoadElement + Add(right) + IntegerCountNext;
            FloatMultiply + FloatAdd(right) + IntegerCountNext;
            Multiply + Add(right) + IntegerCountNext;
            IntegerMultiply + IntegerAdd(right) + IntegerModuloConstant(left) + IntegerCountNext;
            IntegerModuloConstant + IntegerCountNext;
            IntegerModuloConstant + IntegerStoreElement(from) + IntegerCountNext;
            BooleanStoreElement + IntegerRangeNext;
            BooleanStoreElement + IntegerCountNext;
            IntegerAddConstant + IntegerCountNext;
            IntegerStoreElement + IntegerCountNext;
            FloatStoreElement + IntegerCountNext;
            BlockStoreElement + IntegerCountNext;
            IntegerAdd + IntegerCountNext;
            Add + IntegerCountNext;
            Add + ModuloConstant(left) + IntegerCountNext;
            Add + EachNext;
            IntegerAddConstant + IntegerMultiply + IntegerJumpIfLess(left);
            IntegerAddConstant + IntegerMultiply + IntegerJumpIfLessEqual(left);

            // ---- calls
            IntegerSubtractConstant + Call;
            IntegerAddConstant + Call;
            BlockLoadField + Call;
            Move + Call;
            Move + Move;
            IntegerAdd + Return(value);
            LoadGlobal + LoadGlobal;

            // ---- arithmetic
            IntegerMultiply + IntegerAdd(left);
            IntegerMultiply + IntegerAdd(right);
            IntegerMultiply + IntegerAdd(right) + IntegerModuloConstant(left);
            IntegerAdd + IntegerModuloConstant(left);
            IntegerMultiplyConstant + IntegerModuloConstant(left);
            IntegerModulo + IntegerJumpIfNotEqualConstant(left);
            IntegerModuloConstant + IntegerJumpIfNotEqualConstant(left);
            Add + ModuloConstant(left);
            MultiplyInteger + Add(left);
            Multiply + Add(right);
            Multiply + Subtract(right);
            FloatMultiply + FloatAdd(right);
            FloatMultiply + FloatSubtract(right);
            FloatMultiply + FloatMultiply + FloatAdd(right);
            FloatSquareRoot + FloatMultiply(right);

            // ---- elements
            IntegerMultiply + IntegerAdd(left) + FloatLoadElement(index);
            IntegerMultiply + IntegerAdd(left) + FloatStoreElement(index);
            IntegerMultiply + IntegerAdd(left) + IntegerLoadElement(index);
            IntegerMultiply + IntegerAdd(left) + IntegerStoreElement(index);
            IntegerMultiply + IntegerAdd(left) + LoadElement(index);
            IntegerAdd + IntegerLoadElement(index);
            IntegerAddConstant + IntegerLoadElement(index);
            IntegerSubtractConstant + IntegerLoadElement(index);
            BlockLoadElement + LoadElement(object);
            IntegerLoadElement + IntegerAdd(right);
            FloatLoadElement + FloatMultiply(right);
            BooleanLoadElement + BooleanJumpIfTrue(condition);
            BooleanLoadElement + BooleanJumpIfFalse(condition);
            IntegerLoadElement + IntegerJumpIfNotEqualConstant(left);
            LoadElement + Add(right);

            // ---- fields
            BlockLoadField + FloatSubtract(right);
            BlockLoadField + FloatMultiply + FloatAdd(right);
            BlockLoadField + FloatMultiply + FloatSubtract(right);
            BlockLoadField + FloatMultiply(left);
            BlockLoadField + IntegerAdd(right);
            BlockLoadField + JumpIfNotNull(operand);
            BlockLoadField + JumpIfNull(operand);
            FloatLoadField + FloatSubtract(right);
            OpenLoadField + FloatSubtract(right);
            FloatLoadField + FloatMultiply + FloatAdd(right);
            FloatLoadField + FloatMultiply + FloatSubtract(right);
            FloatLoadField + FloatMultiply(left);
            FloatLoadField + FloatMultiply + FloatAdd(right) + FloatStoreField(from);
            FloatLoadField + FloatMultiply + FloatSubtract(right) + FloatStoreField(from);
            FloatLoadField + FloatLoadField + FloatSubtract(right);
            Move + FloatSquareRoot + FloatMultiply(right) + FloatDivide(right);
            IntegerLoadField + IntegerAdd(right);
            OpenLoadField + IntegerAdd(right);
            LoadField + Add(right);
            LoadField + JumpIfNotNull(operand);
            LoadField + JumpIfNull(operand);
            BlockStoreField + BlockStoreField;
            StoreField + BlockStoreField;
            LoadConstant + InitField(from);
        }
    };
}

pub(crate) use for_each_sequence;

/// What stands for the first sequence in the place of an opcode, and then in their order.
pub const FIRST: usize = Instruction::COUNT;

/// A sequence of instructions.
pub struct Sequence {
    /// The opcode of each.
    opcodes: &'static [u8],
    /// For each but the first, the place of the operand that is the result of the one before; the opcode's for
    /// none.
    taken: &'static [usize],
}

/// The place of a result.
pub const RESULT: usize = 1;

macro_rules! taken_place {
    ($name:ident) => {
        0
    };
    ($name:ident $operand:ident) => {
        $crate::bytecode::instruction::place::<rows::$name>(stringify!($operand))
    };
}

pub(crate) use taken_place;

macro_rules! define_sequences {
    ($($first:ident $(+ $rest:ident $(($operand:ident))?)+;)+) => {
        /// All of them.
        pub const SEQUENCES: &[Sequence] = &[$(Sequence {
            opcodes: &[rows::$first::OPCODE, $(rows::$rest::OPCODE),+],
            taken: &[$(taken_place!($rest $($operand)?)),+],
        }),+];
    };
}

for_each_sequence!(define_sequences);

const _: () = assert!(FIRST + SEQUENCES.len() < 256, "an opcode has one byte, and the last one is taken");

/// Instructions of the longest.
pub const LONGEST: usize = 4;

impl Sequence {
    /// Whether code begins with it.
    fn begins(&self, code: &[[u8; 8]]) -> bool {
        code.len() >= self.opcodes.len()
            && code.iter().zip(self.opcodes).all(|(encoded, &opcode)| encoded[0] == opcode)
            && code
                .iter()
                .zip(&code[1..])
                .zip(self.taken)
                .all(|((before, encoded), &place)| place == 0 || encoded[place] == before[RESULT])
    }
}

/// For each instruction what stands in the place of its opcode: that, or the number of the sequence that
/// begins with it on the way through the code that takes the fewest steps; of two such the longer one, because within a
/// sequence results are handed on.
pub fn choose(code: &[[u8; 8]]) -> Vec<u8> {
    let mut chosen: Vec<u8> = code.iter().map(|encoded| encoded[0]).collect();
    // Steps from an instruction to the end of the code.
    let mut steps = vec![0_u32; code.len() + 1];
    for at in (0..code.len()).rev() {
        let sequences = (FIRST..).zip(SEQUENCES).filter(|(_, sequence)| sequence.begins(&code[at..]));
        let ways = sequences.map(|(number, sequence)| (number as u8, sequence.opcodes.len()));
        let (opcode, length) = ways
            .chain([(chosen[at], 1)])
            .min_by_key(|&(_, length)| (steps[at + length], Reverse(length)))
            .expect("there is always the instruction itself");
        chosen[at] = opcode;
        steps[at] = steps[at + length] + 1;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::{Integer, ReadInteger, Target, UpdateInteger, WriteInteger, WriteIntegerJumping};

    fn multiply(to: u8) -> Instruction {
        Instruction::IntegerMultiply { to: WriteInteger(to), left: ReadInteger(2), right: ReadInteger(3) }
    }

    fn add(left: u8, right: u8) -> Instruction {
        Instruction::IntegerAdd { to: WriteInteger(9), left: ReadInteger(left), right: ReadInteger(right) }
    }

    fn remainder(left: u8) -> Instruction {
        Instruction::IntegerModuloConstant {
            to: WriteInteger(4),
            left: ReadInteger(left),
            right: crate::bytecode::DivisorIndex(0),
        }
    }

    /// Lengths of the steps in which code is carried out from its beginning on.
    fn steps(code: &[Instruction]) -> Vec<usize> {
        let encoded: Vec<[u8; 8]> = code.iter().map(|instruction| instruction.encode().to_le_bytes()).collect();
        let chosen = choose(&encoded);
        let (mut at, mut lengths) = (0, Vec::new());
        while at < code.len() {
            let length = match usize::from(chosen[at]).checked_sub(FIRST) {
                None => 1,
                Some(number) => SEQUENCES[number].opcodes.len(),
            };
            lengths.push(length);
            at += length;
        }
        lengths
    }

    #[test]
    fn what_is_handed_on_must_be_the_result() {
        assert_eq!(steps(&[multiply(8), add(8, 2)]), [2]);
        assert_eq!(steps(&[multiply(8), add(2, 8)]), [2], "on either side");
        assert_eq!(steps(&[multiply(8), add(2, 3)]), [1, 1]);
    }

    #[test]
    fn the_way_with_the_fewest_steps_is_chosen_and_of_two_the_longer_sequence_first() {
        let round = Instruction::IntegerCountNext {
            counter: UpdateInteger(5),
            variable: WriteIntegerJumping(5),
            limit: ReadInteger(6),
            target: Target(-4),
        };
        assert_eq!(steps(&[multiply(8), add(2, 8), remainder(9), round]), [4]);
        assert_eq!(steps(&[multiply(8), add(2, 8), remainder(9)]), [3]);
        let step =
            Instruction::IntegerSubtractConstant { to: WriteInteger(8), left: ReadInteger(2), right: Integer(1) };
        assert_eq!(steps(&[multiply(8), add(2, 8), step]), [2, 1]);
    }

    #[test]
    fn sequences_are_no_longer_than_handlers_look_ahead_and_none_is_there_twice() {
        for (at, sequence) in SEQUENCES.iter().enumerate() {
            assert!((2..=LONGEST).contains(&sequence.opcodes.len()));
            assert_eq!(sequence.taken.len() + 1, sequence.opcodes.len());
            let twin = |other: &&Sequence| other.opcodes == sequence.opcodes && other.taken == sequence.taken;
            assert!(!SEQUENCES[..at].iter().any(|other| twin(&other)));
        }
    }
}
