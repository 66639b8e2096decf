//! Books of several venues as one: pure functions over levels.

use super::super::entry::Entry;
use super::View;
use super::legs::Leg;
use crate::book::{Book, Side};
use crate::event::{Level, Quote, flag};

/// Fees are shares of this.
const PPM: i128 = 1_000_000;

/// Levels of both sides.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
}

impl Merged {
    pub(super) fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bids.is_empty() && self.asks.is_empty()
    }
}

/// What makes these sides of a book; 0 removes a level.
pub(super) fn differences(book: &Book, bids: &[Level], asks: &[Level], out: &mut Merged) {
    differ(book, Side::Bid, bids, &mut out.bids);
    differ(book, Side::Ask, asks, &mut out.asks);
}

fn differ(book: &Book, side: Side, wanted: &[Level], out: &mut Vec<Level>) {
    out.clear();
    let gone = book.unsorted(side).filter(|level| !wanted.iter().any(|kept| kept.price == level.price && kept.qty != 0));
    out.extend(gone.map(|level| Level { price: level.price, qty: 0 }));
    // A book keeps no order behind its best levels, and output must not depend on where it keeps what.
    out.sort_unstable_by_key(|level| level.price);
    out.extend(wanted.iter().filter(|level| level.qty != 0 && book.qty(side, level.price) != level.qty));
}

/// The best levels of all legs that count, quantities at one price added; gives the best quote, and that net of fees.
pub(super) fn consolidate(view: &View, entries: &[Entry], out: &mut Merged) -> [[i64; 4]; 2] {
    out.clear();
    let mut net = [0; 4];
    for (_, leg) in view.legs.iter().enumerate().filter(|(at, leg)| view.counts(*at, leg)) {
        let book = &entries[leg.slot as usize].book;
        out.bids.extend(book.unsorted(Side::Bid));
        out.asks.extend(book.unsorted(Side::Ask));
        add_net(&mut net, book, leg);
    }
    out.bids.sort_unstable_by_key(|level| std::cmp::Reverse(level.price));
    out.asks.sort_unstable_by_key(|level| level.price);
    for side in [&mut out.bids, &mut out.asks] {
        side.dedup_by(|next, kept| {
            let is_same = next.price == kept.price;
            if is_same {
                kept.qty = kept.qty.saturating_add(next.qty);
            }
            is_same
        });
        side.truncate(view.depth);
    }
    let best = |side: &[Level]| side.first().copied().unwrap_or_default();
    let (bid, ask) = (best(&out.bids), best(&out.asks));
    [[bid.price, bid.qty, ask.price, ask.qty], net]
}

pub(super) fn quote_of([bid_price, bid_qty, ask_price, ask_qty]: [i64; 4]) -> Quote {
    Quote { bid_price, bid_qty, ask_price, ask_qty }
}

/// Crossed or locked, where there are two sides.
pub(super) fn quote_flags([bid, _, ask, _]: [i64; 4]) -> u16 {
    match bid.cmp(&ask) {
        _ if bid == 0 || ask == 0 => 0,
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => flag::LOCKED,
        std::cmp::Ordering::Greater => flag::CROSSED,
    }
}

/// Against whoever would act on it, a bid is rounded down and an ask up.
fn add_net(net: &mut [i64; 4], book: &Book, leg: &Leg) {
    let fee = i128::from(leg.fee_ppm);
    let narrow = |price: i128| i64::try_from(price).unwrap_or(i64::MAX);
    if let Some(Level { price, qty }) = book.best_bid() {
        let price = narrow(i128::from(price) * (PPM - fee) / PPM);
        match price.cmp(&net[0]) {
            std::cmp::Ordering::Greater => (net[0], net[1]) = (price, qty),
            std::cmp::Ordering::Equal => net[1] = net[1].saturating_add(qty),
            std::cmp::Ordering::Less => {}
        }
    }
    if let Some(Level { price, qty }) = book.best_ask() {
        let price = narrow((i128::from(price) * (PPM + fee) + PPM - 1) / PPM);
        if net[2] == 0 || price < net[2] {
            (net[2], net[3]) = (price, qty);
        } else if price == net[2] {
            net[3] = net[3].saturating_add(qty);
        }
    }
}

/// The middle of the sorted values, the mean of the two where there are two.
pub(super) fn median_of(values: &mut [i128]) -> Option<i128> {
    values.sort_unstable();
    let upper = values.get(values.len() / 2).copied()?;
    if values.len() % 2 == 1 { Some(upper) } else { Some((values[values.len() / 2 - 1] + upper) / 2) }
}
