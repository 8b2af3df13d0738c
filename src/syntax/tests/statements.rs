//! Statements, headers, blocks, comments, and words that are names where no keyword can stand.

use super::check;

#[test]
fn assignments() {
    check(&[
        ("x = 1; x := 2; x <- 3; x ← 4", "(= x 1) (= x 2) (= x 3) (= x 4)"),
        ("set x to 5; let y = 6; var z = 7", "(= x 5) (= y 6) (= z 7)"),
        ("set p[i].name to a = b", "(= p[i].name (== a b))"),
        ("x += 1; x -= 2; x *= 3; x /= 4; x %= 5", "(+= x 1) (-= x 2) (*= x 3) (/= x 4) (mod= x 5)"),
        ("a, b = b, a", "(= (a b) (b a))"),
        ("a.x, b[0], c = 1, 2, 3", "(= (a.x b[0] c) (1 2 3))"),
        ("p[i] = 1; p.name = 2", "(= p[i] 1) (= p.name 2)"),
        ("x = y == z", "(= x (== y z))"),
    ]);
}

#[test]
fn simple_statements() {
    check(&[
        ("print(a, b); print", "(print! a b) (print!)"),
        ("print (a) + b", "(print! (+ a b))"),
        ("print(a), b", "(print! a b)"),
        ("print()", "(print!)"),
        ("print -1; print not x; print [1][0]", "(print! (- 1)) (print! (not x)) (print! [1][0])"),
        ("output a, b; display(c); write \"d\"", "(output! a b) (display! c) (write! \"d\")"),
        ("print a = b", "(print! (== a b))"),
        ("x = print(3)", "(= x (print 3))"),
        ("while x: break; continue; pass", "(while x break continue pass)"),
        ("return", "(return)"),
        ("return a = b; return (1 + 2) * 3; return [1]", "(return (== a b)) (return (* (+ 1 2) 3)) (return [1])"),
        ("global a, b", "(global a b)"),
        ("delete p; release q.next; delete(r); release(s)", "(delete p) (release q.next) (delete r) (release s)"),
        ("f(1);; g(2);", "(f 1) (g 2)"),
        ("x", "x"),
    ]);
}

#[test]
fn keywords_are_names_where_they_can_be() {
    check(&[
        (
            "print = 3; print.x = 4; print[0] = 5; print, x = 1, 2",
            "(= print 3) (= print.x 4) (= print[0] 5) (= (print x) (1 2))",
        ),
        ("type = 4; set = 1; next = p.next; end = 5", "(= type 4) (= set 1) (= next p.next) (= end 5)"),
        (
            "record = 1; weak = 2; new = 3; each = 4; show = 5",
            "(= record 1) (= weak 2) (= new 3) (= each 4) (= show 5)",
        ),
        (
            "let = 1; var = 2; global = 3; defer = 4; repeat = 5",
            "(= let 1) (= var 2) (= global 3) (= defer 4) (= repeat 5)",
        ),
        (
            "until = 1; break = 2; pass = 3; delete = 4; def = 5",
            "(= until 1) (= break 2) (= pass 3) (= delete 4) (= def 5)",
        ),
        ("mod = 1; div = mod + 1; x = mod mod div", "(= mod 1) (= div (+ mod 1)) (= x (mod mod div))"),
        ("step = to + by; x = from", "(= step (+ to by)) (= x from)"),
        ("x = p.if + p.end.return", "(= x (+ p.if p.end.return))"),
        ("p.end = 1; p.while = 2", "(= p.end 1) (= p.while 2)"),
        ("for step from 1 to end step step: pass", "(for step 1 to end step step pass)"),
        ("for to from from to to: pass", "(for to from to to pass)"),
        ("for each in xs: pass", "(each each xs pass)"),
        ("for each from 1 to 3: pass", "(for each 1 to 3 pass)"),
        ("for each in in xs: pass", "(each in xs pass)"),
        ("set to to from", "(= to from)"),
        ("repeat(3); defer(x); set(1, 2)", "(repeat 3) (defer x) (set 1 2)"),
        ("function release(node): release(node)", "(function release (node) (release node))"),
        ("print(x): pass", "(function print (x) pass)"),
        ("next(x): return end", "(function next (x) (return end))"),
        ("function set(to, step, null): pass", "(function set (to step null) pass)"),
        ("record end: next, to, type", "(record end next to type)"),
        ("length = 3; x = length", "(= length 3) (= x length)"),
        ("sizeof = 1; x = sizeof + size", "(= sizeof 1) (= x (+ sizeof size))"),
    ]);
}

