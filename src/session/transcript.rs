//! What a session consists of, as a program: each definition in its latest text, and the statements in
//! the order in which they were run. What an error has ended is struck out: it would end the program.

use crate::source::{Source, Span};
use crate::syntax::ast::{ExpressionKind, Module, Name, Statement, StatementKind};

/// What is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Definition {
    Function(Name),
    Record(Name),
}

/// Some whole lines.
#[derive(Clone, Debug)]
struct Unit {
    text: String,
    /// What it defines, if it is a definition.
    defines: Option<Definition>,
    /// Its first line in the text it was part of.
    line: u32,
}

/// The texts that a session is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Transcript {
    units: Vec<Unit>,
    /// How many of them, the last ones, the latest text has added.
    latest: usize,
}

impl Transcript {
    /// Adds a text, of which `module` has the definitions and statements. A definition replaces an earlier one. An
    /// expression that only shows its value is nothing that a program would do.
    pub fn add(&mut self, source: &Source, module: &Module) {
        let mut begins: Vec<(u32, Option<Definition>)> = Vec::new();
        let line = |span: Span| source.line(span.start);
        for function in &module.functions {
            begins.push((line(function.header), Some(Definition::Function(function.name.name))));
        }
        for record in &module.records {
            begins.push((line(record.name.span), Some(Definition::Record(record.name.name))));
        }
        for statement in &module.top_level.statements {
            begins.push((line(statement.span), None));
        }
        begins.sort_by_key(|&(line, _)| line);
        begins.dedup_by_key(|&mut (line, _)| line);
        let does_something = |statement: &&Statement| match statement.kind {
            StatementKind::Expression(id) => matches!(module.expression(id).kind, ExpressionKind::Call { .. }),
            _ => true,
        };
        let busy: Vec<u32> =
            (module.top_level.statements.iter()).filter(does_something).map(|statement| line(statement.span)).collect();
        let last = source.text.lines().count() as u32;
        self.latest = 0;
        for (index, &(begin, defines)) in begins.iter().enumerate() {
            if defines.is_none() && busy.binary_search(&begin).is_err() {
                continue;
            }
            let begin = if index == 0 { 1 } else { begin };
            let end = begins.get(index + 1).map_or(last + 1, |&(next, _)| next);
            let lines: Vec<&str> = (begin..end).map(|line| source.line_text(line)).collect();
            if defines.is_some() {
                self.units.retain(|unit| unit.defines != defines);
            }
            self.units.push(Unit { text: lines.join("\n").trim_end().to_owned(), defines, line: begin });
            self.latest += 1;
        }
    }

    /// Makes comments of the statement of the latest text that stands on a line, and of those after it.
    pub fn strike_out(&mut self, line: u32) {
        let first = self.units.len() - self.latest;
        let latest = &mut self.units[first..];
        let is_done = |unit: &Unit| unit.line + (unit.text.lines().count() as u32) <= line;
        for unit in latest.iter_mut().filter(|unit| unit.defines.is_none() && !is_done(unit)) {
            unit.text = unit.text.lines().map(|line| format!("// {line}")).collect::<Vec<_>>().join("\n");
        }
    }

    /// Forgets what was done, and keeps what was defined.
    pub fn keep_definitions(&mut self) {
        self.units.retain(|unit| unit.defines.is_some());
        self.latest = 0;
    }

    /// The program.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for unit in &self.units {
            text.push_str(&unit.text);
            text.push_str(if unit.defines.is_some() { "\n\n" } else { "\n" });
        }
        text
    }
}
