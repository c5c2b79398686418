//! What lines on a screen may consist of: colours, characters beyond ASCII, and the name of the transfer.

use crate::text::visible::named;
use std::ffi::OsStr;

/// What lines on a screen may consist of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// What the user calls this transfer, made visible.
    pub name: Option<String>,
    /// Whether there may be colours (no-color.org).
    pub colour: bool,
    /// Whether there may be more than ASCII.
    pub unicode: bool,
}

impl Theme {
    /// What the environment allows; the transfer has no name yet.
    #[must_use]
    pub fn from_environment() -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        // The font of the Linux console has few of the block characters (console_codes(4)).
        let is_console = set("TERM").is_some_and(|term| term == "linux");
        // The order in which locale(7) reads them.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        Self {
            name: None,
            colour: set("NO_COLOR").is_none(),
            unicode: locale.is_some_and(|locale| is_utf8(&locale)) && !is_console,
        }
    }

    /// The same for a transfer that the user calls `name`.
    #[must_use]
    pub fn called(&self, name: Option<&str>) -> Self {
        Self {
            name: name.filter(|name| !name.is_empty()).map(named),
            ..self.clone()
        }
    }

    /// `text` with the transfer's name before it, if it has one.
    #[must_use]
    pub fn named(&self, text: &str) -> String {
        match &self.name {
            Some(name) => format!("{name}: {text}"),
            None => text.to_owned(),
        }
    }
}

fn is_utf8(locale: &OsStr) -> bool {
    let locale = locale.to_str().unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::is_utf8;
    use std::ffi::OsStr;

    #[test]
    fn a_locale_says_whether_it_is_unicode() {
        for (locale, expected) in [
            ("C.UTF-8", true),
            ("de_DE.utf8", true),
            ("C", false),
            ("ja_JP.eucJP", false),
        ] {
            assert_eq!(is_utf8(OsStr::new(locale)), expected, "{locale}");
        }
    }
}
