//! Who sends to whom, as a display names it.

use crate::text::visible::named;

/// The stages of a transfer from its source to its sink, by names for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The source, its transforms and the sink, made visible. Empty: not to be named.
    pub(super) stages: Vec<String>,
    /// What `--tell` is followed by to reach the transfer; empty: nobody can tell it anything.
    pub(super) told_as: String,
}

impl Route {
    /// From `source` to `sink`, each as it was typed, with the peer that it is connected with.
    #[must_use]
    pub fn new(source: (&str, Option<&str>), between: &[&str], sink: (&str, Option<&str>)) -> Self {
        let between = between.iter().map(|it| (*it).to_owned());
        let ends = (end("stdin", source), end("stdout", sink));
        Self {
            stages: [ends.0]
                .into_iter()
                .chain(between)
                .chain([ends.1])
                .collect(),
            told_as: String::new(),
        }
    }
}

impl Route {
    /// The same of a transfer that is told by `--tell NAME COMMAND`.
    #[must_use]
    pub fn told_as(self, name: impl Into<String>) -> Self {
        Self {
            told_as: name.into(),
            ..self
        }
    }

    /// The stages in a row.
    #[must_use]
    pub fn words(&self) -> String {
        self.stages.join(" -> ")
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
}
