//! N3: the old book serves flagged stale, the new one is proven aside, and readers who hold the old one are told what differs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use std::collections::BTreeMap;

use machine_harness::*;
use proptest::prelude::*;
use tickring_core::event::{State, flag};
use tickring_core::input::{DisconnectReason, Input, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

/// Twenty levels a side; some of them otherwise.
fn levels(changed: &[(i64, i64)]) -> [Vec<(String, String)>; 2] {
    let level = |price: i64| {
        let qty = changed.iter().find(|(of, _)| *of == price).map_or(1, |(_, qty)| *qty);
        (qty > 0).then(|| (price.to_string(), qty.to_string()))
    };
    [(80..100).rev().filter_map(level).collect(), (101..121).filter_map(level).collect()]
}

fn body(id: u64, [bids, asks]: &[Vec<(String, String)>; 2]) -> String {
    depth_body(id, &borrowed(bids), &borrowed(asks))
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(price, qty)| (price.as_str(), qty.as_str())).collect()
}

/// Live at id 100 with all levels, nothing seen.
fn scene() -> Rig {
    let mut rig = Rig::started();
    rig.delta(100, 100, &[], &[]);
    rig.take_requests();
    rig.snapshot(&body(99, &levels(&[])));
    assert!(rig.is_live());
    forget(&mut rig);
    rig
}

fn forget(rig: &mut Rig) {
    rig.reader.seen.clear();
    rig.reader.levels = 0;
}

/// What was told of books, without states.
fn books(rig: &Rig) -> Vec<(Seen, bool)> {
    let of_books = |seen: &Seen| matches!(seen, Seen::Delta { .. } | Seen::Snapshot { .. });
    let told = rig.reader.seen.iter().filter(|(_, seen)| of_books(seen));
    told.map(|(header, seen)| (*seen, header.flags & flag::RECOVERED != 0)).collect()
}

fn counted(rig: &Rig) -> (u64, u64) {
    let counters = rig.machine.counters();
    (counters.book_snapshots, counters.book_differences)
}

