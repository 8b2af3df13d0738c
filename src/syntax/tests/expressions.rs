//! Values, operators, and what words mean inside expressions.

use super::{check, check_errors};

#[test]
fn numbers() {
    check(&[
        ("x = 42", "(= x 42)"),
        ("x = 0xBEEF00", "(= x 12513024)"),
        ("x = 0x7FFF_C8A0_BDE0", "(= x 140736559365600)"),
        ("x = 0b1010", "(= x 10)"),
        ("x = 1_000_000", "(= x 1000000)"),
        ("x = 0.0 + 3.14 + 1e-9 + 1.5e+03 + 1_0.5", "(= x (+ (+ (+ (+ 0.0 3.14) 1e-9) 1500.0) 10.5))"),
        ("x = 2 KB + 64MiB - 1 GB", "(= x (- (+ 2048 67108864) 1073741824))"),
        ("x = 0x10 KiB", "(= x 16384)"),
        ("KB = 3; x = KB", "(= KB 3) (= x KB)"),
        ("x = 9223372036854775807", "(= x 9223372036854775807)"),
        ("x = -9223372036854775808", "(= x -9223372036854775808)"),
        ("x = -9,223,372,036,854,775,808", "(= x -9223372036854775808)"),
        ("x = -8589934592 GB", "(= x -9223372036854775808)"),
        ("for i in 0..5: pass", "(for i 0 to 5 pass)"),
    ]);
    check_errors(&[
        ("x = 9223372036854775808", &["1:5 [9223372036854775808] this number is too large for an integer"]),
        ("x = 1 - 9223372036854775808", &["1:9 [9223372036854775808] this number is too large for an integer"]),
        ("x = 8589934592 GB", &["1:5 [8589934592 GB] this number is too large for an integer"]),
        ("x = 0x8000000000000000", &["1:5 [0x8000000000000000] this number is too large for an integer"]),
        ("x = 1e999", &["1:5 [1e999] this number is too large for a float"]),
        ("x = 0b102", &["1:9 [2] `2` is no digit of a number in base 2"]),
        ("x = 0xFG", &["1:8 [G] `G` is no digit of a number in base 16"]),
        ("x = 0x", &["1:5 [0x] `0x` has no digits"]),
        ("x = 0o17", &["1:5 [0o17] there are no octal numbers"]),
        ("x = 007", &["1:5 [007] a number cannot begin with `0`"]),
        ("x = 00.5", &["1:5 [00.5] a number cannot begin with `0`"]),
        ("x = 3x", &["1:5 [3x] a name cannot begin with a digit"]),
        ("x = .5", &["1:5 [.] expected a value, found `.`"]),
        ("x = 1.", &["1:6 [.] the statement ends too early: expected a name after `.`"]),
    ]);
}

#[test]
fn thousands_separators() {
    check(&[
        // A unit or size word follows.
        ("allocate(1,200 elements)", "(allocate 1200 :Integers)"),
        ("f(1,200 KB, 2)", "(f 1228800 2)"),
        // A group after the first begins with 0.
        ("fibonacci(1,000,000)", "(fibonacci 1000000)"),
        ("f(1,012, 3)", "(f 1012 3)"),
        ("print 1,000", "(print! 1000)"),
        // Outside brackets, with no other comma, and nothing is printed.
        ("x = 1,500", "(= x 1500)"),
        ("x = 12,345,678 + a", "(= x (+ 12345678 a))"),
        ("for i from 1 to 1,500: f(1,200)", "(for i 1 to 1500 (f 1 200))"),
        ("return 1,500", "(return 1500)"),
        ("x = 1,500 + 1,000", "(= x (+ 1500 1000))"),
        // Everywhere else a comma separates.
        ("add(1,200)", "(add 1 200)"),
        ("x = [100,200,300]", "(= x [100 200 300])"),
        ("print 1,200", "(print! 1 200)"),
        ("print(1,200)", "(print! 1 200)"),
        ("output 1,200; display 1,200; write 1,200", "(output! 1 200) (display! 1 200) (write! 1 200)"),
        ("f(1, 000 + 1)", "1:6 [000] a number cannot begin with `0`"),
        ("a, b = 1,500", "(= (a b) (1 500))"),
        ("a[1,234] = 5", "(= a[1][234] 5)"),
        ("f(1234,567)", "(f 1234 567)"),
        ("f(1,2345)", "(f 1 2345)"),
        ("add(1,200 elements)", "1:7 [200 elements] nothing stands between `200` and `elements`"),
    ]);
    check_errors(&[
        ("x = 1,500 + 2,500", &["1:5 [1,500 + 2,500] 1 place, but 3 values"]),
        ("x = f(a, b) + 1,500", &["1:5 [f(a, b) + 1,500] 1 place, but 2 values"]),
        ("x = 012,345", &["1:5 [012,345] a number cannot begin with `0`"]),
    ]);
}

