//! One sentence a run, in plain words and from exact figures only: what the strategy cost, what it
//! saved, what it missed. Nothing here knows a strategy by its name.

use super::{Amount, Column, Output};
use crate::report::{bytes, count, grouped};

/// Characters in a line.
const WIDTH: usize = 100;

/// The sentence, wrapped, with a line end.
pub(super) fn sentence(column: &Column, columns: &[Column]) -> String {
    let mut parts = match &column.failure {
        Some(failure) => {
            let at = failure.line.map_or_else(String::new, |line| format!(" at line {}", grouped(line.into())));
            vec![format!("stopped{at}: {}", failure.headline)]
        }
        None => vec![cost(column, columns), saved(column, columns), missed(column)],
    };
    parts.extend(output(column, columns));
    if !column.steady {
        parts.push("did not do the same each time: perhaps it reads a file that changes".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    wrapped(&format!("{}: {}.", column.name(columns), parts.join("; ")))
}

/// What had to be done besides the program's own work.
fn cost(column: &Column, columns: &[Column]) -> String {
    let heap = &column.heap;
    let mut costs = Vec::new();
    if heap.retains + heap.releases > 0 {
        costs.push(count(heap.retains, "retain"));
        costs.push(count(heap.releases, "release"));
    }
    if heap.collections > 0 {
        costs.push(count(heap.collections, "collection"));
    }
    let fewest = columns.iter().filter(|run| run.finished()).map(|run| run.machine.instructions).min();
    if let Some(fewest) = fewest.filter(|&fewest| fewest > 0 && column.machine.instructions > fewest) {
        costs.push(beyond(column.machine.instructions, fewest, "instructions", "the instructions"));
    }
    if costs.is_empty() { "cost no extra work".to_owned() } else { format!("cost {}", listed(&costs)) }
}

/// What was given back, and how much room that kept free.
fn saved(column: &Column, columns: &[Column]) -> String {
    let heap = &column.heap;
    if heap.allocations == 0 {
        return "nothing was allocated on the heap".to_owned();
    }
    let ignored = match heap.ignored_frees {
        0 => String::new(),
        1 => " and ignored the program's one `heap_free`".to_owned(),
        frees => format!(" and ignored the program's {} `heap_free`s", grouped(frees)),
    };
    if heap.frees == 0 {
        return format!("freed nothing{ignored}, so all {} stayed", bytes(heap.allocated_bytes));
    }
    let freed = if heap.frees == heap.allocations {
        match heap.allocations {
            1 => "freed the one block".to_owned(),
            blocks => format!("freed all {} blocks", grouped(blocks)),
        }
    } else {
        format!("freed {} of {}", grouped(heap.frees), count(heap.allocations, "block"))
    };
    format!("{freed}{ignored}, and held at most {}{}", bytes(heap.peak_live_bytes), compared_peak(column, columns))
}

/// How the most that was held compares with the others.
fn compared_peak(column: &Column, columns: &[Column]) -> String {
    let peak = column.heap.peak_live_bytes;
    let finished = || columns.iter().filter(|run| run.finished()).map(|run| run.heap.peak_live_bytes);
    let (Some(least), Some(most)) = (finished().min(), finished().max()) else { return String::new() };
    if least == most {
        String::new()
    } else if peak == least {
        " at a time, the least".to_owned()
    } else if least > 0 {
        format!(" at a time, {}", beyond(peak, least, "than the least", "the least"))
    } else {
        " at a time".to_owned()
    }
}

/// What is still there that nobody can use.
fn missed(column: &Column) -> String {
    let (cyclic, all) = (column.leaks.cyclic, column.leaks.all);
    let heap = &column.heap;
    if all.blocks == 0 {
        return match heap.allocations - heap.frees.min(heap.allocations) {
            _ if heap.allocations == 0 || heap.frees == 0 => String::new(),
            0 => "missed nothing".to_owned(),
            blocks => format!("still held {} of {} at the end", bytes(heap.live_bytes), count(blocks, "block")),
        };
    }
    let lost = |lost: Amount| format!("{} ({})", count(lost.blocks, "block"), bytes(lost.bytes));
    if cyclic.blocks == 0 {
        return format!("missed {}, which nobody freed", lost(all));
    }
    let cycle = if cyclic.blocks == 1 {
        format!("missed {} in a cycle, which keeps itself alive", lost(cyclic))
    } else {
        format!("missed {} in cycles, which keep each other alive", lost(cyclic))
    };
    let rest = Amount { blocks: all.blocks - cyclic.blocks, bytes: all.bytes - cyclic.bytes };
    if rest.blocks == 0 { cycle } else { format!("{cycle}, and {} that hang on them", lost(rest)) }
}

fn output(column: &Column, columns: &[Column]) -> Option<String> {
    let reference = columns.iter().find(|run| run.finished())?.name(columns);
    match column.output {
        Output::Differs(Some(line)) => {
            Some(format!("from line {} on its output is not that of {reference}", grouped(line)))
        }
        Output::Differs(None) => Some(format!("its output is not that of {reference}")),
        Output::Same | Output::SameButMoved | Output::Lines(_) => None,
    }
}

/// How far a number goes beyond the least: `12 % more than the least`, `3.1 times the least`.
fn beyond(number: u64, least: u64, after_more: &str, after_times: &str) -> String {
    let ratio = number as f64 / least as f64;
    let percent = (ratio - 1.0) * 100.0;
    match ratio {
        ..1.001 => format!("slightly more {after_more}"),
        ..1.0995 => format!("{percent:.1} % more {after_more}"),
        ..2.0 => format!("{percent:.0} % more {after_more}"),
        ..99.95 => format!("{ratio:.1} times {after_times}"),
        _ => format!("{} times {after_times}", grouped(ratio.round() as u64)),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [item] => item.clone(),
        [items @ .., last] => format!("{} and {last}", items.join(", ")),
    }
}

/// Lines of at most [`WIDTH`] characters, all but the first set in.
fn wrapped(text: &str) -> String {
    let mut wrapped = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if length > 0 && length + 1 + width > WIDTH {
            wrapped.push_str("\n  ");
            length = 2;
        } else if length > 0 {
            wrapped.push(' ');
            length += 1;
        }
        wrapped.push_str(word);
        length += width;
    }
    wrapped + "\n"
}
