//! The commands of a session: one table. What each does is in `commands`.

use std::io;

use super::commands;
use super::session::{Flow, Session};
use crate::compiler::suggest;

/// What a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    Nothing,
    /// The name of a command, if anything.
    Command,
    /// That word, if anything.
    Word(&'static str),
    /// An expression.
    Expression,
    /// A strategy's name, if anything.
    Strategy,
    /// An allocator's name, if anything.
    Allocator,
    /// A function's name.
    Function,
    /// A path.
    File,
}

/// A row of the table.
pub struct Command {
    /// Its name, without the colon.
    pub name: &'static str,
    /// Whether its first letter alone means it, though other commands begin so too.
    pub by_letter: bool,
    /// What it takes.
    pub argument: Argument,
    /// How that is written in its help; empty if it takes nothing.
    pub usage: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// Further help, in lines.
    pub more: &'static str,
    /// What it does, given its argument.
    pub run: fn(&mut Session<'_>, &str) -> io::Result<Flow>,
}

/// All commands, in the order in which help lists them.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        by_letter: true,
        argument: Argument::Command,
        usage: "[COMMAND]",
        help: "list the commands, or say more about one",
        more: "A command may be shortened as long as it is clear which one is meant: `:al` is `:allocator`.\n\
               Of a single letter, `:s` is `:step`, `:c` is `:continue`, `:h` is `:help`, `:l` is `:load`.\n\
               `cairn builtins` lists the functions that are always there, `cairn explain` the kinds of errors.",
        run: commands::help,
    },
    Command {
        name: "stack",
        by_letter: false,
        argument: Argument::Nothing,
        usage: "",
        help: "draw the stack: frames from high addresses to low, with what is in each slot",
        more: "After an error the stack is still as it was then, until the next input; `:stack` shows it.\n\
               A program draws it with `show_stack()`.",
        run: commands::stack,
    },
    Command {
        name: "heap",
        by_letter: false,
        argument: Argument::Word("map"),
        usage: "[map]",
        help: "draw the heap: its blocks in order of address; with `map`, all of it as a strip",
        more: "A program draws it with `show_heap()`.",
        run: commands::heap,
    },
    Command {
        name: "show",
        by_letter: false,
        argument: Argument::Expression,
        usage: "EXPR",
        help: "draw a value with all that it points at",
        more: "A program draws it with `show(x)`.",
        run: commands::show,
    },
    Command {
        name: "memory",
        by_letter: true,
        argument: Argument::Strategy,
        usage: "[NAME]",
        help: "say who decides that a block is freed, or choose it",
        more: "Choosing keeps the functions and records, and starts a fresh machine: variables and blocks are gone.",
        run: commands::memory,
    },
    Command {
        name: "allocator",
        by_letter: true,
        argument: Argument::Allocator,
        usage: "[NAME]",
        help: "say where free memory is found, or choose it",
        more: "Choosing keeps the functions and records, and starts a fresh machine: variables and blocks are gone.",
        run: commands::allocator,
    },
    Command {
        name: "leaks",
        by_letter: false,
        argument: Argument::Nothing,
        usage: "",
        help: "list the blocks that are lost, by the line that allocated them",
        more: "What a variable still leads to is not lost: it is listed as still reachable.",
        run: commands::leaks,
    },
    Command {
        name: "stats",
        by_letter: false,
        argument: Argument::Nothing,
        usage: "",
        help: "count what the machine and the heap have done so far",
        more: "The same figures as `--stats` of `cairn run`, but for those that come from the clock.",
        run: commands::stats,
    },
    Command {
        name: "collect",
        by_letter: false,
        argument: Argument::Nothing,
        usage: "",
        help: "run the collector, and say what went",
        more: "Only strategies that trace have one, such as `mark-sweep`. A program runs it with `collect()`.",
        run: commands::collect,
    },
    Command {
        name: "why",
        by_letter: true,
        argument: Argument::Expression,
        usage: "EXPR",
        help: "say why a block is not garbage: the shortest path that leads to it from a variable",
        more: "Under `manual` nothing is freed because nothing leads to it: there `:why` tells what would be lost.",
        run: commands::why,
    },
    Command {
        name: "bytes",
        by_letter: true,
        argument: Argument::Expression,
        usage: "ADDRESS|EXPR",
        help: "dump memory: the block that a value points at, or the bytes from an address on",
        more: "The letter before each word tells what it holds: the machine keeps a tag for every word.",
        run: commands::bytes,
    },
    Command {
        name: "disassemble",
        by_letter: true,
        argument: Argument::Function,
        usage: "NAME",
        help: "print the bytecode of a function",
        more: "`cairn disassemble --manual` explains the instructions.",
        run: commands::disassemble,
    },
    Command {
        name: "load",
        by_letter: true,
        argument: Argument::File,
        usage: "FILE",
        help: "run a file: its definitions, its statements, then its `main()`",
        more: "What it defines stays. A function that is defined already is replaced.",
        run: commands::load,
    },
    Command {
        name: "save",
        by_letter: false,
        argument: Argument::File,
        usage: "FILE",
        help: "write what was typed so far to a file, as a program",
        more: "A file that exists already is left alone; `:save! FILE` replaces it.",
        run: commands::save,
    },
    Command {
        name: "reset",
        by_letter: true,
        argument: Argument::Nothing,
        usage: "",
        help: "forget everything, and begin anew with a fresh machine",
        more: "The strategy, the allocator and the sizes of the machine stay.",
        run: commands::reset,
    },
    Command {
        name: "quit",
        by_letter: true,
        argument: Argument::Nothing,
        usage: "",
        help: "leave; so does Ctrl-D",
        more: "The history of what was typed is kept.",
        run: commands::quit,
    },
    Command {
        name: "step",
        by_letter: true,
        argument: Argument::Nothing,
        usage: "",
        help: "let a paused program run to its next line, also inside a function that it calls",
        more: "A program pauses where it calls `breakpoint()`, and at the lines of `cairn run --break LINE`.",
        run: commands::step,
    },
    Command {
        name: "next",
        by_letter: true,
        argument: Argument::Nothing,
        usage: "",
        help: "let a paused program run to the next line of the same function",
        more: "A function that the line calls runs to its end, unless there is a breakpoint in it.",
        run: commands::next,
    },
    Command {
        name: "finish",
        by_letter: true,
        argument: Argument::Nothing,
        usage: "",
        help: "let a paused program run until its function has returned",
        more: "",
        run: commands::finish,
    },
    Command {
        name: "continue",
        by_letter: true,
        argument: Argument::Nothing,
        usage: "",
        help: "let a paused program run on",
        more: "It stops again at the next breakpoint, if there is one.",
        run: commands::go_on,
    },
];

