//! The rungs below the full one: what has changed, told ten times a second, once for all clients of a rung.
//!
//! Their messages are numbered like the topic's: one reaches from `prev_seq` to `seq`, and says so.

use std::time::{Duration, Instant};

use tickring_core::book::{Book, Side, level_hash};
use tickring_core::event::Level;

use crate::feed::Feed;
use crate::message::{Body, Origin, Rung, Sides};
use crate::topic::{Channel, Entry};

/// How often the conflated rungs tell what has changed.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// The rungs that books have besides the full one.
const BOOK_RUNGS: [Rung; 3] = [Rung::Coalesced, Rung::Top, Rung::Best];

impl Feed {
    /// Notes a message of a topic that somebody follows on a conflated rung; before the full rung has it.
    pub(crate) fn note(&mut self, index: usize, channel: Channel, body: &Body<'_>) {
        let pending = &mut self.entries[index].pending;
        match body {
            Body::BookDelta { sides, .. } => {
                pending.bids.extend(sides.bids.iter().map(|level| level.price));
                pending.asks.extend(sides.asks.iter().map(|level| level.price));
                pending.top = true;
            }
            Body::BookSnapshot { .. } => {
                pending.bids.clear();
                pending.asks.clear();
                pending.top = true;
            }
            Body::Quote(_) => pending.quote = true,
            // Whatever else is said comes after what has changed before it.
            _ => self.tell(index, channel),
        }
    }

    /// Passes on, to the conflated rungs, a message that they get as it is; after the full rung has it.
    pub(crate) fn pass(&mut self, index: usize, channel: Channel, origin: Origin, body: &Body<'_>) {
        match body {
            Body::BookDelta { .. } | Body::Quote(_) => return,
            Body::BookSnapshot { last_update_id, .. } => {
                self.entries[index].pending.told_update_id = *last_update_id;
                self.publish_on(index, channel, Rung::Coalesced, origin, body);
                return;
            }
            Body::Skipped { .. } => self.entries[index].pending.told_top = Default::default(),
            _ => {}
        }
        for rung in BOOK_RUNGS {
            self.publish_on(index, channel, rung, origin, body);
        }
    }

    fn publish_on(&mut self, index: usize, channel: Channel, rung: Rung, origin: Origin, body: &Body<'_>) {
        let entry = &self.entries[index];
        let topic = &mut self.topics[entry.topic(channel)];
        if topic.is_heard_on(rung) {
            self.publisher.publish_on(topic, entry, rung, origin, body);
        }
    }

    /// Tells all conflated rungs what has changed, and all candles, if it is time.
    pub(crate) fn tell_all(&mut self, now: Instant) {
        if self.told.is_some_and(|at| now.saturating_duration_since(at) < TELL_EVERY) {
            return;
        }
        self.told = Some(now);
        self.tell_all_bars();
        for at in (0..self.conflated.len()).rev() {
            let index = self.conflated[at];
            let mut heard = false;
            for channel in [Channel::Book, Channel::Quote] {
                if self.topics[self.entries[index].topic(channel)].is_conflated() {
                    heard = true;
                    self.tell(index, channel);
                }
            }
            if !heard {
                self.conflated.swap_remove(at);
                self.entries[index].pending = Default::default();
            }
        }
    }

    /// Somebody listens on a conflated rung of this instrument.
    pub(crate) fn conflate(&mut self, index: usize) {
        if !self.conflated.contains(&index) {
            self.conflated.push(index);
            let entry = &mut self.entries[index];
            entry.pending.told_update_id = entry.last_update_id;
        }
    }

    fn tell(&mut self, index: usize, channel: Channel) {
        let entry = &mut self.entries[index];
        match channel {
            Channel::Book if entry.known => {
                self.tell_changes(index);
                self.tell_top(index, Rung::Top);
                self.tell_top(index, Rung::Best);
                self.entries[index].pending.top = false;
            }
            Channel::Quote => {
                if let Some((quote, origin)) = entry.quote.filter(|_| std::mem::take(&mut entry.pending.quote)) {
                    for rung in BOOK_RUNGS {
                        self.publish_on(index, channel, rung, origin, &Body::Quote(quote));
                    }
                }
            }
            _ => {}
        }
    }

    /// All changes since the last time as one delta.
    fn tell_changes(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        if entry.pending.bids.is_empty() && entry.pending.asks.is_empty() {
            return;
        }
        changed(Side::Bid, entry, &mut self.bids);
        changed(Side::Ask, entry, &mut self.asks);
        let hash = entry.book_hash();
        let (last_update_id, origin) = (entry.last_update_id, entry.book_origin);
        let prev_update_id = std::mem::replace(&mut entry.pending.told_update_id, last_update_id);
        let (bids, asks) = (std::mem::take(&mut self.bids), std::mem::take(&mut self.asks));
        let sides = Sides { bids: &bids, asks: &asks };
        let valid_depth = self.entries[index].valid_depth(Rung::Coalesced);
        let body = Body::BookDelta { prev_update_id, last_update_id, sides, hash, valid_depth };
        self.publish_on(index, Channel::Book, Rung::Coalesced, origin, &body);
        (self.bids, self.asks) = (bids, asks);
    }

    /// The best levels, where they have changed.
    fn tell_top(&mut self, index: usize, rung: Rung) {
        let entry = &mut self.entries[index];
        if !entry.pending.top || !self.topics[entry.topic(Channel::Book)].is_heard_on(rung) {
            return;
        }
        let hash = copy_top(entry, rung, &mut self.bids, &mut self.asks);
        if entry.pending.told_top[rung as usize].replace(hash) == Some(hash) {
            return;
        }
        let (last_update_id, origin) = (entry.last_update_id, entry.book_origin);
        let (bids, asks) = (std::mem::take(&mut self.bids), std::mem::take(&mut self.asks));
        let sides = Sides { bids: &bids, asks: &asks };
        let valid_depth = self.entries[index].valid_depth(rung);
        let body = Body::BookSnapshot { last_update_id, sides, hash, depth: rung.depth(), valid_depth };
        self.publish_on(index, Channel::Book, rung, origin, &body);
        (self.bids, self.asks) = (bids, asks);
    }
}

/// Replaces `out` by the levels of the prices that have changed, as they are now; forgets them.
fn changed(side: Side, entry: &mut Entry, out: &mut Vec<Level>) {
    let prices = match side {
        Side::Bid => &mut entry.pending.bids,
        Side::Ask => &mut entry.pending.asks,
    };
    prices.sort_unstable();
    prices.dedup();
    out.clear();
    out.extend(prices.drain(..).map(|price| Level { price, qty: entry.book.qty(side, price) }));
    if side == Side::Bid {
        out.reverse();
    }
}

/// Replaces `bids` and `asks` by the whole book.
pub(crate) fn copy_book(book: &Book, bids: &mut Vec<Level>, asks: &mut Vec<Level>) {
    book.copy_to(Side::Bid, bids);
    book.copy_to(Side::Ask, asks);
}

/// Replaces `bids` and `asks` by the best levels of a rung. Returns their hash.
pub(crate) fn copy_top(entry: &Entry, rung: Rung, bids: &mut Vec<Level>, asks: &mut Vec<Level>) -> u64 {
    let mut hash = 0_u64;
    for (side, out) in [(Side::Bid, bids), (Side::Ask, asks)] {
        out.resize(rung.depth().into(), Level::default());
        let count = entry.book.top(side, out);
        out.truncate(count);
        hash = out.iter().fold(hash, |sum, level| sum.wrapping_add(level_hash(side, *level)));
    }
    hash
}
