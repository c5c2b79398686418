//! Anything as the input of `unxz`, with little memory, so that it is soon back.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidegate_fuzz::drive("unxz=memory:16M", data));
