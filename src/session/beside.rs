//! The files beside the sink in the course of a transfer: held while it may still be refused, and emptied, made and
//! written once it begins. One that never begins leaves them as they were.

use super::announce::Heard;
use crate::error::{TransferError, reason};
use crate::plan::HeldFiles;
use crate::plan::refusal::EndFiles;
use crate::session::control::{self, Name, SocketPath, Steering};
use crate::session::report::StderrWriter;
use crate::show::{HeldDrawing, SideFile, Stats};
use std::sync::Arc;

/// The files beside the sink.
#[derive(Debug)]
pub(super) struct SideFiles {
    /// What is not begun yet.
    held: HeldFiles,
    /// The records that are written.
    pub(super) stats: Vec<Stats>,
    /// The control socket, gone when we are.
    control: Option<Name>,
    heard: Vec<Heard>,
    has_begun: bool,
}

impl SideFiles {
    pub(super) fn new(held: HeldFiles) -> Self {
        Self {
            held,
            stats: Vec::new(),
            control: None,
            heard: Vec::new(),
            has_begun: false,
        }
    }

    pub(super) fn held(&self) -> &HeldFiles {
        &self.held
    }

    /// The transfer is refused: what was named by its path is left alone, and so is what turned out to be an end.
    pub(super) fn refuse(&mut self, ends: &EndFiles) {
        let stats = &mut self.held.stats;
        stats.retain(|file| file.is_inherited() && !ends.contain(file.id.as_ref()));
    }

    /// Starts the records that change nothing by being written, since they go to a descriptor, a device or a FIFO.
    pub(super) fn start_streams(&mut self, heard: Vec<Heard>, stderr: &StderrWriter) {
        self.heard = heard;
        let held = std::mem::take(&mut self.held.stats);
        let (streams, files) = held.into_iter().partition(SideFile::is_stream);
        self.held.stats = files;
        self.start(streams, stderr);
    }

    /// Listens for commands, unless that would take the place of something.
    pub(super) fn listen(&mut self, steering: &Arc<Steering>) -> Result<(), TransferError> {
        match self.held.control.take_if(|place| !place.is_taken) {
            Some(place) => self.serve(place, steering),
            None => Ok(()),
        }
    }

    /// The transfer begins: files are emptied or made. It is worth more than they are, and goes on without those that
    /// are refused now.
    pub(super) fn begin(&mut self, steering: &Arc<Steering>, stderr: &StderrWriter) {
        self.has_begun = true;
        let files = std::mem::take(&mut self.held.stats);
        self.start(files, stderr);
        if let Some(place) = self.held.control.take()
            && let Err(error) = self.serve(place, steering)
        {
            stderr.fail(&error.to_string());
        }
    }

    /// What is to be drawn now that the transfer has ended.
    pub(super) fn take_drawings(&mut self) -> Vec<HeldDrawing> {
        let mut drawings = std::mem::take(&mut self.held.drawings);
        drawings.retain(|_| self.has_begun);
        drawings
    }

    fn start(&mut self, files: Vec<SideFile>, stderr: &StderrWriter) {
        for file in files {
            let name = file.name();
            let started = if file.is_stderr() {
                Ok(Stats::among(stderr.clone(), name.clone()))
            } else {
                Stats::start(file)
            };
            match started {
                Ok(stats) => {
                    for (side, address) in &self.heard {
                        stats.listening(*side, address);
                    }
                    self.stats.push(stats);
                }
                Err(error) => stderr.fail(&format!("opening {name}: {}", reason(&error))),
            }
        }
    }

    fn serve(&mut self, place: SocketPath, steering: &Arc<Steering>) -> Result<(), TransferError> {
        let (listener, name) = place.bind()?;
        tokio::spawn(control::serve(listener, Arc::clone(steering)));
        self.control = Some(name);
        Ok(())
    }
}
