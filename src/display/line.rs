//! The plain lines: the status on demand, and the summary at the end.

use super::Sample;
use crate::endpoint::Delivered;
use crate::link::{LinkSnapshot, LinkState};
use crate::meter::{Phase, Waits};
use humansize::{BINARY, format_size};
use std::time::Duration;

/// One line that says where a running transfer stands.
#[must_use]
pub fn status(sample: &Sample) -> String {
    let percent = sample.size.filter(|size| *size > 0).map(|size| {
        let percent = u128::from(sample.now.bytes_out) * 100 / u128::from(size);
        format!(" of {} ({percent}%)", size_of(size))
    });
    let mut parts = vec![
        format!(
            "{}{}",
            size_of(sample.now.bytes_out),
            percent.unwrap_or_default()
        ),
        format!("in {}", time(sample.now.elapsed)),
        speed(sample.rate),
    ];
    parts.extend(sample.now.links.iter().map(buffers));
    parts.push(verdict(&sample.now.waits));
    if let Some(eta) = sample.eta {
        parts.push(format!("ETA {}", time(eta)));
    }
    parts.join(", ")
}

/// One line that says what a complete transfer was like.
#[must_use]
pub fn summary(sample: &Sample, how: Delivered) -> String {
    let delivered = match how {
        Delivered::Written => "written",
        Delivered::Synced => "written and synced to disk",
        Delivered::Acknowledged => "acknowledged by the peer's system, but the peer did not close",
        Delivered::Closed => "acknowledged, and closed by the peer",
    };
    let mut parts = vec![
        format!(
            "{} in {} ({})",
            size_of(sample.now.bytes_out),
            time(sample.now.elapsed),
            speed(sample.average)
        ),
        delivered.to_owned(),
    ];
    for link in &sample.now.links {
        let paused = if link.paused.is_zero() {
            String::new()
        } else {
            format!(" ({} in all)", time(link.paused))
        };
        parts.push(format!(
            "{}{paused}, {}",
            count(link.readable.pauses(), "pause"),
            count(link.writable.drains(), "drain")
        ));
    }
    parts.push(verdict(&sample.now.waits));
    parts.join("; ")
}

/// A size for people, with the exact number where that says more.
#[must_use]
pub fn bytes_exactly(bytes: u64) -> String {
    if bytes < 1024 {
        count(bytes, "byte")
    } else {
        format!("{} ({bytes} bytes)", size_of(bytes))
    }
}

fn buffers(link: &LinkSnapshot) -> String {
    let state = match link.state {
        LinkState::Flowing => "flowing",
        LinkState::Paused => "PAUSED",
        LinkState::Ended => "input ended",
    };
    format!(
        "{state}, read {}/{}, to write {}/{}, {}, {}",
        size_of(link.readable.len()),
        size_of(link.readable.mark()),
        size_of(link.writable.len()),
        size_of(link.writable.mark()),
        count(link.readable.pauses(), "pause"),
        count(link.writable.drains(), "drain"),
    )
}

/// What bound the flow, with its share of the time.
fn verdict(waits: &Waits) -> String {
    let total = waits.total().as_secs_f64();
    match waits.bound_by() {
        Some(phase) => format!("{}-bound {}", phase.name(), percent(waits.of(phase), total)),
        None => format!("moving {}", percent(waits.of(Phase::Moving), total)),
    }
}

fn percent(part: Duration, total: f64) -> String {
    let share = if total > 0.0 {
        part.as_secs_f64() / total
    } else {
        0.0
    };
    format!("{:.0}%", share * 100.0)
}

fn size_of(bytes: u64) -> String {
    format_size(bytes, BINARY)
}

fn speed(bytes_per_second: f64) -> String {
    // A float beyond u64 saturates, which no transfer reaches.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are positive; rounding is for show"
    )]
    let whole = bytes_per_second.round() as u64;
    format!("{}/s", size_of(whole))
}

fn count(n: u64, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.2} s", time.as_secs_f64()),
        10..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!(
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes_exactly, count, time};
    use std::time::Duration;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(bytes_exactly(1), "1 byte");
        assert_eq!(bytes_exactly(1_572_864), "1.50 MiB (1572864 bytes)");
        assert_eq!(count(0, "pause"), "0 pauses");
        assert_eq!(time(Duration::from_millis(1234)), "1.23 s");
        assert_eq!(time(Duration::from_secs(3725)), "1:02:05");
        assert_eq!(time(Duration::from_secs(61)), "1:01");
    }
}
