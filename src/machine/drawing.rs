//! Stack, heap and values drawn as text, with their addresses: what `show_stack()`, `show_heap()`
//! and `show(x)` write, and what an interactive session shows.

use std::collections::VecDeque;
use std::fmt::Write;

use super::display::write_value;
use super::frame::{Frame, Position, linked_base};
use super::machine::Machine;
use crate::bytecode::Function;
use crate::limits::REPORTED_FRAMES;
use crate::memory::block::header_serial;
use crate::memory::{Block, BlockKind, Place, Pointer, Segment, Tag, Value};

/// Runs of the heap drawn at each end before the middle is only counted.
const DRAWN_RUNS: usize = 32;
/// Elements, bytes or fields of a block drawn before the rest is only counted.
const DRAWN_ELEMENTS: usize = 8;

/// Appends a line; writing to a string cannot fail.
macro_rules! line {
    ($out:expr, $($argument:tt)*) => {{
        let _ = writeln!($out, $($argument)*);
    }};
}

/// So many things: `1 block`, `2 blocks`.
pub(super) fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// The frames from high addresses to low, the outermost first, when the machine is at `position`.
pub fn stack(machine: &Machine<'_>, position: Position) -> String {
    let mut innermost: Vec<Frame> = Vec::new();
    let mut outermost = VecDeque::new();
    let mut depth = 0;
    for frame in machine.frames(position) {
        depth += 1;
        if innermost.len() < REPORTED_FRAMES {
            innermost.push(frame);
            continue;
        }
        if outermost.len() == REPORTED_FRAMES {
            outermost.pop_front();
        }
        outermost.push_back(frame);
    }
    let bytes = 8 * innermost.first().map_or(0, |frame| frame.end);
    let omitted = depth - innermost.len() - outermost.len();
    let mut out = String::new();
    line!(out, "stack: {}, {}, growing down", count(depth as u64, "frame"), count(bytes as u64, "byte"));
    for frame in outermost.iter().rev() {
        draw_frame(machine, frame, &mut out);
    }
    if omitted > 0 {
        line!(out, "  … {omitted} more frames …");
    }
    for frame in innermost.iter().rev() {
        draw_frame(machine, frame, &mut out);
    }
    out
}

fn draw_frame(machine: &Machine<'_>, frame: &Frame, out: &mut String) {
    let function = &machine.program.functions[frame.function];
    let stack = &machine.memory.space.stack;
    line!(out, "  {}", function.name);
    for index in frame.base..frame.end {
        let slot = index - frame.base;
        let in_buffer = slot >= usize::from(function.slots);
        if in_buffer && !stack.tags[index].is_header() {
            continue; // drawn with its header, below it
        }
        let value = stack.get(index);
        let what = match slot {
            0 => "return address",
            1 => "frame link",
            _ => variable_at(function, slot).unwrap_or(if in_buffer { "(buffer)" } else { "(temporary)" }),
        };
        let unnamed = slot >= 2 && variable_at(function, slot).is_none();
        if unnamed && !in_buffer && value.tag == Tag::Uninitialised {
            continue;
        }
        let shown = match (slot, value.tag) {
            (0, _) => return_address(machine, value.word),
            (1, _) if value.word == 0 => "none".to_owned(),
            (1, _) => format!("0x{:08X}", stack.address(linked_base(value.word) as usize)),
            _ if value.tag.is_header() => buffer_text(machine, index),
            _ => text(machine, value),
        };
        line!(out, "    0x{:08X}  {what:<16} {shown}", stack.address(index));
    }
}

fn variable_at(function: &Function, slot: usize) -> Option<&str> {
    function.variables.iter().find(|variable| usize::from(variable.slot) == slot).map(|variable| &*variable.name)
}

fn return_address(machine: &Machine<'_>, address: u64) -> String {
    match machine.program.index(address) {
        None => "none".to_owned(),
        Some(index) => {
            let function = machine.program.function_at(index.saturating_sub(1));
            format!("0x{address:08X} in {}", machine.program.functions[function].name)
        }
    }
}

