//! Descriptors that were open before tidegate was started, whatever they are called: nothing of theirs is lost, moved or
//! emptied, and one that is closed is refused.

use crate::tide::{Done, Scratch, noise, records};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;

/// Names of standard input.
const INPUTS: [&str; 8] = [
    "-",
    "stdin:",
    "fd:0",
    "/dev/stdin",
    "/dev/fd/0",
    "/proc/self/fd/0",
    "file:/dev/stdin",
    "input",
];

/// Names of standard output.
const OUTPUTS: [&str; 9] = [
    "-",
    "stdout:",
    "fd:1",
    "/dev/stdout",
    "/dev/fd/1",
    "/proc/self/fd/1",
    "file:/dev/stdout",
    "file:///dev/stdout#sync",
    "output",
];

/// A directory in which links of our own lead to the standard streams, as programs in containers log to them.
fn place() -> Scratch {
    let it = Scratch::new();
    std::os::unix::fs::symlink("/dev/stdin", it.path("input")).unwrap();
    std::os::unix::fs::symlink("/dev/stdout", it.path("output")).unwrap();
    it
}

#[apply(on_both_roads)]
fn every_name_of_standard_output_means_the_descriptor_whatever_it_is() {
    let it = place();
    let data = noise(300_000);
    it.write("in", &data);
    let whole = [b"one\n", &data[..], b"three\n"].concat();
    for name in OUTPUTS {
        for (open, held) in [
            (">log", &b""[..]),
            (">>log", b"zero\n"),
            ("1<>log", b""),
            ("| cat >log", b""),
        ] {
            it.write("log", held);
            let line = format!("{{ echo one; $T in {name} || exit; echo three; }} {open}");
            it.sh(&line).run().succeeds();
            assert!(it.read("log") == [held, &whole].concat(), "{line}");
        }
    }
}

#[apply(on_both_roads)]
fn every_name_of_standard_input_means_the_descriptor_whatever_it_is() {
    let it = place();
    let data = noise(300_000);
    it.write("in", &data);
    for name in INPUTS {
        for (line, skipped) in [
            (format!("$T {name} - <in"), 0),
            (format!("cat in | $T {name} -"), 0),
            // From where others have read to; a shell's read takes one line and no more.
            (
                format!("{{ dd bs=1000 count=1 status=none >&2; $T {name} -; }} <in 2>/dev/null"),
                1000,
            ),
        ] {
            let done = it.sh(&line).run().exits(0);
            done.prints(&data[skipped..]);
        }
    }
}

#[apply(on_both_roads)]
fn the_names_mean_sockets_too_which_cannot_be_opened() {
    let (it, data) = (place(), noise(300_000));
    for name in INPUTS {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let feeder = feed(ours, data.clone());
        let done = it.tide([name, "-"]).stdin(OwnedFd::from(theirs)).run();
        done.succeeds().prints(&data);
        feeder.join().unwrap();
    }
    it.write("in", &data);
    for name in OUTPUTS.iter().filter(|name| !name.contains("sync")) {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let running = it.tide(["in", name]).stdout(OwnedFd::from(theirs)).start();
        let mut got = vec![0; data.len()];
        ours.read_exact(&mut got).unwrap();
        running.done().succeeds();
        assert!(got == data, "{name}");
    }
}

fn feed(mut to: UnixStream, data: Vec<u8>) -> thread::JoinHandle<()> {
    thread::spawn(move || to.write_all(&data).unwrap())
}

#[apply(on_both_roads)]
fn a_pipe_of_another_user_can_be_named() {
    if !rustix::process::geteuid().is_root() {
        return crate::live::untested("only root can be another user");
    }
    let it = Scratch::new();
    it.sh("chmod 755 .; cp $T tide; echo data >in")
        .run()
        .succeeds();
    let user = "setpriv --reuid 54324 --regid 54324 --clear-groups ./tide";
    for (line, printed) in [
        (format!("cat in | {user} /dev/stdin -"), "data\n"),
        (format!("{user} in /dev/stdout | cat"), "data\n"),
    ] {
        it.sh(&line).run().succeeds().prints(printed);
    }
}

