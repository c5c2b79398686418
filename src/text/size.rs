//! Parses sizes and rates, `64K`, `1.5MiB`, `80Mbit`, into exact numbers of bytes, without floats.

use crate::text::visible::named;
use std::error::Error;
use std::fmt;

/// Why a text is no size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SizeError {
    /// No digits where the number should be.
    NoNumber,
    /// Letters after the number that are no unit.
    UnknownUnit(String),
    /// `10Mb`, which may mean bytes or bits.
    Ambiguous(String),
    /// `1.3K` is no whole number of bytes.
    Fraction,
    /// More than `u64` holds.
    Overflow,
}

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNumber => {
                f.write_str("a size starts with a number, as in 512, 64K, 1.5MiB or 10MB")
            }
            Self::UnknownUnit(unit) => {
                let (unit, valid) = (named(unit), "K M G T (also KiB …, 1024-based)");
                write!(
                    f,
                    "unknown unit '{unit}'; valid: {valid} and KB MB GB TB (1000-based)"
                )
            }
            Self::Ambiguous(size) => write!(
                f,
                "is it {size}B, in bytes, or {size}bit, in bits? write the one that is meant"
            ),
            Self::Fraction => f.write_str("not a whole number of bytes"),
            Self::Overflow => write!(f, "larger than {} bytes", u64::MAX),
        }
    }
}

impl Error for SizeError {}

