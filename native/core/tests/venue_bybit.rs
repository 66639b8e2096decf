//! Bybit v5: documented messages, the rule, recordings.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::{Gap, GapReason, GapStream, State};
use tickring_core::input::{Input, Request};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::{DeltaIds, Follow, Message, Numbering, TradeMessage, VenueId, convert_quote};

const LINEAR: VenueId = VenueId::BybitLinear;

fn parse(frame: &str) -> Message<'_> {
    LINEAR.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    LINEAR.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

const BOOK: &str = r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1767225600112,"data":{"s":"BTCUSDT","b":[["65000.10","1.250"],["65000.00","0.400"]],"a":[["65000.20","3.100"],["65000.30","0.900"]],"u":18521288,"seq":7961638724},"cts":1767225600110}"#;
const DELTA: &str = r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1767225600132,"data":{"s":"BTCUSDT","b":[["65000.00","0"]],"a":[["65000.25","0.250"]],"u":18521289,"seq":7961638731},"cts":1767225600129}"#;
const TOUCH: &str = r#"{"topic":"orderbook.1.BTCUSDT","ts":1767225600115,"type":"snapshot","data":{"s":"BTCUSDT","b":[["65000.10","1.250"]],"a":[["65000.20","3.100"]],"u":4410221,"seq":7961638725},"cts":1767225600113}"#;
const TRADE: &str = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1767225600120,"data":[{"T":1767225600118,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"65000.20","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"RPI":false,"seq":7961638726}]}"#;

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
    let ids = DeltaIds { first: 18_521_288, last: 18_521_288, prev: None, ts_sent: 1_767_225_600_112_000_000 };
    assert_eq!((book.head.symbol, book.head.ids), (&b"BTCUSDT"[..], ids));
    assert_eq!(book.head.ts_event, 1_767_225_600_110_000_000, "of the matching engine");
    let Message::Depth(delta) = parse(DELTA) else { panic!("no delta") };
    assert_eq!(delta.head.ids.last, 18_521_289);
    assert!(matches!(parse(&DELTA.replace("18521289", "1")), Message::Snapshot(_)), "u 1: the service restarted");

    let Message::Quote(quote) = parse(TOUCH) else { panic!("no quote") };
    assert_eq!((quote.update_id, quote.bid_price.bytes, quote.ask_qty.bytes), (4_410_221, &b"65000.10"[..], &b"3.100"[..]));
    let empty = TOUCH.replace(r#"[["65000.10","1.250"]]"#, "[]");
    let Message::Quote(quote) = parse(&empty) else { panic!("no quote") };
    assert_eq!(convert_quote(&quote, -2, -3).unwrap().bid_price, 0, "an empty side");

    let [trade] = trades_of(TRADE)[..] else { panic!("one trade") };
    assert_eq!((trade.trade_id, trade.numbering), (0x20f4_3950_d8dd_5b31, Numbering::Rising(7_961_638_726)));
    assert_eq!((trade.aggressor_sell, trade.off_market, trade.price.bytes), (false, false, &b"65000.20"[..]));
    let spot = TRADE.replace("20f43950-d8dd-5b31-9112-a178eb6023af", "2290000000512345678").replace("false", "true");
    let [trade] = trades_of(&spot)[..] else { panic!("one trade") };
    assert_eq!((trade.trade_id, trade.off_market), (2_290_000_000_512_345_678, true), "a block trade");
}

#[test]
fn answers_to_control_messages_are_read_in_the_form_of_each_category() {
    for (frame, id, venue_code) in [
        (r#"{"success":true,"ret_msg":"","conn_id":"cej","req_id":"7","op":"subscribe"}"#, 7, 0),
        (r#"{"success":true,"ret_msg":"subscribe","conn_id":"d9a","op":"subscribe"}"#, 0, 0),
        (
            r#"{"success":false,"ret_msg":"error:handler not found,topic:x.y","conn_id":"c","req_id":"8","op":"subscribe"}"#,
            8,
            -1,
        ),
        (r#"{"success":true,"ret_msg":"","conn_id":"c","req_id":"9","op":"unsubscribe"}"#, 9, 0),
        (r#"{"success":true,"conn_id":"c","data":{"failTopics":[],"successTopics":["a"]},"type":"COMMAND_RESP"}"#, 0, 0),
        (r#"{"success":true,"conn_id":"c","data":{"failTopics":["b"],"successTopics":[]},"type":"COMMAND_RESP"}"#, 0, -1),
    ] {
        let Message::Reply { id: found, venue_code: said } = parse(frame) else { panic!("no reply: {frame}") };
        assert_eq!((found, said), (id, venue_code), "{frame}");
    }
    for frame in [
        r#"{"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"}"#,
        r#"{"success":true,"ret_msg":"pong","conn_id":"c","req_id":"","op":"ping"}"#,
        r#"{"args":["1672916271846"],"op":"pong"}"#,
        r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Size":"1.100"},"cs":24987956077,"ts":1767225600218}"#,
        r#"{"topic":"orderbook.full.MNTUSDT","ts":1784103477732,"type":"delta","data":{"s":"MNTUSDT","b":[["0.4758","2342.47"]],"a":[],"u":278547,"seq":1501100579},"cts":1784103477730}"#,
        r#"{"topic":"orderbook.rpi.BTCUSDT","ts":1767225600140,"type":"delta","data":{"s":"BTCUSDT","b":[["65000.10","1.250","0.500"]],"a":[],"u":5512,"seq":7961638733},"cts":1767225600138}"#,
    ] {
        assert!(matches!(parse(frame), Message::Ignored), "{frame}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (frame, code_of) in [
        ("[]", Code::UnknownEvent),
        ("{", Code::FrameNotJson),
        ("{}", Code::UnknownEvent),
        (r#"{"op":"auth","success":true}"#, Code::UnknownEvent),
        (r#"{"op":"subscribe"}"#, Code::FieldMissing),
        (r#"{"topic":"news.all","data":{}}"#, Code::UnknownEvent),
        (r#"{"topic":"orderbook.50.BTCUSDT","type":"delta"}"#, Code::FieldMissing),
        (&BOOK.replace("snapshot", "partial"), Code::UnknownEvent),
        (&BOOK.replace("18521288", "\"18521288\""), Code::FieldType),
        (&BOOK.replace("18521288", "-1"), Code::NumberNegative),
        (&BOOK.replace("\"u\":", "\"u\":1,\"u\":"), Code::FieldType),
        (&TRADE.replace("Buy", "buy"), Code::FieldType),
        (&TRADE.replace("20f43950-d8dd", "20f4395x-d8dd"), Code::NumberSyntax),
        (&TRADE.replace("20f43950-d8dd-5b31-9112-a178eb6023af", "20f4"), Code::NumberSyntax),
        (&TRADE.replace("\"0.001\"", "0.001"), Code::FieldType),
        (&TOUCH.replace(r#"["65000.10","1.250"]"#, r#"["65000.10"]"#), Code::FieldType),
        (&BOOK.replace("\"s\":\"BTCUSDT\"", "\"s\":\"ETHUSDT\""), Code::UnknownSymbol),
        (&BOOK.replace("50.BTCUSDT", "50.XBTCUSDT"), Code::UnknownSymbol),
    ] {
        assert_eq!(code(frame), code_of, "{frame}");
    }
}

#[test]
fn ids_count_by_one() {
    let ids = |id, ts_sent| DeltaIds { first: id, last: id, prev: None, ts_sent };
    assert_eq!(LINEAR.follow(&ids(10, 5), &ids(11, 6)), Follow::Apply);
    assert_eq!(LINEAR.follow(&ids(12, 5), &ids(14, 6)), Follow::Gap { first: 13, last: 13 });
    assert_eq!(LINEAR.follow(&ids(12, 5), &ids(12, 5)), Follow::Duplicate);
    assert_eq!(LINEAR.follow(&ids(12, 5), &ids(11, 4)), Follow::Duplicate);
    assert_eq!(LINEAR.follow(&ids(12, 5), &ids(3, 6)), Follow::Rollback);
}

const BTC: u32 = 7;

struct Venue {
    rig: Rig,
}

impl Venue {
    fn subscribed() -> Self {
        let mut rig = Rig::new(MachineConfig::default());
        rig.define(&definition(BTC, LINEAR, "BTCUSDT"));
        rig.input(Input::Connect { connection: 1, venue: LINEAR as u16 });
        rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
        Self { rig }
    }

    fn message(&mut self, kind: &str, id: u64, levels: &str) {
        self.rig.now += 20_000_000;
        let ms = self.rig.now / 1_000_000;
        let frame = format!(
            r#"{{"topic":"orderbook.200.BTCUSDT","type":"{kind}","ts":{ms},"data":{{"s":"BTCUSDT",{levels},"u":{id},"seq":{id}}},"cts":{ms}}}"#
        );
        assert_eq!(self.rig.frame(&frame).rejected, None);
    }

    fn live() -> Self {
        let mut venue = Self::subscribed();
        venue.message("snapshot", 10, r#""b":[["99","1"]],"a":[["101","1"]]"#);
        assert!(venue.rig.is_live());
        venue.rig.reader.seen.clear();
        venue
    }

    fn requests(&mut self) -> Vec<Request> {
        self.rig.take_requests()
    }
}

const NOTHING: &str = r#""b":[],"a":[]"#;

#[test]
fn a_book_begins_with_the_snapshot_of_its_stream_and_nothing_is_asked_for() {
    let mut venue = Venue::subscribed();
    venue.message("delta", 9, NOTHING);
    assert!(!venue.rig.is_live());
    venue.message("snapshot", 10, r#""b":[["99","1"]],"a":[["101","1"]]"#);
    venue.message("delta", 11, r#""b":[["99","0"],["98.5","2"]],"a":[]"#);
    assert_eq!(venue.rig.text(), "B 98.5 2\nA 101 1\n");
    assert_eq!(venue.rig.reader.gaps(), []);
    assert_eq!(venue.requests(), []);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_gap_is_told_and_asks_once_for_a_new_subscription_whose_book_serves() {
    let mut venue = Venue::live();
    venue.message("delta", 11, NOTHING);
    venue.message("delta", 14, r#""b":[["98","9"]],"a":[]"#);
    venue.message("delta", 15, NOTHING);
    assert_eq!(venue.rig.text(), "B 99 1\nA 101 1\n", "the old book serves");
    assert_eq!(venue.requests(), [Request::DepthSnapshot { instrument: BTC }]);
    venue.message("snapshot", 18, r#""b":[["97","3"]],"a":[["102","1"]]"#);
    assert_eq!(venue.rig.text(), "B 97 3\nA 102 1\n");
    let gap = |first, last| Gap { stream: GapStream::Book, reason: GapReason::Sequence, first, last };
    assert_eq!(venue.rig.reader.gaps(), [gap(12, 13), gap(16, 17)]);
    assert_eq!(venue.rig.reader.states(), [State::Resync, State::Live]);
    assert_eq!(venue.requests(), []);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_snapshot_that_never_comes_is_asked_for_again() {
    let mut venue = Venue::subscribed();
    for _ in 0..101 {
        venue.rig.tick(100_000_000);
    }
    assert_eq!(venue.requests(), [Request::DepthSnapshot { instrument: BTC }]);
    venue.rig.tick(100_000_000);
    assert_eq!(venue.requests(), []);
}

#[test]
fn any_later_snapshot_replaces_the_book_and_one_with_id_one_tells_of_a_restart() {
    let mut venue = Venue::live();
    venue.message("delta", 11, NOTHING);
    venue.message("snapshot", 12, r#""b":[["90","1"]],"a":[["91","1"]]"#);
    assert_eq!((venue.rig.text().as_str(), venue.rig.reader.gaps().len()), ("B 90 1\nA 91 1\n", 0));
    venue.message("delta", 1, r#""b":[["80","1"]],"a":[["81","1"]]"#);
    venue.message("delta", 2, r#""b":[["80","2"]],"a":[]"#);
    assert_eq!(venue.rig.text(), "B 80 2\nA 81 1\n");
    assert_eq!(venue.rig.machine.counters().rollbacks, 1);
    assert_eq!(venue.requests(), []);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn what_was_missed_while_disconnected_is_a_gap_of_that_reason() {
    let mut venue = Venue::live();
    venue.rig.input(Input::Disconnect { connection: 1, reason: tickring_core::input::DisconnectReason::Closed });
    venue.rig.input(Input::Connect { connection: 1, venue: LINEAR as u16 });
    venue.rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
    venue.message("snapshot", 20, r#""b":[["97","3"]],"a":[["102","1"]]"#);
    let gap = Gap { stream: GapStream::Book, reason: GapReason::Disconnect, first: 11, last: 19 };
    assert_eq!(venue.rig.reader.gaps(), [gap]);
    assert!(venue.rig.is_live());
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn an_old_snapshot_of_a_second_connection_changes_nothing() {
    let mut venue = Venue::live();
    for id in 11..=14 {
        venue.message("delta", id, NOTHING);
    }
    let before = venue.rig.now;
    venue.rig.now -= 60_000_000;
    venue.message("snapshot", 12, r#""b":[["1","1"]],"a":[["2","1"]]"#);
    venue.rig.now = before;
    assert_eq!(venue.rig.text(), "B 99 1\nA 101 1\n");
    assert_eq!(venue.rig.machine.counters().duplicates, 1);
}

#[test]
fn a_malformed_snapshot_is_refused_whole_and_the_book_goes_on() {
    let mut venue = Venue::live();
    let frame = BOOK.replace("\"3.100\"", "\"3.1x\"").replace("18521288", "11");
    assert_eq!(venue.rig.frame(&frame).rejected.unwrap().code, Code::NumberSyntax);
    venue.message("delta", 11, r#""b":[["98","9"]],"a":[]"#);
    assert_eq!(venue.rig.text(), "B 99 1\nB 98 9\nA 101 1\n");
}

/// F18, by both ways of reading: a whole book replaces what was known, so that topic and symbol must agree.
#[test]
fn a_whole_book_of_another_symbol_is_refused_and_the_book_goes_on() {
    let mut venue = Venue::live();
    let frame = BOOK.replace("\"s\":\"BTCUSDT\"", "\"s\":\"ETHUSDT\"").replace("18521288", "11");
    assert_eq!(venue.rig.frame(&frame).rejected.unwrap().code, Code::UnknownSymbol);
    let frame = BOOK.replace("50.BTCUSDT", "50.ETHUSDT").replace("18521288", "11");
    assert_eq!(venue.rig.frame(&frame).rejected.unwrap().code, Code::UnknownSymbol);
    venue.message("delta", 11, r#""b":[["98","9"]],"a":[]"#);
    assert_eq!(venue.rig.text(), "B 99 1\nB 98 9\nA 101 1\n");
}

#[test]
fn trades_of_a_message_come_in_order_all_or_none_and_old_ones_once() {
    let mut venue = Venue::live();
    let row = |id: &str, seq: u64, price: &str, ms: u64| {
        format!(r#"{{"T":{ms},"s":"BTCUSDT","S":"Sell","v":"1","p":"{price}","i":"{id}","BT":false,"seq":{seq}}}"#)
    };
    let ms = venue.rig.now / 1_000_000;
    let message = |rows: &[String]| {
        format!(r#"{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":{ms},"data":[{}]}}"#, rows.join(","))
    };
    let ids = |venue: &Venue| {
        let trade = |seen: &Seen| if let Seen::Trade(trade) = seen { Some((trade.trade_id, trade.price)) } else { None };
        venue.rig.reader.bodies().iter().filter_map(trade).collect::<Vec<_>>()
    };
    // The second is finer than the instrument's exponents: both are at the new ones.
    let outcome = venue.rig.frame(&message(&[row("1", 5, "100.5", ms), row("2", 5, "100.123", ms)]));
    assert_eq!(outcome.rejected, None);
    assert_eq!(ids(&venue), [(1, 100_500), (2, 100_123)]);
    // One bad row refuses the message, one of another symbol too.
    let bad = message(&[row("3", 6, "100", ms), row("4", 7, "1e5", ms)]);
    assert_eq!(venue.rig.frame(&bad).rejected.unwrap().code, Code::NumberSyntax);
    let other = message(&[row("3", 6, "100", ms), row("4", 7, "100", ms).replace("BTCUSDT", "ETHUSDT")]);
    assert_eq!(venue.rig.frame(&other).rejected.unwrap().code, Code::FieldType);
    assert_eq!(ids(&venue).len(), 2);
    // An older number was seen already; the last row ends the input though it is none.
    venue.rig.frame(&message(&[row("5", 8, "101", ms), row("1", 4, "100.5", ms)]));
    assert_eq!(ids(&venue).last(), Some(&(5, 101_000)));
    assert_eq!((ids(&venue).len(), venue.rig.machine.counters().duplicates), (3, 1));
    assert_eq!(venue.rig.frame(&message(&[])).rejected, None, "no trade at all");
    assert_eq!(venue.rig.reader.gaps(), []);
}

/// N9: the REST book has the ids of the deepest stream.
#[test]
fn a_copy_of_a_book_is_read_with_its_id() {
    let body = br#"{"retCode":0,"retMsg":"OK","result":{"s":"BTCUSDT","a":[["65557.7","16.606"]],"b":[["65485.47","47.081"],["65485.4","1"]],"ts":1716863719031,"u":230704,"seq":1432604333,"cts":1716863718905},"retExtInfo":{},"time":1716863719382}"#;
    let copy = VenueId::BybitLinear.parse_snapshot(body).unwrap();
    assert_eq!(copy.symbol, Some(&b"BTCUSDT"[..]));
    assert_eq!((copy.last_update_id, copy.ts_event), (230_704, Some(1_716_863_718_905_000_000)));
    assert_eq!((copy.bids.bytes, copy.asks.bytes.len()), (&br#"[["65485.47","47.081"],["65485.4","1"]]"#[..], 22));
    let refused = VenueId::BybitLinear.parse_snapshot(br#"{"retCode":10001,"retMsg":"params error","result":{}}"#);
    assert!(refused.is_err());
}

#[test]
fn a_trade_of_two_lines_comes_once_also_when_the_one_that_was_first_is_gone() {
    let mut venue = Venue::live();
    venue.rig.input(Input::Connect { connection: 2, venue: LINEAR as u16 });
    venue.rig.input(Input::Subscribe { connection: 2, instrument: BTC, channels: 7 });
    let second = TRADE.replace("20f43950", "30f43950");
    for text in [TRADE, &second] {
        venue.rig.input(Input::Frame { connection: 1, bytes: text.as_bytes() });
    }
    venue.rig.input(Input::Frame { connection: 2, bytes: TRADE.as_bytes() });
    venue.rig.input(Input::Disconnect { connection: 1, reason: tickring_core::input::DisconnectReason::Closed });
    venue.rig.input(Input::Frame { connection: 2, bytes: second.as_bytes() });
    assert_eq!((venue.rig.machine.counters().trades, venue.rig.machine.counters().duplicates), (2, 2));
    // One that the first line lacked comes late, and comes all the same.
    let late = TRADE.replace("20f43950", "40f43950").replace("7961638726", "7961638720");
    venue.rig.input(Input::Frame { connection: 2, bytes: late.as_bytes() });
    assert_eq!(venue.rig.machine.counters().trades, 3);
}
