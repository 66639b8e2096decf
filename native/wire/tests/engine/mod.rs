//! A small engine that publishes on a real ring, and a client that knows nothing but messages.
#![allow(dead_code)]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tickring_core::book::{self, level_hash};
use tickring_core::event::{Body, BookChange, Event, Header, Level, Status, Trade};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::Sink;
use tickring_shm::{SegmentOptions, Writer};
use tickring_wire::{Encoding, FRAME_HEAD_SIZE, Fanout, fbs, frame_size};

pub const NAME: &str = "wire_test";
/// Guards against a hang; no test waits that long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A directory for one test, removed with it.
pub struct Root(PathBuf);

impl Root {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let base = Path::new("/dev/shm");
        let base = if base.is_dir() { base.to_owned() } else { std::env::temp_dir() };
        // Relaxed: a counter, nothing is published by it.
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(base.join(format!("tickring-wire-{}-{count}", std::process::id())))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn instrument(id: u32) -> Instrument {
    Instrument {
        id,
        venue: 2,
        symbol: Symbol::new(&format!("SYM{id}")).unwrap(),
        price_exponent: -2,
        qty_exponent: -3,
        tick_size: 1,
        lot_size: 1,
        state: TradingState::Trading,
        change_count: 0,
    }
}

type Side = BTreeMap<i64, i64>;

/// Bids and asks by price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides(pub Side, pub Side);

impl Sides {
    fn set(side: &mut Side, levels: &[Level]) {
        for level in levels {
            if level.qty == 0 {
                side.remove(&level.price)
            } else {
                side.insert(level.price, level.qty)
            };
        }
    }

    pub fn apply(&mut self, bids: &[Level], asks: &[Level]) {
        Self::set(&mut self.0, bids);
        Self::set(&mut self.1, asks);
    }

    /// Computed anew from all levels, as `native/wire/README.md` says.
    pub fn hash(&self) -> u64 {
        let share = |side, (&price, &qty): (&i64, &i64)| level_hash(side, Level { price, qty });
        let bids = self.0.iter().map(|level| share(book::Side::Bid, level));
        bids.chain(self.1.iter().map(|level| share(book::Side::Ask, level))).fold(0, u64::wrapping_add)
    }

    fn best_first(&self) -> (Vec<Level>, Vec<Level>) {
        let level = |(&price, &qty): (&i64, &i64)| Level { price, qty };
        (self.0.iter().rev().map(level).collect(), self.1.iter().map(level).collect())
    }
}

/// Publishes one shard.
pub struct Engine {
    pub writer: Writer,
    frame_seq: u64,
    pub books: HashMap<u32, (u64, Sides)>,
    /// Every book that was ever published whole, by instrument and update id.
    pub history: HashMap<(u32, u64), Sides>,
    slots: Vec<u32>,
}

impl Engine {
    pub fn start(root: &Root, shard: u16, epoch: u64) -> Self {
        let options = SegmentOptions {
            root: root.path().into(),
            name: NAME.into(),
            shard,
            epoch,
            prev_epoch: epoch - 1,
            ring_bytes: 64 * 1024,
            books_bytes: 0,
            instruments_max: 8,
            depth: 5,
            hardened: false,
        };
        let writer = Writer::create(&options).unwrap();
        Self { writer, frame_seq: 0, books: HashMap::new(), history: HashMap::new(), slots: Vec::new() }
    }

    pub fn event(&mut self, instrument: u32, flags: u16, index: u32, body: Body<'_>) {
        self.frame_seq += u64::from(index == 0);
        let frame_seq = self.frame_seq;
        let header = Header { instrument, flags, ts_event: 1_000 + frame_seq, ts_recv: 2_000 + frame_seq, frame_seq, index };
        self.writer.event(&Event { header, body });
    }

    pub fn define(&mut self, definition: &Instrument) {
        let slot = self.slots.iter().position(|id| *id == definition.id).unwrap_or_else(|| {
            self.slots.push(definition.id);
            self.slots.len() - 1
        });
        self.writer.instrument(u32::try_from(slot).unwrap(), definition);
        self.event(definition.id, 0, 0, Body::Instrument(definition));
    }

    pub fn trade(&mut self, instrument: u32, trade_id: u64) {
        self.event(instrument, 0, 0, Body::Trade(Trade { price: 100, qty: 1, trade_id }));
    }

    pub fn status(&mut self, instrument: u32, status: Status) {
        self.event(instrument, 0, 0, Body::Status(status));
    }

    /// Changes the book and publishes the change in parts of at most `part_levels` levels a side.
    pub fn delta(&mut self, instrument: u32, last: u64, bids: &[Level], asks: &[Level], part_levels: usize) {
        let (held, sides) = self.books.entry(instrument).or_default();
        let prev = std::mem::replace(held, last);
        sides.apply(bids, asks);
        self.history.insert((instrument, last), sides.clone());
        self.parts(instrument, prev, last, (bids, asks), part_levels, false);
    }

    /// Publishes the whole book.
    pub fn snapshot(&mut self, instrument: u32, part_levels: usize) {
        let (last, sides) = self.books.entry(instrument).or_default().clone();
        let (bids, asks) = sides.best_first();
        self.history.insert((instrument, last), sides);
        self.parts(instrument, last, last, (&bids, &asks), part_levels, true);
    }

