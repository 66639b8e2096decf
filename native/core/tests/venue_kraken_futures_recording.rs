//! Kraken futures: the recording of July 2021, and fixtures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use std::collections::{BTreeMap, HashMap};

use machine_harness::{Reader, Seen};
use serde_json::Value;
use tickring_core::simd::Parser;
use tickring_core::venue::{KnownHead, Message, Sides, VenueId};
use venue_support::*;

const FUTURES: VenueId = VenueId::KrakenFutures;
const FILE: &str = "KRAKEN_FUTURES";

/// Products of the recorded subscription, as the venue answers it.
const SYMBOLS: &[&str] = &[
    "FI_ETHUSD_211231",
    "PI_XRPUSD",
    "PI_LTCUSD",
    "FI_BCHUSD_210730",
    "PI_ETHUSD",
    "FI_XBTUSD_210924",
    "FI_ETHUSD_210730",
    "FI_BCHUSD_210924",
    "FI_XRPUSD_210924",
    "FI_XBTUSD_210730",
];

/// Sets a book to what a message of it says.
fn set(book: &mut PlainBook, message: &Value) {
    if message["feed"] == "book" {
        let side = usize::from(message["side"] == "sell");
        book.set(side, &message["price"].to_string(), &message["qty"].to_string());
        return;
    }
    book.clear();
    for (side, name) in ["bids", "asks"].into_iter().enumerate() {
        for row in message[name].as_array().unwrap() {
            book.set(side, &row["price"].to_string(), &row["qty"].to_string());
        }
    }
}

#[test]
fn the_recording_replays_whole_and_its_books_are_those_of_a_plain_model() {
    let Some(captures) = captures() else { return };
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut books: HashMap<String, PlainBook> = HashMap::new();
        let mut feeds: BTreeMap<String, u64> = BTreeMap::new();
        let mut numbers: HashMap<String, u64> = HashMap::new();
        let (mut trades, mut older) = (Vec::new(), HashMap::new());
        for line in lines(&captures, FILE) {
            if !line.is_frame {
                if line.address.starts_with("wss") {
                    replay.connect(&line, FUTURES, SYMBOLS, &mut reader);
                }
                continue;
            }
            replay.frame(&line, &mut reader);
            let message: Value = serde_json::from_str(&line.data).unwrap();
            if message["event"].is_string() {
                *feeds.entry("event".to_owned()).or_default() += 1;
                continue;
            }
            let (feed, symbol) = (message["feed"].as_str().unwrap(), message["product_id"].as_str().unwrap());
            *feeds.entry(feed.to_owned()).or_default() += 1;
            match feed {
                "book" | "book_snapshot" => {
                    let seq = message["seq"].as_u64().unwrap();
                    let before = numbers.insert(symbol.to_owned(), seq);
                    assert_eq!(before, (feed == "book").then(|| seq - 1), "{symbol}: counts by one");
                    set(books.entry(symbol.to_owned()).or_default(), &message);
                }
                "trade_snapshot" => drop(older.insert(symbol.to_owned(), message["trades"][0]["seq"].as_u64().unwrap())),
                "trade" => {
                    let seq = message["seq"].as_u64().unwrap();
                    assert_eq!(older.insert(symbol.to_owned(), seq), Some(seq - 1), "{symbol}: trades count by one");
                    trades.push((message["price"].as_f64().unwrap(), message["qty"].as_f64().unwrap()));
                }
                "ticker_lite" => {}
                other => panic!("{other}"),
            }
        }
        let counters = replay.machine.counters();
        println!("{FILE} on {}: {feeds:?}", path.name());
        assert_eq!(counters.quarantined, 0);
        assert_eq!(counters.book_deltas + feeds["book_snapshot"], oracle_count(&captures, FILE, "l2_book"));
        assert_eq!(counters.trades, oracle_count(&captures, FILE, "trades"));
        assert_eq!(feeds["ticker_lite"], oracle_count(&captures, FILE, "ticker"), "best prices without quantities");
        assert_eq!(counters.quotes, 0);
        // Beside those, ten lists of trades of before, and what a connection begins with.
        assert_eq!(counters.ignored, feeds["ticker_lite"] + feeds["trade_snapshot"] + 1);
        assert_eq!((counters.replies, feeds["event"]), (30, 31));
        assert_eq!((counters.gaps, counters.resyncs, counters.duplicates, counters.crossed), (0, 0, 0, 0));
        let told: Vec<_> = reader
            .seen
            .iter()
            .filter_map(|(header, seen)| {
                let Seen::Trade(trade) = seen else { return None };
                let of = replay.machine.instrument(header.instrument - 1).unwrap();
                let value = |mantissa: i64, exponent: i8| mantissa as f64 / 10_f64.powi(-i32::from(exponent));
                Some((value(trade.price, of.price_exponent), value(trade.qty, of.qty_exponent)))
            })
            .collect();
        assert_eq!(told, trades);
        assert_eq!(books.len(), SYMBOLS.len());
        for (symbol, book) in &books {
            let slot = replay.slot(FUTURES, symbol);
            assert_eq!(replay.text(slot), book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
            assert_eq!(replay.machine.instrument_counters(slot).unwrap().in_sync, 1);
        }
    }
}

