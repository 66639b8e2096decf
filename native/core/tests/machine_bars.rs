//! Bars as venues count them: what the machine tells of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::{State, VenueBar, flag};
use tickring_core::input::{DisconnectReason, Input, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const KLINE: &str = r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1767225602000,"s":"BTCUSDT","k":{"t":1767225600000,"T":1767225659999,"s":"BTCUSDT","i":"1m","f":5678901230,"L":5678901239,"o":"65000.0","c":"65000.12","h":"65001.1","l":"64999.5","v":"1.234","n":10,"x":false,"q":"80210.15","V":"0.6","Q":"39000.07","B":"0"}}}"#;
const MINUTE_NS: u64 = 60_000_000_000;

fn bar() -> VenueBar {
    VenueBar {
        open: 6_500_000,
        high: 6_500_110,
        low: 6_499_950,
        close: 6_500_012,
        volume: 1_234,
        turnover: 8_021_015,
        count: 10,
        start_ts: 1_767_225_600_000_000_000,
        interval_ns: MINUTE_NS,
        price_exponent: -2,
        qty_exponent: -3,
        turnover_exponent: -2,
        closed: false,
    }
}

/// A rig with one instrument of this venue on connection 1.
fn rig(venue: VenueId, symbol: &str, channels: u16) -> Rig {
    let mut rig = Rig::new(MachineConfig::default());
    rig.define(&definition(7, venue, symbol));
    rig.input(Input::Connect { connection: 1, venue: venue as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: 7, channels });
    rig
}

/// The bars that a frame made the machine tell.
fn told(rig: &mut Rig, frame: &str) -> Vec<VenueBar> {
    let before = rig.reader.seen.len();
    assert_eq!(rig.frame(frame).rejected, None, "{frame}");
    let bar = |seen: &Seen| if let Seen::Bar(bar) = seen { *bar } else { panic!("{seen:?}") };
    rig.reader.seen[before..].iter().map(|(_, seen)| bar(seen)).collect()
}

fn refused(rig: &mut Rig, frame: &str) -> Code {
    rig.frame(frame).rejected.unwrap_or_else(|| panic!("{frame}")).code
}

#[test]
fn each_dialect_of_binance_tells_its_bars_with_exponents_of_their_own() {
    for venue in [VenueId::BinanceSpot, VenueId::BinanceUsdm, VenueId::BinanceCoinm] {
        let mut rig = rig(venue, "BTCUSDT", channel::KLINE);
        assert_eq!(told(&mut rig, KLINE), [bar()]);
        let header = rig.reader.seen.last().unwrap().0;
        assert_eq!((header.instrument, header.index, header.ts_event), (7, 0, 1_767_225_602_000_000_000));
        assert_eq!(header.flags & flag::LAST, flag::LAST);
        let closed = KLINE.replace("\"x\":false", "\"x\":true");
        assert_eq!(told(&mut rig, &closed), [VenueBar { closed: true, ..bar() }]);
        // One without turnover and count, and prices that need 18 decimals of which the others take part.
        let bare =
            KLINE.replace(",\"q\":\"80210.15\"", "").replace(",\"n\":10", "").replace("65000.12", "0.000000000000000001");
        let bare = bare.replace("65000.0", "1").replace("65001.1", "2").replace("64999.5", "0");
        let one = 1_000_000_000_000_000_000;
        let expected = VenueBar { open: one, high: 2 * one, low: 0, close: 1, turnover: 0, count: 0, ..bar() };
        assert_eq!(told(&mut rig, &bare), [VenueBar { price_exponent: -18, turnover_exponent: 0, ..expected }]);
        assert_eq!(rig.machine.instrument(0).unwrap().price_exponent, -2, "no book gets finer for a bar");
        assert_eq!((rig.machine.counters().bars, rig.machine.instrument_counters(0).unwrap().bars), (3, 3));
        assert_eq!(rig.machine.counters().trades, 0, "a bar is no trade");
    }
}

const BYBIT: &str = r#"{"topic":"kline.1.BTCUSDT","data":[{"start":1767225600000,"end":1767225659999,"interval":"1","open":"65000","close":"65000.12","high":"65001.1","low":"64999.5","volume":"1.234","turnover":"80210.15","confirm":false,"timestamp":1767225602000}],"ts":1767225602001,"type":"snapshot"}"#;

