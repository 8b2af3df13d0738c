//! What instructions mean, completely, one at a time: every type of operand, every error, everything
//! that needs the whole machine. What a handler leaves comes here, so the arms need no shortcuts, and what handlers
//! do completely has no arm.

use super::builtins;
use super::display::{show, write_value};
use super::frame::{LINKAGE_WORDS, Position};
use super::host::{FileProblem, Host};
use super::image::FieldCache;
use super::machine::Machine;
use super::operators::{self, Arithmetic, Relation};
use super::trap::{Cause, Ending};
use crate::bytecode::{AllocationKind, DivisorIndex, Drops, Failure, FieldSiteIndex, Instruction, Target};
use crate::memory::{BlockKind, Fault, FieldName, Shape, Tag, Value};

/// As many arguments of a built-in need no memory of the host's.
const FEW_ARGUMENTS: usize = 4;

/// Where the program goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flow {
    /// At the next instruction.
    Next,
    /// At a jump's target.
    Jump(Target),
    /// In a function, whose frame is linked.
    Enter {
        /// Base of its frame.
        base: u32,
        /// Index of its first instruction.
        entry: u32,
    },
    /// In the caller, with a value.
    Leave(Value),
    /// At the next instruction, once somebody says so.
    Pause,
    /// Nowhere.
    Halt,
}

