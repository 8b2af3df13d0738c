//! What the compiler makes of small programs, and that the verifier agrees with all of it.

use super::*;
use crate::bytecode::{Instruction, Type, Writes, verifier};
use crate::limits;
use crate::memory::strategy;
use crate::source::{Severity, Sources};
use crate::syntax;

/// Enough of the built-ins to compile with.
const BUILTINS: &[Signature] = &[
    row("heap_allocate", &["n"], false),
    row("allocate", &["n"], false),
    row("stack_allocate", &["n"], false),
    row("heap_free", &["p"], false),
    row("free", &["p"], false),
    row("release", &["p"], false),
    row("length", &["p"], false),
    row("print", &["…values"], false),
    row("swap", &["a", "b"], false),
    row("to_string", &["x"], true),
    row("sqrt", &["x"], false),
    row("round", &["x", "decimals"], false),
    row("copyString", &["destination", "text"], false),
    row("getFileSize", &["name"], false),
    row("readContentsInto", &["name", "p"], false),
    row("error", &["message"], false),
    row("read_user_input", &[], true),
    row("read_from", &["p"], false),
    row("sizeof", &["T"], false),
    Signature { stores_first: true, writes: Writes::Argument, ..row("write_to", &["p", "value"], false) },
    Signature { writes: Writes::Argument, ..row("fill", &["p", "value", "count"], false) },
    Signature { writes: Writes::Copies, ..row("copy", &["destination", "source", "count"], false) },
    Signature {
        writes: Writes::Moves,
        gives: |arguments| arguments[0].resized(),
        ..row("heap_reallocate", &["p", "size"], false)
    },
];

const fn row(name: &'static str, parameters: &'static [&'static str], makes_string: bool) -> Signature {
    Signature {
        name,
        parameters,
        optional: 0,
        makes_string,
        yields_reference: false,
        stores_first: false,
        writes: Writes::Nothing,
        gives: |_: &[Type]| Type::VALUE,
        help: "",
    }
}

fn compile_text(text: &str) -> (Sources, Result<Output, Vec<Diagnostic>>) {
    compile_for(text, strategy::STRATEGIES[0].requirements)
}

fn compile_for(text: &str, requirements: Requirements) -> (Sources, Result<Output, Vec<Diagnostic>>) {
    compile_counted(text, requirements, true)
}

fn compile_counted(
    text: &str,
    requirements: Requirements,
    elides_counts: bool,
) -> (Sources, Result<Output, Vec<Diagnostic>>) {
    let mut sources = Sources::default();
    let source = sources.add("test.pseudo", text);
    let mut names = Names::default();
    let parsed = syntax::parse(&sources, source, &mut names);
    let errors: Vec<_> = parsed.diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let library = Module::default();
    let input = Input {
        user: &parsed.module,
        library: &library,
        entry: Entry::Program,
        earlier: None,
        breakpoints: &[],
        builtins: BUILTINS,
        requirements,
        elides_counts,
    };
    let result = compile(input, &mut names);
    (sources, result)
}

/// Mnemonics of the function of that name, in order.
fn mnemonics(text: &str, function: &str) -> Vec<&'static str> {
    mnemonics_for(strategy::STRATEGIES[0].name, text, function)
}

fn mnemonics_for(memory: &str, text: &str, function: &str) -> Vec<&'static str> {
    mnemonics_counted(memory, text, function, true)
}

fn mnemonics_counted(memory: &str, text: &str, function: &str, elides_counts: bool) -> Vec<&'static str> {
    let (_, result) = compile_counted(text, strategy::find(memory).unwrap().requirements, elides_counts);
    let Ok(Output { program, .. }) = result else { panic!("{text}") };
    verifier::verify(&program).unwrap();
    let function = program.functions.iter().find(|known| known.name == function).unwrap();
    program.code[function.entry as usize..function.end as usize].iter().map(|one| one.mnemonic()).collect()
}

/// The same under reference counting.
fn counted_mnemonics(text: &str, function: &str) -> Vec<&'static str> {
    mnemonics_for("refcount", text, function)
}

#[test]
fn numbers_are_not_counted() {
    let text = "function f():\n    s = 0\n    for i from 0 to 9:\n        s = s + i * 2\n    print(s)\nf()\n";
    let counted = counted_mnemonics(text, "f");
    assert!(!counted.iter().any(|one| matches!(*one, "retain" | "release")), "{counted:?}");
}

