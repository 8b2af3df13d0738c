//! Large and hostile texts: nothing recurses on the host, nothing is quadratic, nothing panics.

use proptest::prelude::*;

use super::{errors, parsed, tree};
use crate::limits::{BLOCK_DEPTH, EXPRESSION_DEPTH};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{ExpressionId, ExpressionKind};

#[test]
fn parentheses_do_not_nest_the_tree() {
    let text = format!("x = {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(tree(&text), "(= x 1)");
}

#[test]
fn left_spines_do_not_count_as_depth() {
    for (text, expressions) in [
        (format!("x = a{}", " + a".repeat(100_000)), 200_002),
        (format!("x = a{}", ".b".repeat(100_000)), 100_002),
        (format!("x = a{}", "[1]".repeat(10_000)), 20_002),
        (format!("x = a{}", " and a".repeat(10_000)), 20_002),
    ] {
        let (parsed, _, _) = parsed(&text);
        assert!(parsed.diagnostics.is_empty());
        assert_eq!(parsed.module.expressions.len(), expressions);
    }
}

#[test]
fn expression_depth_has_a_limit() {
    let nested = |depth: usize| format!("x = {}1{}", "f(".repeat(depth), ")".repeat(depth));
    assert!(parsed(&nested(EXPRESSION_DEPTH)).0.diagnostics.is_empty());
    for text in [
        nested(EXPRESSION_DEPTH + 1),
        nested(100_000),
        format!("x = {}1", "- ".repeat(100_000)),
        format!("x = 1{}", " ^ 1".repeat(100_000)),
        format!("x = {}1{}", "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        let (parsed, _, _) = parsed(&text);
        let messages: Vec<&str> = parsed.diagnostics.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(messages, ["this expression nests deeper than 400 levels"]);
    }
}

#[test]
fn block_depth_has_a_limit() {
    let nested = |depth: usize| {
        let headers: String = (0..depth).map(|level| format!("{}if x:\n", " ".repeat(level))).collect();
        headers + &" ".repeat(depth) + "pass\n"
    };
    assert!(parsed(&nested(BLOCK_DEPTH)).0.diagnostics.is_empty());
    assert_eq!(errors(&nested(BLOCK_DEPTH + 1)), "201:201 [if x] blocks nest deeper than 200 levels");
    assert_eq!(errors(&nested(300)), "201:201 [if x] blocks nest deeper than 200 levels");
    assert!(errors(&"if x: ".repeat(100_000)).contains("blocks nest deeper than 200 levels"));
    assert!(errors(&"defer ".repeat(100_000)).contains("blocks nest deeper than 200 levels"));
}

#[test]
fn unclosed_brackets_by_the_thousand() {
    let text = format!("x = {}1\ny = 2 2", "(".repeat(10_000));
    assert_eq!(errors(&text), "1:5 [(] this `(` is never closed\n2:5 [2 2] nothing stands between `2` and `2`");
    let (parsed, _, _) = parsed(&"x = f(1\n".repeat(10_000));
    assert_eq!(parsed.diagnostics.len(), 10_000);
}

#[test]
fn many_functions() {
    let text: String = (0..10_000).map(|i| format!("function f{i}(a):\n    return a\n")).collect();
    let (parsed, _, _) = parsed(&text);
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(parsed.module.functions.len(), 10_000);
}

#[test]
fn a_line_of_ten_megabytes() {
    let text = format!("x = \"{}\" + {}", "a".repeat(10_000_000), "b".repeat(1000));
    let (parsed, _, _) = parsed(&text);
    assert!(parsed.diagnostics.is_empty());
    assert!(errors(&format!("x = {} {}", "a".repeat(1_000_000), "b".repeat(1_000_000))).len() < 3_000_000);
}

#[test]
fn messages_quote_little_of_a_long_text() {
    let (parsed, _, _) = parsed(&format!("{0} {0}", "a".repeat(100_000)));
    let error = &parsed.diagnostics[0];
    let length: usize = error.message.len() + error.help.iter().map(String::len).sum::<usize>();
    assert!(length < 1000, "{length}");
}

#[test]
fn repeated_pieces_finish() {
    for piece in [
        "a//",
        "/* ",
        "/*\n",
        "defer ",
        "if a: ",
        "else ",
        "repeat ",
        "a ",
        "a;",
        "a:",
        "1,000,",
        "(\n",
        "f(\n",
        "x = f(a\n",
        "'a\n",
        "\"\n",
        "@",
        "@\n",
        "not ",
        "a < ",
        "a is not ",
        "else if a: b\n",
        "a^",
        "- ",
        "a[",
        ")\n",
        "end\n",
        "next i\n",
        "until x\n",
    ] {
        let (parsed, _, _) = parsed(&piece.repeat(5_000));
        assert!(!parsed.diagnostics.is_empty() || piece == "a;", "{piece:?}");
    }
}

/// A word, sign or line end of the language, or something near it.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "if ",
        "else",
        "elif ",
        "while ",
        "for ",
        "each ",
        "from ",
        "to ",
        "step ",
        "in ",
        "downto ",
        "repeat",
        "until ",
        "function ",
        "record ",
        "return ",
        "break",
        "continue",
        "pass",
        "print ",
        "set ",
        "let ",
        "global ",
        "defer ",
        "delete ",
        "end",
        "next ",
        "not ",
        "and ",
        "or ",
        "is ",
        "empty ",
        "mod ",
        "new ",
        "weak ",
        "sizeof",
        "length ",
        "of ",
        "allocate",
        "bytes",
        "x ",
        "y",
        "null",
        "true",
        "1",
        "2.5",
        "0x1F",
        "1,000",
        ",",
        ".",
        "..",
        "(",
        ")",
        "[",
        "]",
        ":",
        ";",
        "=",
        "==",
        "<-",
        "<",
        "<=",
        "+",
        "-",
        "*",
        "/",
        "^",
        "!",
        "+=",
        "\"s\"",
        "\"",
        "'",
        "//",
        "/*",
        "*/",
        "#",
        "\n",
        "\n    ",
        "\n\t",
        "\n  ",
        "\n        ",
        " ",
        "é",
        "{",
        "\r\n",
        "fucntion ",
        "KB ",
        "9223372036854775808",
        "\\",
        "“",
        "\u{feff}",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_explained(text in "\\PC{0,200}") {
        check_parsed(&text);
    }

    #[test]
    fn any_soup_of_pieces_is_parsed_or_explained(pieces in prop::collection::vec(piece(), 0..60)) {
        check_parsed(&pieces.concat());
    }
}

/// Spans lie inside the text, at character boundaries, and children come before their parents.
fn check_parsed(text: &str) {
    let (parsed, _, sources) = parsed(text);
    let source = sources.get(SourceId(1));
    let end = source.base + text.len() as u32;
    let inside = |span: Span| {
        let local = |offset: u32| (offset - source.base) as usize;
        (source.base..=end).contains(&span.start)
            && (span.start..=end).contains(&span.end)
            && text.is_char_boundary(local(span.start))
            && text.is_char_boundary(local(span.end))
    };
    for error in &parsed.diagnostics {
        assert!(inside(error.primary.span), "{error:?}");
        assert!(error.secondary.iter().all(|label| inside(label.span)), "{error:?}");
    }
    assert!(parsed.module.expressions.iter().all(|expression| inside(expression.span)));
    for (index, expression) in parsed.module.expressions.iter().enumerate() {
        assert!(
            children(&expression.kind).iter().all(|child| (child.0 as usize) < index),
            "{expression:?} in {text:?}"
        );
    }
}

fn children(kind: &ExpressionKind) -> Vec<ExpressionId> {
    use ExpressionKind::*;
    match kind {
        Integer(_) | Float(_) | Boolean(_) | Null | String(_) | Name(_) | Sizeof(_) => vec![],
        Unary { operand, .. } | IsEmpty(operand) | Weak(operand) => vec![*operand],
        Binary { left, right, .. } => vec![*left, *right],
        Chain { first, rest } => std::iter::once(*first).chain(rest.iter().map(|&(_, right)| right)).collect(),
        Call { arguments, .. } | New { arguments, .. } | Array(arguments) => arguments.clone(),
        Index { object, index } => vec![*object, *index],
        Field { object, .. } => vec![*object],
    }
}
