//! The kernel road to several SINKs: where it is taken, and that nobody notices where the system refuses a part of it.

use crate::pipes::as_another_user;
use crate::tide::{Scratch, noise, records};
use crate::tracing::can_trace;
use serde_json::Value;

/// More than one filling of a pipe, and no whole number of them.
const LEN: usize = 2_500_000;

/// The sinks of most tests here: files, a pipe and a command.
const ENDS: &str = "in --tee a --tee file:b#atomic --tee 'exec:cat >c' - | cat >d";

fn with_file() -> (Scratch, Vec<u8>) {
    let (it, whole) = (Scratch::new(), noise(LEN));
    it.write("in", &whole);
    (it, whole)
}

/// What `--explain` says, without the ends of its lines.
fn in_one_line(told: &[u8]) -> String {
    let told = String::from_utf8_lossy(told);
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn all_hold(it: &Scratch, whole: &[u8], what: &str) {
    for name in ["a", "b", "c", "d"] {
        assert!(it.read(name) == whole, "{name}: {what}");
    }
}

#[test]
fn the_kernel_road_is_taken_where_every_end_allows_it_and_is_told_beforehand() {
    let (it, whole) = with_file();
    let told = it
        .sh(&format!("$T --explain {ENDS}; cat d"))
        .run()
        .succeeds();
    let told = in_one_line(&told.stdout);
    for words in [
        "tee through pipes",
        "from a file to a pipe, a file, a file, a pipe by itself",
        "a pipe of our own that the source fills, and one for each sink",
    ] {
        assert!(told.contains(words), "{told}");
    }
    it.sh(&format!("$T --road kernel --stats s {ENDS}"))
        .run()
        .exits(0);
    all_hold(&it, &whole, "--road kernel");
    let all = records(&it.read("s"));
    let (start, end) = (&all[0], it.end_of("s"));
    assert_eq!(start["calls"], "tee through pipes");
    assert_eq!(end["road"], "kernel");
    let link = &end["links"][0];
    assert!(link["readable"].is_object(), "{link}");
    for sink in end["sinks"].as_array().expect("sinks") {
        let most = sink["buffer"]["max_len"].as_u64();
        assert!(most.is_none_or(|most| most <= 1 << 20), "{sink}");
    }
}

#[test]
fn what_only_the_buffered_road_can_do_is_told_and_refuses_the_kernel_road() {
    let it = Scratch::new();
    it.write("in", "0123456789");
    it.write("more", "more");
    for (ends, why) in [
        ("random: --take 9 --tee a b", "the SOURCE does not allow it"),
        ("in --tee file:a#append b", "the SINK does not allow it"),
        ("in more --tee a b", "from several SOURCEs to several SINKs"),
        ("in -H 2M --tee a b", "a high-water mark above 1 MiB"),
        ("in --tee file:a#mark=2M b", "a high-water mark above 1 MiB"),
        ("in --low-water-mark 1 --tee a b", "a pipe has to be empty"),
    ] {
        let told = it.sh(&format!("$T --explain {ends}")).run().exits(0);
        let told = in_one_line(&told.stdout);
        assert!(told.contains(why), "{ends}: {told}");
        let refused = it.sh(&format!("$T --road kernel {ends}")).run();
        refused.fails_saying(2, &[why]);
    }
}

/// Runs the ends of these tests under strace, and returns the end of its records.
fn traced(road: &str, inject: &str) -> (Scratch, Vec<u8>, i32, Value) {
    let (it, whole) = with_file();
    let line = format!("$T --road {road} --stats s {ENDS}");
    let done = it
        .traced(&format!("-e trace=splice,tee {inject}"), &line)
        .run();
    let end = if it.path("s").exists() {
        it.end_of("s")
    } else {
        Value::Null
    };
    (it, whole, done.code(), end)
}

#[test]
fn a_kernel_that_refuses_to_duplicate_or_makes_less_of_it_means_the_other_road_and_loses_nothing() {
    if !can_trace() {
        return;
    }
    for inject in [
        "tee:error=EINVAL:when=1",
        "tee:error=ENOSYS:when=2",
        "tee:error=EPERM:when=3",
        "tee:error=EINVAL:when=8",
        // The others have more, or less, than it says.
        "tee:retval=4096:when=2",
        "tee:retval=0:when=3",
        "tee:retval=100:when=9",
    ] {
        let (it, whole, code, end) = traced("auto", &format!("-e inject={inject}"));
        assert_eq!((code, &end["road"]), (0, &"buffered".into()), "{inject}");
        assert_eq!(end["bytes_in"], LEN, "{inject}");
        all_hold(&it, &whole, inject);
    }
}

#[test]
fn where_the_kernel_road_is_insisted_on_a_first_refusal_is_one_and_a_later_one_an_error() {
    if !can_trace() {
        return;
    }
    let (it, _, code, end) = traced("kernel", "-e inject=tee:error=EINVAL:when=2");
    assert_eq!((code, end), (2, Value::Null));
    assert!(!it.path("b").exists() && it.read("a") == b"" && it.read("d") == b"");
    let (it, whole, code, end) = traced("kernel", "-e inject=tee:error=EINVAL:when=5");
    assert_eq!((code, &end["road"]), (1, &"kernel".into()));
    let got = it.read("a");
    assert!(!got.is_empty() && whole.starts_with(&got));
    assert!(it.read("d") == got && !it.path("b").exists());
    // The command is ended, perhaps before its shell has made the file.
    let written = std::fs::read(it.path("c")).unwrap_or_default();
    assert!(got.starts_with(&written));
}

#[test]
fn a_user_who_has_used_up_his_pipes_gets_every_byte_at_every_sink() {
    // Sixteen pages each, of the 16,384 that he may have. With all of them in use new ones have two pages; with few left, those for the sinks
    // cannot grow.
    let line = "ulimit -n 4000; head -c 2500000 /dev/urandom >in
        take() { for n in $(seq $1); do exec {fd}< <(:); done; }
        both() { rm -f a b c; ./tide -q --stats s in --tee a --tee 'exec:cat >b' - | cat >c
            for f in a b c; do cmp $f in || echo $f differs; done
            grep -o '\"road\":\"[a-z]*\"' s | tail -n 1; }
        take 990; both; take 60; both";
    if let Some(told) = as_another_user(54_327, line) {
        let roads: Vec<_> = told.lines().collect();
        assert_eq!(roads, [r#""road":"kernel""#, r#""road":"buffered""#]);
    }
}

#[test]
fn a_process_that_may_have_few_descriptors_gets_every_byte_at_every_sink_or_says_so() {
    let (it, whole) = with_file();
    let mut roads = Vec::new();
    for most in (12..60).step_by(2) {
        it.sh("rm -f a b c d s").run().exits(0);
        let ends = ENDS.replace("- | cat >d", "file:d");
        let line = format!("ulimit -n {most}; exec $T -q --stats s {ends}");
        let done = it.sh(&line).run();
        if done.code() == 0 {
            all_hold(&it, &whole, &line);
            // Without a descriptor left for its records a transfer goes on all the same, after a line that says so.
            if it.path("s").exists() {
                roads.push(it.end_of("s")["road"].clone());
            }
        } else {
            assert!(roads.is_empty(), "{most}: {}", done.stderr);
            assert!(
                done.stderr.contains("too many open files"),
                "{}",
                done.stderr
            );
        }
    }
    let first = roads.iter().position(|it| it == "kernel");
    let first = first.expect("descriptors enough for the kernel road");
    assert!(first > 0, "it is never short of them");
    assert!(roads[first..].iter().all(|it| it == "kernel"));
}
