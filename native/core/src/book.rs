//! The full-depth book of one instrument: price → absolute quantity, both sides.
//!
//! Each side is a vector with its best level at the END: changes near the top, which are most, move few levels, and the best
//! price is one load. Locked and crossed books are legal values: venues send them. The interface says nothing of vectors, so
//! that a price ladder can take their place.

use crate::decimal::format_decimal;
use crate::event::Level;

#[cfg(test)]
mod tests;

/// Levels a side for which room is reserved at creation; a deeper book grows once and keeps what it took.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A side is empty, or bid below ask.
    Apart,
    /// Best bid equal to best ask.
    Locked,
    /// Best bid above best ask.
    Crossed,
}

/// A full-depth book. Holds no level with quantity 0 and no price twice on a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Ascending price: the highest bid is last.
    bids: Vec<Level>,
    /// Descending price: the lowest ask is last.
    asks: Vec<Level>,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// An empty book with room for [`LEVELS_RESERVED`] levels a side. Untouched room costs address space, not memory.
    #[must_use]
    pub fn new() -> Self {
        Self { bids: Vec::with_capacity(LEVELS_RESERVED), asks: Vec::with_capacity(LEVELS_RESERVED) }
    }

    /// Sets the quantity at a price; 0 removes the level. Removing an unknown level is normal and changes nothing.
    pub fn apply(&mut self, side: Side, level: Level) {
        let (levels, found) = match side {
            Side::Bid => {
                let found = self.bids.binary_search_by(|held| held.price.cmp(&level.price));
                (&mut self.bids, found)
            }
            Side::Ask => {
                let found = self.asks.binary_search_by(|held| level.price.cmp(&held.price));
                (&mut self.asks, found)
            }
        };
        match (found, level.qty) {
            (Ok(at), 0) => drop(levels.remove(at)),
            (Ok(at), qty) => levels[at].qty = qty,
            (Err(_), 0) => {}
            (Err(at), _) => levels.insert(at, level),
        }
    }

    /// Applies the levels of one message, in their order.
    pub fn apply_all(&mut self, bids: &[Level], asks: &[Level]) {
        for level in bids {
            self.apply(Side::Bid, *level);
        }
        for level in asks {
            self.apply(Side::Ask, *level);
        }
    }

    /// Replaces the book. Levels may come in any order; of a price given twice the last counts; quantity 0 is no level.
    pub fn load(&mut self, bids: &[Level], asks: &[Level]) {
        load_side(&mut self.bids, bids, |left, right| left.price.cmp(&right.price));
        load_side(&mut self.asks, asks, |left, right| right.price.cmp(&left.price));
    }

    /// Empties the book and keeps its room.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// Highest bid.
    #[must_use]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.last().copied()
    }

    /// Lowest ask.
    #[must_use]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.last().copied()
    }

    /// Bids, best first.
    pub fn bids(&self) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.bids.iter().rev().copied()
    }

    /// Asks, best first.
    pub fn asks(&self) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.asks.iter().rev().copied()
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
        self.bids.is_empty() && self.asks.is_empty()
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
        self.bids.iter().chain(&self.asks).all(|level| level_fits(*level, price_factor, qty_factor))
    }

    /// Multiplies every mantissa, for exponents that became finer. Call [`Self::fits`] before.
    pub fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        for level in self.bids.iter_mut().chain(&mut self.asks) {
            *level = Level { price: level.price * price_factor, qty: level.qty * qty_factor };
        }
    }
}

/// Whether a level multiplied by these factors keeps within `i64`.
#[must_use]
pub(crate) fn level_fits(level: Level, price_factor: i64, qty_factor: i64) -> bool {
    level.price.checked_mul(price_factor).is_some() && level.qty.checked_mul(qty_factor).is_some()
}

/// `order` sorts worst first. Equal prices are settled by position, so an unstable sort (which does not allocate) would lose
/// the last one: runs are inserted instead, which is linear for input that is sorted either way, as venues send it.
fn load_side(side: &mut Vec<Level>, levels: &[Level], order: impl Fn(&Level, &Level) -> std::cmp::Ordering) {
    side.clear();
    let strictly = |left: &Level, right: &Level| order(left, right).is_lt();
    let kept = || levels.iter().filter(|level| level.qty != 0);
    if levels.is_sorted_by(|left, right| strictly(right, left)) {
        side.extend(kept().rev());
        return;
    }
    if levels.is_sorted_by(strictly) {
        side.extend(kept());
        return;
    }
    // Any other order is no venue's habit: correct, and not fast.
    for level in levels {
        match (side.binary_search_by(|held| order(held, level)), level.qty) {
            (Ok(at), 0) => drop(side.remove(at)),
            (Ok(at), qty) => side[at].qty = qty,
            (Err(_), 0) => {}
            (Err(at), _) => side.insert(at, *level),
        }
    }
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