#[apply(on_both_roads)]
fn options_that_need_a_name_of_its_own_are_refused_for_a_descriptor() {
    let it = Scratch::new();
    it.write("in", "data");
    for option in ["append", "create", "atomic", "sync,append"] {
        let sink = format!("file:/dev/stdout#{option}");
        let done = it.tide(["in", &sink]).run().exits(2);
        done.mentions(&["/dev/stdout", "open descriptor 1"])
            .prints("");
    }
}

#[apply(on_both_roads)]
fn a_closed_descriptor_is_refused_by_whatever_name() {
    let it = place();
    it.write("in", "data");
    let refused = |line: String, name: &str| {
        let done = it.sh(&format!("set -o pipefail; {line}")).run().exits(2);
        done.mentions(&["not open"]).prints("");
        assert_eq!(it.names(), ["in", "input", "output"], "{line}");
        assert_eq!(it.read("in"), b"data", "{name}");
    };
    for name in INPUTS {
        refused(format!("$T {name} out <&-"), name);
        refused(format!("$T {name} - <&- | cat"), name);
    }
    for name in OUTPUTS {
        refused(format!("$T in {name} >&-"), name);
        refused(format!("$T - {name} <in >&-"), name);
        refused(format!("$T - {name} <&- >&-"), name);
    }
    for name in ["fd:2", "/dev/stderr", "/dev/fd/2", "file:/dev/stderr"] {
        // There is nobody to be told of it.
        let done = it.sh(&format!("$T in {name} 2>&-")).run();
        done.exits(2).says("").prints("");
    }
    for n in [3, 4, 5, 6, 7, 9, 63, 1000] {
        for name in [
            format!("fd:{n}"),
            format!("/dev/fd/{n}"),
            format!("/proc/self/fd/{n}"),
        ] {
            // What tidegate has opened itself by then has such numbers too.
            refused(format!("$T - {name} <in {n}>&-"), &name);
            refused(format!("$T {name} - {n}<&-"), &name);
            refused(format!("$T in {name} {n}>&-"), &name);
        }
    }
}

#[apply(on_both_roads)]
fn an_inherited_descriptor_of_any_number_is_what_its_names_mean() {
    let it = Scratch::new();
    it.write("in", "data\n");
    for n in [3, 4, 7, 63] {
        for name in [
            format!("fd:{n}"),
            format!("/dev/fd/{n}"),
            format!("/proc/self/fd/{n}"),
        ] {
            it.sh(&format!(
                "{{ echo one >&{n}; $T in {name}; echo three >&{n}; }} {n}>log"
            ))
            .run()
            .succeeds();
            assert_eq!(it.read("log"), b"one\ndata\nthree\n", "{name}");
            it.sh(&format!("{{ read -rN 2 x <&{n}; $T {name} -; }} {n}<in"))
                .run()
                .succeeds()
                .prints("ta\n");
        }
    }
}

/// Records of so many bytes, each of which says which one it is.
const RECORD: usize = 16;

fn numbered(from: usize, count: usize) -> Vec<u8> {
    (from..from + count)
        .flat_map(|n| format!("{n:0width$}\n", width = RECORD - 1).into_bytes())
        .collect()
}

/// All records, in order.
fn sorted(bytes: &[u8]) -> Vec<&[u8]> {
    let mut records: Vec<_> = bytes.chunks(RECORD).collect();
    records.sort_unstable();
    records
}

