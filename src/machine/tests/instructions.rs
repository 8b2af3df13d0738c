//! Loops, blocks, globals, built-ins, counting and interruption.

use super::*;
use crate::kind::ErrorKind;
use crate::memory::Fault;

/// The rounds of `for i from a to b [step s]`, printed, then the variable after the loop.
fn rounds(from: Constant, to: Constant, step: Option<Constant>) -> Result<String, ErrorKind> {
    let (counter, limit) = (Update(3), Update(4));
    let (enter, next) = match step {
        None => (
            Instruction::CountEnter { counter, variable: WriteFalling(6), limit, target: Target(2) },
            Instruction::CountNext { counter, variable: WriteJumping(6), limit: Read(4), target: Target(-2) },
        ),
        Some(_) => (
            Instruction::RangeEnter { counter, variable: WriteFalling(6), limit: LimitAndStep(4), target: Target(2) },
            Instruction::RangeNext { counter, variable: WriteJumping(6), limit: LimitAndStep(4), target: Target(-2) },
        ),
    };
    let mut program = top_level(vec![
        load_constant(3, 0),
        load_constant(4, 1),
        load_constant(5, 2),
        load_constant(6, 3),
        enter,
        print(6, 1),
        next,
        print(6, 1),
        halt(),
    ]);
    program.constants = vec![from, to, step.unwrap_or(Constant::Null), Constant::Boolean(false)];
    let mut world = World::default();
    match run(&program, &mut world).1 {
        End::Finished => Ok(world.output.trim_end().replace('\n', " ")),
        End::Trapped(trap) => Err(trap.cause.kind()),
        end => panic!("{end:?}"),
    }
}

#[test]
fn counted_loops() {
    use Constant::{Float as F, Integer as I};
    const MAX: i64 = i64::MAX;
    let ok = |text: &str| Ok(text.to_owned());
    for (from, to, step, expected) in [
        (I(1), I(3), None, ok("1 2 3 3")),
        (I(3), I(3), None, ok("3 3")),
        (I(4), I(3), None, ok("false")),
        (I(1), F(2.9), None, ok("1 2 2")),
        (I(-3), F(-1.5), None, ok("-3 -2 -2")),
        (I(1), F(f64::NAN), None, ok("false")),
        (I(MAX - 1), I(MAX), None, ok("9223372036854775806 9223372036854775807 9223372036854775807")),
        (I(MAX - 1), F(f64::INFINITY), None, ok("9223372036854775806 9223372036854775807 9223372036854775807")),
        (F(0.5), I(2), None, ok("0.5 1.5 1.5")),
        (I(1), I(7), Some(I(3)), ok("1 4 7 7")),
        (I(3), I(1), Some(I(-1)), ok("3 2 1 1")),
        (I(3), F(1.5), Some(I(-1)), ok("3 2 2")),
        (I(1), I(3), Some(I(-1)), ok("false")),
        (I(MAX - 2), I(MAX), Some(I(2)), ok("9223372036854775805 9223372036854775807 9223372036854775807")),
        (I(MAX - 2), I(MAX), Some(I(3)), ok("9223372036854775805 9223372036854775805")),
        (I(0), I(1), Some(F(0.5)), ok("0.0 0.5 1.0 1.0")),
        (F(0.0), F(0.3), Some(F(0.1)), ok("0.0 0.1 0.2 0.2")), // the fourth is 0.30000000000000004
        (I(0), I(1), Some(I(0)), Err(ErrorKind::TypeError)),
        (I(0), I(1), Some(F(0.0)), Err(ErrorKind::TypeError)),
        (I(0), Constant::Null, None, Err(ErrorKind::TypeError)),
        (I(0), I(1), Some(Constant::Boolean(true)), Err(ErrorKind::TypeError)),
    ] {
        let what = format!("{from:?} to {to:?} step {step:?}");
        assert_eq!(rounds(from, to, step), expected, "{what}");
    }
}

/// A walk that prints each element of what `make` leaves in slot 3.
fn walk(make: Vec<Instruction>, constants: Vec<Constant>) -> Program {
    let mut code = make;
    code.extend([
        Instruction::EachEnter { walk: WalkStart(3), target: Target(1) },
        print(6, 1),
        Instruction::EachNext { walk: Walk(3), variable: WriteJumping(6), target: Target(-2) },
        halt(),
    ]);
    let mut program = top_level(code);
    program.constants = constants;
    program
}

