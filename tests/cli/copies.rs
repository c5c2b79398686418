//! Copies that the file system makes itself (`copy_file_range(2)`), where there is one that does.

use crate::live::untested;
use crate::tide::{Cmd, Scratch, noise};
use crate::tracing::can_trace;

const LEN: usize = 2_500_000;

/// A file system that copies by itself, or says so: one that lies in memory, in a namespace of ours.
const MOUNT: &str = "mount -t ramfs none ram && cp in ram/in";

/// A directory with the file `in` and a place for the file system; `None`, said aloud, where there can be none.
fn place(data: &[u8]) -> Option<Scratch> {
    let it = Scratch::new();
    it.write("in", data);
    std::fs::create_dir(it.path("ram")).expect("a directory");
    if it.can(&format!("unshare -m bash -c '{MOUNT}'")) {
        return Some(it);
    }
    untested("no mount namespaces, so no file system that copies by itself");
    None
}

/// A shell line that has the file system at `ram`, and in which `$T` is tidegate with this done to its calls.
fn with(it: &Scratch, inject: &str, line: &str) -> Cmd {
    let strace = "strace -f -qq -o trace -e trace=splice,copy_file_range";
    let tide = match inject {
        "" => "$T".to_owned(),
        inject => format!("{strace} -e inject={inject} $T"),
    };
    let line = line.replace("$T", &tide);
    it.sh(&format!("unshare -m bash -c '{MOUNT} && {line}'"))
}

/// How a copy goes if this is done to its calls.
#[track_caller]
fn copies(inject: &str, road: &str, calls: Option<&str>) {
    let data = noise(LEN);
    let Some(it) = place(&data) else { return };
    let copy = "$T --stats s ram/in ram/out && cat ram/out";
    with(&it, inject, copy).run().succeeds().prints(&data);
    let (start, end) = (&crate::tide::records(&it.read("s"))[0], it.end_of("s"));
    assert_eq!(start["road"], road, "{inject}");
    assert_eq!(start["calls"].as_str(), calls, "{inject}");
    assert_eq!(end["road"], road, "{inject}");
    assert_eq!(end["bytes_in"], LEN, "{inject}");
    assert_eq!(end["bytes_out"], LEN, "{inject}");
    let link = &end["links"][0];
    let (none, is_copy) = (
        link["readable"].is_null() && link["writable"].is_null(),
        calls == Some("copy_file_range"),
    );
    assert_eq!(none, is_copy, "a copy has no buffer: {link}");
}

#[test]
fn a_file_system_that_copies_by_itself_is_asked_to() {
    copies("", "kernel", Some("copy_file_range"));
}

#[test]
fn a_file_system_that_refuses_to_copy_loses_nothing() {
    if !can_trace() {
        return;
    }
    for (inject, road, calls) in [
        (
            "copy_file_range:error=EINTR:when=1+2",
            "kernel",
            Some("copy_file_range"),
        ),
        (
            "copy_file_range:error=EXDEV:when=1",
            "kernel",
            Some("splice through a pipe"),
        ),
        (
            "copy_file_range:error=EINVAL:when=1",
            "kernel",
            Some("splice through a pipe"),
        ),
        (
            "copy_file_range:error=EOPNOTSUPP:when=1",
            "kernel",
            Some("splice through a pipe"),
        ),
        (
            "copy_file_range,splice:error=ENOSYS:when=1",
            "buffered",
            None,
        ),
    ] {
        copies(inject, road, calls);
    }
}

#[test]
fn a_copy_that_is_refused_in_the_middle_goes_on_by_the_other_road() {
    let data = noise(LEN);
    let Some(it) = place(&data) else { return };
    if !can_trace() {
        return;
    }
    for errno in ["EINVAL", "EBADF"] {
        let inject = format!("copy_file_range:error={errno}:when=2");
        let copy = "$T --stats s ram/in ram/out && cat ram/out";
        with(&it, &inject, copy).run().succeeds().prints(&data);
        let end = it.end_of("s");
        assert_eq!(
            (&end["road"], &end["bytes_out"]),
            (&"buffered".into(), &LEN.into())
        );
    }
}

#[test]
fn a_copy_that_fails_in_the_middle_is_a_failure_and_leaves_no_atomic_file() {
    let Some(it) = place(&noise(LEN)) else { return };
    if !can_trace() {
        return;
    }
    for errno in ["EIO", "ENOSPC"] {
        let line = "$T --stats s ram/in file:ram/out#atomic; code=$?; ls -A ram; exit $code";
        let inject = format!("copy_file_range:error={errno}:when=2");
        let done = with(&it, &inject, line).run();
        done.fails_saying(1, &["ram/", "1 MiB (1048576 bytes) delivered"])
            .prints("in\n");
        let end = it.end_of("s");
        assert_eq!(
            (&end["outcome"], &end["road"]),
            (&"failed".into(), &"kernel".into())
        );
        assert_eq!(end["bytes_out"], 1 << 20, "{end}");
    }
}
