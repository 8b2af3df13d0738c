//! Why a clause could not be understood, in the words of the language: what was found, what was
//! expected, and what was probably meant. Nothing here ever speaks of tokens.

use super::clause::Clause;
use super::keyword;
use super::token::{Lexeme, Token};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Source, Span};

fn error(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(ErrorKind::SyntaxError, span, message)
}

/// The text of a span as messages quote it: cut to one line of moderate length.
pub(super) fn excerpt(source: &Source, span: Span) -> String {
    const CHARACTERS: usize = 60;
    let text = source.slice(span);
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(CHARACTERS) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.to_string(),
    }
}

/// What is wrong with a character or a sign that is no part of the language.
pub(super) fn lexical(source: &Source, lexeme: Lexeme) -> Diagnostic {
    let Lexeme { token, span } = lexeme;
    let text = source.slice(span);
    match token {
        Token::UnterminatedString => {
            let quote = text.chars().next().unwrap_or('"');
            error(span, "this string is not closed before the end of its line")
                .help(format!("close it with `{quote}`; a line break inside a string is written `\\n`"))
        }
        Token::UnterminatedComment => error(span, "this comment is never closed").help("close it with `*/`"),
        Token::TightComment => {
            error(Span::new(span.start, span.start + 2), "`//` begins a comment here, and cuts the expression off")
                .help("whole division is written `div`: `n div 2`")
                .help("for a comment put a blank before `//`")
        }
        Token::Foreign => {
            let (what, help) = foreign_sign(text);
            error(span, format!("`{text}` {what}")).help(help)
        }
        _ => bad_character(span, text),
    }
}

fn foreign_sign(text: &str) -> (&'static str, &'static str) {
    match text {
        "**" => ("is no operator", "a power is written `x ^ 2`"),
        "===" => ("is no operator", "equality is `=` or `==`"),
        "!==" => ("is no operator", "inequality is `!=` or `is not`"),
        "=>" => ("is no operator", "greater or equal is written `>=`"),
        "=<" => ("is no operator", "less or equal is written `<=`"),
        "<<" => ("is no operator", "to shift left by `n` bits, multiply by `2 ^ n`"),
        ">>" => ("is no operator", "to shift right by `n` bits, write `x div 2 ^ n`"),
        "&" => {
            ("is no operator", "`and` joins conditions; there is no address-of: variables hold pointers as they are")
        }
        "|" => ("is no operator", "`or` joins conditions"),
        "~" => ("is no operator", "`not` negates a condition"),
        "?" => ("is no operator", "choose between values with an `if` statement"),
        "..." | "…" => ("stands for something that is left out", "write it out, or make it a comment with `//`"),
        "{" | "}" => ("makes no block", "end the header with `:` and indent the body below it"),
        "\\" => ("means nothing outside a string", "lines continue inside `( )` and `[ ]`"),
        "::" => ("means nothing here", "a field is written `p.name`"),
        _ => ("means nothing here", "remove it"),
    }
}

fn bad_character(span: Span, text: &str) -> Diagnostic {
    let character = text.chars().next().unwrap_or(' ');
    let diagnostic = if character.is_control() {
        error(span, format!("the character U+{:04X} means nothing here", character as u32))
    } else {
        error(span, format!("the character `{character}` (U+{:04X}) means nothing here", character as u32))
    };
    match character {
        '“' | '”' | '„' | '«' | '»' => diagnostic.help("write straight quotes: `\"`"),
        '‘' | '’' | '´' => diagnostic.help("write straight quotes: `'`"),
        '→' | '⟵' | '⇐' | '⇒' => diagnostic.help("assign with `=` or `<-`"),
        '–' | '—' => diagnostic.help("write minus as `-`"),
        _ => diagnostic.help("remove it"),
    }
}

