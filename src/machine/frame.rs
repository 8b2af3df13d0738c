//! Frames on the simulated stack: the linkage words that calls leave there, read back by returns and
//! by everyone who asks who called whom. A frame is named by its *base*, the stack index of its
//! return address; slot `k` is the word at `base + k`.

use std::collections::VecDeque;

use super::machine::Machine;
use super::trap::{Backtrace, Cause, FrameFacts};
use crate::bytecode::{Function, Program};
use crate::limits::FRAME_WINDOW;
use crate::memory::address_space::STACK_TOP;
use crate::memory::{Fault, Memory, Tag, Value};

/// Slots of the linkage words, before the parameters.
pub const LINKAGE_WORDS: usize = Function::LINKAGE as usize;

/// Innermost frames that a backtrace keeps: enough to show a repeating cycle.
const KEPT_INNERMOST: usize = 64;
/// Outermost frames that a backtrace keeps.
const KEPT_OUTERMOST: usize = 16;

/// Where a machine is: an instruction, and the frame it runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Index of the instruction.
    pub pc: usize,
    /// Base of the frame. A stack has less than 2^32 words.
    pub base: u32,
}

/// Address of the base word of a frame: what a frame link holds.
#[inline]
pub const fn link_to(base: u32) -> u64 {
    STACK_TOP.wrapping_sub(8 * (base + 1)) as u64
}

/// Base of the frame that a frame link refers to.
#[inline]
pub const fn linked_base(link: u64) -> u32 {
    (STACK_TOP.wrapping_sub(link as u32) >> 3).wrapping_sub(1)
}

/// Index of the instruction that a return address refers to; nonsense for the top level's.
#[inline]
pub const fn return_index(address: u64) -> usize {
    (address.wrapping_sub(Program::CODE_BASE as u64) >> 3) as usize
}

/// A frame as found on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Index of its function.
    pub function: usize,
    /// Index of the instruction it is at: the innermost's own, of the others the call.
    pub at: usize,
    /// Stack index of its first word.
    pub base: usize,
    /// One past the stack index of its last word: where the frame it called begins.
    pub end: usize,
}

/// The frames from a position outwards.
#[derive(Clone, Debug)]
pub struct Frames<'m> {
    program: &'m Program,
    memory: &'m Memory,
    next: Option<Position>,
    end: Option<usize>,
}

impl<'m> Frames<'m> {
    /// The frames that are there when a machine is at `position`.
    pub const fn new(program: &'m Program, memory: &'m Memory, position: Position) -> Frames<'m> {
        Frames { program, memory, next: Some(position), end: None }
    }
}

/// Ends early where linkage words have been overwritten: a frame's caller lies above it.
impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let Position { pc, base } = self.next?;
        let base = base as usize;
        let function = self.program.function_at(pc as u32);
        let end = self.end.unwrap_or(base + self.program.functions[function].frame_words as usize);
        let &[return_address, link] = self.memory.space.stack.words.get(base..base + 2)? else { return None };
        self.next = self
            .program
            .index(return_address)
            .map(|index| Position { pc: (index as usize).saturating_sub(1), base: linked_base(link) })
            .filter(|caller| (caller.base as usize) < base);
        self.end = Some(base);
        Some(Frame { function, at: pc, base, end })
    }
}

impl Machine<'_> {
    /// The frames from `position` outwards.
    pub(super) const fn frames(&self, position: Position) -> Frames<'_> {
        Frames::new(self.program, &self.memory, position)
    }

    /// The same where nothing may run.
    pub(super) fn frames_at(&self, position: Option<Position>) -> impl Iterator<Item = Frame> + '_ {
        position.into_iter().flat_map(|position| self.frames(position))
    }

    /// The call stack at `position`.
    pub fn backtrace(&self, position: Position) -> Backtrace {
        let mut innermost = Vec::new();
        let mut outermost = VecDeque::new();
        let mut depth = 0;
        for frame in self.frames(position) {
            depth += 1;
            let facts = FrameFacts { function: frame.function as u32, at: frame.at as u32 };
            if innermost.len() < KEPT_INNERMOST {
                innermost.push(facts);
                continue;
            }
            if outermost.len() == KEPT_OUTERMOST {
                outermost.pop_front();
            }
            outermost.push_back(facts);
        }
        let omitted = depth - (innermost.len() + outermost.len()) as u64;
        if omitted == 0 {
            innermost.extend(outermost.drain(..));
        }
        Backtrace { innermost, omitted, outermost: outermost.into(), depth }
    }

    /// The instruction that an allocation at `position` is blamed on: the user's innermost.
    pub(super) fn site(&self, position: Position) -> u32 {
        if !self.program.is_library(position.pc as u32) {
            return position.pc as u32;
        }
        let user = self.frames(position).find(|frame| !self.program.is_library(frame.at as u32));
        user.map_or(position.pc, |frame| frame.at) as u32
    }

    /// Makes sure that a frame of a function may begin at `base`.
    ///
    /// # Errors
    /// The stack's limit; the host's refusal.
    pub(super) fn take_stack(&mut self, base: usize, function: usize) -> Result<(), Cause> {
        let words = self.program.functions[function].frame_words as usize;
        let end = base + words;
        if end > self.stack_words {
            return Err(Cause::StackOverflow {
                used: 8 * base as u64,
                needed: 8 * words as u64,
                limit: 8 * self.stack_words as u64,
            });
        }
        let stack = &mut self.memory.space.stack;
        let wanted = end + FRAME_WINDOW;
        if stack.words.len() < wanted {
            let doubled = (2 * stack.words.len()).min(self.stack_words + FRAME_WINDOW);
            let length = wanted.max(doubled);
            if !stack.commit(length, Tag::Uninitialised) {
                return Err(Cause::Fault(Fault::Host { bytes: 9 * length as u64 }));
            }
        }
        self.high_water = self.high_water.max(end);
        Ok(())
    }

    /// Writes the linkage words of a frame at `base` that the call at `caller` makes.
    pub(super) fn link(&mut self, base: usize, caller: Position) {
        let return_address = u64::from(Program::address(caller.pc as u32 + 1));
        let stack = &mut self.memory.space.stack;
        stack.set(base, Value::new(return_address, Tag::CodeAddress));
        stack.set(base + 1, Value::new(link_to(caller.base), Tag::FrameLink));
    }

    /// Ends the life of the stack buffers of the frame at `base`, which is about to go.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub(super) fn retire_buffers(&mut self, base: usize) -> Result<(), Fault> {
        while let Some(header) = self.buffers.pop_if(|header| *header >= base) {
            self.memory.remove_buffer(header)?;
        }
        Ok(())
    }
}
