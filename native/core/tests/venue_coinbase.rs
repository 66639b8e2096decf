//! Coinbase Advanced Trade: documented messages, the numbers of a connection, the machine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::{Gap, GapReason, GapStream, Level, State};
use tickring_core::input::{DisconnectReason, Input, Request};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::{Message, TradeMessage, VenueId, convert_levels, convert_quote};

const COINBASE: VenueId = VenueId::Coinbase;

fn parse(frame: &str) -> Message<'_> {
    COINBASE.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    COINBASE.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

const BOOK: &str = r#"{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:00.123456Z","sequence_num":1,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"68900.00","new_quantity":"1.50000000"},{"side":"offer","event_time":"2026-04-07T14:30:00.123456Z","price_level":"68901.00","new_quantity":"0.50000000"}]}]}"#;
const UPDATE: &str = r#"{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":2,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"offer","event_time":"2026-04-07T14:30:01.4567Z","price_level":"68901.00","new_quantity":"0.00000000"},{"side":"bid","event_time":"2026-04-07T14:30:01.456789Z","price_level":"68900.00","new_quantity":"2.00000000"}]}]}"#;
const TRADES: &str = r#"{"channel":"market_trades","client_id":"","timestamp":"2026-04-07T14:30:02.789012Z","sequence_num":5,"events":[{"type":"update","trades":[{"trade_id":"995098701","product_id":"BTC-USD","price":"68900.50","size":"0.00150000","side":"BUY","time":"2026-04-07T14:30:02.789012Z"},{"trade_id":"995098700","product_id":"BTC-USD","price":"68900.40","size":"1","side":"SELL","time":"2026-04-07T14:30:02.7Z"}]}]}"#;
const TICKER: &str = r#"{"channel":"ticker","client_id":"","timestamp":"2026-04-07T14:30:03.000000Z","sequence_num":12,"events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"68900.50","volume_24_h":"15328.12345678","best_bid":"68900.00","best_bid_quantity":"1.50000000","best_ask":"68901.00","best_ask_quantity":"0.50000000"}]}]}"#;

