//! The full-depth book of one instrument: price → absolute quantity, both sides.
//!
//! Each side is a ladder of price ticks of its own, so that locked and crossed books, which venues send, are values like any
//! other. Why so, and what was measured: `native/core/README.md`, "The book".

use serde::{Deserialize, Serialize};

use crate::decimal::format_decimal;
use crate::event::Level;
use crate::simd::CodePath;

mod blocks;
mod far;
mod ladder;
mod saved;
mod scale;
mod steps;
mod survey;
#[cfg(test)]
mod tests;
mod wide;
mod window;

use ladder::Ladder;

/// Levels a side for which the machine reserves room in its scratch memory.
pub const LEVELS_RESERVED: usize = 8_192;

/// Most levels a side may hold. A message that could pass it is refused, so that a venue's fault cannot eat the host's memory.
pub const BOOK_LEVELS_MAX: usize = 1 << 20;

/// A side of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Buyers; best is highest.
    Bid,
    /// Sellers; best is lowest.
    Ask,
}

/// Whether the best prices meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Touch {
    /// A side is empty, or bid below ask.
    Apart,
    /// Best bid equal to best ask.
    Locked,
    /// Best bid above best ask.
    Crossed,
}

/// A full-depth book. Holds no level with quantity 0 and no price twice on a side.
#[derive(Debug)]
pub struct Book {
    bids: Ladder,
    asks: Ladder,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Book {
    fn clone(&self) -> Self {
        Self { bids: self.bids.clone(), asks: self.asks.clone() }
    }

    /// Keeps the room of this book: no allocation where it has held as many levels before.
    fn clone_from(&mut self, source: &Self) {
        self.bids.copy_from(&source.bids);
        self.asks.copy_from(&source.asks);
    }
}

/// The same levels.
impl PartialEq for Book {
    fn eq(&self, other: &Self) -> bool {
        self.bids().eq(other.bids()) && self.asks().eq(other.asks())
    }
}

impl Eq for Book {}

impl Book {
    /// An empty book on the best code path of this host. It takes memory when the first level comes.
    #[must_use]
    pub fn new() -> Self {
        Self::on(CodePath::detect())
    }

    /// An empty book on this code path, which changes speed, never output.
    #[must_use]
    pub fn on(path: CodePath) -> Self {
        Self { bids: Ladder::new(0, path), asks: Ladder::new(!0, path) }
    }

    /// Sets the quantity at a price; 0 removes the level. Removing an unknown level is normal and changes nothing.
    pub fn apply(&mut self, side: Side, level: Level) {
        match side {
            Side::Bid => self.bids.apply_all(&[level]),
            Side::Ask => self.asks.apply_all(&[level]),
        }
    }

    /// Applies the levels of one message, in their order.
    pub fn apply_all(&mut self, bids: &[Level], asks: &[Level]) {
        self.bids.apply_all(bids);
        self.asks.apply_all(asks);
    }

    /// Asks the memory for what [`Self::apply_all`] will need, all of it at once. Worth its time for a book that was not changed
    /// lately.
    pub fn prefetch(&self, bids: &[Level], asks: &[Level]) {
        self.bids.prefetch(bids);
        self.asks.prefetch(asks);
    }

    /// Replaces the book. Levels may come in any order; of a price given twice the last counts; quantity 0 is no level.
    pub fn load(&mut self, bids: &[Level], asks: &[Level]) {
        self.bids.load(bids.iter().copied());
        self.asks.load(asks.iter().copied());
    }

    /// Empties the book and keeps its room.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// Highest bid.
    #[must_use]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.best()
    }

