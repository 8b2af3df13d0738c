//! What instructions demand of operands. Where the program gets past one, they held that.

use super::Instruction;
use super::types::Type;

impl Instruction {
    /// Slots that hold a value of a type that is no reference, if the program gets past the instruction, on
    /// whatever way.
    pub fn demands(self) -> impl Iterator<Item = (u8, Type)> {
        use Instruction as I;
        let (slots, demanded) = match self {
            I::Subtract { left, right, .. }
            | I::Multiply { left, right, .. }
            | I::Divide { left, right, .. }
            | I::FloorDivide { left, right, .. }
            | I::Modulo { left, right, .. }
            | I::Power { left, right, .. } => ([Some(left.0), Some(right.0), None], Type::NUMBER),
            I::AddInteger { left: operand, .. }
            | I::SubtractInteger { left: operand, .. }
            | I::MultiplyInteger { left: operand, .. }
            | I::FloorDivideInteger { left: operand, .. }
            | I::ModuloInteger { left: operand, .. }
            | I::FloorDivideConstant { left: operand, .. }
            | I::ModuloConstant { left: operand, .. }
            | I::Negate { operand, .. }
            | I::JumpIfLessInteger { left: operand, .. }
            | I::JumpIfNotLessInteger { left: operand, .. }
            | I::JumpIfLessEqualInteger { left: operand, .. }
            | I::JumpIfNotLessEqualInteger { left: operand, .. }
            | I::JumpIfGreaterInteger { left: operand, .. }
            | I::JumpIfNotGreaterInteger { left: operand, .. }
            | I::JumpIfGreaterEqualInteger { left: operand, .. }
            | I::JumpIfNotGreaterEqualInteger { left: operand, .. } => ([Some(operand.0), None, None], Type::NUMBER),
            I::CountEnter { counter, limit, .. } => ([Some(counter.0), Some(limit.0), None], Type::NUMBER),
            I::RangeEnter { counter, limit, .. } => ([Some(counter.0), Some(limit.0), Some(limit.0 + 1)], Type::NUMBER),
            I::Not { operand: condition, .. }
            | I::CheckBoolean { value: condition }
            | I::JumpIfTrue { condition, .. }
            | I::JumpIfFalse { condition, .. } => ([Some(condition.0), None, None], Type::BOOLEAN),
            I::LoadElement { index: count, .. }
            | I::StoreElement { index: count, .. }
            | I::Allocate { size: count, .. } => ([Some(count.0), None, None], Type::INTEGER),
            _ => ([None; 3], Type::ANY),
        };
        slots.into_iter().flatten().map(move |slot| (slot, demanded))
    }
}
