//! Going on after a memory error (`--checks report`): the error is put down, then the instruction is
//! finished as well as it can be. A bad read yields the word that is there (0 where nothing is), a bad
//! write happens to payload and slots and is dropped elsewhere, a bad free is ignored.
//!
//! Handlers know nothing of it. They only succeed where nothing is wrong, so everything begins
//! where [`Machine::perform`] has found a fault; and what a stray write may change is so limited
//! ([`crate::memory::Ground`]) that handlers can go on taking linkage words and headers as they are.

use std::collections::HashMap;

use super::builtins;
use super::frame::{LINKAGE_WORDS, Position};
use super::host::Host;
use super::machine::Machine;
use super::perform::Flow;
use super::trap::{Cause, Ending, Trap};
use crate::bytecode::liveness::FrameMap;
use crate::bytecode::{AllocationKind, Drops, FieldSiteIndex, Instruction};
use crate::limits::{REPORTED_FAULTS, REPORTED_FAULTS_AT_ONE_PLACE};
use crate::memory::block::payload_words;
use crate::memory::layout::LayoutField;
use crate::memory::{BlockKind, Event, Fault, Ground, Place, Pointer, Tag, Value, Width};

/// The memory errors that a program has survived.
#[derive(Debug)]
pub struct Survived {
    /// So many are reported before the next one stops the program.
    tolerated: usize,
    /// Those reported, in order.
    reported: Vec<Trap>,
    /// Those that are only counted: there were too many.
    left_out: u64,
    /// Reported ones by instruction.
    at_place: HashMap<u32, usize>,
}

impl Survived {
    pub(super) fn new(tolerated: usize) -> Survived {
        Survived { tolerated, reported: Vec::new(), left_out: 0, at_place: HashMap::new() }
    }
}

/// A slot that holds another string while an instruction is done again.
#[derive(Clone, Copy, Debug)]
struct Lent {
    slot: u8,
    held: Value,
    text: Value,
}

/// A place in memory that an instruction was after.
#[derive(Clone, Copy, Debug)]
struct Spot {
    address: i64,
    width: Width,
}

impl Spot {
    /// The one so many places further up.
    const fn plus(self, places: i64) -> Spot {
        Spot { address: self.address.saturating_add(places.saturating_mul(self.width.bytes())), ..self }
    }
}

