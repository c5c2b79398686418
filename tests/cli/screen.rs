//! A terminal and the person before it: a command on a pseudo-terminal of its own, its screen, and keys to type.

use crate::live::{is_full, until};
use crate::tide::{Cmd, DEADLINE, Scratch};
use crate::view::View;
use pty_process::{Size, blocking};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Instant;
use vt100::Parser;

pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
pub(crate) const CTRL_Q: &str = "\x11";
pub(crate) const CTRL_S: &str = "\x13";
pub(crate) const CTRL_Z: &str = "\x1a";

/// What the shell of [`Scratch::shell`] says when it waits for a line.
const PROMPT: &str = "ready> ";

/// Frames the exit status behind the last byte that is shown.
const STATUS: u8 = 0x1e;

/// An interactive shell of which only its job control is wanted: it runs the command as the job in the foreground and
/// tells how it ended on the way that all output takes. It stays until that has arrived, for the kernel may drop what
/// is still under way when the leader of a session ends. What it would say itself goes nowhere.
const LEADER: &str = r#"
trap : INT
exec 3>&1 4>&2 >/dev/null 2>&1
"$@" >&3 2>&4 3>&- 4>&-
printf '\036%d\036' $? >&3
exec sleep 600
"#;

/// Lines that were scrolled off and are still known.
const SCROLLBACK: usize = 200;

/// What changes how programs draw. Tests that want one of them set it.
const LOOKS: [&str; 10] = [
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "FORCE_COLOR",
    "LANG",
    "LC_CTYPE",
    "LINES",
    "NO_COLOR",
    "TMUX",
];

impl Cmd {
    /// Starts it as the foreground job of a terminal of this size. Standard input, output and error are the terminal.
    #[track_caller]
    pub(crate) fn on_screen(self, columns: u16, rows: u16) -> Screen {
        Screen::start(&self.command, columns, rows)
    }
}

impl Scratch {
    /// A shell that waits for lines, with job control; in them, `$T` is tidegate.
    #[track_caller]
    pub(crate) fn shell(&self, columns: u16, rows: u16) -> Screen {
        let mut bash = self.cmd("bash");
        bash.command.args(["--norc", "--noprofile", "-i"]);
        bash.command
            .env("T", assert_cmd::cargo::cargo_bin!("tidegate"));
        bash.command.env("PS1", PROMPT).env("HISTFILE", "/dev/null");
        let screen = bash.env("INPUTRC", "/dev/null").on_screen(columns, rows);
        screen.until("a prompt", |view| view.has(PROMPT.trim()));
        screen
    }
}

/// A terminal on which a command runs. Everything on it is killed when dropped.
pub(crate) struct Screen {
    pty: Arc<blocking::Pty>,
    leader: Child,
    shared: Arc<Shared>,
    shown: String,
}

struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

struct State {
    parser: Parser,
    raw: Vec<u8>,
    frames: Vec<View>,
    /// What the frame of the exit status holds so far, and how many sides of it have come.
    status: (String, usize),
    closed: bool,
}

/// A screen after its command has ended.
pub(crate) struct Ended {
    code: i32,
    shown: String,
    /// What stands there now.
    pub(crate) view: View,
    /// What stood there after every piece of output, however short the while.
    pub(crate) frames: Vec<View>,
    /// All output, as the terminal got it.
    pub(crate) raw: String,
}

