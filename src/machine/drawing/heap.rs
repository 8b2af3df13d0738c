//! The heap by address: the allocator's own area, blocks with their headers, free runs, and a strip of
//! the whole.

use std::collections::BTreeMap;

use super::{Drawing, Ink, WIDTH, address, bytes, count, grouped};
use crate::memory::allocator::{Run, RunState};
use crate::memory::{Block, Stretch};

/// Runs drawn at the low end before the middle is only counted.
const LOWEST: usize = 24;
/// Runs drawn at the high end.
const HIGHEST: usize = 8;
/// Cells of the strip.
const STRIP: usize = 64;

/// What lies in the part that is not drawn.
#[derive(Default)]
struct Folded {
    blocks: u64,
    block_bytes: u64,
    free_runs: u64,
    free_bytes: u64,
    overwritten: u64,
}

impl Drawing<'_> {
    /// The figures, each block and each free run by address (the middle of many is folded), and a strip of
    /// the whole heap.
    pub fn heap(&self) -> String {
        let memory = &self.machine.memory;
        let mut out = self.heap_figures();
        let borrowed = self.machine.borrowed_references(self.position);
        let total = memory.stretches().count();
        let drawn = LOWEST + HIGHEST;
        let fold = if total > drawn { LOWEST..total - HIGHEST } else { 0..0 };
        let mut folded = Folded::default();
        for (index, stretch) in memory.stretches().enumerate() {
            if fold.contains(&index) {
                self.fold(&stretch, &mut folded);
                if index + 1 == fold.end {
                    out += &format!("  {}\n", folded.text());
                }
                continue;
            }
            self.stretch(&stretch, &borrowed, &mut out);
        }
        if total > 0 {
            out += &self.map(1, STRIP);
        }
        out
    }

    fn heap_figures(&self) -> String {
        let figures = self.machine.memory.statistics();
        format!(
            "heap: {} live in {} + {} headers + {} padding + {} free = {} from the system\n",
            bytes(figures.live_bytes),
            count(figures.allocations.saturating_sub(figures.frees), "block"),
            grouped(figures.header_bytes),
            grouped(figures.padding_bytes),
            grouped(figures.free_bytes),
            grouped(figures.footprint_bytes),
        )
    }

    fn stretch(&self, stretch: &Stretch, borrowed: &BTreeMap<u32, u64>, out: &mut String) {
        let memory = &self.machine.memory;
        let start = memory.space.heap.address(stretch.start());
        match stretch {
            Stretch::Run(run) => match (run.state, memory.block_of(run)) {
                (RunState::Live, Some(block)) => self.block(run, &block, borrowed, out),
                (RunState::Control, _) => self.own(run, start, "control", Ink::Control, out),
                _ => self.own(run, start, "free", Ink::Free, out),
            },
            Stretch::Overwritten { words, .. } => {
                let text = format!("{}: the header before has been overwritten", bytes(8 * *words as u64));
                self.heap_line(start, "?", Ink::Wrong, &text, out);
            }
        }
    }

    /// A run of the allocator's own, with what its words say.
    fn own(&self, run: &Run, start: u32, what: &str, ink: Ink, out: &mut String) {
        let link = |word: u64| if word == 0 { "none".to_owned() } else { format!("0x{word:08X}") };
        let words = self.machine.memory.allocator_words(run);
        let words: Vec<String> = words.into_iter().map(|(name, word)| format!("{name} {}", link(word))).collect();
        let colon = if words.is_empty() { "" } else { ": " };
        let text = format!("{}{colon}{}", bytes(8 * run.words as u64), words.join(", "));
        self.heap_line(start, what, ink, &text, out);
    }

    /// A live block: its header, and its data.
    fn block(&self, run: &Run, block: &Block, borrowed: &BTreeMap<u32, u64>, out: &mut String) {
        let memory = &self.machine.memory;
        let heap = &memory.space.heap;
        let mut header = self.header(block);
        if let Some(references) = memory.reference_count(block) {
            let borrowed = borrowed.get(&block.pointer.serial()).copied().unwrap_or(0);
            header += &format!(", {}", count(references + borrowed, "reference"));
        }
        // Bit 0 of a run's first word is the allocator's.
        if heap.words.get(run.start).is_some_and(|word| word & 1 == 1) {
            header += ", after a free run";
        }
        self.heap_line(heap.address(run.start), "header", Ink::Header, &header, out);

        let payload = 8 * (run.words.saturating_sub(memory.header_words())) as u64;
        let mut size = bytes(block.bytes);
        match payload.saturating_sub(block.bytes) {
            0 => {}
            padding => size += &format!(" and {} of padding", grouped(padding)),
        }
        let made = self.allocated_at(block).map_or_else(String::new, |made| format!(", {made}"));
        let lead = format!("{size}{made}: ");
        let room = WIDTH.saturating_sub(lead.chars().count() + 22).max(40);
        let text = format!("{lead}{}", self.contents_in_line(block, room));
        self.heap_line(block.pointer.address(), "live", Ink::Live, &text, out);
    }

    /// Where a heap block was allocated, and for what: `list at line 5`.
    pub(super) fn allocated_at(&self, block: &Block) -> Option<String> {
        let site = self.machine.memory.site(block.pointer)?;
        let origin = (self.origin)(site);
        match (self.machine.program.block_name(site), origin) {
            (Some(name), Some(origin)) => Some(format!("`{name}` at {origin}")),
            (None, Some(origin)) => Some(format!("at {origin}")),
            (Some(name), None) => Some(format!("`{name}`")),
            (None, None) => None,
        }
    }

    fn heap_line(&self, at: u32, what: &str, ink: Ink, text: &str, out: &mut String) {
        let at = self.paint(Ink::Frame, &address(at));
        *out += &format!("  {at}  {} {text}\n", self.paint(ink, &format!("{what:<7}")));
    }

    fn fold(&self, stretch: &Stretch, folded: &mut Folded) {
        match stretch {
            Stretch::Run(run) => match self.machine.memory.block_of(run) {
                Some(block) => {
                    folded.blocks += 1;
                    folded.block_bytes += block.bytes;
                }
                None => {
                    folded.free_runs += 1;
                    folded.free_bytes += 8 * run.words as u64;
                }
            },
            Stretch::Overwritten { words, .. } => folded.overwritten += 8 * *words as u64,
        }
    }
}

impl Folded {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if self.blocks > 0 {
            parts.push(format!("{} with {}", count(self.blocks, "block"), bytes(self.block_bytes)));
        }
        if self.free_runs > 0 {
            parts.push(format!("{} with {}", count(self.free_runs, "free run"), bytes(self.free_bytes)));
        }
        if self.overwritten > 0 {
            parts.push(format!("{} overwritten", bytes(self.overwritten)));
        }
        format!("… not drawn: {}", parts.join(", "))
    }
}