#[test]
fn a_book_rebuilt_after_a_gap_is_told_by_its_differences() {
    let mut rig = scene();
    rig.delta(104, 105, &[("98", "9")], &[]);
    assert_eq!(rig.reader.latest[&BTC].flags & flag::STALE, flag::STALE);
    assert_eq!((rig.text().contains("B 98 1\n"), books(&rig)), (true, vec![]), "the old one serves");
    forget(&mut rig);
    rig.snapshot(&body(104, &levels(&[(99, 0), (97, 4), (98, 8), (120, 3)])));
    let difference = Seen::Delta { prev: 100, last: 104, parts: 1 };
    let delta = Seen::Delta { prev: 104, last: 105, parts: 1 };
    assert_eq!(books(&rig), [(difference, true), (delta, false)]);
    assert_eq!(rig.reader.levels, 4 + 1, "those that differ, and the delta's");
    assert!(rig.reader.seen.iter().all(|(header, _)| header.flags & flag::STALE == 0));
    assert_eq!((rig.reader.states(), counted(&rig)), (vec![State::Live], (1, 1)));
    assert!(rig.text().starts_with("B 98 9\nB 97 4\n"));
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn a_book_that_nothing_happened_to_is_told_by_its_new_id_alone() {
    let mut rig = scene();
    rig.delta(104, 105, &[], &[]);
    forget(&mut rig);
    rig.snapshot(&body(105, &levels(&[])));
    assert!(!rig.is_live(), "until a delta follows it");
    rig.delta(106, 106, &[], &[]);
    assert_eq!(rig.reader.levels, 0);
    let told = [(100, 105, true), (105, 106, false)];
    assert_eq!(books(&rig), told.map(|(prev, last, recovered)| (Seen::Delta { prev, last, parts: 1 }, recovered)));
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn what_differs_more_than_the_whole_book_is_the_whole_book() {
    let mut rig = scene();
    rig.delta(104, 105, &[], &[]);
    forget(&mut rig);
    rig.snapshot(&depth_body(104, &[("50", "1")], &[("51", "1")]));
    assert_eq!(books(&rig)[0], (Seen::Snapshot { last: 104, parts: 1 }, true));
    assert_eq!((rig.reader.levels, counted(&rig)), (2, (2, 0)));
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn ids_that_go_back_come_with_the_whole_book() {
    let mut rig = scene();
    rig.now += 1_000 * MS;
    rig.delta(1, 3, &[], &[]);
    rig.take_requests();
    forget(&mut rig);
    rig.snapshot(&body(2, &levels(&[(99, 2)])));
    assert_eq!(books(&rig)[0], (Seen::Snapshot { last: 2, parts: 1 }, true));
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn an_instrument_that_left_comes_back_with_the_whole_book() {
    let mut rig = scene();
    rig.input(Input::Unsubscribe { instrument: BTC });
    rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: channel::BOOK | channel::TRADE });
    rig.delta(200, 200, &[], &[]);
    forget(&mut rig);
    rig.snapshot(&body(199, &levels(&[])));
    assert_eq!(books(&rig)[0], (Seen::Snapshot { last: 199, parts: 1 }, false));
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn a_lost_connection_costs_readers_what_changed_meanwhile() {
    let mut rig = scene();
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Error });
    rig.connect();
    rig.delta(5_000, 5_001, &[], &[("101", "7")]);
    forget(&mut rig);
    rig.snapshot(&body(5_000, &levels(&[(90, 5)])));
    assert_eq!(books(&rig)[0], (Seen::Delta { prev: 100, last: 5_000, parts: 1 }, true));
    assert_eq!(rig.reader.levels, 2);
    rig.reader.assert_holds(&rig.machine, 0);
}

/// The old book is known to be wrong: it serves flagged crossed and stale, and what differs sets it right, though no id is new.
#[test]
fn a_crossed_book_is_set_right_by_its_differences() {
    let mut rig = scene();
    rig.delta(101, 101, &[("103", "1")], &[]);
    rig.now += 1_100 * MS;
    rig.tick(0);
    assert_eq!(rig.reader.states(), [State::Crossed, State::Resync]);
    assert_eq!(rig.reader.latest[&BTC].flags & (flag::STALE | flag::CROSSED), flag::STALE | flag::CROSSED);
    rig.delta(102, 102, &[], &[]);
    forget(&mut rig);
    rig.snapshot(&body(101, &levels(&[])));
    assert_eq!(books(&rig)[0], (Seen::Delta { prev: 101, last: 101, parts: 1 }, true));
    assert_eq!(rig.reader.levels, 1, "103 leaves");
    assert_eq!(rig.reader.latest[&BTC].flags & (flag::STALE | flag::CROSSED), 0);
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn a_finer_book_is_told_in_its_units() {
    let mut rig = scene();
    rig.delta(104, 105, &[], &[]);
    forget(&mut rig);
    let mut sides = levels(&[]);
    sides[0][3].0 = "95.00125".to_owned();
    rig.snapshot(&body(104, &sides));
    let [Seen::Instrument(definition), Seen::Delta { prev: 100, last: 104, .. }, ..] = rig.reader.bodies()[..] else {
        panic!("{:?}", rig.reader.bodies())
    };
    assert_eq!((definition.price_exponent, rig.reader.levels), (-5, 2));
    rig.reader.assert_holds(&rig.machine, 0);
}

/// Bybit sends whole books in the stream, also when nothing was lost.
#[test]
fn a_whole_book_of_the_stream_is_told_by_its_differences() {
    let mut rig = Rig::new(MachineConfig::default());
    rig.define(&definition(BTC, VenueId::BybitLinear, "BTCUSDT"));
    rig.input(Input::Connect { connection: 1, venue: VenueId::BybitLinear as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
    let whole = |id: u64, bid: &str| {
        format!(
            r#"{{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1767225600{id},"data":{{"s":"BTCUSDT","b":[["100.1","{bid}"],["100.0","0.4"]],"a":[["100.2","3.1"],["100.3","0.9"]],"u":{id},"seq":7961638724}},"cts":1767225600110}}"#
        )
    };
    rig.frame(&whole(201, "1.5"));
    assert_eq!(books(&rig), [(Seen::Snapshot { last: 201, parts: 1 }, false)]);
    forget(&mut rig);
    rig.frame(&whole(207, "1.25"));
    assert_eq!(books(&rig), [(Seen::Delta { prev: 201, last: 207, parts: 1 }, true)]);
    assert_eq!((rig.reader.levels, rig.reader.gaps().len()), (1, 1));
    rig.reader.assert_holds(&rig.machine, 0);
}

type Side = BTreeMap<i64, i64>;

fn text(side: &Side) -> Vec<(String, String)> {
    side.iter().map(|(price, qty)| (price.to_string(), qty.to_string())).collect()
}

/// A delta of a stream: prices of either side and their quantities.
fn delta() -> impl Strategy<Value = (Side, Side)> {
    let side = || prop::collection::btree_map(1i64..60, 0i64..4, 0..12);
    (side(), side())
}

fn book() -> impl Strategy<Value = (Side, Side)> {
    let side = || prop::collection::btree_map(1i64..60, 1i64..4, 0..40);
    (side(), side())
}

/// An old and a new book, most of them much the same.
fn books_before_and_after() -> impl Strategy<Value = ((Side, Side), (Side, Side))> {
    let changed = (book(), delta()).prop_map(|(old, changes)| {
        let mut new = old.clone();
        apply(&mut new, &changes);
        (old, new)
    });
    prop_oneof![4 => changed, 1 => (book(), book())]
}

fn apply(to: &mut (Side, Side), (bids, asks): &(Side, Side)) {
    for (side, changes) in [(&mut to.0, bids), (&mut to.1, asks)] {
        side.extend(changes);
        side.retain(|_, qty| *qty > 0);
    }
}

fn differ(old: &Side, new: &Side) -> usize {
    let prices: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    prices.into_iter().filter(|price| old.get(price) != new.get(price)).count()
}

proptest! {
    /// `cut` is where in the stream of deltas, which begins behind a hole, the snapshot was made; `early` how many of them arrive
    /// before it does. A machine that never had a book sees the same: its reader gets whole books alone.
    #[test]
    fn whatever_changed_the_reader_s_book_is_the_machine_s_and_that_of_the_whole_path(
        (old, new) in books_before_and_after(), deltas in prop::collection::vec(delta(), 1..8), cut in 0usize..8, early in 1usize..8,
    ) {
        let mut rig = Rig::started();
        rig.delta(100, 100, &[], &[]);
        rig.snapshot(&depth_body(99, &borrowed(&text(&old.0)), &borrowed(&text(&old.1))));
        let mut fresh = Rig::started();
        let (cut, early) = (cut.min(deltas.len()), early.min(deltas.len()));
        // The true book at the cut, of which the deltas before it are part.
        let mut at_cut = new;
        deltas[..cut].iter().for_each(|delta| apply(&mut at_cut, delta));
        let snapshot = depth_body(109 + cut as u64, &borrowed(&text(&at_cut.0)), &borrowed(&text(&at_cut.1)));
        let before = rig.reader.levels;
        let mut after_cut = 0;
        for (at, (id, (bids, asks))) in (110_u64..).zip(&deltas).enumerate() {
            if at == early {
                rig.snapshot(&snapshot);
                fresh.snapshot(&snapshot);
            }
            for rig in [&mut rig, &mut fresh] {
                rig.delta(id, id, &borrowed(&text(bids)), &borrowed(&text(asks)));
                rig.reader.assert_holds(&rig.machine, 0);
            }
            after_cut += if at < cut { 0 } else { bids.len() + asks.len() };
        }
        if early == deltas.len() {
            rig.snapshot(&snapshot);
            fresh.snapshot(&snapshot);
        }
        let last = 110 + deltas.len() as u64;
        rig.delta(last, last, &[], &[]);
        fresh.delta(last, last, &[], &[]);
        prop_assert!(rig.is_live() && fresh.is_live());
        rig.reader.assert_holds(&rig.machine, 0);
        prop_assert_eq!(rig.text(), fresh.text());
        // Exactly what differs, where that is less.
        let whole = at_cut.0.len() + at_cut.1.len();
        let differing = differ(&old.0, &at_cut.0) + differ(&old.1, &at_cut.1);
        let had_one = !old.0.is_empty() || !old.1.is_empty();
        let is_less = had_one && differing < whole;
        prop_assert_eq!(rig.machine.counters().book_differences, u64::from(is_less));
        let told = rig.reader.levels - before - after_cut;
        prop_assert_eq!(told, if is_less { differing } else { whole });
    }
}
