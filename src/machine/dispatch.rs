//! From one instruction to the next. There is a handler for each instruction, and for each sequence of
//! instructions that is carried out in one go; a handler ends by calling the next one's. All have the
//! same signature, and the state of the machine that every instruction needs is their arguments, so an
//! optimising host compiler makes a jump of that call and keeps the arguments in registers.
//!
//! Nothing guarantees that jump. So where the host's code is not optimised ([`CHAINED`] says so), and
//! where somebody watches the run, handlers return after each step to the loop in `execute.rs`. And they
//! return there now and then in any case: to look up, and for what needs the whole machine.

use std::marker::PhantomData;

use super::core::{Core, Done, Frame, Step, Tags, Words};
use super::frame::Position;
use super::image::{AHEAD, Op, Resolved};
use crate::bytecode::for_each_instruction;
use crate::bytecode::instruction::{Known, Row, rows};
use crate::bytecode::sequence::{RESULT, for_each_sequence, taken_place};

/// Whether handlers call each other.
pub(super) const CHAINED: bool = cfg!(all(optimised, not(debug_assertions), not(windows)));

/// Why handlers have returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// A step is done, and handlers are not chained.
    Stepped,
    /// The whole machine has to do the instruction, of which nothing is done yet.
    Perform,
    /// A jump was taken, and it is time to look up.
    LookUp,
}

/// Carries out one instruction or a few. The arguments are the code from the first of them on, the frame's window, the
/// rest of the machine, and when to look up: see [`Core::due`].
pub(super) type Handler = for<'m> fn(&'m [Op], &'m Words, &'m Tags, &mut Core<'m>, i64) -> Exit;

/// How an instruction is carried out, where that needs no more than the frame and the core.
pub(super) trait Execute: Row {
    /// Does it in the commonest case, or nothing.
    fn execute(self, resolved: Resolved, frame: Frame<'_>, core: &mut Core<'_>) -> Done;

    /// Does it in the other common cases, or nothing. By itself, because what both need in registers would not
    /// fit.
    #[inline(always)]
    fn otherwise(self, _resolved: Resolved, _frame: Frame<'_>, _core: &mut Core<'_>) -> Done {
        None
    }
}

/// A place in a sequence, known when the host's code is compiled.
#[derive(Clone, Copy)]
struct Place {
    /// How many instructions there are before it.
    at: usize,
    /// The operand that is the result of the one before.
    known: Known,
}

impl Place {
    const FIRST: Place = Place { at: 0, known: (0, 0) };

    /// The next one, where the operand at `taken` among its bytes is the result of this one.
    #[inline(always)]
    const fn next(self, taken: usize, ahead: &[Op; AHEAD]) -> Place {
        Place { at: self.at + 1, known: (taken, ahead[self.at].encoded[RESULT]) }
    }
}

/// Instructions that follow each other.
trait Sequence {
    /// Carries them out, and goes on with what follows them. The first is that at `place` in the code.
    fn run<'m, const GOES_ON: bool>(
        code: &'m [Op],
        place: Place,
        words: &'m Words,
        tags: &'m Tags,
        core: &mut Core<'m>,
        due: i64,
    ) -> Exit;
}

/// No more of it.
struct End;

/// An instruction and the rest of a sequence, whose first instruction has its result at that place.
struct Then<I, const TAKEN: usize, S>(PhantomData<(I, S)>);

/// A sequence of one.
type Single<I> = Then<I, 0, End>;

impl Sequence for End {
    #[inline(always)]
    fn run<'m, const GOES_ON: bool>(
        code: &'m [Op],
        place: Place,
        words: &'m Words,
        tags: &'m Tags,
        core: &mut Core<'m>,
        due: i64,
    ) -> Exit {
        go_on::<GOES_ON>(&code[place.at..], words, tags, core, due)
    }
}

