//! How numbers are written for people.

use humansize::{BINARY, FormatSizeOptions, format_size};
use std::time::Duration;

/// A size in binary units with two decimals at most.
pub(super) fn size(bytes: u64) -> String {
    format_size(bytes, BINARY)
}

/// A size that is as wide as others of its magnitude, for numbers that change in place.
pub(super) fn steady_size(bytes: u64) -> String {
    let zeroes = if bytes < 1024 { 0 } else { 2 };
    format_size(bytes, BINARY.decimal_zeroes(zeroes))
}

/// A size without decimals.
pub(super) fn short_size(bytes: u64) -> String {
    let options: FormatSizeOptions = BINARY.decimal_places(0);
    format_size(bytes, options)
}

/// A size for people, with the exact number where that says more.
#[must_use]
pub fn bytes_exactly(bytes: u64) -> String {
    if bytes < 1024 {
        count(bytes, "byte")
    } else {
        format!("{} ({bytes} bytes)", size(bytes))
    }
}

/// Bytes a second as a whole number; what is beyond u64 saturates, which no transfer reaches.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive; rounding is for show"
)]
pub(super) fn whole(bytes_per_second: f64) -> u64 {
    bytes_per_second.round() as u64
}

/// A rate.
pub(super) fn speed(bytes_per_second: f64) -> String {
    format!("{}/s", size(whole(bytes_per_second)))
}

/// A number of things.
pub(super) fn count(n: u64, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// A time that has been measured.
pub(super) fn time(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.2} s", time.as_secs_f64()),
        10..60 => format!("{:.1} s", time.as_secs_f64()),
        _ => clock(time),
    }
}

/// A time as short as those of networks are.
pub(super) fn brief(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    match time.as_millis() {
        0..10 => format!("{millis:.2} ms"),
        10..1000 => format!("{millis:.1} ms"),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// A time that runs: minutes and seconds, with hours and days where there are any.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}d {hours:02}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{brief, bytes_exactly, clock, count, short_size, size, steady_size, time};
    use std::time::Duration;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(bytes_exactly(1), "1 byte");
        assert_eq!(bytes_exactly(1_572_864), "1.50 MiB (1572864 bytes)");
        assert_eq!(count(0, "pause"), "0 pauses");
        assert_eq!(size(1 << 20), "1 MiB");
        assert_eq!(steady_size(1 << 20), "1.00 MiB");
        assert_eq!(steady_size(0), "0 B");
        assert_eq!(short_size(1_572_864), "2 MiB");
    }

    #[test]
    fn times_have_as_many_parts_as_they_need() {
        assert_eq!(time(Duration::from_millis(1234)), "1.23 s");
        assert_eq!(time(Duration::from_millis(12_345)), "12.3 s");
        assert_eq!(time(Duration::from_secs(3725)), "1:02:05");
        assert_eq!(time(Duration::from_secs(61)), "1:01");
        assert_eq!(brief(Duration::from_micros(52)), "0.05 ms");
        assert_eq!(brief(Duration::from_micros(23_100)), "23.1 ms");
        assert_eq!(brief(Duration::from_millis(1250)), "1.25 s");
        assert_eq!(clock(Duration::from_secs(9)), "0:09");
        assert_eq!(clock(Duration::from_secs(90_061)), "1d 01:01:01");
    }
}
