//! Layout: joins the physical lines inside brackets into logical lines and measures indentation.
//! An unclosed bracket does not swallow the file: the line ends where a statement clearly begins.

use std::ops::Range;

use super::keyword::{self, Stands};
use super::token::{Lexeme, Token};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Source, Span};

/// A tab advances to the next multiple of this many columns.
const TAB_COLUMNS: u32 = 4;

/// How far a line is indented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Indentation {
    /// Columns before the line's text.
    pub(super) column: u32,
    /// The blanks themselves.
    pub(super) span: Span,
}

/// A logical line: its lexemes (line ends inside brackets among them) and its indentation.
#[derive(Debug)]
pub(super) struct LogicalLine {
    pub(super) lexemes: Range<usize>,
    pub(super) indentation: Indentation,
    /// A bracket that is not closed, or closes nothing.
    pub(super) bracket_error: Option<Diagnostic>,
    /// The text ended inside a bracket.
    pub(super) unfinished: bool,
}

/// The brackets that are open, innermost last.
#[derive(Default)]
struct Brackets {
    /// Index of each opening lexeme, and its token.
    open: Vec<(usize, Token)>,
}

/// What a closing bracket does.
enum Closing {
    Matches,
    /// It closes a bracket of the other shape.
    Mismatches(usize),
    /// It matches the bracket outside the innermost one, which stays unclosed.
    Skips(usize),
    ClosesNothing,
}

impl Brackets {
    fn close(&mut self, closer: Token) -> Closing {
        let opener = if closer == Token::RightParen { Token::LeftParen } else { Token::LeftBracket };
        let Some((innermost, token)) = self.open.pop() else { return Closing::ClosesNothing };
        if token == opener {
            return Closing::Matches;
        }
        match self.open.last() {
            Some(&(_, outside)) if outside == opener => {
                self.open.pop();
                Closing::Skips(innermost)
            }
            _ => Closing::Mismatches(innermost),
        }
    }
}

/// The logical lines of a source, one after another.
pub(super) struct Layout<'a> {
    source: &'a Source,
    lexemes: &'a [Lexeme],
    /// Openers that nothing closes, in ascending order.
    unclosed: Vec<usize>,
    at: usize,
}

impl<'a> Layout<'a> {
    pub(super) fn new(source: &'a Source, lexemes: &'a [Lexeme]) -> Layout<'a> {
        Layout { source, lexemes, unclosed: unclosed(lexemes), at: 0 }
    }

    fn token(&self, index: usize) -> Option<Token> {
        self.lexemes.get(index).map(|lexeme| lexeme.token)
    }

    fn word(&self, index: usize) -> &'a str {
        self.source.slice(self.lexemes[index].span)
    }

    /// The indentation of the physical line on which the lexeme is the first.
    fn indentation(&self, first: usize) -> Indentation {
        let start = match first.checked_sub(1).map(|before| self.lexemes[before]) {
            Some(Lexeme { token: Token::Newline, span }) => span.end,
            _ => self.source.base,
        };
        let mut indentation = Indentation { column: 0, span: Span::new(start, start) };
        for character in self.source.slice(Span::new(start, self.lexemes[first].span.start)).chars() {
            match character {
                '\t' => indentation.column = (indentation.column / TAB_COLUMNS + 1) * TAB_COLUMNS,
                '\u{feff}' if indentation.span.end == self.source.base => {
                    indentation.span = Span::new(start + 3, start + 3);
                    continue;
                }
                '\u{feff}' => {}
                c if c.is_whitespace() && c != '\r' && c != '\n' => indentation.column += 1,
                _ => break,
            }
            indentation.span.end += character.len_utf8() as u32;
        }
        indentation
    }

    /// Whether the physical line that begins at `first` begins as only a statement does.
    fn begins_statement(&self, first: usize) -> bool {
        if self.token(first) != Some(Token::Word) {
            return false;
        }
        let word = self.word(first);
        let next = self.token(first + 1).unwrap_or(Token::Newline);
        if let Some((_, stands)) = keyword::leading(word) {
            match stands {
                Stands::Always => return true,
                Stands::Alone if matches!(next, Token::Newline | Token::Semicolon) => return true,
                Stands::BeforeOperand | Stands::UnlessPlace | Stands::UnlessPlaceOrCall if next.begins_operand() => {
                    return true;
                }
                _ => {}
            }
        }
        if matches!(word, "end" | "next") && matches!(next, Token::Newline | Token::Word) {
            return true;
        }
        // A place and an assignment, or a call that is the whole line.
        let mut depth = 0;
        for index in first + 1..self.lexemes.len() {
            match self.lexemes[index].token {
                Token::LeftParen | Token::LeftBracket => depth += 1,
                Token::RightParen | Token::RightBracket if depth == 0 => return false,
                Token::RightParen | Token::RightBracket => depth -= 1,
                Token::Newline => return depth == 0 && self.lexemes[index - 1].token == Token::RightParen,
                Token::Semicolon | Token::Colon if depth == 0 => {
                    return self.lexemes[index - 1].token == Token::RightParen;
                }
                token if depth == 0 && token.is_assignment() => return true,
                Token::Word | Token::Dot => {}
                _ if depth > 0 => {}
                _ => return false,
            }
        }
        depth == 0 && self.lexemes.last().is_some_and(|last| last.token == Token::RightParen)
    }

    /// Whether, at a line end inside brackets, the logical line must be over nevertheless.
    fn breaks_off(&self, outermost: usize, newline: usize, next: usize, indentation: Indentation) -> bool {
        let last = self.lexemes[newline - 1].token;
        let last_word = if last == Token::Word { self.word(newline - 1) } else { "" };
        let after_operand = last.ends_operand() && keyword::infix(last_word).is_none() && last_word != "not";
        let unclosed = self.unclosed.binary_search(&outermost).is_ok();
        if unclosed && last == Token::Colon {
            return true;
        }
        self.indentation(next).column <= indentation.column
            && (unclosed || after_operand || keyword::is_reserved(self.word(next)))
            && self.begins_statement(next)
    }

    fn bracket_text(&self, index: usize) -> (Span, &'a str) {
        (self.lexemes[index].span, self.word(index))
    }

    fn unclosed_error(&self, opener: usize) -> Diagnostic {
        let (span, text) = self.bracket_text(opener);
        let closing = if text == "(" { ")" } else { "]" };
        Diagnostic::error(ErrorKind::SyntaxError, span, format!("this `{text}` is never closed"))
            .help(format!("close it with `{closing}`"))
    }

    fn closing_error(&self, closer: usize, closing: &Closing) -> Option<Diagnostic> {
        let (span, text) = self.bracket_text(closer);
        match *closing {
            Closing::Matches => None,
            Closing::Skips(opener) => Some(self.unclosed_error(opener)),
            Closing::ClosesNothing => {
                let message = format!("this `{text}` closes nothing");
                let opening = if text == ")" { "(" } else { "[" };
                let help = format!("remove it, or write the `{opening}` that it should close");
                Some(Diagnostic::error(ErrorKind::SyntaxError, span, message).help(help))
            }
            Closing::Mismatches(opener) => {
                let (opening, opening_text) = self.bracket_text(opener);
                let wanted = if opening_text == "(" { ")" } else { "]" };
                let message = format!("`{text}` cannot close `{opening_text}`");
                let error = Diagnostic::error(ErrorKind::SyntaxError, span, message)
                    .secondary(opening, "opened here")
                    .help(format!("write `{wanted}` here"));
                Some(error)
            }
        }
    }
}

