//! Counts that are left out change nothing that can be seen: with them and without, a program prints
//! and draws the same, and the same blocks are allocated and freed at the same places in the same order.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use cairn::machine::{
    Backtrace, BlockObserver, End, FileProblem, Host, Machine, MachineOptions, MachineStatistics, Watch,
};
use cairn::memory::{Block, HeapStatistics, MemoryOptions, Place};
use cairn::session::{self, Compiled, Configuration, ElidedCounts};
use proptest::prelude::*;

use crate::strategies::{Choices, choices, program};

/// What a run shows of itself, in order.
type Log = Rc<RefCell<Vec<String>>>;

struct Watcher<'c> {
    log: Log,
    compiled: &'c Compiled,
}

impl Watcher<'_> {
    fn line(&self, site: u32) -> u32 {
        self.compiled.sources.position(self.compiled.program.spans[site as usize]).line
    }
}

impl BlockObserver for Watcher<'_> {
    fn allocated(&mut self, block: &Block, site: u32, _backtrace: &mut dyn FnMut() -> Backtrace) {
        let line = self.line(site);
        // Frames without a slot to release by are smaller, and so stack buffers move.
        let address = (block.place == Place::Heap).then(|| block.pointer.address());
        let (serial, kind) = (block.pointer.serial(), block.kind);
        self.log.borrow_mut().push(format!("line {line}: {serial}, a {kind:?}, is allocated at {address:?}"));
    }

    fn freed(&mut self, serial: u32, site: u32, backtrace: &mut dyn FnMut() -> Backtrace) {
        let (line, depth) = (self.line(site), backtrace().depth);
        self.log.borrow_mut().push(format!("line {line}, depth {depth}: {serial} is freed"));
    }
}

struct World {
    log: Log,
    folder: PathBuf,
    input: Vec<String>,
}

impl Host for World {
    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.log.borrow_mut().push(String::from_utf8_lossy(text).into_owned());
        Ok(())
    }

    fn draw(&mut self, text: &[u8]) -> io::Result<()> {
        // Frames differ in size, and return addresses.
        if text.starts_with(b"stack:") { Ok(()) } else { self.write(text) }
    }

    fn origin(&self, _instruction: u32) -> Option<String> {
        None
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        Ok((!self.input.is_empty()).then(|| self.input.remove(0)))
    }

    fn file_size(&mut self, name: &str) -> Result<u64, FileProblem> {
        self.read_file(name).map(|bytes| bytes.len() as u64)
    }

    fn read_file(&mut self, name: &str) -> Result<Vec<u8>, FileProblem> {
        fs::read(self.folder.join(name)).map_err(|error| FileProblem::System(error.to_string()))
    }
}

/// A run as it can be seen from outside.
struct Seen {
    log: Vec<String>,
    /// Whether it took too long; its log is a beginning.
    cut: bool,
    finished: bool,
    machine: MachineStatistics,
    heap: HeapStatistics,
}

fn see(text: &str, folder: &Path, counts_all: bool) -> Option<Seen> {
    let configuration = Configuration { memory: "refcount", counts_all, ..Configuration::default() };
    let compiled = session::compile("counted.pseudo", text, &configuration).ok()?;
    let options = MachineOptions {
        memory: MemoryOptions {
            strategy: configuration.memory,
            allocator: configuration.allocator,
            heap_bytes: 1 << 26,
            stack_bytes: 1 << 20,
            static_base: 0x0090_0000,
            residue: true,
        },
        seed: 1,
        max_steps: Some(300_000),
        stress: false,
        room_for_globals: 0,
        tolerated_errors: 0,
    };
    let log = Log::default();
    let input = text.lines().filter_map(|line| line.split_once("// input: ")).map(|(_, line)| line.to_owned());
    let mut world = World { log: Rc::clone(&log), folder: folder.to_owned(), input: input.collect() };
    let mut watcher = Watcher { log: Rc::clone(&log), compiled: &compiled };
    let mut machine = Machine::load(&compiled.program, &options).unwrap();
    let end = machine.run(&mut world, &mut Watch::new(&mut watcher), &AtomicBool::new(false));
    let (mut cut, finished) = (false, end == End::Finished);
    let last = match end {
        End::Trapped(trap) => {
            cut = trap.cause.kind().name() == "step-limit";
            let line = watcher.line(trap.at);
            format!("line {line}: {} at depth {}", trap.cause.kind().name(), trap.backtrace.depth)
        }
        other => format!("{other:?}"),
    };
    let lost = machine.memory.leaks(&machine.globals());
    let lost: Vec<_> = lost.iter().map(|lost| (lost.kind, lost.block.pointer.serial())).collect();
    let (statistics, mut heap) = (machine.statistics(), machine.memory.statistics());
    let mut log = log.take();
    if !cut {
        log.push(format!("{last}, having lost {lost:?}"));
    }
    let counted = heap;
    (heap.retains, heap.releases) = (0, 0);
    if !cut {
        log.push(format!("{heap:?}"));
    }
    Some(Seen { log, cut, finished, machine: statistics, heap: counted })
}

