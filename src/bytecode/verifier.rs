//! Checks compiled code before it runs. Every error it can find is, by definition, our own mistake,
//! never the user's; what it proves, handlers need not check.

use super::fields::{assured_fields, unstored_fields};
use super::operand::Context;
use super::program::{Buffer, Function, Owner, Program};
use super::types::{CLASSES, Class, FunctionTypes, Type};
use super::typing::{Blocks, Surroundings, Typing};
use super::{Instruction, liveness};

/// Why a program must not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("internal error: {function}, instruction {at}: {message}")]
pub struct VerifyError {
    /// The function.
    pub function: String,
    /// Index of the instruction.
    pub at: u32,
    /// What is wrong.
    pub message: String,
}

/// Checks that every operand names something that is there, that jumps stay inside their function,
/// that no path runs off its end, that calls have as many arguments as the function has parameters,
/// that buffers lie inside the frame and below its slots, that no slot is read which no path has
/// written, that the top level halts and never returns, while functions return and never halt, and
/// that whatever is claimed of types is true.
///
/// # Errors
/// The first mistake.
pub fn verify(program: &Program) -> Result<(), VerifyError> {
    verify_from(program, 0)
}

/// The same for the functions from an index on: the others have been checked before.
///
/// # Errors
/// The first mistake.
pub fn verify_from(program: &Program, first: u32) -> Result<(), VerifyError> {
    let functions = &program.functions[first as usize..];
    let mut end = functions.first().map_or(program.code.len() as u32, |function| function.entry);
    for function in functions {
        if function.entry != end || function.end <= function.entry {
            return Err(error(function, function.entry, "functions do not tile the code".to_owned()));
        }
        end = function.end;
        verify_function(program, function)?;
        verify_ends(program, function)?;
    }
    verify_types(program)?;
    if end as usize != program.code.len() || program.spans.len() != program.code.len() {
        return Err(VerifyError { function: String::new(), at: end, message: "code without a function".to_owned() });
    }
    Ok(())
}

fn error(function: &Function, at: u32, message: String) -> VerifyError {
    VerifyError { function: function.name.clone(), at, message }
}

/// The top level has nowhere to return to: its linkage words are 0.
fn verify_ends(program: &Program, function: &Function) -> Result<(), VerifyError> {
    let top_level = function.owner == Owner::TopLevel;
    for at in function.entry..function.end {
        match program.code[at as usize] {
            Instruction::Return { .. } | Instruction::ReturnNull {} if top_level => {
                return Err(error(function, at, "the top level returns".to_owned()));
            }
            Instruction::Halt {} if !top_level => return Err(error(function, at, "a function halts".to_owned())),
            _ => {}
        }
    }
    let code = &program.code[function.entry as usize..function.end as usize];
    if top_level && !code.contains(&Instruction::Halt {}) {
        return Err(error(function, function.entry, "the top level never halts".to_owned()));
    }
    Ok(())
}

