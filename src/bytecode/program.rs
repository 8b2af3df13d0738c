//! A compiled program: instructions, what they refer to, and what reports need to explain them.

use std::ops::Range;

use super::liveness::SlotSet;
use super::types::{Type, Types};
use super::{Divisor, Instruction};
use crate::source::Span;

/// A constant that an instruction may load.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `null`
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer that does not fit an instruction.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string literal; it lives in the static segment.
    String(String),
}

/// A variable of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its slot; the first parameter's is [`Function::LINKAGE`].
    pub slot: u8,
}

/// A stack buffer of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Words from the frame's base down to the buffer's header, which is its lowest word.
    pub header: u32,
    /// Elements, or bytes.
    pub length: u32,
    /// Whether `length` counts bytes.
    pub bytes: bool,
}

impl Buffer {
    /// Words that the data of a buffer take; at least one, so that every buffer has an address of its own.
    pub fn words(length: u32, bytes: bool) -> u32 {
        let words = if bytes { length.div_ceil(8) } else { length };
        words.max(1)
    }
}

/// Whose code a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Statements outside all functions. It has nowhere to return to, and halts.
    TopLevel,
    /// A function of the user's.
    User,
    /// A library function: its lines are not the user's.
    Library,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name; the top level is `<top level>`.
    pub name: String,
    /// Index of its first instruction.
    pub entry: u32,
    /// One past its last instruction.
    pub end: u32,
    /// Number of parameters; they are the first variables.
    pub parameters: u8,
    /// Slots of its frame: linkage, variables, temporaries.
    pub slots: u8,
    /// Words of its frame: slots and stack buffers.
    pub frame_words: u32,
    /// Its variables by slot.
    pub variables: Vec<Variable>,
    /// Its stack buffers.
    pub buffers: Vec<Buffer>,
    /// Whose it is.
    pub owner: Owner,
    /// Its header in the text.
    pub header: Span,
}

impl Function {
    /// Whether it is a library function.
    pub fn is_library(&self) -> bool {
        self.owner == Owner::Library
    }

    /// Slots before the first variable: return address and frame link.
    pub const LINKAGE: u8 = 2;

    /// The first slot that is no variable.
    pub fn first_temporary(&self) -> u8 {
        Self::LINKAGE + self.variables.len() as u8
    }
}

/// A global variable.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name.
    pub name: String,
}

/// The layout of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// The record's name.
    pub name: String,
    /// Each field: index into [`Program::field_names`], and slots of an embedded array (0: none).
    pub fields: Vec<(u32, u32)>,
}

/// A place in the text where a field is used, with what the compiler expects there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSite {
    /// Index into [`Program::field_names`].
    pub field: u32,
    /// The record that the object will most likely be.
    pub record: Option<u32>,
}

/// What a built-in writes to elements of blocks, other than bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Nothing.
    Nothing,
    /// Its second argument, to elements of its first.
    Argument,
    /// Elements of its second argument, to those of its first.
    Copies,
    /// Elements of its first argument, to those of its value.
    Moves,
}

/// A built-in function as the compiler sees it.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Its name; synonyms have rows of their own in the machine's table.
    pub name: &'static str,
    /// Its parameters' names.
    pub parameters: &'static [&'static str],
    /// How many of them may be left out, from the end.
    pub optional: u8,
    /// Whether it makes strings that the statement consuming them must free.
    pub makes_string: bool,
    /// Whether it writes its second argument to the first element, byte or field of its first.
    pub stores_first: bool,
    /// What it writes to elements.
    pub writes: Writes,
    /// What it gives, by the types of its arguments.
    pub gives: fn(&[Type]) -> Type,
    /// Whether its value may be a reference, other than to a string that it makes.
    pub yields_reference: bool,
    /// What it does, in a line.
    pub help: &'static str,
}

impl Signature {
    /// Whether it stores an argument, so that a string given to it is not consumed by the call.
    pub fn stores(&self) -> bool {
        self.writes == Writes::Argument
    }

    /// Whether it may overwrite references in blocks.
    pub fn overwrites(&self) -> bool {
        self.writes != Writes::Nothing
    }
}

