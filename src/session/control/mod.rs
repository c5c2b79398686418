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
pub use socket::{SocketFile, SocketPath};
pub use tell::tell;

use crate::platform;
use std::io;
use std::os::fd::AsFd;

/// How the answer to a request begins that is refused.
const REFUSAL: &str = "error: ";

/// The answer to a request that was carried out and asks for nothing back.
const DONE: &str = "ok";

/// The user at the other end of `socket`, if that is neither this user nor root. The mode of its file keeps other users away
/// from our server, but nothing else does from that of a process, nor our client from a server of theirs.
///
/// # Errors
/// When the system does not say.
fn stranger(socket: &impl AsFd) -> io::Result<Option<u32>> {
    let peer = platform::peer(socket.as_fd())?;
    let is_trusted = |user: u32| user == 0 || user == rustix::process::geteuid().as_raw();
    Ok(peer.map(|it| it.user).filter(|&user| !is_trusted(user)))
}
