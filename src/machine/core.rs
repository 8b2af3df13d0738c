//! What the handlers of instructions work on: the frame, and the [`Core`], which holds whatever else they
//! need of the machine where it is one load away. Where the machine has to do more than that, a handler
//! gives up, and [`Machine::perform`](super::machine::Machine) does the instruction.
//!
//! A slot is a `u8` and the frame's window is larger, so slots are not bounds-checked. Cells, because a
//! call takes the callee's window from the same stack while the caller's is still there.

use std::cell::Cell;

use super::blocks::Blocks;
use super::dispatch::{Exit, Handler};
use super::frame::Position;
use super::image::Op;
use crate::bytecode::Target;
use crate::limits::FRAME_WINDOW;
use crate::memory::{HeapStatistics, Tag, Value};

/// The words of a frame and of what may lie beyond it.
pub(super) type Words = [Cell<u64>; FRAME_WINDOW];
/// What each of them holds.
pub(super) type Tags = [Cell<Tag>; FRAME_WINDOW];

/// The frame of the instruction.
#[derive(Clone, Copy)]
pub(super) struct Frame<'m> {
    pub words: &'m Words,
    pub tags: &'m Tags,
}

/// Where an instruction that is done says to go on.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// At the next instruction.
    Next,
    /// At a jump's target.
    Jump(Target),
    /// At a jump's target, which most likely is where the last jump back went.
    Again(Target),
    /// At the entry of a function, in its frame.
    Enter(Position),
    /// Behind a call, in the caller's frame.
    Return(Position),
}

/// What is left to do of an instruction: nothing but to go on, or all of it, by the whole machine.
pub(super) type Done = Option<Step>;

impl Frame<'_> {
    /// The value in a slot.
    #[inline(always)]
    pub fn get(self, slot: impl Into<usize>) -> Value {
        let slot = slot.into();
        Value { word: self.words[slot].get(), tag: self.tags[slot].get() }
    }

    /// Puts a value into a slot.
    #[inline(always)]
    pub fn set(self, slot: impl Into<usize>, value: Value) {
        let slot = slot.into();
        // The word last: then the host's compiler knows it where the next instruction takes it from there.
        self.tags[slot].set(value.tag);
        self.words[slot].set(value.word);
    }

    /// Puts an integer into a slot that holds one.
    #[inline(always)]
    pub fn replace_integer(self, slot: impl Into<usize>, value: i64) {
        let slot = slot.into();
        debug_assert_eq!(self.tags[slot].get(), Tag::Integer, "slot {slot}");
        self.words[slot].set(value as u64);
    }

    /// The integer in a slot that holds one for certain.
    #[inline(always)]
    pub fn integer(self, slot: impl Into<usize>) -> i64 {
        self.word(slot, Tag::Integer) as i64
    }

    /// The float in a slot that holds one for certain.
    #[inline(always)]
    pub fn float(self, slot: impl Into<usize>) -> f64 {
        f64::from_bits(self.word(slot, Tag::Float))
    }

    /// The word in a slot that holds a value of that tag for certain.
    #[inline(always)]
    pub fn word(self, slot: impl Into<usize>, tag: Tag) -> u64 {
        let slot = slot.into();
        debug_assert_eq!(self.tags[slot].get(), tag, "slot {slot}");
        self.words[slot].get()
    }

    /// The boolean in a slot, if it holds one.
    #[inline(always)]
    pub fn boolean(self, slot: impl Into<usize>) -> Option<bool> {
        let value = self.get(slot);
        (value.tag == Tag::Boolean).then_some(value.word != 0)
    }

    /// The result of an instruction, which is done with it.
    #[inline(always)]
    pub fn give(self, to: impl Into<usize>, value: Value) -> Done {
        self.set(to, value);
        Some(Step::Next)
    }

    /// An integer result.
    #[inline(always)]
    pub fn give_integer(self, to: impl Into<usize>, value: i64) -> Done {
        self.give(to, Value::integer(value))
    }

    /// A float result.
    #[inline(always)]
    pub fn give_float(self, to: impl Into<usize>, value: f64) -> Done {
        self.give(to, Value::float(value))
    }
}

