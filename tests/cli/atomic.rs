//! Who may read and write what an `atomic` sink writes: at no moment anybody who could not the file that it replaces.

use crate::live::{untested, until};
use crate::tide::Scratch;
use nix::unistd::{Gid, Uid, setfsgid, setfsuid};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::fs::{Mode, OFlags, XattrFlags, getxattr, setxattr};
use std::fs;
use std::mem::MaybeUninit;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Who writes, a group that he is a member of, and one that he is not.
const WRITER: u32 = 54_330;
const HIS_GROUP: u32 = 54_331;
const OTHER_GROUP: u32 = 54_332;

/// Who looks on: nobody's, a member of either group, and a user whom access control lists name.
const WATCHERS: [(u32, u32); 4] = [
    (54_340, 54_340),
    (54_341, HIS_GROUP),
    (54_342, OTHER_GROUP),
    (NAMED, 54_343),
];
const NAMED: u32 = 54_343;

/// An access control list with these bits of a named user, the group and others, as the kernel writes it (acl(5)).
fn acl(named: u8, group: u8, others: u8) -> Vec<u8> {
    let none = u32::MAX;
    let mask = named | group;
    let entries = [
        (1_u16, 6, none),
        (2, named, NAMED),
        (4, group, none),
        (0x10, mask, none),
        (0x20, others, none),
    ];
    let entries = entries.iter().flat_map(|(tag, bits, id)| {
        let (tag, id) = (tag.to_le_bytes(), id.to_le_bytes());
        [tag[0], tag[1], *bits, 0, id[0], id[1], id[2], id[3]]
    });
    [2, 0, 0, 0].into_iter().chain(entries).collect()
}

fn set_acl(path: &Path, name: &str, value: &[u8]) {
    setxattr(path, name, value, XattrFlags::empty()).expect("an access control list");
}

/// Whether a watcher can read, and write, what is at `path`.
fn rights_of((uid, gid): (u32, u32), path: PathBuf) -> [bool; 2] {
    thread::spawn(move || {
        become_user(uid, gid);
        [OFlags::RDONLY, OFlags::WRONLY]
            .map(|flags| rustix::fs::open(&path, flags | OFlags::NOFOLLOW, Mode::empty()).is_ok())
    })
    .join()
    .expect("a watcher")
}

/// From now on this thread opens files as that user alone.
fn become_user(uid: u32, gid: u32) {
    setfsgid(Gid::from_raw(gid));
    setfsuid(Uid::from_raw(uid));
    // Who asks with what is no user is told what he is.
    assert_eq!(setfsuid(Uid::from_raw(u32::MAX)).as_raw(), uid);
}

/// Somebody who tries to open whatever appears or changes in a directory, as soon as it does.
struct Judge {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<[bool; 2]>,
}

impl Judge {
    fn watch((uid, gid): (u32, u32), directory: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let events = inotify::init(CreateFlags::NONBLOCK).expect("inotify");
            let all =
                WatchFlags::CREATE | WatchFlags::ATTRIB | WatchFlags::MODIFY | WatchFlags::MOVED_TO;
            inotify::add_watch(&events, &directory, all).expect("a watch");
            become_user(uid, gid);
            ready.send(()).expect("a test that waits");
            let mut got = [false; 2];
            let mut buffer = [MaybeUninit::uninit(); 4096];
            loop {
                // One more look after the end.
                let is_last = stopped.load(Ordering::SeqCst);
                let mut reader = inotify::Reader::new(&events, &mut buffer);
                while let Ok(event) = reader.next() {
                    let Some(name) = event.file_name() else {
                        continue;
                    };
                    let path = directory.join(name.to_str().expect("a name"));
                    for (got, flags) in got.iter_mut().zip([OFlags::RDONLY, OFlags::WRONLY]) {
                        *got |= rustix::fs::open(&path, flags, Mode::empty()).is_ok();
                    }
                }
                if is_last {
                    return got;
                }
                thread::yield_now();
            }
        });
        is_ready.recv().expect("a judge");
        Self { stop, thread }
    }

    fn verdict(self) -> [bool; 2] {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("a judge")
    }
}

/// The file that is replaced, in its directory, and who replaces it.
#[derive(Debug, Clone)]
struct Case {
    owner: u32,
    group: u32,
    mode: u32,
    acl: Option<Vec<u8>>,
    directory: u32,
    umask: u32,
    by_root: bool,
}

