//! The man pages: the words of `tidegate.txt` and `tidegate-endpoints.txt`, with the options, endpoints, transforms and
//! placeholders put in from where they are declared.

mod filled;
mod page;

use super::command;
use clap_mangen::Man;
use page::Page;

/// The day of this version. A page must not change because a day has passed.
const DATE: &str = "2026-11-23";

/// tidegate(1).
pub(super) fn program() -> String {
    let title = Man::new(command()).title("TIDEGATE").section("1");
    let body = filled_in(include_str!("tidegate.txt"));
    body.text(&title.date(DATE).manual("User Commands"))
}

/// tidegate-endpoints(7).
pub(super) fn endpoints() -> String {
    let title = Man::new(command()).title("TIDEGATE-ENDPOINTS").section("7");
    let body = filled_in(include_str!("tidegate-endpoints.txt"));
    body.text(&title.date(DATE).manual("Miscellaneous Information"))
}

fn filled_in(text: &str) -> Page {
    let mut page = Page::new();
    for block in text.split("\n\n") {
        match block.trim_end() {
            "@options" => filled::options(&mut page, &command()),
            "@forms" => filled::forms(&mut page),
            "@endpoints" => filled::endpoints(&mut page),
            "@sink_options" => filled::sink_options(&mut page),
            "@placeholders" => filled::placeholders(&mut page),
            "@transforms" => filled::transforms(&mut page),
            block => page.block(block),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{endpoints, program};

    #[test]
    fn no_mark_of_the_text_is_left_in_a_page() {
        for (page, title) in [
            (program(), "\n.TH TIDEGATE 1 2026-11-23"),
            (endpoints(), "\n.TH TIDEGATE-ENDPOINTS 7 2026-11-23"),
        ] {
            for mark in ["`", "\n@", "\n##", "{SIZE}", "{SOURCE}"] {
                assert!(!page.contains(mark), "{mark:?}");
            }
            assert!(page.starts_with(".ie") && page.contains(title), "{title}");
        }
    }
}
