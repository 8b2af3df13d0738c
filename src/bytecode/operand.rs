//! The types of operands: how wide they are, how they print, and what they do to slots.

use std::ops::Range;

use super::program::{Function, Program};
use super::types::Type;
use crate::limits::FRAME_SLOTS;

/// The frame of an instruction, for printing and checking its operands.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The whole program.
    pub program: &'a Program,
    /// The function the instruction belongs to.
    pub function: &'a Function,
    /// Index of the instruction.
    pub at: u32,
}

/// A row of one of the program's tables. Functions and field sites have other numbers where code moves from one
/// program to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A function, by index.
    Function(u32),
    /// A place where a field is used, by index.
    FieldSite(u32),
    /// A constant, by index.
    Constant(u32),
    /// A constant to divide by, by index.
    Divisor(u32),
}

/// What an operand type says of itself. Everything but the bits has a default: "nothing".
pub trait Operand: Copy {
    /// Bytes it takes in an encoded instruction: 1, 2 or 4.
    const WIDTH: usize;

    /// What a slot that it reads holds, for certain, and one that it writes afterwards.
    const HOLDS: Type = Type::ANY;

    /// Its bits, zero-extended.
    fn to_bits(self) -> u32;

    /// The operand of those bits.
    fn from_bits(bits: u32) -> Self;

    /// Slots it reads.
    fn reads(self) -> Range<u32> {
        0..0
    }

    /// Slots that certainly have a new value afterwards.
    fn writes(self) -> Range<u32> {
        0..0
    }

    /// A slot that has a new value where the jump is taken.
    fn writes_jumping(self) -> Option<u32> {
        None
    }

    /// A slot that has a new value where the jump is not taken.
    fn writes_falling(self) -> Option<u32> {
        None
    }

    /// This slot and all above hold nothing any more afterwards, except what `writes` says.
    fn clobbers_from(self) -> Option<u32> {
        None
    }

    /// First slot of a run of values that are read; another operand says how many.
    fn values_from(self) -> Option<u32> {
        None
    }

    /// Number of the values whose first slot another operand names.
    fn value_count(self) -> Option<u32> {
        None
    }

    /// Where a jump goes, relative to the next instruction.
    fn jump(self) -> Option<i32> {
        None
    }

    /// The row of a table that it names. Such an operand is 32 bits wide.
    fn reference(self) -> Option<Reference> {
        None
    }

