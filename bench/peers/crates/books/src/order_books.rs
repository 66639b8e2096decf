//! Books that a user of a JSON crate would write: a tree, and sorted vectors with the best level at the end.

use std::collections::BTreeMap;
use std::hint::black_box;

use tickring_peer_harness::{Contender, Corpus, TOP_LEVELS, Top};

use crate::depth::{DECIMALS, Depth, parsed};
use crate::parsers::loaded;

/// Prices and quantities are integers of 10^-8; quantity 0 removes a level.
pub trait OrderBook: Default {
    fn set(&mut self, bid: bool, price: i64, qty: i64);
    fn best(&self) -> (i64, i64);
    fn top(&self) -> Top;
}

fn text(value: i64) -> String {
    let unit = 10_i64.pow(DECIMALS);
    format!("{}.{:08}", value / unit, value % unit)
}

fn texts<'a>(levels: impl Iterator<Item = (&'a i64, &'a i64)>) -> Vec<(String, String)> {
    levels.take(TOP_LEVELS).map(|(price, qty)| (text(price.abs()), text(*qty))).collect()
}

#[derive(Default)]
pub struct Tree {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl OrderBook for Tree {
    #[inline]
    fn set(&mut self, bid: bool, price: i64, qty: i64) {
        let side = if bid { &mut self.bids } else { &mut self.asks };
        if qty == 0 {
            side.remove(&price);
        } else {
            side.insert(price, qty);
        }
    }

    #[inline]
    fn best(&self) -> (i64, i64) {
        (self.bids.last_key_value().map_or(0, |level| *level.0), self.asks.first_key_value().map_or(0, |level| *level.0))
    }

    fn top(&self) -> Top {
        [texts(self.bids.iter().rev()), texts(self.asks.iter())]
    }
}

/// One side by ascending key; keys of asks are negated, so that the best is last.
#[derive(Default)]
struct Vector {
    keys: Vec<i64>,
    quantities: Vec<i64>,
}

impl Vector {
    #[inline]
    fn set(&mut self, key: i64, qty: i64) {
        match self.keys.binary_search(&key) {
            Ok(at) if qty == 0 => {
                self.keys.remove(at);
                self.quantities.remove(at);
            }
            Ok(at) => self.quantities[at] = qty,
            Err(_) if qty == 0 => {}
            Err(at) => {
                self.keys.insert(at, key);
                self.quantities.insert(at, qty);
            }
        }
    }
}

#[derive(Default)]
pub struct Vectors {
    bids: Vector,
    asks: Vector,
}

impl OrderBook for Vectors {
    #[inline]
    fn set(&mut self, bid: bool, price: i64, qty: i64) {
        if bid {
            self.bids.set(price, qty);
        } else {
            self.asks.set(-price, qty);
        }
    }

    #[inline]
    fn best(&self) -> (i64, i64) {
        let best = |side: &Vector| side.keys.last().copied().unwrap_or_default();
        (best(&self.bids), -best(&self.asks))
    }

    fn top(&self) -> Top {
        let side = |side: &Vector| texts(side.keys.iter().zip(&side.quantities).rev());
        [side(&self.bids), side(&self.asks)]
    }
}

/// A book alone: levels that were parsed beforehand.
pub struct Levels<B> {
    frames: Vec<Depth<i64>>,
    at: usize,
    book: B,
}

impl<B: OrderBook> Levels<B> {
    pub fn new(corpus: &Corpus) -> Self {
        Self { frames: parsed(corpus), at: 0, book: B::default() }
    }
}

impl<B: OrderBook> Contender for Levels<B> {
    fn begin(&mut self, corpus: &Corpus) {
        self.at = 0;
        self.book = loaded(corpus);
    }

    #[inline]
    fn frame(&mut self, _bytes: &[u8]) {
        let depth = &self.frames[self.at];
        self.at += 1;
        depth.bids.iter().for_each(|(price, qty)| self.book.set(true, price.0, qty.0));
        depth.asks.iter().for_each(|(price, qty)| self.book.set(false, price.0, qty.0));
        black_box(self.book.best());
    }

    fn top(&self) -> Option<Top> {
        Some(self.book.top())
    }
}
