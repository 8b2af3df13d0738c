//! How far an input goes: fed with one line after the other, tells whether more must follow.
//!
//! The parser decides, asked about one logical line at a time, so that a long input costs no more
//! than its length.

use crate::source::Sources;
use crate::syntax::highlight::{self, PieceKind};
use crate::syntax::{self, Names};

/// A tab advances to the next multiple of this many columns, as in the language.
const TAB_COLUMNS: usize = 4;

/// How an input stands after the lines read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is whole.
    Whole,
    /// It is whole, but an `else` may follow.
    MayGoOn,
    /// A block is open: further lines of it may follow, an empty line ends it.
    InBlock,
    /// A header has no body yet, or a `repeat` no `until`.
    LacksBody,
    /// A bracket or a comment is open.
    Open,
}

/// An input that is being read.
#[derive(Debug)]
pub struct Extent {
    standing: Standing,
    in_comment: bool,
    /// Brackets that are open.
    depth: usize,
    /// Column of the input's first logical line.
    first: Option<usize>,
    /// Column of the logical line at hand.
    column: usize,
    /// The logical line at hand.
    logical: String,
    /// Its length when the parser was last asked whether its brackets may still be closed.
    asked: usize,
}

impl Default for Extent {
    fn default() -> Extent {
        Extent {
            standing: Standing::Whole,
            in_comment: false,
            depth: 0,
            first: None,
            column: 0,
            logical: String::new(),
            asked: 0,
        }
    }
}

impl Extent {
    /// Of a text of several lines.
    pub fn of(text: &str) -> Standing {
        let mut extent = Extent::default();
        text.lines().fold(Standing::Whole, |_, line| extent.line(line))
    }

    /// Takes the next line, without its line ending, and says how the input stands then.
    pub fn line(&mut self, line: &str) -> Standing {
        let mut rest = line;
        if self.in_comment {
            let Some(end) = line.find("*/") else { return self.standing };
            self.in_comment = false;
            rest = &line[end + 2..];
        }
        let pieces = highlight::pieces(rest);
        let is_code = |kind| !matches!(kind, PieceKind::Comment | PieceKind::OpenComment);
        let has_code = pieces.iter().any(|piece| is_code(piece.kind));
        if has_code && self.depth == 0 {
            self.logical.clear();
            self.asked = 0;
            self.column = column(line);
            self.first.get_or_insert(self.column);
        }
        for piece in &pieces {
            match piece.kind {
                PieceKind::Opening => self.depth += 1,
                PieceKind::Closing => self.depth = self.depth.saturating_sub(1),
                PieceKind::OpenComment => self.in_comment = true,
                _ => {}
            }
        }
        if has_code {
            let code = pieces.iter().rfind(|piece| is_code(piece.kind)).map_or(0, |last| last.range.end);
            self.logical.push_str(if self.logical.is_empty() { rest[..code].trim_start() } else { &rest[..code] });
            self.logical.push('\n');
        }
        if has_code || self.in_comment || self.standing == Standing::Open {
            self.standing = self.judge();
        }
        self.standing
    }

    /// Column of the input's first line.
    pub fn first_column(&self) -> usize {
        self.first.unwrap_or(0)
    }

    fn judge(&mut self) -> Standing {
        if self.in_comment {
            return Standing::Open;
        }
        if self.depth > 0 {
            // Asked more and more rarely: a literal of many lines must not be parsed as many times.
            if self.logical.len() < self.asked + self.asked / 8 {
                return Standing::Open;
            }
            self.asked = self.logical.len();
            if lacks_something(&self.logical) {
                return Standing::Open;
            }
            // A statement begins inside the brackets, so they are never closed.
            self.depth = 0;
            return Standing::Whole;
        }
        if lacks_something(&self.logical) {
            return Standing::LacksBody;
        }
        if self.first.is_some_and(|first| self.column > first) {
            return Standing::InBlock;
        }
        let has_condition = ["if", "elif", "elseif", "elsif", "else if"]
            .into_iter()
            .any(|word| self.logical.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '('])));
        if has_condition { Standing::MayGoOn } else { Standing::Whole }
    }
}

