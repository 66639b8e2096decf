//! Backpack: documented messages, the rule, the machine. No recording of this venue is at hand.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use machine_harness::{Rig, definition};
use tickring_core::error::Code;
use tickring_core::event::{Gap, GapReason, GapStream};
use tickring_core::input::{Input, Request};
use tickring_core::machine::MachineConfig;
use tickring_core::simd::Parser;
use tickring_core::venue::{DeltaIds, Follow, Join, KnownHead, Message, Numbering, Sides, VenueId};
use venue_support::{code_paths, said, scanned};

const BACKPACK: VenueId = VenueId::Backpack;

fn parse(frame: &str) -> Message<'_> {
    BACKPACK.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    BACKPACK.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

const DEPTH: &str = r#"{"stream":"depth.BTC_USDC_PERP","data":{"e":"depth","E":1759338824897386,"s":"BTC_USDC_PERP","a":[],"b":[["117357.0","0.00000"]],"U":1662976171,"u":1662976173,"T":1759338824895616}}"#;
const QUOTE: &str = r#"{"stream":"bookTicker.SOL_USDC","data":{"e":"bookTicker","E":1759338824897386,"s":"SOL_USDC","a":"208.55","A":"12.40","b":"208.54","B":"3.10","u":1662976171,"T":1759338824895616}}"#;
const TRADE: &str = r#"{"stream":"trade.SOL_USDC","data":{"e":"trade","E":1759338824897400,"s":"SOL_USDC","p":"208.55","q":"1.20","b":"111063114377265150","a":"111063114585735170","t":12345,"T":1759338824895700,"m":true}}"#;
const SNAPSHOT: &str =
    r#"{"asks":[["101","1"],["102","2"]],"bids":[["97","3"],["99","1"]],"lastUpdateId":"103","timestamp":1753102447307501}"#;

#[test]
fn missed_trades_are_read_from_the_newest_ones() {
    let body = r#"[{"id":12346,"price":"208.56","quantity":"1.20","quoteQuantity":"250.26","timestamp":1753102447308,"isBuyerMaker":false},{"id":12345,"price":"208.55","quantity":"1.20","quoteQuantity":"250.26","timestamp":1753102447307,"isBuyerMaker":true}]"#;
    let rows = BACKPACK.parse_trades(body.as_bytes()).unwrap();
    assert!(rows.newest_first());
    let mut said = Vec::new();
    rows.each(|row| {
        said.push((row.trade_id, row.ts_event, row.price.bytes, row.aggressor_sell));
        Ok(())
    })
    .unwrap();
    let second = (12_345, 1_753_102_447_307_000_000, &b"208.55"[..], true);
    assert_eq!(said, [(12_346, 1_753_102_447_308_000_000, &b"208.56"[..], false), second]);
    for (wrong, code_of) in [
        ("{}".to_owned(), Code::FieldType),
        (body.replace("true", "\"yes\""), Code::FieldType),
        (body.replace("\"id\":12345", "\"i\":1"), Code::FieldMissing),
    ] {
        assert_eq!(BACKPACK.parse_trades(wrong.as_bytes()).map(|_| ()).expect_err(&wrong).code, code_of, "{wrong}");
    }
}

