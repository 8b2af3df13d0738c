//! Operators as tables. Every row is computed twice: by a handler, which may take a shortcut, and by the
//! complete operator alone. A row says what comes out as `print` shows it, or the kind of error.

use super::*;
use crate::kind::ErrorKind;
use crate::machine::operators::{Arithmetic, Relation, compare_integer_with_float, equal};

const MAX: i64 = i64::MAX;
const MIN: i64 = i64::MIN;

fn i(value: i64) -> Value {
    Value::integer(value)
}

fn f(value: f64) -> Value {
    Value::float(value)
}

/// An instruction that takes two slots and gives one.
fn binary(symbol: &str, to: Write, left: Read, right: Read) -> Instruction {
    match symbol {
        "+" => Instruction::Add { to, left, right },
        "-" => Instruction::Subtract { to, left, right },
        "*" => Instruction::Multiply { to, left, right },
        "/" => Instruction::Divide { to, left, right },
        "div" => Instruction::FloorDivide { to, left, right },
        "mod" => Instruction::Modulo { to, left, right },
        "^" => Instruction::Power { to, left, right },
        "=" => Instruction::Equal { to, left, right },
        "!=" => Instruction::NotEqual { to, left, right },
        "<" => Instruction::Less { to, left, right },
        "<=" => Instruction::LessEqual { to, left, right },
        ">" => Instruction::Greater { to, left, right },
        ">=" => Instruction::GreaterEqual { to, left, right },
        _ => panic!("{symbol}"),
    }
}

fn by_the_loop(symbol: &str, left: Value, right: Value) -> Result<String, ErrorKind> {
    let operate = binary(symbol, Write(4), Read(2), Read(3));
    let mut program = top_level(vec![load_constant(2, 0), load_constant(3, 1), operate, print(4, 1), halt()]);
    program.constants = vec![constant(left), constant(right)];
    let mut world = World::default();
    match run(&program, &mut world).1 {
        End::Finished => Ok(world.output.trim_end().to_owned()),
        End::Trapped(trap) => Err(trap.cause.kind()),
        end => panic!("{end:?}"),
    }
}

fn by_the_operator(symbol: &str, left: Value, right: Value) -> Result<String, ErrorKind> {
    let program = top_level(vec![halt()]);
    let memory = load(&program).memory;
    let arithmetic = |operator: Arithmetic| operator.apply(&memory, left, right);
    let relation = |relation: Relation| relation.holds(&memory, left, right).map(Value::boolean);
    let result = match symbol {
        "+" => arithmetic(Arithmetic::Add),
        "-" => arithmetic(Arithmetic::Subtract),
        "*" => arithmetic(Arithmetic::Multiply),
        "/" => arithmetic(Arithmetic::Divide),
        "div" => arithmetic(Arithmetic::FloorDivide),
        "mod" => arithmetic(Arithmetic::Modulo),
        "^" => arithmetic(Arithmetic::Power),
        "<" => relation(Relation::Less),
        "<=" => relation(Relation::LessEqual),
        ">" => relation(Relation::Greater),
        ">=" => relation(Relation::GreaterEqual),
        _ => {
            let same = equal(&memory, left, right).expect("no strings here");
            Ok(Value::boolean(same == (symbol == "=")))
        }
    };
    let mut text = String::new();
    let value = result.map_err(|cause| cause.kind())?;
    crate::machine::display::write_value(&memory, value, &mut text).expect("no strings here");
    Ok(text)
}

fn check(symbol: &str, left: Value, right: Value, expected: Result<&str, ErrorKind>) {
    let expected = expected.map(str::to_owned);
    assert_eq!(by_the_loop(symbol, left, right), expected, "loop: {left:?} {symbol} {right:?}");
    assert_eq!(by_the_operator(symbol, left, right), expected, "operator: {left:?} {symbol} {right:?}");
}

