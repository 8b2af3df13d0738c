//! The whole-program state of a compilation: tables of functions, globals, constants and field
//! sites, and the order in which functions are lowered into one program.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::continuing::Waiting;
use super::counting;
use super::lowering::{Lowering, Role};
use super::records::{Records, Resolve, Scope};
use super::strings::{self, StringFacts};
use super::{Entry, Input, Output, duplicate, suggest, unassigned, variables, walk};
use crate::bytecode::liveness::{self, SlotSet};
use crate::bytecode::{
    Constant, ConstantIndex, FieldSite, FieldSiteIndex, Function, FunctionIndex, Global, GlobalIndex, Instruction,
    Program, RecordIndex, RecordLayout, Variable, Write, peephole,
};
use crate::kind::ErrorKind;
use crate::limits;
use crate::source::{Diagnostic, Severity, Span};
use crate::syntax::Names;
use crate::syntax::ast::{self, Block, ExpressionKind, Module, Name, StatementKind};

/// Words with a meaning to the compiler.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub main: Name,
    pub swap: Name,
    pub stack_allocate: Name,
    pub infinity: Name,
    pub nan: Name,
    pub length: Name,
    pub size: Name,
}

/// The hidden global that says whether `main` has been entered.
const MAIN_ENTERED: &str = "<main entered>";
/// The names of simple types, for `sizeof`.
const SIMPLE_TYPES: &[&str] = &["integer", "int", "float", "real", "boolean", "bool", "pointer", "character", "char"];
/// The names of the call that allocates uninitialised bytes.
const HEAP_ALLOCATE: &[&str] = &["heap_allocate", "malloc", "alloc"];

/// Which module a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    User,
    Library,
}

/// A function that may be called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callable<'a> {
    pub function: &'a ast::Function,
    pub origin: Origin,
    /// Its index in the program; library functions get one when they are first called.
    pub index: Option<u32>,
}

/// A compilation in progress.
pub(super) struct Compilation<'a> {
    pub input: Input<'a>,
    pub names: &'a Names,
    pub words: Words,
    pub program: Program,
    pub records: Records,
    pub diagnostics: Vec<Diagnostic>,
    functions: HashMap<Name, Callable<'a>>,
    library: HashMap<Name, Callable<'a>>,
    builtins: HashMap<&'static str, u8>,
    pub(super) globals: HashMap<Name, u32>,
    pub(super) constants: HashMap<ConstantKey, u32>,
    pub(super) fields: HashMap<Name, u32>,
    pub(super) sites: HashMap<(u32, Option<u32>), u32>,
    /// By index of a record to the inference: its row in the program.
    record_rows: Vec<u32>,
    /// Functions that cannot be called yet.
    pub(super) waiting: Vec<Waiting>,
    assigned_fields: HashSet<Name>,
    string_makers: HashSet<Name>,
    pending_library: Vec<Name>,
    next_index: u32,
    /// The hidden global that says whether `main` has been entered, if anything but the entry calls it.
    pub main_entered: Option<GlobalIndex>,
    reported: HashSet<(Option<ErrorKind>, Span)>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum ConstantKey {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(u64),
    String(String),
}

impl ConstantKey {
    pub fn of(constant: &Constant) -> ConstantKey {
        match constant {
            Constant::Null => ConstantKey::Null,
            Constant::Boolean(value) => ConstantKey::Boolean(*value),
            Constant::Integer(value) => ConstantKey::Integer(*value),
            Constant::Float(value) => ConstantKey::Float(value.to_bits()),
            Constant::String(text) => ConstantKey::String(text.clone()),
        }
    }
}

