//! How the program of a session grows: a text is parsed behind what there is, all of it is compiled anew, and the
//! linker takes what is new.

use std::collections::HashSet;

use super::{Event, Workbench};
use crate::bytecode::linker::{self, Unlinked};
use crate::bytecode::{Program, Variable, verifier};
use crate::compiler::{self, Earlier, Entry};
use crate::kind::ErrorKind;
use crate::limits;
use crate::machine::signatures;
use crate::session::{Configuration, in_text_order};
use crate::source::{Diagnostic, Severity, SourceId, Sources, Span};
use crate::syntax::ast::{Function, Module, Name, Record};
use crate::syntax::{self, Names};

/// What there is with a text, and how the text is to be run.
#[derive(Clone, Copy)]
pub(super) struct Growth<'a> {
    /// The text.
    pub source: SourceId,
    /// What there is now.
    pub module: &'a Module,
    /// What follows the text's statements.
    pub entry: Entry<'a>,
    /// Functions that were there before.
    pub functions: usize,
    /// The variables of the paused function, as [`Earlier`] has them.
    pub variables: &'a [(Variable, bool)],
    /// Whether expressions that stand alone show their value.
    pub echoes: bool,
    /// Starts of the statements before which to pause.
    pub breakpoints: &'a [u32],
}

impl<'a> Growth<'a> {
    /// Of a text that has added this much to a module, and whose statements are all there is to run.
    pub fn new(source: SourceId, module: &'a Module, added: &Module) -> Growth<'a> {
        let functions = module.functions.len() - added.functions.len();
        Growth { source, module, entry: Entry::None, functions, variables: &[], echoes: false, breakpoints: &[] }
    }
}

impl Workbench {
    pub(super) fn add_input(&mut self, text: &str) -> SourceId {
        self.inputs += 1;
        self.compiled.sources.add(format!("input {}", self.inputs), text)
    }

    /// What a text adds, in the arena of what there is already, and warnings.
    pub(super) fn parse(&mut self, source: SourceId) -> Result<(Module, Vec<Diagnostic>), Vec<Diagnostic>> {
        let expressions = self.module.expressions.clone();
        let parsed = syntax::parse_onto(expressions, &self.compiled.sources, source, &mut self.names);
        if parsed.diagnostics.iter().any(|one| one.severity == Severity::Error) {
            return Err(parsed.diagnostics);
        }
        Ok((parsed.module, parsed.diagnostics))
    }

    /// What there is already, with what a text adds: the text's own functions last.
    pub(super) fn grown(&self, added: &Module) -> Module {
        let functions: HashSet<Name> = added.functions.iter().map(|function| function.name.name).collect();
        let records: HashSet<Name> = added.records.iter().map(|record| record.name.name).collect();
        let mut module = Module { expressions: added.expressions.clone(), ..self.module.clone() };
        module.functions.retain(|function: &Function| !functions.contains(&function.name.name));
        module.records.retain(|record: &Record| !records.contains(&record.name.name));
        module.functions.extend_from_slice(&added.functions);
        module.records.extend_from_slice(&added.records);
        module.top_level.statements.extend_from_slice(&added.top_level.statements);
        module.top_level.end = added.top_level.end;
        module
    }

