//! N10: a fetched book ends somewhere; what lies beyond is not known, is said to be not, and is fetched before the market gets there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use std::collections::BTreeMap;

use machine_harness::*;
use proptest::prelude::*;
use tickring_core::event::{State, flag};
use tickring_core::input::Request;

const LEVELS: usize = 20;

/// The venue's true book: bids and asks from these prices on, quantity 1 each, 60 levels a side.
fn truth(best_bid: usize, best_ask: usize) -> [Vec<(String, String)>; 2] {
    let level = |price: usize| (price.to_string(), "1".to_owned());
    [(0..60).map(|at| level(best_bid - at)).collect(), (0..60).map(|at| level(best_ask + at)).collect()]
}

fn body(id: u64, sides: &[Vec<(String, String)>; 2], depth: usize) -> String {
    let [bids, asks] =
        sides.each_ref().map(|side| side.iter().take(depth).map(|(price, qty)| (&**price, &**qty)).collect::<Vec<_>>());
    depth_body(id, &bids, &asks)
}

/// Live at id 100 from a copy cut to 20 levels.
fn scene() -> Rig {
    let mut rig = Rig::started();
    rig.delta(100, 100, &[], &[]);
    rig.take_requests();
    rig.snapshot(&body(99, &truth(500, 501), LEVELS));
    assert!(rig.is_live());
    rig
}

fn known(rig: &Rig) -> (u64, u64) {
    let counters = rig.machine.instrument_counters(0).unwrap();
    (counters.known_bids, counters.known_asks)
}

fn survey(rig: &mut Rig) {
    for _ in 0..33 {
        rig.tick(100 * MS);
    }
}

/// The whole requests, audits aside.
fn requests(rig: &mut Rig) -> Vec<Request> {
    rig.take_requests()
}

#[test]
fn what_is_known_is_counted_and_not_what_merely_stands_beyond() {
    let mut rig = scene();
    survey(&mut rig);
    assert_eq!(known(&rig), (20, 20));
    rig.delta(101, 101, &[("470", "1"), ("469", "1")], &[("502", "0")]);
    survey(&mut rig);
    assert_eq!(known(&rig), (20, 19));
    assert_eq!(rig.machine.book(0).unwrap().bids().count(), 22);
}

#[test]
fn a_market_that_walks_past_the_snapshot_finds_the_book_extended() {
    let mut rig = scene();
    // Fifteen bids go; the true best is 485.
    for at in 0..15 {
        let price = (500 - at).to_string();
        rig.delta(101 + at, 101 + at, &[(&price, "0")], &[]);
    }
    let mut asked = Vec::new();
    for _ in 0..400 {
        rig.tick(100 * MS);
        asked.extend(requests(&mut rig));
        if !asked.is_empty() {
            break;
        }
    }
    assert_eq!(asked, [Request::DepthSnapshot { instrument: BTC }]);
    assert_eq!(known(&rig).0, 5);
    rig.reader.seen.clear();
    rig.reader.levels = 0;
    let snapshots = rig.machine.counters().book_snapshots;
    // A level beyond the end changes while the copy is on its way: the stream knows it better.
    rig.snapshot(&body(115, &truth(485, 501), 60));
    rig.delta(116, 116, &[("450", "0"), ("449", "7")], &[]);
    rig.tick(100 * MS);
    rig.reader.assert_holds(&rig.machine, 0);
    let bids: Vec<_> = rig.machine.book(0).unwrap().bids().map(|level| (level.price / 100, level.qty / 1_000)).collect();
    let expected: Vec<_> =
        (426..=485).rev().filter(|price| *price != 450).map(|price| (price, if price == 449 { 7 } else { 1 })).collect();
    assert_eq!(bids, expected);
    let counters = rig.machine.counters();
    assert_eq!((counters.top_ups, counters.book_differences, counters.book_snapshots), (1, 1, snapshots));
    // 53 bids and 40 asks beside the two levels of the stream, not the 119 levels of the book; the venue's ids stay where they are.
    assert_eq!(rig.reader.levels, 2 + 93);
    let [.., (header, told), (_, last)] = rig.reader.seen.as_slice() else { panic!("two events") };
    assert!(matches!(told, Seen::Delta { .. }) && header.flags & flag::RECOVERED != 0, "{told:?}");
    assert!(matches!(last, Seen::Status(status) if status.state == State::Live), "{last:?} ends the input");
    assert_eq!(rig.machine.instrument_counters(0).unwrap().last_update_id, 116);
    assert_eq!(rig.machine.instrument_counters(0).unwrap().audit_different, 0, "what was not known was not wrong");
    survey(&mut rig);
    assert_eq!((known(&rig), requests(&mut rig)), ((59, 60), vec![]));
    assert!(rig.is_live());
}