/// A compiled program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The code segment.
    pub code: Vec<Instruction>,
    /// The smallest expression or statement behind each instruction.
    pub spans: Vec<Span>,
    /// Functions by index; 0 is the top level. In the order of their code.
    pub functions: Vec<Function>,
    /// Constants by index.
    pub constants: Vec<Constant>,
    /// Globals by index.
    pub globals: Vec<Global>,
    /// Records by index.
    pub records: Vec<RecordLayout>,
    /// Places where fields are used.
    pub field_sites: Vec<FieldSite>,
    /// Names of fields.
    pub field_names: Vec<String>,
    /// Built-ins by index.
    pub builtins: &'static [Signature],
    /// The library's code, as ascending ranges of instruction indices.
    pub library_code: Vec<Range<u32>>,
    /// Code of the top level that belongs to `--call`, as a range of instruction indices.
    pub call_code: Range<u32>,
    /// Instructions that statements of the user's begin with, ascending.
    pub statements: Vec<u32>,
    /// Which place an allocating instruction's block goes to, by instruction index, ascending.
    pub block_names: Vec<(u32, String)>,
    /// What its code relies on.
    pub types: Types,
    /// Constants that typed code divides by.
    pub divisors: Vec<Divisor>,
    /// Slots whose references are not counted because somebody else's count outlives them: from an
    /// instruction on, up to the next entry.
    pub borrowed: Vec<(u32, SlotSet)>,
    /// Counts that are left out, by instruction index, ascending.
    pub elided: Vec<(u32, Elided)>,
}

/// A change of a count that is left out because nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elided {
    /// The slot whose block's count it would be.
    pub slot: u8,
    /// Whether the count would be raised; otherwise lowered.
    pub retains: bool,
    /// Why nobody can tell.
    pub why: Why,
}

/// Why nobody can tell that a count is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no reference in the slot.
    NoReference,
    /// The slot borrows: somebody else's count outlives its reference.
    Borrowed,
    /// The slot hands its count over to the place that it is stored in.
    Given,
}

impl Program {
    /// A program of nothing.
    pub const EMPTY: Program = Program {
        code: Vec::new(),
        spans: Vec::new(),
        functions: Vec::new(),
        constants: Vec::new(),
        globals: Vec::new(),
        records: Vec::new(),
        field_sites: Vec::new(),
        field_names: Vec::new(),
        builtins: &[],
        library_code: Vec::new(),
        call_code: 0..0,
        statements: Vec::new(),
        block_names: Vec::new(),
        types: Types::NONE,
        divisors: Vec::new(),
        borrowed: Vec::new(),
        elided: Vec::new(),
    };

    /// First byte of the code segment.
    pub const CODE_BASE: u32 = 0x0040_1000;

    /// Address of the instruction at `index`.
    pub const fn address(index: u32) -> u32 {
        Self::CODE_BASE + 8 * index
    }

    /// Index of the instruction at `address`, if one begins there.
    pub fn index(&self, address: u64) -> Option<u32> {
        let offset = address.checked_sub(u64::from(Self::CODE_BASE))?;
        (offset % 8 == 0 && offset / 8 < self.code.len() as u64).then_some((offset / 8) as u32)
    }

    /// The function that holds the instruction at `index`.
    pub fn function_at(&self, index: u32) -> usize {
        self.functions.partition_point(|function| function.entry <= index).max(1) - 1
    }

    /// Whether the instruction at `index` is the library's.
    pub fn is_library(&self, index: u32) -> bool {
        self.library_code.iter().any(|range| range.contains(&index))
    }

    /// Whether a statement of the user's begins with the instruction at `index`.
    pub fn begins_statement(&self, index: u32) -> bool {
        self.statements.binary_search(&index).is_ok()
    }

    /// The name of the place that the block allocated by the instruction at `index` goes to.
    pub fn block_name(&self, index: u32) -> Option<&str> {
        let found = self.block_names.binary_search_by_key(&index, |&(at, _)| at).ok()?;
        Some(&self.block_names[found].1)
    }

    /// The slots of the function at `index` that hold references without a count of their own before that
    /// instruction.
    pub fn borrowed_before(&self, index: u32) -> SlotSet {
        let next = self.borrowed.partition_point(|&(from, _)| from <= index);
        next.checked_sub(1).map_or(SlotSet::EMPTY, |at| self.borrowed[at].1)
    }

    /// The counts left out at the instruction at `index`.
    pub fn elided_at(&self, index: u32) -> impl Iterator<Item = Elided> + '_ {
        let first = self.elided.partition_point(|&(at, _)| at < index);
        self.elided[first..].iter().take_while(move |&&(at, _)| at == index).map(|&(_, elided)| elided)
    }

    /// First byte of the static segment: the page after the code.
    pub fn static_base(&self) -> u64 {
        (u64::from(Self::CODE_BASE) + 8 * self.code.len() as u64).next_multiple_of(4096)
    }

    /// A constant as a disassembly shows it.
    pub fn show_constant(&self, index: u32) -> String {
        match &self.constants[index as usize] {
            Constant::Null => "null".to_owned(),
            Constant::Boolean(value) => value.to_string(),
            Constant::Integer(value) => value.to_string(),
            Constant::Float(value) => format!("{value:?}"),
            Constant::String(text) => format!("{text:?}"),
        }
    }
}