#[test]
fn bybit_names_the_symbol_in_the_topic_and_counts_no_trades() {
    for venue in [VenueId::BybitLinear, VenueId::BybitSpot, VenueId::BybitInverse] {
        let mut rig = rig(venue, "BTCUSDT", channel::KLINE);
        assert_eq!(told(&mut rig, BYBIT), [VenueBar { count: 0, ..bar() }]);
        assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 1_767_225_602_000_000_000);
        let closed = BYBIT.replace("\"confirm\":false", "\"confirm\":true");
        assert_eq!(told(&mut rig, &closed), [VenueBar { count: 0, closed: true, ..bar() }]);
        assert_eq!(told(&mut rig, &BYBIT.replace("kline.1.", "kline.5.")), []);
        for (from, to, code) in [
            ("\"confirm\":false", "\"confirm\":1", Code::FieldType),
            ("kline.1.BTCUSDT", "kline.1.OTHER", Code::UnknownSymbol),
            ("kline.1.BTCUSDT", "kline.1.\\u0042TCUSDT", Code::FieldType),
            ("\"high\":\"65001.1\",", "", Code::FieldMissing),
        ] {
            assert_eq!(refused(&mut rig, &BYBIT.replacen(from, to, 1)), code, "{to}");
        }
    }
}

/// One and the same bar as others tell it, without the number of trades but for the second and the third.
const OKX: &str = r#"{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1767225600000","65000","65001.1","64999.5","65000.12","1.234","1","80210.15","0"]]}"#;
const BACKPACK: &str = r#"{"stream":"kline.1m.BTC_USDC","data":{"e":"kline","E":1767225602000000,"s":"BTC_USDC","t":"2026-01-01T00:00:00","T":"2026-01-01T00:01:00","o":"65000","c":"65000.12","h":"65001.1","l":"64999.5","v":"1.234","n":10,"X":false}}"#;
const KRAKEN: &str = r#"{"channel":"ohlc","type":"update","timestamp":"2026-01-01T00:00:02.000000000Z","data":[{"symbol":"BTC/USD","open":65000.0,"high":65001.1,"low":64999.5,"close":65000.12,"trades":10,"volume":1.234,"vwap":65000.1,"interval_begin":"2026-01-01T00:00:00.000000000Z","interval":1,"timestamp":"2026-01-01T00:01:00.000000Z"}]}"#;
const DERIBIT: &str = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"chart.trades.BTC_USDC.1","data":{"tick":1767225600000,"open":65000.0,"high":65001.1,"low":64999.5,"close":65000.12,"volume":1.234,"cost":80210.15}}}"#;

#[test]
fn okx_tells_the_minute_in_rows_that_the_argument_names() {
    for venue in [VenueId::OkxSpot, VenueId::OkxSwap, VenueId::OkxFutures] {
        let mut rig = rig(venue, "BTC-USDT", channel::KLINE);
        assert_eq!(told(&mut rig, OKX), [VenueBar { count: 0, ..bar() }]);
        assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 0, "it does not say when");
        let closed = OKX.replace("\"0\"]", "\"1\"]");
        assert_eq!(told(&mut rig, &closed), [VenueBar { count: 0, closed: true, ..bar() }]);
        assert_eq!(told(&mut rig, &OKX.replace("candle1m", "candle5m")), []);
        for (from, to, code) in [
            ("\"0\"]", "\"2\"]", Code::FieldType),
            (",\"0\"]", "]", Code::FieldMissing),
            ("\"65001.1\"", "65001.1", Code::FieldType),
            ("BTC-USDT", "BTC-OTHER", Code::UnknownSymbol),
            ("[[", "[{\"a\":[", Code::FrameNotJson),
            ("[[\"1767225600000\"", "[\"1767225600000\",[\"1\"", Code::FieldType),
        ] {
            assert_eq!(refused(&mut rig, &OKX.replacen(from, to, 1)), code, "{to}");
        }
    }
}

#[test]
fn backpack_says_when_the_minute_ends_in_times_without_a_zone() {
    let mut rig = rig(VenueId::Backpack, "BTC_USDC", channel::KLINE);
    let expected = VenueBar { turnover: 0, turnover_exponent: 0, ..bar() };
    assert_eq!(told(&mut rig, BACKPACK), [expected]);
    assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 1_767_225_602_000_000_000);
    assert_eq!(told(&mut rig, &BACKPACK.replace("\"X\":false", "\"X\":true")), [VenueBar { closed: true, ..expected }]);
    // As the other source has them, in ms.
    let numbers =
        BACKPACK.replace("\"2026-01-01T00:00:00\"", "1767225600000").replace("\"2026-01-01T00:01:00\"", "1767225660000");
    assert_eq!(told(&mut rig, &numbers), [expected]);
    assert_eq!(told(&mut rig, &BACKPACK.replace("00:01:00", "00:05:00")), [], "five minutes");
    assert_eq!(told(&mut rig, &BACKPACK.replace("\"o\":\"65000\"", "\"o\":null")), [], "no trade");
    for (from, to, code) in [
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z", Code::NumberSyntax),
        ("2026-01-01T00:00:00", "2026-13-01T00:00:00", Code::NumberSyntax),
        ("\"X\":false", "\"X\":0", Code::FieldType),
        ("\"s\":\"BTC_USDC\"", "\"s\":\"OTHER\"", Code::UnknownSymbol),
    ] {
        assert_eq!(refused(&mut rig, &BACKPACK.replacen(from, to, 1)), code, "{to}");
    }
}

