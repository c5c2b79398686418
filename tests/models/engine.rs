//! The files of the engine that the models are about.

#[path = "../../src/engine/gate.rs"]
pub mod gate;

#[path = "../../src/engine/gates.rs"]
pub mod gates;

#[path = "../../src/engine/wakeup.rs"]
pub mod wakeup;

pub mod link;
