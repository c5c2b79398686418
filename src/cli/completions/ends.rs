//! What the endpoint table says to a person who types: how an end starts, and what may stand behind its `#`.

use crate::cli::declared::{equals, only_side};
use crate::endpoint::{KINDS, Kind, Slashes};
use crate::error::Side;

/// Both sides, in the order of the command line.
pub(super) const SIDES: [Side; 2] = [Side::Source, Side::Sink];

/// Words that can be typed at one place.
#[derive(Debug)]
pub(super) struct Row {
    /// `source` or `sink`.
    pub(super) side: &'static str,
    /// Of the end behind whose `#` they stand; empty for how an end starts.
    pub(super) scheme: &'static str,
    /// At least one.
    pub(super) words: Vec<Word>,
}

/// `tcp://`, `nodelay` or `retry=`, and its help.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) help: &'static str,
}

impl Row {
    /// By which scripts find it: `sink,` or `sink,tcp`.
    pub(super) fn key(&self) -> String {
        format!("{},{}", self.side, self.scheme)
    }
}

/// All there is to know.
pub(super) fn rows() -> Vec<Row> {
    let rows = SIDES.into_iter().flat_map(|side| {
        let kinds = || {
            let kinds = KINDS.iter().copied();
            kinds.filter(move |kind| only_side(kind).is_none_or(|only| only == side))
        };
        let starts = Row {
            side: side.name(),
            scheme: "",
            words: kinds().map(start).collect(),
        };
        let options = kinds().map(move |kind| Row {
            side: side.name(),
            scheme: kind.scheme,
            words: options(kind, side),
        });
        [starts].into_iter().chain(options)
    });
    rows.filter(|row| !row.words.is_empty()).collect()
}

fn start(kind: &Kind) -> Word {
    let slashes = match kind.slashes {
        Slashes::Required => "//",
        Slashes::Forbidden | Slashes::Optional => "",
    };
    Word {
        text: format!("{}:{slashes}", kind.scheme),
        help: kind.summary,
    }
}

fn options(kind: &Kind, side: Side) -> Vec<Word> {
    let here = kind
        .options
        .iter()
        .filter(|option| option.only.is_none_or(|only| only == side));
    here.map(|option| {
        let equals = if equals(option).is_empty() { "" } else { "=" };
        Word {
            text: format!("{}{equals}", option.name),
            help: option.help,
        }
    })
    .collect()
}
