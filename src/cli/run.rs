//! `cairn run`: compiles, runs, reports.

use std::fs;
use std::io::{self, BufRead, BufWriter, IsTerminal, LineWriter, Write};
use std::path::Path;

use super::arguments::{LeakDetail, RunArguments};
use super::input::{INTERRUPTED, Keyboard};
use super::terminal::Terminal;
use super::{Exit, commands, debug};
use crate::report::json::Report;
use crate::report::{diagnostic, leaks, run_error, statistics};
use crate::session::{self, Compiled, Configuration, Outcome, Rejection, Status};

/// Bytes of output that are collected before they are written.
const OUTPUT_BUFFER: usize = 64 * 1024;

/// `cairn run FILE`
pub(super) fn run(arguments: &RunArguments, terminal: &Terminal) -> Exit {
    let path = &arguments.compile.file;
    let Some(file) = terminal.open(path) else { return Exit::Usage };
    let configuration = arguments.configuration();
    let compiled = match session::compile(&file.name, &file.text, &configuration) {
        Ok(compiled) => compiled,
        Err(rejection) => {
            let exit = commands::rejected(&rejection, &file, terminal);
            let Rejection::Errors(sources, diagnostics) = &rejection else { return exit };
            let report = || Report::of_rejection(&file.program, sources, &configuration, diagnostics);
            return write_report(arguments.report.as_deref(), report, terminal).unwrap_or(exit);
        }
    };
    let breakpoints = match debug::breakpoints(&arguments.breaks, &compiled) {
        Ok(breakpoints) => breakpoints,
        Err((message, help)) => {
            terminal.error(&message, &[help]);
            return Exit::Usage;
        }
    };
    if configuration.checks == session::Checks::Stop && (!breakpoints.is_empty() || debug::pauses(&compiled)) {
        return debug::debug(arguments, &file, &breakpoints, terminal);
    }
    // What foretells an error is for `check`: should the program come there, it says more.
    let warnings: Vec<_> = compiled.warnings.iter().filter(|warning| warning.kind.is_none()).cloned().collect();
    terminal.say(&diagnostic::render_all(&compiled.sources, &warnings, terminal.color));
    // A program that came through standard input has used it up.
    let mut keyboard = Keyboard::new();
    let input: &mut dyn BufRead = if path == Path::new("-") { &mut io::empty() } else { &mut keyboard };
    let outcome = match execute(&compiled, &configuration, input) {
        Ok(outcome) => outcome,
        Err(error) => return terminal.output_failed(&error),
    };
    let exit = tell(arguments, &compiled, &configuration, &outcome, terminal);
    let report = || Report::of_run(&file.program, &compiled, &configuration, &outcome);
    write_report(arguments.report.as_deref(), report, terminal).unwrap_or(exit)
}

/// Who looks at a terminal sees each line at once.
fn execute(compiled: &Compiled, configuration: &Configuration, input: &mut dyn BufRead) -> io::Result<Outcome> {
    let stdout = io::stdout().lock();
    let output: &mut dyn Write = if stdout.is_terminal() {
        &mut LineWriter::new(stdout)
    } else {
        // Not through standard output's own line buffer, which would write every line.
        &mut BufWriter::with_capacity(OUTPUT_BUFFER, stdout)
    };
    session::run(compiled, configuration, input, output, &mut io::stderr(), &INTERRUPTED)
}

/// Says how a run ended, on standard error.
fn tell(
    arguments: &RunArguments,
    compiled: &Compiled,
    configuration: &Configuration,
    outcome: &Outcome,
    terminal: &Terminal,
) -> Exit {
    tell_errors(compiled, configuration, outcome, terminal);
    tell_figures(arguments, compiled, configuration, outcome, terminal)
}

fn tell_errors(compiled: &Compiled, configuration: &Configuration, outcome: &Outcome, terminal: &Terminal) {
    let sources = &compiled.sources;
    for error in &outcome.survived {
        let card = run_error::card(compiled, configuration, outcome, error);
        terminal.say(&diagnostic::render(sources, &card, terminal.color));
    }
    terminal.say(&run_error::survived(outcome, terminal.color));
    if let Some(error) = &outcome.error {
        let card = run_error::card(compiled, configuration, outcome, error);
        terminal.say(&diagnostic::render(sources, &card, terminal.color));
    }
    if let Some(place) = &outcome.interrupted_at {
        let card = run_error::interrupted(compiled, place);
        terminal.say(&diagnostic::render(sources, &card, terminal.color));
    }
}

/// Says what else is wanted of it: leaks, figures. The exit code.
pub(super) fn tell_figures(
    arguments: &RunArguments,
    compiled: &Compiled,
    configuration: &Configuration,
    outcome: &Outcome,
    terminal: &Terminal,
) -> Exit {
    if !outcome.output_closed {
        terminal.say(&match arguments.leaks {
            LeakDetail::Full => leaks::full(compiled, outcome, terminal.color),
            LeakDetail::Summary => leaks::summary(compiled, outcome),
            LeakDetail::Off => String::new(),
        });
        if arguments.stats {
            terminal.say(&statistics::table(configuration, outcome));
        }
    }
    let leaked = outcome.leaks.as_ref().is_some_and(|leaks| leaks.blocks > 0);
    match outcome.status {
        Status::Finished if !outcome.survived.is_empty() => Exit::Stopped,
        Status::Finished if leaked && arguments.deny_leaks => Exit::Leaked,
        Status::Finished => Exit::Success,
        Status::Stopped => Exit::Stopped,
        Status::Interrupted => Exit::Interrupted,
    }
}

/// Writes the JSON report, if one is wanted. Some exit code if that fails.
pub(super) fn write_report(path: Option<&Path>, report: impl FnOnce() -> Report, terminal: &Terminal) -> Option<Exit> {
    let path = path?;
    let error = fs::write(path, report().to_text()).err()?;
    terminal.error(&format!("the report cannot be written to {}: {error}", path.display()), &[]);
    Some(Exit::Usage)
}
