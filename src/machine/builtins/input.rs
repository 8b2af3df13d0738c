//! Built-ins that talk to the world: input, files, and the program's own end.

use super::Action::{Lowered, Run};
use super::text::{Number, number_in};
use super::{Call, Row};
use crate::bytecode::Type;
use crate::machine::host::FileProblem;
use crate::machine::trap::{Cause, Ending, Shown};
use crate::memory::{Tag, Value};

pub(super) const ROWS: &[Row] = &[
    Row::new("read_user_input", &[], 0, "The next line of input: integer, float or string by its form", Run(input))
        .makes_string(),
    Row::new("input", &[], 0, "The same as read_user_input", Run(input)).makes_string(),
    Row::new("getFileSize", &["filename"], 0, "Size of a file in bytes", Run(file_size)).gives(|_| Type::INTEGER),
    Row::new("readContentsInto", &["filename", "p"], 0, "Reads a file into a block of bytes", Run(read_contents)),
    Row::new("error", &["message"], 0, "Stops the program with a message", Run(error)),
    Row::new("assert", &["condition", "message"], 1, "Stops the program unless the condition holds", Run(assert)),
    Row::new("exit", &[], 0, "Ends the program", Run(exit)),
    Row::new("breakpoint", &[], 0, "Pauses the program, to look at its variables and its memory", Lowered),
];

fn input(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let line = call.host.read_line().map_err(|problem| Cause::Input(problem.to_string()))?;
    let line = line.ok_or(Cause::EndOfInput)?;
    match number_in(&line) {
        Number::Integer(value) => Ok(Value::integer(value)),
        Number::TooLarge => {
            let number = Shown { type_name: "an integer", text: line };
            Err(Cause::Overflow { operator: call.signature.name, operands: vec![number] }.into())
        }
        Number::Float(value) => Ok(Value::float(value)),
        Number::None => call.make_string(&line),
    }
}

fn file_size(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let name = call.text(0)?;
    match call.host.file_size(&name) {
        Ok(bytes) => Ok(Value::integer(bytes as i64)),
        Err(problem) => Err(file_error(name, problem)),
    }
}

fn read_contents(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let name = call.text(0)?;
    let contents = call.host.read_file(&name).map_err(|problem| file_error(name, problem))?;
    let block = call.arguments[1];
    call.memory().write_bytes(block, 0, &contents)?;
    Ok(Value::NULL)
}

fn file_error(name: String, problem: FileProblem) -> Ending {
    Cause::File { name, problem }.into()
}

fn error(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    Err(Cause::User(call.printed(0)?).into())
}

fn assert(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let condition = call.arguments[0];
    if condition.tag != Tag::Boolean {
        let found = crate::machine::display::show(&call.machine.memory, condition);
        return Err(Cause::NotABoolean(found).into());
    }
    if condition.word != 0 {
        return Ok(Value::NULL);
    }
    let message = if call.arguments.len() > 1 { Some(call.printed(1)?) } else { None };
    Err(Cause::Assertion(message).into())
}

fn exit(_call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    Err(Ending::Exited)
}
