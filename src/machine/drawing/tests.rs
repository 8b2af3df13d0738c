//! Drawings of small programs.
