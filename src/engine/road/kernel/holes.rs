//! Holes of a sparse file: there is nothing to move, and the sink gets a hole as well.

use super::ending::Stop;
use super::grant::Obstacle;
use super::pump::Pump;
use crate::engine::throttle::Allowance;

/// Smaller holes are not worth two calls; they are written as the zeros that they are read as.
const SMALLEST: u64 = 64 << 10;

impl Pump<'_> {
    /// At a hole: leaves one in the sink too, if that is a file that can have one, and finds the next hole. A hole
    /// counts as bytes, for the rate limit too. Returns whether the whole hole is passed.
    pub(super) fn pass_hole(&mut self) -> Result<bool, Stop> {
        let extent = self.inlet.source.extent().map_err(Stop::Source)?;
        let whole = self.inlet.wanted(extent.hole);
        let hole = match self.outlet.allow(whole) {
            Allowance::Bytes(hole) => hole,
            Allowance::Not(until) => {
                self.wait_for_sink(Obstacle::Rate(until), false)?;
                return Ok(false);
            }
        };
        if whole >= SMALLEST && self.leave_hole(hole)? {
            self.inlet.source.seek_ahead(hole).map_err(Stop::Source)?;
            self.inlet.count(hole);
            self.count_out(hole)?;
            self.data_left = if hole == whole { extent.data } else { 0 };
        } else {
            self.data_left = extent.hole.saturating_add(extent.data);
        }
        Ok(hole == whole)
    }

    /// Leaves a hole of `n` bytes in the sink. Returns whether it did.
    fn leave_hole(&mut self, n: u64) -> Result<bool, Stop> {
        // The hole is bytes that have come, and a sink that was emptied after it would lose it.
        self.outlet.start()?;
        let left = self.outlet.sink.leave_hole(n);
        left.map_err(|error| self.stop_for_sink(error))
    }
}