fn verify_function(program: &Program, function: &Function) -> Result<(), VerifyError> {
    for at in function.entry..function.end {
        let instruction = program.code[at as usize];
        let context = Context { program, function, at };
        instruction.verify_operands(context).map_err(|message| error(function, at, message))?;
        let effects = instruction.effects();
        if let Some(slots) =
            effects.reads.iter().chain(effects.writes.iter()).find(|range| range.end > u32::from(function.slots))
        {
            return Err(error(function, at, format!("slots {slots:?} lie outside the frame")));
        }
        match instruction {
            Instruction::Call { function: callee, arguments, .. }
            | Instruction::CallBelow { function: callee, arguments, .. } => {
                let callee = &program.functions[callee.0 as usize];
                if callee.parameters != arguments.0 {
                    return Err(error(function, at, format!("{} arguments for {}", arguments.0, callee.name)));
                }
                let below = matches!(instruction, Instruction::CallBelow { .. });
                if below == function.buffers.is_empty() {
                    return Err(error(function, at, "the wrong kind of call for this frame".to_owned()));
                }
            }
            _ => {}
        }
    }
    let last = function.end - 1;
    if !program.code[last as usize].ends_path() {
        return Err(error(function, last, "control runs off the end".to_owned()));
    }
    let mut edge = u32::from(function.slots);
    for buffer in &function.buffers {
        let words = Buffer::words(buffer.length, buffer.bytes);
        if buffer.header < edge + words || buffer.header >= function.frame_words {
            return Err(error(function, function.entry, format!("{buffer:?} lies outside its frame")));
        }
        edge = buffer.header + 1;
    }
    let assignment = liveness::assignment(program, function);
    for at in function.entry..function.end {
        let Some(state) = assignment.before(at) else { continue };
        let effects = program.code[at as usize].effects();
        for slot in effects.reads.iter().cloned().flatten() {
            let known = if slot < u32::from(function.first_temporary()) { state.may } else { state.must };
            let checked = matches!(program.code[at as usize], Instruction::CheckAssigned { .. });
            if !checked && !known.contains(slot) {
                return Err(error(function, at, format!("slot {slot} is read before it is written")));
            }
        }
    }
    Ok(())
}

/// Checks what a program claims of types: assuming all of it everywhere, each instruction keeps to it.
fn verify_types(program: &Program) -> Result<(), VerifyError> {
    for (name, held) in unstored_fields(program).into_iter().enumerate() {
        if !program.types.functions.is_empty() && !held.is(program.types.field(name as u32)) {
            let message = format!("fields called {} may also be {held:?}", program.field_names[name]);
            return Err(error(&program.functions[0], 0, message));
        }
    }
    let claims_fields = program.types.settled_fields.iter().any(|&settled| settled != Type::ANY);
    let assured = if claims_fields { assured_fields(program) } else { Vec::new() };
    for (name, &settled) in program.types.settled_fields.iter().enumerate() {
        if settled != Type::ANY && !(assured[name] && program.types.field(name as u32).is(settled)) {
            let message = format!("fields called {} need not be {settled:?}", program.field_names[name]);
            return Err(error(&program.functions[0], 0, message));
        }
    }
    for class in CLASSES {
        if !program.types.functions.is_empty() && !class.unstored().is(program.types.element(class)) {
            let message = format!("elements of {class:?} may also be {:?}", class.unstored());
            return Err(error(&program.functions[0], 0, message));
        }
    }
    for (index, function) in (0..).zip(&program.functions) {
        let mut proven = vec![false; (function.end - function.entry) as usize];
        if let Some(types) = program.types.of(index) {
            verify_function_types(program, function, types, &mut proven)?;
        }
        for at in function.entry..function.end {
            let mut relies = false;
            program.code[at as usize].each_read(|_, relied| relies |= relied != Type::ANY);
            if relies && !proven[(at - function.entry) as usize] {
                return Err(error(function, at, "it relies on types that nothing is known of".to_owned()));
            }
        }
    }
    Ok(())
}

fn verify_function_types(
    program: &Program,
    function: &Function,
    types: &FunctionTypes,
    proven: &mut [bool],
) -> Result<(), VerifyError> {
    if types.parameters.len() != usize::from(function.parameters) {
        return Err(error(function, function.entry, "not every parameter has a type".to_owned()));
    }
    let blocks = Blocks::new(program, function);
    let mut typing = Typing::new(function, &blocks, &types.parameters);
    let mut claims = Claims { program, types, broken: None };
    while let Some(block) = typing.next_pending() {
        typing.visit(program, &blocks, block, &mut claims);
    }
    // What is claimed is compared only now that nothing changes any more.
    let mut claims = Claims { program, types, broken: None };
    let mut unfit = None;
    typing.each(program, &blocks, &mut claims, |at, held| {
        proven[(at - function.entry) as usize] = true;
        if !program.code[at as usize].fits(held, &program.types, &program.field_sites) {
            unfit.get_or_insert(at);
        }
    });
    if let Some(at) = unfit {
        return Err(error(function, at, "a slot or a field need not hold what it relies on".to_owned()));
    }
    match claims.broken {
        Some((at, message)) => Err(error(function, at, message)),
        None => Ok(()),
    }
}

