//! Whole reports of small programs, as people and programs read them.

use std::sync::atomic::AtomicBool;

use super::json::Report;
use super::{diagnostic, leaks, run_error};
use crate::session::{self, Compiled, Configuration, Outcome};

fn run(text: &str, configuration: &Configuration) -> (Compiled, Outcome) {
    let compiled = session::compile("t.pseudo", text, configuration).unwrap();
    let interrupt = AtomicBool::new(false);
    let (input, output, drawings) = (&mut std::io::empty(), &mut std::io::sink(), &mut std::io::sink());
    let outcome = session::run(&compiled, configuration, input, output, drawings, &interrupt).unwrap();
    (compiled, outcome)
}

fn card_with(text: &str, configuration: &Configuration) -> String {
    let (compiled, outcome) = run(text, configuration);
    let error = outcome.error.as_ref().expect("it stops");
    diagnostic::render(&compiled.sources, &run_error::card(&compiled, configuration, &outcome, error), false)
}

fn card(text: &str) -> String {
    card_with(text, &Configuration::default())
}

/// The headline of a card, without its kind.
fn headline(text: &str) -> String {
    let card = card(text);
    card.lines().next().and_then(|line| line.split_once("]: ")).map(|(_, headline)| headline.to_owned()).unwrap()
}

