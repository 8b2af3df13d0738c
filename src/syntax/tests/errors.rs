//! Errors: each once, at the smallest span, none hidden by another, none that follows from another.

use super::{advice, check_errors};

#[test]
fn misreadings() {
    check_errors(&[
        ("if x = 5 or 6: pass", &["1:13 [6] `6` is no condition"]),
        ("if x = 'a' or 'b' or y: pass", &["1:15 ['b'] `'b'` is no condition"]),
        ("if 1 and x: pass", &["1:4 [1] `1` is no condition"]),
        ("a = b = 0", &["1:7 [=] a statement assigns once"]),
        ("a <- b <- 0", &["1:8 [<-] a statement assigns once"]),
        ("a += b -= 0", &["1:8 [-=] a statement assigns once"]),
        ("mid = n//2", &["1:8 [//] `//` begins a comment here, and cuts the expression off"]),
        ("mid = (lo+hi)//2", &["1:14 [//] `//` begins a comment here, and cuts the expression off"]),
        ("x = f(n//2)\ny = 1", &["1:8 [//] `//` begins a comment here, and cuts the expression off"]),
        ("while a < n//2:\n    pass", &["1:12 [//] `//` begins a comment here, and cuts the expression off"]),
        ("if a == n//2 and b: pass", &["1:10 [//] `//` begins a comment here, and cuts the expression off"]),
        ("x 3", &["1:1 [x 3] two values stand side by side"]),
        ("a.b[i] c + 1", &["1:6 [] c] two values stand side by side"]),
        ("visit node", &["1:1 [visit node] two values stand side by side"]),
        ("mark v as visited", &["1:1 [mark v as visited] this line is a sentence, and no machine can execute it"]),
        ("--i", &["1:1 [--] `--` is no operator"]),
    ]);
    assert!(advice("if x = 5 or 6: pass").contains("`or x = 6`"));
    assert!(advice("x 3").contains("an assignment arrow seems to have been lost in copying"));
    assert!(advice("x 3").contains("`x = 3`"));
    assert!(advice("x = n//2").contains("`n div 2`"));
    assert!(advice("x = 1,500 + 2,500").contains("`1500 + 2500`"));
    assert!(advice("x = a, b").contains("`[a, b]`"));
}

#[test]
fn misspelt_and_foreign_words() {
    check_errors(&[
        (
            "fucntion f():\n    x = 1 1\n    return x",
            &["1:1 [fucntion] `fucntion` begins no header", "2:9 [1 1] nothing stands between `1` and `1`"],
        ),
        ("whlie x < 3:\n    break", &["1:1 [whlie] `whlie` begins no header"]),
        ("if a:\n    b()\nesle:\n    c()", &["3:1 [esle] `esle` begins no header"]),
        ("retrun x", &["1:1 [retrun] `retrun` begins no statement"]),
        (
            "try:\n    x = 1\ncatch e:\n    y = 2",
            &["1:1 [try] `try` is not part of this language", "3:1 [catch e] `catch` is not part of this language"],
        ),
        ("import math", &["1:1 [import] `import` is not part of this language"]),
        ("goto 10", &["1:1 [goto] `goto` is not part of this language"]),
        ("f = lambda x: x", &["1:5 [lambda] `lambda` is not part of this language"]),
        ("if x then\n    y()", &["1:6 [then] `then` is not part of this language"]),
        (
            "for (i = 0; i < n; i++):\n    f(i)",
            &["1:1 [for (i = 0; i < n; i++)] a loop over numbers is not written with `;`"],
        ),
        ("i++", &["1:2 [++] `++` is no operator"]),
        ("p[1]--", &["1:5 [--] `--` is no operator"]),
        ("++i", &["1:1 [++] `++` is no operator"]),
        ("x = *p", &["1:5 [*] there is no `*` that follows a pointer"]),
        ("x = &p", &["1:5 [&] `&` is no operator"]),
        ("x = a ** b", &["1:7 [**] `**` is no operator"]),
        ("x = a ? b : c", &["1:7 [?] `?` is no operator"]),
        ("x = {1}", &["1:5 [{] `{` makes no block"]),
        ("x = a § b", &["1:7 [§] the character `§` (U+00A7) means nothing here"]),
        ("x + = 3", &["1:3 [+ =] `+` and `=` stand apart"]),
        ("while = 3", &["1:1 [while] `while` is a keyword, and cannot be assigned"]),
        ("x = if + 1", &["1:5 [if] `if` is a keyword, and cannot be a name"]),
        ("null = 3", &["1:1 [null] `null` is a value, and cannot be assigned"]),
        ("function if(x): pass", &["1:10 [if] `if` is a keyword, and cannot be a name"]),
    ]);
    assert!(advice("fucntion f(): pass").contains("`function`"));
    assert!(advice("retrun x").contains("`return`"));
}

