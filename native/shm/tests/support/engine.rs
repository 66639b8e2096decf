//! What an engine's state machine does to a sink, for books that a test makes up.
#![allow(dead_code, clippy::unwrap_used)]

use tickring_core::book::{Book, Side};
use tickring_core::event::{Body, BookChange, Event, Header, Level, State, Stats24h, Status, Trade, flag};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::{Latest, Sink};
use tickring_shm::{BookBuilder, BookState, SegmentOptions, Writer};

/// Numbers of a linear congruential generator.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What an engine's state machine does to a sink.
pub struct Engine {
    pub writer: Writer,
    /// Instrument ids by slot.
    pub ids: Vec<u32>,
    /// Flags of what the sink is shown, by slot.
    pub flags: Vec<u16>,
    pub books: Vec<(Book, u64)>,
    pub exponent: i8,
    pub frame_seq: u64,
    pub numbers: Numbers,
}

impl Engine {
    /// Instruments 1, 2, … in slots 0, 1, ….
    pub fn new(options: &SegmentOptions, instruments: u32) -> Self {
        Self::with_ids(options, &(1..=instruments).collect::<Vec<_>>())
    }

    pub fn with_ids(options: &SegmentOptions, ids: &[u32]) -> Self {
        let mut engine = Self {
            writer: Writer::create(options).unwrap(),
            ids: ids.to_vec(),
            flags: vec![0; ids.len()],
            books: vec![Default::default(); ids.len()],
            exponent: -2,
            frame_seq: 0,
            numbers: Numbers(options.epoch),
        };
        for slot in 0..ids.len() as u32 {
            engine.define(slot);
        }
        engine
    }

    pub fn define(&mut self, slot: u32) {
        let definition = Instrument {
            id: self.ids[slot as usize],
            venue: 1,
            symbol: Symbol::new(&format!("COIN{}", self.ids[slot as usize])).unwrap(),
            price_exponent: self.exponent,
            qty_exponent: -3,
            tick_size: 1,
            lot_size: 1,
            state: TradingState::Trading,
            change_count: 0,
        };
        self.writer.instrument(slot, &definition);
        self.input(slot, &[(0, Body::Instrument(&definition))], false);
    }

