//! The files beside the sink in the course of a transfer: held while it may still be refused, and emptied, made and
//! written once it begins. A transfer that never begins leaves them as they were.

use super::announce::ListenAddress;
use crate::endpoint::SocketFile;
use crate::error::{TransferError, reason};
use crate::plan::HeldFiles;
use crate::plan::refusal::EndFiles;
use crate::session::control::{self, ControlPath, Steering};
use crate::session::stderr::StderrWriter;
use crate::show::{HeldDrawing, SideFile, Stats};
use std::sync::Arc;

/// The files beside the sink.
#[derive(Debug)]
pub(super) struct SideFiles {
    /// What the transfer has not begun to write yet.
    held: HeldFiles,
    /// The records that are written.
    pub(super) stats: Vec<Stats>,
    /// The file of the control socket, removed when this is dropped.
    control: Option<SocketFile>,
    /// Where the ends listen, which the records say first.
    addresses: Vec<ListenAddress>,
    has_begun: bool,
}

impl SideFiles {
    pub(super) fn new(held: HeldFiles) -> Self {
        Self {
            held,
            stats: Vec::new(),
            control: None,
            addresses: Vec::new(),
            has_begun: false,
        }
    }

    pub(super) fn held(&self) -> &HeldFiles {
        &self.held
    }

    /// The transfer is refused: records are written only to descriptors that were inherited, and not to one that is an end.
    pub(super) fn refuse(&mut self, ends: &EndFiles) {
        let stats = &mut self.held.stats;
        stats.retain(|file| file.is_inherited() && !ends.contain(file.probe.id.as_ref()));
    }

    /// Starts the records that change nothing by being written, since they go to a descriptor, a device or a FIFO.
    pub(super) fn start_streams(&mut self, addresses: Vec<ListenAddress>, stderr: &StderrWriter) {
        self.addresses = addresses;
        let held = std::mem::take(&mut self.held.stats);
        let (streams, files) = held.into_iter().partition(SideFile::is_stream);
        self.held.stats = files;
        self.start(streams, stderr);
    }

    /// An end listens here since the transfer has begun. Records that start later say so first.
    pub(super) fn note_address(&mut self, address: ListenAddress) {
        for stats in &self.stats {
            stats.listening(address.0, &address.1);
        }
        self.addresses.push(address);
    }

    /// Listens for commands. A socket that a dead process has left is replaced only once the transfer begins.
    pub(super) fn listen(&mut self, steering: &Arc<Steering>) -> Result<(), TransferError> {
        match self.held.control.take_if(|place| !place.has_dead_socket()) {
            Some(place) => self.serve(&place, steering),
            None => Ok(()),
        }
    }

    /// The transfer begins: files are emptied or made. A file that fails now is reported, and the transfer goes on
    /// without it.
    pub(super) fn begin(&mut self, steering: &Arc<Steering>, stderr: &StderrWriter) {
        self.has_begun = true;
        let files = std::mem::take(&mut self.held.stats);
        self.start(files, stderr);
        if let Some(place) = self.held.control.take()
            && let Err(error) = self.serve(&place, steering)
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
                    for (side, address) in &self.addresses {
                        stats.listening(*side, address);
                    }
                    self.stats.push(stats);
                }
                Err(error) => stderr.fail(&format!("opening {name}: {}", reason(&error))),
            }
        }
    }

    fn serve(
        &mut self,
        place: &ControlPath,
        steering: &Arc<Steering>,
    ) -> Result<(), TransferError> {
        let (listener, file) = place.bind()?;
        tokio::spawn(control::serve(listener, Arc::clone(steering)));
        self.control = Some(file);
        Ok(())
    }
}
