//! A value in one line: what an expression shows at the prompt.

use super::super::display::float_text;
use super::{Drawing, WIDTH, address, bytes, count, grouped, listed};
use crate::memory::{Block, BlockKind, Description, Place, Pointer, Tag, Value};

/// Blocks inside blocks that a line shows at most, one in the other.
const DEPTH: usize = 3;
/// Items of a list looked at, however short they are.
const ITEMS: usize = 32;
/// Characters of a text that a line shows.
const TEXT_CHARACTERS: usize = 60;

impl Drawing<'_> {
    /// A value as the prompt shows it, in one line without its end: a scalar as `print` does, a string in
    /// quotes, a pointer as what it points at, with the records and arrays in it as deep as a line holds.
    pub fn inspect(&self, value: Value) -> String {
        self.in_line(value, WIDTH)
    }

    /// The same in about `room` characters.
    pub(super) fn in_line(&self, value: Value, room: usize) -> String {
        let deeper = (1..=DEPTH).rev().map(|depth| self.expand(value, depth, room, &mut Vec::new()));
        let fitting = deeper.into_iter().find(|text| text.chars().count() <= room);
        fitting.unwrap_or_else(|| self.expand(value, 0, room, &mut Vec::new()))
    }

    /// A value with its block opened, and `depth` blocks inside of that. `open` are the blocks around it.
    fn expand(&self, value: Value, depth: usize, room: usize, open: &mut Vec<Pointer>) -> String {
        let Ok(block) = self.machine.memory.block(value) else { return self.word_in_full(value) };
        if block.is_string() {
            return self.word(value);
        }
        open.push(block.pointer);
        let text = match value.tag {
            Tag::InteriorPointer => self.embedded(value, &block, room),
            _ => self.opened(&block, depth, room, open),
        };
        open.pop();
        text
    }

    /// A block with its address and what it holds.
    fn opened(&self, block: &Block, depth: usize, room: usize, open: &mut Vec<Pointer>) -> String {
        let at = address(block.pointer.address());
        match block.kind {
            BlockKind::Elements => {
                let room = room.saturating_sub(at.len() + 5);
                format!("[{}] @ {at}", self.elements(block, depth, room, open))
            }
            _ => {
                let title = self.title(block);
                let room = room.saturating_sub(title.chars().count() + 3);
                match self.holds(block, depth, room, open) {
                    contents if contents.is_empty() => title,
                    contents => format!("{title} {contents}"),
                }
            }
        }
    }

    /// What a block holds, in brackets of its kind.
    pub(super) fn contents_in_line(&self, block: &Block, room: usize) -> String {
        self.holds(block, 0, room, &mut vec![block.pointer])
    }

    fn holds(&self, block: &Block, depth: usize, room: usize, open: &mut Vec<Pointer>) -> String {
        match block.kind {
            BlockKind::Elements => format!("[{}]", self.elements(block, depth, room, open)),
            BlockKind::Fields(_) => format!("{{{}}}", self.fields(block, depth, room, open)),
            BlockKind::Bytes => self.raw(block, room),
            BlockKind::Plain => "(nothing written yet)".to_owned(),
            BlockKind::String { .. } => self.word(Value::new(block.pointer.0, Tag::String)),
        }
    }

    fn elements(&self, block: &Block, depth: usize, room: usize, open: &mut Vec<Pointer>) -> String {
        let words: Vec<Value> = self.machine.memory.contents(block).take(ITEMS).map(|(_, value)| value).collect();
        let shown = words.into_iter().map(|value| self.nested(value, depth, room, open));
        listed(shown, block.bytes / 8, room)
    }

    fn fields(&self, block: &Block, depth: usize, room: usize, open: &mut Vec<Pointer>) -> String {
        let BlockKind::Fields(layout) = block.kind else { return String::new() };
        let layout = self.machine.memory.layouts.get(layout);
        let first = block.pointer.address();
        let fields = layout.fields.iter().take(ITEMS).map(|field| {
            let at = first.wrapping_add(8 * field.offset);
            let name = self.field_name(field.name);
            match field.embedded {
                0 => format!("{name}: {}", self.nested(self.at(at), depth, room, open)),
                slots => format!("{name}: [{}]", self.slots(at, slots, room / 2)),
            }
        });
        // Where there is a choice, fewer blocks are opened rather than fields left out.
        listed(fields, layout.fields.len() as u64, if depth == 0 { room } else { usize::MAX })
    }

    /// The slots of an embedded array.
    fn slots(&self, at: u32, slots: u32, room: usize) -> String {
        let words = (0..slots.min(ITEMS as u32)).map(|slot| self.word(self.at(at.wrapping_add(8 * slot))));
        listed(words, slots.into(), room)
    }

    /// What is in a field or an element: blocks with further words are opened if `depth` allows.
    fn nested(&self, value: Value, depth: usize, room: usize, open: &mut Vec<Pointer>) -> String {
        let block = self.machine.memory.block(value);
        if block.is_ok_and(|block| open.contains(&block.pointer)) {
            return format!("{} (again)", self.word(value));
        }
        let Some(depth) = depth.checked_sub(1).filter(|_| value.tag == Tag::Pointer) else { return self.word(value) };
        match block {
            Ok(Block { kind: BlockKind::Elements | BlockKind::Fields(_), .. }) => self.expand(value, depth, room, open),
            _ => self.word(value),
        }
    }

    /// An embedded array, by a pointer to it.
    fn embedded(&self, value: Value, block: &Block, room: usize) -> String {
        let at = value.as_pointer().address();
        let place = self.place_in(block, at);
        let place = place.split('[').next().unwrap_or_default();
        let slots = match block.kind {
            BlockKind::Fields(layout) => {
                let offset = at.saturating_sub(block.pointer.address()) / 8;
                let fields = &self.machine.memory.layouts.get(layout).fields;
                fields.iter().find(|field| field.offset == offset).map_or(0, |field| field.embedded)
            }
            _ => 0,
        };
        let inside = format!("{place} of {}", self.title(block));
        let room = room.saturating_sub(inside.chars().count() + 16);
        format!("[{}] @ {}, {inside}", self.slots(at, slots, room), address(at))
    }

    /// The bytes of a byte block, and the text that they spell, if they do.
    fn raw(&self, block: &Block, room: usize) -> String {
        let first = block.pointer.address();
        let byte = |offset: u64| {
            let at = u32::try_from(u64::from(first) + offset).ok()?;
            let (value, written) = self.machine.memory.word(at)?;
            let lane = (offset % 8) as usize;
            (written >> lane & 1 == 1).then(|| value.word.to_le_bytes()[lane])
        };
        let text: Vec<u8> =
            (0..block.bytes.min(TEXT_CHARACTERS as u64)).map_while(|offset| byte(offset).filter(|&b| b != 0)).collect();
        let text = match String::from_utf8(text) {
            Ok(text) if text.len() > 2 && !text.contains(char::is_control) => format!(" {text:?}"),
            _ => String::new(),
        };
        let shown = (0..block.bytes.min(ITEMS as u64))
            .map(|offset| byte(offset).map_or_else(|| "?".to_owned(), |byte| byte.to_string()));
        let room = room.saturating_sub(text.chars().count() + 2).min(WIDTH / 2);
        format!("[{}]{text}", listed(shown, block.bytes, room))
    }

    /// The word at an address.
    fn at(&self, address: u32) -> Value {
        self.machine.memory.word(address).map_or(Value::UNINITIALISED, |(value, _)| value)
    }

    /// A word by itself, never styled: references by their address, strings by their text, `?` for what was never
    /// written.
    pub(super) fn word(&self, value: Value) -> String {
        match value.tag {
            Tag::Uninitialised => "?".to_owned(),
            Tag::Integer => value.as_integer().to_string(),
            Tag::Float => float_text(value.as_float()),
            Tag::Boolean => (value.word != 0).to_string(),
            Tag::Null => "null".to_owned(),
            Tag::String => match self.machine.memory.block(value) {
                Ok(block) => self.quoted(&block),
                Err(_) => self.gone(value.as_pointer()),
            },
            Tag::Pointer | Tag::InteriorPointer => match self.machine.memory.block(value) {
                Ok(_) => address(value.as_pointer().address()),
                Err(_) => self.gone(value.as_pointer()),
            },
            Tag::WeakPointer | Tag::WeakInteriorPointer => {
                format!("weak {}", self.word(self.machine.memory.strengthen(value)))
            }
            Tag::CodeAddress | Tag::FrameLink => format!("0x{:08X}", value.word),
            _ => format!("0x{:016X}", value.word),
        }
    }

    /// A pointer whose block is gone.
    fn gone(&self, pointer: Pointer) -> String {
        let how = if pointer.address() >= self.stack_limit() { "gone" } else { "freed" };
        format!("{} ({how})", address(pointer.address()))
    }

    /// A word; of one that dangles, also what is there now.
    pub(super) fn word_in_full(&self, value: Value) -> String {
        if !value.tag.is_reference() || self.machine.memory.block(value).is_ok() {
            return self.word(value);
        }
        let at = value.as_pointer().address();
        let now = match self.machine.memory.describe(i64::from(at)) {
            _ if at >= self.stack_limit() => "gone: its function has returned, or made it anew".to_owned(),
            Description::Free { .. } => "freed: free space".to_owned(),
            Description::Data { block, .. } if block.place == Place::Heap => {
                format!("freed: now {}", self.title(&block))
            }
            Description::Header(block) if block.place == Place::Heap => {
                format!("freed: now the header of {}", self.title(&block))
            }
            _ => "freed".to_owned(),
        };
        format!("{} ({now})", address(at))
    }

    /// What the header of a block says: `block 130: Node`.
    pub(super) fn header(&self, block: &Block) -> String {
        let what = match block.kind {
            BlockKind::Fields(layout) if self.record(layout).is_none() => {
                let fields = self.machine.memory.layouts.get(layout).fields.len();
                format!("{} used as {}", bytes(block.bytes), count(fields as u64, "field"))
            }
            BlockKind::Plain => format!("{} not used yet", bytes(block.bytes)),
            _ => self.kind(block),
        };
        format!("block {}: {what}", grouped(block.pointer.serial().into()))
    }

    /// A text in quotes, as the language writes it; a long one is cut.
    fn quoted(&self, block: &Block) -> String {
        // No character takes more than four bytes.
        let bytes_read = self.machine.memory.raw_bytes(block, 4 * (TEXT_CHARACTERS as u64 + 1));
        let text = String::from_utf8_lossy(&bytes_read);
        match text.char_indices().nth(TEXT_CHARACTERS) {
            Some((cut, _)) => format!("{:?}… ({})", &text[..cut], bytes(block.bytes)),
            None => format!("{text:?}"),
        }
    }
}
