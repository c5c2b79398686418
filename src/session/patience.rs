//! Gives up a sink that has held the others up for longer than its `patience` (`slow=detach`).

use crate::engine::link::ConsumerSnapshot;
use crate::engine::pipeline::Controls;
use crate::engine::road::GivenUp;
use crate::plan::Plan;
use std::time::{Duration, Instant};

/// How long each sink has held the others up, as far as that was seen.
pub(super) struct Patience {
    sinks: Vec<SinkPatience>,
}

struct SinkPatience {
    /// How long it may. `None`: as long as it takes.
    most: Option<Duration>,
    /// Which of its "stops" holds the others up, and since when.
    held: Option<(u64, Instant)>,
}

impl Patience {
    pub(super) fn new(plan: &Plan) -> Self {
        let sinks = plan.sinks().map(|it| SinkPatience {
            most: it.policy.patience,
            held: None,
        });
        Self {
            sinks: sinks.collect(),
        }
    }

    /// Looks at who holds whom up now, and gives up those that have done so for too long.
    ///
    /// A sink holds the others up as long as it has said "stop" while another one goes on: where all have stopped, none of them
    /// would have got more without it.
    pub(super) fn look(&mut self, controls: &Controls) {
        if self.sinks.iter().all(|it| it.most.is_none()) {
            return;
        }
        let (now, snapshot) = (Instant::now(), controls.meter().snapshot());
        let Some(last) = snapshot.links.last() else {
            return;
        };
        let there = |sink: usize| snapshot.sinks.get(sink).is_some_and(|it| !it.has_left);
        let goes_on = |(sink, it): (usize, &ConsumerSnapshot)| there(sink) && !it.is_stopped();
        if !last.consumers.iter().enumerate().any(goes_on) {
            self.sinks.iter_mut().for_each(|it| it.held = None);
            return;
        }
        for (sink, (patience, consumer)) in self.sinks.iter_mut().zip(&last.consumers).enumerate() {
            let stop = Some(consumer.stops).filter(|_| consumer.is_stopped() && there(sink));
            patience.held = stop.map(|stop| match patience.held {
                Some((before, since)) if before == stop => (stop, since),
                _ => (stop, now),
            });
            let held_for = patience.held.map(|(_, since)| now.duration_since(since));
            if let (Some(held_for), Some(most)) = (held_for, patience.most)
                && held_for >= most
            {
                controls.give_up_sink(sink, GivenUp::Detached);
            }
        }
    }
}
