//! Runs LALRPOP on `grammar/`, nothing else.
fn main() {}
