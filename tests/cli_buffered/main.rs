//! The tests of `tests/cli` that move bytes, once more: on the buffered road, which the kernel road would else stand in
//! front of wherever both ends allow it. What only draws, or moves nothing, is not here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it passes over"
)]
#![allow(
    dead_code,
    reason = "some words of the tests' language are for tests of the other target alone"
)]

/// What `TIDEGATE_ROAD` is for every command, unless a test says otherwise.
pub(crate) const ROAD: &str = "buffered";

#[path = "../cli/beside.rs"]
mod beside;
#[path = "../cli/callers.rs"]
mod callers;
#[path = "../cli/control.rs"]
mod control;
#[path = "../cli/empty.rs"]
mod empty;
#[path = "../cli/endings.rs"]
mod endings;
#[path = "../cli/endpoints.rs"]
mod endpoints;
#[path = "../cli/figures.rs"]
mod figures;
#[path = "../cli/files.rs"]
mod files;
#[path = "../cli/first_process.rs"]
mod first_process;
#[path = "../cli/flow.rs"]
mod flow;
#[path = "../cli/held.rs"]
mod held;
#[path = "../cli/inherited.rs"]
mod inherited;
#[path = "../cli/insight.rs"]
mod insight;
#[path = "../cli/jobs.rs"]
mod jobs;
#[path = "../cli/lengths.rs"]
mod lengths;
#[path = "../cli/limits.rs"]
mod limits;
#[path = "../cli/live.rs"]
mod live;
#[path = "../cli/machine.rs"]
mod machine;
#[path = "../cli/messages.rs"]
mod messages;
#[path = "../cli/network.rs"]
mod network;
#[path = "../cli/outcomes.rs"]
mod outcomes;
#[path = "../cli/pairs.rs"]
mod pairs;
#[path = "../cli/peer.rs"]
mod peer;
#[path = "../cli/progress.rs"]
mod progress;
#[path = "../cli/rate.rs"]
mod rate;
#[path = "../cli/real_peers.rs"]
mod real_peers;
#[path = "../cli/receiving.rs"]
mod receiving;
#[path = "../cli/screen.rs"]
mod screen;
#[path = "../cli/scripted.rs"]
mod scripted;
#[path = "../cli/signals.rs"]
mod signals;
#[path = "../cli/small.rs"]
mod small;
#[path = "../cli/smoke.rs"]
mod smoke;
#[path = "../cli/sparse.rs"]
mod sparse;
#[path = "../cli/stats.rs"]
mod stats;
#[path = "../cli/stops.rs"]
mod stops;
#[path = "../cli/telling.rs"]
mod telling;
#[path = "../cli/tide.rs"]
mod tide;
#[path = "../cli/trace.rs"]
mod trace;
#[path = "../cli/vanishing.rs"]
mod vanishing;
#[path = "../cli/verdict.rs"]
mod verdict;
#[path = "../cli/view.rs"]
mod view;

use crate::tide::{Scratch, noise};

#[test]
fn this_is_the_buffered_road() {
    let it = Scratch::new();
    it.write("in", noise(100_000));
    for line in [
        "$T --stats s in out",
        "$T --stats s - null: <in",
        "cat in | $T --stats s | cat >out",
    ] {
        it.sh(line).run().succeeds();
        assert_eq!(it.end_of("s")["road"], "buffered", "{line}");
    }
}
