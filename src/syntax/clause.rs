//! Clauses: a logical line is cut into headers and statements, and every word and sign of a clause
//! gets the meaning that its place gives it, so that the grammar needs to know nothing of context.

use super::keyword::{self, Stands};
use super::thousands;
use super::token::{Lexeme, Token};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Source, Span};

/// How the lexemes of a line are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As headers and statements.
    Statements,
    /// As the fields of a record.
    Fields,
    /// As one expression.
    Expression,
}

/// A header or a statement, ready for the grammar.
#[derive(Debug, Default)]
pub(super) struct Clause {
    /// What the grammar is to parse.
    pub(super) lexemes: Vec<Lexeme>,
    /// The keyword that begins it, if one does.
    pub(super) keyword: Option<Token>,
    /// Its text, without the `:` of a header.
    pub(super) span: Span,
    /// It opens a block.
    pub(super) is_header: bool,
    /// A `:` ends it.
    pub(super) has_colon: bool,
    /// What is wrong with it, before the grammar sees it.
    pub(super) error: Option<Diagnostic>,
    /// Wrong as well, but of less weight than what the grammar has to say.
    pub(super) missing_colon: Option<Diagnostic>,
}

/// What a look at a clause's brackets tells.
#[derive(Default)]
struct Shape {
    /// One past its last lexeme: a `;` or `:` outside brackets, or the end of the line.
    end: usize,
    /// The first assignment sign outside brackets.
    assignment: Option<usize>,
    /// Where the parenthesis closes that the second lexeme opens.
    first_closed: Option<usize>,
}

/// Makes names of the words that are operators or built-ins by their spelling, wherever the program calls
/// a function of its own by them.
pub(super) fn shadow(source: &Source, lexemes: &mut [Lexeme]) {
    let is_call = |pair: &[Lexeme]| pair[0].token == Token::Word && pair[1].token == Token::LeftParen;
    let text = |lexeme: &Lexeme| source.slice(lexeme.span);
    let is_definition = |three: &&[Lexeme]| {
        is_call(&three[1..])
            && keyword::leading(text(&three[0])).is_some_and(|(token, _)| token == Token::Function)
            && keyword::may_be_shadowed(text(&three[1]))
    };
    let defined: Vec<&str> = lexemes.windows(3).filter(is_definition).map(|three| text(&three[1])).collect();
    if defined.is_empty() {
        return;
    }
    for index in 1..lexemes.len() {
        if is_call(&lexemes[index - 1..=index]) && defined.contains(&text(&lexemes[index - 1])) {
            lexemes[index - 1].token = Token::Name;
        }
    }
}

/// Cuts one logical line into clauses.
pub(super) struct Clauses<'a> {
    source: &'a Source,
    lexemes: Vec<Lexeme>,
    at: usize,
    reading: Reading,
}

impl<'a> Clauses<'a> {
    /// The clauses of the line made of `lexemes`, line ends inside brackets among them.
    pub(super) fn new(source: &'a Source, lexemes: &[Lexeme], reading: Reading) -> Clauses<'a> {
        let lexemes = lexemes.iter().copied().filter(|lexeme| lexeme.token != Token::Newline).collect();
        Clauses { source, lexemes, at: 0, reading }
    }

    /// How the rest of the line is to be read: after `record Node:` as fields.
    pub(super) fn read_rest(&mut self, reading: Reading) {
        self.reading = reading;
    }

    fn token(&self, index: usize) -> Option<Token> {
        self.lexemes.get(index).map(|lexeme| lexeme.token)
    }

    fn text(&self, index: usize) -> &'a str {
        self.lexemes.get(index).map_or("", |lexeme| self.source.slice(lexeme.span))
    }

