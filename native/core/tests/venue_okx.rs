//! OKX v5: documented messages, the rule, checksums.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::{Gap, GapReason, GapStream, Level, State};
use tickring_core::input::{Input, Request};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::{Checksum, DeltaIds, Follow, LevelTexts, Message, Numbering, TradeMessage, VenueId, convert_quote};

const SWAP: VenueId = VenueId::OkxSwap;

fn parse(frame: &str) -> Message<'_> {
    SWAP.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    SWAP.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

const BOOK: &str = r#"{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"snapshot","data":[{"bids":[["83725.8","7.69","0","5"],["83725.4","0.02","0","1"]],"asks":[["83725.9","1712.41","0","92"],["83726","1.43","0","3"]],"ts":"1791369351001","seqId":344430848984,"prevSeqId":-1}]}"#;
const DELTA: &str = r#"{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"bids":[["83723.6","0","0","0"]],"asks":[["83729.6","70.03","0","4"]],"ts":"1791369352001","seqId":344430849237,"prevSeqId":344430848984}]}"#;
const OLD: &str = r#"{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"asks":[["5.158","129","0","2"]],"bids":[],"ts":"1652459225464","checksum":-855196043}]}"#;
const TOUCH: &str = r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["83753","0.5","0","3"]],"bids":[["83752.9","1.1","0","4"]],"ts":"1791369351011","seqId":82083114841}]}"#;
const TRADE: &str = r#"{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"2978601964","px":"83725.9","sz":"5","side":"sell","ts":"1791369350776","count":"1","source":"0","seqId":344430848209}]}"#;
const TICKER: &str = r#"{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","last":"83753","ts":"1791369351085"}]}"#;

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
    let ts_sent = 1_791_369_351_001_000_000;
    let ids = DeltaIds { first: 344_430_848_984, last: 344_430_848_984, prev: None, ts_sent };
    assert_eq!((book.head.symbol, book.head.ids, book.head.checksum), (&b"BTC-USDT-SWAP"[..], ids, None));
    let Message::Depth(delta) = parse(DELTA) else { panic!("no delta") };
    assert_eq!((delta.head.ids.last, delta.head.ids.prev), (344_430_849_237, Some(344_430_848_984)));
    let with_dead = DELTA.replace("\"seqId\"", "\"checksum\":5,\"seqId\"");
    let Message::Depth(delta) = parse(&with_dead) else { panic!("no delta") };
    assert_eq!(delta.head.checksum, None, "ids are the rule, the checksum is off");

    let Message::Depth(old) = parse(OLD) else { panic!("no delta") };
    let crc = (-855_196_043_i32).cast_unsigned();
    assert_eq!((old.head.is_unnumbered(), old.head.checksum), (true, Some(Checksum { crc: Some(crc), decimals: (0, 0) })));

    let Message::Quote(quote) = parse(TOUCH) else { panic!("no quote") };
    assert_eq!((quote.symbol, quote.update_id, quote.ask_qty.bytes), (&b"BTC-USDT"[..], 82_083_114_841, &b"0.5"[..]));
    let empty = TOUCH.replace(r#"[["83752.9","1.1","0","4"]]"#, "[]");
    let Message::Quote(quote) = parse(&empty) else { panic!("no quote") };
    assert_eq!(convert_quote(&quote, -1, -2).unwrap().bid_price, 0, "an empty side");

    let [trade] = trades_of(TRADE)[..] else { panic!("one trade") };
    assert_eq!((trade.trade_id, trade.numbering, trade.aggressor_sell), (2_978_601_964, Numbering::Increasing, true));
    assert_eq!((trade.price.bytes, trade.qty.bytes), (&b"83725.9"[..], &b"5"[..]));
}

