//! The world as a program sees it: the real one, which is recorded, and the recording, which is
//! given to the explaining second run.

use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind, Read, Write};

use super::files::Files;
use super::{Compiled, blame};
use crate::limits;
use crate::machine::drawing::{Drawing, Palette};
use crate::machine::{FileProblem, Host, Machine, Position};
use crate::memory::Value;

/// What the world told a program, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    /// Lines of standard input, each with a line ending.
    lines: String,
    files: VecDeque<FileAnswer>,
    bytes: usize,
    /// More was read than is kept: the recording is of no use.
    pub overflowed: bool,
}

#[derive(Clone, Debug)]
enum FileAnswer {
    Size(Result<u64, FileProblem>),
    Contents(Result<Vec<u8>, FileProblem>),
}

impl Recording {
    /// Makes room for `bytes` more; false if there is none.
    fn admit(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limits::RECORDED_INPUT_BYTES && !self.overflowed {
            *self = Recording { overflowed: true, bytes: self.bytes, ..Recording::default() };
        }
        !self.overflowed
    }

    fn file(&mut self, answer: FileAnswer) {
        let contents = match &answer {
            FileAnswer::Contents(Ok(contents)) => contents.len(),
            _ => 0,
        };
        if self.admit(contents + size_of::<FileAnswer>()) {
            self.files.push_back(answer);
        }
    }
}

/// Looks at a value while it is there.
pub(super) type Lens<'a> = &'a mut dyn FnMut(&Drawing<'_>, Value);

/// The real world.
pub(super) struct LiveHost<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
    drawings: &'a mut dyn Write,
    compiled: &'a Compiled,
    files: Files,
    recording: Recording,
    /// Is given the values that are shown; they are printed if it is not there.
    lens: Option<Lens<'a>>,
    /// How they are to look.
    palette: Palette,
    /// Why output cannot be written any more.
    failure: Option<io::Error>,
}

impl<'a> LiveHost<'a> {
    pub fn new(
        input: &'a mut dyn BufRead,
        output: &'a mut dyn Write,
        drawings: &'a mut dyn Write,
        compiled: &'a Compiled,
        files: Files,
    ) -> LiveHost<'a> {
        let recording = Recording::default();
        LiveHost {
            input,
            output,
            drawings,
            compiled,
            files,
            recording,
            lens: None,
            palette: Palette::Plain,
            failure: None,
        }
    }

    /// The same, with somebody who looks at the values that are shown.
    pub fn looking(self, lens: Option<Lens<'a>>, palette: Palette) -> LiveHost<'a> {
        LiveHost { lens, palette, ..self }
    }

    /// Flushes the output; whether nobody reads it any more.
    pub fn finish(&mut self) -> io::Result<bool> {
        if self.failure.is_none() {
            self.failure = self.output.flush().err();
        }
        match self.failure.take() {
            None => Ok(false),
            Some(error) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
            Some(error) => Err(error),
        }
    }

    pub fn into_recording(self) -> Recording {
        self.recording
    }

    /// Keeps the first failure, and hands out one like it.
    fn checked(&mut self, result: io::Result<()>) -> io::Result<()> {
        result.map_err(|error| {
            let kind = error.kind();
            self.failure.get_or_insert(error);
            kind.into()
        })
    }
}

