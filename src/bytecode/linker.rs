//! Linking: a program that grows takes from a newer compilation what it does not have yet. The newer
//! one's tables of constants, globals, records and fields begin with the program's own, so those keep their
//! numbers; functions and field sites get new ones. What has been compiled once stays where it is: frames
//! that run it return into it.

use std::collections::HashMap;
use std::ops::Range;

use super::Instruction;
use super::operand::Reference;
use super::program::{Function, Owner, Program};

/// Why nothing was linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    /// The top level needs this function, by its index in the newer program, which is not there yet.
    Waiting(u32),
    /// The program would have more instructions than there is room for.
    TooLarge,
}

/// Takes over the top level of `newer`, and every function that is not as the latest of its name in
/// `program`. Functions that are `waiting`, by their index in `newer`, are left out, and so is what calls
/// them. The program may have `room` instructions. Returns the index of the top level.
///
/// # Errors
/// See [`Unlinked`]. Nothing has changed then.
pub fn link(program: &mut Program, newer: Program, waiting: &[u32], room: usize) -> Result<u32, Unlinked> {
    let calls = Calls::of(&newer);
    let mut missing: Vec<Option<u32>> = vec![None; newer.functions.len()];
    for &waits in waiting {
        calls.spread(waits, &mut missing, waits);
    }
    if let Some(waits) = missing[0] {
        return Err(Unlinked::Waiting(waits));
    }
    let latest: HashMap<(&str, Owner), u32> =
        program.functions.iter().map(|function| (function.name.as_str(), function.owner)).zip(0..).collect();
    // By index in `newer`: where the function is in `program`.
    let mut home: Vec<Option<u32>> =
        newer.functions.iter().map(|function| latest.get(&(function.name.as_str(), function.owner)).copied()).collect();
    home[0] = None;
    let mut differs: Vec<Option<()>> = vec![None; newer.functions.len()];
    for (index, function) in (0..).zip(&newer.functions) {
        let same = |&old: &u32| is_same((program, &program.functions[old as usize]), (&newer, function), &home);
        if home[index as usize].filter(same).is_none() {
            calls.spread(index, &mut differs, ());
        }
    }
    let taken: Vec<usize> =
        (0..newer.functions.len()).filter(|&i| differs[i].is_some() && missing[i].is_none()).collect();
    let length = |&index: &usize| (newer.functions[index].end - newer.functions[index].entry) as usize;
    if program.code.len() + taken.iter().map(length).sum::<usize>() > room {
        return Err(Unlinked::TooLarge);
    }
    for (&function, index) in taken.iter().zip(program.functions.len() as u32..) {
        home[function] = Some(index);
    }
    let top_level = program.functions.len() as u32;
    let mut linker = Linker { sites: HashMap::new(), first_new_site: program.field_sites.len() as u32, home, program };
    for function in taken {
        linker.take(&newer, &newer.functions[function]);
    }
    program.constants = newer.constants;
    program.globals = newer.globals;
    program.records = newer.records;
    program.field_names = newer.field_names;
    Ok(top_level)
}

/// Who calls whom.
struct Calls {
    /// By function: its callers.
    callers: Vec<Vec<u32>>,
}

impl Calls {
    fn of(program: &Program) -> Calls {
        let mut callers = vec![Vec::new(); program.functions.len()];
        for (caller, function) in (0..).zip(&program.functions) {
            for instruction in &program.code[function.entry as usize..function.end as usize] {
                if let Some(Reference::Function(callee)) = instruction.reference()
                    && callers[callee as usize].last() != Some(&caller)
                {
                    callers[callee as usize].push(caller);
                }
            }
        }
        Calls { callers }
    }

    /// Marks a function and all that call it, directly or not, unless they are marked already.
    fn spread<T: Copy>(&self, from: u32, marks: &mut [Option<T>], mark: T) {
        let mut work = vec![from];
        while let Some(function) = work.pop() {
            if marks[function as usize].is_none() {
                marks[function as usize] = Some(mark);
                work.extend(&self.callers[function as usize]);
            }
        }
    }
}

