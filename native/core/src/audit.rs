//! A book against another copy of it, fetched from the venue at a time of which only the bounds, or an update id, are known.
//!
//! From before the copy is asked for until it is compared, the book as it was and every delta since are kept. Where the copy has an
//! id that the stream knows, the book is brought to that id exactly; only prices in a delta that spans it may be either way. Where
//! it has none, whatever changed meanwhile may be either way. Such prices are not compared; all others are, one by one.

use serde::{Deserialize, Serialize};

use crate::book::{Book, Side};
use crate::event::Level;
use crate::simd::CodePath;
use crate::sync::Buffer;
use crate::venue::DeltaIds;

#[cfg(test)]
mod tests;

/// Differences that are remembered until the next audit of the same book.
pub const SUSPECTS_MAX: usize = 64;

/// A fetched copy.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Copy {
    /// Its update id; 0 where it has none of the stream's.
    pub update_id: u64,
    /// When it arrived, ns.
    pub ts_recv: u64,
    /// Best first.
    pub bids: Vec<Level>,
    /// Best first.
    pub asks: Vec<Level>,
}

impl Copy {
    /// Sorts the levels that were put in: some venues send a side worst first.
    pub fn sort(&mut self) {
        self.bids.sort_unstable_by_key(|level| std::cmp::Reverse(level.price));
        self.asks.sort_unstable_by_key(|level| level.price);
    }
}

/// A level of which book and copy say different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Whether it is a bid.
    pub is_bid: bool,
    /// Price mantissa.
    pub price: i64,
}

/// What an audit found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// Levels that either has and that could be compared.
    pub compared: u64,
    /// Those that differ.
    pub different: u64,
}

/// A book as it was, and what became of it since.
#[derive(Debug, Serialize, Deserialize)]
pub struct Window {
    book: Book,
    update_id: u64,
    log: Buffer,
    /// The copy, until it can be compared.
    pub copy: Option<Copy>,
    #[serde(skip)]
    compared: Option<Copy>,
    #[serde(skip)]
    spare: Copy,
    #[serde(skip)]
    unsure: Vec<(bool, i64)>,
    #[serde(skip)]
    own: Vec<Level>,
}

impl Window {
    /// A closed window.
    #[must_use]
    pub fn new(path: CodePath) -> Self {
        let book = Book::on(path);
        let (unsure, own) = (Vec::new(), Vec::new());
        let log = Buffer::default();
        Self { book, update_id: 0, log, copy: None, compared: None, spare: Copy::default(), unsure, own }
    }

    /// Makes the book one of this host's instructions again, after it was read from bytes.
    pub fn adopt(&mut self, path: CodePath) {
        let held = std::mem::replace(&mut self.book, Book::on(path));
        self.book.clone_from(&held);
    }

    /// Whether what was read from bytes is whole.
    pub(crate) fn is_whole(&self) -> bool {
        self.log.is_whole()
    }

    /// Opens it on a book with this update id.
    pub fn open(&mut self, book: &Book, update_id: u64) {
        self.close();
        self.book.clone_from(book);
        self.update_id = update_id;
    }

    /// Forgets all and keeps the memory.
    pub fn close(&mut self) {
        self.log.clear();
        if let Some(copy) = self.copy.take().or(self.compared.take()) {
            self.spare = copy;
        }
    }

    /// A delta that the book just applied; `false` when there is no room for it.
    #[must_use]
    pub fn follow(&mut self, ids: DeltaIds, bids: &[Level], asks: &[Level]) -> bool {
        let newest = self.log.deltas().last().map_or(self.update_id, |delta| delta.ids.last);
        newest <= ids.last && self.log.push(ids, 0, 0, bids, asks)
    }

    /// Takes the copy's levels, in any order.
    pub fn take(&mut self, update_id: u64, ts_recv: u64, bids: &[Level], asks: &[Level]) {
        let mut copy = self.copy.take().unwrap_or_else(|| std::mem::take(&mut self.spare));
        (copy.update_id, copy.ts_recv) = (update_id, ts_recv);
        copy.bids.clear();
        copy.bids.extend_from_slice(bids);
        copy.asks.clear();
        copy.asks.extend_from_slice(asks);
        copy.sort();
        self.copy = Some(copy);
    }

