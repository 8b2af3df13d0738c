//! Texts that are very long, very deep or very broken. None may crash the host, hang, or grow without
//! bound; each gets its result or a clear error.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cairn::kind::ErrorKind;
use cairn::session::{self, Configuration, Rejection};
use cairn::source::Severity;

/// Nothing here takes more than a few seconds; what takes this long is quadratic, or hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    /// It printed this.
    Printed(String),
    /// It was rejected with errors of these kinds, each named once.
    Rejected(Vec<ErrorKind>),
    /// It stopped with this kind.
    Stopped(ErrorKind),
}

/// Compiles and runs a program on a thread with an ordinary stack.
fn ending(text: String) -> Ending {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || sender.send(run(&text)));
    let ending = receiver.recv_timeout(PATIENCE);
    if ending.is_ok() || thread.is_finished() {
        thread.join().expect("the host is safe").expect("somebody listens");
    }
    ending.expect("the program comes to its end in time")
}

fn run(text: &str) -> Ending {
    let configuration = Configuration::default();
    let compiled = match session::compile("program.pseudo", text, &configuration) {
        Ok(compiled) => compiled,
        Err(Rejection::NothingToRun(_)) => return Ending::Rejected(Vec::new()),
        Err(Rejection::Errors(_, diagnostics)) => {
            let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            let mut kinds: Vec<ErrorKind> = errors.filter_map(|error| error.kind).collect();
            kinds.sort();
            kinds.dedup();
            return Ending::Rejected(kinds);
        }
    };
    let mut output = Vec::new();
    let (input, drawings, interrupt) = (&mut io::empty(), &mut io::sink(), AtomicBool::new(false));
    let outcome = session::run(&compiled, &configuration, input, &mut output, drawings, &interrupt)
        .expect("memory takes whatever is written");
    match outcome.error {
        Some(error) => Ending::Stopped(error.kind),
        None => Ending::Printed(String::from_utf8(output).expect("output is text")),
    }
}

fn printed(text: &str) -> Ending {
    Ending::Printed(format!("{text}\n"))
}

fn rejected(kind: ErrorKind) -> Ending {
    Ending::Rejected(vec![kind])
}

/// `open` and `close` around `middle`, `depth` times.
fn nested(depth: usize, open: &str, middle: &str, close: &str) -> String {
    open.repeat(depth) + middle + &close.repeat(depth)
}

#[test]
fn ten_thousand_nested_parentheses() {
    let ending = ending(format!("print({})", nested(10_000, "(", "1", ")")));
    assert!(ending == printed("1") || ending == rejected(ErrorKind::TooLarge), "{ending:?}");
}

#[test]
fn deep_operands_are_too_large() {
    for (open, close) in
        [("1 + (", ")"), ("-(", ")"), ("not (", ")"), ("f(", ")"), ("[", "]"), ("x[", "]"), ("2 ^ ", "")]
    {
        let text = format!("function f(a): return a\nx = 1\nprint({})", nested(10_000, open, "1", close));
        assert_eq!(ending(text), rejected(ErrorKind::TooLarge), "nested `{open}`");
    }
}

#[test]
fn deep_signs_are_too_large() {
    for sign in ["- ", "not ", "! "] {
        assert_eq!(ending(format!("print({}1)", sign.repeat(10_000))), rejected(ErrorKind::TooLarge), "`{sign}`");
    }
}

#[test]
fn a_sum_of_a_hundred_thousand_terms() {
    assert_eq!(ending(format!("print({}1)", "1 + ".repeat(99_999))), printed("100000"));
}

#[test]
fn a_condition_of_ten_thousand_parts() {
    let text = format!("x = 1\nif {}false: print(\"no\")\nelse: print(\"yes\")", "x = 2 or ".repeat(10_000));
    assert_eq!(ending(text), printed("yes"));
}

#[test]
fn a_chain_of_a_hundred_thousand_fields() {
    let text = format!("record R: f\nr = new R()\nr.f = r\nprint(r{} = r)", ".f".repeat(100_000));
    assert_eq!(ending(text), printed("true"));
}

#[test]
fn ten_thousand_unclosed_brackets() {
    for bracket in ["(", "[", "f(", "[("] {
        assert_eq!(ending(format!("x = {}", bracket.repeat(10_000))), rejected(ErrorKind::SyntaxError), "`{bracket}`");
    }
    assert_eq!(ending("x = (1\n".repeat(10_000)), rejected(ErrorKind::SyntaxError));
}