    /// Publishes the events of one input, then what a sink is shown after it.
    pub fn input(&mut self, slot: u32, bodies: &[(u16, Body<'_>)], touched: bool) {
        self.frame_seq += 1;
        for (index, (flags, body)) in (0..).zip(bodies) {
            let header = Header {
                instrument: self.ids[slot as usize],
                flags: flags | flag::NO_TS_EVENT,
                ts_event: 0,
                ts_recv: self.writer.now(),
                frame_seq: self.frame_seq,
                index,
            };
            self.writer.event(&Event { header, body: *body });
        }
        if touched {
            self.show(slot, |writer, latest| writer.latest(slot, latest));
        }
        if let Some(wanted) = self.writer.wanted() {
            self.show(wanted, |writer, latest| writer.again(wanted, latest));
        }
    }

    pub fn show(&mut self, slot: u32, sink: impl FnOnce(&mut Writer, &Latest<'_>)) {
        let (book, last_update_id) = &self.books[slot as usize];
        let latest = Latest {
            instrument: self.ids[slot as usize],
            flags: self.flags[slot as usize],
            ts_event: 0,
            ts_recv: 0,
            frame_seq: self.frame_seq,
            last_update_id: *last_update_id,
            price_exponent: self.exponent,
            qty_exponent: -3,
            book,
            depth: 5,
            trade: Trade::default(),
            trade_ts_event: 0,
            trade_flags: 0,
            stats: Stats24h::default(),
        };
        sink(&mut self.writer, &latest);
    }

    /// A whole book of some levels, as after a resync.
    pub fn snapshot(&mut self, slot: u32, levels: u64) {
        let mut side = |sign: i64| -> Vec<Level> {
            (0..levels)
                .map(|_| self.numbers.below(20 * levels + 1) as i64 + 1)
                .map(|away| Level { price: 100_000 + sign * away, qty: 5 + away })
                .collect()
        };
        let (bids, asks) = (side(-1), side(1));
        let (book, id) = &mut self.books[slot as usize];
        book.load(&bids, &asks);
        *id += 7;
        self.snapshot_of(slot, 0, State::Live);
    }

    /// Publishes a book as it is, and the state that comes with it.
    pub fn snapshot_of(&mut self, slot: u32, flags: u16, state: State) {
        let (book, id) = &self.books[slot as usize];
        let id = *id;
        let (bids, asks): (Vec<_>, Vec<_>) = (book.bids().collect(), book.asks().collect());
        let parts = bids.chunks(64).len().max(asks.chunks(64).len()).max(1);
        let part = |of: &[Level], part: usize| of.chunks(64).nth(part).map(<[Level]>::to_vec).unwrap_or_default();
        let pieces: Vec<_> = (0..parts).map(|number| (part(&bids, number), part(&asks, number))).collect();
        let mut bodies: Vec<_> = (0..)
            .zip(&pieces)
            .map(|(number, (bids, asks))| {
                let change =
                    BookChange { prev_update_id: id, last_update_id: id, part: number, parts: parts as u16, bids, asks };
                (flags, Body::BookSnapshot(change))
            })
            .collect();
        bodies.push((0, Body::Status(Status { state, connection: 1, code: None, detail: id })));
        self.input(slot, &bodies, true);
    }

    /// A resync of which readers are told what differs: a status, as long as the old book serves, then the difference and the deltas
    /// that waited. All levels of `changes` are new ones.
    pub fn swap(&mut self, slot: u32, changes: u64, waiting: u64) {
        self.flags[slot as usize] = flag::STALE;
        self.status(slot, State::Resync, true);
        let mut told = Vec::new();
        for turn in 0..=waiting {
            let mut sides = [Vec::new(), Vec::new()];
            for _ in 0..if turn == 0 { changes } else { 3 } {
                let (away, qty) = (self.numbers.below(3_000) as i64 + 1, (self.numbers.below(3) * 7) as i64);
                let side = self.numbers.below(2);
                let price = 100_000 + if side == 0 { -away } else { away };
                sides[side as usize].push(Level { price, qty });
            }
            let (book, id) = &mut self.books[slot as usize];
            book.apply_all(&sides[0], &sides[1]);
            let prev_update_id = std::mem::replace(id, *id + if turn == 0 { 50 } else { 1 });
            told.push((if turn == 0 { flag::RECOVERED } else { 0 }, sides, prev_update_id, *id));
        }
        self.flags[slot as usize] = 0;
        let mut bodies = Vec::new();
        for (flags, [bids, asks], prev_update_id, last_update_id) in &told {
            // No more than fits a record.
            let parts = bids.chunks(60).len().max(asks.chunks(60).len()).max(1);
            for part in 0..parts {
                let [bids, asks] = [bids, asks].map(|side| side.chunks(60).nth(part).unwrap_or_default());
                let (prev_update_id, last_update_id) = (*prev_update_id, *last_update_id);
                let (part, parts) = (part as u16, parts as u16);
                let change = BookChange { prev_update_id, last_update_id, part, parts, bids, asks };
                bodies.push((*flags | if part + 1 < parts { flag::MORE } else { 0 }, Body::BookDelta(change)));
            }
        }
        bodies.push((0, Body::Status(Status { state: State::Live, connection: 1, code: None, detail: 0 })));
        self.input(slot, &bodies, true);
    }

    /// A delta of some levels, one in three of which leaves the book; of more than 128 in two parts.
    pub fn delta(&mut self, slot: u32, levels: u64, spread: u64) {
        let mut bids = Vec::new();
        let mut asks = Vec::new();
        for _ in 0..levels {
            let away = self.numbers.below(spread) as i64 + 1;
            let qty = (self.numbers.below(3) * (1 + self.numbers.below(1_000))) as i64;
            if self.numbers.below(2) == 0 {
                bids.push(Level { price: 100_000 - away, qty });
            } else {
                asks.push(Level { price: 100_000 + away, qty });
            }
        }
        self.publish_delta(slot, &bids, &asks);
    }

    pub fn publish_delta(&mut self, slot: u32, bids: &[Level], asks: &[Level]) {
        let (book, last) = &mut self.books[slot as usize];
        book.apply_all(bids, asks);
        let (prev_update_id, last_update_id) = (*last, *last + 3);
        *last = last_update_id;
        let parts = if bids.len() + asks.len() > 128 { 2 } else { 1 };
        let halves = [(bids, asks), (&[][..], &[][..])];
        let cut = [(&bids[..bids.len() / 2], &asks[..asks.len() / 2]), (&bids[bids.len() / 2..], &asks[asks.len() / 2..])];
        let pieces = if parts == 2 { cut } else { halves };
        let bodies: Vec<_> = (0..parts)
            .zip(pieces)
            .map(|(part, (bids, asks))| {
                (0, Body::BookDelta(BookChange { prev_update_id, last_update_id, part, parts, bids, asks }))
            })
            .collect();
        self.input(slot, &bodies, true);
    }

    pub fn status(&mut self, slot: u32, state: State, touched: bool) {
        self.input(slot, &[(0, Body::Status(Status { state, connection: 1, code: None, detail: 0 }))], touched);
    }

    pub fn trade(&mut self, slot: u32) {
        self.input(slot, &[(0, Body::Trade(Trade { price: 1, qty: 1, trade_id: 1 }))], true);
    }

    /// Makes prices ten times finer.
    pub fn widen(&mut self) {
        self.exponent -= 1;
        // All of them before the first one is shown: another one's image may be written then.
        self.books.iter_mut().for_each(|(book, _)| book.rescale(10, 1));
        for slot in 0..self.books.len() as u32 {
            self.define(slot);
        }
    }

    pub fn assert_equal(&self, builder: &BookBuilder) {
        let (book, last_update_id) = &self.books[builder.slot() as usize];
        assert_eq!((builder.state(), builder.last_update_id()), (BookState::Live, *last_update_id), "slot {}", builder.slot());
        assert_eq!(builder.exponents(), (self.exponent, -3));
        assert!(
            builder.book() == book,
            "slot {}: {} and {} bids",
            builder.slot(),
            builder.book().levels(Side::Bid),
            book.levels(Side::Bid)
        );
    }
}
