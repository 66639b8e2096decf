//! The book in the cases that need thought; random ones are in `book_model.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod book_support;

use book_support::Model;
use tickring_core::book::{Book, Side, Touch};
use tickring_core::event::Level;

/// Book and model side by side.
#[derive(Default)]
struct Both {
    book: Book,
    model: Model,
}

fn levels(pairs: impl IntoIterator<Item = (i64, i64)>) -> Vec<Level> {
    pairs.into_iter().map(|(price, qty)| Level { price, qty }).collect()
}

impl Both {
    fn apply(&mut self, side: Side, pairs: impl IntoIterator<Item = (i64, i64)>) {
        let levels = levels(pairs);
        match side {
            Side::Bid => self.book.apply_all(&levels, &[]),
            Side::Ask => self.book.apply_all(&[], &levels),
        }
        self.model.apply(side, &levels);
        self.assert_equal();
    }

    fn load(&mut self, bids: impl IntoIterator<Item = (i64, i64)>, asks: impl IntoIterator<Item = (i64, i64)>) {
        let (bids, asks) = (levels(bids), levels(asks));
        self.book.load(&bids, &asks);
        self.model = Model::default();
        self.model.apply(Side::Bid, &bids);
        self.model.apply(Side::Ask, &asks);
        self.assert_equal();
    }

    fn assert_equal(&self) {
        self.model.assert_best(&self.book);
        self.model.assert_top(&self.book);
        self.model.assert_equal(&self.book);
    }

    /// A book of 1,000 levels a side with ticks of 10.
    fn usual() -> Self {
        let mut both = Self::default();
        both.load((0..1_000).map(|at| (600_000 - 10 * at, 5 + at)), (1..=1_000).map(|at| (600_000 + 10 * at, 7 + at)));
        both
    }
}

#[test]
fn locked_and_crossed_books_hold_the_same_tick_on_both_sides() {
    let mut both = Both::usual();
    both.apply(Side::Bid, [(600_010, 3)]);
    assert_eq!(both.book.touch(), Touch::Locked);
    both.apply(Side::Bid, [(600_050, 4)]);
    assert_eq!(both.book.touch(), Touch::Crossed);
    both.apply(Side::Ask, [(600_010, 0), (599_990, 9)]);
    both.apply(Side::Ask, [(599_990, 0), (600_020, 0), (600_030, 0), (600_040, 0), (600_050, 0)]);
    assert_eq!(both.book.touch(), Touch::Apart);
}

#[test]
fn the_window_follows_the_price_there_and_back() {
    let mut both = Both::usual();
    for round in 0..6 {
        let (from, to) = if round % 2 == 0 { (600_000, 900_000) } else { (900_000, 600_000) };
        for step in 0..=60 {
            let mid = from + (to - from) / 60 * step;
            both.apply(Side::Ask, (-30..0).map(|at| (mid + 10 * at, 0)));
            both.apply(Side::Bid, (0..30).map(|at| (mid + 10 * at, 0)));
            both.apply(Side::Bid, (1..40).map(|at| (mid - 10 * at, 1 + at)));
            both.apply(Side::Ask, (1..40).map(|at| (mid + 10 * at, 1 + at)));
        }
    }
    assert!(both.book.levels(Side::Bid) > 1_000);
}

#[test]
fn levels_that_are_all_far_from_each_other_stay_in_order() {
    let mut both = Both::default();
    let far = |sign: i64| (0..3_000).map(move |at| (600_000_000 + sign * at * 1_000_003, 1 + at));
    both.load(far(-1), far(1));
    // The best one goes, again and again: each time the next one is out of every window.
    for at in 0..2_500 {
        both.book.apply(Side::Bid, Level { price: 600_000_000 - at * 1_000_003, qty: 0 });
        both.model.apply(Side::Bid, &levels([(600_000_000 - at * 1_000_003, 0)]));
        both.model.assert_best(&both.book);
    }
    both.assert_equal();
}

