//! `--format`: a line in the user's format, with placeholders in braces.
//!
//! A placeholder stands for a number as scripts want it; with `:h` behind its name it is written for people. A new one
//! is a row in [`PLACEHOLDERS`]; errors and the man page follow from the table.

use super::figures::Figures;
use super::sample::Sample;
use super::verdict::slow;
use crate::account::phase::Phase;
use crate::engine::link::LinkState;
use crate::error::UsageError;
use crate::text::suggest;
use crate::text::visible::named;
use crate::text::wall_clock::{rfc3339, time_of_day};
use crate::text::words::{clock, countdown, seconds_left, size, speed, whole};
use std::time::{Duration, SystemTime};

/// What is written where a number is not known.
const UNKNOWN: &str = "-";

/// A name that can stand in braces.
#[derive(Debug)]
pub struct Placeholder {
    /// The name.
    pub name: &'static str,
    /// What it stands for, as the end of a sentence.
    pub meaning: &'static str,
    value: fn(&Sample) -> Value,
}

/// What a placeholder can stand for.
enum Value {
    Bytes(Option<u64>),
    Rate(f64),
    Seconds(Option<Duration>),
    Countdown(Option<Duration>),
    Moment(Option<SystemTime>),
    /// The exact number, and the rounded one for people, which agrees with the others on the line.
    Shown(Option<u64>, Option<String>),
    Number(Option<u64>),
    Word(&'static str),
    Text(String),
}

/// Every placeholder, in the order of the man page.
pub const PLACEHOLDERS: &[Placeholder] = &[
    Placeholder {
        name: "bytes",
        meaning: "bytes the sink has taken, now and before (`--resume`)",
        value: |it| Value::Shown(Some(it.before + it.now.bytes_out), Some(taken(it))),
    },
    Placeholder {
        name: "bytes_in",
        meaning: "bytes read from the source",
        value: |it| Value::Bytes(Some(it.now.bytes_in)),
    },
    Placeholder {
        name: "size",
        meaning: "the expected size in bytes",
        value: |it| Value::Bytes(it.size),
    },
    Placeholder {
        name: "percent",
        meaning: "how much of it the sink has taken, from 0 to 100",
        value: |it| {
            let shown = Figures::of(it).percent;
            Value::Shown(it.percent(), shown.map(|it| it.to_string()))
        },
    },
    Placeholder {
        name: "rate",
        meaning: "bytes a second, over the last second",
        value: |it| Value::Rate(it.lately),
    },
    Placeholder {
        name: "average",
        meaning: "bytes a second, since the start",
        value: |it| Value::Rate(it.average),
    },
    Placeholder {
        name: "elapsed",
        meaning: "seconds since both ends were open",
        value: |it| Value::Seconds(Some(it.now.elapsed)),
    },
    Placeholder {
        name: "eta",
        meaning: "seconds to go",
        value: |it| Value::Countdown(eta(it)),
    },
    Placeholder {
        name: "eta_clock",
        meaning: "when it will be done, written as `{time}` is",
        value: |it| Value::Moment(eta(it).and_then(end)),
    },
    Placeholder {
        name: "time",
        meaning: "the date and time in UTC, by RFC 3339; with `:h` the time of day where you are",
        value: |_| Value::Moment(Some(SystemTime::now())),
    },
    Placeholder {
        name: "read_fill",
        meaning: "bytes in the buffer of the reading side",
        value: |it| {
            let link = it.now.links.first();
            Value::Bytes(link.and_then(|link| Some(link.readable?.len)))
        },
    },
    Placeholder {
        name: "write_fill",
        meaning: "bytes in the buffer of the writing side",
        value: |it| {
            let link = it.now.links.last();
            Value::Bytes(link.and_then(|link| Some(link.writable()?.len)))
        },
    },
    Placeholder {
        name: "lines",
        meaning: "lines that have passed `-t lines`",
        value: |it| Value::Number(it.lines()),
    },
    Placeholder {
        name: "state",
        meaning: "`flowing`, `paused` or `ended`",
        value: |it| Value::Word(state(it)),
    },
    Placeholder {
        name: "pauses",
        meaning: "how often the source was paused",
        value: |it| Value::Number(it.now.links.first().map(|link| link.pauses)),
    },
    Placeholder {
        name: "drains",
        meaning: "how often it was let go on",
        value: |it| Value::Number(it.now.links.first().map(|link| link.drains)),
    },
    Placeholder {
        name: "bound_by",
        meaning: "`source`, `sink`, `rate`, `transform` or `none`, in the last 5 s",
        value: |it| Value::Word(it.recent.waits.bound_by().map_or("none", Phase::name)),
    },
    Placeholder {
        name: "share",
        meaning: "its share of that time in percent, or that of moving bytes",
        value: |it| {
            let phase = it.recent.waits.bound_by().unwrap_or(Phase::Moving);
            Value::Number(Some(it.recent.percent(phase)))
        },
    },
    Placeholder {
        name: "why",
        meaning: "who is slow, in words",
        value: |it| {
            let phase = it.recent.waits.bound_by().unwrap_or(Phase::Moving);
            Value::Text(slow(it, &it.recent, phase))
        },
    },
];

/// A line with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// An index into the table of placeholders.
    Value {
        at: usize,
        for_people: bool,
    },
}

