//! What is drawn of a machine, as whole artefacts: one small program each.
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of a type with a lifetime is not general enough"
)]

use std::fmt::Write as _;
use std::io;
use std::sync::atomic::AtomicBool;

use cairn::machine::drawing::{Drawing, Palette};
use cairn::machine::{End, FileProblem, Host, Machine, MachineOptions, NoProbe, Position};
use cairn::memory::{MemoryOptions, Value};
use cairn::session::{self, Compiled, Configuration, USER_SOURCE};

/// A world that nothing is asked of, but where instructions come from.
struct World<'c>(&'c Compiled);

fn line(compiled: &Compiled, instruction: u32) -> Option<String> {
    let span = compiled.program.spans.get(instruction as usize).filter(|span| span.start < span.end)?;
    let in_file = compiled.sources.find(span.start) == USER_SOURCE;
    in_file.then(|| format!("line {}", compiled.sources.position(*span).line))
}

impl Host for World<'_> {
    fn write(&mut self, _text: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn draw(&mut self, _text: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn origin(&self, instruction: u32) -> Option<String> {
        line(self.0, instruction)
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn file_size(&mut self, _name: &str) -> Result<u64, FileProblem> {
        Err(FileProblem::Outside)
    }

    fn read_file(&mut self, _name: &str) -> Result<Vec<u8>, FileProblem> {
        Err(FileProblem::Outside)
    }
}

/// Runs a program to its end, or to its error, and draws of what it leaves.
fn drawn(memory: &'static str, source: &str, draw: impl Fn(&mut Machine<'_>, &Look<'_>, &mut String)) -> String {
    let configuration = Configuration { memory, ..Configuration::default() };
    let compiled = session::compile("drawn.pseudo", source, &configuration).expect("it compiles");
    let options = MachineOptions {
        memory: MemoryOptions {
            strategy: memory,
            allocator: configuration.allocator,
            heap_bytes: configuration.heap_bytes,
            stack_bytes: configuration.stack_bytes,
            static_base: compiled.program.static_base() as u32,
            residue: true,
        },
        seed: 1,
        max_steps: None,
        tolerated_errors: 0,
        stress: false,
        room_for_globals: 0,
    };
    let mut machine = Machine::load(&compiled.program, &options).expect("it fits");
    let end = machine.run(&mut World(&compiled), &mut NoProbe, &AtomicBool::new(false));
    let position = match end {
        End::Finished => Position { pc: compiled.program.functions[0].end as usize - 1, base: 0 },
        End::Trapped(trap) => trap.position(),
        end => panic!("{end:?}"),
    };
    let mut out = format!("{source}----\n");
    let look = Look { compiled: &compiled, position };
    draw(&mut machine, &look, &mut out);
    out
}

/// How a machine is looked at.
struct Look<'c> {
    compiled: &'c Compiled,
    position: Position,
}

impl Look<'_> {
    fn at<T>(&self, machine: &Machine<'_>, draw: impl FnOnce(&Drawing<'_>) -> T) -> T {
        let origin = |instruction| line(self.compiled, instruction);
        draw(&Drawing::new(machine, Some(self.position), &origin, Palette::Plain))
    }

    /// A global by its name.
    fn global(&self, machine: &Machine<'_>, name: &str) -> Value {
        let index = self.compiled.program.globals.iter().position(|global| global.name == name);
        machine.memory.held(machine.globals()[index.expect("there is such a global")])
    }
}

