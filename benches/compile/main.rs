//! Compiles long programs of many kinds, at two lengths: where lines a second stay the same, the
//! time is linear in the length. `cargo bench --bench compile -- --print KIND LINES` prints such a program.

mod generator;

use std::env;
use std::fmt;
use std::process::ExitCode;

use cairn::session::{self, Configuration, Rejection};
use divan::Bencher;
use divan::counter::ItemsCount;
use generator::{KINDS, Kind};

const LINES: &[usize] = &[25_000, 100_000];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip_while(|argument| argument != "--print").collect();
    match &arguments[..] {
        [] => divan::main(),
        [_, kind, lines, ..] if let (Some(kind), Ok(lines)) = (find(kind), lines.parse()) => {
            print!("{}", kind.program(lines))
        }
        _ => {
            eprintln!("usage: --print KIND LINES, where KIND is one of");
            KINDS.iter().for_each(|kind| eprintln!("  {:16} {}", kind.name, kind.summary));
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

struct Long {
    name: &'static str,
    text: String,
}
