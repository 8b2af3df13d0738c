//! Reference counting made visible: inserts `retain` and `release` into lowered code.
//!
//! The invariant: every variable that may be assigned, and every temporary that is still going to
//! be read, *holds* its value. What is held is counted, as are globals, elements and fields, whose counts
//! are kept by the counted stores. From that follows, instruction by instruction:
//!
//! - a value that an instruction *makes* (an allocation, a call) comes with its count; one that it
//!   *copies* (from a slot, a global, an element, a field) is retained, unless its source dies of it,
//!   which then hands its count over;
//! - what a slot held is released when it is overwritten, and a temporary on each edge of the flow
//!   behind which nothing reads it any more;
//! - a call takes over the counts of its arguments, `return` that of its value, and releases all
//!   other variables.
//!
//! Counts are left out where nobody can tell: those of slots that hold no reference there
//! (`references`), and those of slots that borrow (`borrowing`). A slot that borrows *holds* its value
//! without *owning* a count of it. What is left out is noted in the program.

mod borrowing;
mod forms;
mod references;

use crate::bytecode::assembler::{Assembler, Label};
use crate::bytecode::liveness::{self, Assigned, Assignment, SlotSet};
use crate::bytecode::{Elided, Instruction, Program, Read, Target, Why, Write, WriteFalling, WriteJumping};
use crate::limits::FRAME_SLOTS;
use crate::source::Span;
use borrowing::Borrowing;
use forms::{countable_slots, counted_form, given_form, redirected};
use references::References;

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
    /// As in the program, relative to the function.
    borrowed: Vec<(u32, SlotSet)>,
    elided: Vec<(u32, Elided)>,
}

/// How the value that an instruction writes comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It is no reference, or one to what is never freed.
    Uncounted,
    /// It comes with a count of its own.
    Made,
    /// It is a copy of what is in a slot.
    Moved(u8),
    /// It is a copy of what is in a block that a slot refers to, or in a global.
    Loaded(Option<u8>),
    /// It is what a weak place refers to.
    Strengthened,
}

impl Origin {
    /// Whether it is a copy of what is counted elsewhere.
    const fn is_copied(self) -> bool {
        matches!(self, Origin::Moved(_) | Origin::Loaded(_) | Origin::Strengthened)
    }
}

/// A way from an instruction to another.
#[derive(Clone, Copy, Debug)]
struct Edge {
    to: usize,
    /// Slots that have another value there, or none.
    written: SlotSet,
}

/// Makes the counting of references part of a program that has been lowered completely, of every
/// reference or, if it `elides`, of those whose counts can be told from outside. Gives the first function
/// that has no slot left for it, if there is one.
pub fn insert(program: &mut Program, elides: bool) -> Option<usize> {
    let mut code = Vec::with_capacity(program.code.len() * 2);
    let mut spans = Vec::with_capacity(program.code.len() * 2);
    // Where each instruction of the program has gone, and where what belongs to it begins.
    let mut moved = Vec::with_capacity(program.code.len());
    let mut begins = Vec::with_capacity(program.code.len() + 1);
    let (mut borrowed, mut elided) = (Vec::new(), Vec::new());
    let mut full = None;
    let countable: Vec<SlotSet> = program.functions.iter().map(|function| countable_slots(program, function)).collect();
    let proved = elides.then(|| {
        let references = references::analyse(program);
        let borrowing = borrowing::analyse(program, &references, &countable);
        (references, borrowing)
    });
    for (index, countable) in countable.into_iter().enumerate() {
        let counted = Counting::new(program, index, countable, proved.as_ref()).run();
        let entry = code.len() as u32;
        moved.extend(counted.moved.iter().map(|at| entry + at));
        begins.extend(counted.begins.iter().map(|at| entry + at));
        code.extend(counted.code);
        spans.extend(counted.spans);
        borrowed.extend(counted.borrowed.into_iter().map(|(at, slots)| (entry + at, slots)));
        elided.extend(counted.elided.into_iter().map(|(at, elided)| (entry + at, elided)));
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
    (program.code, program.spans) = (code, spans);
    borrowed.dedup_by_key(|&mut (_, slots)| slots);
    (program.borrowed, program.elided) = (borrowed, elided);
    full
}

struct Counting<'a> {
    code: &'a [Instruction],
    spans: &'a [Span],
    entry: u32,
    first_temporary: u32,
    /// Slots that can hold a counted reference somewhere.
    countable: SlotSet,
    live: Vec<SlotSet>,
    assignment: Assignment,
    /// Slots that can hold a counted reference, and slots that borrow, before each instruction, if they are known.
    proved: Option<(&'a [SlotSet], &'a [SlotSet])>,
    /// Holds a value while the one it replaces is released.
    scratch: u8,
    needs_slot: bool,
    assembler: Assembler,
    labels: Vec<Label>,
    /// Releases on the way to a jump's target, with that target.
    stubs: Vec<(Label, Vec<u32>, Label, Span)>,
    borrowed: Vec<(u32, SlotSet)>,
    /// Counts left out at the instruction in the making.
    left_out: Vec<Elided>,
    elided: Vec<(u32, Elided)>,
}

