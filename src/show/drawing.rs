//! The files that are drawn when a transfer has ended: a trace, a plot, the lines of its digests.
//!
//! A new kind of plot is a function from the directions of a [`Finished`] transfer to the bytes of a file, and its row in [`PLOTS`].

#[cfg(feature = "plot")]
use super::plot;
use super::{Finished, SideFile, SidePlace, digest_file, trace};
use crate::endpoint::World;
use crate::error::UsageError;
use crate::text::suggest;
use crate::text::visible::named;
use std::ffi::OsStr;
use std::path::Path;

/// Draws a transfer that has ended, from what is known of each direction. `None`: there is nothing to draw.
type Draw = fn(&[Finished<'_>]) -> Option<Vec<u8>>;

/// How plots are drawn, by the extension of the file's name in lower case; a build may be without them.
const PLOTS: &[(&str, Draw)] = &[
    #[cfg(feature = "plot")]
    ("svg", |it| plot::svg(it).map(String::into_bytes)),
    #[cfg(feature = "plot")]
    ("html", |it| plot::html(it).map(String::into_bytes)),
];

/// A file that is to be drawn.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// The file.
    pub place: SidePlace,
    draw: Draw,
    /// Whether it is drawn from a recording of what happened when.
    pub needs_recording: bool,
    /// Whether the transfer counts as failed if the file cannot be written.
    is_needed: bool,
}

/// A drawing whose file is held until the transfer has ended.
#[derive(Debug)]
pub struct HeldDrawing {
    /// The file.
    pub file: SideFile,
    /// Whether the transfer counts as failed if the file cannot be written.
    pub is_needed: bool,
    draw: Draw,
}

impl HeldDrawing {
    /// Draws. `None`: the file is left as it is.
    #[must_use]
    pub fn draw(self, finished: &[Finished<'_>]) -> Option<(SideFile, Vec<u8>)> {
        (self.draw)(finished).map(|drawn| (self.file, drawn))
    }
}

impl Drawing {
    /// `--trace FILE`, or `--trace fd:N`.
    #[must_use]
    pub fn trace(path: &Path, world: &dyn World) -> Self {
        Self {
            place: SidePlace::parse("--trace", path, world),
            draw: |it| trace::draw(it).map(String::into_bytes),
            needs_recording: true,
            is_needed: false,
        }
    }

    /// `--digest-file FILE`, or `--digest-file fd:N`.
    #[must_use]
    pub fn digests(path: &Path, world: &dyn World) -> Self {
        Self {
            place: SidePlace::parse("--digest-file", path, world),
            draw: |it| digest_file::draw(it.first()?),
            needs_recording: false,
            is_needed: true,
        }
    }

    /// `--plot FILE`.
    ///
    /// # Errors
    /// When the extension of the name is not that of a plot.
    pub fn plot(path: &Path, world: &dyn World) -> Result<Self, UsageError> {
        let ending = path.extension().and_then(OsStr::to_str);
        let ending = ending.unwrap_or_default().to_ascii_lowercase();
        let known = PLOTS.iter().find(|(known, _)| *known == ending);
        let Some((_, draw)) = known else {
            return Err(unknown(path, &ending));
        };
        Ok(Self {
            place: SidePlace::path("--plot", path, world),
            draw: *draw,
            needs_recording: true,
            is_needed: false,
        })
    }

    /// Takes hold of its file, and changes nothing yet.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn hold(&self) -> Result<HeldDrawing, UsageError> {
        Ok(HeldDrawing {
            file: self.place.hold()?,
            is_needed: self.is_needed,
            draw: self.draw,
        })
    }
}

fn unknown(path: &Path, ending: &str) -> UsageError {
    let path = named(path);
    let endings = || PLOTS.iter().map(|(known, _)| *known);
    let hint = suggest::nearest(ending, endings()).map_or_else(
        || format!("valid: .{}", endings().collect::<Vec<_>>().join(", .")),
        |near| format!("did you mean .{near}?"),
    );
    UsageError::new(format!(
        "--plot {path}: the name has to end in the format of the picture; {hint}"
    ))
}
