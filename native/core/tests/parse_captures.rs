//! Real recordings: every frame parses, every number converts, and deltas follow each other.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod parse_support;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use parse_support::*;
use tickring_core::error::Code;
use tickring_core::venue::{DeltaIds, Follow, Message, VenueId};

/// Where the recordings are: `TICKRING_CAPTURES`, or beside the repository. Says so and gives `None` where they are missing;
/// panics there under CI, where a skipped test is a lie.
fn captures() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures");
    let path = std::env::var_os("TICKRING_CAPTURES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} missing: set TICKRING_CAPTURES", path.display());
    println!("SKIPPED: {} missing", path.display());
    None
}

/// What a recording held.
#[derive(Debug, Default)]
struct Tally {
    frames: usize,
    bodies: usize,
    listings: usize,
    levels: usize,
    kinds: BTreeMap<&'static str, usize>,
    verdicts: BTreeMap<&'static str, usize>,
    last: BTreeMap<String, DeltaIds>,
}

impl Tally {
    fn frame(&mut self, venue: VenueId, frame: &str) {
        let message = venue.parse_frame(frame.as_bytes()).unwrap_or_else(|reject| panic!("{reject:?}: {frame}"));
        self.frames += 1;
        let kind = match plain(&message) {
            Plain::Depth { symbol, ids, bids, asks, .. } => {
                self.follow(venue, symbol, ids);
                self.levels += bids.unwrap().levels.len() + asks.unwrap().levels.len();
                "depth"
            }
            Plain::Trade { numbers: Ok(_), off_market: false, .. } => "trade",
            Plain::Trade { off_market: true, .. } => "off_market",
            Plain::Quote { numbers: Ok(_), .. } => "quote",
            Plain::Ignored => "ignored",
            Plain::Figures(said) if said.iter().all(|one| one.contains(" bar ")) => "bar",
            Plain::Reply { .. } => "reply",
            other => panic!("{other:?}: {frame}"),
        };
        *self.kinds.entry(kind).or_default() += 1;
        assert!(!matches!(message, Message::Ignored), "{frame}");
    }

    fn follow(&mut self, venue: VenueId, symbol: String, ids: DeltaIds) {
        if let Some(last) = self.last.insert(symbol, ids) {
            let verdict = match venue.follow(&last, &ids) {
                Follow::Apply => "apply",
                Follow::Duplicate => "duplicate",
                Follow::Gap { .. } => "gap",
                Follow::Rollback => "rollback",
            };
            *self.verdicts.entry(verdict).or_default() += 1;
        }
    }

    fn snapshot(&mut self, venue: VenueId, body: &str) {
        let snapshot = venue.parse_snapshot(body.as_bytes()).unwrap();
        self.levels +=
            numbers(snapshot.bids, (0, 0)).unwrap().levels.len() + numbers(snapshot.asks, (0, 0)).unwrap().levels.len();
        self.bodies += 1;
    }

    fn listing(&mut self, venue: VenueId, body: &str) {
        let listings = venue.parse_listings(body.as_bytes()).unwrap();
        let symbols = serde_json::from_str::<serde_json::Value>(body).unwrap()["symbols"].as_array().unwrap().len();
        assert_eq!(listings.len(), symbols, "every listed symbol is given");
        self.listings += listings.len();
        assert!(
            listings.iter().all(|listing| listing.tick_size > 0 && listing.lot_size > 0),
            "every recorded filter is usable"
        );
    }
}

