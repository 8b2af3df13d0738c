//! Whatever is tested from outside and is no program of the corpus.

mod astray;
mod cli;
mod compare;
mod counting;
mod debugging;
mod drawings;
mod explain;
mod layers;
mod readme;
mod repl;
mod safety;
mod sessions;
mod snapshots;
mod strategies;
#[cfg(unix)]
mod terminal;
mod tour;
mod transcript;
