//! A machine with a program loaded: its state between runs of handlers, and what can be asked of it.

use std::sync::atomic::AtomicBool;

use super::checks::Stop;
use super::frame::Position;
use super::host::Host;
use super::image::{FieldCache, Image, Resolved};
use super::probe::Probe;
use super::prompt::Activity;
use super::random::Random;
use super::recovery::Survived;
use super::trap::{Cause, Trap};
use crate::bytecode::liveness::FrameMap;
use crate::bytecode::{Constant, Program, Reference};
use crate::limits::FRAME_WINDOW;
use crate::memory::{Fault, FieldName, LayoutId, Memory, MemoryOptions, Root, Tag, Value};

/// How a machine runs a program.
#[derive(Clone, Debug)]
pub struct MachineOptions {
    /// The memory.
    pub memory: MemoryOptions,
    /// Seed of `random`.
    pub seed: u64,
    /// Most instructions to execute, if limited.
    pub max_steps: Option<u64>,
    /// Whether to collect at every allocation, and to audit the whole heap after it.
    pub stress: bool,
    /// Globals that the static segment must have room for, if the program is going to grow.
    pub room_for_globals: usize,
    /// Memory errors that are reported before the next one stops the program.
    pub tolerated_errors: usize,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The program came to its end.
    Finished,
    /// It called `exit()`.
    Exited,
    /// An error stopped it.
    Trapped(Box<Trap>),
    /// The interrupt flag was raised; the trap's cause is meaningless, its place is not.
    Interrupted(Box<Trap>),
    /// At a breakpoint or after a step. [`Machine::proceed`] goes on from there.
    Paused(Position),
    /// Nobody reads the program's output any more.
    OutputClosed,
}

/// Exact counts of what the machine did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineStatistics {
    /// Instructions executed.
    pub instructions: u64,
    /// Calls of user and library functions.
    pub calls: u64,
    /// Most frames at a time; the top level counts.
    pub max_call_depth: u64,
    /// Most bytes of stack in use.
    pub stack_high_water_bytes: u64,
}

/// A machine.
#[derive(Debug)]
pub struct Machine<'p> {
    /// What it runs.
    pub program: &'p Program,
    /// Its memory.
    pub memory: Memory,
    /// The text of the entry expression's value, once it has been printed.
    pub result: Option<String>,
    /// The program's constants, literals placed.
    pub(super) constants: Vec<Value>,
    /// Index of the first global in the static segment.
    pub(super) first_global: usize,
    pub(super) image: Image,
    /// By record index.
    pub(super) record_layouts: Vec<LayoutId>,
    /// Stack indices of the headers of live stack buffers; those of inner frames last.
    pub(super) buffers: Vec<usize>,
    /// The stack's limit, in words.
    pub(super) stack_words: usize,
    /// Most words of stack ever in use. So many and a frame window are committed.
    pub(super) high_water: usize,
    pub(super) random: Random,
    pub(super) max_steps: Option<u64>,
    pub(super) stress: bool,
    /// By function index: which slots keep blocks alive. Worked out when first asked for.
    pub(super) frame_maps: Vec<Option<Box<FrameMap>>>,
    /// What a session at a prompt has begun and not ended, the outermost first.
    pub(super) activities: Vec<Activity>,
    pub(super) counts: MachineStatistics,
    /// The memory errors after which the program went on.
    pub(super) survived: Survived,
}

