//! Kraken spot: documented messages, the rule, checksums.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::State;
use tickring_core::input::{Input, Request};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::{Checksum, LevelTexts, Message, Numbering, VenueId, convert_levels, convert_quote};

const KRAKEN: VenueId = VenueId::KrakenSpot;

fn parse(frame: &str) -> Message<'_> {
    KRAKEN.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    KRAKEN.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

/// The book of the venue's checksum guide.
const BOOK: &str = r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":45283.5,"qty":0.10000000},{"price":45283.4,"qty":1.54582015},{"price":45282.1,"qty":0.10000000},{"price":45281.0,"qty":0.10000000},{"price":45280.3,"qty":1.54592586},{"price":45279.0,"qty":0.07990000},{"price":45277.6,"qty":0.03310103},{"price":45277.5,"qty":0.30000000},{"price":45277.3,"qty":1.54602737},{"price":45276.6,"qty":0.15445238}],"asks":[{"price":45285.2,"qty":0.00100000},{"price":45286.4,"qty":1.54571953},{"price":45286.6,"qty":1.54571109},{"price":45289.6,"qty":1.54560911},{"price":45290.2,"qty":0.15890660},{"price":45291.8,"qty":1.54553491},{"price":45294.7,"qty":0.04454749},{"price":45296.1,"qty":0.35380000},{"price":45297.5,"qty":0.09945542},{"price":45299.5,"qty":0.18772827}],"checksum":3310070434,"timestamp":"2026-04-07T17:35:55.440295Z"}]}"#;
const DELTA: &str = r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[{"price":45285.2,"qty":0.50000000}],"checksum":2820694259,"timestamp":"2026-04-07T17:35:55.540295Z"}]}"#;
const TRADE: &str = r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":105944.2,"qty":0.00027625,"ord_type":"limit","trade_id":10218208,"timestamp":"2026-04-07T17:35:55.440295Z"}]}"#;
const TICKER: &str = r#"{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":105944.2,"bid_qty":2.50000000,"ask":105944.3,"ask_qty":3.20000000,"last":105899.4,"volume":163.28908096,"vwap":105904.3,"change":-250.0,"change_pct":0.24,"timestamp":"2026-04-07T09:30:59.123456Z"}]}"#;

