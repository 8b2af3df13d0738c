//! Sessions at the prompt, without a terminal: what is typed, and what comes of it.

use std::io::Write;
use std::process::{Command, Stdio};

use cairn::session::Configuration;

use super::transcript;

/// A session by its inputs, one a line; continued lines as typed.
fn shown(typed: &str) -> String {
    transcript::session(Configuration::default(), transcript::inputs(typed)).concat()
}

/// Each session must show what it says.
#[track_caller]
fn check(session: &str) {
    assert_eq!(shown(session), session);
}

/// `cairn repl` over a pipe: standard output, standard error, exit code.
fn piped(arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cairn"))
        .arg("repl")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cairn can be started");
    child.stdin.take().expect("input is a pipe").write_all(input.as_bytes()).expect("it is read");
    let output = child.wait_with_output().expect("cairn ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn commands_help_and_are_found_by_their_beginning() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("session_help", shown("> :help\n> :h al\n> :help help\n"));
    });
}

#[test]
fn commands_that_cannot_be_meant_are_answered() {
    check(
        "> :st\nerror: `:st` may be `:stack`, `:stats`, `:step`\n\
         > :lekas\nerror: there is no command `:lekas`\n |\n = help: did you mean `:leaks`?\n = help: `:help` lists the commands\n\
         > :quit now\nerror: `:quit` takes nothing\n\
         > :7\nerror: a command begins with a letter\n |\n = help: `:help` lists them\n\
         > :show\nerror: `:show` takes an expression\n |\n = help: for example `:show x`\n\
         > :memory manaul\nerror: there is no strategy `manaul`\n |\n = help: did you mean `manual`?\n = help: there are: manual, refcount, mark-sweep, none\n\
         > :load nowhere.pseudo\nerror: there is no file nowhere.pseudo\n\
         > :continue\nerror: no program is paused\n |\n = help: a program pauses where it calls `breakpoint()`\n",
    );
}

#[test]
fn leaving_leaves() {
    assert_eq!(shown("> :q\n> :nothing\n"), "> :q\n");
}

#[test]
fn a_file_that_exists_is_not_replaced_unless_told_so() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("saved.pseudo");
    let save = format!("> x = 1\n> :save {0}\n> :save {0}\n> y = 2\n> :save! {0}\n", path.display());
    let shown = shown(&save).replace(&path.display().to_string(), "FILE");
    assert!(shown.contains("error: FILE exists already\n |\n = help: `:save! FILE` replaces it\n"), "{shown}");
    let saved = std::fs::read_to_string(&path).expect("it was saved");
    assert!(saved.contains("x = 1") && saved.contains("y = 2"), "{saved}");
}

#[test]
fn a_pipe_gives_inputs_and_what_programs_read() {
    let script = "function twice(n):\n\n    return 2 * n\n\nx = input()\n21\ntwice(x)\nif x = 3: print(\"no\")\nelse: print(\"else\")\n";
    let (output, messages, code) = piped(&[], script);
    assert_eq!((output.as_str(), messages.as_str(), code), ("42\nelse\n", "", Some(0)));
}

#[test]
fn a_session_begins_with_a_file_and_its_options() {
    let (output, _, code) = piped(&["examples/add.pseudo", "--memory", "refcount"], "add(1, 2)\n:memory\n");
    assert!(output.starts_with("15\n3\nmemory refcount:"), "{output}");
    assert_eq!(code, Some(0));
    assert_eq!(piped(&["nowhere.pseudo"], "").2, Some(2));
}

/// What a session shows, and the file that it saves.
fn saved(inputs: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("saved.pseudo");
    shown(&format!("{inputs}> :save {}\n", path.display()));
    std::fs::read_to_string(&path).expect("it was saved")
}

#[test]
fn what_is_saved_runs_and_does_the_same() {
    let session = "> x = [1, 2]\n> function f(a): return a[9]\n> x\n> y = f(x)\n> x[1] / 0\n\
                   > x[0] = 7; x[1] div 0\n> if true: exit()\n> function f(a):\n    return a[1]\n\n> y = f(x)\n\
                   > print(x[0], y)\n";
    let text = saved(session);
    let expected = "x = [1, 2]\n// y = f(x)\n// x[0] = 7; x[1] div 0\n// if true: exit()\n\
                    function f(a):\n    return a[1]\n\ny = f(x)\nprint(x[0], y)\n";
    assert_eq!(text, expected);
    assert!(shown(session).ends_with("7 2\n"));
}

#[test]
fn what_is_wrong_with_a_text_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("wrong.pseudo");
    std::fs::write(&path, "print(nobody)\nx = 1 +\n").expect("it can be written");
    let session =
        format!("> function f(a):\n    breakpoint()\n    return a\n\n> f(7)\n> :load {}\n> a\n", path.display());
    assert!(shown(&session).ends_with("paused> a\n7\n"), "{}", shown(&session));
    let wreck = "> function f(a): return a div 0\n> f(7)\n> a +\n> :stack\n";
    assert!(shown(wreck).contains("\u{2502} 0xFFFFFFC8  a               integer  7\n"), "{}", shown(wreck));
}
