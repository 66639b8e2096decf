//! What several lines together must hold under random losses, delays and deaths of each: exactly what none of them brought is told, once, and
//! nothing comes twice. Against a small venue that keeps the truth.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use machine_harness::*;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tickring_core::event::GapStream;
use tickring_core::input::{DisconnectReason, Input, Instrument, Request, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const LINES: usize = 3;

fn trades(rig: &Rig) -> Vec<u64> {
    let id = |seen: &Seen| if let Seen::Trade(trade) = seen { Some(trade.trade_id) } else { None };
    rig.reader.bodies().iter().filter_map(id).collect()
}

#[derive(Clone, Debug)]
enum Op {
    /// The book changes, and the change is sent on every line that is open.
    Change(bool, u8, u8),
    Trade,
    /// A line delivers so many messages.
    Deliver(usize, u8),
    /// The next message of a line is lost.
    Lose(usize),
    Die(usize),
    Revive(usize),
    Tick,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let line = 0..LINES;
    let op = prop_oneof![
        30 => (any::<bool>(), 0u8..12, 0u8..4).prop_map(|(bid, price, qty)| Op::Change(bid, price, qty)),
        10 => Just(Op::Trade),
        40 => (line.clone(), 1u8..5).prop_map(|(line, count)| Op::Deliver(line, count)),
        8 => line.clone().prop_map(Op::Lose),
        2 => line.clone().prop_map(Op::Die),
        4 => line.prop_map(Op::Revive),
        1 => Just(Op::Tick),
    ];
    prop::collection::vec(op, 1..400)
}

#[derive(Clone, Debug)]
struct Sent {
    is_trade: bool,
    is_whole: bool,
    id: u64,
    text: String,
}

type SideMap = BTreeMap<i64, i64>;

struct World {
    rig: Rig,
    venue: VenueId,
    sides: [SideMap; 2],
    history: BTreeMap<u64, [SideMap; 2]>,
    id: u64,
    trade_id: u64,
    lines: Vec<Option<VecDeque<Sent>>>,
    /// Ids that any line delivered: of the book, of trades.
    delivered: [BTreeSet<u64>; 2],
    /// Ids of whole books: what they hold of changes that were lost is in the book where one serves, and is told where none does.
    whole: BTreeSet<u64>,
    /// Id that came first: what is older is told by nobody.
    first: Option<u64>,
}

fn pairs(side: &SideMap) -> Vec<(String, String)> {
    side.iter().map(|(price, qty)| (price.to_string(), qty.to_string())).collect()
}

fn rows(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(price, qty)| (price.as_str(), qty.as_str())).collect()
}

