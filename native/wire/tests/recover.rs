//! Laps, restarts, absence and broken streams: told exactly, then healed.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{Client, Engine, NAME, Received, Root, drain, drain_until, instrument, topic};
use serde_json::Value;
use tickring_core::bars::Timeframe;
use tickring_core::event::{Body, BookChange, Level, State, Status, flag};
use tickring_core::input::Instrument;
use tickring_shm::ShmError;
use tickring_wire::{Encoding, Fanout, OUT_SIZE_MIN, Rung, fbs};

const BOOK: &str = "book.binance-usdm.SYM7";
const TRADE: &str = "trade.binance-usdm.SYM7";
const LEVELS: &[Level] = &[Level { price: 100, qty: 5 }, Level { price: 99, qty: 6 }];

/// Topics of an instrument: book, trades, quotes, five of figures, and its candles.
const TOPICS: usize = 9 + Timeframe::ALL.len();

/// An engine with one instrument and its book, a fan-out that has read it, all but candles listened to (they have `bars.rs`).
fn started(root: &Root) -> (Engine, Fanout) {
    let mut engine = Engine::start(root, 0, 10);
    engine.define(&instrument(7));
    engine.delta(7, 1, LEVELS, &[], 64);
    engine.snapshot(7, 64);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    drain(&mut fanout, 1 << 16);
    listen(&mut fanout);
    (engine, fanout)
}

fn listen(fanout: &mut Fanout) {
    let heard = fanout.topics().filter(|topic| !topic.name.starts_with("bar."));
    let ids: Vec<_> = heard.map(|topic| topic.id).collect();
    ids.into_iter().for_each(|id| fanout.interest(id, Encoding::FlatBuffers, Rung::Full, true));
}

fn of<'a>(messages: &'a [Received], topic: u32) -> impl Iterator<Item = fbs::Message<'a>> {
    messages.iter().filter(move |message| message.topic == topic).map(Received::flat)
}

#[test]
fn lapped_fanout_tells_every_topic_the_exact_loss_and_heals_by_a_wanted_snapshot() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let (book, trade) = (topic(&fanout, BOOK), topic(&fanout, TRADE));
    let mut client = Client::join(fanout.snapshot(book, Encoding::FlatBuffers, Rung::Full).unwrap());
    engine.trade(7, 1);
    let before = drain(&mut fanout, 1 << 16);
    let last_read = of(&before, trade).last().unwrap().sequence();
    for trade_id in 2..5_000 {
        engine.trade(7, trade_id);
    }
    let messages = drain(&mut fanout, 1 << 16);
    let mut trades = of(&messages, trade);
    let skip = trades.next().unwrap();
    let next = trades.next().unwrap();
    let skipped = skip.body_as_skipped().unwrap();
    assert_eq!(skipped.reason(), fbs::SkipReason::Lapped);
    assert_eq!((skipped.from(), skipped.to()), (last_read + 1, next.sequence() - 1));
    assert_eq!(skipped.count(), skipped.to() - skipped.from() + 1);
    assert_eq!(skipped.count() + 2 + trades.count() as u64, 4_999, "every trade is delivered or counted");
    assert_eq!(fanout.lost(), skipped.count());
    of(&messages, book).for_each(|message| assert!(client.follow(&message)));
    assert_eq!(client.book, None);
    assert_eq!(client.skips.len(), 1);
    assert!(fanout.snapshot(book, Encoding::FlatBuffers, Rung::Full).is_none());
    assert_eq!(fanout.wanted_snapshots(), [7]);
    assert_eq!(fanout.wanted_snapshots(), [0; 0], "not asked twice at once");
    engine.snapshot(7, 64);
    of(&drain(&mut fanout, 1 << 16), book).for_each(|message| assert!(client.follow(&message)));
    assert_eq!(client.book.as_ref(), engine.books.get(&7));
}

