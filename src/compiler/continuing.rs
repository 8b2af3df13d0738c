//! Programs that go on: a session at the prompt compiles what is typed behind what there is already.
//! Everything is lowered anew, since a new definition may change the meaning of an old one; the linker
//! then drops what has come out as before. A function that cannot be compiled yet, because what it
//! names is still to come, waits.

use super::compilation::{Compilation, ConstantKey, Origin};
use super::{Entry, walk};
use crate::bytecode::{Program, Variable};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Severity};
use crate::syntax::ast::{Expression, ExpressionKind, Name};

/// What a program goes on from.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// The program so far.
    pub program: &'a Program,
    /// Top-level statements of the module that it has.
    pub statements: usize,
    /// Functions of the module that have been compiled before; the others are new.
    pub functions: usize,
    /// The variables of the paused function that the new top level is to have in their slots, each with
    /// whether it may have a value.
    pub variables: &'a [(Variable, bool)],
    /// Whether expressions that stand alone show their value.
    pub echoes: bool,
}

/// A function that cannot be called yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its index in the program that was lowered.
    pub function: u32,
    /// Its name.
    pub name: String,
    /// Why.
    pub errors: Vec<Diagnostic>,
}

impl Compilation<'_> {
    /// Begins with the tables of the program so far, so that what is in them keeps its index.
    /// `globals` and `fields` are the names in the tables of those.
    pub(super) fn take_over(&mut self, program: &Program, globals: &[Name], fields: &[Name]) {
        self.program = Program {
            constants: program.constants.clone(),
            globals: program.globals.clone(),
            records: program.records.clone(),
            field_sites: program.field_sites.clone(),
            field_names: program.field_names.clone(),
            ..std::mem::take(&mut self.program)
        };
        self.constants = program.constants.iter().map(ConstantKey::of).zip(0..).collect();
        self.globals = globals.iter().copied().zip(0..).collect();
        self.fields = fields.iter().copied().zip(0..).collect();
        self.sites = program.field_sites.iter().map(|site| (site.field, site.record)).zip(0..).collect();
    }

    /// Whether expressions that stand alone show their value.
    pub(super) fn echoes(&self) -> bool {
        self.input.earlier.is_some_and(|earlier| earlier.echoes)
    }

    /// Reports what the new top level uses of the paused function's variables that have no value yet.
    pub(super) fn check_lent(&mut self) {
        let Some(earlier) = self.input.earlier else { return };
        let unborn: Vec<Name> = (earlier.variables.iter().filter(|(_, has_value)| !has_value))
            .filter_map(|(variable, _)| self.names.find(&variable.name))
            .collect();
        if unborn.is_empty() {
            return;
        }
        let (mut reads, mut assigned) = (Vec::new(), Vec::new());
        let mut look = |_, expression: &Expression| match expression.kind {
            ExpressionKind::Name(name) if unborn.contains(&name) => reads.push((name, expression.span)),
            _ => {}
        };
        let user = self.input.user;
        let swap = self.swap_name(Origin::User);
        for statement in &user.top_level.statements[earlier.statements..] {
            walk::each_assigned_in(user, statement, swap, &mut |name, span| {
                assigned.extend(unborn.contains(&name).then_some((name, span)));
            });
            walk::each_in(statement, &mut |statement| {
                walk::each_root(statement, &mut |root| walk::each_expression(user, root, &mut look));
            });
        }
        if let Entry::Ask { module, expression } = self.input.entry {
            walk::each_expression(module, expression, &mut look);
        }
        // It would not be given back: there the program takes the variable to hold nothing.
        for &(name, span) in &assigned {
            let message = format!("`{}` cannot be assigned here: it gets its first value further on", self.text(name));
            let error = Diagnostic::error(ErrorKind::UnassignedVariable, span, message);
            self.report(error.help("`:next` goes on to the next statement; another name makes a variable of your own"));
        }
        for (name, span) in reads.into_iter().filter(|read| !assigned.contains(read)) {
            let message = format!("`{}` has no value yet where the program is paused", self.text(name));
            let error = Diagnostic::error(ErrorKind::UnassignedVariable, span, message);
            self.report(error.help("`:next` goes on to the next statement"));
        }
    }

    /// Sets the errors of a function aside that need not stop the rest, `new` functions only where
    /// something is missing that may still come.
    pub(super) fn set_aside(&mut self, function: u32, name: String, is_new: bool, since: usize) {
        let errors = self.diagnostics[since..].iter().filter(|one| one.severity == Severity::Error);
        let mut kinds = errors.map(|error| error.kind).peekable();
        if kinds.peek().is_none() || is_new && !kinds.all(|kind| kind == Some(ErrorKind::UnknownName)) {
            return;
        }
        let errors: Vec<Diagnostic> = self.diagnostics.drain(since..).collect();
        self.waiting.push(Waiting { function, name, errors });
    }
}