    fn parts(&mut self, id: u32, prev: u64, last: u64, sides: (&[Level], &[Level]), part_levels: usize, whole: bool) {
        let parts = sides.0.len().max(sides.1.len()).div_ceil(part_levels).max(1);
        for part in 0..parts {
            let cut = |side: &'_ [Level]| {
                let start = (part * part_levels).min(side.len());
                start..(start + part_levels).min(side.len())
            };
            let (bids, asks) = (&sides.0[cut(sides.0)], &sides.1[cut(sides.1)]);
            let (number, count) = (u16::try_from(part).unwrap(), u16::try_from(parts).unwrap());
            let change = BookChange { prev_update_id: prev, last_update_id: last, part: number, parts: count, bids, asks };
            let body = if whole { Body::BookSnapshot(change) } else { Body::BookDelta(change) };
            self.event(id, 0, u32::from(number), body);
        }
    }
}

/// One message, as a client keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub topic: u32,
    pub encoding: u8,
    pub rung: u8,
    pub bytes: Vec<u8>,
}

impl Received {
    pub fn flat(&self) -> fbs::Message<'_> {
        assert_eq!(self.encoding, Encoding::FlatBuffers as u8);
        fbs::root_as_message(&self.bytes).unwrap()
    }
}

/// Takes frames apart.
pub fn unframe(mut bytes: &[u8]) -> Vec<Received> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let (length, topic) = (word(0) as usize, word(4));
        assert_eq!(bytes[10..12], [0; 2]);
        let (message, padding) = bytes[FRAME_HEAD_SIZE..frame_size(length)].split_at(length);
        assert!(padding.iter().all(|byte| *byte == 0) && padding.len() < 8);
        messages.push(Received { topic, encoding: bytes[8], rung: bytes[9], bytes: message.to_vec() });
        bytes = &bytes[frame_size(length)..];
    }
    messages
}

/// Polls until nothing is new.
pub fn drain(fanout: &mut Fanout, out_size: usize) -> Vec<Received> {
    let mut out = vec![0; out_size];
    let mut messages = Vec::new();
    loop {
        let used = fanout.poll(&mut out);
        if used == 0 {
            return messages;
        }
        messages.extend(unframe(&out[..used]));
    }
}

/// Polls until `done` says so of all messages so far.
pub fn drain_until(fanout: &mut Fanout, done: impl Fn(&Fanout, &[Received]) -> bool) -> Vec<Received> {
    let start = Instant::now();
    let mut messages = drain(fanout, 1 << 20);
    while !done(fanout, &messages) {
        assert!(start.elapsed() < PATIENCE, "nothing of what was waited for in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
        messages.extend(drain(fanout, 1 << 20));
    }
    messages
}

pub fn topic(fanout: &Fanout, name: &str) -> u32 {
    fanout.topics().find(|topic| topic.name == name).unwrap_or_else(|| panic!("no topic {name}")).id
}

pub fn levels(read: Option<flatbuffers::Vector<'_, fbs::Level>>) -> Vec<Level> {
    read.unwrap().iter().map(|level| Level { price: level.price(), qty: level.qty() }).collect()
}

/// A client of one book topic.
#[derive(Debug, Default)]
pub struct Client {
    pub seq: u64,
    /// Update id and levels; `None` while void.
    pub book: Option<(u64, Sides)>,
    pub skips: Vec<(fbs::SkipReason, u64, u64, u64)>,
}

impl Client {
    /// Starts from a snapshot made for it.
    pub fn join(snapshot: &[u8]) -> Self {
        let message = fbs::root_as_message(snapshot).unwrap();
        assert_eq!(message.prev_seq(), message.seq());
        let mut client = Self { seq: message.seq(), ..Self::default() };
        client.load(&message);
        client
    }

    fn load(&mut self, message: &fbs::Message<'_>) {
        let book = message.body_as_book_snapshot().unwrap();
        let mut sides = Sides::default();
        sides.apply(&levels(book.bids()), &levels(book.asks()));
        assert_eq!(book.hash(), sides.hash());
        self.book = Some((book.last_update_id(), sides));
    }

    /// Whether the stream alone will not bring the book back.
    pub fn must_join_again(&self) -> bool {
        self.book.is_none() && self.skips.last().is_some_and(|skip| skip.0 == fbs::SkipReason::TooLarge)
    }

    /// As [`Self::follow`], for a rung whose messages may reach back before the snapshot, and over several numbers.
    pub fn follow_conflated(&mut self, message: &fbs::Message<'_>) -> bool {
        assert!(message.prev_seq() <= self.seq, "a message of the topic is missing");
        if let (Some((last, _)), Some(delta)) = (&mut self.book, message.body_as_book_delta()) {
            *last = delta.prev_update_id();
        }
        self.seq = message.prev_seq();
        self.follow(message)
    }

    /// Follows the topic; older messages are in the snapshot already. Returns whether the message was new.
    pub fn follow(&mut self, message: &fbs::Message<'_>) -> bool {
        if message.seq() <= self.seq {
            return false;
        }
        assert_eq!(message.prev_seq(), self.seq, "a message of the topic is missing");
        self.seq = message.seq();
        if message.body_as_book_snapshot().is_some() {
            self.load(message);
        } else if let Some(delta) = message.body_as_book_delta() {
            // A void book waits for a snapshot. Only a client whose own message was too large sees deltas meanwhile.
            if let Some((last, sides)) = &mut self.book {
                assert_eq!(delta.prev_update_id(), *last);
                *last = delta.last_update_id();
                sides.apply(&levels(delta.bids()), &levels(delta.asks()));
                assert_eq!(delta.hash(), sides.hash());
            } else {
                assert!(self.must_join_again());
            }
        } else if let Some(skip) = message.body_as_skipped() {
            self.book = None;
            self.skips.push((skip.reason(), skip.from(), skip.to(), skip.count()));
        }
        true
    }
}
