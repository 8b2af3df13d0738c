//! The loop around the handlers: it starts them, looks up now and then whether the program is to stop, and
//! has the whole machine do what they leave to it.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use super::blocks::Blocks;
use super::checks::Checks;
use super::core::Core;
use super::dispatch::{Exit, handler_of, handlers};
use super::frame::{Position, linked_base, return_index};
use super::host::Host;
use super::machine::{End, Machine};
use super::perform::Flow;
use super::probe::Probe;
use super::trap::{Cause, Ending};
use crate::memory::Event;

/// Instructions between two looks at the interrupt flag, if there is a jump, a call or a return among them. Not many: were
/// the calls of handlers no jumps after all, so many of them would have to fit on the host's stack.
const POLL_INTERVAL: u64 = 1 << 14;

/// How far a run has got.
struct Progress {
    position: Position,
    /// Number of executed instructions at which to look up.
    poll_at: u64,
    /// Instructions that there are.
    length: usize,
    /// See [`Core::due`].
    due: i64,
    calls: u64,
    /// Most frames at a time.
    deepest: u64,
    /// Frames that there are.
    depth: u64,
}

impl Progress {
    /// Instructions executed before the one at `position`.
    const fn executed(&self) -> u64 {
        (self.poll_at as i64 - self.remaining()) as u64
    }

    /// Instructions to execute before it is time to look up.
    const fn remaining(&self) -> i64 {
        self.left() - self.due
    }

    /// Instructions from the one at `position` to the end of the code.
    const fn left(&self) -> i64 {
        (self.length - self.position.pc) as i64
    }

    /// The program goes on elsewhere than at the next instruction.
    const fn go_to(&mut self, position: Position) {
        self.due -= position.pc as i64 - (self.position.pc as i64 + 1);
        self.position = position;
    }
}

