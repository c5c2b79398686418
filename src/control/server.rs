//! Talks to the clients of the control socket. None of them can hold up anything but itself: lines are short, answers
//! are taken soon or not at all, and nobody is answered more often than a thousand times a second.

use super::{REFUSAL, Steering};
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Clients at a time; others wait.
const MOST_CLIENTS: usize = 32;

/// The longest request, in bytes, its newline included.
const LONGEST: u16 = 256;

/// How long a client may leave an answer lying about.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time from one answer to the next.
const PACE: Duration = Duration::from_millis(1);

/// Serves until it is dropped.
///
/// # Errors
/// When the socket cannot be polled.
pub async fn serve(listener: StdListener, steering: Arc<Steering>) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MOST_CLIENTS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return Ok(());
        };
        match listener.accept().await {
            Ok((client, _)) => {
                let steering = Arc::clone(&steering);
                tokio::spawn(async move {
                    // A client that has failed is one that went away.
                    let _ = talk(client, &steering).await;
                    drop(place);
                });
            }
            // Out of descriptors, or the client is gone already.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn talk(client: UnixStream, steering: &Steering) -> io::Result<()> {
    let (requests, mut answers) = client.into_split();
    let mut requests = BufReader::with_capacity(LONGEST.into(), requests);
    loop {
        let mut line = Vec::new();
        let len = (&mut requests)
            .take(LONGEST.into())
            .read_until(b'\n', &mut line)
            .await?;
        if len == 0 {
            return Ok(());
        }
        let is_endless = len == usize::from(LONGEST) && !line.ends_with(b"\n");
        let mut answer = if is_endless {
            format!("{REFUSAL}a line is at most {LONGEST} bytes long")
        } else {
            steering.obey(&String::from_utf8_lossy(&line))
        };
        answer.push('\n');
        timeout(PATIENCE, answers.write_all(answer.as_bytes())).await??;
        if is_endless {
            return Ok(());
        }
        sleep(PACE).await;
    }
}
