//! Deribit: the recording and its fixtures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use std::collections::{BTreeMap, HashMap};

use machine_harness::{Reader, Seen};
use serde_json::Value;
use tickring_core::event::Body;
use tickring_core::simd::Parser;
use tickring_core::venue::{KnownHead, Message, Sides, VenueId};
use venue_support::*;

const DERIBIT: VenueId = VenueId::Deribit;

fn parse(frame: &str) -> Message<'_> {
    DERIBIT.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

const BOOK: &str = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.A.raw","data":{"type":"change","timestamp":1626993724318,"prev_change_id":8,"instrument_name":"A","change_id":9,"bids":[],"asks":[ROWS]}}}"#;
const QUOTE: &str = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,"best_bid_price":92288.0,"best_ask_amount":99470.0,"best_bid_amount":133440.0}}}"#;

/// Instruments of the recorded subscription.
const SYMBOLS: &[&str] = &[
    "BTC-24SEP21-8000-P",
    "BTC-30JUL21-24000-P",
    "ETH-30JUL21-2800-C",
    "BTC-31DEC21-34000-P",
    "BTC-24SEP21-34000-P",
    "BTC-24JUN22-15000-C",
    "BTC-31DEC21-300000-C",
    "ETH-27AUG21-4000-P",
    "BTC-25MAR22-30000-C",
    "ETH-23JUL21-2300-C",
];

/// Best prices; 0 where a side is empty.
fn best(book: &PlainBook) -> [f64; 2] {
    book.best().map(|price| price.map_or(0.0, |price| price.parse().unwrap()))
}

