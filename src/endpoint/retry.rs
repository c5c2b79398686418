//! `retry=N`: connecting again where it has failed.

use super::{OpenError, OptionSpec, Options, ValueKind};
use std::time::Duration;
use tokio::time::sleep;

const PAUSE: Duration = Duration::from_secs(1);

/// `retry`, an option of every end that connects.
pub(super) const RETRY: OptionSpec = OptionSpec {
    name: "retry",
    value: ValueKind::Count,
    only: None,
    default: "0",
    help: "try up to N times more, a second apart",
};

/// How often is tried again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retries(u64);

impl Retries {
    /// Never.
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(options: &Options) -> Self {
        Self(options.number(RETRY.name).unwrap_or(0))
    }

    /// Makes an attempt, and others after it as long as they fail and there are any left. The last failure is returned; those
    /// before it are handed to `failed`, with which attempt it was and how many there are at most, in words.
    pub(super) async fn connected<T>(
        self,
        attempt: impl AsyncFn() -> Result<T, OpenError>,
        failed: impl Fn(&str, &OpenError),
    ) -> Result<T, OpenError> {
        for made in 1..=self.0 {
            match attempt().await {
                Err(error) => {
                    let most = self.attempts();
                    failed(&format!("attempt {made} of {most} failed"), &error);
                }
                result => return result,
            }
            sleep(PAUSE).await;
        }
        attempt().await
    }

    /// How many attempts there are at most.
    fn attempts(self) -> u64 {
        self.0.saturating_add(1)
    }

    /// What follows an attempt, in words.
    pub(super) fn words(self) -> String {
        match self.0 {
            0 => String::new(),
            1 => "; once more if that fails, a second later".to_owned(),
            n => format!("; up to {n} times more if that fails, a second apart"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Retries;

    #[test]
    fn as_many_retries_as_can_be_typed_are_no_more_attempts_than_can_be_counted() {
        assert_eq!(Retries(0).attempts(), 1);
        assert_eq!(Retries(u64::MAX).attempts(), u64::MAX);
    }
}
