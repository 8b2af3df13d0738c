//! Roots: the words outside of the heap from which the program reaches blocks. They are told as places
//! and not as what is there, so that a strategy may move blocks and say so in those words.

use super::block::Place;
use super::heap::Memory;
use super::value::Value;

/// A global, a slot of a frame, or a word of a stack buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    place: Place,
    index: u32,
}

impl Root {
    /// The word at an index of the static segment.
    pub const fn global(index: usize) -> Root {
        Root { place: Place::Static, index: index as u32 }
    }

    /// The word at an index of the stack.
    pub const fn stack(index: usize) -> Root {
        Root { place: Place::Stack, index: index as u32 }
    }
}

impl Memory {
    /// What a root holds.
    #[inline]
    pub fn held(&self, root: Root) -> Value {
        self.segment(root.place).get(root.index as usize)
    }
}
