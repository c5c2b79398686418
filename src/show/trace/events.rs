//! Writes the events of a trace as JSON. There are thousands of them, for which serde would take several times as long.

use crate::account::clock::nanos;
use std::time::Duration;

/// Every slice is written as shorter by this. Otherwise readers that add its length to its beginning in floating point might
/// see it overlap with the next slice, and nest one in the other.
const APART: Duration = Duration::from_nanos(1);

/// The kind of an event.
#[derive(Debug, Clone, Copy)]
pub(super) enum EventKind {
    /// The name of the process or of a row.
    Name,
    /// Something that lasted until this time.
    Slice(Duration),
    /// A moment, shown over its row or over everything.
    Moment(Reach),
    /// A number that holds from then on.
    Counter,
}

/// How far the line of a moment reaches.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach {
    Row,
    Everything,
}

/// An event without its arguments. Its name has no character that JSON would escape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) kind: EventKind,
    pub(super) at: Duration,
    pub(super) row: u32,
}

/// A trace up to the end of its events.
#[derive(Debug)]
pub(super) struct Events {
    json: String,
}

/// The arguments of an event.
#[derive(Debug)]
pub(super) struct Args<'a> {
    json: &'a mut String,
}

impl Events {
    /// A trace without events, with room for `count`.
    pub(super) fn with_room(count: usize) -> Self {
        let mut json = String::with_capacity(count * 100);
        json.push_str("{\"traceEvents\":[");
        Self { json }
    }

    /// Adds an event without arguments.
    pub(super) fn put(&mut self, event: Event) {
        self.put_with(event, |_| ());
    }

    /// Adds an event with the arguments that `args` writes.
    pub(super) fn put_with(&mut self, event: Event, args: impl FnOnce(&mut Args<'_>)) {
        if !self.json.ends_with('[') {
            self.json.push(',');
        }
        self.json.push_str("{\"name\":\"");
        self.json.push_str(event.name);
        self.json.push_str(match event.kind {
            EventKind::Name => "\",\"ph\":\"M\",\"ts\":",
            EventKind::Slice(_) => "\",\"ph\":\"X\",\"ts\":",
            EventKind::Moment(Reach::Row) => "\",\"ph\":\"i\",\"s\":\"t\",\"ts\":",
            EventKind::Moment(Reach::Everything) => "\",\"ph\":\"i\",\"s\":\"g\",\"ts\":",
            EventKind::Counter => "\",\"ph\":\"C\",\"ts\":",
        });
        self.micros(event.at);
        if let EventKind::Slice(to) = event.kind {
            self.json.push_str(",\"dur\":");
            self.micros(to.saturating_sub(event.at).saturating_sub(APART));
        }
        // There is only one process.
        self.json.push_str(",\"pid\":1,\"tid\":");
        push(&mut self.json, event.row.into());
        self.args(args);
        self.json.push('}');
    }

    /// The whole trace, with `about` as its `otherData`, in JSON.
    pub(super) fn finish(mut self, about: &str) -> String {
        let unit = "],\"displayTimeUnit\":\"ms\"";
        self.json.extend([unit, ",\"otherData\":", about, "}\n"]);
        self.json
    }

    fn args(&mut self, args: impl FnOnce(&mut Args<'_>)) {
        let before = self.json.len();
        self.json.push_str(",\"args\":{");
        let none = self.json.len();
        args(&mut Args {
            json: &mut self.json,
        });
        if self.json.len() > none {
            self.json.push('}');
        } else {
            self.json.truncate(before);
        }
    }

    /// Times are in microseconds.
    fn micros(&mut self, time: Duration) {
        push(&mut self.json, nanos(time) / 1000);
        fraction(&mut self.json, 1000, time.subsec_nanos() % 1000);
    }
}

impl Args<'_> {
    /// A number.
    pub(super) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        push(self.json, value);
    }

    /// A time, in seconds.
    pub(super) fn seconds(&mut self, key: &str, time: Duration) {
        self.key(key);
        push(self.json, time.as_secs());
        fraction(self.json, 1_000_000_000, time.subsec_nanos());
    }

    /// Anything else.
    pub(super) fn json(&mut self, key: &str, value: &serde_json::Value) {
        self.key(key);
        self.json.push_str(&value.to_string());
    }

    fn key(&mut self, key: &str) {
        if !self.json.ends_with('{') {
            self.json.push(',');
        }
        self.json.push('"');
        self.json.push_str(key);
        self.json.push_str("\":");
    }
}

fn push(json: &mut String, number: u64) {
    json.push_str(itoa::Buffer::new().format(number));
}

/// Appends the fraction `part / whole` behind a point, but nothing for zero; `whole` is a power of ten.
fn fraction(json: &mut String, whole: u32, part: u32) {
    if part > 0 {
        // With the whole added there are leading zeros; its own digit is cut off.
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(whole + part);
        json.push('.');
        json.push_str(&digits[1..]);
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, EventKind, Events, Reach};
    use serde_json::{Value, json};
    use std::time::Duration;

    #[test]
    fn events_are_json_and_their_times_are_exact() {
        let event = |kind, nanos| Event {
            name: "it",
            kind,
            at: Duration::from_nanos(nanos),
            row: 2,
        };
        let mut events = Events::with_room(0);
        events.put(event(EventKind::Moment(Reach::Row), 0));
        let to = Duration::from_micros(5);
        events.put(event(EventKind::Slice(to), 1007));
        events.put_with(event(EventKind::Counter, 86_400_000_000_070), |args| {
            args.number("n", u64::MAX);
            args.seconds("s", Duration::from_micros(1_000_020));
            args.json("text", &json!("\"\n"));
        });
        let trace =
            |events: Events| -> Value { serde_json::from_str(&events.finish("7")).unwrap() };
        let expected = json!([
            {"name": "it", "ph": "i", "s": "t", "ts": 0, "pid": 1, "tid": 2},
            {"name": "it", "ph": "X", "ts": 1.007, "dur": 3.992, "pid": 1, "tid": 2},
            {"name": "it", "ph": "C", "ts": 86_400_000_000.070, "pid": 1, "tid": 2,
                "args": {"n": u64::MAX, "s": 1.00002, "text": "\"\n"}},
        ]);
        assert_eq!(trace(events)["traceEvents"], expected);
        let empty = trace(Events::with_room(9));
        assert_eq!(
            (&empty["traceEvents"], &empty["otherData"]),
            (&json!([]), &json!(7))
        );
    }
}
