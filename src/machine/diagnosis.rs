//! What is found out at the moment a program stops: who had called whom, which block the error is
//! about, and what lies where an access went astray.

use super::display::show;
use super::frame::{Frame, LINKAGE_WORDS, Position};
use super::machine::Machine;
use super::trap::{BlockFacts, Cause, Landing, Trap};
use crate::memory::fault::Access;

use crate::bytecode::Instruction;
use crate::memory::address_space::STACK_TOP;
use crate::memory::{Block, BlockKind, Description, Fault, Place, Pointer, Tag};

impl Machine<'_> {
    /// The trap of an error at `position`.
    #[cold]
    pub(super) fn trap(&self, cause: Cause, position: Position) -> Box<Trap> {
        let cause = self.explain(cause);
        let (block, landing) = match &cause {
            Cause::Fault(fault) => (self.block_of(fault), self.landing_of(fault, position)),
            _ => (None, None),
        };
        let argument = self.argument_of(&cause, position);
        let index = self.index_of(&cause, position);
        Box::new(Trap {
            cause,
            at: position.pc as u32,
            base: position.base,
            backtrace: self.backtrace(position),
            block,
            argument,
            index,
            landing,
        })
    }

    /// The slot of the argument that `print` cannot show or a built-in cannot take.
    fn argument_of(&self, cause: &Cause, position: Position) -> Option<u8> {
        match (*self.program.code.get(position.pc)?, cause) {
            (Instruction::Print { first, count }, Cause::Fault(Fault::UseAfterFree(pointer))) => {
                let slots = first.0..first.0 + count.0;
                slots.into_iter().find(|&slot| {
                    let value = self.slot(position.base as usize, slot);
                    value.tag == Tag::String && value.as_pointer() == *pointer
                })
            }
            (Instruction::CallBuiltin { window, .. }, Cause::Argument { index, .. }) => Some(window.0 + 1 + index),
            _ => None,
        }
    }

    /// The index of an access to a block that is gone.
    fn index_of(&self, cause: &Cause, position: Position) -> Option<i64> {
        let Cause::Fault(Fault::UseAfterFree(_) | Fault::StackUseAfterReturn(_)) = cause else { return None };
        match self.program.code.get(position.pc)?.general() {
            Instruction::LoadElement { index, .. } | Instruction::StoreElement { index, .. } => {
                let index = self.slot(position.base as usize, index.0);
                (index.tag == Tag::Integer).then(|| index.as_integer())
            }
            _ => None,
        }
    }

    /// The same cause with values shown where memory could only hand them back.
    fn explain(&self, cause: Cause) -> Cause {
        match cause {
            Cause::Fault(Fault::NotAReference(value)) => Cause::NotAReference { found: show(&self.memory, value) },
            Cause::Fault(Fault::NotAnArray(_, value)) => Cause::EmbeddedArray(show(&self.memory, value)),
            other => other,
        }
    }

    fn block_of(&self, fault: &Fault) -> Option<BlockFacts> {
        match *fault {
            Fault::UseAfterFree(pointer)
            | Fault::StackUseAfterReturn(pointer)
            | Fault::DoubleFree(pointer)
            | Fault::InvalidFree(pointer, _) => Some(self.facts_of_pointer(pointer)),
            Fault::OutOfBounds(access) | Fault::Uninitialised(access) => Some(self.facts(&access.block)),
            Fault::NotIndexable(block)
            | Fault::NoFields(block)
            | Fault::FieldDoesNotFit(block, _)
            | Fault::Immutable(block)
            | Fault::NotBytes(block)
            | Fault::UnitsDiffer(block, _) => Some(self.facts(&block)),
            _ => None,
        }
    }

    fn facts(&self, block: &Block) -> BlockFacts {
        let site = self.memory.site(block.pointer);
        BlockFacts { pointer: block.pointer, on_stack: block.place == Place::Stack, bytes: Some(block.bytes), site }
    }

    /// Facts of a block that may be gone. The inside of a block is that block's.
    fn facts_of_pointer(&self, pointer: Pointer) -> BlockFacts {
        match self.memory.describe(i64::from(pointer.address())) {
            Description::Data { block, .. } if block.pointer.serial() == pointer.serial() => self.facts(&block),
            _ => {
                let on_stack = self.is_stack(pointer.address().into());
                BlockFacts { pointer, on_stack, bytes: None, site: None }
            }
        }
    }

    fn landing_of(&self, fault: &Fault, position: Position) -> Option<Landing> {
        match fault {
            Fault::OutOfBounds(access) => Some(self.landing(access, position)),
            _ => None,
        }
    }

    fn landing(&self, access: &Access, position: Position) -> Landing {
        if self.is_stack(access.address) {
            return self.landing_on_stack(access.address, position);
        }
        match self.memory.describe(access.address) {
            Description::Header(block) => Landing::Header(self.facts(&block)),
            Description::Data { block, offset } if offset >= block.bytes => Landing::Padding(self.facts(&block)),
            Description::Data { block, offset } if block.pointer == access.block.pointer => {
                self.field_at(&block, offset).map_or_else(|| Landing::Data(self.facts(&block)), Landing::Field)
            }
            Description::Data { block, .. } => Landing::Data(self.facts(&block)),
            Description::Free { .. } => Landing::FreeHeap,
            Description::Control => Landing::Control,
            Description::Global(_) => Landing::Static,
            Description::Stack(_) | Description::Nothing => Landing::Nothing,
        }
    }

    /// The name of the field that the byte at `offset` of a record belongs to.
    fn field_at(&self, block: &Block, offset: u64) -> Option<u32> {
        let BlockKind::Fields(layout) = block.kind else { return None };
        let fields = &self.memory.layouts.get(layout).fields;
        let found = fields.iter().rev().find(|field| u64::from(field.offset) * 8 <= offset)?;
        Some(found.name.0)
    }

    fn is_stack(&self, address: i64) -> bool {
        let top = i64::from(STACK_TOP);
        (top - 8 * self.stack_words as i64..top).contains(&address)
    }

    fn landing_on_stack(&self, address: i64, position: Position) -> Landing {
        let index = ((i64::from(STACK_TOP) - 1 - address) / 8) as usize;
        let Some(frame) = self.frames(position).find(|frame| frame.base <= index) else {
            return Landing::Nothing;
        };
        if index >= frame.end {
            return Landing::UnusedStack;
        }
        let function = &self.program.functions[frame.function];
        let name = function.name.clone();
        let slot = index - frame.base;
        let variable = function.variables.iter().find(|variable| usize::from(variable.slot) == slot);
        match (slot, variable) {
            (0, _) => Landing::ReturnAddress(name),
            (1, _) => Landing::FrameLink(name),
            (_, Some(variable)) => Landing::Variable { function: name, variable: variable.name.clone() },
            _ if slot < LINKAGE_WORDS.max(usize::from(function.slots)) => Landing::Temporary(name),
            _ => self.landing_on_buffer(address, frame).unwrap_or(Landing::StackBuffer(name)),
        }
    }

    /// The stack buffer of a frame that an address belongs to.
    fn landing_on_buffer(&self, address: i64, frame: Frame) -> Option<Landing> {
        let facts = |block: &Block| BlockFacts { site: self.site_of_buffer(block, frame), ..self.facts(block) };
        match self.memory.describe(address) {
            Description::Header(block) => Some(Landing::Header(facts(&block))),
            Description::Data { block, offset } if offset >= block.bytes => Some(Landing::Padding(facts(&block))),
            Description::Data { block, .. } => Some(Landing::Data(facts(&block))),
            _ => None,
        }
    }

    /// The instruction that makes a stack buffer of a frame.
    fn site_of_buffer(&self, block: &Block, frame: Frame) -> Option<u32> {
        let function = &self.program.functions[frame.function];
        let header = (STACK_TOP - block.pointer.address()) / 8 - frame.base as u32;
        (function.entry..function.end).find(|&at| match self.program.code[at as usize] {
            Instruction::StackAllocate { buffer, .. } => function.buffers[buffer.0 as usize].header == header,
            _ => false,
        })
    }
}
