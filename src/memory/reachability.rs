//! What of the heap can still be reached: marking from roots, and the classification of what is
//! lost. Reads only; a strategy decides what to make of it.

use super::address_space::WORD_BYTES;
use super::block::{Block, BlockKind};
use super::heap::Memory;
use super::root::Root;
use super::value::Value;

/// How a block is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LostKind {
    /// No pointer to it is left, or only pointers from a cycle that it is the first of.
    DefinitelyLost,
    /// Only reachable from a lost block.
    IndirectlyLost,
    /// On a cycle of counted references that nothing else leads to.
    Cycle,
    /// Not lost, but not freed either: a root leads to it.
    StillReachable,
}

/// A block that was not freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostBlock {
    /// How it is lost.
    pub kind: LostKind,
    /// The block.
    pub block: Block,
    /// The site given when it was allocated.
    pub site: u32,
}

/// Classifies every live heap block, in order of address. A lost cycle that nothing lost outside of
/// it points at has one definitely lost block, its lowest. Dangling pointers and weak places keep
/// nothing.
pub(super) fn classify(memory: &Memory, roots: &[Root]) -> Vec<LostBlock> {
    let graph = Graph::new(memory);
    let reachable = graph.reachable(roots.iter().map(|&root| memory.held(root)));
    let definite = graph.sources(&reachable);
    let kind = |node: usize| match (reachable[node], definite[node]) {
        (true, _) => LostKind::StillReachable,
        (false, true) => LostKind::DefinitelyLost,
        (false, false) => LostKind::IndirectlyLost,
    };
    graph
        .blocks
        .iter()
        .enumerate()
        .map(|(node, &block)| LostBlock { kind: kind(node), block, site: memory.site(block.pointer).unwrap_or(0) })
        .collect()
}

/// Classifies the live heap blocks that counts have failed to free, in order of address: those on a
/// cycle, and what hangs off one. What the frames of a program that called `exit()` still hold is
/// not lost.
pub(super) fn classify_cycles(memory: &Memory, roots: &[Root]) -> Vec<LostBlock> {
    let graph = Graph::new(memory);
    let reachable = graph.reachable(roots.iter().map(|&root| memory.held(root)));
    let cyclic = graph.cyclic(&reachable);
    let on_cycles = (graph.blocks.iter().zip(&cyclic))
        .filter(|(_, cyclic)| **cyclic)
        .map(|(block, _)| Value::pointer(block.pointer));
    let kept = graph.reachable(on_cycles);
    let lost = (0..graph.blocks.len()).filter(|&node| kept[node] && !reachable[node]);
    lost.map(|node| {
        let block = graph.blocks[node];
        let kind = if cyclic[node] { LostKind::Cycle } else { LostKind::IndirectlyLost };
        LostBlock { kind, block, site: memory.site(block.pointer).unwrap_or(0) }
    })
    .collect()
}

/// The strongly connected components of a graph.
struct Components {
    /// The component of each node.
    of: Vec<u32>,
    /// The lowest node of each component.
    lowest: Vec<u32>,
}

/// The live heap blocks as the nodes of a graph, numbered by address.
struct Graph<'a> {
    memory: &'a Memory,
    blocks: Vec<Block>,
    /// The node of a header, by half the header's index.
    nodes: Vec<u32>,
}

/// A node being visited: its next word to look at.
struct Visit {
    node: u32,
    word: usize,
}

const UNSEEN: u32 = u32::MAX;

