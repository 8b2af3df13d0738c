//! The programs of `benches/programs/` here and in other languages: whichever of C (`gcc -O2`),
//! LuaJIT's interpreter, Lua 5.4 and CPython are installed run the same programs, written in their
//! idiom beside this file. Every round runs everything once, one after another; every output is
//! checked; CPU seconds (user and system) of whole processes are compared, round by round.
//!
//! `cargo bench --bench peers -- [--rounds N] [PROGRAM…]`

#[path = "../../tests/harness/expectations.rs"]
mod expectations;
mod table;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use expectations::Expectations;

/// Rounds, if the command line says nothing.
const ROUNDS: usize = 5;

/// What cairn is to stay below.
#[derive(Clone, Copy)]
pub enum Bound {
    /// So many times the CPU time of a peer.
    Times(f64, &'static str),
    /// So many seconds.
    Seconds(f64),
}

/// The programs, each with its bound.
const PROGRAMS: &[(&str, Option<Bound>)] = &[
    ("fib", Some(Bound::Times(0.60, LUAJIT))),
    ("loop", Some(Bound::Times(0.38, LUAJIT))),
    ("sieve", Some(Bound::Times(0.45, LUAJIT))),
    ("matmul", Some(Bound::Times(0.55, LUAJIT))),
    ("nbody", Some(Bound::Times(0.65, LUAJIT))),
    ("linked_list", Some(Bound::Times(0.60, LUAJIT))),
    ("array_walk", Some(Bound::Times(0.65, LUAJIT))),
    ("bytes", Some(Bound::Times(0.55, LUA))),
    ("binary_trees", None),
    ("churn", None),
    ("start_up", Some(Bound::Seconds(0.003))),
];

const CAIRN: &str = "cairn";
const C: &str = "gcc -O2";
const LUAJIT: &str = "luajit -joff";
const LUA: &str = "Lua 5.4";
const PYTHON: &str = "CPython";

/// One that runs programs.
pub struct Peer {
    /// What the table calls it.
    pub name: &'static str,
    /// What it says of its version.
    pub version: String,
    runs: Runs,
}

/// How a peer runs a program.
enum Runs {
    /// A command with the program's file, of that extension.
    Interpreted { command: Vec<String>, extension: &'static str },
    /// A compiled program of its own.
    Compiled { folder: PathBuf },
}

impl Peer {
    fn command(&self, program: &str) -> Command {
        match &self.runs {
            Runs::Compiled { folder } => Command::new(folder.join(program)),
            Runs::Interpreted { command, extension } => {
                let mut run = Command::new(&command[0]);
                run.args(&command[1..]).arg(source(program, extension));
                run
            }
        }
    }
}

/// A program's file: those in pseudocode are the ordinary benchmarks.
fn source(program: &str, extension: &str) -> PathBuf {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let file = format!("{program}.{extension}");
    let ordinary = benches.join("programs").join(&file);
    if ordinary.exists() { ordinary } else { benches.join("peers").join(file) }
}

/// The first line that a command prints, if it runs.
fn first_line(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let line = String::from_utf8_lossy(&text).lines().next()?.trim().to_owned();
    output.status.success().then_some(line)
}

/// Those that are installed, and the names of those that are not.
fn peers(programs: &[&str], folder: &Path) -> (Vec<Peer>, Vec<&'static str>) {
    let interpreted = |name, command: &[&str], extension, version: &str| Peer {
        name,
        version: version.to_owned(),
        runs: Runs::Interpreted { command: command.iter().map(|&word| word.to_owned()).collect(), extension },
    };
    let cairn = env!("CARGO_BIN_EXE_cairn");
    let version = first_line(cairn, &["--version"]).expect("cairn runs");
    let mut found = vec![interpreted(CAIRN, &[cairn], "pseudo", &version)];
    let mut missing = Vec::new();

    match first_line("gcc", &["--version"]) {
        Some(version) => {
            programs.iter().for_each(|program| compile(program, folder));
            found.push(Peer { name: C, version, runs: Runs::Compiled { folder: folder.to_owned() } });
        }
        None => missing.push(C),
    }
    match first_line("luajit", &["-v"]) {
        Some(version) => found.push(interpreted(LUAJIT, &["luajit", "-joff"], "lua", &version)),
        None => missing.push(LUAJIT),
    }
    let lua = ["lua5.4", "lua"].into_iter().find_map(|command| {
        first_line(command, &["-v"]).filter(|version| version.starts_with("Lua 5.4")).map(|version| (command, version))
    });
    match lua {
        Some((command, version)) => found.push(interpreted(LUA, &[command], "lua", &version)),
        None => missing.push(LUA),
    }
    // `python3` may be a version manager's script, which is no part of the language's start-up.
    match first_line("python3", &["-c", "import sys; print(sys.executable)"]) {
        Some(python) => {
            let version = first_line(&python, &["--version"]).unwrap_or_default();
            found.push(interpreted(PYTHON, &[&python], "py", &version));
        }
        None => missing.push(PYTHON),
    }
    (found, missing)
}

fn compile(program: &str, folder: &Path) {
    let status = Command::new("gcc")
        .args(["-O2", "-o"])
        .arg(folder.join(program))
        .arg(source(program, "c"))
        .arg("-lm")
        .status()
        .expect("gcc runs");
    assert!(status.success(), "gcc compiles {program}.c");
}

/// What a program prints, as its pseudocode says.
fn expected(program: &str) -> Vec<String> {
    let text = fs::read_to_string(source(program, "pseudo")).expect("a program can be read");
    Expectations::parse(&text).unwrap_or_else(|problems| panic!("{program}: {}", problems.join("; "))).output
}

/// Runs a program and checks what it prints; its CPU time in seconds.
fn seconds(peer: &Peer, program: &str, expected: &[String]) -> f64 {
    let before = cpu_seconds_of_children();
    let output = peer.command(program).stdin(Stdio::null()).output().expect("a peer runs");
    let seconds = cpu_seconds_of_children() - before;
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{} fails at {program}: {}", peer.name, String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{} prints something else for {program}", peer.name);
    seconds
}

/// User and system time of all children that have ended, in seconds.
#[cfg(unix)]
fn cpu_seconds_of_children() -> f64 {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    [usage.user_time(), usage.system_time()].iter().map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6).sum()
}

