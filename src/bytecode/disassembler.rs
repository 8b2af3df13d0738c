//! Bytecode as text: addresses, encoded bytes, mnemonics, symbolic operands, and the source line
//! above the instructions that it became. Also the printed manual.

use std::fmt::Write;

use super::instruction::Instruction;
use super::operand::{Context, Operand, Read};
use super::program::{Elided, Function, Program, Why};
use crate::source::Sources;

/// The whole program.
pub fn disassemble(program: &Program, sources: &Sources) -> String {
    let mut text = String::new();
    for (index, function) in program.functions.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        disassemble_function(program, function, sources, &mut text);
    }
    text
}

/// One function, appended to `text`.
pub fn disassemble_function(program: &Program, function: &Function, sources: &Sources, text: &mut String) {
    let types = program.types.of(program.function_at(function.entry) as u32);
    let parameters = function.variables.iter().take(function.parameters.into()).enumerate();
    let parameters: Vec<String> = parameters
        .map(|(index, variable)| match types.and_then(|types| types.parameters[index].name()) {
            Some(known) => format!("{}: {known}", variable.name),
            None => variable.name.clone(),
        })
        .collect();
    let _ = writeln!(
        text,
        "{}({})  frame: {} bytes, {} slots{}",
        function.name,
        parameters.join(", "),
        8 * function.frame_words,
        function.slots,
        if function.is_library() { "  (library)" } else { "" },
    );
    let mut shown = None;
    for at in function.entry..function.end {
        let span = program.spans[at as usize];
        if !function.is_library() && span.end > span.start {
            let source = sources.of(span);
            let line = source.line(span.start);
            if shown != Some((source.base, line)) {
                shown = Some((source.base, line));
                let _ = writeln!(text, "    ; {line}: {}", clip(source.line_text(line).trim()));
            }
        }
        let instruction = program.code[at as usize];
        let context = Context { program, function, at };
        let operands = instruction.show_operands(context).join(", ");
        let mut line = format!(
            "  0x{:08X}  {:016x}  {:<30} {operands}",
            Program::address(at),
            instruction.encode().swap_bytes(),
            instruction.mnemonic(),
        );
        let left_out: Vec<String> = program.elided_at(at).map(|elided| show_elided(elided, context)).collect();
        if !left_out.is_empty() {
            line = format!("{line:<84} ; elided: {}", left_out.join(", "));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// A count that is left out, and why nobody can tell: `retain t6 (borrowed)`.
fn show_elided(elided: Elided, context: Context<'_>) -> String {
    let change = if elided.retains { "retain" } else { "release" };
    let reason = match elided.why {
        Why::NoReference => "no reference",
        Why::Borrowed => "borrowed",
        Why::Given => "given",
    };
    format!("{change} {} ({reason})", Read(elided.slot).show(context))
}

/// The instruction set: every instruction with its operands and what it does.
pub fn manual() -> String {
    let mut text = String::new();
    for row in Instruction::MANUAL {
        let operands: Vec<String> = row.operands.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
        let _ = writeln!(text, "{}  {}", row.mnemonic, operands.join(", "));
        for line in row.text.lines() {
            let _ = writeln!(text, "    {}", line.trim());
        }
    }
    text
}

/// At most 100 characters of a line.
fn clip(line: &str) -> String {
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line.to_owned(),
    }
}
