//! Every order in which the threads of a link can get at it: no wake-up is lost, every consumer gets every byte, and no buffer is
//! used again before the last of them is done, whenever the link is cancelled.
//!
//! The files of the link are compiled here once more, with loom's mutexes and flags in the place of the system's. loom runs
//! each model in every order that differs, up to a number of preemptions, and reports threads that wait for each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "what takes a place has the form of what it replaces"
)]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "files of the product, of which a part is used"
)]

mod account;
mod engine;
mod platform;

use engine::link::{Batch, Consumer, InputEnd, Link, Marks, Next, Passable, Room};
use engine::wakeup::Wakeup;
use loom::sync::atomic::AtomicUsize;
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How often at most a thread is interrupted where it could go on. Nearly all faults show with two.
const MOST_PREEMPTIONS: usize = 2;

/// A buffer of the smallest size, so that each chunk takes a buffer of its own.
const CHUNK: u64 = 4096;

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(MOST_PREEMPTIONS);
    builder.check(model);
}

fn link(mark: u64, consumers: usize) -> Arc<Link> {
    let marks = Marks {
        readable: mark,
        writable: mark,
        low: 0,
    };
    let clock = Arc::new(account::clock::Clock);
    Arc::new(Link::new(marks, consumers, CHUNK, clock).unwrap())
}

fn wait(wakeup: &Wakeup) {
    wakeup.fd().sleep();
    wakeup.reset();
}

/// Gives so many chunks, each filled with its number, and the end.
fn produce(link: &Link, chunks: u8) {
    let (mut number, mut room) = (0, link.ask_for_room());
    while number < chunks {
        room = match room {
            Room::Bytes(_) => {
                let mut buffer = link.buffer().unwrap();
                buffer.fill(number);
                number += 1;
                link.push(buffer)
            }
            Room::None => {
                wait(link.producer_wakeup());
                link.ask_for_room()
            }
            Room::Cancelled => return,
        }
    }
    link.end(InputEnd::Whole);
}

/// Takes everything. Returns how many bytes came, and the end, which a cancelled link does not have.
fn consume(consumer: Consumer<'_>) -> (u64, Option<InputEnd>) {
    let (mut batch, mut taken) = (Batch::default(), 0);
    let mut next = consumer.next(&mut batch, false);
    loop {
        next = match next {
            Next::Chunks if batch.in_pipe() > 0 => loop {
                taken += 1;
                if let Some(next) = consumer.complete(&mut batch, 1) {
                    break next;
                }
            },
            Next::Chunks => loop {
                // Another thread may get in between: the chunk must not be given back to the producer by that.
                thread::yield_now();
                let chunk = batch.front();
                let is_right = |byte: &u8| u64::from(*byte) == taken / CHUNK;
                assert!(chunk.iter().all(is_right));
                let n = chunk.len() as u64;
                taken += n;
                if let Some(next) = consumer.complete(&mut batch, n) {
                    break next;
                }
            },
            // The product waits only a moment for more, but it is to be woken in any case.
            Next::Nothing | Next::Little => {
                wait(consumer.wakeup());
                consumer.next(&mut batch, false)
            }
            Next::End(end) => return (taken, Some(end)),
            Next::Cancelled => return (taken, None),
        }
    }
}

fn consume_all_of(
    link: &Arc<Link>,
    consumer: usize,
) -> thread::JoinHandle<(u64, Option<InputEnd>)> {
    let link = Arc::clone(link);
    thread::spawn(move || consume(link.consumers().nth(consumer).unwrap()))
}

#[test]
fn one_consumer_gets_everything() {
    check(|| {
        let link = link(CHUNK, 1);
        let taken = consume_all_of(&link, 0);
        produce(&link, 3);
        assert_eq!(taken.join().unwrap(), (3 * CHUNK, Some(InputEnd::Whole)));
    });
}

#[test]
fn two_consumers_get_everything() {
    check(|| {
        let link = link(CHUNK, 2);
        let taken = [0, 1].map(|consumer| consume_all_of(&link, consumer));
        produce(&link, 2);
        for taken in taken {
            assert_eq!(taken.join().unwrap(), (2 * CHUNK, Some(InputEnd::Whole)));
        }
    });
}

#[test]
fn whenever_it_is_cancelled_all_stages_end() {
    check(|| {
        let link = link(CHUNK, 1);
        let taken = consume_all_of(&link, 0);
        let producing = Arc::clone(&link);
        let producing = thread::spawn(move || produce(&producing, 2));
        link.cancel();
        producing.join().unwrap();
        let (taken, end) = taken.join().unwrap();
        assert!(taken == 2 * CHUNK || end.is_none(), "{taken}, {end:?}");
    });
}

#[test]
fn a_consumer_that_cancels_ends_the_other_one_and_the_producer() {
    check(|| {
        let link = link(CHUNK, 2);
        let taken = consume_all_of(&link, 0);
        let cancelling = Arc::clone(&link);
        let cancelling = thread::spawn(move || cancelling.cancel());
        produce(&link, 2);
        cancelling.join().unwrap();
        taken.join().unwrap();
    });
}

