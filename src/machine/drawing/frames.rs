//! The stack, from high addresses to low: frames with their linkage words, variables, live temporaries
//! and buffers; and the globals, which are variables as well.

use std::collections::{BTreeMap, VecDeque};

use super::super::frame::{Frame, linked_base};
use super::{Drawing, Ink, address, bytes, count, grouped, slot_name, type_of};
use crate::bytecode::liveness::{FrameMap, SlotSet};
use crate::bytecode::{Function, Instruction, Owner};
use crate::memory::block::header_serial;
use crate::memory::{Pointer, Tag, Value};

/// Frames drawn at the outer end before the middle is folded.
const OUTERMOST: usize = 2;
/// Frames drawn at the inner end.
const INNERMOST: usize = 6;
/// Variables of a frame, or globals, drawn before the rest is only counted.
const VARIABLES: usize = 40;
/// Elements of a stack buffer drawn at each end.
const BUFFER_WORDS: usize = 4;
/// Stack buffers of a frame drawn at most.
const BUFFERS: usize = 8;
/// Characters of what a pointer points at.
const ROOM: usize = 64;
/// Characters of a name before its column gives way.
const NAME_WIDTH: usize = 16;

/// A word as a line.
struct Row {
    at: String,
    name: String,
    what: &'static str,
    text: String,
    ink: Ink,
}

