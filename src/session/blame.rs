//! From instructions to the user's lines. What happens inside a library function is blamed on the
//! user's line that called it; its frames stay in the call stack.

use super::{Compiled, LIBRARY_SOURCE, Place, StackFrame};
use crate::machine::{Backtrace, FrameFacts};
use crate::session::CallStack;
use crate::source::Span;

/// Where the user's code was when the machine was at the instruction `at`.
pub(super) fn place(compiled: &Compiled, at: u32, backtrace: &Backtrace) -> Place {
    let at = user_instruction(compiled, at, backtrace);
    Place { span: span(compiled, at), function: function(compiled, at), call_stack: call_stack(compiled, backtrace) }
}

/// The text of the argument that `print` or a built-in, the instruction `at`, finds in `slot`: that of the
/// last instruction before it that writes the slot.
pub(super) fn argument(compiled: &Compiled, at: u32, slot: u8) -> Option<Span> {
    let program = &compiled.program;
    let whole = span(compiled, at)?;
    let entry = program.functions.get(program.function_at(at))?.entry;
    let writes =
        |at: &u32| program.code[*at as usize].effects().writes.iter().any(|slots| slots.contains(&slot.into()));
    let argument = span(compiled, (entry..at).rev().find(writes)?)?;
    (whole.start <= argument.start && argument.end <= whole.end).then_some(argument)
}

/// The library function that the instruction `at` belongs to, if it does.
pub(super) fn library_function(compiled: &Compiled, at: u32) -> Option<String> {
    let program = &compiled.program;
    let function = program.functions.get(program.function_at(at))?;
    function.is_library().then(|| function.name.clone())
}

/// `at` itself, or the call in the user's code from which the library was entered.
pub(super) fn user_instruction(compiled: &Compiled, at: u32, backtrace: &Backtrace) -> u32 {
    if library_function(compiled, at).is_none() {
        return at;
    }
    let frames = backtrace.innermost.iter().chain(&backtrace.outermost);
    frames.map(|frame| frame.at).find(|&at| library_function(compiled, at).is_none()).unwrap_or(at)
}

/// The text behind an instruction of the user's: in the user's file, or in `--call`.
pub(super) fn span(compiled: &Compiled, at: u32) -> Option<Span> {
    // An entry that nobody wrote a call of has an empty span.
    compiled.program.spans.get(at as usize).copied().filter(|span| span.start < span.end)
}

/// Where the text behind an instruction is to be found, as a drawing says it: `line 5`.
pub(super) fn origin(compiled: &Compiled, at: u32) -> Option<String> {
    if library_function(compiled, at).is_some() {
        return Some("the library".to_owned());
    }
    let span = span(compiled, at)?;
    Some(compiled.sources.whereabouts(span))
}

/// The function of an instruction of the user's.
pub(super) fn function(compiled: &Compiled, at: u32) -> String {
    let program = &compiled.program;
    if is_call(compiled, at) {
        return "<call>".to_owned();
    }
    program.functions.get(program.function_at(at)).map_or_else(String::new, |function| function.name.clone())
}

/// Whether an instruction belongs to the text of `--call`.
fn is_call(compiled: &Compiled, at: u32) -> bool {
    compiled.program.call_code.contains(&at)
        && span(compiled, at).is_some_and(|span| Some(compiled.sources.find(span.start)) == compiled.call)
}

/// A backtrace in terms of the source.
pub(super) fn call_stack(compiled: &Compiled, backtrace: &Backtrace) -> CallStack {
    let frames = |frames: &[FrameFacts]| frames.iter().map(|frame| stack_frame(compiled, *frame)).collect();
    CallStack {
        innermost: frames(&backtrace.innermost),
        omitted: backtrace.omitted,
        outermost: frames(&backtrace.outermost),
        depth: backtrace.depth,
    }
}

fn stack_frame(compiled: &Compiled, frame: FrameFacts) -> StackFrame {
    let library = library_function(compiled, frame.at);
    let others = [Some(LIBRARY_SOURCE), compiled.call];
    let in_file = |span: &Span| !others.contains(&Some(compiled.sources.find(span.start)));
    StackFrame {
        span: span(compiled, frame.at).filter(in_file),
        library: library.is_some(),
        function: library.unwrap_or_else(|| function(compiled, frame.at)),
    }
}
