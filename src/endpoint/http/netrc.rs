//! `~/.netrc`, where the passwords of users at hosts stand (ftp(1), THE .netrc FILE; curl(1), `--netrc`).

/// The password of `user` at `host`, if one stands in this text: the first that is for both. Names of hosts are compared as names are,
/// without regard to case.
pub(super) fn password(text: &str, host: &str, user: &str) -> Option<String> {
    let mut words = Words::of(text);
    let mut entry = Entry::default();
    while let Some(word) = words.next() {
        match &*word {
            "machine" | "default" => {
                if let Some(found) = entry.password_of(user) {
                    return Some(found);
                }
                let is_ours = word == "default" || words.next()?.eq_ignore_ascii_case(host);
                entry = Entry {
                    is_ours,
                    ..Entry::default()
                };
            }
            "login" => entry.login = words.next(),
            "password" => entry.password = words.next(),
            "account" => drop(words.next()),
            "macdef" => words.skip_macro(),
            _ => {}
        }
    }
    entry.password_of(user)
}

/// What is said of a host.
#[derive(Default)]
struct Entry {
    is_ours: bool,
    login: Option<String>,
    password: Option<String>,
}

impl Entry {
    fn password_of(&mut self, user: &str) -> Option<String> {
        let is_it = self.is_ours && self.login.as_deref() == Some(user);
        self.password.take().filter(|_| is_it)
    }
}

/// The words of the file, between blanks. One in quotes may have blanks in it, and a `\` before what stands for itself, as curl has it; a
/// word that begins with `#` and all behind it in the line is a comment.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        Self(text)
    }

    /// Leaves out the commands of a macro, which end with an empty line.
    fn skip_macro(&mut self) {
        self.0 = self.0.split_once("\n\n").map_or("", |(_, rest)| rest);
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.0 = self.0.trim_start();
        while self.0.starts_with('#') {
            self.0 = self.0.split_once('\n').map_or("", |(_, rest)| rest);
            self.0 = self.0.trim_start();
        }
        if let Some(quoted) = self.0.strip_prefix('"') {
            let mut word = String::new();
            let mut characters = quoted.char_indices();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' => {
                        self.0 = &quoted[at + 1..];
                        return Some(word);
                    }
                    '\\' => word.extend(characters.next().map(|(_, it)| it)),
                    character => word.push(character),
                }
            }
            self.0 = "";
            return Some(word);
        }
        let end = self.0.find(char::is_whitespace).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::password;
    use proptest::prelude::*;

    #[test]
    fn the_password_of_a_user_at_a_host_is_found() {
        let text = "# mine\nmachine a login me password one\nmachine b\n\tlogin me\n\tpassword two account x\n\
                    macdef init\nmachine b login me password never\n\n\
                    machine a login you password \"th r\\\"ee\"\ndefault login anonymous password four\n";
        for (host, user, expected) in [
            ("a", "me", Some("one")),
            ("A", "me", Some("one")),
            ("b", "me", Some("two")),
            ("a", "you", Some("th r\"ee")),
            ("b", "you", None),
            ("c", "me", None),
            ("c", "anonymous", Some("four")),
            ("a", "anonymous", Some("four")),
        ] {
            assert_eq!(
                password(text, host, user).as_deref(),
                expected,
                "{user}@{host}"
            );
        }
        for text in [
            "",
            "machine",
            "machine a login",
            "machine a login me",
            "password one login me",
        ] {
            assert_eq!(password(text, "a", "me"), None, "{text}");
        }
        let unordered = "machine a password one login me";
        assert_eq!(password(unordered, "a", "me").as_deref(), Some("one"));
    }

    proptest! {
        #[test]
        fn any_text_comes_to_an_end(text in "(machine|login|password|macdef|a|me|\"|\\\\|#|\n| ){0,40}") {
            let _ = password(&text, "a", "me");
        }
    }
}
