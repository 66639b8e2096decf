//! The levels of a compact book record: a word each, price as the distance from the first one's, quantity in 32 bits.

use tickring_core::event::Level;

use crate::codec::SlotWords;
use crate::layout::{BOOK_HEAD_WORDS, LEVELS_MAX, RECORD_HEAD_WORDS, SLOT_BODY_WORDS};
use crate::ring::{Record, span_bits};

/// Slots of the levels of a record: their words, the price that they are counted from, and as many zeros as may follow.
const SLOTS: usize = (1 + LEVELS_MAX + SLOT_BODY_WORDS - 1).div_ceil(SLOT_BODY_WORDS);

// The head of a compact book record fills the first slot, so that its levels begin with the second.
const _: () = assert!(RECORD_HEAD_WORDS + BOOK_HEAD_WORDS == SLOT_BODY_WORDS);

/// Words of a record's levels, slot by slot, reused for all.
pub(crate) type LevelWords = [SlotWords; SLOTS];

/// A compact book record.
#[derive(Debug)]
pub(crate) struct BookRecord<'a> {
    /// Words of the first slot.
    head: SlotWords,
    levels: &'a [SlotWords],
}

impl<'a> BookRecord<'a> {
    /// A record with these words before its levels; the first gets the span written into it. `None` if a price or a quantity
    /// does not fit, or the levels are more than a record may have.
    #[inline]
    pub(crate) fn new(head: SlotWords, bids: &[Level], asks: &[Level], room: &'a mut LevelWords) -> Option<Self> {
        let count = bids.len() + asks.len();
        let base = bids.first().or(asks.first()).map_or(0, |level| level.price);
        let words = room.as_flattened_mut();
        let (of_bids, rest) = words.get_mut(1..)?.split_at_mut_checked(bids.len())?;
        let of_asks = rest.get_mut(..asks.len())?;
        let fits = !misfits(pack_all(bids, base, of_bids) | pack_all(asks, base, of_asks));
        if !fits || count > LEVELS_MAX {
            return None;
        }
        // What is left of the last slot is zeros.
        *rest.get_mut(asks.len()..)?.first_chunk_mut()? = [0; SLOT_BODY_WORDS - 1];
        words[0] = base.cast_unsigned();
        let slots = if count == 0 { 0 } else { (1 + count).div_ceil(SLOT_BODY_WORDS) };
        let mut record = Self { head, levels: room.get(..slots)? };
        record.head[0] |= span_bits(record.span());
        Some(record)
    }

    /// Number of its slots.
    #[inline]
    pub(crate) const fn span(&self) -> usize {
        1 + self.levels.len()
    }
}

impl Record for BookRecord<'_> {
    #[inline]
    fn store(&self, mut put: impl FnMut(usize, &[u64])) {
        put(0, &self.head);
        for (offset, body) in (1..).zip(self.levels) {
            put(offset, body);
        }
    }
}

/// Makes a word of each level; gives what tells whether all of them fit. No branch depends on them.
#[inline]
fn pack_all(levels: &[Level], base: i64, words: &mut [u64]) -> u64 {
    levels.iter().zip(words).fold(0, |all, (level, word)| {
        let (packed, rest) = pack(*level, base);
        *word = packed;
        all | rest
    })
}

/// The word of a level, and what tells by [`misfits`] whether the level fits it: of several levels by the OR of theirs.
#[inline]
pub(crate) const fn pack(level: Level, base: i64) -> (u64, u64) {
    let (distance, qty) = (level.price.wrapping_sub(base), level.qty.cast_unsigned());
    // A distance that fits 32 bits with a sign fits them without one when this is added.
    let lifted = distance.wrapping_add(1 << 31).cast_unsigned();
    (distance as u32 as u64 | qty << 32, lifted | qty)
}

/// Whether a level does not fit its word.
#[inline]
pub(crate) const fn misfits(rest: u64) -> bool {
    rest >> 32 != 0
}

/// The level of a word.
#[inline]
pub(crate) const fn unpack(word: u64, base: i64) -> Level {
    let narrow = (word as u32).cast_signed();
    Level { price: base.wrapping_add(narrow as i64), qty: (word >> 32).cast_signed() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: SlotWords = [0, 1, 2, 3, 4, 5, 6];

    fn levels(side: i64, count: usize) -> Vec<Level> {
        (1..=count as i64).map(|number| Level { price: side * number, qty: side.abs() + number }).collect()
    }

    #[test]
    fn slots_hold_the_head_then_bids_then_asks_then_zeros() {
        let (bids, asks) = (levels(-1_000, 128), levels(1_000_000, 128));
        // Full of something else, as after another record.
        let mut room = [[!0; SLOT_BODY_WORDS]; SLOTS];
        for (bid_count, ask_count) in (0..=128).flat_map(|bids| (0..=128 - bids).map(move |asks| (bids, asks))) {
            let levels = [&bids[..bid_count], &asks[..ask_count]].concat();
            let record = BookRecord::new(HEAD, &bids[..bid_count], &asks[..ask_count], &mut room).expect("all fits");
            let span = if levels.is_empty() { 1 } else { 1 + (1 + levels.len()).div_ceil(SLOT_BODY_WORDS) };
            let mut stored = Vec::new();
            record.store(|offset, body| {
                assert_eq!((offset * SLOT_BODY_WORDS, body.len()), (stored.len(), SLOT_BODY_WORDS), "{bid_count} {ask_count}");
                stored.extend_from_slice(body);
            });
            assert_eq!((record.span(), stored.len()), (span, span * SLOT_BODY_WORDS), "{bid_count} {ask_count}");
            assert_eq!(stored[..7], [span_bits(span), 1, 2, 3, 4, 5, 6]);
            let rest = stored[7..].split_first();
            let Some((base, words)) = rest else { continue };
            let read: Vec<_> = words[..levels.len()].iter().map(|word| unpack(*word, base.cast_signed())).collect();
            assert_eq!(read, levels);
            assert!(words[levels.len()..].iter().all(|word| *word == 0), "{bid_count} {ask_count}");
        }
    }

    #[test]
    fn what_does_not_fit_32_bits_has_no_compact_form() {
        let mut room = [[0; SLOT_BODY_WORDS]; SLOTS];
        let mut fits = |bids: &[(i64, i64)], asks: &[(i64, i64)]| {
            let [bids, asks] =
                [bids, asks].map(|side| side.iter().map(|(price, qty)| Level { price: *price, qty: *qty }).collect::<Vec<_>>());
            let levels = [&bids[..], &asks[..]].concat();
            let Some(record) = BookRecord::new(HEAD, &bids, &asks, &mut room) else { return false };
            let words = record.levels.as_flattened();
            assert!(levels.iter().zip(&words[1..]).all(|(level, word)| *level == unpack(*word, words[0].cast_signed())));
            true
        };
        let (far, qty) = (i64::from(i32::MAX), i64::from(u32::MAX));
        assert!(fits(&[(100, qty), (100 + far, 0)], &[(100 - far - 1, 1)]));
        assert!(!fits(&[(100, qty), (101 + far, 0)], &[]));
        assert!(!fits(&[(100, qty)], &[(98 - far, 1)]));
        assert!(!fits(&[(100, qty + 1)], &[]));
        assert!(!fits(&[], &[(100, -1)]));
        assert!(!fits(&[(i64::MIN, 1)], &[(i64::MAX, i64::MIN)]));
        assert!(fits(&[(i64::MIN, 1)], &[(i64::MAX, 1)]), "distances are counted modulo 2^64");
        assert!(!fits(&[(0, 1); 100], &[(0, 1); 29]), "more than a record may have");
    }
}
