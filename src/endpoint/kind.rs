//! A row of the table of ends.

use super::{Context, OptionSpec, Options, PeerPlan, SINK_OPTIONS, SinkPlan, SourcePlan};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError};

/// One kind of end: its scheme, its options, and how it is planned on either side or both.
#[derive(Debug)]
pub struct Kind {
    /// The scheme, in lower case.
    pub scheme: &'static str,
    /// How it is written, for help and errors.
    pub form: &'static str,
    /// Whether `//` follows the scheme; a path may have it or not.
    pub slashes: Slashes,
    /// How what follows is read.
    pub rest: Rest,
    /// One line of help.
    pub summary: &'static str,
    /// What may stand behind `#`.
    pub options: &'static [OptionSpec],
    /// How it becomes a SOURCE, if it can be one.
    pub source: Option<Make<dyn SourcePlan>>,
    /// How it becomes a SINK, if it can be one.
    pub sink: Option<Make<dyn SinkPlan>>,
    /// How it becomes an end of both directions, if it can be one.
    pub peer: Option<Make<dyn PeerPlan>>,
}

impl Kind {
    /// Its options, and those that every SINK has.
    #[must_use]
    pub fn all_options(&self) -> [&'static [OptionSpec]; 2] {
        [self.options, SINK_OPTIONS]
    }

    /// Every option that it has on this side; `None`: as an end of both directions.
    pub fn options_on(
        &self,
        side: Option<Side>,
    ) -> impl Iterator<Item = &'static OptionSpec> + use<> {
        let all = self.all_options().into_iter().flatten();
        all.filter(move |option| option.is_for(side))
    }
}

/// Plans an end, and opens nothing for that; the options have been checked against the kind's.
pub type Make<P> = fn(&Uri, &Options, &Context<'_>) -> Result<Box<P>, UsageError>;

/// Whether a scheme is followed by `//`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slashes {
    /// It names a host.
    Required,
    /// It names nothing, or a number.
    Forbidden,
    /// It names a path.
    Optional,
}
