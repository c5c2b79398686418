//! The numbers of a pipeline before there is one.

use crate::account::meter::{SinkSnapshot, Snapshot};
use crate::account::stages::StageSnapshot;
use crate::engine::link::{
    ConsumerSnapshot, LinkSnapshot, LinkState, Marks, ReadableFill, WritableFill,
};
use std::time::Duration;

/// The numbers of a pipeline that is still to be made, with these marks and transforms of these names, and has been waited for
/// so long.
#[must_use]
pub fn empty_snapshot(marks: Marks, transforms: &[&'static str], waited_for: Duration) -> Snapshot {
    let stage = |name: &&'static str| StageSnapshot {
        name,
        bytes_in: 0,
        bytes_out: 0,
        lines: None,
        blamed: Duration::ZERO,
    };
    Snapshot {
        still: waited_for,
        links: vec![empty_link(marks); transforms.len() + 1],
        stages: transforms.iter().map(stage).collect(),
        sinks: vec![SinkSnapshot::default()],
        ..Snapshot::default()
    }
}

fn empty_link(marks: Marks) -> LinkSnapshot {
    LinkSnapshot {
        state: LinkState::Flowing,
        is_ours: true,
        readable: Some(ReadableFill {
            len: 0,
            mark: marks.readable,
            max_len: 0,
            median_len: 0,
        }),
        consumers: vec![ConsumerSnapshot {
            writable: Some(WritableFill {
                len: 0,
                mark: marks.writable,
                low: marks.low,
                max_len: 0,
                median_len: 0,
            }),
            ..ConsumerSnapshot::default()
        }],
        pauses: 0,
        drains: 0,
        paused: Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::empty_snapshot;
    use crate::account::clock::Clock;
    use crate::account::meter::Meter;
    use crate::engine::link::{Chain, Marks};
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn a_pipeline_that_is_to_come_shows_what_it_shows_once_it_is_made() {
        let marks = Marks {
            readable: 100,
            writable: 200,
            low: 50,
        };
        for names in [&[][..], &["gzip", "sha256"]] {
            let clock = Arc::new(Clock::new());
            let chain = Chain::new(names, marks, &[marks.writable], 1000, &clock).unwrap();
            let mut made = Meter::new(chain, clock).snapshot();
            made.still = Duration::ZERO;
            let to_come = empty_snapshot(marks, names, Duration::ZERO);
            assert_eq!(format!("{to_come:?}"), format!("{made:?}"));
        }
    }
}
