//! Which types reach the functions of a whole program: the calls are followed from the top level on,
//! with the types of their arguments, and each function has a version for each combination of them.
//!
//! What is known only grows, and what depends on it is looked at again when it does: a call on the
//! result of the version it calls, a read on what is stored in that global, or in fields of that name
//! anywhere. So the work is proportional to the code, times how often a type can grow.

use std::collections::HashMap;

use crate::bytecode::fields::unstored_fields;
use crate::bytecode::typing::{Blocks, Surroundings, Typing};
use crate::bytecode::{CLASSES, Class, FunctionTypes, Program, Type};
use crate::limits::{FUNCTION_VERSIONS, INFERENCE_STEPS, VERSIONS_CODE};

/// A function for arguments of certain types.
struct Version {
    function: u32,
    parameters: Vec<Type>,
    typing: Typing,
}

/// The blocks, by version, that must be looked at again when something changes.
type Dependants = Vec<(u32, u32)>;

/// A type that grows, with what depends on it.
#[derive(Clone, Debug, Default)]
struct Known {
    value: Type,
    readers: Dependants,
}

impl Known {
    fn read(&mut self, by: (u32, u32)) -> Type {
        if self.readers.last() != Some(&by) {
            self.readers.push(by);
        }
        self.value
    }

    /// Notes in `stale` what must be looked at again.
    fn grow(&mut self, value: Type, stale: &mut Dependants) {
        if !value.is(self.value) {
            self.value = self.value.or(value);
            stale.extend_from_slice(&self.readers);
        }
    }
}

/// What is known outside of frames, and which versions there are.
struct Outside<'p> {
    program: &'p Program,
    /// By function: its versions by the types of their parameters.
    versions: Vec<HashMap<Vec<Type>, u32>>,
    /// Versions that have been asked for: the function, and the types of its parameters.
    wanted: Vec<(u32, Vec<Type>)>,
    /// By version.
    results: Vec<Known>,
    globals: Vec<Known>,
    fields: Vec<Known>,
    /// By class of blocks.
    elements: [Known; CLASSES.len()],
    /// Instructions of versions beyond the first of their functions.
    further_code: usize,
    /// What must be looked at again.
    stale: Dependants,
}

impl Outside<'_> {
    /// The version of a function for arguments of those types, which has been asked for before.
    fn known_version(&self, function: u32, arguments: &[Type]) -> u32 {
        let versions = &self.versions[function as usize];
        let parameters: Vec<Type> = arguments.iter().map(|argument| argument.as_parameter()).collect();
        let general = || versions.get(&vec![Type::ANY; parameters.len()]);
        *versions.get(&parameters).or_else(general).expect("every call has been followed")
    }

    /// The version of a function for arguments of those types.
    fn version(&mut self, function: u32, arguments: &[Type]) -> u32 {
        let mut parameters: Vec<Type> = arguments.iter().map(|argument| argument.as_parameter()).collect();
        let versions = &mut self.versions[function as usize];
        if let Some(&known) = versions.get(&parameters) {
            return known;
        }
        if !versions.is_empty() {
            let callee = &self.program.functions[function as usize];
            let length = (callee.end - callee.entry) as usize;
            if versions.len() >= FUNCTION_VERSIONS || self.further_code + length > VERSIONS_CODE {
                parameters.fill(Type::ANY);
                if let Some(&known) = versions.get(&parameters) {
                    return known;
                }
            }
            self.further_code += length;
        }
        let index = self.results.len() as u32;
        versions.insert(parameters.clone(), index);
        self.results.push(Known::default());
        self.wanted.push((function, parameters));
        index
    }
}

/// What code of one block sees of the rest.
struct View<'o, 'p> {
    outside: &'o mut Outside<'p>,
    version: u32,
    block: u32,
}

impl Surroundings for View<'_, '_> {
    fn call(&mut self, _at: u32, function: u32, arguments: &[Type]) -> Type {
        let callee = self.outside.version(function, arguments);
        self.outside.results[callee as usize].read((self.version, self.block))
    }

    fn returns(&mut self, _at: u32, value: Type) {
        self.outside.results[self.version as usize].grow(value, &mut self.outside.stale);
    }

    fn load_global(&mut self, global: u32) -> Type {
        self.outside.globals[global as usize].read((self.version, self.block))
    }

    fn store_global(&mut self, _at: u32, global: u32, value: Type) {
        self.outside.globals[global as usize].grow(value, &mut self.outside.stale);
    }

    fn load_field(&mut self, name: u32) -> Type {
        self.outside.fields[name as usize].read((self.version, self.block))
    }

    fn store_field(&mut self, _at: u32, name: Option<u32>, value: Type) {
        let outside = &mut *self.outside;
        match name {
            Some(name) => outside.fields[name as usize].grow(value, &mut outside.stale),
            None => outside.fields.iter_mut().for_each(|field| field.grow(value, &mut outside.stale)),
        }
    }

    fn load_element(&mut self, class: Class) -> Type {
        self.outside.elements[class as usize].read((self.version, self.block))
    }