#[test]
fn restarted_engine_is_followed_with_a_notice_and_the_same_topics() {
    let root = Root::new();
    let (engine, mut fanout) = started(&root);
    let book = topic(&fanout, BOOK);
    let mut client = Client::join(fanout.snapshot(book, Encoding::FlatBuffers, Rung::Full).unwrap());
    engine.writer.close();
    let messages = drain_until(&mut fanout, |fanout, _| fanout.status()[0].state == "closed");
    let status = of(&messages, book).last().unwrap();
    assert_eq!(status.body_as_status().unwrap().state(), fbs::State::Stale);
    assert_eq!(status.body_as_status().unwrap().code(), Some("ENGINE_AWAY"));
    of(&messages, book).for_each(|message| assert!(client.follow(&message)));
    let stale = fanout.snapshot(book, Encoding::Json, Rung::Full).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(stale).unwrap()["flags"], Value::from(["stale"].to_vec()));
    assert!(fanout.wanted_snapshots().is_empty());

    let mut engine = Engine::start(&root, 0, 11);
    engine.define(&instrument(7));
    let messages = drain_until(&mut fanout, |fanout, messages| fanout.status()[0].epoch == 11 && !messages.is_empty());
    of(&messages, book).for_each(|message| assert!(client.follow(&message)));
    assert_eq!(client.skips, [(fbs::SkipReason::Restarted, 0, 0, 0)]);
    assert!(fanout.snapshot(book, Encoding::FlatBuffers, Rung::Full).is_none());
    assert_eq!(fanout.wanted_snapshots(), [7]);
    engine.delta(7, 500, &LEVELS[..1], &[], 64);
    engine.snapshot(7, 64);
    let messages = drain(&mut fanout, 1 << 16);
    of(&messages, book).for_each(|message| assert!(client.follow(&message)));
    assert_eq!(of(&messages, book).last().unwrap().epoch(), 11);
    assert_eq!(client.book.as_ref(), engine.books.get(&7));
    assert_eq!(fanout.topics().count(), TOPICS);
}

#[test]
fn crashed_engines_unread_records_are_read_before_its_successor() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let trade = topic(&fanout, TRADE);
    engine.trade(7, 41);
    engine.trade(7, 42);
    drop(engine);
    let mut engine = Engine::start(&root, 0, 11);
    engine.define(&instrument(7));
    engine.trade(7, 43);
    let messages = drain_until(&mut fanout, |_, messages| {
        of(messages, trade).any(|message| message.epoch() == 11 && message.body_as_trade().is_some())
    });
    let ids: Vec<_> = of(&messages, trade).filter_map(|message| Some(message.body_as_trade()?.trade_id())).collect();
    assert_eq!(ids, [41, 42, 43]);
    assert_eq!(fanout.lost(), 0);
}

#[test]
fn fanout_that_joins_an_overwritten_ring_takes_definitions_from_the_table() {
    let root = Root::new();
    let mut engine = Engine::start(&root, 0, 10);
    engine.define(&instrument(7));
    (0..3_000).for_each(|trade_id| engine.trade(7, trade_id));
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    assert_eq!(fanout.version() as usize, TOPICS);
    let names: Vec<_> = fanout.topics().map(|topic| topic.name.clone()).collect();
    assert_eq!(names[..3], [BOOK, TRADE, "quote.binance-usdm.SYM7"]);
    let figures = ["mark_price", "funding", "open_interest", "liquidation", "status", "kline"];
    assert_eq!(names[3..9], figures.map(|name| format!("{name}.binance-usdm.SYM7")));
    assert_eq!(names[9..], Timeframe::ALL.map(|timeframe| format!("bar.{}.binance-usdm.SYM7", timeframe.name())));
    assert_eq!(fanout.wanted_snapshots(), [7]);
    listen(&mut fanout);
    engine.trade(7, 9_999);
    let messages = drain(&mut fanout, 1 << 16);
    assert_eq!(of(&messages, 1).map(|message| message.body_as_trade().unwrap().trade_id()).collect::<Vec<_>>(), [9_999]);
    assert_eq!(fanout.lost(), 0, "what was published before is no loss");
}

