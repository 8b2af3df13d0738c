//! The workbench of a session at the prompt: a program that grows by what is typed, and the machine that
//! runs it and keeps its memory in between. Nothing is printed here but what programs print.

mod growing;

use std::collections::HashSet;
use std::io::{BufRead, Write};
use std::sync::atomic::AtomicBool;

use growing::{Growth, empty_program};

use super::host::{Lens, LiveHost};
use super::transcript::Transcript;
use super::{
    Compiled, Configuration, Files, LIBRARY_SOURCE, Leaks, Outcome, Place, Related, RelatedKind, RunError, USER_SOURCE,
    blame, leaks, outcome,
};
use crate::bytecode::{Program, Variable};
use crate::compiler::Entry;
use crate::kind::ErrorKind;
use crate::library;
use crate::limits;
use crate::machine::drawing::{Drawing, Palette};
use crate::machine::{End, Ledger, Machine, Position, Steps, Stride, Watch};
use crate::memory::{Fault, HeapStatistics, Value};
use crate::source::{Diagnostic, Sources, Span};
use crate::syntax::ast::{Function, Module, Name};
use crate::syntax::{self, Names};

/// What an input is given, and gives to.
pub struct Console<'a> {
    /// What `input()` reads.
    pub input: &'a mut dyn BufRead,
    /// What programs print, and values that are shown.
    pub output: &'a mut dyn Write,
    /// What programs draw.
    pub drawings: &'a mut dyn Write,
    /// Raised to end what runs.
    pub interrupt: &'a AtomicBool,
}

/// How running something ended.
#[derive(Debug)]
pub enum Event {
    /// By itself.
    Finished,
    /// It called `exit()`.
    Exited,
    /// With an error. The stack is left as it was until the next input.
    Stopped(Box<Outcome>),
    /// It was interrupted. The stack is left as it was until the next input.
    Interrupted(Box<Outcome>),
    /// It is paused, at a breakpoint or after a step.
    Paused(Place),
    /// Nobody reads the output any more.
    OutputClosed,
}

/// How far a paused program goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoOn {
    /// To the next breakpoint, or its end.
    Continue,
    /// To the next statement, into functions that are called.
    Step,
    /// To the next statement, over functions that are called.
    Next,
    /// Until the function has returned.
    Finish,
}

/// A file to be run. Of a workbench for a file it is that file, the first time.
#[derive(Clone, Copy, Debug)]
pub struct Loading<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Where in it statements begin before which to pause, in bytes.
    pub breakpoints: &'a [u32],
    /// `--call`: an expression to evaluate instead of calling `main()`.
    pub call: Option<&'a str>,
}

impl<'a> Loading<'a> {
    /// All of a file.
    pub const fn file(name: &'a str, text: &'a str) -> Loading<'a> {
        Loading { name, text, breakpoints: &[], call: None }
    }
}

/// Warnings, and how it ended; or errors, and nothing has changed.
type Entered = Result<(Vec<Diagnostic>, Event), Vec<Diagnostic>>;

/// A session's program and machine.
#[derive(Debug)]
pub struct Workbench {
    configuration: Configuration,
    compiled: Compiled,
    names: Names,
    library: Module,
    /// The latest definitions, and the statements that were run while nothing was paused.
    module: Module,
    transcript: Transcript,
    /// None only while it runs, with its program.
    machine: Option<Machine<'static>>,
    ledger: Ledger,
    /// The variables of the function where the machine stands, each with whether it may have a value.
    variables: Vec<(Variable, bool)>,
    /// Functions that were said not to be callable yet.
    waiting: HashSet<String>,
    /// How many texts were typed.
    inputs: u32,
    /// The first text is a file that has not been run yet.
    is_new: bool,
}

impl Workbench {
    /// An empty program on a fresh machine.
    ///
    /// # Errors
    /// [`Fault::Host`] where there is no memory for a machine.
    pub fn new(configuration: Configuration) -> Result<Workbench, Fault> {
        Ok(Workbench { is_new: false, ..Workbench::for_file(configuration, "<session>", "")? })
    }

