//! Why a block is there: the shortest way to it from a root, and who refers to it. Breadth first, by a
//! queue, however long the way; weak places lead nowhere.

use std::collections::HashSet;

use super::block::Block;
use super::heap::Memory;
use super::value::Value;

/// A step of a [`Path`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Address of the word, in the block of the step before, that leads here; none for the first step,
    /// which starts from the root.
    pub from: Option<u32>,
    /// The block that it leads to.
    pub block: Block,
}

/// A way from a root to a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Index of the root it starts from.
    pub root: usize,
    /// The blocks on the way; the last is the one looked for.
    pub hops: Vec<Hop>,
}

/// A word in a live heap block that refers to another block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The block that the word belongs to.
    pub block: Block,
    /// Its address.
    pub address: u32,
    /// Whether it does not keep what it refers to.
    pub weak: bool,
}

/// A block that the search has come to.
struct Found {
    hop: Hop,
    /// Index of the one it was found from, or of the root.
    before: u32,
}

impl Memory {
    /// The shortest way from one of `roots` to `target`; of equally short ones that of the first root,
    /// then that of the lowest word.
    pub fn path(&self, roots: &[Value], target: &Block) -> Option<Path> {
        let mut seen = HashSet::new();
        let mut found: Vec<Found> = Vec::new();
        let mut visit = |value: Value, from: Option<u32>, before: usize| {
            let block = self.block(value).ok().filter(|block| seen.insert(block.pointer))?;
            Some(Found { hop: Hop { from, block }, before: before as u32 })
        };
        for (index, &root) in roots.iter().enumerate() {
            found.extend(visit(root, None, index));
        }
        let mut at = 0;
        while let Some(Found { hop, .. }) = found.get(at) {
            if hop.block.pointer == target.pointer {
                return Some(trace(&found, at));
            }
            let block = hop.block;
            for (address, value) in self.contents(&block) {
                found.extend(visit(value, Some(address), at));
            }
            at += 1;
        }
        None
    }

    /// The words of live heap blocks that refer to `target`, by address.
    pub fn referrers(&self, target: &Block) -> Vec<Referrer> {
        let mut referrers = Vec::new();
        for block in self.blocks() {
            for (address, value) in self.contents(&block) {
                let weak = value.tag.is_weak();
                let held = if weak { self.strengthen(value) } else { value };
                if self.block(held).is_ok_and(|held| held.pointer == target.pointer) {
                    referrers.push(Referrer { block, address, weak });
                }
            }
        }
        referrers
    }

    /// The shortest way from a block back to itself: its first step is a word of the block. None if it is
    /// on no cycle.
    pub fn cycle(&self, block: &Block) -> Option<Path> {
        let contents: Vec<(u32, Value)> = self.contents(block).collect();
        let held: Vec<Value> = contents.iter().map(|&(_, value)| value).collect();
        let mut path = self.path(&held, block)?;
        path.hops[0].from = Some(contents[path.root].0);
        Some(path)
    }
}

/// The steps that led to what was found at index `at`.
fn trace(found: &[Found], mut at: usize) -> Path {
    let mut hops = Vec::new();
    loop {
        let Found { hop, before } = &found[at];
        hops.push(*hop);
        at = *before as usize;
        if hop.from.is_none() {
            hops.reverse();
            return Path { root: at, hops };
        }
    }
}
