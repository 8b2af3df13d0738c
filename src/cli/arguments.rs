//! What can be said on the command line.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use super::size;
use crate::kind::ErrorKind;
use crate::limits;
use crate::memory::{allocator, strategy};
use crate::session::{self, Configuration};

/// Runs textbook pseudocode on a small machine whose stack and heap you can see.
#[derive(Debug, Parser)]
#[command(
    name = "cairn",
    version,
    arg_required_else_help = true,
    override_usage = "cairn [OPTIONS] FILE\n       cairn COMMAND [OPTIONS] ...",
    after_help = "`cairn FILE` is `cairn run FILE`; `cairn run --help` lists its options. A FILE of `-` is standard input."
)]
pub(super) struct Arguments {
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compile and run a program, then report what it leaked
    Run(RunArguments),
    /// Run a program under several strategies and allocators, and lay them side by side
    Compare(CompareArguments),
    /// Type programs, and look at the stack and the heap meanwhile
    Repl(ReplArguments),
    /// Report errors and warnings; run nothing
    Check(CompileArguments),
    /// Print the bytecode of a program
    #[command(visible_alias = "disasm")]
    Disassemble(DisassembleArguments),
    /// Explain a kind of error; without one, list them
    Explain {
        /// A kind of error, such as `use-after-free`
        #[arg(value_name = "KIND", value_parser = kinds(), hide_possible_values = true)]
        kind: Option<ErrorKind>,
    },
    /// List the built-in and the library functions
    Builtins,
}

/// What is compiled, and how.
#[derive(Debug, Args)]
pub(super) struct CompileArguments {
    /// The program; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who decides that a block is freed
    #[arg(long, value_name = "NAME", default_value = strategy::STRATEGIES[0].name, value_parser = strategies())]
    pub memory: &'static str,
    /// Evaluate an expression after the top level, and print its value
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub call: Option<String>,
}

/// How a program is run.
#[derive(Debug, Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub compile: CompileArguments,
    /// Where free memory is found
    #[arg(long, value_name = "NAME", default_value = allocator::ALLOCATORS[0].name, value_parser = allocators())]
    pub allocator: &'static str,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// What a memory error does
    #[arg(long, value_name = "MODE", default_value = "stop")]
    pub checks: Checks,
    /// Pause before the first statement on this line, to look around; may be given more than once
    #[arg(long = "break", value_name = "LINE", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "checks")]
    pub breaks: Vec<u32>,
    /// How much to say about leaks
    #[arg(long, value_name = "DETAIL", default_value = "full")]
    pub leaks: LeakDetail,
    /// Exit with 4 if the program leaked
    #[arg(long)]
    pub deny_leaks: bool,
    /// Print what the machine and the heap did
    #[arg(long)]
    pub stats: bool,
    /// Write a report as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// What a session begins with.
#[derive(Debug, Args)]
pub(super) struct ReplArguments {
    /// A program to run first
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Who decides that a block is freed
    #[arg(long, value_name = "NAME", default_value = strategy::STRATEGIES[0].name, value_parser = strategies())]
    pub memory: &'static str,
    /// Where free memory is found
    #[arg(long, value_name = "NAME", default_value = allocator::ALLOCATORS[0].name, value_parser = allocators())]
    pub allocator: &'static str,
    #[command(flatten)]
    pub machine: MachineArguments,
}

/// What is compared.
#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// The program; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who decides that a block is freed: names with commas between them, or `all`
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = ALL, value_parser = strategies_or_all())]
    pub memory: Vec<&'static str>,
    /// Where free memory is found: names with commas between them, or `all`
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = allocator::ALLOCATORS[0].name,
        value_parser = allocators_or_all()
    )]
    pub allocator: Vec<&'static str>,
    /// How often each is run by the clock
    #[arg(long, value_name = "N", default_value = "5", value_parser = repetitions, allow_negative_numbers = true)]
    pub runs: usize,
    /// Evaluate an expression after the top level
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub call: Option<String>,
    #[command(flatten)]
    pub machine: MachineArguments,
    /// Write the reports of all runs as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the figures of all runs as a table of comma-separated values
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// The machine, and what a program may do with it.
#[derive(Debug, Args)]
pub(super) struct MachineArguments {
    /// Most memory of the heap: 64KiB, 8MiB, 1GiB
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size::heap, allow_hyphen_values = true)]
    pub heap: u64,
    /// Most memory of the stack
    #[arg(long, value_name = "SIZE", default_value = "8MiB", value_parser = size::stack, allow_hyphen_values = true)]
    pub stack: u64,
    /// Seed of `random`
    #[arg(long, value_name = "N", default_value = "1", value_parser = number, allow_negative_numbers = true)]
    pub seed: u64,
    /// Stop after so many instructions
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    pub max_steps: Option<u64>,
    /// Most instructions of the second run that explains an error
    #[arg(
        long,
        value_name = "N",
        default_value_t = limits::REPLAY_INSTRUCTIONS,
        value_parser = number,
        allow_negative_numbers = true
    )]
    pub replay_limit: u64,
    /// Let the program read files below this folder too
    #[arg(long, value_name = "DIR", value_parser = readable_folder)]
    pub allow_read: Vec<PathBuf>,
    /// Collect at every allocation, and audit the whole heap after it
    #[arg(long)]
    pub stress: bool,
}

