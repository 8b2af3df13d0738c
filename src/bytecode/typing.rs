//! What types the slots of a frame hold at each instruction: an abstract interpretation of one
//! function, block by block, until nothing changes. What it learns of the rest of the program, and
//! what it tells the rest, goes through [`Surroundings`]. The compiler infers types with it, and the
//! verifier proves with it what typed instructions rely on.
//!
//! A type holds where the program gets past an instruction: one that would have stopped it says
//! something of its operands. Where nothing gets past, the code behind is not looked at, so no slot
//! ever has the type of nothing.

use std::collections::HashMap;

use super::fields::new_fields;
use super::program::{Constant, Function, Program, Writes};
use super::types::{Class, Type};
use super::{AllocationKind, Failure, FieldSiteIndex, Instruction};

/// The rest of the program as code of one function sees it. A type of nothing means that no value
/// comes from there, so far as anybody knows: what follows is not looked at.
pub trait Surroundings {
    /// What the call at an instruction gives.
    fn call(&mut self, at: u32, function: u32, arguments: &[Type]) -> Type;
    /// The function returns a value.
    fn returns(&mut self, at: u32, value: Type);
    /// What reading a global gives.
    fn load_global(&mut self, global: u32) -> Type;
    /// A global gets a value.
    fn store_global(&mut self, at: u32, global: u32, value: Type);
    /// What reading a field of that name gives.
    fn load_field(&mut self, name: u32) -> Type;
    /// A field of that name gets a value; without a name, any field may.
    fn store_field(&mut self, at: u32, name: Option<u32>, value: Type);
    /// What reading an element of a block of that class gives.
    fn load_element(&mut self, class: Class) -> Type;
    /// An element of such a block gets a value.
    fn store_element(&mut self, at: u32, class: Class, value: Type);
}

/// The blocks of a function: runs of code that are entered at their first instruction only.
#[derive(Clone, Debug)]
pub struct Blocks {
    entry: u32,
    /// First instruction of each, relative to the function's.
    starts: Vec<u32>,
    /// By relative index: the block that begins there, if one does.
    at: Vec<Option<u32>>,
    /// By index of an `init-field`: the name of the field, if it can be told.
    new_fields: HashMap<u32, u32>,
}

impl Blocks {
    /// Blocks begin where jumps go, behind them, and behind calls.
    pub fn new(program: &Program, function: &Function) -> Blocks {
        let code = &program.code[function.entry as usize..function.end as usize];
        let mut leads = vec![false; code.len()];
        leads[0] = true;
        for (index, instruction) in code.iter().enumerate() {
            let jump = instruction.jump_target(index);
            if let Some(target) = jump {
                leads[target] = true;
            }
            let calls = matches!(instruction, Instruction::Call { .. } | Instruction::CallBelow { .. });
            if (jump.is_some() || calls || instruction.ends_path()) && index + 1 < code.len() {
                leads[index + 1] = true;
            }
        }
        let starts: Vec<u32> = (0..).zip(&leads).filter(|&(_, &leads)| leads).map(|(index, _)| index).collect();
        let mut at = vec![None; code.len()];
        for (block, &start) in (0..).zip(&starts) {
            at[start as usize] = Some(block);
        }
        Blocks { entry: function.entry, starts, at, new_fields: new_fields(program, function) }
    }

    fn of(&self, at: u32) -> Option<u32> {
        self.at[(at - self.entry) as usize]
    }
}

/// What is known of a function's slots where its blocks begin.
#[derive(Clone, Debug)]
pub struct Typing {
    /// Types of a state: one for each slot, and one for the value of a call below the frame.
    width: usize,
    states: Vec<Type>,
    reached: Vec<bool>,
    pending: Vec<u32>,
    is_pending: Vec<bool>,
}

impl Typing {
    /// Before anything is known but the types of the parameters.
    pub fn new(function: &Function, blocks: &Blocks, parameters: &[Type]) -> Typing {
        let width = usize::from(function.slots) + 1;
        let count = blocks.starts.len();
        let mut typing = Typing {
            width,
            states: vec![Type::NOTHING; width * count],
            reached: vec![false; count],
            pending: Vec::new(),
            is_pending: vec![false; count],
        };
        // Slots are not cleared when a frame is made.
        let mut entry = vec![Type::ANY; width];
        entry[usize::from(Function::LINKAGE)..][..parameters.len()].copy_from_slice(parameters);
        typing.flow(0, &entry);
        typing
    }

    /// Has a block looked at again, because its surroundings have changed.
    pub fn revisit(&mut self, block: u32) {
        if self.reached[block as usize] && !std::mem::replace(&mut self.is_pending[block as usize], true) {
            self.pending.push(block);
        }
    }