impl Template {
    /// Reads a template; `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// When a placeholder has no end or no such name.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let wrong = |why: String| UsageError::new(format!("--format '{}': {why}", named(text)));
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let (brace, behind) = rest[at..].split_at(1);
            rest = if let Some(behind) = behind.strip_prefix(brace) {
                plain.push_str(brace);
                behind
            } else if let Some((inside, behind)) = behind.split_once('}').filter(|_| brace == "{") {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(placeholder(inside).map_err(wrong)?);
                behind
            } else {
                return Err(wrong(format!(
                    "a '{brace}' without its pair; '{brace}{brace}' is one brace"
                )));
            };
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Self(pieces))
    }

    /// The line, without its end.
    #[must_use]
    pub fn fill(&self, sample: &Sample) -> String {
        let fill = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value { at, for_people } => {
                (PLACEHOLDERS[*at].value)(sample).written(*for_people)
            }
        };
        self.0.iter().map(fill).collect()
    }
}

fn placeholder(inside: &str) -> Result<Piece, String> {
    let (name, for_people) = match inside.split_once(':') {
        None => (inside, false),
        Some((name, "h")) => (name, true),
        Some((_, other)) => {
            let other = named(other);
            return Err(format!("':{other}' after a name; valid: ':h', for people"));
        }
    };
    let names = || PLACEHOLDERS.iter().map(|it| it.name);
    names()
        .position(|it| it == name)
        .map(|at| Piece::Value { at, for_people })
        .ok_or_else(|| {
            let hint = suggest::nearest(name, names()).map_or_else(
                || format!("valid: {}", names().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean '{near}'?"),
            );
            format!("unknown placeholder '{}'; {hint}", named(name))
        })
}

/// What the sink has taken, now and before. Without transforms it is a part of the expected size, and rounded to agree with it.
fn taken(sample: &Sample) -> String {
    if sample.now.stages.is_empty() {
        Figures::of(sample).passed.to_string()
    } else {
        size(sample.now.bytes_out)
    }
}

/// The time that is left; zero at the end.
fn eta(sample: &Sample) -> Option<Duration> {
    let is_over = sample.now.has_ended() && sample.percent() == Some(100);
    let over = is_over.then_some(Duration::ZERO);
    over.or_else(|| Figures::of(sample).eta)
}

/// The moment that is so far away, which agrees with the seconds to go.
fn end(eta: Duration) -> Option<SystemTime> {
    SystemTime::now().checked_add(Duration::from_secs(seconds_left(eta)))
}

fn state(sample: &Sample) -> &'static str {
    match sample.now.links.first().map(|link| link.state) {
        Some(LinkState::Paused) => "paused",
        Some(LinkState::Ended) => "ended",
        Some(LinkState::Flowing) | None => "flowing",
    }
}