impl Iterator for Layout<'_> {
    type Item = LogicalLine;

    fn next(&mut self) -> Option<LogicalLine> {
        while self.token(self.at) == Some(Token::Newline) {
            self.at += 1;
        }
        let first = self.at;
        self.token(first)?;
        let indentation = self.indentation(first);
        let mut brackets = Brackets::default();
        let mut bracket_error = None;
        // Brackets opened on a physical line with an unterminated string end with it.
        let mut open_before_line = 0;
        let mut is_cut = false;
        let mut unfinished = false;
        let end = loop {
            let at = self.at;
            let Some(token) = self.token(at) else {
                unfinished = !brackets.open.is_empty();
                break at;
            };
            match token {
                Token::LeftParen | Token::LeftBracket => brackets.open.push((at, token)),
                Token::RightParen | Token::RightBracket => {
                    let closing = brackets.close(token);
                    bracket_error = bracket_error.or_else(|| self.closing_error(at, &closing));
                }
                Token::UnterminatedString | Token::TightComment => is_cut = true,
                Token::Newline => {
                    if is_cut {
                        brackets.open.truncate(open_before_line);
                        is_cut = false;
                    }
                    let Some(&(outermost, _)) = brackets.open.first() else { break at };
                    open_before_line = brackets.open.len();
                    let next = (at..self.lexemes.len()).find(|&next| self.lexemes[next].token != Token::Newline);
                    if let Some(next) = next {
                        if self.breaks_off(outermost, at, next, indentation) {
                            break at;
                        }
                        self.at = next - 1;
                    }
                }
                _ => {}
            }
            self.at += 1;
        };
        self.at = end;
        if is_cut {
            brackets.open.truncate(open_before_line);
        }
        if let Some(&(outermost, _)) = brackets.open.first() {
            bracket_error = bracket_error.or_else(|| Some(self.unclosed_error(outermost)));
        }
        Some(LogicalLine { lexemes: first..end, indentation, bracket_error, unfinished })
    }
}

/// Indices of the opening brackets that nothing in the file closes.
fn unclosed(lexemes: &[Lexeme]) -> Vec<usize> {
    let mut brackets = Brackets::default();
    let mut unclosed = Vec::new();
    let mut open_before_line = 0;
    let mut is_cut = false;
    for (index, lexeme) in lexemes.iter().enumerate() {
        match lexeme.token {
            Token::LeftParen | Token::LeftBracket => brackets.open.push((index, lexeme.token)),
            Token::RightParen | Token::RightBracket => {
                if let Closing::Skips(opener) = brackets.close(lexeme.token) {
                    unclosed.push(opener);
                }
            }
            Token::UnterminatedString | Token::TightComment => is_cut = true,
            Token::Newline => {
                if is_cut {
                    brackets.open.truncate(open_before_line);
                }
                is_cut = false;
                open_before_line = brackets.open.len();
            }
            _ => {}
        }
    }
    unclosed.extend(brackets.open.iter().map(|&(index, _)| index));
    unclosed.sort_unstable();
    unclosed
}
