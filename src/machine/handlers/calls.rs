//! Calls and returns; built-ins, output and the end, which need the whole machine.

use super::handlers;
use crate::bytecode::Program;
use crate::machine::core::{Core, Frame, Step};
use crate::machine::frame::{Position, link_to, linked_base, return_index};
use crate::memory::{Tag, Value};

/// Goes back to the caller with a value.
#[inline(always)]
fn leave(frame: Frame<'_>, core: &mut Core<'_>, value: Value) -> Step {
    let (address, link) = (frame.words[0].get(), frame.words[1].get());
    frame.set(0_usize, value);
    core.depth -= 1;
    Step::Return(Position { pc: return_index(address), base: linked_base(link) })
}

handlers! { resolved, frame, core:
    Call { window, .. } => {
        let callee = resolved.callee();
        let base = core.base + u32::from(window.0);
        // Deeper than ever is for the whole machine, which keeps the records.
        if base as usize + callee.frame_words as usize > core.high_water || core.depth >= core.deepest {
            return None;
        }
        frame.set(window, Value::new(Program::address(callee.behind).into(), Tag::CodeAddress));
        frame.set(usize::from(window) + 1, Value::new(link_to(core.base), Tag::FrameLink));
        core.calls += 1;
        core.depth += 1;
        Some(Step::Enter(Position { pc: callee.entry as usize, base }))
    };
    Return { value } => Some(leave(frame, core, frame.get(value)));
    ReturnNull {} => Some(leave(frame, core, Value::NULL));
    CallBelow { .. } => None;
    TakeResult { .. } => None;
    CallBuiltin { .. } => None;

    Print { .. } => None;
    PrintResult { .. } => None;
    Echo { .. } => None;
    Breakpoint {} => None;
    Halt {} => None;
}
