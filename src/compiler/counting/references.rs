//! Which slots can hold a counted reference before each instruction: a flow-sensitive analysis of each
//! function, and a fixpoint over what functions are given, return, and put into globals. It begins
//! with nothing and only ever adds, so each function is looked at again only where something was added.
//!
//! String literals are references that nobody counts. They are followed as well: what is no reference at
//! all, where its operator takes numbers or strings, says the same of the other operand.
//!
//! An instruction that goes on has had operands of the right types: past `x - 1`, `x` is no reference.
//! So it only holds where an error of types stops the program.

use std::collections::VecDeque;

use super::edges;
use crate::bytecode::liveness::SlotSet;
use crate::bytecode::{Constant, Function, Instruction, Program};

/// What is known of a whole program.
#[derive(Debug)]
pub struct References {
    /// For each function, the slots that can hold a reference before each of its instructions.
    pub before: Vec<Vec<SlotSet>>,
    /// For each function, those that call it.
    pub callers: Vec<Vec<u32>>,
}

/// Slots that can hold a reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// To whatever, a literal too.
    any: SlotSet,
    /// To what is counted.
    counted: SlotSet,
}

/// Whether a value can be a reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Can {
    refer: bool,
    be_counted: bool,
}

/// What functions know of each other.
struct Facts {
    parameters: Vec<State>,
    returns: Vec<Can>,
    globals: Vec<Can>,
}

impl Can {
    const ALWAYS: Can = Can { refer: true, be_counted: true };

    /// Adds what another value of the same place can be. Whether that is more.
    fn add(&mut self, other: Can) -> bool {
        let old = std::mem::replace(
            self,
            Can { refer: self.refer | other.refer, be_counted: self.be_counted | other.be_counted },
        );
        *self != old
    }
}

impl State {
    fn of(self, slot: u8) -> Can {
        Can { refer: self.any.contains(slot.into()), be_counted: self.counted.contains(slot.into()) }
    }

    fn union(self, other: State) -> State {
        State { any: self.any.union(other.any), counted: self.counted.union(other.counted) }
    }

    fn remove(&mut self, slot: u32) {
        self.any.remove(slot);
        self.counted.remove(slot);
    }

    fn set(&mut self, slot: u32, can: Can) {
        self.remove(slot);
        if can.refer {
            self.any.insert(slot);
        }
        if can.be_counted {
            self.counted.insert(slot);
        }
    }
}

/// What the analysis of a function has added to the facts, and so who is to be looked at again.
#[derive(Default)]
struct Added {
    callees: Vec<u32>,
    returns: bool,
    globals: bool,
}

/// Works it out.
pub fn analyse(program: &Program) -> References {
    let count = program.functions.len();
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut readers = Vec::new();
    for (index, function) in (0..).zip(&program.functions) {
        let code = &program.code[function.entry as usize..function.end as usize];
        for instruction in code {
            match instruction {
                Instruction::Call { function, .. } | Instruction::CallBelow { function, .. } => {
                    let callers = &mut callers[function.0 as usize];
                    if callers.last() != Some(&index) {
                        callers.push(index);
                    }
                }
                _ => {}
            }
        }
        if code.iter().any(|instruction| matches!(instruction, Instruction::LoadGlobal { .. })) {
            readers.push(index);
        }
    }
    let mut facts = Facts {
        // Nobody knows what a function is given that nobody calls.
        parameters: (program.functions.iter().zip(&callers))
            .map(|(function, callers)| {
                let unknown = if callers.is_empty() { parameters(function) } else { SlotSet::EMPTY };
                State { any: unknown, counted: unknown }
            })
            .collect(),
        returns: vec![Can::default(); count],
        globals: vec![Can::default(); program.globals.len()],
    };
    let mut before = vec![Vec::new(); count];
    let mut queue: VecDeque<u32> = (0..count as u32).collect();
    let mut queued = vec![true; count];
    while let Some(index) = queue.pop_front() {
        queued[index as usize] = false;
        let (states, added) = flow(program, index as usize, &mut facts);
        before[index as usize] = states;
        let callers = if added.returns { &callers[index as usize][..] } else { &[] };
        let readers = if added.globals { &readers[..] } else { &[] };
        for &next in added.callees.iter().chain(callers).chain(readers) {
            if !std::mem::replace(&mut queued[next as usize], true) {
                queue.push_back(next);
            }
        }
    }
    References { before, callers }
}

/// The slots of a function's parameters.
pub fn parameters(function: &Function) -> SlotSet {
    SlotSet::ALL.from(Function::LINKAGE.into()).below(u32::from(Function::LINKAGE + function.parameters))
}

/// One function, given what is known of the others.
fn flow(program: &Program, index: usize, facts: &mut Facts) -> (Vec<SlotSet>, Added) {
    let function = &program.functions[index];
    let code = &program.code[function.entry as usize..function.end as usize];
    let mut before: Vec<Option<State>> = vec![None; code.len()];
    let mut added = Added::default();
    let mut work = vec![(0, facts.parameters[index])];
    while let Some((mut at, mut state)) = work.pop() {
        loop {
            let merged = before[at].map_or(state, |old| old.union(state));
            if before[at] == Some(merged) {
                break;
            }
            before[at] = Some(merged);
            contribute(code[at], index, merged, facts, &mut added);
            let [falling, jumping] = edges(code, at);
            if let Some(edge) = jumping {
                work.push((edge.to, past(program, code, at, merged, true, facts)));
            }
            let Some(edge) = falling else { break };
            (state, at) = (past(program, code, at, merged, false, facts), edge.to);
        }
    }
    (before.into_iter().map(|state| state.unwrap_or_default().counted).collect(), added)
}

