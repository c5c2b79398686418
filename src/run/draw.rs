//! Draws a transfer that has ended, into the files that were held for it.

use super::conclude::Known;
use super::{Outcome, Transfer};
use crate::display::{Finished, HeldDrawing, SideFile, Sum, await_reader};
use crate::wait;
use std::io;
use std::os::fd::AsFd;
use tokio::task::spawn_blocking;

impl Transfer {
    /// Draws all that is to be drawn. Each comes back with the name of its file, and resolves once it is written,
    /// however slow the file is.
    pub(super) fn draw(
        &self,
        drawings: Vec<HeldDrawing>,
        known: &Known,
        outcome: &Outcome,
    ) -> Vec<(String, impl Future<Output = io::Result<()>> + use<>)> {
        let finished = Finished {
            name: self.plan.show.look.name.as_deref(),
            source: &self.plan.source.uri,
            sink: &self.plan.sink.uri,
            road: self.taken,
            limit: self.limit.rate(),
            sample: &known.sample,
            summed: outcome.summed(),
            ending: outcome.ending(self.taken, known.lesson, &known.digests),
            sums: &known.sums,
            recording: &known.recording,
        };
        let drawn = drawings.into_iter().filter_map(|it| it.draw(&finished));
        drawn
            .map(|(file, drawn)| (file.name(), write(file, drawn)))
            .collect()
    }

    /// The digests of what has passed, with the files that have them.
    pub(super) fn sums(&self) -> Vec<Sum> {
        let stages = self.stages.iter().zip(&self.plan.digested);
        let stages = stages.zip(&self.plan.transforms);
        let sums = stages.filter_map(|((end, file), planned)| {
            Some(Sum {
                digest: end.digest.clone()?,
                file: file.clone(),
                // All there is to be set is what it has to be.
                is_compared: planned.spec.contains('='),
            })
        });
        sums.collect()
    }
}

async fn write(file: SideFile, drawn: Vec<u8>) -> io::Result<()> {
    let is_fifo = file.is_fifo();
    let begun = spawn_blocking(move || file.begin());
    let file = if is_fifo {
        await_reader(begun).await?
    } else {
        begun.await
    };
    let file = file??;
    spawn_blocking(move || wait::write_all(file.as_fd(), &drawn)).await?
}
