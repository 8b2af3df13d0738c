//! The front end: text to tree. Nothing outside learns of tokens, layout or the parser generator.
//!
//! `token` cuts the text into lexemes, `layout` joins them into logical lines, `clause` cuts a line into
//! headers and statements and settles what each word means, the grammar parses one clause at a time
//! with the constructors of `construct`, and `block` makes the tree from the lines.

pub mod ast;
mod block;
mod clause;
mod construct;
mod error;
pub mod highlight;
mod keyword;
mod layout;
mod literal;
mod names;
#[cfg(test)]
mod tests;
mod thousands;
mod token;

pub use keyword::COMPLETED as KEYWORDS;
pub use names::Names;

use lalrpop_util::{ParseError, lalrpop_mod};

use crate::kind::ErrorKind;
use crate::limits::SOURCE_BYTES;
use crate::source::{Diagnostic, Source, SourceId, Sources, Span};
use ast::{Expression, ExpressionId, Module, StatementKind};
use clause::{Clause, Clauses, Reading};
use construct::{Builder, ClauseKind, Header};
use keyword::BlockKind;
use layout::{Indentation, Layout, LogicalLine};
use token::{Lexeme, Token};

lalrpop_mod!(
    #[allow(clippy::all, clippy::pedantic, missing_docs, unused_qualifications)]
    #[rustfmt::skip]
    grammar,
    "/pseudocode.rs"
);

/// What came of parsing: a tree of what could be understood, and everything that could not.
/// A module with errors must not be compiled.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The tree.
    pub module: Module,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The text ends inside a bracket, a comment or a block that has no body yet: more of it could
    /// make it whole.
    pub unfinished: bool,
}

/// A logical line after parsing.
#[derive(Debug)]
struct Line {
    indentation: Indentation,
    clauses: Vec<ParsedClause>,
}

/// A header or statement after parsing.
#[derive(Debug)]
struct ParsedClause {
    kind: ClauseKind,
    span: Span,
    has_colon: bool,
    /// An error was reported: whatever follows from it is not.
    has_error: bool,
}

impl ParsedClause {
    fn opens_record(&self) -> bool {
        matches!(self.kind, ClauseKind::Header(Header::Record(_) | Header::Broken(BlockKind::Record)))
    }
}

/// Where the lines stand that are fields of a record.
#[derive(Debug, Default)]
struct RecordBody {
    /// Column of the header whose body is read.
    header: Option<u32>,
    /// Column of its first line.
    fields: Option<u32>,
}

impl RecordBody {
    /// How a line at this column is to be read.
    fn reading(&mut self, column: u32) -> Reading {
        self.header = self.header.filter(|&header| header < column);
        if self.header.is_none() {
            return Reading::Statements;
        }
        // What is deeper than the fields belongs to something that a record cannot hold.
        if column > *self.fields.get_or_insert(column) { Reading::Statements } else { Reading::Fields }
    }
}

/// Parses a whole program.
pub fn parse(sources: &Sources, source: SourceId, names: &mut Names) -> Parsed {
    parse_onto(Vec::new(), sources, source, names)
}

/// Parses a text that goes on from others, of which `expressions` is the arena: the module has those and its
/// own, and of the rest only its own.
pub fn parse_onto(expressions: Vec<Expression>, sources: &Sources, source: SourceId, names: &mut Names) -> Parsed {
    let source = sources.get(source);
    let mut errors = Vec::new();
    if let Some(error) = check_size(source) {
        return Parsed { diagnostics: vec![error], ..Parsed::default() };
    }
    let mut lexemes = token::lex(source);
    clause::shadow(source, &mut lexemes);
    let mut parser = LineParser::new(source, names, expressions);
    let mut lines = Vec::new();
    let mut unfinished = false;
    let mut record = RecordBody::default();
    for line in Layout::new(source, &lexemes) {
        unfinished |= line.unfinished;
        let column = line.indentation.column;
        let line = parser.line(line, &lexemes, record.reading(column), &mut errors);
        if line.clauses.last().is_some_and(ParsedClause::opens_record) {
            record = RecordBody { header: Some(column), fields: None };
        }
        lines.push(line);
    }
    unfinished |= lexemes.iter().any(|lexeme| lexeme.token == Token::UnterminatedComment);
    let module = parser.builder.finish();
    let (module, block_unfinished) = block::build(source, names, lines, module, &mut errors);
    errors.sort_by_key(|error| error.primary.span.start);
    Parsed { module, diagnostics: errors, unfinished: unfinished || block_unfinished }
}

