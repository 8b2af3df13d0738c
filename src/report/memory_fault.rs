//! Sentences for uses of memory that are errors: what was touched, where it lies, what lies there.

use super::quantity::address;
use super::sentence::{Context, NULL_HELP, Sentences};
use super::{bytes, grouped, size};
use crate::bytecode::Instruction;
use crate::machine::{BlockFacts, Landing, type_name};
use crate::memory::fault::{Access, InvalidFree};
use crate::memory::{Block, BlockKind, Fault, Place, Pointer, Tag, Value};
use crate::session::{RelatedKind, RunError};

/// What is said of a fault.
pub(super) fn sentences(context: Context<'_>, fault: Fault) -> Sentences {
    let error = context.error;
    match fault {
        Fault::NullDereference => Sentences::new(
            "`null` is used as if it were a block: there is nothing to read from or to write to",
            "the pointer is null",
        )
        .help(NULL_HELP),
        Fault::UseAfterFree(pointer) => use_after_free(context, pointer),
        Fault::DoubleFree(pointer) => double_free(context, pointer),
        Fault::StackUseAfterReturn(pointer) => {
            let (end, where_it_was) = match made_anew(error) {
                true => ("it was made anew", "where the new one is"),
                false => ("its function returned", "in a frame that is gone"),
            };
            Sentences::new(format!("{} is used after {end}", named("stack buffer", error)), "used here")
                .address(format!("it was at {}, {where_it_was}", address(pointer.address())))
                .help("a stack buffer lives as long as its function: allocate what must live longer with `allocate`")
        }
        Fault::InvalidFree(pointer, why) => invalid_free(context, pointer, why),
        Fault::OutOfBounds(access) => out_of_bounds(context, access),
        Fault::Uninitialised(access) => uninitialised(context, access),
        Fault::Segmentation(at) => {
            Sentences::new(format!("nothing is at the address {}", wide(at as i64)), "the access went astray here")
        }
        Fault::OutOfMemory { bytes } => out_of_memory(context, bytes),
        Fault::Serials => Sentences::new(
            "the program has allocated 4,294,967,295 blocks, as many as the machine can tell apart",
            "one more here",
        ),
        Fault::Host { bytes: refused } => Sentences::new(
            format!("the computer refused {} of memory for the simulated machine", bytes(refused)),
            "needed here",
        )
        .help("give the machine less with `--heap` and `--stack`"),
        Fault::NotAReference(value) => {
            Sentences::new(format!("{} is no pointer to a block", value_phrase(value)), "this is no block")
                .help("only what an allocation, `new`, `[...]` or a string gives can be used like this")
        }
        Fault::NotIndexable(block) => not_indexable(context, block),
        Fault::NoFields(block) => no_fields(context, block),
        Fault::UnknownField(..) => unknown_field(error),
        Fault::FieldDoesNotFit(block, _) => {
            let field = error.record.as_ref().and_then(|record| record.field.as_deref()).unwrap_or("?");
            Sentences::new(
                format!("the field `{field}` does not fit {}: each field takes 8 bytes", block_phrase(error, &block)),
                "no room for this field",
            )
            .help("allocate the size of the record, `heap_allocate(sizeof(Name))`, or 8 bytes a field")
        }
        Fault::Immutable(_) => Sentences::new("strings cannot be changed", "this would change a string")
            .help("make a new string with `+` and `substring`, or keep the characters in an array"),
        Fault::NotAnArray(_, value) => Sentences::new(
            format!("an embedded array takes an array, whose elements are copied, and this is {}", value_phrase(value)),
            "assigned here",
        )
        .help("assign one slot: `player.inventory[0] = value`"),
        Fault::NotBytes(block) => Sentences::new(
            format!("bytes cannot be written to {}, which holds {}", block_phrase(error, &block), holding(&block)),
            "this needs a block of bytes",
        )
        .help("allocate bytes: `heap_allocate(n)` or `allocate(n bytes)`"),
        Fault::UnitsDiffer(to, from) => Sentences::new(
            format!("nothing can be copied from a block of {} to one of {}", holding(&from), holding(&to)),
            "the blocks are of different kinds",
        ),
        Fault::NotAString(value) => {
            Sentences::new(format!("a string is needed, and this is {}", value_phrase(value)), "this is no string")
        }
        Fault::NotAByte(tag) => Sentences::new(
            format!("a byte of a block holds an integer from 0 to 255, and this is {}", tag_phrase(tag)),
            "written here",
        )
        .help("for values of any type allocate elements: `allocate(n elements)`"),
        Fault::ByteRange(value) => {
            Sentences::new(format!("{value} does not fit a byte: bytes go from 0 to 255"), "written here")
                .help("for larger numbers allocate integers: `heap_allocate(n integers)`")
        }
    }
}