/// The rest of a program as it is claimed to be.
struct Claims<'p> {
    program: &'p Program,
    types: &'p FunctionTypes,
    /// The first instruction that does not keep to it.
    broken: Option<(u32, String)>,
}

impl Claims<'_> {
    fn expect(&mut self, at: u32, found: Type, claimed: Type, what: &str) {
        if !found.is(claimed) {
            self.broken.get_or_insert_with(|| (at, format!("{what} is {found:?}, and not {claimed:?}")));
        }
    }
}

impl Surroundings for Claims<'_> {
    fn call(&mut self, at: u32, function: u32, arguments: &[Type]) -> Type {
        let claimed = &self.program.types;
        match claimed.of(function) {
            Some(types) => {
                for (&argument, &parameter) in arguments.iter().zip(&types.parameters) {
                    self.expect(at, argument, parameter, "an argument");
                }
                types.result
            }
            None => {
                self.broken.get_or_insert_with(|| (at, "it calls what is said not to be called".to_owned()));
                Type::NOTHING
            }
        }
    }

    fn returns(&mut self, at: u32, value: Type) {
        self.expect(at, value, self.types.result, "the result");
    }

    fn load_global(&mut self, global: u32) -> Type {
        self.program.types.global(global)
    }

    fn store_global(&mut self, at: u32, global: u32, value: Type) {
        self.expect(at, value, self.program.types.global(global), "the global");
    }

    fn load_field(&mut self, name: u32) -> Type {
        self.program.types.field(name)
    }

    fn store_field(&mut self, at: u32, name: Option<u32>, value: Type) {
        let names = name.map_or(0..self.program.field_names.len() as u32, |name| name..name + 1);
        for name in names {
            self.expect(at, value, self.program.types.field(name), "the field");
        }
    }

    fn load_element(&mut self, class: Class) -> Type {
        self.program.types.element(class)
    }

    fn store_element(&mut self, at: u32, class: Class, value: Type) {
        self.expect(at, value, self.program.types.element(class), "the element");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::Variable;

    /// A program of functions with so many parameters each, all in slot 2; the first is the top level.
    fn program(functions: &[(&[Instruction], u8)]) -> Program {
        let mut program = Program::default();
        for &(code, parameters) in functions {
            let entry = program.code.len() as u32;
            program.code.extend_from_slice(code);
            program.functions.push(Function {
                name: format!("f{entry}"),
                entry,
                end: program.code.len() as u32,
                parameters,
                slots: 6,
                frame_words: 6,
                variables: (0..parameters).map(|_| Variable { name: "n".to_owned(), slot: 2 }).collect(),
                buffers: Vec::new(),
                owner: if entry == 0 { Owner::TopLevel } else { Owner::User },
                header: crate::source::Span::default(),
            });
        }
        program.spans = vec![crate::source::Span::default(); program.code.len()];
        program
    }

    fn message(functions: &[&[Instruction]]) -> Option<String> {
        let functions: Vec<_> = functions.iter().map(|&code| (code, 0)).collect();
        verify(&program(&functions)).err().map(|error| error.message)
    }

    #[test]
    fn the_top_level_halts_and_functions_return() {
        let (halt, back) = (Instruction::Halt {}, Instruction::ReturnNull {});
        assert_eq!(message(&[&[halt], &[back]]), None);
        assert_eq!(message(&[&[halt], &[halt]]).as_deref(), Some("a function halts"));
        assert_eq!(message(&[&[back, halt], &[back]]).as_deref(), Some("the top level returns"));
        let back_to_the_start = Instruction::Jump { target: crate::bytecode::operand::Target(-1) };
        let endless = message(&[&[back_to_the_start], &[back]]);
        assert_eq!(endless.as_deref(), Some("the top level never halts"));
    }

    /// A function of one parameter, in slot 2, that is called with an integer and is said to take and give
    /// what its types are.
    fn typed_message(parameter: Type, result: Type, code: &[Instruction]) -> Option<String> {
        use crate::bytecode::{Count, FunctionIndex, Integer, Types, Window, Write};
        let call = Instruction::Call { window: Window(2), arguments: Count(1), function: FunctionIndex(1) };
        let top_level = [Instruction::LoadInteger { to: Write(4), value: Integer(1) }, call, Instruction::Halt {}];
        let mut program = program(&[(&top_level, 0), (code, 1)]);
        let types = |parameters: &[Type], result| Some(FunctionTypes { parameters: parameters.to_vec(), result });
        let functions = vec![types(&[], Type::NOTHING), types(&[parameter], result)];
        program.types = Types { functions, ..Types::default() };
        verify(&program).err().map(|error| error.message)
    }

    #[test]
    fn what_is_claimed_of_types_is_proven() {
        use crate::bytecode::{Integer, Read, ReadFloat, ReadInteger, WriteFloat, WriteInteger};
        let (to, right) = (WriteInteger(3), Integer(1));
        let add = Instruction::IntegerAddConstant { to, left: ReadInteger(2), right };
        let back = Instruction::Return { value: Read(3) };
        let message = |parameter, result, code: &[Instruction]| {
            typed_message(parameter, result, code).unwrap_or_else(|| "sound".to_owned())
        };
        assert_eq!(message(Type::INTEGER, Type::INTEGER, &[add, back]), "sound");
        assert!(message(Type::VALUE, Type::INTEGER, &[add, back]).starts_with("a slot or a field need not hold"));
        assert!(message(Type::FLOAT, Type::INTEGER, &[add, back]).contains("an argument is"));
        assert!(message(Type::INTEGER, Type::FLOAT, &[add, back]).contains("the result is"));
        let float = Instruction::FloatSquareRoot { to: WriteFloat(3), operand: ReadFloat(2) };
        assert!(message(Type::INTEGER, Type::FLOAT, &[float, back]).starts_with("a slot or a field need not hold"));
        assert!(message(Type::INTEGER, Type::INTEGER, &[add, back, add, back]).contains("nothing is known of"));
    }

    /// A function that gets a block of three integers, and what is said of elements by class.
    fn element_message(elements: &[(Class, Type)], code: &[Instruction]) -> String {
        use crate::bytecode::{AllocationKind, Count, FunctionIndex, Integer, Read, Types, Window, Write};
        let size = Instruction::LoadInteger { to: Write(3), value: Integer(3) };
        let allocate = Instruction::Allocate { to: Write(4), size: Read(3), kind: AllocationKind::ZeroIntegers };
        let call = Instruction::Call { window: Window(2), arguments: Count(1), function: FunctionIndex(1) };
        let mut program = program(&[(&[size, allocate, call, Instruction::Halt {}], 0), (code, 1)]);
        let types = |parameters: &[Type]| Some(FunctionTypes { parameters: parameters.to_vec(), result: Type::VALUE });
        let mut known: Vec<Type> = CLASSES.iter().map(|class| class.unstored()).collect();
        elements.iter().for_each(|&(class, held)| known[class as usize] = held);
        program.types =
            Types { functions: vec![types(&[]), types(&[Type::INTEGERS])], elements: known, ..Types::default() };
        verify(&program).err().map_or("sound".to_owned(), |error| error.message)
    }

    #[test]
    fn what_is_claimed_of_elements_is_proven() {
        use crate::bytecode::{
            Integer, Read, ReadBlock, ReadFloats, ReadInteger, ReadIntegers, Write, WriteFloat, WriteInteger,
        };
        let index = Instruction::LoadInteger { to: Write(3), value: Integer(0) };
        let (object, at) = (ReadIntegers(2), ReadInteger(3));
        let load = Instruction::IntegerLoadElement { to: WriteInteger(4), object, index: at };
        let float = Instruction::FloatLoadElement { to: WriteFloat(4), object: ReadFloats(2), index: at };
        let store = Instruction::StoreElement { object: Read(2), index: Read(3), from: Read(3) };
        let store_block = Instruction::StoreElement { object: Read(2), index: Read(3), from: Read(2) };
        let no_block = Instruction::LoadInteger { to: Write(2), value: Integer(0) };
        let length = Instruction::Length { to: Write(4), object: Read(2) };
        let field = Instruction::BlockLoadElement { to: Write(4), object: ReadBlock(2), index: at };
        let back = Instruction::ReturnNull {};
        assert_eq!(element_message(&[], &[index, load, back]), "sound");
        assert_eq!(element_message(&[], &[index, field, length, back]), "sound");
        assert_eq!(element_message(&[], &[index, store, load, back]), "sound");
        let number = (Class::Integers, Type::NUMBER);
        assert!(element_message(&[number], &[index, load, back]).starts_with("a slot or a field need not hold"));
        assert!(element_message(&[], &[index, float, back]).starts_with("a slot or a field need not hold"));
        assert!(element_message(&[], &[index, no_block, field, back]).starts_with("a slot or a field need not hold"));
        assert!(element_message(&[], &[index, store_block, back]).starts_with("the element is"));
        assert!(element_message(&[(Class::Integers, Type::NOTHING)], &[back]).starts_with("elements of Integers"));
    }

    /// A record of one field, made and read by the top level, and what is said of the field.
    fn field_message(given: bool, field: Type, settled: Type) -> String {
        use crate::bytecode::{
            Failure, FieldSite, FieldSiteIndex, Integer, Length32, Read, ReadBlock, RecordIndex, RecordLayout, Types,
            Write, WriteInteger,
        };
        let value = Instruction::LoadInteger { to: Write(3), value: Integer(3) };
        let make = Instruction::AllocateRecord { to: Write(2), failure: Failure::Stop, record: RecordIndex(0) };
        let give = Instruction::InitField { record: Read(2), from: Read(3), offset: Length32(0) };
        let (to, object, site) = (WriteInteger(4), ReadBlock(2), FieldSiteIndex(0));
        let load = Instruction::IntegerLoadField { to, object, field: site };
        let store = Instruction::StoreField { object: Read(2), from: Read(3), field: site };
        let first = if given { give } else { store };
        let mut program = program(&[(&[value, make, first, load, Instruction::Halt {}], 0)]);
        program.field_names = vec!["x".to_owned()];
        program.records = vec![RecordLayout { name: "P".to_owned(), fields: vec![(0, 0)] }];
        program.field_sites = vec![FieldSite { field: 0, record: Some(0) }];
        let functions = vec![Some(FunctionTypes { parameters: Vec::new(), result: Type::NOTHING })];
        let elements = CLASSES.iter().map(|class| class.unstored()).collect();
        let (fields, settled_fields) = (vec![field], vec![settled]);
        program.types = Types { functions, fields, settled_fields, elements, ..Types::default() };
        verify(&program).err().map_or("sound".to_owned(), |error| error.message)
    }

    #[test]
    fn what_is_claimed_of_fields_is_proven() {
        assert_eq!(field_message(true, Type::INTEGER, Type::INTEGER), "sound");
        assert!(field_message(true, Type::INTEGER, Type::ANY).starts_with("a slot or a field need not hold"));
        assert!(field_message(false, Type::INTEGER, Type::INTEGER).starts_with("fields called x need not"));
        assert!(field_message(true, Type::NUMBER, Type::INTEGER).starts_with("fields called x need not"));
    }
}
