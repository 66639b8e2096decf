//! A reader's books, built from images and the ring, beside the books that the writer was given.
#![allow(clippy::unwrap_used)]

mod support;

use support::{NAME, Root, SLOTS, options};
use tickring_core::book::{Book, Side};
use tickring_core::event::{Body, BookChange, Event, Header, Level, State, Stats24h, Status, Trade, flag};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::{Latest, Sink};
use tickring_shm::{Applied, BookBuilder, BookState, Poll, Reader, Record, SegmentOptions, Writer};

/// Numbers of a linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What an engine's state machine does to a sink, for instruments 1, 2, … in slots 0, 1, ….
struct Engine {
    writer: Writer,
    books: Vec<(Book, u64)>,
    exponent: i8,
    frame_seq: u64,
    numbers: Numbers,
}

impl Engine {
    fn new(options: &SegmentOptions, instruments: u32) -> Self {
        let mut engine = Self {
            writer: Writer::create(options).unwrap(),
            books: vec![Default::default(); instruments as usize],
            exponent: -2,
            frame_seq: 0,
            numbers: Numbers(options.epoch),
        };
        for slot in 0..instruments {
            engine.define(slot);
        }
        engine
    }

    fn define(&mut self, slot: u32) {
        let definition = Instrument {
            id: slot + 1,
            venue: 1,
            symbol: Symbol::new(&format!("COIN{slot}")).unwrap(),
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
    fn input(&mut self, slot: u32, bodies: &[(u16, Body<'_>)], touched: bool) {
        self.frame_seq += 1;
        for (index, (flags, body)) in (0..).zip(bodies) {
            let header = Header {
                instrument: slot + 1,
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

    fn show(&mut self, slot: u32, sink: impl FnOnce(&mut Writer, &Latest<'_>)) {
        let (book, last_update_id) = &self.books[slot as usize];
        let latest = Latest {
            instrument: slot + 1,
            flags: 0,
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
    fn snapshot(&mut self, slot: u32, levels: u64) {
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
                (0, Body::BookSnapshot(change))
            })
            .collect();
        bodies.push((0, Body::Status(Status { state: State::Live, connection: 1, code: None, detail: id })));
        self.input(slot, &bodies, true);
    }

    /// A delta of some levels, one in three of which leaves the book; of more than 128 in two parts.
    fn delta(&mut self, slot: u32, levels: u64, spread: u64) {
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

    fn publish_delta(&mut self, slot: u32, bids: &[Level], asks: &[Level]) {
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

    fn trade(&mut self, slot: u32) {
        self.input(slot, &[(0, Body::Trade(Trade { price: 1, qty: 1, trade_id: 1 }))], true);
    }

    /// Makes prices ten times finer.
    fn widen(&mut self) {
        self.exponent -= 1;
        for slot in 0..self.books.len() as u32 {
            self.books[slot as usize].0.rescale(10, 1);
            self.define(slot);
        }
    }

    fn assert_equal(&self, builder: &BookBuilder) {
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

/// Reads on to the newest record; gives what became of each.
fn follow(reader: &mut Reader, builder: &mut BookBuilder) -> Vec<Applied> {
    let (mut record, mut all) = (Record::default(), Vec::new());
    loop {
        match reader.poll(&mut record) {
            Poll::Record => all.push(builder.apply(reader, &record)),
            Poll::Lapped { .. } => {}
            Poll::Empty => return all,
            Poll::Stalled => panic!("nobody is writing"),
        }
    }
}

fn open(root: &Root) -> Reader {
    Reader::open(root.path(), NAME, 0).unwrap()
}

fn larger(root: &Root) -> SegmentOptions {
    SegmentOptions { ring_bytes: 1 << 20, books_bytes: 1 << 22, ..options(root.path(), 1) }
}

#[test]
fn a_reader_that_joins_at_any_moment_has_the_book_of_that_moment() {
    let root = Root::new();
    let mut engine = Engine::new(&larger(&root), 3);
    for slot in 0..3 {
        engine.snapshot(slot, 300 * u64::from(slot));
    }
    let mut following = open(&root);
    let mut followers: Vec<_> = (0..3).map(|slot| BookBuilder::new(&following, slot)).collect();
    let mut record = Record::default();
    for step in 0..4_000_u64 {
        let slot = [0, 1, 1, 2][(step % 4) as usize];
        match step % 61 {
            0 => engine.trade(slot),
            20 => engine.delta(slot, 20, 90_000),
            30 => engine.delta(slot, 200, 900),
            _ => engine.delta(slot, step % 40, [20, 60, 300][(step % 3) as usize]),
        }
        if step % 1_999 == 1_000 {
            engine.snapshot(slot, 100);
        }
        if step == 2_500 {
            engine.widen();
        }
        if step % 7 == 0 {
            let reader = open(&root);
            for slot in 0..3 {
                engine.assert_equal(&BookBuilder::new(&reader, slot));
            }
        }
        while following.poll(&mut record) == Poll::Record {
            for builder in &mut followers {
                assert!(!matches!(builder.apply(&following, &record), Applied::Rebuilt | Applied::Lost), "step {step}");
            }
        }
        followers.iter().for_each(|builder| engine.assert_equal(builder));
    }
    let checks: Vec<_> = followers.iter().map(|builder| (builder.checks(), builder.failures(), builder.joins())).collect();
    assert!(checks.iter().all(|(checks, failures, joins)| *checks > 0 && *failures == 0 && *joins == 1), "{checks:?}");
}

#[test]
fn a_lapped_reader_builds_its_books_again_by_itself() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 2);
    engine.snapshot(0, 100);
    engine.snapshot(1, 10);
    let mut reader = open(&root);
    let mut builders = [BookBuilder::new(&reader, 0), BookBuilder::new(&reader, 1)];
    for round in 0..200 {
        // The second book never changes: its image must not be forgotten by the ring.
        for _ in 0..round {
            engine.delta(0, 60, 900);
        }
        let lapped = reader.lag() > SLOTS;
        let mut record = Record::default();
        let mut outcomes = Vec::new();
        loop {
            match reader.poll(&mut record) {
                Poll::Record => outcomes.extend(builders.iter_mut().map(|builder| builder.apply(&reader, &record))),
                Poll::Lapped { .. } => {}
                _ => break,
            }
        }
        assert_eq!(outcomes.contains(&Applied::Rebuilt), lapped, "round {round}");
        builders.iter().for_each(|builder| engine.assert_equal(builder));
    }
    assert!(builders[1].joins() > 50, "{} joins", builders[1].joins());
}

#[test]
fn a_book_without_image_comes_with_the_next_full_book() {
    let root = Root::new();
    let mut engine = Engine::new(&SegmentOptions { books_bytes: 0, ..options(root.path(), 1) }, 1);
    engine.snapshot(0, 200);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    engine.delta(0, 10, 100);
    assert_eq!(follow(&mut reader, &mut builder), [Applied::Nothing]);
    assert_eq!((builder.state(), builder.book().is_empty()), (BookState::Waiting, true));
    engine.snapshot(0, 200);
    engine.delta(0, 10, 100);
    assert_eq!(follow(&mut reader, &mut builder).last(), Some(&Applied::Changed));
    engine.assert_equal(&builder);
}

#[test]
fn a_book_that_grows_beyond_the_area_is_refused_and_comes_back() {
    let root = Root::new();
    // Two chunks: 1,022 levels of one word, 510 of two.
    let mut engine = Engine::new(&SegmentOptions { books_bytes: 2 * 4096, ..larger(&root) }, 2);
    engine.snapshot(0, 200);
    engine.snapshot(1, 200);
    let joins = |slot| BookBuilder::new(&open(&root), slot).state() == BookState::Live;
    assert!(joins(0) && joins(1));
    // Needs the room of its own image before; the other one is not touched.
    engine.snapshot(0, 220);
    engine.assert_equal(&BookBuilder::new(&open(&root), 0));
    engine.snapshot(0, 2_000);
    assert!(!joins(0) && joins(1));
    engine.snapshot(0, 20);
    assert!(joins(0) && joins(1));
    engine.writer.heartbeat();
    let counters = open(&root).counters();
    assert_eq!((counters.ring[5], counters.ring[7]), (4, 1), "images, refused");
}

#[test]
fn quantities_and_prices_of_any_size_are_imaged() {
    let root = Root::new();
    let mut engine = Engine::new(&larger(&root), 1);
    engine.snapshot(0, 5);
    let bids = [Level { price: i64::MIN, qty: i64::MAX }, Level { price: 3, qty: 1 << 40 }];
    let asks = [Level { price: i64::MAX, qty: 1 }];
    for _ in 0..200 {
        engine.publish_delta(0, &bids, &asks);
    }
    let reader = open(&root);
    let builder = BookBuilder::new(&reader, 0);
    engine.assert_equal(&builder);
    assert!(builder.sequence() > 100);
}

#[test]
fn a_new_generation_begins_without_books() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 1);
    engine.snapshot(0, 50);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    drop(engine);
    let mut engine = Engine::new(&options(root.path(), 2), 1);
    reader.reopen().unwrap();
    assert_eq!(follow(&mut reader, &mut builder).first(), Some(&Applied::Lost));
    assert_eq!(builder.state(), BookState::Waiting);
    engine.snapshot(0, 50);
    follow(&mut reader, &mut builder);
    engine.assert_equal(&builder);
}

#[test]
fn states_follow_the_engine() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 1);
    engine.snapshot(0, 50);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    let status = |state| Body::Status(Status { state, connection: 1, code: None, detail: 0 });
    for (state, known) in [
        (State::Resync, BookState::Stale),
        (State::Live, BookState::Live),
        (State::Stale, BookState::Stale),
        (State::Subscribed, BookState::Stale),
        (State::Live, BookState::Live),
        (State::Removed, BookState::Waiting),
    ] {
        engine.input(0, &[(0, status(state))], false);
        follow(&mut reader, &mut builder);
        assert_eq!(builder.state(), known, "after {state:?}");
    }
    assert!(builder.book().is_empty());
}