    /// How it reads in a disassembly.
    fn show(self, context: Context<'_>) -> String;

    /// What is wrong with it, if anything; always the compiler's mistake.
    ///
    /// # Errors
    /// A sentence.
    fn verify(self, context: Context<'_>) -> Result<(), String>;
}

fn show_slot(slot: u8, context: Context<'_>) -> String {
    match context.function.variables.iter().find(|variable| variable.slot == slot) {
        Some(variable) => variable.name.clone(),
        None => format!("t{slot}"),
    }
}

/// A function's name, with the types of its parameters where it is a version for such.
fn show_function(index: u32, program: &Program) -> String {
    let name = &program.functions[index as usize].name;
    let types = program.types.of(index).map_or(&[][..], |types| &types.parameters);
    if types.iter().all(|known| known.name().is_none()) {
        return name.clone();
    }
    let types: Vec<&str> = types.iter().map(|known| known.name().unwrap_or("any")).collect();
    format!("{name}({})", types.join(", "))
}

fn verify_slots(slots: Range<u32>, context: Context<'_>) -> Result<(), String> {
    let limit = u32::from(context.function.slots);
    if slots.start < u32::from(Function::LINKAGE) || slots.end > limit || limit as usize > FRAME_SLOTS {
        return Err(format!("slots {slots:?} lie outside the frame of {limit}"));
    }
    Ok(())
}

/// Declares operand types that name slots: `Type(reads, writes)` as widths from the slot on.
macro_rules! slot_operands {
    ($($(#[doc = $doc:literal])+ $name:ident reads $reads:literal writes $writes:literal
        $(jumping $jumping:literal)? $(falling $falling:literal)? $(clobbers $clobbers:literal)? $(values $values:literal)? $(touches $touches:literal)?
        $(of $of:ident)?;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub u8);

        impl From<$name> for u8 {
            #[inline(always)]
            fn from(operand: $name) -> u8 {
                operand.0
            }
        }

        impl From<$name> for usize {
            #[inline(always)]
            fn from(operand: $name) -> usize {
                operand.0.into()
            }
        }

        impl Operand for $name {
            const WIDTH: usize = 1;
            $(const HOLDS: Type = Type::$of;)?

            fn to_bits(self) -> u32 {
                u32::from(self.0)
            }

            fn from_bits(bits: u32) -> Self {
                $name(bits as u8)
            }

            fn reads(self) -> Range<u32> {
                let slot = u32::from(self.0);
                slot..slot + $reads
            }

            fn writes(self) -> Range<u32> {
                let slot = u32::from(self.0);
                slot..slot + $writes
            }

            $(fn writes_jumping(self) -> Option<u32> {
                Some(u32::from(self.0) + $jumping)
            })?

            $(fn writes_falling(self) -> Option<u32> {
                Some(u32::from(self.0) + $falling)
            })?

            $(fn clobbers_from(self) -> Option<u32> {
                Some(u32::from(self.0) + $clobbers)
            })?

            $(fn values_from(self) -> Option<u32> {
                Some(u32::from(self.0) + $values)
            })?

            fn show(self, context: Context<'_>) -> String {
                show_slot(self.0, context)
            }

            fn verify(self, context: Context<'_>) -> Result<(), String> {
                let slot = u32::from(self.0);
                let width: u32 = [$reads, $writes, 1 $(, $touches)?].into_iter().max().unwrap_or(1);
                verify_slots(slot..slot + width, context)
            }
        }
    )+ };
}

slot_operands! {
    /// A slot that is read.
    Read reads 1 writes 0;
    /// A slot that gets a value.
    Write reads 0 writes 1;
    /// A slot that is read and gets a value.
    Update reads 1 writes 1;
    /// A slot that gets a value if the jump is taken.
    WriteJumping reads 0 writes 0 jumping 0;
    /// A slot that gets a value unless the jump is taken.
    WriteFalling reads 0 writes 0 falling 0;
    /// A loop's limit, and its step in the slot after it.
    LimitAndStep reads 2 writes 2;
    /// A slot that holds an integer and is read.
    ReadInteger reads 1 writes 0 of INTEGER;
    /// A slot that holds a float and is read.
    ReadFloat reads 1 writes 0 of FLOAT;
    /// A slot that holds a pointer to a block, not into one, and is read.
    ReadBlock reads 1 writes 0 of BLOCK;
    /// A slot that holds a pointer to a block of zeroed integers and is read.
    ReadIntegers reads 1 writes 0 of INTEGERS;
    /// A slot that holds a pointer to a block of zeroed floats and is read.
    ReadFloats reads 1 writes 0 of FLOATS;
    /// A slot that holds a pointer to a block of booleans that were false at first, and is read.
    ReadBooleans reads 1 writes 0 of BOOLEANS;
    /// A slot that holds a boolean and is read.
    ReadBoolean reads 1 writes 0 of BOOLEAN;
    /// A slot that gets a boolean.
    WriteBoolean reads 0 writes 1 of BOOLEAN;
    /// A slot that gets an integer.
    WriteInteger reads 0 writes 1 of INTEGER;
    /// A slot that gets a float.
    WriteFloat reads 0 writes 1 of FLOAT;
    /// A slot that holds an integer, is read and gets another.
    UpdateInteger reads 1 writes 1 of INTEGER;
    /// A slot that gets an integer if the jump is taken.
    WriteIntegerJumping reads 0 writes 0 jumping 0 of INTEGER;
    /// A slot that gets an integer unless the jump is taken.
    WriteIntegerFalling reads 0 writes 0 falling 0 of INTEGER;
    /// A loop's limit and its step, both integers.
    IntegerLimitAndStep reads 2 writes 2 of INTEGER;
    /// The collection of a for-each loop where it begins; its length and the index get the next two slots.
    WalkStart reads 1 writes 3;
    /// A for-each loop's collection, length and index.
    Walk reads 3 writes 3;
    /// The start of an outgoing frame: the value comes back here, the arguments follow two words later.
    Window reads 0 writes 1 clobbers 0 values 2 touches 2;
    /// Where a built-in's value comes back; its arguments follow.
    BuiltinWindow reads 0 writes 1 values 1;
    /// The first of some values.
    Values reads 0 writes 0 values 0;
}

/// Declares which operand types say more of the same slot than others.
macro_rules! typed_operands {
    ($($typed:ident of $general:ident,)+) => { $(
        impl From<$general> for $typed {
            fn from(operand: $general) -> $typed {
                $typed(operand.0)
            }
        }

        impl From<$typed> for $general {
            fn from(operand: $typed) -> $general {
                $general(operand.0)
            }
        }
    )+ };
}

typed_operands! {
    ReadInteger of Read,
    ReadFloat of Read,
    ReadBlock of Read,
    ReadIntegers of Read,
    ReadFloats of Read,
    ReadBooleans of Read,
    ReadBoolean of Read,
    WriteBoolean of Write,
    WriteInteger of Write,
    WriteFloat of Write,
    UpdateInteger of Update,
    WriteIntegerJumping of WriteJumping,
    WriteIntegerFalling of WriteFalling,
    IntegerLimitAndStep of LimitAndStep,
}

/// Declares operand types that are plain numbers.
macro_rules! number_operands {
    ($($(#[doc = $doc:literal])+ $name:ident($inner:ty) width $width:literal $(counts $counts:ident)? $(refers $refers:ident)?
        show |$value:ident, $context:ident| $show:expr, verify |$v:ident, $c:ident| $verify:expr;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $inner);

        impl Operand for $name {
            const WIDTH: usize = $width;

            fn to_bits(self) -> u32 {
                self.0 as u32
            }

            fn from_bits(bits: u32) -> Self {
                $name(bits as $inner)
            }

            $(fn value_count(self) -> Option<u32> {
                let $counts = self.0;
                Some(u32::from($counts))
            })?

            $(fn reference(self) -> Option<Reference> {
                Some(Reference::$refers(self.0))
            })?

            fn show(self, $context: Context<'_>) -> String {
                let $value = self.0;
                $show
            }

            fn verify(self, $c: Context<'_>) -> Result<(), String> {
                let $v = self.0;
                if $verify { Ok(()) } else { Err(format!("{self:?} names nothing")) }
            }
        }
    )+ };
}

number_operands! {
    /// An integer constant.
    Integer(i32) width 4
        show |value, _context| value.to_string(), verify |_v, _c| true;
    /// A small integer constant.
    Short(i16) width 2
        show |value, _context| value.to_string(), verify |_v, _c| true;
    /// An index or a length.
    Length32(u32) width 4
        show |value, _context| value.to_string(), verify |_v, _c| true;
    /// A small index.
    SmallIndex(u8) width 1
        show |value, _context| value.to_string(), verify |_v, _c| true;
    /// How many values an instruction takes from its window on.
    Count(u8) width 1 counts count
        show |value, _context| value.to_string(), verify |_v, _c| true;
    /// An entry of the constant table.
    ConstantIndex(u32) width 4 refers Constant
        show |value, context| context.program.show_constant(value), verify |v, c| (v as usize) < c.program.constants.len();
    /// A global.
    GlobalIndex(u32) width 4
        show |value, context| format!("@{}", context.program.globals[value as usize].name),
        verify |v, c| (v as usize) < c.program.globals.len();
    /// A function.
    FunctionIndex(u32) width 4 refers Function
        show |value, context| show_function(value, context.program),
        verify |v, c| (v as usize) < c.program.functions.len();
    /// A place in the text where a field is used.
    FieldSiteIndex(u32) width 4 refers FieldSite
        show |value, context| format!(".{}", context.program.field_names[context.program.field_sites[value as usize].field as usize]),
        verify |v, c| (v as usize) < c.program.field_sites.len();
    /// A record's layout.
    RecordIndex(u32) width 4
        show |value, context| context.program.records[value as usize].name.clone(),
        verify |v, c| (v as usize) < c.program.records.len();
    /// A constant to divide by.
    DivisorIndex(u32) width 4 refers Divisor
        show |value, context| context.program.divisors[value as usize].value.to_string(),
        verify |v, c| (v as usize) < c.program.divisors.len();
    /// A stack buffer of the function.
    BufferIndex(u32) width 4
        show |value, context| { let buffer = &context.function.buffers[value as usize]; format!("{} {}", buffer.length, if buffer.bytes { "bytes" } else { "elements" }) },
        verify |v, c| (v as usize) < c.function.buffers.len();
    /// A built-in.
    BuiltinIndex(u8) width 1
        show |value, context| context.program.builtins[value as usize].name.to_owned(),
        verify |v, c| (v as usize) < c.program.builtins.len();
}

/// Where a jump goes, relative to the next instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(pub i32);

impl Operand for Target {
    const WIDTH: usize = 4;

    fn to_bits(self) -> u32 {
        self.0 as u32
    }

    fn from_bits(bits: u32) -> Self {
        Target(bits as i32)
    }

    fn jump(self) -> Option<i32> {
        Some(self.0)
    }

    fn show(self, context: Context<'_>) -> String {
        let index = i64::from(context.at) + 1 + i64::from(self.0);
        format!("-> 0x{:08X}", Program::address(index as u32))
    }

    fn verify(self, context: Context<'_>) -> Result<(), String> {
        let index = i64::from(context.at) + 1 + i64::from(self.0);
        if index < i64::from(context.function.entry) || index >= i64::from(context.function.end) {
            return Err(format!("jump target {index} lies outside the function"));
        }
        Ok(())
    }
}

/// Declares operand types that choose between a few named things.
macro_rules! choice_operands {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $vdoc:literal])+ $variant:ident $text:literal,)+ })+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $vdoc])+ $variant,)+ }

        impl Operand for $name {
            const WIDTH: usize = 1;

            fn to_bits(self) -> u32 {
                self as u32
            }

            fn from_bits(bits: u32) -> Self {
                [$($name::$variant,)+][bits as usize]
            }

            fn show(self, _context: Context<'_>) -> String {
                match self { $($name::$variant => $text.to_owned(),)+ }
            }

            fn verify(self, _context: Context<'_>) -> Result<(), String> {
                Ok(())
            }
        }
    )+ };
}

choice_operands! {
    /// What `allocate` makes. The uninitialised kinds give null where the heap cannot serve them, the
    /// others stop with `out-of-memory`.
    AllocationKind {
        /// `heap_allocate(n)`, `heap_allocate(n bytes)`: bytes or fields, as its first use decides.
        Plain "plain",
        /// `heap_allocate(n integers)`
        Elements "elements",
        /// `allocate(n bytes)`
        ZeroBytes "zero-bytes",
        /// `allocate(n)`, `allocate(n integers)`
        ZeroIntegers "zero-integers",
        /// `allocate(n floats)`
        ZeroFloats "zero-floats",
        /// `allocate(n booleans)`
        ZeroBooleans "zero-booleans",
        /// `allocate(n pointers)`
        ZeroPointers "zero-pointers",
    }
    /// Which operands are temporaries that the instruction consumes.
    Drops {
        /// The left one.
        Left "drop-left",
        /// The right one.
        Right "drop-right",
        /// Both.
        Both "drop-both",
    }
    /// What happens when the heap cannot serve an allocation.
    Failure {
        /// The value is null.
        Null "or-null",
        /// The program stops with `out-of-memory`.
        Stop "or-stop",
    }
}