#[test]
fn answers_and_what_carries_nothing_are_read() {
    for (frame, id, venue_code) in [
        (r#"{"id":"7","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"connId":"bfcb4b8e"}"#, 7, 0),
        (r#"{"event":"unsubscribe","arg":{"channel":"books","instId":"BTC-USDT"}}"#, 0, 0),
        (r#"{"id":"8","event":"error","code":"60018","msg":"doesn't exist.","connId":"5e1f2fe5"}"#, 8, 60_018),
        (r#"{"event":"error","msg":"?"}"#, 0, -1),
    ] {
        let Message::Reply { id: found, venue_code: said } = parse(frame) else { panic!("no reply: {frame}") };
        assert_eq!((found, said), (id, venue_code), "{frame}");
    }
    assert!(matches!(parse(r#"{"event":"notice","code":"64008","msg":"closed soon","connId":"a"}"#), Message::Shutdown));
    for frame in [
        "pong",
        TICKER,
        r#"{"event":"notice","code":"1","msg":"?"}"#,
        r#"{"arg":{"channel":"candle1s","instId":"BTC-USDT"},"data":[["1791369300000","83740","83760","83735","83753","12.5"]]}"#,
        r#"{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[]}"#,
        &TOUCH.replace("bbo-tbt", "books5"),
    ] {
        assert!(matches!(parse(frame), Message::Ignored), "{frame}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (frame, code_of) in [
        ("[]", Code::UnknownEvent),
        ("{", Code::FrameNotJson),
        ("ping", Code::FrameNotJson),
        ("{}", Code::FieldMissing),
        (r#"{"event":"login","code":"0"}"#, Code::UnknownEvent),
        (&BOOK.replace("\"books\"", "\"news\""), Code::UnknownEvent),
        (&BOOK.replace("snapshot", "partial"), Code::UnknownEvent),
        (&BOOK.replace("\"action\":\"snapshot\",", ""), Code::FieldMissing),
        (&BOOK.replace("344430848984", "\"344430848984\""), Code::FieldType),
        (&BOOK.replace("344430848984", "0"), Code::NumberRange),
        (&BOOK.replace("-1", "7"), Code::UpdateIdOrder),
        (&DELTA.replace("\"prevSeqId\":344430848984", "\"prevSeqId\":-1"), Code::UpdateIdOrder),
        (&DELTA.replace(",\"prevSeqId\":344430848984", ""), Code::FieldMissing),
        (&DELTA.replace("\"prevSeqId\":344430848984", "\"prevSeqId\":344430849237"), Code::UpdateIdOrder),
        // Neither ids nor a checksum that is alive: nothing would prove the book.
        (&OLD.replace("-855196043", "0"), Code::FieldMissing),
        (&OLD.replace(",\"checksum\":-855196043", ""), Code::FieldMissing),
        (&OLD.replace("-855196043", "4294967296"), Code::NumberRange),
        (&OLD.replace("\"1652459225464\"", "1652459225464"), Code::FieldType),
        (&OLD.replace("\"1652459225464\"", "\"\""), Code::FieldType),
        (&OLD.replace("}]}", "},{}]}"), Code::FieldType),
        (&TOUCH.replace(",\"seqId\":82083114841", ""), Code::FieldMissing),
        (&TRADE.replace("sell", "SELL"), Code::FieldType),
        (&TRADE.replace("2978601964", "x"), Code::NumberSyntax),
        (&TRADE.replace("2978601964", ""), Code::NumberSyntax),
        (&TRADE.replace("\"83725.9\"", "83725.9"), Code::FieldType),
    ] {
        assert_eq!(code(frame), code_of, "{frame}");
    }
}

#[test]
fn a_message_follows_the_one_that_it_names() {
    let ids = |last, prev, ts_sent| DeltaIds { first: last, last, prev: Some(prev), ts_sent };
    // The documented chain: 10, 15, keep-alive, reset to 3, 5.
    let chain = [ids(10, 5, 1), ids(15, 10, 2), ids(15, 15, 3), ids(3, 15, 4), ids(5, 3, 5)];
    for pair in chain.windows(2) {
        assert_eq!(SWAP.follow(&pair[0], &pair[1]), Follow::Apply, "{pair:?}");
    }
    let at = ids(105, 101, 9);
    assert_eq!(SWAP.follow(&at, &ids(200, 150, 10)), Follow::Gap { first: 106, last: 150 });
    assert_eq!(SWAP.follow(&at, &ids(3, 999, 10)), Follow::Gap { first: 106, last: 999 });
    assert_eq!(SWAP.follow(&at, &at), Follow::Duplicate);
    assert_eq!(SWAP.follow(&at, &ids(99, 98, 8)), Follow::Duplicate);
    assert_eq!(SWAP.follow(&at, &ids(99, 98, 10)), Follow::Rollback);
}

#[test]
fn checksums_are_those_of_the_reference() {
    let level = |price, qty| Level { price, qty };
    let (bids, asks) = ([level(33_661, 7), level(33_660, 6)], [level(33_668, 9), level(33_680, 8)]);
    let crc = |bids: &[Level], asks: &[Level]| {
        SWAP.checksum(&mut LevelTexts::default(), (bids, asks), (-1, 0), (0, 0)).unwrap().cast_signed()
    };
    assert_eq!(crc(&bids, &asks), -1_881_014_294);
    let asks = [level(33_668, 9), level(33_680, 8), level(33_720, 8)];
    assert_eq!(crc(&bids[..1], &asks), 831_078_360, "the longer side goes on alone");
    assert_eq!(VenueId::BybitLinear.checksum(&mut LevelTexts::default(), (&bids, &asks), (-1, 0), (0, 0)), None);
}

const BTC: u32 = 7;

struct Venue {
    rig: Rig,
}

impl Venue {
    fn subscribed() -> Self {
        let mut rig = Rig::new(MachineConfig::default());
        rig.define(&definition(BTC, SWAP, "BTC-USDT-SWAP"));
        rig.input(Input::Connect { connection: 1, venue: SWAP as u16 });
        rig.input(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
        Self { rig }
    }

    fn message(&mut self, action: &str, levels: &str, proof: &str) {
        self.rig.now += 100_000_000;
        let ms = self.rig.now / 1_000_000;
        let arg = r#"{"channel":"books","instId":"BTC-USDT-SWAP"}"#;
        let frame = format!(r#"{{"arg":{arg},"action":"{action}","data":[{{{levels},"ts":"{ms}",{proof}}}]}}"#);
        assert_eq!(self.rig.frame(&frame).rejected, None, "{frame}");
    }

    fn delta(&mut self, id: u64, prev: u64, levels: &str) {
        self.message("update", levels, &format!(r#""seqId":{id},"prevSeqId":{prev}"#));
    }

    fn snapshot(&mut self, id: u64, levels: &str) {
        self.message("snapshot", levels, &format!(r#""seqId":{id},"prevSeqId":-1"#));
    }

    /// A message of the time before ids, with the checksum of these levels.
    fn summed(&mut self, action: &str, levels: &str, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        let side = |side: &[(i64, i64)]| side.iter().map(|(price, qty)| Level { price: *price, qty: *qty }).collect::<Vec<_>>();
        let crc = SWAP.checksum(&mut LevelTexts::default(), (&side(bids), &side(asks)), (0, 0), (0, 0)).unwrap().cast_signed();
        self.message(action, levels, &format!(r#""checksum":{crc}"#));
    }

    fn live() -> Self {
        let mut venue = Self::subscribed();
        venue.snapshot(10, r#""bids":[["99","1","0","1"]],"asks":[["101","1","0","1"]]"#);
        assert!(venue.rig.is_live());
        venue.rig.reader.seen.clear();
        venue
    }
}

const NOTHING: &str = r#""bids":[],"asks":[]"#;

#[test]
fn keep_alive_and_reset_continue_the_book() {
    let mut venue = Venue::live();
    venue.delta(15, 10, r#""bids":[["99","0","0","0"],["98.5","2","0","1"]],"asks":[]"#);
    venue.delta(15, 15, NOTHING);
    venue.delta(3, 15, r#""bids":[["98","4","0","1"]],"asks":[]"#);
    venue.delta(5, 3, r#""bids":[["98","3","0","1"]],"asks":[]"#);
    assert_eq!(venue.rig.text(), "B 98.5 2\nB 98 3\nA 101 1\n");
    assert_eq!((venue.rig.reader.gaps(), venue.rig.reader.states()), (vec![], vec![]));
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_broken_chain_is_a_gap_whose_book_is_subscribed_anew() {
    let mut venue = Venue::live();
    venue.delta(20, 14, r#""bids":[["98","9","0","1"]],"asks":[]"#);
    venue.delta(25, 20, NOTHING);
    assert_eq!(venue.rig.text(), "B 99 1\nA 101 1\n", "the old book serves");
    assert_eq!(venue.rig.take_requests(), [Request::DepthSnapshot { instrument: BTC }]);
    venue.snapshot(25, r#""bids":[["97","3","0","1"]],"asks":[["102","1","0","1"]]"#);
    assert_eq!(venue.rig.text(), "B 97 3\nA 102 1\n");
    assert_eq!(venue.rig.reader.gaps(), [Gap { stream: GapStream::Book, reason: GapReason::Sequence, first: 11, last: 14 }]);
    assert_eq!(venue.rig.reader.states(), [State::Resync, State::Live]);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn quotes_and_trades_rise_and_restart() {
    let mut venue = Venue::live();
    let ms = venue.rig.now / 1_000_000;
    let mut quote = |id: u64, ms: u64| {
        let frame = TOUCH.replace("BTC-USDT", "BTC-USDT-SWAP").replace("82083114841", &id.to_string());
        venue.rig.frame(&frame.replace("1791369351011", &ms.to_string()))
    };
    quote(100, ms);
    quote(100, ms + 1);
    quote(99, ms + 1);
    quote(105, ms + 5);
    // The venue's ids began anew: the smaller one is much later.
    quote(3, ms + 1_500);
    quote(2, ms + 1_501);
    let counters = venue.rig.machine.counters();
    assert_eq!((counters.quotes, counters.duplicates), (3, 3));

    let mut trade = |id: u64| venue.rig.frame(&TRADE.replace("2978601964", &id.to_string()));
    for id in [5, 9, 9, 7, 10] {
        trade(id);
    }
    let id_of = |seen: &Seen| if let Seen::Trade(trade) = seen { Some(trade.trade_id) } else { None };
    assert_eq!(venue.rig.reader.bodies().iter().filter_map(id_of).collect::<Vec<_>>(), [5, 9, 10]);
    assert_eq!(venue.rig.reader.gaps(), []);
}

#[test]
fn a_book_without_ids_is_proven_by_its_checksum_and_built_anew_where_it_is_not() {
    let mut venue = Venue::subscribed();
    venue.summed("snapshot", r#""bids":[["99","1","0","1"]],"asks":[["101","1","0","1"]]"#, &[(99, 1)], &[(101, 1)]);
    assert!(venue.rig.is_live());
    venue.summed("update", r#""bids":[["98","2","0","1"]],"asks":[]"#, &[(99, 1), (98, 2)], &[(101, 1)]);
    assert_eq!(venue.rig.take_requests(), []);
    // A message was lost: this one's checksum is of a book that we do not have.
    venue.summed("update", r#""bids":[["97","3","0","1"]],"asks":[]"#, &[(97, 3)], &[(101, 1)]);
    assert!(!venue.rig.is_live());
    assert_eq!(venue.rig.take_requests(), [Request::DepthSnapshot { instrument: BTC }]);
    // The next whole book is wrong too: the venue is not asked at once again.
    venue.summed("snapshot", r#""bids":[["97","3","0","1"]],"asks":[]"#, &[(96, 3)], &[]);
    assert_eq!((venue.rig.is_live(), venue.rig.take_requests()), (false, vec![]));
    for _ in 0..101 {
        venue.rig.tick(100_000_000);
    }
    assert_eq!(venue.rig.take_requests(), [Request::DepthSnapshot { instrument: BTC }]);
    venue.summed("snapshot", r#""bids":[["97","3","0","1"]],"asks":[]"#, &[(97, 3)], &[]);
    assert_eq!((venue.rig.is_live(), venue.rig.text().as_str()), (true, "B 97 3\n"));
    let counters = venue.rig.machine.counters();
    assert_eq!((counters.checksums, counters.checksum_mismatches, counters.resyncs, counters.gaps), (5, 2, 2, 0));
    let code_of = |seen: &Seen| if let Seen::Status(status) = seen { status.code } else { None };
    let codes: Vec<Code> = venue.rig.reader.bodies().iter().filter_map(code_of).collect();
    assert_eq!(codes, [Code::ChecksumMismatch; 2]);
    venue.rig.reader.assert_holds(&venue.rig.machine, 0);
}

#[test]
fn a_message_without_id_behind_the_greatest_one_overflows_nothing() {
    let mut venue = Venue::subscribed();
    venue.snapshot(u64::MAX, r#""bids":[["99","1","0","1"]],"asks":[]"#);
    venue.summed("update", r#""bids":[["98","2","0","1"]],"asks":[]"#, &[(99, 1), (98, 2)], &[]);
    assert_eq!((venue.rig.is_live(), venue.rig.text().as_str()), (true, "B 99 1\nB 98 2\n"));
}

#[test]
fn messages_without_ids_count_from_the_book_s_own_connection_alone() {
    let mut venue = Venue::subscribed();
    venue.summed("snapshot", r#""bids":[["99","1","0","1"]],"asks":[]"#, &[(99, 1)], &[]);
    venue.rig.input(Input::Connect { connection: 2, venue: SWAP as u16 });
    let other = OLD.replace("5.158", "1");
    let outcome = venue.rig.input(Input::Frame { connection: 2, bytes: other.as_bytes() });
    assert_eq!(outcome.rejected, None);
    assert_eq!((venue.rig.text().as_str(), venue.rig.machine.counters().duplicates), ("B 99 1\n", 1));
}

/// N9: no id that could be relied upon.
#[test]
fn a_copy_of_a_book_is_read_without_an_id() {
    let body = br#"{"code":"0","msg":"","data":[{"asks":[["41006.8","0.60038921","0","1"]],"bids":[["41006.3","0.30178218","0","2"]],"ts":"1629966436396"}]}"#;
    let copy = VenueId::OkxSpot.parse_snapshot(body).unwrap();
    assert_eq!((copy.last_update_id, copy.ts_event), (0, None));
    assert_eq!(copy.asks.bytes, br#"[["41006.8","0.60038921","0","1"]]"#);
    assert!(VenueId::OkxSpot.parse_snapshot(br#"{"code":"51001","msg":"Instrument ID does not exist","data":[]}"#).is_err());
}