/// Mark, index and open interest of each ticker as the venue spells them.
fn figures_of(reader: &Reader) -> Vec<[String; 3]> {
    let number = |mantissa: i64, exponent: i8| {
        let places = usize::from(exponent.unsigned_abs());
        let digits = format!("{mantissa:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        format!("{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
    };
    let told = reader.seen.iter().filter_map(|(_, seen)| match seen {
        Seen::Figure(Body::MarkPrice(told) | Body::IndexPrice(told)) => Some(number(told.price, told.exponent)),
        Seen::Figure(Body::OpenInterest(told)) => Some(number(told.qty, told.qty_exponent)),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    told.as_chunks::<3>().0.to_vec()
}

#[test]
fn the_recording_replays_whole_and_its_books_are_those_of_a_plain_model() {
    let Some(captures) = captures() else { return };
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut books: HashMap<String, PlainBook> = HashMap::new();
        let mut channels: BTreeMap<String, u64> = BTreeMap::new();
        let (mut agree, mut ahead, mut compared) = (0, 0, 0);
        let mut told: Vec<[String; 3]> = Vec::new();
        let mut awaited: HashMap<String, [f64; 2]> = HashMap::new();
        for line in lines(&captures, "DERIBIT") {
            if !line.is_frame {
                if line.address.starts_with("wss") {
                    replay.connect(&line, DERIBIT, SYMBOLS, &mut reader);
                }
                continue;
            }
            replay.frame(&line, &mut reader);
            let message: Value = serde_json::from_str(&line.data).unwrap();
            let Some(channel) = message["params"]["channel"].as_str() else { continue };
            let (channel, symbol) = (channel.split('.').next().unwrap(), channel.split('.').nth(1).unwrap());
            *channels.entry(channel.to_owned()).or_default() += 1;
            let data = &message["params"]["data"];
            if channel == "ticker" {
                let spelled = |name: &str| data[name].to_string().replace("1e-6", "0.000001");
                told.push(["mark_price", "index_price", "open_interest"].map(spelled));
                // A book that has begun says what the ticker says; an empty side is told as 0.
                let Some(book) = books.get(symbol) else { continue };
                let told = [&data["best_bid_price"], &data["best_ask_price"]].map(|price| price.as_f64().unwrap());
                compared += 1;
                if told == best(book) {
                    agree += 1;
                } else {
                    awaited.insert(symbol.to_owned(), told);
                }
                continue;
            }
            let book = books.entry(symbol.to_owned()).or_default();
            if data["type"] == "snapshot" {
                book.clear();
            }
            for (side, name) in ["bids", "asks"].into_iter().enumerate() {
                for row in data[name].as_array().unwrap() {
                    let qty = if row[0] == "delete" { "0".to_owned() } else { row[2].to_string() };
                    book.set(side, &row[1].to_string(), &qty);
                }
            }
            ahead += u64::from(awaited.remove(symbol).is_some_and(|told| told == best(book)));
        }
        let counters = replay.machine.counters();
        println!(
            "DERIBIT on {}: {channels:?}; of {compared} tickers {agree} name the book's best prices, {ahead} those of its next change",
            path.name()
        );
        assert_eq!(agree + ahead, compared, "a ticker is sent before the change that it tells of, or after");
        assert_eq!(counters.quarantined, 0);
        assert_eq!(counters.book_deltas + 10, oracle_count(&captures, "DERIBIT", "l2_book"), "ten begin with a snapshot");
        assert_eq!(channels["ticker"], oracle_count(&captures, "DERIBIT", "ticker"));
        // Options have no funding; a state is told when it is another one.
        assert_eq!(figures_of(&reader), told);
        assert_eq!((counters.mark_prices, counters.open_interests, counters.fundings), (2 * 89, 89, 0));
        assert_eq!(counters.trading_statuses, SYMBOLS.len() as u64, "all were open, and stayed so");
        assert_eq!((counters.trades, counters.gaps, counters.resyncs, counters.duplicates), (0, 0, 0, 0));
        assert_eq!((counters.crossed, counters.replies), (0, 1));
        assert_eq!(books.len(), SYMBOLS.len());
        for (symbol, book) in &books {
            let slot = replay.slot(DERIBIT, symbol);
            assert_eq!(replay.text(slot), book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
            assert_eq!(replay.machine.instrument_counters(slot).unwrap().in_sync, 1);
        }
    }
}

#[test]
fn frames_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    let frames = lines(&captures, "DERIBIT").into_iter().filter(|line| line.is_frame).map(|line| line.data);
    let row = |rows: &str| BOOK.replace("ROWS", rows);
    let mut frames: Vec<String> = frames.chain([QUOTE.to_owned()]).collect();
    for rows in [
        r#"["new",1e-5,2.5e2]"#,
        r#"["change",12345678.5,123456789.0],["delete",0.00000001,0.0]"#,
        r#"["new",7,8],["new",0.5,1.0]"#,
        r#"["new",99999999.99999999,92233720368.0]"#,
    ] {
        frames.push(row(rows));
    }
    let refused = [
        row(r#"["new",01.5,1.0]"#),
        row(r#"["new",1.,1.0]"#),
        row(r#"["new",.5,1.0]"#),
        row(r#"["new",-1.5,1.0]"#),
        row(r#"["new",1.5,1.0"#),
        row(r#"["new",1.5,1.0],"#),
        row(r#"["new",1.5,1.0 ]"#),
        row(r#"["new",0.0,1.0]"#),
        row(r#"["new",1.5e,1.0]"#),
        row(r#"["new",1.5,1.0,2]"#),
        row(r#"["new",1.123456789,1.0]"#),
        row(r#"["new",1.5,1.0]"#).replace("\"change_id\":9", "\"change_id\":7"),
        QUOTE.replace("92288.5", "92288.5.1"),
        QUOTE.replace("}}}", "}}}}"),
    ];
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let mut read = |frame: &str| {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let known = &mut KnownHead::default();
            let sides = &mut Sides { bids: &mut bids, asks: &mut asks };
            let read = parser
                .index(frame.as_bytes())
                .and_then(|frame| DERIBIT.parse_indexed(&frame, known, |_| Some((-8, -8)), sides));
            read.map(|read| said(read, &bids, &asks))
        };
        let mut indexed = 0;
        for frame in &frames {
            if let Some(said) = read(frame) {
                indexed += 1;
                assert_eq!(said, scanned(DERIBIT, frame, (-8, -8)), "{frame}");
            }
        }
        println!("{}: {indexed} of {} indexed", path.name(), frames.len());
        // The answer to the subscription alone is spelled otherwise.
        let tickers = frames.iter().filter(|frame| frame.contains("\"channel\":\"ticker.")).count();
        assert_eq!((indexed + 1, tickers), (frames.len(), 89));
        for frame in &refused {
            assert_eq!(read(frame), None, "{frame}");
        }
    }
}

#[test]
fn fixtures_of_nautilus_and_recorded_listings_are_read() {
    let Some(captures) = captures() else { return };
    let body = |name: &str| std::fs::read_to_string(captures.join("nautilus/deribit").join(name)).unwrap();
    for name in ["ws_volatility_index.json", "ws_book_grouped_snapshot.json"] {
        assert!(matches!(parse(&body(name)), Message::Ignored), "{name}");
    }
    for name in ["ws_ticker.json", "ws_chart.json"] {
        assert!(matches!(parse(&body(name)), Message::Figures(_)), "{name}");
    }
    assert!(matches!(parse(&body("ws_book_snapshot.json")), Message::Snapshot(_)));
    assert!(matches!(parse(&body("ws_book_delta.json")), Message::Depth(_)));
    assert!(matches!(parse(&body("ws_quote.json")), Message::Quote(_)));
    for name in ["ws_trades.json", "ws_trades_option_combo.json"] {
        assert!(matches!(parse(&body(name)), Message::Trades(_)), "{name}");
    }
    for name in ["http_get_instruments", "http_get_instruments_future_combo", "http_get_instruments_option_combo"] {
        let listings = DERIBIT.parse_listings(body(&format!("{name}.json")).as_bytes()).unwrap();
        println!("{name}: {listings:?}");
        assert!(!listings.is_empty() && listings.iter().all(|row| row.tick_size > 0 && row.lot_size > 0), "{name}");
    }
    let (mut listings, mut amounts) = (HashMap::new(), 0);
    for line in lines(&captures, "DERIBIT") {
        if line.address.contains("get_instruments") {
            let found = DERIBIT.parse_listings(line.data.as_bytes()).unwrap();
            println!("recorded listing: {} instruments", found.len());
            assert!(found.len() > 10 && found.iter().all(|row| row.trading && row.tick_size > 0 && row.lot_size > 0));
            listings.extend(found.into_iter().map(|row| (row.symbol.clone(), row)));
        }
        if !line.is_frame || !line.data.contains("\"book.") || line.data.contains("\"result\"") {
            continue;
        }
        let message: Value = serde_json::from_str(&line.data).unwrap();
        let data = &message["params"]["data"];
        let listing = &listings[data["instrument_name"].as_str().unwrap()];
        // Evidence for the steps: every recorded price and amount is a multiple of them.
        for row in ["bids", "asks"].into_iter().flat_map(|side| data[side].as_array().unwrap()) {
            for (number, step, exponent) in
                [(&row[1], listing.tick_size, listing.price_exponent), (&row[2], listing.lot_size, listing.qty_exponent)]
            {
                let mantissa = number.as_f64().unwrap() * 10_f64.powi(-i32::from(exponent));
                assert!(
                    (mantissa - mantissa.round()).abs() < 1e-6 && mantissa.round() as i64 % step == 0,
                    "{row} of {listing:?}"
                );
                amounts += 1;
            }
        }
    }
    assert!(amounts > 100, "{amounts}");
}