fn use_after_free(context: Context<'_>, pointer: Pointer) -> Sentences {
    let error = context.error;
    Sentences::new(format!("{} is used after it was freed", named("block", error)), "used here")
        .address(dangling(context, pointer))
        .fact("the memory may have been handed out again: on a real machine this reads or overwrites something else")
        .help("free a block after its last use, and set the variable to `null` then")
}

fn double_free(context: Context<'_>, pointer: Pointer) -> Sentences {
    let error = context.error;
    Sentences::new(format!("{} is freed a second time", named("block", error)), "freed again here")
        .address(dangling(context, pointer))
        .help("free each block once; `p = null` after `heap_free(p)` makes a second free harmless")
}

/// Whether a stack buffer ended because its allocation was executed once more, in the same frame.
pub(super) fn made_anew(error: &RunError) -> bool {
    let span = |what| error.related.iter().find(|related| related.what == what).map(|related| related.place.span);
    error.trap.block.as_ref().is_some_and(|block| block.on_stack)
        && span(RelatedKind::Freed).is_some_and(|freed| Some(freed) == span(RelatedKind::Allocated))
}

/// "the 100-byte block `ptr` at 0x00BEEF00, freed at line 5"
fn dangling(context: Context<'_>, pointer: Pointer) -> String {
    let error = context.error;
    let block = facts_phrase(error, "block");
    let start = error.allocated.map_or(pointer, |block| block.pointer).address();
    let inside = pointer.address().saturating_sub(start);
    let mut text = match part(context, inside.into()) {
        Some(part) => format!("{part} of {block} at {}", address(start)),
        None if inside > 0 => format!("byte {} of {block} at {}", grouped(inside.into()), address(start)),
        None => format!("{block} at {}", address(start)),
    };
    for related in &error.related {
        let Some(span) = related.place.span else { continue };
        let line = context.compiled.sources.whereabouts(span);
        match related.what {
            RelatedKind::Freed => text.push_str(&format!(", freed at {line}")),
            RelatedKind::Allocated => {}
        }
    }
    text
}

/// Which part of a block that is gone was meant, by a pointer to byte `inside`.
fn part(context: Context<'_>, inside: i64) -> Option<String> {
    let Context { compiled, error, .. } = context;
    let program = &compiled.program;
    match program.code.get(error.trap.at as usize)?.general() {
        Instruction::LoadField { field, .. } | Instruction::StoreField { field, .. } => {
            let site = program.field_sites.get(field.0 as usize)?;
            Some(format!("the field `{}`", program.field_names.get(site.field as usize)?))
        }
        Instruction::CallBuiltin { .. } => {
            matches!(builtin(context)?, "read_from" | "write_to").then(|| format!("byte {}", grouped(inside as u64)))
        }
        _ => {
            let index = error.trap.index?;
            Some(match byte_of(error, inside, index) {
                Some(byte) => format!("byte {}", grouped(byte)),
                None => format!("index {index}"),
            })
        }
    }
}

/// The byte of a block that is gone which an index meant: known for index 0, and of a block that the
/// second run has seen. Only a record is indexed through pointers into it.
fn byte_of(error: &RunError, inside: i64, index: i64) -> Option<u64> {
    let unit = match error.allocated {
        None if index == 0 => 1,
        None => return None,
        Some(block) if matches!(block.kind, BlockKind::Elements | BlockKind::Fields(_)) => 8,
        Some(_) => 1,
    };
    let byte = u64::try_from(index.checked_mul(unit)?.checked_add(inside)?).ok()?;
    error.allocated.is_none_or(|block| byte < block.bytes).then_some(byte)
}

