//! Which accesses to fields find their record open: where a function accesses several fields through one slot in a row, the
//! first access looks at the record's header, and the machine keeps in mind what it found. That pays for fields of which
//! nothing else has to be looked at. No record need be open for certain: what is not is looked at again.

use crate::bytecode::{
    FieldSiteIndex, Instruction, Read, ReadBlock, ReadFloat, ReadInteger, Type, Write, WriteFloat, WriteInteger,
};

/// Records that the machine keeps open at a time, each at the place of the slot with the pointer.
const PLACES: usize = crate::limits::OPENED_BLOCKS;

/// Makes accesses those that open a record, or find it open. Code that is left out is none.
pub(super) fn open_records(code: &mut [Option<Instruction>], settled: impl Fn(FieldSiteIndex) -> Type) {
    let mut entered = vec![false; code.len()];
    for (index, instruction) in code.iter().enumerate() {
        if let Some(target) = instruction.and_then(|instruction| instruction.jump_target(index)) {
            entered[target] = true;
        }
    }
    // By place: the slot of the record there, and the first access through it.
    let mut open: [Option<(u8, usize)>; PLACES] = [None; PLACES];
    for index in 0..code.len() {
        let Some(instruction) = code[index] else { continue };
        if entered[index] {
            open = [None; PLACES];
        }
        if let Some(slot) = accessed(instruction) {
            let place = &mut open[usize::from(slot) % PLACES];
            match place.filter(|&(held, _)| held == slot) {
                None => *place = Some((slot, index)),
                Some((_, first)) => {
                    if let Some(found_open) = found_open(instruction, &settled) {
                        code[first] = code[first].map(opening);
                        code[index] = Some(found_open);
                    }
                }
            }
        } else if closes(instruction) {
            open = [None; PLACES];
        }
        let forget = |slot: u8, _| {
            open[usize::from(slot) % PLACES].take_if(|&mut (held, _)| held == slot);
        };
        instruction.each_write(forget, |_, _| {}, |_, _| {});
    }
}

/// The slot that it accesses a field through.
const fn accessed(instruction: Instruction) -> Option<u8> {
    match instruction {
        Instruction::LoadField { object, .. } | Instruction::StoreField { object, .. } => Some(object.0),
        Instruction::BlockLoadField { object, .. } | Instruction::BlockStoreField { object, .. } => Some(object.0),
        _ => None,
    }
}

/// The instruction that does the same and leaves the record open.
const fn opening(instruction: Instruction) -> Instruction {
    match instruction {
        Instruction::LoadField { to, object, field } => Instruction::OpenLoadField { to, object, field },
        Instruction::StoreField { object, from, field } => Instruction::OpenStoreField { object, from, field },
        Instruction::BlockLoadField { to, object: ReadBlock(slot), field } => {
            Instruction::OpenLoadField { to, object: Read(slot), field }
        }
        Instruction::BlockStoreField { object: ReadBlock(slot), from, field } => {
            Instruction::OpenStoreField { object: Read(slot), from, field }
        }
        other => other,
    }
}

/// The instruction that does the same to a field of a record that is open, if nothing else has to be looked at.
fn found_open(instruction: Instruction, settled: impl Fn(FieldSiteIndex) -> Type) -> Option<Instruction> {
    Some(match instruction {
        Instruction::BlockLoadField { to: Write(to), object, field } => match settled(field) {
            Type::INTEGER => Instruction::IntegerLoadField { to: WriteInteger(to), object, field },
            Type::FLOAT => Instruction::FloatLoadField { to: WriteFloat(to), object, field },
            _ => return None,
        },
        Instruction::BlockStoreField { object, from: Read(from), field } => match settled(field) {
            Type::INTEGER => Instruction::IntegerStoreField { object, from: ReadInteger(from), field },
            Type::FLOAT => Instruction::FloatStoreField { object, from: ReadFloat(from), field },
            _ => return None,
        },
        _ => return None,
    })
}

/// Whether the machine most likely closes all records there, or opens others. Wrong answers cost time, nothing else.
const fn closes(instruction: Instruction) -> bool {
    use Instruction as I;
    matches!(
        instruction,
        I::Allocate { .. }
            | I::AllocateRecord { .. }
            | I::AllocateArray { .. }
            | I::Free { .. }
            | I::DropTemporary { .. }
            | I::Call { .. }
            | I::CallBelow { .. }
            | I::CallBuiltin { .. }
            | I::Print { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::{AllocationKind, Target};

    const LOAD: Instruction = load(2);

    const fn load(object: u8) -> Instruction {
        Instruction::BlockLoadField { to: Write(9), object: ReadBlock(object), field: FieldSiteIndex(0) }
    }

    /// The mnemonics of code once it is known which accesses find their record open.
    fn opened(code: &[Instruction], settled: Type) -> Vec<&'static str> {
        let mut code: Vec<_> = code.iter().copied().map(Some).collect();
        open_records(&mut code, |_| settled);
        code.into_iter().flatten().map(Instruction::mnemonic).collect()
    }

    #[test]
    fn the_first_access_opens_a_record_for_the_others() {
        assert_eq!(opened(&[LOAD], Type::FLOAT), ["block.load-field"]);
        assert_eq!(opened(&[LOAD; 3], Type::FLOAT), ["open.load-field", "float.load-field", "float.load-field"]);
        assert_eq!(opened(&[LOAD; 2], Type::ANY), ["block.load-field"; 2]);
        let field = FieldSiteIndex(0);
        let store = Instruction::BlockStoreField { object: ReadBlock(2), from: Read(9), field };
        assert_eq!(opened(&[store, LOAD], Type::INTEGER), ["open.store-field", "integer.load-field"]);
        assert_eq!(opened(&[LOAD, store], Type::INTEGER), ["open.load-field", "integer.store-field"]);
        let maybe = Instruction::LoadField { to: Write(9), object: Read(2), field };
        assert_eq!(opened(&[maybe, LOAD], Type::FLOAT), ["open.load-field", "float.load-field"]);
        assert_eq!(opened(&[LOAD, maybe], Type::FLOAT), ["block.load-field", "load-field"]);
    }

    #[test]
    fn what_most_likely_is_not_open_any_more_is_not_taken_for_open() {
        let closed = ["block.load-field"; 2];
        let around = |instruction: Instruction| {
            let names = opened(&[LOAD, instruction, LOAD, Instruction::ReturnNull {}], Type::FLOAT);
            [names[0], names[2]]
        };
        assert_eq!(around(Instruction::Move { to: Write(2), from: Read(3) }), closed, "another pointer");
        assert_eq!(around(load(2 + PLACES as u8)), closed, "another record in the same place");
        let kind = AllocationKind::ZeroBytes;
        assert_eq!(around(Instruction::Allocate { to: Write(4), size: Read(3), kind }), closed);
        assert_ne!(around(load(3)), closed);
        let jump = Instruction::JumpIfNull { operand: Read(9), target: Target(0) };
        assert_eq!(around(jump), closed, "the target can be reached without the first access");
        let away = Instruction::JumpIfNull { operand: Read(9), target: Target(1) };
        assert_ne!(around(away), closed);
    }
}
