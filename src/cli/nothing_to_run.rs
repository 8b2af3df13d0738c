//! What is said of a file that defines functions and calls none.

use super::terminal::Terminal;
use crate::report::grouped;

/// Functions listed before the rest is only counted.
const LISTED: usize = 20;

/// Lists the functions, and says how to call one.
pub(super) fn report(file: &str, functions: &[(String, Vec<String>)], terminal: &Terminal) {
    let Some((name, parameters)) = functions.first() else {
        terminal.error(&format!("{file} has nothing to run: no statement and no function"), &[]);
        return;
    };
    let arguments: Vec<&str> = parameters.iter().map(|parameter| example(parameter)).collect();
    let help = [
        "a file runs its top-level statements, then `main()`".to_owned(),
        format!("to call a function: cairn run {file} --call '{name}({})'", arguments.join(", ")),
    ];
    let listed = functions.iter().take(LISTED);
    let mut list: Vec<String> =
        listed.map(|(name, parameters)| format!("  {name}({})", parameters.join(", "))).collect();
    if functions.len() > LISTED {
        list.push(format!("  and {} more", grouped((functions.len() - LISTED) as u64)));
    }
    let message = format!("{file} has nothing to run, only functions:\n{}", list.join("\n"));
    terminal.error(&message, &help);
}

/// A value that a parameter of that name may well take.
fn example(parameter: &str) -> &'static str {
    let name = parameter.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["file", "path"]) {
        "\"notes.txt\""
    } else if has(&["name", "text", "string", "message", "word"]) {
        "\"text\""
    } else if has(&["array", "list", "values", "numbers", "scores", "items"]) {
        "[90, 80, 70]"
    } else if has(&["count", "length"]) {
        "3"
    } else if has(&["node", "tree", "root", "head", "pointer"]) {
        "null"
    } else if has(&["size", "bytes", "capacity"]) {
        "64"
    } else {
        "10"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_follow_the_names_of_parameters() {
        assert_eq!(example("size"), "64");
        assert_eq!(example("scores_array"), "[90, 80, 70]");
        assert_eq!(example("filename"), "\"notes.txt\"");
        assert_eq!(example("n"), "10");
    }
}
