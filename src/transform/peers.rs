//! Runs other tools, to compare transforms with them in tests.
//!
//! A test says aloud which tool is missing and leaves it out, unless `CI_PEERS=1` requires all of them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

/// Whether this program is installed.
#[expect(clippy::print_stderr, reason = "said aloud to the person who tests")]
pub(super) fn is_here(program: &str) -> bool {
    let found = Command::new("bash")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status();
    let is_here = found.is_ok_and(|status| status.success());
    if !is_here {
        let wanted = std::env::var_os("CI_PEERS").is_some_and(|value| value == "1");
        assert!(!wanted, "no {program} here");
        eprintln!("skipped: no {program} here");
    }
    is_here
}

/// What the tool makes of `input`, if it is installed; it has to succeed.
#[track_caller]
pub(super) fn peer_bytes(program: &str, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    if !is_here(program) {
        return None;
    }
    let output = peer_answer(program, args, input);
    assert!(output.status.success(), "{program} {args:?}");
    Some(output.stdout)
}

/// The output of an installed tool for `input`, of which it need not read everything.
pub(super) fn peer_answer(program: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a tool");
    let mut stdin = child.stdin.take().expect("its input");
    thread::scope(|scope| {
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().expect("its output")
    })
}

/// As [`peer_bytes`], of a tool that prints text.
#[track_caller]
pub(super) fn peer(program: &str, args: &[&str], input: &[u8]) -> Option<String> {
    let output = peer_bytes(program, args, input)?;
    Some(String::from_utf8(output).expect("a text"))
}

/// What the tool prints when it is run in this directory, and whether it succeeds.
pub(super) fn peer_in(directory: &Path, program: &str, args: &[&str]) -> (String, bool) {
    let output = Command::new(program)
        .args(args)
        .current_dir(directory)
        .output()
        .expect("a tool");
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    (told, output.status.success())
}
