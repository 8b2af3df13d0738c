//! What the commands do. Each takes its argument as typed, without blanks around it.

#![expect(clippy::redundant_closure_for_method_calls, reason = "a method's path is bound to one drawing's lifetime")]

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::command::{COMMANDS, Command};
use super::session::{Flow, Session};
use crate::bytecode::disassembler;
use crate::compiler::suggest;
use crate::machine::drawing::Drawing;
use crate::memory::{Fault, Value, allocator, strategy};
use crate::report::{self, leaks as leak_report, statistics};
use crate::session::{Console, Event, GoOn, Loading};
use crate::source::file;

/// Lines and characters of a line that a strip of the heap has at most.
const MAP: (usize, usize) = (16, 64);

pub(super) fn help(session: &mut Session<'_>, argument: &str) -> io::Result<Flow> {
    let name = argument.trim_start_matches(':');
    if name.is_empty() {
        return session.answer(&overview());
    }
    match super::command::find(name) {
        Ok(row) => session.answer(&details(row)),
        Err(unfound) => session.no_command(name, &unfound),
    }
}

fn title(row: &Command) -> String {
    format!(":{} {}", row.name, row.usage).trim_end().to_owned()
}

fn overview() -> String {
    let width = COMMANDS.iter().map(|row| title(row).len()).max().unwrap_or(0);
    let mut text =
        "Type statements and definitions, or an expression to see its value. An empty line ends a block.\n\n"
            .to_owned();
    for row in COMMANDS {
        text.push_str(&format!("  {:<width$}  {}\n", title(row), row.help));
    }
    text.push_str("\nCommands may be shortened. `:help COMMAND` says more, `:help help` how.\n");
    text
}

fn details(row: &Command) -> String {
    let more = if row.more.is_empty() { String::new() } else { format!("\n{}\n", row.more) };
    format!("{}\n    {}\n{more}", title(row), row.help)
}

pub(super) fn stack(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    draw(session, |drawing| drawing.stack())
}

pub(super) fn heap(session: &mut Session<'_>, argument: &str) -> io::Result<Flow> {
    match argument {
        "" => draw(session, |drawing| drawing.heap()),
        _ if "map".starts_with(argument) => draw(session, |drawing| drawing.map(MAP.0, MAP.1)),
        _ => session.complain("`:heap` takes nothing, or `map`", &[]),
    }
}

fn draw(session: &mut Session<'_>, draw: impl FnOnce(&Drawing<'_>) -> String) -> io::Result<Flow> {
    let palette = session.palette();
    let text = session.workbench.draw(palette, draw);
    session.answer(&text)
}

pub(super) fn show(session: &mut Session<'_>, expression: &str) -> io::Result<Flow> {
    ask(session, "show", expression, |drawing, value| drawing.value(value))
}

pub(super) fn why(session: &mut Session<'_>, expression: &str) -> io::Result<Flow> {
    ask(session, "why", expression, |drawing, value| drawing.why(value))
}

pub(super) fn bytes(session: &mut Session<'_>, expression: &str) -> io::Result<Flow> {
    ask(session, "bytes", expression, |drawing, value| drawing.bytes_of(value).unwrap_or_else(|problem| problem + "\n"))
}

