//! Keys that do more than an editor's usual: Enter, space, colon, backspace, tab, Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustyline::history::FileHistory;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, KeyEvent, Modifiers, RepeatCount,
};

use super::Shared;
use super::helper::Helper;
use super::typing::{LEVEL, goes_on, last_line, moved_out, next_indentation};

/// A key's further meaning: the command, given what is typed; none for the usual one.
struct Key<F> {
    shared: Arc<Shared>,
    act: F,
}

impl<F: Fn(&Shared, &str, usize) -> Option<Cmd> + Send + Sync> ConditionalEventHandler for Key<F> {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        if self.shared.for_program.load(Ordering::Relaxed) {
            return None;
        }
        (self.act)(&self.shared, context.line(), context.pos())
    }
}

/// Binds all of them.
pub(super) fn bind(editor: &mut Editor<Helper, FileHistory>, shared: &Arc<Shared>) {
    let mut key = |key: KeyEvent, act: fn(&Shared, &str, usize) -> Option<Cmd>| {
        let handler = Key { shared: Arc::clone(shared), act };
        editor.bind_sequence(key, EventHandler::Conditional(Box::new(handler)));
    };
    key(KeyEvent::new('\r', Modifiers::NONE), enter);
    key(KeyEvent::new(' ', Modifiers::NONE), space);
    key(KeyEvent::new(':', Modifiers::NONE), colon);
    key(KeyEvent::new('\x08', Modifiers::NONE), backspace);
    key(KeyEvent::new('\x7f', Modifiers::NONE), backspace);
    key(KeyEvent::new('\t', Modifiers::NONE), tab);
    key(KeyEvent::ctrl('C'), interrupt);
}

fn enter(shared: &Shared, text: &str, at: usize) -> Option<Cmd> {
    if !goes_on(text) {
        return Some(Cmd::AcceptLine);
    }
    shared.just_indented.store(true, Ordering::Relaxed);
    Some(Cmd::Insert(1, format!("\n{}", next_indentation(&text[..at]))))
}

/// A space typed at the beginning of a line that is indented already begins the indentation anew: who
/// indents by hand gets what was typed.
fn space(shared: &Shared, text: &str, at: usize) -> Option<Cmd> {
    let line = last_line(&text[..at]);
    if shared.just_indented.swap(false, Ordering::Relaxed)
        && text[..at].contains('\n')
        && !line.is_empty()
        && line.trim().is_empty()
    {
        return replace(shared, line, at, " ".to_owned());
    }
    let moved = moved_out(&text[..at])?;
    replace(shared, line, at, format!("{moved} "))
}

fn colon(shared: &Shared, text: &str, at: usize) -> Option<Cmd> {
    let moved = moved_out(&text[..at])?;
    replace(shared, last_line(&text[..at]), at, format!("{moved}:"))
}

/// In the blanks at the beginning of a line it takes a whole level.
fn backspace(shared: &Shared, text: &str, at: usize) -> Option<Cmd> {
    let line = last_line(&text[..at]);
    if line.is_empty() || line.chars().any(|c| c != ' ') {
        return None;
    }
    let left = (line.len() - 1) / LEVEL.len() * LEVEL.len();
    replace(shared, line, at, line[..left].to_owned())
}

/// At the beginning of a further line it indents.
fn tab(_: &Shared, text: &str, at: usize) -> Option<Cmd> {
    let line = last_line(&text[..at]);
    let is_indentation = text[..at].contains('\n') && line.trim().is_empty();
    is_indentation.then(|| Cmd::Insert(1, LEVEL[line.len() % LEVEL.len()..].to_owned()))
}

fn interrupt(shared: &Shared, text: &str, _: usize) -> Option<Cmd> {
    shared.nothing_typed.store(text.trim().is_empty(), Ordering::Relaxed);
    None
}

/// Replaces the part of the line that is before the cursor. The editor has one command that does so:
/// completion, with a single candidate.
fn replace(shared: &Shared, line: &str, at: usize, text: String) -> Option<Cmd> {
    *shared.replacement.lock().ok()? = Some((at - line.len(), text));
    Some(Cmd::Complete)
}
