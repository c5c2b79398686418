//! Watches over a running transfer: its stages, the signals, the samples, and a peer that lets nothing move.

use super::{Outcome, Transfer, lost};
use crate::display::{self, Bar};
use crate::error::{Class, Side, TransferError};
use crate::meter::{Meter, Phase};
use crate::report;
use crate::road::{ReaderEnd, Running, WriterEnd};
use crate::signal::Event;
use std::time::{Duration, Instant};
use tokio::time::{Interval, MissedTickBehavior, interval_at, sleep, sleep_until};

/// Longer than any transfer.
const FAR_AWAY: Duration = Duration::from_secs(86_400 * 365);

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
    running: &mut Running,
    read: &mut Option<ReaderEnd>,
) -> Stopped {
    let mut samples = every(transfer.plan.interval);
    let bar = transfer.plan.live.then(|| Bar::new(transfer.size));
    let mut drawings = every(display::BAR_INTERVAL);
    let (meter, limit) = (transfer.meter.clone(), transfer.plan.flow.idle_timeout);
    let idle = idle(&meter, limit);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            biased;
            end = &mut running.writer => return Stopped::Written(lost(end)),
            end = &mut running.reader, if read.is_none() => match end {
                Ok(end) => *read = Some(end),
                Err(_) => return Stopped::GivenUp(reader_lost(transfer)),
            },
            event = transfer.signals.next() => match event {
                Event::End(number) => return Stopped::GivenUp(Outcome::Interrupted(number)),
                Event::Status => {
                    let line = display::status(&transfer.glance());
                    match &bar {
                        Some(bar) => bar.say_above(|| report::say(&line)),
                        None => report::say(&line),
                    }
                }
            },
            _ = drawings.tick(), if bar.is_some() => if let Some(bar) = &bar {
                bar.draw(&transfer.glance());
            },
            phase = &mut idle => return Stopped::GivenUp(stalled(transfer, phase)),
            _ = samples.tick(), if transfer.stats.is_some() => {
                let sample = transfer.look();
                if let Some(stats) = &transfer.stats {
                    stats.sample(&sample);
                }
            }
        }
    }
}

/// Ticks after each `period`; the first tick is a period away.
fn every(period: Duration) -> Interval {
    let start = tokio::time::Instant::now();
    // A period beyond the end of time never ticks, which is what was asked for.
    let first = start.checked_add(period).unwrap_or(start + FAR_AWAY);
    let mut ticks = interval_at(first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Resolves when a peer has let nothing move for `limit`.
async fn idle(meter: &Meter, limit: Option<Duration>) -> Phase {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        match meter
            .idle_since()
            .map(|(since, phase)| (since.checked_add(limit), phase))
        {
            Some((Some(until), phase)) if until <= Instant::now() => return phase,
            Some((Some(until), _)) => sleep_until(until.into()).await,
            // Nobody is to blame now; that may change.
            _ => sleep(limit.min(Duration::from_millis(100))).await,
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

fn reader_lost(transfer: &Transfer) -> Outcome {
    let error = std::io::Error::other("the reader stopped without a word; this is a bug");
    Outcome::Failed(TransferError::io(
        Side::Source,
        "reading",
        &transfer.plan.source.uri,
        &error,
    ))
}