#[test]
fn arithmetic() {
    let overflow = Err(ErrorKind::IntegerOverflow);
    let by_zero = Err(ErrorKind::DivisionByZero);
    let types = Err(ErrorKind::TypeError);
    let null = Value::NULL;
    for (left, symbol, right, expected) in [
        (i(2), "+", i(3), Ok("5")),
        (i(MAX), "+", i(1), overflow),
        (i(MIN), "+", i(-1), overflow),
        (i(1), "+", f(0.5), Ok("1.5")),
        (f(0.1), "+", f(0.2), Ok("0.30000000000000004")),
        (i(1), "+", null, types),
        (Value::boolean(true), "+", i(1), types),
        (i(MIN), "-", i(1), overflow),
        (i(-2), "-", i(MAX), overflow),
        (i(-1), "-", i(MAX), Ok("-9223372036854775808")),
        (i(MAX), "*", i(2), overflow),
        (i(MIN), "*", i(-1), overflow),
        (i(3), "*", f(0.5), Ok("1.5")),
        (i(7), "/", i(2), Ok("3.5")),
        (i(6), "/", i(2), Ok("3.0")),
        (i(1), "/", i(0), by_zero),
        (f(1.0), "/", i(0), Ok("infinity")),
        (i(-1), "/", f(0.0), Ok("-infinity")),
        (f(0.0), "/", f(0.0), Ok("nan")),
        (i(1), "/", null, types),
        (i(7), "div", i(2), Ok("3")),
        (i(-7), "div", i(2), Ok("-4")),
        (i(7), "div", i(-2), Ok("-4")),
        (i(-7), "div", i(-2), Ok("3")),
        (i(-6), "div", i(2), Ok("-3")),
        (i(MIN), "div", i(-1), overflow),
        (i(1), "div", i(0), by_zero),
        (f(7.5), "div", i(2), Ok("3.0")),
        (f(-7.5), "div", i(2), Ok("-4.0")),
        (f(1.5), "div", i(0), Ok("infinity")),
        (f(1.0), "div", f(0.1), Ok("9.0")),
        (i(7), "mod", i(3), Ok("1")),
        (i(-7), "mod", i(3), Ok("2")),
        (i(7), "mod", i(-3), Ok("-2")),
        (i(-7), "mod", i(-3), Ok("-1")),
        (i(MIN), "mod", i(-1), Ok("0")),
        (i(1), "mod", i(0), by_zero),
        (f(-7.5), "mod", i(2), Ok("0.5")),
        (f(7.5), "mod", i(-2), Ok("-0.5")),
        (f(1.5), "mod", i(0), Ok("nan")),
        (f(-1.0), "mod", f(f64::INFINITY), Ok("infinity")),
        (i(2), "^", i(10), Ok("1024")),
        (i(2), "^", i(62), Ok("4611686018427387904")),
        (i(2), "^", i(63), overflow),
        (i(-2), "^", i(63), Ok("-9223372036854775808")),
        (i(2), "^", i(-1), Ok("0.5")),
        (i(0), "^", i(0), Ok("1")),
        (i(0), "^", i(-1), Ok("infinity")),
        (i(1), "^", i(MAX), Ok("1")),
        (i(-1), "^", i(MAX), Ok("-1")),
        (i(2), "^", i(1 << 40), overflow),
        (i(2), "^", f(0.5), Ok("1.4142135623730951")),
        (f(2.0), "^", i(3), Ok("8.0")),
    ] {
        check(symbol, left, right, expected);
    }
}

#[test]
fn comparison() {
    let types = Err(ErrorKind::TypeError);
    let nan = f(f64::NAN);
    for (left, symbol, right, expected) in [
        (i(1), "=", f(1.0), Ok("true")),
        (i(1), "!=", f(1.5), Ok("true")),
        (i((1 << 53) + 1), "=", f(9_007_199_254_740_992.0), Ok("false")),
        (i((1 << 53) + 1), ">", f(9_007_199_254_740_992.0), Ok("true")),
        (i(MAX), "<", f(9_223_372_036_854_775_808.0), Ok("true")),
        (i(MAX), "=", f(9_223_372_036_854_775_808.0), Ok("false")),
        (i(MIN), "=", f(-9_223_372_036_854_775_808.0), Ok("true")),
        (f(-0.0), "=", i(0), Ok("true")),
        (i(-1), ">", f(-1.5), Ok("true")),
        (i(MAX), "<", f(f64::INFINITY), Ok("true")),
        (nan, "=", nan, Ok("false")),
        (nan, "!=", nan, Ok("true")),
        (nan, "<", i(1), Ok("false")),
        (i(1), ">=", nan, Ok("false")),
        (i(0), "=", Value::NULL, Ok("false")),
        (i(0), "=", Value::boolean(false), Ok("false")),
        (Value::NULL, "=", Value::NULL, Ok("true")),
        (Value::boolean(true), "=", Value::boolean(true), Ok("true")),
        (Value::boolean(true), "!=", Value::boolean(false), Ok("true")),
        (i(1), "<", Value::NULL, types),
        (Value::boolean(false), "<", Value::boolean(true), types),
        (i(2), "<=", i(2), Ok("true")),
        (f(2.5), ">", f(2.0), Ok("true")),
    ] {
        check(symbol, left, right, expected);
    }
}

#[test]
fn integers_compare_with_floats_as_exact_numbers_do() {
    use std::cmp::Ordering::*;
    assert_eq!(compare_integer_with_float(2, 2.5), Some(Less));
    assert_eq!(compare_integer_with_float(-2, -2.5), Some(Greater));
    assert_eq!(compare_integer_with_float(-3, -2.5), Some(Less));
    assert_eq!(compare_integer_with_float(0, f64::NAN), None);
    assert_eq!(compare_integer_with_float(MIN, f64::NEG_INFINITY), Some(Greater));
}

