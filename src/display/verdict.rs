//! The verdict: what binds a flow, by how much, on whose account, and whether another buffer would have helped.

use super::sample::{Sample, Stretch};
use super::words::{size, time};
use crate::connection::Blame;
use crate::endpoint::Seen;
use crate::phase::Phase;
use crate::replay::Lesson;
use std::time::Duration;

/// A shorter transfer leaves nothing to be said about where it was stuck.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// Less than this, as a part of the time, is not worth a word.
const NOTHING: f64 = 0.05;

/// Two words and a number: `sink-bound 91%`.
pub(super) fn verdict(stretch: &Stretch) -> String {
    match stretch.waits.bound_by() {
        Some(phase) => format!("{}-bound {}", phase.name(), percent(stretch.share(phase))),
        None => format!("moving {}", percent(stretch.share(Phase::Moving))),
    }
}

/// A part of the whole, from 0 to 1, in whole percent.
pub(super) fn percent(part: f64) -> String {
    format!("{:.0}%", part * 100.0)
}

/// Who is slow, where the flow is bound by anybody: the end of a sentence that begins with the verdict.
pub(super) fn culprit(sample: &Sample, stretch: &Stretch) -> Option<&'static str> {
    let ends = &sample.now.ends;
    Some(match stretch.waits.bound_by()? {
        Phase::Source => match ends.source {
            Seen::Connection(_) => "the remote sender or the network is slow",
            Seen::Pipe => "whoever writes into the pipe is slow",
            Seen::File => "reading the file is slow",
            Seen::Other => "the source is slow",
        },
        Phase::Sink => match (ends.sink, stretch.blame) {
            (Seen::Connection(_), Some(blame)) => remote(blame),
            (Seen::Connection(_), None) => "the remote reader or the network is slow",
            (Seen::Pipe, _) => "whoever reads from the pipe is slow",
            (Seen::File, _) => "writing the file is slow",
            (Seen::Other, _) => "the sink is slow",
        },
        Phase::Rate => "the rate limit holds it",
        Phase::Transform => "a transform is slow",
        Phase::Moving => return None,
    })
}

/// The largest part of the blame.
fn remote(blame: Blame) -> &'static str {
    if blame.reader >= blame.network.max(blame.buffer) {
        "the remote reader is slow"
    } else if blame.network >= blame.buffer {
        "the network is slow"
    } else {
        "the network could take more than our send buffer holds"
    }
}

/// What a person wants to know once it is over, in a sentence. `None`: it was over too soon, or nothing was waited for.
pub(super) fn sentence(sample: &Sample, lesson: Option<&Lesson>) -> Option<String> {
    if sample.now.elapsed < LONG_ENOUGH {
        return None;
    }
    let culprit = culprit(sample, &sample.whole)?;
    let mut parts = vec![format!("{}: {culprit}", verdict(&sample.whole))];
    parts.extend(advice(sample, lesson));
    if let Some(lesson) = lesson {
        parts.extend(buffer(sample, lesson));
    }
    Some(parts.join("; "))
}

/// Whether a larger buffer would have helped.
fn advice(sample: &Sample, lesson: Option<&Lesson>) -> Option<String> {
    let whole = &sample.whole;
    let no = || Some("a larger buffer would not have helped".to_owned());
    match (whole.waits.bound_by()?, lesson) {
        (Phase::Rate | Phase::Moving, _) => None,
        (Phase::Sink, None) if whole.blame.is_some_and(|it| it.buffer > 0.5) => {
            Some("a larger one (#sndbuf=SIZE) would have helped".to_owned())
        }
        (_, Some(lesson)) if lesson.larger_saves > 0.0 => {
            let saved = percent(lesson.larger_saves);
            Some(format!(
                "a larger buffer would have saved {saved} of the time"
            ))
        }
        (_, Some(_)) => no(),
        // Whatever a buffer bridges, both sides have waited for.
        (_, None) => {
            let least = whole.share(Phase::Source).min(whole.share(Phase::Sink));
            if least < NOTHING { no() } else { None }
        }
    }
}

/// What the buffer was good for.
fn buffer(sample: &Sample, lesson: &Lesson) -> Vec<String> {
    let mut parts = Vec::new();
    if lesson.absorbed.as_secs_f64() > sample.now.elapsed.as_secs_f64() * NOTHING {
        parts.push(format!(
            "the buffer absorbed {} of stalls",
            time(lesson.absorbed)
        ));
    }
    let links = sample.now.links.iter();
    let marks = links.clone().filter_map(|link| link.writable);
    if let Some(mark) = marks
        .map(|it| it.mark)
        .max()
        .filter(|mark| *mark > lesson.enough)
    {
        parts.push(format!(
            "a mark of {} instead of {} would have done the same",
            size(lesson.enough),
            size(mark)
        ));
    }
    parts
}
