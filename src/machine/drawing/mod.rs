//! Memory drawn as text: values, stack, heap, bytes, ways to a block, figures. What `show_stack()` and
//! its like write, and what an interactive session shows.
//!
//! A drawing takes a machine as it is, even one whose memory has been overwritten, and changes nothing. It
//! is bounded, however much there is to draw, and the same whenever the memory is the same.

mod bytes;
mod figures;
mod frames;
mod heap;
mod map;
mod palette;
mod tree;
mod value;
mod why;

use std::collections::BTreeMap;

use super::frame::Position;
use super::machine::Machine;
use super::quantity::{address, bytes, count, grouped};
use crate::bytecode::Function;
use crate::memory::address_space::STACK_TOP;
use crate::memory::{Block, BlockKind, LayoutId, Tag, Value};

pub use palette::Palette;

use palette::Ink;

/// Characters of a line that drawings try to keep to.
const WIDTH: usize = 100;

/// Who draws: a machine at a position, what its instructions come from, and how drawings look.
#[derive(Clone, Copy)]
pub struct Drawing<'a> {
    machine: &'a Machine<'a>,
    position: Option<Position>,
    /// Where an instruction comes from, as [`super::Host::origin`] says it.
    origin: &'a dyn Fn(u32) -> Option<String>,
    palette: Palette,
}

impl<'a> Drawing<'a> {
    /// Draws `machine` at `position`, none if nothing runs. `origin` says where the instruction of an index comes from, as a
    /// reader would look for it: `line 5`.
    pub const fn new(
        machine: &'a Machine<'a>,
        position: Option<Position>,
        origin: &'a dyn Fn(u32) -> Option<String>,
        palette: Palette,
    ) -> Drawing<'a> {
        Drawing { machine, position, origin, palette }
    }

    fn paint(&self, ink: Ink, text: &str) -> String {
        self.palette.paint(ink, text)
    }

    /// What a block is, in few words: `Node`, `3 elements`, `16 bytes`.
    fn kind(&self, block: &Block) -> String {
        match block.kind {
            BlockKind::Elements => count(block.bytes / 8, "element"),
            BlockKind::Fields(layout) => self.record(layout).map_or_else(|| bytes(block.bytes), str::to_owned),
            BlockKind::Bytes | BlockKind::Plain => bytes(block.bytes),
            BlockKind::String { .. } => format!("{} of text", bytes(block.bytes)),
        }
    }

    /// A block by its kind and address: `Node @ 0x00BEEF00`.
    fn title(&self, block: &Block) -> String {
        let what = match block.kind {
            BlockKind::String { .. } => self.word(Value::new(block.pointer.0, Tag::String)),
            _ => self.kind(block),
        };
        format!("{what} @ {}", address(block.pointer.address()))
    }

    /// The record of a layout, if it is one's.
    fn record(&self, layout: LayoutId) -> Option<&'a str> {
        let record = self.machine.memory.layouts.get(layout).record?;
        Some(&self.machine.program.records.get(record as usize)?.name)
    }

    fn field_name(&self, name: crate::memory::FieldName) -> &'a str {
        self.machine.program.field_names.get(name.0 as usize).map_or("?", String::as_str)
    }

    /// The place in a block that a word belongs to, as the language writes it: `.next`, `[3]`,
    /// `.inventory[1]`.
    fn place_in(&self, block: &Block, at: u32) -> String {
        let word = at.saturating_sub(block.pointer.address()) / 8;
        let BlockKind::Fields(layout) = block.kind else {
            let unit = if block.kind == BlockKind::Elements { 1 } else { 8 };
            return format!("[{}]", word * unit);
        };
        let fields = &self.machine.memory.layouts.get(layout).fields;
        match fields.iter().rev().find(|field| field.offset <= word) {
            Some(field) if field.embedded > 0 => format!(".{}[{}]", self.field_name(field.name), word - field.offset),
            Some(field) => format!(".{}", self.field_name(field.name)),
            None => format!("[{word}]"),
        }
    }

    /// Whose a word of the stack or of the globals is, by its address: names of variables and linkage words.
    fn owners(&self, from: u32, to: u32) -> BTreeMap<u32, String> {
        let mut owners = BTreeMap::new();
        let machine = self.machine;
        for (index, global) in machine.program.globals.iter().enumerate() {
            let at = machine.memory.space.statics.address(machine.first_global + index);
            if (from..to).contains(&at) {
                owners.insert(at, global.name.clone());
            }
        }
        if to < self.stack_limit() {
            return owners;
        }
        let mut frames = machine.frames_at(self.position).peekable();
        let end = frames.peek().map_or(0, |frame| frame.end);
        let stack_pointer = STACK_TOP.wrapping_sub(8 * end as u32);
        let unused = (from..to.min(stack_pointer)).step_by(8).filter(|&at| at >= self.stack_limit());
        owners.extend(unused.map(|at| (at, "unused, below SP".to_owned())));
        for frame in frames {
            let function = &machine.program.functions[frame.function];
            for slot in 0..frame.end.saturating_sub(frame.base).min(usize::from(function.slots)) {
                let at = machine.memory.space.stack.address(frame.base + slot);
                if (from..to).contains(&at) {
                    let what = slot_name(function, slot).unwrap_or("temporary");
                    owners.insert(at, format!("{what} in {}", function.name));
                }
            }
        }
        owners
    }

    /// Lowest address that the stack may reach.
    const fn stack_limit(&self) -> u32 {
        STACK_TOP.wrapping_sub(8 * self.machine.stack_words as u32)
    }
}

/// The name of a slot of a frame; none for a temporary.
fn slot_name(function: &Function, slot: usize) -> Option<&str> {
    match slot {
        0 => Some("return address"),
        1 => Some("frame link"),
        _ => {
            let variable = function.variables.iter().find(|variable| usize::from(variable.slot) == slot)?;
            Some(&variable.name)
        }
    }
}

/// What people call the type of a word.
const fn type_of(tag: Tag) -> &'static str {
    match tag {
        Tag::Uninitialised => "-",
        Tag::Integer => "integer",
        Tag::Float => "float",
        Tag::Boolean => "boolean",
        Tag::Null => "null",
        Tag::Pointer | Tag::InteriorPointer => "pointer",
        Tag::String => "string",
        Tag::WeakPointer | Tag::WeakInteriorPointer => "weak",
        Tag::Bytes | Tag::PartialBytes => "bytes",
        Tag::CodeAddress => "code",
        Tag::FrameLink => "link",
        Tag::CountHeader => "count",
        Tag::Free | Tag::FreeHeader => "free",
        Tag::Control => "control",
        _ => "header",
    }
}

/// Items with commas, as many as fit into `room` characters but at least one; then how many more of
/// `total` there are.
fn listed(items: impl Iterator<Item = String>, total: u64, room: usize) -> String {
    let mut text = String::new();
    let (mut shown, mut width) = (0, 0);
    for item in items {
        width += item.chars().count() + 2;
        if shown > 0 && width > room {
            break;
        }
        if shown > 0 {
            text.push_str(", ");
        }
        text.push_str(&item);
        shown += 1;
    }
    match total.saturating_sub(shown) {
        0 => text,
        more if shown == 0 => format!("… {}", grouped(more)),
        more => format!("{text}, … {} more", grouped(more)),
    }
}