impl<I: Execute, const TAKEN: usize, S: Sequence> Sequence for Then<I, TAKEN, S> {
    #[inline(always)]
    fn run<'m, const GOES_ON: bool>(
        code: &'m [Op],
        place: Place,
        words: &'m Words,
        tags: &'m Tags,
        core: &mut Core<'m>,
        due: i64,
    ) -> Exit {
        let Some(ahead) = code.first_chunk::<AHEAD>() else { return leave(code, words, tags, core, due) };
        let op = &ahead[place.at];
        match I::decode(&op.encoded, place.known).execute(op.resolved, Frame { words, tags }, core) {
            None => otherwise::<I, GOES_ON>(&code[place.at..], words, tags, core, due),
            Some(Step::Next) => S::run::<GOES_ON>(code, place.next(TAKEN, ahead), words, tags, core, due),
            done => proceed::<GOES_ON>(done, &code[place.at..], words, tags, core, due),
        }
    }
}

/// The handler of a sequence.
fn handler<'m, S: Sequence, const GOES_ON: bool>(
    code: &'m [Op],
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    due: i64,
) -> Exit {
    S::run::<GOES_ON>(code, Place::FIRST, words, tags, core, due)
}

/// Carries out an instruction that is not of the commonest kind.
#[inline(never)]
fn otherwise<'m, I: Execute, const GOES_ON: bool>(
    code: &'m [Op],
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    due: i64,
) -> Exit {
    let Some(op) = code.first() else { return leave(code, words, tags, core, due) };
    let done = I::decode(&op.encoded, (0, 0)).otherwise(op.resolved, Frame { words, tags }, core);
    proceed::<GOES_ON>(done, code, words, tags, core, due)
}

/// Goes on where the first instruction of the code says.
#[inline(always)]
fn proceed<'m, const GOES_ON: bool>(
    done: Done,
    code: &'m [Op],
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    due: i64,
) -> Exit {
    match done {
        None => leave(code, words, tags, core, due),
        Some(Step::Next) => {
            let Some(code) = code.get(1..) else { return leave(code, words, tags, core, due) };
            go_on::<GOES_ON>(code, words, tags, core, due)
        }
        Some(Step::Jump(target)) if target.0 >= 0 => {
            let due = due - i64::from(target.0);
            let distance = 1 + target.0 as usize;
            if distance >= code.len() {
                return leave(code, words, tags, core, due);
            }
            let code = &code[distance..];
            if code.len() as i64 <= due {
                return look_up(code, words, tags, core, due);
            }
            go_on::<GOES_ON>(code, words, tags, core, due)
        }
        Some(Step::Jump(target) | Step::Again(target)) => {
            let due = due - i64::from(target.0);
            let left = code.len().wrapping_sub(target.0 as usize).wrapping_sub(1);
            if core.again.len() != left {
                core.elsewhere = left;
                return elsewhere::<GOES_ON>(code, words, tags, core, due);
            }
            if left as i64 <= due {
                return look_up(core.again, words, tags, core, due);
            }
            again::<GOES_ON>(words, tags, core, due)
        }
        Some(Step::Enter(position) | Step::Return(position)) => {
            let enters = matches!(done, Some(Step::Enter(_)));
            let next = if enters { core.entry(position.pc) } else { core.code_from(position.pc) };
            let Some(next) = next else { return leave(code, words, tags, core, due) };
            let due = due + next.len() as i64 + 1 - code.len() as i64;
            core.base = position.base;
            let Some((words, tags)) = core.window(position.base) else {
                return leave(next, words, tags, core, due);
            };
            if next.len() as i64 <= due {
                return look_up(next, words, tags, core, due);
            }
            go_on::<GOES_ON>(next, words, tags, core, due)
        }
    }
}

/// Jumps back, not to where it was the last time.
#[cold]
#[inline(never)]
fn elsewhere<'m, const GOES_ON: bool>(
    _: &'m [Op],
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    due: i64,
) -> Exit {
    core.again = &core.code[core.index(core.elsewhere)..];
    core.again_handler = core.again[0].handler;
    if core.again.len() as i64 <= due {
        return look_up(core.again, words, tags, core, due);
    }
    again::<GOES_ON>(words, tags, core, due)
}

/// Goes on where the last jump back went.
#[inline(always)]
fn again<'m, const GOES_ON: bool>(words: &'m Words, tags: &'m Tags, core: &mut Core<'m>, due: i64) -> Exit {
    if GOES_ON { (core.again_handler)(core.again, words, tags, core, due) } else { step(core.again, core, due) }
}

