//! Which slots need no count of their own, because somebody else's outlives them.
//!
//! A *web* is a value in a slot, from where it is put there to where it is replaced or read for the last
//! time, over all paths. A web of copies can *borrow* from its lenders: the slots that it was copied or
//! loaded from, and, where those borrow themselves, their lenders; in the end from slots that own a count
//! (its *anchors*), from a caller, or from globals. It may do so if, wherever it holds,
//!
//! - every anchor holds the value it then had, and still does so when the web ends. So the release that
//!   the web would have made could not have been the last, and frees happen in the same order;
//! - nothing overwrites references in blocks or globals, if it was loaded from one.
//!
//! A parameter borrows if all calls of its function can lend it. That is decided for the whole program:
//! at first everything borrows that might, then whatever contradicts this owns, until nothing does.

use std::collections::VecDeque;

use super::references::{self, References};
use super::{Edge, Origin, edges, harmless, origin};
use crate::bytecode::liveness::{self, SlotSet};
use crate::bytecode::{Instruction, Owner, Program};
use crate::limits::BORROWING_POINTS;

/// Rounds over a function in which the better of two ways out of a contradiction is looked for.
const PATIENCE: u32 = 16;
/// No web.
const NONE: u32 = u32::MAX;

/// What borrows.
#[derive(Debug, Default)]
pub struct Borrowing {
    /// For each function, the slots that borrow before each of its instructions.
    pub before: Vec<Vec<SlotSet>>,
}

/// A value in a slot.
#[derive(Clone, Debug)]
struct Web {
    slot: u32,
    owns: bool,
    /// Whether it is read by the one instruction after the one that loads it, between which nothing is
    /// freed. Then it borrows whatever else is the case.
    fleeting: bool,
    /// Whether it was loaded from a block or a global.
    loaded: bool,
    /// Whether its lender cannot be told: a weak place, say.
    unknown: bool,
    /// The webs that it was copied or loaded from.
    lenders: Vec<u32>,
}

/// What a web lives on in the end.
#[derive(Clone, Debug, Default)]
struct Support {
    loaded: bool,
    unknown: bool,
    anchors: Vec<u32>,
    /// The lenders in between, which borrow themselves.
    between: Vec<u32>,
}

/// Where a web begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    to: usize,
    written: SlotSet,
    web: u32,
}

/// A function under analysis.
struct Frame<'a> {
    code: &'a [Instruction],
    parameters: SlotSet,
    held: Vec<SlotSet>,
    /// The row of each slot in `web_at`.
    rows: Vec<(u32, usize)>,
    web_at: Vec<u32>,
    webs: Vec<Web>,
    starts: Vec<Start>,
    /// Rounds in which webs may wait for their lenders to be looked at first.
    patience: u32,
}

/// What functions know of each other.
struct Conventions {
    /// Parameters that borrow.
    borrowed: Vec<SlotSet>,
    /// Whether a call leaves all references in blocks and globals as they are.
    quiet: Vec<bool>,
}

/// Works it out. `countable` are the slots of each function that may be counted at all.
pub fn analyse(program: &Program, known: &References, countable: &[SlotSet]) -> Borrowing {
    let weak = program.code.iter().any(|instruction| matches!(instruction, Instruction::Weaken { .. }));
    let mut frames: Vec<Frame<'_>> = (0..program.functions.len())
        .map(|index| Frame::new(program, index, &known.before[index], countable[index], weak))
        .collect();
    let mut conventions = Conventions {
        borrowed: (frames.iter().zip(&known.callers).zip(&program.functions))
            .map(|((frame, callers), function)| {
                // Nobody knows who calls what nobody calls here.
                let borrows = !callers.is_empty() && function.owner != Owner::TopLevel && !frame.is_opaque();
                if borrows { frame.parameters } else { SlotSet::EMPTY }
            })
            .collect(),
        quiet: quiet(program, known),
    };
    let mut queue: VecDeque<u32> = (0..frames.len() as u32).collect();
    let mut queued = vec![true; frames.len()];
    while let Some(index) = queue.pop_front() {
        queued[index as usize] = false;
        for changed in frames[index as usize].settle(program, index, &mut conventions) {
            let callers = known.callers[changed as usize].iter();
            for &next in callers.chain([&changed]) {
                if !std::mem::replace(&mut queued[next as usize], true) {
                    queue.push_back(next);
                }
            }
        }
    }
    Borrowing { before: frames.iter().map(Frame::borrowed).collect() }
}

