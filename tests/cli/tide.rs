//! A small language for tests of the binary: a scratch directory, a command, and what must come of it.
//!
//! Nothing here waits without a deadline, and nothing sleeps and hopes.

use assert_cmd::cargo::cargo_bin;
use std::cell::Cell;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Runs a test twice: as `--road auto` has it, and on the buffered road, which the kernel road else stands in front of
/// wherever both ends allow it. For whatever moves bytes; what only draws, or moves none, is a plain `#[test]`.
macro_rules! on_both_roads {
    ($(#[$attribute:meta])* fn $name:ident() $body:block) => {
        $(#[$attribute])*
        mod $name {
            #[test]
            fn auto() {
                $crate::tide::on("auto", super::$name);
            }

            #[test]
            fn buffered() {
                $crate::tide::on("buffered", super::$name);
            }
        }

        $(#[$attribute])*
        fn $name() $body
    };
}

thread_local! {
    /// The road of the test on this thread.
    static ROAD: Cell<&'static str> = const { Cell::new("auto") };
}

/// Runs a test on this road.
pub(crate) fn on(road: &'static str, test: fn()) {
    ROAD.set(road);
    test();
}

/// What `TIDEGATE_ROAD` is for the commands of this test, unless it says otherwise.
pub(crate) fn road() -> &'static str {
    ROAD.get()
}

/// Nothing in these tests takes longer, on however slow a machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(180);

/// A scratch directory, in which every command runs.
pub(crate) struct Scratch {
    dir: TempDir,
    /// Kept here, since a test may start commands on several threads.
    road: &'static str,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            dir: TempDir::new().expect("a scratch directory"),
            road: road(),
        }
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).expect("writing a file");
        self.path(name)
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("reading {name}: {error}"))
    }

    /// Names of all files there are.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.path()).expect("listing");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// tidegate with these arguments.
    pub(crate) fn tide<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Cmd {
        let mut cmd = self.cmd(cargo_bin!("tidegate"));
        cmd.command.args(args);
        cmd
    }

    /// Any program, run here; tidegate takes the road of this test, unless a flag names another.
    pub(crate) fn cmd(&self, program: impl AsRef<OsStr>) -> Cmd {
        let mut command = Command::new(program);
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_lowercase();
            if text.starts_with("tidegate_") || text.ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        command.env("TIDEGATE_ROAD", self.road);
        Cmd {
            command,
            input: None,
        }
    }

    /// A shell command line, in which `$T` is tidegate.
    pub(crate) fn sh(&self, line: &str) -> Cmd {
        let mut cmd = self.cmd("bash");
        cmd.command
            .args(["-c", line])
            .env("T", cargo_bin!("tidegate"));
        cmd
    }
}

/// A command about to run.
pub(crate) struct Cmd {
    pub(crate) command: Command,
    input: Option<Vec<u8>>,
}

impl Cmd {
    /// Bytes for standard input, fed from a thread.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self.command.stdin(Stdio::piped());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.command.stdin(from);
        self
    }

    pub(crate) fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdout(to);
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Done {
        self.start().done()
    }

    /// Starts it.
    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        let shown = format!("{:?}", self.command);
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
        if let Some(input) = self.input {
            let mut stdin = child.stdin.take().expect("a pipe for the input");
            // A command may end before it has read everything.
            thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let stdout = child.stdout.take().map(collect);
        let (line_sender, lines) = channel();
        let stderr = child.stderr.take().map(|stderr| {
            thread::spawn(move || {
                let mut all = Vec::new();
                for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                    all.extend_from_slice(&line);
                    all.push(b'\n');
                    let _ = line_sender.send(String::from_utf8_lossy(&line).into_owned());
                }
                all
            })
        });
        Running {
            child,
            shown,
            stdout,
            stderr,
            lines,
            deadline: Instant::now() + DEADLINE,
        }
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = from.read_to_end(&mut all);
        all
    })
}

/// A command that runs. Killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    shown: String,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    lines: Receiver<String>,
    deadline: Instant,
}

