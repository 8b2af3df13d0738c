//! The table and the sentences, from figures made by hand.

use insta::assert_snapshot;

use super::*;

fn column(memory: &'static str) -> Column {
    Column {
        memory,
        allocator: "first-fit",
        failure: None,
        output: Output::Same,
        machine: MachineStatistics {
            instructions: 1_000_000,
            calls: 9,
            max_call_depth: 3,
            stack_high_water_bytes: 112,
        },
        heap: HeapStatistics {
            allocations: 200,
            frees: 200,
            allocated_bytes: 4800,
            peak_live_bytes: 48,
            footprint_bytes: 4096,
            ..HeapStatistics::default()
        },
        elided: Some(0),
        leaks: Lost::default(),
        wall_ns: vec![1_500_000, 1_400_000, 1_520_000],
        steady: true,
    }
}

/// A cycle under four strategies: by hand, counted, collected, never.
fn cycle() -> Vec<Column> {
    let mut counted = column("refcount");
    counted.machine.instructions = 1_120_000;
    counted.heap = HeapStatistics {
        frees: 0,
        ignored_frees: 200,
        live_bytes: 4800,
        peak_live_bytes: 4800,
        footprint_bytes: 12_288,
        retains: 600,
        releases: 400,
        ..counted.heap
    };
    counted.elided = Some(300);
    let lost = Amount { blocks: 200, bytes: 4800 };
    counted.leaks = Lost { cyclic: lost, all: lost };
    let mut collected = column("mark-sweep");
    collected.heap = HeapStatistics {
        ignored_frees: 200,
        peak_live_bytes: 4032,
        footprint_bytes: 8192,
        collections: 2,
        longest_pause_ns: 12_345,
        ..collected.heap
    };
    let mut never = column("none");
    never.heap = HeapStatistics { frees: 0, ignored_frees: 200, ..counted.heap };
    never.heap.retains = 0;
    never.heap.releases = 0;
    vec![column("manual"), counted, collected, never]
}

