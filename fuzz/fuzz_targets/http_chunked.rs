//! Anything as a body in chunks, whole and byte for byte.

#![no_main]

use tidegate::endpoint::http::Chunked;

/// The body, and whether it is whole; `None`: these are no chunks.
fn decode(data: &[u8], piece: usize) -> Option<(Vec<u8>, bool)> {
    let (mut chunked, mut body) = (Chunked::default(), Vec::new());
    for mut piece in data.chunks(piece) {
        while !piece.is_empty() && !chunked.has_ended() {
            let (done, bytes) = chunked.decode(piece, usize::MAX).ok()?;
            body.extend_from_slice(bytes);
            piece = &piece[done..];
        }
    }
    Some((body, chunked.has_ended()))
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assert_eq!(decode(data, 1), decode(data, data.len().max(1)));
});
