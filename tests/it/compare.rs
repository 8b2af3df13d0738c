//! `cairn compare` from outside: the table, the files it writes, its exit codes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cairn::memory::allocator::ALLOCATORS;
use cairn::memory::strategy::STRATEGIES;
use serde_json::Value;
use tempfile::TempDir;

/// Fails under `manual` only.
const USE_AFTER_FREE: &str = "p = allocate(3)\nprint(p[0])\nheap_free(p)\nprint(p[1])\n";

fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.pseudo"), text).unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
    command.current_dir(folder).args(["compare", "t.pseudo"]).args(arguments);
    if !arguments.contains(&"--runs") {
        command.args(["--runs", "2"]);
    }
    command.env_remove("CLICOLOR_FORCE").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn compare_in(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn compare(text: &str, arguments: &[&str]) -> Output {
    compare_in(folder(text).path(), arguments)
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

/// The words of the table's row of that label.
#[track_caller]
fn row<'a>(output: &'a Output, label: &str) -> Vec<&'a str> {
    let line = stdout(output).lines().find_map(|line| line.strip_prefix(label));
    line.unwrap_or_else(|| panic!("no row {label:?}:\n{}", stdout(output))).split_whitespace().collect()
}

#[test]
fn every_strategy_is_a_column() {
    let output = compare("p = allocate(3)\nheap_free(p)\nprint(1)\n", &[]);
    assert_exit(&output, 0);
    assert_eq!(stderr(&output), "");
    let names: Vec<&str> = STRATEGIES.iter().map(|row| row.name).collect();
    assert_eq!(row(&output, "allocator first-fit"), names);
    assert_eq!(row(&output, "result"), vec!["finished"; names.len()]);
    assert_eq!(row(&output, "output"), vec!["same"; names.len()]);
    assert_eq!(row(&output, "allocations"), ["1", "1.00×"].repeat(names.len()));
    for name in names {
        assert!(stdout(&output).contains(&format!("\n{name}: ")), "{}", stdout(&output));
    }
}

#[test]
fn strategies_and_allocators_can_be_chosen() {
    let columns = |arguments: &[&str]| {
        let output = compare("print(1)\n", arguments);
        assert_exit(&output, 0);
        row(&output, "result").len()
    };
    assert_eq!(columns(&["--memory", "none"]), 1);
    assert_eq!(columns(&["--memory", "none,manual,none"]), 2);
    assert_eq!(
        columns(&["--memory", "none", "--allocator", "all"]),
        ALLOCATORS.len().min(columns(&["--memory", "all"]))
    );
    let output = compare("print(1)\n", &["--memory", "none,manual"]);
    assert_eq!(row(&output, "allocator first-fit"), ["none", "manual"]);
}

#[test]
fn a_run_that_fails_stays_in_the_table() {
    let output = compare(USE_AFTER_FREE, &["--memory", "manual,none"]);
    assert_exit(&output, 1);
    assert_eq!(row(&output, "result"), ["use-after-free", "finished"]);
    assert_eq!(row(&output, "  at line"), ["4"]);
    assert_eq!(row(&output, "output"), ["1", "line", "same"]);
    assert_eq!(row(&output, "leaked, blocks"), ["-", "0"]);
    assert!(stdout(&output).contains("manual: stopped at line 4: the block `p` is used after it was freed."));
}

#[test]
fn programs_that_print_other_things_are_found_out() {
    let two = "print(\"same\")\np = heap_allocate(8)\nheap_free(p)\nq = heap_allocate(8)\nprint(p = q)\nprint(p)\n";
    let output = compare(two, &["--memory", "manual,none"]);
    assert_exit(&output, 0);
    // No strategy may make this differ: pointers compare by address, and `none` hands out another one.
    assert_eq!(row(&output, "output"), ["same", "differs"]);
    assert_eq!(row(&output, "  from line"), ["2"]);
    assert!(stdout(&output).contains("from line 2 on its output is not that of manual"), "{}", stdout(&output));
    let moved = "p = heap_allocate(8)\nheap_free(p)\nprint(heap_allocate(8))\n";
    let output = compare(moved, &["--memory", "manual,none"]);
    assert_eq!(row(&output, "output"), ["same", "same*"]);
    assert!(stdout(&output).contains("\n* the same but for addresses"), "{}", stdout(&output));
}