fn trades_of(frame: &str) -> Vec<TradeMessage<'_>> {
    let Message::Trades(rows) = parse(frame) else { panic!("no trades: {frame}") };
    assert!(rows.newest_first());
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
    let sent = 1_775_572_200_123_456_000;
    assert_eq!((book.head.symbol, book.head.ts_event, book.head.ids.ts_sent), (&b"BTC-USD"[..], sent, sent));
    let Message::Depth(update) = parse(UPDATE) else { panic!("no delta") };
    assert_eq!((update.head.ids.first, update.head.ids.last), (2, 2));
    assert_eq!((update.head.ts_event, update.head.ids.ts_sent), (1_775_572_201_456_700_000, 1_775_572_201_456_789_000));
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    convert_levels(update.bids, -2, -8, &mut bids).unwrap();
    convert_levels(update.asks, -2, -8, &mut asks).unwrap();
    assert_eq!(bids, [Level { price: 6_890_000, qty: 200_000_000 }]);
    assert_eq!(asks, [Level { price: 6_890_100, qty: 0 }]);

    let [newer, older] = trades_of(TRADES)[..] else { panic!("two trades") };
    assert_eq!((newer.trade_id, older.trade_id), (995_098_701, 995_098_700));
    assert_eq!((newer.aggressor_sell, older.aggressor_sell), (true, false), "the side is the maker's");
    assert!(matches!(parse(&TRADES.replace("update", "snapshot")), Message::Ignored), "trades of before");

    let Message::Quote(quote) = parse(TICKER) else { panic!("no quote") };
    assert_eq!((quote.update_id, quote.is_time), (1_775_572_203_000_000_000, true));
    assert_eq!(convert_quote(&quote, -2, -8).unwrap().ask_qty, 50_000_000);

    for frame in [
        r#"{"channel":"heartbeats","client_id":"","timestamp":"2026-04-07T14:30:10Z","sequence_num":20,"events":[{"current_time":"2026-04-07 14:30:10.000000000+00:00","heartbeat_counter":42}]}"#,
        r#"{"channel":"candles","client_id":"","timestamp":"2026-04-07T14:30:05Z","sequence_num":3,"events":[{"type":"update","candles":[]}]}"#,
        r#"{"channel":"candles","timestamp":"2026-04-07T14:30:05Z","sequence_num":3,"events":[]}"#,
        r#"{"channel":"status","timestamp":"2026-04-07T14:30:10Z","sequence_num":3,"events":[]}"#,
    ] {
        assert!(matches!(parse(frame), Message::Ignored), "{frame}");
    }
    let listed = r#"{"channel":"subscriptions","client_id":"","timestamp":"2026-04-07T14:30:00Z","sequence_num":0,"events":[{"subscriptions":{"level2":["BTC-USD"]}}]}"#;
    assert!(matches!(parse(listed), Message::Reply { id: 0, venue_code: 0 }));
    assert!(matches!(parse(r#"{"type":"error","message":"x"}"#), Message::Reply { id: 0, venue_code: -1 }));
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (frame, code_of) in [
        ("[]", Code::UnknownEvent),
        ("{", Code::FrameNotJson),
        ("{}", Code::FieldMissing),
        (r#"{"type":"other"}"#, Code::UnknownEvent),
        (&BOOK.replace("l2_data", "full"), Code::UnknownEvent),
        (&BOOK.replace("\"sequence_num\":1,", ""), Code::FieldMissing),
        (&BOOK.replace("\"sequence_num\":1,", "\"sequence_num\":1,\"sequence_num\":2,"), Code::FieldType),
        (&BOOK.replace("\"sequence_num\":1,", "\"sequence_num\":\"1\","), Code::FieldType),
        (&BOOK.replace("2026-04-07T14:30:00.123456Z\",\"seq", "yesterday\",\"seq"), Code::NumberSyntax),
        (&BOOK.replace("snapshot", "partial"), Code::UnknownEvent),
        (&BOOK.replace("[{\"type\"", "[{},{\"type\""), Code::FieldType),
        (&UPDATE.replace("\"events\":[", "\"events\":[1,"), Code::FieldType),
        (&TRADES.replace("BUY", "buy"), Code::FieldType),
        (&TRADES.replace("\"995098700\"", "\"99x\""), Code::NumberSyntax),
        (&TRADES.replace("\"1\"", "1"), Code::FieldType),
        (&TICKER.replace("\"best_bid\"", "\"best_bud\""), Code::FieldMissing),
    ] {
        assert_eq!(code(frame), code_of, "{frame}");
    }
    for (text, why) in [
        (UPDATE.replace("\"offer\"", "\"ask\""), "FieldType"),
        (UPDATE.replace("\"68900.00\"", "68900.00"), "FieldType"),
        (UPDATE.replace("\"68900.00\"", "\"1e5\""), "NumberSyntax"),
        (UPDATE.replace("\"2.00000000\"", "\"-2\""), "NumberNegative"),
        (UPDATE.replace("\"new_quantity\":\"2", "\"quantity\":\"2"), "FieldMissing"),
    ] {
        let Message::Depth(update) = parse(&text) else { panic!("no delta") };
        let sides = [update.bids, update.asks].map(|side| convert_levels(side, -2, -8, &mut Vec::new()));
        assert!(sides.iter().any(|side| format!("{side:?}").contains(why)), "{text}: {sides:?}");
    }
}

const BTC: u32 = 7;
const ETH: u32 = 8;

struct Venue {
    rig: Rig,
}

impl Venue {
    /// Both books live, at the numbers 1 and 2.
    fn live() -> Self {
        let mut rig = Rig::new(MachineConfig::default());
        rig.define(&definition(BTC, COINBASE, "BTC-USD"));
        rig.define(&definition(ETH, COINBASE, "ETH-USD"));
        let mut venue = Self { rig };
        venue.connect(1);
        venue.book(1, "snapshot", 1, "BTC-USD", &[("bid", "99", "1"), ("offer", "101", "1")]);
        venue.book(1, "snapshot", 2, "ETH-USD", &[("bid", "9", "1"), ("offer", "11", "1")]);
        assert!(venue.rig.is_live());
        assert_eq!(venue.rig.take_requests(), []);
        venue.rig.reader.seen.clear();
        venue
    }

    fn connect(&mut self, connection: u16) {
        self.rig.input(Input::Connect { connection, venue: COINBASE as u16 });
        for instrument in [BTC, ETH] {
            self.rig.input(Input::Subscribe { connection, instrument, channels: 7 });
        }
    }

    fn frame(&mut self, connection: u16, frame: &str) -> Option<Code> {
        self.rig.now += 50_000_000;
        let bytes = frame.as_bytes();
        self.rig.input(Input::Frame { connection, bytes }).rejected.map(|reject| reject.code)
    }

    fn book(&mut self, connection: u16, kind: &str, number: u64, symbol: &str, rows: &[(&str, &str, &str)]) {
        let time = "2026-04-07T14:30:00Z";
        let row = |(side, price, qty): &(&str, &str, &str)| {
            format!(r#"{{"side":"{side}","event_time":"{time}","price_level":"{price}","new_quantity":"{qty}"}}"#)
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        let step = self.rig.now / 50_000_000;
        let (minutes, seconds) = (step / 60 % 60, step % 60);
        let frame = format!(
            r#"{{"channel":"l2_data","timestamp":"2026-04-07T15:{minutes:02}:{seconds:02}Z","sequence_num":{number},"events":[{{"type":"{kind}","product_id":"{symbol}","updates":[{}]}}]}}"#,
            rows.join(",")
        );
        assert_eq!(self.frame(connection, &frame), None, "{frame}");
    }
}

const GAP: Gap = Gap { stream: GapStream::Book, reason: GapReason::Sequence, first: 4, last: 4 };

#[test]
fn a_hole_of_the_connection_is_one_of_all_its_books() {
    let mut venue = Venue::live();
    venue.book(1, "update", 3, "BTC-USD", &[("bid", "99", "0"), ("bid", "98.5", "2")]);
    assert_eq!(venue.rig.text(), "B 98.5 2\nA 101 1\n");
    // 4 is lost, and what comes next is about the other book.
    venue.book(1, "update", 5, "ETH-USD", &[("bid", "9", "5")]);
    assert_eq!(venue.rig.reader.gaps(), [GAP, GAP]);
    assert_eq!(venue.rig.reader.states(), [State::Resync, State::Resync]);
    assert_eq!(venue.rig.take_requests(), [BTC, ETH].map(|instrument| Request::DepthSnapshot { instrument }));
    venue.book(1, "update", 6, "BTC-USD", &[("bid", "98", "9")]);
    assert_eq!(venue.rig.text(), "B 98.5 2\nA 101 1\n", "the old book serves");
    venue.book(1, "snapshot", 7, "BTC-USD", &[("bid", "97", "3"), ("offer", "102", "1")]);
    venue.book(1, "update", 8, "BTC-USD", &[("offer", "102", "2")]);
    assert_eq!(venue.rig.text(), "B 97 3\nA 102 2\n");
    assert_eq!(venue.rig.reader.gaps().len(), 2, "each hole is told once");
    assert_eq!(venue.rig.take_requests(), []);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_hole_shows_whatever_the_next_message_is_about_and_a_repetition_changes_nothing() {
    let mut venue = Venue::live();
    venue.book(1, "update", 3, "BTC-USD", &[("bid", "98", "2")]);
    venue.book(1, "update", 3, "BTC-USD", &[("bid", "98", "7")]);
    venue.book(1, "update", 2, "BTC-USD", &[("bid", "98", "8")]);
    assert_eq!(venue.rig.text(), "B 99 1\nB 98 2\nA 101 1\n");
    assert_eq!(venue.rig.machine.counters().duplicates, 2);
    let beat = r#"{"channel":"heartbeats","timestamp":"2026-04-07T14:30:10Z","sequence_num":5,"events":[]}"#;
    assert_eq!(venue.frame(1, beat), None);
    assert_eq!(venue.rig.reader.gaps(), [GAP, GAP]);
}

#[test]
fn a_number_far_ahead_that_nothing_follows_costs_the_connection() {
    let mut venue = Venue::live();
    venue.book(1, "update", u64::MAX, "BTC-USD", &[("bid", "98", "2")]);
    venue.rig.take_requests();
    for number in 3..66 {
        venue.book(1, "update", number, "BTC-USD", &[("bid", "98", "7")]);
    }
    assert_eq!(venue.rig.take_requests(), []);
    venue.book(1, "update", 66, "BTC-USD", &[("bid", "98", "7")]);
    assert_eq!(venue.rig.take_requests(), [Request::Reconnect { connection: 1, code: None }]);
}

#[test]
fn a_refused_message_is_missing_when_the_next_one_comes() {
    let mut venue = Venue::live();
    let bad = UPDATE.replace("\"sequence_num\":2", "\"sequence_num\":3").replace("\"2.00000000\"", "\"2x\"");
    assert_eq!(venue.frame(1, &bad), Some(Code::NumberSyntax));
    assert_eq!(venue.rig.reader.gaps(), []);
    venue.book(1, "update", 4, "ETH-USD", &[]);
    let gap = Gap { first: 3, last: 3, ..GAP };
    assert_eq!(venue.rig.reader.gaps(), [gap, gap]);
}

#[test]
fn another_connection_begins_anew_and_the_one_before_it_counts_no_more() {
    let mut venue = Venue::live();
    for number in 3..40 {
        venue.book(1, "update", number, "BTC-USD", &[("bid", "98", "2")]);
    }
    venue.connect(2);
    venue.book(1, "update", 40, "BTC-USD", &[("bid", "98", "66")]);
    venue.book(2, "update", 0, "BTC-USD", &[("bid", "98", "77")]);
    assert_eq!(venue.rig.text(), "B 99 1\nB 98 66\nA 101 1\n", "the first one's until the new connection's book comes");
    assert!(venue.rig.is_live());
    venue.book(2, "snapshot", 1, "BTC-USD", &[("bid", "97", "3"), ("offer", "102", "1")]);
    venue.book(1, "update", 41, "BTC-USD", &[("bid", "98", "88")]);
    venue.book(2, "update", 2, "BTC-USD", &[("bid", "97", "4")]);
    assert_eq!(venue.rig.text(), "B 97 4\nA 102 1\n");
    assert_eq!((venue.rig.is_live(), venue.rig.reader.gaps()), (true, vec![]), "one connection or the other carried it");
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_lost_connection_is_told_and_its_numbers_are_forgotten() {
    let mut venue = Venue::live();
    venue.rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    venue.connect(1);
    venue.book(1, "snapshot", 0, "BTC-USD", &[("bid", "97", "3"), ("offer", "102", "1")]);
    venue.book(1, "update", 1, "BTC-USD", &[("bid", "97", "4")]);
    assert_eq!(venue.rig.text(), "B 97 4\nA 102 1\n");
    assert_eq!(venue.rig.reader.gaps(), [Gap { reason: GapReason::Disconnect, first: 0, last: 0, ..GAP }]);
    assert_eq!(venue.rig.machine.counters().rollbacks, 0);
}

#[test]
fn trades_of_a_message_are_published_oldest_first() {
    let mut venue = Venue::live();
    assert_eq!(venue.frame(1, &TRADES.replace("\"sequence_num\":5", "\"sequence_num\":3")), None);
    let id = |seen: &Seen| if let Seen::Trade(trade) = seen { Some(trade.trade_id) } else { None };
    assert_eq!(venue.rig.reader.bodies().iter().filter_map(id).collect::<Vec<_>>(), [995_098_700, 995_098_701]);
    assert_eq!(venue.rig.reader.gaps(), []);
}
