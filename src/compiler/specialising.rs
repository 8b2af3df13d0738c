//! Typed code: functions get a version for each combination of types that their arguments have, and
//! instructions on slots of known types become the forms that look at no tags. Checks that cannot
//! fail, and counts of what is no reference, are left out.
//!
//! The last pass of the compiler, over finished code, so that nothing else need know of it.

use std::collections::HashMap;
use std::ops::Range;

use super::inference::Inference;
use super::opening::open_records;
use crate::bytecode::fields::assured_fields;
use crate::bytecode::{
    Divisor, DivisorIndex, Function, FunctionIndex, FunctionTypes, Instruction, Program, ReadFloat, Target, Type,
    Types, WriteFloat,
};

/// Makes a program's code typed. The program must be whole: nothing is added to it later, and its slots
/// are written by nothing but its own instructions.
pub fn specialise(program: &mut Program) {
    let Some(inference) = Inference::of(program) else { return };
    let fields = inference.fields();
    let settled = |(&held, given)| if given { held } else { Type::ANY };
    let settled_fields = fields.iter().zip(assured_fields(program)).map(settled).collect();
    let (globals, elements) = (inference.globals(), inference.elements());
    let known = Types { functions: Vec::new(), globals, fields, settled_fields, elements };
    let versions = Versions::new(program, &inference, &known);
    let mut built = Builder { program, built: Program::default(), functions: Vec::new() };
    for (function, version) in (0..).zip(&versions.first) {
        built.add(function, version.as_ref());
    }
    for version in &versions.further {
        built.add(version.function, Some(version));
    }
    let Builder { built, functions, .. } = built;
    program.types = Types { functions, ..known };
    program.divisors = versions.divisors.all;
    program.code = built.code;
    program.spans = built.spans;
    program.functions = built.functions;
    program.library_code = built.library_code;
    program.call_code = built.call_code;
    program.statements = built.statements;
    program.block_names = built.block_names;
    program.elided = built.elided;
    program.borrowed = built.borrowed;
}

/// A version of a function that is called.
struct Version {
    function: u32,
    types: FunctionTypes,
    /// Its code, as long as the function's: what is left out is none. Jumps go where they went.
    code: Vec<Option<Instruction>>,
}

/// The versions that are called.
struct Versions {
    /// By function: the one that takes its place.
    first: Vec<Option<Version>>,
    /// The others. Their indices as functions come after all those.
    further: Vec<Version>,
    divisors: Divisors,
}

impl Versions {
    fn new(program: &Program, inference: &Inference<'_>, known: &Types) -> Versions {
        let mut versions = Versions { first: Vec::new(), further: Vec::new(), divisors: Divisors::default() };
        versions.first.resize_with(program.functions.len(), || None);
        // By version: the index that it has as a function.
        let mut indices = vec![None; inference.versions()];
        let mut found = vec![0];
        indices[0] = Some(0);
        let (mut taken, mut next) = (vec![false; program.functions.len()], program.functions.len() as u32);
        taken[0] = true;
        let mut at = 0;
        while let Some(&version) = found.get(at) {
            at += 1;
            let function = inference.function(version);
            let code = typed_code(program, inference, known, version, &mut versions.divisors, |callee| {
                *indices[callee as usize].get_or_insert_with(|| {
                    found.push(callee);
                    let function = inference.function(callee);
                    if !std::mem::replace(&mut taken[function as usize], true) {
                        return function;
                    }
                    next += 1;
                    next - 1
                })
            });
            let made = Version { function, types: inference.types(version), code };
            match &mut versions.first[function as usize] {
                first @ None if indices[version as usize] == Some(function) => *first = Some(made),
                _ => versions.further.push(made),
            }
        }
        versions
    }
}

/// The constants that code divides by.
#[derive(Default)]
struct Divisors {
    all: Vec<Divisor>,
    indices: HashMap<i32, u32>,
}

impl Divisors {
    fn index(&mut self, value: i32) -> Option<DivisorIndex> {
        let divisor = Divisor::new(value)?;
        let index = *self.indices.entry(value).or_insert(self.all.len() as u32);
        if index as usize == self.all.len() {
            self.all.push(divisor);
        }
        Some(DivisorIndex(index))
    }
}

