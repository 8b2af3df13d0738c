//! What can be typed where the cursor is: names, fields, commands, files. And what a function takes.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use super::command::{self, Argument};
use super::inputs::is_command;
use crate::library;
use crate::machine;
use crate::memory::{allocator, strategy};
use crate::syntax;
use crate::syntax::highlight::{PieceKind, pieces};

/// Entries of a folder that are looked at.
const FOLDER_ENTRIES: usize = 10_000;

/// The names of the session.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The user's functions, each with its parameters.
    pub functions: Vec<(String, Vec<String>)>,
    /// Globals, and the locals of a paused frame.
    pub variables: Vec<String>,
    /// Names of records.
    pub records: Vec<String>,
    /// Names of fields.
    pub fields: Vec<String>,
}

/// Something that may be typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What a list shows of it.
    pub shown: String,
    /// What it puts in.
    pub text: String,
}

impl Candidate {
    fn word(word: &str) -> Candidate {
        Candidate { shown: word.to_owned(), text: word.to_owned() }
    }

    fn function(name: &str, parameters: &str) -> Candidate {
        Candidate { shown: format!("{name}({parameters})"), text: format!("{name}(") }
    }
}

/// A built-in or library function: its name and its parameters, as they are shown.
type Provided = (String, String);

/// The functions that are always there. Their tables do not change, so they are read once.
static PROVIDED: LazyLock<Vec<Provided>> = LazyLock::new(|| {
    let builtins = machine::signatures().iter().map(|builtin| (builtin.name.to_owned(), builtin.parameters.join(", ")));
    let library = library::entries().into_iter().filter_map(|entry| {
        let (name, rest) = entry.signature.split_once('(')?;
        Some((name.to_owned(), rest.trim_end_matches(')').to_owned()))
    });
    builtins.chain(library).collect()
});

impl Known {
    /// What may stand at the end of `before`, the text before the cursor: where the word begins that it
    /// would replace, and the candidates in alphabetical order.
    pub fn candidates(&self, before: &str) -> (usize, Vec<Candidate>) {
        let (start, mut candidates) = match command_argument(before) {
            Some((start, argument)) => self.argument_candidates(before, start, argument),
            None => self.expression_candidates(before),
        };
        candidates.sort();
        candidates.dedup();
        (start, candidates)
    }

