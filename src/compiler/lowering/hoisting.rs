//! Constants that a loop would load in every round: they are loaded before the outermost loop, into slots that are theirs
//! until it is done.

use super::Lowering;
use crate::bytecode::Constant;
use crate::compiler::{constants, walk};
use crate::limits;
use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, Statement, StatementKind};

/// More constants than this are not worth the slots.
const HOISTED: usize = 4;

impl<'a> Lowering<'_, 'a> {
    /// Loads the constants of a statement, if it is a loop that is in no other. Whether it is.
    pub(super) fn hoist_constants(&mut self, statement: &'a Statement) -> bool {
        let is_loop = matches!(
            statement.kind,
            StatementKind::While { .. }
                | StatementKind::Repeat { .. }
                | StatementKind::ForRange { .. }
                | StatementKind::ForEach { .. }
        );
        if !is_loop || self.in_loop {
            return false;
        }
        self.in_loop = true;
        if self.next as usize + HOISTED > limits::FRAME_SLOTS / 2 {
            return true;
        }
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
    pub(super) fn forget_constants(&mut self) {
        self.in_loop = false;
        self.hoisted.clear();
    }

    /// The slot that a constant is in.
    pub(super) fn hoisted(&self, constant: &Constant) -> Option<u8> {
        self.hoisted.iter().find(|(hoisted, _)| same(hoisted, constant)).map(|&(_, slot)| slot)
    }

    /// The constants in a statement that instructions take from a slot: operands that are floats, and what is stored in
    /// elements and fields.
    fn constants_of(&self, statement: &'a Statement) -> Vec<Constant> {
        let mut found: Vec<Constant> = Vec::new();
        let mut note = |constant: Option<Constant>| {
            if let Some(constant) = constant
                && found.len() < HOISTED
                && !found.iter().any(|known| same(known, &constant))
            {
                found.push(constant);
            }
        };
        walk::each_in(statement, &mut |inner| {
            if let StatementKind::Assign { place, value } = inner.kind
                && !matches!(self.module.expression(place).kind, ExpressionKind::Name(_))
            {
                note(self.literal(value));
            }
            walk::each_root(inner, &mut |root| {
                walk::each_expression(self.module, root, &mut |_, expression| {
                    if let ExpressionKind::Binary { operator, left, right } = expression.kind
                        && !matches!(operator, BinaryOperator::And | BinaryOperator::Or)
                    {
                        for operand in [left, right] {
                            note(self.literal(operand).filter(|literal| matches!(literal, Constant::Float(_))));
                        }
                    }
                });
            });
        });
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

/// Whether they have the same bits.
fn same(one: &Constant, other: &Constant) -> bool {
    match (one, other) {
        (Constant::Float(one), Constant::Float(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}
