//! Peers that have connected and are being let in, several at once, so that one that says nothing does not keep the others out.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// How many may be under way at once. Each takes a descriptor.
const MOST: usize = 64;

type UnderWay<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Futures of which the first to be done is asked for. Those that are left when this is dropped are dropped with it.
pub(super) struct Admissions<'a, T>(RefCell<Vec<UnderWay<'a, T>>>);

impl<'a, T> Admissions<'a, T> {
    pub(super) fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Whether another one may be added.
    pub(super) fn has_room(&self) -> bool {
        self.0.borrow().len() < MOST
    }

    pub(super) fn add(&self, admission: impl Future<Output = T> + 'a) {
        self.0.borrow_mut().push(Box::pin(admission));
    }

    /// Waits for the first that is done; without any, for ever.
    pub(super) async fn next(&self) -> T {
        poll_fn(|context| {
            let mut all = self.0.borrow_mut();
            for at in 0..all.len() {
                if let Poll::Ready(done) = all[at].as_mut().poll(context) {
                    drop(all.swap_remove(at));
                    return Poll::Ready(done);
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::{Admissions, MOST};
    use std::future::{pending, ready};

    #[test]
    fn the_first_that_is_done_is_not_kept_waiting_by_others() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        let all = Admissions::new();
        for _ in 1..MOST {
            all.add(pending());
        }
        assert!(all.has_room());
        all.add(ready(7));
        assert!(!all.has_room());
        assert_eq!(runtime.block_on(all.next()), 7);
        assert!(all.has_room());
    }
}
