//! The command line from outside: exit codes, streams, bad input.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const USE_AFTER_FREE: &str = "p = heap_allocate(100)\nheap_free(p)\nprint(\"before\")\nx = read_from(p)\n";
const LEAK: &str = "function f():\n    p = heap_allocate(10)\n    return 1\nprint(f())\n";

/// A folder with files in it.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        fs::write(folder.path().join(name), contents).unwrap();
    }
    folder
}

fn cairn(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
    command.current_dir(folder).args(arguments).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    cairn(folder, arguments).output().unwrap()
}

/// Runs one program in a folder of its own.
fn run_text(text: &str, arguments: &[&str]) -> Output {
    let folder = folder(&[("t.pseudo", text.as_bytes())]);
    run(folder.path(), &[&["t.pseudo"], arguments].concat())
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stdout:\n{}stderr:\n{}", stdout(output), stderr(output));
}

/// It fails with that code, says so in words that hold all of `words`, and prints nothing else.
#[track_caller]
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    assert_exit(output, code);
    assert_eq!(stdout(output), "");
    for word in words {
        assert!(stderr(output).contains(word), "{word:?} is missing:\n{}", stderr(output));
    }
    assert!(!stderr(output).contains("panicked"), "{}", stderr(output));
}

#[test]
fn exit_codes() {
    assert_exit(&run_text("print(1)\n", &[]), 0);
    assert_exit(&run_text(USE_AFTER_FREE, &[]), 1);
    assert_exit(&run_text("function f(n):\n    return n\n", &[]), 2);
    assert_exit(&run_text("print(y)\n", &[]), 3);
    assert_exit(&run_text(LEAK, &[]), 0);
    assert_exit(&run_text(LEAK, &["--deny-leaks"]), 4);
    assert_exit(&run_text("p = heap_allocate(10)\n", &["--deny-leaks"]), 0);
}

#[test]
fn output_and_messages_go_to_different_streams() {
    let output = run_text(USE_AFTER_FREE, &[]);
    assert_eq!(stdout(&output), "before\n");
    assert!(stderr(&output).starts_with("error[use-after-free]: "), "{}", stderr(&output));
    let output = run_text("function f(n):\n    return n + 1\n", &["--call", "f(1)"]);
    assert_eq!(stdout(&output), "f(1) = 2\n");
}

#[test]
fn leaks_are_told_in_full_in_brief_or_not_at_all() {
    let full = run_text(LEAK, &[]);
    assert!(stderr(&full).contains("leaked 10 bytes in 1 block\n"), "{}", stderr(&full));
    assert!(stderr(&full).contains("t.pseudo:2:9"), "{}", stderr(&full));
    assert_eq!(stderr(&run_text(LEAK, &["--leaks", "summary"])), "leaked 10 bytes in 1 block\n");
    assert_eq!(stderr(&run_text(LEAK, &["--leaks", "off"])), "");
    assert_eq!(stderr(&run_text(LEAK, &["--memory", "none"])), "");
    assert_eq!(stderr(&run_text("heap_free(heap_allocate(1))\n", &[])), "no leaks: 1 block allocated, all freed\n");
}

#[test]
fn files_that_cannot_be_read() {
    let folder = folder(&[
        ("zero.pseudo", b"x = 1\0"),
        ("latin.pseudo", b"x = 1\ny = \"\xe9\"\n"),
        ("empty.pseudo", b""),
        ("comment.pseudo", b"// nothing\n"),
    ]);
    fs::create_dir(folder.path().join("inner")).unwrap();
    let refused = |file: &str, words: &[&str]| assert_refused(&run(folder.path(), &[file]), 2, words);
    refused("missing.pseudo", &["no file missing.pseudo"]);
    refused("emty.pseudo", &["did you mean empty.pseudo?"]);
    refused("inner", &["is a folder"]);
    refused("zero.pseudo", &["not a text file", "offset 5"]);
    refused("latin.pseudo", &["not UTF-8", "offset 11", "line 2"]);
    refused("empty.pseudo", &["nothing to run"]);
    refused("comment.pseudo", &["nothing to run"]);
}

