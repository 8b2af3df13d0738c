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
        (Some(Reference::Function(old)), Some(Reference::Function(new))) => {
            *before == after.with_reference(old) && home[new as usize] == Some(old)
        }
        (Some(Reference::FieldSite(old)), Some(Reference::FieldSite(new))) => {
            *before == after.with_reference(old)
                && old_program.field_sites[old as usize] == new_program.field_sites[new as usize]
        }
        _ => before == after,
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
                None | Some(Reference::Constant(_) | Reference::Divisor(_)) => instruction,
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

#[cfg(test)]
mod tests {
    use super::super::{Count, FieldSite, FieldSiteIndex, FunctionIndex, Integer, Read, Variable, Window, Write};
    use super::*;
    use crate::source::Span;

    const PLENTY: usize = 1000;

    fn call(function: u32) -> Instruction {
        Instruction::Call { window: Window(4), arguments: Count(0), function: FunctionIndex(function) }
    }

    fn integer(value: i32) -> Instruction {
        Instruction::LoadInteger { to: Write(2), value: Integer(value) }
    }

    fn field(site: u32) -> Instruction {
        Instruction::LoadField { to: Write(2), object: Read(2), field: FieldSiteIndex(site) }
    }

    /// A program of functions, the first of which is the top level, with the sites of fields.
    fn program(functions: &[(&str, &[Instruction])], field_sites: &[FieldSite]) -> Program {
        let mut program = Program { field_sites: field_sites.to_vec(), ..Program::default() };
        for &(name, body) in functions {
            let entry = program.code.len() as u32;
            program.statements.push(entry);
            program.code.extend(body);
            program.code.push(Instruction::ReturnNull {});
            let end = program.code.len() as u32;
            program.spans.resize(end as usize, Span::default());
            let owner = if entry == 0 { Owner::TopLevel } else { Owner::User };
            program.functions.push(Function {
                name: name.to_owned(),
                entry,
                end,
                parameters: 0,
                slots: 8,
                frame_words: 8,
                variables: Vec::new(),
                buffers: Vec::new(),
                owner,
                header: Span::default(),
            });
        }
        program
    }

    /// The names of the functions from an index on.
    fn names(program: &Program, from: usize) -> Vec<&str> {
        program.functions[from..].iter().map(|function| function.name.as_str()).collect()
    }

