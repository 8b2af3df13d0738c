//! Reads of globals by the top level that nothing before them can have assigned. Of a function's own
//! variables, `compilation` knows the same by their slots.

use std::collections::HashMap;

use crate::bytecode::{Function, GlobalIndex, Instruction, Program};

/// The instructions of the top level that read a global which no path from the start has assigned, each
/// with the global. A global that some function assigns is left to the run: calls are not followed.
pub fn reads(program: &Program, top_level: &Function) -> Vec<(u32, GlobalIndex)> {
    let code = || (0u32..).zip(&program.code);
    let is_top_level = |at: u32| (top_level.entry..top_level.end).contains(&at);
    let mut first_store: HashMap<u32, Option<u32>> = HashMap::new();
    // For each instruction, by how many more backward jumps it is spanned than the one before it.
    let mut spanned = vec![0i32; (top_level.end - top_level.entry) as usize + 1];
    for (at, instruction) in code() {
        match instruction {
            Instruction::StoreGlobal { global, .. } if is_top_level(at) => {
                first_store.entry(global.0).or_insert(Some(at));
            }
            Instruction::StoreGlobal { global, .. } => {
                first_store.insert(global.0, None);
            }
            _ => {}
        }
        if let Some(offset) = instruction.effects().jump.filter(|&offset| offset < 0 && is_top_level(at)) {
            let target = i64::from(at) + 1 + i64::from(offset) - i64::from(top_level.entry);
            spanned[target as usize] += 1;
            spanned[(at - top_level.entry) as usize] -= 1;
        }
    }
    let mut loops = 0;
    let mut found = Vec::new();
    for (at, instruction) in code().filter(|&(at, _)| is_top_level(at)) {
        loops += spanned[(at - top_level.entry) as usize];
        if let Instruction::LoadGlobal { global, .. } = instruction
            && loops == 0
            && first_store.get(&global.0).copied().flatten().is_some_and(|store| at < store)
        {
            found.push((at, *global));
        }
    }
    found
}