impl<'a> Compilation<'a> {
    pub fn new(input: Input<'a>, names: &'a mut Names) -> Compilation<'a> {
        let words = Words {
            main: names.intern("main"),
            swap: names.intern("swap"),
            stack_allocate: names.intern("stack_allocate"),
            infinity: names.intern("infinity"),
            nan: names.intern("nan"),
            length: names.intern("length"),
            size: names.intern("size"),
        };
        let builtins = (0u8..).zip(input.builtins).map(|(index, row)| (row.name, index)).collect();
        let earlier = input.earlier.map(|earlier| {
            let globals: Vec<Name> = earlier.program.globals.iter().map(|global| names.intern(&global.name)).collect();
            let fields: Vec<Name> = earlier.program.field_names.iter().map(|name| names.intern(name)).collect();
            (earlier.program, globals, fields)
        });
        let mut compilation = Compilation {
            input,
            names,
            words,
            program: Program { builtins: input.builtins, ..Program::default() },
            records: Records::default(),
            diagnostics: Vec::new(),
            functions: HashMap::new(),
            library: HashMap::new(),
            builtins,
            globals: HashMap::new(),
            constants: HashMap::new(),
            fields: HashMap::new(),
            sites: HashMap::new(),
            record_rows: Vec::new(),
            waiting: Vec::new(),
            assigned_fields: HashSet::new(),
            string_makers: HashSet::new(),
            pending_library: Vec::new(),
            next_index: 1,
            main_entered: None,
            reported: HashSet::new(),
        };
        if let Some((program, globals, fields)) = earlier {
            compilation.take_over(program, &globals, &fields);
        }
        compilation
    }

    pub fn compile(mut self) -> Result<Output, Vec<Diagnostic>> {
        self.collect_functions();
        self.collect_globals();
        let role = self.entry();
        self.collect_records();
        self.find_string_makers();
        self.lower_all(role);
        self.check_globals();
        // What is wrong at a place is enough of it.
        let wrong: HashSet<Span> = self.errors().map(|error| error.primary.span).collect();
        self.diagnostics.retain(|one| one.severity == Severity::Error || !wrong.contains(&one.primary.span));
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
        if self.errors().next().is_some() {
            return Err(self.diagnostics);
        }
        if self.input.requirements.counts
            && let Some(full) = counting::insert(&mut self.program)
        {
            let Function { name, header, .. } = &self.program.functions[full];
            let (what, header) = (format!("`{name}`, with the counting of references,"), *header);
            self.slots_exceeded(header, &what);
            return Err(self.diagnostics);
        }
        peephole::fuse(&mut self.program.code);
        let idle = matches!(self.input.entry, Entry::Program)
            && matches!(role, Role::TopLevel)
            && self.input.user.top_level.statements.is_empty();
        let uncalled = idle.then(|| self.headers());
        Ok(Output { program: self.program, warnings: self.diagnostics, uncalled, waiting: self.waiting })
    }

    // ---- tables ---------------------------------------------------------------------------

    fn collect_functions(&mut self) {
        for function in &self.input.user.functions {
            let index = Some(self.next_index);
            self.next_index += 1;
            let callable = Callable { function, origin: Origin::User, index };
            if let Some(first) = self.functions.get(&function.name.name) {
                let text = self.names.text(function.name.name);
                self.diagnostics.push(duplicate("function", text, function.name.span, first.function.name.span));
                continue;
            }
            self.functions.insert(function.name.name, callable);
        }
        for function in &self.input.library.functions {
            self.library.insert(function.name.name, Callable { function, origin: Origin::Library, index: None });
        }
        for function in &self.input.user.functions {
            let mut seen: HashMap<Name, Span> = HashMap::new();
            for parameter in &function.parameters {
                if let Some(&first) = seen.get(&parameter.name) {
                    let text = self.names.text(parameter.name);
                    self.diagnostics.push(duplicate("parameter", text, parameter.span, first));
                }
                seen.insert(parameter.name, parameter.span);
            }
        }
    }

    fn collect_globals(&mut self) {
        let user = self.input.user;
        let swap = self.swap_name(Origin::User);
        let mut found: Vec<Name> = Vec::new();
        let lent: HashSet<Name> = self.lent_variables().filter_map(|(_, name)| name).collect();
        walk::each_assigned(user, &user.top_level, swap, &mut |name, _| {
            if !lent.contains(&name) {
                found.push(name);
            }
        });
        for function in &user.functions {
            walk::each_statement(&function.body, &mut |statement| {
                if let StatementKind::Global(names) = &statement.kind {
                    found.extend(names.iter().map(|identifier| identifier.name));
                }
            });
        }
        for name in found {
            self.add_global(name);
        }
        let main = self.words.main;
        let calls_main =
            |kind: &ExpressionKind| matches!(kind, ExpressionKind::Call { callee, .. } if callee.name == main);
        if self.functions.contains_key(&main) && user.expressions.iter().any(|expression| calls_main(&expression.kind))
        {
            let known = self.program.globals.iter().position(|global| global.name == MAIN_ENTERED);
            self.main_entered = Some(GlobalIndex(known.unwrap_or(self.program.globals.len()) as u32));
            if known.is_none() {
                self.program.globals.push(Global { name: MAIN_ENTERED.to_owned() });
            }
        }
    }

    fn add_global(&mut self, name: Name) {
        if !self.globals.contains_key(&name) {
            self.globals.insert(name, self.program.globals.len() as u32);
            self.program.globals.push(Global { name: self.names.text(name).to_owned() });
        }
    }

    /// What the program's top level does after its statements.
    fn entry(&self) -> Role<'a> {
        match self.input.entry {
            Entry::Call { module, expression, text } => return Role::Call { module, expression, text },
            Entry::Ask { module, expression } => return Role::Ask { module, expression },
            Entry::None => return Role::TopLevel,
            Entry::Program => {}
        }
        let main = self.functions.get(&self.words.main).filter(|main| main.function.parameters.is_empty());
        if let Some(main) = main.copied() {
            return Role::Main(main);
        }
        if !self.input.user.top_level.statements.is_empty() {
            return Role::TopLevel;
        }
        let mut entries = self.input.user.functions.iter().filter(|function| function.parameters.is_empty());
        match (entries.next(), entries.next()) {
            (Some(function), None) => Role::Entry(self.functions[&function.name.name]),
            _ => Role::TopLevel,
        }
    }

    /// The user's functions, each with its parameters.
    fn headers(&self) -> Vec<(String, Vec<String>)> {
        let spell = |name| self.names.text(name).to_owned();
        let functions = self.input.user.functions.iter();
        functions
            .map(|function| {
                let parameters = function.parameters.iter().map(|parameter| spell(parameter.name)).collect();
                (spell(function.name.name), parameters)
            })
            .collect()
    }

    fn collect_records(&mut self) {
        let user = self.input.user;
        let names = self.names;
        let mut records = std::mem::take(&mut self.records);
        records.declare(user, &|name| names.text(name).to_owned(), &mut self.diagnostics);
        let mut scopes = vec![Scope { parameters: &[], body: &user.top_level }];
        scopes.extend(
            user.functions.iter().map(|function| Scope { parameters: &function.parameters, body: &function.body }),
        );
        let resolver = Resolver { compilation: self, locals: self.locals_of_all() };
        records.infer(user, &scopes, &resolver);
        self.records = records;
        for index in 0..self.records.all().len() {
            let record = self.records.all()[index].clone();
            let fields = record.fields.iter().map(|&(name, embedded)| (self.field_index(name), embedded)).collect();
            let layout = RecordLayout { name: self.names.text(record.name).to_owned(), fields };
            let known = self.program.records.iter().rposition(|known| *known == layout);
            self.record_rows.push(known.unwrap_or(self.program.records.len()) as u32);
            if known.is_none() {
                self.program.records.push(layout);
            }
        }
        for record in self.records.all() {
            self.assigned_fields.extend(record.fields.iter().map(|&(name, _)| name));
        }
        let mut blocks: Vec<&Block> = vec![&user.top_level];
        blocks.extend(user.functions.iter().map(|function| &function.body));
        for block in blocks {
            walk::each_statement(block, &mut |statement| {
                let mut place = |id: ast::ExpressionId| {
                    if let ExpressionKind::Field { field, .. } = &user.expression(id).kind {
                        self.assigned_fields.insert(field.name);
                    }
                };
                match &statement.kind {
                    StatementKind::Assign { place: id, .. } | StatementKind::Update { place: id, .. } => place(*id),
                    StatementKind::AssignMany { places, .. } => places.iter().for_each(|&id| place(id)),
                    _ => {}
                }
            });
        }
    }

    /// The local variables of each of the user's functions; the top level, scope 0, has none.
    fn locals_of_all(&self) -> Vec<HashSet<Name>> {
        let user = self.input.user;
        let swap = self.swap_name(Origin::User);
        let mut all = vec![HashSet::new()];
        for function in &user.functions {
            all.push(variables::locals(user, function, swap).into_iter().map(|(name, _)| name).collect());
        }
        all
    }

    /// Which calls give strings that nothing holds.
    fn find_string_makers(&mut self) {
        let makers = self.input.builtins.iter().filter(|row| row.makes_string);
        let makers = makers.filter_map(|row| self.names.find(row.name));
        let makers = makers.filter(|name| !self.functions.contains_key(name)).collect();
        self.string_makers = strings::makers(self.input.user, &makers);
    }

    /// What is known of strings in a module's expressions.
    pub fn string_facts(&self, module: &Module) -> Rc<[StringFacts]> {
        strings::facts(module, &self.string_makers).into()
    }

    // ---- lowering -------------------------------------------------------------------------

    fn lower_all(&mut self, role: Role<'a>) {
        let user = self.input.user;
        let facts = self.string_facts(user);
        Lowering::top_level(self, user, &facts, role).run(&user.top_level);
        for (index, function) in user.functions.iter().enumerate() {
            let since = self.diagnostics.len();
            Lowering::function(self, user, &facts, function, Origin::User).run(&function.body);
            if let Some(earlier) = self.input.earlier {
                let name = self.text(function.name.name).to_owned();
                self.set_aside(index as u32 + 1, name, index >= earlier.functions, since);
            }
        }
        let start = self.program.code.len() as u32;
        let library = self.input.library;
        let facts = strings::facts(library, &HashSet::new()).into();
        let mut next = 0;
        while next < self.pending_library.len() {
            let callable = self.library[&self.pending_library[next]];
            Lowering::function(self, library, &facts, callable.function, Origin::Library).run(&callable.function.body);
            next += 1;
        }
        let end = self.program.code.len() as u32;
        self.program.library_code.extend((start < end).then_some(start..end));
    }

    /// Adds a lowered function to the program. Variables that are assigned on some paths only are cleared
    /// at its entry, so that what a slot's tag says is always true.
    pub fn add_function(&mut self, mut function: Function, code: Vec<Instruction>, spans: Vec<Span>) {
        function.entry = self.program.code.len() as u32;
        function.end = function.entry + code.len() as u32;
        self.program.code.extend(code);
        self.program.spans.extend(spans);
        if function.first_temporary() > Function::LINKAGE + function.parameters {
            let assignment = liveness::assignment(&self.program, &function);
            let mut partly = SlotSet::EMPTY;
            let (mut never, mut somewhere) = (Vec::new(), HashSet::new());
            for at in function.entry..function.end {
                let Some(state) = assignment.before(at) else { continue };
                partly = partly.union(state.may.difference(state.must));
                if let Instruction::CheckAssigned { variable } = self.program.code[at as usize] {
                    let span = self.program.spans[at as usize];
                    match state.may.contains(u32::from(variable.0)) {
                        true => drop(somewhere.insert(span)),
                        false => {
                            partly.insert(u32::from(variable.0));
                            never.push((variable.0, span));
                        }
                    }
                }
            }
            // What is deferred, and the condition of a loop, is in the code more than once.
            never.retain(|(_, span)| !somewhere.contains(span));
            for (variable, span) in never {
                self.report_never_assigned(&function, variable, span);
            }
            let variables = partly.below(u32::from(function.first_temporary()));
            self.clear_at_entry(&mut function, variables);
        }
        self.program.functions.push(function);
    }

    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    fn check_globals(&mut self) {
        let Some(top_level) = self.program.functions.iter().find(|function| function.name == "<top level>") else {
            return;
        };
        for (at, global) in unassigned::reads(&self.program, top_level) {
            let name = &self.program.globals[global.0 as usize].name;
            let message = format!("`{name}` is read before anything is assigned to it");
            let diagnostic = Diagnostic::error(ErrorKind::UnassignedVariable, self.program.spans[at as usize], message)
                .label("no path from the start of the program assigns it before this")
                .help(format!("assign `{name}` a value first"));
            self.report(diagnostic);
        }
    }

    fn report_never_assigned(&mut self, function: &Function, slot: u8, span: Span) {
        let Some(variable) = function.variables.iter().find(|variable| variable.slot == slot) else { return };
        let name = &variable.name;
        let is_global = self.names.find(name).is_some_and(|name| self.globals.contains_key(&name));
        self.report(
            Diagnostic::error(
                ErrorKind::UnassignedVariable,
                span,
                format!("`{name}` is read before anything is assigned to it"),
            )
            .label("no path from the start of the function assigns it before this")
            .help(if is_global {
                format!(
                    "this function assigns `{name}` and so has a variable of its own by that name; to use the global, write `global {name}` at the top of the function"
                )
            } else {
                format!("assign `{name}` a value first")
            }),
        );
    }

    /// Puts instructions that clear slots before the code of the function that is the last in the program.
    fn clear_at_entry(&mut self, function: &mut Function, slots: SlotSet) {
        let clears: Vec<Instruction> = slots.iter().map(|slot| Instruction::Clear { to: Write(slot as u8) }).collect();
        let count = clears.len();
        let entry = function.entry as usize;
        self.program.code.splice(entry..entry, clears);
        self.program.spans.splice(entry..entry, std::iter::repeat_n(function.header, count));
        function.end += count as u32;
        for (at, _) in self.program.block_names.iter_mut().rev().take_while(|(at, _)| *at >= function.entry) {
            *at += count as u32;
        }
        for at in self.program.statements.iter_mut().rev().take_while(|at| **at >= function.entry) {
            *at += count as u32;
        }
    }

    // ---- questions and small tables ---------------------------------------------------------

    /// Reports an error or warning, once for each place.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.reported.insert((diagnostic.kind, diagnostic.primary.span)) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// What a misspelt word was probably meant to be. Nobody reads it of an error beyond those reported,
    /// and it costs a look at every candidate.
    pub fn did_you_mean<'n>(&self, word: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<String> {
        (self.diagnostics.len() < limits::REPORTED_ERRORS).then(|| suggest::help(word, candidates)).flatten()
    }

    pub fn text(&self, name: Name) -> &'a str {
        self.names.text(name)
    }

    /// The function of that name, as seen from code of that origin.
    pub fn callable(&self, name: Name, from: Origin) -> Option<Callable<'a>> {
        let user = self.functions.get(&name).filter(|_| from == Origin::User);
        user.or_else(|| {
            self.library.get(&name).filter(|_| from == Origin::Library || self.builtin(name, from).is_none())
        })
        .copied()
    }

    /// The index of a function that is about to be called.
    pub fn function_index(&mut self, callable: Callable<'a>) -> FunctionIndex {
        if let Some(index) = callable.index {
            return FunctionIndex(index);
        }
        let index = self.next_index;
        self.next_index += 1;
        let name = callable.function.name.name;
        if let Some(known) = self.library.get_mut(&name) {
            known.index = Some(index);
        }
        self.pending_library.push(name);
        FunctionIndex(index)
    }

    /// The built-in of that name, unless the program defines the name itself.
    pub fn builtin(&self, name: Name, from: Origin) -> Option<u8> {
        if from == Origin::User && self.functions.contains_key(&name) {
            return None;
        }
        self.builtins.get(self.names.text(name)).copied()
    }

    /// The name whose calls swap two places.
    pub fn swap_name(&self, from: Origin) -> Option<Name> {
        Some(self.words.swap).filter(|&swap| self.builtin(swap, from).is_some())
    }

    pub fn global(&self, name: Name) -> Option<GlobalIndex> {
        self.globals.get(&name).map(|&index| GlobalIndex(index))
    }

    pub fn is_simple_type(&self, name: Name) -> bool {
        self.records.find(name).is_none() && SIMPLE_TYPES.contains(&self.names.text(name))
    }

    /// Whether the program has a field of that name, so that `p.length` is no call.
    pub fn has_field(&self, name: Name) -> bool {
        self.assigned_fields.contains(&name)
    }

    /// Every name that could have been meant where a function is called.
    pub fn callable_names(&self) -> Vec<&'a str> {
        let mut found: Vec<&str> =
            self.functions.keys().chain(self.library.keys()).map(|&name| self.text(name)).collect();
        found.extend(self.builtins.keys().copied());
        found.sort_unstable();
        found
    }

    /// Every global's name.
    pub fn global_names(&self) -> Vec<&'a str> {
        let mut found: Vec<&str> = self.globals.keys().map(|&name| self.text(name)).collect();
        found.sort_unstable();
        found
    }

    pub fn constant(&mut self, constant: Constant) -> ConstantIndex {
        let key = ConstantKey::of(&constant);
        let next = self.program.constants.len() as u32;
        let index = *self.constants.entry(key).or_insert(next);
        if index == next {
            self.program.constants.push(constant);
        }
        ConstantIndex(index)
    }

    pub fn field_index(&mut self, name: Name) -> u32 {
        let next = self.program.field_names.len() as u32;
        let index = *self.fields.entry(name).or_insert(next);
        if index == next {
            self.program.field_names.push(self.names.text(name).to_owned());
        }
        index
    }

    /// A record's row in the program.
    pub fn record_row(&self, record: u32) -> RecordIndex {
        RecordIndex(self.record_rows[record as usize])
    }

    /// The variables of a paused function that the top level has in its own slots: each with its slot,
    /// and its name if it can be used.
    pub fn lent_variables(&self) -> impl Iterator<Item = (u8, Option<Name>)> + '_ {
        let lent = self.input.earlier.map_or(&[][..], |earlier| earlier.variables);
        let name = |variable: &Variable| self.names.find(&variable.name);
        (Function::LINKAGE..).zip(lent.iter().map(move |variable| variable.as_ref().and_then(name)))
    }

    /// A new site for a field, with the record that its object most likely is.
    pub fn field_site(&mut self, field: Name, record: Option<u32>) -> FieldSiteIndex {
        let field = self.field_index(field);
        let record = record.map(|record| self.record_row(record).0);
        let next = self.program.field_sites.len() as u32;
        // Sites whose record is known share a cache; those that must find out by themselves do not.
        if record.is_some()
            && let Some(&site) = self.sites.get(&(field, record))
        {
            return FieldSiteIndex(site);
        }
        self.program.field_sites.push(FieldSite { field, record });
        self.sites.insert((field, record), next);
        FieldSiteIndex(next)
    }

    /// `sizeof(T)` in bytes: of a simple type, or of a record that is known.
    pub fn sizeof(&self, name: Name) -> Option<i64> {
        if self.is_simple_type(name) { Some(8) } else { Some(self.records.get(self.records.find(name)?).bytes()) }
    }

    /// The scope number of a function to the inference.
    pub fn scope_of(&self, function: &ast::Function) -> Option<u32> {
        self.functions.get(&function.name.name).and_then(|callable| callable.index)
    }

    /// Checks that a program never has more slots than an instruction can name.
    pub fn slots_exceeded(&mut self, span: Span, what: &str) {
        self.report(
            Diagnostic::error(
                ErrorKind::TooLarge,
                span,
                format!(
                    "{what} needs more than {} slots for its variables and intermediate values",
                    limits::FRAME_SLOTS
                ),
            )
            .help("split it into smaller functions"),
        );
    }
}

struct Resolver<'c, 'a> {
    compilation: &'c Compilation<'a>,
    locals: Vec<HashSet<Name>>,
}

impl Resolve for Resolver<'_, '_> {
    fn variable(&self, scope: u32, name: Name) -> Option<u32> {
        if self.locals[scope as usize].contains(&name) {
            return Some(scope);
        }
        self.compilation.globals.contains_key(&name).then_some(0)
    }

    fn function(&self, name: Name) -> Option<u32> {
        self.compilation.functions.get(&name).and_then(|callable| callable.index)
    }

    fn allocates(&self, name: Name) -> bool {
        HEAP_ALLOCATE.contains(&self.compilation.text(name)) && !self.compilation.functions.contains_key(&name)
    }

    fn simple_type(&self, name: Name) -> bool {
        self.compilation.is_simple_type(name)
    }
}
