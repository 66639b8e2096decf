//! Sequence rules: whatever is lost, repeated or reordered, a book that takes what the rule applies misses nothing silently.

mod parse_support;

use std::collections::BTreeSet;

use parse_support::{SPOT, USDM};
use proptest::prelude::*;
use tickring_core::venue::{DeltaIds, Follow, Join, VenueId};

/// Deltas of a venue: spot numbers its updates without holes; USDT-M leaves holes before and inside them, and links by `pu`.
fn deltas(venue: VenueId, shapes: &[(u64, u64)]) -> Vec<DeltaIds> {
    let mut before = 100;
    let mut made = Vec::new();
    for (index, &(hole, length)) in shapes.iter().enumerate() {
        let first = if venue == SPOT { before + 1 } else { before + 1 + hole };
        let last = first + length;
        let prev = (venue == USDM).then_some(before);
        made.push(DeltaIds { first, last, prev, ts_sent: 1 + index as u64 });
        before = last;
    }
    made
}

/// Ids that a delta accounts for: all after the delta before.
fn covered(delta: &DeltaIds) -> std::ops::RangeInclusive<u64> {
    delta.prev.map_or(delta.first, |prev| prev + 1)..=delta.last
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_gap_names_exactly_what_is_missing(
        shapes in prop::collection::vec((0_u64..5, 0_u64..5), 1..20),
        arrivals in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        for venue in [SPOT, USDM] {
            let sent = deltas(venue, &shapes);
            let mut last = DeltaIds { first: 100, last: 100, prev: None, ts_sent: 0 };
            // Everything up to `last`, by application or by a gap that was reported.
            let mut known: BTreeSet<u64> = BTreeSet::new();
            for delta in arrivals.iter().map(|arrival| arrival.get(&sent)) {
                match venue.follow(&last, delta) {
                    Follow::Apply => {}
                    Follow::Gap { first, last: to } => {
                        prop_assert_eq!((first, to), (last.last + 1, covered(delta).start() - 1));
                        known.extend(first..=to);
                    }
                    // Sent earlier than what was applied, so never taken for restarted ids.
                    Follow::Duplicate => {
                        prop_assert!(delta.last <= last.last);
                        continue;
                    }
                    Follow::Rollback => prop_assert!(false, "{:?} after {:?}", delta, last),
                }
                known.extend(covered(delta));
                last = *delta;
                prop_assert!((101..=last.last).all(|id| known.contains(&id)), "silent hole before {:?}", delta);
            }
        }
    }

    #[test]
    fn the_first_delta_that_joins_a_snapshot_holds_all_that_the_snapshot_lacks(
        shapes in prop::collection::vec((0_u64..5, 0_u64..5), 1..20),
        first_received in 0_usize..20,
        snapshot_id in 95_u64..200,
    ) {
        for venue in [SPOT, USDM] {
            let sent = deltas(venue, &shapes);
            let queued = sent.get(first_received..).unwrap_or_default();
            let oldest = queued.iter().find(|delta| venue.join(snapshot_id, delta) != Join::Older);
            for older in queued.iter().take_while(|delta| venue.join(snapshot_id, delta) == Join::Older) {
                prop_assert!(older.last <= snapshot_id, "{:?} would be lost", older);
            }
            let Some(delta) = oldest else { continue };
            let complete = *covered(delta).start() <= snapshot_id + 1;
            let expected = if complete { Join::Apply } else { Join::SnapshotTooOld };
            prop_assert_eq!(venue.join(snapshot_id, delta), expected);
        }
    }

    #[test]
    fn any_ids_get_a_verdict_without_panic(
        ids in prop::array::uniform6(prop_oneof![any::<u64>(), 0_u64..4, u64::MAX - 3..=u64::MAX]),
        linked in any::<bool>(),
        times in any::<(u64, u64)>(),
    ) {
        let delta = |at: usize, ts_sent| {
            let (first, last) = (ids[at].min(ids[at + 1]), ids[at].max(ids[at + 1]));
            DeltaIds { first, last, prev: linked.then_some(ids[at + 2].min(last)), ts_sent }
        };
        for venue in [SPOT, USDM] {
            if let Follow::Gap { first, last } = venue.follow(&delta(0, times.0), &delta(3, times.1)) {
                prop_assert!(first <= last);
            }
            let _ = venue.join(ids[0], &delta(3, times.1));
        }
    }
}
