//! Examples of the arithmetic, checked by `cargo test --bench rate`: a bench target has no `#[test]`.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::arithmetic::{
    Read, average_error, beginning, longest_gap, window_after, window_at, worst_window,
};
use crate::harness::console::say;

/// Bytes a second in all examples.
const RATE: u64 = 1000;

/// Every example by its name: what came out, and what had to.
type Example = (&'static str, Option<f64>, Option<f64>);

/// Fails at the first example that comes out wrong.
pub(crate) fn check() -> Result<()> {
    for (name, found, wanted) in averages().into_iter().chain(windows()).chain(resumptions()) {
        let is_right = match (found, wanted) {
            (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-9,
            (found, wanted) => found == wanted,
        };
        ensure!(is_right, "{name}: {found:?} instead of {wanted:?}");
    }
    ensure!(beginning(&even(20), ms(1000)).len() == 10, "the beginning");
    ensure!(longest_gap(&with_pause()) == ms(3100), "the longest gap");
    say("the arithmetic is right");
    Ok(())
}

fn averages() -> Vec<Example> {
    let average = |reads: &[Read]| average_error(reads, RATE);
    let twice: Vec<Read> = even(20).iter().map(|it| read_at(it.at, 200)).collect();
    let free_start = [vec![read(0, 200)], even(21)[1..].to_vec()].concat();
    // Ten pieces of three reads, of which the last has not come in full.
    let pieces = (0..30).map(|n| read_at(ms(n / 3 * 300) + us(n % 3), 100));
    let pieces: Vec<Read> = pieces.take(29).collect();
    // Two bytes a millisecond, one by one.
    let steady: Vec<Read> = (0..1001).map(|n| read_at(us(500) * n, 1)).collect();
    vec![
        ("no read", average(&[]), None),
        ("one read", average(&even(1)), None),
        ("no time", average(&[read(5, 1), read(5, 1)]), None),
        ("exact", average(&even(20)), Some(0.0)),
        ("twice", average(&twice), Some(1.0)),
        ("free start", average(&free_start), Some(0.05)),
        ("in pieces", average(&pieces), Some(0.0)),
        ("without pieces", average(&steady), Some(1.0)),
    ]
}

fn windows() -> Vec<Example> {
    let worst = |reads: &[Read], width| Some(worst_window(reads, RATE, ms(width)));
    let burst = [read(0, 100), read(950, 100), read(1040, 100), read(2000, 1)];
    vec![
        ("no window", worst(&[], 100), Some(0.0)),
        ("even, 100 ms", worst(&even(20), 100), Some(1.0)),
        ("even, 1 s", worst(&even(20), 1000), Some(1.0)),
        ("across a border", worst(&burst, 100), Some(2.0)),
        ("end is outside", worst(&burst, 90), Some(100.0 / 90.0)),
        ("all in one", worst(&burst, 3000), Some(301.0 / 3000.0)),
        ("one read", worst(&[read(7, 50)], 100), Some(0.5)),
    ]
}

fn resumptions() -> Vec<Example> {
    let reads = with_pause();
    let at = |begin| Some(window_at(&reads, RATE, ms(begin), ms(250)));
    let after = |moment| window_after(&reads, RATE, ms(moment), ms(250));
    vec![
        ("from spawn", at(0), Some(1.2)),
        ("in the pause", at(1000), Some(0.0)),
        ("after the pause", after(1000), Some(2.4)),
        ("at the read itself", after(4000), Some(2.4)),
        ("nothing after", after(5000), None),
    ]
}

/// 100 bytes every 100 ms until 900 ms, and from 4000 ms on twice as much for 300 ms.
fn with_pause() -> Vec<Read> {
    let late = (0..3).map(|n| read(4000 + 100 * n, 200));
    even(10).into_iter().chain(late).collect()
}

/// `count` reads of 100 bytes, 100 ms apart.
fn even(count: u64) -> Vec<Read> {
    (0..count).map(|n| read(100 * n, 100)).collect()
}

fn read(at_ms: u64, bytes: u64) -> Read {
    read_at(ms(at_ms), bytes)
}

fn read_at(at: Duration, bytes: u64) -> Read {
    Read { at, bytes }
}

fn us(us: u64) -> Duration {
    Duration::from_micros(us)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
