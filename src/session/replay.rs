//! The explaining second run. A normal run records next to nothing; when an error is about a block,
//! the program is run again, with the same input, while a probe watches just that block. Where a program survives
//! its errors, one second run, at the end, explains all of them.

use std::sync::atomic::AtomicBool;

use super::host::{RecordedHost, Recording};
use super::{CallStack, Compiled, Configuration, Place, RecordFacts, Related, RelatedKind, RunError, blame};
use crate::limits::RECORDED_INPUT_BYTES;
use crate::machine::{
    Backtrace, BlockHistory, BlockObserver, Cause, End, ErrorWatch, Machine, MachineOptions, Trap, Watch,
};
use crate::memory::{BlockKind, Fault, FieldName, LayoutId};

/// What is known of an error without a second run. The machine is asked for what only it knows.
pub(super) fn describe(compiled: &Compiled, machine: &Machine<'_>, trap: Trap) -> RunError {
    let block = trap.block.as_ref();
    let site = block.and_then(|block| block.site);
    let library = blame::library_function(compiled, trap.at);
    let mut place = blame::place(compiled, trap.at, &trap.backtrace);
    if let Some(slot) = trap.argument.filter(|_| library.is_none()) {
        place.span = blame::argument(compiled, trap.at, slot).or(place.span);
    }
    RunError {
        kind: trap.cause.kind(),
        place,
        library,
        related: Vec::new(),
        block_name: site.and_then(|site| compiled.program.block_name(site)).map(str::to_owned),
        allocated: None,
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

/// Adds who allocated and who freed the block that each error is about, if it is about one. The errors
/// are those of one run, in order: the ones it survived, and the one that stopped it.
pub(super) fn explain(
    compiled: &Compiled,
    configuration: &Configuration,
    recording: Recording,
    instructions: u64,
    interrupt: &AtomicBool,
    errors: &mut [&mut RunError],
) {
    if errors.iter().all(|error| error.trap.block.is_none()) {
        return;
    }
    let (histories, problem) = second_run(compiled, configuration, recording, instructions, interrupt, errors);
    let told = histories.len();
    for (error, history) in errors.iter_mut().zip(histories) {
        if let Some(history) = history {
            tell(compiled, error, history);
        }
    }
    for error in errors.iter_mut().skip(told) {
        let Some(block) = &error.trap.block else { continue };
        let site = block.site.and_then(|site| allocation_site(compiled, site));
        error.related.extend(site);
        error.replay_problem.clone_from(&problem);
    }
}

/// Adds what happened to the block of an error.
fn tell(compiled: &Compiled, error: &mut RunError, history: BlockHistory) {
    error.allocated = history.block;
    for (what, backtrace) in [(RelatedKind::Freed, history.freed), (RelatedKind::Allocated, history.allocated)] {
        let Some(backtrace) = backtrace else { continue };
        let Some(at) = backtrace.innermost.first().map(|frame| frame.at) else { continue };
        if what == RelatedKind::Allocated && error.block_name.is_none() {
            error.block_name = allocation_name(compiled, at, &backtrace);
        }
        error.related.push(Related { what, place: blame::place(compiled, at, &backtrace) });
    }
}

/// Runs the program again: what had happened to the block of each error by then, as far as that run
/// came, and a sentence why it came no further.
fn second_run(
    compiled: &Compiled,
    configuration: &Configuration,
    recording: Recording,
    instructions: u64,
    interrupt: &AtomicBool,
    errors: &[&mut RunError],
) -> (Vec<Option<BlockHistory>>, Option<String>) {
    let limit = configuration.replay_limit;
    if recording.overflowed {
        let mebibytes = RECORDED_INPUT_BYTES >> 20;
        let problem =
            format!("the program read more than {mebibytes} MiB of input, which is not kept for a second run");
        return (Vec::new(), Some(problem));
    }
    let too_long = format!(
        "the program had executed {instructions} instructions, and a second run is limited to {limit} \
         (`--replay-limit`)"
    );
    // Errors that were survived may have come much earlier.
    if instructions > limit && errors.len() == 1 {
        return (Vec::new(), Some(too_long));
    }
    let options = configuration.machine_options(&compiled.program);
    let max_steps = options.max_steps.map_or(limit, |steps| steps.min(limit));
    // The last of them ends the run, whether it ended the first one or not.
    let options = MachineOptions { max_steps: Some(max_steps), tolerated_errors: errors.len() - 1, ..options };
    let serial = |error: &&mut RunError| error.trap.block.as_ref().map(|block| block.pointer.serial());
    let mut watch = ErrorWatch::new(errors.iter().map(serial).collect());
    let Ok(mut machine) = Machine::load(&compiled.program, &options) else {
        return (Vec::new(), Some("the computer has no memory for a second run".to_owned()));
    };
    match machine.run(&mut RecordedHost::new(recording), &mut Watch::new(&mut watch), interrupt) {
        End::Interrupted(_) => (watch.settled, Some("the second run was interrupted".to_owned())),
        End::Trapped(trap) => {
            let repeated = errors.last().is_some_and(|last| trap.at == last.trap.at && trap.cause.kind() == last.kind);
            debug_assert!(repeated || matches!(trap.cause, Cause::StepLimit(_)), "a run repeats itself");
            if repeated {
                watch.reported();
            }
            (watch.settled, Some(too_long))
        }
        End::Finished | End::Exited | End::Paused(_) | End::OutputClosed => {
            debug_assert!(false, "a run repeats itself");
            (watch.settled, None)
        }
    }
}

/// Where a block was allocated, as the heap remembers it.
fn allocation_site(compiled: &Compiled, site: u32) -> Option<Related> {
    let span = blame::span(compiled, site)?;
    let place = Place { span: Some(span), function: blame::function(compiled, site), call_stack: CallStack::default() };
    Some(Related { what: RelatedKind::Allocated, place })
}

/// What the user's code calls the block that it allocated, itself or through the library.
fn allocation_name(compiled: &Compiled, at: u32, backtrace: &Backtrace) -> Option<String> {
    let at = blame::user_instruction(compiled, at, backtrace);
    compiled.program.block_name(at).map(str::to_owned)
}
