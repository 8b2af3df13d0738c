//! Built-ins, called as a program calls them.

use super::*;
use crate::kind::ErrorKind;
use crate::machine::Shown;

/// Calls a built-in with constants; what it gives is printed.
fn call(name: &str, arguments: Vec<Constant>) -> Result<String, Cause> {
    let mut code: Vec<Instruction> = (0..arguments.len() as u32).map(|at| load_constant(3 + at as u8, at)).collect();
    code.extend([builtin(2, arguments.len() as u8, name), print(2, 1), halt()]);
    let mut program = top_level(code);
    program.constants = arguments;
    let mut world = World { input: ["12", "-0.5", "two words", ""].map(String::from).into(), ..World::default() };
    match run(&program, &mut world).1 {
        End::Finished => Ok(world.output.trim_end_matches('\n').to_owned()),
        End::Trapped(trap) => Err(trap.cause),
        end => panic!("{end:?}"),
    }
}

fn s(text: &str) -> Constant {
    Constant::String(text.to_owned())
}

#[test]
fn numbers_and_text() {
    use Constant::{Float as F, Integer as I};
    for (name, arguments, expected) in [
        ("floor", vec![F(-1.5)], "-2"),
        ("ceil", vec![F(-1.5)], "-1"),
        ("round", vec![F(-2.5)], "-3"),
        ("round", vec![F(0.49999999999999994)], "0"),
        ("round", vec![I(7)], "7"),
        ("round", vec![F(2.675), I(2)], "2.67"),
        ("round", vec![I(2), I(1)], "2.0"),
        ("abs", vec![I(-5)], "5"),
        ("abs", vec![F(-0.5)], "0.5"),
        ("min", vec![I(2), F(1.5)], "1.5"),
        ("min", vec![I(1), F(1.0), I(0)], "0"),
        ("max", vec![I(2), F(2.0)], "2"),
        ("max", vec![I(2), F(f64::NAN), I(5)], "nan"),
        ("sqrt", vec![I(9)], "3.0"),
        ("sqrt", vec![I(-1)], "nan"),
        ("div", vec![I(-7), I(2)], "-4"),
        ("mod", vec![I(-7), I(2)], "1"),
        ("to_string", vec![F(1.0)], "1.0"),
        ("to_string", vec![Constant::Null], "null"),
        ("to_integer", vec![s(" 42 ")], "42"),
        ("to_integer", vec![F(-2.9)], "-2"),
        ("to_float", vec![s("1e3")], "1000.0"),
        ("to_float", vec![s("-infinity")], "-infinity"),
        ("to_float", vec![I(1)], "1.0"),
        ("char_code", vec![s("é")], "233"),
        ("character", vec![I(233)], "é"),
        ("substring", vec![s("héllo"), I(1), I(3)], "él"),
        ("substring", vec![s("abc"), I(3), I(3)], ""),
        ("read_user_input", vec![], "12"),
        ("getFileSize", vec![s("here")], "8"),
    ] {
        let what = format!("{name} {arguments:?}");
        assert_eq!(call(name, arguments), Ok(expected.to_owned()), "{what}");
    }
}

#[test]
fn refusals() {
    use Constant::{Float as F, Integer as I};
    for (name, arguments, kind) in [
        ("floor", vec![F(1e300)], ErrorKind::IntegerOverflow),
        ("floor", vec![F(f64::NAN)], ErrorKind::IntegerOverflow),
        ("floor", vec![s("1")], ErrorKind::TypeError),
        ("abs", vec![I(i64::MIN)], ErrorKind::IntegerOverflow),
        ("max", vec![I(1), s("a")], ErrorKind::TypeError),
        ("max", vec![I(1), I(2), I(3), s("a")], ErrorKind::TypeError),
        ("div", vec![I(1), I(0)], ErrorKind::DivisionByZero),
        ("to_integer", vec![s("3.5")], ErrorKind::TypeError),
        ("to_integer", vec![s("99999999999999999999")], ErrorKind::IntegerOverflow),
        ("to_float", vec![s("inf")], ErrorKind::TypeError),
        ("char_code", vec![s("ab")], ErrorKind::TypeError),
        ("character", vec![I(0xD800)], ErrorKind::TypeError),
        ("character", vec![I(-1)], ErrorKind::TypeError),
        ("substring", vec![s("abc"), I(1), I(4)], ErrorKind::HeapBufferOverflow),
        ("substring", vec![s("abc"), I(2), I(1)], ErrorKind::TypeError),
        ("random", vec![I(0)], ErrorKind::TypeError),
        ("getFileSize", vec![s("there")], ErrorKind::FileError),
        ("error", vec![s("so")], ErrorKind::UserError),
        ("assert", vec![Constant::Boolean(false)], ErrorKind::AssertionFailed),
        ("assert", vec![I(1)], ErrorKind::TypeError),
        ("heap_reallocate", vec![Constant::Null, I(1)], ErrorKind::NullDereference),
        ("heap_reallocate", vec![Constant::Null, I(-1)], ErrorKind::TypeError),
    ] {
        let what = format!("{name} {arguments:?}");
        assert_eq!(call(name, arguments).map_err(|cause| cause.kind()), Err(kind), "{what}");
    }
    let Err(Cause::Argument { builtin, parameter, index: 0, expected, found }) = call("random", vec![I(0)]) else {
        panic!()
    };
    assert_eq!((builtin, parameter, expected), ("random", "n", "an integer greater than 0"));
    assert_eq!(found, Shown { type_name: "an integer", text: "0".into() });
}

#[test]
fn input_is_read_by_its_form_until_it_ends() {
    let read = || builtin(2, 0, "input");
    let mut code: Vec<Instruction> = Vec::new();
    for _ in 0..5 {
        code.extend([read(), print(2, 1)]);
    }
    code.push(halt());
    let program = top_level(code);
    let mut world = World { input: ["12", "-0.5", "two words", ""].map(String::from).into(), ..World::default() };
    let End::Trapped(trap) = run(&program, &mut world).1 else { panic!() };
    assert_eq!(world.output, "12\n-0.5\ntwo words\n\n");
    assert_eq!(trap.cause, Cause::EndOfInput);
}

#[test]
fn a_file_is_read_into_a_block_and_must_fit() {
    let read = |bytes| {
        let mut program = top_level(vec![
            load_constant(3, 0),
            load_integer(6, bytes),
            Instruction::Allocate { to: Write(4), size: Read(6), kind: AllocationKind::Plain },
            Instruction::Move { to: Write(5), from: Read(4) },
            builtin(2, 2, "readContentsInto"),
            load_integer(6, 7),
            Instruction::LoadElement { to: Write(6), object: Read(5), index: Read(6) },
            print(6, 1),
            halt(),
        ]);
        program.constants = vec![s("here")];
        program
    };
    assert_eq!(output(&read(8)), format!("{}\n", b's'));
    assert_eq!(cause(&read(7)).kind(), ErrorKind::HeapBufferOverflow);
}
