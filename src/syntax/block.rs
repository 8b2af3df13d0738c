//! The block tree: lines become nested blocks by their indentation, and by closers where they say
//! the same. Works on the list of lines alone.

mod indentation;

use super::ast::{Block, ExpressionId, Function, Identifier, Module, Record, RecordField, Statement, StatementKind};
use super::construct::{ClauseKind, Closer, Header, Range};
use super::error::excerpt;
use super::keyword::BlockKind;
use super::layout::Indentation;
use super::names::Names;
use super::{Line, ParsedClause};
use crate::kind::ErrorKind;
use crate::limits::BLOCK_DEPTH;
use crate::source::{Diagnostic, Source, Span};

/// Builds the tree. Says whether the text ended where a block was expected.
pub(super) fn build(
    source: &Source,
    names: &Names,
    lines: Vec<Line>,
    module: Module,
    errors: &mut Vec<Diagnostic>,
) -> (Module, bool) {
    let mut builder = BlockBuilder {
        source,
        names,
        module,
        errors,
        open: vec![Open::top_level(Span::new(source.base, source.base))],
        after_error: false,
    };
    for line in lines {
        builder.line(line);
    }
    let unfinished = builder.end_of_text();
    (builder.module, unfinished)
}

/// What an open block will become.
#[derive(Debug)]
enum Opened {
    TopLevel,
    Function {
        name: Identifier,
        parameters: Vec<Identifier>,
    },
    Record {
        name: Identifier,
        fields: Vec<RecordField>,
    },
    /// The arm at hand has a condition, unless it is the `else`.
    If {
        arms: Vec<(ExpressionId, Block)>,
        condition: Option<ExpressionId>,
    },
    While(ExpressionId),
    Repeat,
    ForRange {
        variable: Identifier,
        range: Range,
    },
    ForEach {
        variable: Identifier,
        collection: ExpressionId,
    },
    Defer,
    Broken(BlockKind),
}

impl Opened {
    fn kind(&self) -> BlockKind {
        match self {
            Opened::Function { .. } => BlockKind::Function,
            Opened::Record { .. } => BlockKind::Record,
            Opened::If { .. } => BlockKind::If,
            Opened::While(_) => BlockKind::While,
            Opened::Repeat => BlockKind::Repeat,
            Opened::ForRange { .. } | Opened::ForEach { .. } => BlockKind::For,
            Opened::Defer => BlockKind::Defer,
            Opened::TopLevel => BlockKind::Unknown,
            Opened::Broken(kind) => *kind,
        }
    }
}

/// A block whose lines are being read.
#[derive(Debug)]
struct Open {
    opened: Opened,
    /// Of the header's line; `None` for the top level, which is further left than everything.
    indentation: Option<Indentation>,
    header: Span,
    /// Of the body's first line.
    body: Option<Indentation>,
    /// The body stands on the header's line.
    is_inline: bool,
    /// A `defer` without `:` takes one statement.
    takes_one: bool,
    /// A column that was reported to fit no block; more lines there are not reported again.
    stray_column: Option<u32>,
    /// Its header is wrong, and reported: that it lacks a body or an end is not.
    has_error: bool,
    mixed_blanks_reported: bool,
    block: Block,
}

impl Open {
    fn new(opened: Opened, indentation: Indentation, header: Span) -> Open {
        Open {
            opened,
            indentation: Some(indentation),
            header,
            body: None,
            is_inline: false,
            takes_one: false,
            stray_column: None,
            has_error: false,
            mixed_blanks_reported: false,
            block: Block { statements: Vec::new(), end: header },
        }
    }

    fn top_level(start: Span) -> Open {
        Open { indentation: None, ..Open::new(Opened::TopLevel, Indentation::default(), start) }
    }

    fn has_body(&self) -> bool {
        self.is_inline || self.body.is_some()
    }
}

/// Where a clause stands in its line.
#[derive(Clone, Copy)]
struct Place {
    is_first: bool,
    more_follow: bool,
    /// The line continues or ends the innermost block.
    continued: bool,
}

struct BlockBuilder<'a> {
    source: &'a Source,
    names: &'a Names,
    module: Module,
    errors: &'a mut Vec<Diagnostic>,
    /// Innermost last; the first is the top level and stays.
    open: Vec<Open>,
    /// The line before the one at hand has an error.
    after_error: bool,
}

