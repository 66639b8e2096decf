//! Kraken: the recording of v1 as it is, and its books as v2 would spell them; fixtures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use std::collections::HashMap;

use machine_harness::Reader;
use serde_json::Value;
use tickring_core::simd::Parser;
use tickring_core::venue::{KnownHead, Message, Sides, VenueId};
use venue_support::*;

const KRAKEN: VenueId = VenueId::KrakenSpot;

fn parse(frame: &str) -> Message<'_> {
    KRAKEN.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

const SYMBOLS: [&str; 10] =
    ["WAVES/EUR", "XMR/USD", "KSM/XBT", "GRT/ETH", "SC/EUR", "ETH/CHF", "OCEAN/XBT", "OMG/USD", "XBT/CHF", "ADA/XBT"];

/// Rows of one side of a message, as texts: price, quantity.
fn rows<'a>(message: &'a [Value], name: &str) -> Vec<(&'a str, &'a str)> {
    let payloads = message[1..message.len() - 2].iter().filter_map(|payload| payload[name].as_array());
    payloads.flatten().map(|row| (row[0].as_str().unwrap(), row[1].as_str().unwrap())).collect()
}

/// Sets a book to what a message says; whether it was a whole one.
fn set(book: &mut PlainBook, message: &[Value]) -> bool {
    let is_snapshot = message[1]["as"].is_array();
    if is_snapshot {
        book.clear();
    }
    for (side, name) in (if is_snapshot { ["bs", "as"] } else { ["b", "a"] }).into_iter().enumerate() {
        for (price, qty) in rows(message, name) {
            book.set(side, price, qty);
        }
    }
    is_snapshot
}

#[test]
fn the_recording_replays_whole_every_checksum_holds_and_its_books_are_those_of_a_plain_model() {
    let Some(captures) = captures() else { return };
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut books: HashMap<String, PlainBook> = HashMap::new();
        let (mut checksums, mut snapshots, mut tickers, mut crossed) = (0, 0, 0, 0);
        let mut is_first = true;
        for line in lines(&captures, "KRAKEN") {
            if !line.is_frame {
                // Three connections, of one channel each; the last carries the books.
                if line.address.starts_with("wss") {
                    replay.connect_channels(&line, KRAKEN, &SYMBOLS, is_first, &mut reader);
                    is_first = false;
                }
                continue;
            }
            replay.frame(&line, &mut reader);
            let Value::Array(message) = serde_json::from_str(&line.data).unwrap() else { continue };
            let [channel, symbol] = [2, 1].map(|back| message[message.len() - back].as_str().unwrap());
            tickers += u64::from(channel == "ticker");
            if !channel.starts_with("book") {
                continue;
            }
            snapshots += u64::from(set(books.entry(symbol.to_owned()).or_default(), &message));
            checksums += u64::from(message.iter().any(|payload| payload["c"].is_string()));
            crossed += u64::from(replay.machine.book(replay.slot(KRAKEN, symbol)).unwrap().touch() as u8 == 2);
        }
        let counters = replay.machine.counters();
        println!("KRAKEN on {}: {} of {checksums} checksums verified", path.name(), counters.checksums);
        assert_eq!((counters.quarantined, counters.checksum_mismatches), (0, 0));
        assert_eq!((counters.checksums, snapshots), (checksums, 10));
        assert_eq!(counters.book_deltas + snapshots, oracle_count(&captures, "KRAKEN", "l2_book"));
        assert_eq!(counters.trades, oracle_count(&captures, "KRAKEN", "trades"));
        assert_eq!(tickers, oracle_count(&captures, "KRAKEN", "ticker"));
        assert_eq!((counters.gaps, counters.resyncs, crossed), (0, 0, 0));
        assert_eq!(books.len(), SYMBOLS.len());
        for (symbol, book) in &books {
            let slot = replay.slot(KRAKEN, symbol);
            assert_eq!(replay.text(slot), book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
            assert_eq!(replay.machine.instrument_counters(slot).unwrap().in_sync, 1);
        }
    }
}

/// The digits of the ten best levels of both sides, asks first, as the guide says.
fn checksum(book: &PlainBook, decimals: (usize, usize)) -> u32 {
    let text = book.text();
    let digits = |text: &str, decimals: usize| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{fraction:0<decimals$}").trim_start_matches('0').to_owned()
    };
    let mut crc = flate2::Crc::new();
    for side in ["A", "B"] {
        for line in text.lines().filter(|line| line.starts_with(side)).take(10) {
            let mut parts = line.split(' ').skip(1);
            crc.update(digits(parts.next().unwrap(), decimals.0).as_bytes());
            crc.update(digits(parts.next().unwrap(), decimals.1).as_bytes());
        }
    }
    crc.sum()
}

/// A message as v2 spells it. Its checksum is the recorded one; snapshots of v1 have none, so theirs is made from the plain model.
fn respelled(message: &[Value], book: &PlainBook) -> String {
    let symbol = message[message.len() - 1].as_str().unwrap();
    let is_snapshot = message[1]["as"].is_array();
    let (bids, asks, kind) = if is_snapshot { ("bs", "as", "snapshot") } else { ("b", "a", "update") };
    let side = |name| {
        let row = |(price, qty): (&str, &str)| format!(r#"{{"price":{price},"qty":{qty}}}"#);
        rows(message, name).into_iter().map(row).collect::<Vec<_>>().join(",")
    };
    let behind = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let crc = if is_snapshot {
        let (price, qty) = rows(message, asks)[0];
        checksum(book, (behind(price), behind(qty))).to_string()
    } else {
        message.iter().find_map(|payload| payload["c"].as_str()).unwrap().to_owned()
    };
    let (bids, asks) = (side(bids), side(asks));
    format!(
        r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{bids}],"asks":[{asks}],"checksum":{crc},"timestamp":"2021-04-17T16:48:53.440295Z"}}]}}"#
    )
}

