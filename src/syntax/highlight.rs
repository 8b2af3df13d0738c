//! What each piece of a text is, for people who look at it while it is typed: an editor colours it,
//! finds the bracket that matches, sees whether a line goes on. Uses what the parser uses, so a word
//! that is a keyword only where it stands is one here only there.

use std::ops::Range;

use super::clause::{Clauses, Reading};
use super::keyword;
use super::layout::Layout;
use super::token::{self, Lexeme, Token};
use crate::source::{Source, Sources, Span};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// A word of the language.
    Keyword,
    /// A word of the program's.
    Name,
    /// A number, with its size word.
    Number,
    /// A string, closed or not.
    Text,
    /// A comment that ends.
    Comment,
    /// A comment that does not, to the end of the text.
    OpenComment,
    /// `(` or `[`
    Opening,
    /// `)` or `]`
    Closing,
    /// `:`
    Colon,
    /// `.` or `->` before a field.
    Dot,
    /// `,`
    Comma,
    /// Any other sign.
    Sign,
}

/// A piece of a text: words and signs, strings and comments, but no blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// The pieces of a text, in its order.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut sources = Sources::default();
    let source = sources.add("", text);
    let source = sources.get(source);
    let mut lexemes = token::lex(source);
    // A string that is being typed is no reason to understand less of its line.
    for lexeme in lexemes.iter_mut().filter(|lexeme| lexeme.token == Token::UnterminatedString) {
        lexeme.token = Token::String;
    }
    let mut pieces = Vec::with_capacity(lexemes.len());
    for lexeme in meant(source, &lexemes) {
        comments(text, &mut pieces, lexeme.span.start as usize);
        if lexeme.token == Token::UnterminatedComment {
            pieces.push(Piece { kind: PieceKind::OpenComment, range: lexeme.span.start as usize..text.len() });
            return pieces;
        }
        pieces.push(Piece { kind: kind(lexeme.token), range: lexeme.span.start as usize..lexeme.span.end as usize });
    }
    comments(text, &mut pieces, text.len());
    pieces
}

/// The lexemes, each word and sign with the meaning that its place gives it, where it has one.
fn meant(source: &Source, lexemes: &[Lexeme]) -> Vec<Lexeme> {
    let mut meant = Vec::with_capacity(lexemes.len());
    for line in Layout::new(source, lexemes) {
        let line = &lexemes[line.lexemes];
        let mut raw = line.iter().copied().filter(|lexeme| lexeme.token != Token::Newline).peekable();
        for clause in Clauses::new(source, line, Reading::Statements) {
            for lexeme in clause.lexemes.into_iter().filter(|lexeme| lexeme.span.start < lexeme.span.end) {
                // Signs that a clause leaves out, such as the colon of a header.
                while let Some(left_out) = raw.next_if(|left_out| left_out.span.start < lexeme.span.start) {
                    push(&mut meant, spelt(source, left_out));
                }
                while raw.next_if(|taken| taken.span.end <= lexeme.span.end).is_some() {}
                push(&mut meant, spelt(source, lexeme));
            }
        }
        raw.for_each(|left_out| push(&mut meant, spelt(source, left_out)));
    }
    meant
}

/// Clauses may overlap where the text is wrong; pieces do not.
fn push(lexemes: &mut Vec<Lexeme>, lexeme: Lexeme) {
    if lexemes.last().is_none_or(|last| last.span.end <= lexeme.span.start) {
        lexemes.push(lexeme);
    }
}

/// A word whose place says nothing, because the line is not whole yet, is taken by its spelling.
fn spelt(source: &Source, lexeme: Lexeme) -> Lexeme {
    let word = source.slice(lexeme.span);
    let token = match lexeme.token {
        Token::Word if keyword::is_reserved(word) || matches!(word, "and" | "or" | "not") => Token::If,
        Token::Word => keyword::literal(word).unwrap_or(Token::Name),
        token => token,
    };
    Lexeme { token, span: Span::new(lexeme.span.start, lexeme.span.end) }
}

