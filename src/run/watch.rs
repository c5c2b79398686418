//! Watches over a running transfer: its stages, the signals, the samples, and a peer that lets nothing move.

use super::{Outcome, Transfer, lost};
use crate::display::{self, Bar};
use crate::error::{Class, Side, TransferError};
use crate::meter::{Meter, Phase};
use crate::report;
use crate::road::{ReaderEnd, Running, WriterEnd};
use crate::signal::Event;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until};

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
    let mut samples = interval(transfer.plan.interval);
    samples.set_missed_tick_behavior(MissedTickBehavior::Delay);
    samples.tick().await;
    let bar = transfer.plan.live.then(|| Bar::new(transfer.size));
    let mut drawings = interval(display::BAR_INTERVAL);
    drawings.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