impl BlockBuilder<'_> {
    fn top(&mut self) -> &mut Open {
        self.open.last_mut().expect("the top level is never closed")
    }

    fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(Diagnostic::error(ErrorKind::SyntaxError, span, message).help(help));
    }

    fn line(&mut self, line: Line) {
        let column = line.indentation.column;
        let Some(first) = line.clauses.first() else { return };
        let continues = matches!(
            first.kind,
            ClauseKind::Header(Header::Else | Header::ElseIf(_)) | ClauseKind::Closer(_) | ClauseKind::Until(_)
        );
        let dedented_from = self.leave(column, continues);
        let continued = continues && self.continues_block(&first.kind, column);
        if !continued {
            self.leave(column, false);
            // A line that is wrong already, or follows one that is, may be indented by mistake; and what
            // is wrong with a misplaced `else` is said of the `else`.
            let is_quiet = continues || self.after_error || line.clauses.iter().any(|clause| clause.has_error);
            self.check_indentation(line.indentation, dedented_from, is_quiet);
        }
        let outermost = self.open.len() + usize::from(!continued);
        self.after_error = line.clauses.iter().any(|clause| clause.has_error);
        let mut more_follow = line.clauses.len();
        for (index, clause) in line.clauses.into_iter().enumerate() {
            more_follow -= 1;
            self.clause(
                clause,
                line.indentation,
                Place { is_first: index == 0, more_follow: more_follow > 0, continued },
            );
        }
        // What the line opened and filled is complete, but for the outermost, which `else` may continue.
        while self.open.len() > outermost && self.top().is_inline {
            self.close();
        }
    }

    /// Closes the blocks that a line at `column` is left of or level with; level ones stay if the line
    /// continues them. The body of the first that was closed, if it was on lines of its own.
    fn leave(&mut self, column: u32, continues: bool) -> Option<Indentation> {
        let mut left = None;
        while let Some(header) = self.top().indentation {
            let is_level = header.column == column;
            let is_over = header.column > column || is_level && !continues || !is_level && self.top().is_inline;
            if !is_over {
                break;
            }
            left = left.or(self.top().body);
            self.close();
        }
        left
    }

    /// Whether the innermost block is one that the clause continues or ends.
    fn continues_block(&mut self, clause: &ClauseKind, column: u32) -> bool {
        let top = self.top();
        let kind = top.opened.kind();
        let Some(header) = top.indentation else { return false };
        let is_level = header.column == column;
        match clause {
            ClauseKind::Until(_) => kind == BlockKind::Repeat,
            ClauseKind::Closer(closer) => is_level || closer.kind.is_none_or(|ended| ended == kind),
            _ => is_level && matches!(kind, BlockKind::If | BlockKind::Unknown),
        }
    }

    fn clause(&mut self, clause: ParsedClause, indentation: Indentation, place: Place) {
        let ParsedClause { kind, span, has_colon, has_error } = clause;
        match kind {
            ClauseKind::Statement(kind) => self.statement(Statement { kind, span }),
            ClauseKind::Header(Header::Else | Header::ElseIf(_)) if !place.is_first => {
                self.error(span, "`else` must begin its line", "write it on a line of its own, level with its `if`");
                self.push(Open::new(Opened::Broken(BlockKind::If), indentation, span), place.more_follow);
            }
            ClauseKind::Header(header @ (Header::Else | Header::ElseIf(_))) if place.continued => {
                self.next_arm(&header, span, place.more_follow);
                self.top().has_error = has_error;
            }
            ClauseKind::Header(header) => {
                let takes_one = matches!(header, Header::Defer) && !has_colon;
                let has_error = has_error || matches!(header, Header::Else | Header::ElseIf(_));
                let opened = self.opened(header, span);
                let open = Open { takes_one, has_error, ..Open::new(opened, indentation, span) };
                self.push(open, place.more_follow);
            }
            ClauseKind::Closer(closer) => self.closer(&closer, span, place.continued),
            ClauseKind::Until(condition) if self.top().opened.kind() == BlockKind::Repeat => {
                self.until(condition, span)
            }
            ClauseKind::Until(_) => {
                self.error(span, "this `until` has no `repeat`", "`until` ends a block that begins with `repeat:`");
            }
            ClauseKind::Fields(fields) => {
                if let Opened::Record { fields: all, .. } = &mut self.top().opened {
                    all.extend(fields);
                }
                self.top().block.end = span;
            }
            ClauseKind::Broken => self.top().block.end = span,
        }
    }

    fn statement(&mut self, statement: Statement) {
        self.check_jump(&statement);
        let end = statement.span;
        self.add(statement, end);
    }

    /// Adds a statement to the innermost block; `end` is the last of its text.
    fn add(&mut self, statement: Statement, end: Span) {
        let top = self.top();
        top.block.statements.push(statement);
        top.block.end = end;
        if top.takes_one {
            self.close();
        }
    }

    /// `break` and `continue` need a loop, and nothing returns from a `defer`.
    fn check_jump(&mut self, statement: &Statement) {
        let word = match statement.kind {
            StatementKind::Break => "break",
            StatementKind::Continue => "continue",
            StatementKind::Return(_) => "return",
            _ => return,
        };
        for open in self.open.iter().rev() {
            match open.opened.kind() {
                BlockKind::Defer => {
                    let message = format!("`{word}` cannot leave a `defer`");
                    self.error(statement.span, message, "what is deferred runs to its end");
                    return;
                }
                BlockKind::While | BlockKind::For | BlockKind::Repeat if word != "return" => return,
                BlockKind::Unknown if open.indentation.is_some() => return,
                BlockKind::Function => break,
                _ => {}
            }
        }
        if word != "return" {
            let message = format!("there is no loop here that `{word}` could act on");
            self.error(statement.span, message, "it belongs inside `while`, `for` or `repeat`");
        }
    }

    fn push(&mut self, mut open: Open, is_inline: bool) {
        open.is_inline = is_inline;
        if self.open.len() > BLOCK_DEPTH + 1 && is_inline {
            return;
        }
        if self.open.len() == BLOCK_DEPTH + 1 {
            let message = format!("blocks nest deeper than {BLOCK_DEPTH} levels");
            let error = Diagnostic::error(ErrorKind::TooLarge, open.header, message)
                .help("move the inner blocks into a function of their own");
            self.errors.push(error);
        }
        self.open.push(open);
    }

    fn opened(&mut self, header: Header, span: Span) -> Opened {
        match header {
            Header::Else | Header::ElseIf(_) => {
                let mut error = Diagnostic::error(ErrorKind::SyntaxError, span, "this `else` has no `if`")
                    .help("it must be level with the `if` to which it belongs");
                let is_if = |open: &&Open| matches!(open.opened, Opened::If { condition: Some(_), .. });
                if let Some(open) = self.open.iter().rev().find(is_if)
                    && let Some(header) = open.indentation
                {
                    error = error.secondary(open.header, format!("this `if` is at column {}", header.column + 1));
                }
                self.errors.push(error);
                Opened::Broken(BlockKind::If)
            }
            Header::Function { name, parameters } => {
                self.check_outermost("function", span);
                Opened::Function { name, parameters }
            }
            Header::Record(name) => {
                self.check_outermost("record", span);
                Opened::Record { name, fields: Vec::new() }
            }
            Header::If(condition) => Opened::If { arms: Vec::new(), condition: Some(condition) },
            Header::While(condition) => Opened::While(condition),
            Header::Repeat => Opened::Repeat,
            Header::ForRange { variable, range } => Opened::ForRange { variable, range },
            Header::ForEach { variable, collection } => Opened::ForEach { variable, collection },
            Header::Defer => Opened::Defer,
            Header::Broken(kind) => Opened::Broken(kind),
        }
    }

    fn check_outermost(&mut self, what: &str, span: Span) {
        if self.open.len() > 1 {
            let message = format!("a {what} cannot be defined inside a block");
            self.error(span, message, "move it out, to the first column");
        }
    }

    /// `else if` and `else` after an `if` at the same column.
    fn next_arm(&mut self, header: &Header, span: Span, is_inline: bool) {
        self.check_body();
        let mut open = self.open.pop().expect("`else` continues an open block");
        let next = match header {
            Header::ElseIf(condition) => Some(*condition),
            _ => None,
        };
        let mut repeated = false;
        if let Opened::If { arms, condition } = &mut open.opened {
            match condition.take() {
                Some(tested) => {
                    let block = std::mem::replace(&mut open.block, Block { statements: Vec::new(), end: span });
                    arms.push((tested, block));
                    *condition = next;
                }
                None => repeated = true,
            }
        }
        if repeated {
            let error = Diagnostic::error(ErrorKind::SyntaxError, span, "nothing can follow the `else` of an `if`")
                .secondary(open.header, "the `else` is here");
            self.errors.push(error);
            open.opened = Opened::Broken(BlockKind::If);
        }
        open.header = span;
        open.body = None;
        open.stray_column = None;
        open.is_inline = is_inline;
        self.open.push(open);
    }

    fn until(&mut self, condition: ExpressionId, span: Span) {
        self.check_body();
        let Some(mut open) = self.open.pop() else { return };
        if matches!(open.opened, Opened::Broken(_)) {
            return;
        }
        open.block.end = span;
        let kind = StatementKind::Repeat { body: open.block, until: condition };
        self.finish(Statement { kind, span: open.header }, span);
    }

    fn closer(&mut self, closer: &Closer, span: Span, continued: bool) {
        let text = excerpt(self.source, span);
        if !continued {
            let message = format!("`{text}` ends nothing here");
            return self.error(span, message, "remove it, or indent it like the header whose block it ends");
        }
        let top = self.top();
        let (kind, header) = (top.opened.kind(), top.header);
        let other_loop = match (&top.opened, closer.variable) {
            (Opened::ForRange { variable, .. } | Opened::ForEach { variable, .. }, Some(name))
                if variable.name != name =>
            {
                Some(variable.name)
            }
            _ => None,
        };
        let fits = kind == BlockKind::Unknown || closer.kind.is_none_or(|ended| ended == kind);
        if let Some(variable) = other_loop.filter(|_| fits) {
            let expected = self.names.text(variable).to_string();
            let error =
                Diagnostic::error(ErrorKind::SyntaxError, span, format!("`{text}` ends the loop over `{expected}`"))
                    .secondary(header, "the loop begins here")
                    .help(format!("write `next {expected}`"));
            self.errors.push(error);
        } else if !fits {
            let error = Diagnostic::error(
                ErrorKind::SyntaxError,
                span,
                format!("`{text}` stands where `{}` ends", kind.word()),
            )
            .secondary(header, "this block is open here")
            .help("blocks end in the reverse order of their headers");
            self.errors.push(error);
        }
        self.close();
    }

    /// Reports a header without a body.
    fn check_body(&mut self) {
        let top = self.top();
        if top.has_body() || top.has_error || matches!(top.opened, Opened::TopLevel) {
            return;
        }
        let header = top.header;
        let word = top.opened.kind().word();
        let name = match top.opened {
            Opened::Broken(BlockKind::Unknown) => String::from("this header"),
            Opened::If { condition: None, .. } => String::from("this `else`"),
            _ => format!("this `{word}`"),
        };
        let help = match top.opened {
            Opened::Record { .. } => {
                "write one field a line, indented, or all on the header's line: `record Node: value, next`"
            }
            _ => "indent the lines of the body by 4 spaces; `pass` is a body that does nothing",
        };
        let message = format!("the body of {name} must follow, indented");
        let error = Diagnostic::error(ErrorKind::SyntaxError, header, message).help(help);
        self.errors.push(error);
    }

    /// Ends the innermost block, which becomes part of the one around it.
    fn close(&mut self) {
        self.check_body();
        if self.open.len() == 1 {
            return;
        }
        let Some(open) = self.open.pop() else { return };
        let end = open.block.end;
        let kind = match open.opened {
            Opened::TopLevel | Opened::Broken(_) => return self.extend(end),
            Opened::Function { name, parameters } => {
                self.module.functions.push(Function { name, parameters, body: open.block, header: open.header });
                return self.extend(end);
            }
            Opened::Record { name, fields } => {
                self.module.records.push(Record { name, fields });
                return self.extend(end);
            }
            Opened::If { mut arms, condition } => {
                let otherwise = match condition {
                    Some(condition) => {
                        arms.push((condition, open.block));
                        None
                    }
                    None => Some(open.block),
                };
                StatementKind::If { arms, otherwise }
            }
            Opened::While(condition) => StatementKind::While { condition, body: open.block },
            Opened::Repeat if open.has_error => return self.extend(end),
            Opened::Repeat => {
                self.error(open.header, "this `repeat` has no `until`", "end the block with `until condition`");
                return self.extend(end);
            }
            Opened::ForRange { variable, range: Range { from, to, step, down } } => {
                StatementKind::ForRange { variable, from, to, step, down, body: open.block }
            }
            Opened::ForEach { variable, collection } => {
                StatementKind::ForEach { variable, collection, body: open.block }
            }
            Opened::Defer => StatementKind::Defer(open.block),
        };
        self.finish(Statement { kind, span: open.header }, end);
    }

    fn extend(&mut self, end: Span) {
        self.top().block.end = end;
    }

    /// Adds a compound statement to the block around it, unless it nests too deep.
    fn finish(&mut self, statement: Statement, end: Span) {
        if self.open.len() > BLOCK_DEPTH { self.extend(end) } else { self.add(statement, end) }
    }

    fn end_of_text(&mut self) -> bool {
        let top = self.top();
        let unfinished = !top.has_body() && top.indentation.is_some()
            || self.open.iter().any(|open| matches!(open.opened, Opened::Repeat));
        while self.open.len() > 1 {
            self.close();
        }
        self.module.top_level = std::mem::take(&mut self.top().block);
        unfinished
    }
}
