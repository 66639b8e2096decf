//! Binance spot's binary streams: the reference's messages (§7), what is refused, what a later schema may add, and the same events in JSON.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod parse_support;
mod sbe_support;

use machine_harness::*;
use parse_support::{SPOT, SPOT_FRAMES, numbers, read};
use proptest::prelude::*;
use sbe_support::{Print, Row, Sbe};
use tickring_core::error::Code;
use tickring_core::event::Level;
use tickring_core::input::Input;
use tickring_core::venue::{DeltaIds, Message, Reject, TradeMessage, convert_pair, convert_quote};

/// "DepthDiff BTCUSDT U=157 u=160 t=1767225600123456 µs, bid 65000.12×1.50000, ask 65001.00 deleted."
const DEPTH: &str = "1a0013270100000040222246484706009d00000000000000a000000000000000fefb10000100ac2e630000000000f04902000000000010000100042f63000000000000000000000000000742544355534454";
/// "Trades id 12345, 65000.12×0.00250, buyer maker."
const TRADES: &str = "120010270100000040222246484706007920224648470600fefb1900010000003930000000000000ac2e630000000000fa00000000000000010742544355534454";

const PLAIN: Sbe = Sbe { version: 0, root_more: 0, row_more: 0, tail: 0 };
const LATER: Sbe = Sbe { version: 1, root_more: 9, row_more: 3, tail: 5 };
const TIME_US: i64 = 1_767_225_600_123_456;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn trades_of(frame: &[u8]) -> Result<Vec<TradeMessage<'_>>, Reject> {
    let message = SPOT.parse_frame(frame)?;
    let Message::Trades(rows) = message else { panic!("{message:?}") };
    let mut trades = Vec::new();
    rows.each(|trade| {
        trades.push(trade);
        Ok(())
    })?;
    Ok(trades)
}

/// One of each template.
fn samples(form: Sbe) -> [Vec<u8>; 4] {
    [
        form.trades("BTCUSDT", [TIME_US, TIME_US - 7], (-2, -5), &[(12_345, 6_500_012, 250, 1), (12_346, 6_500_013, 1, 0)]),
        form.quote("BTCUSDT", TIME_US, 400_900_217, (-8, -8), [6_500_012_000_000, 150_000_000, 6_500_110_000_000, 40_000_000]),
        form.top("BTCUSDT", TIME_US, 160, (-2, -5), [&[(6_500_012, 150_000)], &[]]),
        form.depth("BTCUSDT", TIME_US, [157, 160], (-2, -5), [&[(6_500_012, 150_000)], &[(6_500_100, 0)]]),
    ]
}

#[test]
fn the_messages_of_the_reference_are_read() {
    let depth = bytes(DEPTH);
    assert_eq!(samples(PLAIN)[3], depth, "the tests' own writer");
    let Ok(Message::Depth(delta)) = SPOT.parse_frame(&depth) else { panic!("no delta") };
    let ids = DeltaIds { first: 157, last: 160, prev: None, ts_sent: 1_767_225_600_123_456_000 };
    assert_eq!((delta.head.symbol, delta.head.ts_event, delta.head.ids), (&b"BTCUSDT"[..], ids.ts_sent, ids));
    assert_eq!(numbers(delta.bids, (-2, -3)).unwrap().levels, [Level { price: 6_500_012, qty: 1_500 }]);
    assert_eq!(numbers(delta.asks, (-2, -3)).unwrap().levels, [Level { price: 6_500_100, qty: 0 }]);

    let frame = bytes(TRADES);
    let [trade] = trades_of(&frame).unwrap()[..] else { panic!("one trade") };
    assert_eq!((trade.symbol, trade.trade_id, trade.aggressor_sell), (&b"BTCUSDT"[..], 12_345, true));
    assert_eq!(trade.ts_event, 1_767_225_600_123_001_000, "of the matching engine");
    assert_eq!(convert_pair(trade.price, trade.qty, -2, -4), Ok(Level { price: 6_500_012, qty: 25 }));
}

