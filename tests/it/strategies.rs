//! Random programs do the same under every strategy, and keep the same blocks alive at every step under
//! those that reclaim: counts are right on every path, and roots are exact.

use std::sync::atomic::AtomicBool;

use cairn::memory::strategy::STRATEGIES;
use cairn::session::{self, Configuration, LeakKind, Outcome, Status};
use proptest::prelude::*;

/// Links go to older nodes only, if `CYCLES` does not stand for `true`. `probe` draws what is alive.
const PRELUDE: &str = "
record Node: id, a, b, items[2]
ids = 0
g = null
w = [null, null]

function make():
    global ids
    ids += 1
    n = new Node(ids, null, null)
    n.items = [null, null]
    return n

function link(x, y, i):
    if x is null or y is null: return
    if not CYCLES and x.id <= y.id: return
    if i = 0: x.a = y
    else if i = 1: x.b = y
    else: x.items[i - 2] = y

function left(x):
    if x is null: return null
    return x.a

function right(x):
    if x is null: return null
    r = x.b
    return r

function item(x, i):
    if x is null: return null
    return x.items[i]

function either(x, y):
    if x is null: x = y
    else: y = null
    return x

function last(x):
    for i from 0 to 3:
        if x is null: break
        if x.a is null: return x
        x = x.a
    return x

function second(x, y):
    a = x
    if a is null: return y
    b = a.b
    probe()
    if b is null: return a.a
    if b.a is null: return b
    c = b.a.items[1]
    probe()
    return c

function count(x, n):
    if x is null or n = 0: return 0
    return 1 + count(x.a, n - 1) + count(x.items[0], n - 1) + count(right(x), n - 1)

function shift(x, y):
    if x is null: return y
    k = x.a
    n = x.items
    link(x, y, 0)
    if y is not null: y.b = null
    probe()
    link(x, k, 3)
    return n[1]

function on(x):
    n = make()
    n.a = x
    return n

function id(x):
    if x is null: return \"none\"
    return \"n\" + to_string(x.id)

function after(x, step):
    return x

function probe():
    collect()
    memory_stats()
    show(w[0] is null)
    show(w[1] is null)
    return 0
";

/// What stands for each capital letter. The first of each needs no more choices.
const GRAMMAR: &[(char, &[&str])] = &[
    ('V', &["x", "y", "g"]),
    ('A', &["p", "q"]),
    ('I', &["0", "1", "probe()"]),
    ('L', &["0", "1", "2", "3"]),
    (
        'E',
        &[
            "x",
            "make()",
            "V",
            "A[I]",
            "left(E)",
            "right(E)",
            "item(E, I)",
            "either(E, E)",
            "last(E)",
            "second(E, V)",
            "shift(E, V)",
            "shift(V, V)",
            "after(E, probe())",
            "on(E)",
            "[E, E][I]",
            "make().items[I]",
            "on(E).a",
            "f(d - 1, E, E)",
            "h(d - 1, E, E)",
        ],
    ),
    (
        'C',
        &[
            "E is null",
            "E is not null",
            "E = E",
            "C and C",
            "C or C",
            "not (C)",
            "id(E) < id(E)",
            "count(V, 3) > 2",
            "count(E, 2) = 1",
        ],
    ),
    ('T', &["\"t\"", "id(E)", "T + T", "s", "after(T, probe())", "substring(T, 0, 1)"]),
    ('B', &["S", "S\nS", "S\nS\nS"]),
    (
        'S',
        &[
            "V = E",
            "probe()",
            "x = x",
            "u = x\nx = last(u)\nprobe()",
            "u = y\nk = null\nwhile u is not null:\n    k = u\n    u = u.a\nprint(k is null)",
            "if x is not null:\n    u = x.a\n    k = u\n    S\n    print(k is null)",
            "V = null",
            "A[I] = E",
            "A = [E, E, E]",
            "link(E, E, L)",
            "w[I] = weak (E)",
            "if x is not null: x = x.a",
            "if y is not null: y = y.items[I]",
            "if x is not null and x.a is not null: x.a = x.a.b",
            "x, y = y, x",
            "V, A[0] = A[1], E",
            "swap(A[0], A[1])",
            "p = q",
            "make()",
            "s = T",
            "t[I] = T\nprint(t[0], t[1])",
            "print(T, id(E), probe())",
            "if C:\n    B",
            "if C:\n    B\nelse:\n    B",
            "for each e in A:\n    x = e\n    B",
            "for each x in [E, E]:\n    B",
            "for i from 0 to 2:\n    V = A[i]\n    if C: break\n    B",
            "for each y in A:\n    if C: continue\n    B",
            "z = [[E, E], [E]]\nV = z[0][I]\nz = null",
            "r = heap_reallocate([E, E, E], 4)\nr[3] = E\nA = r\nr = null",
            "defer probe()",
            "defer V = E",
            "if C: return E",
        ],
    ),
];

/// For each function its statements, for each of those the choices that lead to it; the fewer and the
/// smaller, the simpler it is.
pub type Choices = [Vec<Vec<u8>>; 3];

