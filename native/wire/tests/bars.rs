//! Candles: what their topics say adds up to what the trades were, late and missing ones included.
#![allow(clippy::unwrap_used)]

mod engine;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{Engine, NAME, Received, Root, drain, drain_until, instrument, topic};
use tickring_core::bars::{Bar, Timeframe};
use tickring_core::event::{Body, Event, Gap, GapReason, GapStream, Header, Trade, flag};
use tickring_core::input::Instrument;
use tickring_core::sink::Sink;
use tickring_wire::{Encoding, Fanout, Rung};

const ID: u32 = 7;
const SECOND: u64 = 1_000_000_000;
const START: u64 = 19_900 * 86_400 * SECOND;

/// Publishes at chosen times.
struct Market {
    engine: Engine,
    inputs: u64,
}

impl Market {
    fn start(root: &Root) -> Self {
        let mut engine = Engine::start(root, 0, 10);
        engine.define(&instrument(ID));
        Self { engine, inputs: 1_000 }
    }

    fn publish(&mut self, flags: u16, ts_event: u64, ts_recv: u64, body: Body<'_>) {
        self.inputs += 1;
        let header = Header { instrument: ID, flags, ts_event, ts_recv, frame_seq: self.inputs, index: 0 };
        self.engine.writer.event(&Event { header, body });
    }

    fn trade(&mut self, ts: u64, price: i64, qty: i64) {
        self.publish(0, ts, ts, Body::Trade(Trade { price, qty, trade_id: self.inputs }));
    }
}

fn follow(fanout: &mut Fanout, name: &str) -> u32 {
    let id = topic(fanout, &format!("bar.{name}.binance-usdm.SYM{ID}"));
    fanout.interest(id, Encoding::FlatBuffers, Rung::Full, true);
    id
}

/// Start, open, high, low, close, volume, count, late, closed and partial of the messages of a topic.
type Seen = (u64, [i64; 4], i64, u64, u32, bool, bool);

fn seen(messages: &[Received], topic: u32) -> Vec<Seen> {
    let of_topic = messages.iter().filter(|message| message.topic == topic);
    let read = |message: &Received| {
        let flat = message.flat();
        let bar = flat.body_as_bar().unwrap();
        let prices = [bar.open(), bar.high(), bar.low(), bar.close()];
        let partial = flat.flags() & u32::from(flag::PARTIAL) != 0;
        (bar.start(), prices, bar.volume(), bar.count(), bar.late(), bar.closed(), partial)
    };
    of_topic.map(read).collect()
}

fn bars(fanout: &Fanout, timeframe: Timeframe) -> Vec<Bar> {
    fanout.bars(ID).unwrap().bars.candles(timeframe, 100)
}

/// Waits for the next time that candles are told.
fn told(fanout: &mut Fanout, done: impl Fn(&[Received]) -> bool) -> Vec<Received> {
    drain_until(fanout, |_, messages| done(messages))
}

#[test]
fn candles_are_told_as_they_change_and_once_more_when_they_close() {
    let root = Root::new();
    let mut market = Market::start(&root);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    drain(&mut fanout, 1 << 20);
    let second = follow(&mut fanout, "1s");
    let minute = follow(&mut fanout, "1m");
    market.trade(START, 50, 2);
    market.trade(START + 5, 40, 3);
    let messages = told(&mut fanout, |messages| seen(messages, minute).len() == 2);
    let minutes = seen(&messages, minute);
    assert_eq!(minutes.last(), Some(&(START, [50, 50, 40, 40], 5, 2, 0, false, true)));
    market.trade(START + SECOND, 60, 1);
    let messages = told(&mut fanout, |messages| !seen(messages, minute).is_empty());
    assert_eq!(
        seen(&messages, second),
        [(START, [50, 50, 40, 40], 5, 2, 0, true, true), (START + SECOND, [60; 4], 1, 1, 0, false, false)]
    );
    assert_eq!(seen(&messages, minute), [(START, [50, 60, 40, 60], 6, 3, 0, false, true)]);
    // Any record of the shard tells that time goes on.
    let quote = tickring_core::event::Quote::default();
    market.publish(0, 0, START + 3 * SECOND, Body::Quote(quote));
    let messages = told(&mut fanout, |messages| !seen(messages, second).is_empty());
    assert_eq!(seen(&messages, second), [(START + SECOND, [60; 4], 1, 1, 0, true, false)]);
    assert_eq!(seen(&messages, minute), []);
    std::thread::sleep(Duration::from_millis(250));
    assert_eq!(drain(&mut fanout, 1 << 20), [], "nothing is told twice");
}

