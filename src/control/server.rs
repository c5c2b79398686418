//! Talks to the clients of the control socket. None of them can hold up anything but itself: lines are short, answers
//! are taken soon or not at all, nobody is answered more often than a thousand times a second, and who says nothing
//! gives his place to who comes.

use super::{REFUSAL, Steering};
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// Clients at a time. Another one takes the place of the one that has said nothing for longest.
const MOST_CLIENTS: usize = 32;

/// The longest request, in bytes, its newline included.
const LONGEST: u16 = 256;

/// How long a client may leave an answer lying about.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time from one answer to the next.
const PACE: Duration = Duration::from_millis(1);

/// A client that is being talked to.
#[derive(Debug)]
struct Seat {
    talk: AbortHandle,
    /// The number of its last request, or that with which it came.
    last: Arc<AtomicU64>,
}

/// Serves until it is dropped.
///
/// # Errors
/// When the socket cannot be polled.
pub async fn serve(listener: StdListener, steering: Arc<Steering>) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    // Requests of all clients are counted, so that it is known whose was the last one longest ago.
    let requests = Arc::new(AtomicU64::new(0));
    let (mut talks, mut seats) = (JoinSet::new(), Vec::new());
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                make_room(&mut talks, &mut seats).await;
                let last = Arc::new(AtomicU64::new(next(&requests)));
                seats.push(Seat {
                    last: Arc::clone(&last),
                    talk: talks.spawn(talk(
                        client,
                        Arc::clone(&steering),
                        Arc::clone(&requests),
                        last,
                    )),
                });
            }
            // Out of descriptors, or the client is gone already.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

fn next(requests: &AtomicU64) -> u64 {
    requests.fetch_add(1, Ordering::Relaxed)
}

/// Leaves a place free: that of one who has gone, or else of the one that has said nothing for longest.
async fn make_room(talks: &mut JoinSet<io::Result<()>>, seats: &mut Vec<Seat>) {
    while talks.try_join_next().is_some() {}
    seats.retain(|seat| !seat.talk.is_finished());
    if seats.len() < MOST_CLIENTS {
        return;
    }
    let all = seats.iter().enumerate();
    let silent = all.min_by_key(|(_, seat)| seat.last.load(Ordering::Relaxed));
    if let Some((at, _)) = silent {
        seats.swap_remove(at).talk.abort();
        // The descriptor of the one that was sent away is free then.
        drop(talks.join_next().await);
    }
}

/// Answers one client until it goes away, which failing is too.
async fn talk(
    client: UnixStream,
    steering: Arc<Steering>,
    requests: Arc<AtomicU64>,
    last: Arc<AtomicU64>,
) -> io::Result<()> {
    let (lines, mut answers) = client.into_split();
    let mut lines = BufReader::with_capacity(LONGEST.into(), lines);
    loop {
        let mut line = Vec::new();
        let len = (&mut lines)
            .take(LONGEST.into())
            .read_until(b'\n', &mut line)
            .await?;
        if len == 0 {
            return Ok(());
        }
        last.store(next(&requests), Ordering::Relaxed);
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