pub fn choices() -> impl Strategy<Value = Choices> {
    let statement = prop::collection::vec(any::<u8>(), 1..24);
    prop::array::uniform3(prop::collection::vec(statement, 0..7))
}

pub fn program(choices: &Choices, cycles: bool) -> String {
    let mut text = PRELUDE.replace("CYCLES", if cycles { "true" } else { "false" });
    let functions = [
        ("f(d, x, y)", "if d < 1: return x", "stack_allocate(3 pointers)\nfill(p, null, 3)"),
        ("h(d, x, y)", "if d < 1: return x", "[null, null, null]"),
        ("main()", "d = 2\nx = null\ny = null", "[null, null, null]"),
    ];
    for ((head, given, array), statements) in functions.iter().zip(choices) {
        let mut body = format!("global g\n{given}\ns = \"s\"\nt = [s, s]\nq = [null, x, y]\np = {array}\n");
        for choices in statements {
            body += &expand("S\n", &mut choices.iter().copied());
        }
        body += "probe()\nreturn x";
        text += &format!("\nfunction {head}:\n    {}\n", body.replace('\n', "\n    "));
    }
    text
}

/// Replaces capital letters until there are none; lines of what replaces one are set in as it is.
fn expand(template: &str, choices: &mut impl Iterator<Item = u8>) -> String {
    let mut text = String::new();
    for character in template.chars() {
        let Some((_, rows)) = GRAMMAR.iter().find(|(letter, _)| *letter == character) else {
            text.push(character);
            continue;
        };
        let row = rows[usize::from(choices.next().unwrap_or(0)) % rows.len()];
        let line = text.rsplit('\n').next().unwrap_or_default();
        let margin = " ".repeat(line.len() - line.trim_start().len());
        text.push_str(&expand(row, choices).replace('\n', &format!("\n{margin}")));
    }
    text
}

/// What a program printed, and what its probes drew.
struct Run {
    outcome: Outcome,
    output: String,
    alive: Vec<String>,
}

fn run(text: &str, memory: &'static str, stress: bool) -> Run {
    let configuration = Configuration { memory, stress, max_steps: Some(20_000), ..Configuration::default() };
    let compiled = session::compile("random.pseudo", text, &configuration).expect("it compiles");
    let (mut output, mut drawings) = (Vec::new(), Vec::new());
    let interrupt = AtomicBool::new(false);
    let outcome =
        session::run(&compiled, &configuration, &mut std::io::empty(), &mut output, &mut drawings, &interrupt)
            .expect("it runs");
    let drawings = String::from_utf8(drawings).unwrap();
    // Of the figures, those that only depend on what is alive.
    let alive = drawings.lines().map(|line| line.split(" (peak").next().unwrap_or_default().to_owned()).collect();
    Run { outcome, output: String::from_utf8(output).unwrap(), alive }
}

/// Runs a program under every strategy, plain and with `--stress`, and compares what each printed. Gives
/// the runs by those that reclaim; none if it takes too long.
fn reclaiming_runs(text: &str) -> Option<Vec<Run>> {
    let mut runs = Vec::new();
    for row in STRATEGIES {
        for stress in [false, true] {
            let run = run(text, row.name, stress);
            if run.outcome.status != Status::Finished {
                let kind = run.outcome.error.map(|error| error.kind.name());
                assert_eq!(kind, Some("step-limit"), "{} stops:\n{text}", row.name);
                return None;
            }
            runs.push((row, run));
        }
    }
    let (_, first) = &runs[0];
    for (row, run) in &runs {
        assert_eq!(run.output, first.output, "{} prints something else:\n{text}", row.name);
    }
    Some(runs.into_iter().filter(|(row, _)| row.requirements.reclaims()).map(|(_, run)| run).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_same_blocks_are_alive_at_every_step_where_no_cycle_is(choices in choices()) {
        let text = program(&choices, false);
        if let Some(runs) = reclaiming_runs(&text) {
            for run in &runs {
                prop_assert_eq!(&run.alive, &runs[0].alive, "\n{}", text);
                prop_assert_eq!(run.outcome.leaks.as_ref().map(|leaks| leaks.blocks), Some(0), "\n{}", text);
            }
        }
    }

    #[test]
    fn what_counts_miss_is_reported_as_cycles_and_what_hangs_on_them(choices in choices()) {
        let text = program(&choices, true);
        if let Some(runs) = reclaiming_runs(&text) {
            let least = runs.iter().map(|run| run.outcome.heap.live_bytes).min().unwrap();
            for run in &runs {
                let leaks = run.outcome.leaks.as_ref().unwrap();
                prop_assert_eq!(leaks.bytes, run.outcome.heap.live_bytes - least, "\n{}", text);
                let cyclic = leaks.groups.iter().any(|group| group.kind == LeakKind::Cycle);
                prop_assert_eq!(cyclic, leaks.blocks > 0, "\n{}", text);
            }
        }
    }
}