#[test]
fn a_consumer_that_leaves_holds_nobody_up_and_the_other_one_gets_everything() {
    check(|| {
        let link = link(CHUNK, 2);
        let taken = consume_all_of(&link, 0);
        let leaving = Arc::clone(&link);
        let leaving = thread::spawn(move || leaving.consumers().nth(1).unwrap().leave());
        produce(&link, 2);
        leaving.join().unwrap();
        assert_eq!(taken.join().unwrap(), (2 * CHUNK, Some(InputEnd::Whole)));
    });
}

#[test]
fn once_the_last_consumer_has_left_the_producer_ends() {
    check(|| {
        let link = link(CHUNK, 2);
        let leaving = [0, 1].map(|consumer| {
            let link = Arc::clone(&link);
            thread::spawn(move || link.consumers().nth(consumer).unwrap().leave())
        });
        produce(&link, 3);
        for leaving in leaving {
            leaving.join().unwrap();
        }
        assert!(link.is_cancelled());
    });
}

#[test]
fn a_mark_that_is_changed_meanwhile_leaves_nobody_asleep() {
    check(|| {
        let link = link(CHUNK, 1);
        let taken = consume_all_of(&link, 0);
        let changing = Arc::clone(&link);
        let changing = thread::spawn(move || {
            changing.set_marks(CHUNK / 2);
            changing.set_marks(2 * CHUNK);
        });
        produce(&link, 2);
        changing.join().unwrap();
        assert_eq!(taken.join().unwrap(), (2 * CHUNK, Some(InputEnd::Whole)));
    });
}

/// Gives so many bytes by duplicates, as many at a time as there is room for, and the end.
fn duplicate(link: &Link, bytes: u64) {
    let mut left = bytes;
    loop {
        match link.ask_for_room() {
            Room::Bytes(room) if left > 0 => {
                let n = room.min(left);
                left -= n;
                link.entered(n);
            }
            Room::Cancelled => return,
            Room::Bytes(_) | Room::None => {}
        }
        match link.passable() {
            Passable::Bytes(n, _) => link.duplicated(n),
            Passable::NotYet => wait(link.producer_wakeup()),
            Passable::Nothing if left == 0 => break,
            Passable::Nothing => {}
        }
    }
    link.end(InputEnd::Whole);
}

fn piped_link(mark: u64) -> Arc<Link> {
    let link = link(mark, 2);
    link.use_duplicates();
    link
}

#[test]
fn two_consumers_get_everything_by_duplicates() {
    check(|| {
        let link = piped_link(2);
        let taken = [0, 1].map(|consumer| consume_all_of(&link, consumer));
        duplicate(&link, 3);
        for taken in taken {
            assert_eq!(taken.join().unwrap(), (3, Some(InputEnd::Whole)));
        }
    });
}

#[test]
fn a_consumer_that_leaves_holds_nobody_up_by_what_is_in_its_pipe() {
    check(|| {
        let link = piped_link(1);
        let taken = consume_all_of(&link, 0);
        let leaving = Arc::clone(&link);
        let leaving = thread::spawn(move || leaving.consumers().nth(1).unwrap().leave());
        duplicate(&link, 2);
        leaving.join().unwrap();
        assert_eq!(taken.join().unwrap(), (2, Some(InputEnd::Whole)));
    });
}

#[test]
fn duplicates_of_a_link_that_is_cancelled_hold_nobody_up() {
    check(|| {
        let link = piped_link(1);
        let taken = consume_all_of(&link, 0);
        let cancelling = Arc::clone(&link);
        let cancelling = thread::spawn(move || cancelling.cancel());
        duplicate(&link, 2);
        cancelling.join().unwrap();
        taken.join().unwrap();
    });
}

#[test]
fn what_follows_duplicates_in_chunks_reaches_everybody_once() {
    check(|| {
        let link = piped_link(CHUNK);
        let taken = [0, 1].map(|consumer| consume_all_of(&link, consumer));
        link.entered(1);
        while !matches!(link.passable(), Passable::Bytes(1, _)) {
            wait(link.producer_wakeup());
        }
        link.duplicated(1);
        // This is refused, and comes again.
        link.entered(2);
        while link.emptied().is_none() {
            wait(link.producer_wakeup());
        }
        link.use_chunks_instead();
        let mut chunk = link.buffer().unwrap();
        chunk.fill(0);
        let rest = chunk.split_to(2);
        link.push(rest);
        link.end(InputEnd::Whole);
        for taken in taken {
            assert_eq!(taken.join().unwrap(), (3, Some(InputEnd::Whole)));
        }
    });
}

#[test]
fn a_wake_up_between_two_looks_is_not_lost() {
    const TIMES: usize = 3;
    check(|| {
        let wakeup = Arc::new(Wakeup::new().unwrap());
        let work = Arc::new(AtomicUsize::new(0));
        let (waking, given) = (Arc::clone(&wakeup), Arc::clone(&work));
        let waker = thread::spawn(move || {
            for _ in 0..TIMES {
                given.fetch_add(1, Ordering::Relaxed);
                waking.wake();
            }
        });
        while work.load(Ordering::Relaxed) < TIMES {
            wait(&wakeup);
        }
        waker.join().unwrap();
    });
}
