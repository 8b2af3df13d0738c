//! Constants, variables, globals, references to what may die.

use super::handlers;
use crate::machine::blocks::is_plain_value;
use crate::machine::core::done;
use crate::memory::{Memory, Tag, Value};

handlers! { resolved, frame, core:
    LoadInteger { to, value } => frame.give_integer(to, i64::from(value.0));
    LoadConstant { to, .. } => frame.give(to, resolved.constant());
    Move { to, from } => frame.give(to, frame.get(from));
    Clear { to } => frame.give(to, Value::UNINITIALISED);
    CheckAssigned { variable } => done(frame.get(variable).tag != Tag::Uninitialised);
    CheckBoolean { value } => done(frame.get(value).tag == Tag::Boolean);
    LoadGlobal { to, global } => {
        let value = core.global(global.0)?;
        if is_plain_value(value.tag) { frame.give(to, value) } else { None }
    };
    StoreGlobal { from, global } => core.set_global(global.0, frame.get(from));

    Weaken { to, from } => frame.give(to, Memory::weaken(frame.get(from)));
    Strengthen { to, from } => {
        let value = frame.get(from);
        if value.tag.is_weak() { None } else { frame.give(to, value) }
    };
    Retain { value } => done(core.heap.retain(core.references, frame.get(value)));
    Release { value } => done(core.heap.release(core.references, frame.get(value)));
    StoreGlobalCounted { from, global } => {
        let (held, value) = (core.global(global.0)?, frame.get(from));
        if !core.heap.exchange(core.references, held, value) {
            return None;
        }
        core.set_global(global.0, value)
    };
    StoreGlobalGiven { from, global } => {
        let held = core.global(global.0)?;
        if !core.heap.release(core.references, held) {
            return None;
        }
        core.set_global(global.0, frame.get(from))
    };
}
