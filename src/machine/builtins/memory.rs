//! Built-ins about blocks: allocation, access, and what can be seen of stack and heap.

use super::{Action::Lowered, Action::Run, Call, Row, size};
use crate::bytecode::Writes;
use crate::machine::drawing::{Drawing, Palette};
use crate::machine::quantity::count;
use crate::machine::trap::Ending;
use crate::memory::Value;

pub(super) const ROWS: &[Row] = &[
    Row::new("heap_allocate", &["size"], 0, "An uninitialised block of bytes or elements, or null", Lowered),
    Row::new("malloc", &["size"], 0, "The same as heap_allocate", Lowered),
    Row::new("alloc", &["size"], 0, "The same as heap_allocate", Lowered),
    Row::new("allocate", &["size"], 0, "A zero-filled block of elements", Lowered),
    Row::new(
        "heap_reallocate",
        &["p", "size"],
        0,
        "A block of another size with the old contents, or null",
        Run(heap_reallocate),
    )
    .gives(|arguments| arguments[0].resized())
    .writes(Writes::Moves)
    .yields_reference(),
    Row::new("heap_free", &["p"], 0, "Frees a block", Lowered),
    Row::new("free", &["p"], 0, "The same as heap_free", Lowered),
    Row::new("delete", &["p"], 0, "The same as heap_free", Lowered),
    Row::new("release", &["p"], 0, "The same as heap_free", Lowered),
    Row::new("stack_allocate", &["size"], 0, "A buffer in the current frame, uninitialised", Lowered),
    Row::new("sizeof", &["type"], 0, "Bytes of a type", Lowered),
    Row::new("length", &["p"], 0, "Elements, bytes, fields or characters", Lowered),
    Row::new("len", &["p"], 0, "The same as length", Lowered),
    Row::new("size", &["p"], 0, "The same as length", Lowered),
    Row::new("read_from", &["p"], 0, "The first element, byte or field of a block", Run(read_from)).yields_reference(),
    Row::new("write_to", &["p", "value"], 0, "Writes the first element, byte or field of a block", Run(write_to))
        .stores_first()
        .writes(Writes::Argument),
    Row::new(
        "copyString",
        &["destination", "s"],
        0,
        "Writes a string's bytes and a final 0 to a block",
        Run(copy_string),
    ),
    Row::new("copy", &["destination", "source", "count"], 0, "Copies elements or bytes", Run(copy))
        .writes(Writes::Copies),
    Row::new("fill", &["p", "value", "count"], 0, "Sets the first elements or bytes of a block", Run(fill))
        .writes(Writes::Argument),
    Row::new("swap", &["a", "b"], 0, "Exchanges two places", Lowered),
    Row::new("collect", &[], 0, "Runs the collector, if the strategy has one", Run(collect)),
    Row::new("memory_stats", &[], 0, "Shows a line of figures about the heap", Run(memory_stats)),
    Row::new("show_stack", &[], 0, "Draws the stack's frames", Run(show_stack)),
    Row::new("show_heap", &[], 0, "Draws the heap's blocks", Run(show_heap)),
    Row::new("show", &["x"], 0, "Draws a value and what it points at", Run(show)),
];

fn heap_reallocate(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let length = size(&call.machine.memory, call.arguments[1])?;
    let moved = call.machine.reallocate(call.arguments[0], length, call.position)?;
    Ok(moved.map_or(Value::NULL, Value::pointer))
}

fn read_from(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let (block, site) = (call.arguments[0], call.site());
    let value = call.memory().read_first(block, site)?;
    // The value comes with a count of its own, like that of every call.
    if call.memory().requirements().counts {
        call.memory().retain(value);
    }
    Ok(value)
}

fn write_to(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let (block, value) = (call.arguments[0], call.arguments[1]);
    call.memory().write_first(block, value)?;
    Ok(Value::NULL)
}

fn copy_string(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let mut bytes = call.text(1)?.into_bytes();
    bytes.push(0);
    let block = call.arguments[0];
    call.memory().write_bytes(block, 0, &bytes)?;
    Ok(Value::NULL)
}

fn copy(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let count = call.count(2)?;
    let (destination, source) = (call.arguments[0], call.arguments[1]);
    call.memory().copy(destination, source, count)?;
    Ok(Value::NULL)
}

fn fill(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let count = call.count(2)?;
    let (block, value) = (call.arguments[0], call.arguments[1]);
    call.memory().fill(block, value, count)?;
    Ok(Value::NULL)
}

fn collect(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    call.machine.collect(call.position)?;
    Ok(Value::NULL)
}

fn memory_stats(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let figures = call.machine.memory.statistics();
    let line = format!(
        "memory: {} live in {} (peak {}), {}, {}, {} from the system\n",
        count(figures.live_bytes, "byte"),
        count(figures.allocations - figures.frees, "block"),
        figures.peak_live_bytes,
        count(figures.allocations, "allocation"),
        count(figures.frees, "free"),
        count(figures.footprint_bytes, "byte"),
    );
    Ok(call.draw(&line))
}

fn show_stack(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let origin = |instruction| call.host.origin(instruction);
    let text = Drawing::new(call.machine, Some(call.position), &origin, Palette::Plain).stack();
    Ok(call.draw(&text))
}

fn show_heap(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let origin = |instruction| call.host.origin(instruction);
    let text = Drawing::new(call.machine, Some(call.position), &origin, Palette::Plain).heap();
    Ok(call.draw(&text))
}

fn show(call: &mut Call<'_, '_>) -> Result<Value, Ending> {
    let origin = |instruction| call.host.origin(instruction);
    let text = Drawing::new(call.machine, Some(call.position), &origin, Palette::Plain).value(call.arguments[0]);
    Ok(call.draw(&text))
}
