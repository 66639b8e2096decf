//! F02, F19: trades and quotes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use tickring_core::event::{Gap, GapReason, GapStream, Quote, State, Stats24h, Trade, flag};
use tickring_core::input::{DisconnectReason, Input, channel};

fn trade_gap(reason: GapReason, first: u64, last: u64) -> Seen {
    Seen::Gap(Gap { stream: GapStream::Trade, reason, first, last })
}

fn trade(price: i64, qty: i64, trade_id: u64) -> Seen {
    Seen::Trade(Trade { price, qty, trade_id })
}

fn rig() -> Rig {
    let mut rig = Rig::started();
    rig.reader.seen.clear();
    rig
}

#[test]
fn trades_are_published_once_and_missing_ids_are_a_gap() {
    let mut rig = rig();
    for id in [10, 11, 11, 14, 13, 15] {
        let frame = spot_trade(rig.now, id, "100.5", "2");
        rig.frame(&frame);
    }
    let expected = [
        trade(10_050, 2_000, 10),
        trade(10_050, 2_000, 11),
        trade_gap(GapReason::Sequence, 12, 13),
        trade(10_050, 2_000, 14),
        trade(10_050, 2_000, 15),
    ];
    assert_eq!(rig.reader.bodies(), expected);
    assert_eq!(rig.machine.counters().duplicates, 2);
    assert_eq!(rig.machine.instrument_counters(0).unwrap().trades, 4);
    assert_eq!(rig.reader.latest[&BTC].trade.trade_id, 15);
}

#[test]
fn ids_missed_while_disconnected_say_so() {
    let mut rig = rig();
    let first = spot_trade(rig.now, 10, "1", "1");
    rig.frame(&first);
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Silence });
    rig.connect();
    rig.reader.seen.clear();
    let later = spot_trade(rig.now, 15, "1", "1");
    rig.frame(&later);
    let next = spot_trade(rig.now, 17, "1", "1");
    rig.frame(&next);
    let expected = [
        trade_gap(GapReason::Disconnect, 11, 14),
        trade(100, 1_000, 15),
        trade_gap(GapReason::Sequence, 16, 16),
        trade(100, 1_000, 17),
    ];
    assert_eq!(rig.reader.bodies(), expected);
}

#[test]
fn plain_and_aggregate_ids_count_apart_and_volume_counts_once() {
    let mut rig = rig();
    let plain = spot_trade(rig.now, 500, "1", "3");
    rig.frame(&plain);
    let ms = rig.now / MS;
    let aggregate = format!(
        r#"{{"e":"aggTrade","E":{ms},"s":"BTCUSDT","a":7,"p":"1","q":"3","f":500,"l":500,"T":{ms},"m":true,"M":true}}"#
    );
    rig.frame(&aggregate);
    assert_eq!(rig.reader.bodies(), [trade(100, 3_000, 500), trade(100, 3_000, 7)]);
    let flags = rig.reader.seen[1].0.flags;
    assert_eq!(flags, flag::AGGREGATED | flag::AGGRESSOR_SELL | flag::LAST);
    assert_eq!(rig.reader.latest[&BTC].stats.volume, 3_000);
    // Tells the figures, so that a restored machine that counts another stream is found out.
    assert_eq!(rig.tick(1_000 * MS).events, 1);
}

#[test]
fn restarted_trade_ids_are_a_rollback() {
    let mut rig = rig();
    let old = spot_trade(rig.now, 1_000, "1", "1");
    rig.frame(&old);
    rig.now += 5_000 * MS;
    let new = spot_trade(rig.now, 1, "1", "1");
    rig.frame(&new);
    assert_eq!(rig.reader.bodies()[1..], [trade_gap(GapReason::Rollback, 0, 0), trade(100, 1_000, 1)]);
}