#[cfg(not(unix))]
fn cpu_seconds_of_children() -> f64 {
    panic!("the CPU time of other processes is measured on Unix only")
}

fn names(programs: &[(&'static str, Option<Bound>)]) -> Vec<&'static str> {
    programs.iter().map(|&(name, _)| name).collect()
}

fn main() -> ExitCode {
    if env::args().all(|argument| argument != "--bench") {
        eprintln!("this takes minutes: only `cargo bench` runs it, no test");
        return ExitCode::SUCCESS;
    }
    let mut rounds = ROUNDS;
    let mut wanted: Vec<String> = Vec::new();
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        if argument != "--rounds" {
            wanted.push(argument);
        } else if let Some(number) = arguments.next().and_then(|number| number.parse().ok()).filter(|&n| n > 0) {
            rounds = number;
        } else {
            eprintln!("--rounds takes a number from 1");
            return ExitCode::from(2);
        }
    }
    if let Some(unknown) = wanted.iter().find(|name| PROGRAMS.iter().all(|(program, _)| program != name)) {
        eprintln!("there is no program `{unknown}`; there are {}", names(PROGRAMS).join(", "));
        return ExitCode::from(2);
    }
    let chosen: Vec<_> = PROGRAMS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name))
        .copied()
        .collect();

    let folder = tempfile::tempdir().expect("a folder can be made");
    let names = names(&chosen);
    let (peers, missing) = peers(&names, folder.path());
    let expected: Vec<Vec<String>> = names.iter().map(|name| expected(name)).collect();
    // By program, peer and round.
    let mut times = vec![vec![Vec::with_capacity(rounds); peers.len()]; names.len()];
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for (program, name) in names.iter().enumerate() {
            for (peer, times) in peers.iter().zip(&mut times[program]) {
                times.push(seconds(peer, name, &expected[program]));
            }
        }
    }
    print!("{}", table::render(&chosen, &peers, &missing, &times));
    ExitCode::SUCCESS
}
