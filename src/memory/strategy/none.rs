//! No reclamation at all. What is never freed is not lost either: it reports no leaks.

use super::super::heap::Memory;
use super::super::reachability::LostBlock;
use super::super::value::Value;
use super::Strategy;

/// The strategy called `none`.
#[derive(Clone, Copy, Debug)]
pub struct NoReclamation;

impl Strategy for NoReclamation {
    fn frees_on_request(&self) -> bool {
        false
    }

    fn lost(&self, _memory: &Memory, _roots: &[Value]) -> Vec<LostBlock> {
        Vec::new()
    }
}
