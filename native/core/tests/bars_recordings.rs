//! Candles of recorded trades against the venue's own klines of the same connection: at each kline's last trade id the candle of that
//! minute has its open, high, low, close and volume; of a minute that was joined late, what has come since.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared with tests that replay")]
mod machine_recording;

use std::collections::BTreeMap;
use std::fs::File;

use machine_recording::captures;
use serde_json::Value;
use tickring_core::bars::{Bar, Bars, Timeframe};
use tickring_core::decimal;
use tickring_core::venue::{Message, VenueId};

const MINUTE_NS: u64 = 60_000_000_000;
/// Fine enough for each symbol of these recordings, and coarse enough for their volumes.
const EXPONENTS: (i8, i8) = (-8, -8);

/// A symbol's candles, and its newest one after each of its trades, by the venue's trade id.
#[derive(Default)]
struct Traded {
    bars: Bars,
    first: Option<u64>,
    after: BTreeMap<u64, Bar>,
}

fn mantissa(text: &[u8], exponent: i8) -> i64 {
    decimal::parse(text).unwrap().at(exponent).unwrap()
}

fn number(kline: &Value, name: &str, exponent: i8) -> i64 {
    mantissa(kline[name].as_str().unwrap().as_bytes(), exponent)
}

/// Compares klines with the candles; returns how many of whole minutes and of minutes joined late.
fn compare(traded: &BTreeMap<String, Traded>, klines: &[Value]) -> (usize, usize) {
    let mut counts = (0, 0);
    let mut joined: BTreeMap<(String, u64), (i64, i64)> = BTreeMap::new();
    for kline in klines {
        let symbol = kline["s"].as_str().unwrap();
        let start = kline["t"].as_u64().unwrap() * 1_000_000;
        let Some(traded) = traded.get(symbol) else { continue };
        let Some(bar) = traded.after.get(&kline["L"].as_u64().unwrap()) else { continue };
        assert_eq!(bar.start, start, "{symbol}: {kline}");
        let volume = number(kline, "v", EXPONENTS.1);
        assert_eq!(bar.close, number(kline, "c", EXPONENTS.0), "{symbol}: {kline}");
        if traded.first.unwrap() < kline["f"].as_u64().unwrap() {
            let ours = (bar.open, bar.high, bar.low, bar.volume);
            let theirs = ["o", "h", "l"].map(|name| number(kline, name, EXPONENTS.0));
            assert_eq!(ours, (theirs[0], theirs[1], theirs[2], volume), "{symbol}: {kline}");
            counts.0 += 1;
        } else {
            // What came before the connection is missing, and always the same.
            assert!(bar.partial, "{symbol}: {kline}");
            let before = joined.entry((symbol.to_owned(), start)).or_insert((volume, bar.volume));
            assert_eq!(volume - before.0, bar.volume - before.1, "{symbol}: {kline}");
            assert!(bar.high <= number(kline, "h", EXPONENTS.0) && bar.low >= number(kline, "l", EXPONENTS.0));
            counts.1 += 1;
        }
    }
    counts
}

#[test]
fn candles_of_recorded_trades_are_the_venues_own() {
    let Some(captures) = captures() else { return };
    let mut all = (0, 0);
    for (venue, name) in [
        (VenueId::BinanceSpot, "BINANCE"),
        (VenueId::BinanceSpot, "BINANCE_US"),
        (VenueId::BinanceUsdm, "BINANCE_FUTURES"),
        (VenueId::BinanceUsdm, "BINANCE_DELIVERY"),
    ] {
        let packed = File::open(captures.join(format!("cryptofeed_v3/{name}.jsonl.zst"))).unwrap();
        let text = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap();
        let (mut traded, mut klines) = (BTreeMap::<String, Traded>::new(), Vec::new());
        for line in text.lines().filter(|line| line.contains("aggTrade") || line.contains("kline")) {
            let entry: Value = serde_json::from_str(line).unwrap();
            let Some(frame) = entry["data"].as_str().filter(|_| entry["t"] == "recv") else { continue };
            let data = serde_json::from_str::<Value>(frame).unwrap()["data"].take();
            if data["e"] == "kline" {
                klines.push(data["k"].clone());
                continue;
            }
            let Ok(Message::Trade(trade)) = venue.parse_frame(frame.as_bytes()) else { continue };
            let traded = traded.entry(data["s"].as_str().unwrap().to_owned()).or_default();
            let (price, qty) = (mantissa(trade.price.bytes, EXPONENTS.0), mantissa(trade.qty.bytes, EXPONENTS.1));
            traded.bars.add(trade.ts_event, price, qty, trade.aggregated);
            traded.first.get_or_insert(data["f"].as_u64().unwrap());
            let bar = traded
                .bars
                .candles(Timeframe::M1, 2)
                .into_iter()
                .find(|bar| bar.start == trade.ts_event / MINUTE_NS * MINUTE_NS);
            traded.after.insert(data["l"].as_u64().unwrap(), bar.unwrap());
        }
        let (whole, late) = compare(&traded, &klines);
        println!("{name}: {whole} klines of whole minutes, {late} of minutes joined late, of {} in all", klines.len());
        all = (all.0 + whole, all.1 + late);
    }
    assert!(all.0 > 10 && all.1 > 10, "{all:?}");
}