impl Screen {
    #[track_caller]
    fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let (pty, pts) = blocking::open().expect("a pseudo-terminal");
        pty.resize(Size::new(rows, columns)).expect("a size");
        let leader = blocking::Command::from(led(command)).spawn(pts);
        let state = State {
            parser: Parser::new(size(rows), size(columns), SCROLLBACK),
            raw: Vec::new(),
            frames: Vec::new(),
            status: (String::new(), 0),
            closed: false,
        };
        let screen = Self {
            pty: Arc::new(pty),
            leader: leader.expect("starting bash"),
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                news: Condvar::new(),
            }),
            shown: format!("{command:?}"),
        };
        let (pty, shared) = (Arc::clone(&screen.pty), Arc::clone(&screen.shared));
        thread::spawn(move || shared.show_all(&pty));
        screen
    }

    /// Waits until what stands on the screen fits.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, fits: impl Fn(&View) -> bool) -> View {
        self.wait(what, |state| Some(state.view()).filter(&fits))
    }

    /// Waits until something else stands on the screen.
    #[track_caller]
    pub(crate) fn changed(&self, before: &View) -> View {
        let rows = before.rows();
        self.until("a change", |view| view.rows() != rows)
    }

    /// Waits until the live display has been drawn, and all of it: the terminal hands a drawing on in pieces, of which
    /// the last takes the cursor back up to the first row.
    #[track_caller]
    pub(crate) fn drawn(&self, before: &View) -> View {
        self.wait("a drawing", |state| {
            let since = &state.raw[before.bytes..];
            since.ends_with(b"A\r").then(|| state.view())
        })
    }

    /// Waits until this has been put out since then.
    #[track_caller]
    pub(crate) fn said(&self, before: &View, text: &str) -> View {
        self.wait(text, |state| {
            let since = String::from_utf8_lossy(&state.raw[before.bytes..]);
            since.contains(text).then(|| state.view())
        })
    }

    /// Waits until the shell waits for a line again, having done so at the time of `before`.
    #[track_caller]
    pub(crate) fn prompted(&self, before: &View) -> View {
        self.said(before, PROMPT)
    }

    /// All output since then.
    pub(crate) fn since(&self, before: &View) -> String {
        String::from_utf8_lossy(&self.shared.lock().raw[before.bytes..]).into_owned()
    }

    /// What stands there now.
    pub(crate) fn view(&self) -> View {
        self.shared.lock().view()
    }

    /// Types; answers what stood there before.
    #[track_caller]
    pub(crate) fn keys(&self, keys: &str) -> View {
        let before = self.view();
        (&*self.pty).write_all(keys.as_bytes()).expect("typing");
        before
    }

    /// Types a line; answers what stood there before.
    #[track_caller]
    pub(crate) fn enter(&self, line: &str) -> View {
        self.keys(&format!("{line}\r"))
    }

    /// Sends a signal to the job in the foreground.
    #[track_caller]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let group = rustix::termios::tcgetpgrp(&*self.pty).expect("a foreground job");
        rustix::process::kill_process_group(group, signal).expect("sending a signal");
    }

    /// Types ^S, and waits until the terminal takes nothing more.
    #[track_caller]
    pub(crate) fn hold(&self) {
        let terminal = other_side(&self.pty);
        self.keys(CTRL_S);
        until("a terminal that is held", || {
            is_full(&terminal).then_some(())
        });
    }

    /// Makes the window another size, which the job in the foreground is told.
    #[track_caller]
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let mut state = self.shared.lock();
        state.parser.set_size(size(rows), size(columns));
        self.pty.resize(Size::new(rows, columns)).expect("a size");
    }

    /// Waits for the end of the command. Whatever it was: it has never hidden the cursor or left the screen.
    #[track_caller]
    pub(crate) fn done(mut self) -> Ended {
        let code = self.wait("the end", State::exit_status);
        let mut state = self.shared.lock();
        let ended = Ended {
            code,
            shown: std::mem::take(&mut self.shown),
            view: state.view(),
            frames: std::mem::take(&mut state.frames),
            raw: String::from_utf8_lossy(&state.raw).into_owned(),
        };
        drop(state);
        for taboo in ["\x1b[?25l", "\x1b[?47h", "\x1b[?1047h", "\x1b[?1049h"] {
            assert!(
                !ended.raw.contains(taboo),
                "{}: {ended:?}",
                taboo.escape_debug()
            );
        }
        ended
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, mut answer: impl FnMut(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.shared.lock();
        loop {
            if let Some(answer) = answer(&state) {
                return answer;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let over = state.closed || state.exit_status().is_some() || left.is_zero();
            if over {
                let view = state.view();
                drop(state);
                panic!("{}: never showed {what}, but\n{view:?}", self.shown);
            }
            let news = self.shared.news.wait_timeout(state, left);
            state = news.expect("a screen").0;
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The job may have ended already, and the leader with it.
        let _ = rustix::termios::tcgetpgrp(&*self.pty)
            .map(|job| rustix::process::kill_process_group(job, rustix::process::Signal::KILL));
        let _ = self.leader.kill();
        let _ = self.leader.wait();
    }
}

/// What a command would have as its standard error.
fn other_side(pty: &blocking::Pty) -> File {
    let name = rustix::pty::ptsname(pty, Vec::new()).expect("the name of a terminal");
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(name.as_c_str(), flags, Mode::empty());
    terminal.expect("opening a terminal").into()
}

/// A terminal before which nobody sits and that nobody reads, and what a command has as its standard error there.
pub(crate) fn unread(columns: u16, rows: u16) -> (blocking::Pty, File) {
    let (pty, pts) = blocking::open().expect("a pseudo-terminal");
    pty.resize(Size::new(rows, columns)).expect("a size");
    let terminal = other_side(&pty);
    drop(pts);
    (pty, terminal)
}

/// The command, led by a shell that outlives it.
fn led(command: &Command) -> Command {
    let mut leader = Command::new("bash");
    leader
        .args(["--norc", "--noprofile", "-ic", LEADER, "bash"])
        .arg(command.get_program());
    leader.args(command.get_args());
    for name in LOOKS {
        leader.env_remove(name);
    }
    leader
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => leader.env(name, value),
            None => leader.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        leader.current_dir(directory);
    }
    leader
}

fn size(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a size above zero")
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a screen")
    }

    /// Shows what comes until the other side of the terminal is closed, which reads as an error.
    fn show_all(&self, mut pty: &blocking::Pty) {
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = pty.read(&mut piece) {
            self.lock().show(&piece[..n]);
            self.news.notify_all();
        }
        self.lock().closed = true;
        self.news.notify_all();
    }
}

