//! The README is true: every `console` block prints what it says, sessions at the prompt included.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use cairn::session::Configuration;

use super::transcript;

/// Runs `cairn ARGS`, or `seq N | cairn ARGS`, in the project's folder; both outputs, one after the other.
fn output_of(command: &str) -> String {
    let (input, command) = match command.split_once(" | ") {
        Some((seq, command)) => {
            let last: u32 = seq.strip_prefix("seq ").and_then(|n| n.parse().ok()).expect("input comes from `seq N`");
            ((1..=last).map(|n| format!("{n}\n")).collect(), command)
        }
        None => (String::new(), command),
    };
    let words = words_of(command);
    assert_eq!(words[0], "cairn", "{command}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_cairn"))
        .args(&words[1..])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cairn can be started");
    // A program that does not read closes the pipe first, which is fine.
    let _ = child.stdin.take().expect("input is a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("cairn ends");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The words of a command; single quotes keep blanks.
fn words_of(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in command.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("there is a word").push(character),
        }
    }
    words
}

/// Wall time, and the rows that `compare` marks with `~`: what differs from run to run.
fn without_wall_time(text: &str) -> String {
    let exact = |line: &&str| !line.trim_start().starts_with("wall time") && !line.starts_with("~ ");
    text.lines().filter(exact).map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn console_blocks_print_what_they_say() {
    let readme = include_str!("../../README.md");
    let mut checked = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("\n```").next().expect("a block ends");
        let (command, expected) = block.split_once('\n').unwrap_or((block, ""));
        let command = command.strip_prefix("$ ").expect("a block begins with a command");
        let found = match command {
            "cairn repl" => transcript::session(Configuration::default(), transcript::inputs(expected)).concat(),
            _ => output_of(command),
        };
        assert_eq!(without_wall_time(&found), without_wall_time(expected), "$ {command}");
        checked += 1;
    }
    assert!(checked >= 5, "the README has lost its sessions");
}