fn cases() -> Vec<Case> {
    let first = Case {
        owner: WRITER,
        group: HIS_GROUP,
        mode: 0o640,
        acl: None,
        directory: 0o777,
        umask: 0o022,
        by_root: false,
    };
    let mut cases = Vec::new();
    for by_root in [false, true] {
        for (owner, group) in [
            (WRITER, HIS_GROUP),
            (WRITER, OTHER_GROUP),
            (0, OTHER_GROUP),
            (0, HIS_GROUP),
        ] {
            for mode in [0o600, 0o640, 0o604, 0o664, 0o6750] {
                cases.push(Case {
                    owner,
                    group,
                    mode,
                    by_root,
                    ..first.clone()
                });
            }
            for acl in [acl(0, 4, 4), acl(6, 0, 0), acl(4, 6, 0)] {
                cases.push(Case {
                    owner,
                    group,
                    acl: Some(acl),
                    by_root,
                    ..first.clone()
                });
            }
        }
    }
    for directory in [0o2777, 0o1777, 0o775] {
        for umask in [0, 0o077] {
            cases.push(Case {
                directory,
                umask,
                ..first.clone()
            });
        }
    }
    cases
}

impl Case {
    /// The directory, with the file in it.
    fn set_up(&self, it: &Scratch) -> PathBuf {
        let directory = it.path("dir");
        fs::create_dir(&directory).expect("a directory");
        chown(&directory, Some(WRITER), Some(OTHER_GROUP)).expect("an owner");
        fs::set_permissions(&directory, fs::Permissions::from_mode(self.directory))
            .expect("a mode");
        let old = it.write("dir/out", "old");
        chown(&old, Some(self.owner), Some(self.group)).expect("an owner");
        fs::set_permissions(&old, fs::Permissions::from_mode(self.mode)).expect("a mode");
        if let Some(acl) = &self.acl {
            set_acl(&old, "system.posix_acl_access", acl);
        }
        setxattr(&old, "user.note", b"kept", XattrFlags::empty()).expect("an attribute");
        directory
    }

    fn replaced_by(&self) -> String {
        let user = if self.by_root {
            String::new()
        } else {
            format!("setpriv --reuid {WRITER} --regid {WRITER} --groups {HIS_GROUP}")
        };
        format!(
            "umask {:o}; {user} ./tide - file:dir/out#atomic",
            self.umask
        )
    }
}

#[test]
fn nobody_may_read_or_write_the_new_file_at_any_moment_who_could_not_the_old_one() {
    if !rustix::process::geteuid().is_root() {
        return untested("only root can be other users");
    }
    for case in cases() {
        let it = Scratch::new();
        it.sh("chmod 755 .; cp $T tide").run().succeeds();
        let directory = case.set_up(&it);
        let old = directory.join("out");
        let before = WATCHERS.map(|who| rights_of(who, old.clone()));
        let (mode, uid, gid) = fs::metadata(&old)
            .map(|it| (it.mode(), it.uid(), it.gid()))
            .unwrap();
        let judges = WATCHERS.map(|who| Judge::watch(who, directory.clone()));
        let done = it.sh(&case.replaced_by()).input("secret").run().exits(0);
        let stderr = done.stderr.clone();
        let meanwhile = judges.map(Judge::verdict);
        let after = WATCHERS.map(|who| rights_of(who, old.clone()));
        assert_eq!(it.read("dir/out"), b"secret", "{case:?}");
        for ((before, meanwhile), after) in before.iter().zip(meanwhile).zip(after) {
            for n in 0..2 {
                let had = before[n];
                assert!(
                    had || !(meanwhile[n] || after[n]),
                    "{case:?}: {before:?} {meanwhile:?} {after:?}"
                );
            }
        }
        let now = fs::metadata(&old).unwrap();
        let is_kept = case.by_root || (case.owner == WRITER && case.group == HIS_GROUP);
        if is_kept {
            assert_eq!(
                (now.mode(), now.uid(), now.gid()),
                (mode, uid, gid),
                "{case:?}"
            );
            assert_eq!(before, after, "{case:?}");
            done.says("");
        } else {
            assert_eq!(
                now.mode() & 0o4000,
                if now.uid() == uid { mode & 0o4000 } else { 0 },
                "{case:?}"
            );
            done.mentions(&[
                "warning: file:dir/out#atomic differs from the file it replaced: its ",
                "could not be kept",
            ]);
        }
        // Who cannot read the old file cannot read its attributes.
        let is_lost = stderr.contains("its extended attributes");
        let note = attribute(&old, "user.note");
        let wanted = (!is_lost).then(|| b"kept".to_vec());
        assert!(
            note == wanted && !(is_lost && is_kept),
            "{case:?}: {stderr}"
        );
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "{case:?}");
    }
}

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 100];
    let n = getxattr(path, name, &mut value[..]).ok()?;
    Some(value[..n].to_vec())
}

