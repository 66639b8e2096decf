//! What the book is compared with, and the levels of recordings.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::collections::BTreeMap;

use tickring_core::book::{Book, Side};
use tickring_core::event::{Body, Event, Level};
use tickring_core::input::Instrument;
use tickring_core::sink::{Latest, Sink};

/// Two plain maps from price to quantity.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub bids: BTreeMap<i64, i64>,
    pub asks: BTreeMap<i64, i64>,
}

impl Model {
    pub fn side(&mut self, side: Side) -> &mut BTreeMap<i64, i64> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    pub fn apply(&mut self, side: Side, levels: &[Level]) {
        let held = self.side(side);
        for level in levels {
            if level.qty == 0 {
                held.remove(&level.price);
            } else {
                held.insert(level.price, level.qty);
            }
        }
    }

    fn bids(&self) -> impl ExactSizeIterator<Item = Level> {
        self.bids.iter().rev().map(|(price, qty)| Level { price: *price, qty: *qty })
    }

    fn asks(&self) -> impl ExactSizeIterator<Item = Level> {
        self.asks.iter().map(|(price, qty)| Level { price: *price, qty: *qty })
    }

    /// Everything that is cheap to compare.
    pub fn assert_best(&self, book: &Book) {
        assert_eq!((book.best_bid(), book.best_ask()), (self.bids().next(), self.asks().next()));
        assert_eq!((book.levels(Side::Bid), book.levels(Side::Ask)), (self.bids.len(), self.asks.len()));
    }

    pub fn assert_top(&self, book: &Book) {
        // More than 32 are found bit by bit on every host, fewer by vectors where it has them.
        for most in [20, 40] {
            let mut out = vec![Level::default(); most];
            let count = book.top(Side::Bid, &mut out);
            assert!(self.bids().take(most).eq(out[..count].iter().copied()), "best {most} bids");
            let count = book.top(Side::Ask, &mut out);
            assert!(self.asks().take(most).eq(out[..count].iter().copied()), "best {most} asks");
        }
    }

    /// The best levels as they are kept in their order, which each call does from then on.
    pub fn assert_heads(&self, book: &mut Book, most: usize) {
        let (bids, asks) = book.heads(most);
        assert!(self.bids().take(most).eq(bids.iter().copied()), "kept {most} bids");
        assert!(self.asks().take(most).eq(asks.iter().copied()), "kept {most} asks");
    }

    pub fn assert_equal(&self, book: &Book) {
        assert_eq!((book.bids().len(), book.asks().len()), (self.bids.len(), self.asks.len()));
        assert!(self.bids().eq(book.bids()), "bids differ");
        assert!(self.asks().eq(book.asks()), "asks differ");
    }
}

/// Levels of one message.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub snapshot: bool,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

/// Collects the book changes that a machine publishes.
#[derive(Debug, Default)]
pub struct Changes {
    pub all: Vec<Change>,
    open: Change,
}

impl Sink for Changes {
    fn event(&mut self, event: &Event<'_>) {
        let (snapshot, change) = match event.body {
            Body::BookSnapshot(change) => (true, change),
            Body::BookDelta(change) => (false, change),
            _ => return,
        };
        self.open.snapshot = snapshot;
        self.open.bids.extend(change.bids);
        self.open.asks.extend(change.asks);
        if change.part + 1 == change.parts {
            self.all.push(std::mem::take(&mut self.open));
        }
    }

    fn instrument(&mut self, _: u32, _: &Instrument) {}

    fn latest(&mut self, _: u32, _: &Latest<'_>) {}
}

/// Applies a change to the book.
pub fn apply(book: &mut Book, change: &Change) {
    if change.snapshot {
        book.load(&change.bids, &change.asks);
    } else {
        book.apply_all(&change.bids, &change.asks);
    }
}