    /// Control comes to a block in a state.
    fn flow(&mut self, block: u32, state: &[Type]) {
        let start = block as usize * self.width;
        let mut changed = !std::mem::replace(&mut self.reached[block as usize], true);
        for (known, &new) in self.states[start..start + self.width].iter_mut().zip(state) {
            changed |= !new.is(*known);
            *known = known.or(new);
        }
        if changed {
            self.revisit(block);
        }
    }

    /// A block that is to be looked at.
    pub fn next_pending(&mut self) -> Option<u32> {
        let block = self.pending.pop()?;
        self.is_pending[block as usize] = false;
        Some(block)
    }

    /// Works out what a block does to its state, and lets that flow to the blocks behind it. Gives the
    /// number of instructions looked at.
    pub fn visit(
        &mut self,
        program: &Program,
        blocks: &Blocks,
        block: u32,
        surroundings: &mut impl Surroundings,
    ) -> usize {
        let mut flows: Vec<(u32, Vec<Type>)> = Vec::new();
        let looked = self.walk(program, blocks, block, surroundings, |_, _| {}, |to, state| flows.push((to, state)));
        for (to, state) in flows {
            self.flow(to, &state);
        }
        looked
    }

    /// Calls `see` with each instruction of the blocks that are reached and the types before it.
    pub fn each(
        &self,
        program: &Program,
        blocks: &Blocks,
        surroundings: &mut impl Surroundings,
        mut see: impl FnMut(u32, &[Type]),
    ) {
        for block in 0..blocks.starts.len() as u32 {
            if self.reached[block as usize] {
                self.walk(program, blocks, block, surroundings, &mut see, |_, _| {});
            }
        }
    }

    fn walk(
        &self,
        program: &Program,
        blocks: &Blocks,
        block: u32,
        surroundings: &mut impl Surroundings,
        mut see: impl FnMut(u32, &[Type]),
        mut flow: impl FnMut(u32, Vec<Type>),
    ) -> usize {
        let from = block as usize * self.width;
        let mut frame = Frame { program, blocks, types: self.states[from..from + self.width].to_vec() };
        let first = blocks.entry + blocks.starts[block as usize];
        let mut at = first;
        loop {
            let instruction = program.code[at as usize];
            see(at, &frame.types);
            let (falls, jumps) = match instruction.jump() {
                None => (frame.pass(at, instruction, surroundings), None),
                Some(offset) => {
                    let (falls, taken) = frame.branch(instruction, surroundings);
                    (falls, taken.map(|types| ((i64::from(at) + 1 + i64::from(offset)) as u32, types)))
                }
            };
            at += 1;
            if let Some((target, types)) = jumps {
                flow(blocks.of(target).expect("a block begins where a jump goes"), types);
            }
            if !falls {
                break;
            }
            match blocks.at.get((at - blocks.entry) as usize) {
                Some(None) => {}
                Some(&Some(next)) => {
                    flow(next, frame.types);
                    break;
                }
                // The verifier refuses code that runs off its end.
                None => break,
            }
        }
        (at - first) as usize
    }
}

/// The types of a frame's slots while its code is walked through.
struct Frame<'p> {
    program: &'p Program,
    blocks: &'p Blocks,
    types: Vec<Type>,
}