#[test]
fn a_book_whose_window_holds_few_levels_has_its_best_ones_in_order() {
    const BEST: i64 = 600_000_000;
    // Ticks of 10, but levels 10,000 of them apart: more than a window. Ten that it follows keep it where it is.
    let bid = |at: i64| BEST - 100_000 * at - 10 * (at * 7 % 13);
    let mut both = Both::default();
    both.load(
        (0..3_000).map(|at| (bid(at), 5 + at)).chain((0..10).map(|at| (BEST + 20 * (at - 10), 3))),
        [(BEST + 10, 1), (BEST + 20, 1)],
    );
    // Others, between and below them; quantities that no cell holds.
    both.apply(Side::Bid, (0..80).map(|at| (bid(at), 1_000_000 + at)));
    both.apply(Side::Bid, (0..80).map(|at| (bid(at) - 50_000, 1 << (20 + at % 20))));
    both.apply(Side::Bid, (0..200).map(|at| (bid(2_000 + at), at % 3)));
    // The best go, until those that were known have gone; more come than are kept.
    for round in 0..20 {
        both.apply(Side::Bid, (0..40).flat_map(|at| [(bid(40 * round + at), 0), (bid(40 * round + at) - 50_000, 0)]));
        both.apply(Side::Bid, [(bid(40 * round + 41) + 20, 9)]);
    }
    both.apply(Side::Bid, (0..700).map(|at| (bid(820) - 10 * 137 * at, 2 + at)));
    // The price leaves the window and comes back.
    both.apply(Side::Ask, [(BEST + 10, 0), (BEST + 20, 0), (BEST + 3_000_010, 4)]);
    both.apply(Side::Bid, (0..30).map(|at| (BEST + 3_000_000 - 110_000 * at, 7)));
    both.apply(Side::Bid, (0..300).map(|at| (bid(2_500 + at), 7 * at)));
    let mut copy = Book::new();
    copy.clone_from(&both.book);
    both.book = copy;
    both.apply(Side::Bid, (0..30).map(|at| (BEST + 3_000_000 - 110_000 * at, 0)));
    both.book.clear();
    both.model = Model::default();
    both.apply(Side::Bid, (0..200).map(|at| (bid(at), 1)));
}

#[test]
fn quantities_beyond_a_cell_are_kept_exactly() {
    let mut both = Both::usual();
    let limit = i64::from(u32::MAX);
    for qty in [limit - 2, limit - 1, limit, limit + 1, i64::MAX, 1, 0, i64::MIN, -1, limit, 0] {
        both.apply(Side::Bid, [(599_990, qty), (100_000, qty), (-600_000, qty)]);
        both.apply(Side::Ask, [(600_010, qty), (3_000_000, qty), (i64::MAX, qty)]);
    }
    // Lots of 100 first, then finer ones.
    both.load([(10, 100), (9, 300), (8, 50_000)], [(11, 700)]);
    both.apply(Side::Bid, (0..200).map(|at| (5 + at % 5, 1 + at)));
}

#[test]
fn a_finer_or_coarser_tick_is_learnt_while_the_book_serves() {
    let mut both = Both::usual();
    for tick in [5, 1, 10, 50, 3, 10] {
        for round in 0..60 {
            both.apply(Side::Bid, (0..60).map(|at| (600_000 - tick * at, 1 + (at + round) % 7)));
            both.apply(Side::Ask, (0..60).map(|at| (600_007 + tick * at, (at + round) % 7)));
        }
    }
}

