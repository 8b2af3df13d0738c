//! What a session at a prompt asks of a machine: to let its program grow between two inputs, to evaluate
//! something below a paused program with that program's variables at hand, and to give up what an
//! error has left on the stack.

use std::sync::atomic::AtomicBool;

use super::frame::Position;
use super::host::Host;
use super::machine::{End, Machine};
use super::probe::Probe;
use crate::bytecode::{Function, Program};
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
            reciprocals,
            callees,
            record_layouts,
            field_caches,
            buffers,
            innermost_buffer,
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
            reciprocals,
            callees,
            record_layouts,
            field_caches,
            buffers,
            innermost_buffer,
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
                self.move_variables(position.base as usize, base, function as usize);
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

    /// Whether there is a program that can go on.
    pub fn is_paused(&self) -> bool {
        self.activities.last().is_some_and(|activity| !activity.is_wreck)
    }

    /// Gives up what an error, an interruption or `exit()` has left on the stack.
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

    /// Gives the variables of what was evaluated back to the program that is paused above it.
    fn give_variables_back(&mut self, ended: Activity) {
        let Some(outer) = self.activities.last() else { return };
        let function = self.program.function_at(outer.position.pc as u32);
        self.move_variables(ended.base as usize, outer.position.base as usize, function);
    }

    /// Copies the variables of a frame to a frame of `function` that has them in the same slots.
    fn move_variables(&mut self, from: usize, to: usize, function: usize) {
        let first = usize::from(Function::LINKAGE);
        let words = self.program.functions[function].variables.len();
        let stack = &mut self.memory.space.stack;
        stack.words.copy_within(from + first..from + first + words, to + first);
        stack.tags.copy_within(from + first..from + first + words, to + first);
    }
}