impl Host for LiveHost<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let result = self.output.write_all(text);
        self.checked(result)
    }

    fn draw(&mut self, text: &[u8]) -> io::Result<()> {
        let result = self.output.flush();
        self.checked(result)?;
        // A program goes on when nobody looks at its drawings.
        let _ = self.drawings.write_all(text).and_then(|()| self.drawings.flush());
        Ok(())
    }

    fn echo(&mut self, machine: &Machine<'_>, position: Position, value: Value) -> io::Result<()> {
        let origin = |instruction| blame::origin(self.compiled, instruction);
        if let Some(lens) = &mut self.lens {
            // What the question itself holds is not what was asked for.
            lens(&Drawing::new(machine, machine.outer_position(), &origin, self.palette), value);
            return Ok(());
        }
        let text = Drawing::new(machine, Some(position), &origin, self.palette).inspect(value) + "\n";
        self.write(text.as_bytes())
    }

    fn origin(&self, instruction: u32) -> Option<String> {
        blame::origin(self.compiled, instruction)
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        let result = self.output.flush();
        self.checked(result)?;
        let mut bytes = Vec::new();
        // A line without an end must not take the host's memory.
        let most = limits::RECORDED_INPUT_BYTES as u64;
        (&mut *self.input).take(most).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() as u64 == most && bytes.last() != Some(&b'\n') {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("a line of more than {} MiB", most >> 20)));
        }
        if bytes.ends_with(b"\n") {
            bytes.pop();
            if bytes.ends_with(b"\r") {
                bytes.pop();
            }
        }
        let line = String::from_utf8(bytes)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "a line that is not UTF-8 text"))?;
        if self.recording.admit(line.len() + 1) {
            self.recording.lines.push_str(&line);
            self.recording.lines.push('\n');
        }
        Ok(Some(line))
    }

    fn file_size(&mut self, name: &str) -> Result<u64, FileProblem> {
        let size = self.files.size(name);
        self.recording.file(FileAnswer::Size(size.clone()));
        size
    }

    fn read_file(&mut self, name: &str) -> Result<Vec<u8>, FileProblem> {
        let contents = self.files.read(name);
        self.recording.file(FileAnswer::Contents(contents.clone()));
        contents
    }
}

/// The recorded world. What the program prints goes nowhere.
pub(super) struct RecordedHost {
    recording: Recording,
    at: usize,
}

impl RecordedHost {
    pub fn new(recording: Recording) -> RecordedHost {
        RecordedHost { recording, at: 0 }
    }
}

impl Host for RecordedHost {
    fn write(&mut self, _text: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn draw(&mut self, _text: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn origin(&self, _instruction: u32) -> Option<String> {
        None
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        let rest = &self.recording.lines[self.at..];
        let Some(end) = rest.find('\n') else { return Ok(None) };
        self.at += end + 1;
        Ok(Some(rest[..end].to_owned()))
    }

    fn file_size(&mut self, _name: &str) -> Result<u64, FileProblem> {
        match self.recording.files.pop_front() {
            Some(FileAnswer::Size(size)) => size,
            _ => Err(FileProblem::Outside),
        }
    }

    fn read_file(&mut self, _name: &str) -> Result<Vec<u8>, FileProblem> {
        match self.recording.files.pop_front() {
            Some(FileAnswer::Contents(contents)) => contents,
            _ => Err(FileProblem::Outside),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Configuration, compile};

    fn compiled() -> Compiled {
        compile("t.pseudo", "x = 1", &Configuration::default()).unwrap()
    }

    #[test]
    fn a_recording_gives_the_same_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model"), "abc").unwrap();
        let compiled = compiled();
        let mut input: &[u8] = b"one\r\n\ntwo";
        let (mut output, mut drawings) = (Vec::new(), Vec::new());
        let files = Files::new(Some(folder.path()), &[]);
        let mut live = LiveHost::new(&mut input, &mut output, &mut drawings, &compiled, files);
        fn ask(host: &mut dyn Host) -> String {
            let lines: Vec<_> = (0..4).map(|_| host.read_line().unwrap()).collect();
            format!("{lines:?} {:?} {:?} {:?}", host.file_size("model"), host.read_file("model"), host.read_file("no"))
        }
        let first = ask(&mut live);
        assert!(
            first.starts_with(r#"[Some("one"), Some(""), Some("two"), None] Ok(3) Ok([97, 98, 99]) Err("#),
            "{first}"
        );
        assert_eq!(ask(&mut RecordedHost::new(live.into_recording())), first);
    }

    #[test]
    fn too_long_a_recording_is_given_up() {
        let mut recording = Recording::default();
        assert!(recording.admit(limits::RECORDED_INPUT_BYTES));
        assert!(!recording.admit(1));
        assert!(recording.overflowed);
        assert!(recording.lines.is_empty());
    }

    #[test]
    fn input_that_is_no_text_is_an_error() {
        let compiled = compiled();
        let mut input: &[u8] = b"\xff\n";
        let (mut output, mut drawings) = (Vec::new(), Vec::new());
        let mut live = LiveHost::new(&mut input, &mut output, &mut drawings, &compiled, Files::new(None, &[]));
        assert_eq!(live.read_line().unwrap_err().to_string(), "a line that is not UTF-8 text");
    }
}