/// Goes on with the first instruction of the code: at once, or by returning.
#[inline(always)]
fn go_on<'m, const GOES_ON: bool>(
    code: &'m [Op],
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    due: i64,
) -> Exit {
    let Some(op) = code.first() else { return leave(code, words, tags, core, due) };
    if GOES_ON { (op.handler)(code, words, tags, core, due) } else { step(code, core, due) }
}

/// Returns after a step. The next one begins with the code.
#[inline(always)]
const fn step(code: &[Op], core: &mut Core<'_>, due: i64) -> Exit {
    core.position = Position { pc: core.index(code.len()), base: core.base };
    core.due = due;
    Exit::Stepped
}

/// Returns for the whole machine. With the signature of a handler, so that getting here is a jump, too.
#[cold]
#[inline(never)]
fn leave<'m>(code: &'m [Op], _: &'m Words, _: &'m Tags, core: &mut Core<'m>, due: i64) -> Exit {
    core.position = Position { pc: core.index(code.len()), base: core.base };
    core.due = due;
    core.perform
}

/// Returns to look up.
#[cold]
#[inline(never)]
fn look_up<'m>(code: &'m [Op], _: &'m Words, _: &'m Tags, core: &mut Core<'m>, due: i64) -> Exit {
    core.position = Position { pc: core.index(code.len()), base: core.base };
    core.due = due;
    core.look_up
}

/// In the place of an opcode: the instruction is left to the whole machine.
pub(super) const LEFT: u8 = u8::MAX;

macro_rules! handlers_of_instructions {
    ($($(#[doc = $doc:literal])+ $mnemonic:literal $name:ident { $($field:ident: $type:ty),* })+) => {
        /// By opcode: the handlers of single instructions. No instruction has the opcodes beyond those.
        const fn of_instructions<const GOES_ON: bool>() -> [Handler; 256] {
            let mut handlers: [Handler; 256] = [handler::<Single<rows::Halt>, GOES_ON>; 256];
            $(handlers[rows::$name::OPCODE as usize] = handler::<Single<rows::$name>, GOES_ON>;)+
            handlers[LEFT as usize] = leave;
            handlers
        }
    };
}

for_each_instruction!(handlers_of_instructions);

macro_rules! sequence {
    ($last:ident) => { Single<rows::$last> };
    ($first:ident, $next:ident [$($operand:ident)?] $($rest:tt)*) => {
        Then<rows::$first, { taken_place!($next $($operand)?) }, sequence!($next $($rest)*)>
    };
}

macro_rules! handlers_of_sequences {
    ($($first:ident $(+ $rest:ident $(($operand:ident))?)+;)+) => {
        /// The same, and behind them the handlers of sequences.
        const fn of_sequences<const GOES_ON: bool>() -> [Handler; 256] {
            let mut handlers = of_instructions::<GOES_ON>();
            let mut opcode = crate::bytecode::sequence::FIRST;
            $(
                handlers[opcode] = handler::<sequence!($first $(, $rest [$($operand)?])+), GOES_ON>;
                opcode += 1;
            )+
            assert!(opcode == crate::bytecode::sequence::FIRST + crate::bytecode::sequence::SEQUENCES.len());
            handlers
        }

        /// The same, but each carries out the first of its instructions and no more: for who watches.
        const fn of_firsts() -> [Handler; 256] {
            let mut handlers = of_instructions::<false>();
            let mut opcode = crate::bytecode::sequence::FIRST;
            $(
                handlers[opcode] = handler::<Single<rows::$first>, false>;
                opcode += 1;
            )+
            handlers
        }
    };
}

for_each_sequence!(handlers_of_sequences);

/// Handlers of this build: whether they call each other [`CHAINED`] says.
const HANDLERS: &[Handler; 256] = &of_sequences::<CHAINED>();
/// Handlers that return after an instruction.
const SINGLE_STEPS: &[Handler; 256] = &of_firsts();

/// By what is at the place of the opcode in an [`Op`]: how to carry it out.
pub(super) const fn handler_of(opcode: u8) -> Handler {
    HANDLERS[opcode as usize]
}

/// All of them. For who watches, they carry out one instruction at a time.
pub(super) const fn handlers(watched: bool) -> &'static [Handler; 256] {
    if watched { SINGLE_STEPS } else { HANDLERS }
}
