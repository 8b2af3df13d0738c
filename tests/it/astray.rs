//! Random programs that read and write all over memory, and go on: the host is safe, headers, free lists,
//! shadow and counts stay sound under every strategy, and a run repeats itself.

use std::io;
use std::sync::atomic::AtomicBool;

use cairn::memory::strategy::STRATEGIES;
use cairn::session::{self, Checks, Configuration};
use proptest::prelude::*;

/// Words between the first block and the top of the stack.
const HEAP_TO_STACK: i64 = (0xFFFF_FFF0 - 0x00BE_EF00) / 8;
/// Words between the first globals of a small program and the first block.
const STATICS_TO_HEAP: i64 = (0x00BE_EF00 - 0x0040_3000) / 8;

const OBJECTS: &[&str] =
    &["words", "bytes", "node.items", "node.items", "buffer", "raw", "outer", "gone", "text", "shared", "plain"];
const VALUES: &[&str] = &[
    "7",
    "300",
    "2.5",
    "true",
    "null",
    "node",
    "new Node(n, null, null)",
    "\"a\" + \"b\"",
    "[1, [2]]",
    "words",
    "weak node",
];

fn object() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(OBJECTS)
}

fn value() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(VALUES)
}

/// An index near the object, or one that reaches another segment.
fn index() -> impl Strategy<Value = i64> {
    let far = |distance: i64| (-80..80_i64).prop_map(move |near| distance + near);
    prop_oneof![
        6 => -6..24_i64,
        3 => -90..90_i64,
        1 => far(HEAP_TO_STACK),
        1 => far(-HEAP_TO_STACK),
        1 => far(-STATICS_TO_HEAP),
        1 => far(8 * HEAP_TO_STACK),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX)],
    ]
}

fn statement() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (object(), index()).prop_map(|(object, index)| format!("x = {object}[{index}]")),
        1 => (object(), index()).prop_map(|(object, index)| format!("shared = {object}[{index}]")),
        1 => (object(), index()).prop_map(|(object, index)| format!("print({object}[{index}])")),
        8 => (object(), index(), value()).prop_map(|(object, index, value)| format!("{object}[{index}] = {value}")),
        2 => (object(), index()).prop_map(|(object, index)| format!("{object}[{index}] = 65")),
        1 => (object(), value(), 0..40).prop_map(|(object, value, count)| format!("fill({object}, {value}, {count})")),
        1 => (object(), 0..40).prop_map(|(object, count)| format!("fill({object}, 200, {count})")),
        1 => (object(), object(), 0..40).prop_map(|(to, from, count)| format!("copy({to}, {from}, {count})")),
        1 => object().prop_map(|object| format!("copyString({object}, \"more than there is room for, surely\")")),
        1 => object().prop_map(|object| format!("x = read_from({object})")),
        1 => (object(), value()).prop_map(|(object, value)| format!("write_to({object}, {value})")),
        1 => object().prop_map(|object| format!("x = length({object})")),
        1 => object().prop_map(|object| format!("for each e in {object}: x = e")),
        2 => object().prop_map(|object| format!("heap_free({object})")),
        1 => Just("heap_free(node)".to_owned()),
        1 => Just("node = new Node(1, [1, 2, 3], node)".to_owned()),
        1 => Just("text = text + \"é\"".to_owned()),
        1 => Just("print(text, text[1], length(text), substring(text, 1, 2))".to_owned()),
        1 => value().prop_map(|value| format!("node.value = {value}")),
        1 => Just("x = node.value".to_owned()),
        1 => Just("node.items = words".to_owned()),
        1 => Just("words = heap_allocate(4 integers)".to_owned()),
        1 => Just("x = heap_reallocate(words, 9)".to_owned()),
        1 => Just("plain.field = 1".to_owned()),
        1 => Just("g = node".to_owned()),
        1 => Just("print(g, x)".to_owned()),
        1 => Just("collect()".to_owned()),
        1 => Just("x = new Node(pick(buffer), [1, 2, 3], words)".to_owned()),
    ]
}

fn program(body: &[String], inner: &[String], rounds: u32) -> String {
    let indented = |statements: &[String]| statements.join("\n    ");
    format!(
        "record Node: value, items[3], next
g = \"global\" + \"!\"
shared = [new Node(0, [1, 2, 3], null), \"shared \" + \"text\", 3]
function pick(outer):
    n = 1
    x = 0
    node = new Node(n, [4, 5, 6], null)
    words = [1, \"two \" + \"three\", node, null, 5]
    bytes = allocate(20 bytes)
    text = \"some \" + \"text\"
    plain = heap_allocate(32)
    buffer = stack_allocate(3 integers)
    raw = stack_allocate(10 bytes)
    gone = outer
    {}
    return 5
function f(n, outer):
    global g
    global shared
    x = 0
    node = new Node(n, [1, 2, 3], null)
    words = allocate(5 elements)
    bytes = heap_allocate(20)
    text = \"some \" + \"more text\"
    plain = heap_allocate(40)
    buffer = stack_allocate(4 integers)
    raw = stack_allocate(12 bytes)
    gone = raw
    if n > 0: gone = f(n - 1, buffer)
    {}
    a = allocate(3 elements)
    return buffer
print(f({rounds}, shared))
print(f(0, [1, 2]))
",
        indented(inner).replace("g = node", "x = node").replace("shared = ", "x = "),
        indented(body)
    )
}

fn run(text: &str, memory: &'static str) -> usize {
    let configuration = Configuration {
        memory,
        heap_bytes: 1 << 20,
        max_steps: Some(20_000),
        stress: true,
        checks: Checks::Report,
        ..Configuration::default()
    };
    let compiled = session::compile("astray", text, &configuration).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let interrupt = AtomicBool::new(false);
    let outcome =
        session::run(&compiled, &configuration, &mut io::empty(), &mut io::sink(), &mut io::sink(), &interrupt);
    outcome.expect("nothing is written").survived.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_stays_sound_wherever_a_program_goes_astray(
        body in proptest::collection::vec(statement(), 1..12),
        inner in proptest::collection::vec(statement(), 0..4),
        rounds in 0..4_u32,
    ) {
        let text = program(&body, &inner, rounds);
        for strategy in STRATEGIES {
            run(&text, strategy.name);
        }
    }
}
