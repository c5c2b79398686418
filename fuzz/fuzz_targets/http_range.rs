//! Anything as a `Content-Range`.

#![no_main]

use tidegate::endpoint::http::ContentRange;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(ContentRange::Part { first, length, total }) = ContentRange::parse(data) {
        let end = first.checked_add(length).expect("an end");
        assert!(length > 0 && total.is_none_or(|total| end <= total));
    }
});
