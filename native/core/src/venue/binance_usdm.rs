//! Binance USDT-M futures: frames, and the rule by which a delta follows the book. COIN-M futures are the same to both, as recorded
//! on 2021-07-22; only addresses, symbols and the listing's name of the status differ.
//!
//! Rule: "How to manage a local order book correctly" of the venue's derivatives documents, read 2026-05-28. `L` is the
//! snapshot's `lastUpdateId`; `U`, `u` and `pu` are a delta's first and last update id and the `u` of the delta before. Ids are
//! sparse (they count more than this book), so only `pu` links deltas. Steps 1 and 2 (queue deltas, fetch a snapshot) are the
//! state machine's; 6 (absolute quantities, 0 removes) is the book's.

use super::binance::{self, Dialect};
use super::{DeltaIds, Follow, Join, Message, Reject};
use crate::broken::broken;

/// See [`super::VenueId::parse_frame`].
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    binance::parse_frame(Dialect::Usdm, frame)
}

/// Id after which the delta begins: it holds every change of this book in `pu + 1 ..= u`. A frame without `pu` does not parse;
/// ids built by hand without one fall back to `U - 1`, which can only see more gaps.
const fn before(delta: &DeltaIds) -> u64 {
    match delta.prev {
        Some(prev) => prev,
        None => delta.first.saturating_sub(1),
    }
}

/// See [`super::VenueId::join`].
pub const fn join(snapshot_id: u64, delta: &DeltaIds) -> Join {
    if delta.last < snapshot_id {
        // Step 3: drop `u < L`. `u == L` stays, as step 4 has it.
        Join::Older
    } else if before(delta) <= snapshot_id {
        // Step 4 asks `U <= L <= u`. Since the delta holds all of `pu + 1 ..= u` as absolute quantities, any snapshot with
        // `pu <= L <= u` may be joined to it; the venue's condition is the special case, for `pu < U`.
        Join::Apply
    } else {
        // Step 4: the oldest delta begins after the snapshot; fetch again.
        Join::SnapshotTooOld
    }
}

/// See [`super::VenueId::follow`].
pub fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    if delta.last <= last.last {
        // Not in the document: a repetition. But old ids in a delta that was *sent later* than the last one are none: the
        // venue has restarted its numbering. A snapshot has no send time (0) and proves nothing.
        let restarted = delta.last < last.last && last.ts_sent != 0 && delta.ts_sent > last.ts_sent;
        return if restarted { Follow::Rollback } else { Follow::Duplicate };
    }
    let before = before(delta);
    if before <= last.last || broken("usdm: a hole") {
        // Step 5: `pu` equals the last `u`. `pu < last < u` overlaps the book, as a delta from a second line of the same stream
        // does: all changes after `last` are inside and quantities are absolute, so applying it is correct and complete.
        Follow::Apply
    } else {
        // Step 5: else go back to step 2. `U` is not `last + 1`, so it says nothing; `last + 1 ..= pu` are missing.
        Follow::Gap { first: last.last + 1, last: before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ids(first: u64, last: u64, prev: u64) -> DeltaIds {
        DeltaIds { first, last, prev: Some(prev), ts_sent: last }
    }

    #[test]
    fn the_documented_trace_joins_and_finds_its_gap() {
        assert_eq!(join(160, &ids(150, 155, 148)), Join::Older);
        assert_eq!(join(160, &ids(157, 162, 155)), Join::Apply);
        assert_eq!(follow(&ids(157, 162, 155), &ids(165, 170, 162)), Follow::Apply);
        assert_eq!(follow(&ids(165, 170, 162), &ids(180, 185, 176)), Follow::Gap { first: 171, last: 176 });
    }

    #[test]
    fn a_snapshot_between_two_deltas_joins_the_later_one() {
        assert_eq!(join(163, &ids(157, 162, 155)), Join::Older);
        assert_eq!(join(163, &ids(165, 170, 162)), Join::Apply);
        assert_eq!(join(161, &ids(165, 170, 162)), Join::SnapshotTooOld);
    }

    #[test]
    fn a_delta_that_ends_at_the_snapshot_joins_it() {
        assert_eq!(join(162, &ids(157, 162, 155)), Join::Apply);
        assert_eq!(join(155, &ids(157, 162, 155)), Join::Apply);
    }

    #[test]
    fn a_repetition_is_counted_and_a_restart_told() {
        let last = DeltaIds { ts_sent: 50, ..ids(165, 170, 162) };
        assert_eq!(follow(&last, &last), Follow::Duplicate);
        assert_eq!(follow(&last, &DeltaIds { ts_sent: 51, ..ids(2, 9, 1) }), Follow::Rollback);
        assert_eq!(follow(&last, &DeltaIds { ts_sent: 51, ..last }), Follow::Duplicate);
        assert_eq!(follow(&DeltaIds { ts_sent: 0, ..last }, &ids(2, 9, 1)), Follow::Duplicate);
    }
}
