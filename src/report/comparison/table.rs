//! The aligned table: a column a run, a row a quantity, each figure also as a ratio to the best.

use super::{Column, Output, several_allocators};
use crate::report::grouped;
use crate::session::comparison::median;

/// Characters in a line.
const WIDTH: usize = 100;
/// Between columns.
const GAP: usize = 2;
/// Characters of a figure at least. No figure of the clock needs more, so the clock changes no layout.
const FIGURE: usize = 8;
/// Characters of a ratio, with the blank before it: ` 1.00×`.
const RATIO: usize = 6;
/// Begins the rows that come from the clock.
const CLOCK: &str = "~ ";

/// Which run is the best.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Best {
    Least,
    Most,
}

/// A row of figures.
struct Quantity {
    label: &'static str,
    best: Best,
    /// None where there is no such figure.
    figure: fn(&Column) -> Option<u64>,
    show: fn(u64) -> String,
    /// Whether it is compared; a spread is not, nor what was not done.
    compared: bool,
}

const fn count(label: &'static str, figure: fn(&Column) -> Option<u64>) -> Quantity {
    Quantity { label, best: Best::Least, figure, show: grouped, compared: true }
}

const QUANTITIES: &[Quantity] = &[
    count("instructions", |run| Some(run.machine.instructions)),
    Quantity { show: duration, ..count("~ wall time", |run| Some(median(&run.wall_ns))) },
    Quantity { show: deviation, compared: false, ..count("~   spread", |run| Some(spread(&run.wall_ns))) },
    count("allocations", |run| Some(run.heap.allocations)),
    Quantity { best: Best::Most, ..count("frees", |run| Some(run.heap.frees)) },
    count("peak live, bytes", |run| Some(run.heap.peak_live_bytes)),
    count("heap footprint, bytes", |run| Some(run.heap.footprint_bytes)),
    count("collections", |run| Some(run.heap.collections)),
    Quantity { show: duration, ..count("~ longest pause", |run| Some(run.heap.longest_pause_ns)) },
    count("retains + releases", |run| Some(run.heap.retains + run.heap.releases)),
    Quantity { compared: false, ..count("  elided", |run| run.elided) },
    count("leaked, blocks", |run| run.finished().then_some(run.leaks.all.blocks)),
    count("leaked, bytes", |run| run.finished().then_some(run.leaks.all.bytes)),
    count("stack high water, bytes", |run| Some(run.machine.stack_high_water_bytes)),
];

/// A row as text.
struct Row {
    label: String,
    cells: Vec<Cell>,
}

struct Cell {
    text: String,
    /// Figures leave room for it; words do not.
    ratio: Option<String>,
}

/// The table; several, one under the other, where one would be too wide; and what its marks mean.
pub(super) fn tables(columns: &[Column]) -> String {
    let mut rows = heads(columns);
    rows.extend(results(columns));
    rows.extend(QUANTITIES.iter().map(|quantity| figures(quantity, columns)));
    let label_width = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(|column| width(&rows, column)).collect();

    let mut text = String::new();
    let mut first = 0;
    while first < columns.len() {
        let mut end = first + 1;
        let mut line = label_width + GAP + widths[first];
        while end < columns.len() && line + GAP + widths[end] <= WIDTH {
            line += GAP + widths[end];
            end += 1;
        }
        if first > 0 {
            text.push('\n');
        }
        for row in &rows {
            text.push_str(&line_of(row, label_width, first, &widths[first..end]));
        }
        first = end;
    }
    text + &legend(columns)
}

/// Who is who.
fn heads(columns: &[Column]) -> Vec<Row> {
    let mut rows = vec![words("memory", columns, |run| run.memory.to_owned())];
    if several_allocators(columns) {
        rows.push(words("allocator", columns, |run| run.allocator.to_owned()));
    } else if let Some(column) = columns.first() {
        rows[0].label = format!("allocator {}", column.allocator);
    }
    rows
}

/// How the runs ended, and what they printed.
fn results(columns: &[Column]) -> Vec<Row> {
    let number = |number: Option<u64>| number.map_or_else(String::new, grouped);
    let failed_at = |run: &Column| run.failure.as_ref().and_then(|failure| failure.line).map(u64::from);
    let differs_from = |run: &Column| match run.output {
        Output::Differs(line) => line,
        _ => None,
    };
    let mut rows = vec![words("result", columns, |run| {
        run.failure.as_ref().map_or("finished", |failure| failure.kind).to_owned()
    })];
    if columns.iter().any(|run| failed_at(run).is_some()) {
        rows.push(words("  at line", columns, |run| number(failed_at(run))));
    }
    rows.push(words("output", columns, |run| match run.output {
        Output::Same => "same".to_owned(),
        Output::SameButMoved => "same*".to_owned(),
        Output::Differs(_) => "differs".to_owned(),
        Output::Lines(lines) => crate::report::count(lines, "line"),
    }));
    if columns.iter().any(|run| differs_from(run).is_some()) {
        rows.push(words("  from line", columns, |run| number(differs_from(run))));
    }
    rows
}

