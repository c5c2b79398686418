//! What happened when, in a bounded number of spans: as the list gets full, short spans are joined with what follows
//! them, while long ones keep their borders. Nothing is dropped.

use std::time::Duration;

/// The grain at which joining begins.
const FIRST_GRAIN: Duration = Duration::from_micros(1);

/// What can be said of a span of time, and of two spans together.
pub trait Joins {
    /// Whether `next`, which follows directly, is the same going on, so that one span holds both.
    fn continues_as(&self, next: &Self) -> bool;

    /// Adds what happened in the next span to this one.
    fn join(&mut self, next: &Self);
}

/// What happened between two moments.
#[derive(Debug, Clone, PartialEq)]
pub struct Span<T> {
    /// Its beginning.
    pub from: Duration,
    /// Its end.
    pub to: Duration,
    /// What it was.
    pub what: T,
}

impl<T> Span<T> {
    /// How long it took.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// Spans in their order, never more than a given number.
#[derive(Debug, Clone)]
pub struct Spans<T> {
    list: Vec<Span<T>>,
    most: usize,
    /// Neighbours that are together no longer than this have been joined.
    grain: Duration,
}

impl<T: Joins> Spans<T> {
    /// None yet, and never more than `most`, which is at least 2.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            list: Vec::new(),
            most: most.max(2),
            grain: Duration::ZERO,
        }
    }

    /// How many there may be.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// The spans, in their order.
    #[must_use]
    pub fn list(&self) -> &[Span<T>] {
        &self.list
    }

    /// The same, as a list of their own.
    #[must_use]
    pub fn into_list(self) -> Vec<Span<T>> {
        self.list
    }

    /// The last span, to be corrected.
    pub fn last_mut(&mut self) -> Option<&mut Span<T>> {
        self.list.last_mut()
    }

    /// Spans shorter than this are no longer told apart.
    #[must_use]
    pub fn grain(&self) -> Duration {
        self.grain
    }

    /// Adds a span that comes after all others.
    pub fn push(&mut self, span: Span<T>) {
        if let Some(last) = self.list.last_mut() {
            let is_short = span.to.saturating_sub(last.from) <= self.grain;
            if is_short || last.to == span.from && last.what.continues_as(&span.what) {
                last.extend(&span);
                return;
            }
        }
        if self.list.len() == self.most {
            self.make_room();
        }
        self.list.push(span);
    }

    /// Joins ever longer neighbours until half of the list is free.
    fn make_room(&mut self) {
        self.join();
        while self.list.len() > self.most / 2 {
            self.grain = (self.grain * 2).max(FIRST_GRAIN);
            self.join();
        }
    }

    fn join(&mut self) {
        let grain = self.grain;
        self.list.dedup_by(|span, last| {
            let is_short = span.to.saturating_sub(last.from) <= grain;
            if is_short {
                last.extend(span);
            }
            is_short
        });
    }
}

impl<T: Joins> Span<T> {
    fn extend(&mut self, next: &Self) {
        self.to = next.to;
        self.what.join(&next.what);
    }
}

#[cfg(test)]
mod tests {
    use super::{Joins, Span, Spans};
    use proptest::prelude::*;
    use std::time::Duration;

    /// How often, and how long in all.
    #[derive(Debug, Clone, PartialEq)]
    struct Tally(u64, Duration);

    impl Joins for Tally {
        fn continues_as(&self, _: &Self) -> bool {
            false
        }

        fn join(&mut self, next: &Self) {
            self.0 += next.0;
            self.1 += next.1;
        }
    }

    fn span(from: u64, to: u64) -> Span<Tally> {
        let (from, to) = (Duration::from_micros(from), Duration::from_micros(to));
        Span {
            from,
            to,
            what: Tally(1, to.saturating_sub(from)),
        }
    }

    #[test]
    fn a_long_span_keeps_its_borders_among_any_number_of_short_ones() {
        let mut spans = Spans::new(64);
        let long = span(1_000_000, 9_000_000);
        for n in 0..1000 {
            spans.push(span(n * 100, n * 100 + 50));
        }
        spans.push(long.clone());
        for n in 0..1000 {
            spans.push(span(10_000_000 + n * 100, 10_000_000 + n * 100 + 50));
        }
        assert!(spans.list().contains(&long), "{:?}", spans.list());
    }

    proptest! {
        #[test]
        fn however_many_there_are_they_are_few_and_nothing_is_lost(
            lengths in prop::collection::vec((0u64..5000, 0u64..5000), 1..2000), most in 2usize..100
        ) {
            let mut spans = Spans::new(most);
            let (mut at, mut time) = (0, Duration::ZERO);
            for (gap, length) in &lengths {
                let span = span(at + gap, at + gap + length);
                at += gap + length;
                time += span.length();
                spans.push(span);
            }
            let list = spans.list();
            prop_assert!(list.len() <= most);
            prop_assert_eq!(list.iter().map(|it| it.what.0).sum::<u64>(), lengths.len() as u64);
            prop_assert_eq!(list.iter().map(|it| it.what.1).sum::<Duration>(), time);
            prop_assert!(list.windows(2).all(|two| two[0].to <= two[1].from));
        }
    }
}
