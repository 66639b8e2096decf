//! OKX: the recording, its fixtures, and the vectorized reading of both.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use std::collections::{BTreeMap, HashMap};

use machine_harness::Reader;
use serde_json::Value;
use tickring_core::event::Level;
use tickring_core::simd::{CodePath, Parser};
use tickring_core::venue::{DepthMessage, KnownHead, Message, Read, Sides, VenueId, convert_levels};
use venue_support::*;

const SPOT: VenueId = VenueId::OkxSpot;
const SWAP: VenueId = VenueId::OkxSwap;
const FUTURES: VenueId = VenueId::OkxFutures;

fn parse(frame: &str) -> Message<'_> {
    SPOT.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

/// One recorded connection carries a symbol of each type; all three venues read it alike.
const SYMBOLS: [&str; 3] = ["BTC-USDT", "UNI-USD-SWAP", "BTC-USD-220527"];

#[test]
fn the_recording_replays_whole_every_checksum_holds_and_its_books_are_those_of_a_plain_model() {
    let Some(captures) = captures() else { return };
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut books: HashMap<String, PlainBook> = HashMap::new();
        let mut channels: BTreeMap<String, u64> = BTreeMap::new();
        let mut bids: HashMap<String, Vec<String>> = HashMap::new();
        let (mut agree, mut compared, mut crossed) = (0, 0, 0);
        for line in lines(&captures, "OKX") {
            if !line.is_frame {
                if line.address.starts_with("wss") {
                    replay.connect(&line, SPOT, &SYMBOLS, &mut reader);
                }
                continue;
            }
            replay.frame(&line, &mut reader);
            let message: Value = serde_json::from_str(&line.data).unwrap();
            let (Some(channel), true) = (message["arg"]["channel"].as_str(), message["data"].is_array()) else { continue };
            let symbol = message["arg"]["instId"].as_str().unwrap();
            *channels.entry(channel.to_owned()).or_default() += 1;
            let data = &message["data"][0];
            let book = books.entry(symbol.to_owned()).or_default();
            match channel {
                "books" => {
                    if message["action"] == "snapshot" {
                        book.clear();
                    }
                    for (side, name) in ["bids", "asks"].into_iter().enumerate() {
                        for row in data[name].as_array().unwrap() {
                            book.set(side, row[0].as_str().unwrap(), row[1].as_str().unwrap());
                        }
                    }
                    bids.entry(symbol.to_owned()).or_default().extend(book.best()[0].clone());
                    crossed += u64::from(replay.machine.book(replay.slot(SPOT, symbol)).unwrap().touch() as u8 == 2);
                }
                "tickers" if book.best()[0].is_some() => {
                    // Tickers are older than books, by a second or so.
                    compared += 1;
                    agree += u64::from(bids[symbol].iter().rev().take(30).any(|bid| data["bidPx"] == bid.as_str()));
                }
                _ => {}
            }
        }
        let counters = replay.machine.counters();
        println!("OKX on {}: {channels:?}, {} checksums verified", path.name(), counters.checksums);
        println!("the ticker's best bid is one of the last 30 of the book in {agree} of {compared}");
        assert_eq!(counters.quarantined, 0);
        assert_eq!((counters.checksums, counters.checksum_mismatches), (oracle_count(&captures, "OKX", "l2_book"), 0));
        assert_eq!(counters.book_deltas + 3, oracle_count(&captures, "OKX", "l2_book"), "three begin with a snapshot");
        assert_eq!(counters.trades, oracle_count(&captures, "OKX", "trades"));
        assert_eq!(channels["tickers"], oracle_count(&captures, "OKX", "ticker"));
        assert_eq!((counters.gaps, counters.resyncs, counters.duplicates, crossed), (0, 0, 0, 0));
        assert_eq!(books.len(), SYMBOLS.len());
        for (symbol, book) in &books {
            let slot = replay.slot(SPOT, symbol);
            assert_eq!(replay.text(slot), book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
            assert_eq!(replay.machine.instrument_counters(slot).unwrap().in_sync, 1);
        }
    }
}

