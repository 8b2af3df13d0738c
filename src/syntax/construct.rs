//! The constructors that grammar actions call. They push expressions into the arena and check what a
//! grammar cannot say: places, chains, numbers of values, depth, and formulas that mean something else
//! than they seem to.

use super::ast::{
    BinaryOperator, Expression, ExpressionId, ExpressionKind, Identifier, Module, Name, RecordField, StatementKind,
    UnaryOperator,
};
use super::error::excerpt;
use super::keyword::{self, BlockKind};
use super::literal;
use super::names::Names;
use crate::kind::ErrorKind;
use crate::limits::EXPRESSION_DEPTH;
use crate::source::{Diagnostic, Source, Span};

/// What one clause is.
#[derive(Debug)]
pub(super) enum ClauseKind {
    Statement(StatementKind),
    Header(Header),
    Closer(Closer),
    Until(ExpressionId),
    Fields(Vec<RecordField>),
    /// Nothing that could be understood; already reported.
    Broken,
}

/// What opens a block.
#[derive(Debug)]
pub(super) enum Header {
    Function {
        name: Identifier,
        parameters: Vec<Identifier>,
    },
    Record(Identifier),
    If(ExpressionId),
    ElseIf(ExpressionId),
    Else,
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
    /// A header that could not be understood; already reported.
    Broken(BlockKind),
}

/// The bounds of a counted loop.
#[derive(Debug)]
pub(super) struct Range {
    pub(super) from: ExpressionId,
    pub(super) to: ExpressionId,
    pub(super) step: Option<ExpressionId>,
    pub(super) down: bool,
}

/// A line that says that a block ends.
#[derive(Debug)]
pub(super) struct Closer {
    /// The kind of block, if it says.
    pub(super) kind: Option<BlockKind>,
    /// The loop variable of `next i`.
    pub(super) variable: Option<Name>,
}

/// A comparison sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    /// One that may stand in a chain.
    Chains(BinaryOperator),
    /// One that may not.
    Single(BinaryOperator),
    Empty,
    NotEmpty,
}

/// A comparison sign with its right operand.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) comparison: Comparison,
    pub(super) sign: Span,
    pub(super) right: Option<ExpressionId>,
}

/// Builds the expressions of one module.
#[derive(Debug)]
pub(super) struct Builder<'s> {
    source: &'s Source,
    names: &'s mut Names,
    expressions: Vec<Expression>,
    /// Depth of each expression, as [`EXPRESSION_DEPTH`] counts.
    depths: Vec<u16>,
    /// The literals 2^63 that no minus has made an integer yet.
    too_large: Vec<ExpressionId>,
    /// The first error of the clause at hand.
    error: Option<Diagnostic>,
}

