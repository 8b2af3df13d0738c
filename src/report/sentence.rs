//! Sentences for what can go wrong in a running program, in the language of pseudocode. Memory has
//! a file of its own.

use super::call_stack;
use super::memory_fault;
use super::{bytes, count, grouped, size};
use crate::bytecode::Instruction;
use crate::kind::ErrorKind;
use crate::limits;
use crate::machine::{Cause, FileProblem, Shown};
use crate::session::{Compiled, Configuration, Outcome, RunError};

/// What is said of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sentences {
    /// What happened; the first line.
    pub headline: String,
    /// Where in memory it happened, if it did in memory.
    pub address: Option<String>,
    /// What is said at the place to blame.
    pub label: String,
    /// Further facts.
    pub facts: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
}

impl Sentences {
    pub fn new(headline: impl Into<String>, label: impl Into<String>) -> Sentences {
        Sentences { headline: headline.into(), label: label.into(), ..Sentences::default() }
    }

    pub fn address(mut self, address: impl Into<String>) -> Sentences {
        self.address = Some(address.into());
        self
    }

    pub fn fact(mut self, fact: impl Into<String>) -> Sentences {
        self.facts.push(fact.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Sentences {
        self.help.push(help.into());
        self
    }
}

/// An error with everything that can be asked to explain it.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub compiled: &'a Compiled,
    pub configuration: &'a Configuration,
    pub outcome: &'a Outcome,
    pub error: &'a RunError,
}

/// What is said of an error.
pub(super) fn sentences(context: Context<'_>) -> Sentences {
    match context.error.cause() {
        Cause::Fault(fault) => memory_fault::sentences(context, *fault),
        Cause::StackOverflow { used, needed, limit } => stack_overflow(context, *used, *needed, *limit),
        Cause::OperandTypes { operator, operands } => operand_types(written(context, operator), operands),
        Cause::NotABoolean(found) => {
            Sentences::new(format!("`true` or `false` is needed here, and this is {}", shown(found)), found.type_name)
                .help("compare it: `x != 0`, `p is not null`")
        }
        Cause::IndexType(found) => index_type(found),
        Cause::LoopBound(found) => {
            Sentences::new(format!("a loop counts with numbers, and this is {}", shown(found)), found.type_name)
        }
        Cause::NotAReference { found } if found.type_name.ends_with("null") => {
            Sentences::new("`null` has no elements, fields or length", "this is null").help(NULL_HELP)
        }
        Cause::NotAReference { found } => {
            Sentences::new(format!("{} has no elements, fields or length", shown(found)), found.type_name)
                .help("only what an allocation, `new`, `[...]` or a string gives has them")
        }
        Cause::NotACollection(found) => Sentences::new(
            format!("`for each` walks over arrays and strings, and this is {}", shown(found)),
            found.type_name,
        ),
        Cause::Argument { builtin, parameter, expected, found, .. } => {
            let (got, is) = against(expected, found);
            Sentences::new(
                format!("`{builtin}` needs {expected} for `{parameter}`, and got {got}"),
                format!("`{parameter}` is {is}"),
            )
            .help("`cairn builtins` lists what each built-in takes")
        }
        Cause::Size(found) => {
            const EXPECTED: &str = "an integer that is not negative";
            let (got, is) = against(EXPECTED, found);
            Sentences::new(format!("a size must be {EXPECTED}, and this is {got}"), format!("the size is {is}"))
        }
        Cause::EmbeddedArray(found) => Sentences::new(
            format!("an embedded array takes an array, whose elements are copied, and this is {}", shown(found)),
            found.type_name,
        )
        .help("assign one slot: `player.inventory[0] = value`"),
        Cause::FreeType(found) => {
            Sentences::new(format!("only a block can be freed, and this is {}", shown(found)), found.type_name)
                .help("free what `heap_allocate` or another allocation returned")
        }
        Cause::Overflow { operator, operands } => overflow(operator, operands),
        Cause::DivisionByZero { operator, dividend } => Sentences::new(
            format!("`{} {} 0`: an integer cannot be divided by zero", dividend.text, written(context, operator)),
            "the divisor is 0",
        )
        .help("test the divisor before; `/` on floats gives `infinity` or `nan` instead"),
        Cause::ZeroStep => Sentences::new("a loop with step 0 never ends", "the step is 0")
            .help("count up with a positive step, down with a negative one"),
        Cause::Unassigned { name, global } => unassigned(name, *global),
        Cause::User(message) => Sentences::new(
            if message.is_empty() { "the program called `error`".to_owned() } else { message.clone() },
            "the program stopped itself here",
        ),
        Cause::Assertion(message) => Sentences::new(
            match message {
                Some(message) => format!("assertion failed: {message}"),
                None => "assertion failed".to_owned(),
            },
            "this is false",
        ),
        Cause::EndOfInput => {
            Sentences::new("the program reads a line, but standard input has ended", "there is no further line")
                .help("type the input, or pipe it in: `echo 42 | cairn FILE`")
        }
        Cause::Input(problem) => {
            Sentences::new(format!("standard input cannot be read: {problem}"), "reading a line here")
        }
        Cause::File { name, problem } => file(context, name, problem),
        Cause::StepLimit(limit) => Sentences::new(
            format!("the program executed {} instructions, as many as `--max-steps` allows", grouped(*limit)),
            "it was here",
        )
        .help("raise `--max-steps`, or look for a loop that never ends"),
    }
}

/// An operator as the program writes it: `%`, where nothing in the expression is spelt `mod`.
fn written<'a>(context: Context<'_>, operator: &'a str) -> &'a str {
    let text = context.error.place.span.map_or("", |span| context.compiled.sources.slice(span));
    let spelt_out = || text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == operator);
    if operator == "mod" && text.contains('%') && !spelt_out() { "%" } else { operator }
}