#[test]
fn a_copy_is_retained_and_what_it_replaces_released() {
    let text = "function f(p):\n    while p is not null:\n        p = p.next\nf(null)\n";
    assert_eq!(
        mnemonics_counted("refcount", text, "f", false),
        ["jump-if-null", "load-field", "retain", "release", "move", "jump-if-not-null", "release", "return-null"]
    );
}

/// The counts in a function that `main` gives a list.
fn counts_in(function: &str) -> Vec<&'static str> {
    let text = format!("record N: next\nfunction main():\n    a = new N(null)\n    f(a)\n{function}");
    let mut counted = counted_mnemonics(&text, "f");
    counted.retain(|one| matches!(*one, "retain" | "release") || one.ends_with("counted"));
    counted
}

#[test]
fn what_is_lent_is_not_counted() {
    let untouched: [&str; 0] = [];
    assert_eq!(counts_in("function f(p):\n    while p is not null:\n        p = p.next\n"), untouched);
    assert_eq!(counts_in("function f(p):\n    if p.next is null: return 1\n    return f(p.next.next)\n"), untouched);
    assert_eq!(counts_in("function f(p):\n    q = p.next\n    print(q, q)\n"), untouched);
}

#[test]
fn what_may_outlive_its_lender_is_counted() {
    // Somebody might overwrite `p.next` meanwhile.
    let stores = "function f(p):\n    q = p.next\n    p.next = null\n    print(q)\n";
    assert_eq!(counts_in(stores), ["retain", "store-field-counted", "release"]);
    let calls = "function f(p):\n    q = p.next\n    g(p)\n    print(q)\nfunction g(p): p.next = null\n";
    assert_eq!(counts_in(calls), ["retain", "release"]);
    // The lender is assigned first, or given up before.
    let assigned = "function f(p):\n    q = new N(p)\n    r = q.next\n    q = null\n    print(r)\n";
    assert_eq!(counts_in(assigned), ["retain", "retain", "release", "release"]);
    assert_eq!(
        counts_in("function f(p):\n    q = new N(p)\n    r = q.next\n"),
        ["retain", "retain", "release", "release"]
    );
    // A weak place lends nothing.
    let weak = "function f(p):\n    q = p.next\n    print(q, q)\nfunction g(p): p.next = weak p\n";
    assert_eq!(counts_in(weak), ["retain", "release"]);
    // What a caller does not keep is not lent.
    let given = "function f(p):\n    g(new N(p))\nfunction g(p): print(p.next)\n";
    assert_eq!(counts_in(given), ["retain"]);
}

#[test]
fn a_dying_temporary_hands_its_count_over() {
    let text = "function f():\n    a = [1]\n    return [a]\nf()\n";
    let counted = counted_mnemonics(text, "f");
    let count = |wanted: &str| counted.iter().filter(|&&one| one == wanted).count();
    // One for the element that `a` is copied to, one for `a` itself at the end.
    assert_eq!((count("retain"), count("release")), (1, 1), "{counted:?}");
}

/// Kind and line of every error.
fn errors(text: &str) -> Vec<(ErrorKind, u32)> {
    let (sources, result) = compile_text(text);
    let Err(diagnostics) = result else { panic!("accepted: {text}") };
    diagnostics
        .iter()
        .filter(|one| one.severity == Severity::Error)
        .map(|one| (one.kind.unwrap(), sources.position(one.primary.span).line))
        .collect()
}

fn warnings(text: &str) -> Vec<String> {
    let (_, result) = compile_text(text);
    let Ok(Output { warnings, .. }) = result else { panic!("rejected: {text}") };
    warnings.into_iter().map(|one| one.message).collect()
}

#[test]
fn comparisons_fuse_with_their_jumps() {
    let text = "function f(n):\n    if n <= 1:\n        return n\n    return f(n - 1) + f(n - 2)\nf(3)\n";
    assert_eq!(
        mnemonics(text, "f"),
        [
            "jump-if-not-less-equal-integer",
            "return",
            "subtract-integer",
            "call",
            "subtract-integer",
            "call",
            "add",
            "return"
        ]
    );
}

