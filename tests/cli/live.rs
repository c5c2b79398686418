//! More words for `tide`: what can be seen of a command while it runs, its records, and peers that misbehave.

use crate::tide::{Cmd, DEADLINE, Done, Running, Scratch, records};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, fcntl_getfl, mknodat};
use rustix::pipe::fcntl_setpipe_size;
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// Polls, where there is no event to wait for, until `done` answers.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = done() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not before the deadline: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Reads exactly `n` bytes, or fails at the deadline.
#[track_caller]
pub(crate) fn read_exactly(mut from: impl Read + Send + 'static, n: usize) -> Vec<u8> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = vec![0; n];
        let result = from.read_exact(&mut bytes).map(|()| bytes);
        let _ = sender.send(result);
    });
    let result = receiver.recv_timeout(DEADLINE);
    result
        .unwrap_or_else(|_| panic!("no {n} bytes before the deadline"))
        .expect("reading")
}

/// Says aloud that a promise goes untested here.
#[expect(
    clippy::print_stderr,
    reason = "a test that passes must not hide that it did nothing"
)]
pub(crate) fn untested(why: &str) {
    eprintln!("NOT TESTED HERE: {why}");
}

/// The status flags of an open file description that a command shares.
pub(crate) fn flags(fd: impl AsFd) -> OFlags {
    fcntl_getfl(fd).expect("the flags of a descriptor")
}

/// Whether a pipe takes nothing more.
pub(crate) fn is_full(pipe: impl AsFd) -> bool {
    let mut ends = [PollFd::new(&pipe, PollFlags::OUT)];
    poll(&mut ends, Some(&Timespec::default())).expect("polling") == 0
}

/// A small pipe that takes nothing more until it is read, and how many bytes are in it.
pub(crate) fn full_pipe() -> (PipeReader, PipeWriter, usize) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let size = fcntl_setpipe_size(&writer, 4096).expect("a small pipe");
    writer
        .write_all(&vec![b'\n'; size])
        .expect("filling a pipe");
    assert!(is_full(&writer), "{size} bytes fill the pipe");
    (reader, writer, size)
}

/// A listener whose queue is full: connecting to it gets no answer, as from a firewall that drops.
pub(crate) struct Deaf {
    pub(crate) address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl Deaf {
    pub(crate) fn new() -> Self {
        let (listener, address) = bound();
        listener.listen(0).expect("listening");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        let queued = std::iter::from_fn(connect).collect();
        Self {
            address,
            _listener: listener,
            _queued: queued,
        }
    }
}

/// A socket bound to a port of its own on which nobody listens.
pub(crate) fn bound() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    socket.bind(&any.into()).expect("binding");
    let address = socket.local_addr().expect("an address");
    (socket, address.as_socket().expect("an IP address"))
}

impl Scratch {
    pub(crate) fn fifo(&self, name: &str) {
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, self.path(name), FileType::Fifo, mode, 0).expect("making a FIFO");
    }

    /// Whether a shell line succeeds here, for what not every machine allows.
    pub(crate) fn can(&self, line: &str) -> bool {
        self.sh(line).run().code() == 0
    }

    /// Waits until the latest record in the stats file `name` fits.
    #[track_caller]
    pub(crate) fn recorded(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until("a record that fits", || {
            let bytes = std::fs::read(self.path(name)).ok()?;
            let whole = bytes.iter().rposition(|byte| *byte == b'\n')?;
            records(&bytes[..whole]).pop().filter(&fits)
        })
    }

    /// The last record in the stats file `name`.
    #[track_caller]
    pub(crate) fn end_of(&self, name: &str) -> Value {
        last(records(&self.read(name)))
    }
}

impl Cmd {
    /// Its standard input is a pipe that stays open: see [`Running::feed`] and [`Running::end_of_input`].
    pub(crate) fn open_input(self) -> Self {
        self.stdin(Stdio::piped())
    }

    /// In a process group of its own, as a shell's jobs are: SIGTSTP stops nothing in a group that nobody could
    /// continue (setpgid(2), orphaned process groups), as that of the tests may be.
    pub(crate) fn in_a_group_of_its_own(mut self) -> Self {
        self.command.process_group(0);
        self
    }
}

impl Running {
    /// Writes into the open standard input.
    #[track_caller]
    pub(crate) fn feed(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.child.stdin.as_mut().expect("an open input");
        stdin.write_all(bytes.as_ref()).expect("feeding");
    }

