//! The input of a case: marks, chunk lengths and how the scripted ends behave.

use serde::Deserialize;

/// One scenario file. Fields that only describe it (`name`, `tags`, `note`) are not read.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scenario {
    pub(crate) read_high_water_mark: u64,
    /// Chunk lengths in order, one per request.
    pub(crate) source: Vec<u64>,
    /// Earliest tick of each item and of end-of-file; empty means that all are there from the start.
    #[serde(default)]
    pub(crate) arrivals: Vec<u64>,
    /// Ticks between a request and its answer.
    #[serde(default)]
    pub(crate) read_delay: u64,
    pub(crate) transform: Option<TransformSpec>,
    /// The first sink's fields stand at the top level of the file.
    #[serde(flatten)]
    pub(crate) sink: SinkSpec,
    pub(crate) tee: Option<SinkSpec>,
}

/// A sink: the main one and the second one of a tee are described alike.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SinkSpec {
    pub(crate) write_high_water_mark: u64,
    #[serde(rename = "sink")]
    pub(crate) mode: SinkMode,
    /// Delays of a manual sink, used over and over; a negative one never completes.
    #[serde(default)]
    pub(crate) schedule: Vec<i64>,
    #[serde(default)]
    pub(crate) writev: bool,
}

/// When a sink completes what it accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SinkMode {
    Sync,
    NextTick,
    Manual,
}

/// The transform between source and sinks.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransformSpec {
    pub(crate) kind: TransformKind,
    pub(crate) readable_high_water_mark: u64,
    pub(crate) writable_high_water_mark: u64,
}

/// How long the output of one input chunk is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransformKind {
    Identity,
    Double,
    Half,
}

impl TransformKind {
    pub(crate) fn output(self, input: u64) -> u64 {
        match self {
            Self::Identity => input,
            Self::Double => 2 * input,
            Self::Half => input / 2,
        }
    }
}

impl Scenario {
    /// Reads a scenario and refuses one the machine could not play.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let scenario: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let items = scenario.source.len() + 1;
        if !scenario.arrivals.is_empty() && scenario.arrivals.len() != items {
            return Err(format!(
                "{} arrivals for {items} items",
                scenario.arrivals.len()
            ));
        }
        for sink in [Some(&scenario.sink), scenario.tee.as_ref()]
            .into_iter()
            .flatten()
        {
            if sink.mode == SinkMode::Manual && sink.schedule.is_empty() {
                return Err("a manual sink without a schedule".to_owned());
            }
        }
        Ok(scenario)
    }
}