#[test]
fn four_strategies_stand_side_by_side() {
    let text = render("cycle.pseudo", &cycle());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert_snapshot!(text, @r#"
        cycle.pseudo, run 3 times by the clock

        allocator first-fit               manual         refcount       mark-sweep             none
        result                          finished         finished         finished         finished
        output                              same             same             same             same
        instructions             1,000,000 1.00×  1,120,000 1.12×  1,000,000 1.00×  1,000,000 1.00×
        ~ wall time                1.50 ms 1.00×    1.50 ms 1.00×    1.50 ms 1.00×    1.50 ms 1.00×
        ~   spread                ±20.0 µs         ±20.0 µs         ±20.0 µs         ±20.0 µs
        allocations                    200 1.00×        200 1.00×        200 1.00×        200 1.00×
        frees                          200 1.00×          0 0.00×        200 1.00×          0 0.00×
        peak live, bytes                48 1.00×      4,800  100×      4,032 84.0×      4,800  100×
        heap footprint, bytes        4,096 1.00×     12,288 3.00×      8,192 2.00×     12,288 3.00×
        collections                      0                0                2                0
        ~ longest pause            0.00 µs          0.00 µs          12.3 µs          0.00 µs
        retains + releases               0            1,000                0                0
          elided                         0              300                0                0
        leaked, blocks                   0              200                0                0
        leaked, bytes                    0            4,800                0                0
        stack high water, bytes        112 1.00×        112 1.00×        112 1.00×        112 1.00×
        1.00× is the best of those that finished: the least, of frees the most. Nothing is compared with 0.
        ~ by the clock, the median; it differs from time to time. All else is exact.

        manual: cost no extra work; freed all 200 blocks, and held at most 48 bytes at a time, the least;
          missed nothing.
        refcount: cost 600 retains, 400 releases and 12 % more instructions; freed nothing and ignored the
          program's 200 `heap_free`s, so all 4,800 bytes stayed; missed 200 blocks (4,800 bytes) in cycles,
          which keep each other alive.
        mark-sweep: cost 2 collections; freed all 200 blocks and ignored the program's 200 `heap_free`s, and
          held at most 4,032 bytes at a time, 84.0 times the least; missed nothing.
        none: cost no extra work; freed nothing and ignored the program's 200 `heap_free`s, so all 4,800
          bytes stayed.
        "#);
}

#[test]
fn a_run_that_failed_stays_and_is_no_measure() {
    let mut columns = cycle();
    columns.truncate(2);
    columns[0].failure = Some(Failure {
        kind: "use-after-free",
        line: Some(11),
        headline: "the block `p` is used after it was freed".to_owned(),
    });
    columns[0].output = Output::Lines(1);
    columns[0].machine.instructions = 10;
    assert_snapshot!(render("dangerous.pseudo", &columns), @r#"
        dangerous.pseudo, run 3 times by the clock

        allocator first-fit              manual         refcount
        result                   use-after-free         finished
          at line                            11
        output                           1 line             same
        instructions                   10        1,120,000 1.00×
        ~ wall time               1.50 ms          1.50 ms 1.00×
        ~   spread               ±20.0 µs         ±20.0 µs
        allocations                   200              200 1.00×
        frees                         200                0
        peak live, bytes               48            4,800 1.00×
        heap footprint, bytes       4,096           12,288 1.00×
        collections                     0                0
        ~ longest pause           0.00 µs          0.00 µs
        retains + releases              0            1,000 1.00×
          elided                        0              300
        leaked, blocks                  -              200 1.00×
        leaked, bytes                   -            4,800 1.00×
        stack high water, bytes       112              112 1.00×
        1.00× is the best of those that finished: the least, of frees the most. Nothing is compared with 0.
        ~ by the clock, the median; it differs from time to time. All else is exact.

        manual: stopped at line 11: the block `p` is used after it was freed.
        refcount: cost 600 retains and 400 releases; freed nothing and ignored the program's 200
          `heap_free`s, so all 4,800 bytes stayed; missed 200 blocks (4,800 bytes) in cycles, which keep
          each other alive.
        "#);
}

#[test]
fn a_table_that_is_too_wide_goes_on_below() {
    let mut columns = Vec::new();
    for allocator in ["first-fit", "best-fit", "buddy"] {
        columns.extend(cycle().into_iter().map(|column| Column { allocator, ..column }));
    }
    let tables = table::tables(&columns);
    assert!(tables.lines().all(|line| line.chars().count() <= 100), "{tables}");
    assert_eq!(tables.matches("instructions").count(), 3, "{tables}");
    assert_eq!(tables.matches("best-fit").count(), 4, "{tables}");
    assert!(sentence::sentence(&columns[5], &columns).starts_with("refcount, best-fit: cost "));
}

/// The sentence of one run beside one that is as [`column`].
fn said(change: impl FnOnce(&mut Column)) -> String {
    let mut changed = column("this");
    change(&mut changed);
    let columns = [column("other"), changed];
    sentence::sentence(&columns[1], &columns).replace("\n  ", " ").trim_end().to_owned()
}

#[test]
fn sentences_say_what_was_cost() {
    assert_snapshot!(said(|_| {}), @"this: cost no extra work; freed all 200 blocks, and held at most 48 bytes; missed nothing.");
    assert_snapshot!(said(|run| run.machine.instructions = 3_100_000), @"this: cost 3.1 times the instructions; freed all 200 blocks, and held at most 48 bytes; missed nothing.");
    assert_snapshot!(said(|run| run.machine.instructions += 1), @"this: cost slightly more instructions; freed all 200 blocks, and held at most 48 bytes; missed nothing.");
    assert_snapshot!(said(|run| {
        (run.heap.retains, run.heap.releases, run.heap.collections) = (1, 2, 1);
        run.machine.instructions = 1_005_000;
    }), @"this: cost 1 retain, 2 releases, 1 collection and 0.5 % more instructions; freed all 200 blocks, and held at most 48 bytes; missed nothing.");
}

#[test]
fn sentences_say_what_was_saved() {
    assert_snapshot!(said(|run| run.heap = HeapStatistics::default()), @"this: cost no extra work; nothing was allocated on the heap.");
    assert_snapshot!(said(|run| (run.heap.allocations, run.heap.frees) = (1, 1)), @"this: cost no extra work; freed the one block, and held at most 48 bytes; missed nothing.");
    assert_snapshot!(said(|run| (run.heap.ignored_frees, run.heap.peak_live_bytes) = (1, 96)), @"this: cost no extra work; freed all 200 blocks and ignored the program's one `heap_free`, and held at most 96 bytes at a time, 2.0 times the least; missed nothing.");
    assert_snapshot!(said(|run| run.heap.peak_live_bytes = 52), @"this: cost no extra work; freed all 200 blocks, and held at most 52 bytes at a time, 8.3 % more than the least; missed nothing.");
    assert_snapshot!(said(|run| (run.heap.frees, run.heap.live_bytes) = (199, 24)), @"this: cost no extra work; freed 199 of 200 blocks, and held at most 48 bytes; still held 24 bytes of 1 block at the end.");
}

#[test]
fn sentences_say_what_was_missed() {
    let one = Amount { blocks: 1, bytes: 24 };
    let three = Amount { blocks: 3, bytes: 72 };
    assert_snapshot!(said(|run| run.leaks.all = three), @"this: cost no extra work; freed all 200 blocks, and held at most 48 bytes; missed 3 blocks (72 bytes), which nobody freed.");
    assert_snapshot!(said(|run| run.leaks = Lost { cyclic: one, all: one }), @"this: cost no extra work; freed all 200 blocks, and held at most 48 bytes; missed 1 block (24 bytes) in a cycle, which keeps itself alive.");
    assert_snapshot!(said(|run| run.leaks = Lost { cyclic: one, all: three }), @"this: cost no extra work; freed all 200 blocks, and held at most 48 bytes; missed 1 block (24 bytes) in a cycle, which keeps itself alive, and 2 blocks (48 bytes) that hang on them.");
}

#[test]
fn sentences_say_where_runs_part() {
    assert_snapshot!(said(|run| run.output = Output::Differs(Some(1200))), @"this: cost no extra work; freed all 200 blocks, and held at most 48 bytes; missed nothing; from line 1,200 on its output is not that of other.");
    assert_snapshot!(said(|run| run.output = Output::Differs(None)), @"this: cost no extra work; freed all 200 blocks, and held at most 48 bytes; missed nothing; its output is not that of other.");
    assert_snapshot!(said(|run| run.steady = false), @"this: cost no extra work; freed all 200 blocks, and held at most 48 bytes; missed nothing; did not do the same each time: perhaps it reads a file that changes.");
    assert_snapshot!(said(|run| {
        run.failure = Some(Failure { kind: "out-of-memory", line: None, headline: "the heap is full".to_owned() });
    }), @"this: stopped: the heap is full.");
}
