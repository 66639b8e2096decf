//! Anything in any order: several connections of several venues, ids and times at their limits, feeds that come and go, answers to questions
//! of long ago. The harness holds the reader's books against the machine's and a restored twin against it after each input.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::input::{DisconnectReason, Input, Request};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const VENUES: [(VenueId, &str); 6] = [
    (VenueId::BinanceSpot, "BTCUSDT"),
    (VenueId::BybitLinear, "BTCUSDT"),
    (VenueId::KrakenFutures, "PF_XBTUSD"),
    (VenueId::OkxSpot, "BTC-USDT"),
    (VenueId::Deribit, "BTC-PERPETUAL"),
    (VenueId::Backpack, "BTC_USDC"),
];

/// Splitmix.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn price(&mut self) -> String {
        match self.below(4_000) {
            0 => "92233720368547.75807".into(),
            1 => "0.000000000000000001".into(),
            2..=9 => format!("{}.123456", self.below(200)),
            10..=20 => "0".into(),
            _ => format!("{}.{}", 95 + self.below(10), self.below(10)),
        }
    }

    fn qty(&mut self) -> String {
        match self.below(4_000) {
            0 => "9223372036854775.807".into(),
            1 => "0.000000000000000001".into(),
            2..=20 => format!("{}.12345678", self.below(200)),
            21..=800 => "0".into(),
            _ => format!("{}.5", self.below(5)),
        }
    }

    fn rows(&mut self, most: u64, row: impl Fn(&str, &str) -> String) -> String {
        let rows: Vec<_> = (0..self.below(most + 1)).map(|_| row(&self.price(), &self.qty())).collect();
        format!("[{}]", rows.join(","))
    }
}

struct World {
    rig: Rig,
    dice: Dice,
    ids: [u64; VENUES.len()],
    waiting: Vec<Request>,
}

impl World {
    fn new(seed: u64) -> Self {
        let config = MachineConfig { depth: 5, snapshot_interval_ns: 700 * MS, ..MachineConfig::default() };
        let mut rig = Rig::new(config);
        for (at, (venue, symbol)) in (0..).zip(VENUES) {
            rig.define(&definition(BTC + at, venue, symbol));
        }
        let mut world = Self { rig, dice: Dice(seed), ids: [1_000; VENUES.len()], waiting: Vec::new() };
        for at in 0..VENUES.len() {
            world.open(at, 0);
        }
        world
    }

    fn line(at: usize, line: u64) -> u16 {
        1 + (at * 3) as u16 + line as u16
    }

    fn open(&mut self, at: usize, line: u64) {
        let connection = Self::line(at, line);
        self.rig.input(Input::Connect { connection, venue: VENUES[at].0 as u16 });
        self.subscribe(at, line);
    }

    fn subscribe(&mut self, at: usize, line: u64) {
        let channels = if self.dice.one_in(6) { 1 + self.dice.below(15) as u16 } else { 7 };
        self.rig.input(Input::Subscribe { connection: Self::line(at, line), instrument: BTC + at as u32, channels });
    }

    fn time(&mut self) -> u64 {
        let now = self.rig.now / MS;
        match self.dice.below(300) {
            0 => 0,
            1 => now + 3_600_000,
            2 => 9_000_000_000_000,
            3 => now.saturating_sub(3_600_000),
            _ => now.saturating_sub(self.dice.below(50)),
        }
    }

    fn id(&mut self, at: usize) -> (u64, u64) {
        let before = self.ids[at];
        let id = match self.dice.below(400) {
            0 => 1,
            1 => before / 2,
            2 if self.dice.one_in(4) => u64::MAX,
            3..=6 => before + 1 + self.dice.below(5),
            7..=40 => before.saturating_sub(self.dice.below(4)),
            41 => before + 10_000,
            _ => before + 1,
        };
        if id != u64::MAX {
            self.ids[at] = id;
        }
        (if self.dice.one_in(30) { before + 1 } else { before }, id)
    }

    fn step(&mut self) {
        let at = self.dice.below(VENUES.len() as u64) as usize;
        let line = self.dice.below(3).saturating_sub(1);
        self.rig.now = if self.dice.one_in(200) { self.rig.now - 5_000 * MS } else { self.rig.now + self.dice.below(60) * MS };
        match self.dice.below(100) {
            0 | 4..=7 => {
                let line = if self.dice.one_in(2) { 0 } else { line };
                self.open(at, line);
            }
            1 => drop(self.rig.input(Input::Disconnect { connection: Self::line(at, line), reason: DisconnectReason::Error })),
            2 => self.subscribe(at, line),
            3 if self.dice.one_in(3) => drop(self.rig.input(Input::Unsubscribe { instrument: BTC + at as u32 })),
            3 | 8..=12 => drop(self.rig.tick(100 * MS)),
            13 => drop(self.rig.tick(3_000 * MS)),
            14..=30 => self.answer(),
            31 => drop(self.rig.input(Input::PublishSnapshot { instrument: BTC + at as u32 })),
            32 => drop(self.rig.define(&definition(BTC + at as u32, VENUES[at].0, VENUES[at].1))),
            33..=45 => self.print(at, line),
            46..=50 => self.quote(at, line),
            _ => self.book(at, line),
        }
        while let Some(request) = self.rig.machine.take_request() {
            if self.waiting.len() < 20 {
                self.waiting.push(request);
            }
        }
        for slot in 0..VENUES.len() as u32 {
            self.rig.reader.assert_holds(&self.rig.machine, slot);
        }
        self.rig.reader.seen.clear();
    }