/// The code of a version; `index_of` gives the index that a version has as a function.
fn typed_code(
    program: &Program,
    inference: &Inference<'_>,
    known: &Types,
    version: u32,
    divisors: &mut Divisors,
    mut index_of: impl FnMut(u32) -> u32,
) -> Vec<Option<Instruction>> {
    let function = &program.functions[inference.function(version) as usize];
    let code = &program.code[function.entry as usize..function.end as usize];
    let mut typed: Vec<Option<Instruction>> = code.iter().copied().map(Some).collect();
    let specialised =
        |instruction: Instruction, types: &[Type]| instruction.specialised(types, known, &program.field_sites);
    inference.each(version, |at, types| {
        let relative = (at - function.entry) as usize;
        let holds = |slot: u8, held: Type| types[usize::from(slot)].is(held);
        let mut callee = |window: u8, arguments: u8, callee: FunctionIndex| {
            let first = usize::from(window + Function::LINKAGE);
            let arguments = &types[first..first + usize::from(arguments)];
            FunctionIndex(index_of(inference.callee(callee.0, arguments)))
        };
        typed[relative] = match code[relative] {
            Instruction::CheckAssigned { variable } if holds(variable.0, Type::ANY.without(Type::UNASSIGNED)) => None,
            Instruction::CheckBoolean { value } if holds(value.0, Type::BOOLEAN) => None,
            Instruction::Retain { value } | Instruction::Release { value } if holds(value.0, Type::UNCOUNTED) => None,
            Instruction::Call { window, arguments, function } => {
                let function = callee(window.0, arguments.0, function);
                Some(Instruction::Call { window, arguments, function })
            }
            Instruction::CallBelow { window, arguments, function } => {
                let function = callee(window.0, arguments.0, function);
                Some(Instruction::CallBelow { window, arguments, function })
            }
            Instruction::FloorDivideInteger { to, left, right } => Some(match divisors.index(right.0) {
                Some(right) => specialised(Instruction::FloorDivideConstant { to, left, right }, types),
                None => code[relative],
            }),
            Instruction::ModuloInteger { to, left, right } => Some(match divisors.index(right.0) {
                Some(right) => specialised(Instruction::ModuloConstant { to, left, right }, types),
                None => code[relative],
            }),
            Instruction::CallBuiltin { window, builtin, .. }
                if program.builtins[usize::from(builtin.0)].name == "sqrt" && holds(window.0 + 1, Type::FLOAT) =>
            {
                let (to, operand) = (WriteFloat(window.0), ReadFloat(window.0 + 1));
                Some(Instruction::FloatSquareRoot { to, operand })
            }
            instruction => Some(specialised(instruction, types)),
        };
    });
    open_records(&mut typed, |site| known.settled_field(program.field_sites[site.0 as usize].field));
    typed
}

/// Puts the code of functions and versions together.
struct Builder<'p> {
    program: &'p Program,
    built: Program,
    functions: Vec<Option<FunctionTypes>>,
}

impl Builder<'_> {
    /// Appends a function, as it is or as one of its versions.
    fn add(&mut self, function: u32, version: Option<&Version>) {
        let program = self.program;
        let mut made = program.functions[function as usize].clone();
        let range = made.entry as usize..made.end as usize;
        let old = &program.code[range.clone()];
        let at = |index: usize| version.map_or(Some(old[index]), |version| version.code[index]);

        let entry = self.built.code.len() as u32;
        let mut moved = Vec::with_capacity(old.len() + 1);
        let mut next = 0;
        for index in 0..old.len() {
            moved.push(next);
            next += u32::from(at(index).is_some());
        }
        moved.push(next);
        for index in 0..old.len() {
            let Some(instruction) = at(index) else { continue };
            let instruction = match instruction.jump_target(index) {
                Some(target) => {
                    let target = moved[target];
                    instruction.with_target(Target(target as i32 - moved[index] as i32 - 1))
                }
                None => instruction,
            };
            self.built.code.push(instruction);
            self.built.spans.push(program.spans[range.start + index]);
        }
        let place = |index: u32| entry + moved[index as usize - range.start];
        self.take_tables(&range, place);
        let library = made.is_library();
        (made.entry, made.end) = (entry, entry + next);
        if library {
            match self.built.library_code.last_mut() {
                Some(last) if last.end == made.entry => last.end = made.end,
                _ => self.built.library_code.push(made.entry..made.end),
            }
        }
        if function == 0 {
            let Range { start, end } = program.call_code;
            self.built.call_code = place(start)..place(end);
        }
        self.built.functions.push(made);
        self.functions.push(version.map(|version| version.types.clone()));
    }

    /// What is known of places in the code: they have moved.
    fn take_tables(&mut self, range: &Range<usize>, place: impl Fn(u32) -> u32) {
        let program = self.program;
        let within = |at: u32| at < range.start as u32;
        let beyond = |at: u32| at < range.end as u32;
        let statements = &program.statements;
        let statements = &statements[statements.partition_point(|&at| within(at))..];
        for &at in &statements[..statements.partition_point(|&at| beyond(at))] {
            let at = place(at);
            if self.built.statements.last() != Some(&at) {
                self.built.statements.push(at);
            }
        }
        let names = &program.block_names;
        let names = &names[names.partition_point(|&(at, _)| within(at))..];
        for (at, name) in &names[..names.partition_point(|&(at, _)| beyond(at))] {
            self.built.block_names.push((place(*at), name.clone()));
        }
        let elided = &program.elided;
        let elided = &elided[elided.partition_point(|&(at, _)| within(at))..];
        for &(at, elided) in &elided[..elided.partition_point(|&(at, _)| beyond(at))] {
            self.built.elided.push((place(at), elided));
        }
        let start = range.start as u32;
        let borrowed = &program.borrowed;
        let borrowed = &borrowed[borrowed.partition_point(|&(at, _)| at <= start)..];
        let borrowed = &borrowed[..borrowed.partition_point(|&(at, _)| beyond(at))];
        for (at, slots) in [(start, program.borrowed_before(start))].into_iter().chain(borrowed.iter().copied()) {
            let at = place(at);
            // Of what stood at instructions that are left out, the last is true from the next one on.
            self.built.borrowed.pop_if(|&mut (before, _)| before == at);
            self.built.borrowed.push((at, slots));
        }
    }
}
