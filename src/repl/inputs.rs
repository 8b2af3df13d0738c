//! Where inputs come from: a terminal with an editor, or lines of a pipe or a file.

use std::io::{self, BufRead, ErrorKind, Read};

use super::extent::{self, Extent, Standing};
use super::known::Known;
use crate::limits;
use crate::report;

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A whole input: statements, definitions or a command.
    Input(String),
    /// Ctrl-C on a half-typed input, which is gone.
    Cleared,
    /// Ctrl-C where nothing was typed.
    Interrupted,
    /// Something that can be no input, and why.
    Refused(String),
    /// There is no more.
    End,
}

/// A source of inputs, which the programs of the session read from too.
pub trait Inputs {
    /// The next whole input. `known` tells what can be completed.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn next(&mut self, prompt: &str, known: &mut dyn FnMut() -> Known) -> io::Result<Next>;

    /// What `input()` reads.
    fn for_program(&mut self) -> &mut dyn BufRead;
}

/// Whether an input is a command. It is a line alone then.
pub fn is_command(text: &str) -> bool {
    text.trim_start().starts_with(':')
}

/// Most bytes of an input, and of a line that is read.
const MOST: usize = limits::RECORDED_INPUT_BYTES;

/// Inputs from lines of text. An empty line ends a block, unless the next line that is not empty goes
/// on with it: so a program that is piped in may have empty lines in its functions.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    /// What was looked at already, and is not taken yet from `at` on.
    ahead: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Lines<R> {
    /// The lines of a reader.
    pub fn new(reader: R) -> Lines<R> {
        Lines { reader, ahead: Vec::new(), at: 0 }
    }

    /// The end of the line that begins at `start` of what was looked at; none at the end of all lines.
    fn look(&mut self, start: usize) -> io::Result<Option<usize>> {
        if let Some(length) = self.ahead[start..].iter().position(|&byte| byte == b'\n') {
            return Ok(Some(start + length + 1));
        }
        (&mut self.reader).take(MOST as u64 + 1).read_until(b'\n', &mut self.ahead)?;
        if self.ahead.len() - start > MOST {
            self.ahead.truncate(start);
            self.reader.skip_until(b'\n')?;
            return Err(io::Error::new(ErrorKind::InvalidData, too_long()));
        }
        Ok((self.ahead.len() > start).then_some(self.ahead.len()))
    }

    fn take_line(&mut self) -> io::Result<Option<String>> {
        let Some(end) = self.look(self.at)? else { return Ok(None) };
        let line = std::str::from_utf8(trimmed(&self.ahead[self.at..end])).map(str::to_owned);
        self.consume(end - self.at);
        line.map(Some).map_err(|_| io::Error::new(ErrorKind::InvalidData, "this line is not UTF-8 text"))
    }

    /// Whether the next line that is not empty belongs to the block before it.
    fn block_goes_on(&mut self, column: usize) -> io::Result<bool> {
        let mut start = self.at;
        while let Some(end) = self.look(start)? {
            let line = String::from_utf8_lossy(trimmed(&self.ahead[start..end]));
            if !line.trim().is_empty() {
                return Ok(extent::column(&line) > column || extent::continues_block(&line));
            }
            start = end;
        }
        Ok(false)
    }

    fn read_input(&mut self) -> io::Result<Next> {
        let mut text = String::new();
        let mut extent = Extent::default();
        let mut standing = Standing::Whole;
        while let Some(line) = self.take_line()? {
            if text.is_empty() && (line.trim().is_empty() || is_command(&line)) {
                return Ok(Next::Input(line));
            }
            if line.trim().is_empty() && standing != Standing::Open {
                if !self.block_goes_on(extent.first_column())? {
                    break;
                }
                text.push('\n');
                continue;
            }
            if text.len() + line.len() > MOST {
                return Ok(Next::Refused(too_long()));
            }
            standing = extent.line(&line);
            text.push_str(&line);
            text.push('\n');
            let goes_on = match standing {
                Standing::Whole => false,
                Standing::MayGoOn => self.block_goes_on(usize::MAX)?,
                Standing::InBlock | Standing::LacksBody | Standing::Open => true,
            };
            if !goes_on {
                break;
            }
        }
        Ok(if text.is_empty() { Next::End } else { Next::Input(text) })
    }
}

impl<R: BufRead> Inputs for Lines<R> {
    fn next(&mut self, _prompt: &str, _known: &mut dyn FnMut() -> Known) -> io::Result<Next> {
        match self.read_input() {
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Next::Refused(error.to_string())),
            result => result,
        }
    }

    fn for_program(&mut self) -> &mut dyn BufRead {
        self
    }
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(target)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.ahead.len() { Ok(&self.ahead[self.at..]) } else { self.reader.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        if self.ahead.is_empty() {
            return self.reader.consume(amount);
        }
        self.at += amount;
        // What was taken is not kept.
        if self.at >= self.ahead.len() {
            self.ahead.clear();
            self.at = 0;
        }
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn too_long() -> String {
    format!("this is too long: an input has at most {}", report::size(MOST as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inputs that a text is cut into.
    fn inputs(text: &str) -> Vec<String> {
        let mut lines = Lines::new(text.as_bytes());
        let mut inputs = Vec::new();
        loop {
            match lines.next("> ", &mut Known::default).unwrap() {
                Next::Input(input) => inputs.push(input.trim_end().to_owned()),
                Next::End => return inputs,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn inputs_are_cut_at_the_end_of_their_block() {
        assert_eq!(inputs("x = 1\ny = 2"), ["x = 1", "y = 2"]);
        assert_eq!(inputs("while a:\n    b()\n\nc()"), ["while a:\n    b()", "c()"]);
        assert_eq!(inputs("while a:\n    b()\nc()\nd()"), ["while a:\n    b()\nc()", "d()"]);
        assert_eq!(inputs("x = [1,\n\n2]\r\ny"), ["x = [1,\n\n2]", "y"]);
        assert_eq!(inputs(":heap\nx"), [":heap", "x"]);
    }

    #[test]
    fn empty_lines_may_stand_in_a_block() {
        let program = "function f():\n\n    x = 1\n\n\n    return x\n\nf()";
        assert_eq!(inputs(program), ["function f():\n\n    x = 1\n\n\n    return x", "f()"]);
        let repeat = "repeat:\n    x += 1\n\nuntil x > 3\ny";
        assert_eq!(inputs(repeat), ["repeat:\n    x += 1\n\nuntil x > 3", "y"]);
        let conditional = "if a: b()\nelse: c()\nd()";
        assert_eq!(inputs(conditional), ["if a: b()\nelse: c()", "d()"]);
    }

    #[test]
    fn a_program_reads_on_behind_its_input() {
        let mut lines = Lines::new(&b"while a:\n    b()\n\nthree\n\xff\nx"[..]);
        assert!(matches!(lines.next("", &mut Known::default).unwrap(), Next::Input(_)));
        let mut line = String::new();
        lines.for_program().read_line(&mut line).unwrap();
        assert_eq!(line, "three\n");
        assert!(matches!(lines.next("", &mut Known::default).unwrap(), Next::Refused(_)));
        assert_eq!(lines.next("", &mut Known::default).unwrap(), Next::Input("x\n".to_owned()));
        assert_eq!(lines.next("", &mut Known::default).unwrap(), Next::End);
    }
}
