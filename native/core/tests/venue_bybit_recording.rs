//! Bybit: the recording, its fixtures, and the vectorized reading of both.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use std::collections::{BTreeMap, HashMap};

use machine_harness::{Reader, Seen};
use serde_json::Value;
use tickring_core::error::Code;
use tickring_core::event::Body;
use tickring_core::simd::Parser;
use tickring_core::venue::{KnownHead, Message, Sides, VenueId};
use venue_support::*;

const LINEAR: VenueId = VenueId::BybitLinear;
const SPOT: VenueId = VenueId::BybitSpot;
const BOOK: &str = r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1767225600112,"data":{"s":"BTCUSDT","b":[["65000.10","1.250"],["65000.00","0.400"]],"a":[["65000.20","3.100"],["65000.30","0.900"]],"u":18521288,"seq":7961638724},"cts":1767225600110}"#;
const DELTA: &str = r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1767225600132,"data":{"s":"BTCUSDT","b":[["65000.00","0"]],"a":[["65000.25","0.250"]],"u":18521289,"seq":7961638731},"cts":1767225600129}"#;
const TOUCH: &str = r#"{"topic":"orderbook.1.BTCUSDT","ts":1767225600115,"type":"snapshot","data":{"s":"BTCUSDT","b":[["65000.10","1.250"]],"a":[["65000.20","3.100"]],"u":4410221,"seq":7961638725},"cts":1767225600113}"#;
const TRADE: &str = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1767225600120,"data":[{"T":1767225600118,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"65000.20","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"RPI":false,"seq":7961638726}]}"#;

fn parse(frame: &str) -> Message<'_> {
    LINEAR.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"))
}

fn code(frame: &str) -> Code {
    LINEAR.parse_frame(frame.as_bytes()).map(|_| ()).expect_err(frame).code
}

/// Venue and symbols of a recorded connection.
fn connection_of(address: &str) -> (VenueId, &'static [&'static str]) {
    if address.ends_with("/spot") {
        (SPOT, &["BTCUSDT", "ETHUSDT"])
    } else {
        assert!(address.ends_with("/linear"), "{address}");
        (LINEAR, &["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"])
    }
}

