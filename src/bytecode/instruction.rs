//! What the table becomes: the instruction type, its encoding, and questions about its operands.

use std::ops::{Deref, Range};

use super::isa::for_each_instruction;
use super::operand::*;
use super::types::Type;

macro_rules! define_instruction {
    ($($(#[doc = $doc:literal])+ $mnemonic:literal $name:ident { $($field:ident: $type:ty),* })+) => {
        /// An instruction. Eight bytes, as in the simulated code segment.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "operand names explain themselves; the rows document the rest")]
        pub enum Instruction { $($(#[doc = $doc])+ $name { $($field: $type),* },)+ }

        /// The opcodes, in the order of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        enum Opcode { $($name,)+ }

        impl Instruction {
            /// Mnemonic, operands with their types, and what it does, of every instruction in the table.
            pub const MANUAL: &'static [ManualRow] = &[$(ManualRow {
                mnemonic: $mnemonic,
                operands: &[$((stringify!($field), stringify!($type))),*],
                text: concat!($($doc, "\n"),+),
            },)+];

            /// How many there are. Their opcodes are below that.
            pub const COUNT: usize = Self::MANUAL.len();

            /// Its mnemonic.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Instruction::$name { .. } => $mnemonic,)+ }
            }

            /// Its eight bytes: the opcode, then the operands, each at its natural alignment.
            pub fn encode(self) -> u64 {
                match self { $(Instruction::$name { $($field),* } => {
                    #[allow(unused_mut, reason = "some instructions have no operands")]
                    let mut encoder = Packer::new(Opcode::$name as u8);
                    $(encoder.put($field);)*
                    encoder.word
                })+ }
            }

            /// The instruction of those eight bytes, if they are one.
            pub fn decode(word: u64) -> Option<Instruction> {
                #[allow(unused_mut, unused_variables, reason = "some instructions have no operands")]
                match word as u8 { $(opcode if opcode == Opcode::$name as u8 => {
                    let mut decoder = Packer { word, at: 1 };
                    Some(Instruction::$name { $($field: decoder.take()),* })
                })+
                    _ => None,
                }
            }

            /// Its opcode: the number of its row.
            pub const fn opcode(self) -> u8 {
                match self { $(Instruction::$name { .. } => Opcode::$name as u8,)+ }
            }

            /// Calls `visit` with each operand.
            fn operands(self, visit: &mut impl OperandVisitor) {
                #[allow(unused_variables, reason = "some instructions have no operands")]
                match self { $(Instruction::$name { $($field),* } => { $(visit.operand($field);)* })+ }
            }
        }

        /// The rows of the table as types of their own: what is compiled once for each instruction is generic
        /// over them.
        #[allow(missing_docs, reason = "as for `Instruction`")]
        pub mod rows {
            use super::*;

            $($(#[doc = $doc])+
            #[derive(Clone, Copy, Debug)]
            pub struct $name { $(pub $field: $type),* }

            impl Row for $name {
                const OPCODE: u8 = Opcode::$name as u8;
                const OPERANDS: &'static [(&'static str, usize)] = &[$((stringify!($field), <$type>::WIDTH)),*];

                #[inline(always)]
                fn decode(encoded: &Encoded, known: Known) -> Self {
                    #[allow(unused_mut, unused_variables, reason = "some instructions have no operands")]
                    let mut decoder = Decoder { encoded, known, at: 1 };
                    $name { $($field: decoder.take()),* }
                }
            })+
        }
    };
}

/// An instruction that is known when the host's code is compiled.
pub trait Row: Sized {
    /// The number of the row.
    const OPCODE: u8;
    /// The names of its operands, and their widths in bytes.
    const OPERANDS: &'static [(&'static str, usize)];

    /// Its operands in such an instruction.
    fn decode(encoded: &Encoded, known: Known) -> Self;
}

/// A byte of an instruction that is known already: its place, and what it is. The opcode's place for none.
pub type Known = (usize, u8);