    fn argument_candidates(&self, before: &str, start: usize, argument: Argument) -> (usize, Vec<Candidate>) {
        let typed = &before[start..];
        let of = |names: &mut dyn Iterator<Item = &'static str>| {
            names.filter(|name| name.starts_with(typed)).map(Candidate::word).collect()
        };
        let candidates = match argument {
            Argument::Nothing => Vec::new(),
            Argument::Command => of(&mut command::COMMANDS.iter().map(|row| row.name)),
            Argument::Word(word) => of(&mut [word].into_iter()),
            Argument::Strategy => of(&mut strategy::STRATEGIES.iter().map(|row| row.name)),
            Argument::Allocator => of(&mut allocator::ALLOCATORS.iter().map(|row| row.name)),
            Argument::File => files(typed),
            Argument::Function => {
                let names = self.functions.iter().map(|(name, _)| name.as_str());
                let names = names.chain(PROVIDED_LIBRARY.iter().map(String::as_str));
                names.filter(|name| name.starts_with(typed)).map(Candidate::word).collect()
            }
            Argument::Expression => return self.expression_candidates(before),
        };
        (start, candidates)
    }

    fn expression_candidates(&self, before: &str) -> (usize, Vec<Candidate>) {
        let start = word_start(before);
        let typed = &before[start..];
        let code_start = if is_command(before) { before.find(' ').unwrap_or(0) } else { 0 };
        let pieces = pieces(&before[code_start..]);
        let inside = pieces.last().is_some_and(|piece| {
            code_start + piece.range.end == before.len()
                && matches!(piece.kind, PieceKind::Text | PieceKind::Comment | PieceKind::OpenComment)
        });
        if inside || typed.starts_with(|c: char| c.is_ascii_digit()) {
            return (start, Vec::new());
        }
        let is_field = pieces.iter().rfind(|piece| code_start + piece.range.end <= start);
        if is_field.is_some_and(|piece| piece.kind == PieceKind::Dot && code_start + piece.range.end == start) {
            let fields = self.fields.iter().filter(|field| field.starts_with(typed));
            return (start, fields.map(|field| Candidate::word(field)).collect());
        }
        if typed.is_empty() {
            return (start, Vec::new());
        }
        let words = self.variables.iter().chain(&self.records).map(String::as_str);
        let words = words.chain(syntax::KEYWORDS.iter().copied());
        let mut candidates: Vec<Candidate> =
            words.filter(|word| word.starts_with(typed)).map(Candidate::word).collect();
        let own = self.functions.iter().filter(|(name, _)| name.starts_with(typed));
        candidates.extend(own.map(|(name, parameters)| Candidate::function(name, &parameters.join(", "))));
        let hidden = |name: &str| self.functions.iter().any(|(own, _)| own == name);
        let provided = PROVIDED.iter().filter(|(name, _)| name.starts_with(typed) && !hidden(name));
        candidates.extend(provided.map(|(name, parameters)| Candidate::function(name, parameters)));
        (start, candidates)
    }

    /// The parameters that are still to come in the call that is open at the end of the text.
    pub fn hint(&self, before: &str) -> Option<String> {
        let pieces = pieces(before);
        let mut depth = 0;
        let mut commas = 0;
        let mut begun = false;
        for (index, piece) in pieces.iter().enumerate().rev() {
            match piece.kind {
                PieceKind::OpenComment => return None,
                PieceKind::Closing => depth += 1,
                PieceKind::Opening if depth > 0 => depth -= 1,
                PieceKind::Comma if depth == 0 => {
                    commas += 1;
                    continue;
                }
                PieceKind::Opening => {
                    let name = pieces[..index].last().filter(|name| name.kind == PieceKind::Name)?;
                    let is_call = before[piece.range.clone()] == *"(" && name.range.end == piece.range.start;
                    let parameters = self.parameters(&before[name.range.clone()]).filter(|_| is_call)?;
                    return rest(&parameters, commas, begun, before.ends_with(' '));
                }
                _ => {}
            }
            begun |= commas == 0;
        }
        None
    }

    fn parameters(&self, function: &str) -> Option<Vec<String>> {
        if let Some((_, parameters)) = self.functions.iter().find(|(name, _)| name == function) {
            return Some(parameters.clone());
        }
        let (_, parameters) = PROVIDED.iter().find(|(name, _)| name == function)?;
        Some(parameters.split(", ").filter(|parameter| !parameter.is_empty()).map(str::to_owned).collect())
    }
}

/// What is left of the parameters when `given` arguments are complete and another one may be begun.
fn rest(parameters: &[String], given: usize, begun: bool, after_blank: bool) -> Option<String> {
    if begun {
        let left = parameters.get(given + 1..)?;
        return Some(if left.is_empty() { ")".to_owned() } else { format!(", {})", left.join(", ")) });
    }
    let left = parameters.get(given..)?;
    let blank = if given > 0 && !after_blank { " " } else { "" };
    Some(format!("{blank}{})", left.join(", ")))
}

static PROVIDED_LIBRARY: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = library::entries().into_iter();
    names.filter_map(|entry| Some(entry.signature.split_once('(')?.0.to_owned())).collect()
});

/// Where the command's name or argument begins that the text ends with, and what is wanted there;
/// none where the text is no command.
fn command_argument(before: &str) -> Option<(usize, Argument)> {
    if !is_command(before) {
        return None;
    }
    let name = before.find(':')? + 1;
    let Some(blank) = before[name..].find(' ').map(|at| name + at) else { return Some((name, Argument::Command)) };
    let row = command::find(before[name..blank].trim_end_matches('!')).ok()?;
    let argument = before[blank..].trim_start();
    Some((before.len() - argument.len(), row.argument))
}

