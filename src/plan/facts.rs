//! What planning has to know of the world besides the command line: found out once, and given to it.

use crate::endpoint::{System, World};
use crate::session::control;
use crate::show::{StderrKind, Theme};

/// What planning has to know of the world.
pub struct Facts<'a> {
    /// What standard error is.
    pub stderr: StderrKind,
    /// What lines on a screen may consist of here; the transfer has no name yet.
    pub theme: Theme,
    /// Answers what depends on the names and numbers on the command line.
    pub world: &'a dyn World,
    /// Whether a transfer listens where the number of its process finds it: where that can be, unless `TIDEGATE_CONTROL=none` is
    /// set.
    pub listens_as_process: bool,
}

impl Facts<'_> {
    /// The facts as they are now.
    #[must_use]
    pub fn now() -> Self {
        Self {
            stderr: StderrKind::stderr(),
            theme: Theme::from_environment(),
            world: &System,
            listens_as_process: control::may_listen_as_process()
                && std::env::var_os("TIDEGATE_CONTROL").is_none_or(|value| value != "none"),
        }
    }
}
