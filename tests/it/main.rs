//! Whatever is tested from outside and is no program of the corpus.

mod astray;
mod cli;
mod compare;
mod counting;
mod drawings;
mod explain;
mod layers;
mod readme;
mod safety;
mod snapshots;
mod strategies;
