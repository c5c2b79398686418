//! The links of a pipeline, from the source to the sink, with a transform between every two.

use super::levels::Levels;
use super::shared::Link;
use super::snapshot::Marks;
use crate::account::clock::Clock;
use crate::platform::resources::ensure_memory;
use crate::platform::threads::STACK;
use std::io;
use std::sync::Arc;

/// The links of a pipeline; there is at least one.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The link that the source fills, and without transforms also the one that the sink empties.
    first: Arc<Link>,
    /// The links that transforms fill, each with the name of its transform.
    others: Vec<(&'static str, Arc<Link>)>,
}

impl Chain {
    /// Empty links before, between and after the transforms of these names, read into in pieces of at most `chunk_size`
    /// bytes. The last one has a consumer for each of the `sinks`, which are the high-water marks of their writables, in bytes.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn new(
        transforms: &[&'static str],
        marks: Marks,
        sinks: &[u64],
        chunk_size: u64,
        clock: &Arc<Clock>,
    ) -> io::Result<Self> {
        let link = |place: usize| {
            let is_last = place == transforms.len();
            let consumers = if is_last { sinks.len() } else { 1 };
            Link::new(marks, consumers, chunk_size, Arc::clone(clock)).map(Arc::new)
        };
        let others = transforms.iter().enumerate();
        let others = others.map(|(before, name)| Ok((*name, link(before + 1)?)));
        let chain = Self {
            first: link(0)?,
            others: others.collect::<io::Result<_>>()?,
        };
        let own_marks = chain.last().consumers().zip(sinks);
        own_marks.for_each(|(consumer, mark)| consumer.set_mark(*mark));
        Ok(chain)
    }

    /// Gets memory for the first chunks, and makes sure that there is enough for all that the marks allow and for the
    /// threads of the stages.
    ///
    /// # Errors
    /// When there is not.
    pub fn reserve(&self) -> io::Result<()> {
        let links = self.links().map(|link| link.most_memory());
        let threads = (0..self.others.len() + self.last().consumers().count()).map(|_| STACK);
        let bytes = links.chain(threads).fold(STACK, usize::saturating_add);
        ensure_memory(bytes)?;
        self.links().try_for_each(|link| link.reserve())
    }

    /// The link that the source fills.
    #[must_use]
    pub fn first(&self) -> &Arc<Link> {
        &self.first
    }

    /// The link that the sink empties.
    #[must_use]
    pub fn last(&self) -> &Arc<Link> {
        self.others.last().map_or(&self.first, |(_, link)| link)
    }

    /// All of them, in the order in which a byte meets them.
    pub fn links(&self) -> impl Iterator<Item = &Arc<Link>> {
        let others = self.others.iter().map(|(_, link)| link);
        std::iter::once(&self.first).chain(others)
    }

    /// The names of the transforms, in the same order.
    pub fn transforms(&self) -> impl Iterator<Item = &'static str> {
        self.others.iter().map(|(name, _)| *name)
    }

    /// How full the buffers beside the ends are: the readable that the source fills, and the writables that the
    /// sinks empty.
    pub(crate) fn levels(&self) -> Levels {
        let first = self.first.levels();
        if self.others.is_empty() {
            return first;
        }
        Levels {
            writables: self.last().levels().writables,
            ..first
        }
    }

    /// Cancels all links, which gives the transfer up. The last one is first: where that is not cancelled, nobody has given up.
    pub fn cancel(&self) {
        let others = self.others.iter().rev().map(|(_, link)| link);
        others.chain([&self.first]).for_each(|link| link.cancel());
    }
}

/// A pipeline without transforms.
impl From<Arc<Link>> for Chain {
    fn from(link: Arc<Link>) -> Self {
        Self {
            first: link,
            others: Vec::new(),
        }
    }
}
