//! Sessions in a program that is paused: stepping, looking, changing, and going on, the same under every strategy,
//! with the heap audited at each prompt.

use cairn::memory::strategy::STRATEGIES;
use cairn::session::Configuration;

use super::transcript;

/// What a session shows under `manual`, and without addresses and sizes of frames under all others too.
#[track_caller]
fn shown(inputs: &[&str]) -> String {
    let session = |memory| {
        let configuration = Configuration { memory, stress: true, ..Configuration::default() };
        transcript::session(configuration, inputs.iter().map(|&input| input.to_owned()).collect()).concat()
    };
    let shown = session("manual");
    for strategy in STRATEGIES {
        let other = session(strategy.name);
        assert_eq!(without_addresses(&shown), without_addresses(&other), "{}", strategy.name);
    }
    shown
}

/// Counting may need a further slot in a frame.
fn without_addresses(text: &str) -> String {
    let sizes = |line: &&str| !line.starts_with("stack: ") && !line.starts_with("└ SP");
    let text: String = text.lines().filter(sizes).map(|line| line.to_owned() + "\n").collect();
    let parts = text.split("0x").map(|part| part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    parts.collect::<Vec<_>>().join("0x")
}

macro_rules! assert_session {
    ($name:literal, $inputs:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, shown($inputs));
        });
    };
}

const FACTORIAL: &str = "function factorial(n):
    if n <= 1:
        breakpoint()
        return 1
    rest = factorial(n - 1)
    return n * rest
";

#[test]
fn steps_go_into_over_and_out_of_calls() {
    assert_session!(
        "session_steps",
        &[
            FACTORIAL,
            "x = factorial(3)",
            "n",
            ":next",
            ":next",
            "rest",
            ":finish",
            ":next",
            "n, rest = n, 10",
            "n = 10",
            ":stack",
            ":finish",
            ":continue",
            "x",
            "breakpoint()",
            "y = factorial(1) + factorial(0)",
            ":step",
            ":step",
            ":step",
            ":continue",
            ":continue",
            "y",
            ":step",
        ]
    );
}

#[test]
fn an_error_leaves_the_paused_program_as_it_was() {
    assert_session!(
        "session_errors_while_paused",
        &[
            "function work(a):\n    list = [a]\n    breakpoint()\n    total = list[0] + 1\n    return total\n",
            "function fails(p): return p[9]",
            "x = work(4)",
            "fails(list)",
            ":stack",
            "list[0] = 41; 1 div 0",
            "list",
            ":show fails(list)",
            "list",
            "total",
            "total = 3",
            "for each total in list: pass",
            "if a = 4: exit()",
            "a",
            ":continue",
            "x",
        ]
    );
}

#[test]
fn a_pause_may_lie_in_a_pause() {
    assert_session!(
        "session_nested_pauses",
        &[
            "function work(a):\n    node = [a, null]\n    breakpoint()\n    return node\n",
            "x = work(1)",
            "node = [node, work(2)]",
            "node",
            "node[1] = [a]",
            ":stack",
            ":continue",
            "node",
            "node = [7]; work(3); node = 0",
            "node[0] / 0",
            ":finish",
            ":continue",
            ":continue",
            "node",
            ":continue",
            "x",
        ]
    );
}

#[test]
fn what_runs_keeps_its_code_and_what_is_allocated_its_layout() {
    assert_session!(
        "session_redefinitions",
        &[
            "record Node: value, next",
            "function work(a):\n    breakpoint()\n    return new Node(a, null)\n",
            "function twice(a): return [work(a), work(a)]",
            "old = new Node(1, null)",
            "pair = twice(5)",
            "function work(a): return a",
            "record Node: next, value, weight",
            "young = new Node(old, 2, 3.5)",
            "work(9)",
            ":continue",
            ":continue",
            "pair",
            "old",
            "young",
            "old.value + young.value",
            "old.weight",
            "twice(6)",
        ]
    );
}