fn bybit(now: u64, kind: &str, id: u64, [bids, asks]: [&SideMap; 2]) -> String {
    let side = |side: &SideMap| {
        let rows: Vec<_> = pairs(side).iter().map(|(price, qty)| format!(r#"["{price}","{qty}"]"#)).collect();
        rows.join(",")
    };
    let (ms, bids, asks) = (now / MS, side(bids), side(asks));
    format!(
        r#"{{"topic":"orderbook.1000.BTCUSDT","type":"{kind}","ts":{ms},"data":{{"s":"BTCUSDT","b":[{bids}],"a":[{asks}],"u":{id},"seq":{id}}},"cts":{ms}}}"#
    )
}

impl World {
    fn new(venue: VenueId) -> Self {
        let mut rig = Rig::new(MachineConfig::default());
        rig.define(&Instrument { price_exponent: 0, qty_exponent: 0, ..definition(BTC, venue, "BTCUSDT") });
        let id = 1_000;
        let mut world = Self {
            rig,
            venue,
            sides: Default::default(),
            history: BTreeMap::from([(id, Default::default())]),
            id,
            trade_id: 0,
            lines: vec![None; LINES],
            delivered: Default::default(),
            whole: BTreeSet::new(),
            first: None,
        };
        (0..LINES).for_each(|line| world.revive(line));
        world
    }

    fn revive(&mut self, line: usize) {
        if self.lines[line].is_some() {
            return;
        }
        let connection = line as u16 + 1;
        self.rig.input(Input::Connect { connection, venue: self.venue as u16 });
        self.rig.input(Input::Subscribe { connection, instrument: BTC, channels: channel::BOOK | channel::TRADE });
        self.lines[line] = Some(VecDeque::new());
        self.begin(line);
    }

    /// A venue whose books come in the stream begins it with one.
    fn begin(&mut self, line: usize) {
        if self.venue.snapshots_in_stream()
            && let Some(queue) = &mut self.lines[line]
        {
            let text = bybit(self.rig.now, "snapshot", self.id, [&self.sides[0], &self.sides[1]]);
            queue.push_back(Sent { is_trade: false, is_whole: true, id: self.id, text });
        }
    }

    fn die(&mut self, line: usize) {
        if self.lines[line].take().is_some() {
            self.rig.input(Input::Disconnect { connection: line as u16 + 1, reason: DisconnectReason::Error });
        }
    }

    fn send(&mut self, sent: &Sent) {
        for queue in self.lines.iter_mut().flatten() {
            queue.push_back(sent.clone());
        }
    }

    fn change(&mut self, bid: bool, price: u8, qty: u8) {
        let price = if bid { 100 - i64::from(price) } else { 101 + i64::from(price) };
        let before = self.id;
        self.id += if self.venue == VenueId::BinanceUsdm { u64::from(qty) + 1 } else { 1 };
        let side = &mut self.sides[usize::from(!bid)];
        if qty == 0 {
            side.remove(&price);
        } else {
            side.insert(price, i64::from(qty));
        }
        self.history.insert(self.id, self.sides.clone());
        let change = SideMap::from([(price, i64::from(qty))]);
        let none = SideMap::new();
        let [bids, asks] = if bid { [&change, &none] } else { [&none, &change] };
        let (bid_rows, ask_rows) = (pairs(bids), pairs(asks));
        let (bid_rows, ask_rows) = (rows(&bid_rows), rows(&ask_rows));
        let now = self.rig.now;
        let text = match self.venue {
            VenueId::BinanceSpot => spot_depth("BTCUSDT", now, self.id, self.id, &bid_rows, &ask_rows),
            VenueId::BinanceUsdm => usdm_depth("BTCUSDT", now, (self.id, self.id, before), &bid_rows, &ask_rows),
            _ => bybit(now, "delta", self.id, [bids, asks]),
        };
        self.send(&Sent { is_trade: false, is_whole: false, id: self.id, text });
    }

    fn trade(&mut self) {
        // Bybit's trades have no numbers that count.
        if self.venue == VenueId::BinanceSpot {
            self.trade_id += 1;
            let text = spot_trade(self.rig.now, self.trade_id, "100", "1");
            self.send(&Sent { is_trade: true, is_whole: false, id: self.trade_id, text });
        }
    }

    fn deliver(&mut self, line: usize) {
        let Some(sent) = self.lines[line].as_mut().and_then(VecDeque::pop_front) else { return };
        if !sent.is_trade {
            self.first.get_or_insert(sent.id);
        }
        if sent.is_whole {
            self.whole.insert(sent.id);
        } else {
            self.delivered[usize::from(sent.is_trade)].insert(sent.id);
        }
        self.rig.input(Input::Frame { connection: line as u16 + 1, bytes: sent.text.as_bytes() });
        self.answer();
        self.check_book();
    }

    /// Whole books are sent at once, trades never.
    fn answer(&mut self) {
        for request in self.rig.take_requests() {
            if matches!(request, Request::Trades { .. }) {
                // The venue has no other way to them here: what no line brought stays missing.
                continue;
            }
            assert_eq!(request, Request::DepthSnapshot { instrument: BTC });
            if self.venue.snapshots_in_stream() {
                // As the engine does: subscribed anew on one line.
                if let Some(line) = (0..LINES).find(|line| self.lines[*line].is_some()) {
                    self.begin(line);
                }
                continue;
            }
            let (bids, asks) = (pairs(&self.sides[0]), pairs(&self.sides[1]));
            let body = depth_body(self.id, &rows(&bids), &rows(&asks));
            self.rig.snapshot(&body);
        }
    }

    fn check_book(&self) {
        let machine = &self.rig.machine;
        self.rig.reader.assert_holds(machine, 0);
        let id = machine.instrument_counters(0).unwrap().last_update_id;
        if id != 0 {
            let book = machine.book(0).unwrap();
            let sides: [SideMap; 2] =
                [book.bids().map(|l| (l.price, l.qty)).collect(), book.asks().map(|l| (l.price, l.qty)).collect()];
            assert_eq!(sides, self.history[&id], "the book at {id}");
        }
    }

    fn act(&mut self, op: &Op) {
        // So little in all that nothing waits too long.
        self.rig.now += MS / 10;
        match *op {
            Op::Change(bid, price, qty) => self.change(bid, price, qty),
            Op::Trade => self.trade(),
            Op::Deliver(line, count) => (0..count).for_each(|_| self.deliver(line)),
            Op::Lose(line) => drop(self.lines[line].as_mut().and_then(VecDeque::pop_front)),
            Op::Die(line) => self.die(line),
            Op::Revive(line) => self.revive(line),
            Op::Tick => drop(self.rig.tick(MS / 10)),
        }
        self.check_book();
    }

    fn settle(&mut self) {
        (0..LINES).for_each(|line| self.revive(line));
        for round in 0..8 {
            self.change(true, round, 1);
            self.trade();
            for line in 0..LINES {
                (0..500).for_each(|_| self.deliver(line));
            }
            if self.venue.snapshots_in_stream() && !self.rig.is_live() {
                self.rig.tick(11_000 * MS);
                self.answer();
            }
        }
    }

    fn told(&self, stream: GapStream) -> Vec<u64> {
        let gaps = self.rig.reader.gaps();
        gaps.iter().filter(|gap| gap.stream == stream).flat_map(|gap| gap.first..=gap.last).collect()
    }

    fn check(&self) {
        assert!(self.rig.is_live(), "the book is in sync");
        assert_eq!(self.rig.machine.instrument_counters(0).unwrap().last_update_id, self.id);
        let published = trades(&self.rig);
        assert!(published.is_sorted_by(|a, b| a < b), "each trade once, in order");
        let lost: Vec<_> = published
            .first()
            .map_or(vec![], |first| (*first..=self.trade_id).filter(|id| !self.delivered[1].contains(id)).collect());
        assert_eq!(self.told(GapStream::Trade), lost, "trades that no line brought, each once");
        if let Some(first) = &self.first {
            let told = self.told(GapStream::Book);
            assert!(told.is_sorted_by(|a, b| a < b), "each lost id is told once");
            let sent = |id: &u64| self.history.contains_key(id) && !self.whole.contains(id);
            let lost: Vec<_> =
                self.history.keys().copied().filter(|id| id > first && !self.delivered[0].contains(id) && sent(id)).collect();
            let of_venue: Vec<_> = told.into_iter().filter(sent).collect();
            if self.venue.snapshots_in_stream() {
                // A whole book may overtake what a line still brings: that is old then, and told.
                let is_delta = |seen: &Seen, id: u64| matches!(seen, Seen::Delta { last, .. } if *last == id);
                let published = |id: &u64| self.rig.reader.bodies().iter().any(|seen| is_delta(seen, *id));
                assert!(
                    lost.iter().all(|id| of_venue.contains(id)),
                    "changes that no line brought: {lost:?}, told {of_venue:?}"
                );
                assert!(!of_venue.iter().any(published), "what was published is not told as lost: {of_venue:?}");
            } else {
                assert_eq!(of_venue, lost, "changes that no line brought");
            }
        }
        assert_eq!(self.rig.machine.handover(1).held, 0, "nothing waits");
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
    fn spot_lines_together_lose_only_what_none_of_them_brought(ops in ops()) {
        holds(VenueId::BinanceSpot, &ops);
    }

    #[test]
    fn futures_lines_together_lose_only_what_none_of_them_brought(ops in ops()) {
        holds(VenueId::BinanceUsdm, &ops);
    }

    #[test]
    fn lines_whose_books_come_in_the_stream_lose_only_what_none_of_them_brought(ops in ops()) {
        holds(VenueId::BybitLinear, &ops);
    }
}
