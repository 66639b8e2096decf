//! Invariants I2 and I5 under random schedules: drops, repetitions, reorderings, restarted ids, lost connections and late,
//! stale or malformed snapshots, against a small venue that keeps the truth.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use std::collections::BTreeMap;

use machine_harness::*;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tickring_core::event::{GapReason, Level};
use tickring_core::input::{DisconnectReason, Input, Instrument, Request, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

/// What becomes of a delta on its way.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    Lost,
    ArrivesTwice,
    /// Arrives after this many later deltas.
    Late(u8),
}

#[derive(Clone, Debug)]
enum Op {
    /// The venue's book changes: side, price, quantity, and how far its ids move.
    Change(bool, u8, u8, u8),
    /// The changes since the last delta are sent as one.
    Send(Fate),
    /// The venue makes the answer to the oldest open request.
    Answer,
    /// That answer arrives, or a damaged copy of it.
    AnswerArrives(bool),
    Disconnect,
    Connect,
    Restart,
    Tick(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let fate = prop_oneof![
        12 => Just(Fate::Arrives),
        2 => Just(Fate::Lost),
        2 => Just(Fate::ArrivesTwice),
        2 => (1u8..6).prop_map(Fate::Late),
    ];
    let op = prop_oneof![
        40 => (any::<bool>(), 0u8..12, 0u8..4, 1u8..5).prop_map(|(bid, price, qty, step)| Op::Change(bid, price, qty, step)),
        30 => fate.prop_map(Op::Send),
        10 => Just(Op::Answer),
        10 => prop::bool::weighted(0.1).prop_map(Op::AnswerArrives),
        2 => Just(Op::Disconnect),
        4 => Just(Op::Connect),
        1 => Just(Op::Restart),
        4 => (0u8..200).prop_map(Op::Tick),
    ];
    prop::collection::vec(op, 1..400)
}

/// A delta as the venue sent it: it holds every change with an id in `prev + 1 ..= last`.
#[derive(Clone, Debug)]
struct Sent {
    epoch: usize,
    first: u64,
    last: u64,
    prev: u64,
    text: String,
    accepted: bool,
}

type SideMap = BTreeMap<i64, i64>;

struct World {
    rig: Rig,
    venue: VenueId,
    bids: SideMap,
    asks: SideMap,
    /// The venue's book after each change, by its id.
    history: BTreeMap<u64, (SideMap, SideMap)>,
    epoch: usize,
    /// Id of the last change, and of the last delta.
    id: u64,
    sent_id: u64,
    pending: Vec<(bool, i64, i64, u64)>,
    sent: Vec<Sent>,
    late: Vec<(u8, usize)>,
    connected: bool,
    open_requests: usize,
    answers: Vec<String>,
}

fn text_pairs(levels: impl Iterator<Item = (i64, i64)>) -> Vec<(String, String)> {
    levels.map(|(price, qty)| (price.to_string(), qty.to_string())).collect()
}

fn side(levels: impl Iterator<Item = Level>) -> SideMap {
    levels.map(|level| (level.price, level.qty)).collect()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(price, qty)| (price.as_str(), qty.as_str())).collect()
}

impl World {
    fn new(venue: VenueId) -> Self {
        let mut rig = Rig::new(MachineConfig::default());
        rig.define(&Instrument { price_exponent: 0, qty_exponent: 0, ..definition(BTC, venue, "BTCUSDT") });
        let id = 1_000_000_000;
        let mut world = Self {
            rig,
            venue,
            bids: SideMap::new(),
            asks: SideMap::new(),
            history: BTreeMap::from([(id, Default::default())]),
            epoch: 0,
            id,
            sent_id: id,
            pending: Vec::new(),
            sent: Vec::new(),
            late: Vec::new(),
            connected: false,
            open_requests: 0,
            answers: Vec::new(),
        };
        world.connect();
        world
    }

