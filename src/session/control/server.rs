//! Talks to the clients of the control socket. None of them can hold up anything but itself: lines are short, the first
//! comes soon or not at all, answers are taken soon or not at all, nobody is answered more often than a thousand times a
//! second, and who says nothing gives his place to who comes.

use super::{REFUSAL, Steering, stranger};
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// Clients at a time. Another one takes the place of the one that has said nothing for longest.
const MOST_CLIENTS: usize = 32;

/// The longest request, in bytes, its newline included.
const LONGEST: u16 = 256;

/// How long a client may take for its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(10);

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
            // Whoever cannot be told apart is none of ours either.
            Ok((client, _)) if !matches!(stranger(&client), Ok(None)) => turn_away(&client),
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

/// Says why to somebody else's client, if it takes that at once.
fn turn_away(client: &UnixStream) {
    let line = format!("{REFUSAL}only the user of this transfer and root may tell it anything\n");
    let _ = rustix::io::write(client, line.as_bytes());
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
    let Ok(first) = timeout(FIRST_REQUEST, next_line(&mut lines)).await else {
        let limit = humantime::format_duration(FIRST_REQUEST);
        return say(&mut answers, format!("{REFUSAL}no request within {limit}")).await;
    };
    let mut line = first?;
    while !line.is_empty() {
        last.store(next(&requests), Ordering::Relaxed);
        if line.len() == usize::from(LONGEST) && !line.ends_with(b"\n") {
            let why = format!("{REFUSAL}a line is at most {LONGEST} bytes long");
            return say(&mut answers, why).await;
        }
        say(&mut answers, steering.obey(&String::from_utf8_lossy(&line))).await?;
        sleep(PACE).await;
        line = next_line(&mut lines).await?;
    }
    Ok(())
}

/// The next line, with its end; nothing after the last one. Of one that is too long it is the beginning.
async fn next_line(lines: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut lines = lines.take(LONGEST.into());
    lines.read_until(b'\n', &mut line).await?;
    Ok(line)
}

async fn say(answers: &mut OwnedWriteHalf, answer: String) -> io::Result<()> {
    timeout(
        PATIENCE,
        answers.write_all(format!("{answer}\n").as_bytes()),
    )
    .await?
}