impl Frame<'_> {
    fn get(&self, slot: u8) -> Type {
        self.types[usize::from(slot)]
    }

    fn set(&mut self, slot: u8, value: Type) {
        self.types[usize::from(slot)] = value;
    }

    /// Past this point a slot holds one of these; false if it cannot.
    fn narrow(&mut self, slot: u8, to: Type) -> bool {
        let narrowed = self.get(slot).and(to);
        self.set(slot, narrowed);
        !narrowed.is_nothing()
    }

    /// Past this instruction slots hold what it demands; false if one cannot.
    fn demand(&mut self, instruction: Instruction) -> bool {
        instruction.demands().all(|(slot, demanded)| self.narrow(slot, demanded))
    }

    /// Operands of an order, which are numbers if one of them can be nothing else.
    fn order(&mut self, left: u8, right: u8) -> bool {
        let (of_left, of_right) = (self.get(left), self.get(right));
        (!of_right.is(Type::NUMBER) || self.narrow(left, Type::NUMBER))
            && (!of_left.is(Type::NUMBER) || self.narrow(right, Type::NUMBER))
    }

    /// Gets past an instruction that does not jump. False if nothing does.
    fn pass(&mut self, at: u32, instruction: Instruction, surroundings: &mut impl Surroundings) -> bool {
        use Instruction as I;
        let field_name = |program: &Program, site: FieldSiteIndex| program.field_sites[site.0 as usize].field;
        let instruction = instruction.general();
        if !self.demand(instruction) {
            return false;
        }
        match instruction {
            I::LoadInteger { to, .. } => self.set(to.0, Type::INTEGER),
            I::LoadConstant { to, constant } => self.set(to.0, type_of(&self.program.constants[constant.0 as usize])),
            I::Move { to, from } => self.set(to.0, self.get(from.0)),
            I::Clear { to } => self.set(to.0, Type::UNASSIGNED),
            I::CheckAssigned { variable } => return self.narrow(variable.0, Type::ANY.without(Type::UNASSIGNED)),
            I::Weaken { to, .. } => self.set(to.0, Type::ANY.without(Type::UNASSIGNED)),
            I::Strengthen { to, from } => {
                self.set(to.0, read_from_place(self.get(from.0)));
            }
            I::LoadGlobal { to, global } => {
                self.set(to.0, surroundings.load_global(global.0));
                return !self.get(to.0).is_nothing();
            }
            I::StoreGlobal { from, global }
            | I::StoreGlobalCounted { from, global }
            | I::StoreGlobalGiven { from, global } => {
                surroundings.store_global(at, global.0, read_from_place(self.get(from.0)));
            }

            I::Add { to, left, right } | I::AddTemporaries { to, left, right, .. } => {
                let joins = self.get(left.0).may_be(Type::STRING) && self.get(right.0).may_be(Type::STRING);
                let operand = if joins { Type::NUMBER.or(Type::STRING) } else { Type::NUMBER };
                if !self.narrow(left.0, operand) || !self.narrow(right.0, operand) {
                    return false;
                }
                let sum = number_of(self.get(left.0), self.get(right.0));
                self.set(to.0, if joins { sum.or(Type::STRING) } else { sum });
            }
            I::Subtract { to, left, right }
            | I::Multiply { to, left, right }
            | I::FloorDivide { to, left, right }
            | I::Modulo { to, left, right } => self.set(to.0, number_of(self.get(left.0), self.get(right.0))),
            I::Power { to, left, right } => match number_of(self.get(left.0), self.get(right.0)) {
                Type::INTEGER => self.set(to.0, Type::NUMBER),
                result => self.set(to.0, result),
            },
            I::Divide { to, .. } => self.set(to.0, Type::FLOAT),
            I::AddInteger { to, left, .. }
            | I::SubtractInteger { to, left, .. }
            | I::MultiplyInteger { to, left, .. }
            | I::FloorDivideInteger { to, left, .. }
            | I::ModuloInteger { to, left, .. }
            | I::FloorDivideConstant { to, left, .. }
            | I::ModuloConstant { to, left, .. }
            | I::Negate { to, operand: left } => self.set(to.0, self.get(left.0)),
            I::Not { to, .. } => self.set(to.0, Type::BOOLEAN),
            I::Equal { to, .. } | I::NotEqual { to, .. } | I::IsEmpty { to, .. } => self.set(to.0, Type::BOOLEAN),
            I::Less { to, left, right }
            | I::LessEqual { to, left, right }
            | I::Greater { to, left, right }
            | I::GreaterEqual { to, left, right } => {
                if !self.order(left.0, right.0) {
                    return false;
                }
                self.set(to.0, Type::BOOLEAN);
            }

            I::LoadElement { to, object, .. } => {
                if !self.narrow(object.0, Type::REFERENCE) {
                    return false;
                }
                let element = element(self.get(object.0), surroundings);
                self.set(to.0, element);
                return !element.is_nothing();
            }
            I::StoreElement { object, index, from }
            | I::StoreElementCounted { object, index, from }
            | I::StoreElementGiven { object, index, from } => {
                store_element(at, self.get(object.0), self.get(from.0), surroundings);
                return self.narrow(object.0, Type::REFERENCE) && self.narrow(index.0, Type::INTEGER);
            }
            I::InitElement { array, from, .. } => {
                store_element(at, self.get(array.0), self.get(from.0), surroundings);
            }
            I::LoadField { to, object, field } => {
                if !self.narrow(object.0, Type::REFERENCE) {
                    return false;
                }
                self.set(to.0, surroundings.load_field(field_name(self.program, field)));
                return !self.get(to.0).is_nothing();
            }
            I::StoreField { object, from, field }
            | I::StoreFieldLiteral { object, from, field }
            | I::StoreFieldCounted { object, from, field }
            | I::StoreFieldGiven { object, from, field } => {
                let value = read_from_place(self.get(from.0));
                surroundings.store_field(at, Some(field_name(self.program, field)), value);
                return self.narrow(object.0, Type::REFERENCE);
            }
            I::InitField { from, .. } => {
                let name = self.blocks.new_fields.get(&at).copied();
                surroundings.store_field(at, name, read_from_place(self.get(from.0)));
            }
            I::Length { to, object } => {
                if !self.narrow(object.0, Type::REFERENCE) {
                    return false;
                }
                self.set(to.0, Type::INTEGER);
            }
            I::Allocate { to, kind, .. } => {
                let block = Class::of(kind).map_or(Type::FIELDS, Type::array);
                let fails = matches!(kind, AllocationKind::Plain | AllocationKind::Elements);
                self.set(to.0, if fails { block.or(Type::NULL) } else { block });
            }
            I::AllocateRecord { to, failure, .. } => {
                let fails = failure == Failure::Null;
                self.set(to.0, if fails { Type::FIELDS.or(Type::NULL) } else { Type::FIELDS });
            }
            I::AllocateArray { to, .. } => self.set(to.0, Type::array(Class::Literals)),
            I::StackAllocate { to, .. } => self.set(to.0, Type::INTERIOR),

            I::Call { window, arguments, function } => {
                let result = self.call(at, window.0, arguments.0, function.0, surroundings);
                self.set(window.0, result);
                return !result.is_nothing();
            }
            I::CallBelow { window, arguments, function } => {
                let result = self.call(at, window.0, arguments.0, function.0, surroundings);
                // It stays there until `take-result`.
                let below = self.types.len() - 1;
                self.types[below] = result;
                return !result.is_nothing();
            }
            I::TakeResult { to } => self.set(to.0, self.types[self.types.len() - 1]),
            I::Return { value } => {
                surroundings.returns(at, self.get(value.0));
                return false;
            }
            I::ReturnNull {} => {
                surroundings.returns(at, Type::NULL);
                return false;
            }
            I::CallBuiltin { window, arguments, builtin } => {
                let first = usize::from(window.0) + 1;
                let arguments = &self.types[first..first + usize::from(arguments.0)];
                let signature = &self.program.builtins[usize::from(builtin.0)];
                if signature.stores_first {
                    surroundings.store_field(at, None, arguments[1]);
                }
                let result = (signature.gives)(arguments);
                let (to, value) = match signature.writes {
                    Writes::Nothing => (Type::NOTHING, Type::NOTHING),
                    Writes::Argument => (arguments[0], arguments[1]),
                    Writes::Copies => (arguments[0], element(arguments[1], surroundings)),
                    Writes::Moves => (result, element(arguments[0], surroundings)),
                };
                store_element(at, to, value, surroundings);
                self.set(window.0, result);
                return !result.is_nothing();
            }
            I::Halt {} => return false,
            // Every other instruction says in its operands what it writes.
            _ => instruction.each_write(|slot, value| self.set(slot, value), |_, _| {}, |_, _| {}),
        }
        true
    }

    /// Gets past an instruction that may jump: whether the next instruction can follow, with the types
    /// left in place, and the types at the jump's target, if that can.
    fn branch(&mut self, instruction: Instruction, surroundings: &mut impl Surroundings) -> (bool, Option<Vec<Type>>) {
        use Instruction as I;
        if !self.demand(instruction) {
            return (false, None);
        }
        match instruction {
            I::Jump { .. } => (false, Some(std::mem::take(&mut self.types))),
            I::JumpIfNull { operand, .. } => {
                let (null, other) = self.split(operand.0, Type::NULL);
                (other, null)
            }
            I::JumpIfNotNull { operand, .. } => {
                let (other, null) = self.split(operand.0, Type::ANY.without(Type::NULL));
                (null, other)
            }
            I::JumpIfLess { left, right, .. }
            | I::JumpIfNotLess { left, right, .. }
            | I::JumpIfLessEqual { left, right, .. }
            | I::JumpIfNotLessEqual { left, right, .. }
            | I::JumpIfGreater { left, right, .. }
            | I::JumpIfNotGreater { left, right, .. }
            | I::JumpIfGreaterEqual { left, right, .. }
            | I::JumpIfNotGreaterEqual { left, right, .. } => {
                if !self.order(left.0, right.0) {
                    return (false, None);
                }
                (true, Some(self.types.clone()))
            }
            I::CountEnter { counter, variable, limit, .. } => self.enter_range(counter.0, variable.0, limit.0, None),
            I::RangeEnter { counter, variable, limit, .. } => {
                self.enter_range(counter.0, variable.0, limit.0, Some(limit.0 + 1))
            }
            // Since the loop began, counter, limit and step are of one type.
            I::CountNext { counter, variable, .. } | I::RangeNext { counter, variable, .. } => {
                let mut taken = self.types.clone();
                taken[usize::from(variable.0)] = self.get(counter.0);
                (true, Some(taken))
            }
            I::EachEnter { walk, .. } => {
                self.set(walk.0 + 1, Type::INTEGER);
                self.set(walk.0 + 2, Type::INTEGER);
                (false, Some(std::mem::take(&mut self.types)))
            }
            I::EachNext { walk, variable, .. } => {
                let element = element(self.get(walk.0), surroundings);
                let mut taken = self.types.clone();
                taken[usize::from(variable.0)] = element;
                (true, (!element.is_nothing()).then_some(taken))
            }
            _ => {
                instruction.each_write(|slot, value| self.set(slot, value), |_, _| {}, |_, _| {});
                let mut taken = self.types.clone();
                let falling = |slot, value| self.set(slot, value);
                instruction.each_write(|_, _| {}, |slot, value| taken[usize::from(slot)] = value, falling);
                (!instruction.ends_path(), Some(taken))
            }
        }
    }

    /// Tells the values of a slot apart: the types where it holds one of these, if it can, and whether it can
    /// hold something else, with the types for that left in place.
    fn split(&mut self, slot: u8, these: Type) -> (Option<Vec<Type>>, bool) {
        let held = self.get(slot);
        let mut with = self.types.clone();
        with[usize::from(slot)] = held.and(these);
        let other = self.narrow(slot, Type::ANY.without(these));
        (held.may_be(these).then_some(with), other)
    }

    /// The beginning of a counted loop: all its numbers become floats unless counter and step are integers.
    fn enter_range(&mut self, counter: u8, variable: u8, limit: u8, step: Option<u8>) -> (bool, Option<Vec<Type>>) {
        let by = step.map_or(Type::INTEGER, |step| self.get(step));
        let from = self.get(counter);
        let uniform = match (from, by) {
            (Type::INTEGER, Type::INTEGER) => Type::INTEGER,
            _ if from == Type::FLOAT || by == Type::FLOAT => Type::FLOAT,
            _ => Type::NUMBER,
        };
        // Without a round they may have been left as they were.
        let mut taken = self.types.clone();
        for bound in [Some(counter), Some(limit), step].into_iter().flatten() {
            taken[usize::from(bound)] = self.get(bound).or(uniform);
            self.set(bound, uniform);
        }
        self.set(variable, uniform);
        (true, Some(taken))
    }

    fn call(
        &mut self,
        at: u32,
        window: u8,
        arguments: u8,
        function: u32,
        surroundings: &mut impl Surroundings,
    ) -> Type {
        let first = usize::from(window) + usize::from(Function::LINKAGE);
        let result = surroundings.call(at, function, &self.types[first..first + usize::from(arguments)]);
        // Everything from the window on is the callee's.
        self.types[usize::from(window)..].fill(Type::ANY);
        result
    }
}

