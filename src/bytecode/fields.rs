//! What code tells of the fields of records without being followed: which of them `new` gives their first values, and which
//! have a value from the beginning.

use std::collections::{HashMap, HashSet};

use super::program::{Function, Program};
use super::types::Type;
use super::{Instruction, RecordIndex};

/// The fields that `new` gives their first values, by instruction. The record is in its slot while the
/// values of its fields are worked out, so it is the last that was made there.
pub(super) fn new_fields(program: &Program, function: &Function) -> HashMap<u32, u32> {
    let mut fields = HashMap::new();
    let range = function.entry..function.end;
    let code = &program.code[range.start as usize..range.end as usize];
    if !code.iter().any(|instruction| matches!(instruction, Instruction::InitField { .. })) {
        return fields;
    }
    let mut made: HashMap<u8, RecordIndex> = HashMap::new();
    let mut names: HashMap<u32, HashMap<u32, u32>> = HashMap::new();
    for (at, &instruction) in range.zip(code) {
        match instruction {
            Instruction::AllocateRecord { to, record, .. } => {
                made.insert(to.0, record);
            }
            Instruction::InitField { record, offset, .. } => {
                let Some(&RecordIndex(record)) = made.get(&record.0) else { continue };
                let names = names.entry(record).or_insert_with(|| fields_by_offset(program, record));
                fields.extend(names.get(&offset.0).map(|&name| (at, name)));
            }
            _ => {
                let forget = |slot, _| {
                    made.remove(&slot);
                };
                instruction.each_write(forget, |_, _| {}, |_, _| {});
            }
        }
    }
    fields
}

/// The names of a record's fields by their word offsets.
fn fields_by_offset(program: &Program, record: u32) -> HashMap<u32, u32> {
    let mut offset = 0;
    let fields = program.records[record as usize].fields.iter();
    fields
        .map(|&(name, embedded)| {
            let at = offset;
            offset += embedded.max(1);
            (at, name)
        })
        .collect()
}

/// What fields of each name may give without any value having been stored in them: a length, where a
/// block has no field of that name, and embedded arrays.
pub fn unstored_fields(program: &Program) -> Vec<Type> {
    let measures = |name: &String| matches!(name.as_str(), "length" | "size");
    let unstored = |name| if measures(name) { Type::INTEGER } else { Type::NOTHING };
    let mut fields: Vec<Type> = program.field_names.iter().map(unstored).collect();
    for name in embedded_arrays(program) {
        fields[name as usize] = fields[name as usize].or(Type::POINTER);
    }
    fields
}

/// The names of fields that are embedded arrays in some record.
fn embedded_arrays(program: &Program) -> impl Iterator<Item = u32> {
    let fields = program.records.iter().flat_map(|record| &record.fields);
    fields.filter(|(_, slots)| *slots > 0).map(|&(name, _)| name)
}

/// By name: whether such a field has a value wherever code can get at it. Then each record that has one is made by `new`,
/// which gives it a value before anything else is done with the record. A plain block has a field only once it has been
/// stored.
pub fn assured_fields(program: &Program) -> Vec<bool> {
    let mut assured = vec![true; program.field_names.len()];
    for name in embedded_arrays(program) {
        assured[name as usize] = false;
    }
    let mut left = HashMap::new();
    for function in &program.functions {
        let code = &program.code[function.entry as usize..function.end as usize];
        if code.iter().any(|instruction| matches!(instruction, Instruction::AllocateRecord { .. })) {
            let (fresh, left, assured) = (HashMap::new(), &mut left, &mut assured);
            Making { program, code, fresh, left, assured }.run();
        }
    }
    assured
}

/// A look at the records that a function makes. It takes time in proportion to the code: of the fields of a record, only
/// those are looked at that every record so far has been given.
struct Making<'p> {
    program: &'p Program,
    code: &'p [Instruction],
    /// By slot: a record with which nothing has been done but to give values to its fields.
    fresh: HashMap<u32, Fresh>,
    /// By record: the fields that all so far have been given, by offset and name.
    left: &'p mut HashMap<u32, Vec<(u32, u32)>>,
    assured: &'p mut [bool],
}

/// A record that has just been made.
struct Fresh {
    record: u32,
    /// Index of the instruction that has made it.
    made: usize,
    /// Where all ways from there have come together again.
    joined: usize,
    /// Word offsets of the fields that have values on all of them.
    offsets: HashSet<u32>,
}

