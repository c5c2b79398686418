//! Whom the sending side of a connection waits for.
//!
//! The kernel says for how long the peer's window, or our send buffer, held the sender up (tcp(7), `TCP_INFO`). It says
//! nothing of the rest of the time. That is put on the network or on the reader only where something speaks for it, step
//! by step; what nothing speaks for stays open.

use super::facts::Connection;
use std::time::{Duration, Instant};

/// How much time is judged at once: long enough for acknowledgements that a slow reader keeps back, 40 ms and more, to
/// come in between.
const STEP: Duration = Duration::from_millis(100);

/// By how much round trips have to have grown at least to speak for a queue on the way. Below that it may be a busy CPU.
const LEAST_GROWTH: Duration = Duration::from_millis(1);

/// Whom a sender waits for, in shares that add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blame {
    /// The program at the other end, which does not read what has come.
    pub reader: f64,
    /// The network, which carries no more.
    pub network: f64,
    /// Our send buffer, which holds less than the network carries.
    pub buffer: f64,
    /// The receiver or the network: nothing tells which.
    pub unknown: f64,
}

impl Connection {
    /// What made the sending side wait since `earlier`.
    #[must_use]
    pub fn blame_since(&self, earlier: &Connection) -> Option<Blame> {
        if self.busy <= earlier.busy {
            return None;
        }
        let busy = self.busy.saturating_sub(earlier.busy).as_secs_f64();
        let share = |of: fn(&Connection) -> Duration| {
            of(self).saturating_sub(of(earlier)).as_secs_f64() / busy
        };
        // The kernel rounds each by itself.
        let mut rest = 1.0;
        let mut take = |share: f64| {
            let taken = share.min(rest);
            rest -= taken;
            taken
        };
        let (window, buffer) = (
            take(share(|it| it.window_limited)),
            take(share(|it| it.buffer_limited)),
        );
        let (network, unread) = if self.is_local {
            // There is nobody else.
            (0.0, take(1.0))
        } else {
            let network = take(share(|it| it.found.network));
            (network, take(share(|it| it.found.reader)))
        };
        Some(Blame {
            reader: window + unread,
            network,
            buffer,
            unknown: rest,
        })
    }

    /// The time that the kernel does not account for.
    fn unaccounted(&self) -> Duration {
        let accounted = self.window_limited + self.buffer_limited;
        self.busy.saturating_sub(accounted)
    }

    /// Segments that were lost, as far as the peer has not said that it had got them.
    fn losses(&self) -> u32 {
        self.retransmits.saturating_sub(self.needless)
    }

    /// Whether round trips take longer than the way does.
    fn queues(&self) -> bool {
        let growth = self.round_trip.saturating_sub(self.least_round_trip);
        growth >= LEAST_GROWTH.max(self.least_round_trip / 4)
    }
}

/// Whom a sender waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspect {
    /// The program at the other end.
    Reader,
    /// The network.
    Network,
    /// Our send buffer.
    Buffer,
    /// The receiver or the network: nothing tells which.
    Unknown,
}

impl Blame {
    /// Who has the largest part of it; among equals, whoever there is evidence against.
    #[must_use]
    pub fn most(&self) -> Suspect {
        let parts = [
            (self.unknown, Suspect::Unknown),
            (self.buffer, Suspect::Buffer),
            (self.network, Suspect::Network),
            (self.reader, Suspect::Reader),
        ];
        let most = parts
            .into_iter()
            .max_by(|one, other| one.0.total_cmp(&other.0));
        most.map_or(Suspect::Unknown, |(_, suspect)| suspect)
    }
}

/// Follows a connection, and finds out step by step whom the time is to be put on that the kernel does not account for.
#[derive(Debug, Default)]
pub(super) struct Judge {
    /// The last look.
    last: Connection,
    /// The end of the last step.
    step: Option<Step>,
    /// The widest window that the peer has had.
    widest: u64,
}

/// How a connection stood at the end of a step.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: Instant,
    seen: Connection,
    /// Whether the peer had nearly nothing of what had come unread, so that nothing was missing from its window.
    is_wide: bool,
}

impl Judge {
    /// The last look, with what has been found out so far.
    pub(super) fn last(&self) -> Connection {
        self.last
    }

