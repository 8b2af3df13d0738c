//! Standard input that Ctrl-C can wake up: a thread of its own reads, and the program waits for
//! what comes first, bytes or the interrupt.

use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::Exit;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// Raised by Ctrl-C.
pub(super) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

enum Message {
    Bytes(Vec<u8>),
    End(Option<io::Error>),
    Interrupted,
}

/// Ctrl-C raises [`INTERRUPTED`] from now on, and nothing else: who sits at a session leaves it with Ctrl-D.
pub(super) fn raise_on_interrupt() {
    // Where signals cannot be handled, Ctrl-C ends the process: good enough.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
}

/// The process's standard input.
pub(super) struct Keyboard {
    messages: Receiver<Message>,
    /// Until the first read.
    sender: Option<SyncSender<Message>>,
    bytes: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Keyboard {
    /// Standard input, and from now on Ctrl-C raises [`INTERRUPTED`] and wakes up who waits for it.
    /// A second Ctrl-C ends the process on the spot.
    pub fn new() -> Keyboard {
        let (sender, messages) = sync_channel(1);
        let waker = sender.clone();
        // Where signals cannot be handled, Ctrl-C ends the process: good enough.
        let _ = ctrlc::set_handler(move || {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                std::process::exit(Exit::Interrupted as i32);
            }
            // If there is no room, a message is on its way, and who gets it sees the flag next.
            let _ = waker.try_send(Message::Interrupted);
        });
        Keyboard { messages, sender: Some(sender), bytes: Vec::new(), at: 0, ended: false }
    }
}

fn read_all(sender: &SyncSender<Message>) {
    let mut input = io::stdin().lock();
    loop {
        let mut bytes = vec![0; CHUNK];
        let message = match input.read(&mut bytes) {
            Ok(0) => Message::End(None),
            Ok(length) => {
                bytes.truncate(length);
                Message::Bytes(bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Message::End(Some(error)),
        };
        let ended = matches!(message, Message::End(_));
        if sender.send(message).is_err() || ended {
            return;
        }
    }
}

/// Not `ErrorKind::Interrupted`, after which callers try again.
fn interrupted() -> io::Error {
    io::Error::other("interrupted")
}

impl Read for Keyboard {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(target)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Keyboard {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Some(sender) = self.sender.take() {
            thread::Builder::new().spawn(move || read_all(&sender))?;
        }
        if self.at == self.bytes.len() && !self.ended {
            self.at = 0;
            self.bytes.clear();
            // The message may have found no room.
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Err(interrupted());
            }
            loop {
                match self.messages.recv() {
                    Ok(Message::Bytes(bytes)) => self.bytes = bytes,
                    Ok(Message::End(None)) | Err(_) => self.ended = true,
                    Ok(Message::End(Some(error))) => {
                        self.ended = true;
                        return Err(error);
                    }
                    Ok(Message::Interrupted) if INTERRUPTED.load(Ordering::Relaxed) => return Err(interrupted()),
                    // It was meant for something that is over.
                    Ok(Message::Interrupted) => continue,
                }
                break;
            }
        }
        Ok(&self.bytes[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.bytes.len());
    }
}