#[test]
fn options_that_make_no_sense() {
    let refused = |arguments: &[&str], words: &[&str]| assert_refused(&run_text("print(1)\n", arguments), 2, words);
    refused(&["--memory", "manaul"], &["manual", "none", "a similar value exists: 'manual'"]);
    refused(&["--allocator", "first-fut"], &["first-fit"]);
    refused(&["--heap", "0"], &["the heap can have from 4KiB to 1GiB"]);
    refused(&["--heap", "2GiB"], &["from 4KiB to 1GiB"]);
    refused(&["--stack", "1"], &["the stack can have from 4KiB to 1GiB"]);
    refused(&["--stack", "-1"], &["a size is a number and a unit"]);
    refused(&["--heap", "many"], &["64KiB"]);
    refused(&["--checks", "sometimes"], &["stop"]);
    refused(&["--max-steps", "x"], &["--max-steps", "a whole number from 0 to"]);
    refused(&["--seed", "-1"], &["--seed", "a whole number from 0 to"]);
    refused(&["--colour"], &["--color"]);
    refused(&["--allow-read", "nowhere"], &["no such folder"]);
}

#[test]
fn a_program_too_large_for_the_machine() {
    let text = format!("print(length(\"{}\"))\n", "a".repeat(10_000_000));
    assert_refused(&run_text(&text, &[]), 3, &["error[too-large]", "must end below the heap, at 0x00BEE000"]);
}

#[test]
fn functions_without_an_entry_are_listed() {
    let output = run_text("function make(size, name):\n    return size\nfunction other(n):\n    return n\n", &[]);
    assert_refused(&output, 2, &["make(size, name)", "other(n)", r#"--call 'make(64, "text")'"#]);
}

#[test]
fn several_errors_are_all_reported() {
    let output = run_text("x = (1 +\ny = 2\nif y == 2\nprint(y))\nz = = 3\n", &[]);
    assert_refused(&output, 3, &["error[syntax-error]", "errors kept the program from running"]);
    assert!(stderr(&output).matches("error[syntax-error]").count() >= 3, "{}", stderr(&output));
}

fn report(text: &str, arguments: &[&str]) -> (Output, Option<Value>) {
    let folder = folder(&[("t.pseudo", text.as_bytes())]);
    let output = run(folder.path(), &[&["run", "t.pseudo", "--report", "r.json"], arguments].concat());
    let written = fs::read_to_string(folder.path().join("r.json")).ok();
    (output, written.map(|text| serde_json::from_str(&text).unwrap()))
}

#[test]
fn the_report_of_a_stopped_program() {
    let report = report(USE_AFTER_FREE, &[]).1.unwrap();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["program"], "t.pseudo");
    assert_eq!(report["heap_bytes"], 1 << 30);
    assert_eq!(report["outcome"]["status"], "stopped");
    let error = &report["outcome"]["error"];
    assert_eq!((&error["kind"], &error["line"], &error["column"]), (&"use-after-free".into(), &4.into(), &5.into()));
    assert_eq!((&error["function"], &error["call_depth"]), (&"<top level>".into(), &1.into()));
    assert_eq!(error["related"][0]["what"], "freed");
    assert_eq!(error["related"][0]["line"], 2);
    assert_eq!(error["related"][1]["what"], "allocated");
    assert_eq!(error["related"][1]["line"], 1);
    assert_eq!(report["leaks"], Value::Null);
    assert_eq!(report["stats"]["allocations"], 1);
}

#[test]
fn the_report_of_a_finished_program() {
    let report = report(LEAK, &["--call", "f()"]).1.unwrap();
    assert_eq!(report["outcome"]["status"], "finished");
    assert_eq!(report["outcome"]["value"], "1");
    assert_eq!(report["outcome"]["error"], Value::Null);
    assert_eq!(report["leaks"]["blocks"], 2);
    assert_eq!(report["leaks"]["groups"][0]["allocated_at"]["line"], 2);
    assert_eq!(report["leaks"]["groups"][0]["blocks"], 2);
    assert_eq!(report["errors"], Value::Array(Vec::new()));
}

#[test]
fn a_long_list_of_errors_is_whole_in_the_report_and_counted_on_the_terminal() {
    let (output, report) = report(&"x 3\n".repeat(105), &[]);
    assert_eq!(stderr(&output).matches("error[syntax-error]").count(), 100);
    assert!(
        stderr(&output).ends_with("and 5 more errors\nerror: 105 errors kept the program from running\n"),
        "{}",
        stderr(&output)
    );
    let report = report.unwrap();
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 105);
    assert_eq!(errors[104]["line"], 105);
}