/// Where the name begins that the text ends with.
fn word_start(before: &str) -> usize {
    let word = before.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_');
    before.len() - word.map(char::len_utf8).sum::<usize>()
}

/// Files and folders whose path begins as typed.
fn files(typed: &str) -> Vec<Candidate> {
    let (folder, prefix) = match typed.rfind('/') {
        Some(slash) => typed.split_at(slash + 1),
        None => ("", typed),
    };
    let Ok(entries) = fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) }) else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    for entry in entries.flatten().take(FOLDER_ENTRIES) {
        let Ok(mut name) = entry.file_name().into_string() else { continue };
        if !name.starts_with(prefix) || prefix.is_empty() && name.starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            name.push('/');
        }
        candidates.push(Candidate { text: format!("{folder}{name}"), shown: name });
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let strings = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Known {
            functions: vec![("add".to_owned(), strings(&["a", "b"])), ("main".to_owned(), Vec::new())],
            variables: strings(&["list", "last"]),
            records: strings(&["Node"]),
            fields: strings(&["next", "value"]),
        }
    }

    fn texts(before: &str) -> Vec<String> {
        let (start, candidates) = known().candidates(before);
        candidates.into_iter().map(|candidate| format!("{}{}", &before[..start], candidate.text)).collect()
    }

    #[test]
    fn names_keywords_and_functions_are_completed() {
        assert_eq!(texts("x = la"), ["x = last"]);
        assert_eq!(texts("ad"), ["add("]);
        assert_eq!(texts("new No"), ["new Node"]);
        assert_eq!(texts("whi"), ["while"]);
        assert_eq!(texts("heap_a"), ["heap_allocate("]);
        assert_eq!(texts("calc"), ["calculateResult("]);
        assert_eq!(texts("print(\"la"), [""; 0]);
        assert_eq!(texts("x // la"), [""; 0]);
        assert_eq!(texts("x = "), [""; 0]);
        assert_eq!(known().candidates("ad").1[0].shown, "add(a, b)");
    }

    #[test]
    fn fields_follow_a_dot() {
        assert_eq!(texts("list.n"), ["list.next"]);
        assert_eq!(texts("x = list."), ["x = list.next", "x = list.value"]);
        assert_eq!(texts("list->v"), ["list->value"]);
        assert_eq!(texts(":show list.n"), [":show list.next"]);
    }

    #[test]
    fn commands_know_what_they_take() {
        assert_eq!(texts(":le"), [":leaks"]);
        assert_eq!(texts(":memory man"), [":memory manual"]);
        assert_eq!(texts(":allocator first"), [":allocator first-fit"]);
        assert_eq!(texts(":help all"), [":help allocator"]);
        assert_eq!(texts(":disassemble a"), [":disassemble add"]);
        assert_eq!(texts(":heap "), [":heap map"]);
        assert_eq!(texts(":show li"), [":show list"]);
        assert_eq!(texts(":load src/re"), [":load src/repl/", ":load src/report/"]);
        assert_eq!(texts(":quit x"), [""; 0]);
    }

    #[test]
    fn the_parameters_still_to_come_are_shown() {
        let hint = |before: &str| known().hint(before);
        assert_eq!(hint("add(").as_deref(), Some("a, b)"));
        assert_eq!(hint("x = add(1").as_deref(), Some(", b)"));
        assert_eq!(hint("add(1,").as_deref(), Some(" b)"));
        assert_eq!(hint("add(f(1, 2), ").as_deref(), Some("b)"));
        assert_eq!(hint("add(1, 2").as_deref(), Some(")"));
        assert_eq!(hint("add(1, 2, 3"), None);
        assert_eq!(hint("main(").as_deref(), Some(")"));
        assert_eq!(hint("unknown("), None);
        assert_eq!(hint("add(1, 2)"), None);
        assert_eq!(hint("[add, "), None);
        assert_eq!(hint("length(").as_deref(), Some("p)"));
    }
}