#[test]
fn recorded_books_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    let frames: Vec<_> = lines(&captures, FILE).into_iter().filter(|line| line.is_frame).map(|line| line.data).collect();
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let mut indexed = 0;
        for frame in &frames {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let known = &mut KnownHead::default();
            let sides = &mut Sides { bids: &mut bids, asks: &mut asks };
            let read = parser
                .index(frame.as_bytes())
                .and_then(|frame| FUTURES.parse_indexed(&frame, known, |_| Some((-8, -8)), sides));
            let Some(read) = read else { continue };
            indexed += 1;
            assert_eq!(said(read, &bids, &asks), scanned(FUTURES, frame, (-8, -8)), "{frame}");
        }
        println!("{}: {indexed} of {} indexed", path.name(), frames.len());
        assert_eq!(indexed, 7_014 + 10, "all of them");
    }
}

#[test]
fn recorded_and_later_listings_are_read_and_steps_divide_what_was_recorded() {
    let Some(captures) = captures() else { return };
    let body = |name: &str| std::fs::read_to_string(captures.join("nautilus/kraken").join(name)).unwrap();
    for (name, expected) in [("http_futures_instruments", 4), ("http_futures_instrument_no_fee_schedule", 1)] {
        let listings = FUTURES.parse_listings(body(&format!("{name}.json")).as_bytes()).unwrap();
        assert_eq!(listings.len(), expected, "{name}");
        assert!(listings.iter().all(|row| row.trading && row.tick_size > 0 && row.lot_size > 0), "{listings:?}");
    }
    let (mut listings, mut numbers) = (HashMap::new(), 0);
    for line in lines(&captures, FILE) {
        if line.address.ends_with("/instruments") {
            let found = FUTURES.parse_listings(line.data.as_bytes()).unwrap();
            assert_eq!(found.len(), 17, "and ten indices, which are left out");
            listings.extend(found.into_iter().map(|row| (row.symbol.clone(), row)));
        }
        if !line.is_frame || !line.data.starts_with(r#"{"feed":"book","#) {
            continue;
        }
        let Message::Depth(_) = FUTURES.parse_frame(line.data.as_bytes()).unwrap() else { panic!("{}", line.data) };
        let message: Value = serde_json::from_str(&line.data).unwrap();
        let listing = &listings[message["product_id"].as_str().unwrap()];
        for (number, step, exponent) in [
            (&message["price"], listing.tick_size, listing.price_exponent),
            (&message["qty"], listing.lot_size, listing.qty_exponent),
        ] {
            let mantissa = number.as_f64().unwrap() * 10_f64.powi(-i32::from(exponent));
            assert!(
                (mantissa - mantissa.round()).abs() < 1e-6 && mantissa.round() as i64 % step == 0,
                "{message} of {listing:?}"
            );
            numbers += 1;
        }
    }
    assert_eq!(numbers, 2 * 7_014);
}
