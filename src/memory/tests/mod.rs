//! Tests of the simulated memory as a whole, through the calls that the machine makes.

mod access;
mod heap;
mod leaks;
mod path;
mod provenance;
mod text;

use super::*;

/// A manual heap with first-fit.
fn memory() -> Memory {
    with("manual", 64 << 20)
}

fn with(strategy: &'static str, heap_bytes: u64) -> Memory {
    Memory::new(&options(strategy, heap_bytes))
}

fn options(strategy: &'static str, heap_bytes: u64) -> MemoryOptions {
    MemoryOptions {
        strategy,
        allocator: "first-fit",
        heap_bytes,
        stack_bytes: 1 << 20,
        static_base: 0x0040_2000,
        residue: true,
    }
}

fn allocate(memory: &mut Memory, shape: Shape) -> Value {
    Value::pointer(memory.allocate(shape, 7).unwrap().expect("room"))
}

/// Globals that hold these.
fn roots(memory: &mut Memory, values: &[Value]) -> Vec<Root> {
    let first = memory.add_globals(values.len()).unwrap();
    for (index, &value) in (first..).zip(values) {
        memory.space.statics.set(index, value);
    }
    (first..first + values.len()).map(Root::global).collect()
}

/// A block of elements that holds these.
fn array(memory: &mut Memory, elements: &[Value]) -> Value {
    let block = allocate(memory, Shape::Elements(elements.len() as u64));
    for (index, &element) in elements.iter().enumerate() {
        memory.store_element(block, index as i64, element).unwrap();
    }
    block
}

fn load(memory: &mut Memory, object: Value, index: i64) -> Result<i64, Fault> {
    memory.load_element(object, index, 0).map(Value::as_integer)
}

fn pointer(value: Value) -> Pointer {
    value.as_pointer()
}

#[track_caller]
fn audit(memory: &Memory) {
    assert_eq!(memory.audit(), Ok(()));
    let s = memory.statistics();
    assert_eq!(s.footprint_bytes, s.live_bytes + s.padding_bytes + s.header_bytes + s.free_bytes);
}