#[test]
fn walks() {
    let array = vec![
        Instruction::AllocateArray { to: Write(3), length: Length32(2) },
        load_integer(2, 10),
        Instruction::InitElement { array: Read(3), from: Read(2), index: Length32(0) },
        load_constant(2, 0),
        Instruction::InitElement { array: Read(3), from: Read(2), index: Length32(1) },
    ];
    assert_eq!(output(&walk(array, vec![Constant::Float(1.5)])), "10\n1.5\n");
    assert_eq!(output(&walk(vec![load_constant(3, 0)], vec![Constant::String("aéz".into())])), "a\né\nz\n");
    let bytes = vec![
        load_integer(2, 2),
        Instruction::Allocate { to: Write(3), size: Read(2), kind: AllocationKind::ZeroBytes },
    ];
    assert_eq!(output(&walk(bytes, Vec::new())), "0\n0\n");
    assert!(matches!(cause(&walk(vec![load_integer(3, 5)], Vec::new())), Cause::NotACollection(_)));
    let null = walk(vec![load_constant(3, 0)], vec![Constant::Null]);
    assert_eq!(cause(&null).kind(), ErrorKind::NullDereference);
}

#[test]
fn elements_are_checked_against_their_block() {
    let access = |index: i32, from: i32, kind| {
        top_level(vec![
            load_integer(2, 3),
            Instruction::Allocate { to: Write(3), size: Read(2), kind },
            load_integer(4, index),
            load_integer(5, from),
            Instruction::StoreElement { object: Read(3), index: Read(4), from: Read(5) },
            Instruction::LoadElement { to: Write(6), object: Read(3), index: Read(4) },
            print(6, 1),
            halt(),
        ])
    };
    for kind in
        [AllocationKind::Elements, AllocationKind::ZeroIntegers, AllocationKind::ZeroBytes, AllocationKind::Plain]
    {
        assert_eq!(output(&access(2, 200, kind)), "200\n");
        assert_eq!(cause(&access(3, 1, kind)).kind(), ErrorKind::HeapBufferOverflow);
        assert_eq!(cause(&access(-1, 1, kind)).kind(), ErrorKind::HeapBufferOverflow);
    }
    assert_eq!(output(&access(0, 300, AllocationKind::Elements)), "300\n");
    for kind in [AllocationKind::Plain, AllocationKind::ZeroBytes] {
        assert!(matches!(cause(&access(0, 256, kind)), Cause::Fault(Fault::ByteRange(256))));
        assert!(matches!(cause(&access(0, -1, kind)), Cause::Fault(Fault::ByteRange(-1))));
    }
    let mut unwritten = access(1, 0, AllocationKind::Elements);
    unwritten.code[4] = load_integer(5, 0);
    assert_eq!(cause(&unwritten).kind(), ErrorKind::UninitialisedRead);
    let mut freed = access(1, 0, AllocationKind::ZeroIntegers);
    freed.code[4] = Instruction::Free { value: Read(3) };
    assert_eq!(cause(&freed).kind(), ErrorKind::UseAfterFree);
    let mut no_reference = access(0, 0, AllocationKind::Elements);
    no_reference.code[4] = load_integer(3, 7);
    assert!(matches!(cause(&no_reference), Cause::NotAReference { .. }));
    let mut no_index = access(0, 0, AllocationKind::Elements);
    no_index.code[3] = load_constant(4, 0);
    no_index.constants = vec![Constant::Float(1.0)];
    assert!(matches!(cause(&no_index), Cause::IndexType(_)));
}

