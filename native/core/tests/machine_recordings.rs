//! Oracle: replay of recorded Binance feeds gives the books that an independent program computed from the same files
//! (captures/oracle/books.json).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;
mod machine_recording;

use std::path::Path;

use machine_harness::*;
use machine_recording::{Recording, captures};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tickring_core::digest::{Digested, Digests};
use tickring_core::event::Level;
use tickring_core::input::Input;
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::simd::CodePath;
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;

/// Members of one object of books.json that are plain numbers or text; the file has no nesting below that but `files`.
fn member<'a>(object: &'a str, name: &str) -> &'a str {
    let at = object.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("the oracle has no {name}")) + name.len() + 3;
    object[at..].split([',', '\n', '}']).next().unwrap().trim().trim_matches('"')
}

/// Every code path of this host, or the one that `TICKRING_CODE_PATH` names.
fn code_paths() -> Vec<CodePath> {
    let Some(name) = std::env::var_os("TICKRING_CODE_PATH") else {
        return CodePath::ALL.iter().copied().filter(|path| path.is_available()).collect();
    };
    let named = name.to_str().and_then(CodePath::from_name).filter(|path| path.is_available());
    vec![named.unwrap_or_else(|| panic!("TICKRING_CODE_PATH={} is no code path of this host", name.display()))]
}

fn assert_equals_oracle(name: &str, venue: VenueId, symbol: &str, files: &[&str]) {
    let Some(captures) = captures() else { return };
    let digests = code_paths().into_iter().map(|path| {
        let digest = assert_equals_oracle_on(path, &captures, name, venue, symbol, files);
        println!("{name} on {}: digest of all events {digest:016x}", path.name());
        digest
    });
    let digests: Vec<u64> = digests.collect();
    assert_eq!(digests, vec![digests[0]; digests.len()], "the events are those of every code path");
}

fn assert_equals_oracle_on(path: CodePath, captures: &Path, name: &str, venue: VenueId, symbol: &str, files: &[&str]) -> u64 {
    let oracle = std::fs::read_to_string(captures.join("oracle/books.json")).unwrap();
    let start = oracle.find(&format!("\"{name}\"")).unwrap();
    let object = &oracle[start..start + oracle[start..].find("\n }").unwrap()];

    let mut machine = Machine::new(MachineConfig { code_path: path, ..MachineConfig::default() });
    let mut reader = Reader::default();
    let recording = Recording::load(captures, files);
    let mut digests = Digests::default();
    let mut sink = Digested { sink: &mut reader, digests: &mut digests };
    recording.replay(&mut machine, &mut sink, venue, symbol);

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
    digests.shard()
}

/// Inputs from one restored machine to the next.
const CHECKPOINT_INPUTS: u64 = 4_321;

