//! Whole artefacts that people look at, as the command line gives them: the command, its source, what
//! it writes, and its exit code. Few, because every change of wording has to be looked at here.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command as a reader would see it, run where the examples are.
struct Shown {
    arguments: &'static [&'static str],
    input: String,
    source: Option<(&'static str, &'static str)>,
}

impl Shown {
    fn command(arguments: &'static [&'static str]) -> Shown {
        Shown { arguments, input: String::new(), source: None }
    }

    /// A program of its own, under the name by which the arguments call it.
    fn program(arguments: &'static [&'static str], name: &'static str, text: &'static str) -> Shown {
        Shown { source: Some((name, text)), ..Shown::command(arguments) }
    }

    /// Runs it: source, command, standard output, standard error, exit code.
    fn run(&self) -> String {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let own_folder = tempfile::tempdir().expect("there is room for a program");
        let mut folder = examples.as_path();
        let mut shown = String::new();
        if let Some((name, text)) = self.source {
            folder = own_folder.path();
            fs::write(folder.join(name), text).expect("a program can be written");
        }
        if let Some(file) = self.arguments.iter().find(|argument| argument.ends_with(".pseudo")) {
            let source = fs::read_to_string(folder.join(file)).expect("the program can be read");
            shown += &format!("{}\n", source.trim_end());
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_cairn"))
            .args(self.arguments)
            .current_dir(folder)
            .env_remove("CLICOLOR_FORCE")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut input = child.stdin.take().expect("it has an input");
        // It may end without having read everything.
        let _ = input.write_all(self.input.as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("it comes to its end");
        shown += &format!("\n$ cairn {}\n", self.arguments.join(" "));
        for (name, bytes) in [("output", output.stdout), ("error", output.stderr)] {
            let text = String::from_utf8(bytes).expect("it writes text");
            if !text.is_empty() {
                shown += &format!("--- standard {name}\n{text}");
            }
        }
        shown + &format!("--- exit code {}", output.status.code().expect("no signal ends it"))
    }
}

macro_rules! snapshots {
    ($($name:ident: $shown:expr;)+) => { $(
        #[test]
        fn $name() {
            insta::with_settings!({
                omit_expression => true,
                prepend_module_to_snapshot => false,
                filters => [(r"wall time +[0-9.]+ ms", "wall time [how long it took]")],
            }, {
                insta::assert_snapshot!(stringify!($name), $shown.run());
            });
        }
    )+ };
}

snapshots! {
    help: Shown::command(&["--help"]);
    help_of_run: Shown::command(&["run", "--help"]);
    list_of_builtins: Shown::command(&["builtins"]);
    list_of_kinds: Shown::command(&["explain"]);
    explanation: Shown::command(&["explain", "use-after-free"]);
    disassembly: Shown::command(&["disassemble", "fibonacci.pseudo"]);
    instruction_set: Shown::command(&["disassemble", "--manual"]);

    use_after_free: Shown::command(&["run", "dangerous.pseudo"]);
    double_free: Shown::command(&["run", "double_free.pseudo"]);
    stack_overflow: Shown::command(&["run", "fibonacci.pseudo"]);
    stack_buffer_overflow: Shown {
        input: (1..=20).map(|number| format!("{number}\n")).collect(),
        ..Shown::command(&["run", "vulnerable.pseudo"])
    };
    user_error: Shown::command(&["run", "create_buffer.pseudo", "--heap", "64KiB", "--call", "createBuffer(1 MB)"]);
    type_error: Shown::program(&["run", "count.pseudo"], "count.pseudo", "\
function label(n):
    return \"count: \" + n

for i from 1 to 3:
    print(label(i))
");
    unknown_field: Shown::program(&["run", "node.pseudo"], "node.pseudo", "\
record Node: value, next
head = new Node(1, null)
print(head.vlaue)
");
    error_in_the_library: Shown::program(&["run", "total.pseudo"], "total.pseudo", "\
function total(scores):
    return calculateResult(scores)

print(total([90, \"eighty\"]))
");
    several_errors: Shown::program(&["run", "broken.pseudo"], "broken.pseudo", "\
function average(scores, count:
    sum = 0
    for i from 0 to count - 1
        sum = sum + scores[i]
    return sum / count

half = n//2
if half = 1 or 2:
    mark it as done
print(avrage([1, 2], 2))
");
    unknown_names: Shown::program(&["check", "names.pseudo"], "names.pseudo", "\
function processData(items):
    total = 0
    for each item in itmes: total = total + item
    return Total

print(procesData([1, 2]))
print(processData(1,200))
");

    leaks: Shown::command(&["run", "create_character.pseudo"]);
    statistics: Shown::command(&["run", "--stats", "boxed_tree.pseudo"]);
    nothing_to_run: Shown::command(&["run", "create_buffer.pseudo"]);
    misspelt_option: Shown::command(&["run", "--memory", "manaul", "add.pseudo"]);
}
