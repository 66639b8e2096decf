//! Kraken futures: documented messages, the rule of a book, tickers and trades that tell two things, the machine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::{
    Body, Funding, Gap, GapReason, GapStream, Liquidation, MarketState, OpenInterest, Quote, ReferencePrice, Side, Trade, flag,
};
use tickring_core::input::{Input, Request, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::simd::Parser;
use tickring_core::venue::{DeltaIds, Follow, KnownHead, Message, Numbering, Sides, VenueId};
use venue_support::{code_paths, said, scanned};

const FUTURES: VenueId = VenueId::KrakenFutures;
const XBT: u32 = 7;

fn parse(frame: &str) -> Message<'_> {
    FUTURES.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    FUTURES.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

const BOOK: &str = r#"{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":10,"tickSize":null,"bids":[{"price":99.5,"qty":6385.0},{"price":99.0,"qty":1.0}],"asks":[{"price":101.0,"qty":20598.0}]}"#;
const LEVEL: &str =
    r#"{"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":11,"price":101.0,"qty":0.0,"timestamp":1612269953629}"#;
const TRADE: &str = r#"{"feed":"trade","product_id":"PI_XBTUSD","uid":"05af78ac-a774-478c-a50c-8b9c234e071e","side":"sell","type":"fill","seq":653355,"time":1612266317519,"qty":15000,"price":34969.5}"#;
const TICKER: &str = r#"{"time":1676393235406,"product_id":"PI_XBTUSD","funding_rate":-6.2604214e-11,"funding_rate_prediction":-3.65989977e-10,"relative_funding_rate":-1.380384722222e-6,"relative_funding_rate_prediction":-8.047629166667e-6,"next_funding_rate_time":1676394000000,"feed":"ticker","bid":21978.5,"ask":21987.0,"bid_size":2536.0,"ask_size":13948.0,"volume":31403908.0,"dtm":0,"leverage":"50x","index":21984.54,"premium":-0.0,"last":21983.5,"change":1.9974017538161748,"suspended":false,"tag":"perpetual","pair":"XBT:USD","openInterest":30072580.0,"markPrice":21979.68641534714,"maturityTime":0,"post_only":false,"volumeQuote":31403908.0}"#;

#[test]
fn documented_messages_are_read() {
    let Message::Snapshot(book) = parse(BOOK) else { panic!("no book") };
    let ids = DeltaIds { first: 10, last: 10, prev: None, ts_sent: 1_612_269_825_817_000_000 };
    assert_eq!((book.head.symbol, book.head.ids, book.head.ts_event), (&b"PI_XBTUSD"[..], ids, ids.ts_sent));
    let Message::Depth(level) = parse(LEVEL) else { panic!("no level") };
    assert_eq!((level.head.ids.first, level.head.ids.last, level.head.ids.prev), (11, 11, None));
    let Message::Trade(trade) = parse(TRADE) else { panic!("no trade") };
    assert_eq!((trade.trade_id, trade.numbering), (0x05af_78ac_a774_478c, Numbering::Counted(653_355)));
    assert_eq!((trade.aggressor_sell, trade.off_market, trade.ts_event), (true, false, 1_612_266_317_519_000_000));
    for word in ["assignment", "termination", "block"] {
        let frame = TRADE.replace("fill", word);
        let Message::Trade(trade) = parse(&frame) else { panic!("no trade: {frame}") };
        assert!(trade.off_market, "{word}");
    }
    assert!(matches!(parse(&TRADE.replace("fill", "liquidation")), Message::Liquidated(..)));
    let Message::Ticker(rows) = parse(TICKER) else { panic!("no ticker") };
    let quote = FUTURES.quote_beside(&rows).unwrap();
    assert_eq!((quote.update_id, quote.is_time), (1_676_393_235_406_000_000, true));
    assert_eq!((quote.bid_price.bytes, quote.ask_qty.bytes), (&b"21978.5"[..], &b"13948.0"[..]));
    for frame in [
        r#"{"event":"info","version":1}"#,
        r#"{"feed":"heartbeat","time":1534262350627}"#,
        r#"{"feed":"ticker_lite","product_id":"FI_BCHUSD_210730","bid":439.3,"ask":439.6,"tag":"month","dtm":7}"#,
        r#"{"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[]}"#,
    ] {
        assert!(matches!(parse(frame), Message::Ignored), "{frame}");
    }
    for (frame, expected) in [
        (r#"{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}"#, 0),
        (r#"{"event":"unsubscribed","feed":"book","product_ids":["PI_XBTUSD"]}"#, 0),
        (r#"{"event":"alert","message":"Already subscribed to feed, re-requesting"}"#, 0),
        (r#"{"event":"alert","message":"Not subscribed to feed"}"#, 0),
        (r#"{"event":"alert","message":"Bad request"}"#, -1),
        (r#"{"event":"subscribed_failed","feed":"book","product_ids":["X"]}"#, -1),
        (r#"{"event":"error","message":"Invalid product id"}"#, -1),
    ] {
        let Message::Reply { id: 0, venue_code } = parse(frame) else { panic!("no reply: {frame}") };
        assert_eq!(venue_code, expected, "{frame}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (frame, code_of) in [
        ("[]", Code::UnknownEvent),
        ("{", Code::FrameNotJson),
        ("{}", Code::FieldMissing),
        (r#"{"event":"challenge","message":"x"}"#, Code::UnknownEvent),
        (r#"{"event":"alert"}"#, Code::FieldMissing),
        (r#"{"feed":"fills"}"#, Code::UnknownEvent),
        (&BOOK.replace("\"bids\"", "\"b\""), Code::FieldMissing),
        (&BOOK.replace("\"seq\":10", "\"seq\":10.0"), Code::NumberSyntax),
        (&LEVEL.replace("\"seq\":", "\"seq\":1,\"seq\":"), Code::FieldType),
        (&LEVEL.replace("sell", "ask"), Code::FieldType),
        (&LEVEL.replace("\"qty\":0.0,", ""), Code::FieldMissing),
        (&LEVEL.replace("101.0", "\"101.0\""), Code::FieldType),
        (&TRADE.replace("fill", "gift"), Code::UnknownEvent),
        (&TRADE.replace("05af78ac", "05af78ax"), Code::NumberSyntax),
        (&TICKER.replace("21984.54", "\"21984.54\""), Code::FieldType),
        (&TICKER.replace("21984.54", "-1"), Code::NumberNegative),
        (&TICKER.replace("\"time\"", "\"at\""), Code::FieldMissing),
    ] {
        assert_eq!(code(frame), code_of, "{frame}");
    }
}

#[test]
fn numbers_of_a_product_count_by_one() {
    let ids = |id, ts_sent| DeltaIds { first: id, last: id, prev: None, ts_sent };
    assert_eq!(FUTURES.follow(&ids(10, 5), &ids(11, 5)), Follow::Apply);
    assert_eq!(FUTURES.follow(&ids(12, 5), &ids(15, 6)), Follow::Gap { first: 13, last: 14 });
    assert_eq!(FUTURES.follow(&ids(12, 5), &ids(12, 5)), Follow::Duplicate);
    assert_eq!(FUTURES.follow(&ids(12, 5), &ids(3, 6)), Follow::Rollback);
}

#[test]
fn listings_of_today_and_of_2021_are_read() {
    let body = r#"{"result":"success","instruments":[
        {"symbol":"PI_XBTUSD","type":"futures_inverse","tickSize":0.5,"contractSize":1,"tradeable":true,"contractValueTradePrecision":0},
        {"symbol":"PF_PEPEUSD","type":"flexible_futures","tickSize":1e-10,"tradeable":true,"contractValueTradePrecision":-3},
        {"symbol":"PF_AAPLxUSD","type":"flexible_futures","tickSize":0.01,"tradeable":false,"contractValueTradePrecision":2},
        {"symbol":"pi_ethusd","type":"futures_inverse","tickSize":0.05,"contractSize":1,"tradeable":true},
        {"symbol":"PF_X","tickSize":"0.1","tradeable":true,"contractValueTradePrecision":99},
        {"symbol":"in_xbtusd","type":"spot index","tradeable":false},{"type":"futures_inverse"},3]}"#;
    let rows = FUTURES.parse_listings(body.as_bytes()).unwrap();
    let said: Vec<_> = rows
        .iter()
        .map(|row| (row.symbol.as_str(), row.tick_size, row.price_exponent, row.lot_size, row.qty_exponent, row.trading))
        .collect();
    assert_eq!(
        said,
        [
            ("PI_XBTUSD", 5, -1, 1, 0, true),
            ("PF_PEPEUSD", 1, -10, 1_000, 0, true),
            ("PF_AAPLxUSD", 1, -2, 1, -2, false),
            ("PI_ETHUSD", 5, -2, 1, 0, true),
            ("PF_X", 0, -8, 0, -8, true),
        ]
    );
}

fn rig(channels: u16) -> Rig {
    let mut rig = Rig::new(MachineConfig::default());
    rig.define(&definition(XBT, FUTURES, "PI_XBTUSD"));
    rig.input(Input::Connect { connection: 1, venue: FUTURES as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: XBT, channels });
    rig
}

/// What a frame made the machine tell.
fn told(rig: &mut Rig, frame: &str) -> Vec<Seen> {
    let before = rig.reader.seen.len();
    assert_eq!(rig.frame(frame).rejected, None, "{frame}");
    rig.reader.seen[before..].iter().map(|(_, seen)| *seen).collect()
}

#[test]
fn levels_change_the_book_and_a_missing_number_asks_for_it_anew() {
    let mut rig = rig(channel::BOOK);
    rig.frame(BOOK);
    assert_eq!(rig.text(), "B 99.5 6385\nB 99 1\nA 101 20598\n");
    rig.frame(&LEVEL.replace("101.0,\"qty\":0.0", "100.5,\"qty\":2.0"));
    rig.frame(&LEVEL.replace("\"seq\":11", "\"seq\":12"));
    rig.frame(
        &LEVEL.replace("\"seq\":11", "\"seq\":13").replace("sell", "buy").replace("101.0,\"qty\":0.0", "99.50,\"qty\":7"),
    );
    assert_eq!(rig.text(), "B 99.5 7\nB 99 1\nA 100.5 2\n");
    assert_eq!((rig.reader.gaps(), rig.take_requests()), (vec![], vec![]));
    rig.frame(&LEVEL.replace("\"seq\":11", "\"seq\":16"));
    let gap = |first, last| Gap { stream: GapStream::Book, reason: GapReason::Sequence, first, last };
    assert_eq!(rig.reader.gaps(), [gap(14, 15)]);
    assert_eq!(rig.take_requests(), [Request::DepthSnapshot { instrument: XBT }]);
    rig.frame(&BOOK.replace("\"seq\":10", "\"seq\":17"));
    assert_eq!(rig.text(), "B 99.5 6385\nB 99 1\nA 101 20598\n");
    assert!(rig.is_live());
    rig.reader.assert_holds(&rig.machine, 0);
}

fn price(price: i64, exponent: i8) -> Seen {
    Seen::Figure(Body::MarkPrice(ReferencePrice { price, exponent }))
}

fn funding(rate: i64, exponent: i8, next_ts: u64) -> Seen {
    Seen::Figure(Body::Funding(Funding { rate, exponent, interval_s: 3_600, next_ts }))
}

#[test]
fn a_ticker_is_a_quote_and_figures_and_of_both_what_was_asked_for() {
    let quote = Seen::Quote(Quote { bid_price: 2_197_850, bid_qty: 2_536_000, ask_price: 2_198_700, ask_qty: 13_948_000 });
    let mark = price(2_197_968_641_534_714, -11);
    let index = Seen::Figure(Body::IndexPrice(ReferencePrice { price: 2_198_454, exponent: -2 }));
    let paid = funding(-1_380_384_722_222, -18, 1_676_394_000_000_000_000);
    let open = OpenInterest { qty: 30_072_580, value: 0, qty_exponent: 0, value_exponent: 0 };
    let open = Seen::Figure(Body::OpenInterest(open));
    let state = Seen::Figure(Body::TradingStatus(MarketState::Trading));
    let all = [quote, mark, index, paid, open, state];
    assert_eq!(told(&mut rig(channel::EVERY), TICKER), all);
    assert_eq!(told(&mut rig(channel::QUOTE), TICKER), [quote]);
    assert_eq!(told(&mut rig(channel::MARK_PRICE | channel::STATUS), TICKER), [mark, index, paid, state]);
    let mut others = rig(channel::TRADE | channel::LIQUIDATION);
    assert_eq!(told(&mut others, TICKER), []);
    assert_eq!(others.machine.counters().ignored, 1, "one message");
    // The same again: a state is told when it is another one.
    let mut rig = rig(channel::EVERY);
    told(&mut rig, TICKER);
    assert_eq!(told(&mut rig, TICKER), all[..5]);
    for (word, expected) in [("suspended", MarketState::Halt), ("post_only", MarketState::PostOnly)] {
        let frame = TICKER.replace(&format!("\"{word}\":false"), &format!("\"{word}\":true"));
        assert_eq!(told(&mut rig, &frame).last(), Some(&Seen::Figure(Body::TradingStatus(expected))), "{word}");
    }
    assert_eq!(rig.machine.counters().ignored, 0);
}

#[test]
fn what_a_ticker_lacks_is_nothing_but_the_rate_of_a_perpetual_which_is_zero() {
    let mut rig = rig(channel::QUOTE | channel::FUNDING);
    let without = |names: &[&str]| {
        let mut message: serde_json::Map<_, _> = serde_json::from_str(TICKER).unwrap();
        names.iter().for_each(|name| drop(message.remove(*name)));
        serde_json::to_string(&message).unwrap()
    };
    let seen = told(&mut rig, &without(&["relative_funding_rate", "bid", "bid_size"]));
    let quote = Quote { bid_price: 0, bid_qty: 0, ask_price: 2_198_700, ask_qty: 13_948_000 };
    assert_eq!(seen, [Seen::Quote(quote), funding(0, 0, 1_676_394_000_000_000_000)]);
    // A span instead of the moment, as the documents have it, is no moment; a needless decimal is none either.
    let spans = TICKER.replace("1676394000000", "764594");
    assert_eq!(told(&mut rig, &spans).last(), Some(&funding(-1_380_384_722_222, -18, 0)));
    let floats = TICKER.replace("1676394000000", "1676394000000.0");
    assert_eq!(told(&mut rig, &floats).last(), Some(&funding(-1_380_384_722_222, -18, 1_676_394_000_000_000_000)));
    let month = without(&["relative_funding_rate"]).replace("perpetual", "month");
    assert_eq!(told(&mut rig, &month).len(), 1, "futures that expire have no funding");
}

#[test]
fn a_forced_trade_is_a_trade_and_a_liquidation() {
    let forced = TRADE.replace("fill", "liquidation");
    let trade = Trade { price: 3_496_950, qty: 15_000_000, trade_id: 0x05af_78ac_a774_478c };
    let order = Liquidation { price: 349_695, qty: 15_000, id: 0, price_exponent: -1, qty_exponent: 0, side: Side::Sell };
    let order = Seen::Figure(Body::Liquidation(order));
    let mut both = rig(channel::TRADE | channel::LIQUIDATION);
    assert_eq!(told(&mut both, &forced), [Seen::Trade(trade), order]);
    let of_trade = both.reader.seen[both.reader.seen.len() - 2].0;
    assert_ne!(of_trade.flags & flag::AGGRESSOR_SELL, 0);
    assert_eq!(told(&mut rig(channel::TRADE), &forced), [Seen::Trade(trade)]);
    assert_eq!(told(&mut rig(channel::LIQUIDATION), &forced), [order]);
    // Each counts, whatever its price is.
    let next = |frame: &str, seq: u64| frame.replace("653355", &seq.to_string());
    assert_eq!(told(&mut both, &next(&TRADE.replace("fill", "block"), 653_356)), []);
    assert_eq!(told(&mut both, &next(&forced, 653_357)).len(), 2);
    assert_eq!((both.reader.gaps(), both.machine.counters().off_market), (vec![], 1));
    told(&mut both, &next(TRADE, 653_360));
    let gap = Gap { stream: GapStream::Trade, reason: GapReason::Sequence, first: 653_358, last: 653_359 };
    assert_eq!(both.reader.gaps(), [gap]);
}

#[test]
fn books_in_the_venues_spelling_take_the_indexed_path_and_read_the_same() {
    let frames = [
        BOOK.to_owned(),
        LEVEL.to_owned(),
        LEVEL.replace("sell", "buy"),
        LEVEL.replace("101.0,\"qty\":0.0", "1e-5,\"qty\":2.5e2"),
        BOOK.replace(r#"{"price":101.0,"qty":20598.0}"#, ""),
    ];
    let left = [
        LEVEL.replace("\"seq\":11", "\"seq\": 11"),
        LEVEL.replace("\"price\":101.0", "\"price\":01.0"),
        LEVEL.replace("\"price\":101.0", "\"price\":0.0"),
        LEVEL.replace("\"qty\":0.0", "\"qty\":-1.0"),
        LEVEL.replace("\"qty\":0.0", "\"qty\":\"0.0\""),
        LEVEL.replace("sell", "ask"),
        LEVEL.replace('}', "}}"),
        LEVEL.replace('}', ",\"more\":1}"),
        BOOK.replace("null", "0.5"),
        TRADE.to_owned(),
        TICKER.to_owned(),
    ];
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let mut read = |frame: &str| {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let known = &mut KnownHead::default();
            let sides = &mut Sides { bids: &mut bids, asks: &mut asks };
            let read = parser
                .index(frame.as_bytes())
                .and_then(|frame| FUTURES.parse_indexed(&frame, known, |_| Some((-8, -8)), sides));
            read.map(|read| said(read, &bids, &asks))
        };
        for frame in &frames {
            assert_eq!(read(frame).as_deref(), Some(scanned(FUTURES, frame, (-8, -8)).as_str()), "{frame}");
        }
        for frame in &left {
            assert_eq!(read(frame), None, "{frame}");
        }
    }
}
