//! `cairn run` of a program that pauses: a session opens in it.

use super::Exit;
use super::arguments::RunArguments;
use super::repl::{talk, workbench};
use super::run::{tell_figures, write_report};
use super::terminal::Terminal;
use crate::bytecode::Instruction;
use crate::repl::{Ended, Lasts};
use crate::report::json::Report;
use crate::session::{Compiled, Event, Loading, USER_SOURCE};
use crate::source::file::SourceFile;

/// Whether a program says itself where it pauses.
pub(super) fn pauses(compiled: &Compiled) -> bool {
    compiled.program.code.contains(&Instruction::Breakpoint {})
}

/// Where the first statement begins on each of these lines, in bytes from the start of the text.
///
/// # Errors
/// What is wrong with a line, and what to do.
pub(super) fn breakpoints(lines: &[u32], compiled: &Compiled) -> Result<Vec<u32>, (String, String)> {
    let source = compiled.sources.get(USER_SOURCE);
    let begins = &compiled.statements;
    let line = |start: &u32| source.line(*start);
    let mut found = Vec::new();
    for &wanted in lines {
        let from = begins.partition_point(|start| line(start) < wanted);
        match begins.get(from).filter(|start| line(start) == wanted) {
            Some(&start) => found.push(start - source.base),
            None => {
                let message = format!("there is nothing to pause at on line {wanted}: no statement begins there");
                let near = [from.checked_sub(1), Some(from)];
                let near = near
                    .into_iter()
                    .flatten()
                    .filter_map(|index| begins.get(index))
                    .map(|start| line(start).to_string());
                let near: Vec<String> = near.collect();
                let help = match near.as_slice() {
                    [] => "the program has no statements".to_owned(),
                    near => format!("the nearest statements begin on line {}", near.join(" and line ")),
                };
                return Err((message, help));
            }
        }
    }
    Ok(found)
}

/// Runs a program, with a session wherever it pauses.
pub(super) fn debug(arguments: &RunArguments, file: &SourceFile, breakpoints: &[u32], terminal: &Terminal) -> Exit {
    let Some(mut workbench) = workbench(arguments.configuration(), Some(file), terminal) else { return Exit::Usage };
    let call = arguments.compile.call.as_deref();
    let loading = Loading { name: &file.name, text: &file.text, breakpoints, call };
    let ended = talk(&mut workbench, terminal, |session| {
        session.load(loading)?;
        Ok((session.run(Lasts::WhilePaused)?, session.last.take()))
    });
    let last = match ended {
        None => return Exit::Usage,
        Some(Ok((Ended::ProgramOver, last))) => last,
        Some(Ok((Ended::Left, _))) => {
            terminal.error("the program was left while it was paused", &["`:continue` goes on with it".to_owned()]);
            return Exit::Stopped;
        }
        Some(Ok((Ended::Interrupted, _))) => return Exit::Interrupted,
        Some(Err(error)) => return terminal.output_failed(&error),
    };
    let outcome = match last {
        Some(Event::Stopped(outcome) | Event::Interrupted(outcome)) => *outcome,
        _ => workbench.close(),
    };
    let (compiled, configuration) = (workbench.compiled(), workbench.configuration());
    let exit = tell_figures(arguments, compiled, configuration, &outcome, terminal);
    let report = || Report::of_run(&file.program, compiled, configuration, &outcome);
    write_report(arguments.report.as_deref(), report, terminal).unwrap_or(exit)
}
