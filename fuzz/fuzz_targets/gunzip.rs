//! Anything as the input of `gunzip`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidegate_fuzz::drive("gunzip", data));
