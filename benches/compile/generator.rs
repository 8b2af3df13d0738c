//! Long programs, one kind for each thing that a compiler may do too often. Each has as many lines as
//! asked for, give or take one repetition, and compiles without a warning.

use std::fmt::Write;

/// A kind of program.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What it is made of.
    pub summary: &'static str,
    write: fn(&mut Text, usize),
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind { name: "functions", summary: "small functions that call each other", write: functions },
    Kind { name: "mixed", summary: "records, loops, strings and memory in functions of 20 lines", write: mixed },
    Kind { name: "one-function", summary: "one function", write: one_function },
    Kind { name: "top-level", summary: "statements outside any function", write: top_level },
    Kind { name: "globals", summary: "a global a line, and functions that read and assign them", write: globals },
    Kind { name: "records", summary: "declared records", write: records },
    Kind { name: "inferred", summary: "records that are never declared", write: inferred },
    Kind { name: "shared", summary: "records that all go through the same 20 functions", write: shared },
    Kind {
        name: "some-paths",
        summary: "a function whose variables are assigned on some paths only",
        write: some_paths,
    },
    Kind { name: "if-chain", summary: "a single `if` with an arm for every two lines", write: if_chain },
    Kind { name: "nested-blocks", summary: "blocks nested to 150 levels", write: nested_blocks },
    Kind { name: "nested-brackets", summary: "expressions nested to 300 levels", write: nested_brackets },
    Kind { name: "long-sum", summary: "an expression with a term a line", write: long_sum },
    Kind { name: "array-literal", summary: "an array literal with an element a line", write: array_literal },
    Kind { name: "strings", summary: "a string literal a line, all different", write: strings },
    Kind { name: "library", summary: "calls of library functions", write: library },
    Kind { name: "defers", summary: "functions that defer and return early", write: defers },
    Kind { name: "polymorphic", summary: "functions called with values of many types", write: polymorphic },
    Kind { name: "comments", summary: "comments and blank lines", write: comments },
];

impl Kind {
    /// A program of this kind.
    pub fn program(&self, lines: usize) -> String {
        let mut text = Text::default();
        (self.write)(&mut text, lines);
        text.text
    }
}

/// A program as it grows.
#[derive(Default)]
struct Text {
    text: String,
    lines: usize,
}

impl Text {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).expect("a string takes all");
        self.text.push('\n');
        self.lines += 1;
    }

    /// Repeats a part, numbered, until the text is long enough.
    fn repeat(&mut self, lines: usize, mut part: impl FnMut(&mut Text, usize)) -> usize {
        let mut count = 0;
        while self.lines < lines {
            part(self, count);
            count += 1;
        }
        count
    }
}

/// Adds lines, each a format string.
macro_rules! lines {
    ($text:expr; $($format:literal),+ $(,)?) => {{ $($text.line(format_args!($format));)+ }};
}

fn functions(text: &mut Text, lines: usize) {
    lines!(text; "function f0(a, b):", "    return a - b");
    let count = text.repeat(lines, |text, n| {
        let (this, half) = (n + 1, n.div_ceil(2));
        lines!(text;
            "",
            "function f{this}(a, b):",
            "    x = a * 3 + {n}",
            "    if x > b:",
            "        x = x mod 1009",
            "    return f{half}(x, b) + 1",
        );
    });
    lines!(text; "print(f{count}(1, 2))");
}

fn mixed(text: &mut Text, lines: usize) {
    lines!(text; "record Node: value, next", "");
    let count = text.repeat(lines, |text, n| {
        lines!(text;
            "// Builds a list, adds it up, and takes it apart.",
            "function work{n}(count, scale):",
            "    head = null",
            "    for i from 1 to count:",
            "        node = new Node(i * scale, head)",
            "        head = node",
            "    values = allocate(count integers)",
            "    at = 0",
            "    while head is not null:",
            "        values[at] = head.value",
            "        at = at + 1",
            "        rest = head.next",
            "        heap_free(head)",
            "        head = rest",
            "    total = calculateResult(values)",
            "    heap_free(values)",
            "    if total > 100 and scale != 0:",
            "        print(\"work {n} is large:\", total)",
            "    return total",
            "",
        );
    });
    let last = count - 1;
    lines!(text; "print(work{last}(3, 2))");
}

fn one_function(text: &mut Text, lines: usize) {
    lines!(text; "function main():");
    for v in 0..100 {
        lines!(text; "    v{v} = {v}");
    }
    text.repeat(lines, |text, n| {
        let (a, b, c) = (n % 100, n * 7 % 100, n * 13 % 100);
        lines!(text;
            "    for i from 1 to 3:",
            "        v{a} = (v{b} + i * v{c}) mod 1009",
            "        if v{a} > v{c} or i = 2:",
            "            v{c} = v{c} - {n}",
            "        else:",
            "            v{b} = v{a} * 2",
        );
    });
    lines!(text; "    print(v0)");
}

fn top_level(text: &mut Text, lines: usize) {
    lines!(text; "total = 0");
    text.repeat(lines, |text, n| {
        lines!(text;
            "if total < {n}:",
            "    total = total + {n} * 2",
            "while total > 1000:",
            "    total = total - 999",
        );
    });
    lines!(text; "print(total)");
}

fn globals(text: &mut Text, lines: usize) {
    lines!(text; "g0 = 1");
    let count = text.repeat(lines / 5, |text, n| {
        let this = n + 1;
        lines!(text; "g{this} = g{n} + {n}");
    });
    text.repeat(lines, |text, n| {
        let (this, that) = (n % (count + 1), n * 7 % (count + 1));
        lines!(text; "function add{n}(x):", "    global g{this}", "    g{this} = g{that} + x", "    return g{this}");
    });
}

