//! Watches over a running transfer: its stages, the signals, the samples, and a peer that lets nothing move.

use super::Outcome;
use super::transfer::{GRACE, Transfer};
use crate::account::clock::Clock;
use crate::account::meter::Meter;
use crate::account::phase::Phase;
use crate::engine::road::{ReaderEnd, RunningRoad, WriterEnd};
use crate::error::{Class, Side, TransferError};
use crate::session::signal::{self, Event};
use crate::show::{self, Display};
use std::io;
use std::time::Duration;
use tokio::sync::oneshot::{self, error::RecvError};
use tokio::time::{Interval, MissedTickBehavior, interval_at, sleep, timeout};

/// Longer than any transfer.
const FAR_AWAY: Duration = Duration::from_secs(86_400 * 365);

/// Time between two notes of how things stand, which nobody may have a reason to make otherwise.
const NOTES: Duration = Duration::from_millis(100);

/// A transfer that is over by then is not watched at all: to heed stops takes a thread, and one is not stopped so soon.
const SOON: Duration = Duration::from_millis(10);

/// Why there is nothing to watch any more.
pub(super) enum Stopped {
    /// The writer came to its end.
    Written(WriterEnd),
    /// The transfer is to be given up, with this outcome.
    GivenUp(Outcome),
}

/// Watches until the writer ends or the transfer is to be given up. The reader's end is noted on the way.
pub(super) async fn watch(
    transfer: &mut Transfer,
    running: &mut RunningRoad,
    read: &mut Option<Result<ReaderEnd, RecvError>>,
) -> Stopped {
    let show = &transfer.plan.show;
    let (mut display, drawn_every) = match show.display(transfer.terminals, &transfer.stderr) {
        Some((display, interval)) => (Some(display), interval),
        None => (None, FAR_AWAY),
    };
    let mut drawings = every(drawn_every);
    let mut samples = every(show.record_interval());
    let mut notes = every_from(SOON, NOTES);
    let (meter, limit) = (transfer.meter.clone(), transfer.plan.flow.idle_timeout);
    let idle = idle(&meter, limit);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            biased;
            end = &mut running.writer => return Stopped::Written(lost(end)),
            Ok(()) = running.taken.changed() => {
                let taken = *running.taken.borrow_and_update();
                transfer.set_out(taken);
            }
            // Of one that is lost the writer hears, who says what has become of it.
            end = &mut running.reader, if read.is_none() => *read = Some(end),
            event = transfer.signals.next() => match event {
                Event::End(number) => return Stopped::GivenUp(Outcome::Interrupted(number)),
                Event::Status => tell_status(transfer, display.as_deref_mut()),
                Event::Stop => stop(transfer, display.as_deref_mut()).await,
                Event::Continued => continued(&transfer.clock),
            },
            _ = notes.tick() => {
                // It takes a thread, and those of the road come first.
                if transfer.taken.is_some() {
                    transfer.clock.heed_stops();
                }
                meter.note();
                if display.is_some() && drawn_every > NOTES {
                    // The rate that is shown is that of the last second, however seldom it is shown.
                    transfer.glance();
                }
            }
            _ = drawings.tick(), if display.is_some() => if let Some(display) = &mut display {
                display.draw(&transfer.glance());
            },
            phase = &mut idle => return Stopped::GivenUp(stalled(transfer, phase)),
            _ = samples.tick(), if !transfer.side_files.stats.is_empty() && transfer.taken.is_some() => {
                let sample = transfer.look();
                for stats in &transfer.side_files.stats {
                    stats.sample(&sample);
                }
            }
        }
    }
}

/// What the writer left when it panicked, which it reports by not reporting.
fn lost(end: Result<WriterEnd, oneshot::error::RecvError>) -> WriterEnd {
    end.unwrap_or_else(|_| WriterEnd::Failed {
        act: "writing to",
        error: io::Error::other("the writer stopped without a word; this is a bug"),
        downstream: false,
    })
}

fn tell_status(transfer: &mut Transfer, display: Option<&mut (dyn Display + 'static)>) {
    let line = show::status(&transfer.glance());
    if let Some(display) = display {
        display.clear();
    }
    transfer.note(&line);
}

/// Lets the shell have its terminal until we are told to go on.
async fn stop(transfer: &Transfer, display: Option<&mut (dyn Display + 'static)>) {
    if let Some(display) = display {
        display.clear();
        // A terminal that is held keeps what it shows.
        let _ = timeout(GRACE, transfer.stderr.flushed()).await;
    }
    signal::stop();
    continued(&transfer.clock);
}

/// We were stopped, and that is over. The clock finds out when the stop began; whoever looks at it first, when it ended.
fn continued(clock: &Clock) {
    let _ = clock.now();
}

/// Ticks after each `period`; the first tick is a period away.
fn every(period: Duration) -> Interval {
    every_from(period, period)
}

/// The same, but for the first tick.
fn every_from(first: Duration, period: Duration) -> Interval {
    let (first, period) = (first.min(FAR_AWAY), period.min(FAR_AWAY));
    let mut ticks = interval_at(tokio::time::Instant::now() + first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Resolves when a peer has let nothing move for `limit`.
async fn idle(meter: &Meter, limit: Option<Duration>) -> Phase {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        match meter.idle() {
            Some((idle, phase)) if idle >= limit => return phase,
            Some((idle, _)) => sleep(limit.saturating_sub(idle)).await,
            // Nobody is to blame now; that may change.
            None => sleep(limit.min(Duration::from_millis(100))).await,
        }
    }
}

fn stalled(transfer: &Transfer, phase: Phase) -> Outcome {
    let limit = transfer.plan.flow.idle_timeout.unwrap_or_default();
    let (side, uri) = match phase {
        Phase::Source => (Side::Source, &transfer.plan.source.uri),
        _ => (Side::Sink, &transfer.plan.sink.uri),
    };
    let why = format!(
        "nothing moved for {} (--idle-timeout)",
        humantime::format_duration(limit)
    );
    Outcome::Failed(TransferError::at_end(
        Class::Timeout,
        side,
        "waiting for",
        uri,
        anyhow::Error::msg(why),
    ))
}
