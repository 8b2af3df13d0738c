//! Expressions into slots. An operand that is a local variable is used where it is; everything else
//! is computed into a temporary, or straight into the slot where it is wanted.

use super::super::certain;
use super::super::constants;
use super::Lowering;
use super::calls::Destination;
use crate::bytecode::{Constant, Drops, Failure, Instruction, Integer, Length32, Read, Write};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Span};
use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, Identifier, Name, UnaryOperator};

/// What a name stands for where it is used.
pub(super) enum Meaning {
    Local(u8),
    Global(crate::bytecode::GlobalIndex),
    Constant(Constant),
    Unknown,
}

/// Makes an instruction of an operator with an integer constant on its right.
type IntegerForm = fn(Write, Read, Integer) -> Instruction;

impl Lowering<'_, '_> {
    /// Evaluates an expression. The value is in the slot returned: `wanted` if given, otherwise a
    /// local variable's own slot or a new temporary.
    ///
    /// The left spine of operators, indices and fields is walked in a loop, so that a sum of 100,000
    /// terms needs no host stack; all else nests no deeper than `limits::EXPRESSION_DEPTH`.
    pub(super) fn expression(&mut self, id: ExpressionId, wanted: Option<u8>) -> u8 {
        let mark = self.next;
        let mut spine = Vec::new();
        let mut current = id;
        while let Some(inner) = self.spine_operand(current) {
            spine.push(current);
            current = inner;
        }
        if spine.is_empty() {
            return self.leaf(current, wanted);
        }
        let mut value = self.leaf(current, None);
        let mut value_of = current;
        while let Some(node) = spine.pop() {
            let wanted = if spine.is_empty() { wanted } else { None };
            value = self.apply(node, value_of, value, mark, wanted);
            value_of = node;
        }
        value
    }

    /// The operand of an expression that is evaluated first and whose depth is not bounded.
    fn spine_operand(&self, id: ExpressionId) -> Option<ExpressionId> {
        match self.module.expression(id).kind {
            ExpressionKind::Binary { operator, left, .. } if operator.is_arithmetic() => Some(left),
            ExpressionKind::Index { object, .. } | ExpressionKind::Field { object, .. } => Some(object),
            _ => None,
        }
    }