macro_rules! assert_drawn {
    ($name:literal, $text:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn values_in_a_line() {
    let source = "\
record Node: value, next
record Character: name, model_data, inventory[4]
player = new Character(heap_allocate(16))
copyString(player.name, \"Player 1\")
for i from 0 to 3: player.inventory[i] = i + 1
slots = player.inventory
name = player.name
list = null
for i from 1 to 9: list = new Node(i, list)
ring = new Node(\"it\", null)
ring.next = ring
numbers = allocate(1000 integers)
rows = [[1, 2.5], [\"a\\n\", true]]
plain = heap_allocate(24)
plain.width = 3
unused = heap_allocate(100)
old = heap_allocate(24)
heap_free(old)
other = heap_allocate(64)
text = \"\\\"quoted\\\"\"
empty_array = []
";
    let text = drawn("manual", source, |machine, look, out| {
        for global in &look.compiled.program.globals {
            let value = look.global(machine, &global.name);
            let shown = look.at(machine, |drawing| drawing.inspect(value));
            let _ = writeln!(out, "{:<12} {shown}", global.name);
        }
    });
    assert_drawn!("drawing_of_values", text);
}

#[test]
fn a_value_with_all_that_it_leads_to() {
    let source = "\
record Tree: key, left, right
function insert(tree, key):
    if tree is null: return new Tree(key, null, null)
    if key < tree.key: tree.left = insert(tree.left, key)
    else: tree.right = insert(tree.right, key)
    return tree

tree = null
for each key in [5, 2, 8, 1, 3, 9, 10]: tree = insert(tree, key)
tree.left.left.right = tree
long = null
for i from 1 to 100: long = [i, long]
";
    let text = drawn("manual", source, |machine, look, out| {
        for name in ["tree", "long"] {
            let value = look.global(machine, name);
            out.push_str(&look.at(machine, |drawing| drawing.value(value)));
            out.push('\n');
        }
    });
    assert_drawn!("drawing_of_a_tree", text);
}

#[test]
fn the_stack_at_an_error() {
    let source = "\
record Node: value, next
function fill(buffer, list, scale):
    sum = 0
    for i from 0 to 3:
        buffer[i] = (i + 1) * scale
        sum = sum + buffer[i] + list.value
    list = list.next
    late = list.value
    return sum + late

function work(n):
    if n > 0: return 1 + work(n - 1)
    buffer = stack_allocate(10 integers)
    list = new Node(1.5, null)
    return 2 * fill(buffer, list, 10)

total = work(12)
";
    let text = drawn("manual", source, |machine, look, out| {
        out.push_str(&look.at(machine, |drawing| drawing.stack()));
        out.push_str(&look.at(machine, |drawing| drawing.globals()));
    });
    assert_drawn!("drawing_of_a_stack", text);
}

const HEAP: &str = "\
record Node: value, next
a = heap_allocate(100)
copyString(a, \"some text\")
b = heap_allocate(20)
c = new Node(1, null)
c.next = new Node(2, c)
d = allocate(3 floats)
heap_free(b)
for i from 1 to 40:
    e = [i, i]
name = \"a\" + \"b\"
";

#[test]
fn the_heap_by_address() {
    let text = drawn("manual", HEAP, |machine, look, out| {
        out.push_str(&look.at(machine, |drawing| drawing.heap()));
        out.push('\n');
        out.push_str(&look.at(machine, |drawing| drawing.map(4, 80)));
        out.push('\n');
        out.push_str(&look.at(machine, |drawing| drawing.allocator()));
        out.push('\n');
        out.push_str(&look.at(machine, |drawing| drawing.memory()));
    });
    assert_drawn!("drawing_of_a_heap", text);
}

#[test]
fn the_heap_with_counts() {
    let text = drawn("refcount", HEAP, |machine, look, out| {
        out.push_str(&look.at(machine, |drawing| drawing.heap()));
        out.push('\n');
        out.push_str(&look.at(machine, |drawing| drawing.memory()));
    });
    assert_drawn!("drawing_of_a_counted_heap", text);
}

#[test]
fn bytes_of_every_segment() {
    let source = "\
record Pair: first, second
pair = new Pair(1.5, \"text\")
raw = heap_allocate(12)
raw[0] = 200
raw[9] = 65
old = heap_allocate(16)
heap_free(old)
function f(x):
    return x.first + null
y = f(pair)
";
    let text = drawn("manual", source, |machine, look, out| {
        for name in ["pair", "raw", "old"] {
            let value = look.global(machine, name);
            let dump = look.at(machine, |drawing| drawing.bytes_of(value));
            let _ = writeln!(out, "{name}\n{}", dump.expect("it is a reference"));
        }
        let globals = machine.memory.space.statics.address(machine.memory.space.statics.words.len() - 4);
        let parts = [("globals", globals, 32), ("stack", 0xFFFF_FFA0, 96), ("none", 16, 64)];
        for (name, from, length) in parts {
            let _ = writeln!(out, "{name}\n{}", look.at(machine, |drawing| drawing.bytes(from, length)));
        }
        // The numbers of opcodes change with the table of instructions.
        let code = look.at(machine, |drawing| drawing.bytes(0x0040_1000, 40));
        assert!(code.lines().next().is_some_and(|line| line.starts_with("  0x00401000  c  ")), "{code}");
        assert!(code.contains("|  allocate-record t2, or-stop, Pair <top level>, line 2\n"), "{code}");
        let _ = writeln!(out, "{:?}", look.at(machine, |drawing| drawing.bytes_of(Value::integer(-1))));
        let _ = writeln!(out, "{:?}", look.at(machine, |drawing| drawing.bytes_of(Value::NULL)));
    });
    assert_drawn!("drawing_of_bytes", text);
}

#[test]
fn why_a_block_is_there() {
    let source = "\
record Node: value, next
list = null
for i from 1 to 30: list = new Node(i, list)
table = [null, [list.next.next], null]
lost = new Node(\"alone\", null)
ring = new Node(\"ring\", null)
ring.next = new Node(\"back\", ring)
gone = [1]
heap_free(gone)
text = \"literal\"
function hold(kept):
    buffer = stack_allocate(3 pointers)
    buffer[1] = kept.next
    buffer[0] = lost
    lost_there = lost
    return null + 1
hold(list)
";
    let text = drawn("manual", source, |machine, look, out| {
        let mut targets = vec![];
        let mut node = look.global(machine, "list");
        for depth in 0..30 {
            if matches!(depth, 0 | 1 | 2 | 3 | 29) {
                targets.push(node);
            }
            let block = machine.memory.block(node).expect("it is alive");
            node = machine.memory.contents(&block).nth(1).expect("it has two fields").1;
        }
        for name in ["gone", "text"] {
            targets.push(look.global(machine, name));
        }
        targets.push(Value::integer(5));
        for value in targets {
            let _ = writeln!(out, "{}", look.at(machine, |drawing| drawing.why(value)));
        }
        // The globals forget them.
        let ring = look.global(machine, "ring");
        let lost = look.global(machine, "lost");
        let first = 1 + machine.memory.space.statics.words.len() - look.compiled.program.globals.len() - 1;
        for at in first..machine.memory.space.statics.words.len() {
            machine.memory.space.statics.set(at, Value::NULL);
        }
        for value in [ring, lost] {
            let _ = writeln!(out, "{}", look.at(machine, |drawing| drawing.why(value)));
        }
    });
    assert_drawn!("drawing_of_ways_to_a_block", text);
}

/// Whatever is overwritten, a drawing shows what is there; a wrong one is better than none.
#[test]
fn overwritten_memory_is_drawn() {
    use cairn::memory::Tag;
    const TAGS: [Tag; 24] = [
        Tag::Uninitialised,
        Tag::Integer,
        Tag::Float,
        Tag::Boolean,
        Tag::Null,
        Tag::Pointer,
        Tag::InteriorPointer,
        Tag::String,
        Tag::WeakPointer,
        Tag::WeakInteriorPointer,
        Tag::Bytes,
        Tag::PartialBytes,
        Tag::CodeAddress,
        Tag::FrameLink,
        Tag::ElementsHeader,
        Tag::BytesHeader,
        Tag::PlainHeader,
        Tag::FieldsHeader,
        Tag::AsciiHeader,
        Tag::Utf8Header,
        Tag::CountHeader,
        Tag::Free,
        Tag::FreeHeader,
        Tag::Control,
    ];
    let source = "\
record Node: value, next, slots[2]
function f(n, list):
    buffer = stack_allocate(6 integers)
    buffer[2] = list
    list.slots[1] = list
    if n == 0: return null + 1
    return f(n - 1, new Node(n, list))
f(9, new Node(\"first\", null))
";
    for memory in ["manual", "refcount"] {
        let text = drawn(memory, source, |machine, look, out| {
            let mut state = 1u64;
            let mut random = move || {
                // Knuth's MMIX generator; the low bits are weak.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state >> 32
            };
            let depth =
                (0xFFFF_FFF0 - machine.memory.space.stack.address(machine.memory.space.stack.words.len() - 1)) / 8;
            for round in 0..200 {
                let space = &mut machine.memory.space;
                for segment in [&mut space.statics, &mut space.heap, &mut space.stack] {
                    let length = if segment.descending { 130.min(depth as usize) } else { segment.words.len() };
                    let used = if segment.descending { 0 } else { length.saturating_sub(100) };
                    for _ in 0..1 + round / 50 {
                        let index = used + random() as usize % (length - used);
                        let old = segment.get(index);
                        let word = match random() % 4 {
                            0 => old.word ^ 1 << (random() % 64),
                            1 => random() << 32 | random(),
                            2 => segment.words[used + random() as usize % (length - used)],
                            _ => old.word,
                        };
                        let tag = if random() % 2 == 0 { old.tag } else { TAGS[random() as usize % TAGS.len()] };
                        segment.set(index, Value::new(word, tag));
                    }
                }
                let value = machine.memory.space.heap.get(460 + random() as usize % 52);
                out.clear();
                look.at(machine, |drawing| {
                    out.push_str(&drawing.stack());
                    out.push_str(&drawing.heap());
                    out.push_str(&drawing.map(3, 70));
                    out.push_str(&drawing.allocator());
                    out.push_str(&drawing.inspect(value));
                    out.push_str(&drawing.value(value));
                    out.push_str(&drawing.why(value));
                    out.push_str(&drawing.bytes_of(value).unwrap_or_default());
                    out.push_str(&drawing.bytes(0x00BE_EE00, 512));
                    out.push_str(&drawing.bytes(0xFFFF_FE00, 512));
                });
                assert!(out.lines().count() < 1000, "{out}");
            }
        });
        assert!(text.contains("overwritten"), "{text}");
    }
}

#[test]
fn colours_only_repeat_what_the_letters_say() {
    let source = "record Node: value, next\nx = new Node([1, 2], \"a\")\nx.value = 1 + null\n";
    drawn("manual", source, |machine, look, _| {
        let origin = |_| None;
        let x = look.global(machine, "x");
        let all = |palette| {
            let drawing = Drawing::new(machine, Some(look.position), &origin, palette);
            let parts = [drawing.stack(), drawing.globals(), drawing.heap(), drawing.value(x), drawing.why(x)];
            parts.concat() + &drawing.bytes_of(x).expect("it is a reference")
        };
        let coloured = all(Palette::Ansi);
        assert!(coloured.contains("\x1b[32m"));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), all(Palette::Plain));
    });
}
