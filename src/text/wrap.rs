//! Breaks text into lines of a given width, wherever that is done: in help, in an explanation, in a plot.

/// Breaks `text` at blanks. A word that is wider than `width`, in characters, gets a line of its own.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    lines_of(text.split(' '), |line| line.chars().count() <= width)
}

/// Puts words on lines, as many on each as `fits` allows. A word that does not fit has a line of its own. There is at least
/// one line, which may be empty.
pub(crate) fn lines_of(
    words: impl IntoIterator<Item = impl AsRef<str>>,
    fits: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words {
        let word = word.as_ref();
        let end = line.len();
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if end > 0 && !fits(&line) {
            line.truncate(end);
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_as_full_as_they_may_be_and_a_wide_word_stands_alone() {
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("ab abcdefgh cd", 5), ["ab", "abcdefgh", "cd"]);
        assert_eq!(wrapped("äöü ß", 5), ["äöü ß"]);
    }
}