#[apply(on_both_roads)]
fn jobs_that_share_one_output_file_lose_no_byte_on_whichever_road() {
    let it = Scratch::new();
    let count = 65_536;
    for job in 0..8 {
        it.write(&format!("in.{job}"), numbered(job * count, count));
    }
    let all = numbered(0, 8 * count);
    // Half of them as they are, half by one road; some from files, some from a pipe.
    let line = "for n in 0 1 2 3 4 5 6 7; do
        case $n in
        0|1) $T in.$n - & ;;
        2) $T --road buffered in.$n - & ;;
        3) cat in.$n | $T - - & ;;
        4) cat in.$n | $T --road buffered -H 64K - /dev/stdout & ;;
        5) $T -H 64K in.$n fd:1 & ;;
        6) $T --road auto - /dev/fd/1 <in.$n & ;;
        7) dd if=in.$n bs=30000 status=none & ;;
        esac; jobs=\"$jobs $!\"
      done; for job in $jobs; do wait $job || exit; done";
    for _ in 0..4 {
        it.sh(&format!("{{ {line}; }} >out")).run().succeeds();
        let got = it.read("out");
        assert_eq!(got.len(), all.len());
        assert!(sorted(&got) == sorted(&all), "bytes were overwritten");
    }
}

#[apply(on_both_roads)]
fn jobs_that_share_one_input_file_share_its_bytes_out() {
    let it = Scratch::new();
    let all = numbered(0, 400_000);
    it.write("in", &all);
    for _ in 0..2 {
        let line = "for n in 0 1 2 3; do
            case $n in
            0) $T - out.$n & ;;
            1) $T --road buffered /dev/stdin out.$n & ;;
            2) $T -H 64K fd:0 out.$n & ;;
            3) $T - - <&0 | cat >out.$n & ;;
            esac; jobs=\"$jobs $!\"
          done <in; for job in $jobs; do wait $job || exit; done";
        // What runs in the background of a shell gets another standard input, unless it is said.
        let line = line.replace("& ;;", "<&3 & ;;").replace("<&0 |", "<&3 |");
        let line = line.replace("| cat >out.$n <&3", "| cat >out.$n");
        it.sh(&format!("{{ {line}; }} 3<in")).run().succeeds();
        let got: Vec<u8> = (0..4).flat_map(|n| it.read(&format!("out.{n}"))).collect();
        assert_eq!(got.len(), all.len());
        assert!(sorted(&got) == sorted(&all), "bytes were read twice");
    }
}

#[apply(on_both_roads)]
fn what_was_claimed_and_not_written_is_given_back() {
    let it = Scratch::new();
    let data = noise(2_500_000);
    it.write("in", &data);
    // A file may be 1 MiB long there, and the mark is no divisor of that.
    let line = "{ (ulimit -f 1024; trap '' XFSZ; $T -H 300K in -); echo $?; echo tail; } >out";
    let done = it.sh(line).run().exits(0);
    done.mentions(&["writing to -: File too large"]);
    let wanted = [&data[..1 << 20], b"1\ntail\n"].concat();
    assert!(it.read("out") == wanted, "{} bytes", it.read("out").len());
}

#[apply(on_both_roads)]
fn what_was_claimed_and_not_read_is_left_for_the_next_reader() {
    let it = Scratch::new();
    let data = noise(3_000_000);
    it.write("in", &data);
    // The first one reads no more than goes into a pipe that nobody reads from, and is ended.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut input = File::open(it.path("in")).unwrap();
    let running = it
        .tide(["--stats", "s", "-i", "10ms", "-", "-"])
        .stdin(input.try_clone().unwrap())
        .stdout(writer)
        .start();
    it.recorded("s", |record| {
        record["links"][0]["pauses"].as_u64() > Some(0)
    });
    running.signal("TERM");
    let done = running.done();
    assert_eq!(done.code(), 143, "{}", done.stderr);
    let mut got = vec![];
    (&reader).read_to_end(&mut got).unwrap();
    let position = input.stream_position().unwrap();
    assert!(data.starts_with(&got));
    if crate::tide::road() == "auto" {
        assert_eq!(
            position,
            got.len() as u64,
            "what did not go into the pipe was not read"
        );
    }
}

