//! Hand-assembled programs, run with every part of the machine real but the world around it.

mod builtins;
mod calls;
mod instructions;
mod operators;
mod watching;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::AtomicBool;

use super::{Cause, End, FileProblem, Host, Machine, MachineOptions, NoProbe, signatures};
use crate::bytecode::*;
use crate::memory::{MemoryOptions, Value};

/// A world of strings.
#[derive(Default)]
pub struct World {
    pub output: String,
    pub drawings: String,
    pub input: VecDeque<String>,
    pub closed: bool,
}

impl Host for World {
    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if self.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.output.push_str(&String::from_utf8_lossy(text));
        Ok(())
    }

    fn draw(&mut self, text: &[u8]) -> io::Result<()> {
        self.drawings.push_str(&String::from_utf8_lossy(text));
        Ok(())
    }

    fn origin(&self, instruction: u32) -> Option<String> {
        Some(format!("instruction {instruction}"))
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        Ok(self.input.pop_front())
    }

    fn file_size(&mut self, name: &str) -> Result<u64, FileProblem> {
        self.read_file(name).map(|contents| contents.len() as u64)
    }

    fn read_file(&mut self, name: &str) -> Result<Vec<u8>, FileProblem> {
        match name {
            "here" => Ok(b"contents".to_vec()),
            _ => Err(FileProblem::Outside),
        }
    }
}

/// A function of a test program: name, number of parameters, slots, code.
pub fn function(name: &str, parameters: u8, slots: u8, code: Vec<Instruction>) -> (Function, Vec<Instruction>) {
    let variables = (0..parameters).map(|at| Variable { name: format!("p{at}"), slot: 2 + at }).collect();
    let function = Function {
        name: name.to_owned(),
        entry: 0,
        end: 0,
        parameters,
        slots,
        frame_words: u32::from(slots),
        variables,
        buffers: Vec::new(),
        owner: if name == "<top level>" { Owner::TopLevel } else { Owner::User },
        header: Default::default(),
    };
    (function, code)
}

/// A program of such functions; the first is the top level.
pub fn program(functions: Vec<(Function, Vec<Instruction>)>) -> Program {
    let mut program = Program { builtins: signatures(), ..Program::default() };
    for (mut function, code) in functions {
        function.entry = program.code.len() as u32;
        program.code.extend(code);
        function.end = program.code.len() as u32;
        program.functions.push(function);
    }
    program.spans = vec![Default::default(); program.code.len()];
    program
}

/// A program of a top level only, with twelve slots.
pub fn top_level(code: Vec<Instruction>) -> Program {
    program(vec![function("<top level>", 0, 12, code)])
}

pub fn options(program: &Program) -> MachineOptions {
    MachineOptions {
        memory: MemoryOptions {
            strategy: "manual",
            allocator: "first-fit",
            heap_bytes: 1 << 20,
            stack_bytes: 4096,
            static_base: program.static_base() as u32,
            residue: true,
        },
        seed: 1,
        max_steps: None,
        stress: false,
        room_for_globals: 0,
        tolerated_errors: 0,
    }
}

pub fn load(program: &Program) -> Machine<'_> {
    Machine::load(program, &options(program)).expect("a small program fits")
}

/// Runs a program to its end.
pub fn run<'p>(program: &'p Program, world: &mut World) -> (Machine<'p>, End) {
    let mut machine = load(program);
    let end = machine.run(world, &mut NoProbe, &AtomicBool::new(false));
    (machine, end)
}

/// The cause that stops a program.
pub fn cause(program: &Program) -> Cause {
    match run(program, &mut World::default()).1 {
        End::Trapped(trap) => trap.cause,
        end => panic!("{end:?}"),
    }
}

/// What a program prints.
pub fn output(program: &Program) -> String {
    let mut world = World::default();
    let (_, end) = run(program, &mut world);
    assert_eq!(end, End::Finished);
    world.output
}

/// The constant of a value, for programs that start from given operands.
pub fn constant(value: Value) -> Constant {
    use crate::memory::Tag;
    match value.tag {
        Tag::Integer => Constant::Integer(value.as_integer()),
        Tag::Float => Constant::Float(value.as_float()),
        Tag::Boolean => Constant::Boolean(value.word != 0),
        _ => Constant::Null,
    }
}

pub const fn load_integer(to: u8, value: i32) -> Instruction {
    Instruction::LoadInteger { to: Write(to), value: Integer(value) }
}

pub const fn load_constant(to: u8, constant: u32) -> Instruction {
    Instruction::LoadConstant { to: Write(to), constant: ConstantIndex(constant) }
}

pub const fn print(first: u8, count: u8) -> Instruction {
    Instruction::Print { first: Values(first), count: Count(count) }
}

pub const fn halt() -> Instruction {
    Instruction::Halt {}
}

/// A call of a built-in by name.
pub fn builtin(window: u8, arguments: u8, name: &str) -> Instruction {
    let index = signatures().iter().position(|signature| signature.name == name).expect("a built-in");
    Instruction::CallBuiltin {
        window: BuiltinWindow(window),
        arguments: Count(arguments),
        builtin: BuiltinIndex(index as u8),
    }
}
