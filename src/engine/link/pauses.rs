//! When the source was paused.

use super::stops::Stops;
use crate::account::span::{Joins, Span, Spans};
use std::time::Duration;

/// Spans that are remembered of the pauses: 128 KiB.
pub(crate) const MOST_PAUSES: usize = 1 << 11;

/// Pauses in a span of time: one, or several short ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PauseTotals {
    /// How many began in it.
    pub pauses: u64,
    /// How many drains there were.
    pub drains: u64,
    /// For how much of it the source was paused.
    pub paused: Duration,
}

impl PauseTotals {
    /// All pauses so far, without the time of one that goes on.
    pub(super) fn of(pauses: &Stops) -> Self {
        Self {
            pauses: pauses.count,
            drains: pauses.drains,
            paused: pauses.time,
        }
    }

    /// What has been added since `earlier`.
    fn since(&self, earlier: &Self) -> Self {
        Self {
            pauses: self.pauses.saturating_sub(earlier.pauses),
            drains: self.drains.saturating_sub(earlier.drains),
            paused: self.paused.saturating_sub(earlier.paused),
        }
    }
}

impl Joins for PauseTotals {
    fn continues_as(&self, _: &Self) -> bool {
        false
    }

    fn join(&mut self, next: &Self) {
        self.pauses += next.pauses;
        self.drains += next.drains;
        self.paused += next.paused;
    }
}

/// When there was a pause. Totals are counted at every pause anyway, so that a span of many short pauses is the
/// difference of two totals, and costs nothing for each of them.
#[derive(Debug)]
pub(super) struct PauseList {
    spans: Spans<PauseTotals>,
    /// From the first to the last pause that is not in `spans` yet, and the totals before them.
    begun: Option<(Duration, Duration)>,
    counted: PauseTotals,
}

impl PauseList {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            spans: Spans::new(MOST_PAUSES),
            begun: None,
            counted: PauseTotals::default(),
        }
    }

    /// A pause is over, by a drain or not. `counted` are the totals with it.
    pub(super) fn add(
        &mut self,
        since: Duration,
        now: Duration,
        drained: bool,
        counted: &PauseTotals,
    ) {
        match &mut self.begun {
            Some((from, to)) if now.saturating_sub(*from) <= self.spans.grain() => *to = now,
            _ => {
                let before = counted.since(&PauseTotals {
                    pauses: 1,
                    drains: u64::from(drained),
                    paused: now.saturating_sub(since),
                });
                self.close_span(&before);
                (self.begun, self.counted) = (Some((since, now)), before);
            }
        }
    }

    /// All of them. `counted` are the totals.
    pub(super) fn finish(mut self, counted: &PauseTotals) -> Vec<Span<PauseTotals>> {
        self.close_span(counted);
        self.spans.into_list()
    }

    /// Moves the pauses that are not in `spans` yet into it.
    fn close_span(&mut self, counted: &PauseTotals) {
        if let Some((from, to)) = self.begun.take() {
            self.spans.push(Span {
                from,
                to,
                what: counted.since(&self.counted),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_PAUSES, PauseList, PauseTotals};
    use crate::account::span::Joins;
    use std::time::Duration;

    const MICRO: Duration = Duration::from_micros(1);

    /// Pauses of `length`, each that long after the one before, and what they come to.
    fn pauses(count: u32, length: Duration) -> (PauseList, PauseTotals) {
        let (mut list, mut counted) = (PauseList::new(), PauseTotals::default());
        for n in 0..count {
            let since = length * 2 * n;
            counted.join(&PauseTotals {
                pauses: 1,
                drains: 1,
                paused: length,
            });
            list.add(since, since + length, true, &counted);
        }
        (list, counted)
    }

    #[test]
    fn few_pauses_are_told_one_by_one() {
        let (list, counted) = pauses(100, MICRO);
        let list = list.finish(&counted);
        assert_eq!(list.len(), 100);
        assert!(list.iter().all(|it| it.length() == MICRO));
        assert!(list.iter().all(|it| it.what.paused == MICRO));
    }

    #[test]
    fn many_pauses_are_few_spans_and_none_is_lost() {
        let (list, counted) = pauses(100_000, MICRO * 3);
        let list = list.finish(&counted);
        assert!(list.len() <= MOST_PAUSES, "{}", list.len());
        assert!(list.windows(2).all(|two| two[0].to <= two[1].from));
        let mut sum = PauseTotals::default();
        for span in &list {
            assert!(span.what.paused <= span.length());
            sum.join(&span.what);
        }
        assert_eq!(sum, counted);
    }
}
