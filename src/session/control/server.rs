//! Serves the clients of the control socket. A client can hold up nothing but itself: requests are short, the first has to
//! come soon, answers have to be taken soon, none is answered more than a thousand times a second, and the one that has been
//! silent for longest is dropped when there are too many.

use super::{REFUSAL, Steering};
use crate::platform::stranger;
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

/// Clients at a time. For another one, the client that has been silent for longest is dropped.
const MOST_CLIENTS: usize = 32;

/// The longest request, in bytes, its newline included.
const LONGEST_REQUEST: u16 = 256;

/// How long a client may take for its first request.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to read an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The shortest time from one answer to the next, for each client, and for all those together that are turned away.
const ANSWER_INTERVAL: Duration = Duration::from_millis(1);

/// A client that is being served.
#[derive(Debug)]
struct Client {
    task: AbortHandle,
    /// The number of its last request, or the one it was given when it came.
    last: Arc<AtomicU64>,
}

/// Serves until it is dropped.
///
/// # Errors
/// When the socket cannot be polled.
pub async fn serve(listener: StdListener, steering: Arc<Steering>) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    // The requests of all clients are numbered, which tells who has been silent for longest.
    let requests = Arc::new(AtomicU64::new(0));
    let (mut tasks, mut clients) = (JoinSet::new(), Vec::new());
    loop {
        match listener.accept().await {
            // A client whose user is not known is treated as a stranger's.
            Ok((client, _)) if !matches!(stranger(&client), Ok(None)) => {
                turn_away(&client);
                sleep(ANSWER_INTERVAL).await;
            }
            Ok((client, _)) => {
                make_room(&mut tasks, &mut clients).await;
                let last = Arc::new(AtomicU64::new(next(&requests)));
                clients.push(Client {
                    last: Arc::clone(&last),
                    task: tasks.spawn(serve_one(
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

/// Makes room for a client: forgets those that are gone, or else drops the one that has been silent for longest.
async fn make_room(tasks: &mut JoinSet<io::Result<()>>, clients: &mut Vec<Client>) {
    while tasks.try_join_next().is_some() {}
    clients.retain(|client| !client.task.is_finished());
    if clients.len() < MOST_CLIENTS {
        return;
    }
    let all = clients.iter().enumerate();
    let silent = all.min_by_key(|(_, client)| client.last.load(Ordering::Relaxed));
    if let Some((at, _)) = silent {
        clients.swap_remove(at).task.abort();
        // The descriptor of the dropped client is free once its task has ended.
        drop(tasks.join_next().await);
    }
}

/// Tells the client of another user why it is refused, if it takes that at once.
fn turn_away(client: &UnixStream) {
    let line = format!("{REFUSAL}only the user of this transfer and root may tell it anything\n");
    let _ = rustix::io::write(client, line.as_bytes());
}

/// Answers one client until it goes away or fails.
async fn serve_one(
    client: UnixStream,
    steering: Arc<Steering>,
    requests: Arc<AtomicU64>,
    last: Arc<AtomicU64>,
) -> io::Result<()> {
    let (lines, mut answers) = client.into_split();
    let mut lines = BufReader::with_capacity(LONGEST_REQUEST.into(), lines);
    let Ok(first) = timeout(FIRST_REQUEST_TIMEOUT, next_line(&mut lines)).await else {
        let limit = humantime::format_duration(FIRST_REQUEST_TIMEOUT);
        return say(&mut answers, format!("{REFUSAL}no request within {limit}")).await;
    };
    let mut line = first?;
    while !line.is_empty() {
        last.store(next(&requests), Ordering::Relaxed);
        if line.len() == usize::from(LONGEST_REQUEST) && !line.ends_with(b"\n") {
            let why = format!("{REFUSAL}a line is at most {LONGEST_REQUEST} bytes long");
            return say(&mut answers, why).await;
        }
        say(&mut answers, steering.obey(&String::from_utf8_lossy(&line))).await?;
        sleep(ANSWER_INTERVAL).await;
        line = next_line(&mut lines).await?;
    }
    Ok(())
}

/// The next line, with its newline; empty after the last one. Of a line that is too long, the beginning.
async fn next_line(lines: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut lines = lines.take(LONGEST_REQUEST.into());
    lines.read_until(b'\n', &mut line).await?;
    Ok(line)
}

async fn say(answers: &mut OwnedWriteHalf, answer: String) -> io::Result<()> {
    timeout(
        ANSWER_TIMEOUT,
        answers.write_all(format!("{answer}\n").as_bytes()),
    )
    .await?
}
