//! A screen of figures each: the strategy and what it did, the allocator and how the free space is cut.

use super::{Drawing, address, bytes, count, grouped};

/// Classes of free runs by size: powers of two, the last for all that are larger.
const CLASSES: usize = 16;
/// Longest bar, in characters.
const BAR: u64 = 32;

impl Drawing<'_> {
    /// The memory-management strategy, and what it has done so far.
    pub fn memory(&self) -> String {
        let memory = &self.machine.memory;
        let row = memory.strategy_row();
        let figures = memory.statistics();
        let mut out = format!("memory {}: {}\n", row.name, row.help);
        let live = figures.allocations.saturating_sub(figures.frees);
        let mut rows = vec![
            ("allocations", grouped(figures.allocations)),
            ("frees", grouped(figures.frees)),
            ("live", format!("{} in {}", bytes(figures.live_bytes), count(live, "block"))),
            ("most live", bytes(figures.peak_live_bytes)),
            ("header of a block", bytes(8 * memory.header_words() as u64)),
        ];
        if figures.ignored_frees > 0 {
            rows.push(("ignored frees", grouped(figures.ignored_frees)));
        }
        if row.requirements.counts {
            rows.push((
                "counts raised, lowered",
                format!("{}, {}", grouped(figures.retains), grouped(figures.releases)),
            ));
        }
        if row.requirements.collects {
            rows.push(("collections", grouped(figures.collections)));
        }
        table(&rows, &mut out);
        out
    }

    /// The allocator, what it has done so far, and how the free space is cut.
    pub fn allocator(&self) -> String {
        let memory = &self.machine.memory;
        let row = memory.allocator_row();
        let figures = memory.statistics();
        let runs = memory.free_runs().count() as u64;
        let fragmentation = match figures.free_bytes {
            0 => 0.0,
            free => 100.0 * (1.0 - figures.largest_free_bytes as f64 / free as f64),
        };
        let mut out = format!("allocator {}: {}\n", row.name, row.help);
        let rows = [
            (
                "from the system",
                format!("{} of {}", bytes(figures.footprint_bytes), grouped(memory.heap_limit_bytes())),
            ),
            ("page requests", grouped(figures.page_requests)),
            ("free", format!("{} in {}", bytes(figures.free_bytes), count(runs, "run"))),
            ("longest free run", bytes(figures.largest_free_bytes)),
            ("external fragmentation", format!("{fragmentation:.1} %")),
            ("headers, padding", format!("{}, {}", bytes(figures.header_bytes), bytes(figures.padding_bytes))),
            ("search steps", grouped(figures.search_steps)),
            ("splits, coalesces", format!("{}, {}", grouped(figures.splits), grouped(figures.coalesces))),
        ];
        table(&rows, &mut out);
        if let Some(control) = memory.runs().next() {
            for (name, word) in memory.allocator_words(&control) {
                let word = if word == 0 { "none".to_owned() } else { address(word as u32) };
                out += &format!("  {name:<24} {word}\n");
            }
        }
        self.free_runs(&mut out);
        out
    }

    /// The free runs by size, a bar a power of two.
    fn free_runs(&self, out: &mut String) {
        let mut classes = [(0u64, 0u64); CLASSES];
        for run in self.machine.memory.free_runs() {
            let class = &mut classes[(run.words.max(1).ilog2() as usize).min(CLASSES - 1)];
            class.0 += 1;
            class.1 += 8 * run.words as u64;
        }
        let most = classes.iter().map(|(runs, _)| *runs).max().unwrap_or(0);
        if most == 0 {
            return;
        }
        out.push_str("  free runs by size\n");
        for (class, &(runs, size)) in classes.iter().enumerate().filter(|(_, (runs, _))| *runs > 0) {
            let bar = "#".repeat((runs * BAR).div_ceil(most) as usize);
            let least = grouped(8 << class);
            *out += &format!("  {least:>9} bytes and more  {bar:<32}  {}, {}\n", count(runs, "run"), bytes(size));
        }
    }
}

fn table(rows: &[(&str, String)], out: &mut String) {
    for (name, value) in rows {
        *out += &format!("  {name:<24} {value}\n");
    }
}