fn exact(text: &Value) -> String {
    let text = text.as_str().unwrap();
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

/// What tickers say, by a reader of their members: how many, and all of it as text in its order.
#[derive(Default)]
struct Figures {
    tickers: u64,
    prices: u64,
    fundings: u64,
    open_interests: u64,
    texts: Vec<String>,
    held: HashMap<(String, &'static str), String>,
}

impl Figures {
    fn ticker(&mut self, data: &Value) {
        self.tickers += 1;
        let symbol = data["symbol"].as_str().unwrap().to_owned();
        let told = |name: &str| data[name].is_string();
        for (name, kind) in [("markPrice", "mark"), ("indexPrice", "index")] {
            if told(name) {
                self.prices += 1;
                self.texts.push(format!("{kind} {}", exact(&data[name])));
            }
        }
        for name in ["fundingRate", "nextFundingTime", "fundingIntervalHour", "openInterest", "openInterestValue"] {
            if told(name) {
                self.held.insert((symbol.clone(), name), exact(&data[name]));
            }
        }
        let held = |name| self.held[&(symbol.clone(), name)].clone();
        if ["fundingRate", "nextFundingTime", "fundingIntervalHour"].into_iter().any(told) {
            self.fundings += 1;
            let (rate, next, hours) = (held("fundingRate"), held("nextFundingTime"), held("fundingIntervalHour"));
            self.texts.push(format!("funding {rate} {next}000000 {}", 3600 * hours.parse::<u32>().unwrap()));
        }
        if ["openInterest", "openInterestValue"].into_iter().any(told) {
            self.open_interests += 1;
            self.texts.push(format!("open {} {}", held("openInterest"), held("openInterestValue")));
        }
    }

    fn assert_told(&self, reader: &Reader) {
        let decimal = |mantissa, exponent| {
            let mut text = String::new();
            tickring_core::decimal::format_decimal(&mut text, mantissa, exponent);
            text
        };
        let told = reader.bodies().into_iter().filter_map(|seen| {
            let Seen::Figure(body) = seen else { return None };
            Some(match body {
                Body::MarkPrice(of) => format!("mark {}", decimal(of.price, of.exponent)),
                Body::IndexPrice(of) => format!("index {}", decimal(of.price, of.exponent)),
                Body::Funding(of) => format!("funding {} {} {}", decimal(of.rate, of.exponent), of.next_ts, of.interval_s),
                Body::OpenInterest(of) => {
                    format!("open {} {}", decimal(of.qty, of.qty_exponent), decimal(of.value, of.value_exponent))
                }
                other => panic!("{other:?}"),
            })
        });
        assert!(told.eq(self.texts.iter().cloned()));
    }
}

#[test]
fn the_recording_replays_whole_and_its_books_are_those_of_a_plain_model() {
    let Some(captures) = captures() else { return };
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut books: HashMap<(u16, String), PlainBook> = HashMap::new();
        let mut topics: BTreeMap<String, u64> = BTreeMap::new();
        let (mut agree, mut compared, mut crossed) = (0, 0, 0);
        let mut figures = Figures::default();
        for line in lines(&captures, "BYBIT") {
            if !line.is_frame {
                if line.address.starts_with("wss") {
                    let (venue, symbols) = connection_of(&line.address);
                    replay.connect(&line, venue, symbols, &mut reader);
                }
                continue;
            }
            replay.frame(&line, &mut reader);
            let venue = replay.venue_of(&line);
            let message: Value = serde_json::from_str(&line.data).unwrap();
            let Some(topic) = message["topic"].as_str() else { continue };
            let (channel, symbol) = (topic.split('.').next().unwrap(), topic.rsplit('.').next().unwrap());
            *topics.entry(channel.to_owned()).or_default() += 1;
            let data = &message["data"];
            let book = books.entry((venue as u16, symbol.to_owned())).or_default();
            match channel {
                "orderbook" => {
                    if message["type"] == "snapshot" {
                        book.clear();
                    }
                    for (side, name) in ["b", "a"].into_iter().enumerate() {
                        for row in data[name].as_array().unwrap() {
                            book.set(side, row[0].as_str().unwrap(), row[1].as_str().unwrap());
                        }
                    }
                    crossed += u64::from(replay.machine.book(replay.slot(venue, symbol)).unwrap().touch() as u8 == 2);
                }
                "tickers" => {
                    if data["bid1Price"].is_string() {
                        compared += 1;
                        agree += u64::from(book.best()[0] == Some(exact(&data["bid1Price"])));
                    }
                    if venue == LINEAR {
                        figures.ticker(data);
                    }
                }
                _ => {}
            }
        }
        let counters = replay.machine.counters();
        println!("BYBIT on {}: {topics:?}; best bid equals the ticker's in {agree} of {compared}", path.name());
        assert_eq!(counters.quarantined, 0);
        assert_eq!(counters.book_deltas + 6, oracle_count(&captures, "BYBIT", "l2_book"), "six begin with a snapshot");
        assert_eq!(counters.trades, oracle_count(&captures, "BYBIT", "trades"));
        for kind in ["funding", "index", "open_interest"] {
            // The oracle tells all of them with each ticker, we tell what a ticker says.
            assert_eq!(figures.tickers, oracle_count(&captures, "BYBIT", kind));
        }
        let told = (counters.mark_prices, counters.fundings, counters.open_interests);
        println!("of {} linear tickers: {told:?} prices, fundings, open interests", figures.tickers);
        assert_eq!(told, (figures.prices, figures.fundings, figures.open_interests));
        figures.assert_told(&reader);
        assert_eq!(topics["tickers"], oracle_count(&captures, "BYBIT", "ticker"));
        assert_eq!((counters.gaps, counters.resyncs, counters.duplicates, crossed), (0, 0, 0, 0));
        assert_eq!(books.len(), 6);
        for ((venue, symbol), book) in &books {
            let slot = replay.slot(VenueId::from_number(*venue).unwrap(), symbol);
            assert_eq!(replay.text(slot), book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
            assert_eq!(replay.machine.instrument_counters(slot).unwrap().in_sync, 1);
        }
    }
}

#[test]
fn books_take_the_indexed_path_and_read_the_same() {
    let Some(captures) = captures() else { return };
    let frames = lines(&captures, "BYBIT").into_iter().filter(|line| line.is_frame).map(|line| line.data);
    let samples = [BOOK, DELTA, TOUCH, TRADE].map(str::to_owned);
    let frames: Vec<String> = frames.chain(samples).collect();
    for path in code_paths() {
        let mut parser = Parser::new(path);
        let (mut books, mut indexed) = (0, 0);
        for frame in &frames {
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            let known = &mut KnownHead::default();
            let read = parser.index(frame.as_bytes()).and_then(|frame| {
                LINEAR.parse_indexed(&frame, known, |_| Some((-8, -8)), &mut Sides { bids: &mut bids, asks: &mut asks })
            });
            books += u64::from(frame.contains("\"orderbook"));
            let Some(read) = read else { continue };
            indexed += u64::from(frame.contains("\"orderbook"));
            assert_eq!(said(read, &bids, &asks), scanned(LINEAR, frame, (-8, -8)), "{frame}");
        }
        println!("{}: {indexed} of {books} books indexed", path.name());
        assert!(indexed == books && books > 2_000);
    }
}

#[test]
fn fixtures_of_nautilus_and_recorded_listings_are_read() {
    let Some(captures) = captures() else { return };
    let body = |name: &str| std::fs::read_to_string(captures.join("nautilus/bybit").join(name)).unwrap();
    for name in ["ws_kline.json", "ws_orderbook_delta.json"] {
        assert!(matches!(parse(&body(name)), Message::Ignored), "{name}");
    }
    for name in ["ws_ticker_linear.json", "ws_ticker_option.json"] {
        assert!(matches!(parse(&body(name)), Message::Figures(_)), "{name}");
    }
    assert!(matches!(parse(&body("ws_orderbook_snapshot.json")), Message::Quote(_)));
    // Its topic `trade.linear.BTCUSDT` is in no document of the venue.
    assert_eq!(code(&body("ws_public_trade.json")), Code::UnknownEvent);
    let listing = |name: &str| {
        let listings = LINEAR.parse_listings(body(&format!("http_get_instruments_{name}.json")).as_bytes()).unwrap();
        let first = &listings[0];
        assert!(first.trading, "{name}");
        (first.symbol.clone(), first.tick_size, first.price_exponent, first.lot_size, first.qty_exponent)
    };
    assert_eq!(listing("linear"), ("BTCUSDT".to_owned(), 5, -1, 1, -3));
    assert_eq!(listing("spot"), ("BTCUSDT".to_owned(), 1, -1, 1, -4));
    assert_eq!(listing("inverse"), ("BTCUSD".to_owned(), 5, -1, 1, 0));
    assert_eq!(listing("option").0, "ETH-26JUN26-16000-P");
    let mut counts = Vec::new();
    for line in lines(&captures, "BYBIT").iter().filter(|line| line.address.contains("instruments-info")) {
        let listings = LINEAR.parse_listings(line.data.as_bytes()).unwrap();
        assert!(listings.iter().all(|listing| listing.tick_size > 0 && listing.lot_size > 0));
        counts.push(listings.len());
    }
    println!("recorded listings: {counts:?}");
    assert_eq!(counts.len(), 2);
}
