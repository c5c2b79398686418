//! The settings of a transform: which keys its kind has, and their values in a SPEC.

use crate::text::size::parse_positive_size;
use crate::text::suggest::nearest;
use crate::text::visible::named;
use std::fmt::Write as _;

/// A setting that a kind of transform has.
#[derive(Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What its value is.
    pub value: ValueKind,
    /// The default, as help shows it; empty for none.
    pub default: &'static str,
    /// What it means, in a few words.
    pub help: &'static str,
}

/// What the value of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A whole number between these two.
    Number(u64, u64),
    /// A SIZE in bytes.
    Size,
    /// So many bytes in hexadecimal digits.
    Hex(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// All that follows, commas and colons too.
    Literal,
}

impl ValueKind {
    /// How the value is written.
    #[must_use]
    pub fn placeholder(self) -> String {
        match self {
            ValueKind::Number(least, most) => format!("{least}-{most}"),
            ValueKind::Size => "SIZE".to_owned(),
            ValueKind::Hex(_) => "HEX".to_owned(),
            ValueKind::Word(words) => words.join("|"),
            ValueKind::Literal => "COMMAND".to_owned(),
        }
    }

    fn parse(self, text: &str) -> Result<Setting, String> {
        match self {
            ValueKind::Number(least, most) => match text.parse() {
                Ok(number) if (least..=most).contains(&number) => Ok(Setting::Number(number)),
                _ => Err(format!("write a number from {least} to {most}")),
            },
            ValueKind::Size => parse_positive_size(text).map(Setting::Number),
            ValueKind::Hex(bytes) => {
                let is_hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
                if is_hex && text.len() == 2 * bytes {
                    Ok(Setting::Text(text.to_ascii_lowercase()))
                } else {
                    Err(format!("write {} hexadecimal digits", 2 * bytes))
                }
            }
            ValueKind::Word(words) if words.contains(&text) => Ok(Setting::Text(text.to_owned())),
            ValueKind::Word(words) => Err(format!("write {}", words.join(" or "))),
            ValueKind::Literal if text.trim().is_empty() => Err("it is empty".to_owned()),
            ValueKind::Literal => Ok(Setting::Text(text.to_owned())),
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// A number, or a size in bytes.
    Number(u64),
    /// A text; hexadecimal digits are lowercase ones.
    Text(String),
}

/// The values that a SPEC sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(Vec<(&'static str, Setting)>);

impl Settings {
    /// The number that `key` was set to.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.get(key) {
            Some(Setting::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The text that `key` was set to.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Setting::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn get(&self, key: &str) -> Option<&Setting> {
        let found = self.0.iter().find(|(name, _)| *name == key);
        found.map(|(_, setting)| setting)
    }

    /// The settings where nothing stands behind the `name` of a kind; only what is taken literally has to be there.
    pub(super) fn none(name: &str, keys: &'static [Key]) -> Result<Self, String> {
        match keys {
            [key] if key.value == ValueKind::Literal => {
                Err(format!("write {name}={}", key.value.placeholder()))
            }
            _ => Ok(Self::default()),
        }
    }

    /// Reads the settings behind the `name` of a kind.
    pub(super) fn parse(name: &str, keys: &'static [Key], text: &str) -> Result<Self, String> {
        let mut settings = Self::default();
        for part in parts(keys, text) {
            if part.is_empty() && !keys.is_empty() {
                return Err("a value is missing".to_owned());
            }
            let (key, value) = key_and_value(name, keys, part)?;
            if settings.get(key.name).is_some() {
                return Err(format!("'{}' is given twice", key.name));
            }
            let setting = key.value.parse(value);
            let name = part.strip_suffix(value).unwrap_or_default();
            let setting = setting.map_err(|why| format!("{name}'{}': {why}", named(value)))?;
            settings.0.push((key.name, setting));
        }
        Ok(settings)
    }
}

/// The parts of a text between commas; a [`ValueKind::Literal`] is one part.
fn parts<'a>(keys: &[Key], text: &'a str) -> Vec<&'a str> {
    match keys {
        [key] if key.value == ValueKind::Literal => vec![text],
        _ => text.split(',').collect(),
    }
}

/// The key and the value of a part; a bare value is that of the first key.
fn key_and_value<'a>(
    kind: &str,
    keys: &'static [Key],
    part: &'a str,
) -> Result<(&'static Key, &'a str), String> {
    let first = keys.first();
    let first = first.ok_or_else(|| format!("{kind} takes no value"))?;
    if first.value == ValueKind::Literal {
        return Ok((first, part));
    }
    let Some((name, value)) = part.split_once(':') else {
        return Ok((first, part));
    };
    let names = || keys.iter().map(|key| key.name);
    match keys.iter().find(|key| key.name == name) {
        Some(key) => Ok((key, value)),
        None => Err(format!(
            "unknown setting '{}'; {}",
            named(name),
            valid(name, &names().collect::<Vec<_>>())
        )),
    }
}