/// Which functions leave all references in blocks and globals as they are, whatever they call.
fn quiet(program: &Program, known: &References) -> Vec<bool> {
    let mut quiet = vec![true; program.functions.len()];
    let mut work = Vec::new();
    for (index, function) in (0..).zip(&program.functions) {
        let code = &program.code[function.entry as usize..function.end as usize];
        if code.iter().any(|&instruction| overwrites(program, instruction)) {
            quiet[index as usize] = false;
            work.push(index);
        }
    }
    while let Some(index) = work.pop() {
        for &caller in &known.callers[index as usize] {
            if std::mem::replace(&mut quiet[caller as usize], false) {
                work.push(caller);
            }
        }
    }
    quiet
}

/// Whether an instruction may itself overwrite references in blocks, buffers or globals.
fn overwrites(program: &Program, instruction: Instruction) -> bool {
    match instruction {
        Instruction::StoreGlobal { .. }
        | Instruction::StoreElement { .. }
        | Instruction::StoreField { .. }
        | Instruction::StoreFieldLiteral { .. }
        | Instruction::StoreEmbedded { .. }
        | Instruction::StackAllocate { .. }
        | Instruction::Echo { .. }
        | Instruction::Breakpoint {} => true,
        Instruction::CallBuiltin { builtin, .. } => program.builtins[usize::from(builtin.0)].overwrites(),
        _ => false,
    }
}

impl Conventions {
    fn disturbs(&self, program: &Program, instruction: Instruction) -> bool {
        match instruction {
            Instruction::Call { function, .. } | Instruction::CallBelow { function, .. } => {
                !self.quiet[function.0 as usize]
            }
            other => overwrites(program, other),
        }
    }
}

