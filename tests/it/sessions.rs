//! Random sessions: whatever is typed in whatever order, the session goes on, the heap stays sound under every
//! strategy, and what nothing leads to any more is gone in the end.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cairn::memory::strategy::STRATEGIES;
use cairn::session::{Configuration, Console, Event, GoOn, Workbench};
use proptest::prelude::*;

use super::transcript;

/// Definitions. Functions pause, fail, leave, recur, and keep blocks in all sorts of places.
const DEFINITIONS: &[&str] = &[
    "record Node: value, next",
    "record Node: next, value, more",
    "record Node: value, next, items[3]",
    "function f(x): return x",
    "function f(x):\n    y = new Node(x, null)\n    breakpoint()\n    z = [y, x]\n    return z\n",
    "function f(x):\n    y = [x, \"s\" + to_string(1)]\n    if y is null: z = y\n    breakpoint()\n    return y[0]\n",
    "function f(x):\n    y = x\n    x = [y]\n    return y.nothing\n",
    "function f(x):\n    b = stack_allocate(3 elements)\n    b[0] = [x]\n    breakpoint()\n    b[1] = b[0]\n    return b[1]\n",
    "function f(x):\n    y = [x]\n    exit()\n    return y\n",
    "function f(x):\n    defer g(x)\n    y = [x, x]\n    return g(y)\n",
    "function f(x):\n    x = new Node(weak x, [x])\n    y = weak x\n    breakpoint()\n    return y\n",
    "function g(x):\n    for each y in [x, [x], \"t\" + \"u\"]:\n        breakpoint()\n        z = y\n    return z\n",
    "function g(x):\n    y = h(2, [x])\n    return y\n",
    "function g(x):\n    y = copy_of(x)\n    return y\n",
    "function copy_of(x): return [x][0]",
    "function h(n, x):\n    if n = 0:\n        breakpoint()\n        return x\n    y = h(n - 1, [x])\n    return y\n",
    "function h(n, x):\n    y = [x]\n    return h(n + 1, y)\n",
    "function show_it(x):\n    y = [x]\n    show(y)\n    return y\n",
];

const BUFFER: &str = "d = stack_allocate(2 elements)";

/// Statements and expressions. Links lead to what is older only, so nothing goes in a circle.
const STATEMENTS: &[&str] = &[
    "a = new Node(1, null)",
    "b = new Node(a, [1, \"x\" + \"y\"])",
    "c = [a, b, \"text\" + to_string(3)]",
    "a = b",
    "b = null",
    "c = weak b",
    "a.value = [2]",
    "b.next = [3.5, \"z\" + \"z\"]",
    "a, b = b, a",
    "x = [x, 1]",
    "y = new Node(y, null)",
    "y = null",
    "z = f(x)",
    "x = f([1, 2])",
    "a = g(f(b))",
    "f(g(c))",
    "f(a)",
    "g(new Node(1, null))",
    "h(3, a)",
    "show_it(c)",
    "x",
    "y",
    "[x, [y]]",
    "z",
    "a",
    "c",
    "x / 0",
    "a[7]",
    "[a, b][2]",
    "heap_free(a)",
    "heap_free(b)",
    "if true: exit()",
    "collect()",
    "breakpoint()",
    "for each e in c: x = [e]",
    "for each x in [[1], [2]]: y = [x]",
    "for each z in [c, [2]]: pass",
    "for y from 1 to 2: pass",
    BUFFER,
    "d[0] = [a]",
    "x = d[0]",
    "k = \"k\" + \"k\"\nk\nk = k + k",
    "if x is null: y = [x]\nelse: y = [y]",
];

const COMMANDS: &[&str] = &[
    ":step",
    ":next",
    ":finish",
    ":continue",
    ":continue",
    ":stack",
    ":heap",
    ":heap map",
    ":show f(a)",
    ":show [x, y]",
    ":show c",
    ":why a",
    ":why g(x)",
    ":why x",
    ":why 0x00BEEF00",
    ":bytes b",
    ":bytes 0x00BEEF00",
    ":bytes [1, 2]",
    ":memory",
    ":allocator",
    ":leaks",
    ":stats",
    ":collect",
    ":disassemble f",
    ":load examples/add.pseudo",
    ":allocator first-fit",
    ":reset",
];