/// Parses a source that is one expression (`--call`), into the module's arena.
///
/// # Errors
/// What is wrong with the text, if it is not one expression.
pub fn parse_expression(
    sources: &Sources,
    source: SourceId,
    names: &mut Names,
) -> Result<(Module, ExpressionId), Vec<Diagnostic>> {
    let source = sources.get(source);
    if let Some(error) = check_size(source) {
        return Err(vec![error]);
    }
    let lexemes = token::lex(source);
    let mut errors = Vec::new();
    let mut parser = LineParser::new(source, names, Vec::new());
    let lines: Vec<LogicalLine> = Layout::new(source, &lexemes).take(2).collect();
    let mut found = None;
    let mut extra = None;
    for line in lines {
        for clause in parser.line(line, &lexemes, Reading::Expression, &mut errors).clauses {
            match clause.kind {
                ClauseKind::Statement(StatementKind::Expression(id)) if found.is_none() => found = Some(id),
                _ => extra = extra.or(Some(clause.span)),
            }
        }
    }
    if errors.is_empty() {
        let error = |span, message: &str| Diagnostic::error(ErrorKind::SyntaxError, span, message);
        match (found, extra) {
            (Some(id), None) => return Ok((parser.builder.finish(), id)),
            (Some(_), Some(span)) => errors.push(error(span, "expected one expression, found more")),
            (None, Some(span)) => errors.push(error(span, "expected an expression, found a statement")),
            (None, None) => {
                errors.push(error(Span::new(source.base, source.base), "expected an expression, found nothing"))
            }
        }
    }
    Err(errors)
}

fn check_size(source: &Source) -> Option<Diagnostic> {
    let message = || format!("the source text is longer than {SOURCE_BYTES} bytes");
    let start = Span::new(source.base, source.base);
    (source.text.len() > SOURCE_BYTES).then(|| Diagnostic::error(ErrorKind::TooLarge, start, message()))
}

/// Parses logical lines, one clause at a time.
struct LineParser<'s> {
    source: &'s Source,
    builder: Builder<'s>,
    grammar: grammar::ClauseParser,
}

impl<'s> LineParser<'s> {
    fn new(source: &'s Source, names: &'s mut Names, expressions: Vec<Expression>) -> LineParser<'s> {
        LineParser { source, builder: Builder::new(source, names, expressions), grammar: grammar::ClauseParser::new() }
    }

    fn line(&mut self, line: LogicalLine, lexemes: &[Lexeme], reading: Reading, errors: &mut Vec<Diagnostic>) -> Line {
        let lexemes = &lexemes[line.lexemes];
        let mut clauses = Vec::new();
        if let Some(error) = line.bracket_error {
            errors.push(error);
            let clause = Clauses::new(self.source, lexemes, reading).next();
            clauses.extend(clause.map(|mut clause| {
                let ends_in_colon = lexemes.last().is_some_and(|last| last.token == Token::Colon);
                clause.is_header |= ends_in_colon && clause.keyword.is_none();
                self.broken(&clause)
            }));
            return Line { indentation: line.indentation, clauses };
        }
        let mut cut = Clauses::new(self.source, lexemes, reading);
        while let Some(clause) = cut.next() {
            let parsed = self.clause(clause, errors);
            if parsed.opens_record() {
                cut.read_rest(Reading::Fields);
            }
            clauses.push(parsed);
        }
        Line { indentation: line.indentation, clauses }
    }

    fn clause(&mut self, mut clause: Clause, errors: &mut Vec<Diagnostic>) -> ParsedClause {
        if let Some(error) = clause.error.take() {
            errors.push(error);
            return self.broken(&clause);
        }
        let lexemes = clause.lexemes.iter().map(|lexeme| Ok((lexeme.span.start, lexeme.token, lexeme.span.end)));
        let parsed = self.grammar.parse(&mut self.builder, lexemes);
        let construct_error = self.builder.take_error();
        let kind = match parsed {
            Ok(kind) => kind,
            Err(failure) => {
                let (offset, expected) = match failure {
                    ParseError::UnrecognizedToken { token: (offset, ..), expected } => (Some(offset), expected),
                    ParseError::UnrecognizedEof { expected, .. } => (None, expected),
                    _ => (None, Vec::new()),
                };
                errors.push(construct_error.unwrap_or_else(|| error::explain(self.source, &clause, offset, &expected)));
                return self.broken(&clause);
            }
        };
        let error = construct_error.or(clause.missing_colon);
        let has_error = error.is_some();
        if let Some(error) = error {
            errors.push(error);
        }
        ParsedClause { kind, span: clause.span, has_colon: clause.has_colon, has_error }
    }

    /// What stands for a clause that could not be understood: a header still opens its block.
    fn broken(&mut self, clause: &Clause) -> ParsedClause {
        let kind = match clause.keyword {
            _ if !clause.is_header => ClauseKind::Broken,
            Some(Token::If) => ClauseKind::Header(Header::If(self.builder.placeholder(clause.span))),
            Some(Token::ElseIf) => ClauseKind::Header(Header::ElseIf(self.builder.placeholder(clause.span))),
            Some(Token::Else) => ClauseKind::Header(Header::Else),
            Some(Token::While) => ClauseKind::Header(Header::While(self.builder.placeholder(clause.span))),
            Some(Token::Repeat) => ClauseKind::Header(Header::Repeat),
            Some(Token::Defer) => ClauseKind::Header(Header::Defer),
            Some(keyword) => ClauseKind::Header(Header::Broken(keyword::opens(keyword).unwrap_or(BlockKind::Unknown))),
            None => ClauseKind::Header(Header::Broken(BlockKind::Unknown)),
        };
        ParsedClause { kind, span: clause.span, has_colon: clause.has_colon, has_error: true }
    }
}
