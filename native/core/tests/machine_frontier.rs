//! N10: a fetched book ends somewhere; what lies beyond is not known, is said to be not, and is fetched before the market gets there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
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
    // A level beyond the end changes while the copy is on its way: the stream knows it better.
    rig.snapshot(&body(115, &truth(485, 501), 60));
    rig.delta(116, 116, &[("450", "0"), ("449", "7")], &[]);
    rig.tick(100 * MS);
    rig.reader.assert_holds(&rig.machine, 0);
    let bids: Vec<_> = rig.machine.book(0).unwrap().bids().map(|level| (level.price / 100, level.qty / 1_000)).collect();
    let expected: Vec<_> =
        (426..=485).rev().filter(|price| *price != 450).map(|price| (price, if price == 449 { 7 } else { 1 })).collect();
    assert_eq!(bids, expected);
    assert_eq!(rig.machine.counters().top_ups, 1);
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
