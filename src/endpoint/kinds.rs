//! The table of all kinds of ends.

use super::{
    Kind, connect, exec, fd, file, http, listen, null, pattern, stdio, tls, unix, unix_listen,
};

/// Every kind of end, in the order in which help shows them.
pub const KINDS: &[&Kind] = &[
    &stdio::STDIN,
    &stdio::STDOUT,
    &file::KIND,
    &connect::KIND,
    &listen::KIND,
    &tls::TLS,
    &tls::TLS_LISTEN,
    &http::HTTP,
    &http::HTTPS,
    &unix::KIND,
    &unix_listen::KIND,
    &pattern::ZERO,
    &pattern::RANDOM,
    &null::KIND,
    &fd::KIND,
    &exec::KIND,
];

#[cfg(test)]
mod tests {
    use super::KINDS;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_of_the_table_is_complete_and_named_once() {
        let mut schemes = BTreeSet::new();
        for kind in KINDS {
            assert!(schemes.insert(kind.scheme), "{} stands twice", kind.scheme);
            assert_eq!(kind.scheme, kind.scheme.to_ascii_lowercase());
            assert!(kind.form.starts_with(kind.scheme), "{}", kind.form);
            assert!(!kind.summary.is_empty(), "{} has no summary", kind.scheme);
            assert!(
                kind.source.is_some() || kind.sink.is_some(),
                "{} does nothing",
                kind.scheme
            );
            let mut names = BTreeSet::new();
            for option in kind.options {
                assert!(
                    names.insert(option.name),
                    "{}#{} stands twice",
                    kind.scheme,
                    option.name
                );
                assert!(
                    !option.help.is_empty(),
                    "{}#{} has no help",
                    kind.scheme,
                    option.name
                );
            }
        }
    }
}
