//! The messages that the venue documents: spot as of 2026-07-21, USDT-M as of 2026-05-28.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod parse_support;

use parse_support::*;
use tickring_core::error::Code;
use tickring_core::event::Level;
use tickring_core::venue::{DeltaIds, Listing};

const MS: u64 = 1_000_000;

fn numbers_of(exponents: (i8, i8), levels: &[(i64, i64)]) -> Result<Numbers, Code> {
    Ok(Numbers { exponents, levels: levels.iter().map(|&(price, qty)| Level { price, qty }).collect() })
}

fn trade(trade_id: u64, ts_event_ms: u64, numbers: Result<Numbers, Code>, aggressor_sell: bool) -> Plain {
    let (symbol, ts_event) = ("BTCUSDT".to_owned(), ts_event_ms * MS);
    Plain::Trade { symbol, ts_event, trade_id, numbers, aggressor_sell, aggregated: false, off_market: false }
}

fn figures(said: &[&str]) -> Plain {
    Plain::Figures(said.iter().map(|text| (*text).to_owned()).collect())
}

fn aggregated(plain: Plain) -> Plain {
    let Plain::Trade { symbol, ts_event, trade_id, numbers, aggressor_sell, off_market, .. } = plain else { panic!() };
    Plain::Trade { symbol, ts_event, trade_id, numbers, aggressor_sell, aggregated: true, off_market }
}

fn off_market(plain: Plain) -> Plain {
    let Plain::Trade { symbol, ts_event, trade_id, numbers, aggressor_sell, aggregated, .. } = plain else { panic!() };
    Plain::Trade { symbol, ts_event, trade_id, numbers, aggressor_sell, aggregated, off_market: true }
}

fn quote(ts_event: Option<u64>, exponents: (i8, i8), levels: &[(i64, i64)]) -> Plain {
    Plain::Quote { symbol: "BTCUSDT".into(), ts_event, update_id: 400_900_217, numbers: numbers_of(exponents, levels) }
}

fn reply(id: u64, venue_code: i64) -> Plain {
    Plain::Reply { id, venue_code }
}

#[test]
fn spot_samples_parse_to_their_messages() {
    let ids = DeltaIds { first: 157, last: 160, prev: None, ts_sent: 1_767_225_600_200 * MS };
    let expected = [
        trade(5_678_901_234, 1_767_225_600_123, numbers_of((-2, -4), &[(6_500_012, 25)]), false),
        aggregated(trade(3_456_789_012, 1_767_225_600_123, numbers_of((-2, -4), &[(6_500_012, 125)]), false)),
        Plain::Depth {
            symbol: "BTCUSDT".into(),
            ts_event: 1_767_225_600_200 * MS,
            ids,
            bids: numbers_of((-2, -1), &[(6_500_012, 15)]),
            asks: numbers_of((0, 0), &[(65_001, 0)]),
        },
        quote(None, (-2, -1), &[(6_500_012, 15), (6_500_110, 4)]),
        reply(1, 0),
        reply(3, 0),
        reply(5, 0),
        reply(0, 3),
        reply(7, 2),
        Plain::Shutdown,
        Plain::Shutdown,
        figures(&[
            "BTCUSDT Some(1767225602000000000) bar 1767225600+60 65000 65001.1 64999.5 65000.12 of 1.234 worth 80210.15 in 10 closed Some(false)",
        ]),
    ];
    for (frame, expected) in SPOT_FRAMES.iter().zip(&expected) {
        assert_eq!(read(SPOT, frame.as_bytes()).as_ref(), Ok(expected), "{frame}");
    }
    assert_eq!(SPOT_FRAMES.len(), expected.len());
}

