//! Both encodings say exactly what went in: FlatBuffers through the generated reader, JSON through a strict parser.
#![allow(clippy::unwrap_used)]

mod samples;

use proptest::prelude::*;
use serde_json::Value;
use tickring_core::event::{Level, flag};
use tickring_wire::{Body, FLAGS_SHOWN, FlatEncoder, Head, JsonEncoder, Sides, ValidDepth, fbs};

/// The mantissa of plain decimal text, by another way than the encoder's: digits without the point, decimals filled up.
fn mantissa(text: &str, exponent: i8) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.trim_start_matches('-');
    assert!(digits.len() == 1 || !digits.starts_with('0'), "{text} has leading zeros");
    assert!(!decimals.ends_with('0') && !text.ends_with('.'), "{text} is not the shortest form");
    let width = usize::from(exponent.unsigned_abs());
    assert!(decimals.len() <= width, "{text} is finer than 10^{exponent}");
    format!("{whole}{decimals:0<width$}").parse().unwrap()
}

fn json_of(head: &Head<'_>, body: &Body<'_>) -> Value {
    serde_json::from_slice(JsonEncoder::default().encode(head, body)).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is no string in {value}"))
}

fn pairs(levels: &Value, head: &Head<'_>) -> Vec<Level> {
    let level = |pair: &Value| {
        assert_eq!(pair.as_array().unwrap().len(), 2);
        Level {
            price: mantissa(pair[0].as_str().unwrap(), head.price_exponent),
            qty: mantissa(pair[1].as_str().unwrap(), head.qty_exponent),
        }
    };
    levels.as_array().unwrap().iter().map(level).collect()
}

#[test]
fn json_head_holds_every_member_of_the_head() {
    for (name, head, body) in samples::samples() {
        let json = json_of(&head, &body);
        let origin = head.origin;
        assert_eq!((text(&json, "topic"), text(&json, "venue"), text(&json, "symbol")), (head.topic, head.venue, head.symbol));
        assert_eq!(json["instrument"], head.instrument, "{name}");
        assert_eq!((json["prev_seq"].as_u64(), json["seq"].as_u64()), (Some(head.prev_seq), Some(head.seq)));
        assert_eq!(json["price_exponent"], head.price_exponent);
        assert_eq!(json["qty_exponent"], head.qty_exponent);
        assert_eq!((json["shard"].as_u64(), json["index"].as_u64()), (Some(origin.shard.into()), Some(origin.index.into())));
        let ids = ["epoch", "sequence", "frame_seq", "ts_event", "ts_recv", "ts_out"].map(|name| text(&json, name).parse());
        let expected = [origin.epoch, origin.sequence, origin.frame_seq, origin.ts_event, origin.ts_recv, origin.ts_out];
        assert_eq!(ids, expected.map(Ok));
        let shown: Vec<_> =
            flag::NAMES.iter().filter(|(_, bit)| origin.flags & FLAGS_SHOWN & bit != 0).map(|(name, _)| *name).collect();
        assert_eq!(json["flags"], Value::from(shown));
        assert_eq!(text(&json, "body_type"), name.trim_end_matches("-live").replace('-', "_"));
    }
}