impl State {
    fn show(&mut self, piece: &[u8]) {
        let (_, sides) = self.status;
        let end = piece.iter().position(|byte| *byte == STATUS);
        let (shown, rest) = piece.split_at(if sides > 0 {
            0
        } else {
            end.unwrap_or(piece.len())
        });
        if !shown.is_empty() {
            self.parser.process(shown);
            self.raw.extend_from_slice(shown);
            self.frames.push(self.view());
        }
        for byte in rest {
            match (byte, &mut self.status) {
                (&STATUS, (_, sides)) => *sides += 1,
                (digit, (digits, 1)) => digits.push(char::from(*digit)),
                // Typed too late for anybody to read.
                _ => (),
            }
        }
    }

    fn exit_status(&self) -> Option<i32> {
        let (digits, sides) = &self.status;
        (*sides > 1).then(|| digits.parse().expect("a status"))
    }

    fn view(&self) -> View {
        View::new(self.parser.screen(), self.raw.len())
    }
}

impl Ended {
    /// It must have ended with this status, 128 + N for a signal.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Nothing but these lines must be left, and a cursor where the next one begins.
    #[track_caller]
    pub(crate) fn leaves(self, lines: &[&str]) -> Self {
        assert_eq!(self.view.lines(), lines, "{self:?}");
        self.leaves_the_cursor_below()
    }

    /// The cursor must be where the line after the last begins.
    #[track_caller]
    pub(crate) fn leaves_the_cursor_below(self) -> Self {
        let below = u16::try_from(self.view.height()).expect("a small screen");
        assert_eq!(self.view.cursor(), (below, 0), "{self:?}");
        self
    }

    /// What stood on the screen must have fitted at every moment.
    #[track_caller]
    pub(crate) fn always(self, what: &str, fits: impl Fn(&View) -> bool) -> Self {
        let exception = self.frames.iter().find(|frame| !fits(frame));
        assert!(
            exception.is_none(),
            "{}: not {what}:\n{exception:?}",
            self.shown
        );
        self
    }

    /// What stood on the screen must have fitted at some moment.
    #[track_caller]
    pub(crate) fn once(self, what: &str, fits: impl Fn(&View) -> bool) -> Self {
        assert!(self.frames.iter().any(fits), "never {what}: {self:?}");
        self
    }

    /// All codes that ask for a colour.
    pub(crate) fn colour_codes(&self) -> Vec<&str> {
        let codes = self.raw.split("\x1b[").skip(1).filter_map(|rest| {
            let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
            rest[end..].starts_with('m').then_some(&rest[..end])
        });
        let asks = |code: &&str| {
            let mut numbers = code.split([';', ':']).map(|it| it.parse().unwrap_or(0));
            numbers.any(|it| (30..50).contains(&it) || (90..108).contains(&it))
        };
        codes.filter(asks).collect()
    }
}

impl std::fmt::Debug for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} left, with status {}:\n{:?}\nall: {:?}",
            self.shown, self.code, self.view, self.raw
        )
    }
}
