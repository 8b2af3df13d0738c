//! Constants that a loop would load in every round: they are loaded before the outermost loop, into slots that are theirs
//! until it is done. Where that might not leave room enough for the rest, or where frames would grow on the way of a
//! recursion, a loop loads its constants itself.

use super::Lowering;
use crate::bytecode::Constant;
use crate::compiler::{constants, walk};
use crate::limits::{FRAME_SLOTS, LOOP_CONSTANTS};
use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, Statement, StatementKind};

/// Slots that an expression takes at most, those of its operands aside: those of a call before its arguments.
const SLOTS_OF_EXPRESSION: usize = 3;
/// Slots that a loop takes at most, those of its statements aside.
const SLOTS_OF_LOOP: usize = 4;

impl<'a> Lowering<'_, 'a> {
    /// Whether a statement is a loop that is in no other. Then its constants are in slots until `leave_outermost_loop`.
    pub(super) fn enters_outermost_loop(&mut self, statement: &'a Statement) -> bool {
        if self.in_loop || !is_loop(statement) {
            return false;
        }
        self.in_loop = true;
        for constant in self.constants_of(statement) {
            let slot = self.temporary();
            match constant {
                Constant::Integer(value) => self.integer(value, statement.span, Some(slot)),
                _ => self.constant(constant.clone(), statement.span, Some(slot)),
            };
            self.hoisted.push((constant, slot));
        }
        true
    }

    /// The loop is done.
    pub(super) fn leave_outermost_loop(&mut self) {
        self.in_loop = false;
        self.hoisted.clear();
    }

    /// The slot that a constant is in.
    pub(super) fn hoisted(&self, constant: &Constant) -> Option<u8> {
        self.hoisted.iter().find(|(hoisted, _)| same(hoisted, constant)).map(|&(_, slot)| slot)
    }

    /// The constants in a loop that instructions take from a slot: operands that are floats, and what is stored in
    /// elements and fields.
    fn constants_of(&self, statement: &'a Statement) -> Vec<Constant> {
        let mut found: Vec<Constant> = Vec::new();
        let mut note = |constant: Option<Constant>| {
            if let Some(constant) = constant
                && found.len() < LOOP_CONSTANTS
                && !found.iter().any(|known| same(known, &constant))
            {
                found.push(constant);
            }
        };
        let (mut loops, mut most_expressions, mut calls) = (0, 0, false);
        walk::each_in(statement, &mut |inner| {
            loops += usize::from(is_loop(inner));
            if let StatementKind::Assign { place, value } = inner.kind
                && !matches!(self.module.expression(place).kind, ExpressionKind::Name(_))
            {
                note(self.literal(value));
            }
            let mut expressions = 0;
            walk::each_root(inner, &mut |root| {
                walk::each_expression(self.module, root, &mut |_, expression| {
                    expressions += 1;
                    match expression.kind {
                        ExpressionKind::Binary { operator, left, right }
                            if !matches!(operator, BinaryOperator::And | BinaryOperator::Or) =>
                        {
                            for operand in [left, right] {
                                note(self.literal(operand).filter(|literal| matches!(literal, Constant::Float(_))));
                            }
                        }
                        ExpressionKind::Call { ref callee, .. } => {
                            calls |= self.compilation.builtin(callee.name, self.origin).is_none();
                        }
                        _ => {}
                    }
                });
            });
            most_expressions = most_expressions.max(expressions);
        });
        let needed = SLOTS_OF_LOOP * loops + SLOTS_OF_EXPRESSION * most_expressions + LOOP_CONSTANTS;
        // What has been deferred may be lowered in the loop, too.
        let defers = self.enclosing.iter().any(|enclosing| !enclosing.deferred.is_empty());
        if calls || defers || self.next as usize + needed > FRAME_SLOTS {
            found.clear();
        }
        found
    }

    /// The constant that an expression is, other than a reference.
    fn literal(&self, id: ExpressionId) -> Option<Constant> {
        match self.module.expression(id).kind {
            ExpressionKind::Float(value) => Some(Constant::Float(value)),
            ExpressionKind::Boolean(value) => Some(Constant::Boolean(value)),
            _ => constants::literal(self.module, id).map(Constant::Integer),
        }
    }
}

const fn is_loop(statement: &Statement) -> bool {
    matches!(
        statement.kind,
        StatementKind::While { .. }
            | StatementKind::Repeat { .. }
            | StatementKind::ForRange { .. }
            | StatementKind::ForEach { .. }
    )
}

/// Whether they have the same bits.
fn same(one: &Constant, other: &Constant) -> bool {
    match (one, other) {
        (Constant::Float(one), Constant::Float(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}
