//! Compiles and runs each program of `benches/programs/`, and checks that it prints what it should.
//! Wall time of whole runs, compilation left out.

#[path = "../tests/harness/expectations.rs"]
mod expectations;

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use cairn::session::{self, Compiled, Configuration, Status};
use divan::Bencher;
use expectations::Expectations;

fn main() {
    divan::main();
}

struct Benchmark {
    name: String,
    compiled: Compiled,
    expected: Vec<String>,
}

impl fmt::Display for Benchmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn benchmarks() -> Vec<Benchmark> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/programs");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the programs are there")
        .map(|entry| entry.expect("can be listed").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| benchmark(path)).collect()
}

fn benchmark(path: &Path) -> Benchmark {
    let name = path.file_stem().expect("a program has a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("a program can be read");
    let expectations = Expectations::parse(&text).unwrap_or_else(|problems| panic!("{name}: {}", problems.join("; ")));
    let compiled = session::compile(&name, &text, &Configuration::default())
        .unwrap_or_else(|rejection| panic!("{name}: {rejection:?}"));
    Benchmark { name, compiled, expected: expectations.output }
}

#[divan::bench(args = benchmarks(), sample_count = 3, sample_size = 1)]
fn run(bencher: Bencher<'_, '_>, benchmark: &Benchmark) {
    let configuration = Configuration::default();
    let interrupt = AtomicBool::new(false);
    bencher.bench_local(|| {
        let mut output = Vec::new();
        let input = &mut io::empty();
        let outcome =
            session::run(&benchmark.compiled, &configuration, input, &mut output, &mut io::sink(), &interrupt)
                .expect("the run has all it needs");
        assert_eq!(outcome.status, Status::Finished, "{}: {:?}", benchmark.name, outcome.error);
        let output = String::from_utf8(output).expect("output is text");
        assert_eq!(output.lines().collect::<Vec<_>>(), benchmark.expected, "{}", benchmark.name);
    });
}