    /// Lowest ask.
    #[must_use]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.best()
    }

    /// Bids, best first. Allocates and sorts; see [`Self::top`] and [`Self::copy_to`].
    pub fn bids(&self) -> std::vec::IntoIter<Level> {
        self.sorted(Side::Bid)
    }

    /// Asks, best first. Allocates and sorts; see [`Self::top`] and [`Self::copy_to`].
    pub fn asks(&self) -> std::vec::IntoIter<Level> {
        self.sorted(Side::Ask)
    }

    fn sorted(&self, side: Side) -> std::vec::IntoIter<Level> {
        let mut levels = Vec::new();
        self.copy_to(side, &mut levels);
        levels.into_iter()
    }

    /// Replaces `out` by all levels of a side, best first.
    pub fn copy_to(&self, side: Side, out: &mut Vec<Level>) {
        match side {
            Side::Bid => self.bids.copy_to(out),
            Side::Ask => self.asks.copy_to(out),
        }
    }

    /// Writes the best levels of a side to the front of `out`, best first; gives their number.
    pub fn top(&self, side: Side, out: &mut [Level]) -> usize {
        self.each_top(side, out.len(), |place, level| out[place] = level)
    }

    /// Hands over at most `most` of the best levels of a side, best first, each with its place from 0; gives their number. A
    /// place may be handed over twice, the second time with the level that counts.
    #[inline]
    pub fn each_top(&self, side: Side, most: usize, each: impl FnMut(usize, Level)) -> usize {
        match side {
            Side::Bid => self.bids.each_top(most, each),
            Side::Ask => self.asks.each_top(most, each),
        }
    }

    /// The best levels of both sides, bids and asks, best first: at most `most`, which is 32 at most. From the first call on they are kept in
    /// their order, so that the next one finds them.
    pub fn heads(&mut self, most: usize) -> (&[Level], &[Level]) {
        (self.bids.head(most), self.asks.head(most))
    }

    /// All levels of a side in any order, without a sort.
    pub fn unsorted(&self, side: Side) -> impl Iterator<Item = Level> + Clone + '_ {
        match side {
            Side::Bid => self.bids.levels(),
            Side::Ask => self.asks.levels(),
        }
    }

    /// Sum of [`level_hash`] over all levels, modulo 2^64: books of the same levels have the same hash, whatever their history.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let of = |side| self.unsorted(side).map(move |level| level_hash(side, level));
        of(Side::Bid).chain(of(Side::Ask)).fold(0, u64::wrapping_add)
    }

    /// The price of the worst level. From the first call on the worst ones are kept in their order.
    pub fn worst(&mut self, side: Side) -> Option<i64> {
        match side {
            Side::Bid => self.bids.worst(),
            Side::Ask => self.asks.worst(),
        }
    }

    /// The quantity at a price, 0 where there is no level.
    #[must_use]
    pub fn qty(&self, side: Side, price: i64) -> i64 {
        match side {
            Side::Bid => self.bids.qty(price),
            Side::Ask => self.asks.qty(price),
        }
    }

    /// Number of levels of a side.
    #[must_use]
    pub fn levels(&self, side: Side) -> usize {
        match side {
            Side::Bid => self.bids.len(),
            Side::Ask => self.asks.len(),
        }
    }

    /// Whether neither side has a level.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bids.len() + self.asks.len() == 0
    }

    /// Whether the best prices meet.
    #[must_use]
    pub fn touch(&self) -> Touch {
        match (self.best_bid(), self.best_ask()) {
            (Some(bid), Some(ask)) if bid.price > ask.price => Touch::Crossed,
            (Some(bid), Some(ask)) if bid.price == ask.price => Touch::Locked,
            _ => Touch::Apart,
        }
    }

    /// Whether [`Self::rescale`] by these factors keeps every mantissa within `i64`.
    #[must_use]
    pub fn fits(&self, price_factor: i64, qty_factor: i64) -> bool {
        self.bids.levels().chain(self.asks.levels()).all(|level| level_fits(level, price_factor, qty_factor))
    }

    /// Multiplies every mantissa, for exponents that became finer. Call [`Self::fits`] before. Allocates: it is rare.
    pub fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        let scaled = |level: Level| Level { price: level.price * price_factor, qty: level.qty * qty_factor };
        let (bids, asks): (Vec<_>, Vec<_>) =
            (self.bids.levels().map(scaled).collect(), self.asks.levels().map(scaled).collect());
        self.load(&bids, &asks);
    }
}

/// A level's share of [`Book::hash`]. Finds damage, not forgery.
#[inline]
#[must_use]
pub const fn level_hash(side: Side, level: Level) -> u64 {
    let price = level.price.cast_unsigned() ^ if matches!(side, Side::Ask) { 0x8000_0000_0000_0000 } else { 0 };
    let mixed = price.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ level.qty.cast_unsigned().wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(32);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ mixed >> 29
}

/// Whether a level multiplied by these factors keeps within `i64`.
#[must_use]
pub(crate) fn level_fits(level: Level, price_factor: i64, qty_factor: i64) -> bool {
    level.price.checked_mul(price_factor).is_some() && level.qty.checked_mul(qty_factor).is_some()
}

/// Writes the book as lines `B <price> <qty>`, best first, then `A <price> <qty>`, best first: plain decimals without
/// trailing zeros, each line ended by `\n`. Two books are equal if and only if their texts are. Appends to `out`.
pub fn canonical_text(book: &Book, price_exponent: i8, qty_exponent: i8, out: &mut String) {
    let mut side = |name: &str, levels: &mut dyn Iterator<Item = Level>| {
        for level in levels {
            out.push_str(name);
            format_decimal(out, level.price, price_exponent);
            out.push(' ');
            format_decimal(out, level.qty, qty_exponent);
            out.push('\n');
        }
    };
    side("B ", &mut book.bids());
    side("A ", &mut book.asks());
}
