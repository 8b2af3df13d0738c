//! Interned names.

use std::collections::HashMap;

use super::ast::Name;

/// Every name of a session, once.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<Box<str>>,
    index: HashMap<Box<str>, Name>,
}

impl Names {
    /// The name of that spelling.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&name) = self.index.get(text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        self.texts.push(text.into());
        self.index.insert(text.into(), name);
        name
    }

    /// The name of that spelling, if anybody uses it.
    pub fn find(&self, text: &str) -> Option<Name> {
        self.index.get(text).copied()
    }

    /// How a name is spelled.
    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }
}
