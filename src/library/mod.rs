//! The library in pseudocode: what the documents of the field call and never define. Its text is
//! compiled with every program; here is only the text, and what can be said about it.

use crate::source::Sources;
use crate::syntax::{self, Names};

/// What reports call the library's text.
pub const NAME: &str = "<library>";

/// The library's text.
pub const TEXT: &str = include_str!("library.pseudo");

/// A library function as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name and parameters: `calculateResult(array)`.
    pub signature: String,
    /// What it does, in a line.
    pub help: String,
}

/// The library's functions, in the order of its text.
pub fn entries() -> Vec<Entry> {
    let mut sources = Sources::default();
    let id = sources.add(NAME, TEXT);
    let mut names = Names::default();
    let parsed = syntax::parse(&sources, id, &mut names);
    let source = sources.get(id);
    let entry = |function: &syntax::ast::Function| {
        let parameters: Vec<&str> = function.parameters.iter().map(|parameter| names.text(parameter.name)).collect();
        let above = source.line_text(source.line(function.header.start).saturating_sub(1));
        Entry {
            signature: format!("{}({})", names.text(function.name.name), parameters.join(", ")),
            help: above.trim_start_matches("//").trim().to_owned(),
        }
    };
    parsed.module.functions.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_says_what_it_does() {
        let entries = entries();
        let signatures: Vec<&str> = entries.iter().map(|entry| entry.signature.as_str()).collect();
        assert_eq!(
            signatures,
            ["calculateResult(array)", "loadProfile(buffer, user_id)", "loadModelFromDisk(filename)"]
        );
        assert!(entries.iter().all(|entry| entry.help.ends_with('.')), "{entries:?}");
    }
}