/// Runs a program with all counts and with those that can be told, and compares. Gives the counts of both.
fn compare(name: &str, text: &str, folder: &Path) -> Option<[HeapStatistics; 2]> {
    let all = see(text, folder, true)?;
    let some = see(text, folder, false)?;
    let length = if all.cut || some.cut { all.log.len().min(some.log.len()) } else { usize::MAX };
    for (at, (all, some)) in all.log.iter().zip(&some.log).enumerate() {
        assert_eq!(all, some, "entry {at} of {name}:\n{text}");
    }
    assert!(all.log.len() == some.log.len() || length != usize::MAX, "{name} goes on:\n{text}");
    if length == usize::MAX {
        assert_eq!(all.machine.calls, some.machine.calls, "{name}");
        assert!(all.machine.instructions >= some.machine.instructions, "{name}:\n{text}");
    }
    // What an error or `exit()` has left on the stack was never released.
    if all.finished {
        let left_out = |of: fn(&HeapStatistics) -> u64| of(&all.heap).checked_sub(of(&some.heap));
        assert_eq!(left_out(|heap| heap.retains), left_out(|heap| heap.releases), "{name}:\n{text}");
    }
    Some([all.heap, some.heap])
}

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "pseudo") {
            found.push(path);
        }
    }
}

#[test]
fn every_program_of_the_corpus_frees_the_same_blocks_at_the_same_places() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    programs(&root.join("tests/corpus"), &mut found);
    programs(&root.join("examples"), &mut found);
    found.sort();
    let (mut counting, mut fewer) = (0, 0);
    for path in found {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Some(heaps) = compare(&path.display().to_string(), &text, path.parent().unwrap()) {
            counting += u64::from(heaps[0].retains > 0);
            fewer += u64::from(heaps[1].retains < heaps[0].retains);
        }
    }
    assert!(2 * fewer > counting, "fewer counts in {fewer} of {counting} programs");
}

/// A random program whose probes draw the whole heap.
fn drawn(choices: &Choices, cycles: bool) -> String {
    program(choices, cycles).replace("memory_stats()", "memory_stats()\n    show_heap()")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_free_the_same_blocks_at_the_same_places(choices in choices(), cycles in any::<bool>()) {
        compare("it", &drawn(&choices, cycles), Path::new("."));
    }
}

#[test]
fn what_is_left_out_is_measured_by_a_second_run() {
    let text = "\
record Node: value, next
function sum(p):
    total = 0
    while p is not null:
        total = total + p.value
        p = p.next
    return total
head = null
for i from 1 to 10:
    head = new Node(i + input(), head)
print(sum(head))
";
    let outcome = |configuration: &Configuration| {
        let compiled = session::compile("sum.pseudo", text, configuration).unwrap();
        let (input, quiet) = ("1\n".repeat(10), AtomicBool::new(false));
        session::run(&compiled, configuration, &mut input.as_bytes(), &mut io::sink(), &mut io::sink(), &quiet).unwrap()
    };
    let some = Configuration { memory: "refcount", measures_elision: true, ..Configuration::default() };
    let all = outcome(&Configuration { counts_all: true, ..some.clone() });
    let measured = outcome(&some);
    let left_out = measured.elided.unwrap();
    assert_eq!(left_out.retains, all.heap.retains - measured.heap.retains);
    assert_eq!(left_out.releases, all.heap.releases - measured.heap.releases);
    assert!(left_out.retains >= 20, "{left_out:?}");
    assert_eq!(all.elided, Some(ElidedCounts::default()));
    // A second run has its limit.
    assert_eq!(outcome(&Configuration { replay_limit: 10, ..some.clone() }).elided, None);
    let manual = outcome(&Configuration { memory: "manual", ..some });
    assert_eq!(manual.elided, Some(ElidedCounts::default()));
}

#[test]
fn a_disassembly_says_what_is_left_out() {
    let text = "\
record Node: next
function second(p):
    if p.next is null: return 0
    return length(p.next)
n = new Node(null)
n.next = new Node(n)
print(second(n))
";
    let configuration = Configuration { memory: "refcount", ..Configuration::default() };
    let compiled = session::compile("second.pseudo", text, &configuration).unwrap();
    let listing = cairn::bytecode::disassembler::disassemble(&compiled.program, &compiled.sources);
    for (what, mnemonic) in [
        ("; elided: retain t3 (borrowed)", "load-field "),
        ("; elided: release p (borrowed)", "return "),
        ("; elided: retain t2 (given), release t2 (given)", "store-field-given "),
    ] {
        let found = listing.lines().any(|line| line.contains(mnemonic) && line.contains(what));
        assert!(found, "{mnemonic}{what}\n{listing}");
    }
}
