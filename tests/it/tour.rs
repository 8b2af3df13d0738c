//! The tour is true: what its sessions show is what is shown, addresses and all.
//!
//! With `TOUR=write` in the environment the test writes down what is shown now: for a change that is meant.

use std::env;
use std::fs;
use std::path::Path;

use cairn::memory::{allocator, strategy};
use cairn::session::Configuration;

use super::transcript;

const BEGIN: &str = "```console\n";
const END: &str = "```";

/// A block that shows a terminal. One that begins with a command begins a session, the next ones go on with it.
struct Block {
    command: String,
    shown: String,
}

fn blocks(tour: &str) -> Vec<Block> {
    let block = |part: &str| {
        let (text, _) = part.split_once(END).expect("a block ends");
        let command = if text.starts_with("$ ") { text.find('\n').expect("a session has inputs") + 1 } else { 0 };
        Block { command: text[..command].to_owned(), shown: text[command..].to_owned() }
    };
    tour.split(BEGIN).skip(1).map(block).collect()
}

fn configuration(command: &str) -> Configuration {
    let arguments = command.strip_prefix("$ cairn repl").expect("the tour's command is `cairn repl`");
    let mut configuration = Configuration::default();
    let words: Vec<&str> = arguments.split_whitespace().collect();
    for pair in words.chunks(2) {
        match *pair {
            ["--memory", name] => configuration.memory = strategy::find(name).expect("a strategy").name,
            ["--allocator", name] => configuration.allocator = allocator::find(name).expect("an allocator").name,
            _ => panic!("the tour's sessions take no {pair:?}"),
        }
    }
    configuration
}

/// What the blocks of one session show now.
fn run(session: &[Block]) -> Vec<String> {
    let inputs: Vec<Vec<String>> = session.iter().map(|block| transcript::inputs(&block.shown)).collect();
    let mut shown = transcript::session(configuration(&session[0].command), inputs.concat()).into_iter();
    let blocks = session.iter().zip(&inputs);
    blocks
        .map(|(block, inputs)| block.command.clone() + &shown.by_ref().take(inputs.len()).collect::<String>())
        .collect()
}

#[test]
fn every_session_of_the_tour_shows_what_it_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join("TOUR.md");
    let tour = fs::read_to_string(&path).expect("there is a tour");
    let blocks = blocks(&tour);
    let mut now = Vec::new();
    for session in blocks.chunk_by(|_, next| next.command.is_empty()) {
        now.extend(run(session));
    }
    assert!(blocks.len() >= 5, "the tour has lost its sessions");
    let mut parts = tour.split(BEGIN);
    let mut told = parts.next().unwrap_or("").to_owned();
    for (part, now) in parts.zip(now) {
        let (_, after) = part.split_once(END).expect("a block ends");
        told.push_str(&format!("{BEGIN}{now}{END}{after}"));
    }
    if env::var_os("TOUR").is_some_and(|mode| mode == "write") {
        fs::write(&path, &told).expect("the tour can be written");
    } else {
        assert_eq!(tour, told, "`TOUR=write cargo test tour` writes down what is shown now");
    }
}
