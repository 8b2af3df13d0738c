//! `cairn repl` on a real terminal: typed keys in, what the screen shows out. Waits for what must appear,
//! never for time to pass.

use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Pty, open};
use tempfile::TempDir;

/// A machine under load may be slow; what comes comes.
const PATIENCE: Duration = Duration::from_secs(60);
const ROWS: NonZero<u16> = NonZero::new(40).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(100).unwrap();

const ENTER: &str = "\r";
const UP: &str = "\x1b[A";
const BACKSPACE: &str = "\x7f";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// A session on a terminal of its own.
struct Session {
    pty: Arc<Pty>,
    child: Child,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// Where it is at home: the history is there.
    home: Option<TempDir>,
}

impl Session {
    fn new() -> Session {
        Session::with(tempfile::tempdir().unwrap(), (&["--color", "never"], &[]))
    }

    /// `arguments` are those before and after the command.
    fn with(home: TempDir, (before, after): (&[&str], &[&str])) -> Session {
        let (pty, pts) = open().expect("there are terminals");
        pty.resize(Size::new(ROWS.get(), COLUMNS.get())).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
        command.args(before).arg("repl").args(after);
        command.env("XDG_STATE_HOME", home.path()).env("TERM", "xterm-256color").env_remove("NO_COLOR");
        command.current_dir(home.path());
        let child = pty_process::blocking::Command::from(command).spawn(pts).expect("cairn can be started");
        let pty = Arc::new(pty);
        let (sender, bytes) = channel();
        let reader = Arc::clone(&pty);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The terminal goes with the process.
            while let Ok(length @ 1..) = (&*reader).read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut session = Session { pty, child, bytes, screen: vt100::Parser::new(ROWS, COLUMNS, 0), home: Some(home) };
        session.wait_for("\n> ");
        session
    }

    fn shown(&self) -> String {
        // The cursor tells how many blanks a prompt ends with.
        let (row, column) = self.screen.screen().cursor_position();
        let lines = self.screen.screen().rows(0, COLUMNS.get());
        let mut lines: Vec<String> = lines.take(usize::from(row) + 1).collect();
        let last = lines.last_mut().unwrap();
        while last.chars().count() < usize::from(column) {
            last.push(' ');
        }
        lines.join("\n")
    }

    fn press(&mut self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("keys can be typed");
    }

    /// Types an input, and waits for what the screen shows in the end: its last lines.
    #[track_caller]
    fn give(&mut self, input: &str, end: &str) {
        self.press(input);
        self.press(ENTER);
        self.wait_for(end);
    }

    /// Pastes as terminals do it.
    fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Waits until the screen, up to the cursor, ends as given.
    #[track_caller]
    fn wait_for(&mut self, end: &str) {
        self.wait_until(end, |session| session.shown().ends_with(end));
    }

    /// Waits until the line editor reads for the program: from then on Ctrl-C is a key, and no signal.
    #[track_caller]
    fn wait_for_reader(&mut self) {
        self.wait_until("the line editor", |session| session.screen.screen().bracketed_paste());
    }

