//! Calls and returns; built-ins, output and the end, which need the whole machine.

use super::handlers;
use crate::bytecode::Program;
use crate::machine::core::{Core, Done, Expected, Frame, Step};
use crate::machine::frame::{Position, link_to, linked_base, return_index};
use crate::memory::{Tag, Value};

/// Goes back to the caller with a value, if that is where the innermost call has said that it will be: then the
/// host's processor can go on before it has read that from the stack.
#[inline(always)]
fn leave(frame: Frame<'_>, core: &mut Core<'_>, value: Value) -> Done {
    if core.innermost_buffer >= core.base {
        return None;
    }
    let expected = core.returns[core.depth as usize % core.returns.len()].get();
    if (u64::from(expected.address), u64::from(expected.link)) != (frame.words[0].get(), frame.words[1].get()) {
        return None;
    }
    Some(back(frame, core, value, Position { pc: expected.pc as usize, base: expected.base }))
}

/// The same wherever that is.
#[inline(always)]
fn leave_anyhow(frame: Frame<'_>, core: &mut Core<'_>, value: Value) -> Done {
    if core.innermost_buffer >= core.base {
        return None;
    }
    let (address, link) = (frame.words[0].get(), frame.words[1].get());
    Some(back(frame, core, value, Position { pc: return_index(address), base: linked_base(link) }))
}

#[inline(always)]
fn back(frame: Frame<'_>, core: &mut Core<'_>, value: Value, position: Position) -> Step {
    frame.set(0_u8, value);
    core.depth -= 1;
    Step::Return(position)
}

handlers! { here, frame, core:
    Call { window, .. } => {
        let callee = here.resolved.callee();
        let base = core.base + u32::from(window.0);
        if base as usize + callee.frame_words as usize > core.high_water {
            return None;
        }
        let behind = core.index(here.left) as u32 + 1;
        let return_address = Program::address(behind);
        let (address, link) = (u64::from(return_address), link_to(core.base));
        frame.set(window, Value::new(address, Tag::CodeAddress));
        frame.set(window.0.wrapping_add(1), Value::new(link, Tag::FrameLink));
        core.calls += 1;
        core.depth += 1;
        core.returns[core.depth as usize % core.returns.len()].set(Expected {
            address: return_address,
            link: link as u32,
            pc: behind,
            base: core.base,
        });
        core.deepest = core.deepest.max(core.depth);
        Some(Step::Enter(Position { pc: callee.entry, base }))
    };
    Return { value } => leave(frame, core, frame.get(value)), otherwise leave_anyhow(frame, core, frame.get(value));
    ReturnNull {} => leave(frame, core, Value::NULL), otherwise leave_anyhow(frame, core, Value::NULL);
    CallBelow { .. } => None;
    TakeResult { .. } => None;
    CallBuiltin { .. } => None;

    Print { .. } => None;
    PrintResult { .. } => None;
    Echo { .. } => None;
    Breakpoint {} => None;
    Halt {} => None;
}
