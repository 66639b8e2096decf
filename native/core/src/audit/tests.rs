//! N9: a copy of a book, taken at any moment between two deltas, and one with wrong levels.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::simd::CodePath;

type Change = (bool, i64, i64);

fn level(price: i64, qty: i64) -> Level {
    Level { price, qty }
}

/// Bids below 100, asks above.
fn changes(count: usize) -> impl Strategy<Value = Vec<Change>> {
    let change = (any::<bool>(), 1..40_i64, 0..4_i64);
    proptest::collection::vec(
        change.prop_map(|(is_bid, at, qty)| (is_bid, if is_bid { 100 - at } else { 100 + at }, qty)),
        count,
    )
}

fn apply(book: &mut Book, change: Change) {
    let (is_bid, price, qty) = change;
    book.apply(if is_bid { Side::Bid } else { Side::Ask }, level(price, qty));
}

/// A venue whose every change has an id, in messages of a few each; a window that opened after the first of them.
struct Scene {
    window: Window,
    venue: Book,
}

fn sides(message: &[Change]) -> (Vec<Level>, Vec<Level>) {
    // As a venue does: the newest quantity of each price, once.
    let mut last = std::collections::BTreeMap::new();
    for (is_bid, price, qty) in message {
        last.insert((*is_bid, *price), *qty);
    }
    let of =
        |wanted| last.iter().filter(move |((is_bid, _), _)| *is_bid == wanted).map(|((_, price), qty)| level(*price, *qty));
    (of(true).collect(), of(false).collect())
}

/// Runs messages of `size` changes each; the venue's book at change `taken` is the copy, `depth` levels of it.
fn run(
    all: &[Change],
    size: usize,
    opened: usize,
    taken: usize,
    depth: usize,
    has_ids: bool,
    corrupt: Option<Change>,
) -> Scene {
    let mut window = Window::new(CodePath::Scalar);
    let (mut venue, mut own) = (Book::new(), Book::new());
    let mut copy = None;
    for (number, message) in all.chunks(size).enumerate() {
        let first = number * size + 1;
        if number == opened {
            window.open(&own, first as u64 - 1);
        }
        for (at, change) in message.iter().enumerate() {
            apply(&mut venue, *change);
            if first + at == taken {
                let mut sides = [Vec::new(), Vec::new()];
                venue.copy_to(Side::Bid, &mut sides[0]);
                venue.copy_to(Side::Ask, &mut sides[1]);
                sides.iter_mut().for_each(|side| side.truncate(depth));
                copy = Some(sides);
            }
        }
        let (mut bids, asks) = sides(message);
        let ids = DeltaIds { first: first as u64, last: (first + message.len() - 1) as u64, prev: None, ts_sent: 0 };
        if let Some((is_bid, price, qty)) = corrupt.filter(|_| number == 0) {
            assert!(is_bid);
            bids.retain(|level| level.price != price);
            bids.push(level(price, qty));
        }
        own.apply_all(&bids, &asks);
        if number >= opened {
            assert!(window.follow(ids, &bids, &asks));
        }
    }
    let [bids, asks] = copy.unwrap();
    window.take(if has_ids { taken as u64 } else { 0 }, 1, &bids, &asks);
    Scene { window, venue }
}

proptest! {
    #[test]
    fn a_true_copy_of_any_moment_never_differs(
        all in changes(120), size in 1..9_usize, opened in 0..5_usize, after in 0..60_usize, depth in 1..50_usize, has_ids: bool,
    ) {
        let taken = opened * size + after + 1;
        let mut scene = run(&all, size, opened, taken, depth, has_ids, None);
        prop_assert!(!scene.window.is_too_old() && scene.window.is_due(2, 1));
        let mut found = Vec::new();
        let finding = scene.window.compare([None; 2], &mut found);
        prop_assert_eq!((finding.different, found.len()), (0, 0), "{:?}", scene.venue);
    }
}

#[test]
fn a_level_that_the_stream_told_wrong_is_found_with_its_price() {
    let all: Vec<Change> = (1..=60).map(|at| (at % 2 == 0, if at % 2 == 0 { 100 - at } else { 100 + at }, 5)).collect();
    for has_ids in [true, false] {
        let mut scene = run(&all, 30, 1, 60, 50, has_ids, Some((true, 90, 6)));
        let mut found = Vec::new();
        let finding = scene.window.compare([None; 2], &mut found);
        assert_eq!(found, [Difference { is_bid: true, price: 90 }]);
        // With an id all 60 levels are comparable; without one, those of the first message alone.
        assert_eq!(finding, Finding { compared: if has_ids { 60 } else { 30 }, different: 1 });
    }
}

#[test]
fn nobody_is_wrong_about_prices_beyond_his_own_worst() {
    let mut window = Window::new(CodePath::Scalar);
    let mut book = Book::new();
    book.load(&[level(99, 1), level(98, 1)], &[level(101, 1), level(102, 1), level(103, 1)]);
    window.open(&book, 5);
    window.take(5, 0, &[level(97, 9), level(98, 1), level(99, 1)], &[level(101, 1), level(102, 1)]);
    let mut found = Vec::new();
    assert_eq!(window.compare([None; 2], &mut found), Finding { compared: 4, different: 0 });
}

#[test]
fn a_copy_from_before_the_window_or_ahead_of_the_stream_is_known_for_that() {
    let mut window = Window::new(CodePath::Scalar);
    window.open(&Book::new(), 50);
    window.take(49, 0, &[], &[]);
    assert!(window.is_too_old());
    window.take(52, 0, &[], &[]);
    assert!(!window.is_too_old() && !window.is_due(u64::MAX, 0));
    assert!(window.follow(DeltaIds { first: 51, last: 53, prev: None, ts_sent: 0 }, &[], &[]));
    assert!(window.is_due(0, 1));
    assert!(!window.follow(DeltaIds { first: 1, last: 2, prev: None, ts_sent: 0 }, &[], &[]), "restarted ids end it");
}