fn input() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => proptest::sample::select(DEFINITIONS),
        6 => proptest::sample::select(STATEMENTS),
        4 => proptest::sample::select(&COMMANDS[..COMMANDS.len() - 3]),
        1 => proptest::sample::select(COMMANDS),
    ]
}

/// Drops everything: nothing runs any more, and no variable holds anything.
const END: &[&str] = &[
    ":load examples/add.pseudo",
    "a = null; b = null; c = null; d = null; e = null; k = null; x = null; y = null; z = null",
    ":collect",
    ":leaks",
];

fn session(inputs: &[&str], memory: &'static str) -> Vec<String> {
    let configuration =
        Configuration { memory, stack_bytes: 16 << 10, heap_bytes: 1 << 18, stress: true, ..Configuration::default() };
    let inputs = inputs.iter().chain(END).map(|&input| input.to_owned()).collect();
    transcript::session(configuration, inputs)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sessions_stay_sound(inputs in proptest::collection::vec(input(), 1..40)) {
        for strategy in STRATEGIES {
            let shown = session(&inputs, strategy.name);
            if strategy.requirements.reclaims() {
                let leaks = shown.last().expect("there is a last answer");
                // A stack buffer of the top level stays, and so does what it holds.
                let is_gone = leaks.contains("all freed") || leaks.contains("in use") && inputs.contains(&BUFFER);
                prop_assert!(is_gone || leaks.contains("nothing"), "{}: {}", strategy.name, shown.concat());
            }
        }
    }
}

/// Raises the flag of Ctrl-C as soon as something is printed.
struct Impatient<'a>(&'a AtomicBool);

impl Write for Impatient<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.store(true, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_interrupted_leaves_nothing_behind() {
    let definition = "function work(a):\n    b = [a, \"t\" + \"u\"]\n    breakpoint()\n    while true:\n        \
                      b = [b[0], b[1]]\n        print(b[0])\n";
    for strategy in STRATEGIES {
        let configuration = Configuration { memory: strategy.name, stress: true, ..Configuration::default() };
        let mut workbench = Workbench::new(configuration).expect("there is memory");
        let interrupt = AtomicBool::new(false);
        let mut enter = |text: &str| {
            interrupt.store(false, Ordering::Relaxed);
            let mut console = Console {
                input: &mut io::empty(),
                output: &mut Impatient(&interrupt),
                drawings: &mut io::sink(),
                interrupt: &interrupt,
            };
            match text {
                ":continue" => workbench.go_on(GoOn::Continue, &mut console).expect("it is paused"),
                _ => workbench.enter(text, &mut console).unwrap_or_else(|errors| panic!("{errors:?}")).1,
            }
        };
        enter(definition);
        assert!(matches!(enter("x = work([1])"), Event::Paused(_)));
        assert!(matches!(enter("work([2])"), Event::Paused(_)));
        assert!(matches!(enter("while true: print(b)"), Event::Interrupted(_)));
        assert!(matches!(enter(":continue"), Event::Interrupted(_)), "the inner one");
        assert!(matches!(enter("b = [b, b]"), Event::Finished));
        assert!(matches!(enter(":continue"), Event::Interrupted(_)), "the outer one");
        assert!(matches!(enter("y = 1"), Event::Finished));
        if strategy.requirements.reclaims() {
            workbench.collect().expect("the heap is sound");
            assert_eq!(workbench.figures().heap.live_bytes, 0, "{}", strategy.name);
        }
    }
}

#[test]
fn many_inputs_take_no_longer_than_they_should() {
    let inputs: Vec<String> = (0..1000)
        .map(|i| if i % 10 == 0 { format!("function f{i}(a): return a + {i}") } else { format!("x{} = {i}", i % 50) })
        .collect();
    let started = Instant::now();
    transcript::session(Configuration::default(), inputs);
    // Generous: unoptimised, on a machine with other things to do.
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}
