//! Calls: of functions, of built-ins, and of those built-ins that are instructions.

use super::super::compilation::Callable;
use super::super::constants::{self, NotConstant};
use super::{Lowering, Origin};
use crate::bytecode::{
    AllocationKind, BufferIndex, BuiltinIndex, BuiltinWindow, Constant, Count, Failure, Instruction, Integer, Read,
    Values, Write,
};
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Span};
use crate::syntax::ast::{BinaryOperator, ExpressionId, ExpressionKind, Identifier, Unit};

type UnitWord = Option<(Unit, Span)>;

/// Where the value of a call is wanted.
#[derive(Clone, Copy)]
pub(super) enum Destination {
    /// It is dropped.
    Nowhere,
    /// In that slot, or in any.
    Slot(Option<u8>),
}

impl Destination {
    /// The slot where it is wanted, if in a certain one.
    fn wanted(self) -> Option<u8> {
        match self {
            Destination::Nowhere => None,
            Destination::Slot(wanted) => wanted,
        }
    }
}

impl<'a> Lowering<'_, 'a> {
    pub(super) fn call(
        &mut self,
        id: ExpressionId,
        callee: Identifier,
        arguments: &[ExpressionId],
        unit: UnitWord,
        span: Span,
        destination: Destination,
    ) -> u8 {
        if let Some(callable) = self.compilation.callable(callee.name, self.origin) {
            if let Some((_, unit)) = unit {
                let text = self.text(callee.name);
                self.report(
                    Diagnostic::error(
                        ErrorKind::SyntaxError,
                        unit,
                        "a unit belongs to the built-in allocation calls only".to_owned(),
                    )
                    .note(format!("this program defines a function `{text}` of its own")),
                );
            }
            return self.call_function(callable, callee, arguments, span, destination.wanted());
        }
        if let Some(builtin) = self.compilation.builtin(callee.name, self.origin) {
            return self.call_builtin(id, builtin, arguments, unit, span, destination);
        }
        self.unknown_function(callee);
        self.target(destination.wanted())
    }

    fn unknown_function(&mut self, callee: Identifier) {
        let text = self.text(callee.name);
        let mut diagnostic =
            Diagnostic::error(ErrorKind::UnknownName, callee.span, format!("there is no function `{text}`"));
        if self.compilation.records.find(callee.name).is_some() {
            diagnostic = diagnostic.help(format!("to make a record, write `new {text}(…)`"));
        } else if let Some(help) = self.compilation.did_you_mean(text, self.compilation.callable_names()) {
            diagnostic = diagnostic.help(help);
        } else if self.locals.contains_key(&callee.name) || self.compilation.global(callee.name).is_some() {
            diagnostic =
                diagnostic.help(format!("`{text}` is a variable; to get one of its elements, write `{text}[…]`"));
        } else {
            diagnostic = diagnostic
                .help(format!("define it (`function {text}(…):`), or see `cairn builtins` for what there is"));
        }
        self.report(diagnostic);
    }

    pub(super) fn call_function(
        &mut self,
        callable: Callable<'a>,
        callee: Identifier,
        arguments: &[ExpressionId],
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        let parameters = callable.function.parameters.len();
        if arguments.len() != parameters {
            let text = self.text(callee.name);
            let names: Vec<&str> =
                callable.function.parameters.iter().map(|parameter| self.text(parameter.name)).collect();
            let names = names.join(", ");
            let mut diagnostic = Diagnostic::error(
                ErrorKind::WrongArguments,
                span,
                format!("`{text}` takes {}, but {} given", count(parameters, "argument"), are(arguments.len())),
            );
            diagnostic = match callable.origin {
                Origin::User => {
                    diagnostic.secondary(callable.function.name.span, format!("defined here as `{text}({names})`"))
                }
                Origin::Library => diagnostic.note(format!("it is a library function: `{text}({names})`")),
            };
            self.report(self.with_separator_help(diagnostic, arguments, parameters));
            return self.target(wanted);
        }
        let mark = self.next;
        let window = self.temporary();
        self.temporary();
        for &argument in arguments {
            self.expression_in_temporary(argument);
        }
        let function = self.compilation.function_index(callable);
        self.emit_call(window, argument_count(arguments), function, span);
        self.deliver(window, mark, span, wanted)
    }

    /// Where too many arguments look like one number with thousands separators, says so.
    fn with_separator_help(&self, diagnostic: Diagnostic, arguments: &[ExpressionId], wanted: usize) -> Diagnostic {
        // `1,200`: three digits right behind a comma right behind a number of no more than three.
        let groups = |pair: &[ExpressionId]| {
            let (head, group) = (self.literal_at(pair[0], true), self.literal_at(pair[1], false));
            head.zip(group).is_some_and(|((_, head), (_, group))| {
                group.start == head.end + 1 && group.end - group.start == 3 && head.end - head.start <= 3
            })
        };
        let joined: Vec<bool> = arguments.windows(2).map(groups).collect();
        let merged = joined.iter().filter(|&&joined| joined).count();
        let Some(first) = joined.iter().position(|&joined| joined) else { return diagnostic };
        if arguments.len() <= wanted || arguments.len() - merged > wanted {
            return diagnostic;
        }
        let run = joined[first..].iter().take_while(|&&joined| joined).count();
        let mut values = vec![self.literal_at(arguments[first], true)];
        values.extend(arguments[first + 1..=first + run].iter().map(|&id| self.literal_at(id, false)));
        let values = values.into_iter().flatten().map(|(value, _)| value);
        let groups: Vec<String> = values
            .enumerate()
            .map(|(at, value)| if at == 0 { value.to_string() } else { format!("{value:03}") })
            .collect();
        let (last, others) = groups.split_last().expect("a run has a head");
        diagnostic.help(format!(
            "`{}` is read as {} arguments, {} and {last}; if it is one number, write `{}`",
            groups.join(","),
            if run == 1 { "two".to_owned() } else { (run + 1).to_string() },
            others.join(", "),
            groups.concat(),
        ))
    }

    /// The integer literal with which an expression ends, or begins.
    fn literal_at(&self, id: ExpressionId, end: bool) -> Option<(i64, Span)> {
        let mut current = id;
        loop {
            match &self.module.expression(current).kind {
                ExpressionKind::Integer(value) => return Some((*value, self.span(current))),
                ExpressionKind::Binary { right, .. } if end => current = *right,
                ExpressionKind::Binary { left, .. } => current = *left,
                ExpressionKind::Unary { operand, .. } if end => current = *operand,
                _ => return None,
            }
        }
    }

    fn call_builtin(
        &mut self,
        id: ExpressionId,
        builtin: u8,
        arguments: &[ExpressionId],
        unit: UnitWord,
        span: Span,
        destination: Destination,
    ) -> u8 {
        let wanted = destination.wanted();
        let row = &self.compilation.input.builtins[builtin as usize];
        let most = row.parameters.len();
        let least = most - usize::from(row.optional);
        let variadic = row.parameters.last().is_some_and(|last| last.starts_with('…'));
        if arguments.len() < least || arguments.len() > most && !variadic {
            let takes = match least == most {
                _ if variadic => format!("{} or more", count(least, "argument")),
                true => count(most, "argument"),
                false => format!("{least} or {}", count(most, "argument")),
            };
            let diagnostic = Diagnostic::error(
                ErrorKind::WrongArguments,
                span,
                format!("`{}` takes {takes}, but {} given", row.name, are(arguments.len())),
            )
            .note(format!(
                "the built-in `{}({})`: {}",
                row.name,
                row.parameters.join(", "),
                uncapitalised(row.help)
            ));
            self.report(self.with_separator_help(diagnostic, arguments, most));
            return self.target(wanted);
        }
        match (row.name, arguments) {
            ("heap_allocate" | "malloc" | "alloc", &[size]) => self.heap_allocate(id, size, unit, span, wanted),
            ("allocate", &[size]) => self.allocate(id, size, unit, span, wanted),
            ("stack_allocate", &[size]) => self.stack_allocate(id, size, unit, span, wanted),
            ("heap_free" | "free" | "delete" | "release", &[value]) => {
                let mark = self.next;
                let value = self.expression(value, None);
                self.emit(Instruction::Free { value: Read(value) }, span);
                self.next = mark;
                self.no_value(span, destination)
            }
            ("length" | "len" | "size", &[object]) => {
                let mark = self.next;
                let value = self.expression(object, None);
                if !self.is_fresh(object) {
                    self.next = mark;
                }
                let to = self.target(wanted);
                self.emit(Instruction::Length { to: Write(to), object: Read(value) }, span);
                self.drop_if_fresh(object, value);
                to
            }
            ("print" | "output" | "display" | "write", _) => {
                self.print(arguments, span);
                self.no_value(span, destination)
            }
            ("swap", &[a, b]) => {
                self.swap(a, b, span);
                self.no_value(span, destination)
            }
            ("breakpoint", _) => {
                self.emit(Instruction::Breakpoint {}, span);
                self.no_value(span, destination)
            }
            _ => self.call_general_builtin(id, builtin, arguments, span, wanted),
        }
    }

    /// The value of a built-in that gives none: null, where anybody wants it.
    fn no_value(&mut self, span: Span, destination: Destination) -> u8 {
        match destination {
            Destination::Nowhere => 0,
            Destination::Slot(wanted) => self.constant(Constant::Null, span, wanted),
        }
    }

    fn call_general_builtin(
        &mut self,
        id: ExpressionId,
        builtin: u8,
        arguments: &[ExpressionId],
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        let mark = self.next;
        let window = self.temporary();
        let mut slots = Vec::new();
        for &argument in arguments {
            slots.push(self.expression_in_temporary(argument));
        }
        let instruction = Instruction::CallBuiltin {
            window: BuiltinWindow(window),
            arguments: argument_count(arguments),
            builtin: BuiltinIndex(builtin),
        };
        let at = self.emit(instruction, span);
        self.name_block(id, at);
        if !self.compilation.input.builtins[usize::from(builtin)].stores() {
            for (&argument, slot) in arguments.iter().zip(slots) {
                self.drop_if_fresh(argument, slot);
            }
        }
        self.deliver(window, mark, span, wanted)
    }

    /// Prints values, with a newline.
    pub(super) fn print(&mut self, arguments: &[ExpressionId], span: Span) {
        let mark = self.next;
        let mut slots = Vec::new();
        for &argument in arguments {
            slots.push(match arguments {
                // A single value is printed from where it is.
                [_] => self.expression(argument, None),
                _ => self.expression_in_temporary(argument),
            });
        }
        let first = slots.first().copied().unwrap_or(2);
        let instruction = Instruction::Print { first: Values(first), count: argument_count(arguments) };
        self.slots = self.slots.max(u32::from(first) + 1);
        // What can go wrong is the reading of a value: a string that has been freed.
        let blamed = if let [only] = arguments { self.span(*only) } else { span };
        self.emit(instruction, blamed);
        for (&argument, slot) in arguments.iter().zip(slots) {
            self.drop_if_fresh(argument, slot);
        }
        self.next = mark;
    }

    fn swap(&mut self, a: ExpressionId, b: ExpressionId, span: Span) {
        for id in [a, b] {
            let is_place = matches!(
                self.module.expression(id).kind,
                ExpressionKind::Name(_) | ExpressionKind::Index { .. } | ExpressionKind::Field { .. }
            );
            if !is_place {
                let at = self.span(id);
                self.report(
                    Diagnostic::error(ErrorKind::SyntaxError, at, "`swap` needs two places to swap".to_owned())
                        .label("this is a value, not a variable, an element or a field"),
                );
                return;
            }
        }
        let mark = self.next;
        let place_a = self.place(a);
        let old_a = self.load(place_a, self.span(a));
        let kept = self.temporary();
        self.emit(Instruction::Move { to: Write(kept), from: Read(old_a) }, span);
        let place_b = self.place(b);
        let old_b = self.load(place_b, self.span(b));
        self.store(place_a, old_b, span);
        self.store(place_b, kept, span);
        self.next = mark;
    }

    // ---- allocation -----------------------------------------------------------------------

    fn heap_allocate(
        &mut self,
        id: ExpressionId,
        size: ExpressionId,
        unit: UnitWord,
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        if let (ExpressionKind::Sizeof(of), None) = (&self.module.expression(size).kind, unit)
            && !self.compilation.is_simple_type(of.name)
        {
            let Some(record) = self.known_record(*of) else { return self.target(wanted) };
            let to = self.target(wanted);
            let record = self.compilation.record_row(record);
            let at = self.emit(Instruction::AllocateRecord { to: Write(to), failure: Failure::Null, record }, span);
            self.name_block(id, at);
            return to;
        }
        let kind = match unit {
            Some((Unit::Bytes, _)) => AllocationKind::Plain,
            Some(_) => AllocationKind::Elements,
            None if self.is_product_of_simple_size(size) => {
                return self.allocate_elements_by_bytes(id, size, span, wanted);
            }
            None => AllocationKind::Plain,
        };
        self.emit_allocate(id, size, kind, span, wanted)
    }

    fn allocate(&mut self, id: ExpressionId, size: ExpressionId, unit: UnitWord, span: Span, wanted: Option<u8>) -> u8 {
        let kind = match unit.map(|(unit, _)| unit) {
            Some(Unit::Bytes) => AllocationKind::ZeroBytes,
            Some(Unit::Floats) => AllocationKind::ZeroFloats,
            Some(Unit::Booleans) => AllocationKind::ZeroBooleans,
            Some(Unit::Pointers) => AllocationKind::ZeroPointers,
            Some(Unit::Integers | Unit::Characters) | None => AllocationKind::ZeroIntegers,
        };
        self.emit_allocate(id, size, kind, span, wanted)
    }

    fn emit_allocate(
        &mut self,
        id: ExpressionId,
        size: ExpressionId,
        kind: AllocationKind,
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        let mark = self.next;
        let size = Read(self.expression(size, None));
        self.next = mark;
        let to = self.target(wanted);
        let at = self.emit(Instruction::Allocate { to: Write(to), size, kind }, span);
        self.name_block(id, at);
        to
    }

    /// Whether a size is a product with `sizeof` of a simple type in it: then it counts elements.
    fn is_product_of_simple_size(&self, id: ExpressionId) -> bool {
        let mut current = id;
        loop {
            match self.module.expression(current).kind {
                ExpressionKind::Sizeof(of) => return self.compilation.is_simple_type(of.name),
                ExpressionKind::Binary { operator: BinaryOperator::Multiply, left, right } => {
                    if let ExpressionKind::Sizeof(of) = self.module.expression(right).kind {
                        return self.compilation.is_simple_type(of.name);
                    }
                    current = left;
                }
                _ => return false,
            }
        }
    }

    /// `heap_allocate(n * sizeof(integer))`: n elements. The common forms need no arithmetic.
    fn allocate_elements_by_bytes(
        &mut self,
        id: ExpressionId,
        size: ExpressionId,
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        let is_sizeof = |id: ExpressionId| matches!(self.module.expression(id).kind, ExpressionKind::Sizeof(_));
        if let ExpressionKind::Binary { operator: BinaryOperator::Multiply, left, right } =
            self.module.expression(size).kind
        {
            if is_sizeof(right) {
                return self.emit_allocate(id, left, AllocationKind::Elements, span, wanted);
            }
            if is_sizeof(left) {
                return self.emit_allocate(id, right, AllocationKind::Elements, span, wanted);
            }
        }
        let mark = self.next;
        let bytes = self.expression(size, None);
        self.next = mark;
        let count = self.temporary();
        let divide = Instruction::FloorDivideInteger { to: Write(count), left: Read(bytes), right: Integer(8) };
        self.emit(divide, self.span(size));
        self.next = mark;
        let to = self.target(wanted);
        let kind = AllocationKind::Elements;
        let at = self.emit(Instruction::Allocate { to: Write(to), size: Read(count), kind }, span);
        self.name_block(id, at);
        to
    }

    /// `stack_allocate(n …)`: a buffer in the frame; its size must be known now.
    fn stack_allocate(
        &mut self,
        id: ExpressionId,
        size: ExpressionId,
        unit: UnitWord,
        span: Span,
        wanted: Option<u8>,
    ) -> u8 {
        let value = {
            let compilation = &*self.compilation;
            let module = self.module;
            let sizeof = |id: ExpressionId| match module.expression(id).kind {
                ExpressionKind::Sizeof(of) => compilation.sizeof(of.name),
                _ => None,
            };
            constants::integer(module, size, &sizeof)
        };
        let at = self.span(size);
        let value = match value {
            Ok(value) => value,
            Err(NotConstant::Runtime(part)) => {
                let part = self.span(part);
                self.report(
                    Diagnostic::error(
                        ErrorKind::NotConstant,
                        part,
                        "the size of a stack buffer must be known before the program runs".to_owned(),
                    )
                    .label("this is only known when the program runs")
                    .note("a frame's size is fixed when its function is compiled")
                    .help("take it from the heap instead: `allocate(…)`, and `heap_free` it when done"),
                );
                return self.target(wanted);
            }
            Err(NotConstant::NoInteger(part)) => {
                let span = self.span(part);
                let mut diagnostic =
                    Diagnostic::error(ErrorKind::NotConstant, span, "the size of a stack buffer must be an integer");
                if let ExpressionKind::Binary { operator: BinaryOperator::Divide, .. } =
                    self.module.expression(part).kind
                {
                    diagnostic = diagnostic.help("`/` always gives a float: write `a div b` for the integer quotient");
                }
                self.report(diagnostic);
                return self.target(wanted);
            }
            Err(NotConstant::NoValue(part)) => {
                let part = self.span(part);
                self.error(ErrorKind::NotConstant, part, "this size has no value: it overflows".to_owned());
                return self.target(wanted);
            }
        };
        let bytes = matches!(unit, Some((Unit::Bytes, _)));
        let length = if unit.is_none() && self.mentions_sizeof(size) { value.div_euclid(8) } else { value };
        if length < 0 {
            self.error(
                ErrorKind::NotConstant,
                at,
                format!("the size of a stack buffer must not be negative, and this is {value}"),
            );
            return self.target(wanted);
        }
        let Ok(length) = u32::try_from(length) else {
            self.error(ErrorKind::TooLarge, at, format!("a stack buffer of {value} is larger than any stack"));
            return self.target(wanted);
        };
        self.buffers.push((length, bytes));
        let to = self.target(wanted);
        let buffer = BufferIndex(self.buffers.len() as u32 - 1);
        let at = self.emit(Instruction::StackAllocate { to: Write(to), buffer }, span);
        self.name_block(id, at);
        to
    }

    fn mentions_sizeof(&self, id: ExpressionId) -> bool {
        let mut found = false;
        super::walk::each_expression(self.module, id, &mut |_, expression| {
            found |= matches!(expression.kind, ExpressionKind::Sizeof(_));
        });
        found
    }
}

/// The number of arguments as an operand. More than it holds need more slots than a frame has, which is
/// reported when the function is finished.
fn argument_count(arguments: &[ExpressionId]) -> Count {
    Count(u8::try_from(arguments.len()).unwrap_or(u8::MAX))
}

/// A sentence as it goes on after a colon.
fn uncapitalised(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

/// "no arguments", "1 argument", "2 arguments".
pub(super) fn count(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// "1 is", "2 are".
pub(super) fn are(number: usize) -> String {
    match number {
        0 => "none is".to_owned(),
        1 => "1 is".to_owned(),
        _ => format!("{number} are"),
    }
}
