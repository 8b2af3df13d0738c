//! Every explanation has an example that fails in just the way that it explains.

use std::io;
use std::sync::atomic::AtomicBool;

use cairn::kind::ErrorKind;
use cairn::report::explain;
use cairn::session::{self, Configuration, Rejection};

/// Their examples show what only other ways of running, or 2^32 allocations, bring about.
const NOT_RUN: &[ErrorKind] = &[ErrorKind::SegmentationFault, ErrorKind::Limit];

/// The kinds of error that a program gives.
fn kinds(text: &str, configuration: &Configuration) -> Vec<ErrorKind> {
    let compiled = match session::compile("example.pseudo", text, configuration) {
        Ok(compiled) => compiled,
        Err(Rejection::Errors(_, errors)) => return errors.iter().filter_map(|error| error.kind).collect(),
        Err(Rejection::NothingToRun(_)) => return Vec::new(),
    };
    let (output, drawings, interrupt) = (&mut io::sink(), &mut io::sink(), AtomicBool::new(false));
    let outcome = session::run(&compiled, configuration, &mut io::empty(), output, drawings, &interrupt)
        .expect("nothing is written anywhere");
    outcome.error.iter().map(|error| error.kind).collect()
}

#[test]
fn examples_fail_as_they_say() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let configuration = Configuration {
        max_steps: Some(10_000_000),
        folder: Some(folder.path().to_owned()),
        ..Configuration::default()
    };
    let mut wrong = Vec::new();
    for kind in ErrorKind::ALL.iter().filter(|kind| !NOT_RUN.contains(kind)) {
        let example = explain::example(*kind).unwrap_or_else(|| panic!("`{kind}` has no example"));
        let found = kinds(&example, &configuration);
        if found != [*kind] {
            wrong.push(format!("the example of `{kind}` gives {found:?}:\n{example}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
