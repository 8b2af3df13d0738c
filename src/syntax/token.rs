//! Tokens and the lexer. The lexer never fails: what it does not know is a token too, and is reported
//! with the statement that holds it. It sees characters only; which word is a keyword depends on
//! where it stands, and is decided in `clause`.

use logos::{FilterResult, Lexer, Logos};

use super::keyword::{self, Stands};
use crate::source::{Source, Span};

/// What a piece of text is. The first group is what the lexer yields, the second what words and
/// signs become once their place in the statement is known.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(extras = CommentState)]
#[logos(skip(r"[ \t\r\x0B\x0C\u{A0}\u{2000}-\u{200B}\u{202F}\u{3000}\u{FEFF}]+"))]
#[logos(skip(r"#[^\n]*", allow_greedy = true))]
pub(super) enum Token {
    #[token("\n")]
    Newline,
    #[regex(r"[\p{XID_Start}_][\p{XID_Continue}]*")]
    Word,
    #[regex(r"[0-9][0-9_]*")]
    #[regex(r"0[xXbBoO][0-9A-Za-z_]*")]
    Integer,
    #[regex(r"[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9]+)?")]
    #[regex(r"[0-9][0-9_]*[eE][+-]?[0-9]+")]
    Float,
    #[regex(r#""([^"\\\n]|\\[^\n])*""#)]
    #[regex(r"'([^'\\\n]|\\[^\n])*'")]
    #[regex(r"“[^”\n]*”")]
    #[regex(r"‘[^’\n]*’")]
    String,

    #[token("(")]
    LeftParen,
    #[token(")")]
    RightParen,
    #[token("[")]
    LeftBracket,
    #[token("]")]
    RightBracket,
    #[token(",")]
    Comma,
    #[token(";")]
    Semicolon,
    #[token(":")]
    Colon,
    #[token(".")]
    #[token("->")]
    Dot,
    #[token("..")]
    DotDot,
    #[token("+")]
    Plus,
    #[token("-")]
    #[token("−")]
    Minus,
    #[token("*")]
    #[token("×")]
    Star,
    #[token("/")]
    #[token("÷")]
    Slash,
    #[token("%")]
    Percent,
    #[token("^")]
    Caret,
    #[token("!")]
    Bang,
    #[token("=")]
    Equals,
    #[token("==")]
    Equal,
    #[token("!=")]
    #[token("<>")]
    #[token("≠")]
    NotEqual,
    #[token("<")]
    Less,
    #[token("<=")]
    #[token("≤")]
    LessEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    #[token("≥")]
    GreaterEqual,
    #[token("&&")]
    And,
    #[token("||")]
    Or,
    #[token(":=")]
    ColonEquals,
    #[token("<-")]
    #[token("←")]
    Arrow,
    #[token("+=")]
    PlusEquals,
    #[token("-=")]
    MinusEquals,
    #[token("*=")]
    StarEquals,
    #[token("/=")]
    SlashEquals,
    #[token("%=")]
    PercentEquals,

    /// A quote that its line does not close.
    #[regex(r#""([^"\\\n]|\\[^\n])*\\?"#)]
    #[regex(r"'([^'\\\n]|\\[^\n])*\\?")]
    UnterminatedString,
    /// The `/*` of a comment that is never closed.
    #[token("/*", block_comment)]
    UnterminatedComment,
    /// `n//2`: what follows reads like the rest of an expression. Other `//` comments are dropped.
    #[regex(r"//[^\n]*", allow_greedy = true)]
    TightComment,
    /// Signs of other languages.
    #[token("**")]
    #[token("===")]
    #[token("!==")]
    #[token("=>")]
    #[token("=<")]
    #[token("<<")]
    #[token(">>")]
    #[token("::")]
    #[token("...")]
    #[token("…")]
    #[token("&")]
    #[token("|")]
    #[token("~")]
    #[token("?")]
    #[token("@")]
    #[token("$")]
    #[token("\\")]
    #[token("`")]
    #[token("{")]
    #[token("}")]
    Foreign,
    /// Any other character.
    Bad,

    // What `clause` makes of words and signs.
    Name,
    Assign,
    Not,
    Mod,
    Div,
    Is,
    IsNot,
    IsEmpty,
    IsNotEmpty,
    True,
    False,
    Null,
    New,
    Weak,
    Sizeof,
    LengthOf,
    Unit,
    Size,
    If,
    Else,
    ElseIf,
    While,
    For,
    Each,
    From,
    To,
    Downto,
    Step,
    In,
    Repeat,
    Until,
    Function,
    Record,
    Fields,
    Return,
    Break,
    Continue,
    Pass,
    Print,
    PrintCall,
    Set,
    Let,
    Global,
    Defer,
    Delete,
    Closer,
}

