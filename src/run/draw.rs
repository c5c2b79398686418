//! Draws a transfer that has ended, into the files that were opened for it.

use super::{Outcome, Transfer};
use crate::display::{Draw, Ending, Finished, Sample, SideFile, Sum};
use crate::threads;
use crate::wait;
use std::io;
use std::os::fd::AsFd;

impl Transfer {
    /// Draws all that is to be drawn. Each comes back with its flag, and resolves once it is written, however slow the
    /// file is.
    pub(super) fn draw(
        &self,
        drawings: Vec<(SideFile, Draw)>,
        sample: &Sample,
        outcome: &Outcome,
        ending: Ending<'_>,
    ) -> Vec<(&'static str, impl Future<Output = io::Result<()>> + use<>)> {
        let recording = self.meter.recording().unwrap_or_default();
        let sums = self.sums();
        let finished = Finished {
            name: self.plan.show.look.name.as_deref(),
            source: &self.plan.source.uri,
            sink: &self.plan.sink.uri,
            road: self.taken,
            limit: self.limit.rate(),
            sample,
            summed: outcome.summed(),
            ending,
            sums: &sums,
            recording: &recording,
        };
        let draw = |(file, draw): (SideFile, Draw)| {
            let (flag, drawn) = (file.flag, draw(&finished)?);
            let written = threads::apart(flag, move || write(file, &drawn));
            Some((flag, written))
        };
        drawings.into_iter().filter_map(draw).collect()
    }

    /// The digests of what has passed, with the files that have them.
    fn sums(&self) -> Vec<Sum> {
        let stages = self.stages.iter().zip(&self.plan.digested);
        let sums = stages.filter_map(|(end, file)| {
            Some(Sum {
                digest: end.digest.clone()?,
                file: file.clone(),
            })
        });
        sums.collect()
    }
}

fn write(file: SideFile, drawn: &[u8]) -> io::Result<()> {
    let file = file.into_empty()?;
    wait::write_all(file.as_fd(), drawn)
}
