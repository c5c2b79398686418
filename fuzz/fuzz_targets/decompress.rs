//! Anything as the input of `decompress`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidegate_fuzz::drive("decompress", data));