/// The place of a row's operand among the bytes of the instruction.
pub const fn place<R: Row>(name: &str) -> usize {
    let (mut place, mut at) = (1_usize, 0);
    loop {
        let (operand, width) = R::OPERANDS[at];
        place = place.next_multiple_of(width);
        if same(operand, name) {
            return place;
        }
        place += width;
        at += 1;
    }
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

/// A row of the printed manual.
#[derive(Clone, Copy, Debug)]
pub struct ManualRow {
    /// The mnemonic.
    pub mnemonic: &'static str,
    /// Name and type of each operand.
    pub operands: &'static [(&'static str, &'static str)],
    /// What it does.
    pub text: &'static str,
}

for_each_instruction!(define_instruction);

const _: () = assert!(size_of::<Instruction>() == 8);

/// Puts operands into a word, or takes them out, each at the next place of its alignment.
struct Packer {
    word: u64,
    at: usize,
}

impl Packer {
    fn new(opcode: u8) -> Packer {
        Packer { word: u64::from(opcode), at: 1 }
    }

    fn place<O: Operand>(&mut self) -> usize {
        let at = self.at.next_multiple_of(O::WIDTH);
        self.at = at + O::WIDTH;
        debug_assert!(self.at <= 8, "an instruction has eight bytes");
        at * 8
    }

    fn put<O: Operand>(&mut self, operand: O) {
        let mask = u64::MAX >> (64 - 8 * O::WIDTH);
        self.word |= (u64::from(operand.to_bits()) & mask) << self.place::<O>();
    }

    fn take<O: Operand>(&mut self) -> O {
        let mask = u64::MAX >> (64 - 8 * O::WIDTH);
        O::from_bits((self.word >> self.place::<O>() & mask) as u32)
    }
}

/// The eight bytes of an instruction, the opcode first.
pub type Encoded = [u8; 8];

/// Takes operands out of an instruction.
struct Decoder<'e> {
    encoded: &'e Encoded,
    known: Known,
    at: usize,
}

impl Decoder<'_> {
    #[inline(always)]
    fn take<O: Operand>(&mut self) -> O {
        let at = self.at.next_multiple_of(O::WIDTH);
        self.at = at + O::WIDTH;
        if at == self.known.0 {
            return O::from_bits(u32::from(self.known.1));
        }
        let bytes = &self.encoded[at..at + O::WIDTH];
        O::from_bits(match *bytes {
            [byte] => u32::from(byte),
            [_, _] => u32::from(u16::from_le_bytes(bytes.try_into().expect("two bytes"))),
            _ => u32::from_le_bytes(bytes.try_into().expect("four bytes")),
        })
    }
}

trait OperandVisitor {
    fn operand<O: Operand>(&mut self, operand: O);
}

/// What an instruction does to slots and to the flow of control.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Slots that are read.
    pub reads: SlotRanges,
    /// Slots that get a value on every way out.
    pub writes: SlotRanges,
    /// A slot that gets a value where the jump is taken.
    pub writes_jumping: Option<u32>,
    /// A slot that gets a value where the jump is not taken.
    pub writes_falling: Option<u32>,
    /// This slot and all above are lost, before `writes`.
    pub clobbers_from: Option<u32>,
    /// Where the jump goes, relative to the next instruction.
    pub jump: Option<i32>,
    values_from: Option<u32>,
    value_count: Option<u32>,
}

/// Runs of slots, in the order of the operands. Analyses ask for those of every instruction, so they
/// take no memory of their own.
#[derive(Clone, Debug, Default)]
pub struct SlotRanges {
    ranges: [Range<u32>; 4],
    count: usize,
}

impl SlotRanges {
    fn push(&mut self, range: Range<u32>) {
        if !range.is_empty() {
            self.ranges[self.count] = range;
            self.count += 1;
        }
    }
}

impl Deref for SlotRanges {
    type Target = [Range<u32>];

    fn deref(&self) -> &[Range<u32>] {
        &self.ranges[..self.count]
    }
}

impl OperandVisitor for Effects {
    fn operand<O: Operand>(&mut self, operand: O) {
        self.reads.push(operand.reads());
        self.writes.push(operand.writes());
        self.writes_jumping = self.writes_jumping.or(operand.writes_jumping());
        self.writes_falling = self.writes_falling.or(operand.writes_falling());
        self.clobbers_from = self.clobbers_from.or(operand.clobbers_from());
        self.jump = self.jump.or(operand.jump());
        self.values_from = self.values_from.or(operand.values_from());
        self.value_count = self.value_count.or(operand.value_count());
    }
}

impl OperandVisitor for Option<Reference> {
    fn operand<O: Operand>(&mut self, operand: O) {
        *self = self.or(operand.reference());
    }
}

/// Where a jump goes, if there is one.
struct Jumper(Option<i32>);

impl OperandVisitor for Jumper {
    fn operand<O: Operand>(&mut self, operand: O) {
        self.0 = self.0.or(operand.jump());
    }
}

/// Calls functions with each slot that is read or written, and what it holds then.
struct Holdings<R, W, J, F> {
    reads: R,
    writes: W,
    jumping: J,
    falling: F,
}

