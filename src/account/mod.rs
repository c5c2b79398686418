//! What has passed, where the time went, and what can be learned from it. Nothing here moves a byte.

pub mod clock;
pub mod meter;
pub mod phase;
pub(crate) mod published;
pub mod recording;
pub mod replay;
pub mod span;
pub mod stages;
