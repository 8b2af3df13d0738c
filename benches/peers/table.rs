//! The measured times as Markdown: medians, and ratios with their spread.

use std::fmt::Write;

use super::{Bound, CAIRN, Peer};

/// The times of one program: by peer and round, in seconds.
type Times = [Vec<f64>];

/// Two tables, of CPU seconds and of ratios, and what they are about.
pub fn render(programs: &[(&str, Option<Bound>)], peers: &[Peer], missing: &[&str], times: &[Vec<Vec<f64>>]) -> String {
    let rounds = times.first().and_then(|times| times.first()).map_or(0, Vec::len);
    let mut text = String::new();
    for peer in peers {
        let _ = writeln!(text, "- {}: {}", peer.name, peer.version);
    }
    for name in missing {
        let _ = writeln!(text, "- {name}: not installed, left out");
    }
    let _ = writeln!(text, "\nCPU seconds, the median of {rounds}:\n");
    row(&mut text, "program", peers.iter().map(|peer| peer.name.to_owned()));
    rule(&mut text, peers.len());
    for ((name, _), times) in programs.iter().zip(times) {
        row(&mut text, name, times.iter().map(|times| show_seconds(Spread::of(times).median)));
    }

    let _ = writeln!(text, "\n{CAIRN} ÷ peer, round by round: the median (least–most):\n");
    let others = || peers.iter().enumerate().skip(1);
    let bounds = ["at most".to_owned(), String::new()];
    row(&mut text, "program", others().map(|(_, peer)| format!("÷ {}", peer.name)).chain(bounds));
    rule(&mut text, peers.len() + 1);
    for ((name, bound), times) in programs.iter().zip(times) {
        let ratios = others().map(|(peer, _)| ratio(times, peer).show());
        row(&mut text, name, ratios.chain(judge(*bound, peers, times)));
    }
    text
}

fn row(text: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
}

fn rule(text: &mut String, columns: usize) {
    let _ = writeln!(text, "|---|{}", "--:|".repeat(columns));
}

/// A bound, and whether it is met.
fn judge(bound: Option<Bound>, peers: &[Peer], times: &Times) -> [String; 2] {
    let (bound, met) = match bound {
        None => return [String::new(), String::new()],
        Some(Bound::Seconds(most)) => (show_seconds(most) + " s", Some(Spread::of(&times[0]).median <= most)),
        Some(Bound::Times(most, name)) => {
            let peer = peers.iter().position(|peer| peer.name == name);
            (format!("{most:.2} × {name}"), peer.map(|peer| ratio(times, peer).median <= most))
        }
    };
    let met = match met {
        Some(true) => "met",
        Some(false) => "**not met**",
        None => "not known",
    };
    [bound, met.to_owned()]
}

/// Of the first, which is cairn, to a peer.
fn ratio(times: &Times, peer: usize) -> Spread {
    Spread::of(&times[0].iter().zip(&times[peer]).map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>())
}

/// A few figures of the same thing.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(figures: &[f64]) -> Spread {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (half, last) = (sorted.len() / 2, sorted.len() - 1);
        let median = if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 };
        Spread { least: sorted[0], median, most: sorted[last] }
    }

    fn show(&self) -> String {
        let digits = if self.median < 10.0 { 2 } else { 1 };
        format!("{:.digits$} ({:.digits$}–{:.digits$})", self.median, self.least, self.most)
    }
}

fn show_seconds(seconds: f64) -> String {
    let digits = if seconds < 0.01 { 4 } else { 3 };
    format!("{seconds:.digits$}")
}