impl<'p> Machine<'p> {
    /// Loads a program: literals and globals go to the static segment.
    ///
    /// # Errors
    /// [`Fault::Host`] where the host refuses memory, [`Fault::OutOfMemory`] where the statics do not fit.
    pub fn load(program: &'p Program, options: &MachineOptions) -> Result<Machine<'p>, Fault> {
        let mut memory = Memory::new(&options.memory);
        // Linkage words of 0: the top level returns nowhere.
        if !memory.space.stack.commit(FRAME_WINDOW, Tag::Uninitialised) {
            return Err(Fault::Host { bytes: 9 * FRAME_WINDOW as u64 });
        }
        memory.space.stack.set(0, Value::new(0, Tag::CodeAddress));
        memory.space.stack.set(1, Value::new(0, Tag::FrameLink));
        let mut machine = Machine {
            program,
            memory,
            result: None,
            constants: Vec::new(),
            first_global: 0,
            image: Image::new(),
            record_layouts: Vec::new(),
            buffers: Vec::new(),
            stack_words: (options.memory.stack_bytes / 8) as usize,
            high_water: 0,
            random: Random::new(options.seed),
            max_steps: options.max_steps,
            stress: options.stress,
            frame_maps: Vec::new(),
            activities: Vec::new(),
            counts: MachineStatistics::default(),
            survived: Survived::new(options.tolerated_errors),
        };
        machine.take_in()?;
        let globals = program.globals.len().max(options.room_for_globals);
        machine.first_global = machine.memory.add_globals(globals)?;
        Ok(machine)
    }

    /// Takes in what the program has and the machine does not know of yet.
    ///
    /// # Errors
    /// As [`Machine::load`].
    pub fn take_in(&mut self) -> Result<(), Fault> {
        let Machine { program, memory, .. } = self;
        for constant in &program.constants[self.constants.len()..] {
            self.constants.push(match constant {
                Constant::Null => Value::NULL,
                Constant::Boolean(value) => Value::boolean(*value),
                Constant::Integer(value) => Value::integer(*value),
                Constant::Float(value) => Value::float(*value),
                Constant::String(text) => memory.add_literal(text)?,
            });
        }
        for (record, layout) in (0..).zip(&program.records).skip(self.record_layouts.len()) {
            let fields: Vec<_> = layout.fields.iter().map(|&(name, slots)| (FieldName(name), slots)).collect();
            self.record_layouts.push(memory.layouts.add_record(record, &fields));
        }
        let Machine { constants, record_layouts, .. } = self;
        self.image.extend(program, |at, instruction| {
            Some(match instruction.reference()? {
                Reference::Constant(constant) => Resolved::of_constant(constants[constant as usize]),
                Reference::Divisor(divisor) => Resolved::of_divisor(program.divisors[divisor as usize]),
                Reference::Function(function) => Resolved::of_function(&program.functions[function as usize], at + 1),
                Reference::FieldSite(site) => {
                    let site = program.field_sites[site as usize];
                    Resolved::of_field(site.record.map_or(FieldCache::EMPTY, |record| {
                        FieldCache::of(&memory.layouts, record_layouts[record as usize], FieldName(site.field))
                    }))
                }
            })
        });
        self.frame_maps.resize(program.functions.len(), None);
        Ok(())
    }

    /// Runs the program from its top level to its end. It passes over breakpoints.
    pub fn run<P: Probe>(&mut self, host: &mut dyn Host, probe: &mut P, interrupt: &AtomicBool) -> End {
        let mut end = self.start(0, 0, host, probe, interrupt);
        while let End::Paused(position) = end {
            end = self.proceed(position, host, probe, interrupt);
        }
        if matches!(end, End::Finished | End::Exited) { self.finish() } else { end }
    }

    /// Runs a top level, whose frame begins at `base`, until something ends or pauses it.
    pub(super) fn start<P: Probe>(
        &mut self,
        function: u32,
        base: u32,
        host: &mut dyn Host,
        probe: &mut P,
        interrupt: &AtomicBool,
    ) -> End {
        let start = Position { pc: self.program.functions[function as usize].entry as usize, base };
        match self.take_stack(base as usize, function as usize) {
            Ok(()) => self.proceed(start, host, probe, interrupt),
            Err(cause) => End::Trapped(self.trap(cause, start)),
        }
    }

    /// Goes on from where a pause was.
    pub fn proceed<P: Probe>(
        &mut self,
        position: Position,
        host: &mut dyn Host,
        probe: &mut P,
        interrupt: &AtomicBool,
    ) -> End {
        if P::ACTIVE {
            self.memory.journal.open();
        }
        self.execute::<P, Stop>(position, host, probe, interrupt)
    }

    /// Ends what the top level has begun: its stack buffers go with it, and what they held. Then the strategy
    /// collects a last time.
    pub fn finish(&mut self) -> End {
        let ended = self.retire_buffers(0).and_then(|()| self.memory.collect(&self.globals()));
        match ended {
            Ok(()) => End::Finished,
            Err(fault) => End::Trapped(self.trap(Cause::Fault(fault), Position { pc: 0, base: 0 })),
        }
    }

    /// The counts so far.
    pub const fn statistics(&self) -> MachineStatistics {
        MachineStatistics { stack_high_water_bytes: 8 * self.high_water as u64, ..self.counts }
    }

    /// The globals: the roots once the program has ended.
    pub fn globals(&self) -> Vec<Root> {
        let first = self.first_global;
        (first..first + self.program.globals.len()).map(Root::global).collect()
    }
}