#[test]
fn functions_and_records() {
    check(&[
        ("function f(a, b):\n    return a\n", "(function f (a b) (return a))"),
        (
            "procedure f(): pass\nalgorithm g(): pass\ndef h(): pass",
            "(function f () pass) (function g () pass) (function h () pass)",
        ),
        (
            "func f(): pass\nfn g(): pass\nmain(): pass",
            "(function f () pass) (function g () pass) (function main () pass)",
        ),
        ("main():\n    f()\nmain()", "(function main () (f)) (main)"),
        ("function f(\n  a,\n  b\n):\n    pass", "(function f (a b) pass)"),
        ("function f(n): if n <= 1: return n", "(function f (n) (if ((<= n 1) (return n))))"),
        ("record Node: value, next", "(record Node value next)"),
        ("struct A: a\nclass B: b\ntype C: c", "(record A a) (record B b) (record C c)"),
        (
            "record Node:\n    value\n    inventory[4], next\n\n    end\nx = 1",
            "(record Node value inventory[4] next end) (= x 1)",
        ),
        ("record Node:\n    value\nend record", "(record Node value)"),
    ]);
}

#[test]
fn branches() {
    check(&[
        ("if a: b(); c()\nd()", "(if (a (b) (c))) (d)"),
        (
            "if a:\n    b()\nelse if c:\n    d()\nelif e:\n    f()\nelseif g:\n    h()\nelsif i: j()\nelse:\n    k()",
            "(if (a (b)) (c (d)) (e (f)) (g (h)) (i (j)) (else (k)))",
        ),
        ("if a: b()\nelse: c()", "(if (a (b)) (else (c)))"),
        ("if a:\n    if b: c()\nelse: d()", "(if (a (if (b (c)))) (else (d)))"),
        ("if a: if b: c()\nelse: d()", "(if (a (if (b (c)))) (else (d)))"),
        ("if (a) = (b):\n  c()\n  if d:\n        e()\n  f()", "(if ((== a b) (c) (if (d (e))) (f)))"),
    ]);
}

#[test]
fn loops() {
    check(&[
        ("while a < b:\n    c()\nd()", "(while (< a b) (c)) (d)"),
        ("while(a): b()", "(while a (b))"),
        ("repeat:\n    a()\nuntil b > 1\nc()", "(repeat (a) until (> b 1)) (c)"),
        ("repeat:\n    a()\n    until b", "(repeat (a) until b)"),
        ("repeat: a(); until b", "(repeat (a) until b)"),
        ("repeat: a()\nuntil b", "(repeat (a) until b)"),
        ("repeat:\n    if a: b()\nuntil c", "(repeat (if (a (b))) until c)"),
        ("for i from 1 to n - 1: f(i)", "(for i 1 to (- n 1) (f i))"),
        ("for i from a to b step 2: pass", "(for i a to b step 2 pass)"),
        ("for i = a to b by -1: pass", "(for i a to b step (- 1) pass)"),
        ("for i := 10 downto 1 step 3: pass", "(for i 10 downto 1 step 3 pass)"),
        ("for i ← 1 to 2: pass\nfor i <- 1 to 2: pass", "(for i 1 to 2 pass) (for i 1 to 2 pass)"),
        ("for i in a..b - 1: pass", "(for i a to (- b 1) pass)"),
        ("for each x in xs:\n    print x", "(each x xs (print! x))"),
        ("for x in f(1): continue", "(each x (f 1) continue)"),
        ("for x in xs: if x: break", "(each x xs (if (x break)))"),
        ("for x in xs: if x:\n    break\nelse: f()", "(each x xs (if (x break) (else (f))))"),
    ]);
}

#[test]
fn defer() {
    check(&[
        ("defer heap_free(p); x = 3", "(defer (heap_free p)) (= x 3)"),
        ("defer x = 3\ny = 4", "(defer (= x 3)) (= y 4)"),
        ("defer print a, b", "(defer (print! a b))"),
        ("defer delete p", "(defer (delete p))"),
        ("defer:\n    a()\n    b()\nc()", "(defer (a) (b)) (c)"),
        ("defer: a(); b()", "(defer (a) (b))"),
        ("defer if a: b()\nc()", "(defer (if (a (b)))) (c)"),
        ("defer while a:\n    b()\n    break\nc()", "(defer (while a (b) break)) (c)"),
        ("function f():\n    defer a()\n    return 1", "(function f () (defer (a)) (return 1))"),
    ]);
}

