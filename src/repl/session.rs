//! The loop: an input in, what came of it out. Needs no terminal.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::command::{self, Unfound};
use super::inputs::{Inputs, Next, is_command};
use super::known::Known;
use crate::machine::drawing::Palette;
use crate::report::{diagnostic, run_error};
use crate::session::{Console, Event, Loading, Place, Workbench};
use crate::source::{Diagnostic, Severity};

/// The prompt where nothing is paused.
pub const PROMPT: &str = "> ";
/// The prompt inside a paused program.
pub const PAUSED_PROMPT: &str = "paused> ";

/// What a session is made of.
pub struct Session<'a> {
    /// Compiles and runs.
    pub workbench: &'a mut Workbench,
    /// What is typed, and what `input()` reads.
    pub inputs: &'a mut dyn Inputs,
    /// What programs print, values, and what commands were asked for.
    pub output: &'a mut dyn Write,
    /// Errors, warnings, remarks, and what programs draw.
    pub messages: &'a mut dyn Write,
    /// Raised by Ctrl-C.
    pub interrupt: &'a AtomicBool,
    /// Whether `output` takes colours.
    pub color_output: bool,
    /// Whether `messages` do.
    pub color_messages: bool,
    /// How the last program ended that is not paused any more.
    pub last: Option<Event>,
}

/// Whether the session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Stay,
    /// It is over.
    Leave,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// Until somebody leaves it.
    UntilLeft,
    /// Until the program ends that is paused, too.
    WhilePaused,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody left it, or there was no more input.
    Left,
    /// The paused program is over.
    ProgramOver,
    /// Ctrl-C, where only lines are read.
    Interrupted,
}

