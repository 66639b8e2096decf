//! A proven book in place of the one that readers have: told by the levels that differ, where these are fewer than all of it.

use super::Machine;
use crate::book::{Book, Side};
use crate::event::Level;

/// Levels that bring one book to another: absolute quantities, 0 removes.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
    /// A side of the old and of the new book, best first.
    old: Vec<Level>,
    new: Vec<Level>,
}

impl Difference {
    /// Finds what differs; `false`, and nothing of use, once it is not less than so many levels.
    pub(super) fn find(&mut self, old: &Book, new: &Book, less_than: usize) -> bool {
        let Self { bids, asks, old: old_side, new: new_side } = self;
        bids.clear();
        asks.clear();
        for (side, out) in [(Side::Bid, &mut *bids), (Side::Ask, &mut *asks)] {
            old.copy_to(side, old_side);
            new.copy_to(side, new_side);
            let is_better = |a: &Level, b: &Level| if side == Side::Bid { a.price > b.price } else { a.price < b.price };
            differ(old_side, new_side, is_better, out);
        }
        bids.len() + asks.len() < less_than
    }
}

/// One side: both sorted best first.
fn differ(old: &[Level], new: &[Level], is_better: impl Fn(&Level, &Level) -> bool, out: &mut Vec<Level>) {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return,
            (Some(gone), next) if next.is_none_or(|next| is_better(gone, next)) => {
                out.push(Level { qty: 0, ..**gone });
                old.next();
            }
            (had, Some(level)) => {
                let same_price = had.is_some_and(|had| had.price == level.price);
                if had.is_none_or(|had| *had != *level) {
                    out.push(**level);
                }
                new.next();
                if same_price {
                    old.next();
                }
            }
            (Some(_), None) => return,
        }
    }
}

impl Machine {
    /// Whether readers can be told of the new book, proven up to `update_id`, by what differs from the one that serves: they have that one,
    /// and its ids do not go back. What differs is then in the scratch memory. `levels` is what a whole book with the changes behind it takes.
    pub(super) fn differs_less(&mut self, slot: u32, book: &Book, update_id: u64, levels: usize) -> bool {
        let Self { entries, scratch, .. } = self;
        let entry = &entries[slot as usize];
        let held = entry.counters.last_update_id;
        held != 0 && update_id >= held && !entry.book.is_empty() && scratch.difference.find(&entry.book, book, levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn book(bids: &BTreeMap<i64, i64>, asks: &BTreeMap<i64, i64>) -> Book {
        let levels = |side: &BTreeMap<i64, i64>| side.iter().map(|(price, qty)| Level { price: *price, qty: *qty }).collect::<Vec<_>>();
        let mut book = Book::default();
        book.load(&levels(bids), &levels(asks));
        book
    }

    fn side() -> impl Strategy<Value = BTreeMap<i64, i64>> {
        prop::collection::btree_map(0i64..40, 1i64..4, 0..30)
    }

    proptest! {
        #[test]
        fn the_difference_makes_the_new_book_of_the_old_and_holds_no_level_that_is_the_same(
            old in (side(), side()), new in (side(), side()),
        ) {
            let (mut from, to) = (book(&old.0, &old.1), book(&new.0, &new.1));
            let mut difference = Difference::default();
            prop_assert!(difference.find(&from, &to, usize::MAX));
            for (side, levels) in [(&old.0, &difference.bids), (&old.1, &difference.asks)] {
                for level in levels {
                    prop_assert!(side.get(&level.price).copied().unwrap_or(0) != level.qty, "it changes something");
                }
            }
            from.apply_all(&difference.bids, &difference.asks);
            let levels = |book: &Book| (book.bids().collect::<Vec<_>>(), book.asks().collect::<Vec<_>>());
            prop_assert_eq!(levels(&from), levels(&to));
            prop_assert_eq!(from.hash(), to.hash());
        }
    }
}
