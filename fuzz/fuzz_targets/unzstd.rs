//! Anything as the input of `unzstd`, with small windows, so that it is soon back.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidegate_fuzz::drive("unzstd=long:20", data));