/// Jumps that skip the printing of `1`, and the comparison that takes them.
#[test]
fn jumps_follow_the_comparisons_and_their_negations_differ_for_nan_only_as_stated() {
    let taken = |jump: Instruction, left: Value, right: Value| {
        let mut program = top_level(vec![
            load_constant(2, 0),
            load_constant(3, 1),
            jump,
            load_integer(4, 0),
            Instruction::Jump { target: Target(1) },
            load_integer(4, 1),
            print(4, 1),
            halt(),
        ]);
        program.constants = vec![constant(left), constant(right)];
        output(&program) == "1\n"
    };
    let (left, right, target) = (Read(2), Read(3), Target(2));
    for (a, b) in [(i(1), i(2)), (i(2), i(2)), (f(1.5), i(2)), (i(1), f(f64::NAN)), (f(2.5), f(1.5))] {
        let holds = |symbol| by_the_operator(symbol, a, b) == Ok("true".to_owned());
        assert_eq!(taken(Instruction::JumpIfLess { left, right, target }, a, b), holds("<"));
        assert_eq!(taken(Instruction::JumpIfNotLess { left, right, target }, a, b), !holds("<"));
        assert_eq!(taken(Instruction::JumpIfLessEqual { left, right, target }, a, b), holds("<="));
        assert_eq!(taken(Instruction::JumpIfNotLessEqual { left, right, target }, a, b), !holds("<="));
        assert_eq!(taken(Instruction::JumpIfGreater { left, right, target }, a, b), holds(">"));
        assert_eq!(taken(Instruction::JumpIfNotGreater { left, right, target }, a, b), !holds(">"));
        assert_eq!(taken(Instruction::JumpIfGreaterEqual { left, right, target }, a, b), holds(">="));
        assert_eq!(taken(Instruction::JumpIfNotGreaterEqual { left, right, target }, a, b), !holds(">="));
        assert_eq!(taken(Instruction::JumpIfEqual { left, right, target }, a, b), holds("="));
        assert_eq!(taken(Instruction::JumpIfNotEqual { left, right, target }, a, b), !holds("="));
        if b == i(2) {
            let right = Short(2);
            assert_eq!(taken(Instruction::JumpIfLessInteger { left, right, target }, a, b), holds("<"));
            assert_eq!(taken(Instruction::JumpIfNotLessInteger { left, right, target }, a, b), !holds("<"));
            assert_eq!(taken(Instruction::JumpIfLessEqualInteger { left, right, target }, a, b), holds("<="));
            assert_eq!(taken(Instruction::JumpIfNotLessEqualInteger { left, right, target }, a, b), !holds("<="));
            assert_eq!(taken(Instruction::JumpIfGreaterInteger { left, right, target }, a, b), holds(">"));
            assert_eq!(taken(Instruction::JumpIfNotGreaterInteger { left, right, target }, a, b), !holds(">"));
            assert_eq!(taken(Instruction::JumpIfGreaterEqualInteger { left, right, target }, a, b), holds(">="));
            assert_eq!(taken(Instruction::JumpIfNotGreaterEqualInteger { left, right, target }, a, b), !holds(">="));
            assert_eq!(taken(Instruction::JumpIfEqualInteger { left, right, target }, a, b), holds("="));
            assert_eq!(taken(Instruction::JumpIfNotEqualInteger { left, right, target }, a, b), !holds("="));
        }
    }
}

#[test]
fn strings_join_compare_and_print() {
    let mut program = top_level(vec![
        load_constant(2, 0),
        load_constant(3, 1),
        Instruction::Add { to: Write(4), left: Read(2), right: Read(3) },
        Instruction::Less { to: Write(5), left: Read(2), right: Read(3) },
        Instruction::Equal { to: Write(6), left: Read(2), right: Read(2) },
        Instruction::Length { to: Write(7), object: Read(4) },
        print(4, 4),
        Instruction::AddTemporaries { to: Write(4), left: Read(4), right: Read(3), drops: Drops::Left },
        print(4, 1),
        halt(),
    ]);
    program.constants = vec![Constant::String("z".into()), Constant::String("éa".into())];
    let mut world = World::default();
    let (machine, end) = run(&program, &mut world);
    assert_eq!(end, End::Finished);
    assert_eq!(world.output, "zéa true true 3\nzéaéa\n");
    let heap = machine.memory.statistics();
    assert_eq!((heap.allocations, heap.frees), (2, 1));
}

#[test]
fn an_operand_of_the_wrong_type_is_named_with_its_operator() {
    let mut program = top_level(vec![
        load_constant(2, 0),
        load_integer(3, 1),
        Instruction::Add { to: Write(4), left: Read(2), right: Read(3) },
        halt(),
    ]);
    program.constants = vec![Constant::String("x".into())];
    let Cause::OperandTypes { operator, operands } = cause(&program) else { panic!() };
    assert_eq!(operator, "+");
    let shown: Vec<_> = operands.iter().map(|shown| (shown.type_name, shown.text.as_str())).collect();
    assert_eq!(shown, [("a string", "\"x\""), ("an integer", "1")]);
}
