//! Probes are told of blocks, with the call stack of that moment.

use super::*;
use crate::machine::{BlockHistory, BlockObserver, ErrorWatch, FrameFacts, Watch};

/// What happens to the block of that serial in a run.
fn watched(program: &Program, serial: u32) -> BlockHistory {
    let mut watch = ErrorWatch::new(vec![Some(serial)]);
    load(program).run(&mut World::default(), &mut Watch::new(&mut watch), &AtomicBool::new(false));
    watch.reported();
    watch.settled.remove(0).expect("it was watched")
}

#[test]
fn a_watched_block_is_seen_to_be_allocated_and_freed() {
    let call = |window, arguments, function| Instruction::Call {
        window: Window(window),
        arguments: Count(arguments),
        function: FunctionIndex(function),
    };
    let program = program(vec![
        function("<top level>", 0, 8, vec![call(2, 0, 1), Instruction::Free { value: Read(2) }, halt()]),
        function(
            "make",
            0,
            4,
            vec![
                Instruction::AllocateArray { to: Write(2), length: Length32(1) },
                Instruction::Return { value: Read(2) },
            ],
        ),
    ]);
    let serial = {
        let mut machine = load(&program);
        machine.run(&mut World::default(), &mut NoProbe, &AtomicBool::new(false));
        crate::memory::Pointer(machine.memory.space.stack.words[2]).serial()
    };
    let watch = watched(&program, serial);
    let allocated = watch.allocated.expect("it was allocated");
    assert_eq!(allocated.innermost, [FrameFacts { function: 1, at: 3 }, FrameFacts { function: 0, at: 0 }]);
    let freed = watch.freed.expect("it was freed");
    assert_eq!(freed.innermost, [FrameFacts { function: 0, at: 1 }]);

    let other = watched(&program, serial + 1);
    assert_eq!((other.allocated, other.freed), (None, None));
}

#[test]
fn a_stack_buffer_ends_where_its_function_returns() {
    let mut program = program(vec![
        function(
            "<top level>",
            0,
            8,
            vec![Instruction::Call { window: Window(2), arguments: Count(0), function: FunctionIndex(1) }, halt()],
        ),
        function(
            "buffered",
            0,
            4,
            vec![
                Instruction::StackAllocate { to: Write(2), buffer: BufferIndex(0) },
                Instruction::Return { value: Read(2) },
            ],
        ),
    ]);
    program.functions[1].frame_words = 6;
    program.functions[1].buffers = vec![Buffer { header: 5, length: 1, bytes: false }];
    let (machine, _) = run(&program, &mut World::default());
    let serial = crate::memory::Pointer(machine.memory.space.stack.words[2]).serial();
    let watch = watched(&program, serial);
    assert_eq!(watch.allocated.expect("it was allocated").innermost[0], FrameFacts { function: 1, at: 2 });
    let freed = watch.freed.expect("it went with its frame");
    assert_eq!(freed.innermost, [FrameFacts { function: 1, at: 3 }, FrameFacts { function: 0, at: 0 }]);
}
