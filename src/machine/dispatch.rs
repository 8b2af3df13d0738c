//! From one instruction to the next. There is a handler for each instruction, and for each sequence of
//! instructions that is carried out in one go; a handler ends by calling the next one's. All have the
//! same signature, and the state of the machine that every instruction needs is their arguments, so an
//! optimising host compiler makes a jump of that call and keeps the arguments in registers.
//!
//! Nothing guarantees that jump. So where the host's code is not optimised ([`CHAINED`] says so), and
//! where somebody watches the run, handlers return after each step to the loop in `execute.rs`. And they
//! return there now and then in any case: to look up, and for what needs the whole machine.

use std::marker::PhantomData;

use super::core::{Ahead, Core, Done, Frame, Step, Tags, Words};
use super::frame::Position;
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

/// Carries out one instruction or a few. The arguments are the word of the first, its index, the frame's
/// window, base and tags, and the rest of the machine.
pub(super) type Handler = for<'m> fn(&'m Ahead, usize, &'m Words, &'m Tags, &mut Core<'m>, i64) -> Exit;

/// How an instruction is carried out, where that needs no more than the frame and the core.
pub(super) trait Execute: Row {
    /// Does it in the commonest case, or nothing.
    fn execute(self, pc: usize, frame: Frame<'_>, core: &mut Core<'_>) -> Done;

    /// Does it in the other common cases, or nothing. By itself, because what both need in registers would not
    /// fit.
    #[inline(always)]
    fn otherwise(self, _pc: usize, _frame: Frame<'_>, _core: &mut Core<'_>) -> Done {
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
    const fn next(self, taken: usize, ahead: &Ahead) -> Place {
        Place { at: self.at + 1, known: (taken, ahead[self.at][RESULT]) }
    }
}

/// Instructions that follow each other.
trait Sequence {
    /// Carries them out, and goes on with what follows them. The first is that at `place`, and its index `pc`.
    fn run<'m, const CHAINED: bool>(
        ahead: &'m Ahead,
        place: Place,
        pc: usize,
        words: &'m Words,
        tags: &'m Tags,
        core: &mut Core<'m>,
        fuel: i64,
    ) -> Exit;
}

/// A sequence of one.
struct Last<I>(PhantomData<I>);

/// An instruction and a sequence behind it, whose first instruction has its result at that place.
struct Then<I, const TAKEN: usize, S>(PhantomData<(I, S)>);

impl<I: Execute> Sequence for Last<I> {
    #[inline(always)]
    fn run<'m, const CHAINED: bool>(
        ahead: &'m Ahead,
        place: Place,
        pc: usize,
        words: &'m Words,
        tags: &'m Tags,
        core: &mut Core<'m>,
        fuel: i64,
    ) -> Exit {
        match I::decode(&ahead[place.at], place.known).execute(pc, Frame { words, tags }, core) {
            None => give_up::<I, CHAINED>(ahead, place, pc, words, tags, core, fuel),
            done => proceed::<CHAINED>(done, ahead, pc, words, tags, core, fuel),
        }
    }
}

impl<I: Execute, const TAKEN: usize, S: Sequence> Sequence for Then<I, TAKEN, S> {
    #[inline(always)]
    fn run<'m, const CHAINED: bool>(
        ahead: &'m Ahead,
        place: Place,
        pc: usize,
        words: &'m Words,
        tags: &'m Tags,
        core: &mut Core<'m>,
        fuel: i64,
    ) -> Exit {
        match I::decode(&ahead[place.at], place.known).execute(pc, Frame { words, tags }, core) {
            None => give_up::<I, CHAINED>(ahead, place, pc, words, tags, core, fuel),
            Some(Step::Next) => S::run::<CHAINED>(ahead, place.next(TAKEN, ahead), pc + 1, words, tags, core, fuel),
            done => proceed::<CHAINED>(done, ahead, pc, words, tags, core, fuel),
        }
    }
}

/// The handler of a sequence.
fn handler<'m, S: Sequence, const CHAINED: bool>(
    ahead: &'m Ahead,
    pc: usize,
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    fuel: i64,
) -> Exit {
    S::run::<CHAINED>(ahead, Place::FIRST, pc, words, tags, core, fuel)
}

/// Leaves an instruction of a sequence, which is not of the commonest kind, to a function of its own.
#[inline(always)]
fn give_up<'m, I: Execute, const CHAINED: bool>(
    ahead: &'m Ahead,
    place: Place,
    pc: usize,
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    fuel: i64,
) -> Exit {
    let Some(ahead) = (if place.at == 0 { Some(ahead) } else { core.instructions(pc) }) else {
        return leave(ahead, pc, words, tags, core, fuel);
    };
    otherwise::<I, CHAINED>(ahead, pc, words, tags, core, fuel)
}

/// Carries out an instruction that is not of the commonest kind.
#[inline(never)]
fn otherwise<'m, I: Execute, const CHAINED: bool>(
    ahead: &'m Ahead,
    pc: usize,
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    fuel: i64,
) -> Exit {
    let done = I::decode(&ahead[0], (0, 0)).otherwise(pc, Frame { words, tags }, core);
    proceed::<CHAINED>(done, ahead, pc, words, tags, core, fuel)
}

