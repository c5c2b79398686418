//! Node conformance: plays recorded runs of real Node.js streams against the product's gates.
//!
//! `cargo test --test node` plays `tests/data/node`. With `NODE_CASES=DIR` it plays that directory instead:
//! pairs of `NAME.scenario.json` and `NAME.expected.json`.
//!
//! The gates ([`tidegate::engine::gate`]) hold every length, mark, owed drain and awaited sink, and pass every chunk from a readable
//! to its sinks by the loop that a link uses. The runner in [`machine`] only holds what a gate has no business with: the
//! clock, the job queue, the scripted ends and the order in which Node calls what. What of this can be played through a whole link
//! is, by [`link`].

mod cases;
mod compare;
mod failures;
mod link;
mod log;
mod machine;
mod scenario;

use std::path::{Path, PathBuf};

use cases::Case;
use compare::Depth;

/// How many recorded cases the repository holds; a lost file must not pass as a smaller success.
const PUBLIC_CASES: usize = 20;

fn public_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/node")
}

/// Plays every case and reports all that fail, not only the first.
fn play_all(cases: &[Case], depth: Depth) -> Result<(), String> {
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let why = case.play(depth).err()?;
            Some(format!("case {}: {why}", case.name))
        })
        .collect();
    if failures.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} of {} cases fail\n\n{}\n",
        failures.len(),
        cases.len(),
        failures.join("\n\n")
    ))
}

#[test]
fn gates_reproduce_recorded_node_runs() {
    let verdict = match std::env::var_os("NODE_CASES") {
        // Cases from elsewhere may have been recorded without the detail events.
        Some(directory) => {
            cases::load(Path::new(&directory)).and_then(|cases| play_all(&cases, Depth::Core))
        }
        None => cases::load(&public_directory()).and_then(|cases| {
            assert_eq!(cases.len(), PUBLIC_CASES, "cases in tests/data/node");
            play_all(&cases, Depth::Full)
        }),
    };
    if let Err(report) = verdict {
        panic!("{report}");
    }
}
