//! What the line editor asks while something is typed: is it whole, what could follow, how does it look.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Result};

use super::Shared;
use super::typing::goes_on;
use crate::repl::inputs::is_command;
use crate::repl::known::Known;
use crate::syntax::highlight::{Piece, PieceKind, pieces};

const RESET: &str = "\x1b[0m";
const PROMPT: &str = "\x1b[1;36m";
const DIM: &str = "\x1b[2m";
/// Both brackets of a pair.
const BRACKET: &str = "\x1b[1;7m";

/// The colours of what is typed.
const fn style(kind: PieceKind) -> Option<&'static str> {
    match kind {
        PieceKind::Keyword => Some("\x1b[1;34m"),
        PieceKind::Number => Some("\x1b[36m"),
        PieceKind::Text => Some("\x1b[32m"),
        PieceKind::Comment | PieceKind::OpenComment => Some("\x1b[2;3m"),
        PieceKind::Name
        | PieceKind::Opening
        | PieceKind::Closing
        | PieceKind::Colon
        | PieceKind::Dot
        | PieceKind::Comma
        | PieceKind::Sign => None,
    }
}

pub(super) struct Helper {
    /// The names of the session.
    pub known: Known,
    color: bool,
    shared: Arc<Shared>,
    /// The line is left: it shows no bracket any more.
    is_final: Cell<bool>,
}

impl Helper {
    pub fn new(color: bool, shared: Arc<Shared>) -> Helper {
        Helper { known: Known::default(), color, shared, is_final: Cell::new(false) }
    }

    fn is_for_program(&self) -> bool {
        self.shared.for_program.load(Ordering::Relaxed)
    }
}

impl rustyline::Helper for Helper {}

impl Validator for Helper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let is_whole = self.is_for_program() || !goes_on(context.input());
        Ok(if is_whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        if self.is_for_program() {
            return Ok((pos, Vec::new()));
        }
        let replacement = self.shared.replacement.lock().ok().and_then(|mut replacement| replacement.take());
        if let Some((start, text)) = replacement {
            return Ok((start, vec![Pair { display: text.clone(), replacement: text }]));
        }
        let (start, candidates) = self.known.candidates(&line[..pos]);
        let pair =
            |candidate: crate::repl::known::Candidate| Pair { display: candidate.shown, replacement: candidate.text };
        Ok((start, candidates.into_iter().map(pair).collect()))
    }
}

/// Parameters that are still to come: to be read, not to be taken.
pub(super) struct Parameters(String);

impl Hint for Parameters {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Helper {
    type Hint = Parameters;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Parameters> {
        // Without colours it could not be told from what was typed.
        if !self.color || pos < line.len() || self.is_for_program() {
            return None;
        }
        self.known.hint(line).map(Parameters)
    }
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if self.is_for_program() {
            return Cow::Borrowed(line);
        }
        let cursor = if self.is_final.get() { None } else { Some(pos) };
        Cow::Owned(colored(line, cursor))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> Cow<'b, str> {
        Cow::Owned(format!("{PROMPT}{prompt}{RESET}"))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("{DIM}{hint}{RESET}"))
    }

    fn highlight_char(&self, _line: &str, _pos: usize, kind: CmdKind) -> bool {
        self.is_final.set(kind == CmdKind::ForcedRefresh);
        !self.is_for_program()
    }
}

/// The text with its colours, and the pair of brackets marked at one of which the cursor is.
fn colored(text: &str, cursor: Option<usize>) -> String {
    let command = if is_command(text) { text.find(' ').unwrap_or(text.len()) } else { 0 };
    let mut pieces = pieces(&text[command..]);
    for piece in &mut pieces {
        piece.range = piece.range.start + command..piece.range.end + command;
    }
    let marked = cursor.and_then(|at| pair(&pieces, at));
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = command;
    if command > 0 {
        out.push_str(&format!("{PROMPT}{}{RESET}", &text[..command]));
    }
    for (index, piece) in pieces.iter().enumerate() {
        out.push_str(&text[at..piece.range.start]);
        at = piece.range.end;
        let is_marked = marked.is_some_and(|(one, other)| index == one || index == other);
        let style = if is_marked { Some(BRACKET) } else { style(piece.kind) };
        let piece = &text[piece.range.clone()];
        match style {
            Some(style) => out.push_str(&format!("{style}{piece}{RESET}")),
            None => out.push_str(piece),
        }
    }
    out.push_str(&text[at..]);
    out
}

/// The bracket under the cursor, or before it, and its partner: their indices.
fn pair(pieces: &[Piece], cursor: usize) -> Option<(usize, usize)> {
    let is_bracket = |piece: &Piece| matches!(piece.kind, PieceKind::Opening | PieceKind::Closing);
    let here = pieces.iter().position(|piece| is_bracket(piece) && piece.range.start == cursor);
    let here = here.or_else(|| pieces.iter().position(|piece| is_bracket(piece) && piece.range.end == cursor))?;
    let mut depth = 0_i32;
    let mut partner = |piece: &Piece| {
        match piece.kind {
            PieceKind::Opening => depth += 1,
            PieceKind::Closing => depth -= 1,
            _ => {}
        }
        depth == 0
    };
    let there = if pieces[here].kind == PieceKind::Opening {
        here + pieces[here..].iter().position(&mut partner)?
    } else {
        pieces[..=here].iter().rposition(&mut partner)?
    };
    Some((here, there))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Escapes by names that can be read.
    fn shown(text: &str, cursor: Option<usize>) -> String {
        let names = [("\x1b[1;34m", "<k>"), ("\x1b[36m", "<n>"), ("\x1b[32m", "<s>"), ("\x1b[2;3m", "<c>")];
        let mut shown = colored(text, cursor).replace(RESET, "</>").replace(BRACKET, "<b>").replace(PROMPT, "<p>");
        for (escape, name) in names {
            shown = shown.replace(escape, name);
        }
        shown
    }

    #[test]
    fn what_is_typed_has_colours() {
        assert_eq!(shown("if x = 1: // so", None), "<k>if</> x = <n>1</>: <c>// so</>");
        assert_eq!(shown("print(\"é\")", None), "<k>print</>(<s>\"é\"</>)");
        assert_eq!(shown(":show f(1)", None), "<p>:show</> f(<n>1</>)");
        assert_eq!(shown(":heap", None), "<p>:heap</>");
    }

    #[test]
    fn the_partner_of_a_bracket_is_marked() {
        assert_eq!(shown("f(g(x))", Some(7)), "f<b>(</>g(x)<b>)</>");
        assert_eq!(shown("f(g(x))", Some(3)), "f(g<b>(</>x<b>)</>)");
        assert_eq!(shown("f(x", Some(1)), "f(x");
        assert_eq!(shown("f(\")\")", Some(6)), "f<b>(</><s>\")\"</><b>)</>");
    }
}
