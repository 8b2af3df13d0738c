//! The directives of a pseudocode file: expectations and configuration, in comments on the lines they
//! are about. `tests/corpus/README.md` lists them. Whatever looks like a directive and is none is an
//! error: a misspelt expectation must not pass for a comment.

use cairn::kind::ErrorKind;

/// Everything a file expects, and how it wants to be run.
#[derive(Debug, Default)]
pub struct Expectations {
    /// Lines of output, all of them.
    pub output: Vec<String>,
    /// Errors: those of a rejected program, or the one that stops it.
    pub errors: Vec<ExpectedError>,
    /// Lines with a warning, all of them.
    pub warnings: Vec<u32>,
    /// Texts that the messages contain.
    pub says: Vec<String>,
    /// Lines blamed for the allocation of the block that the error is about.
    pub allocated: Vec<u32>,
    /// Lines blamed for freeing it.
    pub freed: Vec<u32>,
    /// Lines blamed for losing the last pointer to a block.
    pub lost: Vec<u32>,
    /// Lost blocks and bytes at the end.
    pub leaks: Option<(u64, u64)>,
    /// Groups of the leak report; if any is stated, all are.
    pub leak_groups: Vec<ExpectedLeak>,
    /// Figures of the report, by their names there.
    pub statistics: Vec<(String, u64)>,
    /// Standard input.
    pub input: String,
    /// The configuration.
    pub run: Run,
}

/// An error on a line, and perhaps in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedError {
    /// Its kind.
    pub kind: ErrorKind,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 1.
    pub column: Option<u32>,
}

/// A group of the leak report, on the line that allocated it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedLeak {
    /// The allocating line, from 1.
    pub line: u32,
    /// `definitely-lost`, …
    pub kind: String,
    /// How many.
    pub blocks: u64,
    /// Bytes asked for.
    pub bytes: u64,
}

/// What `run:` fixes.
#[derive(Debug, Default)]
pub struct Run {
    /// `memory=manual`; `automatic` means all that free by themselves.
    pub memory: Option<String>,
    /// `allocator=first-fit`
    pub allocator: Option<String>,
    /// `stack=64KiB`
    pub stack_bytes: Option<u64>,
    /// `heap=64KiB`
    pub heap_bytes: Option<u64>,
    /// `seed=7`
    pub seed: Option<u64>,
    /// `steps=1000`
    pub max_steps: Option<u64>,
    /// `checks=report`: memory errors are reported, all of them and in this order, and the program goes on.
    pub reports: bool,
    /// `call=f(1, 2)`; takes the rest of the directive.
    pub call: Option<String>,
    /// `big`: too much work to be repeated under a heap audit at every allocation.
    pub big: bool,
}

const WITH_VALUE: &[&str] = &["expect", "error", "says", "leaks", "leak", "stats", "input", "run"];
const ALONE: &[&str] = &["warning", "allocated-here", "freed-here", "lost-here"];

impl Expectations {
    /// Reads the directives of a program.
    ///
    /// # Errors
    /// What is wrong with them, a sentence each with its line.
    pub fn parse(text: &str) -> Result<Expectations, Vec<String>> {
        let mut expectations = Expectations::default();
        let mut problems = Vec::new();
        let mut in_block_comment = false;
        for (index, line) in text.lines().enumerate() {
            let number = index as u32 + 1;
            let Some(comment) = comment_of(line, &mut in_block_comment) else { continue };
            for part in comment.split(" // ") {
                if let Err(problem) = expectations.directive(part.trim(), number) {
                    problems.push(format!("line {number}: {problem}"));
                }
            }
        }
        if problems.is_empty() && !expectations.expects_anything() {
            problems.push("there is no expectation in it".to_owned());
        }
        if problems.is_empty() { Ok(expectations) } else { Err(problems) }
    }

    fn expects_anything(&self) -> bool {
        !self.output.is_empty() || !self.errors.is_empty() || !self.warnings.is_empty() || self.leaks.is_some()
    }