/// Which rows of a table in the order of the code belong to a function.
fn within<T>(function: &Function, rows: &[T], at: impl Fn(&T) -> u32) -> Range<usize> {
    rows.partition_point(|row| at(row) < function.entry)..rows.partition_point(|row| at(row) < function.end)
}

/// Whether a function has come out as before; what it calls counts as the same if it has the same name.
fn is_same(old: (&Program, &Function), new: (&Program, &Function), home: &[Option<u32>]) -> bool {
    let ((old_program, old), (new_program, new)) = (old, new);
    let shape = |function: &Function| (function.parameters, function.slots, function.frame_words, function.header);
    let code = |function: &Function| function.entry as usize..function.end as usize;
    let (was, is) = (code(old), code(new));
    let names = |program: &Program, function: &Function| {
        let names = &program.block_names[within(function, &program.block_names, |&(at, _)| at)];
        names.iter().map(|(at, name)| (at - function.entry, name.clone())).collect::<Vec<_>>()
    };
    let same_instruction = |(before, after): (&Instruction, &Instruction)| match (before.reference(), after.reference())
    {
        (None, None) => before == after,
        (Some(Reference::Function(old)), Some(Reference::Function(new))) => {
            *before == after.with_reference(old) && home[new as usize] == Some(old)
        }
        (Some(Reference::FieldSite(old)), Some(Reference::FieldSite(new))) => {
            *before == after.with_reference(old)
                && old_program.field_sites[old as usize] == new_program.field_sites[new as usize]
        }
        _ => false,
    };
    shape(old) == shape(new)
        && old.variables == new.variables
        && old.buffers == new.buffers
        && old_program.spans[was.clone()] == new_program.spans[is.clone()]
        && old_program.code[was].iter().zip(&new_program.code[is]).all(same_instruction)
        && names(old_program, old) == names(new_program, new)
}

struct Linker<'p> {
    program: &'p mut Program,
    /// By index in the newer program: where the function is in this one.
    home: Vec<Option<u32>>,
    /// Field sites of the newer program that have a row in this one by now.
    sites: HashMap<u32, u32>,
    /// Sites below are the same in both.
    first_new_site: u32,
}

impl Linker<'_> {
    /// Puts a function behind all others.
    fn take(&mut self, newer: &Program, function: &Function) {
        let range = function.entry as usize..function.end as usize;
        let entry = self.program.code.len() as u32;
        let end = entry + range.len() as u32;
        for &instruction in &newer.code[range.clone()] {
            let instruction = match instruction.reference() {
                None => instruction,
                Some(Reference::Function(callee)) => {
                    instruction.with_reference(self.home[callee as usize].expect("what is called is there"))
                }
                Some(Reference::FieldSite(site)) => instruction.with_reference(self.site(newer, site)),
            };
            self.program.code.push(instruction);
        }
        self.program.spans.extend_from_slice(&newer.spans[range]);
        let moved = |at: u32| at - function.entry + entry;
        let statements = &newer.statements[within(function, &newer.statements, |&at| at)];
        self.program.statements.extend(statements.iter().map(|&at| moved(at)));
        let names = &newer.block_names[within(function, &newer.block_names, |&(at, _)| at)];
        self.program.block_names.extend(names.iter().map(|(at, name)| (moved(*at), name.clone())));
        if function.is_library() {
            self.program.library_code.push(entry..end);
        }
        let call = &newer.call_code;
        if !call.is_empty() && (function.entry..function.end).contains(&call.start) {
            self.program.call_code = moved(call.start)..moved(call.end);
        }
        self.program.functions.push(Function { entry, end, ..function.clone() });
    }

    fn site(&mut self, newer: &Program, site: u32) -> u32 {
        if site < self.first_new_site {
            return site;
        }
        let sites = &mut self.program.field_sites;
        *self.sites.entry(site).or_insert_with(|| {
            sites.push(newer.field_sites[site as usize]);
            sites.len() as u32 - 1
        })
    }
}
