//! Counted loops. Counter, limit and step are all integers or all floats once the loop has begun, so
//! that handlers need to look at the counter's type only.

use super::display::show;
use super::machine::Machine;
use super::operators;
use super::perform::Flow;
use super::trap::{Cause, Ending};
use crate::bytecode::Target;
use crate::memory::{Tag, Value};

impl Machine<'_> {
    /// Begins a counted loop; `slots` are those of counter, variable and limit. Without a `step` slot
    /// the step is 1.
    pub(super) fn enter_range(
        &mut self,
        base: usize,
        slots: [u8; 3],
        step: Option<u8>,
        target: Target,
    ) -> Result<Flow, Ending> {
        let [counter, variable, limit] = slots;
        let from = self.slot(base, counter);
        let to = self.slot(base, limit);
        let by = step.map_or(Value::integer(1), |step| self.slot(base, step));
        for bound in [from, to, by] {
            if !matches!(bound.tag, Tag::Integer | Tag::Float) {
                return Err(Cause::LoopBound(show(&self.memory, bound)).into());
            }
        }
        if operators::to_float(by) == Some(0.0) {
            return Err(Cause::ZeroStep.into());
        }
        let Some([from, to, by]) = uniform_range(from, to, by) else { return Ok(Flow::Jump(target)) };
        self.set_slot(base, counter, from);
        self.set_slot(base, limit, to);
        if let Some(step) = step {
            self.set_slot(base, step, by);
        }
        if !within(from, to, by) {
            return Ok(Flow::Jump(target));
        }
        self.set_slot(base, variable, from);
        Ok(Flow::Next)
    }

    /// The next round of a counted loop.
    pub(super) fn next_in_range(
        &mut self,
        base: usize,
        slots: [u8; 3],
        step: Option<u8>,
        target: Target,
    ) -> Result<Flow, Ending> {
        let [counter, variable, limit] = slots;
        let now = self.slot(base, counter);
        let by = match step {
            Some(step) => self.slot(base, step),
            None if now.tag == Tag::Float => Value::float(1.0),
            None => Value::integer(1),
        };
        let next = match now.tag {
            Tag::Float => Some(Value::float(now.as_float() + by.as_float())),
            // A counter that would not fit has passed every limit.
            _ => now.as_integer().checked_add(by.as_integer()).map(Value::integer),
        };
        match next.filter(|&next| within(next, self.slot(base, limit), by)) {
            Some(next) => {
                self.set_slot(base, counter, next);
                self.set_slot(base, variable, next);
                Ok(Flow::Jump(target))
            }
            None => Ok(Flow::Next),
        }
    }
}

/// Start, limit and step of a range, all integers or all floats. A float limit of integers is rounded
/// towards the start; none if it is nan, which no counter reaches.
fn uniform_range(from: Value, to: Value, by: Value) -> Option<[Value; 3]> {
    if (from.tag, by.tag) == (Tag::Integer, Tag::Integer) {
        if to.tag == Tag::Integer {
            return Some([from, to, by]);
        }
        let limit = to.as_float();
        let rounded = if by.as_integer() > 0 { limit.floor() } else { limit.ceil() };
        // Saturates, as it should: no counter goes beyond.
        let inside = !limit.is_nan() && within(from, to, by);
        return inside.then_some([from, Value::integer(rounded as i64), by]);
    }
    let float = |value| operators::to_float(value).map(Value::float);
    Some([float(from)?, float(to)?, float(by)?])
}

/// Whether a counter has not passed its limit.
fn within(counter: Value, limit: Value, step: Value) -> bool {
    let Some(Some(order)) = operators::compare_numbers(counter, limit) else { return false };
    let upwards = operators::to_float(step).is_some_and(|step| step > 0.0);
    if upwards { order.is_le() } else { order.is_ge() }
}
