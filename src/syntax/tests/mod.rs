//! Tests of the front end, in tables: text on the left, tree or errors on the right.

mod dump;

use super::{Names, Parsed, parse};
use crate::source::{SourceId, Sources};

fn parsed(text: &str) -> (Parsed, Names, Sources) {
    let mut sources = Sources::default();
    sources.add("earlier", "x = 1\n");
    let source = sources.add("test", text);
    assert_eq!(source, SourceId(1));
    let mut names = Names::default();
    let parsed = parse(&sources, source, &mut names);
    (parsed, names, sources)
}

/// The errors of a text, one a line: position, underlined text, message, and help.
fn errors(text: &str) -> String {
    let (parsed, _, sources) = parsed(text);
    let lines = parsed.diagnostics.iter().map(|error| {
        let position = sources.position(error.primary.span);
        let slice = sources.slice(error.primary.span);
        let label = if error.primary.text.is_empty() { String::new() } else { format!(" ({})", error.primary.text) };
        let help: String = error.help.iter().map(|help| format!(" | {help}")).collect();
        format!("{}:{} `{slice}` {}{label}{help}", position.line, position.column, error.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The tree of a text without errors.
fn tree(text: &str) -> String {
    let (parsed, names, _) = parsed(text);
    if !parsed.diagnostics.is_empty() {
        return errors(text);
    }
    dump::module(&parsed.module, &names)
}
