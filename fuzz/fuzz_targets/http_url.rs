//! Anything as what follows `http://`, and as where a redirect leads.

#![no_main]

use tidegate::endpoint::http::{Scheme, Url};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let base = Url::parse(Scheme::Https, b"host/folder/name?query").expect("a valid URL");
    for url in [Url::parse(Scheme::Http, data), base.follow(data)].into_iter().flatten() {
        assert!(url.target.starts_with('/') && url.target.bytes().all(|it| it.is_ascii_graphic()));
    }
});
