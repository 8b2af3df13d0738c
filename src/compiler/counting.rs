//! Reference counting made visible: inserts `retain` and `release` into lowered code.
//!
//! The invariant: every variable that may be assigned, and every temporary that is still going to
//! be read, owns one count of the block it refers to. So do globals, elements and fields; their
//! counts are kept by the counted stores. From that follows, instruction by instruction:
//!
//! - a value that an instruction *makes* (an allocation, a call) comes with its count; one that it
//!   *copies* (from a slot, a global, an element, a field) is retained, unless its source dies of it,
//!   which then hands its count over;
//! - what a slot held is released when it is overwritten, and a temporary on each edge of the flow
//!   behind which nothing reads it any more;
//! - a call takes over the counts of its arguments, `return` that of its value, and releases all
//!   other variables.
//!
//! Two things are left out because nobody can tell: counts of slots that can never hold a reference,
//! and those of a copy that only the very next instruction reads, where that instruction can neither
//! free nor look at counts.

use crate::bytecode::assembler::{Assembler, Label};
use crate::bytecode::liveness::{self, Assigned, Assignment, SlotSet};
use crate::bytecode::{Constant, Function, Instruction, Program, Read, Target, Write, WriteFalling, WriteJumping};
use crate::limits::FRAME_SLOTS;
use crate::source::Span;

/// A function's code with its counts, and where each instruction has gone.
struct Counted {
    code: Vec<Instruction>,
    spans: Vec<Span>,
    /// For each old index, relative to the function, the new one.
    moved: Vec<u32>,
    /// For each old index, relative to the function, where what belongs to it begins: what is counted before it.
    begins: Vec<u32>,
    /// Whether a further slot is needed.
    needs_slot: bool,
}

/// How the value that an instruction writes comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It is no reference, or one to what is never freed.
    Uncounted,
    /// It comes with a count of its own.
    Made,
    /// It is a copy of what is counted elsewhere.
    Copied,
}

/// Makes the counting of references part of a program that has been lowered completely. Gives the
/// first function that has no slot left for it, if there is one.
pub fn insert(program: &mut Program) -> Option<usize> {
    let mut code = Vec::with_capacity(program.code.len() * 2);
    let mut spans = Vec::with_capacity(program.code.len() * 2);
    // Where each instruction of the program has gone, and where what belongs to it begins.
    let mut moved = Vec::with_capacity(program.code.len());
    let mut begins = Vec::with_capacity(program.code.len() + 1);
    let mut full = None;
    for index in 0..program.functions.len() {
        let counted = Counting::new(program, &program.functions[index]).run();
        let entry = code.len() as u32;
        moved.extend(counted.moved.iter().map(|at| entry + at));
        begins.extend(counted.begins.iter().map(|at| entry + at));
        code.extend(counted.code);
        spans.extend(counted.spans);
        let function = &mut program.functions[index];
        (function.entry, function.end) = (entry, code.len() as u32);
        if counted.needs_slot {
            if usize::from(function.slots) >= FRAME_SLOTS {
                full.get_or_insert(index);
                continue;
            }
            function.slots += 1;
            function.frame_words += 1;
            for buffer in &mut function.buffers {
                buffer.header += 1;
            }
        }
    }
    begins.push(code.len() as u32);
    let place = |at: u32| begins[at as usize];
    for range in &mut program.library_code {
        *range = place(range.start)..place(range.end);
    }
    program.call_code = place(program.call_code.start)..place(program.call_code.end);
    for (at, _) in &mut program.block_names {
        *at = moved[*at as usize];
    }
    program.statements.iter_mut().for_each(|at| *at = place(*at));
    program.code = code;
    program.spans = spans;
    full
}

struct Counting<'a> {
    function: &'a Function,
    code: &'a [Instruction],
    spans: &'a [Span],
    first_temporary: u32,
    /// Slots that can hold a counted reference.
    countable: SlotSet,
    live: Vec<SlotSet>,
    assignment: Assignment,
    /// Whether the value that the instruction writes is read by the next one only, and uncounted.
    borrowed: Vec<bool>,
    /// Holds a value while the one it replaces is released.
    scratch: u8,
    needs_slot: bool,
    assembler: Assembler,
    labels: Vec<Label>,
    /// Releases on the way to a jump's target, with that target.
    stubs: Vec<(Label, Vec<u32>, Label, Span)>,
}