#[apply(on_both_roads)]
fn holes_of_a_shared_file_stay_holes_and_cut_nothing_off() {
    let it = Scratch::new();
    let hole = 8 << 20;
    let mut file = File::create(it.path("in")).unwrap();
    for n in 0..3 {
        file.seek(SeekFrom::Start(n * hole)).unwrap();
        file.write_all(&noise(100_000)).unwrap();
    }
    file.set_len(3 * hole).unwrap();
    for (line, head) in [
        ("$T - out <in", &b""[..]),
        ("{ printf head; $T in -; printf tail; } >out", b"head"),
        ("{ printf head; $T - - <in; printf tail; } >out", b"head"),
    ] {
        it.sh(line).run().succeeds();
        let tail = if head.is_empty() { &b""[..] } else { b"tail" };
        let wanted = [head, &it.read("in"), tail].concat();
        assert!(it.read("out") == wanted, "{line}");
    }
}

/// Which flags somebody else sets, and on which of the two standard streams.
const FLAGS: [(OFlags, bool); 4] = [
    (OFlags::APPEND, true),
    (OFlags::NONBLOCK, true),
    (OFlags::NONBLOCK, false),
    (OFlags::APPEND, false),
];

#[apply(on_both_roads)]
fn flags_that_somebody_sets_on_our_descriptors_meanwhile_do_no_harm() {
    let data = noise(600_000);
    for (flag, of_output) in FLAGS {
        for to_pipe in [false, true] {
            for from_pipe in [false, true] {
                let what = format!("{flag:?} {of_output} {from_pipe} {to_pipe}");
                let (done, got) = with_flag(&data, flag, of_output, from_pipe, to_pipe);
                done.succeeds();
                assert!(got == data, "{what}: {} bytes", got.len());
            }
        }
    }
}

/// A transfer of `data` at a rate, between standard streams of these kinds, during which the flag is set.
fn with_flag(
    data: &[u8],
    flag: OFlags,
    of_output: bool,
    from_pipe: bool,
    to_pipe: bool,
) -> (Done, Vec<u8>) {
    let it = Scratch::new();
    it.write("in", data);
    let mut out = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(it.path("out"))
        .unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let (their_reader, mut feeder) = std::io::pipe().unwrap();
    let input: OwnedFd = if from_pipe {
        their_reader.into()
    } else {
        File::open(it.path("in")).unwrap().into()
    };
    let output: OwnedFd = if to_pipe {
        writer.into()
    } else {
        out.try_clone().unwrap().into()
    };
    let ours = if of_output { &output } else { &input }
        .try_clone()
        .unwrap();
    let fed = data.to_vec();
    let feeding = thread::spawn(move || from_pipe.then(|| feeder.write_all(&fed)));
    let collected = thread::spawn(move || {
        let mut all = vec![];
        if to_pipe {
            (&reader).read_to_end(&mut all).unwrap();
        }
        all
    });
    let flags = [
        "--stats", "s", "-i", "10ms", "-L", "1M", "-H", "64K", "-", "-",
    ];
    let running = it.tide(flags).stdin(input).stdout(output).start();
    it.recorded("s", |record| record["bytes_out"].as_u64() > Some(0));
    let before = fcntl_getfl(&ours).unwrap();
    fcntl_setfl(ours.as_fd(), before | flag).unwrap();
    drop(ours);
    let done = running.done();
    feeding.join().unwrap();
    let mut got = collected.join().unwrap();
    if !to_pipe {
        out.rewind().unwrap();
        out.read_to_end(&mut got).unwrap();
    }
    (done, got)
}

#[apply(on_both_roads)]
fn an_append_flag_in_the_middle_takes_the_rest_to_the_end_of_the_file() {
    let it = Scratch::new();
    let data = noise(700_000);
    it.write("in", &data);
    let log = File::create(it.path("log")).unwrap();
    let flags = ["--stats", "s", "-i", "10ms", "-L", "1M", "in", "-"];
    let running = it.tide(flags).stdout(log.try_clone().unwrap()).start();
    it.recorded("s", |record| record["bytes_out"].as_u64() > Some(100_000));
    fcntl_setfl(&log, OFlags::APPEND).unwrap();
    running.done().succeeds();
    assert!(it.read("log") == data);
    let end = records(&it.read("s")).pop().unwrap();
    assert_eq!(
        (&end["road"], &end["bytes_out"]),
        (&"buffered".into(), &700_000.into())
    );
}
