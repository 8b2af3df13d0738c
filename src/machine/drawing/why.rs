//! Why a block is there: the shortest way to it from a variable, or that no way is left and what it
//! hangs on.

use super::super::collecting::Holder;
use super::{Drawing, Ink, address, count, slot_name};
use crate::memory::{Block, Hop, Path, Value};

/// Steps drawn at the start of a long way.
const FIRST_HOPS: usize = 5;
/// Steps drawn at its end.
const LAST_HOPS: usize = 2;
/// Words that refer to a block drawn before the rest is only counted.
const REFERRERS: usize = 8;

impl Drawing<'_> {
    /// The shortest way from a variable to the block of a value, step by step in the language's own
    /// notation; or that there is none, and what still points at the block.
    pub fn why(&self, value: Value) -> String {
        if !value.tag.is_reference() {
            return format!("{} is no block: it lies in its place and needs nothing to keep it\n", self.word(value));
        }
        let memory = &self.machine.memory;
        let Ok(block) = memory.block(value) else {
            return format!("no block is left to lead to: {}\n", self.word_in_full(value));
        };
        let title = self.title(&block);
        let roots = self.machine.held_roots(self.position);
        let values: Vec<Value> = roots.iter().map(|&(_, value)| value).collect();
        let path = memory.path(&values, &block);
        let mut out = match &path {
            Some(path) => {
                let (name, place) = self.root(roots[path.root].0);
                let way = self.way(path, &name);
                let mut out = format!("{title} is reachable: {}\n", way.expression);
                self.hops(&way, &place, path, &mut out);
                out
            }
            None if memory.site(block.pointer).is_none() => format!("{title} is not on the heap: nothing frees it\n"),
            None => format!("{title} is lost: no variable leads to it any more\n"),
        };
        if let Some(made) = self.allocated_at(&block) {
            out += &format!("  allocated for {made}\n").replace("for at", "at");
        }
        if let Some(references) = memory.reference_count(&block) {
            out += &format!("  its header counts {}\n", count(references, "reference"));
        }
        if path.is_none()
            && let Some(cycle) = memory.cycle(&block)
        {
            out += &format!("  it is on a cycle: {} leads back to it\n", self.way(&cycle, "it").expression);
        }
        self.referrers(&block, path.as_ref(), &mut out);
        out
    }

    /// A root's name, and where it is: `list`, `list in build at 0xFFFFFFC0`.
    fn root(&self, holder: Holder) -> (String, String) {
        let machine = self.machine;
        let stack = &machine.memory.space.stack;
        match holder {
            Holder::Global(index) => {
                let name = machine.program.globals[index].name.clone();
                let at = machine.memory.space.statics.address(machine.first_global + index);
                let place = format!("global at {}", address(at));
                (name, place)
            }
            Holder::Slot { frame, slot } => {
                let function = &machine.program.functions[frame.function];
                let name = slot_name(function, slot as usize).unwrap_or("(temporary)");
                let at = address(stack.address(frame.base + slot as usize));
                (name.to_owned(), format!("in {} at {at}", function.name))
            }
            Holder::Buffer { header, word } => {
                let words = machine.memory.buffer_words(header).len();
                let frame = machine.frames_at(self.position).find(|frame| frame.base <= header);
                let at = address(stack.address(header.saturating_sub(words) + word));
                let element = words.saturating_sub(word + 1);
                match frame {
                    Some(frame) => {
                        let function = &machine.program.functions[frame.function];
                        let placed = |buffer: &crate::bytecode::Buffer| frame.base + buffer.header as usize == header;
                        let index = function.buffers.iter().position(placed);
                        let name = index.map_or_else(String::new, |index| self.buffer_name(function, index));
                        (format!("{name}[{element}]"), format!("stack buffer in {} at {at}", function.name))
                    }
                    None => (format!("(buffer)[{element}]"), format!("stack buffer at {at}")),
                }
            }
        }
    }

    /// A path as an expression, and the expressions of its steps that are drawn.
    fn way(&self, path: &Path, root: &str) -> Way {
        let hops = path.hops.len();
        let mut expression = root.to_owned();
        let mut steps = Vec::new();
        let mut before: Option<Block> = None;
        let folded = if hops > FIRST_HOPS + LAST_HOPS { FIRST_HOPS..hops - LAST_HOPS } else { 0..0 };
        for (index, Hop { from, block }) in path.hops.iter().enumerate() {
            if folded.contains(&index) {
                if index == folded.start {
                    expression.push_str(" … ");
                }
            } else {
                match (from, before) {
                    (Some(from), Some(before)) => expression += &self.place_in(&before, *from),
                    // The first step of a cycle is a word of the block itself.
                    (Some(from), None) => {
                        expression +=
                            &path.hops.last().map_or_else(String::new, |last| self.place_in(&last.block, *from));
                    }
                    (None, _) => {}
                }
                steps.push((index, expression.clone()));
            }
            before = Some(*block);
        }
        Way { expression, steps, folded: folded.len() }
    }

    fn hops(&self, way: &Way, place: &str, path: &Path, out: &mut String) {
        let widest = way.steps.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0).min(48);
        let mut expected = 0;
        for (index, expression) in &way.steps {
            if *index != expected {
                *out += &format!("  … {}\n", count(way.folded as u64, "more step"));
            }
            expected = index + 1;
            let Hop { from, block } = path.hops[*index];
            let at = from.map_or_else(|| place.to_owned(), |from| format!("at {}", address(from)));
            let name = self.paint(Ink::Name, &format!("{expression:<widest$}"));
            *out += &format!("  {name}  {at} -> {}\n", self.paint(Ink::Reference, &self.title(&block)));
        }
    }

    /// The words of other blocks that refer to a block, but for the one that the path ends with.
    fn referrers(&self, target: &Block, path: Option<&Path>, out: &mut String) {
        let last = path.and_then(|path| path.hops.last()).and_then(|hop| hop.from);
        let mut referrers = self.machine.memory.referrers(target);
        referrers.retain(|referrer| Some(referrer.address) != last);
        for referrer in referrers.iter().take(REFERRERS) {
            let place = self.place_in(&referrer.block, referrer.address);
            let how = if referrer.weak { "weakly pointed at" } else { "pointed at" };
            let also = if path.is_some() { "also " } else { "" };
            let (title, at) = (self.title(&referrer.block), address(referrer.address));
            *out += &format!("  {also}{how} by {place} of {title}, at {at}\n");
        }
        let more = referrers.len().saturating_sub(REFERRERS);
        if more > 0 {
            *out += &format!("  and by {}\n", count(more as u64, "more word"));
        }
        if referrers.is_empty() && path.is_none() {
            out.push_str("  nothing on the heap points at it\n");
        }
    }
}

/// A path in the language's notation.
struct Way {
    /// All of it, folded if it is long.
    expression: String,
    /// Index and expression of each step that is drawn.
    steps: Vec<(usize, String)>,
    /// Steps that are not.
    folded: usize,
}
