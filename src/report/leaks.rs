//! The leak report as text.

use super::{bytes, count, diagnostic};
use crate::session::{Compiled, LeakGroup, LeakKind, Outcome};
use crate::source::Diagnostic;

/// Groups shown before the rest is only counted.
const SHOWN_GROUPS: usize = 20;

/// The whole report: a headline, and an excerpt for each line that allocated what was lost, a blank
/// line between them.
/// Empty where there is nothing to say: the program did not finish, or nobody is expected to free.
pub fn full(compiled: &Compiled, outcome: &Outcome, color: bool) -> String {
    let Some(leaks) = &outcome.leaks else { return String::new() };
    let mut text = summary(compiled, outcome);
    for (index, group) in leaks.groups.iter().take(SHOWN_GROUPS).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&diagnostic::render(&compiled.sources, &entry(group), color));
    }
    let left = leaks.groups.len().saturating_sub(SHOWN_GROUPS);
    if left > 0 {
        text.push_str(&format!("and {} of lost blocks\n", count(left as u64, "smaller group")));
    }
    text
}

/// The headline alone, with a line end; empty where there is nothing to say.
pub fn summary(compiled: &Compiled, outcome: &Outcome) -> String {
    let Some(leaks) = &outcome.leaks else { return String::new() };
    if leaks.blocks > 0 {
        return format!("leaked {} in {}\n", bytes(leaks.bytes), count(leaks.blocks, "block"));
    }
    let reachable = leaks.groups.iter().map(|group| group.blocks).sum::<u64>();
    let are = |blocks| format!("{} {}", count(blocks, "block"), if blocks == 1 { "is" } else { "are" });
    match (outcome.heap.allocations, outcome.heap.frees) {
        (0, _) => "no leaks: nothing was allocated on the heap\n".to_owned(),
        _ if reachable > 0 => format!("no leaks: {} still reachable from globals\n", are(reachable)),
        (allocations, frees) if frees == allocations => {
            format!("no leaks: {} allocated, all freed\n", count(allocations, "block"))
        }
        // What globals hold, and the frames of a program that has called `exit()`.
        (allocations, frees) if compiled.requirements.reclaims() => {
            format!("no leaks: {} still in use\n", are(allocations - frees))
        }
        // A strategy that never frees has nothing to report.
        _ => String::new(),
    }
}

fn entry(group: &LeakGroup) -> Diagnostic {
    let how = match group.kind {
        LeakKind::DefinitelyLost => "no pointer to it is left",
        LeakKind::IndirectlyLost => "only a lost block still points to it",
        LeakKind::Cycle => "a cycle keeps it alive",
        LeakKind::StillReachable => "a global still points to it",
    };
    let how = if group.blocks == 1 {
        how.to_owned()
    } else {
        how.replace("to it", "to them").replace("it alive", "them alive")
    };
    let amount = match group.blocks {
        1 => format!("{} in 1 block", bytes(group.bytes)),
        blocks => format!("{} in {}", bytes(group.bytes), count(blocks, "block")),
    };
    let mut entry = Diagnostic::warning(group.allocated_at, format!("{}: {amount}, {how}", group.kind.name()))
        .label(format!("allocated here, in `{}`", group.function));
    if let Some((line, function)) = &group.lost_at {
        entry = entry.note(format!("the last pointer was lost at line {line}, in `{function}`"));
    }
    entry
}
