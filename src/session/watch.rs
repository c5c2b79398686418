//! Watches over a running transfer: its stages, the signals, the samples, and a peer that lets nothing move.

use super::Outcome;
use super::announce::Announcer;
use super::patience::Patience;
use super::sources::Supply;
use super::transfer::{GRACE, Transfer};
use crate::account::clock::Clock;
use crate::endpoint::EndId;
use crate::engine::pipeline::{Controls, End, Event, Handle};
use crate::engine::road::GivenUp;
use crate::session::signal::{self, Event as Signal};
use crate::show::Display;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{
    Instant, Interval, MissedTickBehavior, interval_at, sleep, sleep_until, timeout,
};

/// An interval that no transfer outlasts.
const NEVER: Duration = Duration::from_secs(86_400 * 365);

/// Time between two notes of the meter, which has to look at connections even when no bytes move.
const NOTE_INTERVAL: Duration = Duration::from_millis(100);

/// Time before the first of them, and before a thread is started that heeds stops: a transfer that ends within it is spared
/// both.
const FIRST_NOTE: Duration = Duration::from_millis(10);

/// Why there is nothing to watch any more.
pub(super) enum WatchEnd {
    /// The pipelines have ended.
    Ended,
    /// The transfer is to be given up, with this outcome.
    GivenUp(Outcome),
}

/// What follows when one of the pipelines has ended.
pub(super) enum Then {
    /// The others are watched on.
    GoOn,
    /// The same, but no longer than for the grace of stages that were told to give up.
    GoOnBriefly,
    /// Nothing is watched any more.
    Stop,
}

/// Watches the pipelines, one for each direction, until they have ended or the transfer is to be given up. `ended` is told how each
/// of them has ended.
pub(super) async fn watch(
    transfer: &mut Transfer,
    pipelines: &mut [Handle],
    mut ended: impl FnMut(&mut Transfer, usize, End) -> Then,
) -> WatchEnd {
    let show = &transfer.plan.show;
    let (mut display, drawn_every) =
        match show.display(transfer.terminals, transfer.route.clone(), &transfer.stderr) {
            Some((display, interval)) => (Some(display), interval),
            None => (None, NEVER),
        };
    let mut drawings = every(drawn_every);
    let mut samples = every(show.record_interval());
    let mut notes = every_from(FIRST_NOTE, NOTE_INTERVAL);
    let limit = transfer.plan.flow.idle_timeout;
    let controls: Vec<_> = pipelines.iter().map(|it| it.controls().clone()).collect();
    let mut running: Vec<_> = (0..pipelines.len()).collect();
    let mut until = None;
    let mut patience = Patience::new(&transfer.plan);
    let plan = Rc::clone(&transfer.plan);
    let program_stderr = Rc::clone(&transfer.program_stderr);
    let awaited = transfer.steering.awaited();
    let announcer = Announcer::new(&plan, &transfer.stderr, &program_stderr, awaited);
    let mut supply = Supply::new(&plan, transfer.next_source.clone(), &announcer);
    loop {
        tokio::select! {
            biased;
            (place, event) = next_event(pipelines, &running) => match event {
                Event::Road(road) => transfer.note_road(place, road),
                Event::End(end) => {
                    running.retain(|it| *it != place);
                    match ended(transfer, place, end) {
                        Then::Stop => return WatchEnd::Ended,
                        Then::GoOn => {}
                        Then::GoOnBriefly => until = Some(Instant::now() + GRACE),
                    }
                    if running.is_empty() {
                        return WatchEnd::Ended;
                    }
                }
            },
            () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                return WatchEnd::Ended;
            }
            signal = transfer.signals.next() => match signal {
                Signal::End(number) => return WatchEnd::GivenUp(Outcome::Interrupted(number)),
                Signal::Status => tell_status(transfer, display.as_deref_mut()),
                Signal::Stop => stop(transfer, display.as_deref_mut()).await,
                Signal::Continued => continued(&transfer.clock),
            },
            supplied = supply.next() => {
                transfer.supply(supplied, &controls[0], display.as_deref_mut());
            }
            _ = notes.tick() => {
                patience.look(&controls[0]);
                // This takes a thread, and those of the road have to be started first.
                if transfer.has_a_road() {
                    transfer.clock.heed_stops();
                }
                for direction in &controls {
                    direction.meter().note();
                }
                if drawn_every > NOTE_INTERVAL {
                    // The rate that is shown is that of the last second, however seldom it is shown.
                    drop(transfer.steering.samples_for_display());
                }
            }
            _ = drawings.tick(), if display.is_some() => if let Some(display) = &mut display {
                display.draw(&transfer.steering.samples_for_display());
            },
            (place, end) = idle(&controls, &running, limit) => match end {
                EndId::Sink(sink) if transfer.plan.has_several_sinks() => {
                    controls[0].give_up_sink(sink, GivenUp::Idle);
                }
                end => return WatchEnd::GivenUp(stalled(transfer, place, end)),
            },
            _ = samples.tick(), if !transfer.side_files.stats.is_empty() && transfer.has_a_road() => {
                let samples = transfer.samples_for_records();
                for stats in &transfer.side_files.stats {
                    for sample in &samples {
                        stats.sample(sample);
                    }
                }
            }
        }
    }
}

