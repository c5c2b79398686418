//! What is drawn of a transfer once it has ended: a trace, a plot, the lines of its digests.
//!
//! A new kind of plot is one file that exports how it is drawn, and its row in [`PLOTS`].

use super::{Finished, SideFile, SidePlace, digest_file, plot, trace};
use crate::error::UsageError;
use crate::text::suggest;
use crate::text::visible::named;
use std::ffi::OsStr;
use std::path::Path;

/// How a transfer that has ended is drawn, if it is.
type Draw = fn(&Finished<'_>) -> Option<Vec<u8>>;

/// By the end of a file's name, in lower case.
const PLOTS: [(&str, Draw); 2] = [
    ("svg", |it| Some(plot::svg(it).into_bytes())),
    ("html", |it| Some(plot::html(it).into_bytes())),
];

/// Something that is to be drawn, and where.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Where.
    pub place: SidePlace,
    draw: Draw,
    /// Whether it has to be remembered for it what happened when.
    pub needs_recording: bool,
    /// Whether the transfer has failed if it cannot be written.
    is_needed: bool,
}

/// Something that is to be drawn, and its file, held until then.
#[derive(Debug)]
pub struct HeldDrawing {
    /// The file.
    pub file: SideFile,
    /// Whether the transfer has failed if it cannot be written.
    pub is_needed: bool,
    draw: Draw,
}

impl HeldDrawing {
    /// Draws. `None`: nothing is written, and what the file held stays there.
    #[must_use]
    pub fn draw(self, finished: &Finished<'_>) -> Option<(SideFile, Vec<u8>)> {
        (self.draw)(finished).map(|drawn| (self.file, drawn))
    }
}

impl Drawing {
    /// `--trace FILE`, or `--trace fd:N`.
    #[must_use]
    pub fn trace(path: &Path) -> Self {
        Self {
            place: SidePlace::parse("--trace", path),
            draw: |it| Some(trace::draw(it).into_bytes()),
            needs_recording: true,
            is_needed: false,
        }
    }

    /// `--digest-file FILE`, or `--digest-file fd:N`.
    #[must_use]
    pub fn digests(path: &Path) -> Self {
        Self {
            place: SidePlace::parse("--digest-file", path),
            draw: digest_file::draw,
            needs_recording: false,
            is_needed: true,
        }
    }

    /// `--plot FILE`.
    ///
    /// # Errors
    /// When the end of its name says nothing of how it is to be drawn.
    pub fn plot(path: &Path) -> Result<Self, UsageError> {
        let ending = path.extension().and_then(OsStr::to_str);
        let ending = ending.unwrap_or_default().to_ascii_lowercase();
        let known = PLOTS.iter().find(|(known, _)| *known == ending);
        let Some((_, draw)) = known else {
            return Err(unknown(path, &ending));
        };
        Ok(Self {
            place: SidePlace::path("--plot", path),
            draw: *draw,
            needs_recording: true,
            is_needed: false,
        })
    }

    /// Takes hold of the file that it is drawn into.
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
        "--plot {path}: the end of a name says how it is drawn; {hint}"
    ))
}
