//! No reclamation at all. What is never freed is not lost either: it reports no leaks.

use super::Strategy;

/// The strategy called `none`.
#[derive(Clone, Copy, Debug)]
pub struct NoReclamation;

impl Strategy for NoReclamation {}
