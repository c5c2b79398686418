//! Draws a transfer that has ended, into the files that were held for it.

use super::Outcome;
use super::conclude::Results;
use super::transfer::Transfer;
use crate::platform::{self, threads};
use crate::show::{FileDigest, Finished, HeldDrawing, SideFile, await_reader};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

impl Transfer {
    /// Draws all that is to be drawn, of each direction. Each comes back with the name of its file, and resolves once it is written,
    /// however slow the file is.
    pub(super) fn draw(
        &self,
        drawings: Vec<HeldDrawing>,
        results: &Results,
        outcome: &Outcome,
    ) -> Vec<(String, impl Future<Output = io::Result<()>> + use<>)> {
        let pipelines = self.steering.pipelines();
        let lanes = self.lanes.iter().zip(&results.lanes).enumerate();
        let finished = lanes.map(|(place, (lane, of_lane))| Finished {
            name: self.plan.show.theme.name.as_deref(),
            direction: lane.direction,
            source: &lane.plan.source.uri,
            sink: &lane.plan.sink.uri,
            road: lane.road,
            limit: pipelines.get(place).and_then(|it| it.limit().rate()),
            sample: &of_lane.sample,
            completion: outcome.completion().map(|how| lane.completion(how)),
            ending: outcome.ending(
                lane.road,
                of_lane.advice,
                &results.digests,
                &self.sink_endings,
            ),
            file_digests: &results.file_digests,
            recording: &of_lane.recording,
        });
        let finished: Vec<_> = finished.collect();
        let drawn = drawings.into_iter().filter_map(|it| it.draw(&finished));
        drawn
            .map(|(file, drawn)| (file.name(), write(file, drawn)))
            .collect()
    }

    /// The digests of what has passed, with the files that have them.
    pub(super) fn file_digests(&self) -> Vec<FileDigest> {
        let outcomes = self.transform_outcomes.iter().zip(&self.plan.digested);
        let outcomes = outcomes.zip(&self.plan.transforms);
        let file_digests = outcomes.filter_map(|((end, file), planned)| {
            Some(FileDigest {
                digest: end.digest.clone()?,
                file: file.clone(),
                // The only setting of a digest is the value that it has to have.
                is_compared: planned.spec.contains('='),
            })
        });
        file_digests.collect()
    }
}

/// Opens a file and writes it, on another thread, so that signals are heard here while the file is slow. Where the system has
/// no thread left, it is written here all the same.
async fn write(file: SideFile, drawn: Vec<u8>) -> io::Result<()> {
    let file = if file.is_fifo() {
        await_reader(threads::apart("opener", move || file.begin())?).await??
    } else {
        file.begin()?
    };
    let work = Arc::new((file, drawn));
    let shared = Arc::clone(&work);
    match threads::apart("drawing", move || write_all(&shared)) {
        Ok(written) => written.await,
        Err(_) => write_all(&work),
    }
}

fn write_all((file, drawn): &(File, Vec<u8>)) -> io::Result<()> {
    platform::write_all(file.as_fd(), drawn)
}