/// A value that is not as expected, for the headline and for the label: of the right type only the value
/// is shown, and of a wrong one the type is what matters.
fn against(expected: &str, found: &Shown) -> (String, String) {
    if expected.starts_with(found.type_name) {
        let value = format!("`{}`", found.text);
        return (value.clone(), value);
    }
    (shown(found), found.type_name.to_owned())
}

/// What to do about null.
pub(super) const NULL_HELP: &str =
    "test it first: `if p is not null`; `heap_allocate` returns null when the heap is full";

/// "an integer `5`"; `null` speaks for itself.
pub(super) fn shown(value: &Shown) -> String {
    if value.text == value.type_name || value.text.is_empty() {
        return value.type_name.to_owned();
    }
    format!("{} `{}`", value.type_name, value.text)
}

fn stack_overflow(context: Context<'_>, used: u64, needed: u64, limit: u64) -> Sentences {
    let Context { compiled, error, .. } = context;
    let program = &compiled.program;
    let stack = &error.place.call_stack;
    let callee = match program.code.get(error.trap.at as usize) {
        Some(Instruction::Call { function, .. } | Instruction::CallBelow { function, .. }) => {
            program.functions.get(function.0 as usize).map(|function| function.name.as_str())
        }
        _ => None,
    };
    let depth = count(stack.depth, "call");
    let headline = match callee {
        Some(callee) => format!("the stack is full: no room to call `{callee}` at a depth of {depth}"),
        None => format!("the stack is full at a depth of {depth}"),
    };
    let mut sentences = Sentences::new(headline, "this call did not fit").fact(format!(
        "{} of the {} of stack are used, and the next frame needs {}",
        bytes(used),
        bytes(limit),
        bytes(needed)
    ));
    if let Some(cycle) = call_stack::cycle(&stack.innermost) {
        sentences = sentences.fact(format!("{cycle}, again and again")).help(
            "does the recursion have a case that ends it, and does every call come closer to that case? \
             Else write a loop, which needs no stack",
        );
    }
    let enough = (used + needed).next_power_of_two().max(2 * limit);
    if enough <= limits::STACK_BYTES_MAX {
        sentences = sentences.help(format!("if it does end, only deeper, give it more: `--stack {}`", size(enough)));
    }
    if needed > limit / 2 {
        sentences = sentences.help("allocate what is large on the heap: `allocate(n elements)`");
    }
    sentences
}