#[test]
fn three_hundred_nested_ifs() {
    let lines = (0..300).map(|depth| " ".repeat(depth) + "if true:\n");
    let text = lines.collect::<String>() + &" ".repeat(300) + "print(1)\n";
    assert_eq!(ending(text), rejected(ErrorKind::TooLarge));
}

#[test]
fn ten_thousand_headers_on_one_line() {
    let ending = ending("if true: ".repeat(10_000) + "print(1)");
    assert!(matches!(&ending, Ending::Rejected(kinds) if !kinds.is_empty()), "{ending:?}");
}

#[test]
fn ten_thousand_arms() {
    let arms: String = (0..10_000).map(|value| format!("else if x = {value}: print({value})\n")).collect();
    assert_eq!(ending(format!("x = 9999\nif x = -1: print(x)\n{arms}")), printed("9999"));
}

#[test]
fn ten_thousand_lines_with_an_error_each() {
    assert_eq!(ending("x = = 1\n".repeat(10_000)), rejected(ErrorKind::SyntaxError));
    assert_eq!(ending("print(y)\n".repeat(10_000)), rejected(ErrorKind::UnknownName));
}

#[test]
fn lines_of_ten_megabytes() {
    let ten_megabytes = 10 * 1024 * 1024;
    let literal = |length| format!("print(length(\"{}\"))", "a".repeat(length));
    assert_eq!(ending(literal(4 * 1024 * 1024)), printed("4194304"));
    assert_eq!(ending(literal(ten_megabytes)), rejected(ErrorKind::TooLarge), "no room below the heap");
    assert_eq!(ending(format!("print(1) // {}", "a".repeat(ten_megabytes))), printed("1"));
    assert_eq!(ending("@".repeat(ten_megabytes)), rejected(ErrorKind::SyntaxError));
}

#[test]
fn a_line_of_a_million_words() {
    assert_eq!(ending("x ".repeat(1_000_000)), rejected(ErrorKind::SyntaxError));
}

#[test]
fn a_hundred_thousand_functions() {
    let functions: String = (0..100_000).map(|number| format!("function f{number}(): return {number}\n")).collect();
    assert_eq!(ending(functions + "print(f0() + f99999())"), printed("99999"));
}

#[test]
fn a_hundred_thousand_globals() {
    let globals: String = (0..100_000).map(|number| format!("v{number} = {number}\n")).collect();
    assert_eq!(ending(globals + "print(v0 + v99999)"), printed("99999"));
}

#[test]
fn strings_and_comments_without_an_end() {
    for text in ["x = \"abc", "x = 'abc", "/* abc", "print(\"a\\", "x = \"", "/*", "x = \"\\u{", "/*/"] {
        assert_eq!(ending(text.to_owned()), rejected(ErrorKind::SyntaxError), "{text}");
    }
}

#[test]
fn empty_texts_have_nothing_to_run() {
    for text in ["", "\n\n", "\u{feff}", "// a comment", "/* */", ";", ";;\n;"] {
        assert_eq!(ending(text.to_owned()), Ending::Rejected(Vec::new()), "{text:?}");
    }
}

#[test]
fn control_characters_are_no_program() {
    for text in ["\0", "x = \u{1}", "\u{7f}\u{80}", "\u{202e}x = 1 1", "\u{fffd}\u{fffd}"] {
        assert_eq!(ending(text.to_owned()), rejected(ErrorKind::SyntaxError), "{text:?}");
    }
}

#[test]
fn a_list_of_a_million_nodes_is_built_shown_walked_and_freed() {
    let text = "record Node: value, next
head = null
for i from 1 to 1,000,000: head = new Node(i, head)
show(head)
show_heap()
p = head
total = 0
while p is not null:
    total = total + p.value
    p = p.next
print(total)
while head is not null:
    p = head.next
    heap_free(head)
    head = p
";
    assert_eq!(ending(text.to_owned()), printed("500000500000"));
}

#[test]
fn a_lost_list_of_a_million_nodes_is_reported() {
    let text = "record Node: value, next
function lose():
    head = null
    for i from 1 to 1,000,000: head = new Node(i, head)
lose()
print(\"lost\")
";
    assert_eq!(ending(text.to_owned()), printed("lost"));
}

#[test]
fn endless_recursion_stops() {
    let text = "function f(n): return 1 + g(n + 1)\nfunction g(n): return 1 + f(n)\nprint(f(0))\n";
    assert_eq!(ending(text.to_owned()), Ending::Stopped(ErrorKind::StackOverflow));
}