/// The built-in that failed, if one did.
fn builtin(context: Context<'_>) -> Option<&'static str> {
    let program = &context.compiled.program;
    match *program.code.get(context.error.trap.at as usize)? {
        Instruction::CallBuiltin { builtin, .. } => Some(program.builtins.get(usize::from(builtin.0))?.name),
        _ => None,
    }
}

fn invalid_free(context: Context<'_>, pointer: Pointer, why: InvalidFree) -> Sentences {
    let error = context.error;
    let at = address(pointer.address());
    match why {
        InvalidFree::Literal => {
            Sentences::new("a string literal cannot be freed", "this was never allocated on the heap")
                .address(format!("the literal is at {at}, in the static segment"))
                .help("free only what an allocation returned")
        }
        InvalidFree::StackBuffer => Sentences::new(
            format!("{} cannot be freed: it goes with its function", named("stack buffer", error)),
            "this lies on the stack",
        )
        .address(match error.related.iter().any(|related| related.what == RelatedKind::Freed) {
            true => format!("the buffer was at {at}, and is gone already"),
            false => format!("the buffer is at {at}, in a frame of the stack"),
        })
        .help("leave the call out"),
        InvalidFree::Interior => {
            let start = error.trap.block.as_ref().map(|block| block.pointer.address());
            let offset = start.and_then(|start| pointer.address().checked_sub(start)).unwrap_or(0);
            Sentences::new(
                format!("only a whole block can be freed, not the inside of {}", facts_phrase(error, "block")),
                "this points into a block",
            )
            .address(format!("{at} is byte {} of {}", grouped(offset.into()), facts_phrase(error, "block")))
            .help("free the block itself, with the pointer that the allocation returned")
        }
    }
}

fn out_of_bounds(context: Context<'_>, access: Access) -> Sentences {
    let error = context.error;
    let block = block_phrase(error, &access.block);
    let verb = if access.write { "write" } else { "read" };
    let unit = unit_bytes(&access);
    let (noun, whole, length) = match (embedded_name(error, &access), access.embedded) {
        (Some(name), Some((_, slots))) => ("embedded array", format!("the embedded array `{name}`"), slots.into()),
        _ => {
            let noun = noun(error, &access.block);
            (noun, named(noun, error), access.block.bytes / unit)
        }
    };
    if access.bytes > unit {
        let direction = if access.write { "written to" } else { "read from" };
        let holds = bytes(length * unit);
        return Sentences::new(
            format!("{} are {direction} {whole}, which has {holds}", bytes(access.bytes)),
            format!("this {verb}s past the end"),
        )
        .address(astray(context, &access, &block))
        .help("allocate as much as is needed, and pass the size along");
    }
    let is_string = matches!(access.block.kind, BlockKind::String { .. });
    if is_string && builtin(context) == Some("substring") {
        return Sentences::new(
            format!("position {} is outside {whole}", access.index),
            "`from` or `to` lies outside the string",
        )
        .help("`substring(s, from, to)` needs 0 <= from <= to <= length(s)");
    }
    let range = match (access.block.kind, length) {
        (BlockKind::String { ascii: false }, _) => String::new(),
        (_, 0) => ", which is empty".to_owned(),
        (_, 1) => format!(", whose only {} has index 0", unit_name(&access)),
        (_, n) => format!(", whose {} {}s have the indices 0 to {}", grouped(n), unit_name(&access), grouped(n - 1)),
    };
    let (where_to, outside) = match access.index {
        ..0 => ("before", "an underflow, before the start of"),
        0.. => ("past the end of", "outside"),
    };
    let sentences = Sentences::new(
        format!("index {} is {outside} {whole}{range}", access.index),
        format!("this {verb}s {where_to} the {noun}"),
    );
    if is_string {
        return sentences.help("the last character of `s` is `s[length(s) - 1]`");
    }
    let sentences = sentences.address(astray(context, &access, &block));
    match length.checked_sub(1) {
        Some(last) if u64::try_from(access.index) == Ok(length) => {
            sentences.help(format!("the last index is the length less one: `for i from 0 to {last}`"))
        }
        _ => sentences.help("check the index against `length` before it is used"),
    }
}

/// "the write goes to 0xFFFFFF98, 8 bytes after the end of the 80-byte stack buffer `buffer` allocated
/// at line 3, where the return address of `vulnerable` lies"
fn astray(context: Context<'_>, access: &Access, block: &str) -> String {
    let error = context.error;
    let start = i64::from(access.block.pointer.address());
    let end = start + access.block.bytes as i64;
    let distance = if access.address >= end {
        relation(access.address - end, "after the end of")
    } else if access.address < start {
        relation(start - access.address, "before the start of")
    } else if access.embedded.is_some() || access.address + access.bytes as i64 <= end {
        format!("{} into", bytes((access.address - start) as u64))
    } else {
        let over = access.address + access.bytes as i64 - end;
        return format!(
            "{} of it would go {} {block}{}{}",
            bytes(over as u64),
            "past the end of",
            allocated_at(context),
            landing(context)
        );
    };
    let verb = if access.write { "write goes to" } else { "read is from" };
    let at = wide(access.address);
    let where_allocated = if error.related.is_empty() { String::new() } else { allocated_at(context) };
    format!("the {verb} {at}, {distance} {block}{where_allocated}{}", landing(context))
}

fn relation(distance: i64, preposition: &str) -> String {
    match distance {
        0 => format!("right {preposition}"),
        distance => format!("{} {preposition}", bytes(distance as u64)),
    }
}

fn allocated_at(context: Context<'_>) -> String {
    let allocated = context.error.related.iter().find(|related| related.what == RelatedKind::Allocated);
    match allocated.and_then(|related| related.place.span) {
        Some(span) => format!(" allocated at {}", context.compiled.sources.whereabouts(span)),
        None => String::new(),
    }
}

/// ", where the variable `i` of `vulnerable` lies"
fn landing(context: Context<'_>) -> String {
    let Some(landing) = &context.error.trap.landing else { return String::new() };
    let what = match landing {
        Landing::ReturnAddress(function) => format!("the return address of `{function}`"),
        Landing::FrameLink(function) => format!("the frame link of `{function}`"),
        Landing::Variable { function, variable } => format!("the variable `{variable}` of `{function}`"),
        Landing::Temporary(function) => format!("an intermediate value of `{function}`"),
        Landing::StackBuffer(function) => format!("room for another stack buffer of `{function}`"),
        Landing::UnusedStack => return ", where the stack is not in use".to_owned(),
        Landing::Header(block) if is_own(context.error, block) => "its own header".to_owned(),
        Landing::Header(block) => format!("the header of {}", other_block(context, block)),
        Landing::Data(block) => other_block(context, block),
        Landing::Field(field) => match context.compiled.program.field_names.get(*field as usize) {
            Some(name) => format!("the field `{name}`"),
            None => "another field".to_owned(),
        },
        Landing::Padding(_) => "only padding".to_owned(),
        Landing::FreeHeap => "free memory".to_owned(),
        Landing::Control => "the allocator's own area".to_owned(),
        Landing::Static => "the static segment".to_owned(),
        Landing::Nothing => return ", where there is no memory".to_owned(),
    };
    format!(", where {what} lies")
}

/// Whether a block is the one that the error is about.
fn is_own(error: &RunError, block: &BlockFacts) -> bool {
    error.trap.block.as_ref().is_some_and(|own| own.pointer == block.pointer)
}

/// A block that is not the one the error is about.
fn other_block(context: Context<'_>, block: &BlockFacts) -> String {
    let name = block.site.and_then(|site| context.compiled.program.block_name(site));
    let size = block.bytes.map_or(String::new(), |bytes| format!("{}-byte ", grouped(bytes)));
    let noun = if block.on_stack { "stack buffer" } else { "block" };
    match name {
        Some(name) => format!("the {size}{noun} `{name}`"),
        None => format!("a {size}{noun}"),
    }
}

fn uninitialised(context: Context<'_>, access: Access) -> Sentences {
    let error = context.error;
    let block = block_phrase(error, &access.block);
    let whole = named(noun(error, &access.block), error);
    let part = match (embedded_name(error, &access), access.embedded) {
        (Some(field), Some((_, 0))) => format!("the field `{field}` of {whole}"),
        (Some(field), Some(_)) => format!("element {} of `{field}`", access.index),
        _ if access.bytes > unit_bytes(&access) => format!("a part of {whole}"),
        _ => format!("{} {} of {whole}", unit_name(&access), access.index),
    };
    let offset = access.address - i64::from(access.block.pointer.address());
    Sentences::new(format!("{part} is read, but nothing was ever written there"), "read here")
        .address(format!("byte {offset} of {block} at {}", address(access.block.pointer.address())))
        .fact("fresh memory holds whatever was there before: on a real machine this reads leftovers")
        .help(match access.embedded {
            Some(_) => "give every field a value before it is read",
            None if unit_bytes(&access) == 1 => {
                "write to it first, or allocate with `allocate(n bytes)`, which fills the block with zeros"
            }
            None => "write to it first, or allocate with `allocate(n elements)`, which fills the block with zeros",
        })
}

fn out_of_memory(context: Context<'_>, wanted: u64) -> Sentences {
    let heap = &context.outcome.heap;
    let limit = context.configuration.heap_bytes;
    // Sizes saturate where they do not fit 64 bits.
    let size_wanted = if wanted == u64::MAX { "2^64 bytes or more".to_owned() } else { bytes(wanted) };
    let mut sentences =
        Sentences::new(format!("the heap has no room for {size_wanted}"), "no room for this").fact(format!(
            "the heap may take {}; {} {} in use, and the longest free run has {}",
            if limit.is_multiple_of(1024) { size(limit) } else { bytes(limit) },
            bytes(heap.live_bytes),
            if heap.live_bytes == 1 { "is" } else { "are" },
            bytes(heap.largest_free_bytes)
        ));
    if limit < crate::limits::HEAP_BYTES && wanted < crate::limits::HEAP_BYTES {
        sentences = sentences.help(format!(
            "`--heap {}` gives it more",
            size((limit + wanted).next_power_of_two().min(crate::limits::HEAP_BYTES))
        ));
    }
    let sentences = if wanted > limit { sentences } else { sentences.help("free what is not needed any more") };
    sentences.help("`heap_allocate` gives `null` instead of stopping the program")
}

fn not_indexable(context: Context<'_>, block: Block) -> Sentences {
    let whole = block_phrase(context.error, &block);
    if matches!(block.kind, BlockKind::String { .. }) {
        return Sentences::new(format!("{whole} has characters, and no elements"), "a string is used here")
            .help("`copyString(p, s)` writes the bytes of a string to a block");
    }
    Sentences::new(format!("{whole} has fields, and no elements"), "indexed here")
        .help("the first use of a block decides: bytes (`p[i]`) or fields (`p.name`)")
}

fn no_fields(context: Context<'_>, block: Block) -> Sentences {
    let whole = block_phrase(context.error, &block);
    Sentences::new(format!("{whole} holds {}, and has no fields", holding(&block)), "a field is used here")
        .help("fields belong to records: `heap_allocate(sizeof(Name))` or `new Name(...)`")
}

fn unknown_field(error: &RunError) -> Sentences {
    let Some(record) = &error.record else { return Sentences::new("there is no such field", "no such field") };
    let field = record.field.as_deref().unwrap_or("?");
    let of = record.name.as_ref().map_or("the block".to_owned(), |name| format!("`{name}`"));
    let mut sentences = Sentences::new(format!("{of} has no field `{field}`"), "no such field");
    let nearest =
        record.fields.iter().max_by(|a, b| strsim::jaro_winkler(a, field).total_cmp(&strsim::jaro_winkler(b, field)));
    if let Some(nearest) = nearest.filter(|nearest| strsim::jaro_winkler(nearest, field) > 0.7) {
        sentences = sentences.help(format!("did you mean `{nearest}`?"));
    }
    match record.fields.as_slice() {
        [] => sentences,
        fields => {
            let list: Vec<String> = fields.iter().take(20).map(|field| format!("`{field}`")).collect();
            let more = if fields.len() > 20 { " …" } else { "" };
            sentences.fact(format!("its fields are {}{more}", list.join(", ")))
        }
    }
}

// ---- phrases ------------------------------------------------------------------------------

/// "the 80-byte stack buffer `buffer`"
fn block_phrase(error: &RunError, block: &Block) -> String {
    phrase(noun(error, block), Some(block.bytes), name_of(error, block))
}

/// The block that the error is about, which may be gone.
fn facts_phrase(error: &RunError, noun: &str) -> String {
    let facts = error.trap.block.as_ref().and_then(|block| block.bytes);
    phrase(noun, facts.or(error.allocated.map(|block| block.bytes)), error.block_name.as_deref())
}

fn phrase(noun: &str, bytes: Option<u64>, name: Option<&str>) -> String {
    let size = bytes.map_or(String::new(), |bytes| format!("{}-byte ", grouped(bytes)));
    match name {
        Some(name) => format!("the {size}{noun} `{name}`"),
        None => format!("the {size}{noun}"),
    }
}

/// "the block `ptr`", or "the block" if it has no name.
fn named(noun: &str, error: &RunError) -> String {
    phrase(noun, None, error.block_name.as_deref())
}

/// The name of a block, if it is the one that the error is about.
fn name_of<'a>(error: &'a RunError, block: &Block) -> Option<&'a str> {
    let same = error.trap.block.as_ref().is_none_or(|facts| facts.pointer.serial() == block.pointer.serial());
    error.block_name.as_deref().filter(|_| same)
}

