//! The built-in functions: one table, made of one list of rows per theme. Adding a built-in is a row
//! and a function in the file of its theme.
//!
//! Some names are known to the compiler, which lowers them to instructions; they have rows so that
//! they are listed and can be shadowed like any other.

mod input;
mod memory;
mod numbers;
mod text;

use super::display::{show, write_value};
use super::frame::Position;
use super::host::Host;
use super::machine::Machine;
use super::operators;
use super::trap::{Cause, Ending};
use crate::bytecode::{Signature, Type, Writes};
use crate::memory::{Memory, Tag, Value};

/// What a built-in does.
type Function = fn(&mut Call<'_, '_>) -> Result<Value, Ending>;

/// How a built-in is done.
#[derive(Clone, Copy)]
enum Action {
    /// By a function.
    Run(Function),
    /// By instructions that the compiler emits for its name.
    Lowered,
}

/// A row of the table.
#[derive(Clone, Copy)]
struct Row {
    signature: Signature,
    action: Action,
}

impl Row {
    const fn new(
        name: &'static str,
        parameters: &'static [&'static str],
        optional: u8,
        help: &'static str,
        action: Action,
    ) -> Row {
        let signature = Signature {
            name,
            parameters,
            optional,
            makes_string: false,
            stores_first: false,
            writes: Writes::Nothing,
            gives: |_| Type::VALUE,
            yields_reference: false,
            help,
        };
        Row { signature, action }
    }

    /// The same for a built-in of which it is known what it gives.
    const fn gives(mut self, gives: fn(&[Type]) -> Type) -> Row {
        self.signature.gives = gives;
        self
    }

    /// The same for a built-in that makes a string.
    const fn makes_string(mut self) -> Row {
        self.signature.makes_string = true;
        self
    }

    /// The same for a built-in that writes to whatever is first in a block.
    const fn stores_first(mut self) -> Row {
        self.signature.stores_first = true;
        self
    }

    /// The same for a built-in that writes to elements.
    const fn writes(mut self, writes: Writes) -> Row {
        self.signature.writes = writes;
        self
    }

    /// The same for a built-in whose value may be a reference, other than to a string that it makes.
    const fn yields_reference(mut self) -> Row {
        self.signature.yields_reference = true;
        self
    }
}

const THEMES: [&[Row]; 4] = [memory::ROWS, text::ROWS, numbers::ROWS, input::ROWS];

const COUNT: usize = THEMES[0].len() + THEMES[1].len() + THEMES[2].len() + THEMES[3].len();
const _: () = assert!(COUNT <= 256, "an instruction names a built-in by a byte");

static TABLE: [Row; COUNT] = {
    let mut table = [THEMES[0][0]; COUNT];
    let (mut theme, mut row, mut at) = (0, 0, 0);
    while theme < THEMES.len() {
        while row < THEMES[theme].len() {
            table[at] = THEMES[theme][row];
            row += 1;
            at += 1;
        }
        theme += 1;
        row = 0;
    }
    table
};

static SIGNATURES: [Signature; COUNT] = {
    let mut signatures = [THEMES[0][0].signature; COUNT];
    let mut at = 0;
    while at < COUNT {
        signatures[at] = TABLE[at].signature;
        at += 1;
    }
    signatures
};

/// The built-ins as the compiler sees them, by index.
pub fn signatures() -> &'static [Signature] {
    &SIGNATURES
}

/// Calls a built-in.
pub(super) fn call(
    machine: &mut Machine<'_>,
    host: &mut dyn Host,
    index: u8,
    arguments: &[Value],
    position: Position,
) -> Result<Value, Ending> {
    let row = &TABLE[usize::from(index)];
    match row.action {
        Action::Run(function) => function(&mut Call { machine, host, arguments, position, signature: &row.signature }),
        Action::Lowered => unreachable!("the compiler lowers {}", row.signature.name),
    }
}

/// A call of a built-in: what it may touch, and its arguments.
struct Call<'c, 'p> {
    machine: &'c mut Machine<'p>,
    host: &'c mut dyn Host,
    arguments: &'c [Value],
    position: Position,
    signature: &'static Signature,
}

impl Call<'_, '_> {
    fn memory(&mut self) -> &mut Memory {
        &mut self.machine.memory
    }

    /// Where an allocation is blamed.
    fn site(&self) -> u32 {
        self.machine.site(self.position)
    }

    /// An argument that is not what it must be.
    fn refuse(&self, index: usize, expected: &'static str) -> Ending {
        let found = show(&self.machine.memory, self.arguments[index]);
        // The last parameter of a variadic built-in stands for all that follow.
        let last = self.signature.parameters.len() - 1;
        let parameter = self.signature.parameters[index.min(last)];
        let builtin = self.signature.name;
        Cause::Argument { builtin, parameter, index: index as u8, expected, found }.into()
    }

    /// A result that does not fit an integer.
    fn overflow(&self) -> Ending {
        let operands = self.arguments.iter().map(|&argument| show(&self.machine.memory, argument)).collect();
        Cause::Overflow { operator: self.signature.name, operands }.into()
    }

    fn integer(&self, index: usize) -> Result<i64, Ending> {
        match self.arguments[index].tag {
            Tag::Integer => Ok(self.arguments[index].as_integer()),
            _ => Err(self.refuse(index, "an integer")),
        }
    }

    /// An integer that is not negative.
    fn count(&self, index: usize) -> Result<u64, Ending> {
        u64::try_from(self.integer(index)?).map_err(|_| self.refuse(index, "an integer that is not negative"))
    }

    /// A number, as a float.
    fn number(&self, index: usize) -> Result<f64, Ending> {
        operators::to_float(self.arguments[index]).ok_or_else(|| self.refuse(index, "a number"))
    }

    fn text(&self, index: usize) -> Result<String, Ending> {
        match self.arguments[index].tag {
            Tag::String => Ok(self.machine.memory.text(self.arguments[index])?),
            _ => Err(self.refuse(index, "a string")),
        }
    }

    /// An argument as `print` shows it.
    fn printed(&self, index: usize) -> Result<String, Ending> {
        let mut text = String::new();
        write_value(&self.machine.memory, self.arguments[index], &mut text)?;
        Ok(text)
    }

    fn make_string(&mut self, text: &str) -> Result<Value, Ending> {
        Ok(self.machine.make_string(text, self.position)?)
    }

    /// Shows a drawing or a line of figures. Nobody looking at standard error is no error.
    fn draw(&mut self, text: &str) -> Value {
        let _ = self.host.draw(text.as_bytes());
        Value::NULL
    }
}

/// The size of an allocation.
///
/// # Errors
/// A negative one, or no integer.
pub(super) fn size(memory: &Memory, value: Value) -> Result<u64, Cause> {
    match value.tag {
        Tag::Integer if value.as_integer() >= 0 => Ok(value.word),
        _ => Err(Cause::Size(show(memory, value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_rows_consistent() {
        let mut names: Vec<_> = signatures().iter().map(|signature| signature.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        for signature in signatures() {
            assert!(usize::from(signature.optional) <= signature.parameters.len(), "{}", signature.name);
            assert!(!signature.help.ends_with('.'), "{}", signature.name);
        }
    }
}