    /// The same for a session about one file, whose lines go by their numbers alone. It is to be loaded.
    ///
    /// # Errors
    /// [`Fault::Host`] where there is no memory for a machine.
    pub fn for_file(configuration: Configuration, name: &str, text: &str) -> Result<Workbench, Fault> {
        let mut names = Names::default();
        let mut sources = Sources::default();
        sources.add(name, text);
        let source = sources.add(library::NAME, library::TEXT);
        debug_assert_eq!(source, LIBRARY_SOURCE, "reports look for it there");
        let library = syntax::parse(&sources, source, &mut names).module;
        let program = empty_program(&configuration, &library, &mut names);
        let machine = fresh_machine(&configuration, &program)?;
        let requirements = configuration.requirements();
        Ok(Workbench {
            configuration,
            compiled: Compiled {
                sources,
                call: None,
                program,
                statements: Vec::new(),
                requirements,
                warnings: Vec::new(),
                uncalled: None,
            },
            names,
            library,
            module: Module::default(),
            transcript: Transcript::default(),
            machine: Some(machine),
            ledger: Ledger::default(),
            variables: Vec::new(),
            waiting: HashSet::new(),
            inputs: 0,
            is_new: true,
        })
    }

    /// What it was made with.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The program so far, with all texts.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    // ---- running -------------------------------------------------------------------------------