impl Machine<'_> {
    /// Runs from `start` until something ends the program.
    #[inline(never)]
    pub(super) fn execute<P: Probe, C: Checks>(
        &mut self,
        start: Position,
        host: &mut dyn Host,
        probe: &mut P,
        interrupt: &AtomicBool,
    ) -> End {
        const { assert!(C::STOPS, "the handlers take linkage words and headers as they are") };
        let poll_at = self.next_poll(self.counts.instructions);
        let depth = self.frames(start).count() as u64;
        let length = self.image.ops().len();
        let mut progress = Progress {
            position: start,
            poll_at,
            length,
            due: (length - start.pc) as i64 - (poll_at - self.counts.instructions) as i64,
            calls: self.counts.calls,
            depth,
            deepest: self.counts.max_call_depth.max(depth),
        };
        loop {
            let exit = self.handle(&mut progress, probe);
            let position = progress.position;
            let mut look_up = true;
            if exit == Exit::Stepped {
                self.count(&progress, 0);
                return End::Paused(position);
            }
            if exit == Exit::Perform {
                let outcome = self.perform(position, host);
                if P::ACTIVE {
                    self.tell(probe, position);
                }
                let end = match outcome {
                    Ok(Flow::Next) => {
                        progress.position.pc += 1;
                        // It may have taken long, and so may the next ones.
                        look_up = interrupt.load(Ordering::Relaxed);
                        None
                    }
                    Ok(Flow::Jump(target)) => {
                        let pc = position.pc.wrapping_add_signed(target.0 as isize + 1);
                        progress.go_to(Position { pc, ..position });
                        None
                    }
                    Ok(Flow::Enter { base, entry }) => {
                        progress.go_to(Position { pc: entry as usize, base });
                        progress.calls += 1;
                        progress.depth += 1;
                        progress.deepest = progress.deepest.max(progress.depth);
                        None
                    }
                    Ok(Flow::Leave(value)) => {
                        let stack = &mut self.memory.space.stack;
                        let pc = return_index(stack.words[position.base as usize]);
                        let base = linked_base(stack.words[position.base as usize + 1]);
                        stack.set(position.base as usize, value);
                        progress.go_to(Position { pc, base });
                        progress.depth -= 1;
                        None
                    }
                    Ok(Flow::Pause) => Some(End::Paused(Position { pc: position.pc + 1, ..position })),
                    Ok(Flow::Halt) => Some(End::Finished),
                    Err(Ending::Exited) => Some(End::Exited),
                    Err(Ending::OutputClosed) => Some(End::OutputClosed),
                    Err(Ending::Trapped(cause)) => Some(End::Trapped(self.trap(*cause, position))),
                };
                if let Some(end) = end {
                    // The instruction was the last.
                    self.count(&progress, 1);
                    return end;
                }
            }
            if look_up && let Some(end) = self.look_up(&mut progress, interrupt) {
                return end;
            }
        }
    }

    /// Runs handlers until they have to leave the rest to the whole machine, or until the probe says so: then
    /// a step is done.
    fn handle<P: Probe>(&mut self, progress: &mut Progress, probe: &mut P) -> Exit {
        let program = self.program;
        let space = &mut self.memory.space;
        let mut core = Core {
            code: self.image.ops(),
            due: progress.due,
            again: &[],
            again_handler: handler_of(0),
            elsewhere: 0,
            entered: usize::MAX,
            entered_code: &[],
            perform: Exit::Perform,
            look_up: Exit::LookUp,
            depth: progress.depth,
            position: progress.position,
            base: progress.position.base,
            stack_words: Cell::from_mut(&mut space.stack.words[..]).as_slice_of_cells(),
            stack_tags: Cell::from_mut(&mut space.stack.tags[..]).as_slice_of_cells(),
            heap: Blocks::new(&mut space.heap),
            high_water: self.high_water,
            calls: progress.calls,
            deepest: progress.deepest,
            global_words: &Cell::from_mut(&mut space.statics.words[..]).as_slice_of_cells()[self.first_global..],
            global_tags: &Cell::from_mut(&mut space.statics.tags[..]).as_slice_of_cells()[self.first_global..],
            references: &mut self.memory.counts,
        };
        let handlers = handlers(P::ACTIVE);
        let exit = loop {
            if P::ACTIVE && probe.pauses(program, core.position) {
                break Exit::Stepped;
            }
            let exit = core.run(handlers);
            if exit != Exit::Stepped {
                break exit;
            }
        };
        let Core { position, due, depth, calls, deepest, .. } = core;
        (progress.position, progress.due, progress.depth) = (position, due, depth);
        (progress.calls, progress.deepest) = (calls, deepest);
        exit
    }

    /// Looks whether it is time to stop. Nothing of the instruction at the position is done.
    fn look_up(&mut self, progress: &mut Progress, interrupt: &AtomicBool) -> Option<End> {
        let interrupted = interrupt.load(Ordering::Relaxed);
        if !interrupted && progress.remaining() > 0 {
            return None;
        }
        let executed = progress.executed();
        let limit = self.max_steps.filter(|&limit| executed >= limit);
        if limit.is_some() || interrupted {
            self.count(progress, 0);
            let trap = self.trap(Cause::StepLimit(limit.unwrap_or(executed)), progress.position);
            return Some(if limit.is_some() { End::Trapped(trap) } else { End::Interrupted(trap) });
        }
        let next = self.next_poll(executed);
        progress.due -= (next - progress.poll_at) as i64;
        progress.poll_at = next;
        None
    }

    /// Takes over the counts of a run, and what has been executed since.
    const fn count(&mut self, progress: &Progress, since: u64) {
        self.counts.instructions = progress.executed() + since;
        self.counts.calls = progress.calls;
        self.counts.max_call_depth = progress.deepest;
    }

    /// Tells a probe what has happened to blocks since it was last told.
    fn tell<P: Probe>(&mut self, probe: &mut P, position: Position) {
        for event in self.memory.journal.take() {
            let site = self.site(position);
            let backtrace = &mut || self.backtrace(position);
            match event {
                Event::Allocated(block) => probe.allocated(&block, site, backtrace),
                Event::Freed(serial) => probe.freed(serial, site, backtrace),
                Event::Reported => probe.reported(),
            }
        }
    }

    /// The number of executed instructions at which to look up next.
    fn next_poll(&self, executed: u64) -> u64 {
        let next = executed.saturating_add(POLL_INTERVAL);
        self.max_steps.map_or(next, |limit| next.min(limit))
    }
}
