//! The book against the plain model on every recording, message by message; and the memory that the deepest one takes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod book_support;
mod machine_recording;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use book_support::{Change, Changes, Model, apply};
use machine_recording::{Recording, captures};
use tickring_core::book::{Book, Side};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::venue::VenueId;

/// PERFORMANCE row 15, less a latest slot of 20 levels a side.
const BOOK_BYTES_MAX: i64 = 160_000 - 1_536;

thread_local! {
    /// Bytes that this thread holds; tests run side by side.
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: usize, sign: i64) {
    LIVE.with(|live| live.set(live.get() + sign * i64::try_from(bytes).unwrap_or(i64::MAX)));
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged, which keeps the contract of `GlobalAlloc`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller keeps the contract of `alloc`, handed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: the caller keeps the contract of `dealloc`; `pointer` came from `System` in `alloc` or `realloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        // SAFETY: the caller keeps the contract of `realloc`; `pointer` came from `System` in `alloc` or `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn live_bytes() -> i64 {
    LIVE.with(Cell::get)
}

fn changes(venue: VenueId, symbol: &str, files: &[&str]) -> Option<Vec<Change>> {
    let captures = captures()?;
    let mut changes = Changes::default();
    Recording::load(&captures, files).replay(&mut Machine::new(MachineConfig::default()), &mut changes, venue, symbol);
    Some(changes.all)
}

fn assert_follows_the_model(venue: VenueId, symbol: &str, files: &[&str]) {
    let Some(changes) = changes(venue, symbol, files) else { return };
    assert!(changes.len() > 6_000, "{}", changes.len());
    let (mut book, mut model) = (Book::new(), Model::default());
    for (at, change) in changes.iter().enumerate() {
        apply(&mut book, change);
        if change.snapshot {
            model = Model::default();
        }
        model.apply(Side::Bid, &change.bids);
        model.apply(Side::Ask, &change.asks);
        model.assert_best(&book);
        model.assert_top(&book);
        if at % 250 == 0 {
            model.assert_equal(&book);
        }
    }
    model.assert_equal(&book);
}

#[test]
fn usdm_btcusdt_follows_the_model() {
    assert_follows_the_model(VenueId::BinanceUsdm, "BTCUSDT", &["usdm/btcusdt_20240808.gz"]);
}

#[test]
fn usdm_ethusdt_follows_the_model() {
    assert_follows_the_model(VenueId::BinanceUsdm, "ETHUSDT", &["usdm/ethusdt_20240808.gz"]);
}

#[test]
fn spot_btcusdt_follows_the_model() {
    let files = ["spot/btcusdt_20240808.gz", "spot/btcusdt_20240809.gz"];
    assert_follows_the_model(VenueId::BinanceSpot, "BTCUSDT", &files);
}

#[test]
fn spot_ethusdt_follows_the_model() {
    let files = ["spot/ethusdt_20240808.gz", "spot/ethusdt_20240809.gz"];
    assert_follows_the_model(VenueId::BinanceSpot, "ETHUSDT", &files);
}

#[test]
fn the_allocator_counts_what_is_held() {
    let before = live_bytes();
    let held = std::hint::black_box(vec![0_u8; 1_000]);
    assert_eq!(live_bytes() - before, 1_000);
    drop(held);
    assert_eq!(live_bytes(), before);
}

#[test]
fn recorded_books_with_their_latest_slot_keep_within_160_kilobytes() {
    let cases = [
        (VenueId::BinanceUsdm, "BTCUSDT", "usdm/btcusdt_20240808.gz"),
        (VenueId::BinanceUsdm, "ETHUSDT", "usdm/ethusdt_20240808.gz"),
        (VenueId::BinanceSpot, "BTCUSDT", "spot/btcusdt_20240808.gz"),
        (VenueId::BinanceSpot, "ETHUSDT", "spot/ethusdt_20240808.gz"),
    ];
    for (venue, symbol, file) in cases {
        let Some(changes) = changes(venue, symbol, &[file]) else { return };
        let before = live_bytes();
        let mut book = Book::new();
        assert_eq!(live_bytes(), before, "an empty book holds no memory");
        changes.iter().for_each(|change| apply(&mut book, change));
        let bytes = live_bytes() - before + size_of::<Book>() as i64;
        let levels = book.levels(Side::Bid) + book.levels(Side::Ask);
        println!("{file}: {bytes} bytes, {levels} levels");
        assert!(bytes <= BOOK_BYTES_MAX, "{file}: {bytes} bytes for {levels} levels exceed {BOOK_BYTES_MAX}");
    }
}