/// What the parser was ready for, in the words of the language.
fn expectation(expected: &[String]) -> &'static str {
    let can = |terminal: &str| expected.iter().any(|quoted| quoted.trim_matches('"') == terminal);
    let operator = can("+");
    match () {
        () if can("string") => "a value",
        () if can("integer") => "a number",
        () if can("name") => "a name",
        () if can("from") => "`from … to …` or `in …`",
        () if can("to") => "an operator or `to`",
        () if can("..") => "an operator, `..` or the end of the header",
        () if can("in") => "`in`",
        () if can("(") && !operator => "`(`",
        () if operator && can(")") => "an operator, `,` or `)`",
        () if operator && can("]") => "an operator, `,` or `]`",
        () if operator => "an operator or the end of the statement",
        () if can(")") && can(",") => "`,` or `)`",
        () if can(")") => "`)`",
        () if can("]") => "`]`",
        () if can("<-") => "`=`",
        () if can(",") => "`,` or the end of the line",
        () => "the end of the statement",
    }
}

/// A clause with the place at which the parser gave up.
struct Failure<'a> {
    source: &'a Source,
    clause: &'a Clause,
    lexemes: &'a [Lexeme],
    /// Index of the lexeme that did not fit; the number of lexemes if more was expected.
    at: usize,
    expected: &'a [String],
}

/// Explains why the grammar does not accept a clause. `offset` is where the parser stopped, `None`
/// at the clause's end; `expected` are the grammar's names of what could have come.
pub(super) fn explain(source: &Source, clause: &Clause, offset: Option<u32>, expected: &[String]) -> Diagnostic {
    let lexemes = clause.lexemes.as_slice();
    let mut at = offset.map_or(lexemes.len(), |offset| lexemes.partition_point(|lexeme| lexeme.span.start < offset));
    // The tokens that `clause` adds have no text and are never wrong.
    if at + 1 < lexemes.len() && lexemes[at].span.start == lexemes[at].span.end {
        at += 1;
    }
    Failure { source, clause, lexemes, at, expected }.explain()
}

