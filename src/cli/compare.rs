//! `cairn compare`: the same program under several strategies and allocators, side by side.

use std::fs;
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::atomic::AtomicUsize;

use super::arguments::CompareArguments;
use super::input::{INTERRUPTED, Keyboard};
use super::terminal::Terminal;
use super::{Exit, commands, progress};
use crate::report::json::{self, Report};
use crate::report::{comparison, diagnostic, run_error};
use crate::session::comparison::{ComparedRun, compare, contestants};
use crate::session::{Configuration, Rejection, Status};
use crate::source::file::SourceFile;

/// `cairn compare FILE`
pub(super) fn command(arguments: &CompareArguments, terminal: &Terminal) -> Exit {
    let path = &arguments.file;
    let Some(file) = terminal.open(path) else { return Exit::Usage };
    let configurations = arguments.configurations();
    let contestants = match contestants(&file.name, &file.text, &configurations) {
        Ok(contestants) => contestants,
        Err(rejection) => return rejected(arguments, &rejection, &configurations, &file, terminal),
    };
    if let Some(first) = contestants.first() {
        terminal.say(&diagnostic::render_all(&first.compiled.sources, &first.compiled.warnings, terminal.color));
    }

    // A program that came through standard input has used it up.
    let mut keyboard = Keyboard::new();
    let input: &mut (dyn BufRead + Send) = if path == Path::new("-") { &mut io::empty() } else { &mut keyboard };
    let done = AtomicUsize::new(0);
    let all = contestants.len() * (1 + arguments.runs);
    let runs = progress::shown(&done, all, || compare(contestants, arguments.runs, input, &INTERRUPTED, &done));
    let runs = match runs {
        Ok(runs) => runs,
        Err(error) => return terminal.output_failed(&error),
    };
    if let Some(run) = runs.iter().find(|run| run.outcome.status == Status::Interrupted) {
        return interrupted(run, terminal);
    }

    let reports: Vec<Report> = runs.iter().map(|run| Report::of_compared_run(&file.program, run)).collect();
    if let Some(exit) = write_reports(arguments, &reports, terminal) {
        return exit;
    }
    match terminal.answer(&comparison::text(&file.name, &runs)) {
        Exit::Success if runs.iter().any(|run| run.outcome.status == Status::Stopped) => Exit::Stopped,
        exit => exit,
    }
}

fn rejected(
    arguments: &CompareArguments,
    rejection: &Rejection,
    configurations: &[Configuration],
    file: &SourceFile,
    terminal: &Terminal,
) -> Exit {
    let exit = commands::rejected(rejection, file, terminal);
    let Rejection::Errors(sources, diagnostics) = rejection else { return exit };
    let report = |configuration| Report::of_rejection(&file.program, sources, configuration, diagnostics);
    let reports: Vec<Report> = configurations.iter().map(report).collect();
    write_reports(arguments, &reports, terminal).unwrap_or(exit)
}

/// What was compared so far says nothing.
fn interrupted(run: &ComparedRun, terminal: &Terminal) -> Exit {
    if let Some(place) = &run.outcome.interrupted_at {
        let compiled = &run.contestant.compiled;
        let configuration = &run.contestant.configuration;
        let card = run_error::interrupted(compiled, place)
            .note(format!("memory {}, allocator {}", configuration.memory, configuration.allocator));
        terminal.say(&diagnostic::render(&compiled.sources, &card, terminal.color));
    }
    Exit::Interrupted
}

/// Writes the files that are wanted. Some exit code if that fails.
fn write_reports(arguments: &CompareArguments, reports: &[Report], terminal: &Terminal) -> Option<Exit> {
    let write = |path: &Path, text: String| {
        let error = fs::write(path, text).err()?;
        terminal.error(&format!("the comparison cannot be written to {}: {error}", path.display()), &[]);
        Some(Exit::Usage)
    };
    let json = arguments.json.as_deref().and_then(|path| write(path, json::comparison(reports)));
    let csv = arguments.csv.as_deref().and_then(|path| write(path, json::csv(reports)));
    json.or(csv)
}