#[test]
fn loops_have_one_jump_a_round() {
    let text = "function f(p):\n    while p is not null:\n        p = p.next\nf(null)\n";
    assert_eq!(mnemonics(text, "f"), ["jump-if-null", "load-field", "jump-if-not-null", "return-null"]);
    let text = "function f(a):\n    s = 0\n    for i from 0 to 9:\n        s = s + a[i]\nf(null)\n";
    assert_eq!(
        mnemonics(text, "f"),
        [
            "clear",
            "load-integer",
            "load-integer",
            "load-integer",
            "count-enter",
            "load-element",
            "add",
            "count-next",
            "return-null"
        ]
    );
}

#[test]
fn a_loop_variable_that_its_body_assigns_does_not_count() {
    let (_, result) = compile_text("function f():\n    for i from 0 to 9:\n        i = 5\nf()\n");
    let Ok(Output { program, .. }) = result else { panic!() };
    let next = program.code.iter().find_map(|one| match one {
        Instruction::CountNext { counter, variable, .. } => Some((counter.0, variable.0)),
        _ => None,
    });
    assert!(next.is_some_and(|(counter, variable)| counter != variable));
}

#[test]
fn variables_assigned_on_some_paths_are_cleared_and_checked() {
    let text = "function f(c):\n    if c:\n        x = 1\n    print(x)\nf(true)\n";
    assert_eq!(
        mnemonics(text, "f"),
        ["clear", "jump-if-false", "load-integer", "check-assigned", "print", "return-null"]
    );
    let text = "function f(c):\n    if c:\n        x = 1\n    else:\n        x = 2\n    print(x)\nf(true)\n";
    assert!(!mnemonics(text, "f").contains(&"check-assigned"));
}

#[test]
fn errors_are_all_reported_with_their_lines() {
    use ErrorKind::*;
    let cases: &[(&str, &[(ErrorKind, u32)])] = &[
        ("print(x)\n", &[(UnknownName, 1)]),
        ("f()\nprint(y)\n", &[(UnknownName, 1), (UnknownName, 2)]),
        ("function f():\n    print(x)\n    x = 1\nf()\n", &[(UnassignedVariable, 2)]),
        ("x = 1\nfunction f():\n    x = x + 1\nf()\n", &[(UnassignedVariable, 3)]),
        ("function f(a):\n    return a\nf(1, 2)\n", &[(WrongArguments, 3)]),
        ("function f():\n    pass\nfunction f():\n    pass\n", &[(DuplicateName, 3)]),
        ("function f(a, a):\n    pass\nf(1, 2)\n", &[(DuplicateName, 1)]),
        ("n = 3\nb = stack_allocate(n integers)\n", &[(NotConstant, 2)]),
        ("x = new Thing(1)\n", &[(UnknownName, 1)]),
        ("return 1\n", &[(SyntaxError, 1)]),
        ("record R: a, a\nx = new R()\n", &[(DuplicateName, 1)]),
        ("record R: a\nx = new R(1, 2)\n", &[(WrongArguments, 2)]),
    ];
    for (text, expected) in cases {
        assert_eq!(errors(text), *expected, "{text}");
    }
}

#[test]
fn a_while_condition_reports_once() {
    assert_eq!(errors("while x < 1:\n    print(1)\n"), [(ErrorKind::UnknownName, 1)]);
}

#[test]
fn too_many_slots_are_refused() {
    let lines: String = (0..260).map(|i| format!("    x{i} = {i}\n")).collect();
    let text = format!("function f():\n{lines}f()\n");
    assert_eq!(errors(&text).first().map(|&(kind, _)| kind), Some(ErrorKind::TooLarge));
}

#[test]
fn records_are_inferred_from_what_is_assigned() {
    let text = "function create():\n    player = heap_allocate(sizeof(Character))\n    player.name = heap_allocate(16)\n    player.model = null\n    player.inventory = [null, null, null, null]\n    return player\nfunction use():\n    p = create()\n    p.level = 1\nuse()\n";
    let (_, result) = compile_text(text);
    let Ok(Output { program, .. }) = result else { panic!() };
    let [record] = program.records.as_slice() else { panic!("{:?}", program.records) };
    let fields: Vec<_> =
        record.fields.iter().map(|&(name, slots)| (program.field_names[name as usize].as_str(), slots)).collect();
    assert_eq!(fields, [("name", 0), ("model", 0), ("inventory", 4), ("level", 0)]);
    assert!(mnemonics(text, "create").contains(&"store-embedded"));
}