#[test]
fn sizes_and_failures_of_allocations() {
    let allocate = |size: Constant, kind| {
        let mut program = top_level(vec![
            load_constant(2, 0),
            Instruction::Allocate { to: Write(3), size: Read(2), kind },
            print(3, 1),
            halt(),
        ]);
        program.constants = vec![size];
        program
    };
    assert_eq!(output(&allocate(Constant::Integer(0), AllocationKind::Elements)), "0x00BEEF00\n");
    assert_eq!(output(&allocate(Constant::Integer(1 << 40), AllocationKind::Elements)), "null\n");
    assert_eq!(output(&allocate(Constant::Integer(i64::MAX), AllocationKind::Plain)), "null\n");
    let too_large = cause(&allocate(Constant::Integer(1 << 20), AllocationKind::ZeroFloats));
    assert_eq!(too_large, Cause::Fault(Fault::OutOfMemory { bytes: 1 << 23 }));
    assert!(matches!(cause(&allocate(Constant::Integer(-1), AllocationKind::Elements)), Cause::Size(_)));
    assert!(matches!(cause(&allocate(Constant::Float(8.0), AllocationKind::Plain)), Cause::Size(_)));
}

/// A program about records: `Pair` with `a` and an embedded `b[2]`; fields 0 and 1; sites likewise.
fn about_records(code: Vec<Instruction>) -> Program {
    let mut program = top_level(code);
    program.field_names = vec!["a".into(), "b".into(), "c".into()];
    program.records = vec![RecordLayout { name: "Pair".into(), fields: vec![(0, 0), (1, 2)] }];
    program.field_sites = (0..3).map(|field| FieldSite { field, record: Some(0) }).collect();
    program
}

#[test]
fn fields_are_found_by_site_cache_and_without() {
    let site = FieldSiteIndex(0);
    let record = Instruction::AllocateRecord { to: Write(2), failure: Failure::Stop, record: RecordIndex(0) };
    let mut program = about_records(vec![
        record,
        load_integer(3, 7),
        Instruction::StoreField { object: Read(2), from: Read(3), field: site },
        Instruction::LoadField { to: Write(4), object: Read(2), field: site },
        print(4, 1),
        // The same site on a plain block, where `a` is laid out on first assignment.
        load_integer(5, 16),
        Instruction::Allocate { to: Write(2), size: Read(5), kind: AllocationKind::Plain },
        Instruction::StoreField { object: Read(2), from: Read(5), field: site },
        Instruction::LoadField { to: Write(4), object: Read(2), field: site },
        print(4, 1),
        halt(),
    ]);
    assert_eq!(output(&program), "7\n16\n");
    program.field_sites[0].record = None;
    assert_eq!(output(&program), "7\n16\n");
    let unknown = about_records(vec![
        record,
        load_integer(3, 7),
        Instruction::StoreField { object: Read(2), from: Read(3), field: FieldSiteIndex(2) },
        halt(),
    ]);
    assert_eq!(cause(&unknown).kind(), ErrorKind::UnknownField);
    let unwritten =
        about_records(vec![record, Instruction::LoadField { to: Write(4), object: Read(2), field: site }, halt()]);
    assert_eq!(cause(&unwritten).kind(), ErrorKind::UninitialisedRead);
}

#[test]
fn an_embedded_array_takes_over_a_literal() {
    let program = about_records(vec![
        Instruction::AllocateRecord { to: Write(2), failure: Failure::Stop, record: RecordIndex(0) },
        Instruction::AllocateArray { to: Write(3), length: Length32(2) },
        load_integer(4, 5),
        Instruction::InitElement { array: Read(3), from: Read(4), index: Length32(0) },
        Instruction::InitElement { array: Read(3), from: Read(4), index: Length32(1) },
        Instruction::StoreFieldLiteral { object: Read(2), from: Read(3), field: FieldSiteIndex(1) },
        load_integer(4, 6),
        Instruction::StoreEmbedded { object: Read(2), from: Read(4), index: SmallIndex(1), field: FieldSiteIndex(1) },
        Instruction::LoadField { to: Write(5), object: Read(2), field: FieldSiteIndex(1) },
        load_integer(4, 0),
        Instruction::LoadElement { to: Write(6), object: Read(5), index: Read(4) },
        load_integer(4, 1),
        Instruction::LoadElement { to: Write(7), object: Read(5), index: Read(4) },
        print(6, 2),
        halt(),
    ]);
    let mut world = World::default();
    let (machine, end) = run(&program, &mut world);
    assert_eq!(end, End::Finished);
    assert_eq!(world.output, "5 6\n");
    assert_eq!(machine.memory.statistics().frees, 1);
}