#[test]
fn an_off_market_print_moves_the_id_and_is_not_published() {
    let mut rig = Rig::new(Default::default());
    rig.define(&definition(BTC, tickring_core::venue::VenueId::BinanceUsdm, "BTCUSDT"));
    rig.input(Input::Connect { connection: 1, venue: 2 });
    rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: channel::TRADE });
    rig.reader.seen.clear();
    let ms = rig.now / MS;
    for (id, kind) in [(1, "MARKET"), (2, "INSURANCE_FUND"), (3, "MARKET")] {
        rig.frame(&format!(
            r#"{{"e":"trade","E":{ms},"T":{ms},"s":"BTCUSDT","t":{id},"p":"2","q":"1","X":"{kind}","m":false}}"#
        ));
    }
    assert_eq!(rig.reader.bodies(), [trade(200, 1_000, 1), trade(200, 1_000, 3)]);
    assert_eq!(rig.machine.counters().off_market, 1);
}

#[test]
fn a_venue_time_far_from_ours_is_flagged_and_never_dropped() {
    let mut rig = rig();
    let sent = rig.now;
    let good = spot_trade(sent - 60_000 * MS, 1, "1", "1");
    rig.frame(&good);
    let bad = spot_trade(sent + 60_001 * MS, 2, "1", "1");
    rig.frame(&bad);
    let flags: Vec<_> = rig.reader.seen.iter().map(|(header, _)| header.flags & flag::BAD_TS).collect();
    assert_eq!(flags, [0, flag::BAD_TS]);
    assert_eq!(rig.reader.latest[&BTC].stats.count, 2);
}

#[test]
fn quotes_repeated_or_older_are_dropped_until_the_connection_is_replaced() {
    let mut rig = rig();
    for id in [5, 5, 4, 6] {
        rig.frame(&spot_quote(id, "99.5", "100"));
    }
    let quote = Seen::Quote(Quote { bid_price: 9_950, bid_qty: 1_000, ask_price: 10_000, ask_qty: 2_000 });
    assert_eq!(rig.reader.bodies(), [quote, quote]);
    assert_eq!(rig.reader.seen[0].0.flags, flag::LAST | flag::NO_TS_EVENT);
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    rig.connect();
    rig.frame(&spot_quote(3, "99.5", "100"));
    assert_eq!(rig.machine.counters().quotes, 3);
}

#[test]
fn figures_are_published_at_most_once_a_second_and_only_when_changed() {
    let mut rig = rig();
    let frame = spot_trade(rig.now, 1, "3", "1");
    rig.frame(&frame);
    rig.reader.seen.clear();
    rig.tick(100 * MS);
    let figures = |price, volume, count| Stats24h { open: 300, high: price, low: 300, close: price, volume, count };
    assert_eq!(rig.reader.bodies(), [Seen::Stats(figures(300, 1_000, 1))]);
    assert_eq!(rig.reader.seen[0].0.flags & flag::PARTIAL, flag::PARTIAL);
    let frame = spot_trade(rig.now, 2, "4", "1");
    rig.frame(&frame);
    rig.reader.seen.clear();
    for _ in 0..9 {
        rig.tick(100 * MS);
    }
    assert_eq!(rig.reader.seen, []);
    rig.tick(100 * MS);
    assert_eq!(rig.reader.bodies(), [Seen::Stats(figures(400, 2_000, 2))]);
    for _ in 0..100 {
        rig.tick(100 * MS);
    }
    assert_eq!(rig.reader.seen.len(), 1);
}

#[test]
fn a_refused_trade_shows_as_a_gap_at_the_next_one() {
    let mut rig = rig();
    for (id, price) in [(1, "1"), (2, "0"), (3, "1")] {
        let frame = spot_trade(rig.now, id, price, "1");
        rig.frame(&frame);
    }
    assert_eq!(rig.reader.states(), [State::Quarantined]);
    assert_eq!(rig.reader.gaps().len(), 1);
    assert_eq!((rig.reader.gaps()[0].first, rig.reader.gaps()[0].last), (2, 2));
}

#[test]
fn a_symbol_spelled_with_escapes_is_the_same_symbol() {
    let mut rig = rig();
    let frame = spot_trade(rig.now, 7, "1", "1");
    let escaped = frame.replace("BTCUSDT", "BTC\\u0055SDT");
    assert_ne!(frame, escaped);
    assert_eq!(rig.frame(&escaped).rejected, None);
    assert_eq!(rig.machine.counters().trades, 1);
}
