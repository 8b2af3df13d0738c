//! Runs every program of `tests/corpus/` and `examples/`, and every `pseudo` block of the documentation,
//! and checks what it does against the directives in its own comments: one trial for each program,
//! strategy and allocator, and another with a heap audit at every allocation. New strategies and allocators are picked up from their tables.

mod harness;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use cairn::kind::ErrorKind;
use cairn::memory::strategy::STRATEGIES;
use harness::expectations::Expectations;
use harness::session;
use harness::trial::{self, Program};

/// Kinds that no program can bring about under `--checks stop`, with the reason.
const UNREACHABLE: &[(ErrorKind, &str)] = &[
    (ErrorKind::SegmentationFault, "every pointer has provenance, and integers are no pointers"),
    (ErrorKind::Limit, "serial numbers end after 2^32 allocations"),
];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut programs = Vec::new();
    for folder in ["tests/corpus", "examples"] {
        programs_below(&root.join(folder), &mut programs);
    }
    for document in ["README.md", "docs/LANGUAGE.md"] {
        programs_in_document(root, document, &mut programs);
    }
    let mut trials = vec![Trial::test("every error kind has a program", move || every_kind_has_a_program(root))];
    let programs: Vec<Arc<Program>> = programs.into_iter().map(Arc::new).collect();
    for program in &programs {
        trials_of(program, root, &mut trials);
    }
    for strategy in STRATEGIES {
        let programs = programs.clone();
        let test = move || programs_may_be_typed(&programs, strategy.name);
        trials.push(Trial::test("programs may be typed", test).with_kind(strategy.name));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// All `.pseudo` files below a folder, by path.
fn programs_below(folder: &Path, programs: &mut Vec<Program>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            programs_below(&path, programs);
        } else if path.extension().is_some_and(|extension| extension == "pseudo") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            programs.push(Program { name: path.clone(), folder: folder.to_owned(), text });
        }
    }
}

/// The fenced `pseudo` blocks of a Markdown document; a block reads files from `examples/`.
fn programs_in_document(root: &Path, document: &str, programs: &mut Vec<Program>) {
    let path = root.join(document);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{document}: {error}"));
    let mut block: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match &mut block {
            None if line == "```pseudo" => block = Some((index + 2, String::new())),
            None => {}
            Some(_) if line == "```" => {
                let (first_line, text) = block.take().expect("a block is open");
                let name = root.join(format!("{document}:{first_line}"));
                programs.push(Program { name, folder: root.join("examples"), text });
            }
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(block.is_none(), "{document}: a block of pseudocode has no end");
}

fn trials_of(program: &Arc<Program>, root: &Path, trials: &mut Vec<Trial>) {
    let name = program.name.strip_prefix(root).unwrap_or(&program.name).display().to_string();
    let expectations = match Expectations::parse(&program.text) {
        Ok(expectations) => Arc::new(expectations),
        Err(problems) => {
            trials.push(Trial::test(name, move || Err(Failed::from(problems.join("\n")))));
            return;
        }
    };
    let mut configurations = trial::configurations(program, &expectations);
    if configurations.is_empty() {
        let problem = "its `run:` names no strategy or allocator that there is";
        trials.push(Trial::test(name.clone(), move || Err(Failed::from(problem))));
    }
    for configuration in configurations.drain(..) {
        let (program, expectations) = (Arc::clone(program), Arc::clone(&expectations));
        let stress = if configuration.stress { " stress" } else { "" };
        let kind = format!("{} {}{stress}", configuration.memory, configuration.allocator);
        if session::applies(&configuration) && !configuration.stress {
            let (program, expectations) = (Arc::clone(&program), Arc::clone(&expectations));
            let configuration = configuration.clone();
            let test = move || session::check_loaded(&program, &expectations, &configuration).map_err(Failed::from);
            trials.push(Trial::test(name.clone(), test).with_kind(format!("{kind} session")));
        }
        let test = move || trial::check(&program, &expectations, &configuration).map_err(Failed::from);
        trials.push(Trial::test(name.clone(), test).with_kind(kind));
    }
}

/// Programs that are others when typed, with the reason.
const DIFFERENT_WHEN_TYPED: &[(&str, &str)] =
    &[("records/inferred.pseudo", "blocks keep the fields that were known when they were allocated")];

/// Piece by piece, as far as that makes the same program.
fn programs_may_be_typed(programs: &[Arc<Program>], strategy: &str) -> Result<(), Failed> {
    let (mut compared, mut problems) = (0, Vec::new());
    let differs = |program: &&Arc<Program>| DIFFERENT_WHEN_TYPED.iter().any(|(name, _)| program.name.ends_with(name));
    for program in programs.iter().filter(|program| !differs(program)) {
        let Ok(expectations) = Expectations::parse(&program.text) else { continue };
        let configurations = trial::configurations(program, &expectations).into_iter();
        for configuration in configurations.filter(|one| one.memory == strategy && one.stress && session::applies(one))
        {
            match session::check_typed(program, &expectations, &configuration) {
                Ok(is_same) => compared += usize::from(is_same),
                Err(problem) => problems.push(format!("{}: {problem}", program.name.display())),
            }
        }
    }
    match problems.as_slice() {
        [] if compared < 100 => Err(format!("only {compared} programs can be typed").into()),
        [] => Ok(()),
        _ => Err(problems.join("\n").into()),
    }
}

fn every_kind_has_a_program(root: &Path) -> Result<(), Failed> {
    let mut programs = Vec::new();
    programs_below(&root.join("tests/corpus/errors"), &mut programs);
    let stems: BTreeSet<String> =
        programs.iter().filter_map(|program| Some(program.name.file_stem()?.to_string_lossy().into_owned())).collect();
    for kind in ErrorKind::ALL {
        let unreachable = UNREACHABLE.iter().any(|(other, _)| other == kind);
        if stems.contains(kind.name()) == unreachable {
            return Err(format!("`{kind}` should {}have a program", if unreachable { "not " } else { "" }).into());
        }
    }
    for program in &programs {
        let stem = program.name.file_stem().unwrap_or_default().to_string_lossy();
        let expectations = Expectations::parse(&program.text).map_err(|problems| problems.join("\n"))?;
        if !expectations.errors.iter().any(|error| error.kind.name() == stem) {
            return Err(format!("errors/{stem}.pseudo does not expect `{stem}`").into());
        }
    }
    Ok(())
}
