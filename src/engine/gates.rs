//! The gates of one link together, and the loop that passes bytes from the readable to the writables. It is the only one: links,
//! the replay behind the advice, and `tests/node` all pass their bytes on by it.

use super::gate::{ConsumerId, ReadableGate, WritableGate};

/// The gates of one link: the readable, and a writable for each consumer.
#[derive(Debug, Clone)]
pub struct Gates {
    /// The side that the producer fills.
    pub readable: ReadableGate,
    writables: Vec<WritableGate>,
}

/// What follows for the readable when a consumer has completed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// No drain was due.
    None,
    /// The consumer's drain was given; the readable is still paused for another consumer, or was not paused.
    Given,
    /// The consumer's drain was given, and the readable goes on.
    Resumes,
}

impl Gates {
    /// A readable that feeds these consumers.
    #[must_use]
    pub fn new(readable: ReadableGate, consumers: impl IntoIterator<Item = WritableGate>) -> Self {
        Self {
            readable,
            writables: consumers.into_iter().collect(),
        }
    }

    /// The writable of each consumer, in their order.
    #[must_use]
    pub fn writables(&self) -> &[WritableGate] {
        &self.writables
    }

    /// The same, to be changed.
    pub fn writables_mut(&mut self) -> &mut [WritableGate] {
        &mut self.writables
    }

    /// The most that may be passed on at once: what the readable holds, and every consumer has room for.
    #[must_use]
    pub fn passable(&self) -> u64 {
        let rooms = self.writables.iter().map(WritableGate::room);
        rooms.fold(self.readable.len(), u64::min)
    }

    /// `n` bytes have left for a consumer. The drain that this brings is not given yet.
    pub fn complete(&mut self, consumer: ConsumerId, n: u64) {
        self.writables[consumer].complete(n);
    }

    /// Gives the drain of a consumer, if it is due.
    pub fn drain(&mut self, consumer: ConsumerId) -> Drain {
        if !self.writables[consumer].drain() {
            Drain::None
        } else if self.readable.drained(consumer) {
            Drain::Resumes
        } else {
            Drain::Given
        }
    }

    /// A consumer takes nothing more. Returns whether that was what the readable waited for, which goes on.
    pub fn leave(&mut self, consumer: ConsumerId) -> bool {
        self.writables[consumer].leave();
        self.readable.drained(consumer)
    }

    /// A consumer has no room for more, which is known without an offer. Returns whether this paused the readable.
    pub fn declare_full(&mut self, consumer: ConsumerId) -> bool {
        self.writables[consumer].declare_full();
        self.readable.await_drain(consumer)
    }

    /// Requests the end of all consumers: the input has ended and was passed on.
    pub fn end(&mut self) {
        self.writables.iter_mut().for_each(WritableGate::end);
    }
}

/// The bytes whose numbers some [`Gates`] hold, to be passed from the readable to the consumers by [`flow`].
pub trait Passage {
    /// The gates.
    fn gates(&mut self) -> &mut Gates;

    /// Takes bytes out of the readable, to be offered to the consumers. Returns how many; `None`: nothing can be passed on now.
    fn take(&mut self) -> Option<u64>;

    /// `n` bytes are offered to a consumer, which may complete some of them at once, as a sink of Node.js may. Those of a link do so
    /// later, from threads of their own.
    fn offered(&mut self, _consumer: ConsumerId, _n: u64) {}

    /// What the consumer has answered to the offer of `n` bytes: whether to go on. If not, `is_pause` tells whether this
    /// has paused the readable, or it was paused already.
    fn answered(&mut self, consumer: ConsumerId, n: u64, goes_on: bool, is_pause: bool);
}

/// Passes on what the readable holds until a consumer says "stop", or nothing can be passed on.
pub fn flow(passage: &mut impl Passage) {
    while passage.gates().readable.is_flowing() {
        let Some(n) = passage.take() else { break };
        deliver(passage, n);
    }
}

/// Offers `n` bytes to every consumer, whatever the others answer, and pauses the readable if one of them says "stop".
pub fn deliver(passage: &mut impl Passage, n: u64) {
    for consumer in 0..passage.gates().writables.len() {
        passage.gates().writables[consumer].offer(n);
        passage.offered(consumer, n);
        let gates = passage.gates();
        let goes_on = gates.writables[consumer].answer();
        let is_pause = !goes_on && gates.readable.await_drain(consumer);
        passage.answered(consumer, n, goes_on, is_pause);
    }
}