#[test]
fn quotes_have_a_time_and_whatever_exponents_the_venue_gives() {
    for (exponents, scale) in [((-2, -5), (1, 1)), ((-8, -8), (1_000_000, 1_000))] {
        let best = [6_500_012 * scale.0, 150_000 * scale.1, 6_500_110 * scale.0, 40_000 * scale.1];
        let frame = PLAIN.quote("BTCUSDT", TIME_US, 400_900_217, exponents, best);
        let Ok(Message::Quote(quote)) = SPOT.parse_frame(&frame) else { panic!("no quote") };
        assert_eq!((quote.ts_event, quote.update_id), (Some(1_767_225_600_123_456_000), 400_900_217));
        let read = convert_quote(&quote, -2, -5).unwrap();
        assert_eq!([read.bid_price, read.bid_qty, read.ask_price, read.ask_qty], [6_500_012, 150_000, 6_500_110, 40_000]);
    }
}

#[test]
fn numbers_at_any_exponent_are_exact_or_refused() {
    let level = |exponents, row: Row| {
        let frame = PLAIN.depth("BTCUSDT", TIME_US, [1, 1], exponents, [&[row, row], &[]]);
        let Ok(Message::Depth(delta)) = SPOT.parse_frame(&frame) else { panic!("no delta") };
        numbers(delta.bids, (-2, -3))
            .map(|read| (read.exponents, read.levels[1]))
            .map_err(|reject| (reject.code, reject.offset))
    };
    let first = 8 + 26 + 4;
    assert_eq!(level((3, 2), (5, 7)), Ok(((-2, -3), Level { price: 500_000, qty: 700_000 })));
    assert_eq!(level((-8, -8), (150_000_000, 1_000_000)), Ok(((-2, -3), Level { price: 150, qty: 10 })));
    assert_eq!(level((-8, -8), (1, 100)), Ok(((-8, -6), Level { price: 1, qty: 1 })), "finer than the instrument");
    assert_eq!(level((-30, -100), (10_i64.pow(18), 0)), Ok(((-12, -3), Level { price: 1, qty: 0 })));
    assert_eq!(level((-30, 0), (1, 1)), Err((Code::NumberPrecision, first)));
    assert_eq!(level((0, 18), (1, 10)), Err((Code::NumberRange, first + 8)));
    assert_eq!(level((0, 100), (1, 1)), Err((Code::NumberRange, first + 8)));
    assert_eq!(level((0, 0), (0, 1)), Err((Code::NumberNegative, first)), "a price is above zero");
    assert_eq!(level((0, 0), (1, -1)), Err((Code::NumberNegative, first + 8)));
    assert_eq!(level((0, 0), (i64::MIN, 1)), Err((Code::NumberNegative, first)), "null");
    assert_eq!(level((-2, -3), (i64::MAX, i64::MAX)), Ok(((-2, -3), Level { price: i64::MAX, qty: i64::MAX })));
}

#[test]
fn what_a_later_schema_adds_is_passed_over() {
    for (now, later) in samples(PLAIN).iter().zip(samples(LATER)) {
        assert!(later.len() > now.len());
        let said = |frame: &[u8]| match SPOT.parse_frame(frame).unwrap() {
            Message::Trades(_) => {
                format!("{:?}", trades_of(frame).unwrap().iter().map(|trade| trade.trade_id).collect::<Vec<_>>())
            }
            _ => format!("{:?}", read(SPOT, frame).unwrap()),
        };
        assert_eq!(said(now), said(&later));
    }
    // Behind the symbol of the version that we know stands nothing.
    let frame = Sbe { tail: 1, ..PLAIN }.quote("B", 1, 1, (0, 0), [1; 4]);
    let refused = SPOT.parse_frame(&frame).map(|_| ()).unwrap_err();
    assert_eq!((refused.code, refused.offset), (Code::FrameNotJson, frame.len() - 1));
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    let refused = |frame: &[u8]| {
        SPOT.parse_frame(frame).map(|message| panic!("{message:?}")).map_err(|reject| (reject.code, reject.offset))
    };
    let with = |at: usize, byte: u8| {
        let mut frame = samples(PLAIN)[3].clone();
        frame[at] = byte;
        refused(&frame)
    };
    assert_eq!(with(2, 0x17), Err((Code::UnknownEvent, 2)), "template 10007");
    assert_eq!(with(4, 2), Err((Code::UnknownEvent, 4)), "schema 2");
    assert_eq!(with(0, 25), Err((Code::FieldMissing, 33)), "a root block without the exponent of quantities");
    assert_eq!(with(0, 255), Err((Code::FrameNotJson, 82)), "a root block beyond the end");
    assert_eq!(with(15, 0x80), Err((Code::NumberNegative, 8)), "a time below zero");
    assert_eq!(with(15, 0x7f), Err((Code::NumberRange, 8)), "a time beyond 64 bits of ns");
    assert_eq!(with(16, 161), Err((Code::UpdateIdOrder, 24)));
    assert_eq!(with(34, 15), Err((Code::FieldMissing, 34)), "rows without their quantity");
    assert_eq!(with(37, 1), Err((Code::FrameNotJson, 82)), "257 rows");
    assert_eq!(with(75, b'\\'), Err((Code::FieldType, 75)));
    assert_eq!(with(76, 0xff), Err((Code::FrameNotUtf8, 76)));
    assert_eq!(refused(&PLAIN.trades("B", [1; 2], (0, 0), &[(1, 1, 1, 2)])), Err((Code::FieldType, 8 + 18 + 6 + 24)));
    let mut endless = PLAIN.trades("B", [1; 2], (0, 0), &[]);
    endless[28..32].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(refused(&endless), Err((Code::FrameNotJson, endless.len())), "more rows than bytes");
}