    fn shape(&self, start: usize) -> Shape {
        let mut shape = Shape::default();
        if matches!(self.text(start), "else" | "defer")
            && self.token(start + 1).is_some_and(Token::begins_operand)
            && self.text(start + 1) != "if"
        {
            // The rest of the line is looked at when its turn comes, once.
            shape.end = start + 1;
            return shape;
        }
        let mut depth = 0;
        let mut index = start;
        while let Some(token) = self.token(index) {
            match token {
                Token::LeftParen | Token::LeftBracket => depth += 1,
                Token::RightParen | Token::RightBracket => {
                    depth -= 1;
                    if depth == 0 && shape.first_closed.is_none() && self.token(start + 1) == Some(Token::LeftParen) {
                        shape.first_closed = Some(index);
                    }
                }
                Token::Semicolon | Token::Colon if depth == 0 => break,
                token if depth == 0 && token.is_assignment() && shape.assignment.is_none() => {
                    shape.assignment = Some(index);
                }
                _ => {}
            }
            index += 1;
        }
        shape.end = index;
        shape
    }

    /// How many words the closer has that is the whole line: `end`, `end if`, `endif`, `next i`.
    fn closer(&self) -> Option<usize> {
        let mut words = self.lexemes.len();
        while words > 0 && self.token(words - 1) == Some(Token::Semicolon) {
            words -= 1;
        }
        let first = self.text(0);
        let is_closer = match words {
            1 => matches!(first, "end" | "next") || first.strip_prefix("end").and_then(keyword::ended).is_some(),
            2 => matches!(first, "end" | "next") && self.token(1) == Some(Token::Word),
            _ => false,
        };
        is_closer.then_some(words)
    }

    /// The keyword that begins the statement at `start`, if the word there stands as one.
    fn leading(&self, start: usize, shape: &Shape) -> Option<Token> {
        if self.token(start) != Some(Token::Word) {
            return None;
        }
        let (token, stands) = keyword::leading(self.text(start))?;
        let next = if start + 1 < shape.end { self.token(start + 1) } else { None };
        let is_place = match next {
            Some(Token::Dot | Token::Comma | Token::LeftBracket) => shape.assignment.is_some(),
            Some(next) => next.is_assignment(),
            None => false,
        };
        let is_keyword = match stands {
            Stands::Always => true,
            Stands::UnlessPlace => !is_place,
            Stands::UnlessPlaceOrCall => !is_place && next != Some(Token::LeftParen),
            Stands::BeforeOperand => {
                // `function div(a, b):` is a header all the same.
                let is_header = keyword::opens(token).is_some() && self.token(shape.end) == Some(Token::Colon);
                next.is_some_and(Token::begins_operand) && (is_header || !self.is_infix(start + 1))
            }
            Stands::Alone => next.is_none() || next.is_some_and(Token::begins_operand) && !self.is_infix(start + 1),
        };
        is_keyword.then_some(token)
    }

    fn is_infix(&self, index: usize) -> bool {
        self.token(index) == Some(Token::Word) && keyword::infix(self.text(index)).is_some()
    }

    /// A header without a keyword: `main():`.
    fn is_bare_header(&self, start: usize, shape: &Shape) -> bool {
        self.token(start) == Some(Token::Word)
            && !keyword::is_reserved(self.text(start))
            && self.token(shape.end) == Some(Token::Colon)
            && shape.first_closed.is_some_and(|closed| closed + 1 == shape.end)
    }

    fn is_function(&self, start: usize, shape: &Shape) -> bool {
        self.is_bare_header(start, shape) || self.leading(start, shape) == Some(Token::Function)
    }

    fn method_error(&self, start: usize) -> Diagnostic {
        let span = self.lexemes[start].span;
        Diagnostic::error(ErrorKind::SyntaxError, span, "a record has fields, and no functions")
            .help("define the function outside, and give it the record as a parameter")
    }

    /// `if = 3`: no header, and no statement either.
    fn assigned_keyword(&mut self, start: usize, end: usize) -> Clause {
        let message = format!("`{}` is a keyword, and cannot be assigned", self.text(start));
        let error = Diagnostic::error(ErrorKind::SyntaxError, self.lexemes[start].span, message);
        self.at = end;
        Clause { span: self.span(start, end), error: Some(error.help("choose another name")), ..Clause::default() }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        self.lexemes[start].span.to(self.lexemes[end.max(start + 1) - 1].span)
    }

