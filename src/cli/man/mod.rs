//! The man page: the words of `tidegate.txt`, with the options, endpoints, transforms and placeholders put in from where they
//! are declared.

mod filled;
mod page;

use super::command;
use clap_mangen::Man;
use page::Page;

/// The day of this version. A page must not change because a day has passed.
const DATE: &str = "2026-11-23";

/// The page.
pub(super) fn page() -> String {
    let mut page = Page::new();
    for block in include_str!("tidegate.txt").split("\n\n") {
        match block.trim_end() {
            "@options" => filled::options(&mut page, &command()),
            "@endpoints" => filled::endpoints(&mut page),
            "@placeholders" => filled::placeholders(&mut page),
            "@transforms" => filled::transforms(&mut page),
            block => page.block(block),
        }
    }
    let title = Man::new(command()).title("TIDEGATE").date(DATE);
    page.text(&title.manual("User Commands"))
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn no_mark_of_the_text_is_left_in_the_page() {
        let page = page();
        for mark in ["`", "\n@", "\n##", "{SIZE}", "{SOURCE}"] {
            assert!(!page.contains(mark), "{mark:?}");
        }
        assert!(page.starts_with(".ie") && page.contains("\n.TH TIDEGATE 1 2026-11-23"));
    }
}
