//! The runner's own failures: a difference must be found and named, and a lost case noticed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cases::{self, Case};
use crate::compare::Depth;
use crate::log::{Counters, Event, Name, Outcome, What};
use crate::scenario::Scenario;
use crate::{machine, play_all, public_directory};

const SCENARIO: &str = r#"{"readHighWaterMark":10,"writeHighWaterMark":8,"source":[4,4,4,4],
    "sink":"manual","schedule":[2]}"#;

/// A case whose expected outcome was tampered with.
fn tampered(tamper: impl Fn(&mut Outcome)) -> Result<Case, String> {
    let cases = cases::load(&public_directory())?;
    let case = cases.into_iter().find(|case| case.name.starts_with("p18"));
    let mut case = case.ok_or("p18 is gone")?;
    tamper(&mut case.expected);
    Ok(case)
}

fn report(tamper: impl Fn(&mut Outcome), depth: Depth) -> Result<String, String> {
    match tampered(tamper)?.play(depth) {
        Ok(()) => Err("the difference went unnoticed".to_owned()),
        Err(report) => Ok(report),
    }
}

/// Where in the full log the core event number `index` stands.
fn core_position(outcome: &Outcome, index: usize) -> usize {
    let mut core = (0..outcome.events.len()).filter(|&at| outcome.events[at].is_core());
    core.nth(index).unwrap_or(usize::MAX)
}

fn fresh_directory(name: &str) -> Result<PathBuf, String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Left over from an earlier run, or not there at all: both are fine.
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    Ok(directory)
}

/// Why a directory with these files cannot be played.
fn refusal(name: &str, files: &[(&str, &str)]) -> Result<String, String> {
    let directory = fresh_directory(name)?;
    for (file, content) in files {
        fs::write(directory.join(file), content).map_err(|error| error.to_string())?;
    }
    match cases::load(&directory) {
        Ok(_) => Err("the directory was accepted".to_owned()),
        Err(why) => Ok(why),
    }
}

#[test]
fn a_changed_event_is_reported_with_its_index_and_both_sides() -> Result<(), String> {
    let change = |outcome: &mut Outcome| {
        let at = core_position(outcome, 5);
        outcome.events[at].t += 1000;
    };
    let report = report(change, Depth::Core)?;
    assert!(
        report.starts_with("core log differs at event 5\n"),
        "{report}"
    );
    assert_eq!(report.matches("both ").count(), 4, "{report}");
    assert_eq!(
        report.matches("expected    5 {\"t\":10").count(),
        1,
        "{report}"
    );
    assert_eq!(
        report.matches("actual      5 {\"t\":").count(),
        1,
        "{report}"
    );
    Ok(())
}

#[test]
fn every_value_of_a_write_is_compared() -> Result<(), String> {
    let changes: [fn(&mut What); 3] = [
        |what| {
            if let What::Write { len, .. } = what {
                *len += 1;
            }
        },
        |what| {
            if let What::Write { ret, .. } = what {
                *ret = !*ret;
            }
        },
        |what| {
            if let What::Write {
                writable_length, ..
            } = what
            {
                *writable_length += 1;
            }
        },
    ];
    for change in changes {
        let report = report(
            |outcome| {
                for event in &mut outcome.events {
                    change(&mut event.what);
                }
            },
            Depth::Core,
        )?;
        assert!(
            report.starts_with("core log differs at event 1\n"),
            "{report}"
        );
    }
    Ok(())
}

#[test]
fn a_log_that_ends_early_or_late_is_reported() -> Result<(), String> {
    let shorter = report(|outcome| outcome.events.truncate(9), Depth::Core)?;
    assert!(
        shorter.contains("expected") && shorter.contains("the log ends"),
        "{shorter}"
    );
    let longer = report(
        |outcome| outcome.events.extend(outcome.events.last().cloned()),
        Depth::Core,
    )?;
    assert!(longer.ends_with("the log ends"), "{longer}");
    Ok(())
}

