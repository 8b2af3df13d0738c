//! `--stats` as a table.

use super::{bytes, grouped};
use crate::session::{Configuration, ElidedCounts, Outcome};

/// The table, a quantity a line.
pub fn table(configuration: &Configuration, outcome: &Outcome) -> String {
    written(configuration, &rows(outcome))
}

/// The table without what the clock says: the same whenever the same is done.
pub fn exact(configuration: &Configuration, outcome: &Outcome) -> String {
    let mut rows = rows(outcome).to_vec();
    rows.retain(|(name, _)| !BY_THE_CLOCK.contains(name));
    written(configuration, &rows)
}

/// The rows that come from the clock.
const BY_THE_CLOCK: [&str; 3] = ["time collecting", "longest pause", "wall time"];

fn rows(outcome: &Outcome) -> [(&'static str, String); 28] {
    let (machine, heap) = (&outcome.machine, &outcome.heap);
    let elided = |count: fn(&ElidedCounts) -> u64| {
        outcome.elided.map_or_else(|| "not measured".to_owned(), |counts| grouped(count(&counts)))
    };
    [
        ("instructions", grouped(machine.instructions)),
        ("calls", grouped(machine.calls)),
        ("deepest call", grouped(machine.max_call_depth)),
        ("most stack used", bytes(machine.stack_high_water_bytes)),
        ("allocations", grouped(heap.allocations)),
        ("frees", grouped(heap.frees)),
        ("ignored frees", grouped(heap.ignored_frees)),
        ("allocated", bytes(heap.allocated_bytes)),
        ("live at exit", bytes(heap.live_bytes)),
        ("most live", bytes(heap.peak_live_bytes)),
        ("heap footprint", bytes(heap.footprint_bytes)),
        ("  headers", bytes(heap.header_bytes)),
        ("  padding", bytes(heap.padding_bytes)),
        ("  free", bytes(heap.free_bytes)),
        ("  longest free run", bytes(heap.largest_free_bytes)),
        ("external fragmentation", format!("{:.1} %", 100.0 * external_fragmentation(outcome))),
        ("search steps", grouped(heap.search_steps)),
        ("splits", grouped(heap.splits)),
        ("coalesces", grouped(heap.coalesces)),
        ("page requests", grouped(heap.page_requests)),
        ("collections", grouped(heap.collections)),
        ("time collecting", format!("{:.3} ms", heap.collection_ns as f64 / 1e6)),
        ("longest pause", format!("{:.3} ms", heap.longest_pause_ns as f64 / 1e6)),
        ("retains", grouped(heap.retains)),
        ("  elided", elided(|counts| counts.retains)),
        ("releases", grouped(heap.releases)),
        ("  elided", elided(|counts| counts.releases)),
        ("wall time", format!("{:.3} ms", outcome.wall_ns as f64 / 1e6)),
    ]
}

fn written(configuration: &Configuration, rows: &[(&str, String)]) -> String {
    let mut text = format!("memory {}, allocator {}\n", configuration.memory, configuration.allocator);
    for (name, value) in rows {
        text.push_str(&format!("  {name:<24}{value:>24}\n"));
    }
    text
}

/// `1 - largest_free / total_free`, 0 when nothing is free.
pub(super) fn external_fragmentation(outcome: &Outcome) -> f64 {
    let heap = &outcome.heap;
    if heap.free_bytes == 0 { 0.0 } else { 1.0 - heap.largest_free_bytes as f64 / heap.free_bytes as f64 }
}
