//! What can be said on the command line.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use super::size;
use crate::kind::ErrorKind;
use crate::limits;
use crate::memory::{allocator, strategy};
use crate::session::Configuration;

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
    /// Most memory of the heap: 64KiB, 8MiB, 1GiB
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size::heap, allow_hyphen_values = true)]
    pub heap: u64,
    /// Most memory of the stack
    #[arg(long, value_name = "SIZE", default_value = "8MiB", value_parser = size::stack, allow_hyphen_values = true)]
    pub stack: u64,
    /// What a memory error does
    #[arg(long, value_name = "MODE", default_value = "stop")]
    pub checks: Checks,
    /// Seed of `random`
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    pub seed: u64,
    /// Stop after so many instructions
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_steps: Option<u64>,
    /// Most instructions of the second run that explains an error
    #[arg(long, value_name = "N", default_value_t = limits::REPLAY_INSTRUCTIONS, allow_negative_numbers = true)]
    pub replay_limit: u64,
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
        Configuration {
            allocator: self.allocator,
            heap_bytes: self.heap,
            stack_bytes: self.stack,
            seed: self.seed,
            max_steps: self.max_steps,
            replay_limit: self.replay_limit,
            allow_read: self.allow_read.clone(),
            stress: self.stress,
            ..self.compile.configuration()
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

fn strategies() -> impl TypedValueParser<Value = &'static str> {
    PossibleValuesParser::new(strategy::STRATEGIES.iter().map(|row| PossibleValue::new(row.name).help(row.help)))
        .try_map(|name| strategy::find(&name).map(|row| row.name).ok_or("no such strategy"))
}

fn allocators() -> impl TypedValueParser<Value = &'static str> {
    PossibleValuesParser::new(allocator::ALLOCATORS.iter().map(|row| PossibleValue::new(row.name).help(row.help)))
        .try_map(|name| allocator::find(&name).map(|row| row.name).ok_or("no such allocator"))
}

fn kinds() -> impl TypedValueParser<Value = ErrorKind> {
    PossibleValuesParser::new(ErrorKind::ALL.iter().map(|kind| PossibleValue::new(kind.name())))
        .try_map(|name| ErrorKind::from_name(&name).ok_or("no such kind of error"))
}
