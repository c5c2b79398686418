//! What is wanted of tidegate, at each rate (bytes a second): figures up to these, infinite where nothing is.

const MIB: u64 = 1 << 20;

/// From this rate on one piece more or less is a larger part of the whole.
const HIGH: u64 = 1000 * MIB;

/// The highest rate at which limiting is idle work.
const IDLE_UP_TO: u64 = 16 * MIB;

/// The largest error of the average, as a fraction.
pub(crate) fn average_error(rate: u64) -> f64 {
    if rate >= HIGH { 0.01 } else { 0.003 }
}

/// The fullest 100 ms, as a multiple.
pub(crate) fn worst_100_ms(_: u64) -> f64 {
    1.10
}

/// The fullest second, as a multiple.
pub(crate) fn worst_1_s(rate: u64) -> f64 {
    if rate >= HIGH { 1.02 } else { 1.01 }
}

/// The 250 ms after a pause, as a multiple.
pub(crate) fn after_pause(_: u64) -> f64 {
    1.10
}

/// CPU time, in percent of a core.
pub(crate) fn cpu_percent(rate: u64) -> f64 {
    if rate <= IDLE_UP_TO {
        1.0
    } else {
        f64::INFINITY
    }
}

/// For figures of which nothing is wanted.
pub(crate) fn nothing(_: u64) -> f64 {
    f64::INFINITY
}