#[test]
fn string_temporaries_that_are_consumed_are_dropped() {
    let count = |text: &str, wanted: &str| {
        mnemonics(text, "<top level>").iter().filter(|&&mnemonic| mnemonic == wanted).count()
    };
    assert_eq!(count("print(to_string(1))\n", "drop-temporary"), 1);
    assert_eq!(count("x = 1\nprint(\"a\" + to_string(x))\n", "add-temporaries"), 1);
    assert_eq!(count("x = to_string(1)\n", "drop-temporary"), 0);
    let greet = "function greet(n):\n    return \"Hi \" + n\nprint(greet(\"you\"))\n";
    assert_eq!(count(greet, "drop-temporary"), 1);
    let keeps = "s = \"x\"\nfunction get():\n    return s\nprint(get())\n";
    assert_eq!(count(keeps, "drop-temporary"), 0);
}

#[test]
fn calls_from_functions_with_buffers_go_below_them() {
    let text = "function g():\n    return 1\nfunction f():\n    b = stack_allocate(4 integers)\n    return g()\nf()\n";
    assert_eq!(mnemonics(text, "f"), ["stack-allocate", "call-below", "take-result", "return"]);
    assert!(mnemonics(text, "<top level>").contains(&"call"));
}

#[test]
fn deferred_statements_run_last_first_on_every_way_out() {
    let text = "function f(c):\n    defer print(1)\n    if c:\n        defer print(2)\n        return 3\n    return 4\nf(true)\n";
    let prints = mnemonics(text, "f").into_iter().filter(|&mnemonic| mnemonic == "print").count();
    assert_eq!(prints, 3);
}

#[test]
fn long_terms_and_chains_need_no_host_stack() {
    let sum = format!("x = 1{}\n", " + 1".repeat(100_000));
    let (_, result) = compile_text(&sum);
    assert!(result.is_ok());
    let logical = format!("x = true{}\n", " and true".repeat(20_000));
    assert!(compile_text(&logical).1.is_ok());
    let chain = format!("p = null\nx = p{}\n", ".next".repeat(20_000));
    assert!(compile_text(&chain).1.is_ok());
}

#[test]
fn doubtful_programs_get_warnings() {
    assert_eq!(warnings("for i from 5 to 1:\n    print(i)\n").len(), 1);
    assert_eq!(warnings("for i from 5 to 1 step -1:\n    print(i)\n").len(), 0);
    assert_eq!(warnings("x = 1\nx + 1\n").len(), 1);
    let record = "record R: value\nr = new R(1)\nprint(r.valeu)\n";
    assert_eq!(warnings(record), ["the record `R` has no field `valeu`"]);
}

#[test]
fn weak_places_cost_instructions_only_where_they_are() {
    let text = "function f(p):\n    q = weak p\n    p = q\n    return p\n";
    assert_eq!(mnemonics_for("mark-sweep", text, "f"), ["weaken", "strengthen", "return"]);
    assert_eq!(mnemonics_for("none", text, "f"), ["move", "move", "return"]);
    let text = "function f(p):\n    p[0] = weak p\n    return p[0]\n";
    let code = mnemonics_for("mark-sweep", text, "f");
    assert_eq!(code, ["weaken", "load-integer", "store-element", "load-integer", "load-element", "return"]);
}

#[test]
fn temporaries_are_dropped_where_the_strategy_has_it_so() {
    let text = "function f():\n    print(to_string(1) + to_string(2))\n";
    let frees = |memory| {
        let code = mnemonics_for(memory, text, "f");
        code.into_iter().filter(|&one| one == "drop-temporary" || one == "add-temporaries").count()
    };
    assert_eq!([frees("manual"), frees("mark-sweep"), frees("none")], [2, 2, 0]);
}

#[test]
fn what_is_deferred_too_often_is_refused() {
    let lines: String =
        (0..2000).map(|i| format!("    defer print({i})\n    if x = {i}:\n        return {i}\n")).collect();
    assert_eq!(errors(&format!("function f(x):\n{lines}f(1)\n")), [(ErrorKind::TooLarge, 1)]);
}