fn operand_types(operator: &str, operands: &[Shown]) -> Sentences {
    let is = |at: usize, word: &str| operands.get(at).is_some_and(|operand| operand.type_name.ends_with(word));
    let any = |word: &str| (0..operands.len()).any(|at| is(at, word));
    let all = operands.iter().map(shown).collect::<Vec<_>>();
    let (headline, label) = match all.as_slice() {
        [one] => (format!("`{operator}` cannot be applied to {one}"), operands[0].type_name.to_owned()),
        [left, right] => (
            format!("`{operator}` cannot be applied to {left} and {right}"),
            format!("{} {operator} {}", operands[0].type_name, operands[1].type_name),
        ),
        _ => (format!("`{operator}` cannot be applied to {}", all.join(", ")), String::new()),
    };
    let sentences = Sentences::new(headline, label);
    if operator == "+" && any("string") {
        sentences.help("`+` joins two strings: write `to_string(x)` for the other one")
    } else if matches!(operator, "<" | "<=" | ">" | ">=") {
        sentences.help("order is defined between two numbers, two strings, and two pointers")
    } else if any("pointer") {
        sentences.help("there is no arithmetic on pointers: use an index, `p[i]`")
    } else if any("null") {
        sentences.help("a variable that should hold a number is null: where was it assigned?")
    } else {
        sentences
    }
}

fn index_type(found: &Shown) -> Sentences {
    let sentences =
        Sentences::new(format!("an index must be an integer, and this is {}", shown(found)), found.type_name);
    if found.type_name.ends_with("float") {
        sentences.help("`/` always gives a float: write `a div b` for the integer quotient, or `floor(x)`")
    } else {
        sentences
    }
}

fn overflow(operator: &str, operands: &[Shown]) -> Sentences {
    let texts: Vec<&str> = operands.iter().map(|operand| operand.text.as_str()).collect();
    let bracketed = |text: &str| if text.starts_with('-') { format!("({text})") } else { text.to_owned() };
    let symbol = !operator.starts_with(char::is_alphabetic) || matches!(operator, "div" | "mod");
    let expression = match texts.as_slice() {
        [one] if symbol => format!("{operator}{}", bracketed(one)),
        [left, right] if symbol => format!("{} {operator} {}", bracketed(left), bracketed(right)),
        _ => format!("{operator}({})", texts.join(", ")),
    };
    let message = format!("`{expression}` does not fit a 64-bit integer");
    let sentences = match operator {
        "floor" | "ceil" | "round" | "to_integer" => Sentences::new(message, "no integer has this value")
            .help("leave it a float, or test that it is small enough before"),
        _ => Sentences::new(message, "too large for an integer")
            .help("a float holds larger numbers, rounded: write `1.0 * x`"),
    };
    sentences.fact("integers go from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807")
}

fn unassigned(name: &str, global: bool) -> Sentences {
    let sentences =
        Sentences::new(format!("the variable `{name}` has no value yet"), "nothing was assigned to it on the way here");
    if global {
        sentences.help(format!("the top level must have assigned `{name}` before this line is reached"))
    } else {
        sentences.help(format!("give `{name}` a value on every path, for example at the start of the function"))
    }
}

fn file(context: Context<'_>, name: &str, problem: &FileProblem) -> Sentences {
    let sentences = Sentences::new(format!("the file {name:?} cannot be read: {problem}"), "it is used here");
    let folder = context.configuration.folder.as_deref().filter(|folder| !folder.as_os_str().is_empty());
    match problem {
        FileProblem::Outside => {
            sentences.help("a program reads files in its own folder and below; `--allow-read DIR` adds another folder")
        }
        FileProblem::System(_) => match folder {
            Some(folder) => {
                sentences.fact(format!("files are looked for in the program's folder, {}", folder.display()))
            }
            None => sentences.fact("files are looked for in the program's folder"),
        },
    }
}

/// Kinds whose explanation adds something to what the report already says.
pub(super) fn explain_line(kind: ErrorKind) -> String {
    format!("`cairn explain {kind}` says more")
}