#[test]
fn a_lost_message_is_found_by_the_next_checksum_of_its_book() {
    let Some(captures) = captures() else { return };
    let (mut replay, mut reader) = (Replay::new(code_paths()[0]), Reader::default());
    let mut left_out = None;
    for line in lines(&captures, "OKX") {
        let is_delta = line.data.contains("\"action\":\"update\"") && line.data.contains("\"BTC-USDT\"");
        if line.address.starts_with("wss") {
            replay.connect(&line, SPOT, &SYMBOLS, &mut reader);
        } else if line.is_frame && is_delta && left_out.is_none() {
            left_out = Some(line.data);
        } else if line.is_frame {
            replay.frame(&line, &mut reader);
            if is_delta && replay.machine.counters().checksum_mismatches == 1 {
                break;
            }
        }
    }
    let counters = replay.machine.counters();
    assert_eq!((counters.checksum_mismatches, counters.resyncs), (1, 1));
    assert_eq!(replay.machine.instrument_counters(replay.slot(SPOT, "BTC-USDT")).unwrap().in_sync, 0);
}

#[test]
fn fixtures_of_nautilus_and_recorded_listings_are_read() {
    let Some(captures) = captures() else { return };
    let body = |name: &str| std::fs::read_to_string(captures.join("nautilus/okx").join(name)).unwrap();
    assert!(matches!(parse(&body("ws_books_snapshot.json")), Message::Snapshot(book) if book.head.ids.last == 123_456));
    assert!(matches!(parse(&body("ws_books_update.json")), Message::Depth(book) if book.head.ids.prev == Some(123_456)));
    assert!(matches!(parse(&body("ws_bbo_tbt.json")), Message::Quote(_)));
    assert!(matches!(parse(&body("ws_trades.json")), Message::Trades(_)));
    for name in ["ws_candle.json", "ws_tickers.json"] {
        assert!(matches!(parse(&body(name)), Message::Ignored), "{name}");
    }
    let listing = |venue: VenueId, name: &str| {
        let listings = venue.parse_listings(body(&format!("http_get_instruments_{name}.json")).as_bytes()).unwrap();
        let first = &listings[0];
        assert!(first.trading, "{name}");
        (first.symbol.clone(), first.tick_size, first.price_exponent, first.lot_size, first.qty_exponent)
    };
    assert_eq!(listing(SPOT, "spot"), ("BTC-USD".to_owned(), 1, -1, 1, -8));
    assert_eq!(listing(SWAP, "swap"), ("BTC-USD-SWAP".to_owned(), 1, -1, 1, 0));
    assert_eq!(listing(FUTURES, "futures").1, 1);
    let mut counts = BTreeMap::new();
    for line in lines(&captures, "OKX").iter().filter(|line| line.address.contains("/public/instruments?instType=")) {
        let listings = SPOT.parse_listings(line.data.as_bytes()).unwrap();
        assert!(listings.iter().all(|listing| listing.tick_size > 0 && listing.lot_size > 0));
        counts.insert(line.address.rsplit("instType=").next().unwrap().to_owned(), listings.len());
    }
    println!("recorded listings: {counts:?}");
    assert_eq!(counts.len(), 5);
}

/// What the indexed parser said of a frame, in a form that compares.
fn said(read: Read<'_>, bids: &[Level], asks: &[Level]) -> String {
    match read {
        Read::Delta(head) => format!("delta {head:?} {bids:?} {asks:?}"),
        Read::Snapshot(head) => format!("snapshot {head:?} {bids:?} {asks:?}"),
        Read::Other(message) => format!("{message:?}"),
    }
}