/// The program of that text with typed code, which the verifier agrees with.
fn typed(text: &str) -> Program {
    let (_, result) = compile_text(text);
    let Ok(Output { mut program, .. }) = result else { panic!("rejected: {text}") };
    specialise(&mut program);
    verifier::verify(&program).unwrap();
    program
}

/// The types of the parameters and the result of each version of a function, in the order of their code.
fn versions(program: &Program, function: &str) -> Vec<(Vec<Type>, Type)> {
    let functions = program.functions.iter().zip(&program.types.functions);
    let versions = functions.filter(|(known, _)| known.name == function).filter_map(|(_, types)| types.clone());
    versions.map(|types| (types.parameters, types.result)).collect()
}

/// Mnemonics of the first version of a function.
fn typed_mnemonics(text: &str, function: &str) -> Vec<&'static str> {
    let program = typed(text);
    let function = program.functions.iter().find(|known| known.name == function).unwrap();
    program.code[function.entry as usize..function.end as usize].iter().map(|one| one.mnemonic()).collect()
}

#[test]
fn recursion_keeps_its_types() {
    let text = "function f(n):\n    if n <= 1: return n\n    return f(n - 1) + f(n - 2)\nprint(f(9))\n";
    assert_eq!(versions(&typed(text), "f"), [(vec![Type::INTEGER], Type::INTEGER)]);
    assert_eq!(
        typed_mnemonics(text, "f"),
        [
            "integer.jump-if-greater-constant",
            "return",
            "integer.subtract-constant",
            "call",
            "integer.subtract-constant",
            "call",
            "integer.add",
            "return"
        ]
    );
}

#[test]
fn each_combination_of_types_has_a_version() {
    let text = "function f(a, b):\n    return a * b\nprint(f(1, 2), f(1.5, 2), f(2, 3), f(f(2.5, 1), 2))\n";
    assert_eq!(
        versions(&typed(text), "f"),
        [(vec![Type::INTEGER, Type::INTEGER], Type::INTEGER), (vec![Type::FLOAT, Type::INTEGER], Type::FLOAT),]
    );
}

#[test]
fn a_function_has_no_more_versions_than_it_may() {
    let values = ["1", "1.5", "true", "null"];
    let calls: Vec<String> = values.iter().flat_map(|a| values.map(|b| format!("f({a}, {b})"))).collect();
    let text = format!("function f(a, b):\n    return a = b\n{}\n", calls.join("\n"));
    let program = typed(&text);
    let versions = versions(&program, "f");
    assert_eq!(versions.len(), limits::FUNCTION_VERSIONS + 1);
    assert_eq!(versions.iter().filter(|(parameters, _)| *parameters == [Type::ANY, Type::ANY]).count(), 1);
}

#[test]
fn what_nothing_calls_stays_as_it_is() {
    let text = "function g(n):\n    return f(n + 1)\nfunction f(n):\n    return n + 1\nprint(f(1))\n";
    let program = typed(text);
    assert_eq!(program.types.functions.iter().filter(|types| types.is_none()).count(), 1);
    assert_eq!(typed_mnemonics(text, "g"), ["add-integer", "call", "return"]);
    assert_eq!(typed_mnemonics(text, "f"), ["integer.add-constant", "return"]);
}

#[test]
fn where_paths_meet_both_types_count() {
    let text = "function f(c):\n    if c:\n        x = 1\n    else:\n        x = 1.5\n    y = x + 1\n    x = 2\n    return x + y\nprint(f(true))\n";
    let code = typed_mnemonics(text, "f");
    let numbers: Vec<_> = code.into_iter().filter(|one| one.contains("add")).collect();
    // `x` is one of two before its last assignment, and `y` whatever comes of it.
    assert_eq!(numbers, ["add-integer", "add"]);
}

#[test]
fn an_instruction_that_is_passed_says_something_of_its_operands() {
    let text = "function f(a):\n    x = a[0]\n    y = x - 1\n    if y < 3:\n        x = x div 2.0\n    i = 1\n    z = i + a[i]\n    return z * 2\nprint(f([1, 2.5]))\n";
    let (_, result) = compile_text(text);
    assert!(result.is_ok());
    let program = typed(text);
    // A sum with an integer is a number, and so is twice that.
    assert_eq!(versions(&program, "f")[0].1, Type::NUMBER);
}

