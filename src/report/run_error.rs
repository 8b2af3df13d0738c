//! The error that stopped a program as a card: what happened, where, what lies there, what happened
//! to the block before, who had called whom, what to do.

use super::memory_fault::made_anew;
use super::sentence::{Context, explain_line, sentences};
use super::{call_stack, count, diagnostic, grouped};
use crate::session::{CallStack, Compiled, Configuration, Outcome, Place, Related, RelatedKind, RunError};
use crate::source::Diagnostic;

/// The card of an error, to be rendered like any diagnostic.
pub fn card(compiled: &Compiled, configuration: &Configuration, outcome: &Outcome, error: &RunError) -> Diagnostic {
    let said = sentences(Context { compiled, configuration, outcome, error });
    let mut card = Diagnostic::error(error.kind, error.place.span.unwrap_or_default(), said.headline).label(said.label);
    for related in &error.related {
        let Some(span) = related.place.span else { continue };
        card = card.secondary(
            span,
            match related.what {
                RelatedKind::Allocated => "allocated here",
                RelatedKind::Freed if made_anew(error) => "made anew here",
                RelatedKind::Freed if on_stack(error) => "gone with its function here",
                RelatedKind::Freed => "freed here",
            },
        );
    }
    if let Some(address) = said.address {
        card = card.note(address);
    }
    if let Some(library) = &error.library {
        card = card.note(format!("it happened inside the library function `{library}`, called here"));
    }
    card.notes.extend(said.facts);
    card = card.note(stack_note(compiled, &error.place.call_stack));
    for related in &error.related {
        card.notes.extend(related_note(compiled, error, related));
    }
    if let Some(problem) = &error.replay_problem {
        card = card.note(format!("what happened to its block before is not told in full: {problem}"));
    }
    card.help.extend(said.help);
    card.help(explain_line(error.kind))
}

/// What happened, in one line, for a report that is read by programs.
pub fn message(compiled: &Compiled, configuration: &Configuration, outcome: &Outcome, error: &RunError) -> String {
    let said = sentences(Context { compiled, configuration, outcome, error });
    match said.address {
        Some(address) => format!("{}: {address}", said.headline),
        None => said.headline,
    }
}

/// How many memory errors a program has survived, where it has survived any.
pub fn survived(outcome: &Outcome, color: bool) -> String {
    let told = outcome.survived.len() as u64;
    if told == 0 {
        return String::new();
    }
    let mut message = format!("the program went on after {}", count(told, "memory error"));
    if outcome.survived_untold > 0 {
        message.push_str(&format!("; {} more were only counted", grouped(outcome.survived_untold)));
    }
    diagnostic::render_plain(&message, &[], color)
}

/// Where a program was when it was interrupted.
pub fn interrupted(compiled: &Compiled, place: &Place) -> Diagnostic {
    let mut card = Diagnostic::warning(place.span.unwrap_or_default(), "interrupted").label("it was here");
    card.notes.push(stack_note(compiled, &place.call_stack));
    card
}

fn on_stack(error: &RunError) -> bool {
    error.trap.block.as_ref().is_some_and(|block| block.on_stack)
}

fn stack_note(compiled: &Compiled, stack: &CallStack) -> String {
    let lines = call_stack::lines(&compiled.sources, stack);
    format!("call stack, innermost first:\n  {}", lines.join("\n  "))
}

/// The call stack of an allocation or a free, where it adds to what the excerpt shows.
fn related_note(compiled: &Compiled, error: &RunError, related: &Related) -> Option<String> {
    let callers = |place: &Place| {
        let frames = &place.call_stack.innermost;
        frames.iter().skip(1).cloned().collect::<Vec<_>>()
    };
    let told = related.place.function == error.place.function && callers(&related.place) == callers(&error.place);
    let what = match related.what {
        RelatedKind::Allocated => "allocated by",
        RelatedKind::Freed if on_stack(error) => "gone with",
        RelatedKind::Freed => "freed by",
    };
    (!told && related.place.call_stack.depth > 1)
        .then(|| format!("{what} {}", call_stack::in_one_line(&compiled.sources, &related.place.call_stack)))
}
