//! Anything as the input of `unlz4`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidegate_fuzz::drive("unlz4", data));