/// What reading an element gives.
fn element(object: Type, surroundings: &mut impl Surroundings) -> Type {
    object.classes().fold(object.element(), |known, class| known.or(surroundings.load_element(class)))
}

/// An element gets a value.
fn store_element(at: u32, object: Type, value: Type, surroundings: &mut impl Surroundings) {
    for class in object.classes() {
        surroundings.store_element(at, class, read_from_place(value));
    }
}

/// What reading a place gives that holds a value of a type: of a weak one a reference, or null.
const fn read_from_place(held: Type) -> Type {
    let held = if held.may_be(Type::WEAK) { held.or(Type::REFERENCE).or(Type::NULL) } else { held };
    held.and(Type::VALUE)
}

/// The type of a number that an operator makes of two.
fn number_of(left: Type, right: Type) -> Type {
    let mut result = Type::NOTHING;
    if left.may_be(Type::INTEGER) && right.may_be(Type::INTEGER) {
        result = result.or(Type::INTEGER);
    }
    let float = left.may_be(Type::FLOAT) && right.may_be(Type::NUMBER)
        || left.may_be(Type::NUMBER) && right.may_be(Type::FLOAT);
    if float { result.or(Type::FLOAT) } else { result }
}

/// The type of a constant.
fn type_of(constant: &Constant) -> Type {
    match constant {
        Constant::Null => Type::NULL,
        Constant::Boolean(_) => Type::BOOLEAN,
        Constant::Integer(_) => Type::INTEGER,
        Constant::Float(_) => Type::FLOAT,
        Constant::String(_) => Type::STRING,
    }
}
