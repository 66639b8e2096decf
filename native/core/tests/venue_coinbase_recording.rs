//! Coinbase: the recording and its fixtures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use std::collections::{BTreeMap, HashMap};

use machine_harness::Reader;
use serde_json::Value;
use tickring_core::simd::{INDEXED_BYTES_MAX, Parser};
use tickring_core::venue::{KnownHead, Message, Sides, VenueId};
use venue_support::*;

const COINBASE: VenueId = VenueId::Coinbase;
const SYMBOLS: &[&str] = &["BTC-USD", "ETH-USD"];

fn parse(frame: &str) -> Message<'_> {
    COINBASE.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn number(text: &Value) -> f64 {
    text.as_str().unwrap().parse().unwrap()
}

/// Where recorded trades were, against the best prices before them, by the side that they name.
#[derive(Debug, Default)]
struct TradeSides {
    sell_at_ask: u64,
    sell_at_bid: u64,
    buy_at_ask: u64,
    buy_at_bid: u64,
}

impl TradeSides {
    fn count(&mut self, trade: &Value, best: [Option<String>; 2]) {
        let [Some(bid), Some(ask)] = best.map(|price| price.map(|price| price.parse::<f64>().unwrap())) else { return };
        let price = number(&trade["price"]);
        match (trade["side"].as_str().unwrap(), price >= ask, price <= bid) {
            ("SELL", true, _) => self.sell_at_ask += 1,
            ("SELL", _, true) => self.sell_at_bid += 1,
            ("BUY", true, _) => self.buy_at_ask += 1,
            ("BUY", _, true) => self.buy_at_bid += 1,
            _ => {}
        }
    }
}

#[test]
fn the_recording_replays_whole_and_its_books_are_those_of_a_plain_model() {
    let Some(captures) = captures() else { return };
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut books: HashMap<String, PlainBook> = HashMap::new();
        let mut channels: BTreeMap<String, u64> = BTreeMap::new();
        let (mut agree, mut compared) = (0, 0);
        let mut sides = TradeSides::default();
        for line in lines(&captures, "COINBASE") {
            if !line.is_frame {
                if line.address.starts_with("wss") {
                    replay.connect(&line, COINBASE, SYMBOLS, &mut reader);
                }
                continue;
            }
            replay.frame(&line, &mut reader);
            let message: Value = serde_json::from_str(&line.data).unwrap();
            let channel = message["channel"].as_str().unwrap();
            *channels.entry(channel.to_owned()).or_default() += 1;
            let event = &message["events"][0];
            match channel {
                "l2_data" => {
                    let book = books.entry(event["product_id"].as_str().unwrap().to_owned()).or_default();
                    if event["type"] == "snapshot" {
                        book.clear();
                    }
                    for row in event["updates"].as_array().unwrap() {
                        let side = usize::from(row["side"] == "offer");
                        book.set(side, row["price_level"].as_str().unwrap(), row["new_quantity"].as_str().unwrap());
                    }
                }
                "market_trades" if event["type"] == "update" => {
                    for trade in event["trades"].as_array().unwrap() {
                        let Some(book) = books.get(trade["product_id"].as_str().unwrap()) else { continue };
                        sides.count(trade, book.best());
                    }
                }
                "ticker" => {
                    let ticker = &event["tickers"][0];
                    let Some(book) = books.get(ticker["product_id"].as_str().unwrap()) else { continue };
                    let told = [&ticker["best_bid"], &ticker["best_ask"]].map(number);
                    compared += 1;
                    agree += u64::from(book.best().map(|price| price.unwrap().parse::<f64>().unwrap()) == told);
                }
                _ => {}
            }
        }
        let counters = replay.machine.counters();
        println!(
            "COINBASE on {}: {channels:?}; best prices equal the ticker's in {agree} of {compared}; {sides:?}",
            path.name()
        );
        assert_eq!(counters.quarantined, 0);
        assert_eq!(counters.book_deltas + 2, oracle_count(&captures, "COINBASE", "l2_book"), "two begin with a snapshot");
        assert_eq!(counters.trades, oracle_count(&captures, "COINBASE", "trades"));
        assert_eq!(counters.quotes, oracle_count(&captures, "COINBASE", "ticker"));
        assert_eq!((counters.gaps, counters.resyncs, counters.duplicates, counters.crossed), (0, 0, 0, 0));
        assert_eq!((sides.sell_at_bid, sides.buy_at_ask), (0, 0), "the side is the maker's");
        assert!(sides.sell_at_ask + sides.buy_at_bid > 60, "{sides:?}");
        assert_eq!(books.len(), SYMBOLS.len());
        for (symbol, book) in &books {
            let slot = replay.slot(COINBASE, symbol);
            assert_eq!(replay.text(slot), book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
            assert_eq!(replay.machine.instrument_counters(slot).unwrap().in_sync, 1);
        }
    }
}

