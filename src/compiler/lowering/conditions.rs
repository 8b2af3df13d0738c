//! Conditions as jumps: comparisons fuse with the jump they decide, `and`, `or` and `not` become flow.

use super::super::certain::{Certain, certain};
use super::super::constants;
use super::Lowering;
use crate::bytecode::assembler::Label;
use crate::bytecode::{Constant, Instruction, Read, Short, Target};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Span};
use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, UnaryOperator};

/// Chooses between the form of an instruction that jumps when a comparison holds and the one that
/// jumps when it does not. `not (a < b)` is not `a >= b`: one of them may be nan.
macro_rules! by_sense {
    ($sense:expr, $holds:ident, $fails:ident { $($field:ident: $value:expr),* }) => {
        if $sense {
            Instruction::$holds { $($field: $value),*, target: Target(0) }
        } else {
            Instruction::$fails { $($field: $value),*, target: Target(0) }
        }
    };
}

impl Lowering<'_, '_> {
    /// Goes to `label` if the condition is `sense`, otherwise falls through.
    pub(super) fn jump_if(&mut self, id: ExpressionId, sense: bool, label: Label) {
        let span = self.span(id);
        let module = self.module;
        match &module.expression(id).kind {
            ExpressionKind::Boolean(value) => {
                if *value == sense {
                    self.jump(label, span);
                }
            }
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => self.jump_if(*operand, !sense, label),
            ExpressionKind::Binary { operator: operator @ (BinaryOperator::And | BinaryOperator::Or), .. } => {
                self.jump_if_logical(id, *operator, sense, label);
            }
            ExpressionKind::Binary { operator, left, right } if operator.is_comparison() => {
                self.warn_about_certain_failure(*operator, *left, *right, span);
                if self.is_fresh(*left) || self.is_fresh(*right) {
                    self.jump_if_value(id, sense, label);
                } else {
                    let mark = self.next;
                    let value = self.expression(*left, None);
                    self.compare_and_jump(*operator, value, *right, sense, label, span);
                    self.next = mark;
                }
            }
            ExpressionKind::Chain { first, rest } => self.jump_if_chain(*first, rest, sense, label),
            _ => self.jump_if_value(id, sense, label),
        }
    }

    pub(super) fn jump(&mut self, label: Label, span: Span) {
        self.assembler.emit_jump(Instruction::Jump { target: Target(0) }, label, span);
    }

    fn jump_if_value(&mut self, id: ExpressionId, sense: bool, label: Label) {
        let span = self.span(id);
        if let Some(found) = certain(self.module, id).filter(|&found| found != Certain::Boolean) {
            let message =
                format!("this will stop the program: a condition must be true or false, and this is {}", found.text());
            self.report(Diagnostic::warning(span, message).foretelling(ErrorKind::TypeError));
        }
        let mark = self.next;
        let condition = Read(self.expression(id, None));
        self.assembler.emit_jump(by_sense!(sense, JumpIfTrue, JumpIfFalse { condition: condition }), label, span);
        self.next = mark;
    }

    /// `a and b and c …`: the operands of one operator in a row, however many, in a loop.
    fn jump_if_logical(&mut self, id: ExpressionId, operator: BinaryOperator, sense: bool, label: Label) {
        let mut operands = Vec::new();
        let mut current = id;
        while let ExpressionKind::Binary { operator: inner, left, right } = self.module.expression(current).kind
            && inner == operator
        {
            operands.push(right);
            current = left;
        }
        operands.push(current);
        operands.reverse();
        // `or` is decided by the first operand that is true, `and` by the first that is false.
        let decides = operator == BinaryOperator::Or;
        if decides == sense {
            let mut after_first = None;
            for operand in operands {
                self.jump_if(operand, decides, label);
                after_first.get_or_insert(self.assigned);
            }
            self.assigned = after_first.unwrap_or(self.assigned);
        } else {
            let decided = self.assembler.label();
            let (last, others) = operands.split_last().map_or((current, &[][..]), |(last, others)| (*last, others));
            let mut after_first = None;
            for &operand in others {
                self.jump_if(operand, decides, decided);
                after_first.get_or_insert(self.assigned);
            }
            self.jump_if(last, sense, label);
            self.assembler.bind(decided);
            self.assigned = after_first.unwrap_or(self.assigned);
        }
    }

    /// `0 <= i < n`: each operand once, the comparison after one that fails not at all.
    fn jump_if_chain(
        &mut self,
        first: ExpressionId,
        rest: &[(BinaryOperator, ExpressionId)],
        sense: bool,
        label: Label,
    ) {
        let mark = self.next;
        let failed = self.assembler.label();
        let mut left = self.expression(first, None);
        let mut left_span = self.span(first);
        let mut after_first = None;
        for (index, &(operator, right)) in rest.iter().enumerate() {
            let span = left_span.to(self.span(right));
            let value = self.expression(right, None);
            after_first.get_or_insert(self.assigned);
            let last = index + 1 == rest.len();
            let (sense, label) =
                if last && sense { (true, label) } else { (false, if sense { failed } else { label }) };
            self.compare_slots_and_jump(operator, left, value, sense, label, span);
            left = value;
            left_span = self.span(right);
        }
        self.assembler.bind(failed);
        self.assigned = after_first.unwrap_or(self.assigned);
        self.next = mark;
    }

