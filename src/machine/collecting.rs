//! Where the heap is asked for room, and what a collector must be told for it: the roots.
//!
//! An instruction allocates before it has changed anything, and its operands are roots until it is
//! done. So no value lives only on the host's side while the collector runs.

use std::collections::BTreeMap;

use super::frame::{Frame, Position};
use super::host::Host;
use super::machine::Machine;
use super::perform::Flow;
use super::trap::Ending;
use crate::bytecode::liveness::FrameMap;
use crate::memory::{Fault, Memory, Pointer, Root, Shape, Value};

/// Whose a root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// A global, by index.
    Global(usize),
    /// A slot of a frame.
    Slot { frame: Frame, slot: u32 },
    /// A word of the stack buffer whose header is at a stack index, counted in order of stack index.
    Buffer { header: usize, word: usize },
}

impl Machine<'_> {
    /// An uninitialised block, or none where even a collection makes no room for it.
    ///
    /// # Errors
    /// See [`Memory::allocate`].
    pub(super) fn make_block(&mut self, shape: Shape, position: Position) -> Result<Option<Pointer>, Fault> {
        self.with_room(position, |memory, site| memory.allocate(shape, site))
    }

    /// A string; see [`Memory::make_string`].
    ///
    /// # Errors
    /// [`Fault::OutOfMemory`] where even a collection makes no room for it, and those of an allocation.
    pub(super) fn make_string(&mut self, text: &str, position: Position) -> Result<Value, Fault> {
        let made = self.with_room(position, |memory, site| match memory.make_string(text, site) {
            Err(Fault::OutOfMemory { .. }) => Ok(None),
            made => made.map(Some),
        });
        made?.ok_or(Fault::OutOfMemory { bytes: text.len() as u64 })
    }

    /// A block of another size with the old contents; see [`Memory::reallocate`].
    ///
    /// # Errors
    /// Whatever is wrong with `value`.
    pub(super) fn reallocate(
        &mut self,
        value: Value,
        length: u64,
        position: Position,
    ) -> Result<Option<Pointer>, Fault> {
        self.with_room(position, |memory, site| memory.reallocate(value, length, site))
    }

    /// Collects if a collection is due, then allocates; where the heap cannot serve it, collects and
    /// tries once more.
    fn with_room<T>(
        &mut self,
        position: Position,
        allocate: impl Fn(&mut Memory, u32) -> Result<Option<T>, Fault>,
    ) -> Result<Option<T>, Fault> {
        let collects = self.memory.requirements().collects;
        if collects && (self.stress || self.memory.collection_due()) {
            self.collect(position)?;
        }
        let site = self.site(position);
        let made = allocate(&mut self.memory, site)?;
        if made.is_some() || !collects {
            return Ok(made);
        }
        self.collect(position)?;
        allocate(&mut self.memory, site)
    }

    /// Has the strategy reclaim what nothing leads to while the instruction at `position` is about to be
    /// executed, if it collects.
    ///
    /// # Errors
    /// See [`Memory::collect`].
    pub(super) fn collect(&mut self, position: Position) -> Result<(), Fault> {
        if !self.memory.requirements().collects {
            return Ok(());
        }
        let roots = self.roots(position);
        self.memory.collect(&roots)
    }

    /// What keeps blocks alive while the instruction at `position` is about to be executed: what is in
    /// globals, in variables and live temporaries of all frames, and in stack buffers.
    pub(super) fn roots(&mut self, position: Position) -> Vec<Root> {
        let mut roots = Vec::new();
        let mut maps = std::mem::take(&mut self.frame_maps);
        self.visit_roots(Some(position), &mut maps, |_, root| roots.push(root));
        self.frame_maps = maps;
        roots
    }

    /// The roots that count as references: all but the slots that borrow.
    fn counted_roots(&mut self, position: Position) -> Vec<Root> {
        let mut roots = Vec::new();
        let mut maps = std::mem::take(&mut self.frame_maps);
        self.visit_roots(Some(position), &mut maps, |holder, root| {
            if !self.borrows(holder) {
                roots.push(root);
            }
        });
        self.frame_maps = maps;
        roots
    }

    /// Whether a root is a slot whose reference is not counted.
    fn borrows(&self, holder: Holder) -> bool {
        match holder {
            Holder::Slot { frame, slot } => self.program.borrowed_before(frame.at as u32).contains(slot),
            Holder::Global(_) | Holder::Buffer { .. } => false,
        }
    }

    /// How many references to each block, by its serial, are not counted in its header, because they are borrowed.
    pub(super) fn borrowed_references(&self, position: Option<Position>) -> BTreeMap<u32, u64> {
        let mut found = BTreeMap::new();
        if !self.program.borrowed.is_empty() {
            for (_, value) in self.held_roots(position).into_iter().filter(|&(holder, _)| self.borrows(holder)) {
                *found.entry(value.as_pointer().serial()).or_default() += 1;
            }
        }
        found
    }

    /// What refers to blocks of it, each with whose it is, also where nothing runs: globals, frames from the innermost
    /// outwards with named variables before temporaries, buffers last.
    pub(super) fn held_roots(&self, position: Option<Position>) -> Vec<(Holder, Value)> {
        let mut roots = Vec::new();
        let mut maps = self.frame_maps.clone();
        self.visit_roots(position, &mut maps, |holder, root| roots.push((holder, self.memory.held(root))));
        roots.retain(|(_, value)| value.tag.is_reference());
        roots
    }

    fn visit_roots(
        &self,
        position: Option<Position>,
        maps: &mut [Option<Box<FrameMap>>],
        mut visit: impl FnMut(Holder, Root),
    ) {
        for (index, root) in self.globals().into_iter().enumerate() {
            visit(Holder::Global(index), root);
        }
        let program = self.program;
        // All but the innermost have lent their variables to the next one.
        let lenders = self.activities.split_last().map_or(&[][..], |(_, lenders)| lenders);
        for frame in self.frames_at(position) {
            let map = maps[frame.function]
                .get_or_insert_with(|| Box::new(FrameMap::new(program, &program.functions[frame.function])));
            let running = position.is_some_and(|position| frame.base == position.base as usize);
            let lent = !running && lenders.iter().any(|activity| activity.stands_in(frame.base));
            let slots = match (running, lent) {
                (true, _) => map.before(frame.at as u32),
                (false, false) => map.across(frame.at as u32),
                // Its variables are those of what is evaluated below it.
                (false, true) => {
                    map.before(frame.at as u32).from(program.functions[frame.function].first_temporary().into())
                }
            };
            for slot in slots.iter() {
                visit(Holder::Slot { frame, slot }, Root::stack(frame.base + slot as usize));
            }
        }
        for &header in &self.buffers {
            for (word, index) in self.memory.buffer_words(header).enumerate() {
                visit(Holder::Buffer { header, word }, Root::stack(index));
            }
        }
    }

    /// Executes an instruction; if it has allocated, audits the heap and the roots as they are after it.
    ///
    /// # Panics
    /// If something is wrong with them: that would be our mistake.
    pub(super) fn perform_audited(&mut self, position: Position, host: &mut dyn Host) -> Result<Flow, Ending> {
        let allocations = self.memory.allocations();
        let flow = self.carry_out(position, host)?;
        if matches!(flow, Flow::Next) && self.memory.allocations() != allocations {
            self.audit_after(position);
        }
        Ok(flow)
    }

    /// Audits the heap and the roots as they are after the instruction at `position`, which falls through.
    ///
    /// # Panics
    /// If something is wrong with them.
    pub(super) fn audit_after(&mut self, position: Position) {
        let after = Position { pc: position.pc + 1, ..position };
        let (roots, counted) = (self.roots(after), self.counted_roots(after));
        if let Err(problem) = self.memory.audit_with(&roots, &counted) {
            panic!("the heap is unsound after instruction {}: {problem}", position.pc);
        }
    }
}
