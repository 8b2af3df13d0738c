//! Manual memory management: `heap_free` decides.

use super::super::heap::Memory;
use super::super::reachability::{LostBlock, classify};
use super::super::root::Root;
use super::Strategy;

/// The strategy of that name.
#[derive(Clone, Copy, Debug)]
pub struct Manual;

impl Strategy for Manual {
    fn lost(&self, memory: &Memory, roots: &[Root]) -> Vec<LostBlock> {
        classify(memory, roots)
    }
}