    /// Takes in definitions and statements, and runs the statements: in the paused function, if there is one.
    /// Expressions that stand alone show their values.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn enter(&mut self, text: &str, console: &mut Console<'_>) -> Entered {
        let source = self.add_input(text);
        let (added, mut warnings) = self.parse(source)?;
        self.clear_wrecks()?;
        let module = self.grown(&added);
        let lent = std::mem::take(&mut self.variables);
        let growth = Growth::new(source, &module, &added);
        let linked = self.link(Growth { variables: &lent, echoes: true, ..growth });
        self.variables = lent;
        let (top_level, more) = linked?;
        warnings.extend(more);
        self.keep(source, module, &added);
        let event = self.evaluate(top_level, console, None, Palette::Plain);
        match &event {
            Event::Exited => self.transcript.strike_out(1),
            event => self.strike_out_failed(event),
        }
        Ok((warnings, event))
    }

    /// Takes in a file and runs it as `run` would: its statements, then its `main()`. A program that is paused is
    /// given up.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load(&mut self, file: Loading<'_>, console: &mut Console<'_>) -> Entered {
        let source = match std::mem::take(&mut self.is_new) {
            true => USER_SOURCE,
            false => self.compiled.sources.add(file.name, file.text),
        };
        let base = self.compiled.sources.get(source).base;
        let (added, mut warnings) = self.parse(source)?;
        let module = self.grown(&added);
        let breakpoints: Vec<u32> = file.breakpoints.iter().map(|at| at + base).collect();
        let call = match file.call {
            None => None,
            Some(text) => {
                let source = self.compiled.sources.add("<call>", text);
                self.compiled.call = Some(source);
                let (call, expression) = syntax::parse_expression(&self.compiled.sources, source, &mut self.names)?;
                Some((call, expression, text))
            }
        };
        let entry = match &call {
            None => Entry::Program,
            Some((module, expression, text)) => Entry::Call { module, expression: *expression, text },
        };
        let growth = Growth::new(source, &module, &added);
        let (top_level, more) = self.link(Growth { entry, breakpoints: &breakpoints, ..growth })?;
        warnings.extend(more);
        self.clear_wrecks()?;
        while self.with_machine(|machine, _| machine.give_up()) {
            self.clear_wrecks()?;
        }
        self.keep(source, module, &added);
        let event = self.evaluate(top_level, console, None, Palette::Plain);
        self.strike_out_failed(&event);
        Ok((warnings, event))
    }

    /// Evaluates an expression, in the function where the machine stands, and has `lens` look at the value while it
    /// is there: its text, and how the evaluation ended. What an error has left to look at stays.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn ask(
        &mut self,
        expression: &str,
        console: &mut Console<'_>,
        palette: Palette,
        lens: &mut dyn FnMut(&Drawing<'_>, Value) -> String,
    ) -> Result<(String, Event), Vec<Diagnostic>> {
        let source = self.add_input(expression);
        let (asked, expression) = syntax::parse_expression(&self.compiled.sources, source, &mut self.names)?;
        let module = std::mem::take(&mut self.module);
        let lent = std::mem::take(&mut self.variables);
        let entry = Entry::Ask { module: &asked, expression };
        let growth = Growth::new(source, &module, &asked);
        let linked = self.link(Growth { entry, variables: &lent, ..growth });
        self.module = module;
        self.variables = lent;
        let (top_level, _) = linked?;
        let mut text = String::new();
        let mut look = |drawing: &Drawing<'_>, value| text = lens(drawing, value);
        let event = self.evaluate(top_level, console, Some(&mut look), palette);
        if !matches!(event, Event::Finished | Event::Paused(_)) {
            self.clear_wreck()?;
        }
        Ok((text, event))
    }

    /// Goes on with the program that is paused; none if there is none.
    pub fn go_on(&mut self, how: GoOn, console: &mut Console<'_>) -> Option<Event> {
        // What lies on the paused program is in its way.
        if !self.is_paused() || self.clear_wrecks().is_err() {
            return None;
        }
        let event = self.run(console, None, Palette::Plain, |machine, host, ledger, interrupt| {
            let stride = match how {
                GoOn::Continue => None,
                GoOn::Step => Some(Stride::Into),
                GoOn::Next => Some(Stride::Over),
                GoOn::Finish => Some(Stride::Out),
            };
            let from = machine.position().expect("a program is paused");
            let mut watch = Watch::new(ledger);
            if let Some(stride) = stride {
                watch = watch.stepping(Steps::new(stride, from));
            }
            machine.go_on(host, &mut watch, interrupt).expect("a program is paused")
        });
        Some(event)
    }

    /// Whether a program can go on.
    pub fn is_paused(&self) -> bool {
        self.machine.as_ref().is_some_and(Machine::is_paused)
    }

    /// Where the session stands: in a program that is paused, or that an error has ended.
    pub fn place(&mut self) -> Option<Place> {
        self.with_machine(|machine, compiled| {
            let position = machine.position()?;
            Some(blame::place(compiled, position.pc as u32, &machine.backtrace(position)))
        })
    }

    // ---- looking -------------------------------------------------------------------------------

    /// Draws the machine where it stands.
    pub fn draw<T>(&mut self, palette: Palette, draw: impl FnOnce(&Drawing<'_>) -> T) -> T {
        self.with_machine(|machine, compiled| {
            let origin = |instruction| blame::origin(compiled, instruction);
            draw(&Drawing::new(machine, machine.position(), &origin, palette))
        })
    }

    /// What is lost where the session stands.
    pub fn leaks(&mut self) -> Leaks {
        self.with_machine(|machine, compiled| leaks::report_at_prompt(compiled, machine))
    }

    /// What the machine and the heap have done so far.
    pub fn figures(&mut self) -> Outcome {
        self.with_machine(|machine, compiled| {
            outcome(compiled, machine, End::Paused(Position { pc: 0, base: 0 }), 0, &AtomicBool::new(false))
        })
    }

    /// Ends the program that was loaded and has come to its end: what there is to know of it by then.
    pub fn close(&mut self) -> Outcome {
        let leaks = self.with_machine(|machine, compiled| {
            matches!(machine.finish(), End::Finished).then(|| leaks::report(compiled, machine))
        });
        Outcome { leaks, ..self.figures() }
    }

    /// Has the strategy collect: the blocks and the bytes that went.
    ///
    /// # Errors
    /// [`Fault::Segmentation`] for a corrupted free list.
    pub fn collect(&mut self) -> Result<(u64, u64), Fault> {
        self.with_machine(|machine, _| {
            let before = machine.memory.statistics();
            machine.collect_at_prompt()?;
            let after = machine.memory.statistics();
            let gone = |live: fn(&HeapStatistics) -> u64| live(&before).saturating_sub(live(&after));
            Ok((gone(|heap| heap.allocations - heap.frees), gone(|heap| heap.live_bytes)))
        })
    }

    // ---- starting anew ---------------------------------------------------------------------------

    /// Forgets everything.
    ///
    /// # Errors
    /// [`Fault::Host`] where there is no memory for a machine.
    pub fn reset(&mut self) -> Result<(), Fault> {
        *self = Workbench::new(self.configuration.clone())?;
        Ok(())
    }

    /// Keeps the definitions, compiled for a strategy and an allocator, and starts a fresh machine.
    ///
    /// # Errors
    /// [`Fault::Host`] where there is no memory for a machine.
    pub fn restart(&mut self, memory: &'static str, allocator: &'static str) -> Result<(), Fault> {
        let configuration = Configuration { memory, allocator, ..self.configuration.clone() };
        let program = empty_program(&configuration, &self.library, &mut self.names);
        self.machine = Some(fresh_machine(&configuration, &program)?);
        self.compiled.program = program;
        self.compiled.requirements = configuration.requirements();
        self.configuration = configuration;
        self.ledger = Ledger::default();
        self.variables.clear();
        self.module.top_level.statements.clear();
        self.transcript.keep_definitions();
        Ok(())
    }

    // ---- names -----------------------------------------------------------------------------------

    /// The definitions and statements so far, as a program.
    pub fn transcript(&self) -> String {
        self.transcript.text()
    }

    /// The user's functions, each with its parameters.
    pub fn functions(&self) -> Vec<(String, Vec<String>)> {
        let spell = |function: &Function| {
            let parameters = function.parameters.iter().map(|parameter| self.spell(parameter.name)).collect();
            (self.spell(function.name.name), parameters)
        };
        self.module.functions.iter().map(spell).collect()
    }

    /// The variables at hand: globals, and those of the function where the machine stands.
    pub fn variables(&self) -> Vec<String> {
        let globals = self.compiled.program.globals.iter().map(|global| &global.name);
        let locals = self.variables.iter().map(|(variable, _)| &variable.name);
        globals.chain(locals).filter(|name| !name.starts_with('<')).cloned().collect()
    }

    /// The names of fields.
    pub fn fields(&self) -> Vec<String> {
        self.compiled.program.field_names.clone()
    }

    /// The names of records.
    pub fn records(&self) -> Vec<String> {
        self.compiled.program.records.iter().map(|record| record.name.clone()).collect()
    }

    fn spell(&self, name: Name) -> String {
        self.names.text(name).to_owned()
    }

    // ---- the machine -----------------------------------------------------------------------------

    /// Lends the machine its program.
    fn with_machine<T>(&mut self, work: impl FnOnce(&mut Machine<'_>, &Compiled) -> T) -> T {
        let machine = self.machine.take().expect("the machine is there between two inputs");
        let mut machine = machine.attach(&self.compiled.program);
        let result = work(&mut machine, &self.compiled);
        self.machine = Some(machine.detach());
        result
    }

    /// Runs a top level.
    fn evaluate(
        &mut self,
        top_level: u32,
        console: &mut Console<'_>,
        lens: Option<Lens<'_>>,
        palette: Palette,
    ) -> Event {
        self.run(console, lens, palette, |machine, host, ledger, interrupt| match machine.take_in() {
            Ok(()) => machine.evaluate(top_level, host, &mut Watch::new(ledger), interrupt),
            Err(fault) => machine.refuse(fault, top_level),
        })
    }

    /// Runs something, and says how it ended.
    fn run(
        &mut self,
        console: &mut Console<'_>,
        lens: Option<Lens<'_>>,
        palette: Palette,
        run: impl FnOnce(&mut Machine<'_>, &mut LiveHost<'_>, &mut Ledger, &AtomicBool) -> End,
    ) -> Event {
        let mut ledger = std::mem::take(&mut self.ledger);
        let files = Files::new(self.configuration.folder.as_deref(), &self.configuration.allow_read);
        let Console { input, output, drawings, interrupt } = console;
        let (event, variables) = self.with_machine(|machine, compiled| {
            let lens = lens.map(|lens| lens as Lens<'_>);
            let mut host =
                LiveHost::new(&mut **input, &mut **output, &mut **drawings, compiled, files).looking(lens, palette);
            let end = run(machine, &mut host, &mut ledger, interrupt);
            let end = if host.finish().unwrap_or(true) { End::OutputClosed } else { end };
            machine.audit_at_prompt();
            let event = event(compiled, machine, end, &ledger, interrupt);
            (event, machine.variables_at_prompt())
        });
        self.ledger = ledger;
        self.variables = variables;
        event
    }

    /// Gives up what an error has left to look at.
    fn clear_wrecks(&mut self) -> Result<(), Vec<Diagnostic>> {
        while self.with_machine(|machine, _| machine.has_wreck()) {
            self.clear_wreck()?;
        }
        Ok(())
    }

    fn clear_wreck(&mut self) -> Result<(), Vec<Diagnostic>> {
        let (cleared, variables) = self.with_machine(|machine, _| {
            let cleared = machine.clear_wreck();
            machine.audit_at_prompt();
            (cleared, machine.variables_at_prompt())
        });
        self.variables = variables;
        cleared.map_err(|fault| {
            let message = format!("the heap cannot be used any more: {fault}");
            vec![Diagnostic::error(ErrorKind::SegmentationFault, Span::default(), message).help("`:reset` starts anew")]
        })
    }
}

fn fresh_machine(configuration: &Configuration, program: &Program) -> Result<Machine<'static>, Fault> {
    let mut options = configuration.machine_options(program);
    options.memory.static_base = limits::SESSION_STATICS;
    options.memory.residue = true;
    options.room_for_globals = limits::SESSION_GLOBALS;
    Ok(Machine::load(program, &options)?.detach())
}

/// How a run ended, in terms of the source.
fn event(compiled: &Compiled, machine: &mut Machine<'_>, end: End, ledger: &Ledger, interrupt: &AtomicBool) -> Event {
    match end {
        End::Finished => Event::Finished,
        End::Exited => Event::Exited,
        End::OutputClosed => Event::OutputClosed,
        End::Paused(position) => {
            Event::Paused(blame::place(compiled, position.pc as u32, &machine.backtrace(position)))
        }
        End::Trapped(_) | End::Interrupted(_) => {
            let mut outcome = Box::new(outcome(compiled, machine, end, 0, interrupt));
            match &mut outcome.error {
                Some(error) => {
                    explain(compiled, ledger, error);
                    Event::Stopped(outcome)
                }
                None => Event::Interrupted(outcome),
            }
        }
    }
}

/// Adds who allocated and who freed the block that an error is about. There is no second run here: the first one
/// took it down.
fn explain(compiled: &Compiled, ledger: &Ledger, error: &mut RunError) {
    let Some(entry) = error.trap.block.as_ref().and_then(|block| ledger.entry(block.pointer.serial())) else { return };
    error.allocated = Some(entry.block);
    let mut tell = |what, site| {
        let place = Place {
            span: blame::span(compiled, site),
            function: blame::function(compiled, site),
            call_stack: Default::default(),
        };
        error.related.push(Related { what, place });
    };
    if let Some(site) = entry.freed {
        tell(RelatedKind::Freed, site);
    }
    tell(RelatedKind::Allocated, entry.allocated);
    if error.block_name.is_none() {
        error.block_name = compiled.program.block_name(entry.allocated).map(str::to_owned);
    }
}
