//! A directory of one test, and events whose content can be told from their trade id.
#![allow(dead_code, clippy::unwrap_used)]

pub mod engine;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tickring_core::event::{Body, BookChange, Event, Header, Level, Quote, Trade, flag};
use tickring_core::sink::Sink;
use tickring_shm::{Record, SegmentOptions, Writer};

/// Name of the engine in every test.
pub const NAME: &str = "test";
/// Slots of the smallest ring.
pub const SLOTS: u64 = 1024;

/// A root directory that is removed with its test.
pub struct Root(PathBuf);

impl Root {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/dev/shm/tickring-test-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn shard(&self) -> PathBuf {
        self.0.join(NAME).join("shard-0")
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The smallest segment.
pub fn options(root: &Path, epoch: u64) -> SegmentOptions {
    SegmentOptions {
        root: root.into(),
        name: NAME.into(),
        shard: 0,
        epoch,
        prev_epoch: epoch - 1,
        ring_bytes: SLOTS * 64,
        books_bytes: 1 << 16,
        instruments_max: 4,
        depth: 5,
        hardened: false,
    }
}

/// Scrambles a number, so that words of two records never agree by accident.
fn mix(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// Levels of the event with this number: as many as the number says.
fn levels(number: u64) -> Vec<Level> {
    let count = if number.is_multiple_of(3) { mix(number) % 129 } else { 0 };
    (0..count).map(|index| Level { price: (mix(number) >> 1) as i64, qty: index as i64 }).collect()
}

/// The quote of the event with this number.
fn quote(number: u64) -> Quote {
    let bid_price = (mix(number) >> 1) as i64;
    Quote {
        bid_price,
        bid_qty: number as i64,
        ask_price: bid_price + (number % 1000) as i64,
        ask_qty: (mix(number) >> 17) as i64,
    }
}

/// The venue's time of the event with this number; not whole µs, so the wide form, for one in seven.
fn ts_event(number: u64, ts_recv: u64) -> u64 {
    (ts_recv / 1000 - number % 1000) * 1000 + u64::from(number.is_multiple_of(7))
}

/// Publishes an event all of whose words follow from its number: a trade, a quote, or a book of up to 38 slots.
pub fn publish(writer: &mut Writer, number: u64) {
    let ts_recv = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let header = Header {
        instrument: mix(number) as u32,
        flags: number as u16 & (flag::LAST | flag::STALE | flag::CROSSED),
        ts_event: ts_event(number, ts_recv),
        ts_recv,
        frame_seq: number,
        index: 0,
    };
    let levels = levels(number);
    let (bids, asks) = levels.split_at(levels.len() / 2);
    let change = BookChange { prev_update_id: number, last_update_id: mix(number), part: 0, parts: 1, bids, asks };
    let body = match number % 3 {
        0 => Body::BookDelta(change),
        1 => Body::Trade(Trade { price: (mix(number) >> 1) as i64, qty: number as i64, trade_id: number }),
        _ => Body::Quote(quote(number)),
    };
    writer.event(&Event { header, body });
}

/// The number of a record made by [`publish`], after checking every word of it.
pub fn number_of(record: &Record) -> u64 {
    let number = record.frame_seq;
    match (record.trade(), record.quote(), record.book()) {
        (Some(trade), _, _) => {
            let expected = Trade { price: (mix(number) >> 1) as i64, qty: number as i64, trade_id: number };
            assert_eq!(trade, expected, "torn trade {record:?}");
        }
        (_, Some(got), _) => assert_eq!(got, quote(number), "torn quote {record:?}"),
        (_, _, Some(book)) => {
            assert_eq!((book.prev_update_id, book.last_update_id), (number, mix(number)), "torn book {record:?}");
            assert!(levels(number).iter().eq(book.bids.iter().chain(book.asks)), "torn book {record:?}");
        }
        _ => panic!("another kind than was written: {record:?}"),
    }
    assert_eq!(record.kind as u64, [3, 1, 2][(number % 3) as usize], "torn head {record:?}");
    assert_eq!(record.instrument, mix(number) as u32, "torn head {record:?}");
    assert_eq!(record.ts_event, ts_event(number, record.ts_recv), "torn stamps {record:?}");
    assert!(record.ts_out.abs_diff(record.ts_recv) < 1 << 40, "torn stamps {record:?}");
    number
}