/// What other functions learn from an instruction.
fn contribute(instruction: Instruction, index: usize, state: State, facts: &mut Facts, added: &mut Added) {
    match instruction {
        Instruction::Call { window, function, arguments } | Instruction::CallBelow { window, function, arguments } => {
            let known = &mut facts.parameters[function.0 as usize];
            let old = *known;
            let first = u32::from(Function::LINKAGE);
            for parameter in first..first + u32::from(arguments.0) {
                if state.any.contains(u32::from(window.0) + parameter) {
                    known.any.insert(parameter);
                }
                if state.counted.contains(u32::from(window.0) + parameter) {
                    known.counted.insert(parameter);
                }
            }
            if *known != old {
                added.callees.push(function.0);
            }
        }
        Instruction::Return { value } => added.returns |= facts.returns[index].add(state.of(value.0)),
        Instruction::StoreGlobal { from, global } => {
            added.globals |= facts.globals[global.0 as usize].add(state.of(from.0));
        }
        _ => {}
    }
}

/// The state behind an instruction, on one of its ways out.
fn past(program: &Program, code: &[Instruction], at: usize, state: State, jumping: bool, facts: &Facts) -> State {
    use Instruction as I;
    let instruction = code[at];
    let effects = instruction.effects();
    let yields = match instruction {
        I::LoadConstant { constant, .. } => {
            let refer = matches!(program.constants[constant.0 as usize], Constant::String(_));
            Can { refer, be_counted: false }
        }
        I::Move { from, .. } => state.of(from.0),
        // Two strings, or two numbers.
        I::Add { left, right, .. } | I::AddTemporaries { left, right, .. } => {
            let joins = state.of(left.0).refer && state.of(right.0).refer;
            Can { refer: joins, be_counted: joins }
        }
        I::LoadGlobal { global, .. } => facts.globals[global.0 as usize],
        I::LoadElement { .. }
        | I::LoadField { .. }
        | I::Weaken { .. }
        | I::Strengthen { .. }
        | I::Allocate { .. }
        | I::AllocateRecord { .. }
        | I::AllocateArray { .. }
        | I::StackAllocate { .. } => Can::ALWAYS,
        I::Call { function, .. } => facts.returns[function.0 as usize],
        I::TakeResult { .. } => match at.checked_sub(1).map(|call| code[call]) {
            Some(I::CallBelow { function, .. }) => facts.returns[function.0 as usize],
            _ => Can::ALWAYS,
        },
        I::CallBuiltin { builtin, .. } => {
            let signature = &program.builtins[usize::from(builtin.0)];
            let refer = signature.makes_string || signature.yields_reference;
            Can { refer, be_counted: refer }
        }
        _ => Can::default(),
    };

    let mut after = state;
    each_never_reference(instruction, state, jumping, |slot| after.remove(slot.into()));
    if let Some(from) = effects.clobbers_from {
        after = State { any: after.any.below(from), counted: after.counted.below(from) };
    }
    for slot in effects.writes.iter().cloned().flatten() {
        after.remove(slot);
    }
    match instruction {
        // The collection stays where it is; the two slots after it are numbers.
        I::EachEnter { walk, .. } => after.set(walk.0.into(), state.of(walk.0)),
        I::EachNext { walk, variable, .. } => {
            after.set(walk.0.into(), state.of(walk.0));
            if jumping {
                after.set(variable.0.into(), Can::ALWAYS);
            }
        }
        _ => {
            let on_one_way = if jumping { effects.writes_jumping } else { effects.writes_falling };
            on_one_way.into_iter().for_each(|slot| after.remove(slot));
            if yields.refer {
                effects.writes.first().into_iter().for_each(|range| after.set(range.start, yields));
            }
        }
    }
    after
}

/// Calls a function with operands that cannot have been references if the program goes on this way.
fn each_never_reference(instruction: Instruction, state: State, jumping: bool, mut visit: impl FnMut(u8)) {
    use Instruction as I;
    instruction.demands().for_each(|(slot, _)| visit(slot));
    match instruction {
        I::Add { left, right, .. }
        | I::AddTemporaries { left, right, .. }
        | I::Less { left, right, .. }
        | I::LessEqual { left, right, .. }
        | I::Greater { left, right, .. }
        | I::GreaterEqual { left, right, .. }
        | I::JumpIfLess { left, right, .. }
        | I::JumpIfNotLess { left, right, .. }
        | I::JumpIfLessEqual { left, right, .. }
        | I::JumpIfNotLessEqual { left, right, .. }
        | I::JumpIfGreater { left, right, .. }
        | I::JumpIfNotGreater { left, right, .. }
        | I::JumpIfGreaterEqual { left, right, .. }
        | I::JumpIfNotGreaterEqual { left, right, .. }
            // Where one of the two is a number, so is the other.
            if !(state.of(left.0).refer && state.of(right.0).refer) =>
        {
            [left, right].into_iter().for_each(|operand| visit(operand.0));
        }
        I::JumpIfEqualInteger { left: operand, .. } | I::JumpIfNull { operand, .. } if jumping => visit(operand.0),
        I::JumpIfNotEqualInteger { left: operand, .. } | I::JumpIfNotNull { operand, .. } if !jumping => {
            visit(operand.0);
        }
        _ => {}
    }
}
