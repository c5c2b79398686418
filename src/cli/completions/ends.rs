//! What completions offer from the endpoint table: how an end starts, and what may stand behind its `#`.

use crate::cli::declared::{equals, only_side};
use crate::endpoint::{KINDS, Kind, Slashes};
use crate::error::Side;

/// Both sides, in the order of the command line.
pub(super) const SIDES: [Side; 2] = [Side::Source, Side::Sink];

/// What can be typed at one place.
#[derive(Debug)]
pub(super) struct Row {
    /// `source` or `sink`.
    pub(super) side: &'static str,
    /// The scheme of the end behind whose `#` they stand; empty for how an end starts.
    pub(super) scheme: &'static str,
    /// At least one.
    pub(super) offers: Vec<Offer>,
}

/// `tcp://`, `nodelay` or `retry=`, and its help.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) text: String,
    pub(super) help: &'static str,
}

impl Row {
    /// The key by which scripts look it up: `sink,` or `sink,tcp`.
    pub(super) fn key(&self) -> String {
        format!("{},{}", self.side, self.scheme)
    }
}

/// All rows.
pub(super) fn rows() -> Vec<Row> {
    let rows = SIDES.into_iter().flat_map(|side| {
        let kinds = || {
            let kinds = KINDS.iter().copied();
            kinds.filter(move |kind| only_side(kind).is_none_or(|only| only == side))
        };
        let starts = Row {
            side: side.name(),
            scheme: "",
            offers: kinds().map(start).collect(),
        };
        let options = kinds().map(move |kind| Row {
            side: side.name(),
            scheme: kind.scheme,
            offers: options(kind, side),
        });
        [starts].into_iter().chain(options)
    });
    rows.filter(|row| !row.offers.is_empty()).collect()
}

fn start(kind: &Kind) -> Offer {
    let slashes = match kind.slashes {
        Slashes::Required => "//",
        Slashes::Forbidden | Slashes::Optional => "",
    };
    Offer {
        text: format!("{}:{slashes}", kind.scheme),
        help: kind.summary,
    }
}

fn options(kind: &Kind, side: Side) -> Vec<Offer> {
    let here = kind.options_on(Some(side));
    here.map(|option| {
        let equals = if equals(option).is_empty() { "" } else { "=" };
        Offer {
            text: format!("{}{equals}", option.name),
            help: option.help,
        }
    })
    .collect()
}
