//! Oracle: replay of recorded Binance feeds gives the books that an independent program computed from the same files
//! (captures/oracle/books.json).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod machine_recording;

use machine_harness::*;
use machine_recording::{Recording, captures};
use sha2::{Digest, Sha256};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::venue::VenueId;

/// Members of one object of books.json that are plain numbers or text; the file has no nesting below that but `files`.
fn member<'a>(object: &'a str, name: &str) -> &'a str {
    let at = object.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("the oracle has no {name}")) + name.len() + 3;
    object[at..].split([',', '\n', '}']).next().unwrap().trim().trim_matches('"')
}

fn assert_equals_oracle(name: &str, venue: VenueId, symbol: &str, files: &[&str]) {
    let Some(captures) = captures() else { return };
    let oracle = std::fs::read_to_string(captures.join("oracle/books.json")).unwrap();
    let start = oracle.find(&format!("\"{name}\"")).unwrap();
    let object = &oracle[start..start + oracle[start..].find("\n }").unwrap()];

    let mut machine = Machine::new(MachineConfig::default());
    let mut reader = Reader::default();
    let recording = Recording::load(&captures, files);
    recording.replay(&mut machine, &mut reader, venue, symbol);

    let book = machine.book(0).unwrap();
    let counters = machine.instrument_counters(0).unwrap();
    let text = text_of(book, machine.instrument(0).unwrap());
    let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(counters.last_update_id.to_string(), member(object, "last_update_id"));
    assert_eq!(counters.book_deltas.to_string(), member(object, "applied"));
    assert_eq!(book.bids().len().to_string(), member(object, "bids"));
    assert_eq!(book.asks().len().to_string(), member(object, "asks"));
    assert_eq!(hash, member(object, "sha256"));
    assert_eq!(counters.in_sync, 1);
    assert_eq!((machine.counters().quarantined, counters.duplicates), (0, 0));
    assert_eq!(reader.gaps(), [], "the recordings miss nothing");
    reader.assert_holds(&machine, 0);
}

#[test]
fn replayed_usdm_btcusdt_equals_the_oracle() {
    assert_equals_oracle("usdm_btcusdt_20240808", VenueId::BinanceUsdm, "BTCUSDT", &["usdm/btcusdt_20240808.gz"]);
}

#[test]
fn replayed_usdm_ethusdt_equals_the_oracle() {
    assert_equals_oracle("usdm_ethusdt_20240808", VenueId::BinanceUsdm, "ETHUSDT", &["usdm/ethusdt_20240808.gz"]);
}

#[test]
fn replayed_spot_btcusdt_equals_the_oracle() {
    let files = ["spot/btcusdt_20240808.gz", "spot/btcusdt_20240809.gz"];
    assert_equals_oracle("spot_btcusdt_202408", VenueId::BinanceSpot, "BTCUSDT", &files);
}

#[test]
fn replayed_spot_ethusdt_equals_the_oracle() {
    let files = ["spot/ethusdt_20240808.gz", "spot/ethusdt_20240809.gz"];
    assert_equals_oracle("spot_ethusdt_202408", VenueId::BinanceSpot, "ETHUSDT", &files);
}

#[test]
fn two_machines_give_the_same_events_for_the_same_inputs() {
    let Some(captures) = captures() else { return };
    let recording = Recording::load(&captures, &["spot/ethusdt_20240808.gz"]);
    let [first, second] = [0, 1].map(|_| {
        let mut reader = Reader::default();
        recording.replay(&mut Machine::new(MachineConfig::default()), &mut reader, VenueId::BinanceSpot, "ETHUSDT");
        reader
    });
    assert!(first.seen.len() > 30_000, "{}", first.seen.len());
    assert_eq!(first.seen, second.seen);
    assert_eq!(first.latest, second.latest);
}