#[test]
fn closers_that_agree_with_the_indentation() {
    check(&[
        ("if a:\n    b()\nend if\nc()", "(if (a (b))) (c)"),
        ("if a:\n    b()\nendif", "(if (a (b)))"),
        ("if a:\n    b()\nelse:\n    c()\nend", "(if (a (b)) (else (c)))"),
        ("while a:\n    b()\n    end while\nc()", "(while a (b)) (c)"),
        ("for i from 1 to 3:\n    b()\nnext i\nc()", "(for i 1 to 3 (b)) (c)"),
        ("for i from 1 to 3:\n    b()\nnext", "(for i 1 to 3 (b))"),
        ("function f():\n    for x in xs:\n        g()\n    endfor;\nend function", "(function f () (each x xs (g)))"),
        ("procedure f():\n    g()\nend procedure", "(function f () (g))"),
        ("function f():\n    if a: return\n    end if\nend", "(function f () (if (a (return))))"),
        ("function f():\n    if a:\n        b()\nend function\nc()", "(function f () (if (a (b)))) (c)"),
        ("defer:\n    a()\nend", "(defer (a))"),
    ]);
}

#[test]
fn layout() {
    check(&[
        ("", ""),
        ("\n\n  \n// nothing\n", ""),
        ("\u{feff}x = 1\r\nif x:\r\n    y = 2\r\n", "(= x 1) (if (x (= y 2)))"),
        ("\u{feff}  x = 1\n  y = 2", "(= x 1) (= y 2)"),
        ("if x:\n\ty = 1\n\tz = 2", "(if (x (= y 1) (= z 2)))"),
        ("if x:\n  \ty = 1\n  \tz = 2", "(if (x (= y 1) (= z 2)))"),
        ("if a:\n  b()\n\n// left\n        // right\n  c()\n# left\nd()", "(if (a (b) (c))) (d)"),
        ("x = 1 /* a */ + /* b\n c */ 2", "(= x (+ 1 2))"),
        ("/* a\n   b */ x = 1\ny = 2", "(= x 1) (= y 2)"),
        ("if x: // why\n    y = 1 # because\n", "(if (x (= y 1)))"),
        ("x = f(\n1,\n\n   // two\n2\n)\ny = 1", "(= x (f 1 2)) (= y 1)"),
        ("if (a and\nb = 2 and\nc = 3):\n    d()", "(if ((and (and a (== b 2)) (== c 3)) (d)))"),
        ("x = f(\nprint,\nend,\nset\n)", "(= x (f print end set))"),
        ("x = [f(\n1), g(2),\nh(3)\n]", "(= x [(f 1) (g 2) (h 3)])"),
        ("größe = 3; x\u{a0}=\u{a0}größe", "(= größe 3) (= x größe)"),
        (
            "x = 5 // five\ny = 5 //five\nf()//remark with words\nz = 1;//2\nreturn//nothing",
            "(= x 5) (= y 5) (f) (= z 1) (return)",
        ),
    ]);
}

/// Two of the documents and one benchmark, with the comments that surround them.
#[test]
fn documents() {
    check(&[
        (
            "function processData():\n    localCount = 0\n    // A collection of points\n    big = allocate(1,000,000 elements)\n    result = calculateResult(big)\n    return result\n",
            "(function processData () (= localCount 0) (= big (allocate 1000000 :Integers)) (= result (calculateResult big)) (return result))",
        ),
        (
            "ptr = heap_allocate(100);\n// ... use ptr ...\nheap_free(ptr);\nheap_free(ptr); // DOUBLE FREE!",
            "(= ptr (heap_allocate 100)) (heap_free ptr) (heap_free ptr)",
        ),
        (
            "function f():\n    buffer = stack_allocate(10 integers)\n    for i from 0 to 19: // Oops\n        buffer[i] = read_user_input()",
            "(function f () (= buffer (stack_allocate 10 :Integers)) (for i 0 to 19 (= buffer[i] (read_user_input))))",
        ),
        (
            "player = heap_allocate(sizeof(Character))\nplayer.inventory = [empty, empty]\nif player is null:\n    error(\"Out of memory!\")",
            "(= player (heap_allocate (sizeof Character))) (= player.inventory [null null]) (if ((== player null) (error \"Out of memory!\")))",
        ),
    ]);
}