/// The bytes that `text` stands for. K M G T and KiB MiB GiB TiB are 1024-based as in dd, pv and curl, KB MB GB TB
/// 1000-based. Case does not matter, except that a lower-case `b` behind K M G T may mean bits and is refused.
///
/// # Errors
/// When the text is no size, is no whole number of bytes, or does not fit into 64 bits.
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let (number, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len()),
    );
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || (number.contains('.') && fraction.is_empty()) {
        return Err(SizeError::NoNumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let digits: u128 = format!("{whole}{fraction}")
        .parse()
        .map_err(|_| SizeError::Overflow)?;
    let scale = u32::try_from(fraction.len())
        .ok()
        .and_then(|places| 10u128.checked_pow(places))
        .ok_or(SizeError::Fraction)?;
    let scaled = digits
        .checked_mul(u128::from(unit_bytes(number, unit)?))
        .ok_or(SizeError::Overflow)?;
    if scaled % scale != 0 {
        return Err(SizeError::Fraction);
    }
    u64::try_from(scaled / scale).map_err(|_| SizeError::Overflow)
}

/// [`parse_size`] for a size that cannot be 0.
///
/// # Errors
/// As [`parse_size`], and for 0.
pub fn parse_positive_size(text: &str) -> Result<u64, String> {
    match parse_size(text) {
        Ok(0) => Err("must be at least 1 byte".to_owned()),
        Ok(size) => Ok(size),
        Err(error) => Err(error.to_string()),
    }
}

/// The bytes a second that `text` stands for: a SIZE, or bits as in `80Mbit` (1000-based, and `Mibit` 1024-based); `/s` may
/// follow.
///
/// # Errors
/// As [`parse_size`], for 0, and for bits that are no whole number of bytes.
pub fn parse_rate(text: &str) -> Result<u64, String> {
    let text = text.strip_suffix("/s").unwrap_or(text);
    let letters = text.len().saturating_sub(3);
    let bits = text
        .get(letters..)
        .filter(|unit| unit.eq_ignore_ascii_case("bit"))
        .and_then(|_| text.get(..letters));
    let rate = match bits {
        Some(bits) => parse_bits(bits),
        None => parse_size(text),
    };
    match rate {
        Ok(0) => Err("must be at least 1 byte a second".to_owned()),
        Ok(rate) => Ok(rate),
        Err(SizeError::UnknownUnit(unit)) => Err(format!(
            "unknown unit '{}'; valid: those of a SIZE, and bit kbit Mbit Gbit Tbit; /s may follow",
            named(unit)
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// Whole bytes in so many bits: `80M` is 80 million.
fn parse_bits(text: &str) -> Result<u64, SizeError> {
    let bits = match text.chars().last() {
        Some('b' | 'B') => return Err(SizeError::UnknownUnit(format!("{text}bit"))),
        Some(unit) if unit.is_ascii_alphabetic() => parse_size(&format!("{text}B"))?,
        _ => parse_size(text)?,
    };
    if bits % 8 == 0 {
        Ok(bits / 8)
    } else {
        Err(SizeError::Fraction)
    }
}

/// Bytes in a unit, behind that number.
fn unit_bytes(number: &str, unit: &str) -> Result<u64, SizeError> {
    let power = |base: u64| {
        let letter = unit.as_bytes().first().map(u8::to_ascii_uppercase);
        let exponent = b"KMGT".iter().position(|&known| Some(known) == letter);
        exponent.map(|at| (0..=at).fold(1, |product, _| product * base))
    };
    let rest = unit.get(1..).unwrap_or_default().to_ascii_lowercase();
    let bytes = match rest.as_str() {
        "" if unit.is_empty() => Some(1),
        "" | "ib" => power(1024),
        "b" => power(1000),
        _ => None,
    };
    if let (Some(_), Some(letter)) = (bytes, unit.strip_suffix('b'))
        && letter.len() == 1
    {
        return Err(SizeError::Ambiguous(format!("{number}{letter}")));
    }
    bytes.ok_or_else(|| SizeError::UnknownUnit(unit.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{SizeError, parse_positive_size, parse_rate, parse_size};
    use proptest::prelude::*;

    #[test]
    fn rates_are_bytes_a_second_unless_they_say_bits() {
        let table = [
            ("1", 1),
            ("10K", 10_240),
            ("1.5M/s", 1_572_864),
            ("20MB/s", 20_000_000),
            ("80Mbit", 10_000_000),
            ("80mbit/s", 10_000_000),
            ("1Gbit", 125_000_000),
            ("8bit", 1),
            ("8Kibit", 1024),
            ("2.4kbit/s", 300),
        ];
        for (text, rate) in table {
            assert_eq!(parse_rate(text), Ok(rate), "{text}");
        }
        for text in [
            "", "0", "0bit", "bit", "/s", "7bit", "1.5", "10Q", "8Mbbit", "8Mbits", "1M/m", "-1",
            "é", "1ébit", "10Mb", "10Mb/s", "1gb",
        ] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_mean_what_dd_pv_and_curl_users_expect() {
        let table = [
            ("0", 0),
            ("512", 512),
            ("64K", 65_536),
            ("64k", 65_536),
            ("1.5MiB", 1_572_864),
            ("10MB", 10_000_000),
            ("10mB", 10_000_000),
            ("1G", 1 << 30),
            ("2gib", 2 << 30),
            ("3T", 3 << 40),
            ("1TB", 1_000_000_000_000),
            ("0.5K", 512),
            ("1.0", 1),
            ("1.500K", 1536),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, bytes) in table {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_its_reason() {
        let table = [
            ("", SizeError::NoNumber),
            ("K", SizeError::NoNumber),
            ("-1", SizeError::NoNumber),
            (".5K", SizeError::NoNumber),
            ("1.", SizeError::NoNumber),
            ("1..5K", SizeError::NoNumber),
            ("1.2.3", SizeError::NoNumber),
            ("1.3K", SizeError::Fraction),
            ("0.5", SizeError::Fraction),
            ("1KK", SizeError::UnknownUnit("KK".into())),
            ("1 K", SizeError::UnknownUnit(" K".into())),
            ("1é", SizeError::UnknownUnit("é".into())),
            ("nan", SizeError::NoNumber),
            ("10Mb", SizeError::Ambiguous("10M".into())),
            ("1.5kb", SizeError::Ambiguous("1.5k".into())),
            ("5b", SizeError::UnknownUnit("b".into())),
            ("18446744073709551616", SizeError::Overflow),
            ("16777216T", SizeError::Overflow),
            (
                "99999999999999999999999999999999999999999",
                SizeError::Overflow,
            ),
            (
                "0.00000000000000000000000000000000000000001K",
                SizeError::Fraction,
            ),
        ];
        for (text, error) in table {
            assert_eq!(parse_size(text), Err(error), "{text}");
        }
        assert!(parse_positive_size("0").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered_without_a_panic(text in ".{0,24}") {
            let _ = parse_size(&text);
        }

        #[test]
        fn whole_numbers_of_a_unit_are_exact(n in 0u64..1 << 20, unit in 0usize..4) {
            let suffix = ["K", "M", "G", "T"][unit];
            let bytes = n << (10 * (unit + 1));
            prop_assert_eq!(parse_size(&format!("{n}{suffix}")), Ok(bytes));
            prop_assert_eq!(parse_size(&format!("{n}.0{suffix}iB")), Ok(bytes));
        }
    }
}
