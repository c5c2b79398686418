//! The output of a run: the event log, and the counters that follow from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A stream of the scenario. A transform's two halves share one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Name {
    Source,
    Transform,
    Sink,
    Sink2,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) t: u64,
    pub(crate) on: Name,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened, with the values that belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ev", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub(crate) enum What {
    Write {
        len: u64,
        ret: bool,
        writable_length: u64,
    },
    Pause,
    Resume,
    Drain,
    End,
    Finish,
    Read {
        readable_length: u64,
    },
    /// Without a length it is end-of-file.
    Push {
        len: Option<u64>,
        ret: bool,
        readable_length: u64,
    },
    Begin {
        len: u64,
        chunks: usize,
    },
    Done {
        len: u64,
    },
}

impl Event {
    /// Whether an application could have seen this event.
    pub(crate) fn is_core(&self) -> bool {
        !matches!(
            self.what,
            What::Read { .. } | What::Push { .. } | What::Begin { .. } | What::Done { .. }
        )
    }
}

/// What a run comes to: the content of an expected file.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) finished: bool,
    pub(crate) last_tick: u64,
    pub(crate) counters: Counters,
    pub(crate) others: BTreeMap<Name, Counters>,
    pub(crate) events: Vec<Event>,
}

/// The sums of one writable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counters {
    pub(crate) bytes: u64,
    pub(crate) writes: u64,
    pub(crate) pauses: u64,
    pub(crate) drains: u64,
    pub(crate) max_writable_length: u64,
}

impl Counters {
    /// Counts for the writable `name` that the readable `feeder` is piped to, from nothing but the log.
    pub(crate) fn of(events: &[Event], name: Name, feeder: Name) -> Self {
        let mut counters = Self::default();
        for event in events {
            match event.what {
                What::Write {
                    len,
                    writable_length,
                    ..
                } if event.on == name => {
                    counters.writes += 1;
                    counters.bytes += len;
                    counters.max_writable_length =
                        counters.max_writable_length.max(writable_length);
                }
                What::Drain if event.on == name => counters.drains += 1,
                What::Pause if event.on == feeder => counters.pauses += 1,
                _ => {}
            }
        }
        counters
    }
}