#[test]
fn missed_trades_are_read_from_the_newest_ones() {
    let body = r#"{"error":[],"result":{"XXBTZUSD":[["30243.40000","0.34507674",1688669597.8277369,"b","m","",61044952],["30243.30000","0.00376960",1688669598,"s","l","",61044953]],"last":"1688671969993150842"}}"#;
    let mut rows = Vec::new();
    let read = |trade| {
        rows.push(trade);
        Ok(())
    };
    KRAKEN.parse_trades(body.as_bytes()).unwrap().each(read).unwrap();
    let said: Vec<_> = rows.iter().map(|row| (row.trade_id, row.ts_event, row.price.bytes, row.aggressor_sell)).collect();
    let first = (61_044_952, 1_688_669_597_827_736_900, &b"30243.40000"[..], false);
    assert_eq!(said, [first, (61_044_953, 1_688_669_598_000_000_000, &b"30243.30000"[..], true)]);
    for (wrong, code_of) in [
        (r#"{"error":["EQuery:Unknown asset pair"]}"#.to_owned(), Code::FieldMissing),
        (r#"{"error":[],"result":{"last":"1"}}"#.to_owned(), Code::FieldMissing),
        (body.replace("\"b\"", "\"x\""), Code::FieldType),
        (body.replace(",61044952", ""), Code::FieldMissing),
        (body.replace("1688669598,", "\"1688669598\","), Code::FieldType),
        (body.replace("1688669598,", "-1,"), Code::NumberRange),
    ] {
        assert_eq!(KRAKEN.parse_trades(wrong.as_bytes()).map(|_| ()).expect_err(&wrong).code, code_of, "{wrong}");
    }
}

#[test]
fn documented_messages_are_read() {
    let Message::Snapshot(book) = parse(BOOK) else { panic!("no whole book") };
    let checksum = Checksum { crc: Some(3_310_070_434), decimals: (1, 8) };
    assert_eq!((book.head.symbol, book.head.checksum), (&b"BTC/USD"[..], Some(checksum)));
    assert_eq!((book.head.ts_event, book.head.is_unnumbered()), (1_775_583_355_440_295_000, true));
    let mut levels = Vec::new();
    convert_levels(book.asks, -1, -8, &mut levels).unwrap();
    assert_eq!((levels.len(), levels[0].price, levels[0].qty), (10, 452_852, 100_000));
    assert!(matches!(parse(DELTA), Message::Depth(_)));
    let timeless = BOOK.replace(",\"timestamp\":\"2026-04-07T17:35:55.440295Z\"", "");
    assert!(matches!(parse(&timeless), Message::Snapshot(book) if book.head.ts_event == 0));

    let Message::Quote(quote) = parse(TICKER) else { panic!("no quote") };
    assert_eq!((quote.update_id, quote.is_time), (1_775_554_259_123_456_000, true));
    assert_eq!(convert_quote(&quote, -1, -8).unwrap().ask_qty, 320_000_000);

    let Message::Trades(rows) = parse(TRADE) else { panic!("no trades") };
    rows.each(|trade| {
        assert_eq!((trade.trade_id, trade.numbering, trade.aggressor_sell), (10_218_208, Numbering::Contiguous, true));
        assert_eq!(trade.qty.bytes, b"0.00027625");
        Ok(())
    })
    .unwrap();
}

#[test]
fn answers_and_what_carries_nothing_are_read() {
    for (frame, id, venue_code) in [
        (r#"{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USD"},"success":true,"req_id":7}"#, 7, 0),
        (
            r#"{"error":"Currency pair not supported","method":"subscribe","success":false,"symbol":"BTC/XYZ","req_id":8}"#,
            8,
            -1,
        ),
        (r#"{"method":"unsubscribe","success":true}"#, 0, 0),
        (r#"{"error":"Already subscribed","method":"subscribe","req_id":3,"success":false}"#, 3, 0),
        (r#"{"error":"Already subscribed","method":"subscribe","req_id":3,"success":false,"symbol":"BTC/USD"}"#, 3, -1),
        (r#"{"Error":"Exceeded msg rate"}"#, 0, -1),
        (
            r#"{"channelID":993,"channelName":"trade","event":"subscriptionStatus","pair":"XMR/USD","status":"subscribed"}"#,
            0,
            0,
        ),
        (r#"{"event":"subscriptionStatus","status":"error","errorMessage":"x","reqid":3}"#, 3, -1),
    ] {
        let Message::Reply { id: found, venue_code: said } = parse(frame) else { panic!("no reply: {frame}") };
        assert_eq!((found, said), (id, venue_code), "{frame}");
    }
    for frame in [
        r#"{"channel":"status","type":"update","data":[{"system":"online","connection_id":13834774380200032777}]}"#,
        r#"{"channel":"heartbeat"}"#,
        r#"{"method":"pong","req_id":42,"time_in":"x"}"#,
        r#"{"channel":"ohlc","type":"update","timestamp":"2026-04-07T16:25:30Z","data":[]}"#,
        r#"{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[]}}"#,
        &TRADE.replace("update", "snapshot"),
        r#"{"event":"heartbeat"}"#,
        r#"[1668,{"a":["13.2",35,"35.7"]},"ticker","WAVES/EUR"]"#,
    ] {
        assert!(matches!(parse(frame), Message::Ignored), "{frame}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (frame, code_of) in [
        ("7", Code::UnknownEvent),
        ("{", Code::FrameNotJson),
        ("{}", Code::UnknownEvent),
        ("[]", Code::UnknownEvent),
        ("[1,2]", Code::UnknownEvent),
        (r#"[1,{},"book-10","A/B"]"#, Code::FieldMissing),
        (r#"[1,{"a":[],"c":"x"},"book-10","A/B"]"#, Code::NumberSyntax),
        (r#"[1,{"a":[],"c":"1"},{"a":[],"c":"1"},"book-10","A/B"]"#, Code::FieldType),
        (r#"[1,[],"book-10","A/B"]"#, Code::FieldType),
        (r#"[1,2,3,4,5,6]"#, Code::UnknownEvent),
        (r#"{"event":"news"}"#, Code::UnknownEvent),
        (r#"{"method":"news","success":true}"#, Code::UnknownEvent),
        (r#"{"method":"subscribe"}"#, Code::FieldMissing),
        (&BOOK.replace("\"book\"", "\"news\""), Code::UnknownEvent),
        (&BOOK.replace("snapshot", "partial"), Code::UnknownEvent),
        (&BOOK.replace("\"checksum\":3310070434,", ""), Code::FieldMissing),
        (&BOOK.replace("3310070434", "4294967296"), Code::NumberRange),
        (&BOOK.replace("3310070434", "-1"), Code::NumberNegative),
        (&BOOK.replace("17:35:55.440295Z", "25:35:55Z"), Code::NumberSyntax),
        (&BOOK.replace("{\"price\":45283.5,\"qty\":0.10000000}", "{\"price\":45283.5}"), Code::FieldMissing),
        (&DELTA.replace("0.50000000", "\"0.50000000\""), Code::FieldType),
        (&DELTA.replace("[{\"symbol\"", "[{},{\"symbol\""), Code::FieldType),
        (&TICKER.replace("105944.3", "\"105944.3\""), Code::FieldType),
        (&TICKER.replace(",\"timestamp\":\"2026-04-07T09:30:59.123456Z\"", ""), Code::FieldMissing),
        (&TRADE.replace("sell", "SELL"), Code::FieldType),
        (&TRADE.replace("10218208", "\"10218208\""), Code::FieldType),
    ] {
        assert_eq!(code(frame), code_of, "{frame}");
    }
}

const BTC: u32 = 7;

struct Venue {
    rig: Rig,
}

impl Venue {
    fn subscribed() -> Self {
        let mut rig = Rig::new(MachineConfig::default());
        rig.define(&definition(BTC, KRAKEN, "BTC/USD"));
        rig.input(Input::Connect { connection: 1, venue: KRAKEN as u16 });
        rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
        Self { rig }
    }

    fn frame(&mut self, frame: &str) {
        self.rig.now += 100_000_000;
        assert_eq!(self.rig.frame(frame).rejected, None, "{frame}");
    }

    fn live() -> Self {
        let mut venue = Self::subscribed();
        venue.frame(BOOK);
        assert!(venue.rig.is_live());
        venue
    }

    fn counters(&self) -> (u64, u64, u64) {
        let counters = self.rig.machine.counters();
        (counters.checksums, counters.checksum_mismatches, counters.resyncs)
    }
}

fn update(bids: &str, asks: &str, checksum: u32) -> String {
    format!(
        r#"{{"channel":"book","type":"update","data":[{{"symbol":"BTC/USD","bids":[{bids}],"asks":[{asks}],"checksum":{checksum},"timestamp":"2026-04-07T17:35:56Z"}}]}}"#
    )
}

#[test]
fn the_documented_checksums_hold_whatever_the_instrument_s_exponents() {
    let mut venue = Venue::live();
    venue.frame(DELTA);
    assert_eq!(venue.counters(), (2, 0, 0));
    // Restored, then a bid gone and another come.
    venue.frame(&update("", r#"{"price":45285.2,"qty":0.00100000}"#, 3_310_070_434));
    let bids = r#"{"price":45283.5,"qty":0.00000000},{"price":45282.5,"qty":0.25000000}"#;
    venue.frame(&update(bids, "", 1_342_642_987));
    assert_eq!(venue.counters(), (4, 0, 0));
    // A trade that is finer than any price of the book: the instrument widens, checksums stay those of one decimal.
    venue.frame(&TRADE.replace("105944.2", "105944.2345"));
    venue.frame(&update("", r#"{"price":45285.2,"qty":0.00100000}"#, 1_342_642_987));
    assert_eq!(venue.counters(), (5, 0, 0));
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);

    let short = r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":0.05000,"qty":0.00000500}],"asks":[{"price":0.05005,"qty":0.00000500},{"price":0.05010,"qty":0.00000500}],"checksum":1725113685}]}"#;
    let mut venue = Venue::subscribed();
    venue.frame(short);
    assert!(venue.rig.is_live());
    // Without a level nothing changed: there is nothing to prove.
    venue.frame(&update("", "", 1));
    assert_eq!(venue.counters(), (1, 0, 0));
}

#[test]
fn a_mismatch_makes_the_book_stale_and_subscribes_it_anew() {
    let mut venue = Venue::live();
    venue.frame(&DELTA.replace("2820694259", "4237635173"));
    assert_eq!((venue.rig.is_live(), venue.counters()), (false, (2, 1, 1)));
    assert_eq!(venue.rig.take_requests(), [Request::DepthSnapshot { instrument: BTC }]);
    // What comes until then is counted and waits for nothing.
    venue.frame(DELTA);
    venue.frame(BOOK);
    assert_eq!((venue.rig.is_live(), venue.counters()), (true, (3, 1, 1)));
    assert_eq!(venue.rig.reader.gaps(), []);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_second_connection_takes_the_book_over_with_a_whole_one() {
    let mut venue = Venue::live();
    venue.rig.input(Input::Connect { connection: 2, venue: KRAKEN as u16 });
    venue.rig.input(Input::Subscribe { connection: 2, instrument: BTC, channels: 7 });
    assert!(venue.rig.is_live(), "the first connection carries it until then");
    venue.frame(DELTA);
    let before = venue.rig.text();
    venue.rig.input(Input::Frame { connection: 2, bytes: DELTA.as_bytes() });
    assert_eq!((venue.rig.text(), venue.rig.machine.counters().duplicates), (before, 1), "no number tells the two apart");
    assert_eq!(venue.rig.machine.handover(2).behind, 1);
    let outcome = venue.rig.input(Input::Frame { connection: 2, bytes: BOOK.as_bytes() });
    assert_eq!((outcome.rejected, venue.rig.is_live()), (None, true));
    assert_eq!(venue.rig.machine.handover(2).behind, 0);
    venue.frame(DELTA);
    assert_eq!(venue.rig.machine.counters().duplicates, 2, "the first connection no longer carries it");
    venue.rig.input(Input::Disconnect { connection: 1, reason: tickring_core::input::DisconnectReason::Closed });
    assert!(venue.rig.is_live());
    assert!(!venue.rig.reader.states().contains(&State::Stale) && !venue.rig.reader.states().contains(&State::Resync));
    assert_eq!(venue.rig.reader.gaps(), []);
    let state = |seen: &Seen| if let Seen::Status(status) = seen { Some(status.state) } else { None };
    let states: Vec<State> = venue.rig.reader.bodies().iter().filter_map(state).collect();
    assert_eq!(states.iter().filter(|state| **state == State::Live).count(), 2);
}

#[test]
fn levels_that_fall_out_of_the_depth_are_removed_for_readers_too() {
    let side = |from: usize, count: usize| {
        let rows: Vec<String> = (from..from + count).map(|tick| format!(r#"{{"price":{tick}.0,"qty":1.0}}"#)).collect();
        rows.join(",")
    };
    let levels =
        |ticks: &[i64]| ticks.iter().map(|t| tickring_core::event::Level { price: t * 10, qty: 10 }).collect::<Vec<_>>();
    let sum = |bids: &[i64], asks: &[i64]| {
        KRAKEN.checksum(&mut LevelTexts::default(), (&levels(bids), &levels(asks)), (-1, -1), (1, 1)).unwrap()
    };
    let mut venue = Venue::subscribed();
    let best_bids: Vec<i64> = (0..10).map(|rank| 2_000 - rank).collect();
    let best_asks: Vec<i64> = (0..10).map(|rank| 3_001 + rank).collect();
    let whole = update(&side(1_001, 1_000), &side(3_001, 1_000), sum(&best_bids, &best_asks)).replace("update", "snapshot");
    venue.frame(&whole);
    let book = |venue: &Venue| venue.rig.text();
    assert_eq!(book(&venue).lines().count(), 2_000);
    // One bid more: the worst leaves. Eight asks at once: eight leave.
    let bids: Vec<i64> = (0..10).map(|rank| 2_001 - rank).collect();
    let asks: Vec<i64> = (0..10).map(|rank| 2_993 + rank).collect();
    venue.frame(&update(&side(2_001, 1), &side(2_993, 8), sum(&bids, &asks)));
    let text = book(&venue);
    assert_eq!(text.lines().count(), 2_000);
    assert!(!text.contains("B 1001 1\n") && text.contains("B 1002 1\n"));
    assert!(!text.contains("A 3993 1\n") && text.contains("A 3992 1\n"));
    assert_eq!((venue.rig.is_live(), venue.counters().1), (true, 0));
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}
