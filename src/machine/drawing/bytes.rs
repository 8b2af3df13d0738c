//! Bytes at any address, a word a line: address, what the shadow says of the word, its bytes, their
//! characters, what they mean, and whose they are.

use super::{Drawing, Ink, address, bytes, type_of};
use crate::bytecode::operand::Context;
use crate::memory::{Description, Tag, Value};

/// Words drawn before the rest is only counted.
const WORDS: u64 = 64;

/// What a line of a dump shows of a word.
struct Line {
    letter: char,
    kind: &'static str,
    ink: Ink,
    word: u64,
    /// A bit for each byte that has been written.
    written: u8,
    text: String,
}

impl Drawing<'_> {
    /// The bytes of what a value is about: of the block that a reference was made for, headers included,
    /// or 64 from an address given as an integer.
    ///
    /// # Errors
    /// A sentence, where the value is neither.
    pub fn bytes_of(&self, value: Value) -> Result<String, String> {
        let memory = &self.machine.memory;
        match value.tag {
            Tag::Integer => match u32::try_from(value.as_integer()) {
                Ok(at) => Ok(self.bytes(at, 64)),
                Err(_) => Err(format!("{} is no address: addresses have 32 bits", value.as_integer())),
            },
            tag if tag.is_reference() => match memory.block(value) {
                Ok(block) => {
                    let at = block.pointer.address();
                    let heads = if memory.site(block.pointer).is_some() { memory.header_words() as u32 } else { 1 };
                    let first = at.saturating_sub(8 * heads);
                    Ok(self.bytes(first, u64::from(at - first) + block.bytes.max(1)))
                }
                Err(_) => Ok(self.bytes(value.as_pointer().address().saturating_sub(8), 64)),
            },
            _ => Err(format!("{} is no address and points at nothing", self.word(value))),
        }
    }

    /// `length` bytes from an address on, rounded to whole words, in whatever segment; of a long stretch the
    /// beginning.
    pub fn bytes(&self, from: u32, length: u64) -> String {
        let first = from & !7;
        let words = (u64::from(from - first) + length).div_ceil(8).max(1);
        // There are no addresses above the last one.
        let words = words.min((u64::from(u32::MAX - first) >> 3) + 1);
        let shown = words.min(WORDS);
        let owners = self.owners(first, first.saturating_add(8 * shown as u32));
        let mut kinds: Vec<(char, &str, Ink)> = Vec::new();
        let mut out = String::new();
        let mut nothing = 0;
        let mut all_written = true;
        for word in 0..shown {
            let at = first + 8 * word as u32;
            let Some(line) = self.dumped(at) else {
                nothing += 1;
                if nothing == 1 {
                    out += &format!("  {}  nothing is here\n", self.paint(Ink::Frame, &address(at)));
                }
                continue;
            };
            nothing = 0;
            all_written &= line.written == 0xFF;
            if !kinds.iter().any(|(letter, ..)| *letter == line.letter) {
                kinds.push((line.letter, line.kind, line.ink));
            }
            let owner = owners.get(&at).cloned().or_else(|| self.owner(at));
            self.dump_line(at, &line, owner.as_deref().unwrap_or(""), &mut out);
        }
        if words > shown {
            let left = bytes(8 * (words - shown));
            out += &format!("  … {left} more, from {}\n", address(first + 8 * shown as u32));
        }
        if !kinds.is_empty() {
            let kinds: Vec<String> = kinds
                .iter()
                .map(|(letter, kind, ink)| format!("{} {kind}", self.paint(*ink, &letter.to_string())))
                .collect();
            let unwritten = if all_written { "" } else { "; ?xx never written: what was there before" };
            out += &format!("  {:10}  {}{unwritten}\n", "", kinds.join(", "));
        }
        out
    }

    fn dump_line(&self, at: u32, line: &Line, owner: &str, out: &mut String) {
        let mut hex = String::new();
        let mut characters = String::new();
        for (lane, byte) in line.word.to_le_bytes().into_iter().enumerate() {
            let written = line.written >> lane & 1 == 1;
            let (mark, ink) = if written { (' ', line.ink) } else { ('?', Ink::Uninitialised) };
            hex += &self.paint(ink, &format!("{mark}{byte:02x}"));
            characters.push(match byte {
                _ if !written => '?',
                0x20..0x7F => byte as char,
                _ => '.',
            });
        }
        let text = format!(
            "  {}  {} {hex}  |{characters}|  {:<28} {owner}",
            self.paint(Ink::Frame, &address(at)),
            self.paint(line.ink, &line.letter.to_string()),
            line.text,
        );
        *out += text.trim_end();
        out.push('\n');
    }

    /// The word at an address; none where there is nothing.
    fn dumped(&self, at: u32) -> Option<Line> {
        if let Some(index) = self.machine.program.index(at.into()) {
            let program = self.machine.program;
            let function = &program.functions[program.function_at(index)];
            let instruction = program.code[index as usize];
            let operands = instruction.show_operands(Context { program, function, at: index }).join(", ");
            let text = format!("{} {operands}", instruction.mnemonic());
            let (letter, kind, ink) = ('c', "instruction", Ink::Control);
            return Some(Line { letter, kind, ink, word: instruction.encode(), written: 0xFF, text });
        }
        let (value, written) = self.machine.memory.word(at)?;
        let (letter, kind, ink) = kind_of(value.tag);
        let text = match value.tag {
            Tag::Uninitialised | Tag::Bytes | Tag::PartialBytes | Tag::Free | Tag::FreeHeader | Tag::Control => {
                String::new()
            }
            tag if tag.is_header() => match self.machine.memory.describe(at.into()) {
                Description::Header(block) => self.header(&block),
                _ => String::new(),
            },
            Tag::CountHeader => format!("count {}", value.word >> 1),
            _ => self.word(value),
        };
        Some(Line { letter, kind, ink, word: value.word, written, text })
    }

    /// Whose a word is: a field, the line of an instruction.
    fn owner(&self, at: u32) -> Option<String> {
        if let Some(index) = self.machine.program.index(at.into()) {
            let program = self.machine.program;
            let function = &program.functions[program.function_at(index)].name;
            let origin = (self.origin)(index).map_or_else(String::new, |origin| format!(", {origin}"));
            return Some(format!("{function}{origin}"));
        }
        match self.machine.memory.describe(at.into()) {
            Description::Data { block, offset } if offset >= block.bytes.max(1).next_multiple_of(8) => {
                Some(format!("padding of {}", self.title(&block)))
            }
            Description::Data { block, .. } if !block.is_string() => {
                Some(format!("{} of {}", self.place_in(&block, at), self.kind(&block)))
            }
            _ => None,
        }
    }
}

