//! What readers are told when a proven book takes the place of the one that they hold: the levels that differ, where these are fewer
//! than all of it.

use crate::book::{Book, Side};
use crate::event::Level;

/// Finds the levels that bring one book to another: absolute quantities, 0 removes; best first, so that they do not tell where in memory
/// a level lies. `false`, and nothing of use, once they are not fewer than so many.
pub(super) fn find(old: &Book, new: &Book, fewer_than: usize, bids: &mut Vec<Level>, asks: &mut Vec<Level>) -> bool {
    bids.clear();
    asks.clear();
    let few = differ(old, new, Side::Bid, fewer_than, bids) && differ(old, new, Side::Ask, fewer_than - bids.len(), asks);
    bids.sort_unstable_by_key(|level| std::cmp::Reverse(level.price));
    asks.sort_unstable_by_key(|level| level.price);
    few
}

/// One side, in any order.
fn differ(old: &Book, new: &Book, side: Side, fewer_than: usize, out: &mut Vec<Level>) -> bool {
    let gone = old.unsorted(side).filter(|level| new.qty(side, level.price) == 0).map(|level| Level { qty: 0, ..level });
    let come = new.unsorted(side).filter(|level| old.qty(side, level.price) != level.qty);
    out.extend(gone.chain(come).take(fewer_than));
    out.len() < fewer_than
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Levels = BTreeMap<i64, i64>;

    fn book(bids: &Levels, asks: &Levels) -> Book {
        let levels = |side: &Levels| side.iter().map(|(price, qty)| Level { price: *price, qty: *qty }).collect::<Vec<_>>();
        let mut book = Book::default();
        book.load(&levels(bids), &levels(asks));
        book
    }

    /// Near prices, far ones, and some that are no tick of the others.
    fn side() -> impl Strategy<Value = Levels> {
        let price = prop_oneof![6 => (0i64..40).prop_map(|tick| 1_000 + 10 * tick), 2 => 0i64..2_000_000, 1 => 1_000i64..1_400];
        prop::collection::btree_map(price, 1i64..4, 0..60)
    }

    proptest! {
        #[test]
        fn the_difference_makes_the_new_book_of_the_old_and_holds_no_level_that_is_the_same(
            old in (side(), side()), new in (side(), side()), limit in 0usize..200,
        ) {
            let (mut from, to) = (book(&old.0, &old.1), book(&new.0, &new.1));
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            prop_assert!(find(&from, &to, usize::MAX, &mut bids, &mut asks));
            for (before, after, levels) in [(&old.0, &new.0, &bids), (&old.1, &new.1, &asks)] {
                let differ = before.keys().chain(after.keys()).filter(|price| before.get(price) != after.get(price));
                let expected: Levels = differ.map(|price| (*price, after.get(price).copied().unwrap_or(0))).collect();
                let found: Levels = levels.iter().map(|level| (level.price, level.qty)).collect();
                prop_assert_eq!(levels.len(), found.len(), "no price twice");
                prop_assert_eq!(found, expected);
            }
            prop_assert!(bids.is_sorted_by_key(|level| -level.price) && asks.is_sorted_by_key(|level| level.price));
            from.apply_all(&bids, &asks);
            prop_assert!(from == to);
            prop_assert_eq!(from.hash(), to.hash());
            let count = bids.len() + asks.len();
            prop_assert_eq!(find(&book(&old.0, &old.1), &to, limit, &mut bids, &mut asks), count < limit);
        }
    }
}
