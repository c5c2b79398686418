//! One run's measurements.

use serde::Serialize;

use crate::harness::timing::Timing;

/// The measurements of one run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    /// Bytes that arrived at the receiving end.
    pub(crate) bytes: u64,
    /// What it took.
    #[serde(flatten)]
    pub(crate) timing: Timing,
    /// Peak resident memory, where the route asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peak_kib: Option<u64>,
    /// Every single message's way through, where the route asks for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) latencies_us: Vec<f64>,
}

impl Sample {
    /// The sample of a run that delivered `bytes`.
    pub(crate) fn new(bytes: u64, timing: Timing) -> Self {
        Self {
            bytes,
            timing,
            peak_kib: None,
            latencies_us: Vec::new(),
        }
    }
}
