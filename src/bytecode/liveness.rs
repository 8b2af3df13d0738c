//! What the slots of a frame hold at an instruction: which variables may and must have been
//! assigned, and which temporaries are still going to be read. Worked out from the table's operand
//! types, one function at a time, only when somebody asks.

use std::collections::BTreeMap;

use super::program::{Function, Program};

/// A set of slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotSet([u64; 4]);

impl SlotSet {
    /// No slot.
    pub const EMPTY: SlotSet = SlotSet([0; 4]);
    /// Every slot.
    pub const ALL: SlotSet = SlotSet([u64::MAX; 4]);

    /// Adds a slot.
    pub fn insert(&mut self, slot: u32) {
        self.0[(slot >> 6) as usize & 3] |= 1 << (slot & 63);
    }

    /// Removes a slot.
    pub fn remove(&mut self, slot: u32) {
        self.0[(slot >> 6) as usize & 3] &= !(1 << (slot & 63));
    }

    /// Whether a slot is in it.
    pub fn contains(&self, slot: u32) -> bool {
        self.0[(slot >> 6) as usize & 3] >> (slot & 63) & 1 == 1
    }

    /// What is in either.
    #[must_use]
    pub fn union(self, other: SlotSet) -> SlotSet {
        SlotSet(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(self, other: SlotSet) -> SlotSet {
        SlotSet(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    /// What is in this one only.
    #[must_use]
    pub fn difference(self, other: SlotSet) -> SlotSet {
        SlotSet(std::array::from_fn(|i| self.0[i] & !other.0[i]))
    }

    /// The slots below a bound.
    #[must_use]
    pub fn below(self, bound: u32) -> SlotSet {
        SlotSet(std::array::from_fn(|i| {
            let kept = bound.saturating_sub(64 * i as u32);
            if kept >= 64 { self.0[i] } else { self.0[i] & ((1 << kept) - 1) }
        }))
    }

    /// The slots from a bound on.
    #[must_use]
    pub fn from(self, bound: u32) -> SlotSet {
        self.difference(self.below(bound))
    }

    /// The slots in it, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0u32..).zip(self.0).flat_map(|(word, mut bits)| {
            std::iter::from_fn(move || {
                let slot = (bits != 0).then(|| 64 * word + bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
                slot
            })
        })
    }
}

/// The assignment state *before* an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Slots that some path from the entry has assigned.
    pub may: SlotSet,
    /// Slots that every path from the entry has assigned.
    pub must: SlotSet,
}

impl Assigned {
    /// Where two paths meet.
    fn join(self, other: Assigned) -> Assigned {
        Assigned { may: self.may.union(other.may), must: self.must.intersection(other.must) }
    }
}

/// What is known of each instruction of a function.
#[derive(Clone, Debug)]
pub struct Assignment {
    entry: u32,
    states: Vec<Option<Assigned>>,
}

impl Assignment {
    /// The state before the instruction at `index`; none if no path leads there.
    pub fn before(&self, index: u32) -> Option<Assigned> {
        self.states[(index - self.entry) as usize]
    }
}

/// Which slots may and must be assigned before each instruction of `function`. `clear` unassigns.
pub fn assignment(program: &Program, function: &Function) -> Assignment {
    let count = (function.end - function.entry) as usize;
    let mut states: Vec<Option<Assigned>> = vec![None; count];
    let mut entry = SlotSet::EMPTY;
    for slot in 0..u32::from(Function::LINKAGE + function.parameters) {
        entry.insert(slot);
    }
    // In the order of the code, with what jumps bring to an instruction merged before it is looked at: past
    // each `if` the rest is walked once, not once for each way through.
    let mut work = BTreeMap::from([(0usize, Assigned { may: entry, must: entry })]);
    while let Some((mut index, mut state)) = work.pop_first() {
        loop {
            let known = [work.remove(&index), states[index]];
            state = known.into_iter().flatten().fold(state, Assigned::join);
            if states[index] == Some(state) {
                break;
            }
            states[index] = Some(state);
            let instruction = program.code[function.entry as usize + index];
            let effects = instruction.effects();
            if let super::Instruction::Clear { to } = instruction {
                state.may.remove(u32::from(to.0));
                state.must.remove(u32::from(to.0));
            } else {
                if let Some(from) = effects.clobbers_from {
                    state.may = state.may.below(from);
                    state.must = state.must.below(from);
                }
                // Past its check, a variable has a value.
                let checked = match instruction {
                    super::Instruction::CheckAssigned { variable } => Some(u32::from(variable.0)),
                    _ => None,
                };
                for slot in effects.writes.iter().cloned().flatten().chain(checked) {
                    state.may.insert(slot);
                    state.must.insert(slot);
                }
            }
            if let Some(offset) = effects.jump {
                let mut taken = state;
                if let Some(slot) = effects.writes_jumping {
                    taken.may.insert(slot);
                    taken.must.insert(slot);
                }
                let target = (index as i64 + 1 + i64::from(offset)) as usize;
                work.entry(target).and_modify(|waiting| *waiting = waiting.join(taken)).or_insert(taken);
            }
            if let Some(slot) = effects.writes_falling {
                state.may.insert(slot);
                state.must.insert(slot);
            }
            index += 1;
            if instruction.ends_path() || index >= count {
                break;
            }
        }
    }
    Assignment { entry: function.entry, states }
}

/// Which slots keep blocks alive in a frame of one function, for each of its instructions: what its
/// named variables hold, and temporaries that are still going to be read.
#[derive(Clone, Debug)]
pub struct FrameMap {
    entry: u32,
    before: Vec<SlotSet>,
    across: Vec<SlotSet>,
}

impl FrameMap {
    /// The map of a function.
    pub fn new(program: &Program, function: &Function) -> FrameMap {
        let assignment = assignment(program, function);
        let live = live_before(program, function);
        let first_temporary = u32::from(function.first_temporary());
        let mut map = FrameMap { entry: function.entry, before: Vec::new(), across: Vec::new() };
        for (at, &live_here) in (function.entry..function.end).zip(&live) {
            let assigned = assignment.before(at).map_or(SlotSet::EMPTY, |state| state.may);
            // The linkage words are no variables.
            let variables = assigned.below(first_temporary).from(2);
            let with_temporaries = |live: SlotSet| variables.union(live.from(first_temporary));
            map.before.push(with_temporaries(live_here));
            let after = live.get((at + 1 - function.entry) as usize).copied().unwrap_or(SlotSet::EMPTY);
            let lost_from = program.code[at as usize].effects().clobbers_from.unwrap_or(0);
            map.across.push(with_temporaries(after.below(lost_from)));
        }
        map
    }

