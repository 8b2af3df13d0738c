//! The colours of drawings. Without them a drawing must be as readable: they only repeat what its
//! letters say.

/// Whether a drawing has ANSI styles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Plain text.
    #[default]
    Plain,
    /// With ANSI escapes.
    Ansi,
}

/// What a piece of a drawing is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Addresses at the edge, lines, remarks.
    Frame,
    /// Functions, variables, fields.
    Name,
    /// Data that is in use.
    Live,
    /// References.
    Reference,
    /// Headers and linkage words.
    Header,
    /// The allocator's own words.
    Control,
    /// Space that nothing uses.
    Free,
    /// Rounding.
    Padding,
    /// What has never been written.
    Uninitialised,
    /// What should not be: dangling, overwritten.
    Wrong,
}

impl Palette {
    /// A text in an ink.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if self == Palette::Plain || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Frame | Ink::Free => "2",
            Ink::Name => "1",
            Ink::Live => "32",
            Ink::Reference => "36",
            Ink::Header => "33",
            Ink::Control => "35",
            Ink::Padding => "34",
            Ink::Uninitialised => "2;31",
            Ink::Wrong => "1;31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
