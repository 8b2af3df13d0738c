//! The terminal's side: a line editor that knows the language. Inputs of several lines, history,
//! completion, colours, hints, indentation.

mod helper;
mod history;
mod keys;
mod typing;

use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config};

use super::inputs::{Inputs, Next};
use super::known::Known;
use helper::Helper;

/// Entries of the history that are kept.
const HISTORY_ENTRIES: usize = 5000;

/// What the helper, the keys and the editor tell each other.
#[derive(Debug, Default)]
struct Shared {
    /// The running program reads a line: nothing of the language applies.
    for_program: AtomicBool,
    /// Nothing had been typed when Ctrl-C was pressed.
    nothing_typed: AtomicBool,
    /// The line has been indented, and nothing has been typed in it.
    just_indented: AtomicBool,
    /// What a key replaces: the text from this byte to the cursor, by that.
    replacement: Mutex<Option<(usize, String)>>,
}

/// Inputs from a terminal.
pub struct Editor {
    lines: rustyline::Editor<Helper, FileHistory>,
    history: Option<PathBuf>,
    shared: Arc<Shared>,
    interrupt: &'static AtomicBool,
    /// What `input()` has not read yet of the last line that was typed for it.
    typed: Vec<u8>,
    at: usize,
}

impl Editor {
    /// An editor on the process's terminal. Ctrl-C raises `interrupt` while a program reads a line.
    ///
    /// # Errors
    /// Where there is no terminal that can be used.
    pub fn new(color: bool, interrupt: &'static AtomicBool) -> io::Result<Editor> {
        let config = Config::builder()
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .color_mode(if color { ColorMode::Forced } else { ColorMode::Disabled })
            .tab_stop(4)
            .build();
        let mut lines = rustyline::Editor::with_config(config).map_err(failure)?;
        let shared = Arc::new(Shared::default());
        lines.set_helper(Some(Helper::new(color, Arc::clone(&shared))));
        lines.set_max_history_size(HISTORY_ENTRIES).map_err(failure)?;
        keys::bind(&mut lines, &shared);
        let history = history::file();
        if let Some(path) = &history {
            // That there is none yet is no error, and one that cannot be read is no reason to stop.
            let _ = lines.load_history(path);
        }
        Ok(Editor { lines, history, shared, interrupt, typed: Vec::new(), at: 0 })
    }

    /// Also on disk, at once: a session may end in many ways.
    fn remember(&mut self, text: &str) {
        if self.lines.add_history_entry(text.trim_end()).is_ok_and(|is_new| is_new)
            && let Some(path) = &self.history
        {
            // Who cannot write there has a history all the same, until the end of the session.
            let _ = history::make_folder(path).and_then(|()| self.lines.append_history(path).map_err(failure));
        }
    }

    /// A line for the program that runs.
    fn read_for_program(&mut self) -> io::Result<()> {
        // Ctrl-C may have been pressed before the line editor was there to take it.
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(interrupted());
        }
        self.shared.for_program.store(true, Ordering::Relaxed);
        let line = self.lines.readline("");
        self.shared.for_program.store(false, Ordering::Relaxed);
        self.typed.clear();
        self.at = 0;
        match line {
            Ok(line) => {
                self.typed.extend_from_slice(line.as_bytes());
                self.typed.push(b'\n');
                Ok(())
            }
            Err(ReadlineError::Eof) => Ok(()),
            Err(ReadlineError::Interrupted) => {
                self.interrupt.store(true, Ordering::Relaxed);
                Err(interrupted())
            }
            Err(error) => Err(failure(error)),
        }
    }
}

impl Inputs for Editor {
    fn next(&mut self, prompt: &str, known: &mut dyn FnMut() -> Known) -> io::Result<Next> {
        if let Some(helper) = self.lines.helper_mut() {
            helper.known = known();
        }
        match self.lines.readline(prompt) {
            Ok(text) => {
                self.remember(&text);
                Ok(Next::Input(text))
            }
            Err(ReadlineError::Eof) => Ok(Next::End),
            Err(ReadlineError::Interrupted) if self.shared.nothing_typed.load(Ordering::Relaxed) => {
                Ok(Next::Interrupted)
            }
            Err(ReadlineError::Interrupted) => Ok(Next::Cleared),
            Err(error) => Err(failure(error)),
        }
    }

    fn for_program(&mut self) -> &mut dyn BufRead {
        self
    }
}

impl Read for Editor {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(target)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Editor {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.typed.len() {
            self.read_for_program()?;
        }
        Ok(&self.typed[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.typed.len());
    }
}

/// Not `ErrorKind::Interrupted`, after which callers try again.
fn interrupted() -> io::Error {
    io::Error::other("interrupted")
}

fn failure(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        error => io::Error::other(error.to_string()),
    }
}
