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
#[expect(clippy::disallowed_methods, reason = "as in a request")]
mod tell;

pub use command::Steering;
pub use server::serve;
pub use socket::{Name, SocketPath};
pub use tell::tell;

use crate::platform;
use std::io;
use std::os::fd::AsFd;

/// What a request was answered with begins so if nothing has come of it.
const REFUSAL: &str = "error: ";

/// What a request was answered with if there is nothing else to say.
const DONE: &str = "ok";

/// The user at the other end of `socket`, if it is neither ours nor root. The mode of a socket keeps others away from a
/// server; nothing else keeps a client away from a server of theirs.
///
/// # Errors
/// When the system does not say.
fn stranger(socket: &impl AsFd) -> io::Result<Option<u32>> {
    let user = platform::peer_user(socket.as_fd())?;
    let is_trusted = |user: u32| user == 0 || user == rustix::process::geteuid().as_raw();
    Ok(user.filter(|&user| !is_trusted(user)))
}
