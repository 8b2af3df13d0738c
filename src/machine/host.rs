//! What the machine needs of the world around it, as a trait: the session gives it the real world,
//! the explaining second run a recording.

use std::io;

use super::frame::Position;
use super::machine::Machine;
use crate::memory::Value;

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// It lies outside the folders the program may read.
    #[error("it lies outside the program's folder")]
    Outside,
    /// The operating system said no.
    #[error("{0}")]
    System(String),
}

/// The world as a running program sees it.
pub trait Host {
    /// Writes to the program's standard output.
    ///
    /// # Errors
    /// As the output; a closed pipe ends the program quietly.
    fn write(&mut self, text: &[u8]) -> io::Result<()>;

    /// Writes a drawing or a line of figures that the program asked for to standard error.
    ///
    /// # Errors
    /// As the output.
    fn draw(&mut self, text: &[u8]) -> io::Result<()>;

    /// Shows the value of an expression typed at a prompt.
    ///
    /// # Errors
    /// As the output.
    fn echo(&mut self, _machine: &Machine<'_>, _position: Position, _value: Value) -> io::Result<()> {
        Ok(())
    }

    /// Where in the user's text the instruction at that index comes from, as a reader would look for it:
    /// `line 5`. None for an instruction that nobody wrote.
    fn origin(&self, instruction: u32) -> Option<String>;

    /// The next line of standard input without its line ending; none at its end. Output is flushed first.
    ///
    /// # Errors
    /// As the input.
    fn read_line(&mut self) -> io::Result<Option<String>>;

    /// Size of a file in bytes.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn file_size(&mut self, name: &str) -> Result<u64, FileProblem>;

    /// Contents of a file.
    ///
    /// # Errors
    /// Why they cannot be had.
    fn read_file(&mut self, name: &str) -> Result<Vec<u8>, FileProblem>;
}
