//! The loop. Every instruction has an arm here; where a value is not of the common types, or the
//! whole machine is needed, the arm leaves for [`Machine::perform`], which knows all of the
//! instruction's meaning and is off the fast path.
//!
//! `pc`, the frame's window and `fuel` are locals. A window is `[_; 256]` and a slot is a `u8`, so
//! slots are not bounds-checked; windows are taken anew after everything that may move the stack.
//!
//! Counting: `fuel` is `poll_at - (executed - pc)`, so falling through to the next instruction
//! changes nothing, a jump adds its offset, and `fuel <= pc` says that `poll_at` is reached. It is
//! asked where a jump is taken or a function entered; there are no more returns than calls.

use std::sync::atomic::{AtomicBool, Ordering};

use super::blocks::{Blocks, is_plain_value};
use super::checks::Checks;
use super::frame::{Position, link_to, linked_base, return_index};
use super::host::Host;
use super::machine::{End, Machine};
use super::operators::{floor_divide, modulo, to_float};
use super::perform::Flow;
use super::probe::Probe;
use super::trap::{Cause, Ending};
use crate::bytecode::{Instruction, Program, ReadInteger};
use crate::limits::FRAME_WINDOW;
use crate::memory::{Event, Memory, Tag, Value};

/// Instructions between two looks at the interrupt flag.
const POLL_INTERVAL: u64 = 1 << 16;

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
        const { assert!(C::STOPS, "the shortcuts take linkage words and headers as they are") };
        let Position { mut pc, mut base } = start;
        let mut poll_at = self.next_poll(self.counts.instructions);
        let mut fuel = (poll_at - self.counts.instructions) as i64 + pc as i64;
        let mut calls = self.counts.calls;
        let depth = self.frames(start).count() as u64;
        let mut deepest = self.counts.max_call_depth.max(depth);
        // Frames that may still be added before there are more than `deepest`.
        let mut headroom = (deepest - depth) as i64;

        let end = 'run: loop {
            'poll: {
                'perform: {
                    let code: &[Instruction] = &self.program.code;
                    let (constants, callees) = (&self.constants[..], &self.callees[..]);
                    let (field_caches, divisors) = (&self.field_caches[..], &self.program.divisors[..]);
                    let space = &mut self.memory.space;
                    let mut heap = Blocks::new(&mut space.heap);
                    let stack_words = &mut space.stack.words[..];
                    // As long, in the eyes of the host's compiler too.
                    let stack_tags = &mut space.stack.tags[..stack_words.len()];
                    'frame: loop {
                        let window = base as usize..base as usize + FRAME_WINDOW;
                        let words: &mut [u64; FRAME_WINDOW] =
                            (&mut stack_words[window.clone()]).try_into().expect("a range of that length");
                        let tags: &mut [Tag; FRAME_WINDOW] =
                            (&mut stack_tags[window]).try_into().expect("a range of that length");

                        /// The value in a slot.
                        macro_rules! get {
                            ($slot:expr) => {
                                Value { word: words[usize::from($slot.0)], tag: tags[usize::from($slot.0)] }
                            };
                        }
                        /// Puts a value into a slot.
                        macro_rules! set {
                            ($slot:expr, $value:expr) => {{
                                let value: Value = $value;
                                words[usize::from($slot.0)] = value.word;
                                tags[usize::from($slot.0)] = value.tag;
                                apart();
                            }};
                        }
                        /// Takes a jump.
                        macro_rules! jump {
                            ($target:expr) => {{
                                pc = pc.wrapping_add_signed($target.0 as isize + 1);
                                fuel += i64::from($target.0);
                                apart();
                                if fuel <= pc as i64 {
                                    break 'poll;
                                }
                            }};
                        }
                        /// Takes a jump, or falls through.
                        macro_rules! branch {
                            ($condition:expr, $target:expr) => {{
                                if $condition {
                                    jump!($target);
                                } else {
                                    pc += 1;
                                }
                            }};
                        }
                        /// Puts the value of an option into a slot and falls through; leaves if there is none.
                        macro_rules! yields {
                            ($to:expr, $value:expr) => {{
                                match $value {
                                    Some(value) => set!($to, value),
                                    None => break 'perform,
                                }
                                pc += 1;
                            }};
                        }
                        /// Falls through if it could be done; leaves otherwise.
                        macro_rules! falls_through {
                            ($done:expr) => {{
                                if !$done {
                                    break 'perform;
                                }
                                pc += 1;
                            }};
                        }
                        /// Two integers by a checked operation, or two floats.
                        macro_rules! arithmetic {
                        ($to:expr, $left:expr, $right:expr, $checked:ident, $float:tt) => {{
                            let (left, right) = (get!($left), get!($right));
                            yields!($to, if left.tag == Tag::Integer && right.tag == Tag::Integer {
                                left.as_integer().$checked(right.as_integer()).map(Value::integer)
                            } else if left.tag == Tag::Float && right.tag == Tag::Float {
                                Some(Value::float(left.as_float() $float right.as_float()))
                            } else {
                                None
                            })
                        }};
                    }
                        /// Multiplies, and does the operation of the next instruction, with the product on its
                        /// right, where all are integers or all floats. Who watches sees one by one.
                        macro_rules! multiply_and {
                            ($to:expr, $left:expr, $right:expr, $result:expr, $other:expr, $checked:ident, $float:tt) => {{
                                let (left, right, other) = (get!($left), get!($right), get!($other));
                                match (left.tag, right.tag, other.tag) {
                                    (Tag::Integer, Tag::Integer, Tag::Integer) if !P::ACTIVE => {
                                        let product = left.as_integer().checked_mul(right.as_integer());
                                        let Some(product) = product else { break 'perform };
                                        let Some(result) = other.as_integer().$checked(product) else { break 'perform };
                                        set!($to, Value::integer(product));
                                        set!($result, Value::integer(result));
                                        pc += 2;
                                    }
                                    (Tag::Float, Tag::Float, Tag::Float) if !P::ACTIVE => {
                                        let product = left.as_float() * right.as_float();
                                        set!($to, Value::float(product));
                                        set!($result, Value::float(other.as_float() $float product));
                                        pc += 2;
                                    }
                                    _ => arithmetic!($to, $left, $right, checked_mul, *),
                                }
                            }};
                        }
                        /// An integer by a checked operation, or a float, with an integer constant.
                        macro_rules! arithmetic_integer {
                        ($to:expr, $left:expr, $right:expr, $checked:ident, $float:tt) => {{
                            let left = get!($left);
                            yields!($to, match left.tag {
                                Tag::Integer => left.as_integer().$checked(i64::from($right.0)).map(Value::integer),
                                Tag::Float => Some(Value::float(left.as_float() $float f64::from($right.0))),
                                _ => None,
                            })
                        }};
                    }
                        /// Whether an order holds between two integers or two floats.
                        macro_rules! compare {
                        ($left:expr, $right:expr, $operator:tt) => {{
                            let (left, right) = (get!($left), get!($right));
                            match (left.tag, right.tag) {
                                (Tag::Integer, Tag::Integer) => left.as_integer() $operator right.as_integer(),
                                (Tag::Float, Tag::Float) => left.as_float() $operator right.as_float(),
                                _ => break 'perform,
                            }
                        }};
                    }
                        /// Whether an order holds between an integer or a float and an integer constant.
                        macro_rules! compare_integer {
                        ($left:expr, $right:expr, $operator:tt) => {{
                            let left = get!($left);
                            match left.tag {
                                Tag::Integer => left.as_integer() $operator i64::from($right.0),
                                Tag::Float => left.as_float() $operator f64::from($right.0),
                                _ => break 'perform,
                            }
                        }};
                    }
                        /// Whether two values are equal.
                        macro_rules! equals {
                            ($left:expr, $right:expr) => {{
                                let Some(equal) = equal_words(get!($left), get!($right)) else { break 'perform };
                                equal
                            }};
                        }
                        /// A boolean.
                        macro_rules! boolean {
                            ($slot:expr) => {{
                                let value = get!($slot);
                                if value.tag != Tag::Boolean {
                                    break 'perform;
                                }
                                value.word != 0
                            }};
                        }
                        /// The integer in a slot that holds one for certain.
                        macro_rules! integer {
                            ($slot:expr) => {{
                                debug_assert_eq!(get!($slot).tag, Tag::Integer, "{:?}", code[pc]);
                                words[usize::from($slot.0)] as i64
                            }};
                        }
                        /// The float in a slot that holds one for certain.
                        macro_rules! float {
                            ($slot:expr) => {{
                                debug_assert_eq!(get!($slot).tag, Tag::Float, "{:?}", code[pc]);
                                f64::from_bits(words[usize::from($slot.0)])
                            }};
                        }
                        /// Puts the integer of an option into a slot and falls through; leaves if there is none.
                        macro_rules! yields_integer {
                            ($to:expr, $value:expr) => {{
                                let Some(value) = $value else { break 'perform };
                                set!($to, Value::integer(value));
                                pc += 1;
                            }};
                        }
                        /// The next round of a loop that counts by one, unless its counter has reached the last.
                        macro_rules! count {
                            ($now:expr, $last:expr, $counter:expr, $variable:expr, $target:expr) => {{
                                let now: i64 = $now;
                                if now < $last {
                                    // Below the limit, so one more cannot overflow.
                                    let next = Value::integer(now.wrapping_add(1));
                                    set!($counter, next);
                                    set!($variable, next);
                                    jump!($target);
                                } else {
                                    pc += 1;
                                }
                            }};
                        }
                        /// The same by a step.
                        macro_rules! advance {
                            ($now:expr, $step:expr, $last:expr, $counter:expr, $variable:expr, $target:expr) => {{
                                let (now, step, last): (i64, i64, i64) = ($now, $step, $last);
                                // A counter that would not fit has passed every limit.
                                let next = now
                                    .checked_add(step)
                                    .filter(|&next| if step > 0 { next <= last } else { next >= last });
                                match next.map(Value::integer) {
                                    Some(next) => {
                                        set!($counter, next);
                                        set!($variable, next);
                                        jump!($target);
                                    }
                                    None => pc += 1,
                                }
                            }};
                        }
                        /// Goes back to the caller with a value.
                        macro_rules! leave {
                            ($value:expr) => {{
                                let value: Value = $value;
                                if self.innermost_buffer >= base {
                                    break 'perform;
                                }
                                let target = return_index(words[0]);
                                base = linked_base(words[1]);
                                words[0] = value.word;
                                tags[0] = value.tag;
                                fuel += target as i64 - (pc as i64 + 1);
                                pc = target;
                                headroom += 1;
                                continue 'frame;
                            }};
                        }

                        loop {
                            if P::ACTIVE && probe.pauses(self.program, Position { pc, base }) {
                                self.counts.instructions = (poll_at as i64 - fuel + pc as i64) as u64;
                                self.counts.calls = calls;
                                self.counts.max_call_depth = deepest;
                                return End::Paused(Position { pc, base });
                            }
                            match code[pc] {
                                // ---- constants, variables
                                Instruction::LoadInteger { to, value } => {
                                    set!(to, Value::integer(i64::from(value.0)));
                                    pc += 1;
                                }
                                Instruction::LoadConstant { to, constant } => {
                                    set!(to, constants[constant.0 as usize]);
                                    pc += 1;
                                }
                                Instruction::Move { to, from } => {
                                    set!(to, get!(from));
                                    pc += 1;
                                }
                                Instruction::Weaken { to, from } => {
                                    set!(to, Memory::weaken(get!(from)));
                                    pc += 1;
                                }
                                Instruction::Strengthen { to, from } => {
                                    let value = get!(from);
                                    yields!(to, (!value.tag.is_weak()).then_some(value));
                                }
                                Instruction::Clear { to } => {
                                    set!(to, Value::UNINITIALISED);
                                    pc += 1;
                                }
                                Instruction::CheckAssigned { variable } => {
                                    if get!(variable).tag == Tag::Uninitialised {
                                        break 'perform;
                                    }
                                    pc += 1;
                                }
                                Instruction::CheckBoolean { value } => {
                                    if get!(value).tag != Tag::Boolean {
                                        break 'perform;
                                    }
                                    pc += 1;
                                }
                                Instruction::LoadGlobal { to, global } => {
                                    let value = space.statics.get(self.first_global + global.0 as usize);
                                    yields!(to, is_plain_value(value.tag).then_some(value));
                                }
                                Instruction::StoreGlobal { from, global } => {
                                    space.statics.set(self.first_global + global.0 as usize, get!(from));
                                    pc += 1;
                                }

                                // ---- arithmetic
                                Instruction::Add { to, left, right }
                                | Instruction::AddTemporaries { to, left, right, .. } => {
                                    arithmetic!(to, left, right, checked_add, +)
                                }
                                Instruction::Subtract { to, left, right } => {
                                    arithmetic!(to, left, right, checked_sub, -)
                                }
                                Instruction::Multiply { to, left, right } => {
                                    arithmetic!(to, left, right, checked_mul, *)
                                }
                                Instruction::MultiplyAdd { to, left, right, sum, addend } => {
                                    multiply_and!(to, left, right, sum, addend, checked_add, +);
                                }
                                Instruction::MultiplySubtract { to, left, right, difference, minuend } => {
                                    multiply_and!(to, left, right, difference, minuend, checked_sub, -);
                                }
                                Instruction::Divide { to, left, right } => {
                                    let (left, right) = (get!(left), get!(right));
                                    if right == Value::integer(0) {
                                        break 'perform;
                                    }
                                    yields!(
                                        to,
                                        match (to_float(left), to_float(right)) {
                                            (Some(left), Some(right)) => Some(Value::float(left / right)),
                                            _ => None,
                                        }
                                    );
                                }
                                Instruction::FloorDivide { to, left, right } => {
                                    let (left, right) = (get!(left), get!(right));
                                    yields!(
                                        to,
                                        match (left.tag, right.tag) {
                                            (Tag::Integer, Tag::Integer) if right.word != 0 => {
                                                floor_divide(left.as_integer(), right.as_integer()).map(Value::integer)
                                            }
                                            _ => None,
                                        }
                                    );
                                }
                                Instruction::Modulo { to, left, right } => {
                                    let (left, right) = (get!(left), get!(right));
                                    yields!(
                                        to,
                                        match (left.tag, right.tag) {
                                            (Tag::Integer, Tag::Integer) if right.word != 0 => {
                                                Some(Value::integer(modulo(left.as_integer(), right.as_integer())))
                                            }
                                            _ => None,
                                        }
                                    );
                                }
                                Instruction::AddInteger { to, left, right } => {
                                    arithmetic_integer!(to, left, right, checked_add, +);
                                }
                                Instruction::SubtractInteger { to, left, right } => {
                                    arithmetic_integer!(to, left, right, checked_sub, -);
                                }
                                Instruction::MultiplyInteger { to, left, right } => {
                                    arithmetic_integer!(to, left, right, checked_mul, *);
                                }
                                Instruction::FloorDivideInteger { to, left, right } => {
                                    let left = get!(left);
                                    yields!(
                                        to,
                                        match left.tag {
                                            Tag::Integer => {
                                                floor_divide(left.as_integer(), i64::from(right.0)).map(Value::integer)
                                            }
                                            _ => None,
                                        }
                                    );
                                }
                                Instruction::ModuloInteger { to, left, right } => {
                                    let left = get!(left);
                                    yields!(
                                        to,
                                        match left.tag {
                                            Tag::Integer if right.0 != 0 => {
                                                Some(Value::integer(modulo(left.as_integer(), i64::from(right.0))))
                                            }
                                            _ => None,
                                        }
                                    );
                                }
                                Instruction::FloorDivideConstant { to, left, right } => {
                                    let left = get!(left);
                                    if left.tag != Tag::Integer {
                                        break 'perform;
                                    }
                                    let divisor = divisors[right.0 as usize];
                                    set!(to, Value::integer(divisor.quotient(left.as_integer())));
                                    pc += 1;
                                }
                                Instruction::ModuloConstant { to, left, right } => {
                                    let left = get!(left);
                                    if left.tag != Tag::Integer {
                                        break 'perform;
                                    }
                                    let divisor = divisors[right.0 as usize];
                                    set!(to, Value::integer(divisor.remainder(left.as_integer())));
                                    pc += 1;
                                }
                                Instruction::Negate { to, operand } => {
                                    let operand = get!(operand);
                                    yields!(
                                        to,
                                        match operand.tag {
                                            Tag::Integer => operand.as_integer().checked_neg().map(Value::integer),
                                            Tag::Float => Some(Value::float(-operand.as_float())),
                                            _ => None,
                                        }
                                    );
                                }
                                Instruction::Not { to, operand } => {
                                    set!(to, Value::boolean(!boolean!(operand)));
                                    pc += 1;
                                }

                                // ---- comparisons
                                Instruction::Equal { to, left, right } => {
                                    set!(to, Value::boolean(equals!(left, right)));
                                    pc += 1;
                                }
                                Instruction::NotEqual { to, left, right } => {
                                    set!(to, Value::boolean(!equals!(left, right)));
                                    pc += 1;
                                }
                                Instruction::Less { to, left, right } => {
                                    set!(to, Value::boolean(compare!(left, right, <)));
                                    pc += 1;
                                }
                                Instruction::LessEqual { to, left, right } => {
                                    set!(to, Value::boolean(compare!(left, right, <=)));
                                    pc += 1;
                                }
                                Instruction::Greater { to, left, right } => {
                                    set!(to, Value::boolean(compare!(left, right, >)));
                                    pc += 1;
                                }
                                Instruction::GreaterEqual { to, left, right } => {
                                    set!(to, Value::boolean(compare!(left, right, >=)));
                                    pc += 1;
                                }

                                // ---- jumps
                                Instruction::Jump { target } => jump!(target),
                                Instruction::JumpIfTrue { condition, target } => branch!(boolean!(condition), target),
                                Instruction::JumpIfFalse { condition, target } => branch!(!boolean!(condition), target),
                                Instruction::JumpIfNull { operand, target } => {
                                    branch!(get!(operand).tag == Tag::Null, target);
                                }
                                Instruction::JumpIfNotNull { operand, target } => {
                                    branch!(get!(operand).tag != Tag::Null, target);
                                }
                                Instruction::JumpIfEqual { left, right, target } => {
                                    branch!(equals!(left, right), target)
                                }
                                Instruction::JumpIfNotEqual { left, right, target } => {
                                    branch!(!equals!(left, right), target);
                                }
                                Instruction::JumpIfLess { left, right, target } => {
                                    branch!(compare!(left, right, <), target);
                                }
                                Instruction::JumpIfNotLess { left, right, target } => {
                                    branch!(!compare!(left, right, <), target);
                                }
                                Instruction::JumpIfLessEqual { left, right, target } => {
                                    branch!(compare!(left, right, <=), target);
                                }
                                Instruction::JumpIfNotLessEqual { left, right, target } => {
                                    branch!(!compare!(left, right, <=), target);
                                }
                                Instruction::JumpIfGreater { left, right, target } => {
                                    branch!(compare!(left, right, >), target);
                                }
                                Instruction::JumpIfNotGreater { left, right, target } => {
                                    branch!(!compare!(left, right, >), target);
                                }
                                Instruction::JumpIfGreaterEqual { left, right, target } => {
                                    branch!(compare!(left, right, >=), target);
                                }
                                Instruction::JumpIfNotGreaterEqual { left, right, target } => {
                                    branch!(!compare!(left, right, >=), target);
                                }
                                Instruction::JumpIfEqualInteger { left, right, target } => {
                                    branch!(equals_integer(get!(left), right.0), target);
                                }
                                Instruction::JumpIfNotEqualInteger { left, right, target } => {
                                    branch!(!equals_integer(get!(left), right.0), target);
                                }
                                Instruction::JumpIfLessInteger { left, right, target } => {
                                    branch!(compare_integer!(left, right, <), target);
                                }
                                Instruction::JumpIfNotLessInteger { left, right, target } => {
                                    branch!(!compare_integer!(left, right, <), target);
                                }
                                Instruction::JumpIfLessEqualInteger { left, right, target } => {
                                    branch!(compare_integer!(left, right, <=), target);
                                }
                                Instruction::JumpIfNotLessEqualInteger { left, right, target } => {
                                    branch!(!compare_integer!(left, right, <=), target);
                                }
                                Instruction::JumpIfGreaterInteger { left, right, target } => {
                                    branch!(compare_integer!(left, right, >), target);
                                }
                                Instruction::JumpIfNotGreaterInteger { left, right, target } => {
                                    branch!(!compare_integer!(left, right, >), target);
                                }
                                Instruction::JumpIfGreaterEqualInteger { left, right, target } => {
                                    branch!(compare_integer!(left, right, >=), target);
                                }
                                Instruction::JumpIfNotGreaterEqualInteger { left, right, target } => {
                                    branch!(!compare_integer!(left, right, >=), target);
                                }

                                // ---- loops
                                Instruction::CountNext { counter, variable, limit, target } => {
                                    let (now, last) = (get!(counter), get!(limit));
                                    if now.tag != Tag::Integer {
                                        break 'perform;
                                    }
                                    let (now, last) = (now.as_integer(), last.as_integer());
                                    count!(now, last, counter, variable, target);
                                }
                                Instruction::CountEnter { counter, variable, limit, target } => {
                                    let (from, last) = (get!(counter), get!(limit));
                                    if from.tag != Tag::Integer || last.tag != Tag::Integer {
                                        break 'perform;
                                    }
                                    if from.as_integer() <= last.as_integer() {
                                        set!(variable, from);
                                        pc += 1;
                                    } else {
                                        jump!(target);
                                    }
                                }
                                Instruction::RangeNext { counter, variable, limit, target } => {
                                    let (now, last) = (get!(counter), get!(limit));
                                    let step = words[usize::from(limit.0.wrapping_add(1))] as i64;
                                    if now.tag != Tag::Integer {
                                        break 'perform;
                                    }
                                    let (now, last) = (now.as_integer(), last.as_integer());
                                    advance!(now, step, last, counter, variable, target);
                                }
                                Instruction::EachNext { walk, variable, target } => {
                                    let (length, index) = (walk.0.wrapping_add(1), walk.0.wrapping_add(2));
                                    let (length, index) = (usize::from(length), usize::from(index));
                                    let collection = get!(walk);
                                    let at = words[index];
                                    if at >= words[length] {
                                        pc += 1;
                                    } else if let Some(element) = heap.fetch(collection, Value::integer(at as i64)) {
                                        words[index] = at + 1;
                                        set!(variable, element);
                                        jump!(target);
                                    } else {
                                        break 'perform;
                                    }
                                }

                                // ---- operands of known types
                                Instruction::IntegerAdd { to, left, right } => {
                                    yields_integer!(to, integer!(left).checked_add(integer!(right)));
                                }
                                Instruction::IntegerSubtract { to, left, right } => {
                                    yields_integer!(to, integer!(left).checked_sub(integer!(right)));
                                }
                                Instruction::IntegerMultiply { to, left, right } => {
                                    yields_integer!(to, integer!(left).checked_mul(integer!(right)));
                                }
                                Instruction::IntegerFloorDivide { to, left, right } => {
                                    let (left, right) = (integer!(left), integer!(right));
                                    yields_integer!(to, floor_divide(left, right));
                                }
                                Instruction::IntegerModulo { to, left, right } => {
                                    let (left, right) = (integer!(left), integer!(right));
                                    yields_integer!(to, (right != 0).then(|| modulo(left, right)));
                                }
                                Instruction::IntegerAddConstant { to, left, right } => {
                                    yields_integer!(to, integer!(left).checked_add(i64::from(right.0)));
                                }
                                Instruction::IntegerSubtractConstant { to, left, right } => {
                                    yields_integer!(to, integer!(left).checked_sub(i64::from(right.0)));
                                }
                                Instruction::IntegerMultiplyConstant { to, left, right } => {
                                    yields_integer!(to, integer!(left).checked_mul(i64::from(right.0)));
                                }
                                Instruction::IntegerFloorDivideConstant { to, left, right } => {
                                    let divisor = divisors[right.0 as usize];
                                    set!(to, Value::integer(divisor.quotient(integer!(left))));
                                    pc += 1;
                                }
                                Instruction::IntegerModuloConstant { to, left, right } => {
                                    let divisor = divisors[right.0 as usize];
                                    set!(to, Value::integer(divisor.remainder(integer!(left))));
                                    pc += 1;
                                }
                                Instruction::FloatAdd { to, left, right } => {
                                    set!(to, Value::float(float!(left) + float!(right)));
                                    pc += 1;
                                }
                                Instruction::FloatSubtract { to, left, right } => {
                                    set!(to, Value::float(float!(left) - float!(right)));
                                    pc += 1;
                                }
                                Instruction::FloatMultiply { to, left, right } => {
                                    set!(to, Value::float(float!(left) * float!(right)));
                                    pc += 1;
                                }
                                Instruction::FloatDivide { to, left, right } => {
                                    set!(to, Value::float(float!(left) / float!(right)));
                                    pc += 1;
                                }
                                Instruction::FloatSquareRoot { to, operand } => {
                                    set!(to, Value::float(float!(operand).sqrt()));
                                    pc += 1;
                                }
                                Instruction::IntegerJumpIfEqual { left, right, target } => {
                                    branch!(integer!(left) == integer!(right), target);
                                }
                                Instruction::IntegerJumpIfNotEqual { left, right, target } => {
                                    branch!(integer!(left) != integer!(right), target);
                                }
                                Instruction::IntegerJumpIfLess { left, right, target } => {
                                    branch!(integer!(left) < integer!(right), target);
                                }
                                Instruction::IntegerJumpIfLessEqual { left, right, target } => {
                                    branch!(integer!(left) <= integer!(right), target);
                                }
                                Instruction::IntegerJumpIfEqualConstant { left, right, target } => {
                                    branch!(integer!(left) == i64::from(right.0), target);
                                }
                                Instruction::IntegerJumpIfNotEqualConstant { left, right, target } => {
                                    branch!(integer!(left) != i64::from(right.0), target);
                                }
                                Instruction::IntegerJumpIfLessConstant { left, right, target } => {
                                    branch!(integer!(left) < i64::from(right.0), target);
                                }
                                Instruction::IntegerJumpIfLessEqualConstant { left, right, target } => {
                                    branch!(integer!(left) <= i64::from(right.0), target);
                                }
                                Instruction::IntegerJumpIfGreaterConstant { left, right, target } => {
                                    branch!(integer!(left) > i64::from(right.0), target);
                                }
                                Instruction::IntegerJumpIfGreaterEqualConstant { left, right, target } => {
                                    branch!(integer!(left) >= i64::from(right.0), target);
                                }
                                Instruction::FloatJumpIfLess { left, right, target } => {
                                    branch!(float!(left) < float!(right), target);
                                }
                                Instruction::FloatJumpIfNotLess { left, right, target } => {
                                    let holds = float!(left) < float!(right);
                                    branch!(!holds, target);
                                }
                                Instruction::FloatJumpIfLessEqual { left, right, target } => {
                                    branch!(float!(left) <= float!(right), target);
                                }
                                Instruction::FloatJumpIfNotLessEqual { left, right, target } => {
                                    let holds = float!(left) <= float!(right);
                                    branch!(!holds, target);
                                }
                                Instruction::IntegerCountEnter { counter, variable, limit, target } => {
                                    let first = integer!(counter);
                                    if first <= integer!(limit) {
                                        set!(variable, Value::integer(first));
                                        pc += 1;
                                    } else {
                                        jump!(target);
                                    }
                                }
                                Instruction::IntegerCountNext { counter, variable, limit, target } => {
                                    count!(integer!(counter), integer!(limit), counter, variable, target);
                                }
                                Instruction::IntegerRangeNext { counter, variable, limit, target } => {
                                    let step = integer!(ReadInteger(limit.0.wrapping_add(1)));
                                    let (now, last) = (integer!(counter), integer!(limit));
                                    advance!(now, step, last, counter, variable, target);
                                }

                                // ---- pairs: where something is out of the ordinary the first is done alone
                                Instruction::IntegerMultiplyThenAdd { to, left, right } => {
                                    let Some(product) = integer!(left).checked_mul(integer!(right)) else {
                                        break 'perform;
                                    };
                                    set!(to, Value::integer(product));
                                    pc += 1;
                                    if let Instruction::IntegerAdd { to: sum, left, right } = code[pc] {
                                        let other = if left.0 == to.0 { right } else { left };
                                        yields_integer!(sum, product.checked_add(integer!(other)));
                                    }
                                }
                                Instruction::IntegerAddThenModuloConstant { to, left, right } => {
                                    let Some(sum) = integer!(left).checked_add(integer!(right)) else {
                                        break 'perform;
                                    };
                                    set!(to, Value::integer(sum));
                                    pc += 1;
                                    if let Instruction::IntegerModuloConstant { to, right, .. } = code[pc] {
                                        let divisor = divisors[right.0 as usize];
                                        set!(to, Value::integer(divisor.remainder(sum)));
                                        pc += 1;
                                    }
                                }
                                Instruction::IntegerMultiplyConstantThenModuloConstant { to, left, right } => {
                                    let Some(product) = integer!(left).checked_mul(i64::from(right.0)) else {
                                        break 'perform;
                                    };
                                    set!(to, Value::integer(product));
                                    pc += 1;
                                    if let Instruction::IntegerModuloConstant { to, right, .. } = code[pc] {
                                        let divisor = divisors[right.0 as usize];
                                        set!(to, Value::integer(divisor.remainder(product)));
                                        pc += 1;
                                    }
                                }

                                // ---- elements and fields
                                Instruction::LoadElement { to, object, index } => {
                                    yields!(to, heap.fetch(get!(object), get!(index)));
                                }
                                Instruction::LoadElementAdd { to, object, index, sum, addend } => {
                                    let Some(element) = heap.fetch(get!(object), get!(index)) else { break 'perform };
                                    set!(to, element);
                                    let addend = get!(addend);
                                    let result = match (addend.tag, element.tag) {
                                        _ if P::ACTIVE => None,
                                        (Tag::Integer, Tag::Integer) => {
                                            let result = addend.as_integer().checked_add(element.as_integer());
                                            result.map(Value::integer)
                                        }
                                        (Tag::Float, Tag::Float) => {
                                            Some(Value::float(addend.as_float() + element.as_float()))
                                        }
                                        _ => None,
                                    };
                                    match result {
                                        Some(result) => {
                                            set!(sum, result);
                                            pc += 2;
                                        }
                                        None => pc += 1,
                                    }
                                }
                                Instruction::StoreElement { object, index, from } => {
                                    if !heap.put(get!(object), get!(index), get!(from)) {
                                        break 'perform;
                                    }
                                    pc += 1;
                                }
                                Instruction::LoadField { to, object, field } => {
                                    let cache = field_caches[field.0 as usize];
                                    yields!(
                                        to,
                                        heap.field_word(get!(object), cache.layout, cache.offset)
                                            .and_then(|at| heap.plain(at))
                                    );
                                }
                                Instruction::StoreField { object, from, field } => {
                                    let cache = field_caches[field.0 as usize];
                                    let Some(at) = heap.field_word(get!(object), cache.layout, cache.offset) else {
                                        break 'perform;
                                    };
                                    heap.set(at, get!(from));
                                    pc += 1;
                                }
                                Instruction::StoreElementCounted { object, index, from } => {
                                    let (object, index, value) = (get!(object), get!(index), get!(from));
                                    let done = match heap.element_word(object, index) {
                                        Some(at) => heap.set_counted(&mut self.memory.counts, at, value),
                                        None => !value.tag.is_reference() && heap.put(object, index, value),
                                    };
                                    falls_through!(done);
                                }
                                Instruction::StoreFieldCounted { object, from, field } => {
                                    let cache = field_caches[field.0 as usize];
                                    let at = heap.field_word(get!(object), cache.layout, cache.offset);
                                    falls_through!(at.is_some_and(|at| {
                                        heap.set_counted(&mut self.memory.counts, at, get!(from))
                                    }));
                                }
                                Instruction::StoreGlobalCounted { from, global } => {
                                    let at = self.first_global + global.0 as usize;
                                    let (held, value) = (space.statics.get(at), get!(from));
                                    if !heap.exchange(&mut self.memory.counts, held, value) {
                                        break 'perform;
                                    }
                                    space.statics.set(at, value);
                                    pc += 1;
                                }
                                Instruction::StoreElementGiven { object, index, from } => {
                                    let at = heap.element_word(get!(object), get!(index));
                                    falls_through!(
                                        at.is_some_and(|at| {
                                            heap.set_given(&mut self.memory.counts, at, get!(from))
                                        })
                                    );
                                }
                                Instruction::StoreFieldGiven { object, from, field } => {
                                    let cache = field_caches[field.0 as usize];
                                    let at = heap.field_word(get!(object), cache.layout, cache.offset);
                                    falls_through!(
                                        at.is_some_and(|at| {
                                            heap.set_given(&mut self.memory.counts, at, get!(from))
                                        })
                                    );
                                }
                                Instruction::StoreGlobalGiven { from, global } => {
                                    let at = self.first_global + global.0 as usize;
                                    if !heap.release(&mut self.memory.counts, space.statics.get(at)) {
                                        break 'perform;
                                    }
                                    space.statics.set(at, get!(from));
                                    pc += 1;
                                }
                                Instruction::Retain { value } => {
                                    falls_through!(heap.retain(&mut self.memory.counts, get!(value)));
                                }
                                Instruction::Release { value } => {
                                    falls_through!(heap.release(&mut self.memory.counts, get!(value)));
                                }
                                Instruction::Length { to, object } => {
                                    yields!(to, heap.length(get!(object)));
                                }
                                Instruction::InitElement { array, from, index } => {
                                    if !heap.put(get!(array), Value::integer(i64::from(index.0)), get!(from)) {
                                        break 'perform;
                                    }
                                    pc += 1;
                                }
                                Instruction::InitField { record, from, offset } => {
                                    if !heap.initialise(get!(record), offset.0, get!(from)) {
                                        break 'perform;
                                    }
                                    pc += 1;
                                }

                                // ---- calls
                                Instruction::Call { window, function, .. } => {
                                    let callee = callees[function.0 as usize];
                                    let entered = base + u32::from(window.0);
                                    if entered as usize + callee.frame_words as usize > self.high_water {
                                        break 'perform;
                                    }
                                    let return_address = Program::address(pc as u32 + 1);
                                    set!(window, Value::new(u64::from(return_address), Tag::CodeAddress));
                                    let link = usize::from(window.0.wrapping_add(1));
                                    words[link] = link_to(base);
                                    tags[link] = Tag::FrameLink;
                                    fuel += i64::from(callee.entry) - (pc as i64 + 1);
                                    (pc, base) = (callee.entry as usize, entered);
                                    calls += 1;
                                    headroom -= 1;
                                    if headroom < 0 {
                                        headroom = deepen(&mut deepest);
                                    }
                                    if fuel <= pc as i64 {
                                        break 'poll;
                                    }
                                    continue 'frame;
                                }
                                Instruction::Return { value } => leave!(get!(value)),
                                Instruction::ReturnNull {} => leave!(Value::NULL),

                                // ---- what needs the whole machine
                                Instruction::Power { .. }
                                | Instruction::IsEmpty { .. }
                                | Instruction::RangeEnter { .. }
                                | Instruction::EachEnter { .. }
                                | Instruction::StoreFieldLiteral { .. }
                                | Instruction::StoreEmbedded { .. }
                                | Instruction::Allocate { .. }
                                | Instruction::AllocateRecord { .. }
                                | Instruction::AllocateArray { .. }
                                | Instruction::Free { .. }
                                | Instruction::DropTemporary { .. }
                                | Instruction::StackAllocate { .. }
                                | Instruction::CallBelow { .. }
                                | Instruction::TakeResult { .. }
                                | Instruction::CallBuiltin { .. }
                                | Instruction::Print { .. }
                                | Instruction::PrintResult { .. }
                                | Instruction::Echo { .. }
                                | Instruction::Breakpoint {}
                                | Instruction::Halt {} => break 'perform,
                            }
                        }
                    }
                }

                // An instruction that leaves the fast path.
                let position = Position { pc, base };
                let outcome = self.perform(position, host);
                if P::ACTIVE {
                    self.tell(probe, position);
                }
                match outcome {
                    Ok(Flow::Next) => {
                        pc += 1;
                        // It may have taken long, and so may the next ones: the next jump looks up.
                        if interrupt.load(Ordering::Relaxed) {
                            poll_at = (poll_at as i64 - fuel + pc as i64) as u64;
                            fuel = pc as i64;
                        }
                        continue 'run;
                    }
                    Ok(Flow::Jump(target)) => {
                        pc = pc.wrapping_add_signed(target.0 as isize + 1);
                        fuel += i64::from(target.0);
                    }
                    Ok(Flow::Enter { base: entered, entry }) => {
                        fuel += i64::from(entry) - (pc as i64 + 1);
                        (pc, base) = (entry as usize, entered);
                        calls += 1;
                        headroom -= 1;
                        if headroom < 0 {
                            headroom = deepen(&mut deepest);
                        }
                    }
                    Ok(Flow::Leave(value)) => {
                        let stack = &mut self.memory.space.stack;
                        let target = return_index(stack.words[base as usize]);
                        let caller = linked_base(stack.words[base as usize + 1]);
                        stack.set(base as usize, value);
                        fuel += target as i64 - (pc as i64 + 1);
                        (pc, base) = (target, caller);
                        headroom += 1;
                    }
                    Ok(Flow::Pause) => break 'run End::Paused(Position { pc: pc + 1, base }),
                    Ok(Flow::Halt) => break 'run End::Finished,
                    Err(Ending::Exited) => break 'run End::Exited,
                    Err(Ending::OutputClosed) => break 'run End::OutputClosed,
                    Err(Ending::Trapped(cause)) => break 'run End::Trapped(self.trap(*cause, position)),
                }
                if fuel > pc as i64 {
                    continue 'run;
                }
            }

            // A jump was taken and `poll_at` is reached: nothing of the instruction at `pc` is done.
            let executed = (poll_at as i64 - fuel + pc as i64) as u64;
            let position = Position { pc, base };
            let limit = self.max_steps.filter(|&limit| executed >= limit);
            if limit.is_some() || interrupt.load(Ordering::Relaxed) {
                self.counts.instructions = executed;
                self.counts.calls = calls;
                self.counts.max_call_depth = deepest;
                let trap = self.trap(Cause::StepLimit(limit.unwrap_or(executed)), position);
                return if limit.is_some() { End::Trapped(trap) } else { End::Interrupted(trap) };
            }
            let next = self.next_poll(executed);
            fuel += (next - poll_at) as i64;
            poll_at = next;
        };
        // The instruction at `pc` was the last.
        self.counts.instructions = (poll_at as i64 - fuel + pc as i64 + 1) as u64;
        self.counts.calls = calls;
        self.counts.max_call_depth = deepest;
        end
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

/// Does nothing, but keeps the host's compiler from sharing the ends of arms: getting to them by jumps takes
/// longer than they do.
#[inline(always)]
fn apart() {
    std::hint::black_box(());
}

/// There is a frame more than ever before; none may be added beyond it.
#[cold]
#[inline(never)]
const fn deepen(deepest: &mut u64) -> i64 {
    *deepest += 1;
    0
}

/// Whether two values are equal, where their words and tags tell.
#[inline(always)]
fn equal_words(left: Value, right: Value) -> Option<bool> {
    match (left.tag, right.tag) {
        (Tag::Integer, Tag::Integer) | (Tag::Boolean, Tag::Boolean) => Some(left.word == right.word),
        (Tag::Float, Tag::Float) => Some(left.as_float() == right.as_float()),
        (Tag::Pointer, Tag::Pointer) => Some(left.as_pointer().address() == right.as_pointer().address()),
        (Tag::Null, _) | (_, Tag::Null) => Some(left.tag == right.tag),
        _ => None,
    }
}

/// Whether a value equals a small integer. A 16-bit integer is exact as a float.
#[inline(always)]
fn equals_integer(value: Value, integer: i16) -> bool {
    match value.tag {
        Tag::Integer => value.as_integer() == i64::from(integer),
        Tag::Float => value.as_float() == f64::from(integer),
        _ => false,
    }
}
