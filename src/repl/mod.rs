//! The interactive session: inputs in, what came of them out. Thin: what is typed is compiled and run by
//! `session`, rendered by `report`.

pub mod command;
mod commands;
pub mod editor;
pub mod extent;
pub mod inputs;
mod known;
mod session;

pub use known::Known;
pub use session::{Ended, Lasts, PAUSED_PROMPT, PROMPT, Session, paused};