#[test]
fn definition_that_changed_among_lost_records_is_in_force_before_the_next_message() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let trade = topic(&fanout, TRADE);
    (0..1_500).for_each(|trade_id| engine.trade(7, trade_id));
    engine.define(&Instrument { price_exponent: -4, change_count: 1, ..instrument(7) });
    (0..1_500).for_each(|trade_id| engine.trade(7, trade_id));
    let mut messages = drain(&mut fanout, 1 << 16);
    engine.trade(7, 77);
    messages.extend(drain(&mut fanout, 1 << 16));
    for message in of(&messages, trade).filter(|message| message.body_as_trade().is_some()) {
        assert_eq!(message.price_exponent(), -4);
    }
    let counted = of(&messages, trade).filter(|message| message.body_as_trade().is_some()).count() as u64;
    assert_eq!(fanout.lost() + counted, 3_002, "every record is delivered or counted");
}

#[test]
fn finer_exponents_are_followed_by_the_whole_book_in_them() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let book = topic(&fanout, BOOK);
    engine.define(&Instrument { price_exponent: -4, qty_exponent: -4, change_count: 1, ..instrument(7) });
    let messages = drain(&mut fanout, 1 << 16);
    let bodies: Vec<_> = of(&messages, book).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0].body_as_instrument().unwrap().change_count(), 1);
    let rescaled: Vec<_> = LEVELS.iter().map(|level| Level { price: level.price * 100, qty: level.qty * 10 }).collect();
    assert_eq!(engine::levels(bodies[1].body_as_book_snapshot().unwrap().bids()), rescaled);
    assert_eq!((bodies[1].price_exponent(), bodies[1].qty_exponent()), (-4, -4));
}

#[test]
fn delta_that_does_not_follow_the_book_voids_it() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let book = topic(&fanout, BOOK);
    let change = BookChange { prev_update_id: 8, last_update_id: 9, part: 0, parts: 1, bids: LEVELS, asks: &[] };
    engine.event(7, 0, 0, Body::BookDelta(change));
    engine.event(7, 0, 0, Body::BookDelta(BookChange { prev_update_id: 9, last_update_id: 10, ..change }));
    let messages = drain(&mut fanout, 1 << 16);
    let bodies: Vec<_> = of(&messages, book).map(|message| message.body_as_skipped().unwrap()).collect();
    assert_eq!(bodies.len(), 1);
    assert_eq!((bodies[0].reason(), bodies[0].from(), bodies[0].to()), (fbs::SkipReason::OutOfSync, 1, 8));
    assert_eq!(fanout.wanted_snapshots(), [7]);
}

#[test]
fn change_with_a_missing_part_voids_the_book() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let change = BookChange { prev_update_id: 1, last_update_id: 2, part: 0, parts: 3, bids: LEVELS, asks: &[] };
    engine.event(7, 0, 0, Body::BookDelta(change));
    engine.event(7, 0, 1, Body::BookDelta(BookChange { part: 2, ..change }));
    drain(&mut fanout, 1 << 16);
    assert_eq!(fanout.wanted_snapshots(), [7]);
}

#[test]
fn book_flagged_stale_by_a_status_is_served_flagged_until_it_is_live() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let book = topic(&fanout, BOOK);
    let mut flags_after = |state: State| {
        engine.status(7, Status { state, connection: 1, code: None, detail: 0 });
        drain(&mut fanout, 1 << 16);
        let json = serde_json::from_slice::<Value>(fanout.snapshot(book, Encoding::Json, Rung::Full).unwrap()).unwrap();
        json["flags"].clone()
    };
    assert_eq!(flags_after(State::Resync), Value::from(["stale"].to_vec()));
    assert_eq!(flags_after(State::Live), Value::Array(Vec::new()));
}

#[test]
fn empty_stale_snapshot_of_an_engine_that_waits_itself_is_no_book() {
    let root = Root::new();
    let mut engine = Engine::start(&root, 0, 10);
    engine.define(&instrument(7));
    let change = BookChange { prev_update_id: 0, last_update_id: 0, part: 0, parts: 1, bids: &[], asks: &[] };
    engine.event(7, flag::STALE, 0, Body::BookSnapshot(change));
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    drain(&mut fanout, 1 << 16);
    assert!(fanout.snapshot(0, Encoding::Json, Rung::Full).is_none());
    assert_eq!(fanout.wanted_snapshots(), [7]);
}

