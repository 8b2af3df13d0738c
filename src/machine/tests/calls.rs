//! Calls, returns, the stack's limit, backtraces, stack buffers.

use super::*;
use crate::kind::ErrorKind;
use crate::machine::{FrameFacts, Landing};
use crate::memory::{Fault, Tag};

fn call(window: u8, arguments: u8, function: u32) -> Instruction {
    Instruction::Call { window: Window(window), arguments: Count(arguments), function: FunctionIndex(function) }
}

/// `fib(n)` with window 4.
fn fibonacci(n: i32) -> Program {
    program(vec![
        function("<top level>", 0, 8, vec![load_integer(4, n), call(2, 1, 1), print(2, 1), halt()]),
        function(
            "fib",
            1,
            8,
            vec![
                Instruction::JumpIfNotLessEqualInteger { left: Read(2), right: Short(1), target: Target(1) },
                Instruction::Return { value: Read(2) },
                Instruction::SubtractInteger { to: Write(5), left: Read(2), right: Integer(1) },
                call(3, 1, 1),
                Instruction::SubtractInteger { to: Write(6), left: Read(2), right: Integer(2) },
                call(4, 1, 1),
                Instruction::Add { to: Write(3), left: Read(3), right: Read(4) },
                Instruction::Return { value: Read(3) },
            ],
        ),
    ])
}

#[test]
fn recursion_returns_through_the_simulated_stack_and_is_counted_exactly() {
    let program = fibonacci(10);
    let mut world = World::default();
    let (machine, end) = run(&program, &mut world);
    assert_eq!(end, End::Finished);
    assert_eq!(world.output, "55\n");
    let counts = machine.statistics();
    // fib(10) makes 177 calls: 89 leaves of two instructions, 88 inner ones of seven; four at the top.
    assert_eq!(counts.calls, 177);
    assert_eq!(counts.instructions, 89 * 2 + 88 * 7 + 4);
    assert_eq!(counts.max_call_depth, 11);
    // fib(n - 1) begins three words below its caller, fib(n - 2) four: the lowest is fib(0) under fib(2).
    assert_eq!(counts.stack_high_water_bytes, 8 * (2 + 8 * 3 + 4 + 8));
}

#[test]
fn linkage_words_hold_real_addresses() {
    let program = program(vec![
        function("<top level>", 0, 8, vec![call(3, 0, 1), halt()]),
        function("stop", 0, 2, vec![builtin(2, 0, "exit")]),
    ]);
    let (machine, end) = run(&program, &mut World::default());
    assert_eq!(end, End::Finished);
    let stack = &machine.memory.space.stack;
    assert_eq!(stack.get(0), Value::new(0, Tag::CodeAddress));
    assert_eq!(stack.get(3), Value::new(u64::from(Program::address(1)), Tag::CodeAddress));
    assert_eq!(stack.get(4), Value::new(0xFFFF_FFE8, Tag::FrameLink));
    assert_eq!(stack.address(0), 0xFFFF_FFE8);
}

/// Recursion without end; every frame begins 2 words below its caller and takes 4.
fn endless() -> Program {
    program(vec![
        function("<top level>", 0, 4, vec![call(2, 0, 1), halt()]),
        function("deeper", 0, 4, vec![call(2, 0, 1), Instruction::ReturnNull {}]),
    ])
}

#[test]
fn the_stack_ends_exactly_at_its_limit() {
    let program = endless();
    let (machine, end) = run(&program, &mut World::default());
    let End::Trapped(trap) = end else { panic!("{end:?}") };
    // 512 words; the frame at 508 is the last that fits, so the one at 510 does not.
    assert_eq!(trap.cause, Cause::StackOverflow { used: 4080, needed: 32, limit: 4096 });
    assert_eq!(trap.cause.kind(), ErrorKind::StackOverflow);
    assert_eq!(machine.statistics().stack_high_water_bytes, 4096);
    assert_eq!(machine.statistics().calls, 254);
    assert_eq!(machine.statistics().max_call_depth, 255);
    assert_eq!(trap.at, 2);
    assert_eq!(trap.backtrace.depth, 255);
    assert_eq!(trap.backtrace.innermost.len() as u64 + trap.backtrace.omitted + 16, 255);
    assert_eq!(trap.backtrace.innermost[0], FrameFacts { function: 1, at: 2 });
    assert_eq!(trap.backtrace.outermost.last(), Some(&FrameFacts { function: 0, at: 0 }));
}

