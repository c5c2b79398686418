//! Draws a transfer that has ended, into the files that were opened for it.

use super::{Outcome, Transfer};
use crate::display::{Draw, Ending, Finished, Sample, SideFile, Sum};
use crate::threads;
use crate::wait;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

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
            Some((flag, written(flag, file, drawn)))
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

/// Writes from now on. A slow file is waited for on another thread, so that signals are still heard here; but where there is
/// no other, what was asked for is worth more than that.
fn written(
    flag: &'static str,
    file: SideFile,
    drawn: Vec<u8>,
) -> impl Future<Output = io::Result<()>> + use<> {
    let started = file.into_empty().map(|file| {
        let file = Arc::new((file, drawn));
        let theirs = Arc::clone(&file);
        let written = threads::apart(flag, move || write(&theirs));
        (written, file)
    });
    async move {
        let (written, file) = started?;
        match written {
            Ok(written) => written.await,
            Err(_) => write(&file),
        }
    }
}

fn write((file, drawn): &(File, Vec<u8>)) -> io::Result<()> {
    wait::write_all(file.as_fd(), drawn)
}
