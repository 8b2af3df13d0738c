//! Every constant limit of the machine and the language, each with its reason.
//! A limit that a program can reach has two corpus programs: one that reaches it, one that exceeds it.

/// Blocks may nest this deep (`if` in `while` in …). The passes over statements recurse once a level,
/// so this bounds host recursion; no program written by hand comes near it.
pub const BLOCK_DEPTH: usize = 200;

/// Expressions may nest this deep, not counting the left spine of operator, index and field chains,
/// which every pass walks in a loop. Bounds host recursion in lowering.
pub const EXPRESSION_DEPTH: usize = 400;

/// Slots of a frame that instructions can name: a slot operand is one byte, and the last few are
/// kept for the machine. Linkage words, parameters, locals and temporaries count.
pub const FRAME_SLOTS: usize = 250;

/// Instructions of a function beyond which nothing more is deferred in it: each way out of a block has a
/// copy of what the block deferred, so a few lines could ask for more code than any memory holds. About as many
/// as the code segment has room for.
pub const FUNCTION_INSTRUCTIONS: u32 = 1024 * 1024;
/// Instructions of a function times slots that hold references, above which the compiler does not look for
/// counts to be left out: it looks at each of these points several times.
pub const BORROWING_POINTS: usize = 1 << 20;

/// Words the stack keeps committed past a frame's base, so that a frame window is always whole: as many as an operand
/// of 8 bits can name, and two behind it.
pub const FRAME_WINDOW: usize = 258;

/// Words of memory from which on the host is asked for zeros that nobody has to write.
pub const LARGE_WORDS: usize = 1 << 15;

/// Constants that a loop keeps in slots. More are hardly ever in one loop.
pub const LOOP_CONSTANTS: usize = 4;

/// Blocks of elements, and records, that the machine keeps open at a time, a power of two: each at the place of the slot with the
/// pointer, so that several in one loop mostly do not get in each other's way.
pub const OPENED_BLOCKS: usize = 4;

/// Versions of one function for arguments of different types, besides one for any. Real programs call
/// their functions with one combination, now and then with two or three.
pub const FUNCTION_VERSIONS: usize = 4;
/// Instructions that the versions of a program's functions may add to its code.
pub const VERSIONS_CODE: usize = 1 << 16;
/// Instructions that the inference of types looks at, for each that the program has, before it gives up.
/// A type may grow as often as there are kinds of values, but mostly does so once or twice, and only what depends on it is
/// looked at again.
pub const INFERENCE_STEPS: usize = 40;

/// The source text may have at most this many bytes: spans are 32-bit, and the library's own text
/// and the REPL's inputs share the numbering.
pub const SOURCE_BYTES: usize = 256 * 1024 * 1024;

/// Errors of one file, and warnings, that are shown before the rest is only counted. The JSON report has all errors.
pub const REPORTED_DIAGNOSTICS: usize = 100;

/// Memory errors that `--checks report` reports in full before the rest is only counted. Each is a card
/// of a dozen lines: nobody reads more, and a program can make millions.
pub const REPORTED_FAULTS: usize = 100;
/// Of those, at most so many by one instruction, so that a loop does not hide what comes after it.
pub const REPORTED_FAULTS_AT_ONE_PLACE: usize = 10;

/// Default of `--stack`, in bytes.
pub const STACK_BYTES: u64 = 8 * 1024 * 1024;
/// Least `--stack`, in bytes: one page.
pub const STACK_BYTES_MIN: u64 = 4 * 1024;
/// Greatest `--stack`, in bytes.
pub const STACK_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Default and greatest `--heap`, in bytes.
pub const HEAP_BYTES: u64 = 1024 * 1024 * 1024;
/// Least `--heap`, in bytes: one page, which holds the allocator's control area.
pub const HEAP_BYTES_MIN: u64 = PAGE_BYTES;
/// What the simulated operating system hands out at a time, in bytes.
pub const PAGE_BYTES: u64 = 4096;

/// Serial numbers of blocks are 32 bits wide and never reused.
pub const SERIALS: u64 = u32::MAX as u64;

/// Standard input and files recorded for the explaining second run, in bytes.
pub const RECORDED_INPUT_BYTES: usize = 64 * 1024 * 1024;

/// Default of `--replay-limit`: instructions of the explaining second run.
pub const REPLAY_INSTRUCTIONS: u64 = 2_000_000_000;

/// Globals that a session at the prompt has room for: they stand together, and literals come behind.
pub const SESSION_GLOBALS: usize = 16 * 1024;
/// Static segment of a session at the prompt: below it is room for its code, which grows.
pub const SESSION_STATICS: u32 = 0x00A0_0000;
/// Blocks of which a session at the prompt remembers where they were allocated and freed; 32 bytes each.
pub const LEDGER_BLOCKS: usize = 2 * 1024 * 1024;

/// Frames shown at each end of a call stack before its middle is cut.
pub const REPORTED_FRAMES: usize = 8;

/// Runs of a comparison that may go side by side: each may take as much of the host's memory as its
/// simulated heap and stack.
pub const COMPARED_AT_ONCE: usize = 2;

/// Beginning of a compared program's output that is kept to find the first line that differs, in bytes.
/// Whether outputs differ is known beyond it too.
pub const COMPARED_OUTPUT_BYTES: usize = 1024 * 1024;

/// Greatest `--runs`: more tell nothing new, and each is remembered.
pub const COMPARED_REPETITIONS: usize = 10_000;
