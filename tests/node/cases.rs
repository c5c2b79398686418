//! Finds the cases of a directory and plays one: scenario in, verdict out.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::compare::{self, Depth};
use crate::log::Outcome;
use crate::machine;
use crate::scenario::Scenario;

/// A scenario and what Node made of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) expected: Outcome,
}

impl Case {
    pub(crate) fn play(&self, depth: Depth) -> Result<(), String> {
        // A gate's own assertion must not keep the other cases from being played.
        let actual = catch_unwind(AssertUnwindSafe(|| machine::play(&self.scenario)))
            .map_err(|_| "panicked, see the message above".to_owned())??;
        compare::outcomes(&self.expected, &actual, depth)
    }
}

/// The two files of a case, as far as they were found.
#[derive(Default)]
struct Pair {
    scenario: Option<PathBuf>,
    expected: Option<PathBuf>,
}

/// All cases of `directory` by name. None at all, or half a case, is an error.
pub(crate) fn load(directory: &Path) -> Result<Vec<Case>, String> {
    let pairs = pairs(directory)?;
    if pairs.is_empty() {
        return Err(format!("{} holds no cases", directory.display()));
    }
    pairs
        .into_iter()
        .map(|(name, pair)| load_case(name, pair))
        .collect()
}

fn pairs(directory: &Path) -> Result<BTreeMap<String, Pair>, String> {
    let unreadable = |error| format!("cannot list {}: {error}", directory.display());
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if let Some(name) = file.strip_suffix(".scenario.json") {
            pairs.entry(name.to_owned()).or_default().scenario = Some(path.clone());
        } else if let Some(name) = file.strip_suffix(".expected.json") {
            pairs.entry(name.to_owned()).or_default().expected = Some(path.clone());
        }
    }
    Ok(pairs)
}

fn load_case(name: String, pair: Pair) -> Result<Case, String> {
    let (scenario, expected) = match (pair.scenario, pair.expected) {
        (Some(scenario), Some(expected)) => (scenario, expected),
        (Some(_), None) => return Err(format!("case {name} has no {name}.expected.json")),
        _ => return Err(format!("case {name} has no {name}.scenario.json")),
    };
    Ok(Case {
        scenario: read(&scenario, Scenario::parse)?,
        expected: read(&expected, |json| {
            serde_json::from_str(json).map_err(|error| error.to_string())
        })?,
        name,
    })
}

fn read<T>(path: &Path, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|json| parse(&json))
        .map_err(|why| format!("cannot read {}: {why}", path.display()))
}