#[test]
fn of_kraken_and_deribit_the_next_bar_says_that_one_is_final() {
    let kraken = VenueBar { turnover: 0, turnover_exponent: 0, ..bar() };
    let next_of_kraken = KRAKEN.replacen("00:00:00.000000000Z", "00:01:00.000000000Z", 1);
    let next_of_deribit = DERIBIT.replace("1767225600000", "1767225660000");
    let cases = [
        (VenueId::KrakenSpot, "BTC/USD", KRAKEN, next_of_kraken, kraken),
        (VenueId::Deribit, "BTC_USDC", DERIBIT, next_of_deribit, VenueBar { count: 0, ..bar() }),
    ];
    for (venue, symbol, frame, next, expected) in cases {
        let mut rig = rig(venue, symbol, channel::KLINE);
        let later = VenueBar { start_ts: expected.start_ts + MINUTE_NS, ..expected };
        assert_eq!(told(&mut rig, frame), [expected]);
        assert_eq!(told(&mut rig, frame), [expected], "it goes on");
        assert_eq!(told(&mut rig, &next), [VenueBar { closed: true, ..expected }, later]);
        assert_eq!(told(&mut rig, frame), [VenueBar { closed: true, ..expected }], "an older one is final");
        assert_eq!(told(&mut rig, &next), [later]);
    }
}

#[test]
fn what_of_krakens_and_deribits_bars_is_none_of_ours_or_wrong() {
    let mut kraken = rig(VenueId::KrakenSpot, "BTC/USD", channel::KLINE);
    assert_eq!(told(&mut kraken, &KRAKEN.replace("\"interval\":1,", "\"interval\":5,")), []);
    assert_eq!(told(&mut kraken, &KRAKEN.replace("\"update\"", "\"snapshot\"")), [], "of the past");
    assert_eq!(refused(&mut kraken, &KRAKEN.replace("\"trades\":10,", "")), Code::FieldMissing);
    assert_eq!(refused(&mut kraken, &KRAKEN.replace("65001.1", "\"65001.1\"")), Code::FieldType);
    let mut deribit = rig(VenueId::Deribit, "BTC-PERPETUAL", channel::KLINE);
    let inverse = DERIBIT.replace("BTC_USDC", "BTC-PERPETUAL").replace("1.234", "80210.15").replacen("80210.15}", "1.234}", 1);
    assert_eq!(told(&mut deribit, &inverse), [VenueBar { count: 0, volume: 1_234, turnover: 8_021_015, ..bar() }], "USD");
    assert_eq!(told(&mut deribit, &inverse.replace(".1\",", ".5\",")), [], "five minutes");
    assert_eq!(refused(&mut deribit, &DERIBIT.replace("BTC_USDC", "BTC\\u005fUSDC")), Code::FieldType);
    assert_eq!(refused(&mut deribit, &inverse.replace("\"cost\":1.234", "\"cost\":null")), Code::FieldType);
}

const COINBASE: &str = r#"{"channel":"candles","client_id":"","timestamp":"2026-01-01T00:00:02Z","sequence_num":0,"events":[{"type":"update","candles":[{"start":"1767225600","high":"65001.1","low":"64999.5","open":"65000","close":"65000.12","volume":"1.234","product_id":"BTC-USD"}]}]}"#;

