//! Views that follow one leg at a time, against a plain model of the rule. The harness restores a twin from a checkpoint again and
//! again and folds all books from events.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use std::collections::BTreeMap;
use std::fmt::Write;

use machine_harness::*;
use tickring_core::error::Code;
use tickring_core::event::{Quote, State, flag};
use tickring_core::input::{Input, Request, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const VIEW: u32 = 40;
const NET: u32 = 41;
/// In order of preference.
const LEGS: [(u32, &str); 3] = [(42, "a"), (43, "b"), (44, "c")];
const DEPTH: usize = 3;
const TOLERANCE: u64 = 100 * MS;
const HOLD: u64 = 250 * MS;

type Sides = [BTreeMap<i64, i64>; 2];

fn rig() -> Rig {
    let mut rig = Rig::new(MachineConfig::default());
    let legs = LEGS.map(|(id, name)| (id, format!("X@{name}")));
    for (id, symbol) in [(VIEW, "X".to_owned()), (NET, "X@net".to_owned())].into_iter().chain(legs) {
        rig.define(&definition(id, VenueId::View, &symbol));
    }
    rig.input(Input::Connect { connection: 1, venue: VenueId::View as u16 });
    for id in VIEW..=44 {
        rig.input(Input::Subscribe { connection: 1, instrument: id, channels: channel::BOOK | channel::QUOTE });
    }
    for (_, name) in LEGS {
        let terms = format!(r#""fee":1000,"tolerance":{TOLERANCE},"deviation":0,"depth":{DEPTH},"hold":{HOLD}"#);
        let frame = format!(r#"{{"e":"join","s":"X@{name}","view":"X",{terms}}}"#);
        assert_eq!(rig.frame(&frame).rejected, None, "{frame}");
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

fn speak(rig: &mut Rig, leg: usize, id: u64, [bids, asks]: &Sides) {
    let (now, name) = (rig.now, LEGS[leg].1);
    let levels = format!(r#""b":[{}],"a":[{}]"#, text(bids), text(asks));
    let frame = format!(r#"{{"e":"leg","s":"X@{name}","T":{},"R":{now},"u":{id},{levels}}}"#, now - MS);
    assert_eq!(rig.frame(&frame).rejected, None, "{frame}");
}

fn stale(rig: &mut Rig, leg: usize) {
    rig.frame(&format!(r#"{{"e":"stale","s":"X@{}"}}"#, LEGS[leg].1));
}

fn sides(bid: i64, ask: i64) -> Sides {
    [[(bid, 1)].into(), [(ask, 2)].into()]
}

fn book(rig: &Rig, id: u32) -> Sides {
    let book = rig.reader.books.get(&id).cloned().unwrap_or_default();
    [book.bids, book.asks]
}

/// Statuses of the view: state, code, and the legs before and after where it names them.
fn told(rig: &Rig) -> Vec<(State, Option<Code>, [u32; 2])> {
    let of_view = rig.reader.seen.iter().filter(|(header, _)| header.instrument == VIEW);
    let statuses = of_view.filter_map(|(_, seen)| if let Seen::Status(status) = seen { Some(status) } else { None });
    let names = |code| matches!(code, Some(Code::ViewSourceLost | Code::ViewSourcePreferred));
    let pair = |detail: u64| [(detail >> 32) as u32, detail as u32];
    statuses.map(|status| (status.state, status.code, if names(status.code) { pair(status.detail) } else { [0; 2] })).collect()
}

fn counters(rig: &Rig) -> (u64, u64, u64) {
    let slot = rig.machine.slot(VIEW).unwrap();
    let counters = rig.machine.instrument_counters(slot).unwrap();
    (counters.source, counters.source_switches, counters.in_sync)
}

const PREFERRED: Option<Code> = Some(Code::ViewSourcePreferred);
const LOST: Option<Code> = Some(Code::ViewSourceLost);

#[test]
fn a_lost_source_is_left_at_once_and_taken_back_after_the_hold_time() {
    let mut rig = rig();
    let [a, b] = [sides(9_990, 10_010), sides(9_980, 10_020)];
    speak(&mut rig, 1, 1, &b);
    assert_eq!((book(&rig, VIEW), counters(&rig)), (b.clone(), (43, 0, 1)), "the first that is fit");
    speak(&mut rig, 0, 1, &a);
    assert_eq!(book(&rig, VIEW), b, "a better one has to be fit for a while");
    rig.now += HOLD - 1;
    speak(&mut rig, 1, 2, &b);
    speak(&mut rig, 0, 2, &a);
    assert_eq!(book(&rig, VIEW), b);
    rig.tick(1);
    assert_eq!((book(&rig, VIEW), counters(&rig)), (a, (42, 1, 1)));
    rig.reader.seen.clear();
    stale(&mut rig, 0);
    assert_eq!((book(&rig, VIEW), counters(&rig)), (b, (43, 2, 1)), "in the input that says so");
    assert_eq!(told(&rig), [(State::Live, LOST, [42, 43])]);
    let flags = rig.reader.latest[&VIEW].flags;
    assert_eq!(flags & flag::STALE, 0);
    let asked: Vec<_> = rig.take_requests().into_iter().filter(|request| matches!(request, Request::Source { .. })).collect();
    assert_eq!(asked.last(), Some(&Request::Source { instrument: VIEW, from: 42, to: 43, code: LOST }));
    assert_eq!(asked.len(), 3);
}

#[test]
fn a_source_whose_book_cannot_be_taken_is_left_though_it_speaks() {
    let mut rig = rig();
    let [a, b] = [sides(9_990, 10_010), sides(9_980, 10_020)];
    speak(&mut rig, 0, 1, &a);
    speak(&mut rig, 1, 1, &b);
    for (qty, code) in [("99999999999999999", Code::NumberRange), ("-1", Code::NumberNegative), ("x", Code::NumberSyntax)] {
        speak(&mut rig, 0, 2, &a);
        rig.now += HOLD;
        speak(&mut rig, 1, 2, &b);
        speak(&mut rig, 0, 3, &a);
        rig.tick(0);
        assert_eq!(book(&rig, VIEW), a);
        rig.reader.seen.clear();
        let frame = format!(r#"{{"e":"leg","s":"X@a","T":1,"R":{},"u":4,"b":[["99.9","{qty}"]],"a":[]}}"#, rig.now);
        assert_eq!(rig.frame(&frame).rejected.map(|reject| reject.code), Some(code));
        assert_eq!(rig.reader.seen.len(), 1, "it is told by one event");
        rig.frame(&format!(r#"{{"e":"heard","s":"X@a","R":{}}}"#, rig.now));
        rig.tick(0);
        assert_eq!((book(&rig, VIEW), told(&rig)), (b.clone(), vec![(State::Live, LOST, [42, 43])]), "{qty}");
    }
}

#[test]
fn a_source_that_comes_and_goes_within_the_hold_time_is_not_taken() {
    let mut rig = rig();
    let b = sides(9_980, 10_020);
    speak(&mut rig, 1, 1, &b);
    for turn in 0..20 {
        rig.now += HOLD / 3;
        speak(&mut rig, 0, 1 + turn, &sides(9_990 + turn as i64, 10_110));
        speak(&mut rig, 1, 2 + turn, &b);
        if turn % 3 == 2 {
            stale(&mut rig, 0);
        }
        rig.tick(0);
    }
    assert_eq!((book(&rig, VIEW), counters(&rig)), (b, (43, 0, 1)));
}

#[test]
fn without_any_source_the_last_book_stays_and_says_stale() {
    let mut rig = rig();
    let [a, b] = [sides(9_990, 10_010), sides(9_980, 10_020)];
    speak(&mut rig, 0, 1, &a);
    speak(&mut rig, 1, 1, &b);
    rig.tick(TOLERANCE + 1);
    assert_eq!((book(&rig, VIEW), counters(&rig)), (a.clone(), (42, 0, 0)));
    assert_ne!(rig.reader.latest[&VIEW].flags & flag::STALE, 0);
    let newest = |rig: &Rig| rig.reader.seen.iter().rfind(|(header, _)| header.instrument == VIEW).unwrap().0.frame_seq;
    let before = newest(&rig);
    rig.now += MS;
    // Levels of one that is unfit are its own affair: here its best prices cross.
    speak(&mut rig, 0, 2, &sides(10_010, 9_990));
    assert_eq!((newest(&rig), book(&rig, VIEW)), (before, a.clone()), "nothing more is said of the view");
    rig.now += MS;
    speak(&mut rig, 1, 2, &b);
    assert_eq!((book(&rig, VIEW), counters(&rig)), (b, (43, 1, 1)));
    let gone = (State::Stale, Some(Code::ViewUnsynchronized), [0; 2]);
    assert_eq!(told(&rig), [(State::Live, PREFERRED, [0, 42]), gone, (State::Live, LOST, [42, 43])]);
    stale(&mut rig, 1);
    speak(&mut rig, 1, 3, &a);
    assert_eq!(told(&rig).last(), Some(&(State::Live, None, [0; 2])), "the same one is back");
    assert_eq!((book(&rig, VIEW), counters(&rig)), (a, (43, 1, 1)));
}

#[test]
fn a_clock_that_is_set_back_keeps_no_silent_source() {
    let mut rig = rig();
    speak(&mut rig, 0, 1, &sides(9_990, 10_010));
    rig.now -= 3_600_000 * MS;
    let b = sides(9_980, 10_020);
    rig.tick(MS);
    rig.now += TOLERANCE;
    speak(&mut rig, 1, 1, &b);
    rig.tick(MS);
    assert_eq!((book(&rig, VIEW), counters(&rig).0), (b, 43));
}

/// A small generator, so that a failure is the same again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Now and then crossed, seldom empty.
    fn sides(&mut self) -> Sides {
        let middle = 10_000 + self.below(12) as i64;
        let lean = if self.below(12) == 0 { -4 } else { 0 };
        let mut side = |sign: i64| {
            let count = self.below(6);
            (0..count).map(|_| (middle + sign * (1 + lean + self.below(6) as i64), 1 + self.below(5_000) as i64)).collect()
        };
        [side(-1), side(1)]
    }
}

/// The rule in plain words.
#[derive(Default)]
struct Model {
    legs: [Option<Spoken>; 3],
    source: Option<usize>,
    switches: u64,
    book: Sides,
    is_live: bool,
    outages: u64,
}

/// A leg that has said something since it was stale.
struct Spoken {
    sides: Sides,
    heard: u64,
    /// Found silent, until it speaks.
    is_late: bool,
    fit_since: Option<u64>,
}

impl Model {
    fn speak(&mut self, leg: usize, sides: &Sides, now: u64) {
        let fit_since = self.legs[leg].as_ref().and_then(|leg| leg.fit_since);
        self.legs[leg] = Some(Spoken { sides: sides.clone(), heard: now, is_late: false, fit_since });
        self.settle(now);
    }

    fn hear(&mut self, leg: usize, now: u64) {
        if let Some(leg) = &mut self.legs[leg] {
            (leg.heard, leg.is_late) = (now, false);
        }
        self.settle(now);
    }

    fn tick(&mut self, now: u64) {
        for leg in self.legs.iter_mut().flatten() {
            leg.is_late |= now - leg.heard > TOLERANCE;
        }
        self.settle(now);
    }

    fn settle(&mut self, now: u64) {
        for leg in self.legs.iter_mut().flatten() {
            let [bids, asks] = &leg.sides;
            let is_crossed = bids.last_key_value().zip(asks.first_key_value()).is_some_and(|(bid, ask)| bid.0 > ask.0);
            leg.fit_since = if leg.is_late || is_crossed { None } else { leg.fit_since.or(Some(now)) };
        }
        let since = |leg: usize| self.legs[leg].as_ref().and_then(|leg| leg.fit_since);
        let first = (0..3).find(|leg| since(*leg).is_some());
        let better = (0..self.source.unwrap_or(0)).find(|leg| since(*leg).is_some_and(|since| now - since >= HOLD));
        let next = if self.source.is_some_and(|source| since(source).is_some()) { better.or(self.source) } else { first };
        self.outages += u64::from(self.is_live && next.is_none());
        self.is_live = next.is_some();
        let Some(next) = next else { return };
        self.switches += u64::from(self.source.is_some_and(|source| source != next));
        self.source = Some(next);
        let [bids, asks] = &self.legs[next].as_ref().unwrap().sides;
        let pair = |(price, qty): (&i64, &i64)| (*price, *qty);
        self.book = [bids.iter().rev().take(DEPTH).map(pair).collect(), asks.iter().take(DEPTH).map(pair).collect()];
    }
}

fn assert_is(rig: &Rig, model: &Model, context: &str) {
    assert_eq!(book(rig, VIEW), model.book, "{context}");
    let source = model.source.map_or(0, |leg| u64::from(LEGS[leg].0));
    assert_eq!(counters(rig), (source, model.switches, u64::from(model.is_live)), "{context}");
    if let Some(latest) = rig.reader.latest.get(&VIEW) {
        assert_eq!(latest.flags & flag::STALE == 0, model.is_live, "{context}");
    }
}

#[test]
fn a_view_is_the_book_of_the_leg_that_the_rule_chooses_at_every_input() {
    let (mut switches, mut outages) = (0, 0);
    for seed in 0..12 {
        let mut draw = Draw(seed);
        let (mut rig, mut model) = (rig(), Model::default());
        for step in 0..400_u64 {
            let leg = draw.below(3) as usize;
            match draw.below(40) {
                0..=1 => {
                    stale(&mut rig, leg);
                    model.legs[leg] = None;
                    model.settle(rig.now);
                }
                2..=6 => {
                    let now = rig.now;
                    rig.frame(&format!(r#"{{"e":"heard","s":"X@{}","R":{now}}}"#, LEGS[leg].1));
                    model.hear(leg, rig.now);
                }
                // Sources fall silent alone, or all of them.
                7..=8 => {
                    rig.tick(draw.below(4) * TOLERANCE / 3);
                    model.tick(rig.now);
                }
                9..=12 => {
                    rig.tick(25 * MS);
                    model.tick(rig.now);
                }
                _ => {
                    rig.now += draw.below(12) * MS;
                    let sides = draw.sides();
                    speak(&mut rig, leg, step + 1, &sides);
                    model.speak(leg, &sides, rig.now);
                }
            }
            assert_is(&rig, &model, &format!("seed {seed} step {step}"));
        }
        let named: Vec<_> = told(&rig).into_iter().filter(|(_, code, _)| *code == LOST || *code == PREFERRED).collect();
        assert_eq!(named.len() as u64, model.switches + 1, "seed {seed}: each is told once");
        assert!(named.windows(2).all(|two| two[0].2[1] == two[1].2[0]), "seed {seed}: each begins where the one before ended");
        let stales = told(&rig).into_iter().filter(|(state, ..)| *state == State::Stale).count() as u64;
        assert_eq!(stales, model.outages, "seed {seed}");
        (switches, outages) = (switches + model.switches, outages + model.outages);
    }
    println!("{switches} switches, {outages} outages");
    assert!(switches > 100 && outages > 10, "{switches} switches, {outages} outages: too few to prove anything");
}

#[test]
fn the_quote_is_that_of_the_source() {
    let mut rig = rig();
    speak(&mut rig, 0, 1, &sides(9_990, 10_010));
    speak(&mut rig, 1, 1, &sides(9_999, 10_001));
    let quotes = |rig: &Rig, id: u32| {
        let of = rig.reader.seen.iter().filter(|(header, _)| header.instrument == id);
        of.filter_map(|(_, seen)| if let Seen::Quote(quote) = seen { Some(*quote) } else { None }).collect::<Vec<_>>()
    };
    assert_eq!(quotes(&rig, VIEW), [Quote { bid_price: 9_990, bid_qty: 1, ask_price: 10_010, ask_qty: 2 }]);
    stale(&mut rig, 0);
    assert_eq!(quotes(&rig, VIEW)[1..], [Quote { bid_price: 9_999, bid_qty: 1, ask_price: 10_001, ask_qty: 2 }]);
    // 0.1 % against whoever would act on it.
    assert_eq!(quotes(&rig, NET).last(), Some(&Quote { bid_price: 9_989, bid_qty: 1, ask_price: 10_012, ask_qty: 2 }));
}

#[test]
fn terms_of_a_view_may_change_while_it_runs() {
    let mut rig = rig();
    speak(&mut rig, 0, 1, &sides(9_990, 10_010));
    speak(&mut rig, 1, 1, &sides(9_980, 10_020));
    let join = |hold: &str| {
        format!(r#"{{"e":"join","s":"X@b","view":"X","fee":0,"tolerance":{TOLERANCE},"deviation":0,"depth":{DEPTH}{hold}}}"#)
    };
    assert_eq!(rig.frame(&join("")).rejected, None);
    speak(&mut rig, 1, 2, &sides(9_981, 10_020));
    assert_eq!(book(&rig, VIEW)[0].len(), 2, "all legs together");
    assert_eq!(rig.frame(&join(r#","hold":0"#)).rejected, None);
    speak(&mut rig, 1, 3, &sides(9_980, 10_020));
    assert_eq!(book(&rig, VIEW), sides(9_990, 10_010));
    let refused = rig.frame(&join(r#","hold":-1"#)).rejected.map(|reject| reject.code);
    assert_eq!(refused, Some(Code::NumberNegative));
}