#[test]
fn a_block_freed_elsewhere() {
    let text = "\
record Node: value, next
function release(node):
    heap_free(node)
function main():
    node = new Node(1, null)
    release(node)
    print(node.value)
";
    insta::assert_snapshot!(card(text), @"
    error[use-after-free]: the block `node` is used after it was freed
     --> t.pseudo:7:11
      |
    3 |     heap_free(node)
      |     --------------- freed here
    4 | function main():
    5 |     node = new Node(1, null)
      |            ----------------- allocated here
    6 |     release(node)
    7 |     print(node.value)
      |           ^^^^^^^^^^ used here
      |
      = note: the field `value` of the 16-byte block `node` at 0x00BEEF00, freed at line 3
      = note: the memory may have been handed out again: on a real machine this reads or overwrites something else
      = note: call stack, innermost first:
                main (line 7)
                <top level>
      = note: freed by release (line 3), called by main (line 6), called by <top level>
      = help: free a block after its last use, and set the variable to `null` then
      = help: `cairn explain use-after-free` says more
    ");
}

#[test]
fn a_stack_buffer_overrun() {
    let text = "\
function main():
    i = 0
    buffer = stack_allocate(10 integers)
    while true:
        buffer[i] = i
        i = i + 1
";
    insta::assert_snapshot!(card(text), @"
    error[stack-buffer-overflow]: index 10 is outside the stack buffer `buffer`, whose 10 elements have the indices 0 to 9
     --> t.pseudo:5:9
      |
    3 |     buffer = stack_allocate(10 integers)
      |              --------------------------- allocated here
    4 |     while true:
    5 |         buffer[i] = i
      |         ^^^^^^^^^ this writes past the end of the stack buffer
      |
      = note: the write goes to 0xFFFFFFC0, right after the end of the 80-byte stack buffer `buffer` allocated at line 3, where the variable `buffer` of `main` lies
      = note: call stack, innermost first:
                main (line 5)
                <top level>
      = help: the last index is the length less one: `for i from 0 to 9`
      = help: `cairn explain stack-buffer-overflow` says more
    ");
}

#[test]
fn a_full_stack() {
    let text = "\
function even(n):
    return odd(n - 1)
function odd(n):
    return even(n - 1)
even(10)
";
    let configuration = Configuration { stack_bytes: 4096, ..Configuration::default() };
    insta::assert_snapshot!(card_with(text, &configuration), @"
    error[stack-overflow]: the stack is full: no room to call `odd` at a depth of 170 calls
     --> t.pseudo:2:12
      |
    2 |     return odd(n - 1)
      |            ^^^^^^^^^^ this call did not fit
      |
      = note: 4,072 bytes of the 4,096 bytes of stack are used, and the next frame needs 48 bytes
      = note: `even` calls `odd`, `odd` calls `even`, again and again
      = note: call stack, innermost first:
                even (line 2)
                odd (line 4)
                even (line 2)
                odd (line 4)
                even (line 2)
                odd (line 4)
                even (line 2)
                odd (line 4)
                … 154 more frames: `even` calls `odd`, `odd` calls `even`
                even (line 2)
                odd (line 4)
                even (line 2)
                odd (line 4)
                even (line 2)
                odd (line 4)
                even (line 2)
                <top level> (line 5)
      = help: does the recursion have a case that ends it, and does every call come closer to that case? Else write a loop, which needs no stack
      = help: if it does end, only deeper, give it more: `--stack 8KiB`
      = help: `cairn explain stack-overflow` says more
    ");
}

#[test]
fn an_error_inside_the_library() {
    let text = "numbers = [1, \"two\"]\nprint(calculateResult(numbers))\n";
    insta::assert_snapshot!(card(text), @r#"
    error[type-error]: `+` cannot be applied to an integer `1` and a string `"two"`
     --> t.pseudo:2:7
      |
    2 | print(calculateResult(numbers))
      |       ^^^^^^^^^^^^^^^^^^^^^^^^ an integer + a string
      |
      = note: it happened inside the library function `calculateResult`, called here
      = note: call stack, innermost first:
                calculateResult (library)
                <top level> (line 2)
      = help: `+` joins two strings: write `to_string(x)` for the other one
      = help: `cairn explain type-error` says more
    "#);
}

#[test]
fn an_error_that_cannot_be_replayed() {
    let configuration = Configuration { replay_limit: 3, ..Configuration::default() };
    insta::assert_snapshot!(card_with("p = [1, 2]\nq = [3]\nprint(p[2])\n", &configuration), @"
    error[heap-buffer-overflow]: index 2 is outside the block `p`, whose 2 elements have the indices 0 to 1
     --> t.pseudo:3:7
      |
    1 | p = [1, 2]
      |     ------ allocated here
    2 | q = [3]
    3 | print(p[2])
      |       ^^^^ this reads past the end of the block
      |
      = note: the read is from 0x00BEEF10, right after the end of the 16-byte block `p` allocated at line 1, where the header of the 8-byte block `q` lies
      = note: call stack, innermost first:
                <top level> (line 3)
      = note: what happened to its block before is not told in full: the program had executed 13 instructions, and a second run is limited to 3 (`--replay-limit`)
      = help: the last index is the length less one: `for i from 0 to 1`
      = help: `cairn explain heap-buffer-overflow` says more
    ");
}

#[test]
fn an_overrun_says_what_lies_there() {
    let note = |text: &str| {
        let card = card(text);
        card.lines().find_map(|line| line.trim_start().strip_prefix("= note: the ")).unwrap().to_owned()
    };
    let lines = [
        note("p = [1]\nq = [2]\np[1] = 0\n"),
        note("p = [1]\nq = [2]\np[2] = 0\n"),
        note("p = [1]\np[100] = 0\n"),
        note("p = [1]\np[-1] = 0\n"),
        note("p = [1]\np[-1000000000] = 0\n"),
        note("p = heap_allocate(3)\np[3] = 0\n"),
        note("record R: a, b[2], c\nr = new R(1)\nr.b[2] = 0\n"),
        note("function main():\n    p = stack_allocate(1 integers)\n    p[-2] = 0\n"),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    write goes to 0x00BEEF08, right after the end of the 8-byte block `p` allocated at line 1, where the header of the 8-byte block `q` lies
    write goes to 0x00BEEF10, 8 bytes after the end of the 8-byte block `p` allocated at line 1, where the 8-byte block `q` lies
    write goes to 0x00BEF220, 792 bytes after the end of the 8-byte block `p` allocated at line 1, where there is no memory
    write goes to 0x00BEEEF8, 8 bytes before the start of the 8-byte block `p` allocated at line 1, where its own header lies
    write goes to an address below 0, 8,000,000,000 bytes before the start of the 8-byte block `p` allocated at line 1, where there is no memory
    write goes to 0x00BEEF03, right after the end of the 3-byte block `p` allocated at line 1, where only padding lies
    write goes to 0x00BEEF18, 24 bytes into the 32-byte record `r` allocated at line 2, where the field `c` lies
    write goes to 0xFFFFFFA0, 16 bytes before the start of the 8-byte stack buffer `p` allocated at line 2, where the stack is not in use
    ");
}

#[test]
fn headlines_name_what_is_wrong() {
    let lines = [
        headline("print(\"age: \" + 30)\n"),
        headline("print(-\"a\")\n"),
        headline("p = allocate(1)\nprint(p[7 / 7])\n"),
        headline("x = 9223372036854775807\nprint(x + 1)\n"),
        headline("x = -9223372036854775807 - 1\nprint(-x)\n"),
        headline("x = 0\nprint(7 mod x)\n"),
        headline("if 1:\n    pass\n"),
        headline("for i from 1 to \"x\":\n    pass\n"),
        headline("x = 5\nprint(x.name)\n"),
        headline("x = null\nprint(x.name)\n"),
        headline("heap_free(5)\n"),
        headline("heap_free(\"text\")\n"),
        headline("print(sqrt(\"x\"))\n"),
        headline("print(substring(\"abc\", 2, 9))\n"),
        headline("p = heap_allocate(-1)\n"),
        headline("p = heap_allocate(2)\np[0] = 256\n"),
        headline("p = heap_allocate(8)\np.a = 1\np.b = 2\n"),
        headline("record R: name\nr = new R(1)\nprint(r.nmae)\n"),
        headline("record R: name\nr = new R()\nprint(r.name)\n"),
        headline("assert(1 > 2, \"order\")\n"),
        headline("size = getFileSize(\"model\")\n"),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    `+` cannot be applied to a string `"age: "` and an integer `30`
    `-` cannot be applied to a string `"a"`
    an index must be an integer, and this is a float `1.0`
    `9223372036854775807 + 1` does not fit a 64-bit integer
    `-(-9223372036854775808)` does not fit a 64-bit integer
    `7 mod 0`: an integer cannot be divided by zero
    `true` or `false` is needed here, and this is an integer `1`
    a loop counts with numbers, and this is a string `"x"`
    an integer `5` has no elements, fields or length
    `null` is used as if it were a block: there is nothing to read from or to write to
    only a block can be freed, and this is an integer `5`
    a string literal cannot be freed
    `sqrt` needs a number for `x`, and got a string `"x"`
    position 9 is outside the string literal
    a size must be an integer that is not negative, and this is `-1`
    256 does not fit a byte: bytes go from 0 to 255
    the field `b` does not fit the 8-byte block `p`: each field takes 8 bytes
    `R` has no field `nmae`
    the field `name` of the record `r` is read, but nothing was ever written there
    assertion failed: order
    the file "model" cannot be read: it lies outside the program's folder
    "#);
}

/// The first note of a card: where it is, to the byte.
fn address(text: &str) -> String {
    let card = card(text);
    card.lines().find_map(|line| line.trim_start().strip_prefix("= note: ")).unwrap().to_owned()
}

#[test]
fn addresses_are_right_to_the_byte() {
    let record = "record R: first, slots[4]\nr = new R(1)\ns = r.slots\nheap_free(r)\n";
    let gone = |unit: &str| format!("p = heap_allocate(100{unit})\nheap_free(p)\nq = heap_allocate(100)\n");
    let buffers = "function f(k):\n    b = stack_allocate(4 integers)\n    c = stack_allocate(2 bytes)\n";
    let lines = [
        address(&format!("{record}s[2] = 5\n")),
        address(&format!("{record}print(read_from(s))\n")),
        address(&format!("{}print(p[7])\n", gone(""))),
        address(&format!("{}print(p[7])\n", gone(" integers"))),
        address(&format!("{}print(p[100])\n", gone(""))),
        address(&format!("{}print(p[-1])\n", gone(""))),
        address("p = heap_allocate(3)\np[-1] = 5\n"),
        address(&format!("{buffers}    print(b[-1])\nf(1)\n")),
        address(&format!("{buffers}    c[0] = 1\n    print(c[k])\nf(8)\n")),
        address(&format!("{buffers}    c[0] = 1\n    print(c[k])\nf(17)\n")),
        address(&format!("{buffers}    c[k] = 1\nf(7)\n")),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    byte 24 of the 40-byte block `r` at 0x00BEEF00, freed at line 4
    byte 8 of the 40-byte block `r` at 0x00BEEF00, freed at line 4
    byte 7 of the 100-byte block `p` at 0x00BEEF00, freed at line 2
    byte 56 of the 800-byte block `p` at 0x00BEEF00, freed at line 2
    index 100 of the 100-byte block `p` at 0x00BEEF00, freed at line 2
    index -1 of the 100-byte block `p` at 0x00BEEF00, freed at line 2
    the write goes to 0x00BEEEFF, 1 byte before the start of the 3-byte block `p` allocated at line 1, where its own header lies
    the read is from 0xFFFFFF88, 8 bytes before the start of the 32-byte stack buffer `b` allocated at line 2, where its own header lies
    the read is from 0xFFFFFF80, 6 bytes after the end of the 2-byte stack buffer `c` allocated at line 3, where the header of the 32-byte stack buffer `b` lies
    the read is from 0xFFFFFF89, 15 bytes after the end of the 2-byte stack buffer `c` allocated at line 3, where the 32-byte stack buffer `b` lies
    the write goes to 0xFFFFFF87, 5 bytes after the end of the 2-byte stack buffer `c` allocated at line 3, where only padding lies
    ");
}

#[test]
fn a_stack_buffer_made_anew() {
    insta::assert_snapshot!(card("\
before = null
for i from 1 to 2:
    buffer = stack_allocate(2 integers)
    if before is not null: print(before[0])
    before = buffer
"), @r"
    error[stack-use-after-return]: the stack buffer `buffer` is used after it was made anew
     --> t.pseudo:4:34
      |
    3 |     buffer = stack_allocate(2 integers)
      |              --------------------------
      |              |
      |              made anew here
      |              allocated here
    4 |     if before is not null: print(before[0])
      |                                  ^^^^^^^^^ used here
      |
      = note: it was at 0xFFFFFFA8, where the new one is
      = note: call stack, innermost first:
                <top level> (line 4)
      = help: a stack buffer lives as long as its function: allocate what must live longer with `allocate`
      = help: `cairn explain stack-use-after-return` says more
    ");
}

#[test]
fn a_stack_buffer_that_is_gone_cannot_be_freed() {
    insta::assert_snapshot!(card("\
function f():
    return stack_allocate(2 integers)
heap_free(f())
"), @r"
    error[invalid-free]: the stack buffer cannot be freed: it goes with its function
     --> t.pseudo:3:1
      |
    2 |     return stack_allocate(2 integers)
      |     ---------------------------------
      |     |      |
      |     |      allocated here
      |     gone with its function here
    3 | heap_free(f())
      | ^^^^^^^^^^^^^^ this lies on the stack
      |
      = note: the buffer was at 0xFFFFFFB8, and is gone already
      = note: call stack, innermost first:
                <top level> (line 3)
      = note: gone with f (line 2), called by <top level> (line 3)
      = note: allocated by f (line 2), called by <top level> (line 3)
      = help: leave the call out
      = help: `cairn explain invalid-free` says more
    ");
}

#[test]
fn leaks_are_listed_by_the_line_that_allocated() {
    let text = "\
record Node: value, next
function build():
    head = null
    for i from 1 to 3:
        head = new Node(i, head)
    name = heap_allocate(100)
kept = heap_allocate(8)
build()
";
    let (compiled, outcome) = run(text, &Configuration::default());
    insta::assert_snapshot!(leaks::full(&compiled, &outcome, false), @"
    leaked 148 bytes in 4 blocks
    warning: definitely-lost: 100 bytes in 1 block, no pointer to it is left
     --> t.pseudo:6:12
      |
    6 |     name = heap_allocate(100)
      |            ^^^^^^^^^^^^^^^^^^ allocated here, in `build`

    warning: indirectly-lost: 32 bytes in 2 blocks, only a lost block still points to them
     --> t.pseudo:5:16
      |
    5 |         head = new Node(i, head)
      |                ^^^^^^^^^^^^^^^^^ allocated here, in `build`

    warning: definitely-lost: 16 bytes in 1 block, no pointer to it is left
     --> t.pseudo:5:16
      |
    5 |         head = new Node(i, head)
      |                ^^^^^^^^^^^^^^^^^ allocated here, in `build`

    warning: still-reachable: 8 bytes in 1 block, a global still points to it
     --> t.pseudo:7:8
      |
    7 | kept = heap_allocate(8)
      |        ^^^^^^^^^^^^^^^^ allocated here, in `<top level>`
    ");
}

#[test]
fn no_leaks_are_worth_a_line() {
    let summary = |memory, text| {
        let (compiled, outcome) = run(text, &Configuration { memory, ..Configuration::default() });
        leaks::summary(&compiled, &outcome)
    };
    let (held, left) = ("p = [1]\n", "function f():\n    p = [1]\n    exit()\nf()\n");
    assert_eq!(summary("manual", "print(1)\n"), "no leaks: nothing was allocated on the heap\n");
    assert_eq!(summary("manual", "heap_free(heap_allocate(1))\n"), "no leaks: 1 block allocated, all freed\n");
    assert_eq!(summary("manual", held), "no leaks: 1 block is still reachable from globals\n");
    assert_eq!(summary("refcount", held), "no leaks: 1 block is still in use\n");
    assert_eq!(summary("refcount", left), "no leaks: 1 block is still in use\n");
    assert_eq!(summary("mark-sweep", held), "no leaks: 1 block is still in use\n");
    assert_eq!(summary("mark-sweep", left), "no leaks: 1 block allocated, all freed\n");
    assert_eq!(summary("none", held), "");
}

#[test]
fn the_json_report() {
    let configuration = Configuration { call: Some("twice(4)".to_owned()), ..Configuration::default() };
    let (compiled, mut outcome) = run("function twice(n):\n    p = [n]\n    return p[0] * 2\n", &configuration);
    outcome.wall_ns = 0;
    insta::assert_snapshot!(Report::of_run("t.pseudo", &compiled, &configuration, &outcome).to_text(), @r#"
    {
      "schema": 1,
      "program": "t.pseudo",
      "memory": "manual",
      "allocator": "first-fit",
      "stack_bytes": 8388608,
      "heap_bytes": 1073741824,
      "outcome": {
        "status": "finished",
        "value": "8",
        "error": null
      },
      "errors": [],
      "leaks": {
        "blocks": 1,
        "bytes": 8,
        "groups": [
          {
            "kind": "definitely-lost",
            "blocks": 1,
            "bytes": 8,
            "allocated_at": {
              "line": 2,
              "function": "twice"
            },
            "lost_at": null
          }
        ]
      },
      "stats": {
        "instructions": 11,
        "calls": 1,
        "max_call_depth": 2,
        "stack_high_water_bytes": 56,
        "allocations": 1,
        "frees": 0,
        "ignored_frees": 0,
        "allocated_bytes": 8,
        "live_bytes_at_exit": 8,
        "peak_live_bytes": 8,
        "heap_footprint_bytes": 4096,
        "header_bytes": 3840,
        "padding_bytes": 0,
        "free_bytes": 248,
        "largest_free_block_bytes": 248,
        "external_fragmentation": 0.0,
        "search_steps": 0,
        "splits": 1,
        "coalesces": 0,
        "page_requests": 1,
        "collections": 0,
        "gc_ns": 0,
        "max_pause_ns": 0,
        "retains": 0,
        "releases": 0,
        "elided_retains": 0,
        "elided_releases": 0,
        "wall_ns": 0
      }
    }
    "#);
}
