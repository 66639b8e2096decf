//! Binance COIN-M: the recording through the machine, snapshots and all, beside a plain model of its books.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod venue_support;

use std::collections::HashMap;

use machine_harness::Reader;
use serde_json::Value;
use tickring_core::venue::VenueId;
use venue_support::*;

const COINM: VenueId = VenueId::BinanceCoinm;

/// A book by the venue's steps: deltas queue, a snapshot comes, the first delta with `u` not below it begins.
#[derive(Default)]
struct Model {
    book: PlainBook,
    /// Update id of the snapshot; deltas before it are dropped.
    snapshot: Option<u64>,
    queue: Vec<Value>,
}

impl Model {
    fn set(&mut self, message: &Value, names: [&str; 2]) {
        for (side, name) in names.into_iter().enumerate() {
            for row in message[name].as_array().unwrap() {
                self.book.set(side, row[0].as_str().unwrap(), row[1].as_str().unwrap());
            }
        }
    }

    fn delta(&mut self, message: &Value) {
        match self.snapshot {
            None => self.queue.push(message.clone()),
            Some(id) if message["u"].as_u64().unwrap() < id => {}
            Some(_) => self.set(message, ["b", "a"]),
        }
    }

    fn snapshot(&mut self, body: &Value) {
        assert!(self.snapshot.is_none(), "one a symbol is recorded");
        self.snapshot = body["lastUpdateId"].as_u64();
        self.set(body, ["bids", "asks"]);
        for message in std::mem::take(&mut self.queue) {
            self.delta(&message);
        }
    }
}

#[test]
fn the_recording_replays_whole_and_its_books_are_those_of_a_plain_model() {
    let Some(captures) = captures() else { return };
    let mut lines = lines(&captures, "BINANCE_DELIVERY");
    // Bodies stand before all frames in the file.
    lines.sort_by_key(|line| line.ts_recv);
    for path in code_paths() {
        let (mut replay, mut reader) = (Replay::new(path), Reader::default());
        let mut models: HashMap<String, Model> = HashMap::new();
        let mut symbols: Vec<String> = Vec::new();
        for line in &lines {
            if line.address.starts_with("wss") {
                let streams = line.address.split_once("streams=").unwrap().1;
                symbols = streams.split('/').filter_map(|name| Some(name.split_once("@depth")?.0.to_uppercase())).collect();
                let symbols: Vec<&str> = symbols.iter().map(String::as_str).collect();
                replay.connect(line, COINM, &symbols, &mut reader);
            } else if line.address.contains("/depth?") {
                let body: Value = serde_json::from_str(&line.data).unwrap();
                let symbol = body["symbol"].as_str().unwrap().to_owned();
                replay.snapshot(line, COINM, &symbol, &mut reader);
                models.entry(symbol).or_default().snapshot(&body);
            } else if line.is_frame {
                replay.frame(line, &mut reader);
                let message: Value = serde_json::from_str(&line.data).unwrap();
                if message["data"]["e"] == "depthUpdate" {
                    let symbol = message["data"]["s"].as_str().unwrap().to_owned();
                    models.entry(symbol).or_default().delta(&message["data"]);
                }
            }
        }
        let counters = replay.machine.counters();
        println!("BINANCE_DELIVERY on {}: {counters:?}", path.name());
        assert_eq!((counters.quarantined, counters.gaps, counters.resyncs), (0, 0, 0));
        assert_eq!(counters.book_deltas + 10, oracle_count(&captures, "BINANCE_DELIVERY", "l2_book"), "ten snapshots");
        assert_eq!(counters.trades, oracle_count(&captures, "BINANCE_DELIVERY", "trades"));
        assert_eq!(counters.quotes, oracle_count(&captures, "BINANCE_DELIVERY", "ticker"));
        assert_eq!((counters.bars, counters.ignored), (oracle_count(&captures, "BINANCE_DELIVERY", "candles"), 0));
        assert_eq!((symbols.len(), models.len()), (10, 10));
        for (symbol, model) in &models {
            let slot = replay.slot(COINM, symbol);
            assert_eq!(replay.text(slot), model.book.text(), "{symbol}");
            reader.assert_holds(&replay.machine, slot);
            assert_eq!(replay.machine.instrument_counters(slot).unwrap().in_sync, 1, "{symbol}");
        }
    }
}

#[test]
fn recorded_listings_are_read_with_their_own_name_of_the_status() {
    let Some(captures) = captures() else { return };
    let lines = lines(&captures, "BINANCE_DELIVERY");
    let body = lines.iter().find(|line| line.address.ends_with("/exchangeInfo")).unwrap();
    let listings = COINM.parse_listings(body.data.as_bytes()).unwrap();
    let perpetual = listings.iter().find(|listing| listing.symbol == "BTCUSD_PERP").unwrap();
    assert_eq!((perpetual.tick_size, perpetual.price_exponent, perpetual.lot_size, perpetual.trading), (1, -1, 1, true));
    assert!(listings.iter().all(|listing| listing.tick_size > 0 && listing.lot_size > 0));
}