fn words(label: &str, columns: &[Column], word: impl Fn(&Column) -> String) -> Row {
    let cell = |run| Cell { text: word(run), ratio: None };
    Row { label: label.to_owned(), cells: columns.iter().map(cell).collect() }
}

fn figures(quantity: &Quantity, columns: &[Column]) -> Row {
    // What stopped early is cheap, and no measure.
    let finished = columns.iter().filter(|run| run.finished()).filter_map(quantity.figure);
    let best = match quantity.best {
        Best::Least => finished.min(),
        Best::Most => finished.max(),
    };
    let best = best.filter(|&best| best > 0 && quantity.compared);
    let cell = |run: &Column| {
        let figure = (quantity.figure)(run);
        let ratio = match (figure, best) {
            (Some(figure), Some(best)) if run.finished() => ratio(figure as f64 / best as f64),
            _ => String::new(),
        };
        Cell { text: figure.map_or_else(|| "-".to_owned(), quantity.show), ratio: Some(ratio) }
    };
    Row { label: quantity.label.to_owned(), cells: columns.iter().map(cell).collect() }
}

fn width(rows: &[Row], column: usize) -> usize {
    let cells = rows.iter().map(|row| &row.cells[column]);
    let needed = cells.map(|cell| cell.text.chars().count() + if cell.ratio.is_some() { RATIO } else { 0 });
    needed.max().unwrap_or(0).max(FIGURE + RATIO)
}

fn line_of(row: &Row, label_width: usize, first: usize, widths: &[usize]) -> String {
    let mut line = format!("{:<label_width$}", row.label);
    for (cell, width) in row.cells[first..].iter().zip(widths) {
        let text = &cell.text;
        line.push_str(&" ".repeat(GAP));
        line.push_str(&match &cell.ratio {
            Some(ratio) => format!("{text:>figure$}{ratio:>RATIO$}", figure = width - RATIO),
            None => format!("{text:>width$}"),
        });
    }
    line.truncate(line.trim_end().len());
    line + "\n"
}

fn legend(columns: &[Column]) -> String {
    let mut lines = vec![
        "1.00× is the best of those that finished: the least, of frees the most. Nothing is compared with 0."
            .to_owned(),
        format!("{CLOCK}by the clock, the median; it differs from time to time. All else is exact."),
    ];
    if columns.iter().any(|run| run.output == Output::SameButMoved) {
        lines.push("* the same but for addresses, which depend on who manages the memory".to_owned());
    }
    lines.join("\n") + "\n"
}

/// A ratio in at most five characters: `1.00×`, `12.3×`, `123×`, `>999×`.
fn ratio(ratio: f64) -> String {
    if ratio >= 999.5 { ">999×".to_owned() } else { format!("{}×", three_digits(ratio)) }
}

/// A time in at most seven characters: `41.2 µs`, `1.23 ms`.
fn duration(nanoseconds: u64) -> String {
    let mut value = nanoseconds as f64 / 1e3;
    for unit in ["µs", "ms"] {
        if value < 999.5 {
            return format!("{} {unit}", three_digits(value));
        }
        value /= 1e3;
    }
    format!("{} s", three_digits(value))
}

fn deviation(nanoseconds: u64) -> String {
    format!("±{}", duration(nanoseconds))
}

/// With three digits, but none before the point is left out.
fn three_digits(value: f64) -> String {
    let decimals = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// The median distance from the median: a slow repetition or two do not change it.
fn spread(values: &[u64]) -> u64 {
    let middle = median(values);
    median(&values.iter().map(|value| value.abs_diff(middle)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_at_most_five_characters() {
        for (value, text) in [
            (1.0, "1.00×"),
            (0.333, "0.33×"),
            (9.994, "9.99×"),
            (9.996, "10.0×"),
            (99.96, "100×"),
            (999.4, "999×"),
            (1e9, ">999×"),
        ] {
            assert_eq!(ratio(value), text);
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration(0), "0.00 µs");
        assert_eq!(duration(41_234), "41.2 µs");
        assert_eq!(duration(999_499), "999 µs");
        assert_eq!(duration(999_500), "1.00 ms");
        assert_eq!(duration(12_345_678_900), "12.3 s");
        assert_eq!(duration(1_000_000_000_000), "1000 s");
    }

    #[test]
    fn the_spread_is_the_median_distance_from_the_median() {
        assert_eq!(spread(&[10, 12, 11, 13, 1000]), 1);
        assert_eq!(spread(&[7]), 0);
        assert_eq!(spread(&[]), 0);
    }
}
