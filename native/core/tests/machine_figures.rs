//! Mark and index prices, funding, open interest, liquidations and states: what the machine tells of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::{Rig, Seen, definition};
use tickring_core::error::Code;
use tickring_core::event::{Body, Funding, Liquidation, MarketState, OpenInterest, ReferencePrice, Side, flag};
use tickring_core::input::{DisconnectReason, Input, channel};
use tickring_core::machine::MachineConfig;
use tickring_core::venue::VenueId;

const ALL: u16 = channel::MARK_PRICE | channel::FUNDING | channel::OPEN_INTEREST | channel::LIQUIDATION | channel::STATUS;

const MARK: &str = r#"{"e":"markPriceUpdate","E":1767225601000,"s":"BTCUSDT","p":"65001.15000000","ap":"65001.02000000","i":"64998.62659091","P":"64990.25641265","r":"-0.00010000","T":1767254400000}"#;
const FORCED: &str = r#"{"e":"forceOrder","E":1767225600893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"64910.00","ap":"64910.12","X":"FILLED","l":"0.014","z":"0.014","T":1767225600893}}"#;
const CONTRACT: &str = r#"{"e":"contractInfo","E":1669356423908,"s":"BTCUSDT","ps":"BTCUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"TRADING"}"#;
const TICKER: &str = r#"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","lastPrice":"65000.20","markPrice":"65001.33","indexPrice":"65027.36","openInterest":"68744.761","openInterestValue":"4468500000.91","nextFundingTime":"1767254400000","fundingRate":"-0.000212","fundingIntervalHour":"8"},"cs":1,"ts":1767225600118}"#;
const LIQUIDATED: &str = r#"{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":1739502302929,"s":"BTCUSDT","S":"Sell","v":"20000","p":"0.04499"},{"T":1739502302930,"s":"BTCUSDT","S":"Buy","v":"3","p":"65000"}]}"#;

fn delta(members: &str) -> String {
    format!(r#"{{"topic":"tickers.BTCUSDT","type":"delta","data":{{"symbol":"BTCUSDT",{members}}},"cs":2,"ts":1767225600218}}"#)
}

/// A rig with one instrument of this venue on connection 1.
fn rig(venue: VenueId, channels: u16) -> Rig {
    rig_of(venue, "BTCUSDT", channels)
}

fn rig_of(venue: VenueId, symbol: &str, channels: u16) -> Rig {
    let mut rig = Rig::new(MachineConfig::default());
    rig.define(&definition(7, venue, symbol));
    rig.input(Input::Connect { connection: 1, venue: venue as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: 7, channels });
    rig
}

/// What a frame made the machine tell.
fn told(rig: &mut Rig, frame: &str) -> Vec<Body<'static>> {
    let before = rig.reader.seen.len();
    assert_eq!(rig.frame(frame).rejected, None, "{frame}");
    let figure = |seen: &Seen| if let Seen::Figure(body) = seen { *body } else { panic!("{seen:?}") };
    rig.reader.seen[before..].iter().map(|(_, seen)| figure(seen)).collect()
}

fn refused(rig: &mut Rig, frame: &str) -> Code {
    rig.frame(frame).rejected.unwrap_or_else(|| panic!("{frame}")).code
}

fn price(price: i64, exponent: i8) -> ReferencePrice {
    ReferencePrice { price, exponent }
}

#[test]
fn one_message_of_binance_tells_mark_index_and_funding_each_with_its_exponent() {
    let mut rig = rig(VenueId::BinanceUsdm, channel::MARK_PRICE);
    let next_ts = 1_767_254_400_000_000_000;
    let expected = [
        Body::MarkPrice(price(6_500_115, -2)),
        Body::IndexPrice(price(6_499_862_659_091, -8)),
        Body::Funding(Funding { rate: -1, exponent: -4, interval_s: 0, next_ts }),
    ];
    assert_eq!(told(&mut rig, MARK), expected);
    let header = rig.reader.seen.last().unwrap().0;
    assert_eq!((header.instrument, header.index, header.ts_event), (7, 2, 1_767_225_601_000_000_000));
    assert_eq!(rig.machine.instrument(0).unwrap().price_exponent, -2, "no book gets finer for a mark price");
    let expiring = MARK.replace("\"-0.00010000\"", "\"\"").replace("1767254400000", "0");
    assert_eq!(told(&mut rig, &expiring), &expected[..2], "a contract that expires has no funding");
    let counters = rig.machine.counters();
    assert_eq!((counters.mark_prices, counters.fundings, counters.quarantined), (4, 1, 0));
    assert_eq!(rig.machine.instrument_counters(0).unwrap().mark_prices, 4);
}