/// Done, if that is so.
#[inline(always)]
pub(super) const fn done(done: bool) -> Done {
    if done { Some(Step::Next) } else { None }
}

/// Takes a jump, or falls through.
#[inline(always)]
pub(super) const fn branch(taken: bool, target: Target) -> Done {
    Some(if taken { Step::Jump(target) } else { Step::Next })
}

/// What of a machine the handlers work on.
pub(super) struct Core<'m> {
    /// All of it.
    pub code: &'m [Op],
    /// Says when to look up, as the number of instructions then left to the end of the code if there were no more
    /// jumps. So it is the number left now, less those that may still be executed; a jump subtracts its offset, and
    /// falling through changes nothing.
    pub due: i64,
    /// The code from where the last jump back went. The next one most likely goes there, too, and the host's
    /// processor has not to wait for its offset to get at what is there.
    pub again: &'m [Op],
    /// The handler of the first instruction there.
    pub again_handler: Handler,
    /// The function that was called last, by index of its entry, and its code. The next call most likely is one of the
    /// same, and so the host's processor gets at the code before it has read which function it is.
    pub entered: usize,
    pub entered_code: &'m [Op],
    /// How much code is left where a jump goes back to elsewhere.
    pub elsewhere: usize,
    /// [`Exit::Perform`] and [`Exit::LookUp`], as nobody can know: if the host's compiler knew what a handler returns,
    /// it would not make a jump of the call.
    pub perform: Exit,
    pub look_up: Exit,
    /// Frames that there are.
    pub depth: u64,
    /// Where the machine is. Up to date only while no handler runs.
    pub position: Position,
    /// Base of the frame.
    pub base: u32,
    pub stack_words: &'m [Cell<u64>],
    pub stack_tags: &'m [Cell<Tag>],
    pub heap: Blocks<'m>,
    pub high_water: usize,
    pub calls: u64,
    /// Most frames at a time.
    pub deepest: u64,
    pub global_words: &'m [Cell<u64>],
    pub global_tags: &'m [Cell<Tag>],
    /// References are counted here.
    pub references: &'m mut HeapStatistics,
}

impl<'m> Core<'m> {
    /// Goes on by the handlers of a table, until one of them leaves.
    #[inline]
    pub fn run(&mut self, handlers: &[Handler; 256]) -> Exit {
        let Position { pc, base } = self.position;
        let Some((words, tags)) = self.window(base) else { return Exit::Perform };
        let Some(code) = self.code_from(pc) else { return Exit::Perform };
        self.base = base;
        handlers[usize::from(code[0].encoded[0])](code, words, tags, self, self.due)
    }

    /// The code from an index on, at least one instruction.
    #[inline(always)]
    pub fn code_from(&self, index: usize) -> Option<&'m [Op]> {
        if index < self.code.len() { self.code.get(index..) } else { None }
    }

    /// The code of a function from its entry on.
    #[inline(always)]
    pub fn entry(&mut self, index: usize) -> Option<&'m [Op]> {
        if self.entered != index {
            self.entered_code = self.code_from(index)?;
            self.entered = index;
        }
        Some(self.entered_code)
    }

    /// The index of an instruction.
    #[inline(always)]
    pub const fn index(&self, left: usize) -> usize {
        self.code.len() - left
    }

    /// The window of a frame. There is one wherever a frame may begin.
    #[inline(always)]
    pub fn window(&self, base: u32) -> Option<(&'m Words, &'m Tags)> {
        let window = base as usize..base as usize + FRAME_WINDOW;
        let words = self.stack_words.get(window.clone())?.try_into().ok()?;
        let tags = self.stack_tags.get(window)?.try_into().ok()?;
        Some((words, tags))
    }

    /// The value of a global.
    #[inline(always)]
    pub fn global(&self, global: u32) -> Option<Value> {
        let global = global as usize;
        Some(Value { word: self.global_words.get(global)?.get(), tag: self.global_tags.get(global)?.get() })
    }

    /// Overwrites a global.
    #[inline(always)]
    pub fn set_global(&self, global: u32, value: Value) -> Done {
        let global = global as usize;
        let (word, tag) = (self.global_words.get(global)?, self.global_tags.get(global)?);
        tag.set(value.tag);
        word.set(value.word);
        Some(Step::Next)
    }
}