#[test]
fn a_machine_that_is_saved_and_restored_again_and_again_tells_the_same() {
    let Some(captures) = captures() else { return };
    let cases = [
        (VenueId::BinanceUsdm, "BTCUSDT", "usdm/btcusdt_20240808.gz"),
        (VenueId::BinanceSpot, "ETHUSDT", "spot/ethusdt_20240808.gz"),
    ];
    for (venue, symbol, file) in cases {
        let recording = Recording::load(&captures, &[file]);
        let config = MachineConfig::default();
        let run = |every: u64| {
            let (mut machine, mut digests, mut bytes) = (Machine::new(config), Digests::default(), 0);
            recording.replay_with(venue, symbol, |input| {
                machine.apply(input, &mut Digested { sink: &mut Discard, digests: &mut digests });
                if machine.frame_seq().is_multiple_of(every) {
                    bytes = bytes.max(saved(&machine).len());
                    machine = restored(config, &machine);
                }
            });
            println!("{file}: digest {:016x}, a checkpoint has {bytes} bytes at most", digests.shard());
            (digests.shard(), saved(&machine))
        };
        assert!(run(CHECKPOINT_INPUTS) == run(u64::MAX), "{file}");
    }
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
fn any_machine_on_any_code_path_gives_the_same_events_for_the_same_inputs() {
    let Some(captures) = captures() else { return };
    let recording = Recording::load(&captures, &["spot/ethusdt_20240808.gz"]);
    let replay = |code_path| {
        let mut reader = Reader::default();
        let mut machine = Machine::new(MachineConfig { code_path, ..MachineConfig::default() });
        recording.replay(&mut machine, &mut reader, VenueId::BinanceSpot, "ETHUSDT");
        reader
    };
    let first = replay(CodePath::Scalar);
    assert!(first.seen.len() > 30_000, "{}", first.seen.len());
    for path in code_paths() {
        let other = replay(path);
        assert!(first.seen == other.seen && first.latest == other.latest, "{} differs", path.name());
    }
}

/// Mantissa at -8 of a recorded number: independent of the parser.
fn mantissa(text: &Value) -> i64 {
    let (whole, fraction) = text.as_str().unwrap().split_once('.').unwrap_or((text.as_str().unwrap(), ""));
    format!("{whole}{fraction:0<8}").parse().unwrap()
}

/// Best bid and ask with their quantities at -8, as the venue told them of an update id.
type Best = [i64; 4];

fn told(message: &Value) -> (u64, Best) {
    (message["u"].as_u64().unwrap(), ["b", "B", "a", "A"].map(|name| mantissa(&message[name])))
}

fn best(machine: &Machine) -> Best {
    let (book, definition) = (machine.book(0).unwrap(), machine.instrument(0).unwrap());
    let at = |Level { price, qty }: Level| {
        let scaled = |mantissa: i64, exponent: i8| mantissa * 10_i64.pow((exponent + 8) as u32);
        [scaled(price, definition.price_exponent), scaled(qty, definition.qty_exponent)]
    };
    let [[bid, bid_qty], [ask, ask_qty]] = [book.best_bid(), book.best_ask()].map(|level| at(level.unwrap()));
    [bid, bid_qty, ask, ask_qty]
}

#[test]
fn the_quotes_of_an_update_id_are_the_best_prices_of_the_book_at_it() {
    let Some(captures) = captures() else { return };
    let cases: [(VenueId, &str, &[&str]); 4] = [
        (VenueId::BinanceUsdm, "BTCUSDT", &["usdm/btcusdt_20240808.gz"]),
        (VenueId::BinanceUsdm, "ETHUSDT", &["usdm/ethusdt_20240808.gz"]),
        (VenueId::BinanceSpot, "BTCUSDT", &["spot/btcusdt_20240808.gz", "spot/btcusdt_20240809.gz"]),
        (VenueId::BinanceSpot, "ETHUSDT", &["spot/ethusdt_20240808.gz", "spot/ethusdt_20240809.gz"]),
    ];
    for (venue, symbol, files) in cases {
        let recording = Recording::load(&captures, files);
        let mut machine = Machine::new(MachineConfig::default());
        let (mut quotes, mut books) = (Vec::new(), Vec::new());
        recording.replay_with(venue, symbol, |input| {
            let before = machine.instrument_counters(0).map_or(0, |counters| counters.last_update_id);
            machine.apply(input, &mut Discard);
            let Input::Frame { bytes, .. } = input.input else { return };
            let counters = machine.instrument_counters(0).unwrap();
            if counters.in_sync == 1 && counters.last_update_id != before {
                books.push((counters.last_update_id, best(&machine)));
            }
            if bytes.windows(11).take(40).any(|part| part == b"@bookTicker") {
                quotes.push(told(&serde_json::from_slice::<Value>(bytes).unwrap()["data"]));
            }
        });
        quotes.sort_by_key(|&(id, _)| id);
        // Every change of them is told, so what was told last holds until the next.
        let compared = books.iter().filter_map(|&(id, best)| {
            let after = quotes.partition_point(|&(quote, _)| quote <= id);
            (0 < after && after < quotes.len()).then(|| (id, best, quotes[after - 1].1))
        });
        let compared: Vec<_> = compared.collect();
        let different: Vec<_> = compared.iter().filter(|(_, best, told)| best != told).collect();
        println!(
            "{venue:?} {symbol}: {} quotes; best prices and quantities equal at {} of {} update ids",
            quotes.len(),
            compared.len() - different.len(),
            compared.len()
        );
        // Two of spot BTCUSDT differ: the recording has no quote of the change that the book shows.
        assert!(compared.len() > 6_000 && different.len() <= 2, "{symbol}: {different:?}");
    }
}
