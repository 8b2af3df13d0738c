//! Files in one numbering: every source gets a range of global byte offsets, so a [`Span`] alone
//! says which file it lies in.

/// A half-open range of global byte offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Index of a source in its [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// One text with a name.
#[derive(Clone, Debug)]
pub struct Source {
    /// What people call it: a path as given, `<call>`, `<library>`.
    pub name: String,
    /// The whole text. A byte-order mark, if any, is still there.
    pub text: String,
    /// Global offset of its first byte.
    pub base: u32,
    /// Global offsets at which lines begin.
    line_starts: Vec<u32>,
}

impl Source {
    fn new(name: String, text: String, base: u32) -> Source {
        let mut line_starts = vec![base];
        for (index, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                line_starts.push(base + index as u32 + 1);
            }
        }
        Source { name, text, base, line_starts }
    }

    /// The text of a line (from 1) without its line ending.
    pub fn line_text(&self, line: u32) -> &str {
        let index = (line.max(1) - 1) as usize;
        let start = self.line_starts.get(index).map_or(self.text.len(), |at| (at - self.base) as usize);
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |at| (at - self.base) as usize);
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// The line (from 1) that holds a global offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|&start| start <= offset).max(1) as u32
    }

    /// Line and column of a global offset.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = (self.line_starts[line as usize - 1] - self.base) as usize;
        let end = ((offset.max(self.base) - self.base) as usize).min(self.text.len());
        let before = self.text.get(start..end).unwrap_or("");
        let characters = before.chars().filter(|&c| c != '\u{feff}').count();
        Position { line, column: characters as u32 + 1 }
    }

    /// The text of a span inside this source.
    pub fn slice(&self, span: Span) -> &str {
        let at = |offset: u32| (offset.max(self.base) - self.base) as usize;
        self.text.get(at(span.start)..at(span.end)).unwrap_or("")
    }
}

/// All texts of a session.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    sources: Vec<Source>,
}

impl Sources {
    /// Adds a text and gives it the next range of offsets.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let base = self.sources.last().map_or(0, |last| last.base + last.text.len() as u32 + 1);
        self.sources.push(Source::new(name.into(), text.into(), base));
        SourceId(self.sources.len() as u32 - 1)
    }

    /// The source of that id.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// The id of the source that holds a global offset.
    pub fn find(&self, offset: u32) -> SourceId {
        let index = self.sources.partition_point(|source| source.base <= offset);
        SourceId(index.max(1) as u32 - 1)
    }

    /// The source that holds a span's start.
    pub fn of(&self, span: Span) -> &Source {
        self.get(self.find(span.start))
    }

    /// Line and column of a span's start.
    pub fn position(&self, span: Span) -> Position {
        self.of(span).position(span.start)
    }

    /// Where a span begins, as a reader would look for it: `line 5` in the first text, elsewhere with the name of the
    /// text, which says all if it has one line.
    pub fn whereabouts(&self, span: Span) -> String {
        let source = self.of(span);
        let line = source.line(span.start);
        match self.find(span.start) {
            SourceId(0) => format!("line {line}"),
            _ if source.text.lines().nth(1).is_none() => source.name.clone(),
            _ => format!("{} line {line}", source.name),
        }
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.of(span).slice(span)
    }
}