/// Whether the parser says that more of the text could make it whole.
fn lacks_something(text: &str) -> bool {
    let mut sources = Sources::default();
    let source = sources.add("", text);
    syntax::parse(&sources, source, &mut Names::default()).unfinished
}

/// Columns before a line's text.
pub fn column(line: &str) -> usize {
    let mut column = 0;
    for character in line.chars() {
        match character {
            '\t' => column = (column / TAB_COLUMNS + 1) * TAB_COLUMNS,
            character if character.is_whitespace() => column += 1,
            _ => break,
        }
    }
    column
}

/// Whether a line goes on with the block before it, though it is not indented: `else`, `until`, `end if`.
pub fn continues_block(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return false };
    match first {
        "else" | "elif" | "elseif" | "elsif" | "until" => true,
        "next" => line.split_whitespace().count() == 2,
        _ if first.starts_with("end") => words.count() <= 1 && !line.contains(['=', '(', '.', '[']),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_ends_where_its_block_does() {
        let cases = [
            ("x = 1", Standing::Whole),
            ("", Standing::Whole),
            ("// nothing", Standing::Whole),
            ("function f(a):", Standing::LacksBody),
            ("function f(a): return a", Standing::Whole),
            ("function f(a):\n    return a", Standing::InBlock),
            ("function f(a):\n    return a\n\n    // but\n", Standing::InBlock),
            ("function f(a):\n    if a:\n", Standing::LacksBody),
            ("function f(a):\n    return a\nf(1)", Standing::Whole),
            ("if a:\n    b()\nelse:", Standing::LacksBody),
            ("if a: b()", Standing::MayGoOn),
            ("if a: b()\nelse if c: d()", Standing::MayGoOn),
            ("if a: b()\nelse: c()", Standing::Whole),
            ("repeat:\n    x = x + 1\nuntil x > 3", Standing::Whole),
            ("repeat: x = x + 1", Standing::LacksBody),
            ("record Node:", Standing::LacksBody),
            ("record Node: value, next", Standing::Whole),
            ("x = [1,", Standing::Open),
            ("x = [1,\n     2]", Standing::Whole),
            ("x = [1, // so [ what\n\n2]", Standing::Whole),
            ("f(\"(\"", Standing::Open),
            ("f(\"(\")", Standing::Whole),
            ("/* a", Standing::Open),
            ("/* a\n\n (", Standing::Open),
            ("/* a\n*/", Standing::Whole),
            ("/* a\n*/ x = (1", Standing::Open),
            ("x = )", Standing::Whole),
            ("x = \"abc", Standing::Whole),
        ];
        for (text, expected) in cases {
            assert_eq!(Extent::of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_bracket_that_is_never_closed_does_not_swallow_all() {
        assert_eq!(Extent::of("x = (1 +\ny = 2"), Standing::Whole);
        assert_eq!(Extent::of("x = (1 +\ny = 2\nif y:"), Standing::LacksBody);
    }

    #[test]
    fn long_inputs_take_no_longer_than_their_length() {
        let lines = 20_000;
        let literal = format!("x = [\n{}", "1, 2, 3,\n".repeat(lines));
        assert_eq!(Extent::of(&literal), Standing::Open);
        let functions = "function f():\n    return 1\n".repeat(lines);
        assert_eq!(Extent::of(&functions), Standing::InBlock);
    }

    #[test]
    fn lines_that_go_on_with_a_block() {
        for line in ["else:", "else if x:", "until x", "end", "end if", "endwhile", "next i"] {
            assert!(continues_block(line), "{line}");
        }
        for line in ["end = 3", "endless(x)", "next = p", "x", "", "elsewhere()", "until_now = 2", "end(x)"] {
            assert!(!continues_block(line), "{line}");
        }
    }
}