const UPDATE: &str = r#"{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":2,"events":[{"type":"update","product_id":"A","updates":[ROWS]}]}"#;

#[test]
fn changes_and_tickers_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    let frames = lines(&captures, "COINBASE").into_iter().filter(|line| line.is_frame).map(|line| line.data);
    let rows = |price: &str, qty: &str| {
        let row = r#"{"side":"bid","event_time":"0001-01-01T00:00:00Z","price_level":"PRICE","new_quantity":"QTY"}"#;
        UPDATE.replace("ROWS", &row.replace("PRICE", price).replace("QTY", qty))
    };
    let numbers = [("1", "0"), ("123456789.12345678", "1.00000000000"), ("0.00000001", "92233720368.54775807")];
    let frames: Vec<String> = frames.chain(numbers.iter().map(|(price, qty)| rows(price, qty))).collect();
    let refused = [
        rows("1e5", "1"),
        rows("01.5", "1"),
        rows("1.", "1"),
        rows("-1", "1"),
        rows("0", "1"),
        rows("", "1"),
        rows("1.5", "1.123456789"),
        rows("1", "1").replace("bid", "ask"),
        rows("1", "1").replace("]}]}", "]}]} "),
        rows("1", "1").replace("\"sequence_num\":2", "\"sequence_num\":02"),
        rows("1", "1").replace("2026-04", "2026-13"),
    ];
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let mut read = |frame: &str| {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let known = &mut KnownHead::default();
            let sides = &mut Sides { bids: &mut bids, asks: &mut asks };
            let indexed = parser.index(frame.as_bytes());
            let read = indexed.and_then(|frame| COINBASE.parse_indexed(&frame, known, |_| Some((-8, -8)), sides));
            read.map(|read| said(read, &bids, &asks))
        };
        let (mut wanted, mut indexed) = (0, 0);
        for frame in &frames {
            let known = frame.contains("\"l2_data\"") || frame.contains("\"ticker\",\"timestamp\"");
            wanted += u64::from(known && frame.len() <= INDEXED_BYTES_MAX);
            let Some(said) = read(frame) else { continue };
            indexed += 1;
            assert_eq!(said, scanned(COINBASE, frame, (-8, -8)), "{frame}");
        }
        println!("{}: {indexed} of {wanted} changes and tickers indexed", path.name());
        assert!(indexed == wanted && wanted > 900, "{indexed} of {wanted}");
        for frame in &refused {
            assert_eq!(read(frame), None, "{frame}");
        }
    }
    for frame in &frames {
        let spelled = format!(" {frame}");
        assert_eq!(COINBASE.sequence(frame.as_bytes()), COINBASE.sequence(spelled.as_bytes()), "{frame}");
    }
}

#[test]
fn fixtures_of_nautilus_and_the_recorded_listing_are_read() {
    let Some(captures) = captures() else { return };
    let body = |name: &str| std::fs::read_to_string(captures.join("nautilus/coinbase").join(name)).unwrap();
    assert!(matches!(parse(&body("ws_l2_data_snapshot.json")), Message::Snapshot(_)));
    assert!(matches!(parse(&body("ws_l2_data_update.json")), Message::Depth(_)));
    assert!(matches!(parse(&body("ws_ticker.json")), Message::Quote(_)));
    assert!(matches!(parse(&body("ws_market_trades.json")), Message::Trades(_) | Message::Ignored));
    assert!(matches!(parse(&body("ws_candles.json")), Message::Figures(_)));
    let listings = COINBASE.parse_listings(body("http_products.json").as_bytes()).unwrap();
    let symbols: Vec<_> = listings.iter().map(|row| row.symbol.as_str()).collect();
    assert_eq!(symbols, ["BTC-USD"], "BTC-USDC is another name of it");
    assert_eq!((listings[0].tick_size, listings[0].price_exponent), (1, -2));
    assert_eq!((listings[0].lot_size, listings[0].qty_exponent, listings[0].trading), (1, -8, true));
    assert!(!COINBASE.parse_listings(body("http_products_future.json").as_bytes()).unwrap().is_empty());
    for line in lines(&captures, "COINBASE").iter().filter(|line| line.address.contains("/products")) {
        let listings = COINBASE.parse_listings(line.data.as_bytes()).unwrap();
        println!("recorded listing: {} products", listings.len());
        assert!(SYMBOLS.iter().all(|symbol| listings.iter().any(|row| row.symbol == *symbol && row.trading)));
    }
}