impl Machine<'_> {
    /// The memory errors that were reported, in order, and how many more were only counted.
    pub fn take_survived(&mut self) -> (Vec<Trap>, u64) {
        (std::mem::take(&mut self.survived.reported), self.survived.left_out)
    }

    /// Reports a memory error and finishes the instruction that made it. Anything else stops the program.
    #[cold]
    #[inline(never)]
    pub(super) fn survive(
        &mut self,
        mut cause: Cause,
        position: Position,
        host: &mut dyn Host,
    ) -> Result<Flow, Ending> {
        let base = position.base as usize;
        let instruction = self.program.code[position.pc];
        let mut lent = Vec::new();
        let outcome = loop {
            let fault = match cause {
                Cause::Fault(fault) if is_survivable(fault) && self.report(fault, position) => fault,
                cause => break Err(cause.into()),
            };
            // A string that is gone is read as what is there now: the instruction is done once more.
            if !self.lend_text(instruction, base, fault, &mut lent)? {
                break self.make_do(instruction, fault, position, host);
            }
            match self.carry_out_lent(instruction, position, host, &lent) {
                Err(Ending::Trapped(another)) => cause = *another,
                outcome => break outcome,
            }
        };
        self.give_back(base, &lent);
        if self.stress && matches!(outcome, Ok(Flow::Next)) && instruction.effects().writes.is_empty() {
            self.audit_after(position);
        }
        outcome
    }

    /// Puts an error down. False if it is one more than the program may survive.
    fn report(&mut self, fault: Fault, position: Position) -> bool {
        let survived = &mut self.survived;
        let at_place = survived.at_place.entry(position.pc as u32).or_default();
        if survived.reported.len() == REPORTED_FAULTS || *at_place == REPORTED_FAULTS_AT_ONE_PLACE {
            survived.left_out += 1;
            return true;
        }
        if survived.reported.len() == survived.tolerated {
            return false;
        }
        *at_place += 1;
        let trap = self.trap(Cause::Fault(fault), position);
        self.survived.reported.push(*trap);
        self.memory.journal.record(Event::Reported);
        true
    }

    /// Replaces operands that are the dangling string a fault is about by the string that is there now,
    /// or by the empty one. False if there is no such operand.
    fn lend_text(
        &mut self,
        instruction: Instruction,
        base: usize,
        fault: Fault,
        lent: &mut Vec<Lent>,
    ) -> Result<bool, Fault> {
        let Fault::UseAfterFree(pointer) = fault else { return Ok(false) };
        let held = Value::new(pointer.0, Tag::String);
        let text = match self.memory.tenant(pointer) {
            Some(tenant) if tenant.tag == Tag::String => tenant,
            _ => self.memory.add_literal("")?,
        };
        let before = lent.len();
        for slot in instruction.effects().reads.iter().cloned().flatten().map(|slot| slot as u8) {
            if self.slot(base, slot) == held {
                lent.push(Lent { slot, held, text });
                self.set_slot(base, slot, text);
            }
        }
        Ok(lent.len() > before)
    }

    /// An instruction, some of whose operands are lent: what is lent is not the instruction's to drop.
    fn carry_out_lent(
        &mut self,
        instruction: Instruction,
        position: Position,
        host: &mut dyn Host,
        lent: &[Lent],
    ) -> Result<Flow, Ending> {
        let base = position.base as usize;
        let Instruction::AddTemporaries { to, left, right, drops } = instruction else {
            return self.carry_out(position, host);
        };
        let sum = self.add(self.slot(base, left.0), self.slot(base, right.0), position)?;
        self.give_back(base, lent);
        if drops != Drops::Right {
            self.memory.drop_temporary(self.slot(base, left.0))?;
        }
        if drops != Drops::Left {
            self.memory.drop_temporary(self.slot(base, right.0))?;
        }
        self.set_slot(base, to.0, sum);
        Ok(Flow::Next)
    }

    /// Puts back what slots held, unless the instruction has written to them.
    fn give_back(&mut self, base: usize, lent: &[Lent]) {
        for &Lent { slot, held, text } in lent {
            if self.slot(base, slot) == text {
                self.set_slot(base, slot, held);
            }
        }
    }

    /// What is left to do of an instruction in which a fault has been found.
    fn make_do(
        &mut self,
        instruction: Instruction,
        fault: Fault,
        position: Position,
        host: &mut dyn Host,
    ) -> Result<Flow, Ending> {
        use Instruction as I;
        let base = position.base as usize;
        match instruction {
            I::LoadElement { to, object, index } => {
                let index = self.slot(base, index.0).as_integer();
                let value = self.read_element(fault, self.slot(base, object.0), index)?;
                self.set_slot(base, to.0, value);
            }
            I::StoreElement { object, index, from } | I::StoreElementCounted { object, index, from } => {
                let index = self.slot(base, index.0).as_integer();
                let spot = self.element(fault, self.slot(base, object.0), index);
                self.write_astray(spot, self.slot(base, from.0), position)?;
            }
            I::LoadField { to, object, field } => {
                let object = self.slot(base, object.0);
                let (field, spot) = self.field(object, field, position);
                let value = match field {
                    // Where an embedded array lies can be told without reading.
                    Some(LayoutField { embedded: 1.., .. }) => {
                        let inside = Pointer::new(object.as_pointer().serial(), spot.address as u32);
                        Value::new(inside.0, Tag::InteriorPointer)
                    }
                    _ => self.read_astray(spot),
                };
                self.set_slot(base, to.0, value);
            }
            I::StoreField { object, from, field } | I::StoreFieldCounted { object, from, field } => {
                let (object, from) = (self.slot(base, object.0), self.slot(base, from.0));
                let (field, spot) = self.field(object, field, position);
                self.assign(field, spot, from, position)?;
            }
            I::StoreFieldLiteral { object, from, field } => {
                let (object, from) = (self.slot(base, object.0), self.slot(base, from.0));
                let (field, spot) = self.field(object, field, position);
                if self.assign(field, spot, from, position)? {
                    self.memory.drop_literal(from)?;
                }
            }
            I::StoreEmbedded { object, from, index, field } => {
                let (object, from) = (self.slot(base, object.0), self.slot(base, from.0));
                let spot = match fault {
                    Fault::OutOfBounds(_) => self.element(fault, object, index.0.into()),
                    _ => self.field(object, field, position).1.plus(index.0.into()),
                };
                self.write_astray(spot, from, position)?;
            }
            I::Length { to, object } => {
                let length = self.length_there(self.slot(base, object.0));
                self.set_slot(base, to.0, Value::integer(length as i64));
            }
            I::IsEmpty { to, operand } => {
                let length = self.length_there(self.slot(base, operand.0));
                self.set_slot(base, to.0, Value::boolean(length == 0));
            }
            I::EachEnter { walk, target } => {
                let length = self.length_there(self.slot(base, walk.0));
                self.set_slot(base, walk.0 + 1, Value::integer(length as i64));
                self.set_slot(base, walk.0 + 2, Value::integer(0));
                return Ok(Flow::Jump(target));
            }
            I::EachNext { walk, variable, target } => {
                let index = self.slot(base, walk.0 + 2).as_integer();
                let element = self.read_element(fault, self.slot(base, walk.0), index)?;
                self.set_slot(base, walk.0 + 2, Value::integer(index.saturating_add(1)));
                self.set_slot(base, variable.0, element);
                return Ok(Flow::Jump(target));
            }
            I::Free { .. } => {}
            I::CallBuiltin { window, arguments, builtin } => {
                let first = base + usize::from(window.0) + 1;
                let arguments: Vec<Value> =
                    (first..first + usize::from(arguments.0)).map(|index| self.memory.space.stack.get(index)).collect();
                let name = builtins::signatures()[usize::from(builtin.0)].name;
                let value = self.make_do_with_builtin(name, fault, &arguments, position, host)?;
                self.set_slot(base, window.0, value);
            }
            // No other instruction comes to memory that a program may use wrongly.
            _ => return Err(fault.into()),
        }
        Ok(Flow::Next)
    }

    fn make_do_with_builtin(
        &mut self,
        name: &str,
        fault: Fault,
        arguments: &[Value],
        position: Position,
        host: &mut dyn Host,
    ) -> Result<Value, Ending> {
        match (name, arguments) {
            ("read_from", &[object]) => {
                let value = self.read_element(fault, object, 0)?;
                // As always, the value comes with a count of its own.
                if self.memory.requirements().counts {
                    self.memory.retain(value);
                }
                return Ok(value);
            }
            ("write_to", &[object, value]) => {
                let spot = self.element(fault, object, 0);
                self.write_astray(spot, value, position)?;
            }
            ("fill", &[object, value, count]) => {
                let spot = self.first_spot(object);
                self.write_all(spot, count.as_integer(), position, |_, _| value)?;
            }
            ("copy", &[destination, source, count]) => {
                let (to, from) = (self.first_spot(destination), self.first_spot(source));
                self.copy_astray(to, from, count.as_integer(), position)?;
            }
            ("copyString", &[destination, text]) => {
                let mut bytes = self.memory.text(text)?.into_bytes();
                bytes.push(0);
                self.write_bytes(destination, &bytes, position)?;
            }
            ("readContentsInto", &[name, destination]) => {
                let name = self.memory.text(name)?;
                let contents = host.read_file(&name).map_err(|problem| Cause::File { name, problem })?;
                self.write_bytes(destination, &contents, position)?;
            }
            // As much of the part as there is.
            ("substring", &[text, from, to]) => {
                let length = self.memory.length(text)? as i64;
                let (from, to) = (from.as_integer().clamp(0, length), to.as_integer().clamp(0, length));
                let part = self.memory.substring(text, from, to)?;
                return Ok(self.make_string(&part, position)?);
            }
            // Frees nothing, and so has nothing to give.
            ("heap_reallocate", _) => {}
            _ => return Err(fault.into()),
        }
        Ok(Value::NULL)
    }

    /// The element, byte or character that a fault kept from being read.
    fn read_element(&mut self, fault: Fault, object: Value, index: i64) -> Result<Value, Fault> {
        let spot = self.element(fault, object, index);
        let value = self.read_astray(spot);
        if object.tag != Tag::String {
            return Ok(value);
        }
        self.memory.add_literal(&String::from_utf8_lossy(&[value.word as u8]))
    }

    /// Where the element lies that a fault is about.
    fn element(&self, fault: Fault, object: Value, index: i64) -> Spot {
        match fault {
            Fault::OutOfBounds(access) | Fault::Uninitialised(access) => {
                Spot { address: access.address, width: if access.bytes == 1 { Width::Byte } else { Width::Word } }
            }
            _ => self.first_spot(object).plus(index),
        }
    }

    /// Where the first element of a block lies, or lay.
    fn first_spot(&self, object: Value) -> Spot {
        let pointer = object.as_pointer();
        let by_site = || {
            let site = self.memory.last_site(pointer)?;
            match *self.program.code.get(site as usize)? {
                Instruction::Allocate { kind: AllocationKind::Plain | AllocationKind::ZeroBytes, .. } => {
                    Some(Width::Byte)
                }
                _ => None,
            }
        };
        let width = self.memory.width_of(object).or_else(by_site).unwrap_or(Width::Word);
        Spot { address: pointer.address().into(), width }
    }

    /// Which field of a block is meant, as far as that can be told, and where it lies.
    fn field(&self, object: Value, site: FieldSiteIndex, position: Position) -> (Option<LayoutField>, Spot) {
        let name = self.field_name(site);
        let start = Spot { address: object.as_pointer().address().into(), width: Width::Word };
        let layouts = &self.memory.layouts;
        let field = match self.memory.block(object).map(|block| block.kind) {
            Ok(BlockKind::Fields(layout)) => {
                let layout = layouts.get(layout);
                let next = LayoutField { name, offset: layout.fields.len() as u32, embedded: 0 };
                Some(layout.field(name).copied().unwrap_or(next))
            }
            // The block is gone: where this place found the field before, or where anybody has it.
            _ => {
                let cache = self.image.field(position.pc);
                let cached = LayoutField { name, offset: cache.offset, embedded: 0 };
                let seen = (!cache.is_empty()).then_some(cached);
                seen.or_else(|| layouts.latest_field(name))
            }
        };
        (field, start.plus(field.map_or(0, |field| field.offset.into())))
    }

    /// Assigns to a field; whether it is an embedded array, whose elements were copied.
    fn assign(
        &mut self,
        field: Option<LayoutField>,
        spot: Spot,
        value: Value,
        position: Position,
    ) -> Result<bool, Fault> {
        let Some(LayoutField { embedded: embedded @ 1.., .. }) = field else {
            self.write_astray(spot, value, position)?;
            return Ok(false);
        };
        if value.tag.is_reference() {
            let count = self.memory.length(value).unwrap_or(embedded.into());
            self.copy_astray(spot, self.first_spot(value), count as i64, position)?;
        }
        Ok(true)
    }

    /// The length of whatever is where a block was; 0 if nothing is.
    fn length_there(&self, object: Value) -> u64 {
        let tenant = self.memory.tenant(object.as_pointer());
        tenant.map_or(0, |tenant| self.memory.length(tenant).unwrap_or(0))
    }

    fn copy_astray(&mut self, to: Spot, from: Spot, count: i64, position: Position) -> Result<(), Fault> {
        let from = Spot { width: to.width, ..from };
        self.write_all(to, count, position, |machine, k| machine.read_astray(from.plus(k)))
    }

    fn write_bytes(&mut self, destination: Value, bytes: &[u8], position: Position) -> Result<(), Fault> {
        let spot = Spot { width: Width::Byte, ..self.first_spot(destination) };
        self.write_all(spot, bytes.len() as i64, position, |_, k| Value::integer(bytes[k as usize].into()))
    }

    /// Writes `count` places upwards, as far as there is memory.
    fn write_all(
        &mut self,
        spot: Spot,
        count: i64,
        position: Position,
        mut value: impl FnMut(&Machine<'_>, i64) -> Value,
    ) -> Result<(), Fault> {
        for k in 0..count {
            let spot = spot.plus(k);
            if !self.memory.is_there(spot.address) {
                break;
            }
            let value = value(self, k);
            self.write_astray(spot, value, position)?;
        }
        Ok(())
    }

    fn read_astray(&self, spot: Spot) -> Value {
        let in_code = u64::try_from(spot.address).ok().and_then(|address| self.program.index(address));
        match in_code {
            None => self.memory.read_astray(spot.address, spot.width),
            Some(index) => {
                let word = self.program.code[index as usize].encode();
                match spot.width {
                    Width::Word => Value::integer(word as i64),
                    Width::Byte => Value::integer((word >> (8 * (spot.address % 8)) & 0xFF) as i64),
                }
            }
        }
    }

    /// A write to wherever it is. Headers, free lists, linkage words and code stay as they are.
    fn write_astray(&mut self, spot: Spot, value: Value, position: Position) -> Result<(), Fault> {
        let ground = match self.memory.stack_index(spot.address) {
            Some(index) => self.ground_on_stack(index, position)?,
            None => self.memory.ground(spot.address),
        };
        self.memory.write_astray(ground, spot.address, spot.width, value)
    }

    /// What a write to a stack word comes down on. A slot gives up the count that it has.
    fn ground_on_stack(&mut self, index: usize, position: Position) -> Result<Ground, Fault> {
        let waste = Ground::Waste(Place::Stack, index);
        let Some(frame) = self.frames(position).find(|frame| frame.base <= index) else { return Ok(Ground::Kept) };
        if index >= frame.end {
            return Ok(waste);
        }
        let program = self.program;
        let function = &program.functions[frame.function];
        let slot = index - frame.base;
        if slot < LINKAGE_WORDS {
            return Ok(Ground::Kept);
        }
        if slot >= usize::from(function.slots) {
            let buffer = function.buffers.iter().find(|buffer| {
                let bytes = u64::from(buffer.length) * if buffer.bytes { 1 } else { 8 };
                let words = payload_words(bytes) as usize;
                (buffer.header as usize - words..=buffer.header as usize).contains(&slot)
            });
            return Ok(
                buffer.map_or(waste, |buffer| self.memory.ground_in_buffer(frame.base + buffer.header as usize, index))
            );
        }
        let held = self.memory.space.stack.get(index);
        if slot >= usize::from(function.first_temporary()) {
            // The instructions that made an unnamed reference trust it to be there still.
            return Ok(if held.tag.is_reference() { Ground::Kept } else { Ground::Slot(index) });
        }
        if self.memory.requirements().counts && held.tag.is_reference() {
            let map = self.frame_maps[frame.function].get_or_insert_with(|| Box::new(FrameMap::new(program, function)));
            let at = frame.at as u32;
            let slots = if frame.base == position.base as usize { map.before(at) } else { map.across(at) };
            if slots.contains(slot as u32) {
                self.memory.release(held)?;
            }
        }
        Ok(Ground::Slot(index))
    }
}

/// Whether a program can go on after it: a misuse of memory after which every instruction still has a
/// result.
const fn is_survivable(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::UseAfterFree(_)
            | Fault::StackUseAfterReturn(_)
            | Fault::DoubleFree(_)
            | Fault::InvalidFree(..)
            | Fault::OutOfBounds(_)
            | Fault::Uninitialised(_)
            | Fault::FieldDoesNotFit(..)
    )
}