/// Between two lexemes there are blanks and comments only.
fn comments(text: &str, pieces: &mut Vec<Piece>, end: usize) {
    let start = pieces.last().map_or(0, |last| last.range.end);
    let Some(between) = text.get(start..end) else { return };
    let trimmed = between.trim_start();
    let begin = start + between.len() - trimmed.len();
    let trimmed = trimmed.trim_end();
    if trimmed.starts_with(['/', '#']) {
        pieces.push(Piece { kind: PieceKind::Comment, range: begin..begin + trimmed.len() });
    }
}

fn kind(token: Token) -> PieceKind {
    use Token::*;
    match token {
        Name | Word | Bad => PieceKind::Name,
        Integer | Float | Size => PieceKind::Number,
        String | UnterminatedString => PieceKind::Text,
        UnterminatedComment => PieceKind::OpenComment,
        TightComment => PieceKind::Comment,
        LeftParen | LeftBracket => PieceKind::Opening,
        RightParen | RightBracket => PieceKind::Closing,
        Colon => PieceKind::Colon,
        Dot => PieceKind::Dot,
        Comma => PieceKind::Comma,
        And | Or | Not | Mod | Div | Is | IsNot | IsEmpty | IsNotEmpty | True | False | Null | New | Weak | Sizeof
        | LengthOf | Unit | If | Else | ElseIf | While | For | Each | From | To | Downto | Step | In | Repeat
        | Until | Function | Record | Fields | Return | Break | Continue | Pass | Print | PrintCall | Set | Let
        | Global | Defer | Delete | Closer => PieceKind::Keyword,
        Newline | Semicolon | DotDot | Plus | Minus | Star | Slash | Percent | Caret | Bang | Equals | Equal
        | NotEqual | Less | LessEqual | Greater | GreaterEqual | ColonEquals | Arrow | PlusEquals | MinusEquals
        | StarEquals | SlashEquals | PercentEquals | Foreign | Assign => PieceKind::Sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each piece with a letter for its kind.
    fn shown(text: &str) -> String {
        let letter = |kind| match kind {
            PieceKind::Keyword => 'k',
            PieceKind::Name => 'n',
            PieceKind::Number => '0',
            PieceKind::Text => 't',
            PieceKind::Comment => 'c',
            PieceKind::OpenComment => 'o',
            PieceKind::Opening => '(',
            PieceKind::Closing => ')',
            PieceKind::Colon => ':',
            PieceKind::Dot => '.',
            PieceKind::Comma => ',',
            PieceKind::Sign => '+',
        };
        let pieces = pieces(text);
        assert!(pieces.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{pieces:?}");
        pieces.iter().map(|piece| format!("{}{} ", letter(piece.kind), &text[piece.range.clone()])).collect()
    }

    #[test]
    fn words_mean_what_their_place_says() {
        assert_eq!(shown("for i from 0 to n:"), "kfor ni kfrom 00 kto nn :: ");
        assert_eq!(shown("from = to"), "nfrom += nto ");
        assert_eq!(shown("p.end = 1"), "np .. nend += 01 ");
        assert_eq!(shown("x = allocate(10 integers)"), "nx += nallocate (( 010 kintegers )) ");
        assert_eq!(shown("a is not null and b"), "na kis not knull kand nb ");
    }

    #[test]
    fn what_is_not_whole_yet_has_pieces_too() {
        assert_eq!(shown("while x <"), "kwhile nx +< ");
        assert_eq!(shown("print(\"abc"), "kprint (( t\"abc ");
        assert_eq!(shown("else"), "kelse ");
        assert_eq!(shown("("), "(( ");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn comments_are_between_the_lexemes() {
        assert_eq!(shown("x = 1 // why\ny"), "nx += 01 c// why ny ");
        assert_eq!(shown("# all of it"), "c# all of it ");
        assert_eq!(shown("a /* b */ + c"), "na c/* b */ ++ nc ");
        assert_eq!(shown("a /* b\nc"), "na o/* b\nc ");
        assert_eq!(shown("x = \"// no comment\""), "nx += t\"// no comment\" ");
    }
}
