//! What gets very large when it is undone takes no more memory than what it says it needs.
//!
//! It is alone in its process: the memory is that of the process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use tidegate::transform::{Input, Made, Output, Pending, Transform, plan};

/// How many zeros go through, in bytes.
const BOMB: usize = 128 << 20;

/// The most memory the process may have taken at any time, in KiB.
const MOST: usize = 64 << 10;

fn made(spec: &str) -> Box<dyn Transform> {
    match plan(spec).unwrap().make() {
        Made::Steps(transform) => transform,
        Made::Program(_) => panic!("{spec} does not step"),
    }
}

/// Has `call` fill one room after the other, until it holds nothing; each is given to `then`.
fn emptied(mut call: impl FnMut(&mut Output<'_>) -> bool, mut then: impl FnMut(&[u8])) {
    let mut room = vec![0; 1 << 16];
    loop {
        let mut output = Output::new(&mut room);
        let goes_on = call(&mut output);
        let n = output.filled();
        then(&room[..n]);
        if !goes_on {
            return;
        }
    }
}

fn step(transform: &mut dyn Transform, bytes: &[u8], then: impl FnMut(&[u8])) {
    let mut input = Input::new(bytes);
    let call = |output: &mut Output<'_>| {
        if !input.is_empty() {
            transform.step(&mut input, output).unwrap();
        }
        !input.is_empty()
    };
    emptied(call, then);
}

fn finish(transform: &mut dyn Transform, then: impl FnMut(&[u8])) {
    emptied(
        |output| transform.finish(output).unwrap() == Pending::More,
        then,
    );
}

/// The most memory this process has taken so far, in KiB.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_bomb_takes_its_window_and_no_more() {
    let zeros = vec![0; 1 << 20];
    for (compress, undo) in [
        ("gzip=1,workers:1", "gunzip"),
        ("zstd=1,workers:1", "unzstd"),
        ("xz=0,workers:1", "unxz"),
        ("lz4=workers:1", "unlz4"),
        ("brotli=1", "unbrotli"),
        ("bzip2=1,workers:1", "bunzip2"),
        ("gzip=1,workers:1", "decompress"),
    ] {
        let (mut there, mut back) = (made(compress), made(undo));
        let (mut small, mut large) = (0, 0);
        let mut undone = |bytes: &[u8]| {
            small += bytes.len();
            step(&mut *back, bytes, |bytes| large += bytes.len());
        };
        for _ in 0..BOMB / zeros.len() {
            step(&mut *there, &zeros, &mut undone);
        }
        finish(&mut *there, &mut undone);
        finish(&mut *back, |bytes| large += bytes.len());
        assert_eq!(large, BOMB, "{undo}");
        assert!(small < BOMB / 100, "{compress}: {small}");
        assert!(peak() < MOST, "{undo}: {} KiB", peak());
    }
}
