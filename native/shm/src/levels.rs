//! The levels of a book record, from the message straight into the slots: seven levels fill two slots.

use tickring_core::event::Level;

use crate::codec::SlotWords;
use crate::layout::{BOOK_HEAD_WORDS, RECORD_HEAD_WORDS, SLOT_BODY_WORDS};
use crate::ring::{Record, span_bits};

/// Levels that fill [`UNIT_SLOTS`] slots.
const UNIT: usize = 7;
/// Slots that [`UNIT`] levels fill.
const UNIT_SLOTS: usize = 2;

// The head of a compact book record fills the first slot, so that the levels begin with the second.
const _: () = assert!(RECORD_HEAD_WORDS + BOOK_HEAD_WORDS == SLOT_BODY_WORDS && 2 * UNIT == UNIT_SLOTS * SLOT_BODY_WORDS);

/// A compact book record.
#[derive(Debug)]
pub(crate) struct BookRecord<'a> {
    /// Words of the first slot.
    head: SlotWords,
    bids: &'a [Level],
    asks: &'a [Level],
}

impl<'a> BookRecord<'a> {
    /// A record with these words before its levels; the first gets the span written into it.
    #[inline]
    pub(crate) fn new(head: SlotWords, bids: &'a [Level], asks: &'a [Level]) -> Self {
        let mut record = Self { head, bids, asks };
        record.head[0] |= span_bits(record.span());
        record
    }

    /// Number of its slots.
    #[inline]
    pub(crate) const fn span(&self) -> usize {
        1 + (2 * (self.bids.len() + self.asks.len())).div_ceil(SLOT_BODY_WORDS)
    }
}

impl Record for BookRecord<'_> {
    /// Whole slots each, the end of the last one filled with zeros.
    ///
    /// Lengths of messages are hard to predict, so that the less depends on them, the better: where a side ends within a slot,
    /// the levels around that end are taken from a copy at a place that follows from the length, without a loop.
    #[inline]
    fn store(&self, mut put: impl FnMut(usize, &[u64])) {
        let (put, bids, asks) = (&mut put, self.bids, self.asks);
        put(0, &self.head);
        let (units, rest) = bids.as_chunks();
        let offset = put_units(put, 1, units);
        let (joint, asks_used) = (around(bids, asks), UNIT - rest.len());
        let joint = unit_at(&joint, asks_used);
        let Some(asks_left) = asks.get(asks_used..) else {
            return put_part(put, offset, joint, rest.len() + asks.len());
        };
        let offset = put_units(put, offset, &[*joint]);
        let (units, rest) = asks_left.as_chunks();
        let offset = put_units(put, offset, units);
        put_part(put, offset, unit_at(&around(asks, &[]), UNIT - rest.len()), rest.len());
    }
}

/// Stores units from a slot on; gives the slot behind them.
#[inline]
fn put_units(put: &mut impl FnMut(usize, &[u64]), offset: usize, units: &[[Level; UNIT]]) -> usize {
    let mut offset = offset;
    for unit in units {
        put(offset, &first_body(unit));
        put(offset + 1, &second_body(unit));
        offset += UNIT_SLOTS;
    }
    offset
}

/// Stores the slots that the first `count` levels of a unit touch.
#[inline]
fn put_part(put: &mut impl FnMut(usize, &[u64]), offset: usize, unit: &[Level; UNIT], count: usize) {
    if count > 0 {
        put(offset, &first_body(unit));
    }
    if 2 * count > SLOT_BODY_WORDS {
        put(offset + 1, &second_body(unit));
    }
}

/// What a unit gives to the first of its slots. One slot after the other is made and stored: more words than that have no place
/// in registers.
#[inline]
fn first_body(unit: &[Level; UNIT]) -> SlotWords {
    let [a, b, c, d, ..] = unit.map(words);
    [a[0], a[1], b[0], b[1], c[0], c[1], d[0]]
}

/// What a unit gives to the second of its slots.
#[inline]
fn second_body(unit: &[Level; UNIT]) -> SlotWords {
    let [.., d, e, f, g] = unit.map(words);
    [d[1], e[0], e[1], f[0], f[1], g[0], g[1]]
}

#[inline]
fn words(level: Level) -> [u64; 2] {
    [level.price.cast_unsigned(), level.qty.cast_unsigned()]
}

/// The last levels before a place and the first ones behind it, a unit each; zeros where there are fewer.
#[inline]
fn around(before: &[Level], behind: &[Level]) -> [Level; 2 * UNIT] {
    let mut levels = [Level::default(); 2 * UNIT];
    let (last, first) = levels.split_at_mut(UNIT);
    match before.last_chunk::<UNIT>() {
        Some(unit) => last.copy_from_slice(unit),
        None => last[UNIT - before.len()..].copy_from_slice(before),
    }
    match behind.first_chunk::<UNIT>() {
        Some(unit) => first.copy_from_slice(unit),
        None => first[..behind.len()].copy_from_slice(behind),
    }
    levels
}

#[inline]
fn unit_at(levels: &[Level; 2 * UNIT], from: usize) -> &[Level; UNIT] {
    levels[from..from + UNIT].as_array().expect("invariant: a slice of UNIT levels")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(side: i64, count: usize) -> Vec<Level> {
        (1..=count as i64).map(|number| Level { price: side * number, qty: -side * number }).collect()
    }

    #[test]
    fn slots_hold_the_head_then_bids_then_asks_then_zeros() {
        let (bids, asks) = (levels(1_000, 128), levels(1_000_000, 128));
        for (bid_count, ask_count) in (0..=128).flat_map(|bids| (0..=128 - bids).map(move |asks| (bids, asks))) {
            let (bids, asks) = (&bids[..bid_count], &asks[..ask_count]);
            let record = BookRecord::new([0, 1, 2, 3, 4, 5, 6], bids, asks);
            let span = 1 + (2 * (bid_count + ask_count)).div_ceil(SLOT_BODY_WORDS);
            let mut stored = Vec::new();
            record.store(|offset, body| {
                assert_eq!((offset * SLOT_BODY_WORDS, body.len()), (stored.len(), SLOT_BODY_WORDS), "{bid_count} {ask_count}");
                stored.extend_from_slice(body);
            });
            let mut expected = vec![span_bits(span), 1, 2, 3, 4, 5, 6];
            expected.extend(bids.iter().chain(asks).copied().flat_map(words));
            expected.resize(span * SLOT_BODY_WORDS, 0);
            assert_eq!((record.span(), stored), (span, expected), "{bid_count} {ask_count}");
        }
    }
}