    /// The clause that begins here.
    fn cut(&mut self) -> Clause {
        let start = self.at;
        let mut shape = self.shape(start);
        let mut clause = Clause::default();
        let closer = if start == 0 && self.reading == Reading::Statements { self.closer() } else { None };
        match self.reading {
            Reading::Statements if closer.is_some() => {
                shape.end = closer.unwrap_or(shape.end);
                clause.keyword = Some(Token::Closer);
            }
            Reading::Statements if self.is_bare_header(start, &shape) => {
                clause.keyword = Some(Token::Function);
                clause.is_header = true;
            }
            Reading::Statements => {
                clause.keyword = self.leading(start, &shape);
                clause.is_header = clause.keyword.and_then(keyword::opens).is_some();
                if clause.keyword.is_some() && self.token(start + 1).is_some_and(Token::is_assignment) {
                    return self.assigned_keyword(start, shape.end);
                }
            }
            Reading::Fields if self.is_function(start, &shape) => {
                clause.keyword = Some(Token::Function);
                clause.is_header = true;
                clause.error = Some(self.method_error(start));
                self.reading = Reading::Statements;
            }
            Reading::Fields => clause.keyword = Some(Token::Fields),
            Reading::Expression => {}
        }
        if clause.keyword == Some(Token::Else) && self.text(start + 1) == "if" {
            clause.keyword = Some(Token::ElseIf);
        }
        let has_colon = self.token(shape.end) == Some(Token::Colon);
        let has_colon_next = self.token(start + 1) == Some(Token::Colon);
        // What follows `else` and `defer` on the line is the body, colon or not.
        let ends_at_once = matches!(clause.keyword, Some(Token::Else | Token::Defer)) && !has_colon_next;
        if ends_at_once {
            shape.end = start + 1;
        }
        if clause.is_header && clause.keyword != Some(Token::Defer) && (ends_at_once || !has_colon) {
            clause.missing_colon = Some(self.missing_colon(start, shape.end));
        }
        clause.span = self.span(start, shape.end);
        self.at = shape.end;
        if has_colon && !clause.is_header {
            self.take_colon(start, &mut clause);
        } else if self.token(self.at) == Some(Token::Colon) {
            clause.has_colon = true;
            self.at += 1;
        }
        self.retag(start, &shape, &mut clause);
        clause
    }

    fn missing_colon(&self, start: usize, end: usize) -> Diagnostic {
        let keyword = self.text(start);
        let last = self.lexemes[end - 1].span;
        Diagnostic::error(
            ErrorKind::SyntaxError,
            Span::new(last.end, last.end),
            format!("the `{keyword}` header has no `:` at its end"),
        )
        .label("a `:` is missing here")
        .help("a header ends in `:`, and its body is indented below it")
    }