#[test]
fn globals_have_no_value_until_they_get_one() {
    let mut program = top_level(vec![
        load_integer(2, 9),
        Instruction::StoreGlobal { from: Read(2), global: GlobalIndex(1) },
        Instruction::LoadGlobal { to: Write(3), global: GlobalIndex(1) },
        print(3, 1),
        Instruction::LoadGlobal { to: Write(3), global: GlobalIndex(0) },
        halt(),
    ]);
    program.globals = vec![Global { name: "g".into() }, Global { name: "h".into() }];
    let mut world = World::default();
    let (machine, end) = run(&program, &mut world);
    assert_eq!(world.output, "9\n");
    let End::Trapped(trap) = end else { panic!("{end:?}") };
    assert_eq!(trap.cause, Cause::Unassigned { name: "g".into(), global: true });
    assert_eq!(
        machine.globals().into_iter().map(|root| machine.memory.held(root)).collect::<Vec<_>>(),
        [Value::UNINITIALISED, Value::integer(9)]
    );
}

#[test]
fn variables_can_be_cleared_and_checked() {
    let mut program = top_level(vec![
        load_integer(2, 1),
        Instruction::CheckAssigned { variable: Read(2) },
        Instruction::Clear { to: Write(2) },
        Instruction::CheckAssigned { variable: Read(2) },
        halt(),
    ]);
    program.functions[0].variables = vec![Variable { name: "x".into(), slot: 2 }];
    assert_eq!(cause(&program), Cause::Unassigned { name: "x".into(), global: false });
}

#[test]
fn conditions_must_be_boolean() {
    for check in [
        Instruction::CheckBoolean { value: Read(2) },
        Instruction::Not { to: Write(3), operand: Read(2) },
        Instruction::JumpIfTrue { condition: Read(2), target: Target(0) },
        Instruction::JumpIfFalse { condition: Read(2), target: Target(0) },
    ] {
        let program = top_level(vec![load_integer(2, 1), check, halt()]);
        assert!(matches!(cause(&program), Cause::NotABoolean(shown) if shown.text == "1"));
    }
}

#[test]
fn freeing() {
    let free = |make: Vec<Instruction>, constants: Vec<Constant>| {
        let mut code = make;
        code.extend([Instruction::Free { value: Read(2) }, halt()]);
        let mut program = top_level(code);
        program.constants = constants;
        program
    };
    assert!(matches!(cause(&free(vec![load_integer(2, 5)], Vec::new())), Cause::FreeType(_)));
    let null = free(vec![load_constant(2, 0)], vec![Constant::Null]);
    assert_eq!(run(&null, &mut World::default()).1, End::Finished);
    let literal = free(vec![load_constant(2, 0)], vec![Constant::String("text".into())]);
    assert_eq!(cause(&literal).kind(), ErrorKind::InvalidFree);
    let twice = free(
        vec![Instruction::AllocateArray { to: Write(2), length: Length32(1) }, Instruction::Free { value: Read(2) }],
        Vec::new(),
    );
    assert_eq!(cause(&twice).kind(), ErrorKind::DoubleFree);
}

#[test]
fn a_dangling_pointer_may_be_printed_and_compared_but_not_a_dangling_string() {
    let pointer = top_level(vec![
        Instruction::AllocateArray { to: Write(2), length: Length32(1) },
        Instruction::Free { value: Read(2) },
        Instruction::Equal { to: Write(3), left: Read(2), right: Read(2) },
        print(2, 2),
        halt(),
    ]);
    assert_eq!(output(&pointer), "0x00BEEF00 true\n");
    let mut string = top_level(vec![
        load_constant(2, 0),
        Instruction::Add { to: Write(3), left: Read(2), right: Read(2) },
        Instruction::Free { value: Read(3) },
        print(3, 1),
        halt(),
    ]);
    string.constants = vec![Constant::String("ab".into())];
    assert_eq!(cause(&string).kind(), ErrorKind::UseAfterFree);
}

#[test]
fn emptiness() {
    for (constant, empty) in [
        (Constant::Null, "true\n"),
        (Constant::String(String::new()), "true\n"),
        (Constant::String("x".into()), "false\n"),
        (Constant::Integer(0), "false\n"),
    ] {
        let mut program = top_level(vec![
            load_constant(2, 0),
            Instruction::IsEmpty { to: Write(3), operand: Read(2) },
            print(3, 1),
            halt(),
        ]);
        program.constants = vec![constant];
        assert_eq!(output(&program), empty);
    }
}

