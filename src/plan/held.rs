//! What a transfer opens besides its ends before it begins: the files beside the sink, and a device that is asked for its size.

use super::Plan;
use super::flag_files::{FlagFile, check_distinct};
use super::size::wrong_path;
use crate::error::{UsageError, reason};
use crate::session::control::ControlPath;
use crate::show::{Drawing, HeldDrawing, SideFile, SidePlace};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

/// What a transfer has opened besides its ends before it begins. Nothing of it is changed, made or waited for yet.
#[derive(Debug)]
pub struct HeldFiles {
    /// The files for records.
    pub stats: Vec<SideFile>,
    /// The files for what is drawn at the end.
    pub drawings: Vec<HeldDrawing>,
    /// Where the control socket is to be made.
    pub control: Option<ControlPath>,
    /// How much the device holds whose size is the expected one (`--size @DEVICE`), in bytes.
    pub device_size: Option<u64>,
}

impl HeldFiles {
    /// Opens what the plan needs.
    ///
    /// # Errors
    /// When the system refuses one of them, or two of them are one file.
    pub fn of(plan: &Plan) -> Result<Self, UsageError> {
        let device_size = plan.size_of_device.as_deref().map(device_size);
        let device_size = device_size.transpose()?;
        let stats = plan.stats.iter().map(SidePlace::hold);
        let drawings = plan.drawings.iter().map(Drawing::hold);
        let held = Self {
            stats: stats.collect::<Result<_, _>>()?,
            drawings: drawings.collect::<Result<_, _>>()?,
            control: plan.control.as_deref().map(ControlPath::at).transpose()?,
            device_size,
        };
        check_distinct(&held.files())?;
        Ok(held)
    }

    /// All files beside the sink, for the check that no two are the same.
    #[must_use]
    pub fn files(&self) -> Vec<FlagFile> {
        let stats = self.stats.iter().map(|it| it.probe.as_flag_file(true));
        let drawings = self
            .drawings
            .iter()
            .map(|it| it.file.probe.as_flag_file(false));
        let control = self.control.iter().map(ControlPath::as_flag_file);
        stats.chain(drawings).chain(control).collect()
    }
}

fn device_size(path: &Path) -> Result<u64, UsageError> {
    let end = File::open(path).and_then(|mut device| device.seek(SeekFrom::End(0)));
    end.map_err(|error| wrong_path(path, &reason(&error)))
}