fn records(text: &mut Text, lines: usize) {
    text.repeat(lines, |text, n| {
        lines!(text;
            "record R{n}:",
            "    key{n}",
            "    count",
            "    items[4]",
            "function use{n}(count):",
            "    r = new R{n}({n}, count)",
            "    r.items[1] = r.key{n} + sizeof(R{n})",
            "    r.count = r.items[1]",
            "    return r",
        );
    });
}

fn inferred(text: &mut Text, lines: usize) {
    text.repeat(lines, |text, n| {
        lines!(text;
            "function make{n}(count):",
            "    r = heap_allocate(sizeof(R{n}))",
            "    r.key{n} = {n}",
            "    r.count = count",
            "    return r",
            "function use{n}(count):",
            "    s = make{n}(count)",
            "    s.count = s.key{n} + 1",
            "    return s.count",
        );
    });
}

fn shared(text: &mut Text, lines: usize) {
    for n in 0..20 {
        let next = n + 1;
        lines!(text; "function pass{n}(r):", "    return pass{next}(r)");
    }
    lines!(text; "function pass20(r):", "    r.count = 1", "    return r.count");
    text.repeat(lines, |text, n| {
        lines!(text;
            "record R{n}: key{n}, count",
            "function make{n}():",
            "    r = new R{n}({n}, 2)",
            "    return pass0(r)",
        );
    });
}

fn some_paths(text: &mut Text, lines: usize) {
    lines!(text; "function choose(x):");
    text.repeat(lines, |text, n| {
        let v = n % 200;
        lines!(text; "    if x > {n}:", "        v{v} = {n}");
    });
    lines!(text; "    return v0", "print(choose(7))");
}

fn if_chain(text: &mut Text, lines: usize) {
    lines!(text; "function name(x):", "    if x = 0:", "        y = 1");
    text.repeat(lines, |text, n| {
        lines!(text; "    else if x = {n} * 2:", "        y = {n}");
    });
    lines!(text; "    else:", "        y = 0", "    return y", "print(name(12))");
}

fn nested_blocks(text: &mut Text, lines: usize) {
    text.repeat(lines, |text, n| {
        lines!(text; "function deep{n}(x):");
        for level in 1..=150 {
            let blanks = " ".repeat(level);
            match level % 3 {
                0 => lines!(text; "{blanks}while x < {level}:"),
                1 => lines!(text; "{blanks}if x > {level}:"),
                _ => lines!(text; "{blanks}for i{level} from 1 to x:"),
            }
        }
        let blanks = " ".repeat(151);
        lines!(text; "{blanks}x = x + 1", " return x");
    });
}

fn nested_brackets(text: &mut Text, lines: usize) {
    lines!(text; "x = 1");
    text.repeat(lines, |text, n| {
        for level in 1..=200 {
            let open = if level == 1 { "x = " } else { "" };
            lines!(text; "{open}({n} - (");
        }
        lines!(text; "x");
        for _ in 1..=200 {
            lines!(text; "))");
        }
    });
}

fn long_sum(text: &mut Text, lines: usize) {
    lines!(text; "x = 1", "total = (x");
    text.repeat(lines, |text, n| lines!(text; "    + x * {n}"));
    lines!(text; ")", "print(total)");
}

fn array_literal(text: &mut Text, lines: usize) {
    lines!(text; "table = [");
    text.repeat(lines, |text, n| lines!(text; "    {n},"));
    lines!(text; "0]", "print(length(table))");
}

fn strings(text: &mut Text, lines: usize) {
    text.repeat(lines, |text, n| lines!(text; "print(\"line {n}\")"));
}

fn library(text: &mut Text, lines: usize) {
    text.repeat(lines, |text, n| {
        lines!(text;
            "values = [{n}, 2, 3]",
            "print(calculateResult(values), length(values), max({n}, 7))",
            "heap_free(values)",
        );
    });
}

fn defers(text: &mut Text, lines: usize) {
    text.repeat(lines, |text, n| {
        lines!(text;
            "function tidy{n}(x):",
            "    a = allocate({n} + 1)",
            "    defer heap_free(a)",
            "    b = allocate(2)",
            "    defer heap_free(b)",
            "    if x < a[0]:",
            "        return b[0]",
            "    for i from 0 to 1:",
            "        c = allocate(i + 1)",
            "        defer heap_free(c)",
            "        if b[i] = x:",
            "            break",
            "    return x",
        );
    });
}

fn polymorphic(text: &mut Text, lines: usize) {
    let values = ["1", "2.5", "true", "null", "\"text\"", "[1, 2]"];
    lines!(text; "function f0(a, b):", "    return a = b");
    text.repeat(lines, |text, n| {
        let (this, half) = (n + 1, n.div_ceil(2));
        let (a, b) = (values[n % values.len()], values[n / values.len() % values.len()]);
        lines!(text;
            "function f{this}(a, b):",
            "    c = {a}",
            "    if f{half}(b, a):",
            "        return f{n}(c, b)",
            "    return f{half}(a, {b})",
        );
    });
}

fn comments(text: &mut Text, lines: usize) {
    text.repeat(lines, |text, n| lines!(text; "// Remark {n}.", "", "/* and", "   another */ x = {n} # the end"));
    lines!(text; "print(x)");
}