/// The runs of the heap by address.
pub fn heap(machine: &Machine<'_>) -> String {
    let memory = &machine.memory;
    let figures = memory.statistics();
    let mut out = String::new();
    line!(
        out,
        "heap: {} live in {}, {} free, {} from the system",
        count(figures.live_bytes, "byte"),
        count(figures.allocations - figures.frees, "block"),
        count(figures.free_bytes, "byte"),
        count(figures.footprint_bytes, "byte"),
    );
    let runs = memory.runs().count();
    for (index, run) in memory.runs().enumerate() {
        if runs > 2 * DRAWN_RUNS && (DRAWN_RUNS..runs - DRAWN_RUNS).contains(&index) {
            if index == DRAWN_RUNS {
                line!(out, "  … {} more …", runs - 2 * DRAWN_RUNS);
            }
            continue;
        }
        let address = memory.space.heap.address(run.start);
        let bytes = 8 * run.words;
        match memory.block_of(&run) {
            Some(block) => {
                line!(
                    out,
                    "  0x{address:08X}  {bytes:>8}  0x{:08X}: {}",
                    block.pointer.address(),
                    block_text(machine, &block),
                );
            }
            None if memory.space.heap.tags[run.start] == Tag::Control => {
                line!(out, "  0x{address:08X}  {bytes:>8}  allocator");
            }
            None => line!(out, "  0x{address:08X}  {bytes:>8}  free"),
        }
    }
    out
}

/// A value, and what it points at.
pub fn value(machine: &Machine<'_>, value: Value) -> String {
    let mut out = text(machine, value);
    if value.tag.is_reference() && value.tag != Tag::String {
        match machine.memory.block(value) {
            Ok(block) => {
                let _ = write!(out, " -> {}", block_text(machine, &block));
            }
            Err(_) => out.push_str(" -> nothing: its block is gone"),
        }
    }
    out.push('\n');
    out
}

/// A value as `print` shows it, strings in quotes; what is no value, in parentheses.
fn text(machine: &Machine<'_>, value: Value) -> String {
    match value.tag {
        Tag::Uninitialised => "(uninitialised)".to_owned(),
        Tag::Bytes | Tag::PartialBytes => format!("0x{:016X}", value.word),
        Tag::String => super::display::show(&machine.memory, value).text,
        tag if tag.is_weak() => format!("weak {}", text(machine, machine.memory.strengthen(value))),
        _ => {
            let mut text = String::new();
            // Only strings can fail.
            let _ = write_value(&machine.memory, value, &mut text);
            text
        }
    }
}

/// The stack buffer whose header is at a stack index.
fn buffer_text(machine: &Machine<'_>, header: usize) -> String {
    let stack = &machine.memory.space.stack;
    let pointer = Pointer::new(header_serial(stack.words[header]), stack.address(header) + 8);
    let block = machine.memory.block(Value::pointer(pointer));
    block.map_or_else(|_| String::new(), |block| block_text(machine, &block))
}

/// What a block is, its size, and the first of what it holds.
fn block_text(machine: &Machine<'_>, block: &Block) -> String {
    let segment = match block.place {
        Place::Static => &machine.memory.space.statics,
        Place::Heap => &machine.memory.space.heap,
        Place::Stack => &machine.memory.space.stack,
    };
    let words = (block.bytes / 8) as usize;
    let (what, length, contents): (String, usize, Vec<String>) = match block.kind {
        BlockKind::Elements => {
            let shown = (0..words.min(DRAWN_ELEMENTS)).map(|at| element(machine, segment, block, at)).collect();
            (count(words as u64, "element"), words, shown)
        }
        BlockKind::Bytes => {
            let length = block.bytes as usize;
            (count(block.bytes, "byte"), length, bytes(segment, block, length.min(DRAWN_ELEMENTS)))
        }
        BlockKind::Plain => return format!("{}, not used yet", count(block.bytes, "byte")),
        BlockKind::String { .. } => {
            let value = Value::new(block.pointer.0, Tag::String);
            return format!("{} of text {}", count(block.bytes, "byte"), text(machine, value));
        }
        BlockKind::Fields(layout) => {
            let layout = machine.memory.layouts.get(layout);
            let record = layout.record.map(|record| machine.program.records[record as usize].name.as_str());
            let fields = layout.fields.iter().take(DRAWN_ELEMENTS).map(|field| {
                let name = &machine.program.field_names[field.name.0 as usize];
                match field.embedded {
                    0 => format!("{name}: {}", element(machine, segment, block, field.offset as usize)),
                    slots => format!("{name}: {}", count(slots.into(), "slot")),
                }
            });
            (record.unwrap_or("fields").to_owned(), layout.fields.len(), fields.collect())
        }
    };
    let more = if length > DRAWN_ELEMENTS { ", …" } else { "" };
    format!("{what} [{}{more}]", contents.join(", "))
}

fn element(machine: &Machine<'_>, segment: &Segment, block: &Block, at: usize) -> String {
    match segment.index(block.pointer.address()) {
        Some(first) => text(machine, segment.get(segment.above(first, at))),
        None => String::new(),
    }
}

fn bytes(segment: &Segment, block: &Block, shown: usize) -> Vec<String> {
    let Some(first) = segment.index(block.pointer.address()) else { return Vec::new() };
    (0..shown)
        .map(|at| segment.byte(first, at).map_or_else(|| "(uninitialised)".to_owned(), |byte| byte.to_string()))
        .collect()
}
