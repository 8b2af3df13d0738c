//! Source text: files in one shared numbering of byte offsets, spans into it, and the
//! diagnostics that point at it. Knows nothing of the language.

mod diagnostic;
pub mod file;
mod text;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use text::{Position, Source, SourceId, Sources, Span};
