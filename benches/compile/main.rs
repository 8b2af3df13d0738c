//! Compiles long programs of many kinds, at two lengths: where as many lines are compiled in a second
//! of either, the time is linear in the length.
//!
//! `cargo bench --bench compile -- --print KIND LINES` prints such a program instead.

mod generator;

use std::env;
use std::fmt;
use std::process::ExitCode;

use cairn::session::{self, Configuration};
use divan::Bencher;
use divan::counter::ItemsCount;
use generator::{KINDS, Kind};

/// Lines of the programs.
const LINES: &[usize] = &[25_000, 100_000];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip_while(|argument| argument != "--print").collect();
    if arguments.is_empty() {
        divan::main();
        return ExitCode::SUCCESS;
    }
    let kind = arguments.get(1).and_then(|name| KINDS.iter().find(|kind| kind.name == name));
    let lines = arguments.get(2).and_then(|lines| lines.parse().ok());
    let (Some(kind), Some(lines)) = (kind, lines) else {
        eprintln!("usage: --print KIND LINES, where KIND is one of");
        KINDS.iter().for_each(|kind| eprintln!("  {:16} {}", kind.name, kind.summary));
        return ExitCode::from(2);
    };
    print!("{}", kind.program(lines));
    ExitCode::SUCCESS
}

/// A program to compile.
#[derive(Clone, Copy)]
struct Long(&'static Kind, usize);

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} lines", self.0.name, self.1)
    }
}

fn programs() -> impl Iterator<Item = Long> {
    KINDS.iter().flat_map(|kind| LINES.iter().map(move |&lines| Long(kind, lines)))
}

#[divan::bench(args = programs(), sample_count = 5, sample_size = 1)]
fn manual(bencher: Bencher<'_, '_>, long: Long) {
    compile(bencher, long, "manual");
}

#[divan::bench(args = programs(), sample_count = 5, sample_size = 1)]
fn refcount(bencher: Bencher<'_, '_>, long: Long) {
    compile(bencher, long, "refcount");
}

/// From the text to verified bytecode, for a strategy.
fn compile(bencher: Bencher<'_, '_>, Long(kind, lines): Long, memory: &'static str) {
    let configuration = Configuration { memory, ..Configuration::default() };
    let text = kind.program(lines);
    let count = text.lines().count();
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let compiled = session::inspect(kind.name, &text, &configuration)
            .unwrap_or_else(|rejection| panic!("{}: {rejection:?}", kind.name));
        assert_eq!(compiled.warnings, [], "{}", kind.name);
    });
}