#[test]
fn the_bars_of_coinbase_are_of_five_minutes_and_say_so() {
    let mut rig = rig(VenueId::Coinbase, "BTC-USD", channel::KLINE);
    let interval_ns = 5 * MINUTE_NS;
    let expected = VenueBar { turnover: 0, turnover_exponent: 0, count: 0, interval_ns, ..bar() };
    // Each message of a connection has the next number.
    let mut number = 0;
    let mut say = |rig: &mut Rig, frame: &str| {
        number += 1;
        told(rig, &frame.replacen("\"sequence_num\":0", &format!("\"sequence_num\":{number}"), 1))
    };
    assert_eq!(say(&mut rig, COINBASE), [expected]);
    assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 1_767_225_602_000_000_000);
    let next = COINBASE.replace("1767225600", "1767225900");
    let later = VenueBar { start_ts: expected.start_ts + interval_ns, ..expected };
    assert_eq!(say(&mut rig, &next), [VenueBar { closed: true, ..expected }, later]);
    assert_eq!(say(&mut rig, COINBASE), [VenueBar { closed: true, ..expected }], "an older one is final");
    assert_eq!(say(&mut rig, &COINBASE.replace("update", "snapshot")), [], "of the past");
    for (from, to, code) in [
        ("\"1767225600\"", "\"yesterday\"", Code::NumberSyntax),
        ("\"1767225600\"", "\"\"", Code::NumberSyntax),
        ("\"1767225600\"", "\"18446744074\"", Code::NumberSyntax),
        ("\"1767225600\"", "1767225600", Code::FieldType),
        ("\"volume\":\"1.234\",", "", Code::FieldMissing),
        ("\"65001.1\"", "\"-1\"", Code::NumberNegative),
        ("update", "partial", Code::UnknownEvent),
        ("[{\"start\"", "[[{\"start\"", Code::FrameNotJson),
        ("\"candles\":[", "\"candles\":[1,", Code::FieldType),
    ] {
        let frame = COINBASE.replacen(from, to, 1);
        assert_ne!(frame, COINBASE, "{from}");
        assert_eq!(refused(&mut rig, &frame), code, "{to}");
    }
    let other = COINBASE.replace("\"sequence_num\":0", "\"sequence_num\":5").replace("BTC-USD", "BTC-OTHER");
    assert_eq!(refused(&mut rig, &other), Code::UnknownSymbol);
}

#[test]
fn bars_of_other_intervals_and_those_nobody_asked_for_count_as_ignored() {
    let mut rig = rig(VenueId::BinanceSpot, "BTCUSDT", channel::TRADE | channel::KLINE);
    assert_eq!(told(&mut rig, &KLINE.replace("\"i\":\"1m\"", "\"i\":\"1s\"")), []);
    let mut other = self::rig(VenueId::BinanceSpot, "BTCUSDT", channel::TRADE);
    assert_eq!(told(&mut other, KLINE), []);
    assert_eq!((rig.machine.counters().ignored, other.machine.counters().ignored), (1, 1));
}

#[test]
fn a_bar_that_cannot_be_read_exactly_is_refused() {
    let mut rig = rig(VenueId::BinanceUsdm, "BTCUSDT", channel::KLINE);
    for (from, to, code) in [
        ("\"x\":false", "\"x\":0", Code::FieldType),
        ("\"c\":\"65000.12\",", "", Code::FieldMissing),
        ("\"o\":\"65000.0\"", "\"o\":65000.0", Code::FieldType),
        ("\"h\":\"65001.1\"", "\"h\":\"-1\"", Code::NumberNegative),
        ("\"l\":\"64999.5\"", "\"l\":\"0.000000000000000001\"", Code::NumberRange),
        ("\"n\":10", "\"n\":-1", Code::NumberNegative),
        ("\"k\":{", "\"k\":[", Code::FrameNotJson),
        ("\"s\":\"BTCUSDT\",\"k\"", "\"s\":\"OTHER\",\"k\"", Code::UnknownSymbol),
    ] {
        let frame = KLINE.replacen(from, to, 1);
        assert_ne!(frame, KLINE, "{from}");
        assert_eq!(refused(&mut rig, &frame), code, "{to}");
    }
    assert_eq!(rig.machine.counters().bars, 0);
    assert!(rig.reader.bodies().iter().any(|seen| matches!(seen, Seen::Status(status) if status.state == State::Quarantined)));
}

#[test]
fn of_two_lines_one_tells_bars_and_the_other_goes_on_when_it_leaves() {
    let mut rig = rig(VenueId::BinanceUsdm, "BTCUSDT", channel::KLINE);
    rig.input(Input::Connect { connection: 2, venue: VenueId::BinanceUsdm as u16 });
    rig.input(Input::Subscribe { connection: 2, instrument: 7, channels: channel::KLINE });
    for connection in [1, 2] {
        rig.input(Input::Frame { connection, bytes: KLINE.as_bytes() });
    }
    assert_eq!(rig.machine.counters().bars, 1);
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    rig.input(Input::Frame { connection: 2, bytes: KLINE.as_bytes() });
    assert_eq!(rig.machine.counters().bars, 2);
}

#[test]
fn the_channel_of_bars_is_not_the_bit_of_an_instrument_that_left() {
    let mut rig = rig(VenueId::BinanceSpot, "BTCUSDT", channel::KLINE | channel::STATUS);
    assert_eq!(rig.machine.instrument_counters(0).unwrap().channels, 512 | 128);
    rig.input(Input::Unsubscribe { instrument: 7 });
    assert_eq!(rig.machine.instrument_counters(0).unwrap().channels, 256);
    let refused = rig.input(Input::Subscribe { connection: 1, instrument: 7, channels: 256 }).rejected;
    assert_eq!(refused.unwrap().code, Code::ArgumentRange);
}