#[test]
fn the_recorded_books_as_v2_spells_them_hold_the_same_checksums() {
    let Some(captures) = captures() else { return };
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut books: HashMap<String, PlainBook> = HashMap::new();
        let mut last = None;
        for mut line in lines(&captures, "KRAKEN") {
            if !line.is_frame {
                last = line.address.starts_with("wss").then_some(line).or(last);
                continue;
            }
            let Value::Array(message) = serde_json::from_str(&line.data).unwrap() else { continue };
            let symbol = message[message.len() - 1].as_str().unwrap().to_owned();
            if !message[message.len() - 2].as_str().unwrap().starts_with("book") {
                continue;
            }
            if books.is_empty() {
                replay.connect(last.as_ref().unwrap(), KRAKEN, &SYMBOLS, &mut reader);
            }
            let book = books.entry(symbol).or_default();
            set(book, &message);
            line.data = respelled(&message, book);
            replay.frame(&line, &mut reader);
        }
        let counters = replay.machine.counters();
        println!("KRAKEN as v2 on {}: {} checksums verified", path.name(), counters.checksums);
        assert_eq!((counters.quarantined, counters.checksum_mismatches, counters.resyncs), (0, 0, 0));
        assert_eq!(counters.checksums, oracle_count(&captures, "KRAKEN", "l2_book"));
        for (symbol, book) in &books {
            let slot = replay.slot(KRAKEN, symbol);
            assert_eq!(replay.text(slot), book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
        }
    }
}

#[test]
fn books_of_v2_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    let mut books: HashMap<String, PlainBook> = HashMap::new();
    let mut frames = Vec::new();
    for line in lines(&captures, "KRAKEN") {
        let Ok(Value::Array(message)) = serde_json::from_str(&line.data) else { continue };
        let symbol = message[message.len() - 1].as_str().unwrap().to_owned();
        if line.is_frame && message[message.len() - 2].as_str().unwrap().starts_with("book") {
            // Exponents that hold all numbers of a symbol: one has offers that nine decimals would make too large.
            let price = if symbol.ends_with("/XBT") || symbol.ends_with("/ETH") { -9 } else { -8 };
            let book = books.entry(symbol).or_default();
            set(book, &message);
            frames.push((respelled(&message, book), (price, -8)));
        }
    }
    assert!(frames.len() > 4_000);
    // Without levels; and members in another order, which the scanner reads.
    let other = frames[20].0.replace("\"type\":\"update\",", "").replace("}]}", "}],\"type\":\"update\"}");
    let empty = r#"{"channel":"book","type":"update","data":[{"symbol":"XMR/USD","bids":[],"asks":[],"checksum":7,"timestamp":"2021-04-17T16:48:53.440295Z"}]}"#;
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let mut read = |frame: &str, exponents| {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let (known, sides) = (&mut KnownHead::default(), &mut Sides { bids: &mut bids, asks: &mut asks });
            let indexed = parser.index(frame.as_bytes());
            let read = indexed.and_then(|frame| KRAKEN.parse_indexed(&frame, known, |_| Some(exponents), sides));
            read.map(|read| said(read, &bids, &asks))
        };
        for (frame, exponents) in &frames {
            assert_eq!(read(frame, *exponents).unwrap(), scanned(KRAKEN, frame, *exponents), "{frame}");
        }
        assert_eq!(read(empty, (-8, -8)).unwrap(), scanned(KRAKEN, empty, (-8, -8)));
        assert_eq!(read(&other, frames[20].1), None);
        for (from, to) in [
            ("\"qty\":", "\"qty\":-"),
            ("\"price\":", "\"price\":0"),
            ("\"checksum\":", "\"checksum\":9999999999"),
            (":53.", ":63."),
        ] {
            assert_eq!(read(&frames[20].0.replace(from, to), frames[20].1), None, "{to}");
        }
    }
}

#[test]
fn fixtures_of_nautilus_and_recorded_listings_are_read() {
    let Some(captures) = captures() else { return };
    let body = |name: &str| std::fs::read_to_string(captures.join("nautilus/kraken").join(name)).unwrap();
    assert!(matches!(parse(&body("ws_book_snapshot.json")), Message::Snapshot(_)));
    assert!(matches!(parse(&body("ws_book_update.json")), Message::Depth(_)));
    assert!(matches!(parse(&body("ws_ticker_snapshot.json")), Message::Quote(_)));
    assert!(matches!(parse(&body("ws_trade_update.json")), Message::Trades(_)));
    let listings = KRAKEN.parse_listings(body("http_asset_pairs.json").as_bytes()).unwrap();
    let first = &listings[0];
    let steps = (first.tick_size, first.price_exponent, first.lot_size, first.qty_exponent);
    assert_eq!((first.symbol.as_str(), steps, first.trading), ("BTC/USDT", (1, -1, 1, -8), true));
    let recorded = lines(&captures, "KRAKEN").into_iter().find(|line| line.address.ends_with("AssetPairs")).unwrap();
    let listings = KRAKEN.parse_listings(recorded.data.as_bytes()).unwrap();
    println!("recorded listing: {} pairs", listings.len());
    assert!(listings.len() > 200 && listings.iter().any(|listing| listing.symbol == "BTC/CHF"));
    let refused = br#"{"error":["EGeneral:Too many requests"]}"#;
    assert!(KRAKEN.parse_listings(refused).is_err());
}
