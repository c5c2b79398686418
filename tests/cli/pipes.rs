//! The sizes of pipes, on both roads: those of our neighbours and our own grow as the flow fills them, never by the last of
//! what a user may have, and shrink to what they were when it goes idle.

use crate::live::{untested, until};
use crate::tide::{Running, Scratch};
use rustix::fd::AsFd;
use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::thread;

const ROADS: [&str; 2] = ["kernel", "buffered"];
const MIB: usize = 1 << 20;

/// What a pipe holds that nobody has changed.
const USUAL: usize = 64 << 10;

/// tidegate between two pipes that held this much before.
struct Between {
    /// Where its records go.
    _it: Scratch,
    running: Running,
    feed: PipeWriter,
    out: PipeReader,
}

impl Between {
    fn start(flags: &[&str], before: usize) -> Self {
        let it = Scratch::new();
        let ((stdin, feed), (out, stdout)) = (pipe().expect("a pipe"), pipe().expect("a pipe"));
        for pipe in [feed.as_fd(), out.as_fd()] {
            fcntl_setpipe_size(pipe, before).expect("a pipe of that size");
        }
        rustix::io::ioctl_fionbio(&out, true).expect("a pipe that does not wait");
        let args = [&["--stats", "fd:2"], flags].concat();
        let mut running = it.tide(args).stdin(stdin).stdout(stdout).start();
        running.started();
        Self {
            _it: it,
            running,
            feed,
            out,
        }
    }

    /// What the two pipes hold now.
    fn sizes(&self) -> (usize, usize) {
        let size = |pipe| fcntl_getpipe_size(pipe).expect("a size");
        (size(self.feed.as_fd()), size(self.out.as_fd()))
    }

    /// Streams bytes through it until the pipes hold so much, and then lets all of them out.
    fn stream_until(&mut self, sizes: (usize, usize)) {
        let mut feed = self.feed.try_clone().expect("a pipe");
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let feeding = thread::spawn(move || {
            let mut sum = 0;
            while stopped.try_recv().is_err() {
                feed.write_all(&vec![7; MIB]).expect("feeding");
                sum += MIB;
            }
            sum
        });
        let mut drained = 0;
        until("pipes of that size", || {
            drained += self.drain();
            (self.sizes() == sizes).then_some(())
        });
        let _ = stop.send(());
        until("a feeder that has ended", || {
            drained += self.drain();
            feeding.is_finished().then_some(())
        });
        let all = feeding.join().expect("a feeder");
        until("the last byte", || {
            drained += self.drain();
            (drained == all).then_some(())
        });
    }

    /// Takes out what has arrived by now. Returns how much it was.
    fn drain(&mut self) -> usize {
        let mut buffer = vec![0; MIB];
        let mut sum = 0;
        while let Ok(n @ 1..) = self.out.read(&mut buffer) {
            sum += n;
        }
        sum
    }

    fn ends(self) {
        drop(self.feed);
        self.running.done().exits(0);
    }
}

#[test]
fn an_idle_flow_leaves_the_pipes_of_our_neighbours_as_they_are() {
    for road in ROADS {
        for before in [4096, USUAL, MIB] {
            for mark in ["1", "64K", "1M"] {
                let mut idle = Between::start(&["--road", road, "-H", mark], before);
                assert_eq!(idle.sizes(), (before, before), "{road} {mark}");
                // Nor does a little change that.
                idle.feed.write_all(b"a little").expect("feeding");
                until("a little", || (idle.drain() > 0).then_some(()));
                assert_eq!(idle.sizes(), (before, before), "{road} {mark}");
                idle.ends();
            }
        }
    }
}

#[test]
fn the_pipes_of_our_neighbours_grow_to_the_mark_as_the_flow_fills_them_and_shrink_when_it_is_idle()
{
    for road in ROADS {
        for (flags, before, most) in [
            (&[][..], USUAL, MIB),
            (&["-H", "1M"], 16 << 10, MIB),
            (&["-H", "128K"], USUAL, 128 << 10),
        ] {
            let flags = [&["--road", road], flags].concat();
            let mut it = Between::start(&flags, before);
            for _ in 0..2 {
                it.stream_until((most, most));
                until("pipes as they were", || {
                    (it.sizes() == (before, before)).then_some(())
                });
            }
            it.ends();
        }
    }
}

