//! Every text of `cairn explain` has an example that fails in just the way it explains.

use std::sync::atomic::AtomicBool;

use cairn::kind::ErrorKind;
use cairn::report::explain;
use cairn::session::{self, Configuration, Rejection};

/// These no program can reach while every access is checked, or not in the time of a test.
const OUT_OF_REACH: [ErrorKind; 2] = [ErrorKind::SegmentationFault, ErrorKind::Limit];

/// The kinds of error that an example gives.
fn outcome(text: &str, configuration: &Configuration) -> Vec<ErrorKind> {
    let compiled = match session::compile("example.pseudo", text, configuration) {
        Ok(compiled) => compiled,
        Err(Rejection::Errors(_, errors)) => return errors.iter().filter_map(|error| error.kind).collect(),
        Err(Rejection::NothingToRun(_)) => return Vec::new(),
    };
    let interrupt = AtomicBool::new(false);
    let mut sink = std::io::sink();
    let outcome =
        session::run(&compiled, configuration, &mut std::io::empty(), &mut Vec::new(), &mut sink, &interrupt).unwrap();
    outcome.error.iter().map(|error| error.kind).collect()
}

#[test]
fn every_example_fails_as_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for &kind in ErrorKind::ALL {
        if OUT_OF_REACH.contains(&kind) {
            continue;
        }
        let example = explain::example(kind).unwrap();
        let max_steps = example.contains("--max-steps").then_some(1_000_000);
        let configuration =
            Configuration { folder: Some(folder.path().to_owned()), max_steps, ..Configuration::default() };
        let found = outcome(&example, &configuration);
        if found != [kind] {
            wrong.push(format!("{kind}: {found:?}\n{example}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_list_has_every_kind() {
    let list = explain::list();
    for kind in ErrorKind::ALL {
        assert!(list.lines().any(|line| line.split("  ").next() == Some(kind.name())), "{kind}");
    }
}