    fn connect(&mut self) {
        if !self.connected {
            self.connected = true;
            self.rig.input(Input::Connect { connection: 1, venue: self.venue as u16 });
            self.rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: channel::BOOK | channel::TRADE });
        }
    }

    fn disconnect(&mut self) {
        if self.connected {
            self.connected = false;
            self.late.clear();
            self.rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Error });
        }
    }

    fn change(&mut self, bid: bool, price: u8, qty: u8, step: u8) {
        let price = if bid { 100 - i64::from(price) } else { 95 + i64::from(price) };
        // Spot ids are dense, futures ids are not.
        self.id += if self.venue == VenueId::BinanceSpot { 1 } else { u64::from(step) };
        let side = if bid { &mut self.bids } else { &mut self.asks };
        if qty == 0 {
            side.remove(&price);
        } else {
            side.insert(price, i64::from(qty));
        }
        self.pending.push((bid, price, i64::from(qty), self.id));
        self.history.insert(self.id, (self.bids.clone(), self.asks.clone()));
    }

    fn send(&mut self, fate: Fate) {
        let (Some(first), Some(last)) = (self.pending.first(), self.pending.last()) else { return };
        let (first, last, prev) = (first.3, last.3, self.sent_id);
        let side =
            |bid: bool| text_pairs(self.pending.iter().filter(|change| change.0 == bid).map(|change| (change.1, change.2)));
        let (bids, asks) = (side(true), side(false));
        let (bids, asks) = (borrowed(&bids), borrowed(&asks));
        let text = match self.venue {
            VenueId::BinanceSpot => spot_depth("BTCUSDT", self.rig.now, first, last, &bids, &asks),
            VenueId::BinanceUsdm => usdm_depth("BTCUSDT", self.rig.now, (first, last, prev), &bids, &asks),
            source => panic!("{} has no books", source.name()),
        };
        self.pending.clear();
        self.sent_id = last;
        let at = self.sent.len();
        self.sent.push(Sent { epoch: self.epoch, first, last, prev, text, accepted: false });
        if !self.connected {
            return;
        }
        for late in &mut self.late {
            late.0 -= 1;
        }
        match fate {
            Fate::Lost => {}
            Fate::Late(after) => self.late.push((after, at)),
            Fate::Arrives => self.arrive(at),
            Fate::ArrivesTwice => {
                self.arrive(at);
                self.arrive(at);
            }
        }
        let due: Vec<_> = self.late.iter().filter(|late| late.0 == 0).map(|late| late.1).collect();
        self.late.retain(|late| late.0 > 0);
        due.into_iter().for_each(|at| self.arrive(at));
    }

    fn arrive(&mut self, at: usize) {
        let newest =
            self.sent.iter().rev().find(|other| other.accepted && other.epoch == self.epoch).map_or(0, |other| other.last);
        let sent = &mut self.sent[at];
        sent.accepted |= sent.last > newest;
        assert!(sent.first > sent.prev);
        let text = sent.text.clone();
        self.rig.frame(&text);
    }

    fn restart(&mut self) {
        self.late.clear();
        self.pending.clear();
        self.epoch += 1;
        // Far below all ids so far, as a real restart is.
        self.id /= 1_000;
        self.sent_id = self.id;
        self.bids.clear();
        self.history.insert(self.id, (self.bids.clone(), self.asks.clone()));
        self.rig.now += 1_000 * MS;
    }

    fn take_requests(&mut self) {
        for request in self.rig.take_requests() {
            assert_eq!(request, Request::DepthSnapshot { instrument: BTC });
            self.open_requests += 1;
        }
    }

    fn answer(&mut self) {
        self.take_requests();
        if self.open_requests > 0 {
            self.open_requests -= 1;
            let bids = text_pairs(self.bids.iter().rev().map(|(price, qty)| (*price, *qty)));
            let asks = text_pairs(self.asks.iter().map(|(price, qty)| (*price, *qty)));
            self.answers.push(depth_body(self.id, &borrowed(&bids), &borrowed(&asks)));
        }
    }

    fn answer_arrives(&mut self, damaged: bool) {
        if !self.answers.is_empty() {
            let body = self.answers.remove(0);
            let length = if damaged { body.len() - 1 } else { body.len() };
            self.rig.snapshot(&body[..length]);
        }
    }

    fn act(&mut self, op: &Op) {
        self.rig.now += 5 * MS;
        match *op {
            Op::Change(bid, price, qty, step) => self.change(bid, price, qty, step),
            Op::Send(fate) => self.send(fate),
            Op::Answer => self.answer(),
            Op::AnswerArrives(damaged) => self.answer_arrives(damaged),
            Op::Disconnect => self.disconnect(),
            Op::Connect => self.connect(),
            Op::Restart if self.epoch < 2 => self.restart(),
            Op::Restart => {}
            Op::Tick(tenths) => drop(self.rig.tick(u64::from(tenths) * 100 * MS)),
        }
        self.check_serving_book();
    }

    /// The serving book, stale or not, is at every moment the venue's at that update id, and the reader's.
    fn check_serving_book(&self) {
        let machine = &self.rig.machine;
        self.rig.reader.assert_holds(machine, 0);
        let id = machine.instrument_counters(0).unwrap().last_update_id;
        if id != 0 {
            let (bids, asks) = &self.history[&id];
            assert_eq!((&side(machine.book(0).unwrap().bids()), &side(machine.book(0).unwrap().asks())), (bids, asks));
        }
    }

    /// Faults end: everything sent arrives, every request is answered, time passes.
    fn settle(&mut self) {
        self.connect();
        while let Some((_, at)) = self.late.pop() {
            self.arrive(at);
        }
        for round in 0..40 {
            self.settle_round(round);
            self.rig.tick(1_000 * MS);
        }
        // The book may be crossed, truly, and under reconstruction for that just now.
        for round in 0..5 {
            if !self.rig.is_live() {
                self.settle_round(round);
            }
        }
    }

    fn settle_round(&mut self, round: u8) {
        self.change(true, round % 2, 1 + round % 3, 1);
        self.act(&Op::Send(Fate::Arrives));
        self.answer();
        while !self.answers.is_empty() {
            self.answer_arrives(false);
        }
    }

    /// What was sent between two accepted deltas and not accepted, as ranges of ids.
    fn missing(&self) -> Vec<(u64, u64)> {
        let mut ranges = Vec::new();
        for epoch in 0..=self.epoch {
            let mut open: Option<(u64, u64)> = None;
            let mut started = false;
            for sent in self.sent.iter().filter(|sent| sent.epoch == epoch) {
                if sent.accepted {
                    started = true;
                    ranges.extend(open.take());
                } else if started {
                    open = Some((open.map_or(sent.prev + 1, |range| range.0), sent.last));
                }
            }
        }
        ranges
    }

    fn check(&self) {
        let rig = &self.rig;
        assert!(rig.is_live(), "the book is back in sync");
        self.check_serving_book();
        assert_eq!(rig.machine.instrument_counters(0).unwrap().last_update_id, self.sent_id);
        let gaps = rig.reader.gaps();
        let exact: Vec<_> =
            gaps.iter().filter(|gap| gap.reason != GapReason::Rollback).map(|gap| (gap.first, gap.last)).collect();
        assert_eq!(exact, self.missing(), "every id that was not received is reported once");
        assert_eq!(rig.machine.counters().gaps as usize, gaps.len());
    }
}

fn holds(venue: VenueId, ops: &[Op]) {
    let mut world = World::new(venue);
    for op in ops {
        world.act(op);
    }
    world.settle();
    world.check();
}

/// The seed of a failure is kept beside this file. `PROPTEST_CASES` sets the number of schedules.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn after_any_faults_the_spot_book_is_the_venues_and_every_lost_id_is_told_once(ops in ops()) {
        holds(VenueId::BinanceSpot, &ops);
    }

    #[test]
    fn after_any_faults_the_futures_book_is_the_venues_and_every_lost_id_is_told_once(ops in ops()) {
        holds(VenueId::BinanceUsdm, &ops);
    }
}
