//! The whole heap as a map: each character stands for a range of bytes, and says what most of it is.

use super::{Drawing, Ink, address, bytes};
use crate::memory::Stretch;
use crate::memory::allocator::RunState;

/// What a byte of the heap is there for, with the letter and the words of the legend. Of equal shares the
/// first is shown.
const KINDS: [(char, &str, Ink); 6] = [
    ('#', "live", Ink::Live),
    ('H', "header", Ink::Header),
    ('.', "free", Ink::Free),
    ('-', "padding", Ink::Padding),
    ('A', "allocator", Ink::Control),
    ('?', "overwritten", Ink::Wrong),
];
const LIVE: usize = 0;
const HEADER: usize = 1;
const FREE: usize = 2;
const PADDING: usize = 3;
const ALLOCATOR: usize = 4;
const OVERWRITTEN: usize = 5;

/// Bytes of each kind in a cell.
type Cell = [u64; KINDS.len()];

/// The cells of a map being filled in order of address.
struct Cells {
    bytes_each: u64,
    cells: Vec<Cell>,
}

impl Cells {
    /// Puts down that the bytes of a range, offsets from the start of the heap, are of a kind.
    fn add(&mut self, from: u64, to: u64, kind: usize) {
        let mut at = from;
        while at < to {
            let cell = at / self.bytes_each;
            let end = to.min((cell + 1) * self.bytes_each);
            if let Some(cell) = self.cells.get_mut(cell as usize) {
                cell[kind] += end - at;
            }
            at = end;
        }
    }
}

impl Drawing<'_> {
    /// The whole heap in at most `lines` lines of `columns` characters, with the address at which each
    /// line begins, a legend, and how much a character stands for.
    pub fn map(&self, lines: usize, columns: usize) -> String {
        let memory = &self.machine.memory;
        let heap = &memory.space.heap;
        let size = 8 * heap.words.len() as u64;
        if size == 0 {
            return "the heap is empty: nothing has been taken from the system yet\n".to_owned();
        }
        let columns = columns.max(1);
        let bytes_each = size.div_ceil((lines.max(1) * columns) as u64).next_multiple_of(8);
        let cells = vec![Cell::default(); size.div_ceil(bytes_each) as usize];
        let mut cells = Cells { bytes_each, cells };
        for stretch in memory.stretches() {
            let start = 8 * stretch.start() as u64;
            match stretch {
                Stretch::Overwritten { words, .. } => cells.add(start, start + 8 * words as u64, OVERWRITTEN),
                Stretch::Run(run) => {
                    let end = start + 8 * run.words as u64;
                    match (run.state, memory.block_of(&run)) {
                        (RunState::Live, Some(block)) => {
                            let data = (start + 8 * memory.header_words() as u64).min(end);
                            let padding = data.saturating_add(block.bytes).min(end);
                            cells.add(start, data, HEADER);
                            cells.add(data, padding, LIVE);
                            cells.add(padding, end, PADDING);
                        }
                        (RunState::Control, _) => cells.add(start, end, ALLOCATOR),
                        _ => cells.add(start, end, FREE),
                    }
                }
            }
        }

        let shown: Vec<usize> = cells.cells.iter().map(most).collect();
        let mut out = String::new();
        for (line, kinds) in shown.chunks(columns).enumerate() {
            let at = heap.address(line * columns * (bytes_each / 8) as usize);
            out += &format!("  {}  |{}|\n", self.paint(Ink::Frame, &address(at)), self.strip(kinds));
        }
        let legend: Vec<String> = KINDS
            .iter()
            .enumerate()
            .filter(|(kind, _)| cells.cells.iter().any(|cell| cell[*kind] > 0))
            .map(|(_, (letter, name, ink))| format!("{} {name}", self.paint(*ink, &letter.to_string())))
            .collect();
        let end = heap.origin.wrapping_add(size as u32);
        out += &format!(
            "  {}  a character is most of {}:  {}\n",
            self.paint(Ink::Frame, &address(end)),
            bytes(bytes_each),
            legend.join("  ")
        );
        out
    }

    fn strip(&self, kinds: &[usize]) -> String {
        let painted = kinds.chunk_by(|left, right| left == right).map(|run| {
            let (letter, _, ink) = KINDS[run[0]];
            self.paint(ink, &letter.to_string().repeat(run.len()))
        });
        painted.collect()
    }
}

/// What most bytes of a cell are.
fn most(cell: &Cell) -> usize {
    (0..KINDS.len()).rev().max_by_key(|&kind| cell[kind]).unwrap_or(FREE)
}
