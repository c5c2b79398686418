//! What all times say together: the ratios of tidegate and each peer, and whether they are what is wanted.

use crate::harness::stats::{best, mean};
use crate::harness::timing::Timing;
use crate::schedule::{Contender, RowResult};

/// Tidegate against one peer in all times.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    /// The row's name.
    pub(crate) row: &'static str,
    /// The peer as it was the first time.
    pub(crate) peer: &'a Contender,
    /// The peer's best wall time, in tidegate's, each time.
    pub(crate) speeds: Vec<f64>,
    /// The same of CPU times.
    pub(crate) cpus: Vec<f64>,
    /// Tidegate's output, in the peer's, each time.
    pub(crate) sizes: Vec<f64>,
    /// What `sizes` may be, where that is said.
    pub(crate) largest: Option<f64>,
}

/// Whether what is wanted was reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is wanted.
    Nothing,
    /// Something is, but has not been measured.
    NotMeasured,
    /// All of it was.
    Met,
    /// Not of these.
    Missed(Vec<&'static str>),
}

/// All comparisons, in the order of the rows, but for those of rows that were left out.
pub(crate) fn comparisons(results: &[RowResult]) -> Vec<Comparison<'_>> {
    results
        .iter()
        .filter(|row| row.time == 1 && !is_left_out(row.name, results))
        .flat_map(|row| {
            let peers = row.contenders.iter().enumerate().skip(1);
            peers.map(move |(index, peer)| compare(row, peer, index, results))
        })
        .collect()
}

/// Whether a row was left out at least once. Were it judged by the other times, it would look better than it is.
fn is_left_out(name: &str, results: &[RowResult]) -> bool {
    let mut times = results.iter().filter(|it| it.name == name);
    times.any(|it| it.left_out.is_some())
}

fn compare<'a>(
    row: &RowResult,
    peer: &'a Contender,
    index: usize,
    results: &[RowResult],
) -> Comparison<'a> {
    let measured: Vec<_> = results
        .iter()
        .filter(|it| it.name == row.name)
        .map(|it| (&it.contenders[0], &it.contenders[index]))
        .filter(|(_, theirs)| theirs.absent.is_empty())
        .collect();
    let ratios = |of: fn(&Timing) -> f64| {
        let ratio = |(ours, theirs): &(&Contender, &Contender)| theirs.best(of) / ours.best(of);
        measured.iter().map(ratio).collect()
    };
    Comparison {
        row: row.name,
        peer,
        speeds: ratios(|it| it.wall_s),
        cpus: ratios(|it| it.cpu_s),
        sizes: measured
            .iter()
            .filter_map(|(ours, theirs)| size_ratio(ours, theirs))
            .collect(),
        largest: row.largest,
    }
}

impl Comparison<'_> {
    /// Whether the averages are what is wanted, before they are rounded for the table.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.peer.wanted.is_none() && self.largest.is_none() {
            return Verdict::Nothing;
        }
        if self.speeds.is_empty() {
            return Verdict::NotMeasured;
        }
        let is_slow = self.peer.wanted.is_some_and(|it| mean(&self.speeds) < it);
        let is_large = self.largest.is_some_and(|it| mean(&self.sizes) > it);
        let missed = [("speed", is_slow), ("size", is_large)];
        let missed: Vec<_> = missed
            .into_iter()
            .filter_map(|(what, is_missed)| is_missed.then_some(what))
            .collect();
        if missed.is_empty() {
            Verdict::Met
        } else {
            Verdict::Missed(missed)
        }
    }
}

impl Contender {
    /// The smallest of a figure.
    pub(crate) fn best(&self, of: fn(&Timing) -> f64) -> f64 {
        best(self.samples.iter().map(of))
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
fn size_ratio(ours: &Contender, theirs: &Contender) -> Option<f64> {
    Some(ours.output_bytes? as f64 / theirs.output_bytes? as f64)
}
