use super::*;

fn ids(first: u64, last: u64) -> DeltaIds {
    DeltaIds { first, last, prev: None, ts_sent: last }
}

fn levels(count: usize) -> Vec<Level> {
    vec![Level { price: 1, qty: 2 }; count]
}

#[test]
fn the_buffer_is_bounded_by_count() {
    let mut buffer = Buffer::default();
    for id in 0..BUFFERED_DELTAS_MAX as u64 {
        assert!(buffer.push(ids(id, id), 0, 0, &[], &[]));
    }
    assert!(!buffer.push(ids(9, 9), 0, 0, &[], &[]));
    assert_eq!(buffer.span(), Some((0, BUFFERED_DELTAS_MAX as u64 - 1)));
    buffer.clear();
    assert_eq!(buffer.span(), None);
    assert!(buffer.push(ids(9, 9), 0, 0, &[], &[]));
}

#[test]
fn the_buffer_is_bounded_by_bytes() {
    let mut buffer = Buffer::default();
    let quarter = levels(BUFFERED_LEVELS_MAX / 4);
    for id in 0..2 {
        assert!(buffer.push(ids(id, id), 0, 0, &quarter, &quarter));
    }
    assert!(!buffer.push(ids(2, 2), 0, 0, &levels(1), &[]));
    assert_eq!(buffer.deltas().len(), 2);
    buffer.clear();
    assert!(buffer.push(ids(3, 3), 0, 0, &levels(BUFFERED_LEVELS_MAX), &[]), "an empty buffer takes the largest delta allowed");
}

#[test]
fn dropping_the_oldest_keeps_the_levels_of_the_rest() {
    let mut buffer = Buffer::default();
    for id in 1..=3 {
        let level = Level { price: id, qty: id };
        assert!(buffer.push(ids(id.unsigned_abs(), id.unsigned_abs()), 0, 0, &[level], &[level, level]));
    }
    buffer.drop_oldest(2);
    let [delta] = buffer.deltas() else { panic!("one delta is left") };
    let (bids, asks) = buffer.levels(delta);
    assert_eq!((bids.len(), asks.len(), bids[0].price), (1, 2, 3));
    buffer.drop_oldest(1);
    assert!(buffer.deltas().is_empty());
}

/// The trace of venues/binance-spot.md §5, steps 3 and 4.
#[test]
fn a_snapshot_drops_what_it_contains_and_joins_the_first_survivor() {
    let mut sync = Sync::default();
    for (first, last) in [(101, 105), (106, 110), (111, 112)] {
        assert!(sync.buffer.push(ids(first, last), 0, 0, &[], &[]));
    }
    let fit = |id| sync.fit(VenueId::BinanceSpot, id);
    assert_eq!(fit(99), Fit::TooOld);
    assert_eq!(fit(100), Fit::Joins { older: 0 });
    assert_eq!(fit(105), Fit::Joins { older: 1 });
    assert_eq!(fit(107), Fit::Joins { older: 1 });
    assert_eq!(fit(200), Fit::Joins { older: 3 });
}
