//! The tree that the parser builds and the compiler reads.
//!
//! Expressions live in one arena per module and refer to each other by [`ExpressionId`], so that
//! dropping or walking a term of 100,000 operands never recurses. Children are always created
//! before their parent and from left to right: arena order is evaluation post-order, and a pass
//! that needs no context can simply run over the arena.

use crate::source::Span;

/// An interned name. Names are case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

/// A name where it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// Which name.
    pub name: Name,
    /// Where.
    pub span: Span,
}

/// Index of an expression in its module's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExpressionId(pub u32);

/// A whole source: what it defines and what it does.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The arena. Use [`Module::expression`].
    pub expressions: Vec<Expression>,
    /// Functions in textual order.
    pub functions: Vec<Function>,
    /// Declared records in textual order.
    pub records: Vec<Record>,
    /// Top-level statements in textual order.
    pub top_level: Block,
}

impl Module {
    /// The expression of that id.
    pub fn expression(&self, id: ExpressionId) -> &Expression {
        &self.expressions[id.0 as usize]
    }
}

/// Statements that are run one after another.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// In order.
    pub statements: Vec<Statement>,
    /// The last line's text that belongs to the block; used for "falls off the end here".
    pub end: Span,
}

/// A function definition.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Identifier,
    /// Its parameters, in order.
    pub parameters: Vec<Identifier>,
    /// What it does.
    pub body: Block,
    /// Its header line.
    pub header: Span,
}

/// A record declaration.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name.
    pub name: Identifier,
    /// Its fields, in order.
    pub fields: Vec<RecordField>,
}

/// A declared field.
#[derive(Clone, Debug)]
pub struct RecordField {
    /// Its name.
    pub name: Identifier,
    /// Number of slots if it is an embedded array: `inventory[4]`.
    pub embedded: Option<u32>,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Its text; for a compound statement, its header's.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// An expression, for what it does. The value is dropped.
    Expression(ExpressionId),
    /// `place = value`. A place is a `Name`, `Index` or `Field` expression.
    Assign {
        /// Where to.
        place: ExpressionId,
        /// What.
        value: ExpressionId,
    },
    /// `place += value` and its like. The place's object and index are evaluated once.
    Update {
        /// What to change.
        place: ExpressionId,
        /// How.
        operator: BinaryOperator,
        /// By what.
        value: ExpressionId,
    },
    /// `a, b = b, a`: all values first, then all places. Both lists are equally long, at least 2.
    AssignMany {
        /// Where to.
        places: Vec<ExpressionId>,
        /// What.
        values: Vec<ExpressionId>,
    },
    /// `if`, any number of `else if`, and `else`.
    If {
        /// Condition and body of each arm, at least one.
        arms: Vec<(ExpressionId, Block)>,
        /// The `else` block.
        otherwise: Option<Block>,
    },
    /// `while condition:`
    While {
        /// Tested before each round.
        condition: ExpressionId,
        /// A round.
        body: Block,
    },
    /// `repeat: … until condition`
    Repeat {
        /// A round.
        body: Block,
        /// Tested after each round; true ends the loop.
        until: ExpressionId,
    },
    /// `for i from a to b [step s]:` and its synonyms.
    ForRange {
        /// The loop variable.
        variable: Identifier,
        /// First value.
        from: ExpressionId,
        /// Last value, included.
        to: ExpressionId,
        /// Step, if written.
        step: Option<ExpressionId>,
        /// `downto`: counts down; a written step is subtracted.
        down: bool,
        /// A round.
        body: Block,
    },
    /// `for each x in xs:`
    ForEach {
        /// Takes each element.
        variable: Identifier,
        /// What is walked.
        collection: ExpressionId,
        /// A round.
        body: Block,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`, with or without a value.
    Return(Option<ExpressionId>),
    /// `pass`
    Pass,
    /// `print`, `output`, `display`, `write` in their statement form. The form with parentheses is this
    /// too, unless the program defines a function of that name: then the word is kept for the compiler.
    Print {
        /// The word as written.
        word: Identifier,
        /// What to print.
        arguments: Vec<ExpressionId>,
    },
    /// `defer statement`; a deferred block holds several.
    Defer(Block),
    /// `global a, b`
    Global(Vec<Identifier>),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What it computes.
    pub kind: ExpressionKind,
    /// Its text, outer parentheses left out.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `42`, `0xBEEF00`, `1,000,000`, `2 KB`
    Integer(i64),
    /// `3.14`
    Float(f64),
    /// `true`, `false`
    Boolean(bool),
    /// `null` and its synonyms.
    Null,
    /// A string literal, escapes resolved.
    String(String),
    /// A variable, or a predefined name (`infinity`, `nan`) if no variable is called so.
    Name(Name),
    /// `-x`, `not x`
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// On what.
        operand: ExpressionId,
    },
    /// `a + b` and all two-operand operators, `and` and `or` included.
    Binary {
        /// Which.
        operator: BinaryOperator,
        /// Evaluated first.
        left: ExpressionId,
        /// Evaluated second (or not, by `and` and `or`).
        right: ExpressionId,
    },
    /// `0 <= i < n`: at least two comparisons, each operand evaluated once.
    Chain {
        /// The first operand.
        first: ExpressionId,
        /// Each comparison with its right operand.
        rest: Vec<(BinaryOperator, ExpressionId)>,
    },
    /// `x is empty`, `x is not empty` (then inside a `not`).
    IsEmpty(ExpressionId),
    /// `f(a, b)`. Also the statement forms `delete p`, `release p`, `swap a and b`… whose word is the callee.
    Call {
        /// Who is called.
        callee: Identifier,
        /// With what.
        arguments: Vec<ExpressionId>,
        /// A unit word before the closing parenthesis of an allocation call; belongs to the last argument.
        unit: Option<(Unit, Span)>,
    },
    /// `p[i]`
    Index {
        /// The array, string or block.
        object: ExpressionId,
        /// Which element.
        index: ExpressionId,
    },
    /// `p.name`, `p->name`. `p.length` is decided by the compiler.
    Field {
        /// The record.
        object: ExpressionId,
        /// Which field.
        field: Identifier,
    },
    /// `[a, b, c]`
    Array(Vec<ExpressionId>),
    /// `new Node(1, null)`
    New {
        /// Which record.
        record: Identifier,
        /// Its first fields.
        arguments: Vec<ExpressionId>,
    },
    /// `sizeof(T)`
    Sizeof(Identifier),
    /// `weak p`
    Weak(ExpressionId),
}

/// Operators on one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-x`
    Negate,
    /// `not x`, `!x`
    Not,
}

/// Operators on two operands. `is` and `==` are `Equal`, `is not` is `NotEqual`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, always a float
    Divide,
    /// `div`, floored
    FloorDivide,
    /// `mod`, `%`, sign of the divisor
    Modulo,
    /// `^`
    Power,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `and`
    And,
    /// `or`
    Or,
}

impl BinaryOperator {
    /// Whether it computes a number, or joins strings.
    pub const fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::FloorDivide | Self::Modulo | Self::Power
        )
    }

    /// Whether it compares two values.
    pub const fn is_comparison(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual | Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual)
    }
}

/// The unit words of allocation calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `bytes`
    Bytes,
    /// `elements`, `items`, `integers`
    Integers,
    /// `floats`
    Floats,
    /// `booleans`
    Booleans,
    /// `pointers`, `nodes`
    Pointers,
    /// `characters`
    Characters,
}
