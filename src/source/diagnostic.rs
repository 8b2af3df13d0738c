//! An error or warning as data: what happened, where, and what to do. Rendering is `report`'s.

use super::Span;
use crate::kind::ErrorKind;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The program cannot run, or stopped.
    Error,
    /// The program runs; something in it is probably not meant.
    Warning,
}

/// A span with a remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be said of it; may be empty for the primary label.
    pub text: String,
}

/// One error or warning. The headline is `message`; `primary` is the place to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Diagnostic {
    /// How grave.
    pub severity: Severity,
    /// The kind of error; of a warning, the error that stops the program if it comes there.
    pub kind: Option<ErrorKind>,
    /// One sentence: what happened.
    pub message: String,
    /// Where it happened.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// Facts, a sentence each.
    pub notes: Vec<String>,
    /// What to do, a sentence each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error of `kind` at `span`.
    pub fn error(kind: ErrorKind, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            kind: Some(kind),
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// A warning at `span`.
    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            kind: None,
            ..Diagnostic::error(ErrorKind::SyntaxError, span, message)
        }
    }

    /// The same as a warning of an error that a run reports itself, if it comes there.
    pub fn foretelling(mut self, kind: ErrorKind) -> Diagnostic {
        self.kind = Some(kind);
        self
    }

    /// The same with a remark at the primary span.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// The same with another labelled span.
    #[must_use]
    pub fn secondary(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// The same with a note.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// The same with a help line.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help.push(text.into());
        self
    }
}