/// The same from the scanner.
fn scanned(frame: &str, exponents: (i8, i8)) -> String {
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    let mut levels = |message: &DepthMessage<'_>| {
        convert_levels(message.bids, exponents.0, exponents.1, &mut bids).unwrap();
        convert_levels(message.asks, exponents.0, exponents.1, &mut asks).unwrap();
    };
    match parse(frame) {
        Message::Depth(message) => {
            levels(&message);
            said(Read::Delta(message.head), &bids, &asks)
        }
        Message::Snapshot(message) => {
            levels(&message);
            said(Read::Snapshot(message.head), &bids, &asks)
        }
        message => format!("{message:?}"),
    }
}

/// What the indexed parser says of a frame on this path, held against the scanner.
fn indexed(parser: &mut Parser, frame: &str) -> Option<String> {
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    let known = &mut KnownHead::default();
    let read = parser.index(frame.as_bytes()).and_then(|frame| {
        SPOT.parse_indexed(&frame, known, |_| Some((-8, -8)), &mut Sides { bids: &mut bids, asks: &mut asks })
    })?;
    let said = said(read, &bids, &asks);
    assert_eq!(said, scanned(frame, (-8, -8)), "{frame}");
    Some(said)
}

/// A frame of the present spelling with these rows.
fn book(rows: &[String]) -> String {
    let rows = rows.join(",");
    format!(
        r#"{{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"update","data":[{{"bids":[{rows}],"asks":[["83729.6","70.03","0","4"]],"ts":"1791369352001","seqId":344430849237,"prevSeqId":344430848984}}]}}"#
    )
}

#[test]
fn books_quotes_and_tickers_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    let touch = r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["83753","0.5","0","3"]],"bids":[["83752.9","1.1","0","4"]],"ts":"1791369351011","seqId":82083114841}]}"#;
    let recorded = lines(&captures, "OKX").into_iter().filter(|line| line.is_frame).map(|line| line.data);
    let frames: Vec<String> = recorded.filter(|frame| !frame.contains("\"event\"")).chain([touch.to_owned()]).collect();
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let (mut read, mut trades) = (0, 0);
        for frame in &frames {
            trades += u64::from(frame.contains("\"trades\""));
            read += u64::from(indexed(&mut parser, frame).is_some());
        }
        println!("{}: {read} of {} frames indexed, {trades} are trades", path.name(), frames.len());
        assert_eq!((read + trades, trades), (frames.len() as u64, 74));
    }
}

#[test]
fn rows_of_four_texts_are_read_alike_however_many_and_whatever_is_odd_in_them() {
    let good = |number: usize| format!(r#"["{}.{}","{}","0","{number}"]"#, 83_000 + number, number % 10, number * 7);
    let odd = [
        r#"["83723.6","0","0","0"]"#,
        r#"["0.00000001","123456789.12345678","0","1"]"#,
        r#"["83723.6","5","",""]"#,
        r#"["83723.6","5","[],{}","\""]"#,
        r#"["83723.6","5","0"]"#,
        r#"["83723.6","5"]"#,
        r#"["83723.6","5","0","1","2"]"#,
        r#"["83723.6","5","0",1]"#,
        r#"["083723.6","5","0","1"]"#,
        r#"["83723.6","5" ,"0","1"]"#,
        r#"["83723.6","5","0", "1"]"#,
        r#"["83723.6","5":"0","1"]"#,
        r#"["83723.6","5","0","1"],[]"#,
        r#"["0","5","0","1"]"#,
    ];
    for path in code_paths() {
        let mut parser = Parser::new(path);
        for count in 0..20 {
            let rows: Vec<String> = (1..=count).map(good).collect();
            assert!(indexed(&mut parser, &book(&rows)).is_some(), "{count} rows on {}", path.name());
            for (place, odd) in (0..=count).flat_map(|place| odd.iter().map(move |odd| (place, odd))) {
                let mut rows = rows.clone();
                rows.insert(place, (*odd).to_owned());
                // Who accepts it must read what the scanner reads: `indexed` asserts that.
                let frame = book(&rows);
                let answer = indexed(&mut parser, &frame);
                let first = indexed(&mut Parser::new(CodePath::Scalar), &frame);
                assert_eq!(answer, first, "{} {frame}", path.name());
            }
        }
    }
}
