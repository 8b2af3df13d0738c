//! Lowers one function (or the top level) to bytecode. This file has the state and the slots;
//! statements, expressions, conditions and calls each have their own.

mod calls;
mod conditions;
mod expressions;
mod hoisting;
mod places;
mod statements;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::compilation::{Callable, Compilation, Origin};
use super::strings::StringFacts;
use super::{variables, walk};
use crate::bytecode::assembler::{Assembler, Label};
use crate::bytecode::liveness::SlotSet;
use crate::bytecode::{
    Buffer, Constant, Count, Function, FunctionIndex, Instruction, Owner, Read, Target, Variable, Window, Write,
};
use crate::kind::ErrorKind;
use crate::limits;
use crate::source::{Diagnostic, Span};
use crate::syntax::ast::{
    self, Block, Expression, ExpressionId, ExpressionKind, Module, Name, Statement, StatementKind,
};

/// What a top level does after its statements.
#[derive(Clone, Copy)]
pub(super) enum Role<'a> {
    /// Nothing.
    TopLevel,
    /// Calls `main()`, unless it has been entered already.
    Main(Callable<'a>),
    /// Calls the only function without parameters, and prints its value.
    Entry(Callable<'a>),
    /// Evaluates the expression of `--call`, and prints its value.
    Call { module: &'a Module, expression: ExpressionId, text: &'a str },
    /// Evaluates an expression, and shows its value to whoever asked.
    Ask { module: &'a Module, expression: ExpressionId },
}

/// A loop around the statement that is being lowered.
#[derive(Clone, Copy)]
struct Loop {
    /// Where `break` goes.
    exit: Label,
    /// Where `continue` goes.
    next: Label,
}

/// A block around the statement that is being lowered.
struct Enclosing<'a> {
    /// What it has deferred so far.
    deferred: Vec<&'a Block>,
    /// The loop whose round it is.
    looping: Option<Loop>,
}

/// A function being lowered.
pub(super) struct Lowering<'c, 'a> {
    compilation: &'c mut Compilation<'a>,
    module: &'a Module,
    facts: Rc<[StringFacts]>,
    origin: Origin,
    assembler: Assembler,
    name: String,
    header: Span,
    /// None at the top level, whose variables are globals.
    function: Option<&'a ast::Function>,
    role: Role<'a>,
    locals: HashMap<Name, u8>,
    globals_declared: HashSet<Name>,
    variables: Vec<Variable>,
    /// The next free temporary slot.
    next: u32,
    /// Slots used so far.
    slots: u32,
    /// Local variables that certainly have a value here.
    assigned: SlotSet,
    /// Local variables that are somewhere assigned `weak …`: reading them needs an instruction.
    weak_locals: SlotSet,
    enclosing: Vec<Enclosing<'a>>,
    /// Constants that the loop around the statement has loaded, with their slots.
    hoisted: Vec<(Constant, u8)>,
    /// Whether there is such a loop.
    in_loop: bool,
    /// What is lowered has been deferred: it has a copy at every way out of its block.
    deferred: bool,
    /// Stack buffers so far: length, and whether it counts bytes.
    buffers: Vec<(u32, bool)>,
    /// Whether there are going to be any.
    has_buffers: bool,
    /// The expression that is about to be assigned, and to what: names its block.
    naming: Option<(ExpressionId, String)>,
    block_names: Vec<(u32, String)>,
    /// Where statements begin.
    statements: Vec<u32>,
    call_code: std::ops::Range<u32>,
    /// Scope number to the inference of records; 0 for globals.
    scope: u32,
    overflowed: Option<Span>,
}

impl<'c, 'a> Lowering<'c, 'a> {
    fn new(
        compilation: &'c mut Compilation<'a>,
        module: &'a Module,
        facts: &Rc<[StringFacts]>,
        function: Option<&'a ast::Function>,
        origin: Origin,
    ) -> Lowering<'c, 'a> {
        Lowering {
            name: function
                .map_or_else(|| "<top level>".to_owned(), |function| compilation.text(function.name.name).to_owned()),
            header: function.map_or_else(Span::default, |function| function.header),
            scope: function.and_then(|function| compilation.scope_of(function)).unwrap_or(0),
            compilation,
            module,
            facts: Rc::clone(facts),
            origin,
            assembler: Assembler::default(),
            function,
            role: Role::TopLevel,
            locals: HashMap::new(),
            globals_declared: HashSet::new(),
            variables: Vec::new(),
            next: u32::from(Function::LINKAGE),
            slots: u32::from(Function::LINKAGE),
            assigned: SlotSet::EMPTY,
            weak_locals: SlotSet::EMPTY,
            enclosing: Vec::new(),
            hoisted: Vec::new(),
            in_loop: false,
            deferred: false,
            buffers: Vec::new(),
            has_buffers: false,
            naming: None,
            block_names: Vec::new(),
            statements: Vec::new(),
            call_code: 0..0,
            overflowed: None,
        }
    }

    /// The top level, to be followed by what its role says.
    pub fn top_level(
        compilation: &'c mut Compilation<'a>,
        module: &'a Module,
        facts: &Rc<[StringFacts]>,
        role: Role<'a>,
    ) -> Lowering<'c, 'a> {
        Lowering { role, ..Lowering::new(compilation, module, facts, None, Origin::User) }
    }

    /// A function of the user's or the library's.
    pub fn function(
        compilation: &'c mut Compilation<'a>,
        module: &'a Module,
        facts: &Rc<[StringFacts]>,
        function: &'a ast::Function,
        origin: Origin,
    ) -> Lowering<'c, 'a> {
        Lowering::new(compilation, module, facts, Some(function), origin)
    }

    /// Lowers the body and adds the function to the program.
    pub fn run(mut self, body: &'a Block) {
        // What earlier texts have added to the top level is done.
        let done = match (self.function, self.compilation.input.earlier) {
            (None, Some(earlier)) => earlier.statements,
            _ => 0,
        };
        let statements = &body.statements[done..];
        self.has_buffers = self.will_have_buffers(statements);
        if let Some(function) = self.function {
            self.declare_variables(function);
            self.mark_main_entered(function);
            self.block(body, None);
            self.fall_off_the_end(body.end);
        } else {
            self.take_lent_variables();
            if !matches!(self.role, Role::Ask { .. } | Role::TopLevel) {
                self.set_main_entered(false, Span::default());
            }
            self.enclosing.push(Enclosing { deferred: Vec::new(), looping: None });
            self.statements(statements);
            self.enter_role();
            self.leave_blocks(0);
            self.enclosing.pop();
            let end = if body.statements.is_empty() { Span::default() } else { body.end };
            self.emit(Instruction::Halt {}, end);
        }
        self.finish(body.end);
    }

    /// Whether anything to be lowered is a `stack_allocate`: calls must then begin below the buffers.
    fn will_have_buffers(&self, statements: &[Statement]) -> bool {
        let name = self.compilation.words.stack_allocate;
        if self.compilation.builtin(name, self.origin).is_none() {
            return false;
        }
        let mut found = false;
        let mut look = |_, expression: &Expression| {
            found |= matches!(&expression.kind, ExpressionKind::Call { callee, .. } if callee.name == name);
        };
        for statement in statements {
            walk::each_in(statement, &mut |statement| {
                walk::each_root(statement, &mut |root| walk::each_expression(self.module, root, &mut look));
            });
        }
        if let Role::Call { module, expression, .. } | Role::Ask { module, expression } = self.role {
            walk::each_expression(module, expression, &mut look);
        }
        found
    }

    fn declare_variables(&mut self, function: &'a ast::Function) {
        let swap = self.compilation.swap_name(self.origin);
        for (index, (name, span)) in variables::locals(self.module, function, swap).into_iter().enumerate() {
            if self.next as usize >= limits::FRAME_SLOTS {
                // The error is reported at the end; until then the rest share a slot.
                self.overflowed.get_or_insert(span);
                self.locals.insert(name, (limits::FRAME_SLOTS - 1) as u8);
                continue;
            }
            let slot = self.next as u8;
            self.locals.insert(name, slot);
            self.variables.push(Variable { name: self.compilation.text(name).to_owned(), slot });
            self.next += 1;
            if index < function.parameters.len() {
                self.assigned.insert(u32::from(slot));
            }
        }
        self.slots = self.next;
        self.globals_declared = variables::declared_globals(&function.body);
        walk::each_statement(&function.body, &mut |statement| match &statement.kind {
            StatementKind::Assign { place, value } => self.note_weak_local(*place, *value),
            StatementKind::AssignMany { places, values } => {
                places.iter().zip(values).for_each(|(&place, &value)| self.note_weak_local(place, value));
            }
            _ => {}
        });
        for parameter in &function.parameters {
            if self.globals_declared.contains(&parameter.name) {
                let text = self.compilation.text(parameter.name);
                self.error(
                    ErrorKind::DuplicateName,
                    parameter.span,
                    format!("`{text}` cannot be both a parameter and declared `global`"),
                );
            }
        }
    }

    /// Notes that a local variable is a weak place, if that is what an assignment makes it.
    fn note_weak_local(&mut self, place: ExpressionId, value: ExpressionId) {
        if let ExpressionKind::Name(name) = self.module.expression(place).kind
            && let Some(&slot) = self.locals.get(&name)
            && self.is_weak(value)
        {
            self.weak_locals.insert(u32::from(slot));
        }
    }

    /// Gives the top level the variables of the function that it is evaluated in, in the same slots. Not
    /// all need have a value, and any may be a weak place.
    fn take_lent_variables(&mut self) {
        for (slot, name) in self.compilation.lent_variables().collect::<Vec<_>>() {
            self.next = u32::from(slot) + 1;
            self.variables
                .push(Variable { name: name.map_or_else(String::new, |name| self.text(name).to_owned()), slot });
            if let Some(name) = name {
                self.locals.insert(name, slot);
            }
            if self.compilation.input.requirements.reclaims() {
                self.weak_locals.insert(u32::from(slot));
            }
        }
        self.slots = self.slots.max(self.next);
    }

    fn mark_main_entered(&mut self, function: &'a ast::Function) {
        let is_main = function.name.name == self.compilation.words.main && function.parameters.is_empty();
        if is_main && self.origin == Origin::User {
            self.set_main_entered(true, function.header);
        }
    }

    /// Sets the hidden global that says whether `main` has been entered, if the program needs one.
    fn set_main_entered(&mut self, entered: bool, span: Span) {
        let Some(global) = self.compilation.main_entered else { return };
        let mark = self.next;
        let flag = self.temporary();
        self.load_constant(flag, Constant::Boolean(entered), span);
        self.emit(Instruction::StoreGlobal { from: Read(flag), global }, span);
        self.next = mark;
    }

    fn fall_off_the_end(&mut self, end: Span) {
        if self.assembler.can_reach_here() {
            self.emit(Instruction::ReturnNull {}, end);
        }
    }

    fn enter_role(&mut self) {
        let nowhere = Span::default();
        match self.role {
            Role::TopLevel => {}
            Role::Main(main) => {
                let index = self.compilation.function_index(main);
                let skip = self.assembler.label();
                let mark = self.next;
                if let Some(global) = self.compilation.main_entered {
                    let flag = self.temporary();
                    self.emit(Instruction::LoadGlobal { to: Write(flag), global }, nowhere);
                    let jump = Instruction::JumpIfTrue { condition: Read(flag), target: Target(0) };
                    self.assembler.emit_jump(jump, skip, nowhere);
                    self.next = mark;
                }
                self.call_entry(index);
                self.next = mark;
                self.assembler.bind(skip);
            }
            Role::Entry(entry) => {
                let index = self.compilation.function_index(entry);
                let value = self.call_entry(index);
                let name = self.compilation.text(entry.function.name.name);
                let text = self.compilation.constant(Constant::String(format!("{name}()")));
                self.emit(Instruction::PrintResult { value: Read(value), text }, nowhere);
            }
            Role::Ask { module, expression } => {
                let outer = (self.module, Rc::clone(&self.facts));
                self.module = module;
                self.facts = self.compilation.string_facts(module);
                let value = self.expression(expression, None);
                self.emit(Instruction::Echo { value: Read(value) }, self.span(expression));
                self.drop_if_fresh(expression, value);
                (self.module, self.facts) = outer;
            }
            Role::Call { module, expression, text } => {
                let start = self.assembler.here();
                let outer = (self.module, Rc::clone(&self.facts));
                self.module = module;
                self.facts = self.compilation.string_facts(module);
                let mark = self.next;
                let value = self.expression(expression, None);
                let span = self.span(expression);
                let text = self.compilation.constant(Constant::String(text.trim().to_owned()));
                self.emit(Instruction::PrintResult { value: Read(value), text }, span);
                self.drop_if_fresh(expression, value);
                self.next = mark;
                (self.module, self.facts) = outer;
                self.call_code = start..self.assembler.here();
            }
        }
    }

    /// Calls a function without arguments that nobody wrote a call for.
    fn call_entry(&mut self, function: FunctionIndex) -> u8 {
        let window = self.temporary();
        self.temporary();
        self.next = u32::from(window) + 1;
        self.emit_call(window, Count(0), function, Span::default());
        window
    }

    fn finish(mut self, end: Span) {
        if let Some(span) = self.overflowed {
            let what = match self.function {
                Some(_) => format!("the function `{}`", self.name),
                None => "the top level".to_owned(),
            };
            self.compilation.slots_exceeded(span, &what);
        }
        let slots = self.slots.min(limits::FRAME_SLOTS as u32);
        let mut edge = u64::from(slots);
        let mut buffers = Vec::new();
        for &(length, bytes) in &self.buffers {
            edge += u64::from(Buffer::words(length, bytes));
            buffers.push(Buffer { header: u32::try_from(edge).unwrap_or(u32::MAX), length, bytes });
            edge += 1;
        }
        if edge * 8 > limits::STACK_BYTES_MAX {
            self.error(
                ErrorKind::TooLarge,
                if self.function.is_some() { self.header } else { end },
                format!("the stack buffers of `{}` need {} bytes, more than any stack has", self.name, edge * 8),
            );
        }
        let function = Function {
            name: self.name,
            entry: 0,
            end: 0,
            // What is lent is as good as a parameter: it has its values from the start.
            parameters: match self.function {
                Some(function) => function.parameters.len().min(limits::FRAME_SLOTS) as u8,
                None => self.variables.len() as u8,
            },
            slots: slots as u8,
            frame_words: u32::try_from(edge).unwrap_or(u32::MAX),
            variables: self.variables,
            buffers,
            owner: match (self.function, self.origin) {
                (None, _) => Owner::TopLevel,
                (Some(_), Origin::User) => Owner::User,
                (Some(_), Origin::Library) => Owner::Library,
            },
            header: self.header,
        };
        let base = self.compilation.program.code.len() as u32;
        self.compilation.program.block_names.extend(self.block_names.into_iter().map(|(at, name)| (at + base, name)));
        self.compilation.program.statements.extend(self.statements.into_iter().map(|at| at + base));
        if self.function.is_none() {
            self.compilation.program.call_code = self.call_code.start + base..self.call_code.end + base;
        }
        let (code, spans) = self.assembler.finish();
        self.compilation.add_function(function, code, spans);
    }

    // ---- slots, constants, messages ---------------------------------------------------------

    /// A new temporary slot; given back by setting `next` to what it was.
    fn temporary(&mut self) -> u8 {
        if self.next as usize >= limits::FRAME_SLOTS {
            // The error is reported at the end; until then slots are shared.
            self.overflowed.get_or_insert(self.header);
            return (limits::FRAME_SLOTS - 1) as u8;
        }
        let slot = self.next as u8;
        self.next += 1;
        self.slots = self.slots.max(self.next);
        slot
    }

    /// Where a result goes: where it is wanted, or to a new temporary.
    fn target(&mut self, wanted: Option<u8>) -> u8 {
        wanted.unwrap_or_else(|| self.temporary())
    }

    /// Evaluates an expression into a new temporary, which is then the last one in use.
    fn expression_in_temporary(&mut self, id: ExpressionId) -> u8 {
        let slot = self.temporary();
        self.expression(id, Some(slot));
        self.next = u32::from(slot) + 1;
        slot
    }

    /// Evaluates what is about to be stored in a place into a new temporary, which becomes the last one.
    fn stored_in_temporary(&mut self, id: ExpressionId) -> u8 {
        let slot = self.temporary();
        self.stored(id, Some(slot));
        self.next = u32::from(slot) + 1;
        slot
    }

    /// Has a variable checked where it is not certain that it has a value. What is deferred is checked in
    /// every copy: only where none of them can have a value is the program rejected.
    fn check_assigned(&mut self, variable: u8, span: Span) {
        if self.deferred || !self.assigned.contains(u32::from(variable)) {
            self.emit(Instruction::CheckAssigned { variable: Read(variable) }, span);
            self.assigned.insert(u32::from(variable));
        }
    }

    /// Whether an expression makes a string that nothing holds, and that its statement is to free.
    fn is_fresh(&self, id: ExpressionId) -> bool {
        self.compilation.input.requirements.drops_temporaries && self.facts[id.0 as usize].fresh
    }

    fn emit(&mut self, instruction: Instruction, span: Span) -> u32 {
        self.assembler.emit(instruction, span)
    }

    fn load_constant(&mut self, to: u8, constant: Constant, span: Span) {
        let constant = self.compilation.constant(constant);
        self.emit(Instruction::LoadConstant { to: Write(to), constant }, span);
    }

    fn emit_call(&mut self, window: u8, arguments: Count, function: FunctionIndex, span: Span) {
        let window = Window(window);
        if self.has_buffers {
            self.emit(Instruction::CallBelow { window, arguments, function }, span);
            self.emit(Instruction::TakeResult { to: Write(window.0) }, span);
        } else {
            self.emit(Instruction::Call { window, arguments, function }, span);
        }
    }

    fn error(&mut self, kind: ErrorKind, span: Span, message: String) {
        self.compilation.report(Diagnostic::error(kind, span, message));
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.compilation.report(diagnostic);
    }

    fn span(&self, id: ExpressionId) -> Span {
        self.module.expression(id).span
    }

    fn text(&self, name: Name) -> &'a str {
        self.compilation.text(name)
    }
}