impl Failure<'_> {
    fn text(&self, index: usize) -> &str {
        self.lexemes.get(index).map_or("", |lexeme| self.source.slice(lexeme.span))
    }

    /// The text of the lexemes `first` to `last` as messages quote it.
    fn quote(&self, first: usize, last: usize) -> String {
        excerpt(self.source, self.lexemes[first].span.to(self.lexemes[last].span))
    }

    fn token(&self, index: usize) -> Option<Token> {
        self.lexemes.get(index).map(|lexeme| lexeme.token)
    }

    /// Whether the lexeme is written as a word, whatever it means.
    fn is_word(&self, index: usize) -> bool {
        self.text(index).starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    fn begins_operand(&self, index: usize) -> bool {
        self.token(index).is_some_and(Token::begins_operand)
    }

    fn ends_operand(&self, index: usize) -> bool {
        self.token(index).is_some_and(Token::ends_operand)
    }

    fn touch(&self, index: usize) -> bool {
        index > 0 && self.lexemes[index - 1].span.end == self.lexemes[index].span.start
    }

    fn explain(&self) -> Diagnostic {
        self.other_language()
            .or_else(|| self.misspelt_keyword())
            .or_else(|| self.step_by_one())
            .or_else(|| self.pointer_operator())
            .or_else(|| self.special_form())
            .or_else(|| self.side_by_side())
            .unwrap_or_else(|| self.unexpected())
    }

    /// A word that is a keyword elsewhere: `try`, `import`, `goto`.
    fn other_language(&self) -> Option<Diagnostic> {
        if self.clause.keyword.is_none() {
            let help = keyword::foreign(self.text(0)).filter(|_| self.at > 0 && self.token(0) == Some(Token::Name))?;
            let word = self.text(0);
            return Some(error(self.lexemes[0].span, format!("`{word}` is not part of this language")).help(help));
        }
        let near = [self.at, self.at.wrapping_sub(1)];
        let index = near.into_iter().find(|&index| matches!(self.text(index), "then" | "do" | "lambda"))?;
        let word = self.text(index);
        let help = keyword::foreign(word)?;
        Some(error(self.lexemes[index].span, format!("`{word}` is not part of this language")).help(help))
    }

    /// `retrun x`
    fn misspelt_keyword(&self) -> Option<Diagnostic> {
        let word = self.text(0);
        let is_candidate = self.clause.keyword.is_none() && self.token(0) == Some(Token::Name) && self.at == 1;
        let meant = keyword::meant(word).filter(|_| is_candidate && self.begins_operand(1))?;
        Some(
            error(self.lexemes[0].span, format!("`{word}` begins no statement"))
                .help(format!("did you mean `{meant}`?")),
        )
    }

    /// `i++`, `++i`
    fn step_by_one(&self) -> Option<Diagnostic> {
        for (sign, operator) in [("+", Token::Plus), ("-", Token::Minus)] {
            for index in [self.at, self.at.wrapping_sub(1), self.at + 1] {
                let doubled = index > 0
                    && self.token(index) == Some(operator)
                    && self.token(index - 1) == Some(operator)
                    && self.touch(index);
                if doubled {
                    let span = self.lexemes[index - 1].span.to(self.lexemes[index].span);
                    let place = match index.checked_sub(2) {
                        Some(last) => self.quote(0, last),
                        None => self.text(index + 1).to_string(),
                    };
                    return Some(
                        error(span, format!("`{sign}{sign}` is no operator"))
                            .help(format!("write `{place} = {place} {sign} 1`")),
                    );
                }
            }
        }
        None
    }

    /// `*p`
    fn pointer_operator(&self) -> Option<Diagnostic> {
        let is_prefix = self.token(self.at) == Some(Token::Star) && !(self.at > 0 && self.ends_operand(self.at - 1));
        let operand = self.text(self.at + 1);
        (is_prefix && self.is_word(self.at + 1)).then(|| {
            error(self.lexemes[self.at].span, "there is no `*` that follows a pointer").help(format!(
                "a field is `{operand}.name`, an element `{operand}[i]`; `read_from({operand})` is the first of a block"
            ))
        })
    }

    /// Mistakes in one kind of statement.
    fn special_form(&self) -> Option<Diagnostic> {
        let keyword = self.clause.keyword;
        let has = |wanted: Token| self.lexemes.iter().any(|lexeme| lexeme.token == wanted);
        if keyword == Some(Token::For) && has(Token::Semicolon) {
            return Some(
                error(self.clause.span, "a loop over numbers is not written with `;`")
                    .help("write `for i from 0 to n - 1:`; the last value is included"),
            );
        }
        let before = &self.lexemes[self.at.saturating_sub(3)..self.at];
        let is_bare_sizeof = before.last().is_some_and(|last| self.source.slice(last.span) == "sizeof");
        if is_bare_sizeof || before.iter().any(|lexeme| lexeme.token == Token::Sizeof) {
            let span = self.lexemes.get(self.at).or(self.lexemes.last())?.span;
            return Some(
                error(span, "`sizeof` takes the name of a type").help("write `sizeof(Node)` or `sizeof(integer)`"),
            );
        }
        let found = *self.lexemes.get(self.at)?;
        let text = self.text(self.at);
        let after_operand = self.at > 0 && self.ends_operand(self.at - 1);
        if keyword == Some(Token::Repeat) {
            return Some(
                error(found.span, format!("expected `:` after `repeat`, found `{text}`"))
                    .help("the block ends with `until condition`; to count, write `for i from 1 to n:`"),
            );
        }
        if self.token(1) == Some(Token::Assign) && matches!(self.token(0), Some(Token::Not | Token::And | Token::Or)) {
            let message = format!("`{}` is a keyword, and cannot be assigned", self.text(0));
            return Some(error(self.lexemes[0].span, message).help("choose another name"));
        }
        if keyword == Some(Token::For) && matches!(found.token, Token::To | Token::Downto) && has(Token::In) {
            let message = format!("`in` and `{text}` do not go together");
            return Some(
                error(found.span, message).help(format!("write `for i from a {text} b:` or `for i in a..b:`")),
            );
        }
        if found.token == Token::Not && !after_operand {
            return Some(
                error(found.span, "`not` cannot stand here: it takes in everything up to `and` or `or`")
                    .help("put it into parentheses: `(not x)`"),
            );
        }
        if found.token != Token::Name && self.is_word(self.at) && keyword::is_reserved(text) && !after_operand {
            let message = format!("`{text}` is a keyword, and cannot be a name");
            return Some(error(found.span, message).help(match text {
                "if" if self.at + 1 < self.lexemes.len() => "choose between two values with an `if` statement",
                _ => "choose another name",
            }));
        }
        if matches!(found.token, Token::Arrow | Token::ColonEquals) {
            return Some(
                error(found.span, "an assignment cannot stand inside an expression").help("compare with `=` or `==`"),
            );
        }
        if found.token == Token::Slash
            && self.at > 0
            && self.token(self.at - 1) == Some(Token::Star)
            && self.touch(self.at)
        {
            let span = self.lexemes[self.at - 1].span.to(found.span);
            return Some(
                error(span, "this `*/` ends no comment").help("remove it, or write the `/*` that it should end"),
            );
        }
        let sign = self.at.checked_sub(1).map_or("", |before| self.text(before));
        if matches!(found.token, Token::Assign | Token::Equal)
            && matches!(sign, "+" | "-" | "*" | "/" | "%" | "<" | ">" | "!")
        {
            let span = self.lexemes[self.at - 1].span.to(found.span);
            return Some(
                error(span, format!("`{sign}` and `{text}` stand apart"))
                    .help(format!("write `{sign}{text}` without a blank")),
            );
        }
        if found.token == Token::DotDot {
            let error = error(found.span, "`..` stands only in `for i in a..b:`");
            if keyword == Some(Token::For) {
                return Some(error.help("a loop over numbers has no `each`"));
            }
            return Some(
                error.help("there are no slices: copy with a loop, or take a `substring(s, from, to)` of a string"),
            );
        }
        None
    }

    /// Two values with nothing between them: an arrow or an operator was lost, or the line is prose.
    fn side_by_side(&self) -> Option<Diagnostic> {
        let at = self.at;
        if at == 0 || at >= self.lexemes.len() || !self.ends_operand(at - 1) {
            return None;
        }
        let (before, found) = (self.lexemes[at - 1], self.lexemes[at]);
        if found.token == Token::LeftParen {
            return Some(
                error(found.span, "only the name of a function can be called")
                    .help("an element is written with `[ ]`; a product needs a `*`"),
            );
        }
        let is_loop_word = matches!(found.token, Token::To | Token::Downto | Token::Step | Token::In | Token::From);
        if is_loop_word || !(self.begins_operand(at) || self.is_word(at)) {
            return None;
        }
        let both = before.span.to(found.span);
        if before.token == Token::Integer && before.span.end == found.span.start {
            return Some(
                error(both, "a name cannot begin with a digit")
                    .help("put an operator between the two if they are two values"),
            );
        }
        let is_outside_brackets = self.is_outside_brackets(at);
        let is_statement = self.clause.keyword.is_none() && is_outside_brackets;
        if is_statement
            && (0..3).all(|index| self.is_word(index))
            && !self.lexemes[..3].iter().any(|l| l.token == Token::Assign)
        {
            return Some(
                error(self.clause.span, "this line is a sentence, and no machine can execute it")
                    .help("if it is a remark, begin it with `//`")
                    .help("if it is a step of the program, write it as an assignment or a call"),
            );
        }
        if is_statement && self.is_place(at) {
            let (place, value) = (self.quote(0, at - 1), self.quote(at, self.lexemes.len() - 1));
            let diagnostic = error(both, "two values stand side by side")
                .label("an assignment arrow seems to have been lost in copying")
                .help(format!("to assign, write `{place} = {value}`"));
            return Some(match self.is_word(0) && self.is_word(at) {
                true => diagnostic.help("if it is a remark, begin the line with `//`"),
                false => diagnostic,
            });
        }
        let (left, right) = (self.quote(at - 1, at - 1), self.quote(at, at));
        let lacks_colon = self.clause.is_header && !self.clause.has_colon && is_outside_brackets;
        let assigned = self.lexemes.iter().any(|lexeme| lexeme.token == Token::Assign);
        let expected = match self.clause.keyword {
            _ if lacks_colon => "an operator, or `:` and the body",
            Some(Token::Let) if !assigned => "`=`",
            Some(Token::Set) if !assigned => "`to`",
            _ => expectation(self.expected),
        };
        let diagnostic =
            error(both, format!("nothing stands between `{left}` and `{right}`")).label(format!("expected {expected}"));
        let size = keyword::size(&right);
        let unit = right.to_lowercase();
        Some(match keyword::unit(&unit) {
            _ if self.token(at + 1) == Some(Token::Assign) => {
                diagnostic.help("two statements on one line are separated by `;`")
            }
            _ if let (Some(size), Token::Integer) = (size, before.token) => {
                diagnostic.help(format!("sizes are written `{left} {size}`"))
            }
            _ if let Some(size) = size => {
                diagnostic.help(format!("`{size}` stands behind digits only: `n * 1 {size}`"))
            }
            Some(_) => diagnostic.help(format!("a unit ends the arguments of an allocation: `allocate(n {unit})`")),
            None => diagnostic,
        })
    }

    /// Whether the lexemes before `end` can be a place: a name with fields and elements.
    fn is_place(&self, end: usize) -> bool {
        let mut depth = 0;
        self.token(0) == Some(Token::Name)
            && self.lexemes[..end].iter().all(|lexeme| {
                match lexeme.token {
                    Token::LeftBracket => depth += 1,
                    Token::RightBracket => depth -= 1,
                    Token::Name | Token::Dot => {}
                    _ => return depth > 0,
                }
                true
            })
    }

    fn is_outside_brackets(&self, index: usize) -> bool {
        let opened = |lexeme: &&Lexeme| matches!(lexeme.token, Token::LeftParen | Token::LeftBracket);
        let closed = |lexeme: &&Lexeme| matches!(lexeme.token, Token::RightParen | Token::RightBracket);
        let before = &self.lexemes[..index];
        before.iter().filter(opened).count() == before.iter().filter(closed).count()
    }

    /// The general case.
    fn unexpected(&self) -> Diagnostic {
        let expected = expectation(self.expected);
        let Some(lexeme) = self.lexemes.get(self.at) else { return self.unexpected_end(expected) };
        let text = excerpt(self.source, lexeme.span);
        let diagnostic = error(lexeme.span, format!("expected {expected}, found `{text}`"));
        match (lexeme.token, self.at.checked_sub(1).map(|before| self.token(before))) {
            (Token::Plus, _) if !(self.at > 0 && self.ends_operand(self.at - 1)) => {
                diagnostic.help("a number needs no `+` before it")
            }
            (Token::Comma, _) => match self.separated_digits() {
                Some(digits) => diagnostic.help(format!(
                    "the commas of `{digits}` separate values here; if it is one number, write `{}`",
                    digits.replace(',', "")
                )),
                None => diagnostic,
            },
            (Token::Dot, Some(Some(Token::Integer))) => diagnostic.help("digits follow the point: `1.0`"),
            (Token::Dot, None) => diagnostic.help("digits stand before the point: `0.5`"),
            (Token::Dot, _) if self.token(self.at + 1) == Some(Token::Integer) => {
                diagnostic.help("digits stand before the point: `0.5`")
            }
            (Token::Semicolon, _) => diagnostic.help("a `;` stands between statements only, outside brackets"),
            (Token::Colon, _) => diagnostic.help("only headers have a `:`"),
            (Token::Equal | Token::Assign, _) if self.clause.keyword == Some(Token::Fields) => {
                diagnostic.help("a record only names its fields; values are given to `new`: `new Node(1, null)`")
            }
            _ => diagnostic,
        }
    }

    /// The digits with commas in groups of three around the comma that did not fit.
    fn separated_digits(&self) -> Option<&str> {
        let is_group = |index: usize| self.token(index) == Some(Token::Integer) && self.text(index).len() == 3;
        let first = self.at.checked_sub(1).filter(|&first| self.token(first) == Some(Token::Integer))?;
        let mut last = first;
        while self.token(last + 1) == Some(Token::Comma)
            && is_group(last + 2)
            && self.touch(last + 1)
            && self.touch(last + 2)
        {
            last += 2;
        }
        let span = self.lexemes[first].span.to(self.lexemes[last].span);
        (last > first).then(|| self.source.slice(span))
    }

    fn unexpected_end(&self, expected: &str) -> Diagnostic {
        let Some(last) = self.lexemes.last() else { return error(self.clause.span, format!("expected {expected}")) };
        let text = excerpt(self.source, last.span);
        let end = if self.clause.is_header { "header" } else { "statement" };
        let diagnostic = error(last.span, format!("the {end} ends too early: expected {expected} after `{text}`"));
        match self.lexemes {
            [.., number, dot] if dot.token == Token::Dot && number.token == Token::Integer => {
                diagnostic.help("digits follow the point: `1.0`")
            }
            _ => diagnostic,
        }
    }
}
