//! Backpressure as a pure state machine: the numbers of one buffer side, and what follows from them.
//!
//! A side is the readable, which a producer fills, or the writable of one consumer; `gates` is where a readable feeds writables.
//! A gate does no I/O, has no clock and no lock. A pause or a drain is counted where it happens, which is here; a link
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
    left: bool,
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
            left: false,
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
        if self.left {
            u64::MAX
        } else {
            self.mark.saturating_sub(self.len)
        }
    }

    /// Accepts `n` bytes; one that has left takes no notice of them.
    pub fn offer(&mut self, n: u64) {
        if !self.left {
            self.len += n;
            self.max_len = self.max_len.max(self.len);
        }
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

    /// Its consumer takes nothing more, and holds nobody up from now on, as a stream of Node's that was unpiped.
    pub fn leave(&mut self) {
        (self.left, self.ending) = (true, true);
        (self.len, self.needs_drain) = (0, false);
    }

    /// Node's `writableFinished`: whether the end was requested and every byte has left.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.ending && self.len == 0
    }
}