impl Value {
    fn written(self, for_people: bool) -> String {
        let known = match self {
            Self::Word(word) => Some(word.to_owned()),
            Self::Text(text) => Some(text),
            Self::Bytes(n) if for_people => n.map(size),
            Self::Bytes(n) | Self::Number(n) => n.map(|n| n.to_string()),
            Self::Rate(rate) if for_people => Some(speed(rate)),
            Self::Rate(rate) => Some(whole(rate).to_string()),
            Self::Seconds(time) if for_people => time.map(clock),
            Self::Seconds(time) => time.map(|time| time.as_secs().to_string()),
            Self::Countdown(time) if for_people => time.map(countdown),
            Self::Countdown(time) => time.map(|time| seconds_left(time).to_string()),
            Self::Moment(moment) if for_people => moment.and_then(time_of_day),
            Self::Moment(moment) => moment.and_then(rfc3339),
            Self::Shown(_, shown) if for_people => shown,
            Self::Shown(exact, _) => exact.map(|n| n.to_string()),
        };
        known.unwrap_or_else(|| UNKNOWN.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACEHOLDERS, Template};
    use crate::account::meter::Snapshot;
    use crate::account::phase::{Phase, Waits};
    use crate::endpoint::PerEnd;
    use crate::show::{Sample, Sampler};
    use std::time::Duration;

    fn sample(size: Option<u64>) -> Sample {
        Sampler::new(size).sample(Snapshot {
            elapsed: Duration::from_secs(75),
            bytes_in: 3 << 20,
            bytes_out: 3 << 19,
            waits: Waits::default(),
            phase: Phase::Moving,
            still: Duration::ZERO,
            links: Vec::new(),
            stages: Vec::new(),
            sinks: Vec::new(),
            ends: PerEnd::default(),
        })
    }

    #[test]
    fn a_placeholder_is_a_number_or_written_for_people() {
        let table = [
            ("{percent}", "50"),
            ("{bytes} of {size}", "1572864 of 3145728"),
            ("{bytes:h} of {size:h}", "1.50 MiB of 3 MiB"),
            ("{rate}", "20972"),
            ("{rate:h}", "20.48 KiB/s"),
            ("{elapsed} {elapsed:h} {eta} {eta:h}", "75 1:15 75 1:15"),
            ("{{{state}}} 100%", "{flowing} 100%"),
            ("{read_fill}/{write_fill:h}", "-/-"),
            ("{bound_by} {share}%", "none 0%"),
            ("", ""),
        ];
        for (template, expected) in table {
            let line = Template::parse(template)
                .unwrap()
                .fill(&sample(Some(3 << 20)));
            assert_eq!(line, expected, "{template}");
        }
        let unknown = Template::parse("{percent} {eta} {eta_clock:h} {size:h}").unwrap();
        assert_eq!(unknown.fill(&sample(None)), "- - - -");
    }

    #[test]
    fn a_template_says_what_is_wrong_with_it() {
        let table = [
            ("{procent}", "did you mean 'percent'?"),
            ("{frobnicate}", "valid: bytes, bytes_in, size"),
            ("{bytes:x}", "':x' after a name; valid: ':h'"),
            ("{bytes", "a '{' without its pair"),
            ("100%}", "a '}' without its pair; '}}' is one brace"),
            ("{}", "unknown placeholder ''"),
        ];
        for (template, why) in table {
            let error = Template::parse(template).unwrap_err().to_string();
            assert!(error.contains(why), "{template}: {error}");
        }
    }

    #[test]
    fn every_placeholder_can_be_filled_in() {
        for placeholder in PLACEHOLDERS {
            for form in ["", ":h"] {
                let template = format!("{{{}{form}}}", placeholder.name);
                let line = Template::parse(&template).unwrap().fill(&sample(None));
                assert!(
                    !line.is_empty() && !line.contains('{'),
                    "{template}: {line}"
                );
            }
        }
    }
}
