//! Binance spot: frames, and the rule by which a delta follows the book.
//!
//! Rule: "How to manage a local order book correctly" in the venue's `web-socket-streams.md`, text corrected 2025-11-12, read
//! 2026-07-21. `L` is the snapshot's `lastUpdateId`, `U` and `u` are a delta's first and last update id. Steps 1 and 2 (queue
//! deltas, fetch a snapshot) are the state machine's; 6 (absolute quantities, 0 removes) is the book's.

use super::binance::{self, Dialect};
use super::binance_sbe;
use super::{DeltaIds, Follow, Join, Message, Reject};
use crate::broken::broken;

/// See [`super::VenueId::parse_frame`].
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    if binance_sbe::is_sbe(frame) {
        return binance_sbe::parse_frame(frame);
    }
    binance::parse_frame(Dialect::Spot, frame)
}

/// See [`super::VenueId::join`].
pub const fn join(snapshot_id: u64, delta: &DeltaIds) -> Join {
    if delta.last <= snapshot_id {
        // Step 4: drop what the snapshot contains, `u <= L`.
        Join::Older
    } else if delta.first <= snapshot_id.saturating_add(1) {
        // Step 4: the first delta left has `U <= L + 1 <= u`. The document says "L within [U, u]", but ids have no holes, so
        // `U == L + 1` is the ordinary adjacent case.
        Join::Apply
    } else {
        // Step 3: the snapshot is older than the queue; fetch again.
        Join::SnapshotTooOld
    }
}

/// See [`super::VenueId::follow`].
pub fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    if delta.last <= last.last {
        // Step 5: `u < last` is old (and `u == last` the same). But old ids in a delta that was *sent later* than the last one
        // are no repetition: the venue has restarted its numbering. A snapshot has no send time (0) and proves nothing.
        let restarted = delta.last < last.last && last.ts_sent != 0 && delta.ts_sent > last.ts_sent;
        return if restarted { Follow::Rollback } else { Follow::Duplicate };
    }
    let next = last.last.saturating_add(1);
    if delta.first <= next || broken("spot: a hole") {
        // Step 5: `U == last + 1`. `U` below it overlaps; quantities are absolute, so what is applied twice does no harm.
        Follow::Apply
    } else {
        // Step 5: `U > last + 1`; `last + 1 ..= U - 1` are missing.
        Follow::Gap { first: next, last: delta.first - 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ids(first: u64, last: u64) -> DeltaIds {
        DeltaIds { first, last, prev: None, ts_sent: last }
    }

    #[test]
    fn the_documented_trace_joins_and_finds_its_gap() {
        assert_eq!(join(107, &ids(101, 105)), Join::Older);
        assert_eq!(join(107, &ids(106, 110)), Join::Apply);
        assert_eq!(follow(&ids(106, 110), &ids(111, 112)), Follow::Apply);
        assert_eq!(follow(&ids(111, 112), &ids(115, 116)), Follow::Gap { first: 113, last: 114 });
        assert_eq!(join(99, &ids(101, 105)), Join::SnapshotTooOld);
        assert_eq!(join(105, &ids(101, 105)), Join::Older);
        assert_eq!(join(105, &ids(106, 110)), Join::Apply);
    }

    #[test]
    fn old_ids_sent_later_are_a_restart_and_sent_before_a_repetition() {
        let last = DeltaIds { ts_sent: 50, ..ids(11, 20) };
        assert_eq!(follow(&last, &DeltaIds { ts_sent: 50, ..ids(11, 20) }), Follow::Duplicate);
        assert_eq!(follow(&last, &DeltaIds { ts_sent: 49, ..ids(1, 10) }), Follow::Duplicate);
        assert_eq!(follow(&last, &DeltaIds { ts_sent: 51, ..ids(1, 3) }), Follow::Rollback);
        assert_eq!(follow(&last, &DeltaIds { ts_sent: 51, ..ids(11, 20) }), Follow::Duplicate);
        assert_eq!(follow(&DeltaIds { ts_sent: 0, ..last }, &ids(1, 10)), Follow::Duplicate);
    }
}