    /// The slots of a frame that is about to execute the instruction at `index`; its operands count.
    pub fn before(&self, index: u32) -> SlotSet {
        self.before[(index - self.entry) as usize]
    }

    /// The slots of a frame that waits in the call at `index`: the arguments are the callee's, and where
    /// the result will be is nothing yet.
    pub fn across(&self, index: u32) -> SlotSet {
        self.across[(index - self.entry) as usize]
    }
}

/// The slots that are going to be read from each instruction on, before they are written.
pub fn live_before(program: &Program, function: &Function) -> Vec<SlotSet> {
    let code = &program.code[function.entry as usize..function.end as usize];
    let mut live = vec![SlotSet::EMPTY; code.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for (index, instruction) in code.iter().enumerate().rev() {
            let effects = instruction.effects();
            let mut set = SlotSet::EMPTY;
            if !instruction.ends_path() && index + 1 < code.len() {
                set = live[index + 1];
                if let Some(slot) = effects.writes_falling {
                    set.remove(slot);
                }
            }
            if let Some(offset) = effects.jump {
                let mut taken = live[(index as i64 + 1 + i64::from(offset)) as usize];
                if let Some(slot) = effects.writes_jumping {
                    taken.remove(slot);
                }
                set = set.union(taken);
            }
            for slot in effects.writes.iter().cloned().flatten() {
                set.remove(slot);
            }
            if let Some(from) = effects.clobbers_from {
                set = set.below(from);
            }
            for slot in effects.reads.iter().cloned().flatten() {
                set.insert(slot);
            }
            if set != live[index] {
                live[index] = set;
                changed = true;
            }
        }
    }
    live
}

#[cfg(test)]
mod tests {
    use super::super::{
        Count, FunctionIndex, Instruction, Integer, Length32, Owner, Read, Values, Variable, Window, Write,
    };
    use super::*;

    fn set(slots: &[u32]) -> SlotSet {
        let mut set = SlotSet::EMPTY;
        slots.iter().for_each(|&slot| set.insert(slot));
        set
    }

    #[test]
    fn bounds_and_order_of_sets() {
        let slots = [0, 1, 63, 64, 127, 128, 200, 255];
        assert_eq!(set(&slots).iter().collect::<Vec<_>>(), slots);
        assert_eq!(SlotSet::ALL.iter().count(), 256);
        for bound in [0, 1, 63, 64, 65, 128, 255, 256, 1000] {
            let (below, from): (Vec<u32>, Vec<u32>) = slots.into_iter().partition(|&slot| slot < bound);
            assert_eq!(set(&slots).below(bound), set(&below), "{bound}");
            assert_eq!(set(&slots).from(bound), set(&from), "{bound}");
        }
    }

    /// One variable (2); temporaries from 3 on.
    fn map(code: Vec<Instruction>) -> FrameMap {
        let function = Function {
            name: String::new(),
            entry: 0,
            end: code.len() as u32,
            parameters: 0,
            slots: 12,
            frame_words: 12,
            variables: vec![Variable { name: "v".to_owned(), slot: 2 }],
            buffers: Vec::new(),
            owner: Owner::User,
            header: Default::default(),
        };
        FrameMap::new(&Program { code, ..Program::default() }, &function)
    }

    #[test]
    fn variables_hold_until_the_end_and_temporaries_until_their_last_use() {
        let allocate = |to| Instruction::AllocateArray { to: Write(to), length: Length32(1) };
        let print = |first| Instruction::Print { first: Values(first), count: Count(1) };
        let map = map(vec![
            allocate(2),
            allocate(3),
            Instruction::Move { to: Write(4), from: Read(3) },
            print(4),
            Instruction::LoadInteger { to: Write(4), value: Integer(0) },
            Instruction::Clear { to: Write(2) },
            print(3),
            Instruction::ReturnNull {},
        ]);
        let expected: [&[u32]; 8] = [&[], &[2], &[2, 3], &[2, 3, 4], &[2, 3], &[2, 3], &[3], &[]];
        for (at, slots) in (0..).zip(expected) {
            assert_eq!(map.before(at), set(slots), "{at}");
        }
    }

    #[test]
    fn a_frame_that_waits_has_given_its_arguments_away() {
        let load = |to| Instruction::LoadInteger { to: Write(to), value: Integer(1) };
        let call = Instruction::Call { window: Window(4), arguments: Count(2), function: FunctionIndex(0) };
        let map = map(vec![load(2), load(3), load(6), load(7), call, Instruction::Return { value: Read(3) }]);
        assert_eq!(map.before(4), set(&[2, 3, 6, 7]));
        assert_eq!(map.across(4), set(&[2, 3]));
    }
}
