//! Anything as the answers of a proxy: none is asked to say more than its answer, however it is cut.

#![no_main]

use tidegate::endpoint::proxy::connect::status;
use tidegate::endpoint::proxy::socks5::{admitted, connected, wants_login};
use tidegate::endpoint::proxy::{Parsed, Refusal};

/// Plays an answer as it would be read.
fn heard<T>(data: &[u8], parse: impl Fn(&[u8]) -> Result<Parsed<T>, Refusal>) {
    let mut len = 0;
    while let Ok(Parsed::Needs(more)) = parse(&data[..len]) {
        assert!(more > 0 && len <= 16 << 10, "it goes on without end");
        len += more;
        if len > data.len() {
            return;
        }
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    heard(data, |bytes| wants_login(bytes, false));
    heard(data, |bytes| wants_login(bytes, true));
    heard(data, admitted);
    heard(data, connected);
    heard(data, status);
    // And all of it at once.
    let _ = (status(data), connected(data), admitted(data));
});