impl<'a> Graph<'a> {
    fn new(memory: &'a Memory) -> Graph<'a> {
        let blocks = memory.blocks();
        let mut nodes = vec![UNSEEN; memory.space.heap.words.len() / 2 + 1];
        for (node, block) in blocks.iter().enumerate() {
            if let Some(home) = memory.find(block.pointer) {
                nodes[home.header / 2] = node as u32;
            }
        }
        Graph { memory, blocks, nodes }
    }

    /// The live heap block that a value keeps alive.
    fn target(&self, value: Value) -> Option<u32> {
        let node = *self.nodes.get(self.memory.kept_by(value)? / 2)?;
        (node != UNSEEN).then_some(node)
    }

    /// Moves a visit to the next block that its node points at.
    fn advance(&self, visit: &mut Visit) -> Option<u32> {
        let block = &self.blocks[visit.node as usize];
        if !matches!(block.kind, BlockKind::Elements | BlockKind::Fields(_)) {
            return None;
        }
        let heap = &self.memory.space.heap;
        let first = heap.index(block.pointer.address())?;
        let words = (block.bytes / WORD_BYTES) as usize;
        while visit.word < words {
            let value = heap.get(first + visit.word);
            visit.word += 1;
            if let Some(target) = self.target(value) {
                return Some(target);
            }
        }
        None
    }

    /// Which nodes the values lead to.
    fn reachable(&self, values: impl Iterator<Item = Value>) -> Vec<bool> {
        let mut marked = vec![false; self.blocks.len()];
        let mut work_list = Vec::new();
        for value in values {
            work_list.extend(self.target(value));
            while let Some(node) = work_list.pop() {
                if std::mem::replace(&mut marked[node as usize], true) {
                    continue;
                }
                let mut visit = Visit { node, word: 0 };
                while let Some(target) = self.advance(&mut visit) {
                    if !marked[target as usize] {
                        work_list.push(target);
                    }
                }
            }
        }
        marked
    }

    /// The strongly connected components of the nodes not `excluded`, by Tarjan's algorithm (1972)
    /// without recursion.
    fn components(&self, excluded: &[bool]) -> Components {
        let count = self.blocks.len();
        // Position in order of discovery; the lowest position seen to be reachable; the component.
        let mut order = vec![UNSEEN; count];
        let mut low = vec![0; count];
        let mut component = vec![UNSEEN; count];
        let mut lowest: Vec<u32> = Vec::new();
        let (mut discovered, mut open, mut visits) = (0, Vec::new(), Vec::<Visit>::new());

        for root in (0..count as u32).filter(|&node| !excluded[node as usize]) {
            if order[root as usize] == UNSEEN {
                visits.push(Visit { node: root, word: 0 });
            }
            while let Some(visit) = visits.last_mut() {
                let node = visit.node as usize;
                if order[node] == UNSEEN {
                    (order[node], low[node]) = (discovered, discovered);
                    discovered += 1;
                    open.push(visit.node);
                }
                if let Some(target) = self.advance(visit) {
                    let target = target as usize;
                    if order[target] == UNSEEN {
                        visits.push(Visit { node: target as u32, word: 0 });
                    } else if component[target] == UNSEEN {
                        low[node] = low[node].min(order[target]);
                    }
                    continue;
                }
                visits.pop();
                if let Some(parent) = visits.last() {
                    let parent = parent.node as usize;
                    low[parent] = low[parent].min(low[node]);
                }
                if low[node] == order[node] {
                    let mut least = node as u32;
                    while let Some(member) = open.pop() {
                        component[member as usize] = lowest.len() as u32;
                        least = least.min(member);
                        if member as usize == node {
                            break;
                        }
                    }
                    lowest.push(least);
                }
            }
        }

        Components { of: component, lowest }
    }

    /// Among the nodes not `excluded`: those on a cycle.
    fn cyclic(&self, excluded: &[bool]) -> Vec<bool> {
        let Components { of: component, .. } = self.components(excluded);
        let mut cyclic = vec![false; self.blocks.len()];
        for node in (0..self.blocks.len() as u32).filter(|&node| !excluded[node as usize]) {
            let mut visit = Visit { node, word: 0 };
            while let Some(target) = self.advance(&mut visit) {
                // An edge inside a component lies on a cycle.
                if component[target as usize] == component[node as usize] {
                    cyclic[node as usize] = true;
                    cyclic[target as usize] = true;
                }
            }
        }
        cyclic
    }

    /// Among the nodes not `excluded`: the lowest of each strongly connected component that no other
    /// component points at.
    fn sources(&self, excluded: &[bool]) -> Vec<bool> {
        let count = self.blocks.len();
        let Components { of: component, lowest } = self.components(excluded);
        let mut pointed_at = vec![false; lowest.len()];
        for node in (0..count as u32).filter(|&node| !excluded[node as usize]) {
            let mut visit = Visit { node, word: 0 };
            while let Some(target) = self.advance(&mut visit) {
                let target = component[target as usize];
                pointed_at[target as usize] |= target != component[node as usize];
            }
        }
        let mut sources = vec![false; count];
        for (&least, &pointed_at) in lowest.iter().zip(&pointed_at) {
            sources[least as usize] = !pointed_at;
        }
        sources
    }
}