impl Running {
    /// The next line on standard error.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let line = self.line_if_any();
        line.unwrap_or_else(|| panic!("{}: ended without that line", self.shown))
    }

    /// The same, unless it ends without another.
    #[track_caller]
    pub(crate) fn line_if_any(&mut self) -> Option<String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Timeout) => panic!("{}: no line before the deadline", self.shown),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// The address it says it listens on: a word, whatever stands behind it.
    #[track_caller]
    pub(crate) fn listening(&mut self) -> String {
        let line = self.line();
        let said = line.strip_prefix("listening on ");
        let address = said.and_then(|it| it.split(' ').next());
        address
            .unwrap_or_else(|| panic!("{}: said {line:?}", self.shown))
            .to_owned()
    }

    /// Sends a signal by its name: INT, TERM, HUP, USR1.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let signal = match name {
            "INT" => rustix::process::Signal::INT,
            "TERM" => rustix::process::Signal::TERM,
            "HUP" => rustix::process::Signal::HUP,
            "USR1" => rustix::process::Signal::USR1,
            "KILL" => rustix::process::Signal::KILL,
            "STOP" => rustix::process::Signal::STOP,
            "TSTP" => rustix::process::Signal::TSTP,
            "CONT" => rustix::process::Signal::CONT,
            other => panic!("no signal {other}"),
        };
        rustix::process::kill_process(pid, signal).expect("sending a signal");
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn done(mut self) -> Done {
        let status = loop {
            match self.child.try_wait().expect("waiting") {
                Some(status) => break status,
                None if Instant::now() > self.deadline => {
                    let _ = self.child.kill();
                    panic!("{}: still running after {DEADLINE:?}", self.shown);
                }
                // Polling a child is the one wait that has no event in the standard library.
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        let gather = |thread: Option<JoinHandle<Vec<u8>>>| {
            thread
                .map(|thread| thread.join().expect("a collector"))
                .unwrap_or_default()
        };
        Done {
            shown: std::mem::take(&mut self.shown),
            status,
            stdout: gather(self.stdout.take()),
            stderr: String::from_utf8_lossy(&gather(self.stderr.take())).into_owned(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    shown: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Done {
    /// The status a shell would show: 128 + N for a signal.
    pub(crate) fn code(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        self.status
            .code()
            .or_else(|| self.status.signal().map(|number| 128 + number))
            .unwrap_or(-1)
    }

    /// It must have ended with this status.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}\nstderr: {}", self.shown, self.stderr);
        self
    }

    /// It must have succeeded, without a word.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits(0).says("")
    }

    /// This must be all of standard error.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert_eq!(self.stderr, text, "{}", self.shown);
        self
    }

    /// Standard error must be one line that starts with `tidegate: ` and holds all of these.
    #[track_caller]
    pub(crate) fn fails_saying(self, code: i32, parts: &[&str]) -> Self {
        let done = self.exits(code);
        let line = done.stderr.trim_end_matches('\n');
        assert!(
            line.starts_with("tidegate: ") && !line.contains('\n'),
            "{}: {:?}",
            done.shown,
            done.stderr
        );
        done.mentions(parts)
    }

    /// A usage error, holding all of these.
    #[track_caller]
    pub(crate) fn refuses(self, parts: &[&str]) -> Self {
        self.fails_saying(2, parts)
    }

    #[track_caller]
    pub(crate) fn mentions(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "{}: {:?} lacks {part:?}",
                self.shown,
                self.stderr
            );
        }
        self
    }

    /// These must be the bytes on standard output.
    #[track_caller]
    pub(crate) fn prints(self, bytes: impl AsRef<[u8]>) -> Self {
        let (got, wanted) = (&self.stdout, bytes.as_ref());
        if got != wanted {
            let differs = got.iter().zip(wanted).position(|(a, b)| a != b);
            let (shown, len, wanted_len) = (&self.shown, got.len(), wanted.len());
            panic!("{shown}: {len} bytes, not {wanted_len}; first difference {differs:?}");
        }
        self
    }
}

/// The records of a `--stats` file.
#[track_caller]
pub(crate) fn records(bytes: &[u8]) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(bytes).expect("records are UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// So many bytes that no short pattern repeats in.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = vec![0; len.next_multiple_of(8)];
    for word in bytes.chunks_exact_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