impl<R, W, J, F> OperandVisitor for Holdings<R, W, J, F>
where
    R: FnMut(u8, Type),
    W: FnMut(u8, Type),
    J: FnMut(u8, Type),
    F: FnMut(u8, Type),
{
    fn operand<O: Operand>(&mut self, operand: O) {
        operand.reads().for_each(|slot| (self.reads)(slot as u8, O::HOLDS));
        operand.writes().for_each(|slot| (self.writes)(slot as u8, O::HOLDS));
        operand.writes_jumping().into_iter().for_each(|slot| (self.jumping)(slot as u8, O::HOLDS));
        operand.writes_falling().into_iter().for_each(|slot| (self.falling)(slot as u8, O::HOLDS));
    }
}

struct Shower<'a> {
    context: Context<'a>,
    shown: Vec<String>,
}

impl OperandVisitor for Shower<'_> {
    fn operand<O: Operand>(&mut self, operand: O) {
        self.shown.push(operand.show(self.context));
    }
}

struct Checker<'a> {
    context: Context<'a>,
    result: Result<(), String>,
}

impl OperandVisitor for Checker<'_> {
    fn operand<O: Operand>(&mut self, operand: O) {
        if self.result.is_ok() {
            self.result = operand.verify(self.context);
        }
    }
}

impl Instruction {
    /// What it does to slots and control.
    pub fn effects(self) -> Effects {
        let mut effects = Effects::default();
        self.operands(&mut effects);
        if let (Some(from), Some(count)) = (effects.values_from, effects.value_count) {
            effects.reads.push(from..from + count);
        }
        effects
    }

    /// Where its jump goes, relative to the next instruction, if it may jump.
    pub fn jump(self) -> Option<i32> {
        let mut jumper = Jumper(None);
        self.operands(&mut jumper);
        jumper.0
    }

    /// The index where its jump goes if it is at `index`, if it may jump.
    pub fn jump_target(self, index: usize) -> Option<usize> {
        self.jump().map(|offset| (index as i64 + 1 + i64::from(offset)) as usize)
    }

    /// Calls `visit` with each slot that it reads, and what it relies on that to hold.
    pub fn each_read(self, visit: impl FnMut(u8, Type)) {
        self.operands(&mut Holdings { reads: visit, writes: |_, _| {}, jumping: |_, _| {}, falling: |_, _| {} });
    }

    /// Calls a function with each slot that gets a value, and the type of that, as far as the operand tells:
    /// on every way out, where it jumps, and where it does not.
    pub fn each_write(
        self,
        writes: impl FnMut(u8, Type),
        jumping: impl FnMut(u8, Type),
        falling: impl FnMut(u8, Type),
    ) {
        self.operands(&mut Holdings { reads: |_, _| {}, writes, jumping, falling });
    }

    /// Whether control never reaches the next instruction by falling through.
    pub const fn ends_path(self) -> bool {
        matches!(
            self,
            Instruction::Jump { .. }
                | Instruction::EachEnter { .. }
                | Instruction::Return { .. }
                | Instruction::ReturnNull {}
                | Instruction::Halt {}
        )
    }

    /// The same with another jump target; of an instruction that does not jump, itself.
    #[must_use]
    pub fn with_target(self, target: Target) -> Instruction {
        if self.effects().jump.is_none() {
            return self;
        }
        self.with_wide(target.0 as u32)
    }

    /// The row of one of the program's tables that it names.
    pub fn reference(self) -> Option<Reference> {
        let mut reference = None;
        self.operands(&mut reference);
        reference
    }

    /// The same with another number for its reference; of an instruction without one, itself.
    #[must_use]
    pub fn with_reference(self, number: u32) -> Instruction {
        if self.reference().is_some() { self.with_wide(number) } else { self }
    }

    /// The same with another 32-bit operand: the upper half of the word.
    fn with_wide(self, operand: u32) -> Instruction {
        let word = self.encode() & 0xFFFF_FFFF | u64::from(operand) << 32;
        Instruction::decode(word).unwrap_or(self)
    }

    /// Its operands as a disassembly shows them.
    pub fn show_operands(self, context: Context<'_>) -> Vec<String> {
        let mut shower = Shower { context, shown: Vec::new() };
        self.operands(&mut shower);
        shower.shown
    }

    /// Whether every operand names something that is there.
    ///
    /// # Errors
    /// A sentence; always the compiler's mistake.
    pub fn verify_operands(self, context: Context<'_>) -> Result<(), String> {
        let mut checker = Checker { context, result: Ok(()) };
        self.operands(&mut checker);
        checker.result
    }
}