/// The next event of those pipelines that are running.
async fn next_event(pipelines: &mut [Handle], running: &[usize]) -> (usize, Event) {
    poll_fn(|context| {
        for place in running {
            if let Poll::Ready(event) = pin!(pipelines[*place].next()).poll(context) {
                return Poll::Ready((*place, event));
            }
        }
        Poll::Pending
    })
    .await
}

fn tell_status(transfer: &Transfer, display: Option<&mut (dyn Display + 'static)>) {
    let line = transfer.steering.status();
    if let Some(display) = display {
        display.clear();
    }
    transfer.stderr.note(&line);
}

/// Clears the display and stops the process, until it is continued.
async fn stop(transfer: &Transfer, display: Option<&mut (dyn Display + 'static)>) {
    if let Some(display) = display {
        display.clear();
        // A terminal that is held (^S) is waited for only so long, and keeps what it shows.
        let _ = timeout(GRACE, transfer.stderr.flushed()).await;
    }
    signal::stop();
    continued(&transfer.clock);
}

/// The process goes on after a stop. The clock has noticed when the stop began, and takes the first look at it for the end.
fn continued(clock: &Clock) {
    let _ = clock.now();
}

/// Ticks after each `period`; the first tick is a period away.
fn every(period: Duration) -> Interval {
    every_from(period, period)
}

/// Ticks after `first`, and from then on after each `period`.
fn every_from(first: Duration, period: Duration) -> Interval {
    let (first, period) = (first.min(NEVER), period.min(NEVER));
    let mut ticks = interval_at(Instant::now() + first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Resolves when peers have let nothing move for `limit`, in no direction. Returns the direction and the end that has been
/// waited for least long.
async fn idle(controls: &[Controls], running: &[usize], limit: Option<Duration>) -> (usize, EndId) {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        let idle = running.iter().map(|place| {
            let (still, end) = controls[*place].meter().idle()?;
            Some((still, (*place, end)))
        });
        let idle: Option<Vec<_>> = idle.collect();
        let shortest = idle.and_then(|all| all.into_iter().min_by_key(|(still, _)| *still));
        match shortest {
            Some((still, end)) if still >= limit => return end,
            Some((still, _)) => sleep(limit.saturating_sub(still)).await,
            // In some direction no peer is waited for now; that may change.
            None => sleep(limit.min(Duration::from_millis(100))).await,
        }
    }
}

/// The end of a transfer where the peer of this end has let nothing move for too long.
fn stalled(transfer: &Transfer, place: usize, end: EndId) -> Outcome {
    let plan = &transfer.lanes[place].plan;
    let uri = match end {
        EndId::Source => &plan.source_at(transfer.part).uri,
        EndId::Sink(sink) => &plan.sink_at(sink).uri,
    };
    Outcome::idle(plan, end.side(), uri)
}