#[test]
fn a_changed_result_is_reported_by_its_key() -> Result<(), String> {
    type Change = fn(&mut Outcome);
    let changes: [(&str, Change); 4] = [
        ("finished", |outcome| outcome.finished = !outcome.finished),
        ("lastTick", |outcome| outcome.last_tick += 1),
        ("counters", |outcome| outcome.counters.pauses += 1),
        ("others", |outcome| {
            outcome.others.insert(Name::Transform, Counters::default());
        }),
    ];
    for (key, change) in changes {
        let report = report(change, Depth::Core)?;
        assert!(
            report.starts_with(&format!("`{key}` differs\n")),
            "{report}"
        );
    }
    Ok(())
}

#[test]
fn detail_events_decide_only_at_full_depth() -> Result<(), String> {
    let core_only = |outcome: &mut Outcome| outcome.events.retain(Event::is_core);
    assert_eq!(tampered(core_only)?.play(Depth::Core), Ok(()));
    let report = report(core_only, Depth::Full)?;
    assert!(
        report.starts_with("full log differs at event 0\n"),
        "{report}"
    );
    Ok(())
}

#[test]
fn all_failing_cases_are_reported_at_once() -> Result<(), String> {
    let cases = [
        tampered(|outcome| outcome.last_tick += 1)?,
        tampered(|_| ())?,
        tampered(|outcome| outcome.events.clear())?,
    ];
    let Err(report) = play_all(&cases, Depth::Core) else {
        return Err("no case failed".to_owned());
    };
    assert!(report.starts_with("2 of 3 cases fail\n"), "{report}");
    assert_eq!(report.matches("case p18").count(), 2, "{report}");
    Ok(())
}

#[test]
fn an_empty_or_missing_directory_is_refused() -> Result<(), String> {
    let why = refusal("node-empty", &[])?;
    assert!(why.ends_with("holds no cases"), "{why}");
    let missing = fresh_directory("node-missing")?.join("nowhere");
    let why = cases::load(&missing).err().unwrap_or_default();
    assert!(why.starts_with("cannot list "), "{why}");
    Ok(())
}

#[test]
fn half_a_case_is_refused() -> Result<(), String> {
    let why = refusal("node-no-expected", &[("a.scenario.json", SCENARIO)])?;
    assert_eq!(why, "case a has no a.expected.json");
    let why = refusal("node-no-scenario", &[("a.expected.json", "{}")])?;
    assert_eq!(why, "case a has no a.scenario.json");
    Ok(())
}

#[test]
fn a_scenario_that_cannot_be_played_is_refused() -> Result<(), String> {
    let unplayable = [
        ("{", "EOF while parsing"),
        (r#"{"readHighWaterMark":1}"#, "missing field"),
        (
            &SCENARIO.replace("[2]", "[]"),
            "manual sink without a schedule",
        ),
        (
            &SCENARIO.replace("\"sink\"", "\"arrivals\":[1],\"sink\""),
            "1 arrivals for 5 items",
        ),
    ];
    for (scenario, reason) in unplayable {
        let files = [("a.scenario.json", scenario), ("a.expected.json", "{}")];
        let why = refusal("node-unplayable", &files)?;
        assert!(
            why.contains("a.scenario.json") && why.contains(reason),
            "{why}"
        );
    }
    Ok(())
}

#[test]
fn a_run_without_end_is_cut_off() -> Result<(), String> {
    let scenario = Scenario::parse(SCENARIO)?;
    let why = machine::play_within(&scenario, 10).err();
    let why = why.unwrap_or_default();
    assert!(why.starts_with("no end in probe at tick 0 "), "{why}");
    Ok(())
}

#[test]
fn absent_and_unknown_fields_are_no_obstacle() -> Result<(), String> {
    let scenario = SCENARIO.replace('{', "{\"unknown\":[null],\"transform\":null,");
    let outcome = machine::play(&Scenario::parse(&scenario)?)?;
    assert_eq!((outcome.finished, outcome.last_tick), (true, 8));
    Ok(())
}