#[test]
fn f09_a_message_cut_at_any_byte_is_refused_inside_it() {
    for frame in samples(PLAIN).iter().chain(&samples(LATER)).take(7) {
        for end in 0..frame.len() - usize::from(LATER.tail) {
            let cut = &frame[..end];
            let reject = SPOT.parse_frame(cut).map(|message| panic!("{message:?} of {end} bytes")).unwrap_err();
            assert!(reject.offset <= end);
        }
    }
}

#[test]
fn f10_any_flipped_bit_is_refused_or_read() {
    for mut frame in samples(PLAIN).into_iter().chain(samples(LATER)) {
        for bit in 0..frame.len() * 8 {
            frame[bit / 8] ^= 1 << (bit % 8);
            if let Err(reject) = read(SPOT, &frame) {
                assert!(reject.offset <= frame.len());
            }
            frame[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn json_of_the_same_venue_is_never_taken_for_binary() {
    let mut rig = Rig::live();
    assert_eq!(rig.input(Input::Frame { connection: 1, bytes: br#"{"result":null,"id":7}"# }).rejected, None);
    for text in SPOT_FRAMES {
        assert!(read(SPOT, text.as_bytes()).is_ok(), "{text}");
    }
}

/// An event of the venue, in numbers of cents and thousandths.
#[derive(Clone, Debug)]
enum Event {
    Depth { skipped: u64, ids: u64, bids: Vec<(u32, u32)>, asks: Vec<(u32, u32)> },
    Trade { skipped: u64, price: u32, qty: u32, sells: bool },
    Quote { bid: (u32, u32), ask: (u32, u32) },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let level = || (1_u32..200_000, prop_oneof![Just(0_u32), 1_u32..1_000_000]);
    let side = || prop::collection::vec(level(), 0..6);
    let skipped = || prop_oneof![9 => Just(0_u64), 1 => 1_u64..4];
    let event = prop_oneof![
        4 => (skipped(), 1_u64..5, side(), side()).prop_map(|(skipped, ids, bids, asks)| Event::Depth { skipped, ids, bids, asks }),
        2 => (skipped(), 1_u32..200_000, 1_u32..9_999, any::<bool>())
            .prop_map(|(skipped, price, qty, sells)| Event::Trade { skipped, price, qty, sells }),
        1 => (level(), level()).prop_map(|(bid, ask)| Event::Quote { bid, ask }),
    ];
    prop::collection::vec(event, 1..60)
}

fn text(value: u32, decimals: usize) -> String {
    let power = 10_u32.pow(u32::try_from(decimals).unwrap());
    format!("{}.{:0decimals$}00", value / power, value % power)
}

/// Both spellings of a run of events; `more` is by how many decimals the binary one is finer than it needs to be.
fn spell(events: &[Event], more: u32) -> Vec<(String, Vec<u8>)> {
    let (mut update, mut trade, mut ms) = (100_u64, 500_u64, START_NS / MS);
    let exponents = (-2 - i8::try_from(more).unwrap(), -3 - i8::try_from(more).unwrap());
    let fine = |value: u32| i64::from(value) * 10_i64.pow(more);
    let rows = |side: &[(u32, u32)]| side.iter().map(|(price, qty)| (fine(*price), fine(*qty))).collect::<Vec<Row>>();
    let texts = |side: &[(u32, u32)]| side.iter().map(|(price, qty)| (text(*price, 2), text(*qty, 3))).collect::<Vec<_>>();
    let said = |event: &Event| {
        ms += 1;
        let us = i64::try_from(ms * 1_000).unwrap();
        let signed = |id: u64| i64::try_from(id).unwrap();
        match event {
            Event::Depth { skipped, ids, bids, asks } => {
                let first = update + 1 + skipped;
                update = first + ids - 1;
                let [of_bids, of_asks] = [bids, asks].map(|side| texts(side));
                let [of_bids, of_asks] =
                    [&of_bids, &of_asks].map(|side| side.iter().map(|(p, q)| (&p[..], &q[..])).collect::<Vec<_>>());
                let json = spot_depth("BTCUSDT", ms * MS, first, update, &of_bids, &of_asks);
                let sides = [&rows(bids)[..], &rows(asks)[..]];
                (json, PLAIN.depth("BTCUSDT", us, [signed(first), signed(update)], exponents, sides))
            }
            Event::Trade { skipped, price, qty, sells } => {
                trade += 1 + skipped;
                let json = spot_trade(ms * MS, trade, &text(*price, 2), &text(*qty, 3));
                let json = json.replace(r#""m":false"#, &format!(r#""m":{sells}"#));
                let print: Print = (signed(trade), fine(*price), fine(*qty), u8::from(*sells));
                (json, PLAIN.trades("BTCUSDT", [us + 9, us], exponents, &[print]))
            }
            Event::Quote { bid, ask } => {
                update += 1;
                let [b, a] = [bid, ask].map(|(price, qty)| (text(*price, 2), text(*qty, 3)));
                // With a time, which the binary message always has.
                let json = format!(
                    r#"{{"stream":"btcusdt@bookTicker","data":{{"u":{update},"E":{ms},"s":"BTCUSDT","b":"{}","B":"{}","a":"{}","A":"{}"}}}}"#,
                    b.0, b.1, a.0, a.1
                );
                let best = [fine(bid.0), fine(bid.1), fine(ask.0), fine(ask.1)];
                (json, PLAIN.quote("BTCUSDT", us, signed(update), exponents, best))
            }
        }
    };
    events.iter().map(said).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_and_binary_messages_of_the_same_events_give_the_same_core_events(events in events(), more in 0_u32..6) {
        let mut rigs = [Rig::started(), Rig::started()];
        let spelled = spell(&events, more);
        for (at, (json, sbe)) in spelled.iter().enumerate() {
            let outcomes = [(0, json.as_bytes()), (1, &sbe[..])].map(|(rig, bytes)| {
                let rig: &mut Rig = &mut rigs[rig];
                rig.now += MS;
                rig.input(Input::Frame { connection: 1, bytes })
            });
            prop_assert_eq!(outcomes[0].rejected.map(|reject| reject.code), outcomes[1].rejected.map(|reject| reject.code));
            if at == 5 {
                for rig in &mut rigs {
                    rig.snapshot(&depth_body(101, &[("99", "1")], &[("101", "1")]));
                }
            }
        }
        prop_assert_eq!(&rigs[0].reader.seen, &rigs[1].reader.seen);
        prop_assert_eq!(rigs[0].text(), rigs[1].text());
        let [json, sbe] = rigs.map(|rig| rig.reader.latest.get(&BTC).copied());
        prop_assert_eq!(json, sbe);
    }

    #[test]
    fn any_bytes_behind_a_header_are_refused_inside_or_read(template in 9_999_u16..10_005, mut body in prop::collection::vec(any::<u8>(), 0..200), block in 0_u16..60) {
        let mut frame: Vec<u8> = [block, template, 1, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
        frame.append(&mut body);
        if let Err(reject) = read(SPOT, &frame) {
            prop_assert!(reject.offset <= frame.len());
        }
    }
}