    fn store_element(&mut self, _at: u32, class: Class, value: Type) {
        self.outside.elements[class as usize].grow(value, &mut self.outside.stale);
    }
}

/// What there is to know of a program's types.
pub(super) struct Inference<'p> {
    outside: Outside<'p>,
    versions: Vec<Version>,
    /// By function, once it has a version.
    blocks: Vec<Option<Blocks>>,
}

impl<'p> Inference<'p> {
    /// Follows a program from its top level; none if that takes too long to be worth it.
    pub fn of(program: &'p Program) -> Option<Inference<'p>> {
        let outside = Outside {
            program,
            versions: vec![HashMap::new(); program.functions.len()],
            wanted: Vec::new(),
            results: Vec::new(),
            globals: vec![Known::default(); program.globals.len()],
            fields: unstored_fields(program).into_iter().map(|value| Known { value, readers: Vec::new() }).collect(),
            elements: CLASSES.map(|class| Known { value: class.unstored(), readers: Vec::new() }),
            further_code: 0,
            stale: Vec::new(),
        };
        let mut inference = Inference { outside, versions: Vec::new(), blocks: vec![None; program.functions.len()] };
        inference.run()?;
        Some(inference)
    }

    fn run(&mut self) -> Option<()> {
        let program = self.outside.program;
        let mut steps = INFERENCE_STEPS * program.code.len().max(1000);
        // Versions with something to look at, the last first: a call is followed before the code behind it.
        let mut work = Vec::new();
        self.outside.version(0, &vec![Type::ANY; program.functions[0].parameters.into()]);
        loop {
            for (function, parameters) in self.outside.wanted.drain(..) {
                let callee = &program.functions[function as usize];
                let blocks = self.blocks[function as usize].get_or_insert_with(|| Blocks::new(program, callee));
                let typing = Typing::new(callee, blocks, &parameters);
                work.push(self.versions.len() as u32);
                self.versions.push(Version { function, parameters, typing });
            }
            for (version, block) in self.outside.stale.drain(..) {
                self.versions[version as usize].typing.revisit(block);
                work.push(version);
            }
            let Some(&index) = work.last() else { return Some(()) };
            let version = &mut self.versions[index as usize];
            let Some(block) = version.typing.next_pending() else {
                work.pop();
                continue;
            };
            let blocks = self.blocks[version.function as usize].as_ref()?;
            let mut view = View { outside: &mut self.outside, version: index, block };
            let looked = version.typing.visit(program, blocks, block, &mut view);
            steps = steps.checked_sub(looked)?;
        }
    }

    /// Calls `see` with each instruction of a version that can be reached, and the types before it.
    pub fn each(&self, version: u32, see: impl FnMut(u32, &[Type])) {
        let Version { function, typing, .. } = &self.versions[version as usize];
        if let Some(blocks) = &self.blocks[*function as usize] {
            typing.each(self.outside.program, blocks, &mut Settled(&self.outside), see);
        }
    }

    /// The version that a call of a function with arguments of those types enters.
    pub fn callee(&self, function: u32, arguments: &[Type]) -> u32 {
        self.outside.known_version(function, arguments)
    }

    /// How many versions there are, whether they are still called or not.
    pub fn versions(&self) -> usize {
        self.versions.len()
    }

    /// The function that a version is one of.
    pub fn function(&self, version: u32) -> u32 {
        self.versions[version as usize].function
    }

    /// What a version takes and gives.
    pub fn types(&self, version: u32) -> FunctionTypes {
        let parameters = self.versions[version as usize].parameters.clone();
        FunctionTypes { parameters, result: self.outside.results[version as usize].value }
    }

    /// What globals hold once they have a value.
    pub fn globals(&self) -> Vec<Type> {
        self.outside.globals.iter().map(|global| global.value).collect()
    }

    /// What fields of each name hold once they have a value.
    pub fn fields(&self) -> Vec<Type> {
        self.outside.fields.iter().map(|field| field.value).collect()
    }

    /// What elements of blocks of each class hold once they have a value.
    pub fn elements(&self) -> Vec<Type> {
        self.outside.elements.iter().map(|elements| elements.value).collect()
    }
}

/// The rest of the program once all is known.
struct Settled<'o, 'p>(&'o Outside<'p>);

impl Surroundings for Settled<'_, '_> {
    fn call(&mut self, _at: u32, function: u32, arguments: &[Type]) -> Type {
        self.0.results[self.0.known_version(function, arguments) as usize].value
    }

    fn returns(&mut self, _at: u32, _value: Type) {}

    fn load_global(&mut self, global: u32) -> Type {
        self.0.globals[global as usize].value
    }

    fn store_global(&mut self, _at: u32, _global: u32, _value: Type) {}

    fn load_field(&mut self, name: u32) -> Type {
        self.0.fields[name as usize].value
    }

    fn store_field(&mut self, _at: u32, _name: Option<u32>, _value: Type) {}

    fn load_element(&mut self, class: Class) -> Type {
        self.0.elements[class as usize].value
    }

    fn store_element(&mut self, _at: u32, _class: Class, _value: Type) {}
}