/// Why no command was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfound {
    /// Several begin so.
    Ambiguous(Vec<&'static str>),
    /// None does; perhaps this one was meant.
    Unknown(Option<&'static str>),
}

/// The command of that name, or the one that the abbreviation can only mean.
///
/// # Errors
/// See [`Unfound`].
pub fn find(word: &str) -> Result<&'static Command, Unfound> {
    let prefixed: Vec<&Command> = COMMANDS.iter().filter(|row| row.name.starts_with(word)).collect();
    let exact = prefixed.iter().find(|row| row.name == word || word.len() == 1 && row.by_letter);
    match (exact, prefixed.as_slice()) {
        (Some(row), _) => Ok(row),
        (None, [row]) => Ok(row),
        (None, []) => Err(Unfound::Unknown(suggest::nearest(word, COMMANDS.iter().map(|row| row.name)))),
        (None, several) => Err(Unfound::Ambiguous(several.iter().map(|row| row.name).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_may_be_shortened() {
        let name = |word| find(word).map(|row| row.name);
        assert_eq!(name("heap"), Ok("heap"));
        assert_eq!(name("hea"), Ok("heap"));
        assert_eq!(name("h"), Ok("help"));
        assert_eq!(name("s"), Ok("step"));
        assert_eq!(name("dis"), Ok("disassemble"));
        assert_eq!(name("st"), Err(Unfound::Ambiguous(vec!["stack", "stats", "step"])));
        assert_eq!(name("lekas"), Err(Unfound::Unknown(Some("leaks"))));
        assert_eq!(name("xyzzy"), Err(Unfound::Unknown(None)));
    }

    #[test]
    fn each_letter_means_one_command_at_most() {
        for letter in 'a'..='z' {
            let rows = COMMANDS.iter().filter(|row| row.by_letter && row.name.starts_with(letter));
            assert!(rows.count() <= 1, "{letter}");
        }
        for row in COMMANDS {
            assert!(row.help.len() <= 90, "{} is too long for a line", row.name);
            assert_eq!(row.usage.is_empty(), row.argument == Argument::Nothing, "{}", row.name);
        }
    }
}
