//! Forms of instructions: those that keep counts of places, those whose value goes to another slot, and
//! what slots they fill with what.

use crate::bytecode::liveness::SlotSet;
use crate::bytecode::{Constant, Function, Instruction, Program, Write};

/// The form of an instruction that keeps the count of the place it stores to.
pub(super) fn counted_form(instruction: Instruction) -> Instruction {
    match instruction {
        Instruction::StoreGlobal { from, global } => Instruction::StoreGlobalCounted { from, global },
        Instruction::StoreElement { object, index, from } => Instruction::StoreElementCounted { object, index, from },
        Instruction::StoreField { object, from, field } => Instruction::StoreFieldCounted { object, from, field },
        Instruction::AddTemporaries { to, left, right, .. } => Instruction::Add { to, left, right },
        other => other,
    }
}

/// The form of an instruction in which what is stored hands its count over to the place.
pub(super) fn given_form(instruction: Instruction) -> Option<Instruction> {
    match instruction {
        Instruction::StoreGlobal { from, global } => Some(Instruction::StoreGlobalGiven { from, global }),
        Instruction::StoreElement { object, index, from } => {
            Some(Instruction::StoreElementGiven { object, index, from })
        }
        Instruction::StoreField { object, from, field } => Some(Instruction::StoreFieldGiven { object, from, field }),
        _ => None,
    }
}

/// The same instruction with its value going to another slot; none for those with a window.
pub(super) fn redirected(instruction: Instruction, slot: u8) -> Option<Instruction> {
    let to = Write(slot);
    Some(match counted_form(instruction) {
        Instruction::LoadInteger { value, .. } => Instruction::LoadInteger { to, value },
        Instruction::LoadConstant { constant, .. } => Instruction::LoadConstant { to, constant },
        Instruction::LoadGlobal { global, .. } => Instruction::LoadGlobal { to, global },
        Instruction::Weaken { from, .. } => Instruction::Weaken { to, from },
        Instruction::Strengthen { from, .. } => Instruction::Strengthen { to, from },
        Instruction::Add { left, right, .. } => Instruction::Add { to, left, right },
        Instruction::Subtract { left, right, .. } => Instruction::Subtract { to, left, right },
        Instruction::Multiply { left, right, .. } => Instruction::Multiply { to, left, right },
        Instruction::Divide { left, right, .. } => Instruction::Divide { to, left, right },
        Instruction::FloorDivide { left, right, .. } => Instruction::FloorDivide { to, left, right },
        Instruction::Modulo { left, right, .. } => Instruction::Modulo { to, left, right },
        Instruction::Power { left, right, .. } => Instruction::Power { to, left, right },
        Instruction::AddInteger { left, right, .. } => Instruction::AddInteger { to, left, right },
        Instruction::SubtractInteger { left, right, .. } => Instruction::SubtractInteger { to, left, right },
        Instruction::MultiplyInteger { left, right, .. } => Instruction::MultiplyInteger { to, left, right },
        Instruction::FloorDivideInteger { left, right, .. } => Instruction::FloorDivideInteger { to, left, right },
        Instruction::ModuloInteger { left, right, .. } => Instruction::ModuloInteger { to, left, right },
        Instruction::Negate { operand, .. } => Instruction::Negate { to, operand },
        Instruction::Not { operand, .. } => Instruction::Not { to, operand },
        Instruction::Equal { left, right, .. } => Instruction::Equal { to, left, right },
        Instruction::NotEqual { left, right, .. } => Instruction::NotEqual { to, left, right },
        Instruction::Less { left, right, .. } => Instruction::Less { to, left, right },
        Instruction::LessEqual { left, right, .. } => Instruction::LessEqual { to, left, right },
        Instruction::Greater { left, right, .. } => Instruction::Greater { to, left, right },
        Instruction::GreaterEqual { left, right, .. } => Instruction::GreaterEqual { to, left, right },
        Instruction::IsEmpty { operand, .. } => Instruction::IsEmpty { to, operand },
        Instruction::LoadElement { object, index, .. } => Instruction::LoadElement { to, object, index },
        Instruction::LoadField { object, field, .. } => Instruction::LoadField { to, object, field },
        Instruction::Length { object, .. } => Instruction::Length { to, object },
        Instruction::Allocate { size, kind, .. } => Instruction::Allocate { to, size, kind },
        Instruction::AllocateRecord { failure, record, .. } => Instruction::AllocateRecord { to, failure, record },
        Instruction::AllocateArray { length, .. } => Instruction::AllocateArray { to, length },
        Instruction::StackAllocate { buffer, .. } => Instruction::StackAllocate { to, buffer },
        Instruction::TakeResult { .. } => Instruction::TakeResult { to },
        _ => return None,
    })
}

/// The slots that can hold a counted reference: parameters, and what is written by an instruction
/// whose value may be one. A sum is no string where an operand can only be a number.
pub(super) fn countable_slots(program: &Program, function: &Function) -> SlotSet {
    let code = &program.code[function.entry as usize..function.end as usize];
    let mut countable = SlotSet::EMPTY;
    for slot in 2..2 + u32::from(function.parameters) {
        countable.insert(slot);
    }
    loop {
        let before = countable;
        for &instruction in code {
            let slot = match instruction {
                Instruction::LoadGlobal { to, .. }
                | Instruction::LoadElement { to, .. }
                | Instruction::LoadField { to, .. }
                | Instruction::Strengthen { to, .. }
                | Instruction::Allocate { to, .. }
                | Instruction::AllocateRecord { to, .. }
                | Instruction::AllocateArray { to, .. }
                | Instruction::StackAllocate { to, .. }
                | Instruction::TakeResult { to } => to.0,
                Instruction::EachNext { variable, .. } => variable.0,
                Instruction::Call { window, .. } => window.0,
                Instruction::CallBuiltin { window, .. } => window.0,
                Instruction::LoadConstant { to, constant } => match program.constants[constant.0 as usize] {
                    // Literals are never freed, but a slot that holds one may hold another string later.
                    Constant::String(_) => to.0,
                    _ => continue,
                },
                Instruction::Move { to, from } if countable.contains(u32::from(from.0)) => to.0,
                Instruction::Add { to, left, right } | Instruction::AddTemporaries { to, left, right, .. }
                    if countable.contains(u32::from(left.0)) && countable.contains(u32::from(right.0)) =>
                {
                    to.0
                }
                _ => continue,
            };
            countable.insert(u32::from(slot));
        }
        if countable == before {
            return countable;
        }
    }
}