fn noun(error: &RunError, block: &Block) -> &'static str {
    let declared = error.record.as_ref().is_some_and(|record| record.name.is_some());
    match (block.kind, block.place) {
        (BlockKind::String { .. }, Place::Static) => "string literal",
        (BlockKind::String { .. }, _) => "string",
        (_, Place::Stack) => "stack buffer",
        (BlockKind::Fields(_), _) if declared => "record",
        _ => "block",
    }
}

const fn holding(block: &Block) -> &'static str {
    match block.kind {
        BlockKind::Elements => "elements",
        BlockKind::Bytes | BlockKind::Plain => "bytes",
        BlockKind::Fields(_) => "fields",
        BlockKind::String { .. } => "text",
    }
}

/// Bytes of what one index names.
const fn unit_bytes(access: &Access) -> u64 {
    match access.block.kind {
        BlockKind::Elements | BlockKind::Fields(_) => 8,
        BlockKind::Bytes | BlockKind::Plain | BlockKind::String { .. } => 1,
    }
}

const fn unit_name(access: &Access) -> &'static str {
    match access.block.kind {
        BlockKind::Elements | BlockKind::Fields(_) => "element",
        BlockKind::Bytes | BlockKind::Plain => "byte",
        BlockKind::String { .. } => "character",
    }
}

/// The field that an access went through.
fn embedded_name<'a>(error: &'a RunError, access: &Access) -> Option<&'a str> {
    access.embedded?;
    error.record.as_ref().and_then(|record| record.field.as_deref())
}

fn value_phrase(value: Value) -> String {
    match value.tag {
        Tag::Integer => format!("an integer `{}`", value.as_integer()),
        Tag::Float => format!("a float `{:?}`", value.as_float()),
        Tag::Boolean => format!("a boolean `{}`", value.word != 0),
        tag => tag_phrase(tag).to_owned(),
    }
}

const fn tag_phrase(tag: Tag) -> &'static str {
    match tag {
        Tag::Uninitialised => "nothing yet",
        Tag::Integer | Tag::Float | Tag::Boolean | Tag::Null | Tag::String => type_name(tag),
        Tag::Pointer | Tag::InteriorPointer | Tag::WeakPointer => type_name(tag),
        _ => "something that no program can hold",
    }
}

/// An address that may lie outside the address space.
fn wide(at: i64) -> String {
    match u32::try_from(at) {
        Ok(at) => address(at),
        Err(_) if at < 0 => "an address below 0".to_owned(),
        Err(_) => format!("{at:#X}").replacen("0X", "0x", 1),
    }
}
