//! `cairn repl`: a session on the terminal, or over the lines of a pipe.

use std::io::{self, BufWriter, IsTerminal, Write};

use super::Exit;
use super::arguments::ReplArguments;
use super::input::{self, INTERRUPTED, Keyboard};
use super::terminal::Terminal;
use crate::repl::editor::Editor;
use crate::repl::inputs::{Inputs, Lines};
use crate::repl::{Ended, Lasts, Session};
use crate::session::{Configuration, Loading, Workbench};
use crate::source::file::SourceFile;

/// `cairn repl [FILE]`
pub(super) fn repl(arguments: &ReplArguments, terminal: &Terminal) -> Exit {
    let file = match &arguments.file {
        Some(path) => match terminal.open(path) {
            Some(file) => Some(file),
            None => return Exit::Usage,
        },
        None => None,
    };
    let Some(mut workbench) = workbench(arguments.configuration(), file.as_ref(), terminal) else { return Exit::Usage };
    let ended = talk(&mut workbench, terminal, |session| {
        if let Some(file) = &file {
            session.load(Loading::file(&file.name, &file.text))?;
        }
        session.run(Lasts::UntilLeft)
    });
    match ended {
        None => Exit::Usage,
        Some(Ok(Ended::Left | Ended::ProgramOver)) => Exit::Success,
        Some(Ok(Ended::Interrupted)) => Exit::Interrupted,
        Some(Err(error)) => terminal.output_failed(&error),
    }
}

/// A workbench, for a file if there is one; none after saying why not.
pub(super) fn workbench(
    configuration: Configuration,
    file: Option<&SourceFile>,
    terminal: &Terminal,
) -> Option<Workbench> {
    let workbench = match file {
        Some(file) => Workbench::for_file(configuration, &file.name, &file.text),
        None => Workbench::new(configuration),
    };
    workbench.map_err(|fault| terminal.error(&format!("the machine cannot be set up: {fault}"), &[])).ok()
}

/// Opens a session at the terminal or the pipe; none after saying why that cannot be used.
pub(super) fn talk<T>(
    workbench: &mut Workbench,
    terminal: &Terminal,
    talk: impl FnOnce(&mut Session<'_>) -> io::Result<T>,
) -> Option<io::Result<T>> {
    let inputs =
        inputs(terminal).map_err(|error| terminal.error(&format!("the terminal cannot be used: {error}"), &[]));
    let mut inputs = inputs.ok()?;
    let stdout = io::stdout().lock();
    let mut output: Box<dyn Write> =
        if stdout.is_terminal() { Box::new(stdout) } else { Box::new(BufWriter::new(stdout)) };
    let mut session = Session {
        workbench,
        inputs: &mut *inputs,
        output: &mut *output,
        messages: &mut io::stderr(),
        interrupt: &INTERRUPTED,
        color_output: terminal.color_output,
        color_messages: terminal.color,
        last: None,
    };
    Some(talk(&mut session))
}

/// An editor if somebody sits there, otherwise lines.
fn inputs(terminal: &Terminal) -> io::Result<Box<dyn Inputs>> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Ok(Box::new(Lines::new(Keyboard::new())));
    }
    input::raise_on_interrupt();
    let editor = Editor::new(terminal.color_output, &INTERRUPTED)?;
    println!("cairn {}: `:help` lists the commands, Ctrl-D leaves", env!("CARGO_PKG_VERSION"));
    Ok(Box::new(editor))
}