/// The words that are valid, and the one that was probably meant.
pub(super) fn valid(typed: &str, names: &[&str]) -> String {
    let mut text = format!("valid: {}", names.join(" "));
    if let Some(near) = nearest(typed, names.iter().copied()) {
        let _ = write!(text, "; did you mean '{near}'?");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Key, Settings, ValueKind};
    use crate::transform::plan;

    const LEVEL: Key = Key {
        name: "level",
        value: ValueKind::Number(1, 9),
        default: "6",
        help: "",
    };

    const MODE: Key = Key {
        name: "mode",
        value: ValueKind::Word(&["fast", "small"]),
        default: "",
        help: "",
    };

    const COMMAND: Key = Key {
        name: "command",
        value: ValueKind::Literal,
        default: "",
        help: "",
    };

    const HEX: Key = Key {
        name: "is",
        value: ValueKind::Hex(2),
        default: "",
        help: "",
    };

    fn parse(keys: &'static [Key], text: &str) -> Result<Settings, String> {
        Settings::parse("it", keys, text)
    }

    #[test]
    fn a_bare_value_is_that_of_the_first_key_and_the_others_have_names() {
        for text in ["9,mode:fast", "mode:fast,9", "level:9,mode:fast"] {
            let settings = parse(&[LEVEL, MODE], text).unwrap();
            assert_eq!(settings.number("level"), Some(9), "{text}");
            assert_eq!(settings.text("mode"), Some("fast"), "{text}");
        }
    }

    #[test]
    fn a_command_is_taken_as_it_stands() {
        let command = "tr a,b c:d=e";
        let settings = parse(&[COMMAND], command).unwrap();
        assert_eq!(settings.text("command"), Some(command));
    }

    #[test]
    fn digits_are_compared_in_lowercase() {
        assert_eq!(parse(&[HEX], "aBcD").unwrap().text("is"), Some("abcd"));
    }

    #[test]
    fn a_wrong_setting_is_refused_with_what_is_valid() {
        let table: [(&'static [Key], &str, &[&str]); 10] = [
            (&[], "5", &["takes no value"]),
            (&[LEVEL], "10", &["'10'", "from 1 to 9"]),
            (&[LEVEL], "", &["a value is missing"]),
            (
                &[LEVEL],
                "levle:3",
                &["'levle'", "valid: level", "did you mean 'level'?"],
            ),
            (&[LEVEL], "3,level:4", &["'level' is given twice"]),
            (
                &[LEVEL, MODE],
                "mode:quick",
                &["mode:'quick'", "fast or small"],
            ),
            (&[COMMAND], " ", &["it is empty"]),
            (&[HEX], "abc", &["4 hexadecimal digits"]),
            (&[HEX], "wxyz", &["4 hexadecimal digits"]),
            (&[LEVEL, MODE], "3,", &["a value is missing"]),
        ];
        for (keys, text, parts) in table {
            let why = parse(keys, text).unwrap_err();
            assert!(parts.iter().all(|part| why.contains(part)), "{text}: {why}");
        }
    }

    #[test]
    fn a_misspelt_transform_is_recognised() {
        let why = plan("lnes").unwrap_err().to_string();
        assert!(
            why.contains("did you mean 'lines'?") && why.contains("valid: "),
            "{why}"
        );
    }
}
