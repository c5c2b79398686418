//! The control socket: a transfer under way is asked how it stands and told what to change, a line at a time.
//!
//! `socket` is its file, `server` talks to clients, `command` is what they may ask for, and `tell` is our own client.

mod command;
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
pub use server::serve;
pub use socket::{SocketFile, SocketPath};
pub use tell::tell;

use crate::platform;
use std::io;
use std::os::fd::AsFd;

/// How the answer to a request begins that is refused.
const REFUSAL: &str = "error: ";

/// The answer to a request that was carried out and asks for nothing back.
const DONE: &str = "ok";

/// The user at the other end of `socket`, if that is neither this user nor root. The mode of the socket keeps other users away
/// from our server, but nothing else keeps our client away from a server of theirs.
///
/// # Errors
/// When the system does not say.
fn stranger(socket: &impl AsFd) -> io::Result<Option<u32>> {
    let user = platform::peer_user(socket.as_fd())?;
    let is_trusted = |user: u32| user == 0 || user == rustix::process::geteuid().as_raw();
    Ok(user.filter(|&user| !is_trusted(user)))
}
