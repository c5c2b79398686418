//! Anything as the input of `bunzip2`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidegate_fuzz::drive("bunzip2", data));