    /// One step up the spine: the operator, index or field of `node` on a value that is in a slot.
    /// Temporaries from `mark` on are free afterwards, except the result's.
    fn apply(&mut self, node: ExpressionId, value_of: ExpressionId, value: u8, mark: u32, wanted: Option<u8>) -> u8 {
        let span = self.span(node);
        match &self.module.expression(node).kind {
            ExpressionKind::Binary { operator, right, .. } => {
                self.binary(*operator, value_of, value, *right, span, mark, wanted)
            }
            ExpressionKind::Index { index, .. } => {
                let index = self.expression(*index, None);
                if !self.is_fresh(value_of) {
                    self.next = mark;
                }
                let to = self.target(wanted);
                self.emit(Instruction::LoadElement { to: Write(to), object: Read(value), index: Read(index) }, span);
                self.drop_if_fresh(value_of, value);
                to
            }
            ExpressionKind::Field { object, field } => {
                self.next = mark;
                let to = self.target(wanted);
                let words = self.compilation.words;
                let measures = field.name == words.length || field.name == words.size;
                if measures && !self.compilation.has_field(field.name) {
                    self.emit(Instruction::Length { to: Write(to), object: Read(value) }, span);
                } else {
                    // What has no field of that name still has a length, which is found out when it is read.
                    let record = match measures {
                        true => self.compilation.records.owner(field.name),
                        false => self.record_of(*object, field),
                    };
                    let field = self.compilation.field_site(field.name, record);
                    self.emit(Instruction::LoadField { to: Write(to), object: Read(value), field }, span);
                }
                to
            }
            _ => value,
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one step of the spine, with everything it is about")]
    fn binary(
        &mut self,
        operator: BinaryOperator,
        left_id: ExpressionId,
        left: u8,
        right_id: ExpressionId,
        span: Span,
        mark: u32,
        wanted: Option<u8>,
    ) -> u8 {
        self.warn_about_certain_failure(operator, left_id, right_id, span);
        if let Some((build, value)) = self.integer_form(operator, right_id) {
            self.next = mark;
            let to = self.target(wanted);
            self.emit(build(Write(to), Read(left), value), span);
            return to;
        }
        let right = self.expression(right_id, None);
        self.next = mark;
        let to = self.target(wanted);
        let instruction = self.operation(operator, to, (left_id, left), (right_id, right));
        self.emit(instruction, span);
        to
    }

    /// The instruction for an operator on two slots. A sum that may join strings that nothing holds frees them.
    pub(super) fn operation(
        &self,
        operator: BinaryOperator,
        to: u8,
        (left_id, left): (ExpressionId, u8),
        (right_id, right): (ExpressionId, u8),
    ) -> Instruction {
        let (to, left, right) = (Write(to), Read(left), Read(right));
        match operator {
            BinaryOperator::Add => match (self.is_fresh(left_id), self.is_fresh(right_id)) {
                (false, false) => Instruction::Add { to, left, right },
                (true, false) => Instruction::AddTemporaries { to, left, right, drops: Drops::Left },
                (false, true) => Instruction::AddTemporaries { to, left, right, drops: Drops::Right },
                (true, true) => Instruction::AddTemporaries { to, left, right, drops: Drops::Both },
            },
            BinaryOperator::Subtract => Instruction::Subtract { to, left, right },
            BinaryOperator::Multiply => Instruction::Multiply { to, left, right },
            BinaryOperator::Divide => Instruction::Divide { to, left, right },
            BinaryOperator::FloorDivide => Instruction::FloorDivide { to, left, right },
            BinaryOperator::Modulo => Instruction::Modulo { to, left, right },
            BinaryOperator::Power => Instruction::Power { to, left, right },
            BinaryOperator::Equal => Instruction::Equal { to, left, right },
            BinaryOperator::NotEqual => Instruction::NotEqual { to, left, right },
            BinaryOperator::Less => Instruction::Less { to, left, right },
            BinaryOperator::LessEqual => Instruction::LessEqual { to, left, right },
            BinaryOperator::Greater => Instruction::Greater { to, left, right },
            BinaryOperator::GreaterEqual => Instruction::GreaterEqual { to, left, right },
            BinaryOperator::And | BinaryOperator::Or => unreachable!("`{operator:?}` is lowered to jumps"),
        }
    }

    /// Warns where an operator is certain to fail on its operands.
    pub(super) fn warn_about_certain_failure(
        &mut self,
        operator: BinaryOperator,
        left: ExpressionId,
        right: ExpressionId,
        span: Span,
    ) {
        if let Some(message) = certain::failure(self.module, operator, left, right) {
            self.report(Diagnostic::warning(span, message).foretelling(ErrorKind::TypeError));
        }
    }

    /// An expression that does not begin with an operand of unbounded depth.
    fn leaf(&mut self, id: ExpressionId, wanted: Option<u8>) -> u8 {
        let span = self.span(id);
        let module = self.module;
        match &module.expression(id).kind {
            ExpressionKind::Integer(value) => self.integer(*value, span, wanted),
            ExpressionKind::Float(value) => self.constant(Constant::Float(*value), span, wanted),
            ExpressionKind::Boolean(value) => self.constant(Constant::Boolean(*value), span, wanted),
            ExpressionKind::Null => self.constant(Constant::Null, span, wanted),
            ExpressionKind::String(text) => self.constant(Constant::String(text.clone()), span, wanted),
            ExpressionKind::Name(name) => self.name(*name, span, wanted),
            ExpressionKind::Unary { operator: UnaryOperator::Negate, operand } => {
                if let Some(value) = constants::literal(module, id) {
                    return self.integer(value, span, wanted);
                }
                let mark = self.next;
                let operand = self.expression(*operand, None);
                self.next = mark;
                let to = self.target(wanted);
                self.emit(Instruction::Negate { to: Write(to), operand: Read(operand) }, span);
                to
            }
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => {
                let mark = self.next;
                let operand = self.expression(*operand, None);
                self.next = mark;
                let to = self.target(wanted);
                self.emit(Instruction::Not { to: Write(to), operand: Read(operand) }, span);
                to
            }
            ExpressionKind::Binary { operator: BinaryOperator::And | BinaryOperator::Or, .. }
            | ExpressionKind::Chain { .. } => self.boolean_by_jumps(id, span, wanted),
            ExpressionKind::Binary { operator, left, right } => {
                self.comparison_value(*operator, *left, *right, span, wanted)
            }
            ExpressionKind::IsEmpty(operand) => {
                let mark = self.next;
                let value = self.expression(*operand, None);
                if !self.is_fresh(*operand) {
                    self.next = mark;
                }
                let to = self.target(wanted);
                self.emit(Instruction::IsEmpty { to: Write(to), operand: Read(value) }, span);
                self.drop_if_fresh(*operand, value);
                to
            }
            ExpressionKind::Call { callee, arguments, unit } => {
                self.call(id, *callee, arguments, *unit, span, Destination::Slot(wanted))
            }
            ExpressionKind::Array(elements) => self.array(id, elements, span, wanted),
            ExpressionKind::New { record, arguments } => self.new_record(id, *record, arguments, span, wanted),
            ExpressionKind::Sizeof(of) => match self.sizeof(*of) {
                Some(bytes) => self.integer(bytes, span, wanted),
                None => self.target(wanted),
            },
            // Where it is stored, `stored` makes the place weak; to everybody else it is the reference.
            ExpressionKind::Weak(operand) => self.expression(*operand, wanted),
            ExpressionKind::Index { .. } | ExpressionKind::Field { .. } => self.expression(id, wanted),
        }
    }

    pub(super) fn integer(&mut self, value: i64, span: Span, wanted: Option<u8>) -> u8 {
        if let (None, Some(slot)) = (wanted, self.hoisted(&Constant::Integer(value))) {
            return slot;
        }
        match i32::try_from(value) {
            Ok(value) => {
                let to = self.target(wanted);
                self.emit(Instruction::LoadInteger { to: Write(to), value: Integer(value) }, span);
                to
            }
            Err(_) => self.constant(Constant::Integer(value), span, wanted),
        }
    }

    pub(super) fn constant(&mut self, constant: Constant, span: Span, wanted: Option<u8>) -> u8 {
        if let (None, Some(slot)) = (wanted, self.hoisted(&constant)) {
            return slot;
        }
        let to = self.target(wanted);
        self.load_constant(to, constant, span);
        to
    }

    /// What a name stands for here.
    pub(super) fn meaning(&self, name: Name) -> Meaning {
        if let Some(&slot) = self.locals.get(&name) {
            return Meaning::Local(slot);
        }
        if self.origin == super::Origin::User
            && let Some(global) = self.compilation.global(name)
        {
            return Meaning::Global(global);
        }
        let words = self.compilation.words;
        if name == words.infinity {
            Meaning::Constant(Constant::Float(f64::INFINITY))
        } else if name == words.nan {
            Meaning::Constant(Constant::Float(f64::NAN))
        } else {
            Meaning::Unknown
        }
    }

    fn name(&mut self, name: Name, span: Span, wanted: Option<u8>) -> u8 {
        match self.meaning(name) {
            Meaning::Local(slot) => {
                self.check_assigned(slot, span);
                if self.weak_locals.contains(u32::from(slot)) {
                    let to = self.target(wanted);
                    self.emit(Instruction::Strengthen { to: Write(to), from: Read(slot) }, span);
                    return to;
                }
                match wanted {
                    Some(to) if to != slot => {
                        self.emit(Instruction::Move { to: Write(to), from: Read(slot) }, span);
                        to
                    }
                    _ => slot,
                }
            }
            Meaning::Global(global) => {
                let to = self.target(wanted);
                self.emit(Instruction::LoadGlobal { to: Write(to), global }, span);
                to
            }
            Meaning::Constant(constant) => self.constant(constant, span, wanted),
            Meaning::Unknown => {
                self.unknown_variable(name, span);
                self.target(wanted)
            }
        }
    }

    fn unknown_variable(&mut self, name: Name, span: Span) {
        let text = self.text(name);
        let mut diagnostic =
            Diagnostic::error(ErrorKind::UnknownName, span, format!("there is no variable `{text}` here"));
        let mut known: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
        known.extend(self.compilation.global_names());
        known.extend(["infinity", "nan", "null", "true", "false"]);
        diagnostic = if self.compilation.callable(name, self.origin).is_some()
            || self.compilation.builtin(name, self.origin).is_some()
        {
            diagnostic.help(format!("`{text}` is a function: to call it, write `{text}(…)`"))
        } else if let Some(help) = self.compilation.did_you_mean(text, known) {
            diagnostic.help(help)
        } else {
            diagnostic.help(format!("a variable is made by assigning to it: `{text} = …`"))
        };
        self.report(diagnostic);
    }

    /// `[a, b, c]`: the block first, then its elements, in order.
    fn array(&mut self, id: ExpressionId, elements: &[ExpressionId], span: Span, wanted: Option<u8>) -> u8 {
        let mark = self.next;
        let array = self.temporary();
        let length = Length32(elements.len() as u32);
        let at = self.emit(Instruction::AllocateArray { to: Write(array), length }, span);
        self.name_block(id, at);
        for (index, &element) in (0u32..).zip(elements) {
            let inner = self.next;
            let from = self.stored(element, None);
            let instruction = Instruction::InitElement { array: Read(array), from: Read(from), index: Length32(index) };
            self.emit(instruction, self.span(element));
            self.next = inner;
        }
        self.deliver(array, mark, span, wanted)
    }

    /// `new Node(1, null)`: the record first, then its fields, in order.
    fn new_record(
        &mut self,
        id: ExpressionId,
        name: Identifier,
        arguments: &[ExpressionId],
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        let Some(index) = self.known_record(name) else { return self.target(wanted) };
        let record = self.compilation.records.get(index).clone();
        if arguments.len() > record.fields.len() {
            let text = self.text(name.name);
            let fields: Vec<&str> = record.fields.iter().map(|&(field, _)| self.text(field)).collect();
            self.report(
                Diagnostic::error(
                    ErrorKind::WrongArguments,
                    span,
                    format!(
                        "`{text}` has {}, but {} given",
                        super::calls::count(record.fields.len(), "field"),
                        super::calls::are(arguments.len()),
                    ),
                )
                .note(format!("the fields of `{text}` are: {}", fields.join(", "))),
            );
            return self.target(wanted);
        }
        let mark = self.next;
        let slot = self.temporary();
        let failure = Failure::Stop;
        let row = self.compilation.record_row(index);
        let at = self.emit(Instruction::AllocateRecord { to: Write(slot), failure, record: row }, span);
        self.name_block(id, at);
        let mut offset = 0;
        for (&argument, &(field, embedded)) in arguments.iter().zip(&record.fields) {
            let inner = self.next;
            if embedded > 0 {
                self.init_embedded(slot, field, index, argument);
            } else {
                let from = self.stored(argument, None);
                let instruction =
                    Instruction::InitField { record: Read(slot), from: Read(from), offset: Length32(offset) };
                self.emit(instruction, self.span(argument));
            }
            self.next = inner;
            offset += embedded.max(1);
        }
        self.deliver(slot, mark, span, wanted)
    }

    /// Brings a value that was computed in the temporary at `mark` to where it is wanted.
    pub(super) fn deliver(&mut self, slot: u8, mark: u32, span: Span, wanted: Option<u8>) -> u8 {
        match wanted {
            Some(to) if to != slot => {
                self.emit(Instruction::Move { to: Write(to), from: Read(slot) }, span);
                self.next = mark;
                to
            }
            _ => {
                self.next = mark.max(u32::from(slot) + 1);
                slot
            }
        }
    }

    /// The record of that name; reports where there is none.
    pub(super) fn known_record(&mut self, name: Identifier) -> Option<u32> {
        let found = self.compilation.records.find(name.name);
        if let Some(index) = found {
            let record = &self.compilation.records.get(index);
            if record.declared || !record.fields.is_empty() {
                return found;
            }
        }
        let text = self.text(name.name);
        let known: Vec<&str> = self
            .compilation
            .records
            .all()
            .iter()
            .filter(|record| record.declared || !record.fields.is_empty())
            .map(|record| self.text(record.name))
            .chain(["integer", "float", "boolean", "pointer"])
            .collect();
        let mut diagnostic =
            Diagnostic::error(ErrorKind::UnknownName, name.span, format!("nothing says what `{text}` consists of"))
                .label("no such record or type");
        if let Some(help) = self.compilation.did_you_mean(text, known) {
            diagnostic = diagnostic.help(help);
        }
        self.report(diagnostic.help(match self.meaning(name.name) {
            Meaning::Local(_) | Meaning::Global(_) => {
                format!("`{text}` is a variable, and here the name of a type is needed; `length({text})` is its length")
            }
            _ => format!("declare it: `record {text}: first_field, second_field`"),
        }));
        None
    }

    /// `sizeof(T)` in bytes.
    pub(super) fn sizeof(&mut self, name: Identifier) -> Option<i64> {
        if self.compilation.is_simple_type(name.name) {
            return Some(8);
        }
        let index = self.known_record(name)?;
        Some(self.compilation.records.get(index).bytes())
    }

    /// The record that an object with that field most likely is; warns where it surely has no such field.
    pub(super) fn record_of(&mut self, object: ExpressionId, field: &Identifier) -> Option<u32> {
        let records = &self.compilation.records;
        let owner = records.owner(field.name);
        let ExpressionKind::Name(name) = self.module.expression(object).kind else { return owner };
        let scope = if self.locals.contains_key(&name) { self.scope } else { 0 };
        let Some(holds) = records.holds(scope, name) else { return owner };
        let has_field = |record: u32| records.field(record, field.name).is_some();
        let found = holds.records.iter().copied().find(|&record| has_field(record)).or(owner);
        if let Some(certain) = holds.certain().filter(|&record| !has_field(record)) {
            self.warn_about_unknown_field(certain, field);
        }
        found
    }

    fn warn_about_unknown_field(&mut self, record: u32, field: &Identifier) {
        let record = &self.compilation.records.get(record);
        let (text, of) = (self.text(field.name), self.text(record.name));
        let fields: Vec<&str> = record.fields.iter().map(|&(field, _)| self.text(field)).collect();
        let mut warning = Diagnostic::warning(field.span, format!("the record `{of}` has no field `{text}`"))
            .foretelling(ErrorKind::UnknownField)
            .note(format!("its fields are: {}", fields.join(", ")));
        if let Some(help) = self.compilation.did_you_mean(text, fields) {
            warning = warning.help(help);
        }
        self.report(warning);
    }

    /// The instruction for an operator with a small integer constant on its right, if there is one.
    pub(super) fn integer_form(&self, operator: BinaryOperator, right: ExpressionId) -> Option<(IntegerForm, Integer)> {
        let right = i32::try_from(constants::literal(self.module, right)?).ok()?;
        let build: IntegerForm = match operator {
            BinaryOperator::Add => |to, left, right| Instruction::AddInteger { to, left, right },
            BinaryOperator::Subtract => |to, left, right| Instruction::SubtractInteger { to, left, right },
            BinaryOperator::Multiply => |to, left, right| Instruction::MultiplyInteger { to, left, right },
            BinaryOperator::FloorDivide if right != 0 => {
                |to, left, right| Instruction::FloorDivideInteger { to, left, right }
            }
            BinaryOperator::Modulo if right != 0 => |to, left, right| Instruction::ModuloInteger { to, left, right },
            _ => return None,
        };
        Some((build, Integer(right)))
    }

    /// Evaluates what is about to be stored in a place. `weak p` makes the place a weak one, if the
    /// strategy finds out by itself when a block is not needed any more.
    pub(super) fn stored(&mut self, id: ExpressionId, wanted: Option<u8>) -> u8 {
        if !self.is_weak(id) {
            return self.expression(id, wanted);
        }
        let mark = self.next;
        let from = self.expression(id, None);
        self.next = mark;
        let to = self.target(wanted);
        self.emit(Instruction::Weaken { to: Write(to), from: Read(from) }, self.span(id));
        to
    }

    /// Whether a value makes the place it is stored in a weak one.
    pub(super) fn is_weak(&self, id: ExpressionId) -> bool {
        self.compilation.input.requirements.reclaims()
            && matches!(self.module.expression(id).kind, ExpressionKind::Weak(_))
    }

    /// Has a string freed that its statement has consumed and nothing holds.
    pub(super) fn drop_if_fresh(&mut self, id: ExpressionId, slot: u8) {
        if self.is_fresh(id) {
            let span = self.span(id);
            self.emit(Instruction::DropTemporary { value: Read(slot) }, span);
        }
    }
}
