//! Deribit: documented messages, the rule, the machine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::{Gap, GapReason, GapStream, Level, State};
use tickring_core::input::{Input, Request};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::{DeltaIds, Follow, Message, Numbering, TradeMessage, VenueId, convert_levels, convert_quote};

const DERIBIT: VenueId = VenueId::Deribit;

fn parse(frame: &str) -> Message<'_> {
    DERIBIT.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    DERIBIT.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

const BOOK: &str = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"snapshot","timestamp":1767225600000,"instrument_name":"BTC-PERPETUAL","change_id":136725664740,"bids":[["new",89532.5,254900.0],["new",89532.0,1000.0]],"asks":[["new",89533.0,91570.0],["new",89533.5,10000.0]]}}}"#;
const CHANGE: &str = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"change","timestamp":1767225600101,"prev_change_id":136725664740,"instrument_name":"BTC-PERPETUAL","change_id":136725664755,"bids":[["change",89532.5,250000.0],["new",89531.5,3000.0]],"asks":[["delete",89533.5,0.0]]}}}"#;
const TRADES: &str = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[{"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","index_price":92276.75,"instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"mark_price":92287.11,"tick_direction":2,"contracts":1.0,"trade_id":"403691824"}]}}"#;
const QUOTE: &str = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,"best_bid_price":92288.0,"best_ask_amount":99470.0,"best_bid_amount":133440.0}}}"#;

fn trades_of(frame: &str) -> Vec<TradeMessage<'_>> {
    let Message::Trades(rows) = parse(frame) else { panic!("no trades: {frame}") };
    let mut trades = Vec::new();
    rows.each(|trade| {
        trades.push(trade);
        Ok(())
    })
    .unwrap();
    trades
}

#[test]
fn documented_messages_are_read() {
    let Message::Snapshot(book) = parse(BOOK) else { panic!("no whole book") };
    let ts_sent = 1_767_225_600_000_000_000;
    let ids = DeltaIds { first: 136_725_664_740, last: 136_725_664_740, prev: None, ts_sent };
    assert_eq!((book.head.symbol, book.head.ids, book.head.ts_event), (&b"BTC-PERPETUAL"[..], ids, ts_sent));
    let null = BOOK.replace("\"change_id\"", "\"prev_change_id\":null,\"change_id\"");
    assert!(matches!(parse(&null), Message::Snapshot(_)), "as in some fixtures");

    let Message::Depth(change) = parse(CHANGE) else { panic!("no delta") };
    let ids = change.head.ids;
    assert_eq!((ids.first, ids.last, ids.prev), (136_725_664_741, 136_725_664_755, Some(136_725_664_740)));
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    convert_levels(change.bids, -1, 0, &mut bids).unwrap();
    convert_levels(change.asks, -1, 0, &mut asks).unwrap();
    assert_eq!(bids, [Level { price: 895_325, qty: 250_000 }, Level { price: 895_315, qty: 3_000 }]);
    assert_eq!(asks, [Level { price: 895_335, qty: 0 }]);

    let [trade] = trades_of(TRADES)[..] else { panic!("one trade") };
    assert_eq!((trade.trade_id, trade.numbering), (403_691_824, Numbering::Counted(271_252_854)));
    assert_eq!((trade.aggressor_sell, trade.off_market, trade.price.bytes), (true, false, &b"92294.5"[..]));
    let other = TRADES.replace("\"403691824\"", "\"ETH-123\",\"block_trade_id\":\"B-7\"").replace("sell", "buy");
    let [trade] = trades_of(&other)[..] else { panic!("one trade") };
    assert_eq!((trade.trade_id, trade.aggressor_sell, trade.off_market), (123, false, true), "a block trade");

    let Message::Quote(quote) = parse(QUOTE) else { panic!("no quote") };
    assert_eq!((quote.update_id, quote.is_time), (1_765_541_767_174_000_000, true));
    let numbers = convert_quote(&quote, -1, 0).unwrap();
    assert_eq!((numbers.bid_price, numbers.bid_qty, numbers.ask_price, numbers.ask_qty), (922_880, 133_440, 922_885, 99_470));
    for nothing in ["0.0", "null"] {
        let empty = QUOTE.replace("92288.0", nothing).replace("133440.0", nothing);
        let Message::Quote(quote) = parse(&empty) else { panic!("no quote") };
        assert_eq!(convert_quote(&quote, -1, 0).unwrap().bid_price, 0, "an empty side");
    }
}

