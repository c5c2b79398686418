//! Where programs are: the tidegate to measure, and this benchmark itself.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

/// Absolute path of the tidegate to measure: the `given` one, or the release binary of this crate.
pub(crate) fn to_measure(given: Option<&Path>) -> Result<String> {
    let path = given.unwrap_or(Path::new(env!("CARGO_BIN_EXE_tidegate")));
    let path = path
        .canonicalize()
        .with_context(|| format!("no program to measure at {}", path.display()))?;
    text(path)
}

/// Absolute path of this program.
pub(crate) fn own_path() -> Result<String> {
    text(env::current_exe().context("cannot find myself")?)
}

fn text(path: PathBuf) -> Result<String> {
    let path = path.into_os_string().into_string();
    path.map_err(|path| anyhow!("the path {} is not UTF-8", path.display()))
}