#[test]
fn json_body_holds_every_member_of_the_body() {
    let bodies: Vec<_> =
        samples::samples().iter().map(|(name, head, body)| (*name, json_of(head, body)["body"].clone())).collect();
    let body = |wanted: &str| bodies.iter().find(|(name, _)| *name == wanted).unwrap().1.clone();
    let expected = [
        ("trade", r#"{"price":"64000.1","qty":"0.005","trade_id":"9007199254740993","aggressor":"sell"}"#),
        ("quote", r#"{"bid_price":"0.01","bid_qty":"0.002","ask_price":"0.03","ask_qty":"0.004"}"#),
        ("status", r#"{"state":"quarantined","connection":3,"code":"FIELD_MISSING","detail":"17"}"#),
        ("status-live", r#"{"state":"live","connection":0,"code":null,"detail":"18446744073709551615"}"#),
        ("gap", r#"{"stream":"trade","reason":"disconnect","first":"10","last":"12"}"#),
        ("stats-24h", r#"{"open":"0.01","high":"64000.2","low":"-0.05","close":"0","volume":"123.456","count":"9"}"#),
        ("instrument", r#"{"tick_size":"0.1","lot_size":"0.001","trading_state":"halted","change_count":2}"#),
        (
            "bar",
            r#"{"timeframe":"1m","start":"1763700000000000000","open":"64000.1","high":"92233720368547758.07","low":"-0.05",
                "close":"64000.2","volume":"9223372036854775.807","count":"9007199254740993","late":3,"closed":true}"#,
        ),
        ("skipped", r#"{"reason":"lapped","from":"5","to":"9","count":"5"}"#),
        ("mark-price", r#"{"price":"65001.15","exponent":-2}"#),
        ("index-price", r#"{"price":"9.223372036854775807","exponent":-18}"#),
        ("funding", r#"{"rate":"-0.000212","exponent":-6,"interval_s":28800,"next_ts":"1767254400000000000"}"#),
        ("open-interest", r#"{"qty":"68744.761","qty_exponent":-3,"value":"4468500000.91","value_exponent":-2}"#),
        (
            "liquidation",
            r#"{"price":"64910","price_exponent":-2,"qty":"9223372036854775807","qty_exponent":0,"id":"18446744073709551615",
                "side":"sell"}"#,
        ),
        ("trading-status", r#"{"state":"post_only"}"#),
        (
            "book-snapshot",
            r#"{"last_update_id":"100","hash":"18364758544493064720","depth":20,"valid_bids":2,"valid_asks":1,"bids":[["64000.1","1.25"],["64000","0.001"]],
                "asks":[["64000.2","0"],["92233720368547758.07","9223372036854775.807"]]}"#,
        ),
        (
            "book-delta",
            r#"{"prev_update_id":"100","last_update_id":"18446744073709551615","hash":"18364758544493064720",
                "bids":[["64000.1","1.25"],["64000","0.001"]],
                "asks":[["64000.2","0"],["92233720368547758.07","9223372036854775.807"]]}"#,
        ),
    ];
    for (name, json) in expected {
        assert_eq!(body(name), serde_json::from_str::<Value>(json).unwrap(), "{name}");
    }
}

#[test]
fn flatbuffers_hold_every_member_of_the_head() {
    let mut encoder = FlatEncoder::default();
    for (_, head, body) in samples::samples() {
        let bytes = encoder.encode(&head, &body);
        assert!(fbs::message_buffer_has_identifier(bytes));
        let message = fbs::root_as_message(bytes).unwrap();
        let names = (message.topic(), message.venue(), message.symbol());
        assert_eq!(names, (Some(head.topic), Some(head.venue), Some(head.symbol)));
        assert_eq!((message.instrument(), message.prev_seq(), message.seq()), (head.instrument, head.prev_seq, head.seq));
        assert_eq!((message.price_exponent(), message.qty_exponent()), (head.price_exponent, head.qty_exponent));
        let origin = head.origin;
        assert_eq!((message.shard(), message.epoch(), message.sequence()), (origin.shard, origin.epoch, origin.sequence));
        assert_eq!((message.frame_seq(), message.index()), (origin.frame_seq, origin.index));
        assert_eq!((message.ts_event(), message.ts_recv(), message.ts_out()), (origin.ts_event, origin.ts_recv, origin.ts_out));
        assert_eq!(message.flags(), u32::from(origin.flags & FLAGS_SHOWN));
    }
}

#[test]
fn flatbuffers_hold_every_member_of_the_body() {
    let mut encoder = FlatEncoder::default();
    for (name, head, body) in samples::samples() {
        let message = fbs::root_as_message(encoder.encode(&head, &body)).unwrap();
        match body {
            Body::BookSnapshot { last_update_id, sides, hash, depth, valid_depth } => {
                let book = message.body_as_book_snapshot().unwrap();
                assert_eq!((book.last_update_id(), book.hash(), book.depth()), (last_update_id, hash, depth));
                assert_eq!(book.valid_depth().map(|of| ValidDepth { bids: of.bids(), asks: of.asks() }), valid_depth);
                assert_eq!((levels(book.bids()), levels(book.asks())), (sides.bids.to_vec(), sides.asks.to_vec()));
            }
            Body::BookDelta { prev_update_id, last_update_id, sides, hash, valid_depth } => {
                let book = message.body_as_book_delta().unwrap();
                assert_eq!((book.prev_update_id(), book.last_update_id()), (prev_update_id, last_update_id));
                assert_eq!(book.hash(), hash);
                assert_eq!(book.valid_depth().map(|of| ValidDepth { bids: of.bids(), asks: of.asks() }), valid_depth);
                assert_eq!((levels(book.bids()), levels(book.asks())), (sides.bids.to_vec(), sides.asks.to_vec()));
            }
            Body::Trade(trade) => {
                let read = message.body_as_trade().unwrap();
                assert_eq!((read.price(), read.qty(), read.trade_id()), (trade.price, trade.qty, trade.trade_id));
                assert_eq!(read.aggressor(), fbs::Aggressor::Sell);
            }
            Body::Quote(quote) => {
                let read = message.body_as_quote().unwrap();
                assert_eq!((read.bid_price(), read.bid_qty()), (quote.bid_price, quote.bid_qty));
                assert_eq!((read.ask_price(), read.ask_qty()), (quote.ask_price, quote.ask_qty));
            }
            Body::Status(status) => {
                let read = message.body_as_status().unwrap();
                assert_eq!((read.state().0, read.connection()), (status.state as u8, status.connection));
                assert_eq!(read.state().variant_name().map(str::to_lowercase), Some(status.state.name().to_owned()));
                assert_eq!((read.code(), read.detail()), (status.code.map(|code| code.name()), status.detail));
            }
            Body::Gap(gap) => {
                let read = message.body_as_gap().unwrap();
                assert_eq!((read.stream(), read.reason()), (fbs::GapStream::Trade, fbs::GapReason::Disconnect));
                assert_eq!((read.first(), read.last()), (gap.first, gap.last));
            }
            Body::Stats24h(stats) => {
                let read = message.body_as_stats_24h().unwrap();
                assert_eq!((read.open(), read.high(), read.low()), (stats.open, stats.high, stats.low));
                assert_eq!((read.close(), read.volume(), read.count()), (stats.close, stats.volume, stats.count));
            }
            Body::Instrument { tick_size, lot_size, change_count, .. } => {
                let read = message.body_as_instrument().unwrap();
                assert_eq!((read.tick_size(), read.lot_size(), read.change_count()), (tick_size, lot_size, change_count));
                assert_eq!(read.trading_state(), fbs::TradingState::Halted, "{name}");
            }
            Body::Bar(timeframe, bar) => {
                let read = message.body_as_bar().unwrap();
                assert_eq!((read.seconds(), read.start(), read.count()), (timeframe.seconds(), bar.start, bar.count));
                assert_eq!((read.open(), read.high(), read.low(), read.close()), (bar.open, bar.high, bar.low, bar.close));
                assert_eq!((read.volume(), read.late(), read.closed()), (bar.volume, bar.late, bar.closed));
            }
            Body::Skipped { from, to, count, .. } => {
                let read = message.body_as_skipped().unwrap();
                assert_eq!((read.reason(), read.from(), read.to(), read.count()), (fbs::SkipReason::Lapped, from, to, count));
            }
            Body::MarkPrice(of) => {
                let read = message.body_as_mark_price().unwrap();
                assert_eq!((read.price(), read.exponent()), (of.price, of.exponent));
            }
            Body::IndexPrice(of) => {
                let read = message.body_as_index_price().unwrap();
                assert_eq!((read.price(), read.exponent()), (of.price, of.exponent));
            }
            Body::Funding(of) => {
                let read = message.body_as_funding().unwrap();
                assert_eq!((read.rate(), read.exponent()), (of.rate, of.exponent));
                assert_eq!((read.interval_s(), read.next_ts()), (of.interval_s, of.next_ts));
            }
            Body::OpenInterest(of) => {
                let read = message.body_as_open_interest().unwrap();
                assert_eq!((read.qty(), read.qty_exponent()), (of.qty, of.qty_exponent));
                assert_eq!((read.value(), read.value_exponent()), (of.value, of.value_exponent));
            }
            Body::Liquidation(of) => {
                let read = message.body_as_liquidation().unwrap();
                assert_eq!((read.price(), read.price_exponent()), (of.price, of.price_exponent));
                assert_eq!((read.qty(), read.qty_exponent()), (of.qty, of.qty_exponent));
                assert_eq!((read.id(), read.side()), (of.id, fbs::Side::Sell));
            }
            Body::TradingStatus(_) => {
                assert_eq!(message.body_as_trading_status().unwrap().state(), fbs::MarketState::PostOnly);
            }
            Body::Kline(of) => {
                let read = message.body_as_kline().unwrap();
                assert_eq!([read.open(), read.high(), read.low(), read.close()], [of.open, of.high, of.low, of.close]);
                assert_eq!((read.volume(), read.turnover(), read.count()), (of.volume, of.turnover, of.count));
                assert_eq!((read.start_ts(), read.interval_ns(), read.closed()), (of.start_ts, of.interval_ns, of.closed));
                assert_eq!((read.price_exponent(), read.qty_exponent()), (of.price_exponent, of.qty_exponent));
                assert_eq!(read.turnover_exponent(), of.turnover_exponent);
            }
        }
    }
}

fn levels(read: Option<flatbuffers::Vector<'_, fbs::Level>>) -> Vec<Level> {
    read.unwrap().iter().map(|level| Level { price: level.price(), qty: level.qty() }).collect()
}

#[test]
fn enum_numbers_of_the_schema_are_those_of_the_core() {
    use tickring_core::event::State;
    for state in State::ALL {
        let name = fbs::State(*state as u8).variant_name().unwrap();
        assert_eq!(name.to_lowercase(), state.name().replace('_', ""));
    }
    assert_eq!(fbs::State::ENUM_VALUES.len(), State::ALL.len() + 1);
    for state in tickring_core::event::MarketState::ALL {
        let name = fbs::MarketState(*state as u8).variant_name().unwrap();
        assert_eq!(name.to_lowercase(), state.name().replace('_', ""));
    }
    for side in tickring_core::event::Side::ALL {
        assert_eq!(fbs::Side(*side as u8).variant_name().map(str::to_lowercase).as_deref(), Some(side.name()));
    }
}

proptest! {
    #[test]
    fn json_decimals_are_exactly_mantissa_times_power_of_ten(
        values in prop::collection::vec((any::<i64>(), any::<i64>()), 0..20), price_exponent in -18..=0_i8, qty_exponent in -18..=0_i8,
    ) {
        let levels: Vec<_> = values.iter().map(|&(price, qty)| Level { price, qty }).collect();
        let head = Head { price_exponent, qty_exponent, ..samples::samples()[0].1 };
        let sides = Sides { bids: &levels, asks: &[] };
        let body = Body::BookSnapshot { last_update_id: 1, sides, hash: 0, depth: 0, valid_depth: None };
        let json = json_of(&head, &body);
        prop_assert_eq!(pairs(&json["body"]["bids"], &head), levels);
        prop_assert_eq!(json["body"]["asks"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn json_strings_survive_any_text(symbol in "\\PC{0,20}|[\\x00-\\x7f]{0,20}") {
        let head = Head { symbol: &symbol, ..samples::samples()[0].1 };
        let json = json_of(&head, &samples::samples()[2].2);
        prop_assert_eq!(text(&json, "symbol"), symbol.as_str());
    }
}