#[test]
fn the_entry_value_is_printed_and_kept() {
    let mut program = top_level(vec![
        load_integer(2, 0),
        Instruction::PrintResult { value: Read(2), text: ConstantIndex(0) },
        halt(),
    ]);
    program.constants = vec![Constant::String("f(1)".into())];
    let mut world = World::default();
    let (machine, _) = run(&program, &mut world);
    assert_eq!(world.output, "f(1) = 0\n");
    assert_eq!(machine.result.as_deref(), Some("0"));
}

/// A loop of two instructions a round.
fn long_loop(rounds: i32) -> Program {
    top_level(vec![
        load_integer(2, 0),
        load_integer(3, rounds),
        Instruction::AddInteger { to: Write(2), left: Read(2), right: Integer(1) },
        Instruction::JumpIfLess { left: Read(2), right: Read(3), target: Target(-2) },
        halt(),
    ])
}

#[test]
fn instructions_are_counted_exactly_across_polls() {
    for rounds in [1, 2, 1000, 100_000] {
        let program = long_loop(rounds);
        let (machine, end) = run(&program, &mut World::default());
        assert_eq!(end, End::Finished);
        assert_eq!(machine.statistics().instructions, 3 + 2 * rounds as u64);
    }
}

#[test]
fn the_step_limit_stops_where_the_next_jump_is_taken() {
    let program = long_loop(1_000_000);
    let mut options = options(&program);
    for (limit, executed) in [(1, 4), (4, 4), (5, 6), (100_000, 100_000), (100_001, 100_002)] {
        options.max_steps = Some(limit);
        let mut machine = Machine::load(&program, &options).expect("a small program fits");
        let end = machine.run(&mut World::default(), &mut NoProbe, &AtomicBool::new(false));
        let End::Trapped(trap) = end else { panic!("{end:?}") };
        assert_eq!(trap.cause, Cause::StepLimit(limit));
        assert_eq!(machine.statistics().instructions, executed);
    }
}

#[test]
fn an_interrupt_stops_an_endless_loop() {
    let program = top_level(vec![Instruction::Jump { target: Target(-1) }]);
    let mut machine = load(&program);
    let end = machine.run(&mut World::default(), &mut NoProbe, &AtomicBool::new(true));
    let End::Interrupted(trap) = end else { panic!("{end:?}") };
    assert_eq!(trap.at, 0);
    assert!(machine.statistics().instructions <= 1 << 16);
}

#[test]
fn a_closed_output_ends_quietly() {
    let program = top_level(vec![load_integer(2, 1), print(2, 1), halt()]);
    let mut world = World { closed: true, ..World::default() };
    assert_eq!(run(&program, &mut world).1, End::OutputClosed);
}

#[test]
fn equal_seeds_give_equal_numbers() {
    let program = top_level(vec![load_integer(3, 1000), builtin(2, 1, "random"), print(2, 1), halt()]);
    let first = output(&program);
    assert_eq!(first, output(&program));
    let mut options = options(&program);
    options.seed = 2;
    let mut world = World::default();
    let mut machine = Machine::load(&program, &options).expect("a small program fits");
    machine.run(&mut world, &mut NoProbe, &AtomicBool::new(false));
    assert_ne!(first, world.output);
}

#[test]
fn values_of_zero_filled_blocks() {
    for (kind, text) in [
        (AllocationKind::ZeroBytes, "0\n"),
        (AllocationKind::ZeroIntegers, "0\n"),
        (AllocationKind::ZeroFloats, "0.0\n"),
        (AllocationKind::ZeroBooleans, "false\n"),
        (AllocationKind::ZeroPointers, "null\n"),
    ] {
        let program = top_level(vec![
            load_integer(2, 9),
            Instruction::Allocate { to: Write(3), size: Read(2), kind },
            load_integer(2, 8),
            Instruction::LoadElement { to: Write(4), object: Read(3), index: Read(2) },
            print(4, 1),
            halt(),
        ]);
        assert_eq!(output(&program), text);
    }
}