#[test]
fn documented_messages_are_read() {
    let Message::Depth(delta) = parse(DEPTH) else { panic!("no delta") };
    let ts_sent = 1_759_338_824_897_386_000;
    let ids = DeltaIds { first: 1_662_976_171, last: 1_662_976_173, prev: None, ts_sent };
    assert_eq!((delta.head.symbol, delta.head.ids), (&b"BTC_USDC_PERP"[..], ids));
    assert_eq!(delta.head.ts_event, 1_759_338_824_895_616_000, "of the matching engine, in µs");
    for id in ["1662976171", "\"1662976171\""] {
        let frame = QUOTE.replace("1662976171", id);
        let Message::Quote(quote) = parse(&frame) else { panic!("no quote") };
        let said = (quote.update_id, quote.is_time, quote.bid_price.bytes, quote.ask_qty.bytes);
        assert_eq!(said, (1_662_976_171, false, &b"208.54"[..], &b"12.40"[..]));
    }
    let Message::Trade(trade) = parse(TRADE) else { panic!("no trade") };
    assert_eq!((trade.trade_id, trade.numbering, trade.aggressor_sell), (12_345, Numbering::Contiguous, true));
    assert!(matches!(parse(&QUOTE.replace("\"bookTicker\"", "\"ticker\"")), Message::Ignored));
    let refused = parse(r#"{"id":null,"error":{"code":4005,"message":"Invalid market"}}"#);
    assert!(matches!(refused, Message::Reply { id: 0, venue_code: 4005 }));
    assert!(matches!(parse(r#"{"error":"Invalid market"}"#), Message::Reply { id: 0, venue_code: -1 }));

    let book = BACKPACK.parse_snapshot(SNAPSHOT.as_bytes()).unwrap();
    assert_eq!((book.last_update_id, book.ts_event), (103, Some(1_753_102_447_307_501_000)));
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (frame, code_of) in [
        ("[]", Code::UnknownEvent),
        ("{", Code::FrameNotJson),
        ("{}", Code::FieldMissing),
        (r#"{"data":[]}"#, Code::FieldType),
        (&DEPTH.replace("\"depth\"", "\"depthUpdate\""), Code::UnknownEvent),
        (&DEPTH.replace("\"U\":1662976171", "\"U\":1662976174"), Code::UpdateIdOrder),
        (&DEPTH.replace("\"U\":1662976171", "\"U\":\"1\""), Code::FieldType),
        (&QUOTE.replace(":1662976171", ":\"16x\""), Code::NumberSyntax),
        (&QUOTE.replace("\"208.55\"", "208.55"), Code::FieldType),
        (&TRADE.replace("12345", "-1"), Code::NumberNegative),
    ] {
        assert_eq!(code(frame), code_of, "{frame}");
    }
    for (body, code_of) in [
        (SNAPSHOT.replace("\"103\"", "\"\""), Code::NumberSyntax),
        (SNAPSHOT.replace("\"103\"", "\"1e3\""), Code::NumberSyntax),
        (SNAPSHOT.replace("\"103\"", "null"), Code::FieldType),
        (SNAPSHOT.replace("\"bids\"", "\"bidz\""), Code::FieldMissing),
        (r#"{"code":"INVALID_MARKET","message":"x"}"#.to_owned(), Code::FieldMissing),
        ("pong".to_owned(), Code::FrameNotJson),
    ] {
        assert_eq!(BACKPACK.parse_snapshot(body.as_bytes()).map(|_| ()).expect_err(&body).code, code_of, "{body}");
    }
}

#[test]
fn the_documented_trace_joins_and_finds_its_gap() {
    let ids = |first, last| DeltaIds { first, last, prev: None, ts_sent: last };
    assert_eq!([101, 102].map(|id| BACKPACK.join(103, &ids(id, id))), [Join::Older; 2]);
    assert_eq!(BACKPACK.join(103, &ids(103, 105)), Join::Apply);
    assert_eq!(BACKPACK.join(103, &ids(105, 105)), Join::SnapshotTooOld);
    assert_eq!(BACKPACK.follow(&ids(103, 105), &ids(106, 106)), Follow::Apply);
    assert_eq!(BACKPACK.follow(&ids(106, 106), &ids(108, 108)), Follow::Gap { first: 107, last: 107 });
    assert_eq!(BACKPACK.follow(&ids(106, 106), &ids(2, 107)), Follow::Apply, "a wider one overlaps");
}

#[test]
fn a_listing_gives_steps_and_state() {
    let row = r#"{"symbol":"SOL_USDC_PERP","baseSymbol":"SOL","quoteSymbol":"USDC","marketType":"PERP","rwaMarketType":null,"orderBookState":"Open","filters":{"price":{"minPrice":"0.01","tickSize":"0.01"},"quantity":{"minQuantity":"0.01","maxQuantity":null,"stepSize":"0.1"}}}"#;
    let body = format!("[{row},{},7]", row.replace("Open", "PostOnly").replace("SOL_USDC_PERP", "SPCX.US_USDC"));
    let listings = BACKPACK.parse_listings(body.as_bytes()).unwrap();
    let said: Vec<_> =
        listings.iter().map(|row| (row.symbol.as_str(), row.tick_size, row.price_exponent, row.trading)).collect();
    assert_eq!(said, [("SOL_USDC_PERP", 1, -2, true), ("SPCX.US_USDC", 1, -2, false)]);
    assert_eq!((listings[0].lot_size, listings[0].qty_exponent), (1, -1));
}

#[test]
fn a_book_begins_with_the_snapshot_that_was_fetched_though_it_stands_upside_down() {
    let mut rig = Rig::new(MachineConfig::default());
    rig.define(&definition(7, BACKPACK, "BTC_USDC_PERP"));
    rig.input(Input::Connect { connection: 1, venue: BACKPACK as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: 7, channels: 7 });
    let depth =
        |first: u64, last: u64| DEPTH.replace("1662976171", &first.to_string()).replace("1662976173", &last.to_string());
    for frame in [depth(101, 101), depth(102, 102), depth(103, 105)] {
        assert_eq!(rig.frame(&frame).rejected, None);
    }
    assert_eq!(rig.take_requests(), [Request::DepthSnapshot { instrument: 7 }]);
    rig.input(Input::DepthSnapshot { instrument: 7, bytes: SNAPSHOT.as_bytes() });
    assert!(rig.is_live());
    assert_eq!(rig.text(), "B 99 1\nB 97 3\nA 101 1\nA 102 2\n");
    rig.frame(&depth(106, 106).replace("117357.0\",\"0.00000", "100\",\"5"));
    rig.frame(&depth(108, 108));
    assert_eq!(rig.text(), "B 100 5\nB 99 1\nB 97 3\nA 101 1\nA 102 2\n");
    let gap = Gap { stream: GapStream::Book, reason: GapReason::Sequence, first: 107, last: 107 };
    assert_eq!(rig.reader.gaps(), [gap]);
    rig.reader.assert_holds(&rig.machine, 0);
}

#[test]
fn depth_frames_take_the_indexed_path_and_read_the_same() {
    let levels = r#"[["117357.0","0.00000"],["117356.5","1.25000"],["9.5","0"]]"#;
    let frames = [DEPTH.to_owned(), DEPTH.replace("\"a\":[]", &format!("\"a\":{levels}"))];
    let refused = [
        DEPTH.replace("}}", "}}}"),
        DEPTH.replace("}}", "} }"),
        DEPTH.replace("\"U\":1662976171", "\"U\":1662976174"),
        DEPTH.replace("117357.0", "0.0"),
        QUOTE.to_owned(),
    ];
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let mut read = |frame: &str| {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let known = &mut KnownHead::default();
            let sides = &mut Sides { bids: &mut bids, asks: &mut asks };
            let indexed = parser.index(frame.as_bytes());
            let read = indexed.and_then(|frame| BACKPACK.parse_indexed(&frame, known, |_| Some((-8, -8)), sides));
            read.map(|read| said(read, &bids, &asks))
        };
        for frame in &frames {
            assert_eq!(read(frame).as_deref(), Some(scanned(BACKPACK, frame, (-8, -8)).as_str()), "{frame}");
        }
        for frame in &refused {
            assert_eq!(read(frame), None, "{frame}");
        }
    }
}