/// A shell line as the user of this number, in a directory of his in which `./tide` is tidegate, with the descriptor 8
/// in which nothing comes until the line ends, and `start`, which runs 40 of a pipeline and waits until they have all begun.
pub(crate) fn as_another_user(id: u32, line: &str) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        untested("only root can be another user");
        return None;
    }
    let it = Scratch::new();
    it.sh("chmod 777 .; cp $T tide").run().succeeds();
    it.write(
        "line",
        format!(
            "mkfifo hold; exec 9<>hold
            new_pipe() {{ true | ./tide --explain - null: | grep -o 'a pipe of .*'; }}
            await() {{ until [ -e $1 ] && grep -q $2 $1; do read -rt 0.01 <>hold2; done; }}
            mkfifo hold2
            start() {{ for n in $(seq 40); do (eval \"$1\") 8<hold 9>&- & done; for n in $(seq 40); do await s.$n start; done; }}
            {line}
            exec 9>&-; wait"
        ),
    );
    let user = format!("setpriv --reuid {id} --regid {id} --clear-groups bash line");
    let done = it.sh(&user).run().exits(0);
    assert_eq!(done.stderr, "");
    Some(String::from_utf8(done.stdout).expect("text"))
}

/// What `--explain` says of a pipe that holds what is usual.
const ORDINARY: &str = "a pipe of 64 KiB (65536 bytes)";

#[test]
fn forty_idle_flows_of_a_user_leave_him_his_pipes() {
    let idle = "cat <&8 | ./tide -q --stats s.$n | cat >/dev/null";
    let line = format!("start '{idle}'; new_pipe");
    if let Some(told) = as_another_user(54_325, &line) {
        assert_eq!(told.trim(), ORDINARY);
    }
}

#[test]
fn forty_flows_that_are_stuck_never_take_the_last_of_a_users_pipes() {
    // All that they may hold together would be 80 MiB.
    let stuck = "{ head -c 3000000 /dev/zero; cat <&8; } | ./tide -q --stats s.$n -i 10ms | { read -r x <&8; cat >/dev/null; }";
    let line = format!(
        "start '{stuck}'
        for n in $(seq 40); do await s.$n '\"paused\"'; done; new_pipe; new_pipe | ./tide"
    );
    if let Some(told) = as_another_user(54_326, &line) {
        for line in told.lines() {
            assert_eq!(line, ORDINARY);
        }
        assert_eq!(told.lines().count(), 2);
    }
}

/// The sizes of all pipes that a process has open.
fn pipes_of(running: &Running) -> Vec<usize> {
    let place = format!("/proc/{}/fd", running.child.id());
    let entries = std::fs::read_dir(place).expect("the descriptors");
    let mut sizes: Vec<_> = entries
        .flatten()
        .filter(|entry| {
            let target = std::fs::read_link(entry.path()).unwrap_or_default();
            target.to_string_lossy().starts_with("pipe:")
        })
        .filter_map(|entry| {
            let file = File::options().read(true).write(true).open(entry.path());
            fcntl_getpipe_size(file.ok()?).ok()
        })
        .collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn a_pipe_of_our_own_grows_and_shrinks_as_those_of_others_do() {
    let it = Scratch::new();
    let listen = || TcpListener::bind("127.0.0.1:0").expect("a listener");
    let (from, to) = (listen(), listen());
    let uri = |it: &TcpListener| format!("tcp://{}", it.local_addr().expect("an address"));
    let args = ["--road", "kernel", &uri(&from), &uri(&to)];
    let running = it.tide(args).start();
    let (mut feed, _) = from.accept().expect("a source");
    let (mut out, _) = to.accept().expect("a sink");
    let largest = || pipes_of(&running).last().copied();
    until("an idle relay", || (largest() == Some(USUAL)).then_some(()));
    let source: TcpStream = feed.try_clone().expect("a socket");
    let feeding = thread::spawn(move || {
        (&source).write_all(&vec![7; 64 * MIB]).expect("feeding");
    });
    // The sink stands still: the pipe fills up.
    until("a larger pipe", || (largest() > Some(USUAL)).then_some(()));
    out.read_exact(&mut vec![0; 64 * MIB]).expect("draining");
    feeding.join().expect("a feeder");
    until("an idle relay", || (largest() == Some(USUAL)).then_some(()));
    feed.write_all(b"end").expect("feeding");
    drop(feed);
    out.read_exact(&mut [0; 3]).expect("draining");
    drop(out);
    running.done().exits(0);
}

#[test]
fn the_pipes_of_several_sinks_grow_and_shrink_together() {
    let it = Scratch::new();
    let listen = || TcpListener::bind("127.0.0.1:0").expect("a listener");
    let (from, to) = (listen(), [listen(), listen()]);
    let uri = |it: &TcpListener| format!("tcp://{}", it.local_addr().expect("an address"));
    let uris = [uri(&from), uri(&to[0]), uri(&to[1])];
    let args = ["--road", "kernel", &uris[0], "--tee", &uris[1], &uris[2]];
    let running = it.tide(args).start();
    let (mut feed, _) = from.accept().expect("a source");
    let mut out = to.map(|it| it.accept().expect("a sink").0);
    let largest = || pipes_of(&running).last().copied();
    let are_larger = || {
        let larger = pipes_of(&running).into_iter().filter(|it| *it > USUAL);
        let larger: Vec<_> = larger.collect();
        // Both ends of each are open.
        larger.len() == 6 && larger.iter().all(|it| *it == larger[0])
    };
    until("an idle relay", || (largest() == Some(USUAL)).then_some(()));
    let source: TcpStream = feed.try_clone().expect("a socket");
    let feeding = thread::spawn(move || {
        (&source).write_all(&vec![7; 64 * MIB]).expect("feeding");
    });
    // One sink stands still, and holds the other one up.
    let [first, second] = out.each_mut();
    thread::scope(|scope| {
        scope.spawn(|| first.read_exact(&mut vec![0; 64 * MIB]).expect("draining"));
        until("larger pipes", || are_larger().then_some(()));
        second.read_exact(&mut vec![0; 64 * MIB]).expect("draining");
    });
    feeding.join().expect("a feeder");
    until("an idle relay", || (largest() == Some(USUAL)).then_some(()));
    feed.write_all(b"end").expect("feeding");
    drop(feed);
    for mut out in out {
        out.read_exact(&mut [0; 3]).expect("draining");
    }
    running.done().exits(0);
}
