//! What typing a key changes beyond the key itself: how the next line is indented, when a line moves
//! out of its block. Texts in, texts out; the keys are in `keys`.

use crate::repl::extent::{self, Extent, Standing};
use crate::repl::inputs::is_command;
use crate::syntax::highlight::{PieceKind, pieces};

/// One level of indentation.
pub(super) const LEVEL: &str = "    ";

/// Whether Enter at the end of the text goes on with a further line: a block, a bracket or a comment is
/// open. An empty line always ends an input, so nobody is caught in one.
pub(super) fn goes_on(text: &str) -> bool {
    if is_command(text) {
        return false;
    }
    let is_first = !text.contains('\n');
    let last_is_empty = text.rsplit('\n').next().is_none_or(|last| last.trim().is_empty());
    if last_is_empty && (!is_first || text.trim().is_empty()) {
        return false;
    }
    match Extent::of(text) {
        Standing::Whole | Standing::MayGoOn => false,
        Standing::InBlock | Standing::LacksBody | Standing::Open => true,
    }
}

/// The line that the text ends in.
pub(super) fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

/// The blanks that a line begins with.
fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// The blanks that the line after `before` begins with.
pub(super) fn next_indentation(before: &str) -> String {
    let line = last_line(before);
    let mut indentation = indentation(line).to_owned();
    let mut depth = 0_i32;
    let mut last = None;
    for piece in pieces(line) {
        match piece.kind {
            PieceKind::Opening => depth += 1,
            PieceKind::Closing => depth -= 1,
            PieceKind::Comment | PieceKind::OpenComment => continue,
            _ => {}
        }
        last = Some(piece.kind);
    }
    let word = line.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    if depth > 0 || last == Some(PieceKind::Colon) {
        indentation.push_str(LEVEL);
    } else if matches!(word, "return" | "break" | "continue") && Extent::of(before) == Standing::InBlock {
        outdent(&mut indentation);
    }
    indentation
}

fn outdent(indentation: &mut String) {
    if indentation.ends_with('\t') {
        indentation.pop();
    } else {
        indentation.truncate(indentation.len().saturating_sub(LEVEL.len()));
    }
}

/// What the last line of `before` becomes if its word goes on with a block further left: an `else` that
/// was typed at the indentation of the body moves to that of its `if`.
pub(super) fn moved_out(before: &str) -> Option<String> {
    let (above, line) = before.rsplit_once('\n')?;
    let openers: &[&str] = match line.trim() {
        "else" | "elif" | "elseif" | "elsif" => &["if", "elif", "elseif", "elsif", "else"],
        "until" => &["repeat"],
        _ => return None,
    };
    let mut column = extent::column(line);
    let above: Vec<&str> = above.lines().rev().filter(|line| !line.trim().is_empty()).collect();
    // Right below its opener it would be the body.
    if above.first().is_none_or(|line| extent::column(line) < column) {
        return None;
    }
    for candidate in above {
        let candidate_column = extent::column(candidate);
        if candidate_column >= column {
            continue;
        }
        let word = candidate.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        if openers.contains(&word) {
            return Some(format!("{}{}", indentation(candidate), line.trim()));
        }
        column = candidate_column;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_goes_on_while_a_block_is_open() {
        for text in ["while a:", "f(1,", "while a:\n    b()", "if a:\n    b()\nelse:", "/* a"] {
            assert!(goes_on(text), "{text:?}");
        }
        for text in ["", "x", ":show f(", "while a:\n    b()\n", "while a:\n    b()\n    ", "f(1,\n", "/* a\n"] {
            assert!(!goes_on(text), "{text:?}");
        }
    }

    #[test]
    fn the_next_line_is_indented() {
        assert_eq!(next_indentation("while a:"), "    ");
        assert_eq!(next_indentation("while a: // so:\n    if b: // c"), "        ");
        assert_eq!(next_indentation("while a:\n    b()"), "    ");
        assert_eq!(next_indentation("function f():\n    if b:\n        return 1"), "    ");
        assert_eq!(next_indentation("function f():\n\treturn 1"), "");
        assert_eq!(next_indentation("x = [1,"), "    ");
        assert_eq!(next_indentation("x = [1,\n    2,"), "    ");
    }

    #[test]
    fn an_else_moves_to_its_if() {
        assert_eq!(moved_out("if a:\n    b()\n    else").as_deref(), Some("else"));
        assert_eq!(moved_out("f():\n  if a:\n    b()\n    else").as_deref(), Some("  else"));
        assert_eq!(moved_out("if a:\n    while b:\n        c()\n        else").as_deref(), Some("else"));
        assert_eq!(moved_out("repeat:\n    b()\n    until").as_deref(), Some("until"));
        for text in ["if a:\n    b()\nelse", "if a:\n    else", "while a:\n    b()\n    else", "else", "if a:\n    b"] {
            assert_eq!(moved_out(text), None, "{text:?}");
        }
    }
}
