//! What a picture must be, whatever it is of.

use super::runs;
use super::{html, svg};

/// To be looked at: every run in a directory of its reader's choice.
#[test]
fn pictures_can_be_looked_at() {
    let Some(directory) = std::env::var_os("TIDEGATE_TEST_PICTURES") else {
        return;
    };
    for (name, run) in runs::all() {
        let path = |extension: &str| {
            let file = std::path::Path::new(name).with_extension(extension);
            std::path::Path::new(&directory).join(file)
        };
        std::fs::write(path("svg"), svg(&run.finished())).unwrap();
        std::fs::write(path("html"), html(&run.finished())).unwrap();
    }
}
