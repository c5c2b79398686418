//! Who sends to whom, as a display names it.

use super::Theme;
use crate::endpoint::without_options;
use crate::text::visible::named;

/// The stages of a transfer from its source to its sink, by names for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The source, its transforms and the sink, made visible. Empty: not to be named.
    pub(super) stages: Vec<String>,
    /// The same without the options of the ends.
    pub(super) short_stages: Vec<String>,
    /// What `--tell` is followed by to reach the transfer; empty: nobody can tell it anything.
    pub(super) told_as: String,
}

impl Route {
    /// From `source` to `sink`, each as it was typed, with the peer that it is connected with.
    #[must_use]
    pub fn new(source: (&str, Option<&str>), between: &[&str], sink: (&str, Option<&str>)) -> Self {
        let stages = |source, sink| {
            let between = between.iter().map(|it| (*it).to_owned());
            let ends = (end("stdin", source), end("stdout", sink));
            [ends.0].into_iter().chain(between).chain([ends.1])
        };
        let short = [source.0, sink.0].map(without_options);
        Self {
            stages: stages(source, sink).collect(),
            short_stages: stages((&short[0], source.1), (&short[1], sink.1)).collect(),
            told_as: String::new(),
        }
    }
}

impl Route {
    /// The same, whose source is this one of several, counted from 0.
    #[must_use]
    pub fn of_part(mut self, part: usize, parts: usize) -> Self {
        if parts > 1 {
            for stages in [&mut self.stages, &mut self.short_stages] {
                if let Some(source) = stages.first_mut() {
                    *source = format!("{source} ({} of {parts})", part + 1);
                }
            }
        }
        self
    }

    /// Between two ends, in both directions; each as it was typed, with the peer that it is connected with.
    #[must_use]
    pub fn both_ways(a: (&str, Option<&str>), b: (&str, Option<&str>), theme: &Theme) -> Self {
        let arrows = if theme.unicode { "↔" } else { "<->" };
        let between = |a, b| {
            let ours = "stdin and stdout";
            format!("{} {arrows} {}", end(ours, a), end(ours, b))
        };
        let short = [a.0, b.0].map(without_options);
        Self {
            stages: vec![between(a, b)],
            short_stages: vec![between((&short[0], a.1), (&short[1], b.1))],
            told_as: String::new(),
        }
    }

    /// The same, which goes to so many other sinks too.
    #[must_use]
    pub fn and_more_sinks(mut self, more: usize) -> Self {
        if more > 0 {
            for stages in [&mut self.stages, &mut self.short_stages] {
                if let Some(sink) = stages.last_mut() {
                    *sink = format!("{sink} + {more} more");
                }
            }
        }
        self
    }

    /// The same of a transfer that is told by `--tell NAME COMMAND`.
    #[must_use]
    pub fn told_as(self, name: impl Into<String>) -> Self {
        Self {
            told_as: name.into(),
            ..self
        }
    }

    /// The stages in a row, without the options of the ends.
    #[must_use]
    pub fn words(&self) -> String {
        self.short_stages.join(" -> ")
    }
}

/// The name of an end, and of its peer unless the name says it already.
fn end(standard: &str, (uri, peer): (&str, Option<&str>)) -> String {
    let name = if uri == "-" {
        standard.to_owned()
    } else {
        named(uri)
    };
    match peer {
        Some(peer) if !name.contains(peer) => format!("{name} ({peer})"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn ends_are_called_as_they_were_typed_and_a_peer_is_named_once() {
        let peer = Some("127.0.0.1:9000");
        let table = [
            (("-", None), ("-", None), "stdin > stdout"),
            (
                ("a b", None),
                ("tcp://127.0.0.1:9000", peer),
                "a b > tcp://127.0.0.1:9000",
            ),
            (
                ("a", None),
                ("tcp://host:9000", peer),
                "a > tcp://host:9000 (127.0.0.1:9000)",
            ),
        ];
        for (source, sink, expected) in table {
            assert_eq!(Route::new(source, &[], sink).stages.join(" > "), expected);
        }
        let route = Route::new(("a", None), &["zstd"], ("b", None));
        assert_eq!(route.stages, ["a", "zstd", "b"]);
    }

    #[test]
    fn options_are_left_out_of_uris_and_a_path_is_left_as_it_is() {
        let route = Route::new(
            ("a#1:b#2", None),
            &[],
            ("tcp://h:1#retry=3", Some("[::1]:1")),
        );
        assert_eq!(route.words(), "a#1:b#2 -> tcp://h:1 ([::1]:1)");
        assert_eq!(route.stages[1], "tcp://h:1#retry=3 ([::1]:1)");
    }
}
