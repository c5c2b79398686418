//! What a link needs of the account: the files themselves, and a clock that stands.

#[path = "../../src/account/published.rs"]
pub mod published;

#[path = "../../src/account/span.rs"]
pub mod span;

pub mod clock {
    use std::time::Duration;

    #[derive(Debug)]
    pub struct Clock;

    impl Clock {
        pub fn now(&self) -> Duration {
            Duration::ZERO
        }
    }

    pub fn nanos(time: Duration) -> u64 {
        u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
    }
}