#[test]
fn words_that_are_values() {
    check(&[
        ("x = true; y = False; z = TRUE", "(= x true) (= y false) (= z true)"),
        ("x = null; y = NIL; z = None", "(= x null) (= y null) (= z null)"),
        ("x = [empty, undefined]", "(= x [null null])"),
        ("x = infinity + nan", "(= x (+ infinity nan))"),
        ("empty(queue)", "(empty queue)"),
        ("x = p.empty + p.true", "(= x (+ p.empty p.true))"),
    ]);
}

#[test]
fn strings() {
    check(&[
        (r#"x = "Player 1" + 'x'"#, r#"(= x (+ "Player 1" "x"))"#),
        (r#"x = "it's" + 'a "q"'"#, r#"(= x (+ "it's" "a \"q\""))"#),
        (r#"x = "\n\t\"\\\0\'""#, r#"(= x "\n\t\"\\\0'")"#),
        (r#"x = "\u{e9}\u{1F600}""#, r#"(= x "é😀")"#),
        (r#"x = "// no # comment /* here""#, r#"(= x "// no # comment /* here")"#),
        ("x = “curly” + ‘quotes’", r#"(= x (+ "curly" "quotes"))"#),
    ]);
    check_errors(&[
        (r#"x = "a\qb""#, &[r"1:7 [\q] `\q` is no escape"]),
        (r#"x = "é\u{zz}""#, &[r"1:7 [\u{zz}] this escape names no character"]),
        (r#"x = "\u{110000}""#, &[r"1:6 [\u{110000}] this escape names no character"]),
        (r#"x = "\u12""#, &[r"1:6 [\u] this escape names no character"]),
        (
            "x = \"abc\r\ny = 1 1",
            &[
                "1:5 [\"abc] this string is not closed before the end of its line",
                "2:5 [1 1] nothing stands between `1` and `1`",
            ],
        ),
    ]);
}

#[test]
fn precedence() {
    check(&[
        ("x = a + b - c * d / e % f mod g div h", "(= x (- (+ a b) (div (mod (mod (/ (* c d) e) f) g) h)))"),
        ("x = -2 ^ 2", "(= x (- (^ 2 2)))"),
        ("x = 2 ^ -1", "(= x (^ 2 (- 1)))"),
        ("x = a ^ b ^ c", "(= x (^ a (^ b c)))"),
        ("x = 2 ^ -a ^ b", "(= x (^ 2 (- (^ a b))))"),
        ("x = (a ^ b) ^ c", "(= x (^ (^ a b) c))"),
        ("x = -a * b", "(= x (* (- a) b))"),
        ("x = a * -b - -c", "(= x (- (* a (- b)) (- c)))"),
        ("x = !a == b", "(= x (== (not a) b))"),
        ("x = not a == b", "(= x (not (== a b)))"),
        ("x = not a and b or c", "(= x (or (and (not a) b) c))"),
        ("x = a || b && !c", "(= x (or a (and b (not c))))"),
        ("x = a or b and not not c", "(= x (or a (and b (not (not c)))))"),
        ("x = a.b[1].c^2", "(= x (^ a.b[1].c 2))"),
        ("x = a − b × c ÷ d", "(= x (- a (/ (* b c) d)))"),
        ("x = f(g(1), [2, [3]], -4)", "(= x (f (g 1) [2 [3]] (- 4)))"),
        ("x = []", "(= x [])"),
        ("x = [\n  1, // one\n  2\n]", "(= x [1 2])"),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        ("if a = b: pass", "(if ((== a b) pass))"),
        ("x = a == b", "(= x (== a b))"),
        ("x = a != b", "(= x (!= a b))"),
        ("x = a <> b", "(= x (!= a b))"),
        ("x = a ≤ b and c ≥ d and e ≠ f", "(= x (and (and (<= a b) (>= c d)) (!= e f)))"),
        ("x = a is null", "(= x (== a null))"),
        ("x = a is not null", "(= x (!= a null))"),
        ("x = a equals b or a is equal to c", "(= x (or (== a b) (== a c)))"),
        ("x = a is not equal to b", "(= x (!= a b))"),
        ("x = a is empty", "(= x (empty? a))"),
        ("x = a is not empty and b", "(= x (and (not (empty? a)) b))"),
        ("x = a is empty(b)", "(= x (== a (empty b)))"),
        ("x = 0 <= i < n", "(= x (chain 0 <= i < n))"),
        ("if 0 < a = b == c >= d: pass", "(if ((chain 0 < a == b == c >= d) pass))"),
        ("x = (a < b) < c", "(= x (< (< a b) c))"),
        ("if x <-1: pass", "(if ((< x (- 1)) pass))"),
        ("x = (y <-1)", "(= x (< y (- 1)))"),
        ("f(a = b)", "(f (== a b))"),
    ]);
    check_errors(&[
        ("x = a != b != c", &["1:7 [!=] `!=` cannot stand in a chain of comparisons"]),
        ("x = a < b is c", &["1:11 [is] `is` cannot stand in a chain of comparisons"]),
        ("x = a == not b", &["1:10 [not] `not` cannot stand here: it takes in everything up to `and` or `or`"]),
    ]);
}

#[test]
fn places_and_calls() {
    check(&[
        ("x = p[i, j]", "(= x p[i][j])"),
        ("x = p->name.first", "(= x p.name.first)"),
        ("x = f(1)[2].g", "(= x (f 1)[2].g)"),
        ("x = div(a, b) + mod(a, b)", "(= x (+ (div a b) (mod a b)))"),
        ("x = sizeof(Character) * sizeof (integer)", "(= x (* (sizeof Character) (sizeof integer)))"),
        ("x = length of p - 1", "(= x (- (length p) 1))"),
        ("x = length of p.q[0]", "(= x (length p.q[0]))"),
        ("x = length(p) + p.length", "(= x (+ (length p) p.length))"),
        ("x = new Node(1, null)", "(= x (new Node 1 null))"),
        ("x = new Node; y = new Node()", "(= x (new Node)) (= y (new Node))"),
        ("child.parent = weak parent", "(= child.parent (weak parent))"),
        ("child.parent = weak(parent.left)", "(= child.parent (weak parent.left))"),
    ]);
    check_errors(&[
        ("q.push(x)", &["1:3 [push] `push` is called like a method, and there are no methods"]),
        ("x = f(1)(2)", &["1:9 [(] only the name of a function can be called"]),
        ("x = sizeof(a.b)", &["1:13 [.] `sizeof` takes the name of a type"]),
        ("x = a[1..2]", &["1:8 [..] `..` stands only in `for i in a..b:`"]),
    ]);
}

#[test]
fn units_count_only_in_allocations() {
    check(&[
        ("heap_allocate(2048 bytes)", "(heap_allocate 2048 :Bytes)"),
        ("malloc(1 byte); alloc(n floats)", "(malloc 1 :Bytes) (alloc n :Floats)"),
        ("allocate(2 * n - 1 booleans)", "(allocate (- (* 2 n) 1) :Booleans)"),
        ("stack_allocate(10 integers)", "(stack_allocate 10 :Integers)"),
        ("heap_reallocate(p, 2 * n nodes)", "(heap_reallocate p (* 2 n) :Pointers)"),
        ("allocate((n) characters)", "(allocate n :Characters)"),
        ("allocate(bytes)", "(allocate bytes)"),
        ("allocate(bytes bytes)", "(allocate bytes :Bytes)"),
        ("allocate(n * items)", "(allocate (* n items))"),
        ("f(nodes, elements)", "(f nodes elements)"),
        ("nodes = 3; x = nodes + p.bytes", "(= nodes 3) (= x (+ nodes p.bytes))"),
    ]);
    check_errors(&[
        ("foo(n bytes)", &["1:5 [n bytes] nothing stands between `n` and `bytes`"]),
        ("p.allocate(n bytes)", &["1:12 [n bytes] nothing stands between `n` and `bytes`"]),
        ("allocate((n bytes))", &["1:11 [n bytes] nothing stands between `n` and `bytes`"]),
    ]);
}