#[test]
fn a_frame_that_just_fits_is_granted() {
    let mut program = program(vec![
        function("<top level>", 0, 5, vec![load_integer(4, 0), call(2, 1, 1), halt()]),
        function(
            "down",
            1,
            6,
            vec![
                Instruction::JumpIfEqualInteger { left: Read(2), right: Short(1), target: Target(2) },
                Instruction::SubtractInteger { to: Write(5), left: Read(2), right: Integer(1) },
                call(3, 1, 1),
                Instruction::ReturnNull {},
            ],
        ),
    ]);
    // The frames begin at 2, 5, …: level k at 3k - 1, ending at 3k + 5. 512 words hold 169.
    program.code[0] = load_integer(4, 169);
    assert_eq!(run(&program, &mut World::default()).1, End::Finished);
    program.code[0] = load_integer(4, 170);
    assert_eq!(cause(&program).kind(), ErrorKind::StackOverflow);
}

#[test]
fn a_function_with_buffers_calls_below_them() {
    let mut program = program(vec![
        function("<top level>", 0, 6, vec![call(2, 0, 1), print(2, 1), halt()]),
        function(
            "buffered",
            0,
            8,
            vec![
                Instruction::StackAllocate { to: Write(2), buffer: BufferIndex(0) },
                load_integer(3, 0),
                load_integer(4, 7),
                Instruction::StoreElement { object: Read(2), index: Read(3), from: Read(4) },
                load_integer(7, 35),
                Instruction::CallBelow { window: Window(5), arguments: Count(1), function: FunctionIndex(2) },
                Instruction::TakeResult { to: Write(5) },
                Instruction::LoadElement { to: Write(6), object: Read(2), index: Read(3) },
                Instruction::Add { to: Write(5), left: Read(5), right: Read(6) },
                Instruction::Return { value: Read(5) },
            ],
        ),
        function("same", 1, 4, vec![Instruction::Return { value: Read(2) }]),
    ]);
    program.functions[1].frame_words = 12;
    program.functions[1].buffers = vec![Buffer { header: 11, length: 3, bytes: false }];
    assert_eq!(output(&program), "42\n");
}

/// A buffer of two elements at `header`; `code` runs with it in slot 2, slot 3 free.
fn buffered(code: Vec<Instruction>) -> Program {
    let mut body = vec![Instruction::StackAllocate { to: Write(2), buffer: BufferIndex(0) }];
    body.extend(code);
    let mut program = program(vec![
        function("<top level>", 0, 8, vec![load_integer(6, 0), call(2, 0, 1), load_integer(5, 0), halt()]),
        function("buffered", 0, 6, body),
    ]);
    program.functions[1].frame_words = 9;
    program.functions[1].buffers = vec![Buffer { header: 8, length: 2, bytes: false }];
    program
}

#[test]
fn a_stack_buffer_goes_with_its_frame() {
    let mut program = buffered(vec![Instruction::Return { value: Read(2) }]);
    program.code[2] = Instruction::LoadElement { to: Write(5), object: Read(2), index: Read(6) };
    assert!(matches!(cause(&program), Cause::Fault(Fault::StackUseAfterReturn(_))));
}

