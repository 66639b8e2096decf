//! The reader's side of a book: full depth, fed by whole changes.
//!
//! Two sorted vectors, best level last: most changes are near the top, so few levels move. Rejected: a tree (allocates per
//! level, slow to walk for snapshots), the engine's ladder (built for one instrument a cache line, not for thousands).

use std::cmp::Ordering;

use tickring_core::event::Level;

/// Levels of one instrument and the venue's update id that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) last_update_id: u64,
    /// Ascending prices.
    bids: Vec<Level>,
    /// Descending prices.
    asks: Vec<Level>,
}

impl Book {
    /// Replaces everything. Levels may come in any order; of a price that stands there twice the last one counts.
    pub(crate) fn load(&mut self, last_update_id: u64, bids: &[Level], asks: &[Level]) {
        self.last_update_id = last_update_id;
        load_side(&mut self.bids, bids, |a, b| a.cmp(&b));
        load_side(&mut self.asks, asks, |a, b| b.cmp(&a));
    }

    /// Applies absolute quantities; 0 removes a level.
    pub(crate) fn apply(&mut self, last_update_id: u64, bids: &[Level], asks: &[Level]) {
        self.last_update_id = last_update_id;
        for level in bids {
            set(&mut self.bids, *level, |a, b| a.cmp(&b));
        }
        for level in asks {
            set(&mut self.asks, *level, |a, b| b.cmp(&a));
        }
    }

    /// Converts to finer exponents. Returns false, and leaves the book useless, when a mantissa would not fit.
    pub(crate) fn rescale(&mut self, price_digits: u32, qty_digits: u32) -> bool {
        let (Some(price), Some(qty)) = (10_i64.checked_pow(price_digits), 10_i64.checked_pow(qty_digits)) else {
            return self.bids.is_empty() && self.asks.is_empty();
        };
        self.bids.iter_mut().chain(&mut self.asks).all(|level| {
            match (level.price.checked_mul(price), level.qty.checked_mul(qty)) {
                (Some(price), Some(qty)) => {
                    *level = Level { price, qty };
                    true
                }
                _ => false,
            }
        })
    }

    /// Copies both sides best first; the vectors are cleared before.
    pub(crate) fn copy_best_first(&self, bids: &mut Vec<Level>, asks: &mut Vec<Level>) {
        for (side, out) in [(&self.bids, bids), (&self.asks, asks)] {
            out.clear();
            out.extend(side.iter().rev());
        }
    }

    /// Whether it holds exactly these levels, given best first without zeros or repeats.
    pub(crate) fn equals(&self, bids: &[Level], asks: &[Level]) -> bool {
        self.bids.iter().rev().eq(bids) && self.asks.iter().rev().eq(asks)
    }
}

fn load_side(side: &mut Vec<Level>, levels: &[Level], order: impl Fn(i64, i64) -> Ordering) {
    side.clear();
    if levels.windows(2).all(|pair| order(pair[1].price, pair[0].price).is_lt()) {
        side.extend(levels.iter().rev().filter(|level| level.qty != 0));
    } else {
        for level in levels {
            set(side, *level, &order);
        }
    }
}

fn set(side: &mut Vec<Level>, level: Level, order: impl Fn(i64, i64) -> Ordering) {
    match (side.binary_search_by(|held| order(held.price, level.price)), level.qty) {
        (Ok(index), 0) => {
            side.remove(index);
        }
        (Ok(index), qty) => side[index].qty = qty,
        (Err(_), 0) => {}
        (Err(index), _) => side.insert(index, level),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn levels(pairs: &[(i64, i64)]) -> Vec<Level> {
        pairs.iter().map(|&(price, qty)| Level { price, qty }).collect()
    }

    proptest! {
        #[test]
        fn book_equals_a_sorted_map_after_any_changes(
            snapshot in prop::collection::vec((1..60_i64, 0..4_i64), 0..40),
            changes in prop::collection::vec((1..60_i64, 0..4_i64), 0..200),
        ) {
            let mut book = Book::default();
            book.load(1, &levels(&snapshot), &levels(&snapshot));
            let mut map = BTreeMap::new();
            for &(price, qty) in snapshot.iter().chain(&changes) {
                if qty == 0 { map.remove(&price); } else { map.insert(price, qty); }
            }
            book.apply(2, &levels(&changes), &levels(&changes));
            let asks: Vec<_> = map.iter().map(|(&price, &qty)| Level { price, qty }).collect();
            let bids: Vec<_> = asks.iter().rev().copied().collect();
            prop_assert!(book.equals(&bids, &asks));
            let (mut copied_bids, mut copied_asks) = (Vec::new(), Vec::new());
            book.copy_best_first(&mut copied_bids, &mut copied_asks);
            prop_assert_eq!((copied_bids, copied_asks), (bids, asks));
        }
    }

    #[test]
    fn rescaling_is_exact_or_refused() {
        let mut book = Book::default();
        book.load(1, &levels(&[(5, 7)]), &levels(&[(6, 8)]));
        assert!(book.rescale(2, 1));
        assert!(book.equals(&levels(&[(500, 70)]), &levels(&[(600, 80)])));
        assert!(!book.rescale(18, 0));
        assert!(!book.rescale(40, 0));
    }
}