    /// The functions that the latest of that name calls, by index.
    fn callees(program: &Program, name: &str) -> Vec<u32> {
        let function = program.functions.iter().rfind(|function| function.name == name).unwrap();
        let code = &program.code[function.entry as usize..function.end as usize];
        code.iter()
            .filter_map(|instruction| match instruction.reference() {
                Some(Reference::Function(callee)) => Some(callee),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn what_is_as_before_stays_and_only_the_top_level_is_new() {
        let functions = |value| -> Vec<(&str, Vec<Instruction>)> {
            vec![("top", vec![integer(value), call(2)]), ("leaf", vec![integer(7)]), ("caller", vec![call(1)])]
        };
        let of = |value| {
            let functions = functions(value);
            let rows: Vec<(&str, &[Instruction])> =
                functions.iter().map(|(name, body)| (*name, body.as_slice())).collect();
            program(&rows, &[])
        };
        let mut grown = of(1);
        let before = grown.code.clone();
        assert_eq!(link(&mut grown, of(2), &[], PLENTY), Ok(3));
        assert_eq!(names(&grown, 3), ["top"]);
        assert_eq!(callees(&grown, "top"), [2], "it calls what is there");
        assert_eq!(grown.code[..before.len()], before, "what has been compiled stays where it is");
        assert_eq!(grown.statements.last(), Some(&(before.len() as u32)));
    }

    #[test]
    fn a_new_definition_takes_its_callers_with_it_and_nobody_else() {
        let old: &[(&str, &[Instruction])] = &[
            ("top", &[]),
            ("leaf", &[integer(7)]),
            ("caller", &[call(1)]),
            ("callers caller", &[call(2)]),
            ("other", &[integer(1)]),
            ("itself", &[call(5), call(4)]),
        ];
        let mut new = old.to_vec();
        new[1].1 = &[];
        let mut grown = program(old, &[]);
        assert_eq!(link(&mut grown, program(&new, &[]), &[], PLENTY), Ok(6));
        assert_eq!(names(&grown, 6), ["top", "leaf", "caller", "callers caller"]);
        assert_eq!((callees(&grown, "caller"), callees(&grown, "callers caller")), (vec![7], vec![8]));
        assert_eq!(callees(&grown, "itself"), [5, 4]);
        // What comes next is held against the latest of each name.
        assert_eq!(link(&mut grown, program(&new, &[]), &[], PLENTY), Ok(10));
        assert_eq!(names(&grown, 10), ["top"]);
    }

    #[test]
    fn functions_that_call_each_other_are_one_matter() {
        let old: &[(&str, &[Instruction])] = &[("top", &[]), ("even", &[call(2)]), ("odd", &[call(1), integer(1)])];
        let mut new = old.to_vec();
        let mut grown = program(old, &[]);
        assert_eq!(link(&mut grown, program(&new, &[]), &[], PLENTY), Ok(3));
        assert_eq!(names(&grown, 3), ["top"]);
        let changed = [call(1), integer(2)];
        new[2].1 = &changed;
        assert_eq!(link(&mut grown, program(&new, &[]), &[], PLENTY), Ok(4));
        assert_eq!(names(&grown, 4), ["top", "even", "odd"]);
        assert_eq!((callees(&grown, "even"), callees(&grown, "odd")), (vec![6], vec![5]));
    }

    #[test]
    fn other_names_of_variables_make_another_function() {
        let of = |name: &str| {
            let mut program = program(&[("top", &[]), ("f", &[integer(1)])], &[]);
            program.functions[1].variables.push(Variable { name: name.to_owned(), slot: 2 });
            program
        };
        let mut grown = of("a");
        assert_eq!(link(&mut grown, of("b"), &[], PLENTY), Ok(2));
        assert_eq!(names(&grown, 2), ["top", "f"]);
    }

    #[test]
    fn what_waits_is_left_out_with_its_callers() {
        let functions: &[(&str, &[Instruction])] =
            &[("top", &[]), ("waits", &[]), ("caller", &[call(1)]), ("callers caller", &[call(2)]), ("other", &[])];
        let mut grown = program(&[("top", &[])], &[]);
        assert_eq!(link(&mut grown, program(functions, &[]), &[1], PLENTY), Ok(1));
        assert_eq!(names(&grown, 1), ["top", "other"]);
        let mut calling = functions.to_vec();
        let calls = [call(3)];
        calling[0].1 = &calls;
        let before = grown.functions.len();
        assert_eq!(link(&mut grown, program(&calling, &[]), &[1], PLENTY), Err(Unlinked::Waiting(1)));
        assert_eq!(grown.functions.len(), before, "nothing has changed");
        assert_eq!(link(&mut grown, program(&calling, &[]), &[], PLENTY), Ok(3));
        assert_eq!(names(&grown, 3), ["top", "waits", "caller", "callers caller"]);
    }

    #[test]
    fn field_sites_of_what_is_taken_get_rows_of_their_own() {
        let site = |field, record| FieldSite { field, record };
        // Both programs begin with the row of a record's field; the others are the function's own.
        let functions: &[(&str, &[Instruction])] = &[("top", &[]), ("f", &[field(0), field(1), field(1)])];
        let mut grown = program(functions, &[site(0, Some(0)), site(1, None)]);
        // The same function, lowered anew behind the rows that are there already, and one more.
        let again: &[(&str, &[Instruction])] =
            &[("top", &[field(3)]), ("f", &[field(0), field(2), field(2)]), ("g", &[field(3), field(4), field(4)])];
        let sites = [site(0, Some(0)), site(1, None), site(1, None), site(2, None), site(3, None)];
        assert_eq!(link(&mut grown, program(again, &sites), &[], PLENTY), Ok(2));
        assert_eq!(names(&grown, 2), ["top", "g"]);
        assert_eq!(grown.field_sites, [site(0, Some(0)), site(1, None), site(2, None), site(3, None)]);
        let tail = &grown.code[grown.functions[3].entry as usize..];
        assert_eq!(tail[..3], [field(2), field(3), field(3)]);
    }

    #[test]
    fn names_of_blocks_and_the_place_of_a_call_move_along() {
        let mut newer = program(&[("top", &[integer(1), integer(2)]), ("f", &[integer(3)])], &[]);
        newer.block_names = vec![(1, "a".to_owned()), (3, "b".to_owned())];
        newer.call_code = 1..2;
        let mut grown = program(&[("top", &[integer(0)])], &[]);
        assert_eq!(link(&mut grown, newer, &[], PLENTY), Ok(1));
        assert_eq!(grown.block_names, [(3, "a".to_owned()), (5, "b".to_owned())]);
        assert_eq!(grown.call_code, 3..4);
        assert_eq!(link(&mut grown, program(&[("top", &[])], &[]), &[], PLENTY), Ok(3));
        assert_eq!(grown.call_code, 3..4, "it is still on the stack, perhaps");
    }

    #[test]
    fn a_program_ends_where_there_is_no_more_room() {
        let small = || program(&[("top", &[integer(1)])], &[]);
        let mut grown = small();
        assert_eq!(link(&mut grown, small(), &[], 3), Err(Unlinked::TooLarge));
        assert_eq!(grown.functions.len(), 1);
        assert_eq!(link(&mut grown, small(), &[], 4), Ok(1));
    }
}