impl<'a> Frame<'a> {
    fn new(program: &'a Program, index: usize, known: &[SlotSet], countable: SlotSet, weak: bool) -> Frame<'a> {
        let function = &program.functions[index];
        let code = &program.code[function.entry as usize..function.end as usize];
        let first_temporary = u32::from(function.first_temporary());
        let assignment = liveness::assignment(program, function);
        let live = liveness::live_before(program, function);
        let held: Vec<SlotSet> = (function.entry..)
            .zip(&live)
            .zip(known)
            .map(|((at, &live), &known)| {
                let Some(state) = assignment.before(at) else { return SlotSet::EMPTY };
                let variables = state.may.below(first_temporary).from(2);
                variables.union(live.from(first_temporary)).intersection(countable).intersection(known)
            })
            .collect();
        let somewhere = held.iter().fold(SlotSet::EMPTY, |all, &held| all.union(held));
        let rows: Vec<(u32, usize)> = somewhere.iter().zip(0..).collect();
        let parameters = references::parameters(function);
        let (web_at, webs, starts) = (Vec::new(), Vec::new(), Vec::new());
        let mut frame = Frame { code, parameters, held, rows, web_at, webs, starts, patience: PATIENCE };
        if !frame.is_opaque() {
            frame.find_webs();
            frame.find_origins(countable, &live, first_temporary, weak);
        }
        frame
    }

    /// Whether it is too large to be looked at: then nothing in it borrows.
    fn is_opaque(&self) -> bool {
        self.code.len() * self.rows.len() > BORROWING_POINTS
    }

    /// The web that a slot holds before an instruction.
    fn web(&self, slot: u32, at: usize) -> Option<u32> {
        if !self.held[at].contains(slot) || self.web_at.is_empty() {
            return None;
        }
        let row = self.rows.binary_search_by_key(&slot, |&(slot, _)| slot).ok()?;
        Some(self.web_at[row * self.code.len() + at]).filter(|&web| web != NONE)
    }

    /// Numbers the webs of all slots: points that an edge joins on which the slot is not written.
    fn find_webs(&mut self) {
        let count = self.code.len();
        let edges: Vec<[Option<Edge>; 2]> = (0..count).map(|at| edges(self.code, at)).collect();
        self.web_at = vec![NONE; count * self.rows.len()];
        let mut parents: Vec<u32> = Vec::new();
        for &(slot, row) in &self.rows {
            parents.clear();
            parents.extend(0..count as u32);
            for at in (0..count).filter(|&at| self.held[at].contains(slot)) {
                for edge in edges[at].iter().flatten() {
                    if self.held[edge.to].contains(slot) && !edge.written.contains(slot) {
                        let (one, other) = (find(&mut parents, at as u32), find(&mut parents, edge.to as u32));
                        // The first point of a web stands for it.
                        parents[one.max(other) as usize] = one.min(other);
                    }
                }
            }
            for at in (0..count).filter(|&at| self.held[at].contains(slot)) {
                let first = find(&mut parents, at as u32) as usize;
                if first == at {
                    self.web_at[row * count + at] = self.webs.len() as u32;
                    self.webs.push(Web {
                        slot,
                        owns: false,
                        fleeting: false,
                        loaded: false,
                        unknown: false,
                        lenders: Vec::new(),
                    });
                } else {
                    self.web_at[row * count + at] = self.web_at[row * count + first];
                }
            }
        }
    }

    /// Finds where webs begin, and what they are copies of.
    fn find_origins(&mut self, countable: SlotSet, live: &[SlotSet], first_temporary: u32, weak: bool) {
        let mut points = vec![0u32; self.webs.len()];
        let mut lasting = vec![false; self.webs.len()];
        self.web_at.iter().filter(|&&web| web != NONE).for_each(|&web| points[web as usize] += 1);
        for at in 0..self.code.len() {
            let [falling, jumping] = edges(self.code, at);
            for (edge, jumps) in [(falling, false), (jumping, true)] {
                let Some(edge) = edge else { continue };
                let Some((slot, origin)) = origin(self.code[at], jumps) else { continue };
                let Some(web) = self.web(slot, edge.to) else { continue };
                self.starts.push(Start { to: edge.to, written: edge.written, web });
                let fleeting = points[web as usize] == 1
                    && edge.to == at + 1
                    && slot >= first_temporary
                    && self.is_fleeting(at, slot, countable, live, first_temporary);
                lasting[web as usize] |= !fleeting;
                let (lender, loaded) = match origin {
                    Origin::Uncounted => continue,
                    Origin::Made => {
                        self.webs[web as usize].owns = true;
                        continue;
                    }
                    Origin::Moved(from) => (Some(from), false),
                    Origin::Loaded(from) => (from, true),
                    Origin::Strengthened => {
                        self.webs[web as usize].unknown = true;
                        continue;
                    }
                };
                let lender = lender.map(|slot| self.web(slot.into(), at));
                let begun = &mut self.webs[web as usize];
                begun.loaded |= loaded;
                begun.unknown |= loaded && weak;
                match lender {
                    Some(None) => begun.unknown = true,
                    Some(Some(lender)) if !begun.lenders.contains(&lender) => begun.lenders.push(lender),
                    _ => {}
                }
            }
        }
        let mut begun = vec![false; self.webs.len()];
        self.starts.iter().for_each(|start| begun[start.web as usize] = true);
        self.parameters.iter().filter_map(|slot| self.web(slot, 0)).for_each(|web| begun[web as usize] = true);
        for ((web, lasting), begun) in self.webs.iter_mut().zip(&mut lasting).zip(begun) {
            web.unknown |= !begun;
            *lasting |= !begun;
        }
        for (web, lasting) in self.webs.iter_mut().zip(lasting) {
            web.fleeting = !lasting && !web.owns && !web.lenders.is_empty() | web.loaded | web.unknown;
        }
    }

    /// Whether the copy made at `at` is read by the next instruction only, before which nothing is released,
    /// and which neither frees anything before it has read, nor allocates.
    fn is_fleeting(&self, at: usize, slot: u32, countable: SlotSet, live: &[SlotSet], first_temporary: u32) -> bool {
        let next = self.code[at + 1];
        let reads_it = next.effects().reads.iter().any(|range| range.contains(&slot));
        let temporaries = |at: usize| live[at].intersection(countable).from(first_temporary);
        let mut kept = live[at + 1];
        kept.remove(slot);
        let releases = temporaries(at).contains(slot) || temporaries(at).difference(kept) != SlotSet::EMPTY;
        let moved = matches!(self.code[at], Instruction::Move { .. });
        harmless(next, countable)
            && reads_it
            && !moved
            && !releases
            && edges(self.code, at + 1).iter().flatten().all(|edge| !live[edge.to].contains(slot))
    }

    /// Lets webs own that contradict what is known of the other functions. Gives the functions of which
    /// something else is known now.
    fn settle(&mut self, program: &Program, index: u32, conventions: &mut Conventions) -> Vec<u32> {
        let mut changed = Vec::new();
        if self.is_opaque() {
            for &instruction in self.code {
                if let Some((callee, _, _)) = call(instruction)
                    && conventions.borrowed[callee as usize] != SlotSet::EMPTY
                {
                    conventions.borrowed[callee as usize] = SlotSet::EMPTY;
                    changed.push(callee);
                }
            }
            return changed;
        }
        let parameters: Vec<u32> = self.parameters.iter().filter(|&slot| self.held[0].contains(slot)).collect();
        for web in self.webs.iter_mut().filter(|web| web.unknown && !web.fleeting) {
            web.owns = true;
        }
        for &slot in &parameters {
            if let Some(web) = self.web(slot, 0) {
                self.webs[web as usize].owns |= !conventions.borrowed[index as usize].contains(slot);
                self.webs[web as usize].fleeting = false;
            }
        }
        while self.contradicted(program, conventions) {}
        for &slot in &parameters {
            if let Some(web) = self.web(slot, 0)
                && self.webs[web as usize].owns
                && conventions.borrowed[index as usize].contains(slot)
            {
                conventions.borrowed[index as usize].remove(slot);
                changed.push(index);
            }
        }
        for (at, &instruction) in self.code.iter().enumerate() {
            let Some((callee, window, arguments)) = call(instruction) else { continue };
            for parameter in 2..2 + arguments {
                let Some(web) = self.web(window + parameter, at) else { continue };
                let borrowed = &mut conventions.borrowed[callee as usize];
                if self.webs[web as usize].owns && borrowed.contains(parameter) {
                    borrowed.remove(parameter);
                    changed.push(callee);
                }
            }
        }
        changed
    }

    /// Lets every web own that cannot borrow as things are. Whether there was any.
    fn contradicted(&mut self, program: &Program, conventions: &Conventions) -> bool {
        let supports = self.supports();
        let mut contradicted = Vec::new();
        for start in &self.starts {
            if let Some(support) = &supports[start.web as usize]
                && !self.all_hold(&support.anchors, start.to, start.written)
            {
                contradicted.push(start.web);
            }
        }
        for at in 0..self.code.len() {
            let instruction = self.code[at];
            let disturbs = conventions.disturbs(program, instruction);
            let edges = edges(self.code, at);
            for slot in self.held[at].iter() {
                let Some(web) = self.web(slot, at) else { continue };
                let Some(support) = &supports[web as usize] else { continue };
                let goes_on = |edge: &Edge| self.held[edge.to].contains(slot) && !edge.written.contains(slot);
                let anchored = match instruction {
                    Instruction::Return { value } if u32::from(value.0) == slot => true,
                    Instruction::Return { value } => self.is_all(&support.anchors, value.0.into()),
                    Instruction::ReturnNull {} | Instruction::Halt {} => support.anchors.is_empty(),
                    _ => edges.iter().flatten().all(|edge| self.all_hold(&support.anchors, edge.to, edge.written)),
                };
                let undisturbed = !(support.loaded && disturbs)
                    || keeps_operand(instruction, slot) && !edges.iter().flatten().any(goes_on);
                let handed_over = call(instruction).is_some_and(|(callee, window, arguments)| {
                    slot >= window + 2
                        && slot < window + 2 + arguments
                        && !conventions.borrowed[callee as usize].contains(slot - window)
                });
                if !anchored || !undisturbed || handed_over || support.unknown {
                    contradicted.push(web);
                }
            }
        }
        contradicted.sort_unstable();
        contradicted.dedup();
        let between = |web: u32| supports[web as usize].iter().flat_map(|support| &support.between);
        let is_contradicted = |web: &u32| contradicted.binary_search(web).is_ok();
        for &web in &contradicted {
            // What a lender in between contradicts as well may hold once that one owns.
            let waits = self.patience > 0
                && between(web).any(|lender| is_contradicted(lender) && !between(*lender).any(|&other| other == web));
            self.webs[web as usize].owns |= !waits;
        }
        self.patience = self.patience.saturating_sub(1);
        !contradicted.is_empty()
    }

    /// Whether all those webs hold at `to`, after an edge on which `written` was written.
    fn all_hold(&self, anchors: &[u32], to: usize, written: SlotSet) -> bool {
        anchors.iter().all(|&anchor| {
            let slot = self.webs[anchor as usize].slot;
            !written.contains(slot) && self.web(slot, to) == Some(anchor)
        })
    }

    fn is_all(&self, anchors: &[u32], slot: u32) -> bool {
        anchors.iter().all(|&anchor| self.webs[anchor as usize].slot == slot)
    }

    /// For each web that borrows, what it lives on; nothing for the others, and for those that borrow anyway.
    fn supports(&self) -> Vec<Option<Support>> {
        let mut seen = vec![NONE; self.webs.len()];
        (0..self.webs.len() as u32)
            .map(|web| {
                if self.webs[web as usize].owns || self.webs[web as usize].fleeting {
                    return None;
                }
                let mut support = Support::default();
                let mut work = vec![web];
                seen[web as usize] = web;
                while let Some(next) = work.pop() {
                    let lender = &self.webs[next as usize];
                    if lender.owns {
                        support.anchors.push(next);
                        continue;
                    }
                    if next != web {
                        support.between.push(next);
                    }
                    support.loaded |= lender.loaded;
                    support.unknown |= lender.unknown;
                    for &further in &lender.lenders {
                        if std::mem::replace(&mut seen[further as usize], web) != web {
                            work.push(further);
                        }
                    }
                }
                Some(support)
            })
            .collect()
    }

    /// The slots that borrow before each instruction.
    fn borrowed(&self) -> Vec<SlotSet> {
        let mut borrowed = vec![SlotSet::EMPTY; self.code.len()];
        if self.web_at.is_empty() {
            return borrowed;
        }
        for (at, borrowed) in borrowed.iter_mut().enumerate() {
            for slot in self.held[at].iter() {
                if self.web(slot, at).is_some_and(|web| !self.webs[web as usize].owns) {
                    borrowed.insert(slot);
                }
            }
        }
        borrowed
    }
}

/// The first point of the web that a point belongs to.
fn find(parents: &mut [u32], mut point: u32) -> u32 {
    while parents[point as usize] != point {
        parents[point as usize] = parents[parents[point as usize] as usize];
        point = parents[point as usize];
    }
    point
}

/// Callee, window and number of arguments of a call.
fn call(instruction: Instruction) -> Option<(u32, u32, u32)> {
    match instruction {
        Instruction::Call { window, arguments, function } | Instruction::CallBelow { window, arguments, function } => {
            Some((function.0, window.0.into(), arguments.0.into()))
        }
        _ => None,
    }
}

/// Whether an instruction that overwrites a reference keeps an operand alive until it is done with it:
/// what is stored is counted first, and what it is stored to is not held by itself.
fn keeps_operand(instruction: Instruction, slot: u32) -> bool {
    match instruction {
        Instruction::StoreElement { object, from, .. } | Instruction::StoreField { object, from, .. } => {
            slot == u32::from(object.0) || slot == u32::from(from.0)
        }
        Instruction::StoreGlobal { from, .. } => slot == u32::from(from.0),
        _ => false,
    }
}
