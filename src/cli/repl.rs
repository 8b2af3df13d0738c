//! `cairn repl`: a session on the terminal, or over the lines of a pipe.

use std::io::{self, BufWriter, IsTerminal, Write};

use super::Exit;
use super::arguments::ReplArguments;
use super::input::{self, INTERRUPTED, Keyboard};
use super::terminal::Terminal;
use crate::repl::editor::Editor;
use crate::repl::inputs::{Inputs, Lines};
use crate::repl::{Ended, Lasts, Session};
use crate::session::{Loading, Workbench};

/// `cairn repl [FILE]`
pub(super) fn repl(arguments: &ReplArguments, terminal: &Terminal) -> Exit {
    let file = match &arguments.file {
        Some(path) => match terminal.open(path) {
            Some(file) => Some(file),
            None => return Exit::Usage,
        },
        None => None,
    };
    let configuration = arguments.configuration();
    let workbench = match &file {
        Some(file) => Workbench::for_file(configuration, &file.name, &file.text),
        None => Workbench::new(configuration),
    };
    let mut workbench = match workbench {
        Ok(workbench) => workbench,
        Err(fault) => {
            terminal.error(&format!("the machine cannot be set up: {fault}"), &[]);
            return Exit::Usage;
        }
    };
    let mut inputs = match inputs(terminal) {
        Ok(inputs) => inputs,
        Err(error) => {
            terminal.error(&format!("the terminal cannot be used: {error}"), &[]);
            return Exit::Usage;
        }
    };
    let stdout = io::stdout().lock();
    let mut output: Box<dyn Write> =
        if stdout.is_terminal() { Box::new(stdout) } else { Box::new(BufWriter::new(stdout)) };
    let mut session = Session {
        workbench: &mut workbench,
        inputs: &mut *inputs,
        output: &mut *output,
        messages: &mut io::stderr(),
        interrupt: &INTERRUPTED,
        color_output: terminal.color_output,
        color_messages: terminal.color,
        last: None,
    };
    let ended = match &file {
        Some(file) => session.load(Loading::file(&file.name, &file.text)).and_then(|_| session.run(Lasts::UntilLeft)),
        None => session.run(Lasts::UntilLeft),
    };
    match ended {
        Ok(Ended::Left | Ended::ProgramOver) => Exit::Success,
        Ok(Ended::Interrupted) => Exit::Interrupted,
        Err(error) => terminal.output_failed(&error),
    }
}

/// An editor if somebody sits there, otherwise lines.
pub(super) fn inputs(terminal: &Terminal) -> io::Result<Box<dyn Inputs>> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Ok(Box::new(Lines::new(Keyboard::new())));
    }
    input::raise_on_interrupt();
    let editor = Editor::new(terminal.color_output, &INTERRUPTED)?;
    println!("cairn {}: `:help` lists the commands, Ctrl-D leaves", env!("CARGO_PKG_VERSION"));
    Ok(Box::new(editor))
}
