//! What a session at a prompt asks of a machine: to let its program grow between two inputs, to evaluate
//! something below a paused program with that program's variables at hand, and to give up what an
//! error has left on the stack.

use std::sync::atomic::AtomicBool;

use super::frame::Position;
use super::host::Host;
use super::machine::{End, Machine};
use super::probe::Probe;
use super::trap::Cause;
use crate::bytecode::liveness::{FrameMap, SlotSet};
use crate::bytecode::{Program, Variable};
use crate::memory::{Fault, Root, Tag, Value};

/// A program that has been begun and not ended: the file, an input, or what is evaluated while another
/// one is paused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activity {
    /// Base of its top level's frame.
    base: u32,
    /// Where it stands while it does not run.
    position: Position,
    /// Whether it was ended before its end: it cannot go on, but can be looked at.
    is_wreck: bool,
}

impl Activity {
    /// Whether it stands in the frame that begins at `base`.
    pub(super) const fn stands_in(&self, base: usize) -> bool {
        self.position.base as usize == base
    }
}

/// What every machine runs between two inputs.
static NOTHING: Program = Program::EMPTY;

impl Machine<'_> {
    /// The machine without its program, which may then grow at its end.
    pub fn detach(self) -> Machine<'static> {
        self.attach(&NOTHING)
    }

    /// The machine with a program that begins with all that it knows of the one before.
    /// [`Machine::take_in`] is to follow.
    pub fn attach(self, program: &Program) -> Machine<'_> {
        let Machine {
            program: _,
            memory,
            result,
            constants,
            first_global,
            image,
            record_layouts,
            buffers,
            stack_words,
            high_water,
            random,
            max_steps,
            stress,
            frame_maps,
            activities,
            counts,
            survived,
        } = self;
        Machine {
            program,
            memory,
            result,
            constants,
            first_global,
            image,
            record_layouts,
            buffers,
            stack_words,
            high_water,
            random,
            max_steps,
            stress,
            frame_maps,
            activities,
            counts,
            survived,
        }
    }

    /// Runs a top level: below the paused program, if there is one, whose innermost variables it then
    /// begins with, and to which it gives them back.
    pub fn evaluate<P: Probe>(
        &mut self,
        function: u32,
        host: &mut dyn Host,
        probe: &mut P,
        interrupt: &AtomicBool,
    ) -> End {
        let under = self.activities.last().map(|activity| activity.position);
        let base = self.floor();
        let start = Position { pc: self.program.functions[function as usize].entry as usize, base: base as u32 };
        if let Err(cause) = self.take_stack(base, function as usize) {
            return End::Trapped(self.trap(cause, under.unwrap_or(start)));
        }
        match under {
            Some(position) => {
                self.link(base, position);
                self.lend_variables(position, base);
            }
            None => {
                self.memory.space.stack.set(base, Value::new(0, Tag::CodeAddress));
                self.memory.space.stack.set(base + 1, Value::new(0, Tag::FrameLink));
            }
        }
        self.activities.push(Activity { base: base as u32, position: start, is_wreck: false });
        let end = self.proceed(start, host, probe, interrupt);
        self.settle(end)
    }

    /// Goes on with the innermost paused program, if there is one.
    pub fn go_on<P: Probe>(&mut self, host: &mut dyn Host, probe: &mut P, interrupt: &AtomicBool) -> Option<End> {
        let position = self.activities.last().filter(|activity| !activity.is_wreck)?.position;
        let end = self.proceed(position, host, probe, interrupt);
        Some(self.settle(end))
    }

    /// Where the machine stands: in the innermost program that is not at its end.
    pub fn position(&self) -> Option<Position> {
        self.activities.last().map(|activity| activity.position)
    }

    /// Where the machine stood when what runs now was begun.
    pub fn outer_position(&self) -> Option<Position> {
        let outer = self.activities.len().checked_sub(2)?;
        Some(self.activities[outer].position)
    }

    /// Whether there is a program that can go on, once what lies on it is cleared.
    pub fn is_paused(&self) -> bool {
        self.activities.iter().any(|activity| !activity.is_wreck)
    }

    /// Whether something lies on the stack that was ended before its end.
    pub fn has_wreck(&self) -> bool {
        self.activities.last().is_some_and(|activity| activity.is_wreck)
    }

    /// Makes a wreck of the innermost paused program; false if there is none.
    pub fn give_up(&mut self) -> bool {
        let innermost = self.activities.last_mut();
        innermost.is_some_and(|activity| !std::mem::replace(&mut activity.is_wreck, true))
    }

    /// What the machine has not the memory to take in cannot run.
    pub fn refuse(&mut self, fault: Fault, function: u32) -> End {
        let pc = self.program.functions[function as usize].entry as usize;
        End::Trapped(self.trap(Cause::Fault(fault), Position { pc, base: self.floor() as u32 }))
    }

    /// The variables of the function where the machine stands, by slot, each with whether it may have a value.
    pub fn variables_at_prompt(&mut self) -> Vec<(Variable, bool)> {
        let Some(position) = self.position() else { return Vec::new() };
        let lent = self.lendable(position);
        let program = self.program;
        let variables = &program.functions[program.function_at(position.pc as u32)].variables;
        variables.iter().map(|variable| (variable.clone(), lent.contains(u32::from(variable.slot)))).collect()
    }

    /// Gives up the innermost of what errors, interruptions and `exit()` have left on the stack, if anything lies
    /// there.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub fn clear_wreck(&mut self) -> Result<(), Fault> {
        let Some(wreck) = self.activities.pop_if(|activity| activity.is_wreck) else { return Ok(()) };
        self.retire_buffers(wreck.base as usize)?;
        self.give_variables_back(wreck);
        let roots = self.prompt_roots();
        self.memory.recount(&roots)
    }

    /// What keeps blocks alive while nothing runs.
    pub fn prompt_roots(&mut self) -> Vec<Root> {
        match self.position() {
            Some(position) => self.roots(position),
            None => {
                let mut roots = self.globals();
                for &header in &self.buffers {
                    roots.extend(self.memory.buffer_words(header).map(Root::stack));
                }
                roots
            }
        }
    }

    /// Has the strategy collect, if it does, while nothing runs.
    ///
    /// # Errors
    /// See [`crate::memory::Memory::collect`].
    pub fn collect_at_prompt(&mut self) -> Result<(), Fault> {
        let roots = self.prompt_roots();
        self.memory.collect(&roots)
    }

    /// Audits the heap and the roots while nothing runs, if the machine is to audit at all. What an error has cut
    /// short may hold counts that [`Machine::clear_wreck`] is going to put right.
    ///
    /// # Panics
    /// If something is wrong with them: that would be our mistake.
    pub fn audit_at_prompt(&mut self) {
        if !self.stress {
            return;
        }
        let audited = if self.has_wreck() {
            self.memory.audit()
        } else {
            let roots = self.prompt_roots();
            // A session leaves no counts out.
            self.memory.audit_with(&roots, &roots)
        };
        if let Err(problem) = audited {
            panic!("the heap is unsound at the prompt: {problem}");
        }
    }

    /// What the end of a run means for the innermost program.
    fn settle(&mut self, end: End) -> End {
        let Some(activity) = self.activities.last_mut() else { return end };
        match &end {
            End::Paused(position) => activity.position = *position,
            End::Trapped(trap) | End::Interrupted(trap) => {
                activity.position = trap.position();
                activity.is_wreck = true;
            }
            End::Finished | End::OutputClosed => {
                let ended = *activity;
                self.activities.pop();
                self.give_variables_back(ended);
            }
            End::Exited => activity.is_wreck = true,
        }
        end
    }

    /// The stack index where the frame of the next top level begins: below the innermost frame, and below
    /// the stack buffers of earlier inputs, which stay.
    fn floor(&self) -> usize {
        let frame = self.activities.last().map_or(0, |activity| self.frame_end(activity.position));
        let buffer = self.buffers.last().map_or(0, |&header| header + 1);
        frame.max(buffer)
    }

    /// The slots of variables that may have a value where a program stands. In the others is what earlier frames
    /// have left there.
    fn lendable(&mut self, position: Position) -> SlotSet {
        let program = self.program;
        let index = program.function_at(position.pc as u32);
        let function = &program.functions[index];
        let map = self.frame_maps[index].get_or_insert_with(|| Box::new(FrameMap::new(program, function)));
        map.before(position.pc as u32).below(function.first_temporary().into())
    }

    /// Copies the variables of a paused program to the frame at `base`, which has them in the same slots.
    fn lend_variables(&mut self, position: Position, base: usize) {
        let lent = self.lendable(position);
        let variables = &self.program.functions[self.program.function_at(position.pc as u32)].variables;
        let stack = &mut self.memory.space.stack;
        for slot in variables.iter().map(|variable| variable.slot) {
            let value = match lent.contains(slot.into()) {
                true => stack.get(position.base as usize + usize::from(slot)),
                false => Value::UNINITIALISED,
            };
            stack.set(base + usize::from(slot), value);
        }
    }

    /// Gives the variables of what was evaluated back to the program that is paused above it.
    fn give_variables_back(&mut self, ended: Activity) {
        let Some(position) = self.position() else { return };
        let lent = self.lendable(position);
        let stack = &mut self.memory.space.stack;
        for slot in lent.iter().map(|slot| slot as usize) {
            stack.set(position.base as usize + slot, stack.get(ended.base as usize + slot));
        }
    }
}
