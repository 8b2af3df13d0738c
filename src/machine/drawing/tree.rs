//! A value with all that it leads to: each block once, a line a block.

use std::collections::HashSet;

use super::{Drawing, Ink, WIDTH, bytes, count};
use crate::memory::{Block, BlockKind, Pointer, Tag, Value};

/// Lines drawn before the rest is only counted.
const LINES: usize = 60;
/// Levels of indentation.
const LEVELS: usize = 16;
/// Least room for what a block holds, however deep it is drawn.
const LEAST_ROOM: usize = 40;

/// A block that is to be drawn.
struct Branch {
    value: Value,
    /// The place that leads to it; empty for the first.
    label: String,
    /// What its own line begins with.
    lead: String,
    /// What the lines of the blocks below it begin with.
    below: String,
    level: usize,
}

impl Drawing<'_> {
    /// A value and everything it points at, as a tree: a line a block with its kind, address, size and
    /// contents; a block is drawn where it is first met, later places only name its address. The only
    /// block that another leads to stands right below it, so that a list does not run off the page.
    pub fn value(&self, value: Value) -> String {
        let memory = &self.machine.memory;
        if memory.block(value).map_or(true, |block| block.is_string()) {
            return format!("{}\n", self.word_in_full(value));
        }
        let mut out = String::new();
        let mut seen: HashSet<Pointer> = HashSet::new();
        let first = Branch { value, label: String::new(), lead: String::new(), below: String::new(), level: 0 };
        let (mut work, mut rest) = (vec![first], Vec::new());
        for _ in 0..LINES {
            let Some(branch) = work.pop() else { break };
            let Ok(block) = memory.block(branch.value) else { continue };
            let fresh = seen.insert(block.pointer);
            self.branch_line(&branch, &block, fresh, &mut out);
            if fresh {
                self.push_branches(&branch, &block, &mut work, &mut rest);
            }
        }
        rest.extend(work.iter().map(|branch| branch.value));
        let (blocks, size) = self.rest(rest, seen);
        if blocks > 0 {
            out.push_str(&format!("… {} with {} not drawn\n", count(blocks, "more block"), bytes(size)));
        }
        out
    }

    /// How many blocks other than texts the values lead to that have not been seen, and their bytes.
    fn rest(&self, mut work: Vec<Value>, mut seen: HashSet<Pointer>) -> (u64, u64) {
        let memory = &self.machine.memory;
        let (mut blocks, mut size) = (0, 0);
        while let Some(value) = work.pop() {
            let Ok(block) = memory.block(value) else { continue };
            if seen.insert(block.pointer) {
                blocks += 1;
                size += block.bytes;
                work.extend(memory.contents(&block).map(|(_, value)| value).filter(|&value| leads_on(value)));
            }
        }
        (blocks, size)
    }

    fn branch_line(&self, branch: &Branch, block: &Block, fresh: bool, out: &mut String) {
        let label = if branch.label.is_empty() { String::new() } else { format!("{}: ", branch.label) };
        let mut text = self.title(block);
        if fresh {
            let sized = match block.kind {
                BlockKind::Fields(layout) => self.record(layout).is_some(),
                kind => kind == BlockKind::Elements,
            };
            if sized {
                text += &format!(", {}", bytes(block.bytes));
            }
            let taken = branch.lead.chars().count() + label.chars().count() + text.chars().count() + 3;
            let room = WIDTH.saturating_sub(taken).max(LEAST_ROOM);
            text += &format!(" {}", self.contents_in_line(block, room));
        } else {
            text += " (drawn above)";
        }
        *out += &format!("{}{}{text}\n", self.paint(Ink::Frame, &branch.lead), self.paint(Ink::Name, &label));
    }

    /// Puts the blocks that a block leads to on the work list, the first on top; those of a very long list
    /// that cannot be drawn any more go to `rest`.
    fn push_branches(&self, branch: &Branch, block: &Block, work: &mut Vec<Branch>, rest: &mut Vec<Value>) {
        let memory = &self.machine.memory;
        let leading = |&(_, value): &(u32, Value)| leads_on(value) && memory.block(value).is_ok();
        let mut branches: Vec<(u32, Value)> = Vec::new();
        for (at, value) in memory.contents(block).filter(leading) {
            if branches.len() < LINES { branches.push((at, value)) } else { rest.push(value) }
        }
        let label = |at| self.place_in(block, at).trim_start_matches('.').to_owned();
        let below = &branch.below;
        if let [(at, value)] = branches[..] {
            let lead = format!("{below}↳ ");
            work.push(Branch { value, label: label(at), lead, below: below.clone(), level: branch.level });
            return;
        }
        let last = branches.len().saturating_sub(1);
        for (index, (at, value)) in branches.into_iter().enumerate().rev() {
            let (knot, gap) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let lead = format!("{below}{knot}");
            let level = branch.level + 1;
            let below = if level > LEVELS { below.clone() } else { format!("{below}{gap}") };
            work.push(Branch { value, label: label(at), lead, below, level });
        }
    }
}

/// Whether a word may lead to a block that gets a line of its own. Texts stand in their place.
fn leads_on(value: Value) -> bool {
    matches!(value.tag, Tag::Pointer | Tag::InteriorPointer)
}
