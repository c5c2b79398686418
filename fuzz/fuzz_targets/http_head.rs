//! Anything as the head of an answer.

#![no_main]

use tidegate::endpoint::http::Head;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(Some((head, len))) = Head::parse(data) {
        assert!(len <= data.len());
        let _ = (head.framing(), head.status_in_words());
    }
});