#[test]
fn periodic_snapshot_of_the_same_book_is_no_message() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    engine.snapshot(7, 1);
    assert_eq!(drain(&mut fanout, 1 << 16), []);
}

#[test]
fn topics_count_on_while_nobody_listens_and_both_encodings_share_numbers() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let trade = topic(&fanout, TRADE);
    fanout.interest(trade, Encoding::FlatBuffers, Rung::Full, false);
    engine.trade(7, 1);
    assert_eq!(drain(&mut fanout, 1 << 16), []);
    fanout.interest(trade, Encoding::FlatBuffers, Rung::Full, true);
    fanout.interest(trade, Encoding::Json, Rung::Full, true);
    engine.trade(7, 2);
    let messages = drain(&mut fanout, 1 << 16);
    assert_eq!(messages.iter().map(|message| message.encoding).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((messages[0].flat().prev_seq(), messages[0].flat().seq()), (1, 2));
    let json: Value = serde_json::from_slice(&messages[1].bytes).unwrap();
    assert_eq!((json["prev_seq"].as_u64(), json["seq"].as_u64()), (Some(1), Some(2)));
    let last = fanout.snapshot(trade, Encoding::Json, Rung::Full).unwrap();
    let last: Value = serde_json::from_slice(last).unwrap();
    assert_eq!((last["prev_seq"].as_u64(), last["seq"].as_u64()), (Some(2), Some(2)));
    for same in ["epoch", "sequence", "frame_seq", "ts_event", "ts_recv", "ts_out", "body"] {
        assert_eq!(last[same], json[same], "{same}");
    }
}

#[test]
fn message_larger_than_the_buffer_becomes_a_notice() {
    let root = Root::new();
    let (mut engine, mut fanout) = started(&root);
    let book = topic(&fanout, BOOK);
    let many: Vec<_> = (1..1_000).map(|price| Level { price, qty: 1 }).collect();
    engine.delta(7, 2, &many, &[], 64);
    let messages = drain(&mut fanout, OUT_SIZE_MIN);
    let notice = of(&messages, book).next().unwrap();
    let skipped = notice.body_as_skipped().unwrap();
    assert_eq!((skipped.reason(), skipped.from(), skipped.count()), (fbs::SkipReason::TooLarge, notice.seq(), 1));
    let client = Client::join(fanout.snapshot(book, Encoding::FlatBuffers, Rung::Full).unwrap());
    assert_eq!((client.seq, client.book.as_ref()), (notice.seq(), engine.books.get(&7)));
}

#[test]
fn shards_are_picked_up_as_they_appear_and_share_one_output() {
    let root = Root::new();
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    assert_eq!((fanout.version(), fanout.status().len()), (0, 0));
    let mut engines = [Engine::start(&root, 0, 10), Engine::start(&root, 3, 20)];
    engines[0].define(&instrument(7));
    engines[1].define(&instrument(8));
    drain_until(&mut fanout, |fanout, _| fanout.version() as usize == 2 * TOPICS);
    listen(&mut fanout);
    engines[0].trade(7, 1);
    engines[1].trade(8, 2);
    let messages = drain(&mut fanout, 1 << 16);
    let mut seen: Vec<_> = messages.iter().map(|message| (message.flat().shard(), message.flat().epoch())).collect();
    seen.sort_unstable();
    assert_eq!(seen, [(0, 10), (3, 20)]);
    assert_eq!(fanout.status().iter().map(|status| status.shard).collect::<Vec<_>>(), [0, 3]);
}

#[test]
fn unusable_names_are_refused_and_unusable_shards_are_told() {
    let root = Root::new();
    assert!(matches!(Fanout::open(root.path(), "../x"), Err(ShmError::Name { .. })));
    std::fs::create_dir_all(root.path().join(NAME).join("shard-5")).unwrap();
    let fanout = Fanout::open(root.path(), NAME).unwrap();
    let status = &fanout.status()[0];
    assert_eq!((status.shard, status.state), (5, "away"));
    assert!(status.code.is_some());
}
