//! Whatever is tested from outside and is no program of the corpus.

mod explain;
mod layers;
mod safety;
mod snapshots;