#[test]
fn prices_at_the_ends_of_64_bits_are_prices() {
    for (bid, ask) in [(i64::MAX - 9, i64::MAX), (i64::MIN, i64::MIN + 9), (i64::MIN, i64::MAX), (-1, 0)] {
        let mut both = Both::default();
        both.apply(Side::Bid, [(bid, 5)]);
        both.apply(Side::Ask, [(ask, 6)]);
        both.apply(Side::Bid, (0..300).map(|at| (bid.saturating_add(at % 7), at % 3)));
        both.apply(Side::Ask, (0..300).map(|at| (ask.saturating_sub(at % 7), at % 3)));
        both.apply(Side::Bid, [(i64::MAX, 1), (i64::MIN, 2), (0, 3), (-1, 4)]);
        both.apply(Side::Ask, [(i64::MAX, 1), (i64::MIN, 2), (0, 3), (-1, 4)]);
        both.apply(Side::Bid, [(i64::MAX, 0), (i64::MIN, 0)]);
    }
}

#[test]
fn a_cleared_book_begins_anew() {
    let mut both = Both::usual();
    both.apply(Side::Bid, [(1, 1), (i64::MAX, 2), (599_990, i64::MAX)]);
    both.book.clear();
    both.model = Model::default();
    assert!(both.book.is_empty());
    both.assert_equal();
    both.apply(Side::Bid, [(599_990, 5), (1, 0), (100_000, 3)]);
    both.load([], [(5, 5)]);
    both.load([], []);
    both.apply(Side::Ask, [(7, 0)]);
    both.apply(Side::Ask, [(7, 7)]);
}

#[test]
fn a_loaded_book_may_come_in_any_order_and_say_a_price_twice() {
    let mut both = Both::default();
    let scattered = |sign: i64| (0..5_000_i64).map(move |at| (600_000 + sign * (at * 7_919 % 4_001) * 10, at % 9));
    both.load(scattered(-1), scattered(1));
    let ascending: Vec<_> = both.model.bids.iter().map(|(price, qty)| (*price, *qty)).collect();
    both.load(ascending.clone(), scattered(1));
    both.load(ascending.into_iter().rev(), scattered(1));
}

#[test]
fn a_copy_into_a_used_book_is_equal() {
    let mut other = Both::usual();
    other.apply(Side::Bid, [(1, 1), (3, i64::MAX), (i64::MIN, 2)]);
    for used in [Both::default(), Both::usual()] {
        let mut book = used.book;
        book.apply_all(&levels([(3, 3), (600_000 - 5, 1)]), &[]);
        book.clone_from(&other.book);
        assert_eq!(book, other.book);
        book.apply_all(&levels([(1, 0), (599_980, 0)]), &[]);
        assert_ne!(book, other.book);
    }
    other.assert_equal();
}

#[test]
fn a_million_levels_a_side_are_loaded_and_taken_away() {
    const COUNT: i64 = 1 << 20;
    // Some in the window and on pages, most far beyond, a few on no tick.
    let price = |at: i64| if at % 1_000 == 999 { at * 50 + 1 } else { at * 50 };
    let mut both = Both::default();
    both.load((0..COUNT).map(|at| (price(at), 1 + at)).rev(), (0..COUNT).map(|at| (price(at + COUNT), 1 + at)));
    assert_eq!(both.book.levels(Side::Bid), 1 << 20);
    for at in (0..COUNT).rev().step_by(64).take(9_000) {
        let gone = levels((0..64).map(|back| (price(at - back), 0)));
        both.book.apply_all(&gone, &[]);
        both.model.apply(Side::Bid, &gone);
        both.model.assert_best(&both.book);
    }
    both.assert_equal();
}

#[test]
fn rescaled_books_hold_the_multiples() {
    let mut both = Both::usual();
    both.apply(Side::Bid, [(3, 3), (599_995, i64::from(u32::MAX) + 7)]);
    assert!(both.book.fits(1_000, 100) && !both.book.fits(i64::MAX / 1_000, 1));
    both.book.rescale(1_000, 100);
    let scaled =
        |held: &std::collections::BTreeMap<i64, i64>| held.iter().map(|(price, qty)| (price * 1_000, qty * 100)).collect();
    both.model = Model { bids: scaled(&both.model.bids), asks: scaled(&both.model.asks) };
    both.assert_equal();
    both.apply(Side::Bid, [(599_999_500, 1), (600_000_000, 0)]);
}
