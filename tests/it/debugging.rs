//! Sessions in a program that is paused: stepping, looking, changing, and going on, the same under every strategy,
//! with the heap audited at each prompt.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

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

const PROGRAM: &str = "// Nothing to run here.
function work(n):
    x = heap_allocate(n)

    return n + 1

print(input(), work(16))
";

/// `cairn run` of [`PROGRAM`] in a folder of its own: both outputs, the exit code, and the report if one was written.
fn run(arguments: &[&str], typed: &str) -> (String, String, Option<i32>, Option<serde_json::Value>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("p.pseudo"), PROGRAM).expect("it can be written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_cairn"))
        .args(["run", "p.pseudo", "--report", "report.json"])
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cairn can be started");
    // Who is told off at once reads nothing.
    let _ = child.stdin.take().expect("input is a pipe").write_all(typed.as_bytes());
    let output = child.wait_with_output().expect("cairn ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    let report = fs::read_to_string(folder.path().join("report.json")).ok();
    let report = report.map(|report| serde_json::from_str(&report).expect("it is JSON"));
    (text(output.stdout), text(output.stderr), output.status.code(), report)
}

#[test]
fn a_run_pauses_at_lines() {
    let (output, messages, code, report) = run(&["--break", "3", "--break", "3"], "ada\nn\nn = 20\n:next\n:continue\n");
    assert_eq!(output, "16\nada 21\n");
    assert!(
        messages.starts_with("paused in `work`, line 3\n   3 |     x = heap_allocate(n)\npaused in `work`, line 5\n")
    );
    assert!(messages.contains("the program has come to its end\nleaked 20 bytes in 1 block\n"), "{messages}");
    assert_eq!(code, Some(0));
    let report = report.expect("there is a report");
    assert_eq!((&report["outcome"]["status"], &report["leaks"]["bytes"]), (&"finished".into(), &20.into()));
    assert_eq!(run(&["--break", "5", "--deny-leaks"], "ada\n:c\n").2, Some(4));
}

#[test]
fn the_report_of_a_run_that_paused_tells_how_it_stopped() {
    let (_, _, code, report) = run(&["--break", "5", "--call", "work(2)"], "ada\n:continue\nn = null\n:continue\n");
    let report = report.expect("there is a report");
    let error = &report["outcome"]["error"];
    assert_eq!((code, &error["kind"], &error["line"]), (Some(1), &"type-error".into(), &5.into()));
    assert_eq!(error["call_stack"][1]["function"], "<call>");
}

#[test]
fn lines_without_a_statement_are_no_place_to_pause() {
    for (line, help) in [("1", "line 3"), ("4", "line 3 and line 5"), ("99", "line 7")] {
        let (output, messages, code, report) = run(&["--break", line], "");
        assert_eq!((output.as_str(), code, report), ("", Some(2), None));
        assert!(messages.contains(&format!("nothing to pause at on line {line}")), "{messages}");
        assert!(messages.ends_with(&format!("the nearest statements begin on {help}\n")), "{messages}");
    }
    for line in ["0", "-1", "x"] {
        assert_eq!(run(&["--break", line], "").2, Some(2), "{line}");
    }
    assert_eq!(run(&["--break", "3", "--checks", "report"], "").2, Some(2));
}

#[test]
fn who_leaves_a_paused_program_has_stopped_it() {
    let (output, messages, code, report) = run(&["--break", "5"], "ada\n");
    assert_eq!((output.as_str(), code, report), ("", Some(1), None));
    assert!(messages.contains("the program was left while it was paused"), "{messages}");
}
