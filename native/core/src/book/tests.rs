use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn level(price: i64, qty: i64) -> Level {
    Level { price, qty }
}

fn loaded(bids: &[Level], asks: &[Level]) -> Book {
    let mut book = Book::new();
    book.load(bids, asks);
    book
}

#[test]
fn best_levels_come_first_on_both_sides() {
    let book = loaded(&[level(10, 1), level(12, 2), level(11, 3)], &[level(15, 4), level(13, 5)]);
    assert_eq!(book.bids().map(|held| held.price).collect::<Vec<_>>(), [12, 11, 10]);
    assert_eq!(book.asks().map(|held| held.price).collect::<Vec<_>>(), [13, 15]);
    assert_eq!((book.best_bid(), book.best_ask()), (Some(level(12, 2)), Some(level(13, 5))));
    assert_eq!((book.levels(Side::Bid), book.levels(Side::Ask)), (3, 2));
}

#[test]
fn removing_an_unknown_level_changes_nothing() {
    let mut book = loaded(&[level(10, 1)], &[]);
    book.apply(Side::Bid, level(9, 0));
    book.apply(Side::Ask, level(10, 0));
    assert_eq!(book, loaded(&[level(10, 1)], &[]));
}

#[test]
fn a_loaded_price_given_twice_keeps_its_last_quantity() {
    let book = loaded(&[level(10, 1), level(10, 7), level(9, 2), level(9, 0)], &[]);
    assert_eq!(book.bids().collect::<Vec<_>>(), [level(10, 7)]);
}

#[test]
fn locked_and_crossed_books_are_held_as_they_are() {
    assert_eq!(loaded(&[level(10, 1)], &[level(10, 1)]).touch(), Touch::Locked);
    assert_eq!(loaded(&[level(11, 1)], &[level(10, 1)]).touch(), Touch::Crossed);
    assert_eq!(loaded(&[level(9, 1)], &[level(10, 1)]).touch(), Touch::Apart);
    assert_eq!(loaded(&[level(9, 1)], &[]).touch(), Touch::Apart);
}

#[test]
fn canonical_text_has_plain_decimals_without_trailing_zeros() {
    let book = loaded(&[level(10_050, 2_000), level(10_000, 1)], &[level(10_100, 1_500)]);
    let mut text = String::new();
    canonical_text(&book, -2, -3, &mut text);
    assert_eq!(text, "B 100.5 2\nB 100 0.001\nA 101 1.5\n");
}

#[test]
fn rescaling_that_leaves_64_bits_is_noticed_before_it_happens() {
    let mut book = loaded(&[level(i64::MAX / 10, 3)], &[]);
    assert!(book.fits(10, 10));
    assert!(!book.fits(100, 1));
    book.rescale(10, 100);
    assert_eq!(book.best_bid(), Some(level(i64::MAX / 10 * 10, 300)));
}

fn changes() -> impl Strategy<Value = Vec<(bool, Level)>> {
    let price = prop_oneof![0i64..30, Just(i64::MAX), Just(1i64)];
    let qty = prop_oneof![Just(0i64), 1i64..5];
    prop::collection::vec((any::<bool>(), (price, qty).prop_map(|(price, qty)| level(price, qty))), 0..200)
}

proptest! {
    #[test]
    fn any_changes_leave_sides_sorted_unique_and_without_zero_levels(
        start in changes(), changes in changes()
    ) {
        let mut book = Book::new();
        let (bids, asks): (Vec<_>, Vec<_>) = start.iter().partition(|(bid, _)| *bid);
        let strip = |side: Vec<(bool, Level)>| side.into_iter().map(|(_, held)| held).collect::<Vec<_>>();
        book.load(&strip(bids), &strip(asks));
        let mut model: [BTreeMap<i64, i64>; 2] = Default::default();
        for (bid, held) in start.iter().chain(&changes) {
            let side = &mut model[usize::from(*bid)];
            if held.qty == 0 { side.remove(&held.price); } else { side.insert(held.price, held.qty); }
        }
        for (bid, held) in &changes {
            book.apply(if *bid { Side::Bid } else { Side::Ask }, *held);
        }
        for (bid, held) in start.iter().chain(&changes) {
            let expected = model[usize::from(*bid)].get(&held.price).copied().unwrap_or(0);
            prop_assert_eq!(book.qty(if *bid { Side::Bid } else { Side::Ask }, held.price), expected);
        }
        let [asks, bids] = model;
        prop_assert_eq!(book.bids().collect::<Vec<_>>(), bids.iter().rev().map(|(price, qty)| level(*price, *qty)).collect::<Vec<_>>());
        prop_assert_eq!(book.asks().collect::<Vec<_>>(), asks.iter().map(|(price, qty)| level(*price, *qty)).collect::<Vec<_>>());
    }
}

#[test]
fn the_worst_level_is_known_whatever_was_done_before() {
    proptest!(ProptestConfig::with_cases(64), |(
        changes in prop::collection::vec((0..3_usize, 0..40_i64, 0..3_i64, any::<bool>()), 1..600), start in 300..900_i64
    )| {
        let (mut book, mut model): (Book, [BTreeMap<i64, i64>; 2]) = (Book::new(), Default::default());
        let all: Vec<_> = (1..=start).map(|price| level(1_000 * price, 1)).collect();
        book.load(&all, &all);
        for side in &mut model {
            side.extend(all.iter().map(|level| (level.price, level.qty)));
        }
        for (kind, place, qty, is_bid) in changes {
            let (side, held) = if is_bid { (Side::Bid, &mut model[0]) } else { (Side::Ask, &mut model[1]) };
            let worst = if is_bid { held.first_key_value() } else { held.last_key_value() }.map(|(price, _)| *price);
            prop_assert_eq!(book.worst(side), worst);
            let Some(worst) = worst else { continue };
            // The worst one leaves; levels near it and odd ones come and go.
            let (price, qty) = match kind {
                0 => (worst, 0),
                1 => (worst + 1_000 * (place - 20), qty),
                _ => (worst + 37 * (place - 20), qty),
            };
            if price > 0 {
                book.apply(side, level(price, qty));
                if qty == 0 { held.remove(&price) } else { held.insert(price, qty) };
            }
        }
        let best: Vec<_> = model[0].iter().rev().take(25).map(|(price, qty)| level(*price, *qty)).collect();
        let mut top = [Level::default(); 25];
        let count = book.top(Side::Bid, &mut top);
        prop_assert_eq!(&top[..count], &best[..]);
    });
}