    /// Compares a slot with an expression; null and small integers have instructions of their own.
    fn compare_and_jump(
        &mut self,
        operator: BinaryOperator,
        left: u8,
        right: ExpressionId,
        sense: bool,
        label: Label,
        span: Span,
    ) {
        let is_null = matches!(self.module.expression(right).kind, ExpressionKind::Null);
        if is_null && matches!(operator, BinaryOperator::Equal | BinaryOperator::NotEqual) {
            let sense = sense == (operator == BinaryOperator::Equal);
            let operand = Read(left);
            self.assembler.emit_jump(by_sense!(sense, JumpIfNull, JumpIfNotNull { operand: operand }), label, span);
            return;
        }
        let small = constants::literal(self.module, right).and_then(|value| i16::try_from(value).ok());
        if let Some(value) = small {
            let (left, right) = (Read(left), Short(value));
            let instruction = match operator {
                BinaryOperator::Equal => {
                    by_sense!(sense, JumpIfEqualInteger, JumpIfNotEqualInteger { left: left, right: right })
                }
                BinaryOperator::NotEqual => {
                    by_sense!(sense, JumpIfNotEqualInteger, JumpIfEqualInteger { left: left, right: right })
                }
                BinaryOperator::Less => {
                    by_sense!(sense, JumpIfLessInteger, JumpIfNotLessInteger { left: left, right: right })
                }
                BinaryOperator::LessEqual => {
                    by_sense!(sense, JumpIfLessEqualInteger, JumpIfNotLessEqualInteger { left: left, right: right })
                }
                BinaryOperator::Greater => {
                    by_sense!(sense, JumpIfGreaterInteger, JumpIfNotGreaterInteger { left: left, right: right })
                }
                _ => by_sense!(
                    sense,
                    JumpIfGreaterEqualInteger,
                    JumpIfNotGreaterEqualInteger { left: left, right: right }
                ),
            };
            self.assembler.emit_jump(instruction, label, span);
            return;
        }
        let right = self.expression(right, None);
        self.compare_slots_and_jump(operator, left, right, sense, label, span);
    }

    fn compare_slots_and_jump(
        &mut self,
        operator: BinaryOperator,
        left: u8,
        right: u8,
        sense: bool,
        label: Label,
        span: Span,
    ) {
        let (left, right) = (Read(left), Read(right));
        let instruction = match operator {
            BinaryOperator::Equal => by_sense!(sense, JumpIfEqual, JumpIfNotEqual { left: left, right: right }),
            BinaryOperator::NotEqual => by_sense!(sense, JumpIfNotEqual, JumpIfEqual { left: left, right: right }),
            BinaryOperator::Less => by_sense!(sense, JumpIfLess, JumpIfNotLess { left: left, right: right }),
            BinaryOperator::LessEqual => {
                by_sense!(sense, JumpIfLessEqual, JumpIfNotLessEqual { left: left, right: right })
            }
            BinaryOperator::Greater => by_sense!(sense, JumpIfGreater, JumpIfNotGreater { left: left, right: right }),
            _ => by_sense!(sense, JumpIfGreaterEqual, JumpIfNotGreaterEqual { left: left, right: right }),
        };
        self.assembler.emit_jump(instruction, label, span);
    }

    /// A comparison as a value.
    pub(super) fn comparison_value(
        &mut self,
        operator: BinaryOperator,
        left_id: ExpressionId,
        right_id: ExpressionId,
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        self.warn_about_certain_failure(operator, left_id, right_id, span);
        let mark = self.next;
        let left = self.expression(left_id, None);
        let right = self.expression(right_id, None);
        if !self.is_fresh(left_id) && !self.is_fresh(right_id) {
            self.next = mark;
        }
        let to = self.target(wanted);
        let instruction = self.operation(operator, to, (left_id, left), (right_id, right));
        self.emit(instruction, span);
        self.drop_if_fresh(left_id, left);
        self.drop_if_fresh(right_id, right);
        to
    }

    /// `and`, `or` and chains as a value: true where the jumps say so.
    pub(super) fn boolean_by_jumps(&mut self, id: ExpressionId, span: Span, wanted: Option<u8>) -> u8 {
        let mark = self.next;
        let (fails, done) = (self.assembler.label(), self.assembler.label());
        self.jump_if(id, false, fails);
        self.next = mark;
        let to = self.target(wanted);
        self.load_constant(to, Constant::Boolean(true), span);
        self.jump(done, span);
        self.assembler.bind(fails);
        self.load_constant(to, Constant::Boolean(false), span);
        self.assembler.bind(done);
        to
    }
}
