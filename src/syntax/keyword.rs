//! The words of the language, all in one place. None of them is reserved by its spelling alone:
//! `clause` asks here what a word may mean, and decides by where it stands whether it does.

use super::ast::Unit;
use super::token::Token;

/// The kinds of block, for headers and for the words after `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    If,
    While,
    For,
    Repeat,
    Function,
    Record,
    Defer,
    /// The block of a header that could not be understood.
    Unknown,
}

impl BlockKind {
    /// How the block is called in messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            BlockKind::If => "if",
            BlockKind::While => "while",
            BlockKind::For => "for",
            BlockKind::Repeat => "repeat",
            BlockKind::Function => "function",
            BlockKind::Record => "record",
            BlockKind::Defer => "defer",
            BlockKind::Unknown => "block",
        }
    }
}

/// When a word that may begin a statement is taken as a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Wherever a statement begins; it cannot be a name inside an expression either.
    Always,
    /// Unless it is assigned, indexed, or its field is taken: `print = 3`.
    UnlessPlace,
    /// If it is not a call, too: `repeat(3)`.
    UnlessPlaceOrCall,
    /// If a value follows that needs no bracket: `release p`, but `release(p)`.
    BeforeOperand,
    /// If it is alone: `break`.
    Alone,
}

/// What a word means at the beginning of a statement, if it [`Stands`] there as a keyword.
pub(super) fn leading(word: &str) -> Option<(Token, Stands)> {
    use Stands::*;
    Some(match word {
        "if" => (Token::If, Always),
        "else" => (Token::Else, Always),
        "elif" | "elseif" | "elsif" => (Token::ElseIf, Always),
        "while" => (Token::While, Always),
        "for" => (Token::For, Always),
        "return" => (Token::Return, Always),
        "function" | "procedure" | "algorithm" | "def" | "func" | "fn" => (Token::Function, BeforeOperand),
        "record" | "struct" | "class" | "type" => (Token::Record, BeforeOperand),
        "repeat" => (Token::Repeat, UnlessPlaceOrCall),
        "until" => (Token::Until, UnlessPlace),
        "defer" => (Token::Defer, UnlessPlaceOrCall),
        "break" => (Token::Break, Alone),
        "continue" => (Token::Continue, Alone),
        "pass" => (Token::Pass, Alone),
        "print" | "output" | "display" | "write" => (Token::Print, UnlessPlace),
        "set" => (Token::Set, BeforeOperand),
        "let" | "var" => (Token::Let, BeforeOperand),
        "global" => (Token::Global, BeforeOperand),
        "delete" | "release" => (Token::Delete, BeforeOperand),
        _ => return None,
    })
}

/// Whether a word begins a statement or header wherever it stands, so that no name may be called so.
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(leading(word), Some((_, Stands::Always)))
}

/// Whether a word before `(` is no call, unless the program defines a function of that name.
pub(super) fn may_be_shadowed(word: &str) -> bool {
    matches!(word, "sizeof" | "weak" | "not" | "until")
}

/// The block that a header keyword opens.
pub(super) fn opens(token: Token) -> Option<BlockKind> {
    Some(match token {
        Token::If | Token::Else | Token::ElseIf => BlockKind::If,
        Token::While => BlockKind::While,
        Token::For => BlockKind::For,
        Token::Repeat => BlockKind::Repeat,
        Token::Function => BlockKind::Function,
        Token::Record => BlockKind::Record,
        Token::Defer => BlockKind::Defer,
        _ => return None,
    })
}

/// The block that the word after `end` names.
pub(super) fn ended(word: &str) -> Option<BlockKind> {
    leading(word).and_then(|(token, _)| opens(token))
}

/// An operator written as a word, after an operand.
pub(super) fn infix(word: &str) -> Option<Token> {
    Some(match word {
        "and" => Token::And,
        "or" => Token::Or,
        "mod" => Token::Mod,
        "div" => Token::Div,
        "is" | "equals" => Token::Is,
        _ => return None,
    })
}

/// A word of the head of a `for`, after an operand.
pub(super) fn in_for(word: &str) -> Option<Token> {
    Some(match word {
        "from" => Token::From,
        "to" => Token::To,
        "downto" => Token::Downto,
        "step" | "by" => Token::Step,
        "in" => Token::In,
        _ => return None,
    })
}

/// A word that is a value, in any capitalisation.
pub(super) fn literal(word: &str) -> Option<Token> {
    let is = |literal: &str| word.eq_ignore_ascii_case(literal);
    if is("true") {
        Some(Token::True)
    } else if is("false") {
        Some(Token::False)
    } else if ["null", "nil", "none", "empty", "undefined"].into_iter().any(is) {
        Some(Token::Null)
    } else {
        None
    }
}