#[test]
fn channels_that_nobody_asked_for_are_left_out() {
    let mut rig = rig(VenueId::BinanceUsdm, channel::FUNDING);
    assert!(matches!(told(&mut rig, MARK)[..], [Body::Funding(_)]));
    assert_eq!(told(&mut rig, FORCED), []);
    assert_eq!(rig.machine.counters().ignored, 1, "a message of which nothing was asked for");
}

#[test]
fn a_bybit_delta_leaves_out_what_has_not_changed() {
    let mut rig = rig(VenueId::BybitLinear, ALL);
    let funding = Funding { rate: -212, exponent: -6, interval_s: 28_800, next_ts: 1_767_254_400_000_000_000 };
    let open = OpenInterest { qty: 68_744_761, value: 446_850_000_091, qty_exponent: -3, value_exponent: -2 };
    let expected = [
        Body::MarkPrice(price(6_500_133, -2)),
        Body::IndexPrice(price(6_502_736, -2)),
        Body::Funding(funding),
        Body::OpenInterest(open),
    ];
    assert_eq!(told(&mut rig, TICKER), expected);
    assert_eq!(told(&mut rig, &delta(r#""bid1Size":"1.100""#)), []);
    assert_eq!(
        told(&mut rig, &delta(r#""fundingRate":"0.0001""#)),
        [Body::Funding(Funding { rate: 1, exponent: -4, ..funding })]
    );
    assert_eq!(
        told(&mut rig, &delta(r#""openInterestValue":"5""#)),
        [Body::OpenInterest(OpenInterest { value: 5, value_exponent: 0, ..open })]
    );
    assert_eq!(told(&mut rig, &delta(r#""fundingIntervalHour":"""#)), [], "empty is absent");
}

#[test]
fn after_a_new_connection_a_delta_says_nothing_of_what_was_known_before() {
    let mut rig = rig(VenueId::BybitLinear, ALL);
    told(&mut rig, TICKER);
    rig.input(Input::Disconnect { connection: 1, reason: DisconnectReason::Closed });
    rig.input(Input::Connect { connection: 1, venue: VenueId::BybitLinear as u16 });
    rig.input(Input::Subscribe { connection: 1, instrument: 7, channels: ALL });
    assert_eq!(told(&mut rig, &delta(r#""nextFundingTime":"1767254400000","openInterestValue":"5""#)), []);
    assert_eq!(told(&mut rig, TICKER).len(), 4);
}

#[test]
fn a_liquidation_tells_the_side_of_its_order_whatever_the_venue_calls_it() {
    let liquidation = |price, price_exponent, qty, qty_exponent, side| {
        Body::Liquidation(Liquidation { price, qty, id: 0, price_exponent, qty_exponent, side })
    };
    let mut binance = rig(VenueId::BinanceCoinm, ALL);
    assert_eq!(told(&mut binance, FORCED), [liquidation(64_910, 0, 14, -3, Side::Sell)]);
    let array = format!("[{FORCED},{}]", FORCED.replace("BTCUSDT", "ETHUSDT").replace("SELL", "BUY"));
    assert_eq!(told(&mut binance, &array).len(), 1, "symbols that nobody asked for");
    let mut bybit = rig(VenueId::BybitLinear, ALL);
    let expected = [liquidation(4_499, -5, 20_000, 0, Side::Buy), liquidation(65_000, 0, 3, 0, Side::Sell)];
    assert_eq!(told(&mut bybit, LIQUIDATED), expected, "a long position is liquidated by an order that sells");
    assert_eq!(refused(&mut binance, &FORCED.replace("BTCUSDT", "ETHUSDT")), Code::UnknownSymbol);
}

#[test]
fn a_state_is_told_when_it_is_another_one() {
    let mut rig = rig(VenueId::BinanceUsdm, ALL);
    assert_eq!(told(&mut rig, CONTRACT), [Body::TradingStatus(MarketState::Trading)]);
    assert_eq!(told(&mut rig, CONTRACT), []);
    for (word, state) in [
        ("PENDING_TRADING", MarketState::PreOpen),
        ("SETTLING", MarketState::Settling),
        ("CLOSE", MarketState::Closed),
        ("A_WORD_OF_LATER", MarketState::Other),
        ("TRADING", MarketState::Trading),
    ] {
        assert_eq!(told(&mut rig, &CONTRACT.replace("TRADING", word)), [Body::TradingStatus(state)], "{word}");
    }
    assert_eq!(told(&mut rig, &CONTRACT.replace("BTCUSDT", "IOTAUSDT")), [], "one stream tells of all contracts");
    let header = rig.reader.seen.last().unwrap().0;
    assert_ne!(header.flags & flag::BAD_TS, 0, "the venue's time is years away");
}

#[test]
fn what_is_wrong_is_refused_and_tells_nothing() {
    let mut binance = rig(VenueId::BinanceUsdm, ALL);
    for (frame, code) in [
        (MARK.replace("\"65001.15000000\"", "65001.15"), Code::FieldType),
        (MARK.replace("65001.15000000", "-1"), Code::NumberNegative),
        (MARK.replace("64998.62659091", "1e3"), Code::NumberSyntax),
        (MARK.replace("-0.00010000", "0.0000000000000000001"), Code::NumberPrecision),
        (MARK.replace("-0.00010000", "99999999999999999999"), Code::NumberRange),
        (MARK.replace("\"p\"", "\"x\""), Code::FieldMissing),
        (MARK.replace("\"r\":", "\"r\":\"1\",\"r\":"), Code::FieldType),
        (FORCED.replace("SELL", "SHORT"), Code::FieldType),
        (FORCED.replace("\"o\":{", "\"o\":[{").replace("}}", "}]}"), Code::FieldType),
        (format!("[{MARK},{{\"e\":\"x\"}}]"), Code::UnknownEvent),
    ] {
        assert_eq!(refused(&mut binance, &frame), code, "{frame}");
    }
    let mut bybit = rig(VenueId::BybitLinear, ALL);
    for (frame, code) in [
        (TICKER.replace("snapshot", "partial"), Code::UnknownEvent),
        (TICKER.replace("\"8\"", "\"8h\""), Code::NumberSyntax),
        (TICKER.replace("\"8\"", "\"99999999999\""), Code::NumberRange),
        (TICKER.replace("\"1767254400000\"", "\"18446744073709551615\""), Code::NumberRange),
        (TICKER.replace("\"symbol\":\"BTCUSDT\",", ""), Code::FieldMissing),
        (TICKER.replace("-0.000212", "--1"), Code::NumberSyntax),
        (LIQUIDATED.replace("Sell", "sell"), Code::FieldType),
        (LIQUIDATED.replace("[{", "[1,{"), Code::FieldType),
    ] {
        assert_eq!(refused(&mut bybit, &frame), code, "{frame}");
    }
    for rig in [&binance, &bybit] {
        assert!(!rig.reader.bodies().iter().any(|seen| matches!(seen, Seen::Figure(_))));
        assert_eq!(rig.machine.counters().mark_prices, 0);
    }
}

#[test]
fn okx_tells_each_figure_on_a_channel_of_its_own() {
    let mut rig = rig_of(VenueId::OkxSwap, "BTC-USDT-SWAP", ALL);
    let mark = r#"{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP","markPx":"83726.4","ts":"1791369351200"}]}"#;
    assert_eq!(told(&mut rig, mark), [Body::MarkPrice(price(837_264, -1))]);
    let open = r#"{"arg":{"channel":"open-interest","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP","oi":"2216113.01","oiCcy":"22161.1301","oiUsd":"1855458000","ts":"1791369351400"}]}"#;
    let expected = OpenInterest { qty: 221_611_301, value: 1_855_458_000, qty_exponent: -2, value_exponent: 0 };
    assert_eq!(told(&mut rig, open), [Body::OpenInterest(expected)]);
    let funding = r#"{"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","fundingRate":"-0.0001","nextFundingRate":"","fundingTime":"1791388800000","nextFundingTime":"1791417600000","ts":"1791369351506"}]}"#;
    let expected = Funding { rate: -1, exponent: -4, interval_s: 28_800, next_ts: 1_791_388_800_000_000_000 };
    assert_eq!(told(&mut rig, funding), [Body::Funding(expected)]);
    let orders = r#"{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"instType":"SWAP","instFamily":"BTC-USDT","uly":"BTC-USDT","instId":"BTC-USDT-SWAP","details":[{"side":"buy","posSide":"short","bkPx":"83790.1","sz":"42","bkLoss":"0","ccy":"","ts":"1791369351375"}]},{"instId":"ETH-USDT-SWAP","details":[{"side":"buy","bkPx":"1","sz":"1","ts":"1791369351375"}]}]}"#;
    let expected = Liquidation { price: 837_901, qty: 42, id: 0, price_exponent: -1, qty_exponent: 0, side: Side::Buy };
    assert_eq!(told(&mut rig, orders), [Body::Liquidation(expected)], "one channel tells of all instruments");
    let state = r#"{"arg":{"channel":"instruments","instType":"SWAP"},"data":[{"instId":"BTC-USDT-SWAP","state":"suspend"},{"instId":"X","state":"live"}]}"#;
    assert_eq!(told(&mut rig, state), [Body::TradingStatus(MarketState::Halt)]);
    for (frame, code) in [
        (mark.replace("\"83726.4\"", "83726.4"), Code::FieldType),
        (mark.replace("1791369351200", ""), Code::FieldType),
        (orders.replace("\"buy\"", "\"long\""), Code::FieldType),
        (orders.replace("\"details\":[{", "\"details\":[1,{"), Code::FieldType),
        (open.replace("2216113.01", "-1"), Code::NumberNegative),
        (state.replace("\"suspend\"", "1"), Code::FieldType),
    ] {
        assert_eq!(refused(&mut rig, &frame), code, "{frame}");
    }
}

const INDEX: &str = r#"{"arg":{"channel":"index-tickers","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","idxPx":"83750.1","high24h":"84000","low24h":"81888.8","open24h":"82000","sodUtc0":"82222","sodUtc8":"82111","ts":"1791369351300"}]}"#;

#[test]
fn an_index_of_okx_is_that_of_all_its_contracts_which_the_connection_carries() {
    let mut rig = rig_of(VenueId::OkxFutures, "BTC-USD-270326", ALL);
    rig.input(Input::Connect { connection: 2, venue: VenueId::OkxFutures as u16 });
    for (id, symbol, connection) in [
        (8, "BTC-USD_UM-270326", 1),
        (9, "BTC-USDT-270326", 1),
        (10, "BTC-USD-261225", 2),
        (11, "BTC-USD", 1),
        (12, "BTC-USD-", 1),
    ] {
        rig.define(&definition(id, VenueId::OkxFutures, symbol));
        let channels = if id == 9 { ALL } else { channel::MARK_PRICE };
        rig.input(Input::Subscribe { connection, instrument: id, channels });
    }
    let before = rig.reader.seen.len();
    assert_eq!(told(&mut rig, INDEX), [Body::IndexPrice(price(837_501, -1)); 2]);
    let of: Vec<_> = rig.reader.seen[before..].iter().map(|(header, _)| (header.instrument, header.ts_event)).collect();
    assert_eq!(of, [(7, 1_791_369_351_300_000_000), (8, 1_791_369_351_300_000_000)]);
    for other in ["ETH-USD", "BTC-USD-270326", ""] {
        assert_eq!(told(&mut rig, &INDEX.replace(r#""instId":"BTC-USD","idx"#, &format!(r#""instId":"{other}","idx"#))), []);
    }
    assert_eq!(refused(&mut rig, &INDEX.replace("83750.1", "-1")), Code::NumberNegative);
    rig.input(Input::Unsubscribe { instrument: 7 });
    assert_eq!(told(&mut rig, INDEX).len(), 1, "what nobody asks for any more is left out");
}

#[test]
fn what_a_stream_tells_of_all_instruments_is_taken_from_the_connection_that_carries_each() {
    let mut rig = rig_of(VenueId::OkxSwap, "BTC-USDT-SWAP", ALL);
    rig.define(&definition(8, VenueId::OkxSwap, "ETH-USDT-SWAP"));
    rig.input(Input::Connect { connection: 2, venue: VenueId::OkxSwap as u16 });
    rig.input(Input::Subscribe { connection: 2, instrument: 8, channels: ALL });
    let order = r#"{"side":"buy","bkPx":"1","sz":"1","ts":"1791369351375"}"#;
    let both = format!(
        r#"{{"arg":{{"channel":"liquidation-orders","instType":"SWAP"}},"data":[{{"instId":"BTC-USDT-SWAP","details":[{order}]}},{{"instId":"ETH-USDT-SWAP","details":[{order},{order}]}}]}}"#
    );
    for (connection, count) in [(1, 1), (2, 3)] {
        rig.input(Input::Frame { connection, bytes: both.as_bytes() });
        assert_eq!(rig.machine.counters().liquidations, count, "each venue's order is told once");
    }
}

#[test]
fn a_deribit_ticker_tells_all_of_it_from_json_numbers() {
    let mut rig = rig_of(VenueId::Deribit, "BTC-PERPETUAL", ALL);
    let ticker = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.BTC-PERPETUAL.100ms","data":{"timestamp":1765541474086,"state":"open","stats":{"high":93612.0,"low":null},"index_price":92263.55,"instrument_name":"BTC-PERPETUAL","open_interest":1132329370.0,"mark_price":92281.78,"current_funding":-1.742e-5,"funding_8h":1.742e-5}}}"#;
    let expected = [
        Body::MarkPrice(price(9_228_178, -2)),
        Body::IndexPrice(price(9_226_355, -2)),
        Body::Funding(Funding { rate: -1_742, exponent: -8, interval_s: 28_800, next_ts: 0 }),
        Body::OpenInterest(OpenInterest { qty: 1_132_329_370, value: 0, qty_exponent: 0, value_exponent: 0 }),
        Body::TradingStatus(MarketState::Trading),
    ];
    assert_eq!(told(&mut rig, ticker), expected);
    assert_eq!(told(&mut rig, ticker), expected[..4], "the state is the same");
    let change = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"incremental_ticker.BTC-PERPETUAL","data":{"type":"change","timestamp":1767225601031,"instrument_name":"BTC-PERPETUAL","mark_price":89530.11,"best_bid_amount":253000.0}}}"#;
    assert_eq!(told(&mut rig, change), [Body::MarkPrice(price(8_953_011, -2))]);
    for (frame, code) in [
        (ticker.replace("92281.78", "\"92281.78\""), Code::FieldType),
        (ticker.replace("92281.78", "-1.5"), Code::NumberNegative),
        (ticker.replace("-1.742e-5", "1.5e-30"), Code::NumberPrecision),
        (ticker.replace("\"timestamp\"", "\"time\""), Code::FieldMissing),
        (change.replace("\"change\"", "\"partial\""), Code::UnknownEvent),
    ] {
        assert_eq!(refused(&mut rig, &frame), code, "{frame}");
    }
}

#[test]
fn deribit_tells_of_instruments_that_begin_and_end_on_one_channel() {
    let mut rig = rig_of(VenueId::Deribit, "BTC-PERPETUAL", channel::STATUS);
    let state = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"instrument.state.any.any","data":{"timestamp":1767225600940,"state":"created","instrument_name":"BTC-PERPETUAL"}}}"#;
    for (word, expected) in [
        ("created", MarketState::PreOpen),
        ("open", MarketState::Trading),
        ("settlement", MarketState::Settling),
        ("started", MarketState::Trading),
        ("closed", MarketState::Closed),
        ("locked", MarketState::Halt),
        ("delivered", MarketState::Delisted),
        ("news", MarketState::Other),
    ] {
        assert_eq!(told(&mut rig, &state.replace("created", word)), [Body::TradingStatus(expected)], "{word}");
    }
    assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 1_767_225_600_940_000_000);
    assert_eq!(told(&mut rig, &state.replace("BTC-PERPETUAL", "BTC-2JAN26-90000-C")), [], "it tells of all instruments");
    assert_eq!(refused(&mut rig, &state.replace("\"created\"", "null")), Code::FieldType);
    assert_eq!(refused(&mut rig, &state.replace("\"state\"", "\"status\"")), Code::FieldMissing);
}

#[test]
fn kraken_tells_of_all_pairs_and_coinbase_of_products_whether_they_trade() {
    let mut rig = rig_of(VenueId::KrakenSpot, "BTC/USD", channel::STATUS);
    let pairs = r#"{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"USD","status":"enabled","precision":4}],"pairs":[{"symbol":"ETH/USD","status":"online"},{"symbol":"BTC/USD","base":"BTC","quote":"USD","status":"online","qty_precision":8,"qty_increment":0.00000001,"has_index":true}]}}"#;
    assert_eq!(told(&mut rig, pairs), [Body::TradingStatus(MarketState::Trading)]);
    assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 0, "the venue gives no time");
    assert_eq!(told(&mut rig, pairs), [], "the state is the same");
    let words = [
        ("cancel_only", MarketState::CancelOnly),
        ("post_only", MarketState::PostOnly),
        ("limit_only", MarketState::LimitOnly),
        ("reduce_only", MarketState::ReduceOnly),
        ("maintenance", MarketState::Maintenance),
        ("work_in_progress", MarketState::PreOpen),
        ("delisted", MarketState::Delisted),
        ("news", MarketState::Other),
    ];
    for (word, expected) in words {
        let frame = pairs.replace("snapshot", "update").replace("online", word);
        assert_eq!(told(&mut rig, &frame), [Body::TradingStatus(expected)], "{word}");
    }
    for (frame, code) in [
        (pairs.replace("\"pairs\":[", "\"pairs\":[1,"), Code::FieldType),
        (pairs.replace("\"data\":{", "\"data\":[{").replace("}]}}", "}]}]}"), Code::FieldType),
        (pairs.replace("\"online\"", "true"), Code::FieldType),
        (pairs.replace("\"symbol\"", "\"name\""), Code::FieldMissing),
        (pairs.replace("snapshot", "partial"), Code::UnknownEvent),
    ] {
        assert_eq!(refused(&mut rig, &frame), code, "{frame}");
    }

    let mut rig = rig_of(VenueId::Coinbase, "BTC-USD", channel::STATUS);
    let mut number = 0;
    let mut status = |word: &str| {
        number += 1;
        format!(
            r#"{{"channel":"status","client_id":"","timestamp":"2026-04-07T14:30:10.5Z","sequence_num":{number},"events":[{{"type":"snapshot","products":[{{"product_type":"SPOT","id":"BTC-USD","base_currency":"BTC","status":{word},"status_message":""}},{{"id":"X-USD","status":"online"}}]}}]}}"#
        )
    };
    for (word, expected) in [
        ("online", MarketState::Trading),
        ("offline", MarketState::Halt),
        ("delisted", MarketState::Delisted),
        ("x", MarketState::Other),
    ] {
        assert_eq!(told(&mut rig, &status(&format!("\"{word}\""))), [Body::TradingStatus(expected)], "{word}");
    }
    assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 1_775_572_210_500_000_000);
    assert_eq!(refused(&mut rig, &status("1")), Code::FieldType);
    assert_eq!(refused(&mut rig, &status("\"x\"").replace("products", "rows")), Code::FieldMissing);
}

#[test]
fn backpack_tells_its_figures_in_microseconds_but_the_next_funding_in_milliseconds() {
    let mut rig = rig_of(VenueId::Backpack, "SOL_USDC_PERP", ALL);
    let mark = r#"{"stream":"markPrice.SOL_USDC_PERP","data":{"e":"markPrice","E":1759338824897386,"s":"SOL_USDC_PERP","p":"208.50","f":"0.0001","i":"208.47","n":1759363200000,"T":1759338824895616}}"#;
    let expected = [
        Body::MarkPrice(price(2_085, -1)),
        Body::IndexPrice(price(20_847, -2)),
        Body::Funding(Funding { rate: 1, exponent: -4, interval_s: 0, next_ts: 1_759_363_200_000_000_000 }),
    ];
    assert_eq!(told(&mut rig, mark), expected);
    assert_eq!(rig.reader.seen.last().unwrap().0.ts_event, 1_759_338_824_895_616_000);
    let open = r#"{"stream":"openInterest.SOL_USDC_PERP","data":{"e":"openInterest","E":1759338824897386,"s":"SOL_USDC_PERP","o":"100231.4"}}"#;
    let expected = OpenInterest { qty: 1_002_314, value: 0, qty_exponent: -1, value_exponent: 0 };
    assert_eq!(told(&mut rig, open), [Body::OpenInterest(expected)]);
    let order = r#"{"stream":"liquidation","data":{"e":"liquidation","E":1759338824897386,"q":"0.50","p":"208.10","S":"Bid","s":"SOL_USDC_PERP","T":1759338824895616}}"#;
    let expected = Liquidation { price: 2_081, qty: 5, id: 0, price_exponent: -1, qty_exponent: -1, side: Side::Buy };
    assert_eq!(told(&mut rig, order), [Body::Liquidation(expected)]);
    assert_eq!(told(&mut rig, &order.replace("SOL_USDC_PERP", "X_PERP")), [], "one stream tells of all markets");
    for (frame, code) in [
        (mark.replace("\"p\":", "\"x\":"), Code::FieldMissing),
        (mark.replace("1759363200000", "\"1759363200000\""), Code::FieldType),
        (open.replace("100231.4", "1e5"), Code::NumberSyntax),
        (order.replace("Bid", "Buy"), Code::FieldType),
    ] {
        assert_eq!(refused(&mut rig, &frame), code, "{frame}");
    }
}