#[test]
fn every_recorded_line_of_hftbacktest_parses() {
    let Some(captures) = captures() else { return };
    for (file, venue, frames, bodies) in [
        ("spot/btcusdt_20240808.gz", SPOT, 41_248, 1),
        ("spot/btcusdt_20240809.gz", SPOT, 58_325, 0),
        ("spot/ethusdt_20240808.gz", SPOT, 33_617, 1),
        ("spot/ethusdt_20240809.gz", SPOT, 46_126, 0),
        ("usdm/btcusdt_20240808.gz", USDM, 93_953, 1),
        ("usdm/ethusdt_20240808.gz", USDM, 74_654, 1),
    ] {
        let mut text = String::new();
        let packed = File::open(captures.join("binance/hftbacktest").join(file)).unwrap();
        flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
        let mut tally = Tally::default();
        for line in text.lines() {
            let (_, body) = line.split_once(' ').unwrap();
            if body.starts_with("{\"lastUpdateId\"") {
                tally.snapshot(venue, body);
            } else {
                tally.frame(venue, body);
            }
        }
        println!(
            "{file}: {} frames, {} levels, {:?}, {:?}, 0 rejects",
            tally.frames, tally.levels, tally.kinds, tally.verdicts
        );
        assert_eq!((tally.frames, tally.bodies), (frames, bodies), "{file}");
        assert_eq!(tally.verdicts.keys().collect::<Vec<_>>(), [&"apply"], "{file}: deltas follow each other without a gap");
    }
}

#[test]
fn every_recorded_line_of_cryptofeed_parses() {
    let Some(captures) = captures() else { return };
    for (name, venue, frames) in [
        ("BINANCE", SPOT, 265),
        ("BINANCE_FUTURES", USDM, 1_535),
        // Sister venues of the same protocol: COIN-M deltas carry `pu`, those of Binance.US do not.
        ("BINANCE_US", SPOT, 480),
        ("BINANCE_DELIVERY", USDM, 4_371),
    ] {
        let packed = File::open(captures.join(format!("cryptofeed_v3/{name}.jsonl.zst"))).unwrap();
        let text = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap();
        let mut tally = Tally::default();
        for line in text.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let data = entry["data"].as_str().unwrap_or_default();
            match (entry["t"].as_str().unwrap(), entry["url"].as_str().unwrap_or_default()) {
                ("recv", _) => tally.frame(venue, data),
                ("http", url) if url.contains("/depth") => tally.snapshot(venue, data),
                ("http", url) if url.ends_with("/exchangeInfo") => tally.listing(venue, data),
                ("header" | "connect" | "send", _) => {}
                other => panic!("{other:?}"),
            }
        }
        println!(
            "{name}: {} frames, {} bodies, {} listings, {} levels, {:?}, {:?}, 0 rejects",
            tally.frames, tally.bodies, tally.listings, tally.levels, tally.kinds, tally.verdicts
        );
        assert_eq!(tally.frames, frames, "{name}");
    }
}

#[test]
fn every_fixture_of_nautilus_parses() {
    let Some(captures) = captures() else { return };
    let body = |name: &str| std::fs::read_to_string(captures.join("nautilus/binance").join(name)).unwrap();
    for name in ["agg_trade", "book_ticker", "depth_update", "liquidation", "mark_price", "trade"] {
        let frame = body(&format!("{name}_stream.json"));
        let read = read(USDM, frame.as_bytes()).unwrap();
        assert!(!matches!(read, Plain::Ignored), "{name}: {read:?}");
    }
    for (name, closed) in [("kline_stream_closed", "closed Some(true)"), ("kline_stream_open", "closed Some(false)")] {
        let read = read(USDM, body(&format!("{name}.json")).as_bytes());
        assert!(matches!(&read, Ok(Plain::Figures(said)) if said.len() == 1 && said[0].ends_with(closed)), "{name}: {read:?}");
    }
    assert_eq!(read(USDM, body("ticker_stream.json").as_bytes()), Ok(Plain::Ignored));
    assert_eq!(USDM.parse_snapshot(body("depth_response.json").as_bytes()).unwrap().last_update_id, 1_027_024);
    let listings = SPOT.parse_listings(body("exchange_info_response.json").as_bytes()).unwrap();
    assert_eq!((listings[0].symbol.as_str(), listings[0].price_exponent, listings[0].trading), ("ETHBTC", -8, true));
    // Answers of other REST endpoints are no frames.
    for name in ["klines_response.json", "trades_response.json"] {
        assert_eq!(code(SPOT, &body(name)), Code::UnknownEvent, "{name}");
    }
}
