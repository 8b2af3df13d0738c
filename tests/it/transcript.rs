//! Sessions as text: what is typed goes in, and comes out again with its prompt and what came of it, as a
//! terminal would show it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use cairn::repl::extent::{Extent, Standing};
use cairn::repl::inputs::{Inputs, Next};
use cairn::repl::{Known, Lasts, PAUSED_PROMPT, PROMPT, Session};
use cairn::session::{Configuration, Workbench};

/// What the terminal shows.
#[derive(Clone, Default)]
struct Screen(Rc<RefCell<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Inputs that have been typed in advance, and are echoed when their turn comes.
struct Typed {
    inputs: VecDeque<String>,
    screen: Screen,
    /// What programs read.
    nothing: io::Empty,
    /// How much had been shown when each input's turn came.
    turns: Vec<usize>,
}

impl Inputs for Typed {
    fn next(&mut self, prompt: &str, _known: &mut dyn FnMut() -> Known) -> io::Result<Next> {
        let Some(input) = self.inputs.pop_front() else { return Ok(Next::End) };
        self.turns.push(self.screen.0.borrow().len());
        writeln!(self.screen, "{prompt}{input}")?;
        Ok(Next::Input(input))
    }

    fn for_program(&mut self) -> &mut dyn BufRead {
        &mut self.nothing
    }
}

/// A session that is given these inputs: what is shown of each, and what comes of it.
pub fn session(configuration: Configuration, inputs: Vec<String>) -> Vec<String> {
    let screen = Screen::default();
    let mut workbench = Workbench::new(configuration).expect("there is memory for a machine");
    let mut inputs = Typed { inputs: inputs.into(), screen: screen.clone(), turns: Vec::new(), nothing: io::empty() };
    let mut session = Session {
        workbench: &mut workbench,
        inputs: &mut inputs,
        output: &mut screen.clone(),
        messages: &mut screen.clone(),
        interrupt: &AtomicBool::new(false),
        color_output: false,
        color_messages: false,
        last: None,
    };
    session.run(Lasts::UntilLeft).expect("nothing fails here");
    let shown = String::from_utf8(screen.0.borrow().clone()).expect("what is shown is text");
    let ends = inputs.turns.iter().skip(1).copied().chain([shown.len()]);
    inputs.turns.iter().zip(ends).map(|(&start, end)| shown[start..end].to_owned()).collect()
}

/// The inputs in a text that a terminal has shown: an input goes on as long as typing it would.
pub fn inputs(shown: &str) -> Vec<String> {
    let mut inputs = Vec::new();
    let mut lines = shown.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix(PROMPT).or_else(|| line.strip_prefix(PAUSED_PROMPT)) else { continue };
        let mut input = first.to_owned();
        let mut extent = Extent::default();
        let mut standing = extent.line(first);
        while !first.starts_with(':') && !matches!(standing, Standing::Whole | Standing::MayGoOn) {
            let Some(line) = lines.next() else { break };
            input.push('\n');
            input.push_str(line);
            if line.trim().is_empty() {
                break;
            }
            standing = extent.line(line);
        }
        inputs.push(input);
    }
    inputs
}
