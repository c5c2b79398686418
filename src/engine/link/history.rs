//! What passed a buffer: how long the source took for each piece, and how long the sink. From this a replay tells how
//! long the transfer would have taken with another buffer. Takes 64 KiB at most.

use std::time::Duration;

/// How many pieces are remembered of each side. Later ones are left out when there are none left to join.
const MOST_PIECES: usize = 1 << 12;

/// Pieces are joined up to this fraction of the mark, so that the replay can still tell marks apart.
const FINENESS: u64 = 16;

/// Bytes that one side took so long for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// How many.
    pub bytes: u32,
    /// How long, in seconds.
    pub seconds: f32,
}

/// The pieces of one side, in their order.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    list: Vec<Piece>,
    /// Since when the side could work on its next piece.
    since: Option<Duration>,
    /// The most bytes that joined pieces may have.
    most: u64,
    is_full: bool,
}

/// What passed a buffer.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What the source has given.
    pub given: Pieces,
    /// What the sink has taken.
    pub taken: Pieces,
}

impl History {
    /// Nothing yet, for a buffer with this mark.
    pub(super) fn new(mark: u64) -> Self {
        let pieces = Pieces {
            most: mark / FINENESS,
            ..Pieces::default()
        };
        Self {
            given: pieces.clone(),
            taken: pieces,
        }
    }

    /// A history made up by a test.
    #[cfg(test)]
    pub(crate) fn from_pieces(given: Vec<Piece>, taken: Vec<Piece>) -> Self {
        let pieces = |list| Pieces {
            list,
            ..Pieces::default()
        };
        Self {
            given: pieces(given),
            taken: pieces(taken),
        }
    }
}

impl Pieces {
    /// From the first to the last that is remembered.
    #[must_use]
    pub fn list(&self) -> &[Piece] {
        &self.list
    }

    /// From `now` on the side can work on its next piece, unless it already could.
    pub(super) fn begin(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    /// The side is done with `bytes`, and works on the next piece at once if it `goes_on`.
    pub(super) fn end(&mut self, now: Duration, bytes: u64, goes_on: bool) {
        let since = self.since.take().unwrap_or(now);
        self.since = goes_on.then_some(now);
        if !self.is_full && bytes > 0 {
            self.add(Piece {
                bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
                seconds: now.saturating_sub(since).as_secs_f32(),
            });
        }
    }

    fn add(&mut self, piece: Piece) {
        if self.list.len() == MOST_PIECES {
            self.join();
        }
        self.is_full = self.list.len() == MOST_PIECES;
        if !self.is_full {
            self.list.push(piece);
        }
    }

    /// Joins neighbouring pieces as far as they may be joined.
    fn join(&mut self) {
        let mut joined: Vec<Piece> = Vec::with_capacity(MOST_PIECES);
        for piece in self.list.drain(..) {
            match joined.last_mut() {
                Some(last) if u64::from(last.bytes) + u64::from(piece.bytes) <= self.most => {
                    last.bytes += piece.bytes;
                    last.seconds += piece.seconds;
                }
                _ => joined.push(piece),
            }
        }
        self.list = joined;
    }
}

#[cfg(test)]
mod tests {
    use super::{History, MOST_PIECES, Piece};
    use std::time::Duration;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn a_piece_takes_as_long_as_its_side_could_go_on() {
        let mut given = History::new(1000).given;
        given.begin(MILLI * 5);
        given.begin(MILLI * 6);
        given.end(MILLI * 8, 10, true);
        given.end(MILLI * 9, 20, false);
        given.begin(MILLI * 50);
        given.end(MILLI * 51, 30, false);
        let expected = [(10, 0.003), (20, 0.001), (30, 0.001)];
        let pieces = expected.map(|(bytes, seconds)| Piece { bytes, seconds });
        assert_eq!(given.list(), pieces);
    }

    #[test]
    fn small_pieces_are_joined_and_large_ones_are_left_out_when_there_are_too_many() {
        for (bytes, covered) in [(1, 4 * MOST_PIECES), (100, MOST_PIECES)] {
            let mut taken = History::new(1600).taken;
            for n in 0..u32::try_from(4 * MOST_PIECES).unwrap() {
                taken.begin(MILLI * n);
                taken.end(MILLI * (n + 1), bytes, true);
            }
            let pieces = taken.list();
            assert!(pieces.len() <= MOST_PIECES);
            let sum: usize = pieces.iter().map(|it| it.bytes as usize).sum();
            assert_eq!(sum as u64, covered as u64 * bytes);
            let seconds: f64 = pieces.iter().map(|it| f64::from(it.seconds)).sum();
            let expected = (MILLI * u32::try_from(covered).unwrap()).as_secs_f64();
            assert!((seconds / expected - 1.0).abs() < 0.01, "{seconds} s");
        }
    }
}