/// A unit word of an allocation call.
pub(super) fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "byte" | "bytes" => Unit::Bytes,
        "element" | "elements" | "item" | "items" | "integer" | "integers" => Unit::Integers,
        "float" | "floats" => Unit::Floats,
        "boolean" | "booleans" => Unit::Booleans,
        "character" | "characters" => Unit::Characters,
        "pointer" | "pointers" | "node" | "nodes" => Unit::Pointers,
        _ => return None,
    })
}

/// Whether a unit word may stand in this function's arguments.
pub(super) fn is_allocation(word: &str) -> bool {
    matches!(word, "heap_allocate" | "malloc" | "alloc" | "allocate" | "stack_allocate" | "heap_reallocate")
}

/// How many bits a size word after an integer shifts it.
pub(super) fn size_shift(word: &str) -> Option<u32> {
    Some(match word {
        "KB" | "KiB" => 10,
        "MB" | "MiB" => 20,
        "GB" | "GiB" => 30,
        _ => return None,
    })
}

/// The size word that a word is in some capitalisation.
pub(super) fn size(word: &str) -> Option<&'static str> {
    ["KB", "KiB", "MB", "MiB", "GB", "GiB"].into_iter().find(|size| size.eq_ignore_ascii_case(word))
}

/// The words worth completing, each in the spelling that the documentation uses.
pub const COMPLETED: &[&str] = &[
    "and", "break", "continue", "defer", "delete", "div", "downto", "each", "else", "false", "for", "from", "function",
    "global", "if", "in", "is", "let", "mod", "new", "not", "null", "or", "pass", "print", "record", "release",
    "repeat", "return", "set", "sizeof", "step", "to", "true", "until", "weak", "while",
];

/// The keyword that begins a statement and that a misspelt word was probably meant to be.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    const KEYWORDS: [&str; 23] = [
        "if",
        "else",
        "elif",
        "elseif",
        "while",
        "for",
        "return",
        "function",
        "procedure",
        "algorithm",
        "def",
        "record",
        "struct",
        "class",
        "repeat",
        "until",
        "defer",
        "print",
        "output",
        "display",
        "global",
        "delete",
        "release",
    ];
    if word.len() > 20 || KEYWORDS.contains(&word) {
        return None;
    }
    let word = word.to_lowercase();
    KEYWORDS
        .into_iter()
        .map(|keyword| (strsim::osa_distance(&word, keyword), keyword))
        .filter(|&(distance, keyword)| {
            distance == 0 || word.len() > 2 && keyword.len() > 2 && distance <= 1 + usize::from(keyword.len() > 4)
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, keyword)| keyword)
}

/// Why a word of other languages means nothing here, and what to write instead.
pub(super) fn foreign(word: &str) -> Option<&'static str> {
    Some(match word {
        "try" | "catch" | "except" | "finally" | "throw" | "raise" => {
            "there are no exceptions here: test for the problem with `if`, and stop the program with `error(message)`"
        }
        "lambda" => "there are no functions without a name: define one with `function name(parameters):`",
        "import" | "include" | "using" | "require" | "package" => {
            "there is nothing to import: the built-in functions are always there, and a program is one file"
        }
        "goto" => "there are no jumps to labels: use `while`, `break`, `continue` or a function",
        "async" | "await" | "yield" | "thread" => {
            "programs run one statement after the other; nothing runs beside them"
        }
        "const" | "int" | "double" | "char" | "bool" | "void" | "string" | "auto" => {
            "variables are not declared: the first assignment `name = value` makes one"
        }
        "foreach" => "write `for each x in xs:`",
        "unless" => "write `if not …:`",
        "then" => "a header ends with `:`, not with `then`",
        "do" => "a header ends with `:`; a loop that is tested at its end is `repeat:` … `until condition`",
        "begin" => "blocks are made by indentation: end the header with `:` and indent the body",
        "loop" => "write `while true:` and leave the loop with `break`",
        "switch" | "case" => "write `if` … `else if` … `else`",
        "increment" => "write `x = x + 1`",
        "decrement" => "write `x = x - 1`",
        "static" | "public" | "private" | "protected" => {
            "functions need no such word: write `function name(parameters):`"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_language_are_completed() {
        let operators = ["not", "new", "weak", "sizeof", "each"];
        for word in COMPLETED {
            let known = leading(word).is_some()
                || infix(word).is_some()
                || in_for(word).is_some()
                || literal(word).is_some()
                || operators.contains(word);
            assert!(known, "`{word}` is no keyword");
        }
        assert!(COMPLETED.is_sorted());
    }
}
