//! Watches over a running transfer: its stages, the signals, the samples, and a peer that lets nothing move.

use super::Outcome;
use super::announce::Announcer;
use super::patience::Patience;
use super::sources::Supply;
use super::transfer::{GRACE, Transfer};
use crate::account::clock::Clock;
use crate::account::meter::Meter;
use crate::endpoint::EndId;
use crate::engine::pipeline::{End, Event, Handle};
use crate::engine::road::GivenUp;
use crate::session::signal::{self, Event as Signal};
use crate::show::Display;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval_at, sleep, timeout};

/// An interval that no transfer outlasts.
const NEVER: Duration = Duration::from_secs(86_400 * 365);

/// Time between two notes of the meter, which has to look at connections even when no bytes move.
const NOTE_INTERVAL: Duration = Duration::from_millis(100);

/// Time before the first of them, and before a thread is started that heeds stops: a transfer that ends within it is spared
/// both.
const FIRST_NOTE: Duration = Duration::from_millis(10);

/// Why there is nothing to watch any more.
pub(super) enum WatchEnd {
    /// The pipeline has ended.
    Ended(End),
    /// The transfer is to be given up, with this outcome.
    GivenUp(Outcome),
}

/// Watches until the pipeline ends or the transfer is to be given up.
pub(super) async fn watch(transfer: &mut Transfer, pipeline: &mut Handle) -> WatchEnd {
    let show = &transfer.plan.show;
    let (mut display, drawn_every) =
        match show.display(transfer.terminals, transfer.route.clone(), &transfer.stderr) {
            Some((display, interval)) => (Some(display), interval),
            None => (None, NEVER),
        };
    let mut drawings = every(drawn_every);
    let mut samples = every(show.record_interval());
    let mut notes = every_from(FIRST_NOTE, NOTE_INTERVAL);
    let (meter, limit) = (
        Arc::clone(pipeline.controls().meter()),
        transfer.plan.flow.idle_timeout,
    );
    let controls = pipeline.controls().clone();
    let mut patience = Patience::new(&transfer.plan);
    let plan = Rc::clone(&transfer.plan);
    let program_stderr = Rc::clone(&transfer.program_stderr);
    let awaited = transfer.steering.awaited();
    let announcer = Announcer::new(&plan, &transfer.stderr, &program_stderr, awaited);
    let mut supply = Supply::new(&plan, transfer.next_source.clone(), &announcer);
    loop {
        tokio::select! {
            biased;
            event = pipeline.next() => match event {
                Event::Road(road) => transfer.note_road(road),
                Event::End(end) => return WatchEnd::Ended(end),
            },
            signal = transfer.signals.next() => match signal {
                Signal::End(number) => return WatchEnd::GivenUp(Outcome::Interrupted(number)),
                Signal::Status => tell_status(transfer, display.as_deref_mut()),
                Signal::Stop => stop(transfer, display.as_deref_mut()).await,
                Signal::Continued => continued(&transfer.clock),
            },
            supplied = supply.next() => transfer.supply(supplied, &controls, display.as_deref_mut()),
            _ = notes.tick() => {
                patience.look(&controls);
                // This takes a thread, and those of the road have to be started first.
                if transfer.road.is_some() {
                    transfer.clock.heed_stops();
                }
                meter.note();
                if drawn_every > NOTE_INTERVAL {
                    // The rate that is shown is that of the last second, however seldom it is shown.
                    drop(transfer.steering.sample_for_display());
                }
            }
            _ = drawings.tick(), if display.is_some() => if let Some(display) = &mut display {
                display.draw(&transfer.steering.sample_for_display());
            },
            end = idle(&meter, limit) => match end {
                EndId::Sink(sink) if transfer.plan.has_several_sinks() => {
                    controls.give_up_sink(sink, GivenUp::Idle);
                }
                end => return WatchEnd::GivenUp(stalled(transfer, end)),
            },
            _ = samples.tick(), if !transfer.side_files.stats.is_empty() && transfer.road.is_some() => {
                let sample = transfer.sample_for_records();
                for stats in &transfer.side_files.stats {
                    stats.sample(&sample);
                }
            }
        }
    }
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
    let mut ticks = interval_at(tokio::time::Instant::now() + first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Resolves when a peer has let nothing move for `limit`.
async fn idle(meter: &Meter, limit: Option<Duration>) -> EndId {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        match meter.idle() {
            Some((idle, end)) if idle >= limit => return end,
            Some((idle, _)) => sleep(limit.saturating_sub(idle)).await,
            // No peer is waited for now; that may change.
            None => sleep(limit.min(Duration::from_millis(100))).await,
        }
    }
}

/// The end of a transfer where the peer of this end has let nothing move for too long.
fn stalled(transfer: &Transfer, end: EndId) -> Outcome {
    let plan = &transfer.plan;
    let uri = match end {
        EndId::Source => &plan.source_at(transfer.part).uri,
        EndId::Sink(sink) => &plan.sink_at(sink).uri,
    };
    Outcome::idle(plan, end.side(), uri)
}
