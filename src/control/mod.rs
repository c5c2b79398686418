//! The control socket: a transfer under way is asked how it stands and told what to change, a line at a time.
//!
//! `socket` is its place in the file system, `server` talks to clients, `command` is what they may say, and `tell` is
//! our own client.

mod command;
#[expect(
    clippy::disallowed_methods,
    reason = "what is no UTF-8 in a request is no command, and answered as what is none"
)]
mod server;
mod socket;
#[expect(
    clippy::disallowed_methods,
    reason = "as in a request; and what is answered is made visible before it is shown"
)]
mod tell;

pub use command::Steering;
pub use server::serve;
pub use socket::{Name, Place};
pub use tell::tell;

/// What a request was answered with begins so if nothing has come of it.
const REFUSAL: &str = "error: ";

/// What a request was answered with if there is nothing else to say.
const DONE: &str = "ok";