#[derive(Debug, Args)]
pub(super) struct DisassembleArguments {
    /// The program; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "manual")]
    pub file: Option<PathBuf>,
    /// Print the instruction set instead
    #[arg(long, conflicts_with = "file")]
    pub manual: bool,
    /// The strategy to compile for
    #[arg(long, value_name = "NAME", default_value = strategy::STRATEGIES[0].name, value_parser = strategies())]
    pub memory: &'static str,
    /// An expression to compile with it
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub call: Option<String>,
}

/// `--checks`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Checks {
    /// The first error stops the program
    Stop,
    /// Each error is reported, and the program goes on
    Report,
}

/// `--leaks`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LeakDetail {
    /// Every line that allocated what was lost
    Full,
    /// One line
    Summary,
    /// Nothing
    Off,
}

impl CompileArguments {
    pub fn configuration(&self) -> Configuration {
        Configuration {
            memory: self.memory,
            call: self.call.clone(),
            folder: folder(&self.file),
            ..Configuration::default()
        }
    }
}

impl RunArguments {
    pub fn configuration(&self) -> Configuration {
        let checks = match self.checks {
            Checks::Stop => session::Checks::Stop,
            Checks::Report => session::Checks::Report,
        };
        let measures_elision = self.stats || self.report.is_some();
        let common = self.compile.configuration();
        self.machine.applied_to(Configuration { allocator: self.allocator, checks, measures_elision, ..common })
    }
}

impl ReplArguments {
    pub fn configuration(&self) -> Configuration {
        self.machine.applied_to(Configuration {
            memory: self.memory,
            allocator: self.allocator,
            folder: folder(self.file.as_deref().unwrap_or(Path::new("-"))),
            ..Configuration::default()
        })
    }
}

impl CompareArguments {
    /// Every strategy with every allocator, each pair once.
    pub fn configurations(&self) -> Vec<Configuration> {
        let common = self.machine.applied_to(Configuration {
            call: self.call.clone(),
            folder: folder(&self.file),
            measures_elision: true,
            ..Configuration::default()
        });
        let allocators = chosen(&self.allocator, allocator::ALLOCATORS.iter().map(|row| row.name));
        let mut configurations = Vec::new();
        for memory in chosen(&self.memory, strategy::STRATEGIES.iter().map(|row| row.name)) {
            let pair = |&allocator| Configuration { memory, allocator, ..common.clone() };
            configurations.extend(allocators.iter().map(pair));
        }
        configurations
    }
}

impl MachineArguments {
    fn applied_to(&self, configuration: Configuration) -> Configuration {
        Configuration {
            heap_bytes: self.heap,
            stack_bytes: self.stack,
            seed: self.seed,
            max_steps: self.max_steps,
            replay_limit: self.replay_limit,
            allow_read: self.allow_read.clone(),
            stress: self.stress,
            ..configuration
        }
    }
}

/// The program's own folder. What comes from standard input lives where the user is.
fn folder(file: &Path) -> Option<PathBuf> {
    let folder = if file == "-" { Path::new("") } else { file.parent()? };
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
}

fn readable_folder(text: &str) -> Result<PathBuf, String> {
    let folder = PathBuf::from(text);
    if folder.is_dir() { Ok(folder) } else { Err("there is no such folder".to_owned()) }
}

/// The name that stands for all names.
const ALL: &str = "all";

/// The names that were given, each once.
fn chosen(given: &[&'static str], all: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    if given.contains(&ALL) {
        return all.collect();
    }
    let mut chosen = Vec::new();
    for name in given {
        if !chosen.contains(name) {
            chosen.push(*name);
        }
    }
    chosen
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a whole number from 0 to {} is needed", u64::MAX))
}

fn repetitions(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(runs @ 1..=limits::COMPARED_REPETITIONS) => Ok(runs),
        _ => Err(format!("a number from 1 to {} is needed", limits::COMPARED_REPETITIONS)),
    }
}

fn strategies() -> impl TypedValueParser<Value = &'static str> {
    names(strategy::STRATEGIES.iter().map(|row| (row.name, row.help)))
}

fn allocators() -> impl TypedValueParser<Value = &'static str> {
    names(allocator::ALLOCATORS.iter().map(|row| (row.name, row.help)))
}

fn strategies_or_all() -> impl TypedValueParser<Value = &'static str> {
    names(strategy::STRATEGIES.iter().map(|row| (row.name, row.help)).chain([(ALL, "every one of them")]))
}

fn allocators_or_all() -> impl TypedValueParser<Value = &'static str> {
    names(allocator::ALLOCATORS.iter().map(|row| (row.name, row.help)).chain([(ALL, "every one of them")]))
}

/// One of some names, each with a line of help.
fn names(rows: impl Iterator<Item = (&'static str, &'static str)>) -> impl TypedValueParser<Value = &'static str> {
    let rows: Vec<(&'static str, &'static str)> = rows.collect();
    PossibleValuesParser::new(rows.iter().map(|(name, help)| PossibleValue::new(*name).help(*help)))
        .try_map(move |given| rows.iter().map(|row| row.0).find(|name| *name == given).ok_or("no such name"))
}

fn kinds() -> impl TypedValueParser<Value = ErrorKind> {
    PossibleValuesParser::new(ErrorKind::ALL.iter().map(|kind| PossibleValue::new(kind.name())))
        .try_map(|name| ErrorKind::from_name(&name).ok_or("no such kind of error"))
}
