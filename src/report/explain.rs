//! What each kind of error means: a text a kind, for `cairn explain`. Every text has a title line,
//! an example that fails in just this way, and says how to fix it.

use crate::kind::ErrorKind;

/// The text about a kind, with a line end.
pub fn text(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StackOverflow => include_str!("explain/stack-overflow.md"),
        ErrorKind::UseAfterFree => include_str!("explain/use-after-free.md"),
        ErrorKind::DoubleFree => include_str!("explain/double-free.md"),
        ErrorKind::InvalidFree => include_str!("explain/invalid-free.md"),
        ErrorKind::HeapBufferOverflow => include_str!("explain/heap-buffer-overflow.md"),
        ErrorKind::StackBufferOverflow => include_str!("explain/stack-buffer-overflow.md"),
        ErrorKind::StackUseAfterReturn => include_str!("explain/stack-use-after-return.md"),
        ErrorKind::UninitialisedRead => include_str!("explain/uninitialised-read.md"),
        ErrorKind::NullDereference => include_str!("explain/null-dereference.md"),
        ErrorKind::OutOfMemory => include_str!("explain/out-of-memory.md"),
        ErrorKind::SegmentationFault => include_str!("explain/segmentation-fault.md"),
        ErrorKind::TypeError => include_str!("explain/type-error.md"),
        ErrorKind::IntegerOverflow => include_str!("explain/integer-overflow.md"),
        ErrorKind::DivisionByZero => include_str!("explain/division-by-zero.md"),
        ErrorKind::UnknownField => include_str!("explain/unknown-field.md"),
        ErrorKind::UnassignedVariable => include_str!("explain/unassigned-variable.md"),
        ErrorKind::UserError => include_str!("explain/user-error.md"),
        ErrorKind::AssertionFailed => include_str!("explain/assertion-failed.md"),
        ErrorKind::EndOfInput => include_str!("explain/end-of-input.md"),
        ErrorKind::FileError => include_str!("explain/file-error.md"),
        ErrorKind::StepLimit => include_str!("explain/step-limit.md"),
        ErrorKind::Limit => include_str!("explain/limit.md"),
        ErrorKind::SyntaxError => include_str!("explain/syntax-error.md"),
        ErrorKind::UnknownName => include_str!("explain/unknown-name.md"),
        ErrorKind::DuplicateName => include_str!("explain/duplicate-name.md"),
        ErrorKind::WrongArguments => include_str!("explain/wrong-arguments.md"),
        ErrorKind::NotConstant => include_str!("explain/not-constant.md"),
        ErrorKind::TooLarge => include_str!("explain/too-large.md"),
    }
}

/// All kinds with their titles, with a line end.
pub fn list() -> String {
    let width = ErrorKind::ALL.iter().map(|kind| kind.name().len()).max().unwrap_or(0);
    let rows = ErrorKind::ALL.iter().map(|kind| format!("{:<width$}  {}\n", kind.name(), title(*kind)));
    format!("{}\n`cairn explain KIND` says more.\n", rows.collect::<String>())
}

/// What a kind means, in a line.
pub fn title(kind: ErrorKind) -> &'static str {
    let first = text(kind).lines().next().unwrap_or("");
    first.split_once(": ").map_or(first, |(_, title)| title)
}

/// The example program of a kind: the first indented lines after the line `Example`.
pub fn example(kind: ErrorKind) -> Option<String> {
    let lines = text(kind).lines().skip_while(|line| *line != "Example").skip(1);
    let lines = lines.skip_while(|line| !line.starts_with("    "));
    let code: Vec<&str> = lines
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    (!code.is_empty()).then(|| format!("{}\n", code.join("\n").trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_about_its_kind() {
        for kind in ErrorKind::ALL {
            let text = text(*kind);
            assert!(text.starts_with(&format!("{kind}: ")), "{kind}");
            assert!(text.contains("\nWhat to do\n") && text.ends_with('\n'), "{kind}");
            assert!(text.lines().all(|line| line.chars().count() <= 90), "{kind}");
            assert!(example(*kind).is_some(), "{kind}");
        }
    }
}
