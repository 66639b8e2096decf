//! Whether the writer still turns, judged by this process's monotonic clock alone (RING R25): no clock is compared across
//! processes, no pid is trusted.

use std::time::{Duration, Instant};

/// A heartbeat older than this is worth a warning.
pub const STALLED_AFTER: Duration = Duration::from_secs(1);
/// A heartbeat older than this is that of a dead writer.
pub const DEAD_AFTER: Duration = Duration::from_secs(5);
/// How often the name of the current generation is looked at.
pub const CURRENT_EVERY: Duration = Duration::from_millis(250);

/// State of the writer of an open segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// Its loop turned within the last second.
    Live {
        /// Time since the heartbeat was seen to change.
        age: Duration,
    },
    /// Its loop has not turned for more than a second.
    Stalled {
        /// Time since the heartbeat was seen to change.
        age: Duration,
    },
    /// Its loop has not turned for more than five seconds. [`crate::Reader::reopen`] once there is a new one.
    Dead,
    /// It ended in order.
    Closed {
        /// Sequence of its last record.
        final_sequence: u64,
    },
    /// A newer writer took over. Read on until `Empty`, then [`crate::Reader::reopen`].
    Superseded {
        /// Epoch of the newer writer.
        epoch: u64,
    },
}

/// Remembers when a heartbeat was seen to change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulse {
    beat: u64,
    since: Instant,
}

impl Pulse {
    pub(crate) const fn new(beat: u64, now: Instant) -> Self {
        Self { beat, since: now }
    }

    /// Judges by the heartbeat read at `now`.
    pub(crate) fn judge(&mut self, beat: u64, now: Instant) -> Liveness {
        if beat != self.beat {
            *self = Self::new(beat, now);
        }
        let age = now.saturating_duration_since(self.since);
        if age >= DEAD_AFTER {
            Liveness::Dead
        } else if age >= STALLED_AFTER {
            Liveness::Stalled { age }
        } else {
            Liveness::Live { age }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_live_then_stalled_then_dead_and_a_beat_revives() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pulse = Pulse::new(7, start);
        assert!(matches!(pulse.judge(7, at(999)), Liveness::Live { .. }));
        assert_eq!(pulse.judge(7, at(1_000)), Liveness::Stalled { age: Duration::from_secs(1) });
        assert!(matches!(pulse.judge(7, at(4_999)), Liveness::Stalled { .. }));
        assert_eq!(pulse.judge(7, at(5_000)), Liveness::Dead);
        assert_eq!(pulse.judge(8, at(6_000)), Liveness::Live { age: Duration::ZERO });
    }
}
