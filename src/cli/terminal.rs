//! Where messages go. Standard output carries what was asked for, standard error everything else.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anstream::AutoStream;
use clap::ColorChoice;

use super::Exit;
use crate::report::diagnostic;
use crate::source::file::{self, SourceFile};

/// Standard output and standard error, with colours or without.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Whether standard error gets colours.
    pub color: bool,
    /// Whether standard output does.
    pub color_output: bool,
}

fn takes_color(stream: &impl anstream::stream::RawStream) -> bool {
    AutoStream::choice(stream) != anstream::ColorChoice::Never
}

impl Terminal {
    /// `auto` looks at the terminal and at `NO_COLOR`.
    pub fn new(choice: ColorChoice) -> Terminal {
        let (color, color_output) = match choice {
            ColorChoice::Always => (true, true),
            ColorChoice::Never => (false, false),
            ColorChoice::Auto => (takes_color(&io::stderr()), takes_color(&io::stdout())),
        };
        Terminal { color, color_output }
    }

    /// A rendered text to standard error. Nobody is left to tell if that fails.
    pub fn say(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// An error that is not about a program's text.
    pub fn error(&self, message: &str, help: &[String]) {
        self.say(&diagnostic::render_plain(message, help, self.color));
    }

    /// Reads a program's file, or says why not.
    pub fn open(&self, path: &Path) -> Option<SourceFile> {
        match file::read(path) {
            Ok(file) => Some(file),
            Err(problem) => {
                self.error(&problem.message, &problem.help);
                None
            }
        }
    }

    /// What a command was asked for, to standard output.
    pub fn answer(&self, text: &str) -> Exit {
        let mut output = io::stdout().lock();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Ok(()) => Exit::Success,
            Err(error) => self.output_failed(&error),
        }
    }

    /// Standard output cannot be written. If nobody wants it, that is no error.
    pub fn output_failed(&self, error: &io::Error) -> Exit {
        if error.kind() == ErrorKind::BrokenPipe {
            return Exit::Success;
        }
        self.error(&format!("standard output cannot be written: {error}"), &[]);
        Exit::Usage
    }
}
