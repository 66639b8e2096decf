//! Views of several venues in the machine. The harness restores a twin from a checkpoint again and again and folds all books from
//! events; what they must be is worked out here by other means.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use std::collections::BTreeMap;
use std::fmt::Write;

use machine_harness::*;
use tickring_core::error::Code;
use tickring_core::event::{Quote, State, Status, flag};
use tickring_core::input::{Input, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const VIEW: u32 = 40;
const NET: u32 = 41;
const LEGS: [(u32, &str, u32); 3] = [(42, "a", 1_000), (43, "b", 0), (44, "c", 2_500)];
const DEPTH: usize = 4;
const TOLERANCE: u64 = 100 * MS;

type Sides = [BTreeMap<i64, i64>; 2];

fn rig() -> Rig {
    let mut rig = Rig::new(MachineConfig::default());
    let legs = LEGS.map(|(id, name, _)| (id, format!("X@{name}")));
    for (id, symbol) in [(VIEW, "X".to_owned()), (NET, "X@net".to_owned())].into_iter().chain(legs) {
        rig.define(&definition(id, VenueId::View, &symbol));
    }
    rig.input(Input::Connect { connection: 1, venue: VenueId::View as u16 });
    for id in VIEW..=44 {
        rig.input(Input::Subscribe { connection: 1, instrument: id, channels: channel::BOOK | channel::QUOTE });
    }
    for (_, name, fee) in LEGS {
        let frame = format!(
            r#"{{"e":"join","s":"X@{name}","view":"X","fee":{fee},"tolerance":{TOLERANCE},"deviation":100,"depth":{DEPTH}}}"#
        );
        assert_eq!(rig.frame(&frame).rejected, None);
    }
    rig.reader.seen.clear();
    rig
}

fn text(side: &BTreeMap<i64, i64>) -> String {
    let mut text = String::new();
    for (price, qty) in side {
        let comma = if text.is_empty() { "" } else { "," };
        write!(text, r#"{comma}["{}.{:02}","{}.{:03}"]"#, price / 100, price % 100, qty / 1_000, qty % 1_000).unwrap();
    }
    text
}

fn leg(rig: &mut Rig, name: &str, id: u64, [bids, asks]: &Sides) {
    let now = rig.now;
    let frame = format!(
        r#"{{"e":"leg","s":"X@{name}","T":{},"R":{now},"u":{id},"b":[{}],"a":[{}]}}"#,
        now - MS,
        text(bids),
        text(asks)
    );
    assert_eq!(rig.frame(&frame).rejected, None, "{frame}");
}

fn sides(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Sides {
    [bids, asks].map(|side| side.iter().copied().collect())
}

/// What the view must be: prices in order, quantities added, the best of each side.
fn consolidated(legs: &[&Sides]) -> Sides {
    let mut all = Sides::default();
    for leg in legs {
        for (side, all) in leg.iter().zip(&mut all) {
            for (price, qty) in side {
                *all.entry(*price).or_default() += qty;
            }
        }
    }
    let [bids, asks] = all;
    [bids.into_iter().rev().take(DEPTH).collect(), asks.into_iter().take(DEPTH).collect()]
}

fn book(rig: &Rig, id: u32) -> Sides {
    let book = rig.reader.books.get(&id).cloned().unwrap_or_default();
    [book.bids, book.asks]
}

fn statuses(rig: &Rig) -> Vec<(u32, State, Option<Code>)> {
    let told = rig.reader.seen.iter().filter_map(|(header, seen)| match seen {
        Seen::Status(Status { state, code, .. }) => Some((header.instrument, *state, *code)),
        _ => None,
    });
    told.collect()
}

fn quote(rig: &Rig, id: u32) -> (Quote, u16) {
    let quotes = rig.reader.seen.iter().rev();
    let found = quotes.filter(|(header, _)| header.instrument == id).find_map(|(header, seen)| match seen {
        Seen::Quote(quote) => Some((*quote, header.flags & (flag::CROSSED | flag::LOCKED))),
        _ => None,
    });
    found.unwrap()
}

/// A small generator, so that a failure is the same again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn sides(&mut self, middle: i64) -> Sides {
        let mut side = |sign: i64| {
            let count = self.below(7);
            (0..count).map(|_| (middle + sign * (1 + self.below(9) as i64), 1 + self.below(5_000) as i64)).collect()
        };
        [side(-1), side(1)]
    }
}

#[test]
fn a_view_is_the_sum_of_its_legs_at_every_input() {
    for seed in 0..8 {
        let mut draw = Draw(seed);
        let mut rig = rig();
        let mut known: [Option<Sides>; 3] = [None, None, None];
        for step in 0..200_u64 {
            rig.now += MS;
            let at = draw.below(3) as usize;
            let (id, name, _) = LEGS[at];
            if draw.below(20) == 0 {
                rig.frame(&format!(r#"{{"e":"stale","s":"X@{name}"}}"#));
                known[at] = None;
            } else {
                let middle = 10_000 + draw.below(12) as i64;
                let of_leg = draw.sides(middle);
                leg(&mut rig, name, step + 1, &of_leg);
                assert_eq!(book(&rig, id), of_leg, "seed {seed} step {step}");
                known[at] = Some(of_leg);
            }
            if draw.below(10) == 0 {
                rig.tick(MS);
            }
            let legs: Vec<_> = known.iter().flatten().collect();
            assert_eq!(book(&rig, VIEW), consolidated(&legs), "seed {seed} step {step}");
        }
    }
}

#[test]
fn a_leg_that_is_not_heard_of_leaves_within_the_tolerance_is_named_and_comes_back() {
    let mut rig = rig();
    let [a, b] = [sides(&[(9_990, 1)], &[(10_010, 1)]), sides(&[(9_991, 2)], &[(10_011, 2)])];
    leg(&mut rig, "a", 1, &a);
    leg(&mut rig, "b", 1, &b);
    rig.reader.seen.clear();
    rig.now += TOLERANCE / 2;
    let heard = format!(r#"{{"e":"heard","s":"X@b","R":{}}}"#, rig.now);
    assert_eq!(rig.frame(&heard).events, 0);
    rig.tick(TOLERANCE / 2);
    assert_eq!(book(&rig, VIEW), consolidated(&[&a, &b]), "exactly at the tolerance it is still there");
    rig.tick(1);
    assert_eq!(book(&rig, VIEW), consolidated(&[&b]));
    assert_eq!(statuses(&rig), [(42, State::Stale, Some(Code::ViewUnsynchronized))]);
    rig.tick(TOLERANCE);
    assert_eq!(book(&rig, VIEW), Sides::default(), "nothing of it is known now");
    let gone = [(43, State::Stale, Some(Code::ViewUnsynchronized)), (VIEW, State::Stale, Some(Code::ViewUnsynchronized))];
    assert_eq!(statuses(&rig)[1..], gone);
    assert_ne!(rig.reader.latest[&VIEW].flags & flag::STALE, 0);
    leg(&mut rig, "a", 2, &a);
    assert_eq!(book(&rig, VIEW), consolidated(&[&a]));
    assert_eq!(statuses(&rig)[3..], [(42, State::Live, None), (VIEW, State::Live, None)]);
}

#[test]
fn a_crossed_source_is_left_out_and_a_crossed_view_is_an_opportunity() {
    let mut rig = rig();
    leg(&mut rig, "a", 1, &sides(&[(10_100, 5)], &[(10_200, 6)]));
    leg(&mut rig, "b", 1, &sides(&[(9_900, 7)], &[(10_000, 8)]));
    assert_eq!(quote(&rig, VIEW), (Quote { bid_price: 10_100, bid_qty: 5, ask_price: 10_000, ask_qty: 8 }, flag::CROSSED));
    // 0.1 % of 101.00 is paid there, nothing here.
    assert_eq!(quote(&rig, NET), (Quote { bid_price: 10_089, bid_qty: 5, ask_price: 10_000, ask_qty: 8 }, flag::CROSSED));
    leg(&mut rig, "c", 1, &sides(&[(10_300, 1)], &[(9_000, 1)]));
    assert_eq!(statuses(&rig).last(), Some(&(44, State::Stale, Some(Code::ViewSourceCrossed))));
    assert_eq!(
        book(&rig, VIEW),
        consolidated(&[&sides(&[(10_100, 5)], &[(10_200, 6)]), &sides(&[(9_900, 7)], &[(10_000, 8)])])
    );
    leg(&mut rig, "c", 2, &sides(&[(10_000, 1)], &[(10_001, 1)]));
    assert_eq!(statuses(&rig).last(), Some(&(44, State::Live, None)));
    // 0.25 % more than 100.01, rounded up, is more than 100.00 of another.
    assert_eq!(quote(&rig, NET).0.ask_price, 10_000);
}

#[test]
fn a_source_far_from_the_others_is_doubted_and_stays() {
    let mut rig = rig();
    leg(&mut rig, "a", 1, &sides(&[(10_000, 1)], &[(10_002, 1)]));
    leg(&mut rig, "b", 1, &sides(&[(10_001, 1)], &[(10_003, 1)]));
    assert_eq!(rig.machine.counters().cross_deviations, 0);
    let far = sides(&[(10_150, 1)], &[(10_152, 1)]);
    leg(&mut rig, "c", 1, &far);
    let told = statuses(&rig);
    assert!(told.contains(&(44, State::Suspect, Some(Code::SuspectDeviation))), "{told:?}");
    leg(&mut rig, "c", 2, &sides(&[(10_151, 1)], &[(10_153, 1)]));
    assert_eq!(statuses(&rig).len(), told.len(), "once a second");
    let (header, _) = rig.reader.seen.iter().rfind(|(header, _)| header.instrument == 44).unwrap();
    assert_ne!(header.flags & flag::SUSPECT, 0);
    let counters = rig.machine.counters();
    assert_eq!((counters.cross_checks, counters.cross_deviations), (3, 2));
    assert_eq!(book(&rig, VIEW)[0].last_key_value(), Some((&10_151, &1)));
}

#[test]
fn exponents_of_a_view_become_finer_together() {
    let mut rig = rig();
    leg(&mut rig, "a", 1, &sides(&[(10_000, 1)], &[(10_002, 1)]));
    let now = rig.now;
    rig.frame(&format!(r#"{{"e":"leg","s":"X@b","T":1,"R":{now},"u":1,"b":[["100.0001","1"]],"a":[["100.03","1.0005"]]}}"#));
    rig.tick(60_000 * MS);
    for slot in 0..5 {
        let definition = rig.machine.instrument(slot).unwrap();
        assert_eq!((definition.price_exponent, definition.qty_exponent), (-4, -4), "{:?}", definition.symbol);
    }
    leg(&mut rig, "a", 2, &sides(&[(10_000, 1)], &[(10_002, 1)]));
    assert_eq!(quote(&rig, VIEW).0, Quote { bid_price: 1_000_000, bid_qty: 10, ask_price: 1_000_200, ask_qty: 10 });
}

#[test]
fn frames_that_cannot_be_are_refused_and_change_nothing() {
    let mut rig = rig();
    leg(&mut rig, "a", 1, &sides(&[(10_000, 1)], &[(10_002, 1)]));
    let before = saved(&rig.machine).len();
    for (frame, code) in [
        (r#"{"e":"leg","s":"X@z","T":1,"R":1,"u":1,"b":[],"a":[]}"#, Code::UnknownSymbol),
        (r#"{"e":"leg","s":"X","T":1,"R":1,"u":1,"b":[],"a":[]}"#, Code::UnknownSymbol),
        (r#"{"e":"leg","s":"X@a","T":1,"R":1,"u":1,"b":[]}"#, Code::FieldMissing),
        (r#"{"e":"leg","s":"X@a","T":1,"R":1,"u":1,"b":[["1","-1"]],"a":[]}"#, Code::NumberNegative),
        (r#"{"e":"join","s":"X@a","view":"Y","fee":1,"tolerance":1,"deviation":1,"depth":1}"#, Code::UnknownSymbol),
        (r#"{"e":"join","s":"X","view":"X","fee":1,"tolerance":1,"deviation":1,"depth":1}"#, Code::InstrumentInvalid),
        (r#"{"e":"join","s":"X@a","view":"X","fee":1000001,"tolerance":1,"deviation":1,"depth":1}"#, Code::NumberRange),
        (r#"{"e":"trade","s":"X@a"}"#, Code::UnknownEvent),
        ("[]", Code::UnknownEvent),
    ] {
        assert_eq!(rig.frame(frame).rejected.map(|reject| reject.code), Some(code), "{frame}");
    }
    assert!(saved(&rig.machine).len().abs_diff(before) < 16, "counters alone");
    assert_eq!(book(&rig, VIEW)[0].len(), 1);
}