    /// A `:` after something that is no header. At the end of the line a header was meant, and the
    /// block below it belongs to it; elsewhere the rest of the line is given up.
    fn take_colon(&mut self, start: usize, clause: &mut Clause) {
        let colon = self.lexemes[self.at].span;
        let word = self.text(start);
        let quoted = super::error::excerpt(self.source, self.lexemes[start].span);
        let ends_line = self.at + 1 == self.lexemes.len();
        let error = |message: String| Diagnostic::error(ErrorKind::SyntaxError, clause.span, message);
        let definition = keyword::leading(word).map(|(token, _)| token).filter(|_| self.at == start + 1);
        if let (Reading::Statements, Some(token @ (Token::Function | Token::Record))) = (self.reading, definition) {
            let example = if token == Token::Record { "record Node:" } else { "function name(parameters):" };
            clause.error = Some(error(format!("this `{word}` has no name")).help(format!("write `{example}`")));
            clause.is_header = true;
            clause.keyword = Some(token);
            self.at += 1;
            return;
        }
        let meant = keyword::meant(word).filter(|_| self.lexemes[start].token == Token::Word);
        let keyword = meant.and_then(keyword::leading).map(|(token, _)| token).filter(|&t| keyword::opens(t).is_some());
        if self.reading == Reading::Statements && clause.keyword.is_none() && (ends_line || keyword.is_some()) {
            clause.is_header = true;
            clause.keyword = keyword;
            clause.error = Some(match (keyword::foreign(word), meant.filter(|_| keyword.is_some())) {
                (Some(help), _) => {
                    clause.keyword = None;
                    error(format!("`{quoted}` is not part of this language")).help(help)
                }
                (None, Some(meant)) => {
                    let span = self.lexemes[start].span;
                    Diagnostic::error(ErrorKind::SyntaxError, span, format!("`{quoted}` begins no header"))
                        .help(format!("did you mean `{meant}`?"))
                }
                (None, None) => error("this is no header, but it ends in `:`".into())
                    .help("headers begin with `if`, `else`, `while`, `for`, `repeat`, `function` or `record`"),
            });
            self.at += 1;
            return;
        }
        let inner = (start..self.at).find(|&index| matches!(self.text(index), "else" | "lambda"));
        clause.error = Some(match inner {
            Some(index) => {
                let span = self.lexemes[index].span;
                match keyword::foreign(self.text(index)) {
                    Some(help) => {
                        Diagnostic::error(ErrorKind::SyntaxError, span, "`lambda` is not part of this language")
                            .help(help)
                    }
                    None => Diagnostic::error(ErrorKind::SyntaxError, span, "`else` must begin its line")
                        .help("write it on a line of its own, level with its `if`"),
                }
            }
            None => Diagnostic::error(ErrorKind::SyntaxError, colon, "a `:` cannot stand here")
                .help("only headers such as `if …:` and `function name(…):` have a `:`"),
        });
        while !matches!(self.token(self.at), None | Some(Token::Semicolon)) {
            self.at += 1;
        }
    }

    /// Fills in the clause's lexemes, each with its meaning.
    fn retag(&self, start: usize, shape: &Shape, clause: &mut Clause) {
        let mut lexemes = self.lexemes[start..shape.end.max(start + 1)].to_vec();
        if let Some(&bad) = lexemes.iter().find(|lexeme| lexeme.token.is_lexical_error()) {
            clause.error = Some(super::error::lexical(self.source, bad));
        }
        if clause.error.is_some() {
            clause.lexemes = lexemes;
            return;
        }
        thousands::join(self.source, &mut lexemes, clause.keyword == Some(Token::Print));
        let mut tagger = Tagger {
            source: self.source,
            lexemes: &lexemes,
            tagged: Vec::with_capacity(lexemes.len() + 1),
            keyword: clause.keyword,
            at: 0,
            brackets: Vec::new(),
            assignment: None,
            error: None,
        };
        tagger.begin(shape.first_closed.map(|closed| closed + 1) == Some(shape.end));
        tagger.run(self.reading);
        clause.error = tagger.error;
        clause.lexemes = tagger.tagged;
    }
}

impl Iterator for Clauses<'_> {
    type Item = Clause;

    fn next(&mut self) -> Option<Clause> {
        while self.token(self.at) == Some(Token::Semicolon) {
            self.at += 1;
        }
        self.token(self.at)?;
        Some(self.cut())
    }
}

/// Gives the lexemes of one clause their meaning, from left to right.
struct Tagger<'a, 'b> {
    source: &'a Source,
    lexemes: &'b [Lexeme],
    tagged: Vec<Lexeme>,
    keyword: Option<Token>,
    at: usize,
    /// For each open bracket, whether it is that of an allocation call.
    brackets: Vec<bool>,
    /// The sign that assigns.
    assignment: Option<Span>,
    error: Option<Diagnostic>,
}