impl<'a> Counting<'a> {
    fn new(
        program: &'a Program,
        index: usize,
        countable: SlotSet,
        proved: Option<&'a (References, Borrowing)>,
    ) -> Counting<'a> {
        let function = &program.functions[index];
        let range = function.entry as usize..function.end as usize;
        let code = &program.code[range.clone()];
        let mut assembler = Assembler::default();
        let labels = (0..=code.len()).map(|_| assembler.label()).collect();
        Counting {
            code,
            spans: &program.spans[range],
            entry: function.entry,
            first_temporary: u32::from(function.first_temporary()),
            countable,
            live: liveness::live_before(program, function),
            assignment: liveness::assignment(program, function),
            proved: proved.map(|(references, borrowing)| (&references.before[index][..], &borrowing.before[index][..])),
            scratch: function.slots,
            needs_slot: false,
            assembler,
            labels,
            stubs: Vec::new(),
            borrowed: Vec::new(),
            left_out: Vec::new(),
            elided: Vec::new(),
        }
    }

    fn run(mut self) -> Counted {
        let mut moved = Vec::with_capacity(self.code.len());
        let mut begins = Vec::with_capacity(self.code.len());
        for index in 0..self.code.len() {
            self.assembler.bind(self.labels[index]);
            begins.push(self.assembler.here());
            self.note_borrowed(self.borrows(index));
            let at = match self.assignment.before(self.entry + index as u32) {
                Some(state) => self.instruction(index, state),
                None => {
                    // No path leads here, so nothing is held here.
                    let target = self.jump_target(index).map(|target| self.labels[target]);
                    self.emit(index, self.code[index], target)
                }
            };
            moved.push(at);
            self.elided.extend(self.left_out.drain(..).map(|elided| (at, elided)));
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
        let (needs_slot, borrowed, elided) = (self.needs_slot, self.borrowed, self.elided);
        Counted { code, spans, moved, begins, needs_slot, borrowed, elided }
    }

    /// One instruction with its counts; returns where it has gone.
    fn instruction(&mut self, index: usize, state: Assigned) -> u32 {
        let instruction = self.code[index];
        let span = self.spans[index];
        let mut held = self.held_temporaries(index);
        match instruction {
            // Consumed strings are released like every other temporary.
            Instruction::DropTemporary { .. } => {
                let at = self.assembler.here();
                self.after(index, held, None);
                return at;
            }
            Instruction::Return { value } => {
                let slot = u32::from(value.0);
                if self.borrows(index).contains(slot) {
                    self.assembler.emit(Instruction::Retain { value }, span);
                }
                self.release_variables(index, state, Some(slot));
                return self.assembler.emit(instruction, span);
            }
            Instruction::ReturnNull {} => {
                self.release_variables(index, state, None);
                return self.assembler.emit(instruction, span);
            }
            Instruction::Move { to, from } => return self.move_value(index, state, held, to, from),
            _ => {}
        }

        let effects = instruction.effects();
        match instruction {
            Instruction::Call { .. } | Instruction::CallBelow { .. } => {
                // The callee has taken over its arguments.
                for slot in effects.reads.iter().cloned().flatten() {
                    held.remove(slot);
                }
            }
            Instruction::InitElement { from, .. } | Instruction::InitField { from, .. } => {
                let slot = u32::from(from.0);
                let dies = self.dies(index, slot, held);
                if dies {
                    held.remove(slot);
                }
                if self.countable.contains(slot) && !(dies && self.owns(index, slot)) {
                    let needed = self.refers(index, slot);
                    self.retain(from.0, span, needed, !dies, Why::NoReference);
                }
            }
            _ => {}
        }

        if let Some(at) = self.loop_instruction(index, state, held) {
            return at;
        }
        if let Some((given, slot)) = self.given(index, held) {
            held.remove(slot);
            let at = self.assembler.emit(given, span);
            self.leave_out(slot as u8, true, Why::Given);
            self.leave_out(slot as u8, false, Why::Given);
            self.note_borrowed(self.borrows(index + 1));
            self.after(index, held, None);
            return at;
        }
        let at;
        match self.written(instruction) {
            Some((slot, origin)) => {
                let copied = origin.is_copied() && self.is_wanted(index, slot);
                let replaced = self.holds_before(slot, state, held);
                if replaced && self.owns(index, slot) {
                    at = self.replace(index, slot, origin, copied);
                } else {
                    if replaced {
                        self.leave_out(slot as u8, false, self.why(index, slot));
                    }
                    at = self.emit_plain(index);
                    if copied {
                        self.retain(slot as u8, span, self.owns(index + 1, slot), true, self.why(index + 1, slot));
                    }
                }
                held.remove(slot);
                if slot >= self.first_temporary && self.countable.contains(slot) && (copied || origin == Origin::Made) {
                    held.insert(slot);
                }
            }
            None => at = self.emit_plain(index),
        }
        if !instruction.ends_path() {
            self.note_borrowed(self.borrows(index + 1));
            self.after(index, held, self.written(instruction).map(|(slot, _)| slot));
        }
        at
    }

    /// A store of a dying temporary that hands its count over, with that temporary. Not where the block that it is
    /// stored to dies at once, and what it holds with it: that comes before.
    fn given(&self, index: usize, held: SlotSet) -> Option<(Instruction, u32)> {
        self.proved?;
        let given = given_form(self.code[index])?;
        let (slot, object) = match given {
            Instruction::StoreElementGiven { object, from, .. } | Instruction::StoreFieldGiven { object, from, .. } => {
                (from, Some(u32::from(object.0)))
            }
            Instruction::StoreGlobalGiven { from, .. } => (from, None),
            _ => return None,
        };
        let slot = u32::from(slot.0);
        let gives = |slot| self.dies(index, slot, held) && self.owns(index, slot);
        (gives(slot) && !object.is_some_and(gives)).then_some((given, slot))
    }

    // ---- what is held, and what of it is counted ------------------------------------------------

    /// Temporaries that hold a value before an instruction.
    fn held_temporaries(&self, index: usize) -> SlotSet {
        self.live[index].intersection(self.countable).from(self.first_temporary)
    }

    /// Slots that hold a reference before an instruction without a count of their own.
    fn borrows(&self, index: usize) -> SlotSet {
        self.proved.and_then(|(_, borrowed)| borrowed.get(index).copied()).unwrap_or(SlotSet::EMPTY)
    }

    /// Whether a slot can hold a counted reference before an instruction.
    fn refers(&self, index: usize, slot: u32) -> bool {
        self.countable.contains(slot)
            && self.proved.is_none_or(|(known, _)| known.get(index).is_some_and(|known| known.contains(slot)))
    }

    /// Whether what a slot holds before an instruction is counted, if it holds something.
    fn owns(&self, index: usize, slot: u32) -> bool {
        self.refers(index, slot) && !self.borrows(index).contains(slot)
    }

    /// Why what a slot holds before an instruction is not counted, if it is not.
    fn why(&self, index: usize, slot: u32) -> Why {
        if self.borrows(index).contains(slot) { Why::Borrowed } else { Why::NoReference }
    }

    /// Whether a held temporary is read by the instruction for the last time, on every way out.
    fn dies(&self, index: usize, slot: u32, held: SlotSet) -> bool {
        held.contains(slot) && self.successors(index).all(|next| !self.live[next].contains(slot))
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
        self.code[index].jump_target(index)
    }

    /// Whether a slot holds a value when the instruction is about to overwrite it.
    fn holds_before(&self, slot: u32, state: Assigned, held: SlotSet) -> bool {
        if slot < self.first_temporary {
            state.may.contains(slot) && self.countable.contains(slot)
        } else {
            held.contains(slot)
        }
    }

    /// The slot an instruction writes on every way out, and where the value comes from.
    fn written(&self, instruction: Instruction) -> Option<(u32, Origin)> {
        if is_loop(instruction) {
            return None;
        }
        let (slot, origin) = origin(instruction, false)?;
        Some((slot, if self.countable.contains(slot) { origin } else { Origin::Uncounted }))
    }

    // ---- code -------------------------------------------------------------------------------------

    /// Emits a `retain` if it is needed; otherwise notes it as left out, if without proofs it would be there.
    fn retain(&mut self, slot: u8, span: Span, needed: bool, expected: bool, why: Why) {
        if needed {
            self.assembler.emit(Instruction::Retain { value: Read(slot) }, span);
        } else if expected {
            self.leave_out(slot, true, why);
        }
    }

    /// Emits a `release` if it is needed; otherwise notes it as left out.
    fn release(&mut self, slot: u8, span: Span, needed: bool, why: Why) {
        if needed {
            self.assembler.emit(Instruction::Release { value: Read(slot) }, span);
        } else {
            self.leave_out(slot, false, why);
        }
    }

    fn leave_out(&mut self, slot: u8, retains: bool, why: Why) {
        let elided = Elided { slot, retains, why };
        if !self.left_out.contains(&elided) {
            self.left_out.push(elided);
        }
    }

    /// Notes which slots borrow from the next instruction on.
    fn note_borrowed(&mut self, slots: SlotSet) {
        let here = self.assembler.here();
        self.borrowed.pop_if(|&mut (at, _)| at == here);
        self.borrowed.push((here, slots));
    }

    /// `to` := `from`, where a dying temporary hands over its count.
    fn move_value(&mut self, index: usize, state: Assigned, mut held: SlotSet, to: Write, from: Read) -> u32 {
        let span = self.spans[index];
        let (target, source) = (u32::from(to.0), u32::from(from.0));
        let dies = self.dies(index, source, held);
        let wanted = self.is_wanted(index, target);
        if self.countable.contains(source) && wanted && !(dies && self.owns(index, source)) {
            let needed = self.refers(index, source) && self.owns(index + 1, target);
            self.retain(from.0, span, needed, !dies, self.why(index, source));
        }
        if self.holds_before(target, state, held) {
            self.release(to.0, span, self.owns(index, target), self.why(index, target));
        }
        let at = self.assembler.emit(Instruction::Move { to, from }, span);
        if dies {
            held.remove(source);
        }
        held.remove(target);
        if target >= self.first_temporary && self.countable.contains(target) && wanted {
            held.insert(target);
        }
        self.note_borrowed(self.borrows(index + 1));
        self.after(index, held, Some(target));
        at
    }

    /// Executes an instruction into the scratch slot, releases what its slot held, and moves the value there.
    fn replace(&mut self, index: usize, slot: u32, origin: Origin, copied: bool) -> u32 {
        let span = self.spans[index];
        let instruction = self.code[index];
        let release = Instruction::Release { value: Read(slot as u8) };
        let reads_it = instruction.effects().reads.iter().any(|range| range.contains(&slot));
        if origin == Origin::Uncounted && !reads_it {
            self.assembler.emit(release, span);
            return self.emit_plain(index);
        }
        let Some(redirected) = redirected(instruction, self.scratch) else {
            // A window's slot is a temporary that held nothing.
            return self.emit_plain(index);
        };
        self.needs_slot = true;
        let at = self.emit(index, redirected, None);
        if copied {
            self.retain(self.scratch, span, self.owns(index + 1, slot), true, self.why(index + 1, slot));
        }
        self.assembler.emit(release, span);
        self.assembler.emit(Instruction::Move { to: Write(slot as u8), from: Read(self.scratch) }, span);
        at
    }

    /// The instructions of loops, which write their variable on one of two ways out. A variable that holds
    /// a counted reference gets its value by way of the scratch slot.
    fn loop_instruction(&mut self, index: usize, state: Assigned, held: SlotSet) -> Option<u32> {
        let span = self.spans[index];
        let scratch = self.scratch;
        let (variable, copied) = match self.code[index] {
            Instruction::CountEnter { variable, .. } | Instruction::RangeEnter { variable, .. } => {
                (u32::from(variable.0), false)
            }
            Instruction::CountNext { variable, .. } | Instruction::RangeNext { variable, .. } => {
                (u32::from(variable.0), false)
            }
            Instruction::EachNext { variable, .. } => (u32::from(variable.0), true),
            _ => return None,
        };
        if !self.countable.contains(variable) || variable >= self.first_temporary && !copied {
            return None;
        }
        let target = self.jump_target(index)?;
        let holds = self.holds_before(variable, state, held);
        let releases = holds && self.owns(index, variable);
        let retains = copied && self.owns(target, variable);
        if holds && !releases {
            self.leave_out(variable as u8, false, self.why(index, variable));
        }
        if copied && !retains {
            self.leave_out(variable as u8, true, self.why(target, variable));
        }
        if !releases && !retains {
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
        let mut assign = Vec::new();
        if retains {
            assign.push(Instruction::Retain { value: Read(scratch) });
        }
        if releases {
            assign.push(Instruction::Release { value: Read(variable as u8) });
        }
        assign.push(Instruction::Move { to: Write(variable as u8), from: Read(scratch) });

        let taken = self.deaths(index, held, target, None);
        if falling {
            let label = self.edge(taken, target, span);
            let at = self.assembler.emit_jump(instruction, label, span);
            for instruction in assign {
                self.assembler.emit(instruction, span);
            }
            self.after(index, held, None);
            return Some(at);
        }
        // The next round is entered by way of the assignment: jump over it where there is none.
        let (round, done) = (self.assembler.label(), self.assembler.label());
        let at = self.assembler.emit_jump(instruction, round, span);
        self.after(index, held, None);
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
            let dead = self.deaths(index, self.held_temporaries(index), target, None);
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

    /// The temporaries to be released on the way from an instruction, that has written one of them, to
    /// the next, from which on nothing reads them.
    fn deaths(&mut self, index: usize, held: SlotSet, next: usize, written: Option<u32>) -> Vec<u32> {
        let Some(&live) = self.live.get(next) else { return Vec::new() };
        let owns = |slot| Some(slot) == written || self.owns(index, slot);
        let (dead, left_out): (Vec<u32>, Vec<u32>) =
            held.difference(live).iter().partition(|&slot| owns(slot) && self.refers(next, slot));
        for slot in left_out {
            let why = if Some(slot) == written { Why::NoReference } else { self.why(index, slot) };
            self.leave_out(slot as u8, false, why);
        }
        dead
    }

    /// Releases the temporaries that die where the instruction falls through.
    fn after(&mut self, index: usize, held: SlotSet, written: Option<u32>) {
        let dead = self.deaths(index, held, index + 1, written);
        self.release_all(&dead, self.spans[index]);
    }

    fn release_all(&mut self, slots: &[u32], span: Span) {
        for &slot in slots {
            self.assembler.emit(Instruction::Release { value: Read(slot as u8) }, span);
        }
    }

    /// Releases every variable that may hold a reference, except the one that is returned.
    fn release_variables(&mut self, index: usize, state: Assigned, returned: Option<u32>) {
        let variables = state.may.intersection(self.countable).below(self.first_temporary);
        for slot in variables.iter().filter(|&slot| slot >= 2 && Some(slot) != returned) {
            self.release(slot as u8, self.spans[index], self.owns(index, slot), self.why(index, slot));
        }
    }
}

/// The ways out of an instruction: falling through, and jumping.
fn edges(code: &[Instruction], at: usize) -> [Option<Edge>; 2] {
    let instruction = code[at];
    let effects = instruction.effects();
    let mut written = effects.clobbers_from.map_or(SlotSet::EMPTY, |from| SlotSet::ALL.from(from));
    effects.writes.iter().cloned().flatten().for_each(|slot| written.insert(slot));
    if let Instruction::EachEnter { walk, .. } = instruction {
        // The collection stays where it is.
        written.remove(walk.0.into());
    } else if let Instruction::EachNext { walk, .. } = instruction {
        written.remove(walk.0.into());
    }
    let edge = |to: usize, slot: Option<u32>| {
        let mut written = written;
        slot.into_iter().for_each(|slot| written.insert(slot));
        (to < code.len()).then_some(Edge { to, written })
    };
    let falling = if instruction.ends_path() { None } else { edge(at + 1, effects.writes_falling) };
    let target = effects.jump.map(|offset| (at as i64 + 1 + i64::from(offset)) as usize);
    [falling, target.and_then(|target| edge(target, effects.writes_jumping))]
}

/// Whether an instruction writes its variable on one of its ways out.
const fn is_loop(instruction: Instruction) -> bool {
    matches!(
        instruction,
        Instruction::CountEnter { .. }
            | Instruction::CountNext { .. }
            | Instruction::RangeEnter { .. }
            | Instruction::RangeNext { .. }
            | Instruction::EachEnter { .. }
            | Instruction::EachNext { .. }
    )
}

/// The slot that an instruction writes on one of its ways out, and where the value comes from.
fn origin(instruction: Instruction, jumping: bool) -> Option<(u32, Origin)> {
    let (slot, origin) = match instruction {
        Instruction::LoadGlobal { to, .. } => (to.0, Origin::Loaded(None)),
        Instruction::LoadElement { to, object, .. } | Instruction::LoadField { to, object, .. } => {
            (to.0, Origin::Loaded(Some(object.0)))
        }
        Instruction::Strengthen { to, .. } => (to.0, Origin::Strengthened),
        Instruction::Move { to, from } => (to.0, Origin::Moved(from.0)),
        Instruction::Allocate { to, .. }
        | Instruction::AllocateRecord { to, .. }
        | Instruction::AllocateArray { to, .. }
        | Instruction::TakeResult { to }
        | Instruction::Add { to, .. }
        | Instruction::AddTemporaries { to, .. } => (to.0, Origin::Made),
        Instruction::Call { window, .. } => (window.0, Origin::Made),
        Instruction::CallBuiltin { window, .. } => (window.0, Origin::Made),
        Instruction::CallBelow { .. } => return None,
        Instruction::EachNext { walk, variable, .. } if jumping => (variable.0, Origin::Loaded(Some(walk.0))),
        other => {
            let effects = other.effects();
            let on_one_way = if jumping { effects.writes_jumping } else { effects.writes_falling };
            let slot = match other {
                _ if is_loop(other) => on_one_way?,
                _ => effects.writes.first()?.start,
            };
            return Some((slot, Origin::Uncounted));
        }
    };
    Some((slot.into(), origin))
}

/// Whether an instruction neither frees anything before it has read its operands, nor allocates, so that
/// nobody looks at counts.
fn harmless(instruction: Instruction, countable: SlotSet) -> bool {
    match instruction {
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
            !countable.contains(u32::from(left.0)) || !countable.contains(u32::from(right.0))
        }
        other => other.effects().jump.is_some() && !matches!(other, Instruction::EachEnter { .. }),
    }
}
