//! Lost blocks, grouped by how they were lost and by the line that allocated them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Compiled, LeakGroup, LeakKind, Leaks, blame};
use crate::machine::Machine;
use crate::memory::{LostBlock, LostKind};

/// What is left when a program has come to its end.
pub(super) fn report(compiled: &Compiled, machine: &Machine<'_>) -> Leaks {
    group(compiled, &machine.memory.leaks(&machine.globals()))
}

/// What is left where a session stands.
pub(super) fn report_at_prompt(compiled: &Compiled, machine: &mut Machine<'_>) -> Leaks {
    let roots = machine.prompt_roots();
    group(compiled, &machine.memory.leaks(&roots))
}

fn group(compiled: &Compiled, lost: &[LostBlock]) -> Leaks {
    let mut leaks = Leaks::default();
    let mut groups: BTreeMap<(LeakKind, u32, u32), LeakGroup> = BTreeMap::new();
    for block in lost {
        let kind = kind(block.kind);
        let span = blame::span(compiled, block.site).unwrap_or_default();
        let source = compiled.sources.find(span.start);
        let line = compiled.sources.get(source).line(span.start);
        let group = groups.entry((kind, source.0, line)).or_insert_with(|| LeakGroup {
            kind,
            blocks: 0,
            bytes: 0,
            allocated_at: span,
            function: blame::function(compiled, block.site),
            lost_at: None,
        });
        group.blocks += 1;
        group.bytes += block.block.bytes;
        if kind != LeakKind::StillReachable {
            leaks.blocks += 1;
            leaks.bytes += block.block.bytes;
        }
    }
    leaks.groups = groups.into_values().collect();
    leaks.groups.sort_by_key(|group| (Reverse(group.bytes), group.allocated_at.start, group.kind));
    leaks
}

const fn kind(lost: LostKind) -> LeakKind {
    match lost {
        LostKind::DefinitelyLost => LeakKind::DefinitelyLost,
        LostKind::IndirectlyLost => LeakKind::IndirectlyLost,
        LostKind::Cycle => LeakKind::Cycle,
        LostKind::StillReachable => LeakKind::StillReachable,
    }
}
