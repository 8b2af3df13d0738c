//! The tree in brackets, for tests: `x = 1 + 2` is `(= x (+ 1 2))`.

use crate::syntax::Names;
use crate::syntax::ast::*;

/// The whole module: records, functions, then top-level statements, separated by blanks.
pub fn module(module: &Module, names: &Names) -> String {
    let dump = Dump { module, names };
    let mut parts = Vec::new();
    for record in &module.records {
        let fields = record.fields.iter().map(|field| match field.embedded {
            Some(slots) => format!(" {}[{slots}]", dump.identifier(field.name)),
            None => format!(" {}", dump.identifier(field.name)),
        });
        parts.push(format!("(record {}{})", dump.identifier(record.name), fields.collect::<String>()));
    }
    for function in &module.functions {
        let parameters: Vec<&str> = function.parameters.iter().map(|&name| dump.identifier(name)).collect();
        let (name, body) = (dump.identifier(function.name), dump.block(&function.body));
        parts.push(format!("(function {name} ({}){body})", parameters.join(" ")));
    }
    parts.extend(module.top_level.statements.iter().map(|statement| dump.statement(statement)));
    parts.join(" ")
}

/// One expression.
pub fn expression(module: &Module, names: &Names, id: ExpressionId) -> String {
    Dump { module, names }.expression(id)
}

struct Dump<'a> {
    module: &'a Module,
    names: &'a Names,
}

impl Dump<'_> {
    fn identifier(&self, identifier: Identifier) -> &str {
        self.names.text(identifier.name)
    }

    fn list(&self, ids: &[ExpressionId]) -> String {
        ids.iter().map(|&id| format!(" {}", self.expression(id))).collect()
    }

    fn block(&self, block: &Block) -> String {
        block.statements.iter().map(|statement| format!(" {}", self.statement(statement))).collect()
    }

    fn statement(&self, statement: &Statement) -> String {
        use StatementKind::*;
        match &statement.kind {
            Expression(id) => self.expression(*id),
            Assign { place, value } => format!("(= {} {})", self.expression(*place), self.expression(*value)),
            Update { place, operator, value } => {
                format!("({}= {} {})", sign(*operator), self.expression(*place), self.expression(*value))
            }
            AssignMany { places, values } => {
                format!("(= ({}) ({}))", self.list(places).trim_start(), self.list(values).trim_start())
            }
            If { arms, otherwise } => {
                let arms = arms.iter().map(|(test, body)| format!(" ({}{})", self.expression(*test), self.block(body)));
                let otherwise = otherwise.as_ref().map_or(String::new(), |body| format!(" (else{})", self.block(body)));
                format!("(if{}{otherwise})", arms.collect::<String>())
            }
            While { condition, body } => format!("(while {}{})", self.expression(*condition), self.block(body)),
            Repeat { body, until } => format!("(repeat{} until {})", self.block(body), self.expression(*until)),
            ForRange { variable, from, to, step, down, body } => {
                let direction = if *down { "downto" } else { "to" };
                let step = step.map_or(String::new(), |step| format!(" step {}", self.expression(step)));
                let (variable, from, to) = (self.identifier(*variable), self.expression(*from), self.expression(*to));
                format!("(for {variable} {from} {direction} {to}{step}{})", self.block(body))
            }
            ForEach { variable, collection, body } => {
                format!("(each {} {}{})", self.identifier(*variable), self.expression(*collection), self.block(body))
            }
            Break => "break".into(),
            Continue => "continue".into(),
            Return(value) => format!("(return{})", self.list(value.as_slice())),
            Pass => "pass".into(),
            Print { word, arguments } => format!("({}!{})", self.identifier(*word), self.list(arguments)),
            Defer(body) => format!("(defer{})", self.block(body)),
            Global(names) => {
                format!(
                    "(global{})",
                    names.iter().map(|&name| format!(" {}", self.identifier(name))).collect::<String>()
                )
            }
        }
    }

    fn expression(&self, id: ExpressionId) -> String {
        use ExpressionKind::*;
        match &self.module.expression(id).kind {
            Integer(value) => value.to_string(),
            Float(value) => format!("{value:?}"),
            Boolean(value) => value.to_string(),
            Null => "null".into(),
            String(text) => format!("{text:?}"),
            Name(name) => self.names.text(*name).into(),
            Unary { operator: UnaryOperator::Negate, operand } => format!("(- {})", self.expression(*operand)),
            Unary { operator: UnaryOperator::Not, operand } => format!("(not {})", self.expression(*operand)),
            Binary { operator, left, right } => {
                format!("({} {} {})", sign(*operator), self.expression(*left), self.expression(*right))
            }
            Chain { first, rest } => {
                let rest =
                    rest.iter().map(|&(operator, right)| format!(" {} {}", sign(operator), self.expression(right)));
                format!("(chain {}{})", self.expression(*first), rest.collect::<std::string::String>())
            }
            IsEmpty(operand) => format!("(empty? {})", self.expression(*operand)),
            Call { callee, arguments, unit } => {
                let unit = unit.map_or(std::string::String::new(), |(unit, _)| format!(" :{unit:?}"));
                format!("({}{}{unit})", self.identifier(*callee), self.list(arguments))
            }
            Index { object, index } => format!("{}[{}]", self.expression(*object), self.expression(*index)),
            Field { object, field } => format!("{}.{}", self.expression(*object), self.identifier(*field)),
            Array(elements) => format!("[{}]", self.list(elements).trim_start()),
            New { record, arguments } => format!("(new {}{})", self.identifier(*record), self.list(arguments)),
            Sizeof(name) => format!("(sizeof {})", self.identifier(*name)),
            Weak(operand) => format!("(weak {})", self.expression(*operand)),
        }
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    use BinaryOperator::*;
    match operator {
        Add => "+",
        Subtract => "-",
        Multiply => "*",
        Divide => "/",
        FloorDivide => "div",
        Modulo => "mod",
        Power => "^",
        Equal => "==",
        NotEqual => "!=",
        Less => "<",
        LessEqual => "<=",
        Greater => ">",
        GreaterEqual => ">=",
        And => "and",
        Or => "or",
    }
}
