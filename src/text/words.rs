//! Writes numbers for people. Nothing else rounds a number that is shown; all are rounded to the nearest.
//!
//! Numbers that are shown together must not contradict each other: a percentage or a ratio is computed from the sizes as they
//! are shown beside it, and the parts of a whole add up.

use humansize::{BINARY, FormatSizeOptions, format_size_i};
use std::time::Duration;

/// How many of one unit make the next.
const UNIT: u64 = 1024;

/// A size as it is shown: whole bytes, or hundredths of a larger unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    hundredths: u64,
    /// 0 for bytes, 1 for KiB, and so on.
    unit: u32,
}

impl Size {
    /// The size as it is shown.
    pub(crate) fn of(bytes: u64) -> Self {
        let mut unit = 0;
        while bytes >> (10 * unit) >= UNIT {
            unit += 1;
        }
        let scale = 1_u128 << (10 * unit);
        let hundredths = (u128::from(bytes) * 100 + scale / 2) / scale;
        let hundredths = u64::try_from(hundredths).unwrap_or(u64::MAX);
        // 1024 of a unit, reached by rounding up, are one of the next.
        if hundredths == 100 * UNIT {
            Self {
                hundredths: 100,
                unit: unit + 1,
            }
        } else {
            Self { hundredths, unit }
        }
    }

    /// The size of a part of a whole. If it is smaller than the whole, it is also shown as smaller.
    pub(crate) fn part(part: u64, whole: u64) -> Self {
        let (shown, all) = (Self::of(part), Self::of(whole));
        if part < whole && shown.value() >= all.value() {
            all.next_smaller()
        } else {
            shown
        }
    }

    fn next_smaller(self) -> Self {
        match (self.unit, self.hundredths) {
            (0, _) => Self {
                hundredths: self.hundredths.saturating_sub(100),
                unit: 0,
            },
            (1, 100) => Self {
                hundredths: 100 * (UNIT - 1),
                unit: 0,
            },
            (_, 100) => Self {
                hundredths: 100 * UNIT - 1,
                unit: self.unit - 1,
            },
            _ => Self {
                hundredths: self.hundredths - 1,
                unit: self.unit,
            },
        }
    }

    /// In hundredths of a byte.
    fn value(self) -> u128 {
        u128::from(self.hundredths) << (10 * self.unit)
    }

    /// How much of `whole` it is, in percent rounded down, so that only all of it is 100. `None` if `whole` is 0.
    pub(crate) fn percent_of(self, whole: Self) -> Option<u64> {
        let percent = (self.value() * 100).checked_div(whole.value())?;
        u64::try_from(percent).ok()
    }

    /// How large it is in percent of `other`, with a decimal. `None` if `other` is 0.
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    pub(crate) fn ratio_to(self, other: Self) -> Option<String> {
        if other.value() == 0 {
            return None;
        }
        let percent = self.value() as f64 * 100.0 / other.value() as f64;
        Some(format!("{percent:.1}%"))
    }

    /// The size with all its decimals, so that a number that changes in place keeps its width.
    pub(crate) fn steady(self) -> String {
        let zeroes = if self.unit == 0 { 0 } else { 2 };
        self.written(BINARY.decimal_zeroes(zeroes))
    }

    #[expect(clippy::cast_precision_loss, reason = "it has six digits")]
    fn written(self, options: FormatSizeOptions) -> String {
        let scale = (1_u64 << (10 * self.unit)) as f64;
        format_size_i(self.hundredths as f64 * scale / 100.0, options)
    }
}

/// In binary units with two decimals at most.
impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.written(BINARY))
    }
}

/// A size in binary units with two decimals at most.
pub(crate) fn size(bytes: u64) -> String {
    Size::of(bytes).to_string()
}

/// A size with all its decimals, so that a number that changes in place keeps its width.
pub(crate) fn steady_size(bytes: u64) -> String {
    Size::of(bytes).steady()
}

/// A size without decimals.
pub(crate) fn short_size(bytes: u64) -> String {
    let shown = Size::of(bytes);
    let whole = (shown.hundredths + 50) / 100;
    let shown = if whole == UNIT {
        Size {
            hundredths: 100,
            unit: shown.unit + 1,
        }
    } else {
        Size {
            hundredths: whole * 100,
            ..shown
        }
    };
    shown.to_string()
}

/// A size with the exact number of bytes, which alone is shown below 1 KiB.
#[must_use]
pub fn bytes_exactly(bytes: u64) -> String {
    if bytes < 1024 {
        count(bytes, "byte")
    } else {
        format!("{} ({bytes} bytes)", size(bytes))
    }
}

/// Bytes a second as a whole number; it saturates beyond `u64`, which no transfer reaches.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive; rounding is for show"
)]
pub(crate) fn whole(bytes_per_second: f64) -> u64 {
    bytes_per_second.round() as u64
}

