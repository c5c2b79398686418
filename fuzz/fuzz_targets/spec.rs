//! Anything as a SPEC.

#![no_main]

use tidegate::transform::plan;

libfuzzer_sys::fuzz_target!(|spec: &str| {
    if let Err(error) = plan(spec) {
        assert!(error.to_string().starts_with("--transform "));
    }
});
