//! The book of any instant, from the nearest checkpoint of a journal, is the one that the venue's messages say by themselves: kept
//! here by a program of its own, which knows the recorded lines and nothing of machine, journal or checkpoints.
//!
//! `TICKRING_BOOK_INSTANTS` says how many instants are looked at in all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../core/tests/machine_recording/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod machine_recording;
#[allow(dead_code, reason = "other tests use the rest")]
mod replayed;

use std::collections::BTreeMap;
use std::sync::Arc;

use machine_recording::{Recording, captures};
use replayed::{Folder, Live, settings};
use serde_json::Value;
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;
use tickring_journal::{Replay, ReplayOptions, Settings, Spacing, Step};

const INSTANTS: usize = 300;

/// Quantity by price, in 10^-8.
type Side = BTreeMap<i64, i64>;

/// Decimal text in 10^-8.
fn mantissa(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<8}").parse().unwrap()
}

#[derive(Default)]
struct Naive {
    /// USDT-M futures: the snapshot holds 1,000 levels a side, and a delta that ends with its very id is applied to it, which may say more.
    applies_equal: bool,
    /// Deltas before the snapshot.
    waiting: Vec<Value>,
    joined: bool,
    update_id: u64,
    bids: Side,
    asks: Side,
}

impl Naive {
    fn set(side: &mut Side, levels: &Value) {
        for level in levels.as_array().unwrap() {
            let (price, qty) = (mantissa(level[0].as_str().unwrap()), mantissa(level[1].as_str().unwrap()));
            if qty == 0 {
                side.remove(&price)
            } else {
                side.insert(price, qty)
            };
        }
    }

    fn delta(&mut self, delta: &Value) {
        let last = delta["u"].as_u64().unwrap();
        if last > self.update_id {
            Self::set(&mut self.bids, &delta["b"]);
            Self::set(&mut self.asks, &delta["a"]);
            self.update_id = last;
        }
    }