#[test]
fn statements() {
    check_errors(&[
        ("x =", &["1:3 [=] the statement ends too early: expected a value after `=`"]),
        ("x = 3 +", &["1:7 [+] the statement ends too early: expected a value after `+`"]),
        ("x = * 3", &["1:5 [*] expected a value, found `*`"]),
        ("x = and b", &["1:5 [and] expected a value, found `and`"]),
        (
            "x = 1; y = 2 2; z = 3 3",
            &["1:12 [2 2] nothing stands between `2` and `2`", "1:21 [3 3] nothing stands between `3` and `3`"],
        ),
        ("f(a b)", &["1:3 [a b] nothing stands between `a` and `b`"]),
        ("f(a,)", &["1:5 [)] expected a value, found `)`"]),
        ("f(x) = 3", &["1:1 [f(x)] a call cannot be assigned"]),
        ("a + b = 3", &["1:1 [a + b] this cannot be assigned"]),
        ("a, b = 1", &["1:8 [1] 2 places, but 1 value"]),
        ("return 1, 2", &["1:8 [1, 2] `return` gives back one value"]),
        ("let x", &["1:5 [x] the statement ends too early: expected `=` after `x`"]),
        ("x: 3", &["1:2 [:] a `:` cannot stand here"]),
        ("x = (y := 3)", &["1:8 [:=] an assignment cannot stand inside an expression"]),
        ("for i from 1 3: pass", &["1:12 [1 3] nothing stands between `1` and `3`"]),
        ("for each x xs: pass", &["1:10 [x xs] nothing stands between `x` and `xs`"]),
        ("repeat 5 times:\n    f()", &["1:8 [5] expected `:` after `repeat`, found `5`"]),
        ("record A: a[0]", &["1:13 [0] this is no length for an embedded array"]),
        ("record A: 3", &["1:11 [3] expected a name, found `3`"]),
    ]);
}

#[test]
fn headers_and_blocks() {
    check_errors(&[
        (
            "if x > 3\n    y()\nelse\n    z()",
            &["1:9 [] the `if` header has no `:` at its end", "3:5 [] the `else` header has no `:` at its end"],
        ),
        ("if x > 3 f(x)\ng()", &["1:8 [3 f] nothing stands between `3` and `f`"]),
        ("if x: a() else: b()", &["1:11 [else] `else` must begin its line"]),
        (
            "if x:\ny = 2\nwhile y: // nothing\nfunction f():",
            &[
                "1:1 [if x] the body of this `if` must follow, indented",
                "3:1 [while y] the body of this `while` must follow, indented",
                "4:1 [function f()] the body of this `function` must follow, indented",
            ],
        ),
        (
            "x = = 3\nif y = = 4:\n    z()\nelse:\n    w = = 5",
            &[
                "1:5 [=] a statement assigns once",
                "2:8 [=] expected a value, found `=`",
                "5:9 [=] a statement assigns once",
            ],
        ),
        ("else:\n    x()", &["1:1 [else] this `else` has no `if`"]),
        ("if a:\n    b()\nelse:\n    c()\nelse:\n    d()", &["5:1 [else] nothing can follow the `else` of an `if`"]),
        ("until x", &["1:1 [until x] this `until` has no `repeat`"]),
        ("repeat:\n    x()\ny()", &["1:1 [repeat] this `repeat` has no `until`"]),
        ("end if", &["1:1 [end if] `end if` ends nothing here"]),
        ("if a:\n    b()\nend while", &["3:1 [end while] `end while` stands where `if` ends"]),
        ("for i from 1 to 2:\n    b()\nnext j", &["3:1 [next j] `next j` ends the loop over `i`"]),
        ("if a:\n    b()\nend foo", &["3:1 [end foo] `end foo` ends nothing: there are no `foo` blocks"]),
        (
            "function f():\n    function g():\n        pass",
            &["2:5 [function g()] a function cannot be defined inside a block"],
        ),
        (
            "break\nwhile a: f()\ncontinue",
            &[
                "1:1 [break] there is no loop here that `break` could act on",
                "3:1 [continue] there is no loop here that `continue` could act on",
            ],
        ),
        ("while a:\n    defer break", &["2:11 [break] `break` cannot leave a `defer`"]),
        ("function f():\n    defer:\n        if a: return 3", &["3:15 [return 3] `return` cannot leave a `defer`"]),
    ]);
}