#[test]
fn elements_have_the_types_of_what_is_stored_in_blocks_of_their_class() {
    let sum = "function f(a):\n    s = 0\n    for i from 0 to 2:\n        s = s + a[i]\n    return s\n";
    let adds = |text: &str| typed_mnemonics(&format!("{sum}{text}"), "f").contains(&"integer.add");
    assert!(adds("print(f(allocate(3 integers)))\n"));
    assert!(adds("print(f([1, 2, 3]))\n"));
    assert!(!adds("print(f([1, 2, 3.5]))\n"));
    assert!(!adds("print(f(allocate(3 floats)))\n"));
    // Blocks of another class do not matter.
    assert!(adds("b = allocate(3 floats)\nb[0] = true\nprint(f(allocate(3 integers)))\n"));
    assert!(!adds("b = allocate(3 integers)\nb[0] = true\nprint(f(allocate(3 integers)))\n"));
    // What built-ins store counts as well.
    for stored in ["fill(b, 0.5, 1)", "write_to(b, 0.5)", "copy(b, [0.5], 1)", "for i from 0 to 0:\n    b[i] = 0.5"] {
        assert!(!adds(&format!("b = allocate(3 integers)\n{stored}\nprint(f(allocate(3 integers)))\n")), "{stored}");
    }
    // What is reallocated has no first values any more, but keeps what it had.
    let moved = "b = heap_reallocate(allocate(3 integers), 4)\nb[0] = 0.5\nprint(f(allocate(3 integers)))\n";
    assert!(adds(moved));
    let moved = "function f():\n    a = heap_reallocate(allocate(3 integers), 4)\n    s = 0\n    s = s + a[0]\n    return s\nprint(f())\n";
    assert!(typed_mnemonics(moved, "f").contains(&"integer.add"));
    assert!(!typed_mnemonics(&moved.replace("integers", "floats"), "f").contains(&"integer.add"));
    // A pointer of which nothing is known may be one to any block.
    let unknown = "b = read_from([allocate(3 integers)])\nb[0] = 0.5\nprint(f(allocate(3 integers)))\n";
    assert!(!adds(unknown));
}

#[test]
fn elements_that_all_hold_one_type_are_not_looked_at() {
    let text = "function f(a, b):\n    a[0] = b[0]\n    return a[1]\nx = allocate(2 integers)\nprint(f(x, x))\n";
    let code = typed_mnemonics(text, "f");
    let loads = code.iter().filter(|&&name| name == "integer.load-element").count();
    assert!(loads == 2 && code.contains(&"integer.store-element"), "{code:?}");
    // Without a first value there may be none.
    let code = typed_mnemonics(&text.replace("allocate(2 integers)", "heap_allocate(2 integers)"), "f");
    assert!(!code.contains(&"integer.load-element"), "{code:?}");
}

#[test]
fn fields_and_globals_have_the_types_of_what_is_stored_in_them() {
    let text =
        "record P: x, y\nk = 2.5\nfunction f(p):\n    return p.x * k + p.y\np = new P(1.5, 2)\np.y = 3\nprint(f(p))\n";
    let code = typed_mnemonics(text, "f");
    assert_eq!(code, ["open.load-field", "load-global", "float.multiply", "integer.load-field", "add", "return"]);
    let text = text.replace("p.y = 3\n", "p.y = 3.5\n").replace("1.5, 2)", "1.5, 2.0)");
    assert!(typed_mnemonics(&text, "f").contains(&"float.add"));
    // `write_to` may write to any field.
    let text = text.replace("print(f(p))", "write_to(p, 1)\nprint(f(p))");
    assert!(!typed_mnemonics(&text, "f").contains(&"float.add"));
}

#[test]
fn nothing_is_known_of_variables_without_a_value() {
    let text = "function f(n):\n    for i from 1 to n:\n        x = i\n    return x + 1\nprint(f(0))\n";
    assert_eq!(
        typed_mnemonics(text, "f"),
        [
            "clear",
            "clear",
            "load-integer",
            "move",
            "integer.count-enter",
            "move",
            "integer.count-next",
            "check-assigned",
            "integer.add-constant",
            "return"
        ]
    );
}

