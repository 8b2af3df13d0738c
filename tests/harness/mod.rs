//! What the corpus runner is made of: expectations as programs state them, and the check of a run against them.

pub mod expectations;
pub mod trial;