/// What follows from a mistake is not reported as one more.
#[test]
fn no_cascades() {
    check_errors(&[
        ("a = 1 +\n  2", &["1:7 [+] the statement ends too early: expected a value after `+`"]),
        ("x = y\n   = z", &["2:4 [=] expected a value, found `=`"]),
        ("foreach x in xs\n    f(x)", &["1:1 [foreach] `foreach` is not part of this language"]),
        ("IF x:\n    f(x)\nELSE:\n    g(x)", &["1:1 [IF] `IF` begins no header", "3:1 [ELSE] `ELSE` begins no header"]),
        ("if x:\n    a()\n  else:\n    b()", &["3:3 [else] this `else` has no `if`"]),
        ("if x:\n    a()\n    else:\n    b()", &["3:5 [else] this `else` has no `if`"]),
        (
            "class A:\n    function f(x):\n        return x\n    value\ny = 1 1",
            &["2:5 [function] a record has fields, and no functions", "5:5 [1 1] nothing stands between `1` and `1`"],
        ),
        ("repeat 3:\n    f()\ng()", &["1:8 [3] expected `:` after `repeat`, found `3`"]),
    ]);
    assert!(advice("if x:\n    a()\n  else:\n    b()").contains("this `if` is at column 1"));
}

#[test]
fn indentation() {
    check_errors(&[
        ("if a:\n        b()\n    c()\n    d()\ne()", &["3:1 [    ] no open block has lines at column 5"]),
        ("x = 1\n    y = 2\n    z = 3\nw = 4", &["2:1 [    ] this line is indented, but no header opens a block"]),
        ("if x: y()\n    z()", &["2:1 [    ] this line is indented, but no header opens a block"]),
        ("if x:\n\ty()\n    z()\n    w()", &["3:1 [    ] tabs and spaces are mixed inconsistently"]),
        ("if x:\n\ty()\n        z()", &["3:1 [        ] tabs and spaces are mixed inconsistently"]),
        ("if x:\n  if y:\n\tz()", &["3:1 [\t] tabs and spaces are mixed inconsistently"]),
        (
            "if x:\n    y()\n  z()\n      w()",
            &[
                "3:1 [  ] no open block has lines at column 3",
                "4:1 [      ] this line is indented, but no header opens a block",
            ],
        ),
    ]);
    let mixed = advice("if x:\n\ty()\n    z()");
    assert!(mixed.contains("1 tab") && mixed.contains("4 spaces"), "{mixed}");
    let dedent = advice("if a:\n        b()\n    c()");
    assert!(dedent.contains("columns 1, 9"), "{dedent}");
}

#[test]
fn brackets() {
    check_errors(&[
        (
            "x = f(1, 2\ny = 3\nz = 4 4",
            &["1:6 [(] this `(` is never closed", "3:5 [4 4] nothing stands between `4` and `4`"],
        ),
        (
            "function f(x):\n    y = g(x, [1, 2\n    if y > 3:\n        return y\n    z = 3 4",
            &["2:10 [(] this `(` is never closed", "5:9 [3 4] nothing stands between `3` and `4`"],
        ),
        (
            "function f(a, b:\n    return a\nx = 5 5",
            &["1:11 [(] this `(` is never closed", "3:5 [5 5] nothing stands between `5` and `5`"],
        ),
        ("x = (1 +\nprint(b)\nheap_free(x)", &["1:5 [(] this `(` is never closed"]),
        ("x = f(1,\nreturn 4", &["1:6 [(] this `(` is never closed"]),
        (
            "x = f(1]\ny = (2\nz = 3)",
            &["1:8 []] `]` cannot close `(`", "2:5 [(] this `(` is never closed", "3:6 [)] this `)` closes nothing"],
        ),
        ("x = ([1)", &["1:6 [[] this `[` is never closed"]),
        ("x = (1 + 2))", &["1:12 [)] this `)` closes nothing"]),
        (
            "x = [\n  \"abc,\n  \"def\"\n]\ny = 3 3",
            &[
                "2:3 [\"abc,] this string is not closed before the end of its line",
                "5:5 [3 3] nothing stands between `3` and `3`",
            ],
        ),
        (
            "print(\"abc)\nx = 1 1",
            &[
                "1:7 [\"abc)] this string is not closed before the end of its line",
                "2:5 [1 1] nothing stands between `1` and `1`",
            ],
        ),
        (
            "x = 1 1\n/* never\ny = 2 2",
            &[
                "1:5 [1 1] nothing stands between `1` and `1`",
                "2:1 [/*] this comment is never closed",
                "3:5 [2 2] nothing stands between `2` and `2`",
            ],
        ),
    ]);
}