/// Goes on where an instruction says.
#[inline(always)]
fn proceed<'m, const CHAINED: bool>(
    done: Done,
    ahead: &'m Ahead,
    pc: usize,
    mut words: &'m Words,
    mut tags: &'m Tags,
    core: &mut Core<'m>,
    mut fuel: i64,
) -> Exit {
    let next = match done {
        None => return leave(ahead, pc, words, tags, core, fuel),
        Some(Step::Next) => pc + 1,
        Some(Step::Jump(target)) => {
            let next = pc.wrapping_add_signed(target.0 as isize + 1);
            fuel += i64::from(target.0);
            if fuel <= next as i64 {
                return look_up(ahead, next, words, tags, core, fuel);
            }
            if target.0 < 0 {
                if core.again != next {
                    return elsewhere::<CHAINED>(ahead, next, words, tags, core, fuel);
                }
                return go_on::<CHAINED>(core.again_ahead, next, words, tags, core, fuel);
            }
            next
        }
        Some(Step::Enter(position) | Step::Return(position)) => {
            fuel += position.pc as i64 - (pc as i64 + 1);
            core.base = position.base;
            let Some(window) = core.window(position.base) else {
                return leave(ahead, position.pc, words, tags, core, fuel);
            };
            (words, tags) = window;
            // There are no more returns than calls.
            if matches!(done, Some(Step::Enter(_))) && fuel <= position.pc as i64 {
                return look_up(ahead, position.pc, words, tags, core, fuel);
            }
            position.pc
        }
    };
    let Some(ahead) = core.instructions(next) else { return leave(ahead, next, words, tags, core, fuel) };
    go_on::<CHAINED>(ahead, next, words, tags, core, fuel)
}

/// Jumps back, not to where it was the last time.
#[cold]
#[inline(never)]
fn elsewhere<'m, const CHAINED: bool>(
    ahead: &'m Ahead,
    next: usize,
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    fuel: i64,
) -> Exit {
    let Some(ahead) = core.instructions(next) else { return leave(ahead, next, words, tags, core, fuel) };
    (core.again, core.again_ahead) = (next, ahead);
    go_on::<CHAINED>(ahead, next, words, tags, core, fuel)
}

/// Goes on with the instruction at an index.
#[inline(always)]
fn go_on<'m, const CHAINED: bool>(
    ahead: &'m Ahead,
    next: usize,
    words: &'m Words,
    tags: &'m Tags,
    core: &mut Core<'m>,
    fuel: i64,
) -> Exit {
    if CHAINED {
        CHAIN[usize::from(ahead[0][0])](ahead, next, words, tags, core, fuel)
    } else {
        core.position = Position { pc: next, base: core.base };
        core.fuel = fuel;
        Exit::Stepped
    }
}

/// Returns for the whole machine. With the signature of a handler, so that getting here is a jump, too.
#[cold]
#[inline(never)]
fn leave<'m>(_: &'m Ahead, pc: usize, _: &'m Words, _: &'m Tags, core: &mut Core<'m>, fuel: i64) -> Exit {
    core.position = Position { pc, base: core.base };
    core.fuel = fuel;
    core.perform
}

/// Returns to look up.
#[cold]
#[inline(never)]
fn look_up<'m>(_: &'m Ahead, pc: usize, _: &'m Words, _: &'m Tags, core: &mut Core<'m>, fuel: i64) -> Exit {
    core.position = Position { pc, base: core.base };
    core.fuel = fuel;
    core.look_up
}

macro_rules! handlers_of_instructions {
    ($($(#[doc = $doc:literal])+ $mnemonic:literal $name:ident { $($field:ident: $type:ty),* })+) => {
        /// By opcode: the handlers of single instructions. No instruction has the opcodes beyond those.
        const fn of_instructions<const CHAINED: bool>() -> [Handler; 256] {
            let mut handlers: [Handler; 256] = [handler::<Last<rows::Halt>, CHAINED>; 256];
            $(handlers[rows::$name::OPCODE as usize] = handler::<Last<rows::$name>, CHAINED>;)+
            handlers
        }
    };
}

for_each_instruction!(handlers_of_instructions);

macro_rules! sequence {
    ($last:ident) => { Last<rows::$last> };
    ($first:ident, $next:ident [$($operand:ident)?] $($rest:tt)*) => {
        Then<rows::$first, { taken_place!($next $($operand)?) }, sequence!($next $($rest)*)>
    };
}

macro_rules! handlers_of_sequences {
    ($($first:ident $(+ $rest:ident $(($operand:ident))?)+;)+) => {
        /// The same, and behind them the handlers of sequences.
        const fn of_sequences<const CHAINED: bool>() -> [Handler; 256] {
            let mut handlers = of_instructions::<CHAINED>();
            let mut opcode = crate::bytecode::sequence::FIRST;
            $(
                handlers[opcode] = handler::<sequence!($first $(, $rest [$($operand)?])+), CHAINED>;
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
                handlers[opcode] = handler::<Last<rows::$first>, false>;
                opcode += 1;
            )+
            assert!(opcode <= 256);
            handlers
        }
    };
}

for_each_sequence!(handlers_of_sequences);

/// Handlers that call each other.
const CHAIN: &[Handler; 256] = &of_sequences::<true>();
/// Handlers that return after a sequence.
const STEPS: &[Handler; 256] = &of_sequences::<false>();
/// Handlers that return after an instruction.
const SINGLE_STEPS: &[Handler; 256] = &of_firsts();

/// By what is at the place of the opcode in a word of the image: how to carry it out. For who watches, one
/// instruction at a time.
pub(super) fn handlers(watched: bool) -> &'static [Handler; 256] {
    match (watched, CHAINED) {
        (true, _) => SINGLE_STEPS,
        (false, true) => CHAIN,
        (false, false) => STEPS,
    }
}
