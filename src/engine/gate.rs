//! Backpressure as a pure state machine: the numbers of both sides of a buffer, and what follows from them.
//!
//! A gate is one side: the readable, which a producer fills, or the writable of one consumer. [`Gates`] are a readable and
//! the writables that it feeds, and [`flow`] is the loop that passes bytes from the one to the others. None of them does
//! I/O, has a clock or a lock. A pause or a drain is counted where it happens, which is here; a link
//! adds up what its successive gates have counted. The rules are those of Node.js streams
//! (<https://nodejs.org/docs/latest-v20.x/api/stream.html>): `tests/node/` plays recorded Node runs against these types,
//! event by event, with one consumer and with two.
//!
//! All lengths and marks are bytes. A gate accepts a chunk that overshoots its mark, as Node does; the link never makes
//! one, because it asks [`ReadableGate::room`] before it reads and [`WritableGate::room`] before it offers. It holds
//! more than its mark only after the mark was lowered.

/// Names one of the consumers that a readable feeds; the number is its place among them, the first being 0.
pub type ConsumerId = usize;

/// The readable side of a buffer: what was read and has not been taken yet.
#[derive(Debug, Clone)]
pub struct ReadableGate {
    mark: u64,
    len: u64,
    flowing: bool,
    ended: bool,
    awaiting: Vec<ConsumerId>,
    pauses: u64,
    resumes: u64,
}

impl ReadableGate {
    /// An empty readable with a high-water mark of `mark` bytes, flowing as a freshly piped one does.
    #[must_use]
    pub fn new(mark: u64) -> Self {
        Self {
            mark,
            len: 0,
            flowing: true,
            ended: false,
            awaiting: Vec::new(),
            pauses: 0,
            resumes: 0,
        }
    }

    /// Bytes buffered.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing is buffered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The high-water mark in bytes.
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// From now on the mark is another one. Nothing is paused or resumed by that, as in Node.
    pub fn set_mark(&mut self, mark: u64) {
        self.mark = mark;
    }

    /// Whether chunks are delivered as they become available.
    #[must_use]
    pub fn is_flowing(&self) -> bool {
        self.flowing
    }

    /// Whether the end of input was pushed.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// How often a consumer's "stop" has paused this readable.
    #[must_use]
    pub fn pauses(&self) -> u64 {
        self.pauses
    }

    /// How often the last drain that was awaited has let it go on.
    #[must_use]
    pub fn resumes(&self) -> u64 {
        self.resumes
    }

    /// Bytes that fit below the mark: the hard bound on what the link may read next.
    #[must_use]
    pub fn room(&self) -> u64 {
        if self.ended {
            0
        } else {
            self.mark.saturating_sub(self.len)
        }
    }

    /// Whether a transform whose readable side this is may take its next input: when its last output left `before`
    /// bytes here unchanged (there was none, or it went straight on) or stayed below the mark. Otherwise the completion
    /// of that input is withheld until this side is read from.
    #[must_use]
    pub fn releases(&self, before: u64) -> bool {
        self.len == before || self.is_below_mark()
    }

    /// Buffers `n` bytes.
    pub fn push(&mut self, n: u64) {
        self.len += n;
    }

    /// Notes the end of input; what is buffered can still be taken.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Removes `n` buffered bytes on their way to the consumers.
    pub fn take(&mut self, n: u64) {
        debug_assert!(n <= self.len, "took {n} of {} bytes", self.len);
        self.len -= n;
    }

    /// `consumer` said "stop": its drain is awaited. Returns whether this paused the readable.
    pub fn await_drain(&mut self, consumer: ConsumerId) -> bool {
        if !self.awaiting.contains(&consumer) {
            self.awaiting.push(consumer);
        }
        let paused = self.flowing;
        self.flowing = false;
        self.pauses += u64::from(paused);
        paused
    }