    /// Takes note of how it stands `now`.
    pub(super) fn note(&mut self, now: Connection, at: Instant) {
        self.widest = self.widest.max(now.window);
        let step = Step {
            at,
            seen: now,
            is_wide: now.window > 0 && now.window >= self.widest / 8 * 7,
        };
        let mut found = self.last.found;
        let before = *self.step.get_or_insert(step);
        if at.saturating_duration_since(before.at) >= STEP {
            let time = now.unaccounted().saturating_sub(before.seen.unaccounted());
            match self.suspect(&before, &step) {
                Suspect::Network => found.network += time,
                Suspect::Reader => found.reader += time,
                Suspect::Buffer | Suspect::Unknown => {}
            }
            self.step = Some(step);
        }
        self.last = Connection { found, ..now };
    }

    /// Who was slow between two steps, if anything speaks for it.
    ///
    /// Round trips grow behind a slow reader too, whose system holds acknowledgements back. But what has come and is not
    /// read takes its room from the window, and no queue of the network does.
    fn suspect(&self, before: &Step, now: &Step) -> Suspect {
        let (was, is) = (&before.seen, &now.seen);
        if is.is_lost {
            return Suspect::Network;
        }
        // Bytes that could go out, and do not, wait for somebody.
        if was.unsent == 0 || is.unsent == 0 {
            return Suspect::Unknown;
        }
        let busy = is.busy.saturating_sub(was.busy);
        let full = is.window_limited.saturating_sub(was.window_limited);
        let narrows = is.window.saturating_add(self.widest / 32) < was.window;
        let stays_open = full <= busy / 10 && before.is_wide && now.is_wide && !narrows;
        if is.losses() > was.losses() || stays_open && is.queues() {
            Suspect::Network
        } else if full > busy / 4 || is.window < self.widest / 2 {
            Suspect::Reader
        } else {
            Suspect::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Found;
    use super::{Blame, Connection, Judge, STEP, Suspect};
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    const MIB: u64 = 1 << 20;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn parts(it: Blame) -> [f64; 4] {
        [it.reader, it.network, it.buffer, it.unknown]
    }

    #[test]
    fn the_time_in_which_something_was_to_be_sent_is_shared_out() {
        let earlier = Connection {
            busy: millis(1000),
            window_limited: millis(500),
            ..Connection::default()
        };
        let at = |busy: u64, window: u64, buffer, network, reader| Connection {
            busy: millis(1000 + busy),
            window_limited: millis(500 + window),
            buffer_limited: millis(buffer),
            found: Found {
                reader: millis(reader),
                network: millis(network),
            },
            ..Connection::default()
        };
        let table = [
            (at(0, 0, 0, 0, 0), None),
            (at(100, 0, 0, 0, 0), Some([0.0, 0.0, 0.0, 1.0])),
            (at(100, 0, 0, 100, 0), Some([0.0, 1.0, 0.0, 0.0])),
            (at(100, 75, 25, 0, 0), Some([0.75, 0.0, 0.25, 0.0])),
            (at(100, 25, 10, 20, 30), Some([0.55, 0.2, 0.1, 0.15])),
            (at(100, 100, 0, 0, 0), Some([1.0, 0.0, 0.0, 0.0])),
            // The kernel rounds each by itself.
            (at(100, 101, 1, 3, 0), Some([1.0, 0.0, 0.0, 0.0])),
        ];
        for (now, expected) in table {
            let found = now.blame_since(&earlier).map(parts);
            let found = found.map(|it| it.map(|part| (part * 1000.0).round() / 1000.0));
            assert_eq!(found, expected, "{now:?}");
        }
    }

    #[test]
    fn whoever_is_to_blame_most_is_the_suspect_and_nobody_where_nothing_tells() {
        let most = |[reader, network, buffer, unknown]: [f64; 4]| {
            let blame = Blame {
                reader,
                network,
                buffer,
                unknown,
            };
            blame.most()
        };
        assert_eq!(most([0.4, 0.3, 0.2, 0.1]), Suspect::Reader);
        assert_eq!(most([0.1, 0.4, 0.3, 0.2]), Suspect::Network);
        assert_eq!(most([0.1, 0.2, 0.4, 0.3]), Suspect::Buffer);
        assert_eq!(most([0.2, 0.3, 0.1, 0.4]), Suspect::Unknown);
        assert_eq!(most([0.5, 0.0, 0.0, 0.5]), Suspect::Reader);
    }

    /// A connection whose bytes wait, with nothing that speaks against anybody.
    const WAITS: Connection = Connection {
        unsent: MIB,
        window: 4 * MIB,
        round_trip: millis(20),
        least_round_trip: millis(20),
        busy: millis(200),
        send_queue: 2 * MIB,
        receive_queue: 0,
        retransmits: 3,
        needless: 1,
        is_lost: false,
        delivery_rate: 0,
        window_limited: Duration::ZERO,
        buffer_limited: Duration::ZERO,
        found: Found {
            reader: Duration::ZERO,
            network: Duration::ZERO,
        },
        is_local: false,
    };

    /// What is found out by two looks that are a step apart.
    fn found(before: Connection, now: Connection) -> Found {
        let mut judge = Judge::default();
        let start = Instant::now();
        judge.note(before, start);
        judge.note(now, start + STEP);
        judge.last().found
    }

    #[test]
    fn the_network_is_blamed_on_evidence_alone() {
        let before = Connection {
            busy: millis(100),
            ..WAITS
        };
        let queued = Connection {
            round_trip: millis(26),
            ..WAITS
        };
        let near = Connection {
            round_trip: millis(1),
            least_round_trip: Duration::from_micros(20),
            ..WAITS
        };
        let network = |time| Found {
            network: millis(time),
            ..Found::default()
        };
        let reader = |time| Found {
            reader: millis(time),
            ..Found::default()
        };
        let nobody = Found::default();
        #[rustfmt::skip]
        let table = [
            ("nothing but waiting", WAITS, nobody),
            ("round trips grow while the window is open", queued, network(100)),
            ("they grow by less than a busy CPU makes them", near, nobody),
            ("nothing waits any more", Connection { unsent: 0, ..queued }, nobody),
            ("the window is no longer open", Connection { window: 3 * MIB, ..queued }, nobody),
            ("it narrows", Connection { window: 4 * MIB - MIB / 4, ..queued }, nobody),
            ("half of it is taken by what is not read", Connection { window: MIB, ..queued }, reader(100)),
            ("it was full for a while", Connection { window_limited: millis(20), ..queued }, nobody),
            ("it was full for long", Connection { window_limited: millis(30), ..queued }, reader(70)),
            ("it is closed", Connection { window: 0, ..WAITS }, reader(100)),
            ("segments are lost", Connection { retransmits: 4, ..WAITS }, network(100)),
            ("they were not lost, says the peer", Connection { retransmits: 9, needless: 7, ..WAITS }, nobody),
            ("everything is lost", Connection { is_lost: true, unsent: 0, ..WAITS }, network(100)),
        ];
        for (name, now, expected) in table {
            assert_eq!(found(before, now), expected, "{name}");
        }
        // A kernel that never tells it (before 5.4) gives no evidence of an open one.
        let blind = |it: Connection| Connection { window: 0, ..it };
        assert_eq!(found(blind(before), blind(queued)), nobody);
    }

    #[test]
    fn looks_in_quick_succession_are_one_step() {
        let mut judge = Judge::default();
        let start = Instant::now();
        for n in 0..=20_u32 {
            let now = Connection {
                busy: millis(10) * n,
                round_trip: millis(50),
                ..WAITS
            };
            judge.note(now, start + millis(10) * n);
        }
        assert_eq!(judge.last().found.network, millis(200));
    }

    proptest! {
        #[test]
        fn blame_adds_up_and_there_is_no_network_within_a_machine(
            looks in prop::collection::vec(any::<[u8; 10]>(), 2..20),
            is_local in any::<bool>(),
        ) {
            let mut judge = Judge::default();
            let (mut now, start) = (Connection::default(), Instant::now());
            for (n, look) in (1..).zip(&looks) {
                let [busy, window, buffer, round_trip, least, unsent, open, again, needless, lost] = look.map(u64::from);
                now.busy += millis(busy);
                now.window_limited += millis(window);
                now.buffer_limited += millis(buffer);
                (now.round_trip, now.least_round_trip) = (millis(round_trip), millis(least));
                (now.unsent, now.window) = (unsent, open);
                now.retransmits += u32::try_from(again).unwrap();
                now.needless += u32::try_from(needless).unwrap();
                now.is_lost = lost > 200;
                judge.note(now, start + STEP * n);
            }
            let last = Connection { is_local, ..judge.last() };
            if let Some(blame) = last.blame_since(&Connection::default()) {
                let sum: f64 = parts(blame).iter().sum();
                prop_assert!((sum - 1.0).abs() < 1e-9, "{blame:?}");
                prop_assert!(parts(blame).iter().all(|part| (0.0..=1.0 + 1e-9).contains(part)), "{blame:?}");
                prop_assert!(!is_local || blame.network == 0.0 && blame.unknown < 1e-9, "{blame:?}");
            }
        }
    }
}
