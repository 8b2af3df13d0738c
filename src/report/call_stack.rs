//! Call stacks as text, innermost frame first; what repeats is folded.

use super::{count, grouped};
use crate::limits::REPORTED_FRAMES;
use crate::session::{CallStack, StackFrame};
use crate::source::Sources;

/// A call stack, a frame a line, without a final line end. Equal frames in a row take one line, and the
/// middle of what is still long is left out.
pub(super) fn lines(sources: &Sources, stack: &CallStack) -> Vec<String> {
    let mut first = folded(sources, &stack.innermost);
    let mut last = folded(sources, &stack.outermost);
    let mut omitted = stack.omitted;
    if last.is_empty() && first.len() > 2 * REPORTED_FRAMES {
        last = first.split_off(REPORTED_FRAMES);
    }
    let cut =
        first.drain(first.len().min(REPORTED_FRAMES)..).chain(last.drain(..last.len().saturating_sub(REPORTED_FRAMES)));
    omitted += cut.map(|frames| frames.len() as u64).sum::<u64>();

    let line = |frames: &&[StackFrame]| match frames.len() {
        1 => name(sources, &frames[0]),
        times => format!("{}, {} times", name(sources, &frames[0]), grouped(times as u64)),
    };
    let mut lines: Vec<String> = first.iter().map(line).collect();
    if omitted > 0 {
        lines.push(match cycle(&stack.innermost) {
            Some(cycle) => format!("… {}: {cycle}", count(omitted, "more frame")),
            None => format!("… {}", count(omitted, "more frame")),
        });
    }
    lines.extend(last.iter().map(line));
    lines
}

/// A call stack in one line: `release (line 3), called by main (line 12)`.
pub(super) fn in_one_line(sources: &Sources, stack: &CallStack) -> String {
    let mut frames: Vec<String> = stack.innermost.iter().take(4).map(|frame| name(sources, frame)).collect();
    let left = stack.depth.saturating_sub(frames.len() as u64);
    if left > 0 {
        frames.push(count(left, "more frame"));
    }
    frames.join(", called by ")
}

/// Who calls whom again and again: `a calls b, b calls a`. None if nothing repeats.
pub(super) fn cycle(innermost: &[StackFrame]) -> Option<String> {
    let names: Vec<&str> = innermost.iter().map(|frame| frame.function.as_str()).collect();
    let repeats = |period: &usize| names.iter().zip(&names[*period..]).all(|(a, b)| a == b);
    let period = (1..=names.len() / 2).find(repeats)?;
    if period == 1 {
        return Some(format!("`{}` calls itself", names[0]));
    }
    // Outer frames come later: the caller of names[i] is names[i + 1].
    let calls = (0..period).rev().map(|at| format!("`{}` calls `{}`", names[at + 1], names[at]));
    Some(calls.collect::<Vec<_>>().join(", "))
}

/// Runs of frames that read the same, though they may wait at different places of a line.
fn folded<'a>(sources: &Sources, frames: &'a [StackFrame]) -> Vec<&'a [StackFrame]> {
    frames.chunk_by(|a, b| a == b || name(sources, a) == name(sources, b)).collect()
}

fn name(sources: &Sources, frame: &StackFrame) -> String {
    match frame.span {
        Some(span) => format!("{} ({})", frame.function, sources.whereabouts(span)),
        None if frame.library => format!("{} (library)", frame.function),
        None => frame.function.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(names: &[&str]) -> Vec<StackFrame> {
        names.iter().map(|name| StackFrame { function: (*name).to_owned(), span: None, library: false }).collect()
    }

    #[test]
    fn the_cycle_is_named_in_the_order_of_the_calls() {
        assert_eq!(cycle(&frames(&["f", "f", "f"])).as_deref(), Some("`f` calls itself"));
        assert_eq!(
            cycle(&frames(&["even", "odd", "even", "odd"])).as_deref(),
            Some("`even` calls `odd`, `odd` calls `even`")
        );
        assert_eq!(cycle(&frames(&["a", "b", "c"])), None);
        assert_eq!(cycle(&frames(&["main"])), None);
    }

    #[test]
    fn a_deep_stack_is_folded() {
        let stack = CallStack {
            innermost: frames(&["f"; 8]),
            omitted: 1234,
            outermost: frames(&["f", "f", "main", "<top level>"]),
            depth: 1246,
        };
        assert_eq!(
            lines(&Sources::default(), &stack),
            ["f, 8 times", "… 1,234 more frames: `f` calls itself", "f, 2 times", "main", "<top level>"]
        );
        assert_eq!(
            in_one_line(&Sources::default(), &stack),
            "f, called by f, called by f, called by f, called by 1,242 more frames"
        );
    }

    #[test]
    fn calls_on_one_line_are_folded_together() {
        let mut sources = Sources::default();
        sources.add("t.pseudo", "return f(n - 1) + f(n - 2)\n");
        let frame = |start| StackFrame {
            function: "f".to_owned(),
            span: Some(crate::source::Span::new(start, start + 8)),
            library: false,
        };
        let innermost = vec![frame(18), frame(7), frame(7), frame(18)];
        let stack = CallStack { innermost, depth: 4, ..CallStack::default() };
        assert_eq!(lines(&sources, &stack), ["f (line 1), 4 times"]);
    }

    #[test]
    fn frames_that_differ_are_cut_in_the_middle() {
        let names: Vec<String> = (0..30).map(|at| format!("f{at}")).collect();
        let innermost = frames(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let lines = lines(&Sources::default(), &CallStack { innermost, depth: 30, ..CallStack::default() });
        assert_eq!(lines.len(), 17);
        assert_eq!((lines[7].as_str(), lines[8].as_str(), lines[9].as_str()), ("f7", "… 14 more frames", "f22"));
    }
}
