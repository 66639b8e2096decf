//! Binance USDT-M futures: frames, and the rule by which a delta follows the book.
//!
//! Rule: "How to manage a local order book correctly", the venue's derivatives document, read 2026-05-28. Step numbers are
//! the venue's. Ids are sparse: they count updates of all instruments, so only `pu` links deltas.

use super::binance::{self, Dialect};
use super::{DeltaIds, Follow, Join, Message, Reject};

/// See [`super::VenueId::parse_frame`].
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    binance::parse_frame(Dialect { has_prev: true }, frame)
}

/// Last id before the delta's range; frames without `pu` do not parse, so the fallback is never used on real ones.
const fn before(delta: &DeltaIds) -> u64 {
    match delta.prev {
        Some(prev) => prev,
        None => delta.first.saturating_sub(1),
    }
}

/// Steps 3 and 4: drop deltas with `u < L`; the first applied has `U <= L <= u`.
///
/// A delta holds every change of this book in `pu + 1 ..= u`, as absolute quantities. So it may be applied to any snapshot with
/// `pu <= L <= u`, of which the venue's condition is the common case; `pu > L` means that the snapshot is too old.
pub const fn join(snapshot_id: u64, delta: &DeltaIds) -> Join {
    if delta.last < snapshot_id {
        Join::Older
    } else if before(delta) <= snapshot_id {
        Join::Apply
    } else {
        Join::SnapshotTooOld
    }
}

/// Step 5: `pu` is the `u` of the delta before, else go back to step 2. `U` says nothing here.
///
/// `pu` below the last id and `u` above it overlaps the book: absolute quantities make it complete, so it applies. Old ids in
/// a delta that was *sent later* than the last one are no repetition: the venue has restarted its numbering.
pub const fn follow(last: &DeltaIds, delta: &DeltaIds) -> Follow {
    if delta.last <= last.last {
        let restarted = delta.last < last.last && last.ts_sent != 0 && delta.ts_sent > last.ts_sent;
        return if restarted { Follow::Rollback } else { Follow::Duplicate };
    }
    let before = before(delta);
    if before <= last.last { Follow::Apply } else { Follow::Gap { first: last.last + 1, last: before } }
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
    fn a_repetition_is_counted_and_a_restart_told() {
        let last = DeltaIds { ts_sent: 50, ..ids(165, 170, 162) };
        assert_eq!(follow(&last, &last), Follow::Duplicate);
        assert_eq!(follow(&last, &DeltaIds { ts_sent: 51, ..ids(2, 9, 1) }), Follow::Rollback);
    }
}