impl Session<'_> {
    /// Takes inputs until the session is over.
    ///
    /// # Errors
    /// Where input cannot be read or output not be written; a closed pipe too.
    pub fn run(&mut self, lasts: Lasts) -> io::Result<Ended> {
        loop {
            self.output.flush()?;
            if lasts == Lasts::WhilePaused && !self.workbench.is_paused() {
                return Ok(Ended::ProgramOver);
            }
            let prompt = if self.workbench.is_paused() { PAUSED_PROMPT } else { PROMPT };
            let workbench = &*self.workbench;
            let next = match self.inputs.next(prompt, &mut || known(workbench)) {
                Err(_) if self.interrupt.load(Ordering::Relaxed) => return Ok(Ended::Interrupted),
                next => next?,
            };
            // What was meant for the line that was typed is no reason to stop what it does.
            self.interrupt.store(false, Ordering::Relaxed);
            let flow = match next {
                Next::Input(text) if text.trim().is_empty() => Flow::Stay,
                Next::Input(text) if is_command(&text) => self.command(text.trim())?,
                Next::Input(text) => self.enter(&text)?,
                Next::Cleared => Flow::Stay,
                Next::Interrupted => self.remark("Ctrl-D leaves")?,
                Next::Refused(problem) => self.complain(&problem, &[])?,
                Next::End => Flow::Leave,
            };
            if flow == Flow::Leave {
                return Ok(Ended::Left);
            }
        }
    }

    /// Definitions and statements.
    fn enter(&mut self, text: &str) -> io::Result<Flow> {
        let mut console = Console {
            input: self.inputs.for_program(),
            output: &mut *self.output,
            drawings: &mut *self.messages,
            interrupt: self.interrupt,
        };
        let entered = self.workbench.enter(text, &mut console);
        let leaves = text.trim() == "exit()";
        match self.came(entered)? {
            Some(Event::Exited) if leaves => Ok(Flow::Leave),
            Some(event) => self.tell(event),
            None => Ok(Flow::Stay),
        }
    }

    /// Runs a file.
    ///
    /// # Errors
    /// Where output cannot be written; a closed pipe too.
    pub fn load(&mut self, file: Loading<'_>) -> io::Result<Flow> {
        self.interrupt.store(false, Ordering::Relaxed);
        let mut console = Console {
            input: self.inputs.for_program(),
            output: &mut *self.output,
            drawings: &mut *self.messages,
            interrupt: self.interrupt,
        };
        let loaded = self.workbench.load(file, &mut console);
        match self.came(loaded)? {
            Some(event) => self.tell(event),
            None => Ok(Flow::Stay),
        }
    }

    /// Says what the compiler had to say; the event, if anything was run.
    pub(super) fn came(
        &mut self,
        result: Result<(Vec<Diagnostic>, Event), Vec<Diagnostic>>,
    ) -> io::Result<Option<Event>> {
        let (diagnostics, event) = match result {
            Ok((warnings, event)) => (warnings, Some(event)),
            Err(errors) => (errors, None),
        };
        // What foretells an error is not said where the program runs: should it come there, it says more.
        let shown: Vec<Diagnostic> =
            diagnostics.into_iter().filter(|one| one.severity == Severity::Error || one.kind.is_none()).collect();
        let text = diagnostic::render_all(&self.workbench.compiled().sources, &shown, self.color_messages);
        self.say(text.trim_end_matches('\n'))?;
        Ok(event)
    }

    /// Says how running something ended.
    pub(super) fn tell(&mut self, event: Event) -> io::Result<Flow> {
        self.say_event(&event)?;
        if !self.workbench.is_paused() {
            self.last = Some(event);
        }
        Ok(Flow::Stay)
    }

    fn say_event(&mut self, event: &Event) -> io::Result<()> {
        let workbench = &*self.workbench;
        let compiled = workbench.compiled();
        let card = match event {
            Event::Finished => return Ok(()),
            Event::Exited => return self.say("the program called `exit()`; the session goes on, `:quit` leaves it"),
            Event::Paused(place) => {
                let text = paused(workbench, place);
                return self.say(&text);
            }
            Event::OutputClosed => return Err(io::ErrorKind::BrokenPipe.into()),
            Event::Stopped(outcome) => match &outcome.error {
                Some(error) => run_error::card(compiled, workbench.configuration(), outcome, error),
                None => return Ok(()),
            },
            Event::Interrupted(outcome) => match &outcome.interrupted_at {
                Some(place) => run_error::interrupted(compiled, place),
                None => return self.say("interrupted"),
            },
        };
        let text = diagnostic::render(&compiled.sources, &card, self.color_messages);
        self.say(&text)
    }

    fn command(&mut self, text: &str) -> io::Result<Flow> {
        let text = text.strip_prefix(':').unwrap_or(text).trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (word, argument) = text.split_at(end);
        if word.is_empty() {
            return match argument.trim() {
                "" | "?" => (command::find("help").expect("help has a row").run)(self, ""),
                _ => self.complain("a command begins with a letter", &["`:help` lists them".to_owned()]),
            };
        }
        match command::find(word) {
            Ok(row) if row.usage.is_empty() && !argument.trim().is_empty() => {
                self.complain(&format!("`:{}` takes nothing", row.name), &[])
            }
            Ok(row) => (row.run)(self, argument.trim()),
            Err(unfound) => self.no_command(word, &unfound),
        }
    }

    /// Says that a word names no command.
    pub(super) fn no_command(&mut self, word: &str, unfound: &Unfound) -> io::Result<Flow> {
        match unfound {
            Unfound::Ambiguous(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("`:{name}`")).collect();
                self.complain(&format!("`:{word}` may be {}", names.join(", ")), &[])
            }
            Unfound::Unknown(nearest) => {
                let mut help: Vec<String> =
                    nearest.map(|name| format!("did you mean `:{name}`?")).into_iter().collect();
                help.push("`:help` lists the commands".to_owned());
                self.complain(&format!("there is no command `:{word}`"), &help)
            }
        }
    }

    /// What a command was asked for.
    pub(super) fn answer(&mut self, text: &str) -> io::Result<Flow> {
        self.output.write_all(text.as_bytes())?;
        if !text.is_empty() && !text.ends_with('\n') {
            self.output.write_all(b"\n")?;
        }
        Ok(Flow::Stay)
    }

    /// A line that nobody asked for.
    pub(super) fn remark(&mut self, text: &str) -> io::Result<Flow> {
        self.say(text)?;
        Ok(Flow::Stay)
    }

    /// An error that is not about a program's text.
    pub(super) fn complain(&mut self, message: &str, help: &[String]) -> io::Result<Flow> {
        let text = diagnostic::render_plain(message, help, self.color_messages);
        self.say(&text)?;
        Ok(Flow::Stay)
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.output.flush()?;
        // Nobody is left to tell if this fails.
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let _ = write!(self.messages, "{text}{end}").and_then(|()| self.messages.flush());
        Ok(())
    }

    /// How what commands draw is to look.
    pub(super) fn palette(&self) -> Palette {
        if self.color_output { Palette::Ansi } else { Palette::Plain }
    }
}

fn known(workbench: &Workbench) -> Known {
    Known {
        functions: workbench.functions(),
        variables: workbench.variables(),
        records: workbench.records(),
        fields: workbench.fields(),
    }
}

/// Where a paused program is, with its line.
pub fn paused(workbench: &Workbench, place: &Place) -> String {
    let Some(span) = place.span else { return format!("paused in `{}`\n", place.function) };
    let sources = &workbench.compiled().sources;
    let source = sources.of(span);
    let line = source.line(span.start);
    let at = sources.whereabouts(span);
    format!("paused in `{}`, {at}\n{line:>4} | {}\n", place.function, source.line_text(line))
}
