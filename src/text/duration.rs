//! Parses a duration: `500ms`, `10s`, `2m`, `1h30m`; a bare number is seconds, as for `sleep`(1) and `timeout`(1).

use crate::text::visible::named;
use std::time::Duration;

/// The longest duration: longer than any wait, and short enough to be added to any `Instant`.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// The duration that `text` stands for.
///
/// # Errors
/// When it is no duration, or longer than a hundred years; the text says how to write one.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = parse(text).ok_or_else(|| {
        let meant = text.to_ascii_lowercase();
        let hint = Some(&meant).filter(|it| **it != text && parse(it).is_some());
        hint.map_or_else(
            || "not a duration (write 500ms, 10s or 2m)".to_owned(),
            |meant| format!("not a duration; did you mean {}?", named(meant)),
        )
    })?;
    if duration > LONGEST {
        return Err("longer than 100 years".to_owned());
    }
    Ok(duration)
}

fn parse(text: &str) -> Option<Duration> {
    if is_number(text) {
        // Seconds that do not fit into a `Duration` are longer than LONGEST.
        let seconds = text.parse().ok()?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    // humantime takes an M for a month, and `5M` is more likely to mean minutes.
    let is_lower = !text.contains(|c: char| c.is_ascii_uppercase());
    humantime::parse_duration(text).ok().filter(|_| is_lower)
}

/// Whether the text is digits, with a point and more digits or without.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    are_digits(whole) && are_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::parse_duration;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn durations_are_what_people_write() {
        for (text, millis) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("5", 5000),
            ("0", 0),
            ("0.25", 250),
            ("1.5", 1500),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_that_is_no_duration_is_refused_with_the_probable_one() {
        for (text, why) in [
            ("5M", "not a duration; did you mean 5m?"),
            ("10S", "not a duration; did you mean 10s?"),
            ("1H30M", "not a duration; did you mean 1h30m?"),
            ("500MS", "not a duration; did you mean 500ms?"),
            ("", "not a duration (write 500ms, 10s or 2m)"),
            ("-1", "not a duration (write 500ms, 10s or 2m)"),
            (".5", "not a duration (write 500ms, 10s or 2m)"),
            ("5.", "not a duration (write 500ms, 10s or 2m)"),
            ("1e3", "not a duration (write 500ms, 10s or 2m)"),
            ("inf", "not a duration (write 500ms, 10s or 2m)"),
            ("five", "not a duration (write 500ms, 10s or 2m)"),
            ("99999999999", "longer than 100 years"),
            ("200years", "longer than 100 years"),
        ] {
            assert_eq!(parse_duration(text), Err(why.to_owned()), "{text}");
        }
        let endless = "9".repeat(400);
        assert_eq!(
            parse_duration(&endless),
            Err("longer than 100 years".to_owned())
        );
    }

    proptest! {
        #[test]
        fn any_text_is_answered_without_a_panic(text in ".{0,24}") {
            let _ = parse_duration(&text);
        }
    }
}