#[test]
fn a_market_that_is_small_is_known_once_the_venue_has_nothing_beyond() {
    let mut rig = Rig::live();
    let mut asked = 0;
    for _ in 0..2_000 {
        rig.tick(100 * MS);
        if rig.take_requests().contains(&Request::DepthSnapshot { instrument: BTC }) {
            asked += 1;
            rig.snapshot(&depth_body(100, &[("99", "1")], &[("101", "1")]));
        }
    }
    assert_eq!((asked, rig.machine.counters().top_ups, known(&rig)), (1, 0, (1, 1)));
}

#[test]
fn without_an_answer_it_is_asked_for_again_after_a_while() {
    let mut rig = Rig::live();
    let mut asked = 0;
    for _ in 0..3 * 60 * 10 {
        rig.tick(100 * MS);
        asked += rig.take_requests().iter().filter(|request| matches!(request, Request::DepthSnapshot { .. })).count();
    }
    assert!((2..=6).contains(&asked), "{asked} in three minutes");
}

/// Quantities of prices, bids then asks.
type Sides = [BTreeMap<usize, u64>; 2];

/// How far from the best price, which side, and the quantity from now on.
fn change() -> impl Strategy<Value = (usize, usize, u64)> {
    (0usize..2, 0usize..50, 0u64..4)
}

/// Bids from 500 downward, asks from 501 upward.
const fn price(side: usize, at: usize) -> usize {
    if side == 0 { 500 - at } else { 501 + at }
}

/// Best levels first, so many a side.
fn text(sides: &Sides, depth: usize) -> [Vec<(String, String)>; 2] {
    let pair = |(price, qty): (&usize, &u64)| (price.to_string(), qty.to_string());
    [sides[0].iter().rev().take(depth).map(pair).collect(), sides[1].iter().take(depth).map(pair).collect()]
}

/// One delta of both the truth and the machine.
fn happen(rig: &mut Rig, truth: &mut Sides, id: u64, (side, at, qty): (usize, usize, u64)) {
    let price = price(side, at);
    if qty == 0 {
        truth[side].remove(&price)
    } else {
        truth[side].insert(price, qty)
    };
    let row = [(&*price.to_string(), &*qty.to_string())];
    let (bids, asks): (&[_], &[_]) = if side == 0 { (&row, &[]) } else { (&[], &row) };
    rig.delta(id, id, bids, asks);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// `cut` levels a side are known at first; the copy is made behind the deltas of `before`, and those of `after` come ahead of it.
    #[test]
    fn whatever_a_copy_adds_the_reader_s_book_is_the_machine_s_and_the_venue_s(
        (bids, asks) in (1usize..50, 1usize..50), cut in 1usize..19,
        before in prop::collection::vec(change(), 0..12), after in prop::collection::vec(change(), 0..12),
    ) {
        let side = |side, count| (0..count).map(|at| (price(side, at), 1)).collect();
        let mut truth: Sides = [side(0, bids), side(1, asks)];
        let mut rig = Rig::started();
        rig.delta(100, 100, &[], &[]);
        rig.snapshot(&body(99, &text(&truth, cut), cut));
        rig.take_requests();
        let mut id = 100;
        for one in before {
            id += 1;
            happen(&mut rig, &mut truth, id, one);
        }
        let deep = Request::DepthSnapshot { instrument: BTC };
        let is_asked = (0..400).any(|_| {
            rig.tick(100 * MS);
            rig.take_requests().contains(&deep)
        });
        prop_assert!(is_asked);
        let (copy, copied) = (text(&truth, usize::MAX), id);
        let changed = after.len();
        for one in after {
            id += 1;
            happen(&mut rig, &mut truth, id, one);
        }
        let held = rig.machine.book(0).unwrap();
        let levels = held.bids().count() + held.asks().count();
        let snapshots = rig.machine.counters().book_snapshots;
        rig.reader.levels = 0;
        rig.snapshot(&body(copied, &copy, usize::MAX));
        rig.delta(id + 1, id + 1, &[], &[]);
        rig.tick(100 * MS);
        rig.reader.assert_holds(&rig.machine, 0);
        let book = rig.machine.book(0).unwrap();
        let of = |level: tickring_core::event::Level| (level.price / 100, level.qty / 1_000);
        let expected = |side: usize| truth[side].iter().map(|(price, qty)| (*price as i64, *qty as i64));
        prop_assert_eq!(book.bids().map(of).collect::<Vec<_>>(), expected(0).rev().collect::<Vec<_>>());
        prop_assert_eq!(book.asks().map(of).collect::<Vec<_>>(), expected(1).collect::<Vec<_>>());
        // Exactly what was added, and a whole book only where that is all of it.
        let added = truth[0].len() + truth[1].len() - levels;
        let counters = rig.machine.counters();
        prop_assert_eq!(counters.top_ups, u64::from(added > 0), "{} deltas after", changed);
        prop_assert_eq!(rig.reader.levels, added);
        let is_less = levels > 0 && added > 0;
        prop_assert_eq!((counters.book_differences, counters.book_snapshots - snapshots), (u64::from(is_less), u64::from(added > 0 && !is_less)));
    }
}