/// A rate.
pub(crate) fn speed(bytes_per_second: f64) -> String {
    format!("{}/s", size(whole(bytes_per_second)))
}

/// A part of the whole, from 0 to 1, in percent; only 1 is 100%.
pub(crate) fn percent(part: f64) -> String {
    let percent = whole(part * 100.0);
    let most = if part < 1.0 { 99 } else { 100 };
    format!("{}%", percent.min(most))
}

/// Parts of a whole in percent that add up to 100: each is rounded down, and the parts that lost most by that get one percent
/// more. All are 0 if the whole is.
pub(crate) fn percents<const N: usize>(parts: [f64; N]) -> [u64; N] {
    let all: f64 = parts.iter().sum();
    if all <= 0.0 {
        return [0; N];
    }
    let exact = parts.map(|part| part / all * 100.0);
    let mut percents = exact.map(|it| whole(it.floor()));
    let mut places: Vec<_> = (0..N).collect();
    places.sort_by(|one, other| exact[*other].fract().total_cmp(&exact[*one].fract()));
    let missing = 100_u64.saturating_sub(percents.iter().sum());
    for (place, _) in places.into_iter().zip(0..missing) {
        percents[place] += 1;
    }
    percents
}

/// A number of things, with the plural where it belongs.
pub(crate) fn count(n: u64, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// A measured time, in seconds with at least two significant digits.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 59.95 {
        return clock(time.max(Duration::from_secs(60)));
    }
    if seconds >= 9.995 {
        return format!("{seconds:.1} s");
    }
    let mut decimals = 2;
    let mut least = 0.0995;
    while !time.is_zero() && seconds < least && decimals < 9 {
        decimals += 1;
        least /= 10.0;
    }
    format!("{seconds:.decimals$} s")
}

/// A measured time, in ms or µs if it was short.
#[cfg_attr(
    not(feature = "plot"),
    allow(dead_code, reason = "plots alone are so precise")
)]
pub(crate) fn precise(elapsed: Duration) -> String {
    let micros = elapsed.as_secs_f64() * 1e6;
    if elapsed.is_zero() {
        "0 s".to_owned()
    } else if micros < 999.5 {
        format!("{:.0} µs", micros.max(1.0))
    } else if micros < 99_950.0 {
        format!("{:.1} ms", micros / 1e3)
    } else {
        time(elapsed)
    }
}

