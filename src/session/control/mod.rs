//! The control socket: a transfer under way is asked how it stands and told what to change, a line at a time.
//!
//! `socket` is its file, and `process` another one that is found by the number of the process; `server` talks to clients,
//! `command` is what they may ask for, and `tell` is our own client.

mod command;
mod process;
#[expect(
    clippy::disallowed_methods,
    reason = "a request that is no UTF-8 is answered as one that is no command"
)]
mod server;
mod socket;
#[expect(
    clippy::disallowed_methods,
    reason = "words that are no UTF-8 are no command, and the server says so"
)]
mod tell;

pub use command::{Steering, ToCome};
pub use process::{is_possible as may_listen_as_process, listen_as_process};
pub use server::serve;
pub use socket::ControlPath;
pub use tell::tell;

/// How the answer to a request begins that is refused.
const REFUSAL: &str = "error: ";

/// The answer to a request that was carried out and asks for nothing back.
const DONE: &str = "ok";