    /// Closes the open standard input and waits for the end.
    #[track_caller]
    pub(crate) fn end_of_input(mut self) -> Done {
        drop(self.child.stdin.take());
        self.done()
    }

    /// With `--stats fd:2`: the first record from now on that fits.
    #[track_caller]
    pub(crate) fn record(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.line();
            if !line.starts_with('{') {
                continue;
            }
            let record = records(line.as_bytes()).remove(0);
            if fits(&record) {
                return record;
            }
        }
    }

    /// With `--stats fd:2`: both ends are open.
    #[track_caller]
    pub(crate) fn started(&mut self) -> Value {
        self.record(|record| record["type"] == "start")
    }

    /// With `--stats fd:2`: so many bytes are through.
    #[track_caller]
    pub(crate) fn has_written(&mut self, bytes: u64) -> Value {
        self.record(|record| record["bytes_out"] == bytes)
    }

    /// With `--stats fd:2`: backpressure has reached the source.
    #[track_caller]
    pub(crate) fn is_paused(&mut self) -> Value {
        self.record(|record| record["links"][0]["state"] == "paused")
    }

    /// The next line on standard error that is no record.
    #[track_caller]
    pub(crate) fn remark(&mut self) -> String {
        loop {
            let line = self.line();
            if !line.starts_with('{') {
                return line;
            }
        }
    }

    /// A field of `/proc/PID/status`; empty for a process that has ended.
    pub(crate) fn proc_status(&self, field: &str) -> String {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        self::field(&text, field).to_owned()
    }

    /// How often its threads of these names have slept and were woken.
    #[track_caller]
    pub(crate) fn wakings(&self, threads: &[&str]) -> usize {
        let tasks = format!("/proc/{}/task", self.child.id());
        let status = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("status"));
        std::fs::read_dir(tasks)
            .expect("its threads")
            .filter_map(|task| status(task.ok()?).ok())
            .filter(|status| threads.contains(&field(status, "Name")))
            .map(|status| field(&status, "voluntary_ctxt_switches").parse::<usize>())
            .sum::<Result<_, _>>()
            .expect("a number")
    }

    /// Waits until it listens to signals: it blocks them, and reads them from a descriptor.
    #[track_caller]
    pub(crate) fn hears_signals(&self) {
        until("blocked signals", || {
            let blocked = u64::from_str_radix(&self.proc_status("SigBlk"), 16).unwrap_or(0);
            let status_signal = 1 << (rustix::process::Signal::USR1.as_raw() - 1);
            (blocked & status_signal != 0).then_some(())
        });
    }

    /// Waits until all of its threads sleep, that is, until it waits for something from outside.
    #[track_caller]
    pub(crate) fn sleeps(&self) {
        let tasks = format!("/proc/{}/task", self.child.id());
        let asleep = || {
            let tasks = std::fs::read_dir(&tasks).ok()?;
            let mut states = tasks.flatten().map(|task| {
                let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
                stat.rsplit(") ")
                    .next()
                    .is_some_and(|it| it.starts_with('S'))
            });
            states.all(|asleep| asleep).then_some(())
        };
        until("a sleep", asleep);
    }
}

/// What a file like `/proc/PID/status` says of `name`; nothing if it does not.
fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    status.lines().find_map(value).unwrap_or_default().trim()
}

impl Done {
    /// The records among the lines of standard error.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Value> {
        let lines: Vec<_> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with('{'))
            .collect();
        records(lines.join("\n").as_bytes())
    }

    /// The last record on standard error.
    #[track_caller]
    pub(crate) fn end(&self) -> Value {
        last(self.records())
    }

    /// It must have been ended by this signal, which is what shells look for, not merely have exited with 128 + N.
    #[track_caller]
    pub(crate) fn dies_of(self, name: &str) -> Self {
        use rustix::process::Signal;
        let signal = match name {
            "HUP" => Signal::HUP,
            "INT" => Signal::INT,
            "TERM" => Signal::TERM,
            "PIPE" => Signal::PIPE,
            other => panic!("no signal {other}"),
        };
        let stderr = &self.stderr;
        assert_eq!(self.status.signal(), Some(signal.as_raw()), "{stderr}");
        self
    }
}

#[track_caller]
fn last(mut records: Vec<Value>) -> Value {
    let end = records.pop().expect("a record");
    assert_eq!(end["type"], "end", "{end}");
    end
}
