//! What the sending side of a connection waits for: the reader, the network, or its own send buffer.
//!
//! The kernel counts for how long the peer's window, or the send buffer, held the sender up (tcp(7), `TCP_INFO`). The rest of
//! the time is divided into steps, and each is attributed to the network or to the reader only if there is evidence; otherwise it
//! stays unknown.

use super::facts::Connection;
use serde::Serialize;
use std::time::{Duration, Instant};

/// The shortest step that is attributed: longer than a slow reader's system delays acknowledgements, which is 40 ms and more.
const LEAST_STEP: Duration = Duration::from_millis(100);

/// By how much the round trip time has to have grown at least to be evidence of a queue on the way. Less may be a busy CPU.
const LEAST_GROWTH: Duration = Duration::from_millis(1);

/// What a sender waits for, in shares that add up to 1. The records have it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Blame {
    /// The program at the other end, which does not read what has come.
    pub reader: f64,
    /// The network, which carries no more.
    pub network: f64,
    /// The send buffer, which holds less than the network carries.
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
        // The kernel rounds each share separately, so that their sum may be more than 1.
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
            // Without a network only the reader is left.
            (0.0, take(1.0))
        } else {
            let network = take(share(|it| it.attributed.network));
            (network, take(share(|it| it.attributed.reader)))
        };
        Some(Blame {
            reader: window + unread,
            network,
            buffer,
            unknown: rest,
        })
    }

    /// The busy time that the kernel does not account for.
    fn unaccounted(&self) -> Duration {
        let accounted = self.window_limited + self.buffer_limited;
        self.busy.saturating_sub(accounted)
    }

    /// Segments that were sent again and that the peer has not reported to have had already.
    fn losses(&self) -> u32 {
        self.retransmits.saturating_sub(self.needless)
    }

    /// Whether the round trip time has grown, as it does where segments wait in a queue.
    fn is_queueing(&self) -> bool {
        let growth = self.round_trip.saturating_sub(self.least_round_trip);
        growth >= LEAST_GROWTH.max(self.least_round_trip / 4)
    }
}

/// What a sender waits for most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspect {
    /// The program at the other end.
    Reader,
    /// The network.
    Network,
    /// The send buffer.
    Buffer,
    /// The receiver or the network: nothing tells which.
    Unknown,
}

impl Blame {
    /// The suspect with the largest share; among equal ones, one with evidence.
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

/// Follows a connection, and attributes step by step the time that the kernel does not account for.
#[derive(Debug, Default)]
pub(super) struct BlameTracker {
    /// The last state.
    last: Connection,
    /// The end of the last step.
    step: Option<Step>,
    /// The widest window that the peer has had.
    widest: u64,
}

/// The state of a connection at the end of a step.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: Instant,
    seen: Connection,
    /// Whether the peer's window was nearly the widest, so that it had hardly any bytes unread.
    is_wide: bool,
}

impl BlameTracker {
    /// The last state, with the time that has been attributed so far.
    pub(super) fn last(&self) -> Connection {
        self.last
    }

    /// Takes in the state `now`, read at the moment `at`.
    pub(super) fn update(&mut self, now: Connection, at: Instant) {
        self.widest = self.widest.max(now.window);
        let step = Step {
            at,
            seen: now,
            is_wide: now.window > 0 && now.window >= self.widest / 8 * 7,
        };
        let mut attributed = self.last.attributed;
        let before = *self.step.get_or_insert(step);
        if at.saturating_duration_since(before.at) >= LEAST_STEP {
            let time = now.unaccounted().saturating_sub(before.seen.unaccounted());
            match self.suspect(&before, &step) {
                Suspect::Network => attributed.network += time,
                Suspect::Reader => attributed.reader += time,
                Suspect::Buffer | Suspect::Unknown => {}
            }
            self.step = Some(step);
        }
        self.last = Connection { attributed, ..now };
    }

