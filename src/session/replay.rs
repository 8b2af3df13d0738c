//! The explaining second run. A normal run records next to nothing; when an error is about a block,
//! the program is run again, with the same input, while a probe watches just that block.

use std::sync::atomic::AtomicBool;

use super::host::{RecordedHost, Recording};
use super::{Compiled, Configuration, RecordFacts, Related, RelatedKind, RunError, blame};
use crate::machine::{Backtrace, BlockWatch, Cause, End, Machine, MachineOptions, Trap};
use crate::memory::{BlockKind, Fault, FieldName, LayoutId};

/// What is known of an error without a second run. The machine is asked for what only it knows.
pub(super) fn describe(compiled: &Compiled, machine: &Machine<'_>, trap: Trap) -> RunError {
    let block = trap.block.as_ref();
    let site = block.and_then(|block| block.site);
    RunError {
        kind: trap.cause.kind(),
        place: blame::place(compiled, trap.at, &trap.backtrace),
        library: blame::library_function(compiled, trap.at),
        related: Vec::new(),
        block_name: site.and_then(|site| compiled.program.block_name(site)).map(str::to_owned),
        block_bytes: block.and_then(|block| block.bytes),
        record: record_facts(compiled, machine, &trap.cause),
        trap,
        replay_problem: None,
    }
}

/// The record that a cause is about, with names in place of numbers.
fn record_facts(compiled: &Compiled, machine: &Machine<'_>, cause: &Cause) -> Option<RecordFacts> {
    let Cause::Fault(fault) = cause else { return None };
    let layout_of = |kind: BlockKind| match kind {
        BlockKind::Fields(layout) => Some(layout),
        _ => None,
    };
    let (layout, field): (Option<LayoutId>, Option<FieldName>) = match fault {
        Fault::UnknownField(layout, field) => (Some(*layout), Some(*field)),
        Fault::FieldDoesNotFit(block, field) => (layout_of(block.kind), Some(*field)),
        Fault::NotIndexable(block) | Fault::NoFields(block) => (layout_of(block.kind), None),
        Fault::OutOfBounds(access) | Fault::Uninitialised(access) => {
            (layout_of(access.block.kind), access.embedded.map(|(field, _)| field))
        }
        _ => (None, None),
    };
    let program = &compiled.program;
    let name = |field: FieldName| program.field_names.get(field.0 as usize).cloned().unwrap_or_default();
    let field = field.map(name);
    let Some(layout) = layout else {
        return field.map(|field| RecordFacts { name: None, fields: Vec::new(), field: Some(field) });
    };
    let layout = machine.memory.layouts.get(layout);
    let record = layout.record.and_then(|record| program.records.get(record as usize));
    Some(RecordFacts {
        name: record.map(|record| record.name.clone()),
        fields: layout.fields.iter().map(|field| name(field.name)).collect(),
        field,
    })
}

/// Runs the program again, if the error is about a block, and adds who allocated and who freed it.
pub(super) fn explain(
    compiled: &Compiled,
    configuration: &Configuration,
    recording: Recording,
    instructions: u64,
    interrupt: &AtomicBool,
    error: &mut RunError,
) {
    let Some(block) = &error.trap.block else { return };
    let serial = block.pointer.serial();
    if recording.overflowed {
        error.replay_problem = Some(format!(
            "the program read more than {} MiB of input, which is not kept for a second run",
            crate::limits::RECORDED_INPUT_BYTES >> 20
        ));
        return;
    }
    if instructions > configuration.replay_limit {
        error.replay_problem = Some(format!(
            "the program had executed {instructions} instructions, and a second run is limited to {} \
             (`--replay-limit`)",
            configuration.replay_limit
        ));
        return;
    }
    let options = configuration.machine_options(&compiled.program);
    let options = MachineOptions {
        max_steps: Some(
            options.max_steps.map_or(configuration.replay_limit, |steps| steps.min(configuration.replay_limit)),
        ),
        ..options
    };
    let mut watch = BlockWatch::new(serial);
    let end = Machine::load(&compiled.program, &options)
        .map(|mut machine| machine.run(&mut RecordedHost::new(recording), &mut watch, interrupt));
    match end {
        Ok(End::Trapped(trap)) => debug_assert_eq!(trap.at, error.trap.at, "a run repeats itself"),
        Ok(End::Interrupted(_)) => error.replay_problem = Some("the second run was interrupted".to_owned()),
        Err(_) => error.replay_problem = Some("there was no memory for a second run".to_owned()),
        Ok(_) => debug_assert!(false, "a run repeats itself"),
    }
    error.block_bytes = error.block_bytes.or(watch.bytes);
    // A free at which the program stopped is the error itself, not its history.
    for (what, backtrace) in [(RelatedKind::Freed, watch.freed), (RelatedKind::Allocated, watch.allocated)] {
        let Some(backtrace) = backtrace else { continue };
        let Some(at) = backtrace.innermost.first().map(|frame| frame.at) else { continue };
        if what == RelatedKind::Allocated && error.block_name.is_none() {
            error.block_name = allocation_name(compiled, at, &backtrace);
        }
        error.related.push(Related { what, place: blame::place(compiled, at, &backtrace) });
    }
}

/// What the user's code calls the block that it allocated, itself or through the library.
fn allocation_name(compiled: &Compiled, at: u32, backtrace: &Backtrace) -> Option<String> {
    let at = blame::user_instruction(compiled, at, backtrace);
    compiled.program.block_name(at).map(str::to_owned)
}