/// Evaluates an expression and draws its value.
fn ask(
    session: &mut Session<'_>,
    command: &str,
    expression: &str,
    lens: impl Fn(&Drawing<'_>, Value) -> String,
) -> io::Result<Flow> {
    if expression.is_empty() {
        let example = format!("for example `:{command} x`");
        return session.complain(&format!("`:{command}` takes an expression"), &[example]);
    }
    let palette = session.palette();
    let mut console = Console {
        input: session.inputs.for_program(),
        output: &mut *session.output,
        drawings: &mut *session.messages,
        interrupt: session.interrupt,
    };
    match session.workbench.ask(expression, &mut console, palette, &mut |drawing, value| lens(drawing, value)) {
        Ok((text, event)) => {
            session.answer(&text)?;
            session.tell(event)
        }
        Err(errors) => session.came(Err(errors)).map(|_| Flow::Stay),
    }
}

pub(super) fn memory(session: &mut Session<'_>, name: &str) -> io::Result<Flow> {
    let configuration = session.workbench.configuration();
    let (current, allocator) = (configuration.memory, configuration.allocator);
    let rows: Vec<_> = strategy::STRATEGIES.iter().map(|row| (row.name, row.help)).collect();
    if name.is_empty() {
        draw(session, |drawing| drawing.memory())?;
        return session.answer(&alternatives("memory", current, &rows));
    }
    match choose(session, "strategy", name, &rows)? {
        Some(memory) => restart(session, memory, allocator),
        None => Ok(Flow::Stay),
    }
}

pub(super) fn allocator(session: &mut Session<'_>, name: &str) -> io::Result<Flow> {
    let configuration = session.workbench.configuration();
    let (memory, current) = (configuration.memory, configuration.allocator);
    let rows: Vec<_> = allocator::ALLOCATORS.iter().map(|row| (row.name, row.help)).collect();
    if name.is_empty() {
        draw(session, |drawing| drawing.allocator())?;
        return session.answer(&alternatives("allocator", current, &rows));
    }
    match choose(session, "allocator", name, &rows)? {
        Some(allocator) => restart(session, memory, allocator),
        None => Ok(Flow::Stay),
    }
}

/// What else there is to choose.
fn alternatives(command: &str, current: &str, rows: &[(&str, &str)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let others = rows.iter().filter(|(name, _)| *name != current);
    let list: String = others.map(|(name, help)| format!("  :{command} {name:<width$}  {help}\n")).collect();
    if list.is_empty() { list } else { format!("others:\n{list}") }
}

/// The name that is meant, which may be shortened; none after saying that there is no such.
fn choose(
    session: &mut Session<'_>,
    what: &str,
    name: &str,
    rows: &[(&'static str, &str)],
) -> io::Result<Option<&'static str>> {
    let names = || rows.iter().map(|row| row.0);
    let prefixed: Vec<&'static str> = names().filter(|row| row.starts_with(name)).collect();
    match prefixed.as_slice() {
        _ if prefixed.contains(&name) => Ok(names().find(|row| *row == name)),
        [only] => Ok(Some(only)),
        _ => {
            let mut help: Vec<String> =
                suggest::nearest(name, names()).map(|near| format!("did you mean `{near}`?")).into_iter().collect();
            help.push(format!("there are: {}", names().collect::<Vec<_>>().join(", ")));
            session.complain(&format!("there is no {what} `{name}`"), &help)?;
            Ok(None)
        }
    }
}

fn restart(session: &mut Session<'_>, memory: &'static str, allocator: &'static str) -> io::Result<Flow> {
    if let Err(fault) = session.workbench.restart(memory, allocator) {
        return no_machine(session, &fault);
    }
    let text = format!("a fresh machine: memory {memory}, allocator {allocator}; functions and records stay");
    session.remark(&text)
}

pub(super) fn leaks(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    let mut outcome = session.workbench.figures();
    outcome.leaks = Some(session.workbench.leaks());
    let text = leak_report::full(session.workbench.compiled(), &outcome, session.color_output);
    let silence = "nothing is reported as lost: this strategy never frees, and expects nobody to\n";
    session.answer(if text.is_empty() { silence } else { &text })
}

pub(super) fn stats(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    let outcome = session.workbench.figures();
    let text = statistics::exact(session.workbench.configuration(), &outcome);
    session.answer(&text)
}

pub(super) fn collect(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    let memory = session.workbench.configuration().memory;
    let collects = strategy::find(memory).is_some_and(|row| row.requirements.collects);
    if !collects {
        let names = strategy::STRATEGIES.iter().filter(|row| row.requirements.collects).map(|row| row.name);
        let names: Vec<String> = names.map(|name| format!("`:memory {name}`")).collect();
        let help = format!("{} has one", names.join(", "));
        return session.complain(&format!("`{memory}` has no collector"), &[help]);
    }
    let (blocks, bytes) = match session.workbench.collect() {
        Ok(collected) => collected,
        Err(fault) => return session.complain(&format!("the collection did not come to its end: {fault}"), &[]),
    };
    let text = match blocks {
        0 => "nothing to collect: variables lead to every block".to_owned(),
        _ => format!("collected {}, {}", report::count(blocks, "block"), report::bytes(bytes)),
    };
    session.answer(&text)
}

pub(super) fn disassemble(session: &mut Session<'_>, name: &str) -> io::Result<Flow> {
    let compiled = session.workbench.compiled();
    let functions = &compiled.program.functions;
    let name = name.split('(').next().unwrap_or(name).trim_end();
    // A function of the user's hides one of the library's.
    let found = functions.iter().filter(|function| function.name == name).min_by_key(|function| function.is_library());
    if let Some(function) = found {
        let mut text = String::new();
        disassembler::disassemble_function(&compiled.program, function, &compiled.sources, &mut text);
        return session.answer(&text);
    }
    let names: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    let mut help: Vec<String> = suggest::help(name, names.iter().copied()).into_iter().collect();
    help.push(format!("there are: {}", names.join(", ")));
    let problem = if name.is_empty() {
        "`:disassemble` takes the name of a function".to_owned()
    } else {
        format!("there is no function `{name}` in bytecode")
    };
    session.complain(&problem, &help)
}

pub(super) fn load(session: &mut Session<'_>, path: &str) -> io::Result<Flow> {
    if path.is_empty() {
        return session.complain("`:load` takes the path of a file", &[]);
    }
    match file::read(Path::new(path)) {
        Ok(file) => session.load(Loading::file(&file.name, &file.text)),
        Err(problem) => session.complain(&problem.message, &problem.help),
    }
}

pub(super) fn save(session: &mut Session<'_>, argument: &str) -> io::Result<Flow> {
    let (path, replaces) = match argument.strip_prefix('!') {
        Some(path) => (path.trim_start(), true),
        None => (argument, false),
    };
    if path.is_empty() {
        return session.complain("`:save` takes the path of a file", &[]);
    }
    let text = session.workbench.transcript();
    let written = if replaces {
        fs::write(path, &text)
    } else {
        File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()))
    };
    match written {
        Ok(()) => session.answer(&format!("{path}: {}", report::count(text.lines().count() as u64, "line"))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            session.complain(&format!("{path} exists already"), &[format!("`:save! {path}` replaces it")])
        }
        Err(error) => session.complain(&format!("{path} cannot be written: {error}"), &[]),
    }
}

pub(super) fn reset(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    if let Err(fault) = session.workbench.reset() {
        return no_machine(session, &fault);
    }
    session.remark("everything is forgotten: a fresh machine")
}

fn no_machine(session: &mut Session<'_>, fault: &Fault) -> io::Result<Flow> {
    session.complain(&format!("a fresh machine cannot be set up: {fault}"), &[])
}

pub(super) fn quit(_: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    Ok(Flow::Leave)
}

pub(super) fn step(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    go(session, GoOn::Step)
}

pub(super) fn next(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    go(session, GoOn::Next)
}

pub(super) fn finish(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    go(session, GoOn::Finish)
}

pub(super) fn go_on(session: &mut Session<'_>, _: &str) -> io::Result<Flow> {
    go(session, GoOn::Continue)
}

fn go(session: &mut Session<'_>, how: GoOn) -> io::Result<Flow> {
    let mut console = Console {
        input: session.inputs.for_program(),
        output: &mut *session.output,
        drawings: &mut *session.messages,
        interrupt: session.interrupt,
    };
    match session.workbench.go_on(how, &mut console) {
        Some(Event::Finished) if !session.workbench.is_paused() => {
            session.remark("the program has come to its end")?;
            session.tell(Event::Finished)
        }
        // What was evaluated while another program was paused, which still is.
        Some(Event::Finished) => {
            session.tell(Event::Finished)?;
            match session.workbench.place() {
                Some(place) => session.tell(Event::Paused(place)),
                None => Ok(Flow::Stay),
            }
        }
        Some(event) => session.tell(event),
        None => {
            let help = "a program pauses where it calls `breakpoint()`".to_owned();
            session.complain("no program is paused", &[help])
        }
    }
}
