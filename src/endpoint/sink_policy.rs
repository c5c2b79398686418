//! The options that every SINK has: its own high-water mark, and what becomes of it when it holds others up.

use super::{OptionSpec, Options, ValueKind};
use crate::endpoint::uri::Uri;
use crate::error::{Side, UsageError};
use std::time::Duration;

/// How long a SINK with `slow=detach` may hold the others up, unless asked otherwise.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(5);

const DETACH: &str = "detach";

/// The options, as they are declared.
pub const SINK_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "mark",
        value: ValueKind::Size,
        only: Some(Side::Sink),
        default: "",
        help: "the most that its own buffer may hold, instead of --write-high-water-mark",
    },
    OptionSpec {
        name: "slow",
        value: ValueKind::Word(&["block", DETACH]),
        only: Some(Side::Sink),
        default: "",
        help: "when it holds other SINKs up: block, they wait for it; detach, it is given up",
    },
    OptionSpec {
        name: "patience",
        value: ValueKind::Duration,
        only: Some(Side::Sink),
        default: "",
        help: "with slow=detach, how long it may hold them up, 5s unless given",
    },
];

/// What is asked of a SINK beside others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SinkPolicy {
    /// Its own high-water mark, in bytes.
    pub mark: Option<u64>,
    /// How long it may hold others up before it is given up. `None`: they wait for it however long that takes.
    pub patience: Option<Duration>,
    /// Whether it was said what becomes of it when it holds others up.
    pub minds_others: bool,
}

impl SinkPolicy {
    /// What the options ask for.
    ///
    /// # Errors
    /// When there is a patience that nothing follows from.
    pub(super) fn of(options: &Options, uri: &Uri) -> Result<Self, UsageError> {
        let slow = options.word("slow");
        let detaches = slow == Some(DETACH);
        let patience = options.duration("patience");
        if patience.is_some() && !detaches {
            return Err(UsageError::new(format!(
                "option 'patience' of '{uri}' needs slow=detach"
            )));
        }
        Ok(Self {
            mark: options.number("mark"),
            patience: detaches.then(|| patience.unwrap_or(DEFAULT_PATIENCE)),
            minds_others: slow.is_some(),
        })
    }
}
