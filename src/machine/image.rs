//! The program's code as the handlers want it: *direct-threaded* (James R. Bell, "Threaded Code", CACM 1973).
//! Next to each instruction are the handler that carries it out and what its operands refer to elsewhere. Made from
//! the program's code, of which it says nothing new but where fields were found.

use super::dispatch::{Handler, LEFT, handler_of};
use crate::bytecode::instruction::Encoded;
use crate::bytecode::sequence::{self, LONGEST};
use crate::bytecode::{Divisor, Function, Instruction, Program};
use crate::memory::{FieldName, LayoutId, Layouts, Tag, Value};

/// Instructions that a handler may look at: those of the longest sequence, and the one behind it.
pub(super) const AHEAD: usize = LONGEST + 1;

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    /// Carries out it, or the sequence that it begins.
    pub handler: Handler,
    /// Its eight bytes. Instead of the opcode there may be the number of the sequence that it begins, or [`LEFT`].
    pub encoded: Encoded,
    /// What an operand of it refers to, or where its field was found.
    pub resolved: Resolved,
}

/// What an instruction would have to look up, where it is one load away: a constant, a constant to divide by, what a
/// call needs of its function, or where a field was found. Which of them the instruction tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolved {
    word: u64,
    half: u32,
    byte: u8,
    tag: Tag,
}

/// Where a field was found the last time that an instruction used it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldCache {
    /// Id of the layout it was found in. Header lengths have 31 bits, so [`FieldCache::EMPTY`]'s is none's.
    pub layout: u32,
    /// Its word offset.
    pub offset: u32,
}

impl FieldCache {
    /// Nothing was found yet.
    pub const EMPTY: FieldCache = FieldCache { layout: u32::MAX, offset: 0 };

    /// For a field in blocks of a layout. Embedded arrays are no words and not cached.
    pub fn of(layouts: &Layouts, layout: LayoutId, name: FieldName) -> FieldCache {
        match layouts.get(layout).field(name) {
            Some(field) if field.embedded == 0 => FieldCache { layout: layout.0, offset: field.offset },
            _ => FieldCache::EMPTY,
        }
    }

    /// Whether nothing was found yet.
    pub const fn is_empty(self) -> bool {
        self.layout == Self::EMPTY.layout
    }
}

/// What a call needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee {
    /// Index of the function's first instruction.
    pub entry: u32,
    /// Index of the instruction behind the call.
    pub behind: u32,
    /// Words of the function's frame.
    pub frame_words: u32,
}

impl Resolved {
    const NOTHING: Resolved = Resolved { word: 0, half: 0, byte: 0, tag: Tag::Uninitialised };

    /// Of a constant.
    pub const fn of_constant(value: Value) -> Resolved {
        Resolved { word: value.word, tag: value.tag, ..Self::NOTHING }
    }

    /// Of a function that the instruction before an index calls.
    pub const fn of_function(function: &Function, behind: u32) -> Resolved {
        let word = function.entry as u64 | (behind as u64) << 32;
        Resolved { word, half: function.frame_words, ..Self::NOTHING }
    }

    /// Of a field.
    pub const fn of_field(cache: FieldCache) -> Resolved {
        // What `field_key` says, from which the offset is got back as the low half with the other sign.
        let word = ((cache.layout as u64) << 32).wrapping_sub(cache.offset as u64);
        Resolved { word, half: cache.layout, ..Self::NOTHING }
    }

    /// Of a constant to divide by.
    pub const fn of_divisor(divisor: Divisor) -> Resolved {
        let (word, value, byte) = divisor.parts();
        Resolved { word, half: value as u32, byte, ..Self::NOTHING }
    }

    /// The constant.
    #[inline(always)]
    pub const fn constant(self) -> Value {
        Value { word: self.word, tag: self.tag }
    }

    /// The function.
    #[inline(always)]
    pub const fn callee(self) -> Callee {
        Callee { entry: self.word as u32, behind: (self.word >> 32) as u32, frame_words: self.half }
    }

    /// Where the field was found.
    #[inline(always)]
    pub const fn field(self) -> FieldCache {
        FieldCache { layout: self.half, offset: (self.word as u32).wrapping_neg() }
    }

    /// What has to be subtracted from the key of an open record to get the index of the field's word. Of a record with
    /// another layout, that leaves something beyond every segment.
    #[inline(always)]
    pub const fn field_key(self) -> u64 {
        self.word
    }

    /// The constant to divide by.
    #[inline(always)]
    pub const fn divisor(self) -> Divisor {
        Divisor::of((self.word, self.half as i32, self.byte))
    }
}

/// The code of a program.
#[derive(Debug)]
pub(super) struct Image {
    /// Behind the code are [`AHEAD`] more, so that a handler may look at as many.
    ops: Vec<Op>,
}

impl Image {
    /// Of a program without code.
    pub fn new() -> Image {
        let end = Instruction::Halt {}.encode().to_le_bytes();
        let end = Op { handler: handler_of(end[0]), encoded: end, resolved: Resolved::NOTHING };
        Image { ops: vec![end; AHEAD] }
    }

    /// Instructions that there are.
    pub const fn len(&self) -> usize {
        self.ops.len() - AHEAD
    }

    /// All of them, and what is behind.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Takes in the code that is new in a program. `resolve` says what an instruction names, by its index.
    pub fn extend(&mut self, program: &Program, resolve: impl Fn(u32, Instruction) -> Option<Resolved>) {
        let known = self.len();
        let encode = |(at, instruction): (u32, &Instruction)| {
            let mut encoded = instruction.encode().to_le_bytes();
            if matches!(instruction, Instruction::Return { .. } | Instruction::ReturnNull {}) && retires(program, at) {
                encoded[0] = LEFT;
            }
            encoded
        };
        let new = || (known as u32..).zip(&program.code[known..]);
        let encoded: Vec<Encoded> = new().map(encode).collect();
        let opcodes = sequence::choose(&encoded);
        let ops = new().zip(encoded).zip(opcodes).map(|(((at, &instruction), mut encoded), opcode)| {
            encoded[0] = opcode;
            let resolved = resolve(at, instruction).unwrap_or(Resolved::NOTHING);
            Op { handler: handler_of(opcode), encoded, resolved }
        });
        self.ops.splice(known..known, ops);
    }

    /// Where the instruction at an index found its field the last time.
    pub fn field(&self, index: usize) -> FieldCache {
        self.ops[index].resolved.field()
    }

    /// Notes where it has found it now.
    pub fn note_field(&mut self, index: usize, cache: FieldCache) {
        self.ops[index].resolved = Resolved::of_field(cache);
    }
}

/// Whether what returns at an index has buffers, which the whole machine has to retire.
fn retires(program: &Program, at: u32) -> bool {
    !program.functions[program.function_at(at)].buffers.is_empty()
}