    fn line(&mut self, line: &str) {
        let depth = line.contains(r#""depthUpdate""#);
        if !depth && !line.starts_with(r#"{"lastUpdateId""#) {
            return;
        }
        let message: Value = serde_json::from_str(line).unwrap();
        if depth {
            let delta = message.get("data").unwrap_or(&message).clone();
            if self.joined { self.delta(&delta) } else { self.waiting.push(delta) }
        } else if !self.joined {
            self.joined = true;
            self.update_id = message["lastUpdateId"].as_u64().unwrap();
            Self::set(&mut self.bids, &message["bids"]);
            Self::set(&mut self.asks, &message["asks"]);
            let snapshot = self.update_id;
            for delta in std::mem::take(&mut self.waiting) {
                if self.applies_equal && delta["u"].as_u64() == Some(snapshot) {
                    self.update_id = snapshot - 1;
                }
                self.delta(&delta);
            }
        }
    }

    /// Update id and a number for all levels.
    fn told(&self) -> (u64, u64) {
        let mut mix = Mix::default();
        self.bids.iter().rev().for_each(|(price, qty)| mix.add(*price, *qty));
        self.asks.iter().for_each(|(price, qty)| mix.add(*price, *qty));
        (self.update_id, mix.0)
    }
}

/// FNV-1a over words.
struct Mix(u64);

impl Default for Mix {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Mix {
    fn add(&mut self, price: i64, qty: i64) {
        for word in [price, qty] {
            self.0 = (self.0 ^ word as u64).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
        }
    }
}

/// Update id and the same number of the book in a replay, where it is in sync.
fn told(replay: &Replay) -> Option<(u64, u64)> {
    let machine = replay.machine()?;
    let counters = machine.instrument_counters(0)?;
    let book = machine.book(0).filter(|_| counters.in_sync == 1)?;
    let mut mix = Mix::default();
    book.bids().chain(book.asks()).for_each(|level| mix.add(level.price, level.qty));
    Some((counters.last_update_id, mix.0))
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Anywhere in the recording; half of them at a line's own time, or a nanosecond beside it.
fn instants(recording: &Recording, count: usize, random: &mut Random) -> Vec<u64> {
    let times: Vec<u64> = recording.lines().map(|(ts_recv, _)| ts_recv).collect();
    let (first, last) = (times[0], *times.last().unwrap());
    let mut instants: Vec<u64> = (0..count)
        .map(|index| match index % 2 {
            0 => first + random.below(last - first + 1_000_000_000),
            _ => times[random.below(times.len() as u64) as usize] - 1 + random.below(3),
        })
        .collect();
    instants.sort_unstable();
    instants
}

/// What the lines up to each instant say: all lines before the first one that was received later.
fn truth(recording: &Recording, venue: VenueId, instants: &[u64]) -> Vec<(u64, u64)> {
    let mut naive = Naive { applies_equal: venue == VenueId::BinanceUsdm, ..Naive::default() };
    let mut truth = Vec::with_capacity(instants.len());
    for (ts_recv, line) in recording.lines() {
        while truth.len() < instants.len() && instants[truth.len()] < ts_recv {
            truth.push(naive.told());
        }
        naive.line(line);
    }
    truth.resize(instants.len(), naive.told());
    truth
}

#[test]
fn the_book_of_any_instant_is_what_the_messages_before_it_say() {
    let Some(captures) = captures() else { return };
    let count = std::env::var("TICKRING_BOOK_INSTANTS").map_or(INSTANTS, |text| text.parse().unwrap());
    let seed = std::env::var("TICKRING_SEED").map_or(20_261_122, |text| text.parse().unwrap());
    println!("seed {seed}, {count} instants");
    let mut random = Random(seed);
    let cases: [(VenueId, &str, &[&str]); 4] = [
        (VenueId::BinanceUsdm, "BTCUSDT", &["usdm/btcusdt_20240808.gz"]),
        (VenueId::BinanceUsdm, "ETHUSDT", &["usdm/ethusdt_20240808.gz"]),
        (VenueId::BinanceSpot, "BTCUSDT", &["spot/btcusdt_20240808.gz", "spot/btcusdt_20240809.gz"]),
        (VenueId::BinanceSpot, "ETHUSDT", &["spot/ethusdt_20240808.gz", "spot/ethusdt_20240809.gz"]),
    ];
    let (mut compared, mut apart) = (0, 0);
    for (place, (venue, symbol, files)) in cases.into_iter().enumerate() {
        let recording = Recording::load(&captures, files);
        let folder = Folder::new();
        // Compressed and not, small segments and large ones.
        let shape = Settings { compress: place % 2 == 0, segment_bytes: 1 << (20 + place), ..settings() };
        let mut live = Live::open(&folder, &shape);
        recording.replay_with(venue, symbol, |input| assert!(live.input(input).kept));
        live.close();
        let options = ReplayOptions { digests: false, ..ReplayOptions::default() };
        let mut all = Replay::new(folder.storage(), ReplayOptions::default()).unwrap();
        let mut spacing = Spacing::new(256 << 10);
        let mut left = 0;
        while all.step(u64::MAX, &mut Discard).unwrap() != Step::End {
            left += usize::from(all.save_if_due(&mut spacing).unwrap());
        }
        assert!(left > 5, "{left} checkpoints: the test shows little");
        let instants = instants(&recording, count.div_ceil(4), &mut random);
        let truth = truth(&recording, venue, &instants);
        let storage = folder.storage();
        for _ in 0..instants.len() {
            let index = random.below(instants.len() as u64) as usize;
            let replay = Replay::at(Arc::clone(&storage), options, instants[index]).unwrap();
            match told(&replay) {
                Some(found) => {
                    assert_eq!(found, truth[index], "{symbol} at {}", instants[index]);
                    compared += 1;
                }
                None => apart += 1,
            }
        }
    }
    println!("{compared} books equal, {apart} instants before the book was in sync");
    assert!(compared > 10 * apart, "{compared} compared, {apart} not in sync");
}
