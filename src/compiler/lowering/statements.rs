//! Statements: assignment, flow, loops, and what is deferred.

use super::super::certain::{Certain, certain};
use super::super::constants;
use super::calls::Destination;
use super::places::Place;
use super::{Enclosing, Loop, Lowering, Origin};
use crate::bytecode::liveness::SlotSet;
use crate::bytecode::{
    Instruction, Integer, LimitAndStep, Read, Target, Update, Walk, WalkStart, Write, WriteFalling, WriteJumping,
};
use crate::kind::ErrorKind;
use crate::limits;
use crate::source::{Diagnostic, Span};
use crate::syntax::ast::{BinaryOperator, Block, ExpressionId, ExpressionKind, Identifier, Statement, StatementKind};

/// A counted loop as written.
struct Range<'a> {
    variable: &'a Identifier,
    from: ExpressionId,
    to: ExpressionId,
    step: Option<ExpressionId>,
    down: bool,
    body: &'a Block,
}

impl<'a> Lowering<'_, 'a> {
    /// A block with its deferred statements.
    pub(super) fn block(&mut self, block: &'a Block, looping: Option<Loop>) {
        self.enclosing.push(Enclosing { deferred: Vec::new(), looping });
        self.statements(&block.statements);
        if self.assembler.can_reach_here() {
            self.leave_blocks(self.enclosing.len() - 1);
        }
        self.enclosing.pop();
    }

    pub(super) fn statements(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    /// Runs what the blocks from `depth` on have deferred, last first; they stay open.
    pub(super) fn leave_blocks(&mut self, depth: usize) {
        for index in (depth..self.enclosing.len()).rev() {
            // While a deferred statement runs, only the blocks outside its own are around it.
            let inner = self.enclosing.split_off(index);
            let outer = std::mem::replace(&mut self.deferred, true);
            for &deferred in inner[0].deferred.iter().rev() {
                if self.assembler.here() > limits::FUNCTION_INSTRUCTIONS {
                    self.deferred_too_often();
                    break;
                }
                self.block(deferred, None);
            }
            self.deferred = outer;
            self.enclosing.extend(inner);
        }
    }

    #[cold]
    fn deferred_too_often(&mut self) {
        let message = format!("what `{}` defers is needed at too many places where its blocks are left", self.name);
        self.report(
            Diagnostic::error(ErrorKind::TooLarge, self.header, message)
                .help("move what is deferred into a function, or split this one"),
        );
    }

    fn statement(&mut self, statement: &'a Statement) {
        let span = statement.span;
        let mark = self.next;
        self.mark_statement();
        if self.origin == Origin::User && self.compilation.input.breakpoints.contains(&span.start) {
            self.emit(Instruction::Breakpoint {}, span);
        }
        let enters_loop = self.enters_outermost_loop(statement);
        match &statement.kind {
            StatementKind::Expression(value) => self.expression_statement(*value),
            StatementKind::Assign { place, value } => self.assign(*place, *value, span),
            StatementKind::Update { place, operator, value } => self.update(*place, *operator, *value, span),
            StatementKind::AssignMany { places, values } => self.assign_many(places, values),
            StatementKind::If { arms, otherwise } => self.if_statement(arms, otherwise.as_ref()),
            StatementKind::While { condition, body } => self.while_loop(*condition, body),
            StatementKind::Repeat { body, until } => self.repeat_loop(body, *until),
            StatementKind::ForRange { variable, from, to, step, down, body } => {
                self.for_range(&Range { variable, from: *from, to: *to, step: *step, down: *down, body }, span);
            }
            StatementKind::ForEach { variable, collection, body } => self.for_each(variable, *collection, body, span),
            StatementKind::Break => self.leave_loop(true, span),
            StatementKind::Continue => self.leave_loop(false, span),
            StatementKind::Return(value) => self.return_statement(*value, span),
            StatementKind::Pass => {}
            StatementKind::Print { word, arguments } => self.print_statement(word, arguments, span),
            StatementKind::Defer(block) => {
                if let Some(enclosing) = self.enclosing.last_mut() {
                    enclosing.deferred.push(block);
                }
            }
            StatementKind::Global(names) => self.global_statement(names),
        }
        if enters_loop {
            self.leave_outermost_loop();
        }
        self.next = mark;
    }

    /// Notes where a statement of the user's begins.
    fn mark_statement(&mut self) {
        let here = self.assembler.here();
        if self.origin == Origin::User && self.statements.last() != Some(&here) {
            self.statements.push(here);
        }
    }

    /// An expression for what it does; one that does nothing gets a warning.
    fn expression_statement(&mut self, value: ExpressionId) {
        if self.enclosing.len() == 1 && self.function.is_none() && self.compilation.echoes() {
            self.echo(value);
            return;
        }
        let expression = self.module.expression(value);
        let slot = match &expression.kind {
            ExpressionKind::Call { callee, arguments, unit } => {
                self.call(value, *callee, arguments, *unit, expression.span, Destination::Nowhere)
            }
            ExpressionKind::New { .. } => self.expression(value, None),
            _ => {
                self.report(
                    Diagnostic::warning(expression.span, "the value of this expression is not used")
                        .help("assign it, or print it"),
                );
                self.expression(value, None)
            }
        };
        self.drop_if_fresh(value, slot);
    }

    /// Shows the value of an expression that was typed at a prompt; a call need not have one.
    fn echo(&mut self, value: ExpressionId) {
        let span = self.span(value);
        let slot = self.expression(value, None);
        let done = self.assembler.label();
        if matches!(self.module.expression(value).kind, ExpressionKind::Call { .. }) {
            let jump = Instruction::JumpIfNull { operand: Read(slot), target: Target(0) };
            self.assembler.emit_jump(jump, done, span);
        }
        self.emit(Instruction::Echo { value: Read(slot) }, span);
        self.assembler.bind(done);
        self.drop_if_fresh(value, slot);
    }

    fn print_statement(&mut self, word: &Identifier, arguments: &[ExpressionId], span: Span) {
        match self.compilation.callable(word.name, self.origin) {
            // The program defines a function of that name: the statement is a call of it.
            Some(function) => {
                self.call_function(function, *word, arguments, span, None);
            }
            None => self.print(arguments, span),
        }
    }

    fn global_statement(&mut self, names: &[Identifier]) {
        for name in names {
            if self.function.is_some() && !self.globals_declared.contains(&name.name) {
                let text = self.text(name.name);
                self.error(ErrorKind::UnknownName, name.span, format!("there is no global `{text}`"));
            }
        }
    }

    fn update(&mut self, place: ExpressionId, operator: BinaryOperator, value: ExpressionId, span: Span) {
        let mark = self.next;
        let small = self.integer_form(operator, value);
        // A constant that is in the instruction needs no slot.
        let right = if small.is_some() { 0 } else { self.expression(value, None) };
        let target = self.place(place);
        let old = self.load(target, self.span(place));
        let to = match target {
            Place::Local(slot) => slot,
            _ => self.temporary(),
        };
        let instruction = match small {
            Some((build, constant)) => build(Write(to), Read(old), constant),
            None => self.operation(operator, to, (place, old), (value, right)),
        };
        self.emit(instruction, span);
        self.store(target, to, self.span(place));
        self.next = mark;
    }

    fn assign_many(&mut self, places: &[ExpressionId], values: &[ExpressionId]) {
        let slots: Vec<u8> = values.iter().map(|&value| self.stored_in_temporary(value)).collect();
        for (&place, slot) in places.iter().zip(slots) {
            let inner = self.next;
            let target = self.place(place);
            self.store(target, slot, self.span(place));
            self.next = inner;
        }
    }

    fn if_statement(&mut self, arms: &'a [(ExpressionId, Block)], otherwise: Option<&'a Block>) {
        let done = self.assembler.label();
        let mut after: Option<SlotSet> = None;
        for (index, (condition, body)) in arms.iter().enumerate() {
            let next = self.assembler.label();
            self.jump_if(*condition, false, next);
            let before = self.assigned;
            self.block(body, None);
            after = Some(after.map_or(self.assigned, |set| set.intersection(self.assigned)));
            let last = index + 1 == arms.len() && otherwise.is_none();
            if !last && self.assembler.can_reach_here() {
                self.jump(done, self.span(*condition));
            }
            self.assembler.bind(next);
            self.assigned = before;
        }
        if let Some(body) = otherwise {
            self.block(body, None);
        }
        self.assigned = after.map_or(self.assigned, |set| set.intersection(self.assigned));
        self.assembler.bind(done);
    }

    /// Tested before the first round, then at the end of each: one jump a round.
    fn while_loop(&mut self, condition: ExpressionId, body: &'a Block) {
        let (top, next, exit) = (self.assembler.label(), self.assembler.label(), self.assembler.label());
        self.jump_if(condition, false, exit);
        let before = self.assigned;
        self.assembler.bind(top);
        self.block(body, Some(Loop { exit, next }));
        self.assembler.bind(next);
        self.assigned = before;
        self.jump_if(condition, true, top);
        self.assembler.bind(exit);
        self.assigned = before;
    }

    fn repeat_loop(&mut self, body: &'a Block, until: ExpressionId) {
        let (top, next, exit) = (self.assembler.label(), self.assembler.label(), self.assembler.label());
        let before = self.assigned;
        self.assembler.bind(top);
        self.block(body, Some(Loop { exit, next }));
        // A `break` or a `continue` may have skipped some of the round's assignments.
        if body_jumps(body) {
            self.assigned = before;
        }
        self.assembler.bind(next);
        self.jump_if(until, false, top);
        self.assembler.bind(exit);
    }

    fn for_range(&mut self, range: &Range<'a>, span: Span) {
        self.warn_about_empty_range(range, span);
        let counter = self.expression_in_temporary(range.from);
        let limit = self.expression_in_temporary(range.to);
        let by_one = !range.down && range.step.is_none_or(|step| constants::literal(self.module, step) == Some(1));
        if !by_one {
            let step = self.temporary();
            self.loop_step(range, step, span);
            self.next = u32::from(step) + 1;
        }
        let place = self.variable_place(range.variable.name, range.variable.span);
        let variable = match place {
            Place::Local(slot) => slot,
            _ => self.temporary(),
        };
        let (top, next, exit) = (self.assembler.label(), self.assembler.label(), self.assembler.label());
        let (update, write, target) = (Update(counter), WriteFalling(variable), Target(0));
        let enter = if by_one {
            Instruction::CountEnter { counter: update, variable: write, limit: Update(limit), target }
        } else {
            Instruction::RangeEnter { counter: update, variable: write, limit: LimitAndStep(limit), target }
        };
        self.assembler.emit_jump(enter, exit, self.doubtful_bound(range).unwrap_or(span));
        let before = self.assigned;
        self.assembler.bind(top);
        self.store(place, variable, span);
        self.assigned.insert(u32::from(variable));
        self.block(range.body, Some(Loop { exit, next }));
        self.assembler.bind(next);
        // Unless its body assigns it, the variable itself can count.
        let own = matches!(place, Place::Local(_)) && !self.assigns(range.body, range.variable.name);
        let update = Update(if own { variable } else { counter });
        let step = if by_one {
            Instruction::CountNext { counter: update, variable: WriteJumping(variable), limit: Read(limit), target }
        } else {
            let limit = LimitAndStep(limit);
            Instruction::RangeNext { counter: update, variable: WriteJumping(variable), limit, target }
        };
        self.assembler.emit_jump(step, top, span);
        self.assembler.bind(exit);
        self.assigned = before;
    }

    /// The bound or step to blame if the loop cannot be entered, where only one of them may be no number,
    /// or else the step, which may be 0.
    fn doubtful_bound(&self, range: &Range<'a>) -> Option<Span> {
        let bounds = [Some(range.from), Some(range.to), range.step];
        let is_number = |id: &ExpressionId| certain(self.module, *id) == Some(Certain::Number);
        let mut doubtful = bounds.into_iter().flatten().filter(|id| !is_number(id));
        let one = match (doubtful.next(), doubtful.next()) {
            (None, _) => range.step,
            (one, None) if one == range.step || range.step.is_none_or(|step| self.is_other_than_0(step)) => one,
            // They are looked at in this order.
            (Some(first), _) => certain(self.module, first).map(|_| first),
        };
        one.map(|id| self.span(id))
    }

    fn is_other_than_0(&self, id: ExpressionId) -> bool {
        constants::literal(self.module, id).is_some_and(|value| value != 0)
    }

    /// The step into a slot; `downto` counts down by what is written, with or without its sign.
    fn loop_step(&mut self, range: &Range<'a>, slot: u8, span: Span) {
        match range.step {
            Some(step) => {
                self.expression(step, Some(slot));
                if range.down && constants::literal(self.module, step).is_none_or(|step| step > 0) {
                    self.emit(Instruction::Negate { to: Write(slot), operand: Read(slot) }, self.span(step));
                }
            }
            None => {
                self.emit(Instruction::LoadInteger { to: Write(slot), value: Integer(-1) }, span);
            }
        }
    }

    fn warn_about_empty_range(&mut self, range: &Range<'a>, span: Span) {
        let value = |id| constants::integer(self.module, id, &|_| None).ok();
        if range.step.is_some() {
            return;
        }
        let (Some(from), Some(to)) = (value(range.from), value(range.to)) else { return };
        if range.down && from < to {
            self.report(
                Diagnostic::warning(span, format!("this loop runs zero times: {from} is already below {to}"))
                    .help("to count up, write `to` instead of `downto`"),
            );
        } else if !range.down && from > to {
            self.report(
                Diagnostic::warning(span, format!("this loop runs zero times: {from} is already above {to}"))
                    .help("to count down, write `downto`, or add `step -1`"),
            );
        }
    }

    fn for_each(&mut self, variable: &'a Identifier, collection: ExpressionId, body: &'a Block, span: Span) {
        let walk = self.expression_in_temporary(collection);
        self.temporary();
        self.temporary();
        let place = self.variable_place(variable.name, variable.span);
        let slot = match place {
            Place::Local(slot) => slot,
            _ => self.temporary(),
        };
        let (top, next, exit) = (self.assembler.label(), self.assembler.label(), self.assembler.label());
        let at = self.span(collection);
        self.assembler.emit_jump(Instruction::EachEnter { walk: WalkStart(walk), target: Target(0) }, next, at);
        let before = self.assigned;
        self.assembler.bind(top);
        self.store(place, slot, span);
        self.assigned.insert(u32::from(slot));
        self.block(body, Some(Loop { exit, next }));
        self.assembler.bind(next);
        let each = Instruction::EachNext { walk: Walk(walk), variable: WriteJumping(slot), target: Target(0) };
        self.assembler.emit_jump(each, top, at);
        self.assembler.bind(exit);
        self.assigned = before;
        self.drop_if_fresh(collection, walk);
    }

    /// `break` and `continue`; the parser has seen to it that there is a loop.
    fn leave_loop(&mut self, leave: bool, span: Span) {
        let Some(depth) = self.enclosing.iter().rposition(|enclosing| enclosing.looping.is_some()) else { return };
        let Some(target) = self.enclosing[depth].looping else { return };
        self.leave_blocks(depth);
        self.jump(if leave { target.exit } else { target.next }, span);
        self.assigned = SlotSet::ALL;
    }

    fn return_statement(&mut self, value: Option<ExpressionId>, span: Span) {
        if self.function.is_none() {
            self.report(
                Diagnostic::error(ErrorKind::SyntaxError, span, "`return` outside a function")
                    .help("indent it to make it part of a function, or call `exit()` to end the program"),
            );
            return;
        }
        let defers = self.enclosing.iter().any(|enclosing| !enclosing.deferred.is_empty());
        match value {
            Some(value) => {
                // What is deferred must not change the value any more.
                let wanted = defers.then(|| self.temporary());
                let slot = self.expression(value, wanted);
                self.next = self.next.max(u32::from(slot) + 1);
                self.leave_blocks(0);
                self.emit(Instruction::Return { value: Read(slot) }, span);
            }
            None => {
                self.leave_blocks(0);
                self.emit(Instruction::ReturnNull {}, span);
            }
        }
        self.assigned = SlotSet::ALL;
    }
}

/// Whether a loop's body has a `break` or a `continue` of its own.
fn body_jumps(body: &Block) -> bool {
    let mut found = false;
    super::walk::each_statement(body, &mut |statement| {
        found |= matches!(statement.kind, StatementKind::Break | StatementKind::Continue);
    });
    found
}
