//! Where the time of a frame goes: of one frame in [`TIMED_EVERY`] the way from arrival to the ring, cut in four.

use super::Writer;
use crate::metrics::Stage;

/// Frames of which one is cut. A prime, so that of streams which take turns not always the same one is looked at.
pub const TIMED_EVERY: u32 = 61;

/// Moments of the frame under way, ns on the writer's clock.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    frames: u32,
    pub(super) is_timed: bool,
    pub(super) arrived: u64,
    pub(super) began: u64,
    pub(super) parsed: u64,
    /// From the first event: the venue's time (0 for none), and when it was received.
    pub(super) ts_event: u64,
    pub(super) ts_recv: u64,
}

impl Cuts {
    #[inline]
    pub(super) fn begin(&mut self, arrived: u64) {
        self.arrived = arrived;
        self.frames += 1;
        if self.frames == TIMED_EVERY {
            *self = Self { is_timed: true, arrived, ..Self::default() };
        }
    }

    /// The stages of a frame whose first record took `ts_out` and that was done at `left`; they add up to all its time. `None` if
    /// it was not read.
    pub(super) fn stages(&self, ts_out: u64, left: u64) -> Option<[(Stage, u64); 4]> {
        if self.parsed == 0 {
            return None;
        }
        // A clock that is set back in between makes one of them 0.
        Some([
            (Stage::Receive, self.began.saturating_sub(self.arrived)),
            (Stage::Parse, self.parsed.saturating_sub(self.began)),
            (Stage::Book, ts_out.saturating_sub(self.parsed)),
            (Stage::Ring, left.saturating_sub(ts_out)),
        ])
    }
}

impl Writer {
    /// The next input is a frame that arrived at this time of [`Self::now`].
    #[inline]
    pub fn begin_frame(&mut self, arrived: u64) {
        self.cuts.begin(arrived);
    }

    /// The frame is done: adds its time since arrival to [`Stage::ReceiveToRing`], and one in [`TIMED_EVERY`] stage by stage.
    #[inline]
    pub fn end_frame(&mut self) {
        // A wall clock that is set back in between makes it 0; forward, one outlier.
        let left = self.clock.now();
        self.record_latency(Stage::ReceiveToRing, left.saturating_sub(self.cuts.arrived));
        if self.cuts.is_timed {
            self.end_timed(left);
        }
    }

    // What follows happens once in many frames: out of the way of the others.

    #[cold]
    #[inline(never)]
    pub(super) fn cut_began(&mut self) {
        self.cuts.began = self.clock.now();
    }

    #[cold]
    #[inline(never)]
    pub(super) fn cut_parsed(&mut self) {
        self.cuts.parsed = self.clock.now();
    }

    #[cold]
    #[inline(never)]
    fn end_timed(&mut self, left: u64) {
        self.cuts.is_timed = false;
        // Without a record there is no place to cut.
        if self.stamp_due {
            return;
        }
        for (stage, ns) in self.cuts.stages(self.ts_out, left).into_iter().flatten() {
            self.record_latency(stage, ns);
        }
        let Cuts { ts_event, ts_recv, .. } = self.cuts;
        if ts_event != 0 {
            self.record_latency(Stage::VenueToReceive, ts_recv.saturating_sub(ts_event));
        }
    }
}