    #[track_caller]
    fn wait_until(&mut self, what: &str, is_so: impl Fn(&Session) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(_) => panic!("waited for {what:?}; the screen shows\n{}", self.shown()),
            }
        }
    }

    /// Waits until the process has ended; its exit code, and its home for another session.
    #[track_caller]
    fn ended(mut self) -> (Option<i32>, TempDir) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; the screen shows\n{}", self.shown()),
            }
        }
        (self.child.wait().expect("cairn ends").code(), self.home.take().expect("it is taken once"))
    }

    #[track_caller]
    fn leave(mut self) -> TempDir {
        self.press(CTRL_D);
        let (code, home) = self.ended();
        assert_eq!(code, Some(0));
        home
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A test that has failed leaves no process behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_block_ends_with_an_empty_line() {
    let mut session = Session::new();
    session.give("function twice(n):", "\n> function twice(n):\n    ");
    session.give("if n < 0:", "\n    if n < 0:\n        ");
    session.give("return 0", "\n        return 0\n    ");
    session.give("return 2 * n", "\n    return 2 * n\n");
    session.give("", "\n> ");
    session.give("twice(21)", "> twice(21)\n42\n> ");
    session.leave();
}

#[test]
fn an_else_moves_to_its_if_and_backspace_out_of_a_block() {
    let mut session = Session::new();
    session.give("x = 3", "\n> ");
    session.give("while x > 0:", "\n    ");
    session.give("if x = 2:", "\n        ");
    session.give("print(\"two\")", "\n        ");
    session.give("else:", "\n    else:\n        ");
    session.give("print(\"other\")", "\n        ");
    session.press(BACKSPACE);
    session.wait_for("\n    ");
    session.give("x = x - 1", "\n    x = x - 1\n    ");
    session.give("", "\nother\ntwo\nother\n> ");
    session.leave();
}

#[test]
fn who_indents_by_hand_gets_what_was_typed() {
    let mut session = Session::new();
    session.press("function f():\r  x = 1\r  if x = 1:\r    return 5\r  else:\r    return 6\r\r");
    session.wait_for("\n> ");
    session.give("f()", "\n5\n> ");
    session.leave();
}

#[test]
fn a_bracket_that_is_not_closed_catches_nobody() {
    let mut session = Session::new();
    session.give("x = (1 +", "\n> x = (1 +\n    ");
    session.press(ENTER);
    session.wait_for("\n> ");
    assert!(session.shown().contains("error[syntax-error]"), "{}", session.shown());
    session.give("x = (1 +", "\n> x = (1 +\n    ");
    session.give("2)", "\n    2)\n> ");
    session.give("x", "\n3\n> ");
    session.leave();
}

#[test]
fn what_is_pasted_is_taken_whole() {
    let mut session = Session::new();
    session.paste("function f(a):\r\n\r\n    b = a\r\n\r\n\r\n    return b\r\n\r\nprint(f(7))");
    session.wait_for("\nprint(f(7))");
    session.press(ENTER);
    session.wait_for("\nprint(f(7))\n7\n> ");
    session.leave();
}

#[test]
fn ctrl_c_clears_stops_or_tells_the_way_out() {
    let mut session = Session::new();
    session.press("x = 12");
    session.wait_for("> x = 12");
    session.press(CTRL_C);
    session.wait_for("> x = 12\n> ");
    session.press(CTRL_C);
    session.wait_for("\nCtrl-D leaves\n> ");
    session.give("y = 3", "\n> ");
    session.paste("print(\"running\")\nwhile true:\n    pass\n");
    session.press(ENTER);
    session.wait_for("\nrunning\n");
    session.press(CTRL_C);
    session.wait_for("\n> ");
    assert!(session.shown().contains("interrupted"), "{}", session.shown());
    session.give("y", "\n3\n> ");
    session.leave();
}

#[test]
fn programs_read_lines_from_the_terminal() {
    let mut session = Session::new();
    session.give("x = input()", "> x = input()\n");
    session.wait_for_reader();
    session.give("while true:", "\nwhile true:\n> ");
    session.give("x", "\n\"while true:\"\n> ");
    session.give("x = input()", "> x = input()\n");
    session.wait_for_reader();
    session.press(CTRL_C);
    session.wait_for("\n> ");
    assert!(session.shown().contains("interrupted"), "{}", session.shown());
    session.give("x", "\n\"while true:\"\n> ");
    session.leave();
}

#[test]
fn the_history_recalls_whole_inputs() {
    let mut session = Session::new();
    session.give("function f():", "\n    ");
    session.give("return 11", "\n");
    session.give("", "\n> ");
    session.give("f()", "\n11\n> ");
    session.press(UP);
    session.wait_for("\n> f()");
    session.press(UP);
    session.wait_for("\n> function f():\n    return 11");
    session.press(ENTER);
    session.press(ENTER);
    session.wait_for("    return 11\n\n> ");
    let home = session.leave();
    assert!(home.path().join("cairn").join("history").is_file());

    let mut session = Session::with(home, (&["--color", "never"], &[]));
    session.press(UP);
    session.wait_for("\n> function f():\n    return 11");
    session.press(CTRL_C);
    session.wait_for("\n> ");
    session.leave();
}

#[test]
fn tab_completes() {
    let mut session = Session::new();
    session.give("function fibonacci(count):", "\n    ");
    session.give("return count", "\n");
    session.give("", "\n> ");
    session.press("fibo\t");
    session.wait_for("> fibonacci(");
    session.give("4)", "\n4\n> ");
    session.press(":mem\t");
    session.wait_for("> :memory");
    session.press(" mark\t");
    session.wait_for("> :memory mark-sweep");
    session.press(CTRL_C);
    session.wait_for("\n> ");
    session.press("heap_a\t");
    session.wait_for("> heap_allocate(");
    session.press(CTRL_C);
    session.wait_for("\n> ");
    session.leave();
}

#[test]
fn colours_and_hints_are_there_when_wanted() {
    let mut session = Session::with(tempfile::tempdir().unwrap(), (&["--color", "always"], &[]));
    session.press("while copy(1");
    session.wait_for("> while copy(1, source, count)");
    let screen = session.screen.screen();
    let (row, _) = screen.cursor_position();
    let color = |column| screen.cell(row, column).expect("it is on the screen").fgcolor();
    assert_ne!(color(2), vt100::Color::Default, "`while` is a keyword");
    assert_eq!(color(8), vt100::Color::Default, "`copy` is a name");
    session.press(CTRL_C);
    session.wait_for("\n> ");
    session.leave();
}
