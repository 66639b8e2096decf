//! Binance spot: frames, and the rule by which a delta follows the book.
//!
//! Rule: "How to manage a local order book correctly", the venue's WebSocket document as corrected 2025-11-12, read
//! 2026-07-21. Step numbers are the venue's.

use super::binance::{self, Dialect};
use super::{DeltaIds, Follow, Join, Message, Reject};

/// See [`super::VenueId::parse_frame`].
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    binance::parse_frame(Dialect { has_prev: false }, frame)
}

/// Steps 3 and 4: drop deltas with `u <= L`; the first that is left has `U <= L + 1 <= u`. `U == L + 1` is the ordinary
/// case. `U > L + 1` means that the snapshot is older than what was buffered: fetch again.
pub const fn join(snapshot_id: u64, delta: &DeltaIds) -> Join {
    if delta.last <= snapshot_id {
        Join::Older
    } else if delta.first <= snapshot_id.saturating_add(1) {
        Join::Apply
    } else {
        Join::SnapshotTooOld
    }
}

/// Step 5: `u < last` is old; `U > last + 1` is a gap; all else applies, also what overlaps, since quantities are absolute.
///
/// Old ids in a delta that was *sent later* than the last one are no repetition: the venue has restarted its numbering.
pub const fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    if delta.last <= last.last {
        let restarted = delta.last < last.last && last.ts_sent != 0 && delta.ts_sent > last.ts_sent;
        return if restarted { Follow::Rollback } else { Follow::Duplicate };
    }
    let next = last.last.saturating_add(1);
    if delta.first <= next { Follow::Apply } else { Follow::Gap { first: next, last: delta.first - 1 } }
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
        assert_eq!(follow(&DeltaIds { ts_sent: 0, ..last }, &ids(1, 10)), Follow::Duplicate);
    }
}
