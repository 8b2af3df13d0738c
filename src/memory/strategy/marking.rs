//! Marking: which heap blocks can be reached from some values. Exact, by shadow tags; iterative, with
//! a work list; the marks are a bitmap on the host's side. What is made of it is a strategy's affair,
//! or a report's.
//!
//! A pointer into a block keeps the block; dangling pointers and weak places keep nothing.

use super::super::address_space::WORD_BYTES;
use super::super::block::{BlockKind, Place};
use super::super::fault::Fault;
use super::super::heap::Memory;
use super::super::provenance::Home;
use super::super::root::Root;
use super::super::value::{Tag, Value};

/// Which blocks are marked: a bit for every two words of the heap, as a block has at least two.
#[derive(Clone, Debug)]
pub struct Marks(Vec<u64>);

impl Marks {
    /// Whether the block is marked whose header is at a heap index.
    pub fn contains(&self, header: usize) -> bool {
        self.0[header >> 7] >> (header >> 1 & 63) & 1 == 1
    }

    /// Marks a block; whether it was not marked yet.
    fn insert(&mut self, header: usize) -> bool {
        let (word, bit) = (&mut self.0[header >> 7], 1 << (header >> 1 & 63));
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }
}

/// Marks every heap block that `roots` lead to.
///
/// # Errors
/// [`Fault::Host`] where the host has no memory for it.
pub fn mark(memory: &Memory, roots: &[Root]) -> Result<Marks, Fault> {
    let words = memory.space.heap.words.len() / 128 + 1;
    let mut bits = Vec::new();
    reserve(&mut bits, words)?;
    bits.resize(words, 0);
    let mut marks = Marks(bits);
    // Headers of marked blocks that have not been looked into yet. A heap has less than 2^32 words.
    let mut work_list: Vec<u32> = Vec::new();
    for &root in roots {
        let mut found = memory.kept_by(memory.held(root)).filter(|&header| marks.insert(header));
        while let Some(header) = found {
            for target in memory.children(header) {
                if marks.insert(target) {
                    reserve(&mut work_list, 1)?;
                    work_list.push(target as u32);
                }
            }
            found = work_list.pop().map(|header| header as usize);
        }
    }
    Ok(marks)
}

/// Makes room, or says how much the host refused.
fn reserve<T>(list: &mut Vec<T>, more: usize) -> Result<(), Fault> {
    list.try_reserve(more).map_err(|_| Fault::Host { bytes: (more * size_of::<T>()) as u64 })
}

impl Memory {
    /// The heap index of the header of the block that a value keeps alive, if it keeps one.
    #[inline]
    pub(in super::super) fn kept_by(&self, value: Value) -> Option<usize> {
        let home = match value.tag {
            Tag::Pointer | Tag::String => self.find(value.as_pointer())?,
            Tag::InteriorPointer => self.find_around(value.as_pointer())?,
            _ => return None,
        };
        (home.place == Place::Heap).then_some(home.header)
    }

    /// What the words of the heap block whose header is at `header` keep alive, in their order.
    pub(in super::super) fn children(&self, header: usize) -> impl Iterator<Item = usize> + '_ {
        let block = self.block_at(Home { place: Place::Heap, header });
        let words = match block.kind {
            BlockKind::Elements | BlockKind::Fields(_) => (block.bytes / WORD_BYTES) as usize,
            BlockKind::Bytes | BlockKind::Plain | BlockKind::String { .. } => 0,
        };
        (header + 1..header + 1 + words).filter_map(|index| self.kept_by(self.space.heap.get(index)))
    }
}
