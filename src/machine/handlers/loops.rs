//! The steps of loops.

use super::handlers;
use crate::machine::core::{Done, Frame, Step};
use crate::memory::{Tag, Value};

/// The next round of a counted loop, unless the counter has reached the limit.
#[inline(always)]
pub(super) fn count(frame: Frame<'_>, counter: u8, variable: u8, last: i64) -> Option<()> {
    let now = frame.get(counter).as_integer();
    // Below the limit, so one more cannot overflow.
    (now < last).then(|| step(frame, counter, variable, now.wrapping_add(1)))
}

/// The next round of a counted loop whose step is in the slot after the limit.
#[inline(always)]
pub(super) fn advance(frame: Frame<'_>, counter: u8, variable: u8, limit: u8) -> Option<()> {
    let (now, last) = (frame.get(counter).as_integer(), frame.get(limit).as_integer());
    let by = frame.get(usize::from(limit) + 1).as_integer();
    // A counter that would not fit has passed every limit.
    let next = now.checked_add(by)?;
    // Complements are ordered the other way round. No step is 0.
    let sign = by >> 63;
    (next ^ sign <= last ^ sign).then(|| step(frame, counter, variable, next))
}

/// Gives the next integer to the counter, which holds one, and to the variable, which mostly is the counter.
#[inline(always)]
fn step(frame: Frame<'_>, counter: u8, variable: u8, next: i64) {
    frame.replace_integer(counter, next);
    if variable != counter {
        frame.set(variable, Value::integer(next));
    }
}

/// Whether there is another round.
#[inline(always)]
pub(super) const fn round(another: Option<()>, target: crate::bytecode::Target) -> Done {
    Some(if another.is_some() { Step::Again(target) } else { Step::Next })
}

handlers! { resolved, frame, core:
    CountEnter { counter, variable, limit, target } => {
        let (from, last) = (frame.get(counter), frame.get(limit));
        if from.tag != Tag::Integer || last.tag != Tag::Integer {
            return None;
        }
        if from.as_integer() <= last.as_integer() { frame.give(variable, from) } else { Some(Step::Jump(target)) }
    };
    CountNext { counter, variable, limit, target } => {
        if frame.get(counter).tag != Tag::Integer {
            return None;
        }
        round(count(frame, counter.0, variable.0, frame.get(limit).as_integer()), target)
    };
    RangeEnter { .. } => None;
    RangeNext { counter, variable, limit, target } => {
        if frame.get(counter).tag != Tag::Integer {
            return None;
        }
        round(advance(frame, counter.0, variable.0, limit.0), target)
    };
    EachEnter { .. } => None;
    EachNext { walk, variable, target } => {
        let (length, index) = (usize::from(walk) + 1, usize::from(walk) + 2);
        let at = frame.get(index).word;
        if at >= frame.get(length).word {
            return Some(Step::Next);
        }
        let element = core.heap.fetch(walk.0, frame.get(walk), Value::integer(at as i64))?;
        frame.set(index, Value::integer(at as i64 + 1));
        frame.set(variable, element);
        Some(Step::Again(target))
    };
}