#[test]
fn a_client_that_follows_any_topic_holds_the_candles_that_are_kept() {
    let root = Root::new();
    let mut market = Market::start(&root);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    drain(&mut fanout, 1 << 20);
    let topics = Timeframe::ALL.map(|timeframe| follow(&mut fanout, timeframe.name()));
    let mut held = Timeframe::ALL.map(|_| BTreeMap::new());
    let mut seq = Timeframe::ALL.map(|_| 0);
    for step in 0..600_u64 {
        let ts = START + step * 700_000_000;
        let late = if step % 11 == 10 { 3 * SECOND } else { 0 };
        market.trade(ts - late, 100 + i64::try_from(step % 37).unwrap(), 1);
        if step % 50 != 49 {
            continue;
        }
        let messages = told(&mut fanout, |messages| topics.iter().all(|id| !seen(messages, *id).is_empty()));
        for (place, id) in topics.iter().enumerate() {
            for message in messages.iter().filter(|message| message.topic == *id) {
                assert_eq!(message.flat().prev_seq(), seq[place]);
                seq[place] = message.flat().seq();
            }
            for bar in seen(&messages, *id) {
                held[place].insert(bar.0, bar);
            }
        }
    }
    for (place, timeframe) in Timeframe::ALL.into_iter().enumerate() {
        let kept = bars(&fanout, timeframe);
        for bar in kept.iter().filter(|bar| bar.count > 0) {
            let prices = [bar.open, bar.high, bar.low, bar.close];
            let expected = (bar.start, prices, bar.volume, bar.count, bar.late, bar.closed, bar.partial);
            assert_eq!(held[place].get(&bar.start), Some(&expected));
        }
    }
    let late: u32 = held[0].values().map(|bar| bar.4).sum();
    assert_eq!(late, 600 / 11);
    assert_eq!(fanout.bars(ID).unwrap().bars.late(), 600 / 11);
}

#[test]
fn missing_trades_make_candles_partial() {
    let root = Root::new();
    let mut market = Market::start(&root);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    for step in 0..8 {
        market.trade(START + step * SECOND, 50, 1);
        if step == 3 {
            let gap = Gap { stream: GapStream::Trade, reason: GapReason::Sequence, first: 1, last: 2 };
            market.publish(0, 0, START + step * SECOND, Body::Gap(gap));
        }
        drain(&mut fanout, 1 << 20);
    }
    let partial: Vec<_> = bars(&fanout, Timeframe::S1).iter().map(|bar| bar.partial).collect();
    assert_eq!(partial, [true, false, false, true, true, false, false, false]);
    // Lapped: nobody knows what was among the lost records.
    for step in 0..3_000 {
        market.trade(START + 8 * SECOND + step, 50, 1);
    }
    market.trade(START + 9 * SECOND, 50, 1);
    drain(&mut fanout, 1 << 20);
    assert!(fanout.lost() > 0);
    let partial: Vec<_> = bars(&fanout, Timeframe::S1).iter().map(|bar| bar.partial).collect();
    assert_eq!(partial[5..], [false, false, true, true, false]);
}

#[test]
fn times_that_cannot_be_right_are_replaced_and_aggregates_counted_once() {
    let root = Root::new();
    let mut market = Market::start(&root);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    let print = |qty| Body::Trade(Trade { price: 50, qty, trade_id: 1 });
    market.publish(flag::AGGREGATED, START, START, print(2));
    market.publish(0, START, START, print(100));
    market.publish(flag::AGGREGATED | flag::BAD_TS, 5, START, print(4));
    market.publish(flag::AGGREGATED | flag::NO_TS_EVENT, 0, START + SECOND, print(8));
    drain(&mut fanout, 1 << 20);
    let volumes: Vec<_> = bars(&fanout, Timeframe::S1).iter().map(|bar| bar.volume).collect();
    assert_eq!(volumes, [6, 8]);
}

#[test]
fn finer_exponents_convert_what_is_kept() {
    let root = Root::new();
    let mut market = Market::start(&root);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    market.trade(START, 50, 2);
    market.engine.define(&Instrument { price_exponent: -4, qty_exponent: -5, change_count: 1, ..instrument(ID) });
    drain(&mut fanout, 1 << 20);
    let candles = fanout.bars(ID).unwrap();
    assert_eq!((candles.price_exponent, candles.qty_exponent), (-4, -5));
    let [bar] = bars(&fanout, Timeframe::M1)[..] else { panic!("one candle") };
    assert_eq!((bar.open, bar.volume), (5_000, 200));
    let id = topic(&fanout, &format!("bar.1m.binance-usdm.SYM{ID}"));
    let snapshot = fanout.snapshot(id, Encoding::Json, Rung::Full).unwrap();
    let text = std::str::from_utf8(snapshot).unwrap();
    assert!(text.contains(r#""open":"0.5""#) && text.contains(r#""flags":["partial"]"#), "{text}");
}
