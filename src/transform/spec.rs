//! From a SPEC as typed to a transform: `NAME`, `NAME=VALUE` or `NAME=key:value,…`.

use super::kinds::{KINDS, groups};
use super::settings::{Settings, valid};
use super::{Kind, Made};
use crate::error::UsageError;
use crate::text::visible::named;
use std::fmt::Write as _;

/// A transform that is asked for.
#[derive(Debug, Clone)]
pub struct PlannedTransform {
    /// The SPEC, as typed.
    pub spec: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// What is set, as it was checked.
    settings: Settings,
}

impl PlannedTransform {
    /// Makes the transform, to be set to work.
    #[must_use]
    pub fn make(&self) -> Made {
        (self.kind.make)(&self.settings)
    }
}

/// Plans the transform that a SPEC asks for.
///
/// # Errors
/// For an unknown name, key or value, and for a kind that this build does not have; the message names the transform and what
/// is valid.
pub fn plan(spec: &str) -> Result<PlannedTransform, UsageError> {
    let wrong = |why: String| UsageError::new(format!("--transform {}: {why}", named(spec)));
    let (name, value) = match spec.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (spec, None),
    };
    let here = KINDS.iter().filter(|kind| kind.is_here());
    let names: Vec<_> = here.map(|kind| kind.name).collect();
    let kind = KINDS.iter().find(|kind| kind.name == name);
    let kind = kind.ok_or_else(|| {
        let (name, valid) = (named(name), valid(name, &names));
        wrong(format!("unknown transform '{name}'; {valid}"))
    })?;
    // A kind that is left out is refused by its name, whatever is set.
    if let Some(feature) = kind.feature_it_lacks() {
        return Err(wrong(UsageError::left_out(name, feature).to_string()));
    }
    let settings = match value {
        Some(text) => Settings::parse(name, kind.keys, text),
        None => Settings::none(name, kind.keys),
    };
    Ok(PlannedTransform {
        spec: spec.to_owned(),
        kind,
        settings: settings.map_err(wrong)?,
    })
}

/// All kinds, as `-t help` lists them.
#[must_use]
pub fn help() -> String {
    let mut text = "Transforms: -t NAME, -t NAME=VALUE or -t NAME=key:value,key:value\n".to_owned();
    for (group, kinds) in groups() {
        let _ = write!(text, "\n{}:\n", group.name());
        for kind in kinds {
            let _ = writeln!(text, "  {:12} {}", kind.name, kind.help);
            for key in kind.keys {
                let _ = writeln!(text, "  {:12}   {}", "", kind.line(key));
            }
        }
    }
    text
}