    /// Whether the copy is older than the window.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        self.copy.as_ref().is_some_and(|copy| copy.update_id != 0 && copy.update_id < self.update_id)
    }

    /// Whether the stream has said all that the copy may contain: it reached the copy's id, or `settle` passed since it arrived, ns.
    #[must_use]
    pub fn is_due(&self, now: u64, settle: u64) -> bool {
        let Some(copy) = &self.copy else { return false };
        let newest = self.log.deltas().last().map_or(self.update_id, |delta| delta.ids.last);
        if copy.update_id == 0 { now.saturating_sub(copy.ts_recv) >= settle } else { newest >= copy.update_id }
    }

    /// Compares what is better than `known`, the worst prices known of bids and asks where that is not all. Differences go to `found`, up
    /// to [`SUSPECTS_MAX`] of them.
    pub fn compare(&mut self, known: [Option<i64>; 2], found: &mut Vec<Difference>) -> Finding {
        found.clear();
        let Some(copy) = self.copy.take() else { return Finding::default() };
        self.unsure.clear();
        for delta in self.log.deltas() {
            let (bids, asks) = self.log.levels(delta);
            if copy.update_id != 0 && delta.ids.last <= copy.update_id {
                self.book.apply_all(bids, asks);
                continue;
            }
            let before = delta.ids.prev.unwrap_or(delta.ids.first.saturating_sub(1));
            if copy.update_id != 0 && before >= copy.update_id {
                break;
            }
            self.unsure.extend(bids.iter().map(|level| (true, level.price)));
            self.unsure.extend(asks.iter().map(|level| (false, level.price)));
        }
        self.unsure.sort_unstable();
        let mut finding = Finding::default();
        for (side, known) in [Side::Bid, Side::Ask].into_iter().zip(known) {
            self.book.copy_to(side, &mut self.own);
            if let Some(known) = known {
                self.own.retain(|level| is_known(side, level.price, known));
            }
            let theirs = if side == Side::Bid { &copy.bids } else { &copy.asks };
            compare_side(side == Side::Bid, &self.own, theirs, &self.unsure, &mut finding, found);
        }
        self.compared = Some(copy);
        finding
    }

    /// Levels of the copy just compared that are worse than `known` and that no delta of the window touched: what the book lacks. Gives the
    /// copy's own worst price; `None` if the copy knows nothing worse.
    pub fn beyond(&self, side: Side, known: i64, out: &mut Vec<Level>) -> Option<i64> {
        out.clear();
        let copy = self.compared.as_ref()?;
        let theirs = if side == Side::Bid { &copy.bids } else { &copy.asks };
        let worst = theirs.last().filter(|level| !is_known(side, level.price, known))?.price;
        let touched = |level: &Level| {
            self.log.deltas().iter().filter(|delta| copy.update_id == 0 || delta.ids.last > copy.update_id).any(|delta| {
                let (bids, asks) = self.log.levels(delta);
                let levels = if side == Side::Bid { bids } else { asks };
                levels.iter().any(|other| other.price == level.price)
            })
        };
        out.extend(theirs.iter().filter(|level| !is_known(side, level.price, known) && !touched(level)).copied());
        Some(worst)
    }
}

/// Whether a price is as good as the worst one known.
#[must_use]
pub fn is_known(side: Side, price: i64, known: i64) -> bool {
    if side == Side::Bid { price >= known } else { price <= known }
}

/// Both best first. Neither says anything of prices worse than its own worst.
fn compare_side(
    is_bid: bool,
    ours: &[Level],
    theirs: &[Level],
    unsure: &[(bool, i64)],
    finding: &mut Finding,
    found: &mut Vec<Difference>,
) {
    // Bids mirrored, so that smaller is better on both sides.
    let rank = |level: &Level| if is_bid { -level.price } else { level.price };
    let (Some(our_worst), Some(their_worst)) = (ours.last(), theirs.last()) else { return };
    let edge = rank(our_worst).min(rank(their_worst));
    let (mut ours, mut theirs) = (ours.iter().peekable(), theirs.iter().peekable());
    loop {
        let (own, other) = (ours.peek().copied(), theirs.peek().copied());
        let next = match (own, other) {
            (Some(own), Some(other)) => rank(own).min(rank(other)),
            (Some(one), None) | (None, Some(one)) => rank(one),
            (None, None) => return,
        };
        if next > edge {
            return;
        }
        let own = ours.next_if(|level| rank(level) == next).map_or(0, |level| level.qty);
        let other = theirs.next_if(|level| rank(level) == next).map_or(0, |level| level.qty);
        let price = if is_bid { -next } else { next };
        if unsure.binary_search(&(is_bid, price)).is_ok() {
            continue;
        }
        finding.compared += 1;
        if own != other {
            finding.different += 1;
            if found.len() < SUSPECTS_MAX {
                found.push(Difference { is_bid, price });
            }
        }
    }
}