#[test]
fn every_run_reads_the_same_input() {
    let folder = folder("print(input() + input())\n");
    let mut child = command(folder.path(), &[]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"20\n22\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 0);
    assert_eq!(row(&output, "result"), vec!["finished"; STRATEGIES.len()]);
    assert_exit(&compare_in(folder.path(), &[]), 1);
}

#[test]
fn the_reports_as_json_and_as_csv() {
    let folder = folder(USE_AFTER_FREE);
    let output = compare_in(folder.path(), &["--memory", "manual,none", "--json", "c.json", "--csv", "c.csv"]);
    assert_exit(&output, 1);
    let json: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("c.json")).unwrap()).unwrap();
    assert_eq!(json["schema"], 1);
    let runs = json["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for (run, (memory, status)) in runs.iter().zip([("manual", "stopped"), ("none", "finished")]) {
        assert_eq!((&run["schema"], &run["program"]), (&1.into(), &"t.pseudo".into()));
        assert_eq!((&run["memory"], &run["allocator"]), (&memory.into(), &"first-fit".into()));
        assert_eq!(run["outcome"]["status"], status);
        assert_eq!(run["stats"]["allocations"], 1);
        let wall_ns = run["stats"]["wall_ns"].as_array().unwrap();
        assert_eq!(wall_ns.len(), 2);
        assert!(wall_ns.iter().all(|ns| ns.as_u64() > Some(0)));
    }
    assert_eq!(runs[0]["outcome"]["error"]["related"][0]["line"], 3);

    let csv = fs::read_to_string(folder.path().join("c.csv")).unwrap();
    let table: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(table.len(), 3);
    assert!(table.iter().all(|row| row.len() == table[0].len()), "{csv}");
    let cell = |row: usize, name: &str| table[row][table[0].iter().position(|header| *header == name).unwrap()];
    for name in runs[0]["stats"].as_object().unwrap().keys().filter(|name| *name != "wall_ns") {
        assert_eq!(cell(2, name), runs[1]["stats"][name].to_string().trim_end_matches(".0"), "{name}");
    }
    assert_eq!(
        (cell(1, "memory"), cell(1, "status"), cell(1, "error"), cell(1, "line")),
        ("manual", "stopped", "use-after-free", "4")
    );
    assert_eq!((cell(2, "leaked_blocks"), cell(1, "leaked_blocks")), ("0", ""));
    assert!(cell(2, "wall_ns").parse::<u64>().unwrap() > 0);
}

#[test]
fn what_cannot_be_compared() {
    let folder = folder("print(y)\n");
    let output = compare_in(folder.path(), &["--json", "c.json", "--memory", "manual,none"]);
    assert_exit(&output, 3);
    assert_eq!(stdout(&output), "");
    assert_eq!(stderr(&output).matches("error[unknown-name]").count(), 1, "{}", stderr(&output));
    let json: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("c.json")).unwrap()).unwrap();
    assert_eq!(json["runs"][1]["outcome"]["status"], "rejected");
    assert_eq!(json["runs"][1]["errors"][0]["kind"], "unknown-name");

    let refused = |text: &str, arguments: &[&str], words: &str| {
        let output = compare(text, arguments);
        assert_exit(&output, 2);
        assert_eq!(stdout(&output), "");
        assert!(stderr(&output).contains(words), "{words:?} is missing:\n{}", stderr(&output));
    };
    refused("function f(n):\n    return n\n", &[], "nothing to run");
    refused("print(1)\n", &["--memory", "manual,nnoe"], "a similar value exists: 'none'");
    refused("print(1)\n", &["--allocator", "first-fut"], "a similar value exists: 'first-fit'");
    refused("print(1)\n", &["--runs", "0"], "from 1 to 10000");
    refused("print(1)\n", &["--json", "nowhere/c.json"], "cannot be written to nowhere/c.json");
}

#[test]
fn the_options_of_run_hold_for_every_run() {
    let functions = "function f(n):\n    return f(n + 1)\n";
    let output = compare(functions, &["--call", "f(0)", "--stack", "4KiB", "--memory", "manual"]);
    assert_exit(&output, 1);
    assert_eq!(row(&output, "result"), ["stack-overflow"]);
    let bytes: u64 = row(&output, "stack high water, bytes")[0].replace(',', "").parse().unwrap();
    assert!(bytes <= 4096);
    let output = compare("while true:\n    pass\n", &["--max-steps", "1000", "--memory", "manual,none"]);
    assert_exit(&output, 1);
    assert_eq!(row(&output, "result"), ["step-limit", "step-limit"]);
    let output = compare("p = heap_allocate(1 MB)\nassert(p is not null)\n", &["--heap", "64KiB"]);
    assert_eq!(row(&output, "result"), vec!["assertion-failed"; STRATEGIES.len()]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_whole_comparison() {
    let folder = folder("while true:\n    n = input()\n");
    let mut child = command(folder.path(), &[]).stdin(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.as_mut().unwrap();
    // More than fits into the pipe: once it is written, programs are running.
    input.write_all(&vec![b'\n'; 512 << 10]).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 130);
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
    assert!(stderr(&output).contains("memory manual, allocator first-fit"), "{}", stderr(&output));
}