#[test]
fn the_report_of_a_rejected_program_lists_its_errors() {
    let (output, report) = report("print(y)\nprint(z)\n", &[]);
    let report = report.unwrap();
    assert_exit(&output, 3);
    assert_eq!(report["outcome"]["status"], "rejected");
    let lines: Vec<&Value> = report["errors"].as_array().unwrap().iter().map(|error| &error["line"]).collect();
    assert_eq!(lines, [1, 2]);
}

#[test]
fn a_deep_call_stack_is_cut_in_the_report() {
    let report = report("function f(n):\n    return f(n + 1)\nf(0)\n", &[]).1.unwrap();
    let error = &report["outcome"]["error"];
    let frames = error["call_stack"].as_array().unwrap();
    let omitted: u64 = frames.iter().filter_map(|frame| frame["omitted"].as_u64()).sum();
    let shown = frames.iter().filter(|frame| frame["function"].is_string()).count() as u64;
    assert!(omitted > 0);
    assert_eq!(error["call_depth"].as_u64(), Some(omitted + shown));
    assert_eq!(error["line"], 2);
}

#[test]
fn no_report_where_nothing_is_run() {
    let (output, report) = report("function f(n):\n    return n\n", &[]);
    assert_exit(&output, 2);
    assert!(report.is_none());
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let folder = folder(&[("t.pseudo", b"while true:\n    print(\"again\")\n")]);
    let mut child = cairn(folder.path(), &["t.pseudo"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "again\n");
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 0);
    assert_eq!(stderr(&output), "");
}