impl<'a> Counting<'a> {
    fn new(program: &'a Program, function: &'a Function) -> Counting<'a> {
        let range = function.entry as usize..function.end as usize;
        let code = &program.code[range.clone()];
        let countable = countable_slots(program, function, code);
        let live = liveness::live_before(program, function);
        let mut assembler = Assembler::default();
        let labels = (0..=code.len()).map(|_| assembler.label()).collect();
        let mut counting = Counting {
            function,
            code,
            spans: &program.spans[range],
            first_temporary: u32::from(function.first_temporary()),
            countable,
            live,
            assignment: liveness::assignment(program, function),
            borrowed: Vec::new(),
            scratch: function.slots,
            needs_slot: false,
            assembler,
            labels,
            stubs: Vec::new(),
        };
        for index in 0..code.len() {
            // Asks for what is owned before it, and so for whether the one before it has borrowed.
            let borrowed = counting.is_borrowed(index);
            counting.borrowed.push(borrowed);
        }
        counting
    }

    fn run(mut self) -> Counted {
        let mut moved = Vec::with_capacity(self.code.len());
        let mut begins = Vec::with_capacity(self.code.len());
        for index in 0..self.code.len() {
            self.assembler.bind(self.labels[index]);
            begins.push(self.assembler.here());
            match self.assignment.before(self.function.entry + index as u32) {
                Some(state) => moved.push(self.instruction(index, state)),
                None => {
                    // No path leads here, so nothing is owned here.
                    moved.push(self.assembler.here());
                    let target = self.jump_target(index).map(|target| self.labels[target]);
                    self.emit(index, self.code[index], target);
                }
            }
        }
        self.assembler.bind(self.labels[self.code.len()]);
        for (label, releases, target, span) in std::mem::take(&mut self.stubs) {
            self.assembler.bind(label);
            for slot in releases {
                self.assembler.emit(Instruction::Release { value: Read(slot as u8) }, span);
            }
            self.assembler.emit_jump(Instruction::Jump { target: Target(0) }, target, span);
        }
        let (code, spans) = self.assembler.finish();
        Counted { code, spans, moved, begins, needs_slot: self.needs_slot }
    }

    /// One instruction with its counts; returns where it has gone.
    fn instruction(&mut self, index: usize, state: Assigned) -> u32 {
        let instruction = self.code[index];
        let span = self.spans[index];
        let owned = self.owned_temporaries(index);
        match instruction {
            // Consumed strings are released like every other temporary.
            Instruction::DropTemporary { .. } => {
                let at = self.assembler.here();
                self.after(index, owned);
                return at;
            }
            Instruction::Return { value } => {
                self.release_variables(state, Some(u32::from(value.0)), span);
                return self.assembler.emit(instruction, span);
            }
            Instruction::ReturnNull {} => {
                self.release_variables(state, None, span);
                return self.assembler.emit(instruction, span);
            }
            Instruction::Move { to, from } => return self.move_value(index, state, owned, to, from),
            _ => {}
        }

        let mut owned = owned;
        let effects = instruction.effects();
        match instruction {
            Instruction::Call { .. } | Instruction::CallBelow { .. } => {
                // The callee has taken over its arguments.
                for slot in effects.reads.iter().cloned().flatten() {
                    owned.remove(slot);
                }
            }
            Instruction::InitElement { from, .. } | Instruction::InitField { from, .. } => {
                let slot = u32::from(from.0);
                if self.dies(index, slot, owned) {
                    owned.remove(slot);
                } else if self.countable.contains(slot) {
                    self.assembler.emit(Instruction::Retain { value: from }, span);
                }
            }
            _ => {}
        }

        if let Some(at) = self.loop_instruction(index, state, owned) {
            return at;
        }
        let at;
        match self.written(instruction) {
            Some((slot, origin)) => {
                let replaced = self.holds_before(slot, state, owned);
                if replaced {
                    at = self.replace(index, slot, origin);
                } else {
                    at = self.emit_plain(index);
                    if origin == Origin::Copied && !self.borrowed[index] && self.is_wanted(index, slot) {
                        self.assembler.emit(Instruction::Retain { value: Read(slot as u8) }, span);
                    }
                }
                owned.remove(slot);
                if slot >= self.first_temporary && self.countable.contains(slot) && origin != Origin::Uncounted {
                    let unwanted_copy = origin == Origin::Copied && !self.is_wanted(index, slot);
                    if !self.borrowed[index] && !unwanted_copy {
                        owned.insert(slot);
                    }
                }
            }
            None => at = self.emit_plain(index),
        }
        if !instruction.ends_path() {
            self.after(index, owned);
        }
        at
    }

    /// Temporaries that own a count before an instruction.
    fn owned_temporaries(&self, index: usize) -> SlotSet {
        let mut owned =
            self.live[index].intersection(self.countable).difference(SlotSet::ALL.below(self.first_temporary));
        if let Some(slot) =
            index.checked_sub(1).filter(|&before| self.borrowed[before]).and_then(|before| self.slot_written(before))
        {
            owned.remove(slot);
        }
        owned
    }

    fn slot_written(&self, index: usize) -> Option<u32> {
        self.written(self.code[index]).map(|(slot, _)| slot)
    }

    /// Whether an owned temporary is read by the instruction for the last time, on every way out.
    fn dies(&self, index: usize, slot: u32, owned: SlotSet) -> bool {
        owned.contains(slot) && self.successors(index).all(|next| !self.live[next].contains(slot))
    }

    /// Whether anything reads the slot after the instruction.
    fn is_wanted(&self, index: usize, slot: u32) -> bool {
        slot < self.first_temporary || self.successors(index).any(|next| self.live[next].contains(slot))
    }

    fn successors(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let falls = (!self.code[index].ends_path()).then_some(index + 1);
        falls.into_iter().chain(self.jump_target(index)).filter(|&next| next < self.code.len())
    }

    fn jump_target(&self, index: usize) -> Option<usize> {
        let offset = self.code[index].effects().jump?;
        Some((index as i64 + 1 + i64::from(offset)) as usize)
    }

    /// Whether a slot holds a count when the instruction is about to overwrite it.
    fn holds_before(&self, slot: u32, state: Assigned, owned: SlotSet) -> bool {
        if slot < self.first_temporary {
            state.may.contains(slot) && self.countable.contains(slot)
        } else {
            owned.contains(slot)
        }
    }

    /// `to` := `from`, where a dying temporary hands over its count.
    fn move_value(&mut self, index: usize, state: Assigned, mut owned: SlotSet, to: Write, from: Read) -> u32 {
        let span = self.spans[index];
        let (target, source) = (u32::from(to.0), u32::from(from.0));
        let hands_over = self.dies(index, source, owned);
        let replaced = self.holds_before(target, state, owned);
        if self.countable.contains(source) && !hands_over && self.is_wanted(index, target) {
            self.assembler.emit(Instruction::Retain { value: from }, span);
        }
        if replaced {
            self.assembler.emit(Instruction::Release { value: Read(to.0) }, span);
        }
        let at = self.assembler.emit(Instruction::Move { to, from }, span);
        if hands_over {
            owned.remove(source);
        }
        owned.remove(target);
        if target >= self.first_temporary && self.countable.contains(target) && self.is_wanted(index, target) {
            owned.insert(target);
        }
        self.after(index, owned);
        at
    }

    /// Executes an instruction into the scratch slot, releases what its slot held, and moves the value there.
    fn replace(&mut self, index: usize, slot: u32, origin: Origin) -> u32 {
        let span = self.spans[index];
        let instruction = self.code[index];
        let reads_it = instruction.effects().reads.iter().any(|range| range.contains(&slot));
        if origin == Origin::Uncounted && !reads_it {
            self.assembler.emit(Instruction::Release { value: Read(slot as u8) }, span);
            return self.emit_plain(index);
        }
        self.needs_slot = true;
        let at = match redirected(instruction, self.scratch) {
            Some(redirected) => self.emit(index, redirected, None),
            None => {
                // A window's slot is a temporary that nothing owned.
                return self.emit_plain(index);
            }
        };
        let scratch = Read(self.scratch);
        if origin == Origin::Copied && self.is_wanted(index, slot) && !self.borrowed[index] {
            self.assembler.emit(Instruction::Retain { value: scratch }, span);
        }
        self.assembler.emit(Instruction::Release { value: Read(slot as u8) }, span);
        self.assembler.emit(Instruction::Move { to: Write(slot as u8), from: scratch }, span);
        at
    }

    /// The instructions of loops, which write their variable on one of two ways out. A variable that can
    /// hold a reference gets its value by way of the scratch slot.
    fn loop_instruction(&mut self, index: usize, state: Assigned, owned: SlotSet) -> Option<u32> {
        let span = self.spans[index];
        let scratch = self.scratch;
        let (variable, copied) = match self.code[index] {
            Instruction::CountEnter { variable, .. } | Instruction::RangeEnter { variable, .. } => {
                (u32::from(variable.0), false)
            }
            Instruction::CountNext { counter, variable, .. } | Instruction::RangeNext { counter, variable, .. } => {
                if counter.0 == variable.0 {
                    // It has been the loop's own since its first round, and holds a number.
                    return None;
                }
                (u32::from(variable.0), false)
            }
            Instruction::EachNext { variable, .. } => (u32::from(variable.0), true),
            _ => return None,
        };
        if !self.countable.contains(variable) || variable >= self.first_temporary && !copied {
            return None;
        }
        self.needs_slot = true;
        let (instruction, falling) = match self.code[index] {
            Instruction::CountEnter { counter, limit, target, .. } => {
                (Instruction::CountEnter { counter, variable: WriteFalling(scratch), limit, target }, true)
            }
            Instruction::RangeEnter { counter, limit, target, .. } => {
                (Instruction::RangeEnter { counter, variable: WriteFalling(scratch), limit, target }, true)
            }
            Instruction::CountNext { counter, limit, target, .. } => {
                (Instruction::CountNext { counter, variable: WriteJumping(scratch), limit, target }, false)
            }
            Instruction::RangeNext { counter, limit, target, .. } => {
                (Instruction::RangeNext { counter, variable: WriteJumping(scratch), limit, target }, false)
            }
            Instruction::EachNext { walk, target, .. } => {
                (Instruction::EachNext { walk, variable: WriteJumping(scratch), target }, false)
            }
            other => (other, false),
        };
        let target = self.jump_target(index)?;
        let holds = self.holds_before(variable, state, owned);
        let mut assign = Vec::new();
        if copied {
            assign.push(Instruction::Retain { value: Read(scratch) });
        }
        if holds {
            assign.push(Instruction::Release { value: Read(variable as u8) });
        }
        assign.push(Instruction::Move { to: Write(variable as u8), from: Read(scratch) });

        let taken = self.deaths(owned, target);
        if falling {
            let label = self.edge(taken, target, span);
            let at = self.assembler.emit_jump(instruction, label, span);
            for instruction in assign {
                self.assembler.emit(instruction, span);
            }
            self.release_all(&self.deaths(owned, index + 1), span);
            return Some(at);
        }
        // The next round is entered by way of the assignment: jump over it where there is none.
        let (round, done) = (self.assembler.label(), self.assembler.label());
        let at = self.assembler.emit_jump(instruction, round, span);
        self.release_all(&self.deaths(owned, index + 1), span);
        self.assembler.emit_jump(Instruction::Jump { target: Target(0) }, done, span);
        self.assembler.bind(round);
        for instruction in assign {
            self.assembler.emit(instruction, span);
        }
        self.release_all(&taken, span);
        self.assembler.emit_jump(Instruction::Jump { target: Target(0) }, self.labels[target], span);
        self.assembler.bind(done);
        Some(at)
    }

    /// The instruction itself, with its jump going through a stub if temporaries die on that edge.
    fn emit_plain(&mut self, index: usize) -> u32 {
        let span = self.spans[index];
        let instruction = counted_form(self.code[index]);
        let label = self.jump_target(index).map(|target| {
            let dead = self.deaths(self.owned_temporaries(index), target);
            self.edge(dead, target, span)
        });
        self.emit(index, instruction, label)
    }

    fn emit(&mut self, index: usize, instruction: Instruction, target: Option<Label>) -> u32 {
        match target {
            Some(label) => self.assembler.emit_jump(instruction, label, self.spans[index]),
            None => self.assembler.emit(instruction, self.spans[index]),
        }
    }

    /// Where a jump goes so that those temporaries are released on the way to `target`.
    fn edge(&mut self, dead: Vec<u32>, target: usize, span: Span) -> Label {
        if dead.is_empty() {
            return self.labels[target];
        }
        let label = self.assembler.label();
        self.stubs.push((label, dead, self.labels[target], span));
        label
    }

    /// The owned temporaries that nothing reads from an instruction on.
    fn deaths(&self, owned: SlotSet, next: usize) -> Vec<u32> {
        match self.live.get(next) {
            Some(&live) => owned.difference(live).iter().collect(),
            None => Vec::new(),
        }
    }

    /// Releases the temporaries that die where the instruction falls through.
    fn after(&mut self, index: usize, owned: SlotSet) {
        let dead = self.deaths(owned, index + 1);
        self.release_all(&dead, self.spans[index]);
    }

    fn release_all(&mut self, slots: &[u32], span: Span) {
        for &slot in slots {
            self.assembler.emit(Instruction::Release { value: Read(slot as u8) }, span);
        }
    }

    /// Releases every variable that may hold a reference, except the one that is returned.
    fn release_variables(&mut self, state: Assigned, returned: Option<u32>, span: Span) {
        let variables = state.may.intersection(self.countable).below(self.first_temporary);
        for slot in variables.iter().filter(|&slot| slot >= 2 && Some(slot) != returned) {
            self.assembler.emit(Instruction::Release { value: Read(slot as u8) }, span);
        }
    }

    /// The slot an instruction writes on every way out, and where the value comes from.
    fn written(&self, instruction: Instruction) -> Option<(u32, Origin)> {
        let (slot, origin) = match instruction {
            Instruction::LoadGlobal { to, .. }
            | Instruction::LoadElement { to, .. }
            | Instruction::LoadField { to, .. }
            | Instruction::Strengthen { to, .. } => (to.0, Origin::Copied),
            Instruction::Move { to, .. } => (to.0, Origin::Copied),
            Instruction::Allocate { to, .. }
            | Instruction::AllocateRecord { to, .. }
            | Instruction::AllocateArray { to, .. }
            | Instruction::TakeResult { to } => (to.0, Origin::Made),
            Instruction::Add { to, .. } | Instruction::AddTemporaries { to, .. } => (to.0, Origin::Made),
            Instruction::Call { window, .. } => (window.0, Origin::Made),
            Instruction::CallBuiltin { window, .. } => (window.0, Origin::Made),
            Instruction::CallBelow { .. } => return None,
            Instruction::CountEnter { .. }
            | Instruction::CountNext { .. }
            | Instruction::RangeEnter { .. }
            | Instruction::RangeNext { .. }
            | Instruction::EachEnter { .. }
            | Instruction::EachNext { .. } => return None,
            other => {
                let slot = other.effects().writes.first()?.start;
                return Some((slot, Origin::Uncounted));
            }
        };
        let slot = u32::from(slot);
        Some((slot, if self.countable.contains(slot) { origin } else { Origin::Uncounted }))
    }

    /// Whether the copy that an instruction makes needs no count: only the next instruction reads it, and
    /// that one neither frees anything before it has read, nor allocates (so nobody looks at counts).
    fn is_borrowed(&self, index: usize) -> bool {
        let Some((slot, Origin::Copied)) = self.written(self.code[index]) else { return false };
        if matches!(self.code[index], Instruction::Move { .. }) || slot < self.first_temporary {
            return false;
        }
        let Some(&next) = self.code.get(index + 1) else { return false };
        let harmless = match next {
            Instruction::LoadElement { .. }
            | Instruction::LoadField { .. }
            | Instruction::Length { .. }
            | Instruction::IsEmpty { .. }
            | Instruction::Equal { .. }
            | Instruction::NotEqual { .. }
            | Instruction::Less { .. }
            | Instruction::LessEqual { .. }
            | Instruction::Greater { .. }
            | Instruction::GreaterEqual { .. }
            | Instruction::Print { .. } => true,
            Instruction::Add { left, right, .. } => {
                !self.countable.contains(u32::from(left.0)) || !self.countable.contains(u32::from(right.0))
            }
            other => other.effects().jump.is_some() && !matches!(other, Instruction::EachEnter { .. }),
        };
        let reads_it = next.effects().reads.iter().any(|range| range.contains(&slot));
        // Nothing is released between the two, or the copy's block might go with it.
        let owned = self.owned_temporaries(index);
        let releases = owned.contains(slot) || !self.deaths(owned, index + 1).is_empty();
        harmless && reads_it && !releases && self.successors(index + 1).all(|after| !self.live[after].contains(slot))
    }
}

/// The form of an instruction that keeps the count of the place it stores to.
fn counted_form(instruction: Instruction) -> Instruction {
    match instruction {
        Instruction::StoreGlobal { from, global } => Instruction::StoreGlobalCounted { from, global },
        Instruction::StoreElement { object, index, from } => Instruction::StoreElementCounted { object, index, from },
        Instruction::StoreField { object, from, field } => Instruction::StoreFieldCounted { object, from, field },
        Instruction::AddTemporaries { to, left, right, .. } => Instruction::Add { to, left, right },
        other => other,
    }
}

/// The same instruction with its value going to another slot; none for those with a window.
fn redirected(instruction: Instruction, slot: u8) -> Option<Instruction> {
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
fn countable_slots(program: &Program, function: &Function, code: &[Instruction]) -> SlotSet {
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
