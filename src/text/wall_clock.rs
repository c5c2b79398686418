//! Moments, as machines and people write them.

use crate::sys;
use humantime::format_rfc3339_seconds;
use std::time::{SystemTime, UNIX_EPOCH};

/// The year 10000 in seconds since 1970, which RFC 3339 cannot write.
const BEYOND: u64 = 253_402_300_800;

/// The moment in UTC, by RFC 3339: `2026-11-30T15:07:37Z`. `None`: it is before 1970 or after the year 9999.
pub(crate) fn rfc3339(moment: SystemTime) -> Option<String> {
    let second = since_1970(moment)?;
    (second < BEYOND).then(|| format_rfc3339_seconds(moment).to_string())
}

/// The time of day of the moment where we are (tzset(3)): `16:07:37`. `None`: it is before 1970, or too far ahead for the
/// system.
pub(crate) fn time_of_day(moment: SystemTime) -> Option<String> {
    let [hours, minutes, seconds] = sys::time_of_day(since_1970(moment)?)?;
    Some(format!("{hours:02}:{minutes:02}:{seconds:02}"))
}

fn since_1970(moment: SystemTime) -> Option<u64> {
    moment
        .duration_since(UNIX_EPOCH)
        .ok()
        .map(|it| it.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{BEYOND, rfc3339, time_of_day};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_moment_is_written_to_the_second() {
        let moment = at(1_796_051_257) + Duration::from_millis(999);
        assert_eq!(rfc3339(moment).as_deref(), Some("2026-11-30T15:07:37Z"));
        assert_eq!(rfc3339(at(0)).as_deref(), Some("1970-01-01T00:00:00Z"));
        let last = at(BEYOND - 1);
        assert_eq!(rfc3339(last).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert!(time_of_day(last).is_some());
    }

    #[test]
    fn a_moment_that_cannot_be_written_is_none() {
        let before = UNIX_EPOCH - Duration::from_nanos(1);
        let last = at(i64::MAX.unsigned_abs());
        assert_eq!(rfc3339(at(BEYOND)), None);
        for moment in [before, last] {
            assert_eq!((rfc3339(moment), time_of_day(moment)), (None, None));
        }
    }
}
