//! Finds the name that was probably meant by a misspelt one.

/// The candidate most like `name`, if one is near enough to be worth a hint. Two letters that changed
/// places count as one mistake.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if name.len() < 4 {
        1
    } else {
        2 + name.len() / 6
    };
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelt_name_is_recognised_and_another_word_is_not() {
        let schemes = ["tcp", "tcp-listen", "file", "null", "zero"];
        assert_eq!(nearest("tpc", schemes), Some("tcp"));
        assert_eq!(nearest("tcp-lsiten", schemes), Some("tcp-listen"));
        assert_eq!(nearest("tcplisten", schemes), Some("tcp-listen"));
        assert_eq!(nearest("fiel", schemes), Some("file"));
        assert_eq!(nearest("gopher", schemes), None);
        assert_eq!(nearest("s", schemes), None);
    }
}