#[test]
fn checks_and_counts_that_do_nothing_are_left_out() {
    let (_, result) = compile_counted(
        "function f(n):\n    return n + 1\nprint(f(1))\n",
        strategy::find("refcount").unwrap().requirements,
        false,
    );
    let Ok(Output { mut program, .. }) = result else { panic!() };
    let counts = |program: &Program| {
        program
            .code
            .iter()
            .filter(|one| matches!(one, Instruction::Retain { .. } | Instruction::Release { .. }))
            .count()
    };
    assert_ne!(counts(&program), 0);
    specialise(&mut program);
    verifier::verify(&program).unwrap();
    assert_eq!(counts(&program), 0);
    assert_eq!(program.code.len(), program.spans.len());
}

#[test]
fn versions_keep_their_places_in_the_text() {
    let text = "function f(n):\n    x = [n]\n    y = x[0] + n\n    return y\nprint(f(1))\nprint(f(1.5))\n";
    let program = typed(text);
    let versions: Vec<_> = program.functions.iter().filter(|function| function.name == "f").collect();
    let [first, second] = versions[..] else { panic!("{versions:?}") };
    assert_eq!(first.header, second.header);
    let spans =
        |function: &crate::bytecode::Function| program.spans[function.entry as usize..function.end as usize].to_vec();
    assert_eq!(spans(first), spans(second));
    for function in versions {
        let within = |at: u32| (function.entry..function.end).contains(&at);
        assert_eq!(program.statements.iter().filter(|&&at| within(at)).count(), 3);
        assert_eq!(program.block_names.iter().filter(|(at, name)| within(*at) && name == "x").count(), 1);
    }
    assert!(program.statements.is_sorted() && program.block_names.is_sorted());
}

#[test]
fn constants_are_loaded_before_the_outermost_loop() {
    let text = "function f(a, n):\n    for i from 0 to n:\n        while n > 9:\n            a[i] = true\n            n = n - 0.5\n        a[i] = 0.5 * n\n    a[0] = true\nf(allocate(3), 2)\n";
    let code = typed_mnemonics(text, "f");
    let loads: Vec<usize> = (0..code.len()).filter(|&at| code[at] == "load-constant").collect();
    let enter = code.iter().position(|name| name.ends_with("count-enter")).unwrap();
    assert!(matches!(loads[..], [first, second, last] if first < enter && second < enter && last > enter), "{code:?}");
    // Operands that instructions have themselves need no slot, and there are not slots for everything.
    let text = "function f(a):\n    for i from 0 to 2:\n        a[i * 3 + 1] = i + 7\nf(allocate(9))\n";
    assert!(!typed_mnemonics(text, "f").contains(&"load-constant"));
    let stores: String = (0..9).map(|k| format!("        a[i] = {k}.5\n")).collect();
    let text = format!("function f(a):\n    for i from 0 to 2:\n{stores}f(allocate(9))\n");
    let code = typed_mnemonics(&text, "f");
    let before = code.iter().take_while(|name| !name.ends_with("count-enter")).filter(|&&name| name == "load-constant");
    assert_eq!(before.count(), 4);
}

#[test]
fn no_program_is_refused_for_the_constants_of_its_loops() {
    let names = |prefix: &str, count: usize| (0..count).map(|k| format!("{prefix}{k}")).collect::<Vec<_>>();
    let locals: String = names("v", 117).iter().map(|name| format!("    {name} = 1\n")).collect();
    let arguments = vec!["v1"; 122].join(", ");
    // Each product waits for the one in its brackets.
    let nested = format!("{}v0{}", "(v1 + 1) * (".repeat(122), ")".repeat(122));
    for value in [format!("g({arguments})"), nested] {
        let text = format!(
            "function g({}):\n    return 1\nfunction f():\n{locals}    for i from 1 to 2:\n        x = v1 * 1.5 + 2.5 + 3.5 * 4.5\n        y = {value}\n    return x + y\nprint(f())\n",
            names("a", 122).join(", ")
        );
        let (_, result) = compile_text(&text);
        assert!(result.is_ok(), "{result:?}");
    }
}
