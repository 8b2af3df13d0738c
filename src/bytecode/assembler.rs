//! Puts the code of one function together: instructions with their spans, and jumps to labels
//! that are bound before or after them.

use super::{Instruction, Target};
use crate::source::Span;

/// A place in the code that jumps can go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(u32);

/// The code of a function in the making.
#[derive(Debug, Default)]
pub struct Assembler {
    code: Vec<Instruction>,
    spans: Vec<Span>,
    labels: Vec<Option<u32>>,
    /// Whether a jump to the label has been emitted.
    jumped_to: Vec<bool>,
    jumps: Vec<(u32, Label)>,
    /// The last index that a label with jumps to it was bound to.
    landing: Option<u32>,
}

impl Assembler {
    /// Appends an instruction; returns its index in this function.
    pub fn emit(&mut self, instruction: Instruction, span: Span) -> u32 {
        self.code.push(instruction);
        self.spans.push(span);
        self.code.len() as u32 - 1
    }

    /// Appends an instruction whose jump target is `label`.
    pub fn emit_jump(&mut self, instruction: Instruction, label: Label, span: Span) -> u32 {
        let at = self.emit(instruction, span);
        self.jumped_to[label.0 as usize] = true;
        self.jumps.push((at, label));
        at
    }

    /// A new label, bound nowhere yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        self.jumped_to.push(false);
        Label(self.labels.len() as u32 - 1)
    }

    /// Binds a label to the next instruction.
    pub fn bind(&mut self, label: Label) {
        self.labels[label.0 as usize] = Some(self.here());
        if self.jumped_to[label.0 as usize] {
            self.landing = Some(self.here());
        }
    }

    /// Whether control can come to the next instruction: by falling through, or by a jump to a label
    /// that is bound to it.
    pub fn can_reach_here(&self) -> bool {
        self.landing == Some(self.here()) || self.code.last().is_none_or(|instruction| !instruction.ends_path())
    }

    /// Index of the next instruction.
    pub fn here(&self) -> u32 {
        self.code.len() as u32
    }

    /// The finished code with its spans; every label that is jumped to is bound.
    pub fn finish(mut self) -> (Vec<Instruction>, Vec<Span>) {
        for (at, label) in self.jumps {
            let bound = self.labels[label.0 as usize].expect("a label that is jumped to is bound");
            let instruction = &mut self.code[at as usize];
            *instruction = instruction.with_target(Target(bound as i32 - at as i32 - 1));
        }
        (self.code, self.spans)
    }
}
