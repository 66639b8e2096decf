//! Rungs below the full one, and what is kept for clients that come back.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{Client, Engine, NAME, Received, Root, Sides, drain, drain_until, instrument, levels, topic};
use tickring_core::counters::InstrumentCounters;
use tickring_core::event::{Level, State, Status};
use tickring_wire::{Encoding, Fanout, Rung, SkipReason, fbs};

const ID: u32 = 7;
const OUT: usize = 1 << 20;

fn level(price: i64, qty: i64) -> Level {
    Level { price, qty }
}

/// An engine with one book of 30 levels a side, and a fan-out that has read it.
fn start(root: &Root) -> (Engine, Fanout, u32) {
    let mut engine = Engine::start(root, 0, 10);
    engine.define(&instrument(ID));
    let bids: Vec<_> = (1..=30).map(|price| level(price, 5)).collect();
    let asks: Vec<_> = (101..=130).map(|price| level(price, 5)).collect();
    engine.delta(ID, 1, &bids, &asks, 64);
    engine.snapshot(ID, 64);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    drain(&mut fanout, OUT);
    let book = topic(&fanout, "book.binance-usdm.SYM7");
    (engine, fanout, book)
}

fn on(messages: &[Received], rung: Rung) -> Vec<fbs::Message<'_>> {
    messages.iter().filter(|message| message.rung == rung as u8).map(Received::flat).collect()
}

fn best(sides: &Sides, depth: usize) -> Sides {
    let bids = sides.0.iter().rev().take(depth).map(|(price, qty)| (*price, *qty)).collect();
    Sides(bids, sides.1.iter().take(depth).map(|(price, qty)| (*price, *qty)).collect())
}

#[test]
fn every_rung_leads_to_the_same_book_with_numbers_that_follow() {
    let root = Root::new();
    let (mut engine, mut fanout, book) = start(&root);
    let mut clients = Rung::ALL.map(|rung| {
        let client = Client::join(fanout.snapshot(book, Encoding::FlatBuffers, rung).unwrap());
        fanout.interest(book, Encoding::FlatBuffers, rung, true);
        client
    });
    for round in 0..5_i64 {
        for step in 0..40_i64 {
            let id = 2 + u64::try_from(round * 41 + step).unwrap();
            engine.delta(ID, id, &[level(1 + (step * 7) % 31, (step + round) % 4)], &[level(101 + step % 9, 1 + step)], 64);
        }
        if round == 2 {
            engine.status(ID, Status { state: State::Stale, connection: 0, code: None, detail: 0 });
        }
        engine.delta(ID, 2 + u64::try_from(round * 41 + 40).unwrap(), &[level(29, 10 + round)], &[level(101, 50 + round)], 64);
        let done = |fanout: &Fanout, messages: &[Received]| {
            let last = fanout.seq(book).unwrap();
            [Rung::Coalesced, Rung::Top, Rung::Best]
                .iter()
                .all(|rung| on(messages, *rung).iter().any(|message| message.seq() == last))
        };
        let messages = drain_until(&mut fanout, done);
        let truth = &engine.books[&ID].1;
        for (rung, client) in Rung::ALL.into_iter().zip(&mut clients) {
            let got = on(&messages, rung);
            got.iter().for_each(|message| assert!(client.follow_conflated(message), "{rung:?}"));
            let depth = if rung.depth() == 0 { usize::MAX } else { rung.depth().into() };
            assert_eq!(client.book.as_ref().unwrap().1, best(truth, depth), "{rung:?} in round {round}");
            let most = if rung == Rung::Full { 42 } else { 41 };
            assert!(got.len() <= most, "{rung:?} {}", got.len());
            let statuses = got.iter().filter(|message| message.body_as_status().is_some()).count();
            assert_eq!(statuses, usize::from(round == 2), "{rung:?}");
            for snapshot in got.iter().filter_map(|message| message.body_as_book_snapshot()) {
                assert_eq!(snapshot.depth(), rung.depth());
                assert!(levels(snapshot.bids()).len() <= depth);
            }
        }
    }
}

/// N3: the old book serves flagged stale; what the new one has otherwise is one change of several parts, on every rung.
#[test]
fn a_resync_costs_clients_what_differs() {
    let root = Root::new();
    let (mut engine, mut fanout, book) = start(&root);
    let mut clients = Rung::ALL.map(|rung| {
        let client = Client::join(fanout.snapshot(book, Encoding::FlatBuffers, rung).unwrap());
        fanout.interest(book, Encoding::FlatBuffers, rung, true);
        client
    });
    engine.status(ID, Status { state: State::Resync, connection: 0, code: None, detail: 1 });
    let met = drain_until(&mut fanout, |_, messages| on(messages, Rung::Full).len() == 1);
    let mut late = Client::join(fanout.snapshot(book, Encoding::FlatBuffers, Rung::Full).unwrap());
    let flags =
        serde_json::from_slice::<serde_json::Value>(fanout.snapshot(book, Encoding::Json, Rung::Full).unwrap()).unwrap();
    assert_eq!(flags["flags"], serde_json::json!(["stale"]), "who joins meanwhile is told");
    let gone: Vec<_> = (1..=9).map(|price| level(price, 0)).chain((31..=40).map(|price| level(price, 2))).collect();
    engine.delta(ID, 900, &gone, &[level(101, 0), level(131, 4)], 8);
    engine.status(ID, Status { state: State::Live, connection: 0, code: None, detail: 900 });
    let done = |fanout: &Fanout, messages: &[Received]| {
        let last = fanout.seq(book).unwrap();
        Rung::ALL.iter().all(|rung| on(messages, *rung).iter().any(|message| message.seq() == last))
    };
    let messages = [met, drain_until(&mut fanout, done)].concat();
    let truth = &engine.books[&ID].1;
    let is_whole = |message: &fbs::Message<'_>| message.body_as_book_snapshot().is_some();
    for (rung, client) in Rung::ALL.into_iter().zip(&mut clients) {
        let got = on(&messages, rung);
        got.iter().for_each(|message| assert!(client.follow_conflated(message), "{rung:?}"));
        let depth = if rung.depth() == 0 { usize::MAX } else { rung.depth().into() };
        assert_eq!(client.book.as_ref().unwrap().1, best(truth, depth), "{rung:?}");
        assert!(client.skips.is_empty() && (rung.depth() != 0 || !got.iter().any(is_whole)), "{rung:?}");
    }
    for message in on(&messages, Rung::Full) {
        late.follow(&message);
    }
    assert_eq!(late.book.unwrap(), (900, truth.clone()));
}

