//! Anything as the input of `unbrotli`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidegate_fuzz::drive("unbrotli", data));
