//! The sending end of a pipe source: a thread that gives as fast as is taken, with a silence where one is wanted.

use std::io::{self, PipeWriter, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

/// Bytes written at a time.
const BLOCK: usize = 64 << 10;

/// A thread that writes until nobody reads any more. It ends with this value if it is silent then.
#[derive(Debug)]
pub(crate) struct Feeder {
    go_on: Sender<()>,
}

impl Feeder {
    /// Writes `portion` bytes into `pipe`, and more once told to go on; without a portion it never falls silent.
    pub(crate) fn start(pipe: PipeWriter, portion: Option<u64>) -> Self {
        let (go_on, told) = mpsc::channel();
        // What ends the thread is that its pipe breaks, which is how every run ends.
        thread::spawn(move || feed(pipe, portion, &told));
        Self { go_on }
    }

    /// Ends the silence.
    pub(crate) fn go_on(&self) {
        // A thread that has ended has nothing to say to a limiter that has ended too.
        let _ = self.go_on.send(());
    }
}

fn feed(mut pipe: PipeWriter, portion: Option<u64>, told: &Receiver<()>) -> io::Result<()> {
    if let Some(bytes) = portion {
        give(&mut pipe, bytes)?;
        if told.recv().is_err() {
            return Ok(());
        }
    }
    give(&mut pipe, u64::MAX)
}

fn give(pipe: &mut PipeWriter, bytes: u64) -> io::Result<()> {
    let block = vec![0; BLOCK];
    let mut left = bytes;
    while left > 0 {
        let len = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
        pipe.write_all(&block[..len])?;
        left -= len as u64;
    }
    Ok(())
}