    /// What was slow between two steps, if there is evidence.
    ///
    /// The round trip time grows behind a slow reader too, whose system delays acknowledgements. But unread bytes make the window
    /// smaller, and a queue in the network does not.
    fn suspect(&self, before: &Step, now: &Step) -> Suspect {
        let (was, is) = (&before.seen, &now.seen);
        if is.is_lost {
            return Suspect::Network;
        }
        // Only bytes that are not sent yet show that the sender waits.
        if was.unsent == 0 || is.unsent == 0 {
            return Suspect::Unknown;
        }
        let busy = is.busy.saturating_sub(was.busy);
        let full = is.window_limited.saturating_sub(was.window_limited);
        let narrows = is.window.saturating_add(self.widest / 32) < was.window;
        let stays_open = full <= busy / 10 && before.is_wide && now.is_wide && !narrows;
        if is.losses() > was.losses() || stays_open && is.is_queueing() {
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
    use super::super::Attributed;
    use super::{Blame, BlameTracker, Connection, LEAST_STEP, Suspect};
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
    fn the_busy_time_is_divided_into_shares() {
        let earlier = Connection {
            busy: millis(1000),
            window_limited: millis(500),
            ..Connection::default()
        };
        let at = |busy: u64, window: u64, buffer, network, reader| Connection {
            busy: millis(1000 + busy),
            window_limited: millis(500 + window),
            buffer_limited: millis(buffer),
            attributed: Attributed {
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
            // The kernel rounds each share separately.
            (at(100, 101, 1, 3, 0), Some([1.0, 0.0, 0.0, 0.0])),
        ];
        for (now, expected) in table {
            let found = now.blame_since(&earlier).map(parts);
            let found = found.map(|it| it.map(|part| (part * 1000.0).round() / 1000.0));
            assert_eq!(found, expected, "{now:?}");
        }
    }

    #[test]
    fn the_largest_share_is_the_suspect_and_one_with_evidence_among_equals() {
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

    /// A connection with unsent bytes, and no evidence of a slow reader or network.
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
        attributed: Attributed {
            reader: Duration::ZERO,
            network: Duration::ZERO,
        },
        is_local: false,
    };

    /// What is attributed between two states that are a step apart.
    fn attributed(before: Connection, now: Connection) -> Attributed {
        let mut tracker = BlameTracker::default();
        let start = Instant::now();
        tracker.update(before, start);
        tracker.update(now, start + LEAST_STEP);
        tracker.last().attributed
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
        let network = |time| Attributed {
            network: millis(time),
            ..Attributed::default()
        };
        let reader = |time| Attributed {
            reader: millis(time),
            ..Attributed::default()
        };
        let nobody = Attributed::default();
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
            assert_eq!(attributed(before, now), expected, "{name}");
        }
        // A kernel that never tells it (before 5.4) gives no evidence of an open one.
        let blind = |it: Connection| Connection { window: 0, ..it };
        assert_eq!(attributed(blind(before), blind(queued)), nobody);
    }

    #[test]
    fn states_in_quick_succession_are_one_step() {
        let mut tracker = BlameTracker::default();
        let start = Instant::now();
        for n in 0..=20_u32 {
            let now = Connection {
                busy: millis(10) * n,
                round_trip: millis(50),
                ..WAITS
            };
            tracker.update(now, start + millis(10) * n);
        }
        assert_eq!(tracker.last().attributed.network, millis(200));
    }

    proptest! {
        #[test]
        fn blame_adds_up_and_there_is_no_network_within_a_machine(
            looks in prop::collection::vec(any::<[u8; 10]>(), 2..20),
            is_local in any::<bool>(),
        ) {
            let mut tracker = BlameTracker::default();
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
                tracker.update(now, start + LEAST_STEP * n);
            }
            let last = Connection { is_local, ..tracker.last() };
            if let Some(blame) = last.blame_since(&Connection::default()) {
                let sum: f64 = parts(blame).iter().sum();
                prop_assert!((sum - 1.0).abs() < 1e-9, "{blame:?}");
                prop_assert!(parts(blame).iter().all(|part| (0.0..=1.0 + 1e-9).contains(part)), "{blame:?}");
                prop_assert!(!is_local || blame.network == 0.0 && blame.unknown < 1e-9, "{blame:?}");
            }
        }
    }
}
