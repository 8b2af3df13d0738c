//! The architecture as data: which part of the tree may know of which. Also that every module says what
//! it is, and that no file is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each top-level module with what it may import. `kind` and `limits` are free to all.
const LAYERS: &[(&str, &[&str])] = &[
    ("kind", &[]),
    ("limits", &[]),
    ("source", &[]),
    ("syntax", &["source"]),
    ("bytecode", &["source"]),
    ("memory", &[]),
    // Of memory only what a strategy requires from code.
    ("compiler", &["source", "syntax", "bytecode", "memory"]),
    ("machine", &["bytecode", "memory"]),
    ("library", &["source", "syntax"]),
    ("session", &["source", "syntax", "bytecode", "compiler", "memory", "machine", "library"]),
    ("report", &["source", "bytecode", "compiler", "memory", "machine", "session"]),
    ("repl", &["source", "syntax", "bytecode", "compiler", "memory", "machine", "library", "session", "report"]),
    ("cli", &["source", "syntax", "bytecode", "compiler", "memory", "machine", "library", "session", "report", "repl"]),
];
const FREE: &[&str] = &["kind", "limits"];

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All Rust files below `src`, relative to it, with their text.
fn files() -> Vec<(PathBuf, String)> {
    let root = source_root();
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be listed") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file can be read");
                files.push((path.strip_prefix(&root).expect("it is below the root").to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

/// The top-level module that a file belongs to; none for the two roots.
fn layer_of(file: &Path) -> Option<String> {
    let first = file.iter().next()?.to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib" && name != "main").then(|| name.to_owned())
}

/// Tests of a part may use whatever lies below it to bring about what they look at.
fn is_test(file: &Path) -> bool {
    file.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// The top-level modules named by paths that begin with `crate::`, comments left out.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut names = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        let group = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')).map(|(inner, _)| inner);
        for path in group.unwrap_or(rest).split(',') {
            let name: String = path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.insert(name);
            if group.is_none() {
                break;
            }
        }
    }
    names
}

#[test]
fn parts_know_only_what_lies_below_them() {
    let mut violations = Vec::new();
    for (file, text) in files() {
        let Some(layer) = layer_of(&file) else { continue };
        let Some(row) = LAYERS.iter().position(|(name, _)| *name == layer) else {
            violations.push(format!("{}: `{layer}` has no row in the table", file.display()));
            continue;
        };
        let below: Vec<&str> = LAYERS[..row].iter().map(|(name, _)| *name).collect();
        let allowed = if is_test(&file) { &below } else { LAYERS[row].1 };
        for import in imports(&text) {
            let known = LAYERS.iter().any(|(name, _)| *name == import);
            if known && import != layer && !FREE.contains(&import.as_str()) && !allowed.contains(&import.as_str()) {
                violations.push(format!("{}: `{layer}` must not import `{import}`", file.display()));
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn the_compiler_knows_of_memory_only_what_strategies_require() {
    for (file, text) in
        files().iter().filter(|(file, _)| layer_of(file).as_deref() == Some("compiler") && !is_test(file))
    {
        for (at, _) in text.match_indices("crate::memory") {
            let path = &text[at..];
            assert!(path.starts_with("crate::memory::strategy::"), "{}: {path:.60}", file.display());
        }
    }
}

#[test]
fn the_table_has_no_row_too_many() {
    let present: BTreeSet<String> = files().iter().filter_map(|(file, _)| layer_of(file)).collect();
    for (name, allowed) in LAYERS {
        assert!(present.contains(*name), "there is no module `{name}`");
        for import in *allowed {
            let below = LAYERS.iter().take_while(|(other, _)| other != name).any(|(other, _)| other == import);
            assert!(below, "`{import}` does not lie below `{name}`");
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<String> = files()
        .iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(file, _)| file.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no `//!` head: {silent:?}");
}

#[test]
fn no_file_is_forgotten() {
    let files = files();
    let text_of = |path: &Path| files.iter().find(|(file, _)| file == path).map(|(_, text)| text.as_str());
    for (file, _) in &files {
        if file == Path::new("lib.rs") || file == Path::new("main.rs") {
            continue;
        }
        let own = if file.ends_with("mod.rs") { file.parent().expect("it has a folder") } else { file };
        let name = own.file_stem().expect("it has a name").to_string_lossy();
        let folder = own.parent().expect("it has a folder");
        let parents = [folder.join("mod.rs"), folder.with_extension("rs"), PathBuf::from("lib.rs")];
        let parents = if folder == Path::new("") { &parents[2..] } else { &parents[..2] };
        let declared = parents.iter().filter_map(|parent| text_of(parent)).any(|text| {
            text.lines().any(|line| {
                let line = ["pub ", "pub(crate) ", "pub(super) "]
                    .iter()
                    .fold(line, |line, word| line.trim_start_matches(word));
                line.strip_prefix("mod ").is_some_and(|rest| rest.trim_end_matches([';', ' ', '{']) == name)
            })
        });
        assert!(declared, "nobody declares {}", file.display());
    }
}

#[test]
fn imports_are_found() {
    let text =
        "use crate::source::{Span, Text};\nuse crate::{memory::Fault, kind};\nlet x = crate::limits::Y; // crate::cli";
    let found: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(found, ["kind", "limits", "memory", "source"]);
}
