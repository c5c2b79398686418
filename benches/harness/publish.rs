//! Puts a report where it belongs: both files into a directory, the readable one on stdout as well.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::console::{print, say};

/// Writes `report` to NAME.json and `text` to NAME.md in `dir`, and prints the latter. NAME is the benchmark's.
pub(crate) fn publish(dir: &Path, report: &impl Serialize, text: &str) -> Result<()> {
    let json = serde_json::to_string_pretty(report)? + "\n";
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    for (kind, content) in [("json", json.as_str()), ("md", text)] {
        let path = dir.join(format!("{}.{kind}", env!("CARGO_CRATE_NAME")));
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        say(&format!("wrote {}", path.display()));
    }
    print(text).context("cannot print the report")
}