impl<'s> Builder<'s> {
    /// Adds to an arena of expressions.
    pub(super) fn new(source: &'s Source, names: &'s mut Names, expressions: Vec<Expression>) -> Builder<'s> {
        // Nothing new is built of what is there already.
        let depths = vec![0; expressions.len()];
        Builder { source, names, expressions, depths, too_large: Vec::new(), error: None }
    }

    /// Ends a clause: its first error, if it has one.
    pub(super) fn take_error(&mut self) -> Option<Diagnostic> {
        if let Some(&id) = self.too_large.first() {
            let span = self.span(id);
            self.too_large.clear();
            self.report(*literal::too_large(span));
        }
        self.error.take()
    }

    /// Ends the module: its expressions.
    pub(super) fn finish(self) -> Module {
        Module { expressions: self.expressions, ..Module::default() }
    }

    fn report(&mut self, error: Diagnostic) {
        self.error.get_or_insert(error);
    }

    fn syntax_error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(Diagnostic::error(ErrorKind::SyntaxError, span, message).help(help));
    }

    fn text(&self, span: Span) -> &'s str {
        self.source.slice(span)
    }

    /// The text of a span as messages quote it.
    fn quote(&self, span: Span) -> String {
        excerpt(self.source, span)
    }

    fn span(&self, id: ExpressionId) -> Span {
        self.expressions[id.0 as usize].span
    }

    fn kind(&self, id: ExpressionId) -> &ExpressionKind {
        &self.expressions[id.0 as usize].kind
    }

    fn depth(&self, id: ExpressionId) -> u16 {
        self.depths[id.0 as usize]
    }

    /// How deep an expression nests: left operands of operators, indices and fields are walked in a
    /// loop and do not count.
    fn depth_of(&self, kind: &ExpressionKind) -> u16 {
        use ExpressionKind::*;
        let deepest = |ids: &[ExpressionId]| ids.iter().map(|&id| self.depth(id) + 1).max().unwrap_or(0);
        match kind {
            Integer(_) | Float(_) | Boolean(_) | Null | String(_) | Name(_) | Sizeof(_) => 0,
            Unary { operand, .. } => self.depth(*operand) + 1,
            Weak(operand) | IsEmpty(operand) => self.depth(*operand) + 1,
            Binary { left, right, .. } => self.depth(*left).max(self.depth(*right) + 1),
            Chain { first, rest } => {
                rest.iter().map(|&(_, right)| self.depth(right) + 1).max().unwrap_or(0).max(self.depth(*first))
            }
            Index { object, index } => self.depth(*object).max(self.depth(*index) + 1),
            Field { object, .. } => self.depth(*object),
            Call { arguments, .. } | New { arguments, .. } => deepest(arguments),
            Array(elements) => deepest(elements),
        }
    }

    /// A new expression.
    pub(super) fn node(&mut self, span: Span, kind: ExpressionKind) -> ExpressionId {
        let mut depth = self.depth_of(&kind);
        if usize::from(depth) > EXPRESSION_DEPTH {
            depth = 0;
            let message = format!("this expression nests deeper than {EXPRESSION_DEPTH} levels");
            self.report(
                Diagnostic::error(ErrorKind::TooLarge, span, message).help("store parts of it in variables first"),
            );
        }
        let id = ExpressionId(self.expressions.len() as u32);
        self.expressions.push(Expression { kind, span });
        self.depths.push(depth);
        id
    }

    /// A stand-in for an expression that could not be understood.
    pub(super) fn placeholder(&mut self, span: Span) -> ExpressionId {
        self.node(span, ExpressionKind::Null)
    }

    /// The name written at `span`.
    pub(super) fn identifier(&mut self, span: Span) -> Identifier {
        Identifier { name: self.names.intern(self.source.slice(span)), span }
    }

    /// An integer literal; `size` is where its size word begins.
    pub(super) fn integer(&mut self, span: Span, size: Option<u32>) -> ExpressionId {
        let end = size.unwrap_or(span.end);
        let digits = self.text(Span::new(span.start, end)).trim_end();
        let number = Span::new(span.start, span.start + digits.len() as u32);
        let factor = size.map_or(1, |start| literal::size_factor(self.text(Span::new(start, span.end))));
        let value = literal::integer(digits, number).and_then(|value| {
            value.checked_mul(factor).filter(|&v| v <= 1 << 63).ok_or_else(|| literal::too_large(span))
        });
        let value = value.unwrap_or_else(|error| {
            self.report(*error);
            0
        });
        // 2^63 itself becomes the least integer, and an error unless a minus follows.
        let id = self.node(span, ExpressionKind::Integer(value as i64));
        if value == 1 << 63 {
            self.too_large.push(id);
        }
        id
    }

    /// A float literal.
    pub(super) fn float(&mut self, span: Span) -> ExpressionId {
        let value = literal::float(self.text(span), span).unwrap_or_else(|error| {
            self.report(*error);
            0.0
        });
        self.node(span, ExpressionKind::Float(value))
    }

    /// A string literal.
    pub(super) fn string(&mut self, span: Span) -> ExpressionId {
        let text = literal::string(self.text(span), span).unwrap_or_else(|error| {
            self.report(*error);
            String::new()
        });
        self.node(span, ExpressionKind::String(text))
    }

    /// `-x`, `!x`, `not x`.
    pub(super) fn unary(&mut self, span: Span, operator: UnaryOperator, operand: ExpressionId) -> ExpressionId {
        if operator == UnaryOperator::Negate && self.too_large.last() == Some(&operand) {
            self.too_large.pop();
            self.expressions[operand.0 as usize].span = span;
            return operand;
        }
        self.node(span, ExpressionKind::Unary { operator, operand })
    }

    /// Arithmetic.
    pub(super) fn binary(
        &mut self,
        span: Span,
        operator: BinaryOperator,
        left: ExpressionId,
        right: ExpressionId,
    ) -> ExpressionId {
        self.node(span, ExpressionKind::Binary { operator, left, right })
    }

    /// `and`, `or`: `x = 5 or 6` does not mean what it says.
    pub(super) fn condition(
        &mut self,
        span: Span,
        operator: BinaryOperator,
        left: ExpressionId,
        right: ExpressionId,
    ) -> ExpressionId {
        let word = if operator == BinaryOperator::Or { "or" } else { "and" };
        let is_value = |id: ExpressionId| {
            use ExpressionKind::*;
            matches!(self.kind(id), Integer(_) | Float(_) | String(_) | Null | Array(_))
        };
        if let Some(value) = [right, left].into_iter().find(|&id| is_value(id)) {
            let text = self.quote(self.span(value));
            let mut error =
                Diagnostic::error(ErrorKind::SyntaxError, self.span(value), format!("`{text}` is no condition"))
                    .label(format!("`{word}` joins two conditions"));
            if value == right
                && let Some((compared, sign)) = self.last_comparison(left)
            {
                error = error.help(format!("compare again: `{word} {compared} {sign} {text}`"));
            } else {
                error = error.help(format!("write a comparison on each side of `{word}`"));
            }
            self.report(error);
        }
        self.node(span, ExpressionKind::Binary { operator, left, right })
    }

    /// Of the comparison that ends a condition, the left operand and the sign as written.
    fn last_comparison(&self, mut condition: ExpressionId) -> Option<(String, &'s str)> {
        loop {
            match *self.kind(condition) {
                ExpressionKind::Binary { operator: BinaryOperator::And | BinaryOperator::Or, right, .. } => {
                    condition = right;
                }
                ExpressionKind::Binary { operator, left, right } if is_comparison(operator) => {
                    let (left, right) = (self.span(left), self.span(right));
                    let sign = self.text(Span::new(left.end, right.start)).trim_matches([' ', '(', ')']);
                    return Some((self.quote(left), sign));
                }
                _ => return None,
            }
        }
    }

    /// One comparison or a chain.
    pub(super) fn comparison(&mut self, span: Span, first: ExpressionId, rest: Vec<Compared>) -> ExpressionId {
        if let [compared] = rest.as_slice() {
            return match (compared.comparison, compared.right) {
                (Comparison::Chains(operator) | Comparison::Single(operator), Some(right)) => {
                    self.binary(span, operator, first, right)
                }
                (Comparison::NotEmpty, _) => {
                    let operand = self.node(span, ExpressionKind::IsEmpty(first));
                    self.unary(span, UnaryOperator::Not, operand)
                }
                _ => self.node(span, ExpressionKind::IsEmpty(first)),
            };
        }
        let mut chain = Vec::with_capacity(rest.len());
        for Compared { comparison, sign, right } in rest {
            match (comparison, right) {
                (Comparison::Chains(operator), Some(right)) => chain.push((operator, right)),
                _ => {
                    let text = self.text(sign);
                    self.syntax_error(
                        sign,
                        format!("`{text}` cannot stand in a chain of comparisons"),
                        "only `<` `<=` `=` `>` `>=` chain; join two comparisons with `and`, or use parentheses",
                    );
                }
            }
        }
        self.node(span, ExpressionKind::Chain { first, rest: chain })
    }

    /// `p[i]`, `p[i, j]`.
    pub(super) fn index(&mut self, span: Span, object: ExpressionId, indices: Vec<ExpressionId>) -> ExpressionId {
        let last = indices.len() - 1;
        let mut result = object;
        for (position, index) in indices.into_iter().enumerate() {
            let end = if position == last { span.end } else { self.span(index).end };
            result = self.node(Span::new(span.start, end), ExpressionKind::Index { object: result, index });
        }
        result
    }

    /// `q.push(x)`: there are no methods.
    pub(super) fn method(&mut self, span: Span, object: ExpressionId, method: Identifier) -> ExpressionId {
        let (object, name) = (self.quote(self.span(object)), self.quote(method.span));
        self.syntax_error(
            method.span,
            format!("`{name}` is called like a method, and there are no methods"),
            format!("define a function and pass the record to it: `{name}({object}, …)`"),
        );
        self.placeholder(span)
    }

    /// `f(a, b)`, `allocate(n integers)`.
    pub(super) fn call(
        &mut self,
        callee: Identifier,
        arguments: Vec<ExpressionId>,
        unit: Option<Span>,
        end: u32,
    ) -> ExpressionId {
        let unit = unit.and_then(|span| Some((keyword::unit(self.text(span))?, span)));
        self.node(Span::new(callee.span.start, end), ExpressionKind::Call { callee, arguments, unit })
    }

    /// `delete p`, `length of p`: a call whose callee is the word.
    pub(super) fn word_call(&mut self, word: Span, argument: ExpressionId, end: u32) -> ExpressionId {
        let callee = self.identifier(word);
        self.call(callee, vec![argument], None, end)
    }

    /// `inventory[4]` in a record.
    pub(super) fn embedded_field(&mut self, name: Identifier, length: Span) -> RecordField {
        let slots = literal::integer(self.text(length), length).and_then(|slots| match u32::try_from(slots) {
            Ok(0) | Err(_) => {
                let message = "this is no length for an embedded array";
                Err(Box::new(
                    Diagnostic::error(ErrorKind::SyntaxError, length, message).help("it has at least one slot"),
                ))
            }
            Ok(slots) => Ok(slots),
        });
        let slots = slots.unwrap_or_else(|error| {
            self.report(*error);
            1
        });
        RecordField { name, embedded: Some(slots) }
    }

    /// Reports what cannot be assigned.
    fn check_place(&mut self, place: ExpressionId) {
        let span = self.span(place);
        let text = self.quote(span);
        match self.kind(place) {
            ExpressionKind::Name(_) | ExpressionKind::Index { .. } | ExpressionKind::Field { .. } => {}
            ExpressionKind::Null | ExpressionKind::Boolean(_) => {
                let message = format!("`{text}` is a value, and cannot be assigned");
                self.syntax_error(span, message, "choose another name for the variable");
            }
            ExpressionKind::Call { .. } => self.syntax_error(
                span,
                "a call cannot be assigned",
                format!("to define a function, write `function {text}:`; an element is written with `[ ]`"),
            ),
            _ => self.syntax_error(
                span,
                "this cannot be assigned",
                "on the left side stands a variable, an element `p[i]` or a field `p.name`; to compare, write `==`",
            ),
        }
    }

    /// `a = x`, `a, b = x, y`; `sign` is the assignment sign.
    pub(super) fn assign(&mut self, places: Vec<ExpressionId>, sign: Span, values: Vec<ExpressionId>) -> StatementKind {
        for &place in &places {
            self.check_place(place);
        }
        if let ([place], [value]) = (places.as_slice(), values.as_slice()) {
            return StatementKind::Assign { place: *place, value: *value };
        }
        if places.len() != values.len() {
            self.report_assignment_counts(&places, sign, &values);
        }
        StatementKind::AssignMany { places, values }
    }

    fn report_assignment_counts(&mut self, places: &[ExpressionId], sign: Span, values: &[ExpressionId]) {
        let sides = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let (left, right) = (sides(places.len(), "place"), sides(values.len(), "value"));
        let (first, last) = (self.span(values[0]), self.span(values[values.len() - 1]));
        let text = self.quote(first.to(last));
        let mut error = Diagnostic::error(ErrorKind::SyntaxError, first.to(last), format!("{left}, but {right}"))
            .secondary(sign, "assigned here");
        let joined = without_separators(&text);
        if joined != text {
            error = error.help(format!("commas separate values here; without them this is `{joined}`"));
        }
        if places.len() == 1 {
            error = error.help(format!("for a list of values write `[{text}]`"));
        } else {
            error = error.help("both sides need the same number: `a, b = b, a`");
        }
        self.report(error);
    }

    /// An expression as a statement: `--x` does not decrement.
    pub(super) fn expression_statement(&mut self, span: Span, expression: ExpressionId) -> StatementKind {
        if self.text(span).starts_with("--") {
            let place = self.quote(Span::new(span.start + 2, span.end));
            let sign = Span::new(span.start, span.start + 2);
            self.syntax_error(sign, "`--` is no operator", format!("write `{place} = {place} - 1`"));
        }
        StatementKind::Expression(expression)
    }

    /// `x += e`
    pub(super) fn update(
        &mut self,
        place: ExpressionId,
        operator: BinaryOperator,
        value: ExpressionId,
    ) -> StatementKind {
        self.check_place(place);
        StatementKind::Update { place, operator, value }
    }

    /// `return`, `return e`
    pub(super) fn return_(&mut self, values: Option<Vec<ExpressionId>>) -> StatementKind {
        let values = values.unwrap_or_default();
        if let [first, .., last] = values.as_slice() {
            let span = self.span(*first).to(self.span(*last));
            let text = self.quote(span);
            self.syntax_error(
                span,
                "`return` gives back one value",
                format!("put them into an array: `return [{text}]`"),
            );
        }
        StatementKind::Return(values.first().copied())
    }

    /// `print e, …`
    pub(super) fn print(&mut self, word: Span, arguments: Option<Vec<ExpressionId>>) -> StatementKind {
        StatementKind::Print { word: self.identifier(word), arguments: arguments.unwrap_or_default() }
    }

    /// `end`, `end if`, `endif`, `next i`
    pub(super) fn closer(&mut self, span: Span) -> ClauseKind {
        let text = self.text(span);
        let first = text.split_whitespace().next().unwrap_or(text);
        let second = text.split_whitespace().nth(1);
        if first == "next" {
            let variable = second.map(|name| self.names.intern(name));
            return ClauseKind::Closer(Closer { kind: Some(BlockKind::For), variable });
        }
        let word = second.or_else(|| first.strip_prefix("end")).unwrap_or("");
        let kind = keyword::ended(word);
        if kind.is_none() && !word.is_empty() {
            let message = format!("`end {word}` ends nothing: there are no `{word}` blocks");
            self.syntax_error(span, message, "write `end`, `end if`, `end while`, `end for` or `end function`");
        }
        ClauseKind::Closer(Closer { kind, variable: None })
    }
}

/// The text without the commas of digit groups such as `1,500`.
fn without_separators(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let separates = |index: usize| {
        index > 0 && is_digit(index - 1) && (1..=3).all(|offset| is_digit(index + offset)) && !is_digit(index + 4)
    };
    text.char_indices().filter(|&(index, c)| c != ',' || !separates(index)).map(|(_, c)| c).collect()
}

fn is_comparison(operator: BinaryOperator) -> bool {
    use BinaryOperator::*;
    matches!(operator, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}
