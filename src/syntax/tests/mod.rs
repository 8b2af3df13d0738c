//! Tests of the front end, in tables: text on the left, tree or errors on the right.

mod dump;
mod errors;
mod expressions;
mod limits;
mod statements;

use super::{Names, Parsed, parse, parse_expression};
use crate::source::{Sources, Span};

/// Parses a text that is not the first of its session, so that offsets are not its own.
fn parsed(text: &str) -> (Parsed, Names, Sources) {
    let mut sources = Sources::default();
    sources.add("earlier", "x = 1\n");
    let source = sources.add("test", text);
    let mut names = Names::default();
    let parsed = parse(&sources, source, &mut names);
    (parsed, names, sources)
}

/// The errors of a text, one a line: position, underlined text, message.
fn errors(text: &str) -> String {
    let (parsed, _, sources) = parsed(text);
    let lines = parsed.diagnostics.iter().map(|error| {
        let position = sources.position(error.primary.span);
        let slice = sources.slice(error.primary.span);
        format!("{}:{} [{slice}] {}", position.line, position.column, error.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// All that the errors of a text tell beside their messages: labels and help.
fn advice(text: &str) -> String {
    let (parsed, _, _) = parsed(text);
    let lines = parsed.diagnostics.iter().flat_map(|error| {
        let labels = std::iter::once(&error.primary).chain(&error.secondary).map(|label| label.text.clone());
        labels.chain(error.help.clone())
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The tree of a text, or its errors.
fn tree(text: &str) -> String {
    let (parsed, names, _) = parsed(text);
    if parsed.diagnostics.is_empty() { dump::module(&parsed.module, &names) } else { errors(text) }
}

/// Each text must give its tree.
#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(tree(text), *expected, "\nthe tree of:\n{text}");
    }
}

/// Each text must give exactly these errors.
#[track_caller]
fn check_errors(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(errors(text), expected.join("\n"), "\nthe errors of:\n{text}");
    }
}

#[test]
fn one_expression_for_call() {
    let call = |text: &str| {
        let mut sources = Sources::default();
        let source = sources.add("<call>", text);
        let mut names = Names::default();
        match parse_expression(&sources, source, &mut names) {
            Ok((module, id)) => dump::expression(&module, &names, id),
            Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    };
    assert_eq!(call("calculateStats([90, 80, 70], 3)"), "(calculateStats [90 80 70] 3)");
    assert_eq!(call(" createBuffer(1 MB)\n"), "(createBuffer 1048576)");
    assert_eq!(call("x = 3"), "(== x 3)");
    assert_eq!(call("f(\n1)"), "(f 1)");
    assert_eq!(call(""), "expected an expression, found nothing");
    assert_eq!(call("a; b"), "expected one expression, found more");
    assert_eq!(call("a\nb"), "expected one expression, found more");
    assert_eq!(call("return 3"), "expected an expression, found a statement");
    assert_eq!(call("f(1"), "this `(` is never closed");
    assert_eq!(call("if x:"), "a `:` cannot stand here");
    assert_eq!(call("f(1,)"), "expected a value, found `)`");
}

#[test]
fn spans_are_global_and_exact() {
    let (parsed, _, sources) = parsed("function f(a):\n    return (a + 1) * 2 // double\nend function\n");
    let module = &parsed.module;
    let function = &module.functions[0];
    assert_eq!(sources.slice(function.header), "function f(a)");
    assert_eq!(sources.slice(function.body.statements[0].span), "return (a + 1) * 2");
    assert_eq!(sources.slice(function.body.end), "return (a + 1) * 2");
    let texts: Vec<&str> = module.expressions.iter().map(|expression| sources.slice(expression.span)).collect();
    assert_eq!(texts, ["a", "1", "a + 1", "2", "(a + 1) * 2"]);
}

#[test]
fn body_ends_at_the_last_line_of_text() {
    let (parsed, _, sources) =
        parsed("function f():\n    if a:\n        b = 1\n    else:\n        c = 2\n    // later\n\n");
    let end: Span = parsed.module.functions[0].body.end;
    assert_eq!(sources.slice(end), "c = 2");
}

#[test]
fn unfinished_texts() {
    let unfinished = |text: &str| parsed(text).0.unfinished;
    for text in
        ["f(1,\n", "x = [", "if x:", "if x:\n", "function f():\n    // soon\n", "repeat:\n    x = 1\n", "/* a\n"]
    {
        assert!(unfinished(text), "{text:?} can go on");
    }
    for text in ["", "x = 1", "if x: y = 1", "if x:\n    y = 1\n", "x = )", "x = (\ny = 2\n", "\"abc"] {
        assert!(!unfinished(text), "{text:?} cannot");
    }
}