    /// Takes in one part of a comment, which may be prose.
    fn directive(&mut self, part: &str, line: u32) -> Result<(), String> {
        let end = part.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(part.len());
        let (word, rest) = part.split_at(end);
        let name = word.to_ascii_lowercase();
        let with_value = WITH_VALUE.contains(&name.as_str());
        match rest.strip_prefix(':') {
            Some(value) if with_value && name == word => self.valued(word, value.trim(), line),
            Some(_) if with_value || word.chars().next().is_some_and(|c| c.is_ascii_lowercase()) => {
                Err(format!("`{word}:` is no directive; there are {}", WITH_VALUE.join(", ")))
            }
            None if with_value && name == word => Err(format!("`{word}` needs a colon and a value")),
            None if ALONE.contains(&part) => {
                match part {
                    "warning" => self.warnings.push(line),
                    "allocated-here" => self.allocated.push(line),
                    "freed-here" => self.freed.push(line),
                    _ => self.lost.push(line),
                }
                Ok(())
            }
            None if word.ends_with("-here") || ALONE.contains(&name.as_str()) => {
                Err(format!("`{part}` is no directive; there are {}", ALONE.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn valued(&mut self, name: &str, value: &str, line: u32) -> Result<(), String> {
        match name {
            "expect" => self.output.push(value.to_owned()),
            "says" if value.is_empty() => return Err("`says:` needs a text".to_owned()),
            "says" => self.says.push(value.to_owned()),
            "input" => {
                self.input.push_str(value);
                self.input.push('\n');
            }
            "error" => self.errors.push(parse_error(value, line)?),
            "leaks" if value == "none" => self.leaks = Some((0, 0)),
            "leaks" => self.leaks = Some(parse_blocks_and_bytes(value)?),
            "leak" => {
                let (kind, amount) = value.split_once(", ").ok_or("write `leak: kind, 1 block, 8 bytes`")?;
                let (blocks, bytes) = parse_blocks_and_bytes(amount)?;
                self.leak_groups.push(ExpectedLeak { line, kind: kind.to_owned(), blocks, bytes });
            }
            "stats" => {
                for item in value.split_whitespace() {
                    let (name, number) = item.split_once('=').ok_or("write `stats: frees=1 ignored_frees=2`")?;
                    self.statistics.push((name.to_owned(), parse_number(number)?));
                }
            }
            _ => self.run.parse(value)?,
        }
        Ok(())
    }
}

impl Run {
    fn parse(&mut self, text: &str) -> Result<(), String> {
        let mut rest = text.trim();
        while !rest.is_empty() {
            if let Some(call) = rest.strip_prefix("call=") {
                self.call = Some(call.trim().to_owned());
                return Ok(());
            }
            let (item, more) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = more.trim_start();
            let (key, value) = item.split_once('=').unwrap_or((item, ""));
            match (key, value) {
                ("big", "") => self.big = true,
                ("memory", _) => self.memory = Some(value.to_owned()),
                ("allocator", _) => self.allocator = Some(value.to_owned()),
                ("stack", _) => self.stack_bytes = Some(parse_size(value)?),
                ("heap", _) => self.heap_bytes = Some(parse_size(value)?),
                ("checks", "report") => self.reports = true,
                ("seed", _) => self.seed = Some(parse_number(value)?),
                ("steps", _) => self.max_steps = Some(parse_number(value)?),
                _ => return Err(format!("`run:` knows no `{item}`")),
            }
        }
        Ok(())
    }
}

/// The text of the comment that ends a line, if one does. Strings end with their line.
fn comment_of<'a>(line: &'a str, in_block_comment: &mut bool) -> Option<&'a str> {
    let mut quote = None;
    let mut characters = line.char_indices();
    while let Some((at, c)) = characters.next() {
        let rest = &line[at..];
        if *in_block_comment {
            if rest.starts_with("*/") {
                *in_block_comment = false;
                characters.next();
            }
        } else if let Some(open) = quote {
            match c {
                '\\' => drop(characters.next()),
                _ if c == open => quote = None,
                _ => {}
            }
        } else if rest.starts_with("/*") {
            *in_block_comment = true;
            characters.next();
        } else if let Some(comment) = rest.strip_prefix("//").or_else(|| rest.strip_prefix('#')) {
            return Some(comment);
        } else if c == '"' || c == '\'' {
            quote = Some(c);
        }
    }
    None
}

/// `kind [column N] [on line N]`
fn parse_error(value: &str, line: u32) -> Result<ExpectedError, String> {
    let mut words = value.split_whitespace();
    let name = words.next().unwrap_or("");
    let kind = ErrorKind::from_name(name).ok_or_else(|| format!("there is no kind of error `{name}`"))?;
    let mut error = ExpectedError { kind, line, column: None };
    while let Some(word) = words.next() {
        match (word, words.next()) {
            ("column", Some(number)) => error.column = Some(parse_number(number)? as u32),
            ("on", Some("line")) => error.line = parse_number(words.next().unwrap_or(""))? as u32,
            _ => return Err(format!("write `error: {name} [column N] [on line N]`")),
        }
    }
    Ok(error)
}

/// `2 blocks, 1048 bytes`
fn parse_blocks_and_bytes(text: &str) -> Result<(u64, u64), String> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    match words[..] {
        [blocks, "block" | "blocks", bytes, "byte" | "bytes"] => Ok((parse_number(blocks)?, parse_number(bytes)?)),
        _ => Err(format!("write `2 blocks, 1048 bytes`, not `{text}`")),
    }
}

fn parse_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn parse_size(text: &str) -> Result<u64, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    match units.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes))) {
        Some((number, bytes)) => Ok(parse_number(number)? * bytes),
        None => parse_number(text),
    }
}