    /// `consumer` has drained or gone away. Returns whether the readable resumes: once no drain is awaited any more, so that
    /// the slowest consumer decides.
    pub fn drained(&mut self, consumer: ConsumerId) -> bool {
        self.awaiting.retain(|&other| other != consumer);
        let resumed = self.awaiting.is_empty() && !self.flowing;
        self.flowing |= resumed;
        self.resumes += u64::from(resumed);
        resumed
    }

    fn is_below_mark(&self) -> bool {
        self.len < self.mark
    }
}

/// The writable side of a buffer: what was offered and has not been completed yet, the chunk in flight
/// included.
#[derive(Debug, Clone)]
pub struct WritableGate {
    mark: u64,
    low: u64,
    len: u64,
    max_len: u64,
    needs_drain: bool,
    ending: bool,
    stops: u64,
    drains: u64,
}

impl WritableGate {
    /// An empty writable with a high-water mark of `mark` bytes, which drains once its length has fallen to `low` bytes; 0 is
    /// Node's rule.
    #[must_use]
    pub fn new(mark: u64, low: u64) -> Self {
        Self {
            mark,
            low,
            len: 0,
            max_len: 0,
            needs_drain: false,
            ending: false,
            stops: 0,
            drains: 0,
        }
    }

    /// Bytes offered and not completed.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether every offered byte was completed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The high-water mark in bytes.
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// From now on the mark is another one, with the low-water mark below it. No answer is given or taken back by that.
    pub fn set_mark(&mut self, mark: u64) {
        self.mark = mark;
        self.low = self.low.min(mark.saturating_sub(1));
    }

    /// The low-water mark in bytes.
    #[must_use]
    pub fn low_water_mark(&self) -> u64 {
        self.low
    }

    /// The largest length there ever was.
    #[must_use]
    pub fn max_len(&self) -> u64 {
        self.max_len
    }

    /// How often it has said "stop" while no drain was owed.
    #[must_use]
    pub fn stops(&self) -> u64 {
        self.stops
    }

    /// How often a drain was given.
    #[must_use]
    pub fn drains(&self) -> u64 {
        self.drains
    }

    /// Whether the end was requested.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending
    }

    /// Bytes that fit below the mark: the hard bound on what the link may offer next.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.mark.saturating_sub(self.len)
    }

    /// Accepts `n` bytes.
    pub fn offer(&mut self, n: u64) {
        self.len += n;
        self.max_len = self.max_len.max(self.len);
    }

    /// The answer to an offer: true is "go on", false is "stop" and owes a drain. To be asked after a completion that
    /// happened at once, as Node does since 20.10.
    #[must_use = "a false answer has to pause the readable"]
    pub fn answer(&mut self) -> bool {
        let go_on = self.len < self.mark || self.len == 0;
        if !go_on {
            self.declare_full();
        }
        go_on
    }

    /// It is full, though the last answer was "go on": a "stop", which owes a drain. A pipe of the kernel is full
    /// below its mark when it is out of slots before it is out of bytes (pipe(7)); and the mark may have been lowered.
    pub fn declare_full(&mut self) {
        self.stops += u64::from(!self.needs_drain);
        self.needs_drain = true;
    }

    /// `n` bytes left for the sink.
    pub fn complete(&mut self, n: u64) {
        debug_assert!(n <= self.len, "completed {n} of {} bytes", self.len);
        self.len -= n;
    }

    /// Whether a drain is owed and the length has fallen far enough for it.
    #[must_use]
    pub fn owes_drain(&self) -> bool {
        self.needs_drain && self.len <= self.low
    }

    /// Gives the drain, if one is due. Returns whether it was given; never after the end was requested.
    #[must_use = "a drain has to resume the readable"]
    pub fn drain(&mut self) -> bool {
        let drained = self.owes_drain() && !self.ending;
        self.needs_drain &= !drained;
        self.drains += u64::from(drained);
        drained
    }

    /// Requests the end: no drain is owed from now on.
    pub fn end(&mut self) {
        self.ending = true;
    }

    /// Node's `writableFinished`: whether the end was requested and every byte has left.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.ending && self.len == 0
    }
}

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

    /// `n` bytes are offered to a consumer, which may complete some of them at once.
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
