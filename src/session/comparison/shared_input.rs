//! Standard input for several runs: read once, as far as the run that is furthest wants it, and given
//! to each from its beginning.

use std::io::{self, BufRead, ErrorKind, Read};
use std::sync::{Mutex, PoisonError};

use crate::limits::RECORDED_INPUT_BYTES;

/// Bytes that a run fetches at a time.
const CHUNK: usize = 64 * 1024;

/// The input, as far as it is known.
pub(super) struct SharedInput<'a> {
    known: Mutex<Known<'a>>,
}

struct Known<'a> {
    source: &'a mut (dyn BufRead + Send),
    bytes: Vec<u8>,
    /// Why nothing comes any more. Every run is told the same, however late it comes.
    end: Option<Result<(), (ErrorKind, String)>>,
}

impl<'a> SharedInput<'a> {
    pub fn new(source: &'a mut (dyn BufRead + Send)) -> SharedInput<'a> {
        SharedInput { known: Mutex::new(Known { source, bytes: Vec::new(), end: None }) }
    }

    /// The input from its beginning.
    pub fn reader(&self) -> impl BufRead {
        Reader { input: self, next: 0, chunk: Vec::new(), at: 0 }
    }

    /// Some of the bytes from `at` on into `chunk`, which is empty; it stays so at the end. May wait.
    fn fetch(&self, at: usize, chunk: &mut Vec<u8>) -> io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if at == known.bytes.len() {
            known.read_on();
        }
        if at == known.bytes.len() {
            return match &known.end {
                Some(Err((kind, problem))) => Err(io::Error::new(*kind, problem.clone())),
                _ => Ok(()),
            };
        }
        let end = known.bytes.len().min(at + CHUNK);
        chunk.extend_from_slice(&known.bytes[at..end]);
        Ok(())
    }
}

impl Known<'_> {
    fn read_on(&mut self) {
        if self.end.is_some() {
            return;
        }
        self.end = match self.source.fill_buf() {
            Ok([]) => Some(Ok(())),
            Ok(bytes) if self.bytes.len() + bytes.len() > RECORDED_INPUT_BYTES => {
                let most = RECORDED_INPUT_BYTES >> 20;
                let problem = format!("more than {most} MiB of input, which is not kept for the other runs");
                Some(Err((ErrorKind::InvalidData, problem)))
            }
            Ok(bytes) => {
                let length = bytes.len();
                self.bytes.extend_from_slice(bytes);
                self.source.consume(length);
                None
            }
            Err(error) => Some(Err((error.kind(), error.to_string()))),
        };
    }
}

struct Reader<'a, 's> {
    input: &'a SharedInput<'s>,
    /// Where in the input the byte after `chunk` is.
    next: usize,
    chunk: Vec<u8>,
    at: usize,
}

impl Read for Reader<'_, '_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(target)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Reader<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() {
            self.chunk.clear();
            self.at = 0;
            self.input.fetch(self.next, &mut self.chunk)?;
            self.next += self.chunk.len();
        }
        Ok(&self.chunk[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.chunk.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_begins_at_the_beginning() {
        let text = "x".repeat(3 * CHUNK) + "\nend";
        let mut source = text.as_bytes();
        let input = SharedInput::new(&mut source);
        let (mut one, mut two) = (input.reader(), input.reader());
        let mut line = String::new();
        one.read_line(&mut line).unwrap();
        assert_eq!(line.len(), 3 * CHUNK + 1);
        let (mut first, mut second) = (String::new(), String::new());
        two.read_to_string(&mut second).unwrap();
        one.read_to_string(&mut first).unwrap();
        assert_eq!(first, "end");
        assert!(second == text);
    }

    #[test]
    fn nothing_is_read_that_nobody_wants() {
        let mut source: &[u8] = b"one\ntwo\n";
        drop(SharedInput::new(&mut source).reader());
        assert_eq!(source.len(), 8);
    }

    #[test]
    fn a_failure_is_told_to_everybody() {
        struct Broken(bool);
        impl Read for Broken {
            fn read(&mut self, _target: &mut [u8]) -> io::Result<usize> {
                unreachable!("only lines are read")
            }
        }
        impl BufRead for Broken {
            fn fill_buf(&mut self) -> io::Result<&[u8]> {
                assert!(!std::mem::replace(&mut self.0, true), "it is asked once");
                Err(io::Error::other("broken"))
            }
            fn consume(&mut self, _amount: usize) {}
        }
        let mut source = Broken(false);
        let input = SharedInput::new(&mut source);
        for _ in 0..2 {
            assert_eq!(input.reader().fill_buf().unwrap_err().to_string(), "broken");
        }
    }

    #[test]
    fn input_without_end_is_not_kept() {
        let mut source = io::BufReader::with_capacity(1 << 20, io::repeat(b'\n'));
        let input = SharedInput::new(&mut source);
        let error = input.reader().read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("more than 64 MiB"), "{error}");
    }
}