#[test]
fn a_new_atomic_file_is_as_any_new_file_there_once_it_is_whole_and_ours_alone_before() {
    if !rustix::process::geteuid().is_root() {
        return untested("only root can be other users");
    }
    for umask in [0, 0o022, 0o027, 0o077] {
        for has_default in [false, true] {
            let it = Scratch::new();
            let directory = it.path("dir");
            fs::create_dir(&directory).unwrap();
            if has_default {
                set_acl(&directory, "system.posix_acl_default", &acl(4, 0, 0));
            }
            let judge = Judge::watch(WATCHERS[0], directory.clone());
            let line = format!("umask {umask:o}; $T - file:dir/atomic#atomic");
            let mut running = it.sh(&line).open_input().start();
            running.feed("secret");
            let staged = || {
                let mut entries = fs::read_dir(&directory).ok()?.flatten();
                entries.find(|entry| entry.file_name() != "atomic")
            };
            let staged = until("a temporary file", staged);
            assert_eq!(staged.metadata().unwrap().mode() & 0o7777, 0o600);
            running.end_of_input().succeeds();
            it.sh(&format!("umask {umask:o}; echo >dir/plain"))
                .run()
                .succeeds();
            let rights = |name: &str| {
                let path = directory.join(name);
                let mut acl = [0; 100];
                let len = getxattr(&path, "system.posix_acl_access", &mut acl[..]).unwrap_or(0);
                (fs::metadata(&path).unwrap().mode(), acl[..len].to_vec())
            };
            assert_eq!(rights("atomic"), rights("plain"), "{umask:o} {has_default}");
            let _ = judge.verdict();
        }
    }
}

#[test]
fn what_cannot_be_renamed_at_the_end_is_found_out_before_anything_moves() {
    if !rustix::process::geteuid().is_root() {
        return untested("only root can be other users");
    }
    let it = Scratch::new();
    it.sh("chmod 755 .; cp $T tide; mkdir -m 1777 dir; echo old >dir/out; chmod 666 dir/out")
        .run()
        .succeeds();
    let user = format!("setpriv --reuid {WRITER} --regid {WRITER} --clear-groups ./tide");
    // Nobody feeds it: it does not get so far.
    for flags in ["", "--explain "] {
        let done = it
            .sh(&format!("{user} {flags}- file:dir/out#atomic <&-"))
            .run();
        assert_ne!(done.code(), 0);
    }
    let done = it
        .sh(&format!("{user} - file:dir/out#atomic"))
        .open_input()
        .start()
        .done();
    done.fails_saying(1, &["opening file:dir/out#atomic", "another user's"]);
    assert_eq!(it.read("dir/out"), b"old\n");
    assert_eq!(fs::read_dir(it.path("dir")).unwrap().count(), 1);
}

#[test]
fn a_link_that_leads_nowhere_yet_leads_to_the_new_file() {
    let it = Scratch::new();
    fs::create_dir(it.path("dir")).unwrap();
    for (link, target) in [("one", "two"), ("two", "dir/out"), ("circle", "circle")] {
        symlink(target, it.path(link)).unwrap();
    }
    it.tide(["-", "file:one#atomic"])
        .input("data")
        .run()
        .succeeds();
    assert_eq!(it.read("dir/out"), b"data");
    assert!(it.path("one").is_symlink() && it.path("two").is_symlink());
    let done = it.tide(["-", "file:circle#atomic"]).input("data").run();
    done.fails_saying(1, &["opening file:circle#atomic"]);
}
