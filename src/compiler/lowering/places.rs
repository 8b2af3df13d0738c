//! Places: what can be assigned to. A place is taken apart once (its object and index evaluated),
//! then read or written any number of times.

use super::super::records::Holds;
use super::super::walk;
use super::Lowering;
use super::expressions::Meaning;
use crate::bytecode::{FieldSiteIndex, GlobalIndex, Instruction, Read, SmallIndex, Write};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Span};
use crate::syntax::ast::{Block, ExpressionId, ExpressionKind, Name};

/// A place whose parts have been evaluated.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Local(u8),
    Global(GlobalIndex),
    Element {
        object: u8,
        index: u8,
    },
    Field {
        object: u8,
        field: FieldSiteIndex,
    },
    /// An error has been reported.
    Nowhere,
}

impl<'a> Lowering<'_, 'a> {
    /// Evaluates the parts of a place.
    pub(super) fn place(&mut self, id: ExpressionId) -> Place {
        let span = self.span(id);
        match &self.module.expression(id).kind {
            ExpressionKind::Name(name) => self.variable_place(*name, span),
            ExpressionKind::Index { object, index } => {
                let object = self.expression(*object, None);
                let index = self.expression(*index, None);
                Place::Element { object, index }
            }
            ExpressionKind::Field { object, field } => {
                let record = self.record_of(*object, field);
                let object = self.expression(*object, None);
                Place::Field { object, field: self.compilation.field_site(field.name, record) }
            }
            _ => {
                // The parser lets only places through.
                self.error(ErrorKind::SyntaxError, span, "this cannot be assigned to".to_owned());
                Place::Nowhere
            }
        }
    }

    /// The place of a variable that is assigned.
    pub(super) fn variable_place(&mut self, name: Name, span: Span) -> Place {
        match self.meaning(name) {
            Meaning::Local(slot) => Place::Local(slot),
            Meaning::Global(global) => Place::Global(global),
            Meaning::Constant(_) | Meaning::Unknown => {
                // Whatever is assigned is a variable; only `--call` cannot make any.
                let text = self.text(name);
                self.report(Diagnostic::error(
                    ErrorKind::UnknownName,
                    span,
                    format!("there is no variable `{text}` here"),
                ));
                Place::Nowhere
            }
        }
    }

    /// Reads a place into a slot.
    pub(super) fn load(&mut self, place: Place, span: Span) -> u8 {
        match place {
            Place::Local(slot) => {
                self.check_assigned(slot, span);
                if !self.weak_locals.contains(u32::from(slot)) {
                    return slot;
                }
                let to = self.temporary();
                self.emit(Instruction::Strengthen { to: Write(to), from: Read(slot) }, span);
                to
            }
            Place::Global(global) => {
                let to = self.temporary();
                self.emit(Instruction::LoadGlobal { to: Write(to), global }, span);
                to
            }
            Place::Element { object, index } => {
                let to = self.temporary();
                self.emit(Instruction::LoadElement { to: Write(to), object: Read(object), index: Read(index) }, span);
                to
            }
            Place::Field { object, field } => {
                let to = self.temporary();
                self.emit(Instruction::LoadField { to: Write(to), object: Read(object), field }, span);
                to
            }
            Place::Nowhere => self.temporary(),
        }
    }

    /// Writes a slot to a place.
    pub(super) fn store(&mut self, place: Place, from: u8, span: Span) {
        match place {
            Place::Local(slot) => {
                if slot != from {
                    self.emit(Instruction::Move { to: Write(slot), from: Read(from) }, span);
                }
                self.assigned.insert(u32::from(slot));
            }
            Place::Global(global) => {
                self.emit(Instruction::StoreGlobal { from: Read(from), global }, span);
            }
            Place::Element { object, index } => {
                let instruction =
                    Instruction::StoreElement { object: Read(object), index: Read(index), from: Read(from) };
                self.emit(instruction, span);
            }
            Place::Field { object, field } => {
                self.emit(Instruction::StoreField { object: Read(object), from: Read(from), field }, span);
            }
            Place::Nowhere => {}
        }
    }

    /// `place = value`, in that order of evaluation: the value, then the place.
    pub(super) fn assign(&mut self, place_id: ExpressionId, value: ExpressionId, span: Span) {
        let mark = self.next;
        self.naming = self.place_text(place_id).map(|text| (value, text));
        if let ExpressionKind::Name(name) = self.module.expression(place_id).kind {
            match self.variable_place(name, self.span(place_id)) {
                Place::Local(slot) => {
                    self.stored(value, Some(slot));
                    self.assigned.insert(u32::from(slot));
                }
                place => {
                    let from = self.stored(value, None);
                    self.store(place, from, span);
                }
            }
        } else if let Some((object, field, elements)) = self.embedded_assignment(place_id, value) {
            self.assign_embedded(place_id, object, field, elements, value, span);
        } else {
            let from = self.stored(value, None);
            let place = self.place(place_id);
            self.store(place, from, self.span(place_id));
        }
        self.naming = None;
        self.next = mark;
    }

    /// Whether an assignment is one of an array literal to a field that some record embeds.
    fn embedded_assignment(
        &self,
        place: ExpressionId,
        value: ExpressionId,
    ) -> Option<(ExpressionId, Name, &'a [ExpressionId])> {
        let module = self.module;
        let ExpressionKind::Field { object, field } = &module.expression(place).kind else { return None };
        let ExpressionKind::Array(elements) = &module.expression(value).kind else { return None };
        self.compilation.records.is_embedded(field.name).then_some((*object, field.name, elements))
    }

    /// An array literal into an embedded array: without a block of its own where it is certain that the
    /// object is a record that has as many slots, otherwise by way of one that is freed at once.
    fn assign_embedded(
        &mut self,
        place: ExpressionId,
        object: ExpressionId,
        field: Name,
        elements: &[ExpressionId],
        value: ExpressionId,
        span: Span,
    ) {
        /// More elements than this are not worth the slots.
        const IN_SLOTS: usize = 32;
        let certain = match self.module.expression(object).kind {
            ExpressionKind::Name(name) => {
                let scope = if self.locals.contains_key(&name) { self.scope } else { 0 };
                self.compilation.records.holds(scope, name).and_then(Holds::certain)
            }
            _ => None,
        };
        let slots = certain.and_then(|record| self.compilation.records.field(record, field));
        if slots.is_some_and(|slots| slots as usize == elements.len()) && elements.len() <= IN_SLOTS {
            let span = self.span(place);
            let values: Vec<u8> = elements.iter().map(|&element| self.stored_in_temporary(element)).collect();
            let object = self.expression(object, None);
            let field = self.compilation.field_site(field, certain);
            for (index, from) in (0u8..).zip(values) {
                let instruction = Instruction::StoreEmbedded {
                    object: Read(object),
                    from: Read(from),
                    index: SmallIndex(index),
                    field,
                };
                self.emit(instruction, span);
            }
            return;
        }
        let from = self.expression(value, None);
        if let Place::Field { object, field } = self.place(place) {
            self.emit(Instruction::StoreFieldLiteral { object: Read(object), from: Read(from), field }, span);
        }
    }

    /// The argument of `new` for an embedded array: copied into the record that has just been made.
    pub(super) fn init_embedded(&mut self, object: u8, field: Name, record: u32, argument: ExpressionId) {
        let span = self.span(argument);
        let from = Read(self.expression(argument, None));
        let (object, field) = (Read(object), self.compilation.field_site(field, Some(record)));
        self.emit(
            match self.module.expression(argument).kind {
                ExpressionKind::Array(_) => Instruction::StoreFieldLiteral { object, from, field },
                _ => Instruction::StoreField { object, from, field },
            },
            span,
        );
    }

    /// What people call a place: `buffer`, `player.name`, `table[…]`.
    fn place_text(&self, id: ExpressionId) -> Option<String> {
        /// Longer chains than this are not names any more.
        const LINKS: usize = 4;
        let mut suffix = Vec::new();
        let mut current = id;
        loop {
            match &self.module.expression(current).kind {
                ExpressionKind::Name(name) => {
                    let mut text = self.text(*name).to_owned();
                    suffix.iter().rev().for_each(|part: &String| text.push_str(part));
                    return Some(text);
                }
                ExpressionKind::Field { object, field } => {
                    suffix.push(format!(".{}", self.text(field.name)));
                    current = *object;
                }
                ExpressionKind::Index { object, .. } => {
                    suffix.push("[…]".to_owned());
                    current = *object;
                }
                _ => return None,
            }
            if suffix.len() > LINKS {
                return None;
            }
        }
    }

    /// Notes which place the block goes to that the instruction at `at` allocates.
    pub(super) fn name_block(&mut self, id: ExpressionId, at: u32) {
        if self.naming.as_ref().is_some_and(|(value, _)| *value == id)
            && let Some((_, text)) = self.naming.take()
        {
            self.block_names.push((at, text));
        }
    }

    /// Whether a block of statements assigns a variable.
    pub(super) fn assigns(&self, block: &Block, variable: Name) -> bool {
        let mut found = false;
        let swap = self.compilation.swap_name(self.origin);
        walk::each_assigned(self.module, block, swap, &mut |name, _| found |= name == variable);
        found
    }
}