#[test]
fn numbers_are_read_exactly_in_every_form() {
    let levels = |rows: &str| {
        let frame = CHANGE.replace(r#"[["delete",89533.5,0.0]]"#, rows);
        let Message::Depth(change) = parse(&frame) else { panic!("no delta: {frame}") };
        let mut levels = Vec::new();
        convert_levels(change.asks, -8, -2, &mut levels).map(|()| levels).map_err(|error| format!("{error:?}"))
    };
    let level = |price, qty| Level { price, qty };
    assert_eq!(levels(r#"[["new",1e-5,1],["change",6.55E-06,1.5e+3]]"#), Ok(vec![level(1_000, 100), level(655, 150_000)]));
    assert_eq!(levels(r#"[["delete",1.0,7.5]]"#), Ok(vec![level(100_000_000, 0)]), "what is deleted is gone");
    for (rows, why) in [
        (r#"[["new","1.5",1.0]]"#, "FieldType"),
        (r#"[["new",1.5,null]]"#, "FieldType"),
        (r#"[["new",1.5]]"#, "FieldMissing"),
        (r#"[["moved",1.5,1.0]]"#, "UnknownEvent"),
        (r#"[[1.5,1.0,1.0]]"#, "FieldType"),
        (r#"[["new",-1.5,1.0]]"#, "NumberNegative"),
        (r#"[["new",1.5,-1e-3]]"#, "NumberNegative"),
        (r#"[["new",0.0,1.0]]"#, "NumberNegative"),
        (r#"[["new",1.5,1e400]]"#, "NumberRange"),
        (r#"[["new",1.5,1e-400]]"#, "NumberPrecision"),
    ] {
        let refused = levels(rows).expect_err(rows);
        assert!(refused.contains(why), "{rows}: {refused}");
    }
}

#[test]
fn answers_tell_by_our_id_whether_all_channels_were_accepted() {
    for (frame, id, venue_code) in [
        (r#"{"jsonrpc":"2.0","id":42002,"result":["book.A.100ms","trades.A.100ms"],"usIn":1,"usOut":2,"usDiff":1}"#, 42, 0),
        (r#"{"jsonrpc":"2.0","id":42003,"result":["book.A.100ms","trades.A.100ms"],"testnet":false}"#, 42, -1),
        (r#"{"jsonrpc":"2.0","id":42001,"result":[]}"#, 42, -1),
        (r#"{"jsonrpc":"2.0","id":43000,"result":["quote.A"]}"#, 43, 0),
        (r#"{"jsonrpc":"2.0","id":0,"result":"ok"}"#, 0, 0),
        (r#"{"jsonrpc":"2.0","id":0,"result":{"version":"1.2.26"}}"#, 0, 0),
        (r#"{"jsonrpc":"2.0","id":7003,"error":{"code":10028,"message":"too_many_requests","data":null}}"#, 7, 10_028),
        (r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"request entity too large"}}"#, 0, -32_600),
        (r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#, 0, -32_700),
    ] {
        let Message::Reply { id: found, venue_code: said } = parse(frame) else { panic!("no reply: {frame}") };
        assert_eq!((found, said), (id, venue_code), "{frame}");
    }
    let heartbeat = |kind: &str| format!(r#"{{"jsonrpc":"2.0","method":"heartbeat","params":{{"type":"{kind}"}}}}"#);
    assert!(matches!(parse(&heartbeat("heartbeat")), Message::Ignored));
    assert!(matches!(parse(&heartbeat("test_request")), Message::Challenge));
    assert_eq!(code(&heartbeat("other")), Code::UnknownEvent);
}

#[test]
fn what_we_do_not_publish_is_ignored() {
    for channel in [
        "chart.other.BTC-PERPETUAL.1",
        "deribit_volatility_index.btc_usd",
        "deribit_price_index.btc_usd",
        "perpetual.BTC-PERPETUAL.100ms",
        "instrument.creation.any.BTC",
        "platform_state",
        "platform_state.public_methods_state",
        "book.BTC-PERPETUAL.none.10.100ms",
        "trades.future.BTC.100ms",
    ] {
        let frame = QUOTE.replace("quote.BTC-PERPETUAL", channel);
        assert!(matches!(parse(&frame), Message::Ignored), "{channel}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (frame, code_of) in [
        ("[]", Code::UnknownEvent),
        ("{", Code::FrameNotJson),
        ("{}", Code::UnknownEvent),
        (r#"{"method":"subscription"}"#, Code::FieldMissing),
        (r#"{"method":"subscription","params":[]}"#, Code::FieldType),
        (r#"{"method":"public/test","params":{}}"#, Code::UnknownEvent),
        (r#"{"jsonrpc":"2.0","id":3001}"#, Code::FieldMissing),
        (&QUOTE.replace("quote.BTC-PERPETUAL", "news"), Code::UnknownEvent),
        (&QUOTE.replace("quote.BTC-PERPETUAL", "book.BTC-PERPETUAL"), Code::UnknownEvent),
        (&BOOK.replace("snapshot", "partial"), Code::UnknownEvent),
        (&BOOK.replace("book.BTC-PERPETUAL", "book.ETH-PERPETUAL"), Code::UnknownSymbol),
        (&BOOK.replace("\"instrument_name\":\"BTC-", "\"instrument_name\":\"ETH-"), Code::UnknownSymbol),
        (&CHANGE.replace("\"prev_change_id\":136725664740,", ""), Code::FieldMissing),
        (&CHANGE.replace("136725664740", "136725664756"), Code::NumberRange),
        (&CHANGE.replace("136725664740", "null"), Code::FieldType),
        (&BOOK.replace("136725664740", "1.5"), Code::NumberSyntax),
        (&BOOK.replace("\"timestamp\":", "\"timestamp\":1,\"timestamp\":"), Code::FieldType),
        (&TRADES.replace("sell", "SELL"), Code::FieldType),
        (&TRADES.replace("\"403691824\"", "\"ETH-x\""), Code::NumberSyntax),
        (&TRADES.replace("\"403691824\"", "\"\""), Code::NumberSyntax),
        (&TRADES.replace("92294.5", "\"92294.5\""), Code::FieldType),
        (&QUOTE.replace("92288.0", "\"92288.0\""), Code::FieldType),
    ] {
        assert_eq!(code(frame), code_of, "{frame}");
    }
}

#[test]
fn a_change_names_the_one_before() {
    let ids = |prev: u64, id, ts_sent| DeltaIds { first: prev + 1, last: id, prev: Some(prev), ts_sent };
    let snapshot = DeltaIds { first: 740, last: 740, prev: None, ts_sent: 5 };
    assert_eq!(DERIBIT.follow(&snapshot, &ids(740, 755, 6)), Follow::Apply);
    assert_eq!(DERIBIT.follow(&ids(740, 755, 6), &ids(755, 760, 7)), Follow::Apply);
    assert_eq!(DERIBIT.follow(&ids(755, 760, 7), &ids(771, 780, 8)), Follow::Gap { first: 761, last: 771 });
    assert_eq!(DERIBIT.follow(&ids(755, 760, 7), &ids(757, 763, 8)), Follow::Apply, "of another connection");
    assert_eq!(DERIBIT.follow(&ids(755, 760, 7), &ids(755, 760, 7)), Follow::Duplicate);
    assert_eq!(DERIBIT.follow(&ids(755, 760, 7), &ids(740, 755, 6)), Follow::Duplicate);
    assert_eq!(DERIBIT.follow(&ids(755, 760, 7), &ids(3, 9, 8)), Follow::Rollback);
}

const BTC: u32 = 7;

struct Venue {
    rig: Rig,
}

impl Venue {
    fn live() -> Self {
        let mut rig = Rig::new(MachineConfig::default());
        rig.define(&definition(BTC, DERIBIT, "BTC-PERPETUAL"));
        rig.input(Input::Connect { connection: 1, venue: DERIBIT as u16 });
        rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
        let mut venue = Self { rig };
        venue.book("snapshot", None, 10, r#""bids":[["new",99.0,1.0]],"asks":[["new",101.0,1.0]]"#);
        assert!(venue.rig.is_live());
        venue.rig.reader.seen.clear();
        venue
    }

    fn book(&mut self, kind: &str, prev: Option<u64>, id: u64, levels: &str) {
        self.rig.now += 100_000_000;
        let prev = prev.map_or_else(String::new, |prev| format!(r#""prev_change_id":{prev},"#));
        let data = format!(r#""instrument_name":"BTC-PERPETUAL","change_id":{id},{levels}"#);
        let ms = self.rig.now / 1_000_000;
        let frame = format!(
            r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.BTC-PERPETUAL.100ms","data":{{"type":"{kind}","timestamp":{ms},{prev}{data}}}}}}}"#
        );
        assert_eq!(self.rig.frame(&frame).rejected, None, "{frame}");
    }
}

const NOTHING: &str = r#""bids":[],"asks":[]"#;

#[test]
fn a_gap_is_told_and_the_book_of_a_new_subscription_serves() {
    let mut venue = Venue::live();
    venue.book("change", Some(10), 25, r#""bids":[["delete",99.0,0.0],["new",98.5,2e0]],"asks":[]"#);
    assert_eq!(venue.rig.text(), "B 98.5 2\nA 101 1\n");
    venue.book("change", Some(31), 40, r#""bids":[["new",98.0,9.0]],"asks":[]"#);
    venue.book("change", Some(40), 44, NOTHING);
    assert_eq!(venue.rig.text(), "B 98.5 2\nA 101 1\n", "the old book serves");
    assert_eq!(venue.rig.take_requests(), [Request::DepthSnapshot { instrument: BTC }]);
    venue.book("snapshot", None, 45, r#""bids":[["new",97.0,3.0]],"asks":[["new",102.0,1.0]]"#);
    assert_eq!(venue.rig.text(), "B 97 3\nA 102 1\n");
    let gap = Gap { stream: GapStream::Book, reason: GapReason::Sequence, first: 26, last: 31 };
    assert_eq!(venue.rig.reader.gaps(), [gap]);
    assert_eq!(venue.rig.reader.states(), [State::Resync, State::Live]);
    venue.book("snapshot", None, 3, r#""bids":[["new",96.0,3.0]],"asks":[["new",102.0,1.0]]"#);
    assert_eq!((venue.rig.text().as_str(), venue.rig.machine.counters().rollbacks), ("B 96 3\nA 102 1\n", 1));
    assert_eq!(venue.rig.take_requests(), []);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_test_request_asks_the_engine_for_an_answer() {
    let mut venue = Venue::live();
    venue.rig.frame(r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#);
    assert_eq!(venue.rig.take_requests(), [Request::Answer { connection: 1 }]);
}

#[test]
fn quotes_of_one_time_are_all_new_and_older_ones_are_not() {
    let mut venue = Venue::live();
    let quote = |ms: u64, price: &str| QUOTE.replace("1765541767174", &ms.to_string()).replace("92288.0", price);
    let ms = venue.rig.now / 1_000_000;
    for (at, price) in [(ms, "92287.0"), (ms, "92288.0"), (ms - 1, "1.0"), (ms + 1, "92287.5")] {
        assert_eq!(venue.rig.frame(&quote(at, price)).rejected, None);
    }
    let price = |seen: &Seen| if let Seen::Quote(quote) = seen { Some(quote.bid_price) } else { None };
    let prices: Vec<_> = venue.rig.reader.bodies().iter().filter_map(price).collect();
    assert_eq!(prices.len(), 3, "{prices:?}");
    assert_eq!(venue.rig.machine.counters().duplicates, 1);
}

#[test]
fn trades_are_counted_by_their_sequence_and_keep_their_ids() {
    let mut venue = Venue::live();
    let trade = |seq: u64, id: &str| {
        let ms = venue.rig.now / 1_000_000;
        let at = TRADES.replace("1765531356452", &ms.to_string());
        at.replace("271252854", &seq.to_string()).replace("403691824", id)
    };
    let frames = [trade(5, "900"), trade(5, "900"), trade(6, "905"), trade(9, "ETH-911")];
    for frame in &frames {
        assert_eq!(venue.rig.frame(frame).rejected, None);
    }
    let id = |seen: &Seen| if let Seen::Trade(trade) = seen { Some(trade.trade_id) } else { None };
    assert_eq!(venue.rig.reader.bodies().iter().filter_map(id).collect::<Vec<_>>(), [900, 905, 911]);
    let gap = Gap { stream: GapStream::Trade, reason: GapReason::Sequence, first: 7, last: 8 };
    assert_eq!(venue.rig.reader.gaps(), [gap]);
    assert_eq!(venue.rig.machine.counters().duplicates, 1);
}