impl Machine<'_> {
    /// Executes an instruction that its handler gave up on.
    #[cold]
    #[inline(never)]
    pub(super) fn perform(&mut self, position: Position, host: &mut dyn Host) -> Result<Flow, Ending> {
        let flow = if self.stress { self.perform_audited(position, host) } else { self.carry_out(position, host) };
        match flow {
            Err(Ending::Trapped(cause)) => self.survive(*cause, position, host),
            flow => flow,
        }
    }

    /// The meaning of an instruction.
    pub(super) fn carry_out(&mut self, position: Position, host: &mut dyn Host) -> Result<Flow, Ending> {
        use Instruction as I;
        let base = position.base as usize;
        let instruction = self.program.code[position.pc].general();
        match instruction {
            I::CheckAssigned { variable } => {
                let function = &self.program.functions[self.program.function_at(position.pc as u32)];
                let name = function.variables.iter().find(|named| named.slot == variable.0);
                let name = name.map_or_else(String::new, |named| named.name.clone());
                Err(Cause::Unassigned { name, global: false }.into())
            }
            I::CheckBoolean { value } => {
                self.boolean(base, value.0)?;
                Ok(Flow::Next)
            }
            I::Strengthen { to, from } => {
                let value = self.memory.strengthen(self.slot(base, from.0));
                self.put(base, to.0, value)
            }
            I::LoadGlobal { to, global } => {
                let value = self.memory.space.statics.get(self.first_global + global.0 as usize);
                if value.tag.is_weak() {
                    let value = self.memory.strengthen(value);
                    return self.put(base, to.0, value);
                }
                let name = self.program.globals[global.0 as usize].name.clone();
                Err(Cause::Unassigned { name, global: true }.into())
            }

            I::Add { to, left, right } => {
                let (left, right) = (self.slot(base, left.0), self.slot(base, right.0));
                let sum = self.add(left, right, position)?;
                self.put(base, to.0, sum)
            }
            I::AddTemporaries { to, left, right, drops } => {
                let (left, right) = (self.slot(base, left.0), self.slot(base, right.0));
                let sum = self.add(left, right, position)?;
                if drops != Drops::Right {
                    self.memory.drop_temporary(left)?;
                }
                if drops != Drops::Left {
                    self.memory.drop_temporary(right)?;
                }
                self.put(base, to.0, sum)
            }
            I::Subtract { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Subtract, left.0, Operand::Slot(right.0))
            }
            I::Multiply { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Multiply, left.0, Operand::Slot(right.0))
            }
            I::Divide { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Divide, left.0, Operand::Slot(right.0))
            }
            I::FloorDivide { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::FloorDivide, left.0, Operand::Slot(right.0))
            }
            I::Modulo { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Modulo, left.0, Operand::Slot(right.0))
            }
            I::Power { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Power, left.0, Operand::Slot(right.0))
            }
            I::AddInteger { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Add, left.0, Operand::Constant(right.0))
            }
            I::SubtractInteger { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Subtract, left.0, Operand::Constant(right.0))
            }
            I::MultiplyInteger { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Multiply, left.0, Operand::Constant(right.0))
            }
            I::FloorDivideInteger { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::FloorDivide, left.0, Operand::Constant(right.0))
            }
            I::ModuloInteger { to, left, right } => {
                self.arithmetic(base, to.0, Arithmetic::Modulo, left.0, Operand::Constant(right.0))
            }
            I::FloorDivideConstant { to, left, right } => {
                let right = Operand::Constant(self.divisor(right));
                self.arithmetic(base, to.0, Arithmetic::FloorDivide, left.0, right)
            }
            I::ModuloConstant { to, left, right } => {
                let right = Operand::Constant(self.divisor(right));
                self.arithmetic(base, to.0, Arithmetic::Modulo, left.0, right)
            }
            I::Negate { to, operand } => {
                let negated = operators::negate(&self.memory, self.slot(base, operand.0))?;
                self.put(base, to.0, negated)
            }
            I::Not { to, operand } => {
                let negated = !self.boolean(base, operand.0)?;
                self.put(base, to.0, Value::boolean(negated))
            }

            I::Equal { to, left, right } => {
                let equal = self.equal(base, left.0, right.0)?;
                self.put(base, to.0, Value::boolean(equal))
            }
            I::NotEqual { to, left, right } => {
                let equal = self.equal(base, left.0, right.0)?;
                self.put(base, to.0, Value::boolean(!equal))
            }
            I::Less { to, left, right } => self.compare(base, to.0, Relation::Less, left.0, right.0),
            I::LessEqual { to, left, right } => self.compare(base, to.0, Relation::LessEqual, left.0, right.0),
            I::Greater { to, left, right } => self.compare(base, to.0, Relation::Greater, left.0, right.0),
            I::GreaterEqual { to, left, right } => self.compare(base, to.0, Relation::GreaterEqual, left.0, right.0),
            I::IsEmpty { to, operand } => {
                let operand = self.slot(base, operand.0);
                let empty = match operand.tag {
                    Tag::Null => true,
                    tag if tag.is_reference() => self.memory.length(operand)? == 0,
                    _ => false,
                };
                self.put(base, to.0, Value::boolean(empty))
            }

            I::JumpIfTrue { condition, target } => Ok(branch(self.boolean(base, condition.0)?, target)),
            I::JumpIfFalse { condition, target } => Ok(branch(!self.boolean(base, condition.0)?, target)),
            I::JumpIfEqual { left, right, target } => Ok(branch(self.equal(base, left.0, right.0)?, target)),
            I::JumpIfNotEqual { left, right, target } => Ok(branch(!self.equal(base, left.0, right.0)?, target)),
            I::JumpIfLess { left, right, target } => {
                self.jump_if(true, base, Relation::Less, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfNotLess { left, right, target } => {
                self.jump_if(false, base, Relation::Less, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfLessEqual { left, right, target } => {
                self.jump_if(true, base, Relation::LessEqual, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfNotLessEqual { left, right, target } => {
                self.jump_if(false, base, Relation::LessEqual, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfGreater { left, right, target } => {
                self.jump_if(true, base, Relation::Greater, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfNotGreater { left, right, target } => {
                self.jump_if(false, base, Relation::Greater, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfGreaterEqual { left, right, target } => {
                self.jump_if(true, base, Relation::GreaterEqual, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfNotGreaterEqual { left, right, target } => {
                self.jump_if(false, base, Relation::GreaterEqual, left.0, Operand::Slot(right.0), target)
            }
            I::JumpIfLessInteger { left, right, target } => {
                self.jump_if(true, base, Relation::Less, left.0, Operand::Constant(right.0.into()), target)
            }
            I::JumpIfNotLessInteger { left, right, target } => {
                self.jump_if(false, base, Relation::Less, left.0, Operand::Constant(right.0.into()), target)
            }
            I::JumpIfLessEqualInteger { left, right, target } => {
                self.jump_if(true, base, Relation::LessEqual, left.0, Operand::Constant(right.0.into()), target)
            }
            I::JumpIfNotLessEqualInteger { left, right, target } => {
                self.jump_if(false, base, Relation::LessEqual, left.0, Operand::Constant(right.0.into()), target)
            }
            I::JumpIfGreaterInteger { left, right, target } => {
                self.jump_if(true, base, Relation::Greater, left.0, Operand::Constant(right.0.into()), target)
            }
            I::JumpIfNotGreaterInteger { left, right, target } => {
                self.jump_if(false, base, Relation::Greater, left.0, Operand::Constant(right.0.into()), target)
            }
            I::JumpIfGreaterEqualInteger { left, right, target } => {
                self.jump_if(true, base, Relation::GreaterEqual, left.0, Operand::Constant(right.0.into()), target)
            }
            I::JumpIfNotGreaterEqualInteger { left, right, target } => {
                self.jump_if(false, base, Relation::GreaterEqual, left.0, Operand::Constant(right.0.into()), target)
            }

            I::CountEnter { counter, variable, limit, target } => {
                self.enter_range(base, [counter.0, variable.0, limit.0], None, target)
            }
            I::RangeEnter { counter, variable, limit, target } => {
                self.enter_range(base, [counter.0, variable.0, limit.0], Some(limit.0 + 1), target)
            }
            I::CountNext { counter, variable, limit, target } => {
                self.next_in_range(base, [counter.0, variable.0, limit.0], None, target)
            }
            I::RangeNext { counter, variable, limit, target } => {
                self.next_in_range(base, [counter.0, variable.0, limit.0], Some(limit.0 + 1), target)
            }
            I::EachEnter { walk, target } => {
                let collection = self.slot(base, walk.0);
                if collection.tag == Tag::Pointer {
                    let block = self.memory.block(collection)?;
                    if matches!(block.kind, BlockKind::Fields(_)) {
                        return Err(Fault::NotIndexable(block).into());
                    }
                // Null is a reference to nothing, which `length` reports.
                } else if !collection.tag.is_reference() && collection.tag != Tag::Null {
                    return Err(Cause::NotACollection(show(&self.memory, collection)).into());
                }
                let length = self.memory.length(collection)?;
                self.set_slot(base, walk.0 + 1, Value::integer(length as i64));
                self.set_slot(base, walk.0 + 2, Value::integer(0));
                Ok(Flow::Jump(target))
            }
            I::EachNext { walk, variable, target } => {
                let index = self.slot(base, walk.0 + 2).as_integer();
                if index >= self.slot(base, walk.0 + 1).as_integer() {
                    return Ok(Flow::Next);
                }
                let site = self.site(position);
                let element = self.memory.load_element(self.slot(base, walk.0), index, site)?;
                self.set_slot(base, walk.0 + 2, Value::integer(index + 1));
                self.set_slot(base, variable.0, element);
                Ok(Flow::Jump(target))
            }

            I::LoadElement { to, object, index } => {
                let (object, index) = self.place(base, object.0, index.0)?;
                let site = self.site(position);
                let element = self.memory.load_element(object, index, site)?;
                self.put(base, to.0, element)
            }
            I::StoreElement { object, index, from } | I::StoreElementCounted { object, index, from } => {
                let (object, index) = self.place(base, object.0, index.0)?;
                self.memory.store_element(object, index, self.slot(base, from.0))?;
                Ok(Flow::Next)
            }
            I::StoreElementGiven { object, index, from } => {
                let (object, index) = self.place(base, object.0, index.0)?;
                let value = self.slot(base, from.0);
                self.memory.store_element(object, index, value)?;
                self.memory.release(value)?;
                Ok(Flow::Next)
            }
            I::LoadField { to, object, field } => {
                let object = self.slot(base, object.0);
                let name = self.field_name(field);
                if self.measures(name) && !self.memory.has_field(object, name) {
                    let length = self.memory.length(object)?;
                    return self.put(base, to.0, Value::integer(length as i64));
                }
                let value = self.memory.load_field(object, name)?;
                self.remember_field(object, field, position);
                self.put(base, to.0, value)
            }
            I::StoreField { object, from, field } | I::StoreFieldCounted { object, from, field } => {
                let object = self.slot(base, object.0);
                self.memory.store_field(object, self.field_name(field), self.slot(base, from.0))?;
                self.remember_field(object, field, position);
                Ok(Flow::Next)
            }
            I::StoreFieldGiven { object, from, field } => {
                let (object, value) = (self.slot(base, object.0), self.slot(base, from.0));
                self.memory.store_field(object, self.field_name(field), value)?;
                self.remember_field(object, field, position);
                self.memory.release(value)?;
                Ok(Flow::Next)
            }
            I::StoreFieldLiteral { object, from, field } => {
                let (object, from) = (self.slot(base, object.0), self.slot(base, from.0));
                let name = self.field_name(field);
                self.memory.store_field(object, name, from)?;
                let embedded = match self.memory.block(object)?.kind {
                    BlockKind::Fields(layout) => {
                        self.memory.layouts.get(layout).field(name).is_some_and(|field| field.embedded > 0)
                    }
                    _ => false,
                };
                if embedded {
                    self.memory.drop_literal(from)?;
                }
                Ok(Flow::Next)
            }
            I::StoreEmbedded { object, from, index, field } => {
                let array = self.memory.load_field(self.slot(base, object.0), self.field_name(field))?;
                self.memory.store_element(array, i64::from(index.0), self.slot(base, from.0))?;
                Ok(Flow::Next)
            }
            I::Length { to, object } => {
                let length = self.memory.length(self.slot(base, object.0))?;
                self.put(base, to.0, Value::integer(length as i64))
            }

            I::Allocate { to, size, kind } => {
                let block = self.allocate(kind, self.slot(base, size.0), position)?;
                self.put(base, to.0, block)
            }
            I::AllocateRecord { to, failure, record } => {
                let shape = Shape::Fields(self.record_layouts[record.0 as usize]);
                let block = self.make_block(shape, position)?;
                let block = match (block, failure) {
                    (Some(pointer), _) => Value::pointer(pointer),
                    (None, Failure::Null) => Value::NULL,
                    (None, Failure::Stop) => {
                        let layout = self.record_layouts[record.0 as usize];
                        let bytes = u64::from(self.memory.layouts.get(layout).bytes);
                        return Err(Fault::OutOfMemory { bytes }.into());
                    }
                };
                self.put(base, to.0, block)
            }
            I::AllocateArray { to, length } => {
                let elements = u64::from(length.0);
                let block = self.make_block(Shape::Elements(elements), position)?;
                let pointer = block.ok_or(Fault::OutOfMemory { bytes: 8 * elements })?;
                self.put(base, to.0, Value::pointer(pointer))
            }
            I::InitElement { array, from, index } => {
                let array = self.slot(base, array.0);
                self.memory.store_element(array, i64::from(index.0), self.slot(base, from.0))?;
                Ok(Flow::Next)
            }
            I::InitField { record, .. } => {
                let address = self.slot(base, record.0).as_pointer().address();
                Err(Fault::Segmentation(u64::from(address)).into())
            }
            I::Retain { value } => {
                self.memory.retain(self.slot(base, value.0));
                Ok(Flow::Next)
            }
            I::Release { value } => {
                self.memory.release(self.slot(base, value.0))?;
                Ok(Flow::Next)
            }
            I::StoreGlobalCounted { from, global } => {
                let index = self.first_global + global.0 as usize;
                self.memory.put_global(index, self.slot(base, from.0))?;
                Ok(Flow::Next)
            }
            I::StoreGlobalGiven { from, global } => {
                let (index, value) = (self.first_global + global.0 as usize, self.slot(base, from.0));
                self.memory.put_global(index, value)?;
                self.memory.release(value)?;
                Ok(Flow::Next)
            }
            I::Free { value } => {
                let value = self.slot(base, value.0);
                match self.memory.free(value) {
                    Err(Fault::NotAReference(_)) => Err(Cause::FreeType(show(&self.memory, value)).into()),
                    freed => Ok(freed.map(|()| Flow::Next)?),
                }
            }
            I::DropTemporary { value } => {
                self.memory.drop_temporary(self.slot(base, value.0))?;
                Ok(Flow::Next)
            }
            I::StackAllocate { to, buffer } => {
                let function = self.program.function_at(position.pc as u32);
                let buffer = self.program.functions[function].buffers[buffer.0 as usize];
                let header = base + buffer.header as usize;
                let length = u64::from(buffer.length);
                let shape = if buffer.bytes { Shape::Bytes(length) } else { Shape::Elements(length) };
                let again = self.buffers.iter().rev().take_while(|&&other| other >= base).any(|&other| other == header);
                let pointer = self.memory.place_buffer(header, shape)?;
                if !again {
                    self.buffers.push(header);
                }
                self.put(base, to.0, Value::pointer(pointer))
            }

            I::Call { window, function, .. } => self.enter(base + usize::from(window.0), function.0, position),
            I::CallBelow { window, arguments, function } => {
                let below = self.frame_end(position);
                self.take_stack(below, function.0 as usize)?;
                let first = base + usize::from(window.0) + LINKAGE_WORDS;
                let arguments = usize::from(arguments.0);
                let stack = &mut self.memory.space.stack;
                stack.words.copy_within(first..first + arguments, below + LINKAGE_WORDS);
                stack.tags.copy_within(first..first + arguments, below + LINKAGE_WORDS);
                self.enter(below, function.0, position)
            }
            I::Return { value } => {
                let value = self.slot(base, value.0);
                self.retire_buffers(base)?;
                Ok(Flow::Leave(value))
            }
            I::ReturnNull {} => {
                self.retire_buffers(base)?;
                Ok(Flow::Leave(Value::NULL))
            }
            I::TakeResult { to } => {
                let result = self.memory.space.stack.get(self.frame_end(position));
                self.put(base, to.0, result)
            }
            I::CallBuiltin { window, arguments, builtin } => {
                let first = base + usize::from(window.0) + 1;
                let count = usize::from(arguments.0);
                let stack = &self.memory.space.stack;
                let result = if count <= FEW_ARGUMENTS {
                    let mut few = [Value::NULL; FEW_ARGUMENTS];
                    for (index, argument) in few[..count].iter_mut().enumerate() {
                        *argument = stack.get(first + index);
                    }
                    builtins::call(self, host, builtin.0, &few[..count], position)?
                } else {
                    let many: Vec<Value> = (first..first + count).map(|index| stack.get(index)).collect();
                    builtins::call(self, host, builtin.0, &many, position)?
                };
                self.put(base, window.0, result)
            }
            I::Print { first, count } => {
                let mut line = String::new();
                for slot in 0..count.0 {
                    if slot > 0 {
                        line.push(' ');
                    }
                    write_value(&self.memory, self.slot(base, first.0 + slot), &mut line)?;
                }
                line.push('\n');
                write(host, &line)
            }
            I::PrintResult { value, text } => {
                let mut result = String::new();
                write_value(&self.memory, self.slot(base, value.0), &mut result)?;
                let mut line = String::new();
                write_value(&self.memory, self.constants[text.0 as usize], &mut line)?;
                line.push_str(" = ");
                line.push_str(&result);
                line.push('\n');
                self.result = Some(result);
                write(host, &line)
            }
            I::Echo { value } => {
                let value = self.slot(base, value.0);
                written(host.echo(self, position, value))
            }
            I::Breakpoint {} => Ok(Flow::Pause),
            I::Halt {} => Ok(Flow::Halt),

            I::LoadInteger { .. }
            | I::LoadConstant { .. }
            | I::Move { .. }
            | I::Weaken { .. }
            | I::Clear { .. }
            | I::StoreGlobal { .. }
            | I::Jump { .. }
            | I::JumpIfNull { .. }
            | I::JumpIfNotNull { .. }
            | I::JumpIfEqualInteger { .. }
            | I::JumpIfNotEqualInteger { .. } => unreachable!("its handler does all of {instruction:?}"),

            I::IntegerAdd { .. }
            | I::IntegerSubtract { .. }
            | I::IntegerMultiply { .. }
            | I::IntegerFloorDivide { .. }
            | I::IntegerModulo { .. }
            | I::IntegerAddConstant { .. }
            | I::IntegerSubtractConstant { .. }
            | I::IntegerMultiplyConstant { .. }
            | I::IntegerFloorDivideConstant { .. }
            | I::IntegerModuloConstant { .. }
            | I::FloatAdd { .. }
            | I::FloatSubtract { .. }
            | I::FloatMultiply { .. }
            | I::FloatDivide { .. }
            | I::FloatSquareRoot { .. }
            | I::IntegerJumpIfEqual { .. }
            | I::IntegerJumpIfNotEqual { .. }
            | I::IntegerJumpIfLess { .. }
            | I::IntegerJumpIfLessEqual { .. }
            | I::IntegerJumpIfEqualConstant { .. }
            | I::IntegerJumpIfNotEqualConstant { .. }
            | I::IntegerJumpIfLessConstant { .. }
            | I::IntegerJumpIfLessEqualConstant { .. }
            | I::IntegerJumpIfGreaterConstant { .. }
            | I::IntegerJumpIfGreaterEqualConstant { .. }
            | I::FloatJumpIfLess { .. }
            | I::FloatJumpIfNotLess { .. }
            | I::FloatJumpIfLessEqual { .. }
            | I::FloatJumpIfNotLessEqual { .. }
            | I::IntegerCountEnter { .. }
            | I::IntegerCountNext { .. }
            | I::IntegerRangeNext { .. }
            | I::BooleanJumpIfTrue { .. }
            | I::BooleanJumpIfFalse { .. }
            | I::IntegerLoadElement { .. }
            | I::IntegerStoreElement { .. }
            | I::FloatLoadElement { .. }
            | I::FloatStoreElement { .. }
            | I::BooleanLoadElement { .. }
            | I::BooleanStoreElement { .. }
            | I::BlockLoadElement { .. }
            | I::BlockStoreElement { .. }
            | I::BlockLoadField { .. }
            | I::BlockStoreField { .. }
            | I::OpenLoadField { .. }
            | I::OpenStoreField { .. }
            | I::IntegerLoadField { .. }
            | I::IntegerStoreField { .. }
            | I::FloatLoadField { .. }
            | I::FloatStoreField { .. } => {
                unreachable!("{instruction:?} is done as its general form")
            }
        }
    }

    fn divisor(&self, index: DivisorIndex) -> i32 {
        self.program.divisors[index.0 as usize].value
    }

    pub(super) fn slot(&self, base: usize, slot: u8) -> Value {
        self.memory.space.stack.get(base + usize::from(slot))
    }

    pub(super) fn set_slot(&mut self, base: usize, slot: u8, value: Value) {
        self.memory.space.stack.set(base + usize::from(slot), value);
    }

    /// Puts the result of an instruction into its slot.
    fn put(&mut self, base: usize, to: u8, value: Value) -> Result<Flow, Ending> {
        self.set_slot(base, to, value);
        Ok(Flow::Next)
    }

    fn operand(&self, base: usize, operand: Operand) -> Value {
        match operand {
            Operand::Slot(slot) => self.slot(base, slot),
            Operand::Constant(value) => Value::integer(i64::from(value)),
        }
    }

    fn boolean(&self, base: usize, slot: u8) -> Result<bool, Cause> {
        let value = self.slot(base, slot);
        match value.tag {
            Tag::Boolean => Ok(value.word != 0),
            _ => Err(Cause::NotABoolean(show(&self.memory, value))),
        }
    }

    fn arithmetic(
        &mut self,
        base: usize,
        to: u8,
        operator: Arithmetic,
        left: u8,
        right: Operand,
    ) -> Result<Flow, Ending> {
        let result = operator.apply(&self.memory, self.slot(base, left), self.operand(base, right))?;
        self.put(base, to, result)
    }

    /// The sum of two numbers, or two strings joined.
    pub(super) fn add(&mut self, left: Value, right: Value, position: Position) -> Result<Value, Ending> {
        if (left.tag, right.tag) != (Tag::String, Tag::String) {
            return Ok(Arithmetic::Add.apply(&self.memory, left, right)?);
        }
        let joined = self.memory.text(left)? + &self.memory.text(right)?;
        Ok(self.make_string(&joined, position)?)
    }

    fn equal(&self, base: usize, left: u8, right: u8) -> Result<bool, Fault> {
        operators::equal(&self.memory, self.slot(base, left), self.slot(base, right))
    }

    fn compare(&mut self, base: usize, to: u8, relation: Relation, left: u8, right: u8) -> Result<Flow, Ending> {
        let holds = relation.holds(&self.memory, self.slot(base, left), self.slot(base, right))?;
        self.put(base, to, Value::boolean(holds))
    }

    fn jump_if(
        &self,
        wanted: bool,
        base: usize,
        relation: Relation,
        left: u8,
        right: Operand,
        target: Target,
    ) -> Result<Flow, Ending> {
        let holds = relation.holds(&self.memory, self.slot(base, left), self.operand(base, right))?;
        Ok(branch(holds == wanted, target))
    }

    /// The object and the index of an element.
    fn place(&self, base: usize, object: u8, index: u8) -> Result<(Value, i64), Cause> {
        let (object, index) = (self.slot(base, object), self.slot(base, index));
        if !object.tag.is_reference() && object.tag != Tag::Null {
            return Err(Cause::NotAReference { found: show(&self.memory, object) });
        }
        if index.tag != Tag::Integer {
            return Err(Cause::IndexType(show(&self.memory, index)));
        }
        Ok((object, index.as_integer()))
    }

    pub(super) fn field_name(&self, field: FieldSiteIndex) -> FieldName {
        FieldName(self.program.field_sites[field.0 as usize].field)
    }

    /// Whether a field of this name is the length of whatever has no such field.
    fn measures(&self, name: FieldName) -> bool {
        matches!(self.program.field_names[name.0 as usize].as_str(), "length" | "size")
    }

    /// Caches where a field was found.
    fn remember_field(&mut self, object: Value, field: FieldSiteIndex, position: Position) {
        let Ok(block) = self.memory.block(object) else { return };
        if let BlockKind::Fields(layout) = block.kind {
            let name = self.field_name(field);
            self.image.note_field(position.pc, FieldCache::of(&self.memory.layouts, layout, name));
        }
    }

    fn allocate(&mut self, kind: AllocationKind, size: Value, position: Position) -> Result<Value, Ending> {
        let count = builtins::size(&self.memory, size)?;
        let shape = match kind {
            AllocationKind::Plain => Shape::Plain(count),
            AllocationKind::ZeroBytes => Shape::Bytes(count),
            _ => Shape::Elements(count),
        };
        let zero = match kind {
            AllocationKind::Plain | AllocationKind::Elements => None,
            AllocationKind::ZeroBytes | AllocationKind::ZeroIntegers => Some(Value::integer(0)),
            AllocationKind::ZeroFloats => Some(Value::float(0.0)),
            AllocationKind::ZeroBooleans => Some(Value::boolean(false)),
            AllocationKind::ZeroPointers => Some(Value::NULL),
        };
        let block = self.make_block(shape, position)?.map(Value::pointer);
        match (block, zero) {
            (Some(block), Some(zero)) => {
                self.memory.fill(block, zero, count)?;
                Ok(block)
            }
            (Some(block), None) => Ok(block),
            (None, None) => Ok(Value::NULL),
            (None, Some(_)) => {
                let unit = if kind == AllocationKind::ZeroBytes { 1 } else { 8 };
                Err(Fault::OutOfMemory { bytes: count.saturating_mul(unit) }.into())
            }
        }
    }

    fn enter(&mut self, base: usize, function: u32, caller: Position) -> Result<Flow, Ending> {
        self.take_stack(base, function as usize)?;
        self.link(base, caller);
        Ok(Flow::Enter { base: base as u32, entry: self.program.functions[function as usize].entry })
    }

    /// One past the frame of the function at `position`, stack buffers included.
    pub(super) fn frame_end(&self, position: Position) -> usize {
        let function = self.program.function_at(position.pc as u32);
        position.base as usize + self.program.functions[function].frame_words as usize
    }
}

/// The right operand of an operator.
#[derive(Clone, Copy)]
enum Operand {
    Slot(u8),
    Constant(i32),
}

const fn branch(taken: bool, target: Target) -> Flow {
    if taken { Flow::Jump(target) } else { Flow::Next }
}

/// Writes to the program's output.
fn write(host: &mut dyn Host, text: &str) -> Result<Flow, Ending> {
    written(host.write(text.as_bytes()))
}

/// Goes on after writing to the program's output.
fn written(result: std::io::Result<()>) -> Result<Flow, Ending> {
    match result {
        Ok(()) => Ok(Flow::Next),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Ending::OutputClosed),
        Err(error) => {
            let problem = FileProblem::System(error.to_string());
            Err(Cause::File { name: "standard output".to_owned(), problem }.into())
        }
    }
}