impl Drawing<'_> {
    /// The frames from high addresses to low, the outermost first; the middle of a deep stack is folded.
    pub fn stack(&self) -> String {
        let (outermost, folded, innermost) = self.split_stack();
        let stack = &self.machine.memory.space.stack;
        let last_buffer = self.machine.buffers.last().map_or(0, |header| header + 1);
        let end = innermost.last().map_or(last_buffer, |frame| frame.end);
        let depth = outermost.len() + innermost.len() + folded.values().sum::<usize>();
        let limit = 8 * self.machine.stack_words;
        let mut out = format!(
            "stack: {}, {} of {} in use, growing down\n",
            count(depth as u64, "frame"),
            bytes(8 * end as u64),
            grouped(limit as u64),
        );
        if depth == 0 {
            self.kept_buffers(&mut out);
        }
        let mut maps = BTreeMap::new();
        let (mut corner, mut first) = ("┌", true);
        for frame in &outermost {
            self.frame(frame, corner, first, &mut maps, &mut out);
            (corner, first) = ("├", false);
        }
        if !folded.is_empty() {
            out += &format!("┆ {}\n", self.folded(&folded));
        }
        for frame in &innermost {
            self.frame(frame, corner, first, &mut maps, &mut out);
            (corner, first) = ("├", false);
        }
        out += &format!(
            "└ SP = {}; {} left, down to {}\n",
            address(stack.origin.saturating_sub(8 * end as u32)),
            bytes(limit.saturating_sub(8 * end) as u64),
            address(self.stack_limit()),
        );
        out
    }

    /// The global variables.
    pub fn globals(&self) -> String {
        let program = self.machine.program;
        let mut out = format!("globals: {}, in the static segment\n", count(program.globals.len() as u64, "variable"));
        let statics = &self.machine.memory.space.statics;
        let indices = self.machine.first_global..;
        let rows: Vec<Row> = (program.globals.iter().zip(indices).take(VARIABLES))
            .map(|(global, index)| self.variable(statics.address(index), &global.name, statics.get(index)))
            .collect();
        self.rows(&rows, "  ", &mut out);
        let more = program.globals.len().saturating_sub(VARIABLES);
        if more > 0 {
            out += &format!("  … {}\n", count(more as u64, "more variable"));
        }
        out
    }

    /// The first and the last frames, outermost first, and how often each function has one between them.
    fn split_stack(&self) -> (Vec<Frame>, BTreeMap<usize, usize>, Vec<Frame>) {
        let mut innermost: Vec<Frame> = Vec::new();
        let mut outermost = VecDeque::new();
        let mut folded = BTreeMap::new();
        for frame in self.machine.frames_at(self.position) {
            if innermost.len() < INNERMOST {
                innermost.push(frame);
                continue;
            }
            outermost.push_front(frame);
            if outermost.len() > OUTERMOST
                && let Some(frame) = outermost.pop_back()
            {
                *folded.entry(frame.function).or_insert(0) += 1;
            }
        }
        innermost.reverse();
        (outermost.into(), folded, innermost)
    }

    /// The buffers that inputs at a prompt have left, while nothing runs.
    fn kept_buffers(&self, out: &mut String) {
        let memory = &self.machine.memory;
        let mut rows = Vec::new();
        for &header in self.machine.buffers.iter().take(BUFFERS) {
            let words = memory.buffer_words(header).count();
            self.buffer("(buffer)", header, words, &mut rows);
        }
        self.rows(&rows, "│ ", out);
    }

    fn folded(&self, folded: &BTreeMap<usize, usize>) -> String {
        // A function may have versions.
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for (&function, &count) in folded {
            *by_name.entry(&self.machine.program.functions[function].name).or_insert(0) += count;
        }
        let mut counts: Vec<(usize, &str)> = by_name.into_iter().map(|(name, count)| (count, name)).collect();
        counts.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
        let names = counts.iter().map(|(count, name)| format!("{name} × {}", grouped(*count as u64)));
        let total = folded.values().sum::<usize>() as u64;
        format!("… {} not drawn: {}", count(total, "more frame"), super::listed(names, counts.len() as u64, ROOM))
    }

    fn frame(
        &self,
        frame: &Frame,
        corner: &str,
        outermost: bool,
        maps: &mut BTreeMap<usize, FrameMap>,
        out: &mut String,
    ) {
        let program = self.machine.program;
        let function = &program.functions[frame.function];
        let parameters = &function.variables[..function.variables.len().min(function.parameters.into())];
        let parameters: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let mut title = self.paint(Ink::Name, &function.name);
        if function.owner != Owner::TopLevel {
            title += &format!("({})", parameters.join(", "));
        }
        let at = (self.origin)(frame.at as u32).map_or_else(String::new, |origin| format!(", at {origin}"));
        *out += &format!("{corner} {title}{at}\n");

        let running = self.position.is_some_and(|position| frame.base == position.base as usize);
        let held = if (function.entry..function.end).contains(&(frame.at as u32)) {
            let map = maps.entry(frame.function).or_insert_with(|| FrameMap::new(program, function));
            if running { map.before(frame.at as u32) } else { map.across(frame.at as u32) }
        } else {
            SlotSet::EMPTY
        };
        let mut rows = Vec::new();
        self.linkage(frame, outermost, &mut rows);
        self.variables(frame, function, held, &mut rows);
        for (index, buffer) in function.buffers.iter().enumerate().take(BUFFERS) {
            let header = frame.base + buffer.header as usize;
            let words = if buffer.bytes { (buffer.length as usize).div_ceil(8) } else { buffer.length as usize };
            if header < frame.end {
                self.buffer(&self.buffer_name(function, index), header, words.max(1), &mut rows);
            }
        }
        self.rows(&rows, "│ ", out);
    }

    /// Return address and frame link.
    fn linkage(&self, frame: &Frame, outermost: bool, rows: &mut Vec<Row>) {
        let stack = &self.machine.memory.space.stack;
        let program = self.machine.program;
        let mut row = |slot: usize, name: &str, what, text| {
            let at = address(stack.address(frame.base + slot));
            rows.push(Row { at, name: name.to_owned(), what, text, ink: Ink::Header });
        };
        let &[return_address, link] = &stack.words[frame.base..frame.base + 2] else { return };
        // A top level returns nowhere; only there may the way out end.
        let top = program.functions[frame.function].owner == Owner::TopLevel && (return_address, link) == (0, 0);
        let broken = if outermost && !top { ", overwritten" } else { "" };
        let back = match program.index(return_address) {
            _ if top => "none".to_owned(),
            Some(index) => {
                let call = index.saturating_sub(1);
                let caller = &program.functions[program.function_at(call)].name;
                let origin = (self.origin)(call).map_or_else(String::new, |origin| format!("{origin}, "));
                format!("0x{return_address:08X} -> {origin}in {caller}{broken}")
            }
            None => format!("0x{return_address:08X} -> no instruction, overwritten"),
        };
        row(0, "return address", "code", back);
        let linked = match link {
            _ if top => "none".to_owned(),
            _ if outermost => format!("0x{link:08X} -> no frame, overwritten"),
            _ => {
                let base = linked_base(link) as usize;
                let caller = self.machine.frames_at(self.position).find(|frame| frame.base <= base);
                match caller.filter(|caller| caller.base == base) {
                    Some(caller) => format!("0x{link:08X} -> {}", program.functions[caller.function].name),
                    None => format!("0x{link:08X}"),
                }
            }
        };
        row(1, "frame link", "link", linked);
    }

    /// Variables, and the temporaries that are still going to be read.
    fn variables(&self, frame: &Frame, function: &Function, held: SlotSet, rows: &mut Vec<Row>) {
        let stack = &self.machine.memory.space.stack;
        let slots = usize::from(function.slots).min(frame.end - frame.base);
        let mut drawn = 0;
        for slot in usize::from(Function::LINKAGE)..slots {
            let name = slot_name(function, slot);
            let holds = held.contains(slot as u32);
            if name.is_none() && !holds {
                continue;
            }
            drawn += 1;
            if drawn > VARIABLES {
                continue;
            }
            // What an unassigned variable's word holds is left over from an earlier frame.
            let value = if holds { stack.get(frame.base + slot) } else { Value::UNINITIALISED };
            rows.push(self.variable(stack.address(frame.base + slot), name.unwrap_or("(temporary)"), value));
        }
        if drawn > VARIABLES {
            let name = format!("… {} more", drawn - VARIABLES);
            rows.push(Row { at: String::new(), name, what: "", text: String::new(), ink: Ink::Frame });
        }
    }

    fn variable(&self, at: u32, name: &str, value: Value) -> Row {
        let (text, ink) = match value.tag {
            Tag::Uninitialised => ("no value yet".to_owned(), Ink::Uninitialised),
            _ => self.pointing(value),
        };
        Row { at: address(at), name: name.to_owned(), what: type_of(value.tag), text, ink }
    }

    /// A word, and shortly what it points at.
    fn pointing(&self, value: Value) -> (String, Ink) {
        let text = self.word_in_full(value);
        match self.machine.memory.block(value) {
            Ok(block) if value.tag == Tag::Pointer => {
                let contents = self.contents_in_line(&block, ROOM);
                (format!("{text} -> {} {contents}", self.kind(&block)), Ink::Reference)
            }
            Ok(block) if value.tag == Tag::InteriorPointer => {
                let place = self.place_in(&block, value.as_pointer().address());
                let place = place.split('[').next().unwrap_or_default();
                (format!("{text} -> {place} of {}", self.title(&block)), Ink::Reference)
            }
            Err(_) if value.tag.is_reference() => (text, Ink::Wrong),
            _ => (text, Ink::Live),
        }
    }

    /// A stack buffer, its last element first, its header below them all.
    fn buffer(&self, name: &str, header: usize, words: usize, rows: &mut Vec<Row>) {
        let memory = &self.machine.memory;
        let stack = &memory.space.stack;
        let word = stack.get(header);
        let pointer = Pointer::new(header_serial(word.word), stack.address(header) + 8);
        let block = memory.block(Value::pointer(pointer)).ok();
        if block.is_some() {
            for element in (0..words.min(header)).rev() {
                let at = stack.address(header - 1 - element);
                if element >= BUFFER_WORDS && element < words - BUFFER_WORDS {
                    if element == BUFFER_WORDS {
                        let more = words - 2 * BUFFER_WORDS;
                        let name = format!("… {} more", grouped(more as u64));
                        rows.push(Row { at: String::new(), name, what: "", text: String::new(), ink: Ink::Frame });
                    }
                    continue;
                }
                let value = stack.get(header - 1 - element);
                let place = block.map_or_else(String::new, |block| self.place_in(&block, at));
                let (text, ink) = match value.tag {
                    Tag::Uninitialised => ("?".to_owned(), Ink::Uninitialised),
                    _ => self.pointing(value),
                };
                let name = format!("{name}{place}");
                rows.push(Row { at: address(at), name, what: type_of(value.tag), text, ink });
            }
        }
        let (what, text, ink) = match block {
            Some(block) => ("header", self.header(&block), Ink::Header),
            None if word.tag == Tag::Uninitialised => ("-", "not made yet".to_owned(), Ink::Uninitialised),
            None => ("header", format!("0x{:016X}, overwritten", word.word), Ink::Wrong),
        };
        rows.push(Row { at: address(stack.address(header)), name: name.to_owned(), what, text, ink });
    }

    /// What a stack buffer is assigned to, as the text has it.
    pub(super) fn buffer_name(&self, function: &Function, index: usize) -> String {
        let code = &self.machine.program.code;
        let makes = |at: &u32| matches!(code.get(*at as usize), Some(Instruction::StackAllocate { buffer, .. }) if buffer.0 as usize == index);
        let made = (function.entry..function.end).find(makes);
        let name = made.and_then(|at| self.machine.program.block_name(at));
        name.unwrap_or("(buffer)").to_owned()
    }

    /// Lines of words, in columns.
    fn rows(&self, rows: &[Row], lead: &str, out: &mut String) {
        let widest = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).clamp(14, NAME_WIDTH);
        for Row { at, name, what, text, ink } in rows {
            let line = format!(
                "{lead}{}  {}  {what:<8} {}",
                self.paint(Ink::Frame, &format!("{at:<10}")),
                self.paint(Ink::Name, &format!("{name:<widest$}")),
                self.paint(*ink, text)
            );
            *out += line.trim_end();
            out.push('\n');
        }
    }
}
