//! What the compiler makes of small programs, and that the verifier agrees with all of it.

use super::*;
use crate::bytecode::{Instruction, verifier};
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
];

const fn row(name: &'static str, parameters: &'static [&'static str], makes_string: bool) -> Signature {
    Signature { name, parameters, optional: 0, makes_string, stores: false, help: "" }
}

fn compile_text(text: &str) -> (Sources, Result<Output, Vec<Diagnostic>>) {
    compile_for(text, strategy::STRATEGIES[0].requirements)
}

fn compile_for(text: &str, requirements: Requirements) -> (Sources, Result<Output, Vec<Diagnostic>>) {
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
    };
    let result = compile(input, &mut names);
    (sources, result)
}

/// Mnemonics of the function of that name, in order.
fn mnemonics(text: &str, function: &str) -> Vec<&'static str> {
    mnemonics_for(strategy::STRATEGIES[0].name, text, function)
}

fn mnemonics_for(memory: &str, text: &str, function: &str) -> Vec<&'static str> {
    let (_, result) = compile_for(text, strategy::find(memory).unwrap().requirements);
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
        counted_mnemonics(text, "f"),
        ["jump-if-null", "load-field", "retain", "release", "move", "jump-if-not-null", "release", "return-null"]
    );
}

#[test]
fn a_copy_that_only_the_next_instruction_reads_is_not_counted() {
    let text = "function f(p):\n    if p.next is null: return 1\n    return 2\nf(null)\n";
    let counted = counted_mnemonics(text, "f");
    assert!(!counted.contains(&"retain"), "{counted:?}");
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
            "load-element-add",
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