/// A round trip time of a network, in ms or seconds.
pub(crate) fn brief(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    if millis < 9.995 {
        format!("{millis:.2} ms")
    } else if millis < 999.95 {
        format!("{millis:.1} ms")
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}

/// A remaining time, as a clock shows it.
pub(crate) fn countdown(time: Duration) -> String {
    clock(Duration::from_secs(seconds_left(time)))
}

/// A remaining time in whole seconds; at least 1 unless the time is zero.
pub(crate) fn seconds_left(time: Duration) -> u64 {
    let seconds = time.as_secs() + u64::from(time.subsec_millis() >= 500);
    seconds.max(u64::from(!time.is_zero()))
}

/// A time in whole seconds, below a minute; else as a clock has it.
pub(crate) fn seconds(time: Duration) -> String {
    match (time.as_secs_f64().round_ties_even(), time) {
        (seconds, _) if seconds < 60.0 => format!("{seconds} s"),
        (_, time) => clock(time.max(Duration::from_secs(60))),
    }
}

/// A time in minutes and seconds, with hours and days if there are any.
pub(crate) fn clock(time: Duration) -> String {
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
    use super::{
        Size, brief, bytes_exactly, clock, count, countdown, percent, percents, precise,
        short_size, size, steady_size, time,
    };
    use proptest::prelude::*;
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
        assert_eq!(size(u64::MAX), "16 EiB");
    }

    #[test]
    fn a_size_that_rounds_up_to_1024_is_one_of_the_next_unit() {
        let kib = 1 << 10;
        let table = [
            (kib * kib - 1, "1 MiB", "1.00 MiB", "1 MiB"),
            (kib * kib - 10, "1023.99 KiB", "1023.99 KiB", "1 MiB"),
            (kib * 999, "999 KiB", "999.00 KiB", "999 KiB"),
            (kib - 1, "1023 B", "1023 B", "1023 B"),
        ];
        for (bytes, usual, steady, short) in table {
            let shown = [size(bytes), steady_size(bytes), short_size(bytes)];
            assert_eq!(shown, [usual, steady, short], "{bytes}");
        }
    }

    #[test]
    fn a_ratio_is_in_percent_with_a_decimal_and_there_is_none_to_zero() {
        let ratio = |one, other| Size::of(one).ratio_to(Size::of(other));
        let table = [
            ((3, 4), "75.0%"),
            ((0, 4), "0.0%"),
            ((1, 100), "1.0%"),
            ((1, 1 << 20), "0.0%"),
            ((5 << 20, 2), "262144000.0%"),
        ];
        for ((one, other), expected) in table {
            assert_eq!(ratio(one, other).as_deref(), Some(expected));
        }
        assert_eq!(ratio(1, 0), None);
    }

    #[test]
    fn only_the_whole_is_a_hundred_percent() {
        let shown = [0.0, 0.004, 0.5, 0.996, 1.0].map(percent);
        assert_eq!(shown, ["0%", "0%", "50%", "99%", "100%"]);
        assert_eq!(percents([0.335, 0.335, 0.33]), [34, 33, 33]);
        assert_eq!(percents([0.0; 3]), [0; 3]);
    }

    proptest! {
        #[test]
        fn a_larger_size_is_not_shown_as_smaller_nor_a_part_as_the_whole(one in any::<u64>(), other in any::<u64>(), shift in 0_u32..64) {
            let (one, other): (u64, u64) = (one >> shift, other >> shift);
            let (less, more) = (one.min(other), one.max(other));
            prop_assert!(Size::of(less).value() <= Size::of(more).value());
            let (part, whole) = (Size::part(less, more), Size::of(more));
            let percent = part.percent_of(whole);
            prop_assert_eq!(percent == Some(100), less == more && more > 0);
            prop_assert!(percent <= Some(100));
            // Rounded to the nearest, or to the next below that.
            let exact = u128::from(less) * 100;
            let unit = 1_u128 << (10 * part.unit);
            prop_assert!(part.value().abs_diff(exact) <= unit * 3 / 2 + 100, "{less} of {more}: {part}");
        }

        #[test]
        fn parts_add_up_and_none_is_off_by_a_percent(parts in prop::array::uniform5(0.0..1000.0)) {
            let all: f64 = parts.iter().sum();
            let shown = percents(parts);
            prop_assert!(all <= 0.0 || shown.iter().sum::<u64>() == 100);
            for (part, shown) in parts.into_iter().zip(shown) {
                let shown = f64::from(u32::try_from(shown).unwrap());
                prop_assert!((part / all * 100.0 - shown).abs() < 1.0);
            }
        }

        #[test]
        fn a_longer_time_is_not_shown_as_a_shorter_one(millis in 0_u64..400_000, more in 0_u64..1000) {
            let seconds = |text: String| {
                let (number, unit) = text.split_once(' ').unwrap_or((&text, "clock"));
                if unit == "clock" {
                    let (minutes, seconds) = number.split_once(':').unwrap();
                    return minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap();
                }
                let unit = match unit { "s" => 1.0, "ms" => 1e-3, _ => 1e-6 };
                number.parse::<f64>().unwrap() * unit
            };
            let of = |millis| seconds(time(Duration::from_micros(millis * 333)));
            prop_assert!(of(millis) <= of(millis + more));
        }
    }

    #[test]
    fn times_have_as_many_parts_as_they_need() {
        assert_eq!(time(Duration::from_millis(1234)), "1.23 s");
        assert_eq!(time(Duration::from_millis(12_345)), "12.3 s");
        assert_eq!(time(Duration::from_secs(3725)), "1:02:05");
        assert_eq!(time(Duration::from_secs(61)), "1:01");
        assert_eq!(time(Duration::ZERO), "0.00 s");
        assert_eq!(time(Duration::from_micros(7)), "0.0000070 s");
        assert_eq!(time(Duration::from_micros(12_345)), "0.012 s");
        assert_eq!(time(Duration::from_micros(99_960)), "0.10 s");
        assert_eq!(precise(Duration::ZERO), "0 s");
        assert_eq!(precise(Duration::from_micros(7)), "7 µs");
        assert_eq!(precise(Duration::from_nanos(999_700)), "1.0 ms");
        assert_eq!(precise(Duration::from_micros(12_345)), "12.3 ms");
        assert_eq!(time(Duration::from_millis(9996)), "10.0 s");
        assert_eq!(time(Duration::from_millis(59_960)), "1:00");
        assert_eq!(brief(Duration::from_micros(9996)), "10.0 ms");
        assert_eq!(countdown(Duration::from_millis(1)), "0:01");
        assert_eq!(countdown(Duration::from_millis(75_400)), "1:15");
        assert_eq!(brief(Duration::from_micros(52)), "0.05 ms");
        assert_eq!(brief(Duration::from_micros(23_100)), "23.1 ms");
        assert_eq!(brief(Duration::from_millis(1250)), "1.25 s");
        assert_eq!(clock(Duration::from_secs(9)), "0:09");
        assert_eq!(clock(Duration::from_secs(90_061)), "1d 01:01:01");
    }
}