#[test]
fn usdm_samples_parse_to_their_messages() {
    let ids = DeltaIds { first: 157, last: 160, prev: Some(149), ts_sent: 1_767_225_600_210 * MS };
    let expected = [
        Plain::Depth {
            symbol: "BTCUSDT".into(),
            ts_event: 1_767_225_600_203 * MS,
            ids,
            bids: numbers_of((-1, -2), &[(650_001, 125)]),
            asks: numbers_of((-1, 0), &[(650_002, 0)]),
        },
        quote(Some(1_767_225_600_203 * MS), (-1, -2), &[(650_001, 125), (650_002, 310)]),
        aggregated(trade(5_933_014, 1_767_225_600_221, numbers_of((-1, -2), &[(650_001, 15)]), true)),
        trade(5_933_014, 1_767_225_600_123, numbers_of((-1, -1), &[(650_001, 1)]), true),
        off_market(trade(5_933_015, 1_767_225_600_123, Err(Code::NumberNegative), true)),
        off_market(trade(5_933_016, 1_767_225_600_123, numbers_of((-1, 0), &[(640_005, 1)]), false)),
        trade(5_933_014, 123_456_785, numbers_of((-3, 0), &[(1, 100)]), true),
        reply(1, 0),
        reply(0, 2),
        figures(&[
            "BTCUSDT Some(1767225601000000000) mark 65001.15",
            "BTCUSDT Some(1767225601000000000) index 64998.62659091",
            "BTCUSDT Some(1767225601000000000) funding 0.0001 next Some(1767254400000000000) each None",
        ]),
        figures(&["BTCUSDT Some(1767225600893000000) liquidation 0 sell 0.014 at 64910"]),
        figures(&["IOTAUSDT Some(1669356423908000000) status trading"]),
        figures(&["BTCUSDT Some(1767225601000000000) mark 65001.15"]),
    ];
    for (frame, expected) in USDM_FRAMES.iter().zip(&expected) {
        assert_eq!(read(USDM, frame.as_bytes()).as_ref(), Ok(expected), "{frame}");
    }
    assert_eq!(USDM_FRAMES.len(), expected.len());
}

#[test]
fn known_messages_without_use_are_ignored_and_not_refused() {
    for (venue, frames) in [(SPOT, SPOT_IGNORED), (USDM, USDM_IGNORED)] {
        for frame in frames {
            assert_eq!(read(venue, frame.as_bytes()), Ok(Plain::Ignored), "{frame}");
        }
    }
}

#[test]
fn a_wrapped_message_is_the_same_as_a_raw_one() {
    for (venue, frame) in frames().filter(|(_, frame)| !frame.contains("\"stream\"")) {
        assert_eq!(read(venue, wrap(frame).as_bytes()), read(venue, frame.as_bytes()), "{frame}");
    }
}

#[test]
fn f14_messages_of_unknown_type_are_refused_as_such() {
    for frame in [
        "{}",
        "1",
        "null",
        "\"depthUpdate\"",
        r#"{"e":"depthupdate"}"#,
        r#"{"e":"futureEvent","E":1}"#,
        r#"{"e":""}"#,
        r#"{"E":1}"#,
        r#"{"stream":"x"}"#,
        r#"{"data":{}}"#,
        r#"{"stream":"x","data":{}}"#,
        r#"{"result":null}"#,
        r#"{"id":1}"#,
        r#"{"code":1}"#,
        "[1]",
        "[[]]",
        r#"[{"e":"trade"}]"#,
        r#"[{"e":"kline"},{"s":"BTCUSDT"}]"#,
        r#"{"stream":"!x@arr","data":[{"e":"futureEvent"}]}"#,
    ] {
        assert_eq!(code(SPOT, frame), Code::UnknownEvent, "{frame}");
        assert_eq!(code(USDM, frame), Code::UnknownEvent, "{frame}");
    }
}

#[test]
fn f14_every_member_that_a_message_needs_is_required_once() {
    // The list: members that the message does without, E and T for each other.
    for (venue, frame, spare) in [
        (SPOT, SPOT_FRAMES[0], &["E", "T", "M"][..]),
        (SPOT, SPOT_FRAMES[1], &["E", "T", "M", "f", "l"]),
        (SPOT, SPOT_FRAMES[2], &[]),
        (USDM, USDM_FRAMES[0], &["T"]),
        (USDM, USDM_FRAMES[1], &["E", "T"]),
        (USDM, USDM_FRAMES[3], &["E", "T", "X"]),
    ] {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(frame).unwrap();
        for (name, value) in object.iter().filter(|(name, _)| *name != "e") {
            let mut without = object.clone();
            without.remove(name);
            let without = serde_json::to_string(&without).unwrap();
            let twice = frame.replacen('{', &format!("{{\"{name}\":{value},"), 1);
            if spare.contains(&name.as_str()) {
                assert!(venue.parse_frame(without.as_bytes()).is_ok(), "{without}");
            } else {
                assert_eq!(code(venue, &without), Code::FieldMissing, "{without}");
                assert_eq!(code(venue, &twice), Code::FieldType, "{twice}");
            }
            let other = frame.replacen(&format!("\"{name}\":{value}"), &format!("\"{name}\":{{\"x\":null}}"), 1);
            let is_read = !["M", "f", "l", "nq"].contains(&name.as_str()) && (name != "E" || !spare.contains(&"E"));
            if is_read {
                assert_eq!(code(venue, &other), Code::FieldType, "{other}");
            }
        }
    }
}