    fn send(&mut self, at: usize, line: u64, text: &str) {
        self.rig.input(Input::Frame { connection: Self::line(at, line), bytes: text.as_bytes() });
    }

    fn book(&mut self, at: usize, line: u64) {
        let (ms, (prev, id)) = (self.time(), self.id(at));
        let is_whole = self.dice.one_in(6);
        let most = if self.dice.one_in(10) { 0 } else { 6 };
        let named = |p: &str, q: &str| format!(r#"{{"price":{p},"qty":{q}}}"#);
        let plain = |p: &str, q: &str| format!(r#"["{p}","{q}"]"#);
        let four = |p: &str, q: &str| format!(r#"["{p}","{q}","0","1"]"#);
        let new = |p: &str, q: &str| if q == "0" { format!(r#"["delete",{p},0]"#) } else { format!(r#"["new",{p},{q}]"#) };
        let dice = &mut self.dice;
        let text = match VENUES[at].0 {
            VenueId::BinanceSpot => format!(
                r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{ms},"s":"BTCUSDT","U":{},"u":{id},"b":{},"a":{}}}}}"#,
                prev.saturating_add(1),
                dice.rows(most, plain),
                dice.rows(most, plain)
            ),
            VenueId::Backpack => format!(
                r#"{{"stream":"depth.BTC_USDC","data":{{"e":"depth","E":{ms}000,"s":"BTC_USDC","a":{},"b":{},"U":{},"u":{id},"T":{ms}000}}}}"#,
                dice.rows(most, plain),
                dice.rows(most, plain),
                prev.saturating_add(1)
            ),
            VenueId::BybitLinear => format!(
                r#"{{"topic":"orderbook.1000.BTCUSDT","type":"{}","ts":{ms},"data":{{"s":"BTCUSDT","b":{},"a":{},"u":{id},"seq":{id}}},"cts":{ms}}}"#,
                if is_whole { "snapshot" } else { "delta" },
                dice.rows(most, plain),
                dice.rows(most, plain)
            ),
            VenueId::OkxSpot => format!(
                r#"{{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"{}","data":[{{"asks":{},"bids":{},"ts":"{ms}","checksum":0,"prevSeqId":{},"seqId":{}}}]}}"#,
                if is_whole { "snapshot" } else { "update" },
                dice.rows(most, four),
                dice.rows(most, four),
                if is_whole { -1 } else { prev as i64 },
                id.min(i64::MAX as u64)
            ),
            VenueId::Deribit => format!(
                r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.BTC-PERPETUAL.100ms","data":{{"type":"{}","timestamp":{ms},{}"instrument_name":"BTC-PERPETUAL","change_id":{id},"bids":{},"asks":{}}}}}}}"#,
                if is_whole { "snapshot" } else { "change" },
                if is_whole { String::new() } else { format!(r#""prev_change_id":{prev},"#) },
                dice.rows(most, new),
                dice.rows(most, new)
            ),
            _ if is_whole => format!(
                r#"{{"feed":"book_snapshot","product_id":"PF_XBTUSD","timestamp":{ms},"seq":{id},"tickSize":null,"bids":{},"asks":{}}}"#,
                dice.rows(most, named),
                dice.rows(most, named)
            ),
            _ => format!(
                r#"{{"feed":"book","product_id":"PF_XBTUSD","side":"{}","seq":{id},"price":{},"qty":{},"timestamp":{ms}}}"#,
                if dice.one_in(2) { "sell" } else { "buy" },
                dice.price(),
                dice.qty()
            ),
        };
        self.send(at, line, &text);
    }

    fn print(&mut self, at: usize, line: u64) {
        let (ms, (_, id), price, qty) = (self.time(), self.id(at), self.dice.price(), self.dice.qty());
        let text = match VENUES[at].0 {
            VenueId::BinanceSpot => spot_trade(ms * MS, id, &price, &qty),
            VenueId::Backpack => format!(
                r#"{{"stream":"trade.BTC_USDC","data":{{"e":"trade","E":{ms}000,"s":"BTC_USDC","p":"{price}","q":"{qty}","b":"1","a":"2","t":{id},"T":{ms}000,"m":true}}}}"#
            ),
            VenueId::BybitLinear => format!(
                r#"{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":{ms},"data":[{{"T":{ms},"s":"BTCUSDT","S":"Buy","v":"{qty}","p":"{price}","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":{id}}}]}}"#
            ),
            VenueId::KrakenFutures => format!(
                r#"{{"feed":"trade","product_id":"PF_XBTUSD","uid":"05af78ac-a774-478c-a50c-8b9c234e071e","side":"sell","type":"{}","seq":{id},"time":{ms},"qty":{qty},"price":{price}}}"#,
                if self.dice.one_in(5) { "liquidation" } else { "fill" }
            ),
            _ => return,
        };
        self.send(at, line, &text);
    }

    fn quote(&mut self, at: usize, line: u64) {
        let (ms, bid, ask, qty) = (self.time(), self.dice.price(), self.dice.price(), self.dice.qty());
        let text = match VENUES[at].0 {
            VenueId::BinanceSpot => spot_quote(self.id(at).1, &bid, &ask),
            VenueId::KrakenFutures => format!(
                r#"{{"time":{ms},"product_id":"PF_XBTUSD","feed":"ticker","bid":{bid},"bid_size":{qty},"ask":{ask},"ask_size":{qty},"tag":"perpetual","relative_funding_rate":1e-6,"openInterest":{qty},"markPrice":{bid}}}"#
            ),
            VenueId::Deribit => format!(
                r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"quote.BTC-PERPETUAL","data":{{"timestamp":{ms},"instrument_name":"BTC-PERPETUAL","best_bid_price":{bid},"best_bid_amount":{qty},"best_ask_price":{ask},"best_ask_amount":{qty}}}}}}}"#
            ),
            _ => return,
        };
        self.send(at, line, &text);
    }

    /// Any of the questions of before, or none.
    fn answer(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let at = self.dice.below(self.waiting.len() as u64) as usize;
        let request = if self.dice.one_in(4) { self.waiting[at] } else { self.waiting.swap_remove(at) };
        let plain = |p: &str, q: &str| format!(r#"["{p}","{q}"]"#);
        match request {
            Request::DepthSnapshot { instrument } | Request::Audit { instrument } => {
                let venue = (instrument - BTC) as usize;
                let id = self.ids[venue].saturating_sub(self.dice.below(4)) + self.dice.below(3);
                let dice = &mut self.dice;
                let (bids, asks) = (dice.rows(12, plain), dice.rows(12, plain));
                let quoted = if VENUES[venue].0 == VenueId::Backpack { format!("\"{id}\"") } else { id.to_string() };
                let body = format!(r#"{{"lastUpdateId":{quoted},"bids":{bids},"asks":{asks}}}"#);
                self.rig.input(Input::DepthSnapshot { instrument, bytes: body.as_bytes() });
            }
            Request::Trades { instrument, first, last } => {
                let ids: Vec<_> = (first..=last.min(first + 20)).filter(|_| !self.dice.one_in(4)).collect();
                let ms = self.time();
                let rows: Vec<_> = ids.iter().map(|id| match VENUES[(instrument - BTC) as usize].0 {
                    VenueId::Backpack => format!(r#"{{"id":{id},"price":"{}","quantity":"{}","quoteQuantity":"1","timestamp":{ms},"isBuyerMaker":true}}"#, self.dice.price(), self.dice.qty()),
                    _ => format!(r#"{{"id":{id},"price":"{}","qty":"{}","quoteQty":"1","time":{ms},"isBuyerMaker":true,"isBestMatch":true}}"#, self.dice.price(), self.dice.qty()),
                }).collect();
                let body = if self.dice.one_in(5) { String::new() } else { format!("[{}]", rows.join(",")) };
                self.rig.input(Input::Trades { instrument, bytes: body.as_bytes() });
            }
            _ => {}
        }
    }
}

/// Inputs of a storm.
const STEPS: u64 = 600;

/// Among them those that once broke something: what waits and the last event of an input, ids that go back while a book waits.
const SEEDS: [u64; 10] = [5, 1_000, 1_001, 1_002, 1_003, 1_004, 1_061, 1_063, 1_064, 1_065];

#[test]
fn nothing_that_comes_breaks_a_book_or_a_checkpoint() {
    let mut live = [0_u64; VENUES.len()];
    let mut counted = [0_u64; 5];
    for seed in SEEDS {
        println!("seed {seed}");
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
            for (slot, live) in (0..).zip(&mut live) {
                *live += world.rig.machine.instrument_counters(slot).unwrap().in_sync;
            }
        }
        let counters = world.rig.machine.counters();
        let all = [counters.book_deltas, counters.trades, counters.quotes, counters.filled, counters.audits];
        counted.iter_mut().zip(all).for_each(|(sum, one)| *sum += one);
    }
    assert!(live.iter().all(|live| *live > STEPS / 2), "each venue has books now and then: {live:?}");
    assert!(counted.iter().all(|count| *count > 0), "{counted:?}");
}