impl<'a> Tagger<'a, '_> {
    fn text(&self, index: usize) -> &'a str {
        self.lexemes.get(index).map_or("", |lexeme| self.source.slice(lexeme.span))
    }

    fn token(&self, index: usize) -> Option<Token> {
        self.lexemes.get(index).map(|lexeme| lexeme.token)
    }

    fn is_word(&self, index: usize, word: &str) -> bool {
        self.token(index) == Some(Token::Word) && self.text(index) == word
    }

    /// Takes the next `count` lexemes as one token.
    fn take(&mut self, token: Token, count: usize) {
        let span = self.lexemes[self.at].span.to(self.lexemes[self.at + count - 1].span);
        self.tagged.push(Lexeme { token, span });
        self.at += count;
    }

    /// The keyword, and the tokens without text that tell the grammar what it cannot see.
    fn begin(&mut self, call_is_all: bool) {
        let Some(keyword) = self.keyword else { return };
        let first = self.lexemes[0].span;
        let before = Lexeme { token: keyword, span: Span::new(first.start, first.start) };
        match keyword {
            Token::Fields => self.tagged.push(before),
            Token::Closer => self.take(Token::Closer, self.lexemes.len()),
            Token::Function if self.token(1) == Some(Token::LeftParen) => self.tagged.push(before),
            Token::ElseIf if self.text(0) == "else" => self.take(Token::ElseIf, 2),
            Token::Print if call_is_all => self.take(Token::PrintCall, 1),
            Token::For => {
                self.take(Token::For, 1);
                let is_variable = keyword::in_for(self.text(self.at + 1)).is_some() && !self.is_word(self.at + 2, "in");
                if self.is_word(self.at, "each") && self.token(self.at + 1) == Some(Token::Word) && !is_variable {
                    self.take(Token::Each, 1);
                }
            }
            _ => self.take(keyword, 1),
        }
    }

    fn run(&mut self, reading: Reading) {
        let only_names = matches!(
            self.keyword,
            Some(Token::Function | Token::Record | Token::Fields | Token::Global | Token::Closer)
        );
        while let Some(&Lexeme { token, span }) = self.lexemes.get(self.at) {
            let after_operand = self.tagged.last().is_some_and(|last| last.token.ends_operand());
            match token {
                Token::Word if only_names && (self.is_field() || !keyword::is_reserved(self.text(self.at))) => {
                    self.take(Token::Name, 1);
                }
                Token::Word if after_operand => self.word_after_operand(),
                Token::Word => self.word_as_operand(),
                Token::LeftParen | Token::LeftBracket => {
                    self.brackets.push(thousands::opens_allocation(self.source, self.lexemes, self.at));
                    self.take(token, 1);
                }
                Token::RightParen | Token::RightBracket => {
                    self.brackets.pop();
                    self.take(token, 1);
                }
                Token::Equals | Token::ColonEquals | Token::Arrow => self.equals(token, span, reading),
                _ if token.is_update() => {
                    self.check_single_assignment(span);
                    self.assignment.get_or_insert(span);
                    self.take(token, 1);
                }
                _ => self.take(token, 1),
            }
        }
    }

    /// Whether a word is all of a field's name: then it may be any.
    fn is_field(&self) -> bool {
        let ends = |token| matches!(token, None | Some(Token::Comma | Token::LeftBracket));
        self.keyword == Some(Token::Fields) && ends(self.token(self.at + 1))
    }

    /// Whether the statement assigns with `=` and its like.
    fn assigns(&self, reading: Reading) -> bool {
        reading == Reading::Statements && matches!(self.keyword, None | Some(Token::Let | Token::Set))
    }

    fn check_single_assignment(&mut self, span: Span) {
        let Some(first) = self.assignment.filter(|_| self.brackets.is_empty()) else { return };
        if let [.., before, place] = self.tagged.as_slice()
            && before.token.ends_operand()
            && place.token == Token::Name
        {
            return; // Another statement, of which the grammar has more to say.
        }
        let text = self.source.slice(span);
        let mut error = Diagnostic::error(ErrorKind::SyntaxError, span, "a statement assigns once")
            .label(format!("this second `{text}` has no clear meaning"))
            .secondary(first, "the assignment is here")
            .help("to give two variables the same value, write two statements");
        if text == "=" {
            error = error.help("to store whether two values are equal, compare with `==`");
        }
        self.error.get_or_insert(error);
    }

    fn equals(&mut self, token: Token, span: Span, reading: Reading) {
        let at_depth_0 = self.brackets.is_empty();
        let is_loop_variable = self.keyword == Some(Token::For)
            && self.assignment.is_none()
            && self.tagged.len() == 2
            && self.tagged[1].token == Token::Name;
        // In `set x to a = b` the `to` assigns, and the rest is an expression.
        let is_set = self.assignment.is_some_and(|sign| self.source.slice(sign) == "to");
        if is_loop_variable || (at_depth_0 && self.assigns(reading) && !is_set) {
            self.check_single_assignment(span);
            self.assignment.get_or_insert(span);
            self.take(Token::Assign, 1);
        } else if token == Token::Equals {
            self.take(Token::Equal, 1);
        } else if token == Token::Arrow && self.text(self.at) == "<-" {
            let middle = span.start + 1;
            self.tagged.push(Lexeme { token: Token::Less, span: Span::new(span.start, middle) });
            self.tagged.push(Lexeme { token: Token::Minus, span: Span::new(middle, span.end) });
            self.at += 1;
        } else {
            self.take(token, 1);
        }
    }

    /// A word where an operator may stand.
    fn word_after_operand(&mut self) {
        let word = self.text(self.at);
        let at_depth_0 = self.brackets.is_empty();
        let last = self.tagged.last().map(|last| last.token);
        if let Some(token) = keyword::infix(word) {
            match word {
                "is" => self.is(),
                _ => self.take(token, 1),
            }
        } else if let Some(token) = keyword::in_for(word).filter(|_| at_depth_0 && self.keyword == Some(Token::For)) {
            self.take(token, 1);
        } else if word == "to" && at_depth_0 && self.keyword == Some(Token::Set) && self.assignment.is_none() {
            self.assignment = Some(self.lexemes[self.at].span);
            self.take(Token::Assign, 1);
        } else if last == Some(Token::Integer) && keyword::size_shift(word).is_some() {
            self.take(Token::Size, 1);
        } else if self.brackets.last() == Some(&true) && thousands::is_unit(self.source, self.lexemes, self.at) {
            self.take(Token::Unit, 1);
        } else {
            self.word_as_operand();
        }
    }

    /// `is`, `is not`, `is empty`, `is not empty`, `is equal to`, `is not equal to`.
    fn is(&mut self) {
        let negated = self.is_word(self.at + 1, "not");
        let next = self.at + 1 + usize::from(negated);
        let tokens = |plain, not| if negated { not } else { plain };
        let is_empty = self.token(next) == Some(Token::Word)
            && self.text(next).eq_ignore_ascii_case("empty")
            && !matches!(self.token(next + 1), Some(Token::LeftParen | Token::LeftBracket | Token::Dot));
        let count = next - self.at;
        if is_empty {
            self.take(tokens(Token::IsEmpty, Token::IsNotEmpty), count + 1);
        } else if self.is_word(next, "equal") && self.is_word(next + 1, "to") {
            self.take(tokens(Token::Is, Token::IsNot), count + 2);
        } else {
            self.take(tokens(Token::Is, Token::IsNot), count);
        }
    }

    /// A word where a value must stand.
    fn word_as_operand(&mut self) {
        let word = self.text(self.at);
        let next = self.token(self.at + 1);
        if self.tagged.last().is_some_and(|last| last.token == Token::Dot) {
            return self.take(Token::Name, 1);
        }
        if let Some(token) = keyword::literal(word).filter(|_| next != Some(Token::LeftParen)) {
            return self.take(token, 1);
        }
        let before_name = next == Some(Token::Word) && keyword::infix(self.text(self.at + 1)).is_none();
        // An operator whose left operand is missing.
        let before_operand = before_name || next.is_some_and(|next| next != Token::Word && next.begins_operand());
        if let Some(token) = keyword::infix(word).filter(|_| before_operand || matches!(word, "and" | "or")) {
            return self.take(token, 1);
        }
        match word {
            "not" => self.take(Token::Not, 1),
            "new" if before_name => self.take(Token::New, 1),
            "weak" if before_name || next == Some(Token::LeftParen) => self.take(Token::Weak, 1),
            "sizeof" if next == Some(Token::LeftParen) => self.take(Token::Sizeof, 1),
            "length" if self.is_word(self.at + 1, "of") => self.take(Token::LengthOf, 2),
            _ if keyword::is_reserved(word) => match keyword::leading(word) {
                Some((token, _)) => self.take(token, 1),
                None => self.take(Token::Name, 1),
            },
            _ => self.take(Token::Name, 1),
        }
    }
}
