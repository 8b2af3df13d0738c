//! Thousands separators: whether `1,000,000` is one number or a list is decided by what stands around it.

use super::keyword;
use super::token::{Lexeme, Token};
use crate::source::Source;

/// Digits with separators: lexemes `start` to `last`, both integers, with commas between.
struct Run {
    start: usize,
    last: usize,
    in_brackets: bool,
    certain: bool,
}

/// Joins in one statement's lexemes every run of digits that is one number into one integer lexeme.
/// `lists_values` says that the statement prints, so that commas outside brackets separate.
pub(super) fn join(source: &Source, lexemes: &mut Vec<Lexeme>, lists_values: bool) {
    let mut commas = lexemes.iter().filter(|lexeme| lexeme.token == Token::Comma).count();
    if commas == 0 {
        return;
    }
    let mut runs = runs(source, lexemes);
    for run in runs.iter().filter(|run| run.certain) {
        commas -= (run.last - run.start) / 2;
    }
    if !lists_values {
        for run in runs.iter_mut().filter(|run| !run.certain && !run.in_brackets) {
            run.certain = commas == (run.last - run.start) / 2;
        }
    }
    let mut kept = 0;
    let mut runs = runs.into_iter().filter(|run| run.certain).peekable();
    let mut at = 0;
    while at < lexemes.len() {
        lexemes[kept] = lexemes[at];
        if let Some(run) = runs.next_if(|run| run.start == at) {
            lexemes[kept].span = lexemes[at].span.to(lexemes[run.last].span);
            at = run.last;
        }
        kept += 1;
        at += 1;
    }
    lexemes.truncate(kept);
}

/// All runs `d{1,3}(,ddd)+` without blanks, in order.
fn runs(source: &Source, lexemes: &[Lexeme]) -> Vec<Run> {
    let digits = |index: usize| {
        let lexeme: &Lexeme = lexemes.get(index)?;
        let text = source.slice(lexeme.span);
        (lexeme.token == Token::Integer && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
    };
    let touches = |index: usize| lexemes[index - 1].span.end == lexemes[index].span.start;
    let group_after = |last: usize| {
        let comma = lexemes.get(last + 1)?.token == Token::Comma;
        let group = digits(last + 2).filter(|text| text.len() == 3)?;
        (comma && touches(last + 1) && touches(last + 2)).then_some(group)
    };
    let mut runs = Vec::new();
    // For each open bracket, whether it is that of an allocation call.
    let mut brackets: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < lexemes.len() {
        match lexemes[at].token {
            Token::LeftParen | Token::LeftBracket => brackets.push(opens_allocation(source, lexemes, at)),
            Token::RightParen | Token::RightBracket => drop(brackets.pop()),
            Token::Integer if digits(at).is_some_and(|text| text.len() <= 3) => {
                let mut last = at;
                let mut zero_group = false;
                while let Some(group) = group_after(last) {
                    zero_group |= group.starts_with('0');
                    last += 2;
                }
                if last > at {
                    let allocates = brackets.last().copied().unwrap_or(false);
                    let certain = zero_group || is_measured(source, lexemes, last + 1, allocates);
                    runs.push(Run { start: at, last, in_brackets: !brackets.is_empty(), certain });
                    at = last;
                }
            }
            _ => {}
        }
        at += 1;
    }
    runs
}

/// Whether the lexeme at `index` is a size or unit word that counts.
fn is_measured(source: &Source, lexemes: &[Lexeme], index: usize, allocates: bool) -> bool {
    let Some(lexeme) = lexemes.get(index).filter(|lexeme| lexeme.token == Token::Word) else { return false };
    let word = source.slice(lexeme.span);
    keyword::size_shift(word).is_some() || (allocates && is_unit(source, lexemes, index))
}

/// Whether the lexeme at `index` is a unit word directly before a closing parenthesis.
pub(super) fn is_unit(source: &Source, lexemes: &[Lexeme], index: usize) -> bool {
    lexemes.get(index + 1).is_some_and(|next| next.token == Token::RightParen)
        && keyword::unit(source.slice(lexemes[index].span)).is_some()
}

/// Whether the bracket at `index` opens the arguments of an allocation call.
pub(super) fn opens_allocation(source: &Source, lexemes: &[Lexeme], index: usize) -> bool {
    let is_word = |at: usize| matches!(lexemes[at].token, Token::Word | Token::Name);
    lexemes[index].token == Token::LeftParen
        && index > 0
        && is_word(index - 1)
        && keyword::is_allocation(source.slice(lexemes[index - 1].span))
        && !(index > 1 && lexemes[index - 2].token == Token::Dot)
}