#[test]
fn output_is_flushed_before_input_is_read() {
    let folder = folder(&[("t.pseudo", b"print(\"name?\")\nn = input()\nprint(\"hello \" + n)\n")]);
    let mut child = cairn(folder.path(), &["t.pseudo", "--leaks", "off"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "name?\n");
    child.stdin.take().unwrap().write_all(b"Ada\n").unwrap();
    line.clear();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "hello Ada\n");
    assert!(child.wait().unwrap().success());
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// Starts a program, waits for its first line, and presses Ctrl-C.
#[cfg(unix)]
fn interrupted(text: &str) -> Output {
    let folder = folder(&[("t.pseudo", text.as_bytes())]);
    let mut child = cairn(folder.path(), &["t.pseudo"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    interrupt(&child);
    // Standard input stays open: only the interrupt can end the wait.
    let input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(input);
    output
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_loop_and_says_where_it_was() {
    let output = interrupted("print(\"x\")\nshow_stack()\nwhile true:\n    n = 1\n");
    assert_exit(&output, 130);
    assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
    assert!(stderr(&output).contains("call stack"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn ctrl_c_does_not_wait_for_many_long_instructions() {
    let start = std::time::Instant::now();
    let text = "p = allocate(3000000 integers)\nprint(\"x\")\nshow_stack()\nwhile true:\n    fill(p, 1, 3000000)\n";
    assert_exit(&interrupted(text), 130);
    assert!(start.elapsed().as_secs() < 60);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_input() {
    let output = interrupted("print(\"x\")\nn = input()\n");
    assert_exit(&output, 130);
    assert!(stderr(&output).contains("t.pseudo:2:5"), "{}", stderr(&output));
}

#[test]
fn a_program_can_be_bounded() {
    let output = run_text("while true:\n    pass\n", &["--max-steps", "100000"]);
    assert_refused(&output, 1, &["error[step-limit]", "100,000"]);
}

#[test]
fn a_program_can_come_through_standard_input() {
    let folder = folder(&[]);
    let mut child = cairn(folder.path(), &["-", "--leaks", "off"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"print(1)\nx = input()\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 1);
    assert_eq!(stdout(&output), "1\n");
    assert!(stderr(&output).contains("error[end-of-input]"), "{}", stderr(&output));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let folder = folder(&[("t.pseudo", USE_AFTER_FREE.as_bytes())]);
    let colored = |arguments: &[&str], no_color: bool| {
        let mut command = cairn(folder.path(), arguments);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        stderr(&command.output().unwrap()).contains('\u{1b}')
    };
    assert!(!colored(&["t.pseudo"], false));
    assert!(colored(&["t.pseudo", "--color", "always"], false));
    assert!(colored(&["--color=always", "run", "t.pseudo"], true));
    assert!(!colored(&["t.pseudo", "--color", "never"], false));
    assert!(!colored(&["t.pseudo"], true));
    assert!(colored(&["--color", "always", "t.pseudo", "--heap", "0"], false));
}

#[test]
fn the_commands_that_run_nothing() {
    let folder = folder(&[
        ("t.pseudo", b"function f(n):\n    return n + 1\nprint(f(1))\n"),
        ("functions.pseudo", b"function f(n):\n    return n\n"),
        ("wrong.pseudo", b"print(y)\n"),
        ("wrong_function.pseudo", b"function f(n):\n    return m\n"),
    ]);
    let run = |arguments: &[&str]| run(folder.path(), arguments);

    let check = run(&["check", "t.pseudo"]);
    assert_exit(&check, 0);
    assert_eq!((stdout(&check), stderr(&check)), ("", ""));
    assert_exit(&run(&["check", "functions.pseudo"]), 0);
    assert_refused(&run(&["check", "wrong.pseudo"]), 3, &["error[unknown-name]"]);
    assert_refused(&run(&["check", "wrong_function.pseudo"]), 3, &["error[unknown-name]"]);
    assert_refused(&run(&["wrong_function.pseudo"]), 3, &["error[unknown-name]"]);
    assert!(stdout(&run(&["disassemble", "functions.pseudo"])).contains("f(n)"));

    let code = run(&["disassemble", "t.pseudo"]);
    assert_exit(&code, 0);
    assert!(stdout(&code).contains("f(n)") && stdout(&code).contains("0x00401000"), "{}", stdout(&code));
    assert_eq!(stdout(&run(&["disasm", "t.pseudo"])), stdout(&code));
    assert!(stdout(&run(&["disassemble", "--manual"])).contains("call"));
    assert_exit(&run(&["disassemble"]), 2);

    assert!(stdout(&run(&["explain"])).contains("use-after-free  "));
    assert!(stdout(&run(&["explain", "double-free"])).starts_with("double-free: "));
    assert_refused(&run(&["explain", "dubble-free"]), 2, &["double-free"]);

    let builtins = run(&["builtins"]);
    for name in ["heap_allocate(", "calculateResult(array)", "loadProfile(buffer, user_id)", "loadModelFromDisk("] {
        assert!(stdout(&builtins).contains(name), "{name}");
    }
    assert_exit(&run(&["--version"]), 0);
    assert_exit(&run(&["--help"]), 0);
    assert_exit(&run(&[]), 2);
    let commands = "the commands are run, compare, repl, check, ";
    assert_refused(&run(&["chekc", "t.pseudo"]), 2, &["a similar subcommand exists: 'check'", commands]);
    assert_refused(&run(&["rnu", "t.pseudo"]), 2, &["a similar subcommand exists: 'run'", commands]);
}

#[test]
fn a_programs_files_lie_beside_it() {
    let outer = folder(&[("secret", b"s")]);
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("t.pseudo"), "function size(name):\n    return getFileSize(name)\n").unwrap();
    fs::write(inner.join("model"), "abc").unwrap();
    let size = |name: &str, more: &[&str]| {
        let call = format!("size(\"{name}\")");
        run(outer.path(), &[&["inner/t.pseudo", "--call", &call], more].concat())
    };
    assert_eq!(stdout(&size("model", &[])), "size(\"model\") = 3\n");
    assert_refused(&size("missing", &[]), 1, &["error[file-error]", "missing", "inner"]);
    assert_refused(&size("../secret", &[]), 1, &["error[file-error]", "--allow-read"]);
    assert_eq!(stdout(&size("../secret", &["--allow-read", "."])), "size(\"../secret\") = 1\n");
}

#[test]
fn the_same_run_gives_the_same_report() {
    let once = || {
        let mut report = report(LEAK, &[]).1.unwrap();
        report["stats"]["wall_ns"] = 0.into();
        report
    };
    assert_eq!(once(), once());
}

#[test]
fn what_a_run_stops_at_is_said_once() {
    let text = "record P: x\np = new P(1)\nprint(1 + 1)\np.y = 2\n";
    let output = run_text(text, &[]);
    assert_exit(&output, 1);
    assert_eq!(stderr(&output).matches("unknown-field]").count(), 1, "{}", stderr(&output));
    let folder = folder(&[("t.pseudo", text.as_bytes())]);
    let output = run(folder.path(), &["check", "t.pseudo"]);
    assert_exit(&output, 0);
    assert!(stderr(&output).contains("warning[unknown-field]: the record `P` has no field `y`"), "{}", stderr(&output));
}

#[test]
fn errors_that_are_survived_are_reported_and_fail_the_run() {
    let text = "n = input()\np = heap_allocate(2 integers)\np[0] = n\nheap_free(p)\nprint(\"before\")\nq = heap_allocate(2 integers)\nq[0] = 7\nprint(p[0])\nprint(q[1])\nprint(\"after\")\n";
    let folder = folder(&[("t.pseudo", text.as_bytes())]);
    let arguments = ["run", "t.pseudo", "--checks", "report", "--report", "r.json", "--deny-leaks"];
    let mut child = cairn(folder.path(), &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"1\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 1);
    assert_eq!(stdout(&output), "before\n7\n0\nafter\n");
    let first = stderr(&output).find("error[use-after-free]: the block `p`").unwrap();
    let second = stderr(&output).find("error[uninitialised-read]: ").unwrap();
    let closing = stderr(&output).find("error: the program went on after 2 memory errors\n").unwrap();
    assert!(first < second && second < closing, "{}", stderr(&output));

    let report = fs::read_to_string(folder.path().join("r.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["outcome"]["status"], "finished");
    assert_eq!(report["outcome"]["error"], Value::Null);
    assert!(report["leaks"].is_object());
    let errors = report["errors"].as_array().unwrap();
    let told: Vec<_> = errors.iter().map(|error| (&error["kind"], &error["line"])).collect();
    assert_eq!(told, [(&"use-after-free".into(), &8.into()), (&"uninitialised-read".into(), &9.into())]);
    // The second block is freed by nobody, the first was before its error.
    let related =
        |error: &Value| error["related"].as_array().unwrap().iter().map(|r| r["line"].clone()).collect::<Vec<_>>();
    assert_eq!(related(&errors[0]), [4, 2]);
    assert_eq!(related(&errors[1]), [6]);
}

#[test]
fn a_block_freed_after_its_error_was_not_freed_before() {
    let text = "p = heap_allocate(2 integers)\nx = p[0]\nheap_free(p)\nx = p[0]\nq = null\nx = q[0]\n";
    let (output, report) = report(text, &["--checks", "report"]);
    assert_exit(&output, 1);
    let report = report.unwrap();
    assert_eq!(report["outcome"]["status"], "stopped");
    assert_eq!(report["outcome"]["error"]["kind"], "null-dereference");
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors[0]["related"].as_array().unwrap().len(), 1);
    assert_eq!(errors[1]["related"].as_array().unwrap().len(), 2);
}

#[test]
fn more_errors_than_anybody_reads_are_counted() {
    let text = "p = [1]\nfor i from 1 to 1000000:\n    p[1] = i\nprint(\"on\")\np[2] = 1\n";
    let (output, report) = report(text, &["--checks", "report", "--leaks", "off"]);
    assert_exit(&output, 1);
    assert_eq!(stdout(&output), "on\n");
    assert_eq!(stderr(&output).matches("error[heap-buffer-overflow]").count(), 11);
    let closing = "error: the program went on after 11 memory errors; 999,990 more were only counted\n";
    assert!(stderr(&output).ends_with(closing), "{}", stderr(&output));
    assert_eq!(report.unwrap()["errors"].as_array().unwrap().len(), 11);
}

#[test]
fn errors_that_a_second_run_does_not_reach_say_so() {
    let text = "p = [1]\nheap_free(p)\nx = p[0]\nfor i from 1 to 1000: x = i\nx = p[0]\n";
    let output = run_text(text, &["--checks", "report", "--replay-limit", "100"]);
    assert_exit(&output, 1);
    assert_eq!(stderr(&output).matches("freed here").count(), 1, "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("--replay-limit").count(), 1, "{}", stderr(&output));
}