#[test]
fn members_that_a_message_does_not_read_may_be_of_any_type_and_stand_twice() {
    let trade = SPOT_FRAMES[0].replacen('{', r#"{"X":{},"pu":-1,"b":1,"b":2,"u":"x","st":1,"st":[],"#, 1);
    assert_eq!(read(SPOT, trade.as_bytes()), read(SPOT, SPOT_FRAMES[0].as_bytes()));
    let delta = SPOT_FRAMES[2].replacen('{', r#"{"pu":-1,"pu":{},"X":0,"p":null,"ps":"BTCUSDT","#, 1);
    assert_eq!(read(SPOT, delta.as_bytes()), read(SPOT, SPOT_FRAMES[2].as_bytes()));
}

#[test]
fn a_usdm_delta_without_its_link_is_refused() {
    assert_eq!(code(USDM, SPOT_FRAMES[2]), Code::FieldMissing);
}

#[test]
fn ids_that_contradict_each_other_are_refused() {
    assert_eq!(code(SPOT, &SPOT_FRAMES[2].replace("\"U\":157", "\"U\":161")), Code::UpdateIdOrder);
    assert_eq!(code(USDM, &USDM_FRAMES[0].replace("\"pu\":149", "\"pu\":161")), Code::UpdateIdOrder);
    assert!(SPOT.parse_frame(SPOT_FRAMES[2].replace("\"U\":157", "\"U\":160").as_bytes()).is_ok());
}

#[test]
fn ids_must_be_integers_of_64_bits() {
    for (text, expected) in [
        ("-1", Code::NumberNegative),
        ("-0", Code::NumberNegative),
        ("18446744073709551616", Code::NumberRange),
        ("1e400", Code::NumberSyntax),
        ("160.0", Code::NumberSyntax),
        ("\"160\"", Code::FieldType),
        ("null", Code::FieldType),
    ] {
        assert_eq!(code(SPOT, &SPOT_FRAMES[2].replace("\"u\":160", &format!("\"u\":{text}"))), expected, "{text}");
        assert_eq!(code(SPOT, &SPOT_FRAMES[0].replace("5678901234", text)), expected, "{text}");
    }
    let largest = SPOT_FRAMES[2].replace("\"u\":160", "\"u\":18446744073709551615");
    let Ok(Plain::Depth { ids, .. }) = read(SPOT, largest.as_bytes()) else { panic!() };
    assert_eq!(ids.last, u64::MAX);
}

#[test]
fn f19_milliseconds_and_microseconds_are_told_apart() {
    let micros = SPOT_FRAMES[0].replace("1767225600123", "1767225600123456").replace("1767225600125", "1767225600125000");
    let Ok(Plain::Trade { ts_event, .. }) = read(SPOT, micros.as_bytes()) else { panic!() };
    assert_eq!(ts_event, 1_767_225_600_123_456_000);
    for (text, expected) in
        [("-1", Code::NumberNegative), ("99999999999999", Code::NumberRange), ("18446744073709551615", Code::NumberRange)]
    {
        assert_eq!(code(SPOT, &SPOT_FRAMES[0].replace("1767225600123", text)), expected);
    }
}

#[test]
fn answers_carry_our_number_or_none() {
    for (frame, expected) in [
        (r#"{"result":null,"id":18446744073709551615}"#, reply(u64::MAX, 0)),
        (r#"{"id":"a1","result":null}"#, reply(0, 0)),
        (r#"{"id":null,"result":null}"#, reply(0, 0)),
        (r#"{"id":-4,"result":null}"#, reply(0, 0)),
        (r#"{"error":{"msg":"x","code":-1121},"id":9,"status":400}"#, reply(9, -1_121)),
        (r#"{"id":9,"code":3,"msg":"x"}"#, reply(9, 3)),
        (r#"{"error":null,"result":null,"id":4}"#, reply(4, 0)),
    ] {
        assert_eq!(read(SPOT, frame.as_bytes()), Ok(expected), "{frame}");
    }
    assert_eq!(code(SPOT, r#"{"error":{"msg":"x"},"id":9}"#), Code::FieldMissing);
    assert_eq!(code(SPOT, r#"{"code":"2","msg":"x"}"#), Code::FieldType);
}

#[test]
fn an_error_with_the_venues_code_0_is_not_taken_for_acceptance() {
    assert_eq!(read(SPOT, br#"{"code":0,"msg":"Unknown property","id":4}"#), Ok(reply(4, -1)));
}

#[test]
fn an_empty_side_of_a_quote_is_price_0_quantity_0() {
    let one_sided = SPOT_FRAMES[3].replace("65000.12000000", "0.00000000").replace("1.50000000", "0.00000000");
    assert_eq!(read(SPOT, one_sided.as_bytes()), Ok(quote(None, (-1, -1), &[(0, 0), (650_011, 4)])));
}

#[test]
fn snapshots_parse_with_and_without_times() {
    for venue in [SPOT, USDM] {
        let first = venue.parse_snapshot(SNAPSHOTS[0].as_bytes()).unwrap();
        assert_eq!((first.last_update_id, first.ts_event), (160, None));
        assert_eq!(numbers(first.bids, (0, 0)).map_err(|reject| reject.code), numbers_of((-2, -1), &[(6_500_012, 15)]));
        let second = venue.parse_snapshot(SNAPSHOTS[1].as_bytes()).unwrap();
        assert_eq!((second.last_update_id, second.ts_event), (1_027_024, Some(1_589_436_922_959 * MS)));
        assert_eq!(numbers(second.asks, (0, 0)).map_err(|reject| reject.code), numbers_of((-6, 0), &[(4_000_002, 12)]));
    }
    let refused = |body: &str| SPOT.parse_snapshot(body.as_bytes()).unwrap_err().code;
    assert_eq!(refused(r#"{"code":-1121,"msg":"Invalid symbol."}"#), Code::FieldMissing);
    assert_eq!(refused("[]"), Code::FieldType);
    assert_eq!(refused("<html>"), Code::FrameNotJson);
    assert_eq!(refused(&SNAPSHOTS[0].replace("[[\"65000", "{\"x\":[\"65000").replacen("]]", "]}", 1)), Code::FieldType);
}

#[test]
fn listings_carry_steps_and_state() {
    let listing = |symbol: &str, steps: [i64; 2], exponents: [i8; 2], trading| Listing {
        symbol: symbol.into(),
        price_exponent: exponents[0],
        qty_exponent: exponents[1],
        tick_size: steps[0],
        lot_size: steps[1],
        trading,
    };
    let expected = vec![listing("BTCUSDT", [1, 1], [-2, -5], true), listing("OLDUSDT", [0, 5], [-8, 0], false)];
    assert_eq!(SPOT.parse_listings(LISTING.as_bytes()), Ok(expected));
}

#[test]
fn one_bad_row_does_not_cost_the_rest_of_a_listing() {
    for step in ["-1", "1e-5", "0.00000000000000000001", "", "0.000", "99999999999999999999"] {
        let body = LISTING.replacen("0.01000000", step, 1);
        let listings = USDM.parse_listings(body.as_bytes()).unwrap();
        assert_eq!((listings.len(), listings[0].tick_size, listings[0].price_exponent), (2, 0, -8), "{step}");
        assert_eq!((listings[0].lot_size, listings[0].qty_exponent), (1, -5));
    }
    let nameless = LISTING.replacen("\"symbols\":[", "\"symbols\":[1,{},{\"symbol\":5},", 1);
    assert_eq!(SPOT.parse_listings(nameless.as_bytes()), SPOT.parse_listings(LISTING.as_bytes()));
    let strange = r#"{"symbols":[{"symbol":"\u5e01USDT","status":1,"filters":[7,{"filterType":"LOT_SIZE","stepSize":1}]}]}"#;
    assert_eq!(SPOT.parse_listings(strange.as_bytes()).unwrap()[0].symbol, "币USDT");
    assert_eq!(SPOT.parse_listings(br#"{"symbols":{}}"#).unwrap_err().code, Code::FieldMissing);
    assert_eq!(SPOT.parse_listings(&LISTING.as_bytes()[..90]).unwrap_err().code, Code::FrameNotJson);
}
