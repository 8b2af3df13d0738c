//! The commands that run nothing.

use super::arguments::{CompileArguments, DisassembleArguments};
use super::terminal::Terminal;
use super::{Exit, nothing_to_run};
use crate::bytecode::disassembler;
use crate::kind::ErrorKind;
use crate::library;
use crate::machine;
use crate::report::{self, diagnostic, explain};
use crate::session::{self, Configuration, Rejection};
use crate::source::Severity;
use crate::source::file::SourceFile;

/// `cairn check FILE`
pub(super) fn check(arguments: &CompileArguments, terminal: &Terminal) -> Exit {
    let Some(file) = terminal.open(&arguments.file) else { return Exit::Usage };
    match session::inspect(&file.name, &file.text, &arguments.configuration()) {
        Ok(compiled) => {
            terminal.say(&diagnostic::render_all(&compiled.sources, &compiled.warnings, terminal.color));
            Exit::Success
        }
        Err(rejection) => rejected(&rejection, &file, terminal),
    }
}

/// Says why there is no program to run.
pub(super) fn rejected(rejection: &Rejection, file: &SourceFile, terminal: &Terminal) -> Exit {
    let (sources, diagnostics) = match rejection {
        Rejection::NothingToRun(functions) => {
            nothing_to_run::report(&file.name, functions, terminal);
            return Exit::Usage;
        }
        Rejection::Errors(sources, diagnostics) => (sources, diagnostics),
    };
    terminal.say(&diagnostic::render_all(sources, diagnostics, terminal.color));
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    if errors > 1 {
        terminal.error(&format!("{} kept the program from running", report::count(errors as u64, "error")), &[]);
    }
    Exit::Rejected
}

/// `cairn disassemble FILE`
pub(super) fn disassemble(arguments: &DisassembleArguments, terminal: &Terminal) -> Exit {
    let Some(path) = arguments.file.as_ref().filter(|_| !arguments.manual) else {
        return terminal.answer(&disassembler::manual());
    };
    let Some(file) = terminal.open(path) else { return Exit::Usage };
    let configuration =
        Configuration { memory: arguments.memory, call: arguments.call.clone(), ..Configuration::default() };
    match session::inspect(&file.name, &file.text, &configuration) {
        Ok(compiled) => terminal.answer(&disassembler::disassemble(&compiled.program, &compiled.sources)),
        Err(rejection) => rejected(&rejection, &file, terminal),
    }
}

/// `cairn explain [KIND]`
pub(super) fn explain(kind: Option<ErrorKind>, terminal: &Terminal) -> Exit {
    match kind {
        Some(kind) => terminal.answer(explain::text(kind)),
        None => terminal.answer(&explain::list()),
    }
}

/// `cairn builtins`
pub(super) fn builtins(terminal: &Terminal) -> Exit {
    let mut text = "Built-in functions\n".to_owned();
    let builtins = machine::signatures().iter().map(|builtin| (signature(builtin), builtin.help.to_owned()));
    table(builtins.collect(), &mut text);
    text.push_str("\nLibrary functions, written in pseudocode\n");
    let library = library::entries().into_iter().map(|entry| (entry.signature, entry.help));
    table(library.collect(), &mut text);
    terminal.answer(&text)
}

/// `round(x[, decimals])`
fn signature(builtin: &crate::bytecode::Signature) -> String {
    let required = builtin.parameters.len().saturating_sub(builtin.optional.into());
    let mut text = format!("{}({}", builtin.name, builtin.parameters[..required].join(", "));
    for (index, parameter) in builtin.parameters.iter().enumerate().skip(required) {
        text.push_str(if index == 0 { "[" } else { "[, " });
        text.push_str(parameter);
    }
    text.push_str(&"]".repeat(builtin.parameters.len() - required));
    text.push(')');
    text
}

fn table(rows: Vec<(String, String)>, text: &mut String) {
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0);
    for (left, right) in rows {
        text.push_str(format!("  {left:<width$}  {right}").trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::Signature;

    #[test]
    fn what_may_be_left_out_stands_in_brackets() {
        let row = |parameters, optional| Signature {
            name: "f",
            parameters,
            optional,
            makes_string: false,
            stores_first: false,
            writes: crate::bytecode::Writes::Nothing,
            gives: |_| crate::bytecode::Type::VALUE,
            yields_reference: false,
            help: "",
        };
        assert_eq!(signature(&row(&[], 0)), "f()");
        assert_eq!(signature(&row(&["a"], 1)), "f([a])");
        assert_eq!(signature(&row(&["a", "b"], 1)), "f(a[, b])");
        assert_eq!(signature(&row(&["a", "b", "c"], 2)), "f(a[, b[, c]])");
    }
}