#[test]
fn an_overrun_stack_buffer_names_what_it_runs_into() {
    // The data are the words 7 and 6; slots 5, 4, … lie above them, then link and return address.
    let store = |index| {
        buffered(vec![
            load_integer(3, index),
            Instruction::StoreElement { object: Read(2), index: Read(3), from: Read(3) },
            Instruction::ReturnNull {},
        ])
    };
    let landing = |program: &Program| match run(program, &mut World::default()).1 {
        End::Trapped(trap) => {
            assert_eq!(trap.cause.kind(), ErrorKind::StackBufferOverflow);
            trap.landing
        }
        end => panic!("{end:?}"),
    };
    let name = || "buffered".to_owned();
    assert_eq!(run(&store(1), &mut World::default()).1, End::Finished);
    let mut named = store(4);
    named.functions[1].variables = vec![Variable { name: "v".into(), slot: 3 }];
    assert_eq!(landing(&named), Some(Landing::Variable { function: name(), variable: "v".into() }));
    assert_eq!(landing(&store(2)), Some(Landing::Temporary(name())));
    assert_eq!(landing(&store(6)), Some(Landing::FrameLink(name())));
    assert_eq!(landing(&store(7)), Some(Landing::ReturnAddress(name())));
    assert_eq!(landing(&store(8)), Some(Landing::FrameLink("<top level>".into())));
    let header = landing(&store(-1));
    assert!(matches!(&header, Some(Landing::Header(block)) if block.on_stack && block.site == Some(4)), "{header:?}");
    assert_eq!(landing(&store(-2)), Some(Landing::UnusedStack));
    assert_eq!(landing(&store(100)), Some(Landing::Nothing));
}

#[test]
fn an_allocation_in_the_library_is_blamed_on_the_user() {
    let mut program = program(vec![
        function("<top level>", 0, 8, vec![load_integer(4, 2), call(2, 1, 1), halt()]),
        function(
            "library",
            1,
            6,
            vec![
                Instruction::Allocate { to: Write(3), size: Read(2), kind: AllocationKind::ZeroIntegers },
                Instruction::Return { value: Read(3) },
            ],
        ),
    ]);
    program.library_code.push(program.functions[1].entry..program.functions[1].end);
    let (machine, _) = run(&program, &mut World::default());
    let block = machine.memory.blocks()[0];
    assert_eq!(machine.memory.site(block.pointer), Some(1));
}

#[test]
fn drawings_show_frames_with_their_names_and_values() {
    let program = program(vec![
        function("<top level>", 0, 8, vec![load_integer(4, 5), call(2, 1, 1), halt()]),
        function("f", 1, 4, vec![builtin(3, 0, "show_stack"), Instruction::ReturnNull {}]),
    ]);
    let mut world = World::default();
    run(&program, &mut world);
    let expected = "\
stack: 2 frames, 48 bytes of 4,096 in use, growing down
┌ <top level>, at instruction 1
│ 0xFFFFFFE8  return address  code     none
│ 0xFFFFFFE0  frame link      link     none
├ f(p0), at instruction 3
│ 0xFFFFFFD8  return address  code     0x00401010 -> instruction 1, in <top level>
│ 0xFFFFFFD0  frame link      link     0xFFFFFFE8 -> <top level>
│ 0xFFFFFFC8  p0              integer  5
└ SP = 0xFFFFFFC0; 4,048 bytes left, down to 0xFFFFEFF0
";
    assert_eq!(world.drawings, expected);
}

#[test]
fn the_middle_of_a_deep_stack_is_not_drawn() {
    let mut program = endless();
    program.functions[1].end += 1;
    program.code[2] = builtin(2, 0, "show_stack");
    program.code[3] = call(2, 0, 1);
    program.code.push(Instruction::ReturnNull {});
    let mut world = World::default();
    run(&program, &mut world);
    let headlines: Vec<&str> = world.drawings.lines().filter(|line| line.starts_with("stack:")).collect();
    assert!(headlines.last().is_some_and(|line| line.starts_with("stack: 255 frames")), "{headlines:?}");
    let (_, last) = world.drawings.rsplit_once("stack: ").expect("a drawing");
    assert_eq!(last.matches("return address").count(), 8);
    assert!(last.contains("\n┆ … 247 more frames not drawn: deeper × 247\n"), "{last}");
}
