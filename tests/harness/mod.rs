//! What the corpus runner is made of: expectations as programs state them, the check of a run against them, and
//! of a session against a run.

pub mod expectations;
pub mod session;
pub mod trial;
