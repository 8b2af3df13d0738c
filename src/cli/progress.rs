//! A line that says how far a long comparison is: on standard error, if somebody looks.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Work that is done sooner is not worth a line.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const PERIOD: Duration = Duration::from_millis(200);

/// Does the work, and meanwhile shows how much of `all` is `done`.
pub(super) fn shown<T>(done: &AtomicUsize, all: usize, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let (finished, waiting) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut period = PATIENCE;
            let mut shown = false;
            // Nothing is ever sent: the end of the work closes the channel.
            while waiting.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                write(&format!("\r{} of {all} runs done", done.load(Ordering::Relaxed)));
                (period, shown) = (PERIOD, true);
            }
            if shown {
                write("\r\x1b[K");
            }
        });
        // Dropped also where the work panics.
        let _finished = finished;
        work()
    })
}

fn write(text: &str) {
    let mut error = io::stderr().lock();
    let _ = error.write_all(text.as_bytes()).and_then(|()| error.flush());
}