    /// Compiles what there is now behind the program, and links what is new: the index of the top level, and
    /// warnings about the text.
    pub(super) fn link(&mut self, growth: Growth<'_>) -> Result<(u32, Vec<Diagnostic>), Vec<Diagnostic>> {
        let Growth { source, module, entry, functions, variables, echoes, breakpoints } = growth;
        let statements = self.module_statements(module, entry);
        let earlier = Earlier { program: &self.compiled.program, statements, functions, variables, echoes };
        let input = compiler::Input {
            user: module,
            library: &self.library,
            entry,
            earlier: Some(earlier),
            breakpoints,
            builtins: signatures(),
            requirements: self.configuration.requirements(),
            elides_counts: false,
        };
        let sources = &self.compiled.sources;
        let is_new = |one: &Diagnostic| sources.find(one.primary.span.start) == source;
        let compiler::Output { program, mut warnings, waiting, .. } = compiler::compile(input, &mut self.names)
            .map_err(|mut diagnostics| {
                if diagnostics.iter().any(|one| is_new(one) && one.severity == Severity::Error) {
                    diagnostics.retain(is_new);
                }
                diagnostics
            })?;
        warnings.retain(is_new);
        let indices: Vec<u32> = waiting.iter().map(|waits| waits.function).collect();
        let room = (u64::from(limits::SESSION_STATICS) - u64::from(Program::CODE_BASE)) / 8;
        if program.globals.len() > limits::SESSION_GLOBALS {
            return Err(vec![too_large(source, sources)]);
        }
        let top_level = match linker::link(&mut self.compiled.program, program, &indices, room as usize) {
            Ok(top_level) => top_level,
            Err(Unlinked::Waiting(function)) => {
                let waits = waiting.into_iter().find(|waits| waits.function == function);
                return Err(waits.map(|waits| waits.errors).unwrap_or_default());
            }
            Err(Unlinked::TooLarge) => return Err(vec![too_large(source, sources)]),
        };
        if let Err(error) = verifier::verify_from(&self.compiled.program, top_level) {
            panic!("{error}");
        }
        for waits in &waiting {
            if !self.waiting.contains(&waits.name) {
                warnings.extend(waits.errors.iter().map(|error| {
                    let mut warning = error.clone();
                    warning.severity = Severity::Warning;
                    warning.kind = None;
                    warning.note(format!("`{}` cannot be called until that is there", waits.name))
                }));
            }
        }
        self.waiting = waiting.into_iter().map(|waits| waits.name).collect();
        in_text_order(&mut warnings);
        Ok((top_level, warnings))
    }

    /// How many statements of a module are in the program already.
    fn module_statements(&self, module: &Module, entry: Entry<'_>) -> usize {
        match entry {
            Entry::Ask { .. } => module.top_level.statements.len(),
            _ => self.module.top_level.statements.len(),
        }
    }

    /// Keeps what a text has added. Statements inside a paused function are no part of the program.
    pub(super) fn keep(&mut self, source: SourceId, mut module: Module, added: &Module) {
        if self.is_paused() {
            module.top_level = std::mem::take(&mut self.module.top_level);
            let definitions = Module { top_level: Default::default(), ..added.clone() };
            self.transcript.add(self.compiled.sources.get(source), &definitions);
        } else {
            self.transcript.add(self.compiled.sources.get(source), added);
        }
        self.module = module;
    }

    /// Strikes the statement that an error or Ctrl-C has ended out of the transcript, and those after it: they were
    /// not run to their end.
    pub(super) fn strike_out_failed(&mut self, event: &Event) {
        let place = match event {
            Event::Stopped(outcome) => outcome.error.as_ref().map(|error| &error.place),
            Event::Interrupted(outcome) => outcome.interrupted_at.as_ref(),
            _ => None,
        };
        let frames = place.map(|place| place.call_stack.outermost.last().or(place.call_stack.innermost.last()));
        // The call of `main()` that nobody has written stands on no line.
        if let Some(span) = frames.flatten().and_then(|top_level| top_level.span) {
            self.transcript.strike_out(self.compiled.sources.of(span).line(span.start));
        }
    }
}

/// What the machine starts with, to grow.
pub(super) fn empty_program(configuration: &Configuration, library: &Module, names: &mut Names) -> Program {
    let input = compiler::Input {
        user: &Module::default(),
        library,
        entry: Entry::None,
        earlier: None,
        breakpoints: &[],
        builtins: signatures(),
        requirements: configuration.requirements(),
        elides_counts: false,
    };
    compiler::compile(input, names).expect("nothing is wrong with nothing").program
}

fn too_large(source: SourceId, sources: &Sources) -> Diagnostic {
    let base = sources.get(source).base;
    let message = "the session has grown too large for this";
    Diagnostic::error(ErrorKind::TooLarge, Span::new(base, base), message)
        .help("`:save FILE` writes down what there is, `:reset` starts anew")
}