impl Token {
    /// Whether a complete operand may end with this token: what follows is an operator, not a value.
    pub(super) fn ends_operand(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | Word
                | Integer
                | Float
                | String
                | UnterminatedString
                | True
                | False
                | Null
                | RightParen
                | RightBracket
                | Size
                | Unit
                | IsEmpty
                | IsNotEmpty
        )
    }

    /// Whether an operand may begin with this token and no operator can.
    pub(super) fn begins_operand(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | Word | Integer | Float | String | True | False | Null | New | Weak | Sizeof | LengthOf | Not | Bang
        )
    }

    /// `=` `:=` `<-` and `+=` and its like, before it is known what they mean.
    pub(super) fn is_assignment(self) -> bool {
        matches!(self, Token::Equals | Token::ColonEquals | Token::Arrow) || self.is_update()
    }

    /// `+=` and its like.
    pub(super) fn is_update(self) -> bool {
        use Token::*;
        matches!(self, PlusEquals | MinusEquals | StarEquals | SlashEquals | PercentEquals)
    }

    /// Whether the lexer found something that is no part of the language.
    pub(super) fn is_lexical_error(self) -> bool {
        use Token::*;
        matches!(self, UnterminatedString | UnterminatedComment | TightComment | Foreign | Bad)
    }
}

/// A token where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// Whether a `/*` without an end was met: then no later one has an end either.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CommentState {
    unterminated: bool,
}

/// Skips a comment; of an unterminated one, only its line, so that the lines below are still checked.
fn block_comment(lexer: &mut Lexer<Token>) -> FilterResult<(), ()> {
    let rest = lexer.remainder();
    let first_failure = !lexer.extras.unterminated;
    if first_failure && let Some(length) = rest.find("*/") {
        lexer.bump(length + 2);
        return FilterResult::Skip;
    }
    lexer.extras.unterminated = true;
    lexer.bump(rest.find('\n').unwrap_or(rest.len()));
    if first_failure { FilterResult::Emit(()) } else { FilterResult::Skip }
}

/// All tokens of a source, comments left out.
pub(super) fn lex(source: &Source) -> Vec<Lexeme> {
    let mut lexemes: Vec<Lexeme> = Vec::with_capacity(source.text.len() / 4);
    for (token, range) in Token::lexer(&source.text).spanned() {
        let token = token.unwrap_or(Token::Bad);
        let mut span = Span::new(source.base + range.start as u32, source.base + range.end as u32);
        match token {
            Token::UnterminatedComment => span.end = span.start + 2,
            Token::UnterminatedString => span.end -= u32::from(source.slice(span).ends_with('\r')),
            Token::TightComment => {
                let tight = lexemes.last().is_some_and(|last| last.span.end == span.start && is_value(source, *last));
                if !(tight && continues_expression(&source.text[range.start + 2..range.end])) {
                    continue;
                }
            }
            _ => {}
        }
        lexemes.push(Lexeme { token, span });
    }
    lexemes
}

/// Whether a value may end with this lexeme: `n`, but not `break`.
fn is_value(source: &Source, lexeme: Lexeme) -> bool {
    let is_keyword = |word| matches!(keyword::leading(word), Some((_, Stands::Always | Stands::Alone)));
    lexeme.token.ends_operand() && !(lexeme.token == Token::Word && is_keyword(source.slice(lexeme.span)))
}

/// Whether the text after a tight `//` reads like the rest of an expression and not like a remark:
/// operands and operators take turns.
fn continues_expression(text: &str) -> bool {
    if text.starts_with(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | '_' | '-')) {
        return false;
    }
    let mut after_operand = false;
    for (token, range) in Token::lexer(text).spanned() {
        let Ok(token) = token else { return false };
        match token {
            Token::Word if after_operand && keyword::infix(&text[range]).is_some() => after_operand = false,
            Token::TightComment | Token::Semicolon | Token::Colon => break,
            Token::LeftParen | Token::LeftBracket => after_operand = false,
            Token::RightParen | Token::RightBracket | Token::Comma if !after_operand => return false,
            Token::RightParen | Token::RightBracket => {}
            Token::Foreign => return false,
            _ if token.begins_operand() && after_operand => return false,
            _ => after_operand = token.ends_operand(),
        }
    }
    after_operand
}