/// N10: what the engine counted is in the snapshot of each rung, and once in the changes of the full one.
#[test]
fn the_depth_that_is_known_is_told_as_it_shrinks_and_grows() {
    let root = Root::new();
    let (mut engine, mut fanout, book) = start(&root);
    fanout.interest(book, Encoding::FlatBuffers, Rung::Full, true);
    let depth_of = |fanout: &mut Fanout, rung| {
        let message = fbs::root_as_message(fanout.snapshot(book, Encoding::FlatBuffers, rung).unwrap()).unwrap();
        message.body_as_book_snapshot().unwrap().valid_depth().map(|depth| (depth.bids(), depth.asks()))
    };
    assert_eq!(depth_of(&mut fanout, Rung::Full), None, "nothing was counted");
    let mut id = 1;
    for (known_bids, known_asks) in [(25, 22), (4, 30), (30, 30)] {
        engine.writer.put_instrument_counters(0, &InstrumentCounters { known_bids, known_asks, ..Default::default() });
        let mut told = Vec::new();
        let begun = std::time::Instant::now();
        while told.is_empty() {
            assert!(begun.elapsed() < engine::PATIENCE, "({known_bids}, {known_asks}) was never told");
            std::thread::sleep(std::time::Duration::from_millis(20));
            id += 1;
            engine.delta(ID, id, &[level(30, i64::try_from(id).unwrap())], &[], 64);
            let messages = drain(&mut fanout, OUT);
            let deltas = on(&messages, Rung::Full).into_iter().filter_map(|message| message.body_as_book_delta());
            told.extend(deltas.filter_map(|delta| delta.valid_depth().map(|depth| (depth.bids(), depth.asks()))));
        }
        let (bids, asks) = (u32::try_from(known_bids).unwrap(), u32::try_from(known_asks).unwrap());
        assert_eq!(told, [(bids, asks)], "once");
        assert_eq!(depth_of(&mut fanout, Rung::Full), Some((bids, asks)));
        let best = u32::from(Rung::Top.depth());
        assert_eq!(depth_of(&mut fanout, Rung::Top), Some((bids.min(best), asks.min(best))));
    }
}

#[test]
fn a_token_brings_exactly_what_was_missed_or_nothing() {
    let root = Root::new();
    let (mut engine, mut fanout, book) = start(&root);
    fanout.interest(book, Encoding::FlatBuffers, Rung::Full, true);
    for id in 2..52 {
        engine.delta(ID, id, &[level(3, i64::try_from(id).unwrap())], &[], 64);
    }
    let messages = drain(&mut fanout, OUT);
    let last = fanout.seq(book).unwrap();
    for after in 0..=last {
        let kept = u64::try_from(messages.len()).unwrap();
        let replayed = fanout.replay(book, Encoding::FlatBuffers, after, OUT);
        let expected: Vec<u8> = messages
            .iter()
            .filter(|message| message.flat().seq() > after)
            .flat_map(|message| [&u32::try_from(message.bytes.len()).unwrap().to_le_bytes()[..], &message.bytes].concat())
            .collect();
        assert_eq!(replayed, (after >= last - kept).then_some(expected), "{after}");
    }
    assert_eq!(fanout.replay(book, Encoding::FlatBuffers, last + 1, OUT), None);
    assert_eq!(fanout.replay(book, Encoding::Json, last - 1, OUT), None, "nobody listened to JSON");
    assert_eq!(fanout.replay(99, Encoding::Json, 0, OUT), None);
}

#[test]
fn a_notice_bridges_what_was_passed_over() {
    let root = Root::new();
    let (_engine, mut fanout, book) = start(&root);
    let seq = fanout.seq(book).unwrap();
    let read = |bytes: Option<&[u8]>| {
        let message = fbs::root_as_message(bytes.unwrap()).unwrap();
        let skip = message.body_as_skipped().unwrap();
        (message.prev_seq(), message.seq(), skip.reason(), skip.count())
    };
    let known = fanout.skipped(book, Encoding::FlatBuffers, SkipReason::SlowClient, 3, 9);
    assert_eq!(read(known), (2, 9, fbs::SkipReason::SlowClient, 7));
    let unknown = fanout.skipped(book, Encoding::FlatBuffers, SkipReason::Resume, 0, 0);
    assert_eq!(read(unknown), (seq, seq, fbs::SkipReason::Resume, 0));
}