impl Making<'_> {
    fn run(mut self) {
        // By index: the first instruction that jumps there.
        let mut sources: HashMap<usize, usize> = HashMap::new();
        for (index, instruction) in self.code.iter().enumerate() {
            if let Some(target) = instruction.jump_target(index) {
                sources.entry(target).or_insert(index);
            }
        }
        for (index, &instruction) in self.code.iter().enumerate() {
            if let Some(&source) = sources.get(&index) {
                // This way does not pass the making.
                self.seen(|_, fresh| source < fresh.made);
            }
            if let Instruction::InitField { record, offset, from } = instruction
                && from.0 != record.0
            {
                let fresh = self.fresh.get_mut(&u32::from(record.0));
                if let Some(fresh) = fresh.filter(|fresh| fresh.joined <= index) {
                    fresh.offsets.insert(offset.0);
                }
                self.seen(|slot, _| slot == u32::from(from.0));
                continue;
            }
            let effects = instruction.effects();
            let touched = |slot: u32| {
                let within = |ranges: &[std::ops::Range<u32>]| ranges.iter().any(|range| range.contains(&slot));
                within(&effects.reads)
                    || within(&effects.writes)
                    || [effects.writes_jumping, effects.writes_falling].contains(&Some(slot))
                    || effects.clobbers_from.is_some_and(|from| slot >= from)
            };
            self.seen(|slot, _| touched(slot));
            match instruction.jump_target(index) {
                Some(target) if target > index => {
                    self.fresh.values_mut().for_each(|fresh| fresh.joined = fresh.joined.max(target));
                }
                // Whatever is there has been looked at as if nobody came from here.
                Some(_) => self.seen(|_, _| true),
                None => {}
            }
            if let Instruction::AllocateRecord { to, record, .. } = instruction {
                let fresh = Fresh { record: record.0, made: index, joined: index, offsets: HashSet::new() };
                self.fresh.insert(u32::from(to.0), fresh);
            }
        }
        self.seen(|_, _| true);
    }

    /// Something is done with these records: what has no value by now may be found without one.
    fn seen(&mut self, mut these: impl FnMut(u32, &Fresh) -> bool) {
        for (_, fresh) in self.fresh.extract_if(|&slot, fresh| these(slot, fresh)) {
            let fields = || fields_by_offset(self.program, fresh.record).into_iter().collect();
            self.left.entry(fresh.record).or_insert_with(fields).retain(|&(offset, name)| {
                let has_one = fresh.offsets.contains(&offset);
                self.assured[name as usize] &= has_one;
                has_one
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::{Failure, Integer, Length32, Owner, Read, RecordLayout, Target, Write};

    const OTHER: u8 = 8;

    /// Which of two fields are given, where a function executes this, with the record in slot 2.
    fn given(code: &[Instruction]) -> Vec<bool> {
        let mut program = Program {
            field_names: vec!["x".to_owned(), "y".to_owned()],
            records: vec![RecordLayout { name: "P".to_owned(), fields: vec![(0, 0), (1, 0)] }],
            code: code.to_vec(),
            ..Program::default()
        };
        program.functions.push(Function {
            name: "f".to_owned(),
            entry: 0,
            end: code.len() as u32,
            parameters: 0,
            slots: 9,
            frame_words: 9,
            variables: Vec::new(),
            buffers: Vec::new(),
            owner: Owner::User,
            header: crate::source::Span::default(),
        });
        assured_fields(&program)
    }

    fn make() -> Instruction {
        Instruction::AllocateRecord { to: Write(2), failure: Failure::Stop, record: RecordIndex(0) }
    }

    fn give(offset: u32) -> Instruction {
        Instruction::InitField { record: Read(2), from: Read(OTHER), offset: Length32(offset) }
    }

    fn number() -> Instruction {
        Instruction::LoadInteger { to: Write(OTHER), value: Integer(1) }
    }

    fn back() -> Instruction {
        Instruction::Return { value: Read(2) }
    }

    fn jump_if_null(target: i32) -> Instruction {
        Instruction::JumpIfNull { operand: Read(OTHER), target: Target(target) }
    }

    #[test]
    fn fields_that_new_gives_a_value_always_have_one() {
        assert_eq!(given(&[make(), number(), give(0), number(), give(1), back()]), [true, true]);
        assert_eq!(given(&[make(), number(), give(1), back()]), [false, true]);
        assert_eq!(given(&[make(), back()]), [false, false]);
        assert_eq!(given(&[number(), back()]), [true, true], "no such record");
        let twice = [make(), give(0), give(1), number(), make(), give(1), back()];
        assert_eq!(given(&twice), [false, true], "every record must have them");
    }

    #[test]
    fn whoever_sees_a_record_sooner_finds_fields_without_a_value() {
        let copy = Instruction::Move { to: Write(OTHER), from: Read(2) };
        assert_eq!(given(&[make(), give(0), copy, give(1), back()]), [true, false]);
        let within = Instruction::InitField { record: Read(OTHER), from: Read(2), offset: Length32(0) };
        assert_eq!(given(&[make(), give(1), within, give(0), back()]), [false, true]);
    }

    #[test]
    fn ways_around_a_value_count() {
        let jump = |target| Instruction::Jump { target: Target(target) };
        // A value that needs a decision, and then one that only some ways give.
        assert_eq!(given(&[make(), jump_if_null(1), number(), give(0), give(1), back()]), [true, true]);
        assert_eq!(given(&[make(), jump_if_null(1), give(0), give(1), back()]), [false, true]);
        // Around the making, into the middle, and back.
        assert_eq!(given(&[jump_if_null(2), make(), give(0), give(1), back()]), [true, false]);
        assert_eq!(given(&[make(), give(0), jump_if_null(-2), give(1), back()]), [true, false]);
        // Back to before the making, where the record is returned.
        let code = [number(), jump(1), back(), make(), jump_if_null(-3), give(0), give(1), back()];
        assert_eq!(given(&code), [false, false]);
        assert_eq!(given(&[make(), jump(1), give(0), give(1), back()]), [false, true]);
    }
}