/// The letter of a tag in a dump, its words in the legend, its ink.
const fn kind_of(tag: Tag) -> (char, &'static str, Ink) {
    match tag {
        Tag::Uninitialised => ('?', "never written", Ink::Uninitialised),
        Tag::Integer => ('i', type_of(tag), Ink::Live),
        Tag::Float => ('f', type_of(tag), Ink::Live),
        Tag::Boolean => ('b', type_of(tag), Ink::Live),
        Tag::Null => ('n', type_of(tag), Ink::Live),
        Tag::Pointer => ('p', type_of(tag), Ink::Reference),
        Tag::InteriorPointer => ('q', "pointer into a block", Ink::Reference),
        Tag::String => ('s', type_of(tag), Ink::Reference),
        Tag::WeakPointer | Tag::WeakInteriorPointer => ('w', "weak pointer", Ink::Reference),
        Tag::Bytes | Tag::PartialBytes => ('x', type_of(tag), Ink::Live),
        Tag::CodeAddress => ('r', "return address", Ink::Header),
        Tag::FrameLink => ('l', "frame link", Ink::Header),
        Tag::CountHeader => ('C', "reference count", Ink::Header),
        Tag::Free | Tag::FreeHeader => ('.', "free", Ink::Free),
        Tag::Control => ('A', "allocator", Ink::Control),
        _ => ('H', "header", Ink::Header),
    }
}
