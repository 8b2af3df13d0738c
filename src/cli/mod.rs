//! The command line: arguments in, exit code out. Thin; what it prints comes from `report`.

mod arguments;
mod commands;
mod compare;
mod debug;
mod input;
mod nothing_to_run;
mod progress;
mod repl;
mod run;
mod size;
mod terminal;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{ColorChoice, CommandFactory};

use arguments::{Arguments, Command};
use terminal::Terminal;

/// What the process tells its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Exit {
    /// The program finished, or nobody read its output any more.
    Success = 0,
    /// It stopped with an error, or went on after one that was reported.
    Stopped = 1,
    /// The command line was wrong, a file could not be read, or there is nothing to run.
    Usage = 2,
    /// It did not compile.
    Rejected = 3,
    /// It finished, but leaked, under `--deny-leaks`.
    Leaked = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Runs the command that the process's arguments ask for.
pub fn main() -> ExitCode {
    let arguments = with_default_command(std::env::args_os().collect());
    let color = color_choice(&arguments);
    let matches = Arguments::command().color(color).try_get_matches_from(&arguments);
    let exit = match matches.and_then(|matches| clap::FromArgMatches::from_arg_matches(&matches)) {
        Ok(arguments) => dispatch(arguments),
        Err(mut error) => {
            name_the_commands(&mut error);
            // A closed pipe is no reason to complain.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Success }
        }
    };
    ExitCode::from(exit as u8)
}

fn dispatch(Arguments { color, command }: Arguments) -> Exit {
    let terminal = Terminal::new(color);
    match command {
        Command::Run(arguments) => run::run(&arguments, &terminal),
        Command::Compare(arguments) => compare::command(&arguments, &terminal),
        Command::Repl(arguments) => repl::repl(&arguments, &terminal),
        Command::Check(arguments) => commands::check(&arguments, &terminal),
        Command::Disassemble(arguments) => commands::disassemble(&arguments, &terminal),
        Command::Explain { kind } => commands::explain(kind, &terminal),
        Command::Builtins => commands::builtins(&terminal),
    }
}

/// `cairn FILE` is `cairn run FILE`: puts `run` in, unless a command is already there.
fn with_default_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    // The one option that stands before a command.
    while let Some(argument) = arguments.get(at).and_then(|argument| argument.to_str()) {
        match argument {
            "--color" => at += 2,
            _ if argument.starts_with("--color=") => at += 1,
            _ => break,
        }
    }
    let Some(first) = arguments.get(at) else { return arguments };
    if !is_command(first) {
        arguments.insert(at, "run".into());
    }
    arguments
}

/// Whether an argument is a command, or asks for help, or is a misspelt command rather than a file.
fn is_command(argument: &OsStr) -> bool {
    let Some(word) = argument.to_str() else { return false };
    if matches!(word, "help" | "-h" | "--help" | "-V" | "--version") {
        return true;
    }
    let command = Arguments::command();
    let mut names = command.get_subcommands().flat_map(|command| {
        std::iter::once(command.get_name()).chain(command.get_all_aliases()).map(str::to_owned).collect::<Vec<_>>()
    });
    let looks_like_a_file = word.contains(['.', '/', '\\']) || word.starts_with('-') || Path::new(word).exists();
    names.any(|name| name == word || !looks_like_a_file && strsim::damerau_levenshtein(&name, word) <= 2)
}

/// Says of a misspelt command what it may have meant, and what there is.
fn name_the_commands(error: &mut clap::Error) {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidSubcommand) else { return };
    let command = Arguments::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    if error.get(ContextKind::SuggestedSubcommand).is_none() {
        let nearest = names.iter().min_by_key(|name| strsim::damerau_levenshtein(name, given));
        let nearest = nearest.map(|name| (*name).to_owned()).into_iter().collect();
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(nearest));
    }
    let all = StyledStr::from(format!("the commands are {}", names.join(", ")));
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![all]));
}

/// `--color`, which must be known before the arguments are understood: errors about them have colours too.
fn color_choice(arguments: &[OsString]) -> ColorChoice {
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let separate = texts.windows(2).find(|pair| pair[0] == "--color").map(|pair| pair[1]);
    let joined = texts.iter().find_map(|text| text.strip_prefix("--color="));
    separate.or(joined).and_then(|text| text.parse().ok()).unwrap_or(ColorChoice::Auto)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn rewritten(arguments: &[&str]) -> Vec<String> {
        let arguments = std::iter::once("cairn").chain(arguments.iter().copied()).map(OsString::from).collect();
        with_default_command(arguments).into_iter().skip(1).map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_alone_is_run() {
        assert_eq!(rewritten(&["a.pseudo"]), ["run", "a.pseudo"]);
        assert_eq!(rewritten(&["-"]), ["run", "-"]);
        assert_eq!(rewritten(&["check.pseudo"]), ["run", "check.pseudo"]);
        assert_eq!(rewritten(&["./check"]), ["run", "./check"]);
        assert_eq!(rewritten(&["--seed", "3", "a.pseudo"]), ["run", "--seed", "3", "a.pseudo"]);
        assert_eq!(rewritten(&["--color", "never", "a.pseudo"]), ["--color", "never", "run", "a.pseudo"]);
    }

    #[test]
    fn a_command_is_left_alone() {
        assert_eq!(rewritten(&["check", "a.pseudo"]), ["check", "a.pseudo"]);
        assert_eq!(rewritten(&["disasm", "a.pseudo"]), ["disasm", "a.pseudo"]);
        assert_eq!(rewritten(&["--color=never", "builtins"]), ["--color=never", "builtins"]);
        assert_eq!(rewritten(&["--help"]), ["--help"]);
        assert_eq!(rewritten(&["chekc", "a.pseudo"]), ["chekc", "a.pseudo"]);
        assert_eq!(rewritten(&[]), Vec::<String>::new());
    }

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Arguments::command().debug_assert();
        assert!(Arguments::try_parse_from(["cairn", "run", "a", "--memory", "manaul"]).is_err());
    }
}
