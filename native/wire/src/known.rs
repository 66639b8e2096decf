//! How far books are known: the engine counts it every few seconds, in its counters, and messages of books say it.

use tickring_core::book::Side;
use tickring_core::counters::InstrumentCounters;
use tickring_core::venue::VenueId;
use tickring_shm::{InstrumentCopy, Reader};

use crate::feed::Feed;
use crate::message::{Rung, ValidDepth};
use crate::topic::Entry;

/// Places of the counters of known bids and asks.
const KNOWN: (usize, usize) = (InstrumentCounters::place("known_bids"), InstrumentCounters::place("known_asks"));

const _: () = assert!(KNOWN.0 < InstrumentCounters::TABLE.len() && KNOWN.1 < InstrumentCounters::TABLE.len());

impl Entry {
    /// The engine has counted how far the book is known. Books that come whole from their venue are, to the end.
    fn surveyed(&mut self, bids: u64, asks: u64) {
        let is_fetched =
            VenueId::from_number(self.definition.venue).is_some_and(|venue| venue.has_audit() && !venue.snapshots_in_stream());
        let narrow = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let is_counted = bids > 0 || asks > 0;
        let now = (is_fetched && is_counted && self.known).then(|| ValidDepth { bids: narrow(bids), asks: narrow(asks) });
        if self.valid_depth != now {
            (self.valid_depth, self.is_depth_untold) = (now, now.is_some());
        }
    }

    /// What is known of this book, or of so many of its best levels.
    pub(crate) fn valid_depth(&self, rung: Rung) -> Option<ValidDepth> {
        let most = if rung.depth() == 0 { u32::MAX } else { rung.depth().into() };
        let within = |count: u32, side| count.min(most).min(u32::try_from(self.book.levels(side)).unwrap_or(u32::MAX));
        self.valid_depth.map(|of| ValidDepth { bids: within(of.bids, Side::Bid), asks: within(of.asks, Side::Ask) })
    }

    /// The same for a change of the book, where it was told otherwise before.
    pub(crate) fn new_valid_depth(&mut self) -> Option<ValidDepth> {
        std::mem::take(&mut self.is_depth_untold).then(|| self.valid_depth(Rung::Full)).flatten()
    }
}

impl Feed {
    /// The engine's counts of how far the book of an instrument is known.
    fn surveyed(&mut self, shard: u16, instrument: u32, (bids, asks): (u64, u64)) {
        let index = self.by_instrument.get(&instrument);
        if let Some(entry) = index.map(|&index| &mut self.entries[index]).filter(|entry| entry.shard == shard) {
            entry.surveyed(bids, asks);
        }
    }

    /// Takes over how far the engine of a shard knows each book; by slot, which are used from 0 on without a hole.
    pub(crate) fn survey(&mut self, shard: u16, reader: &Reader) {
        for InstrumentCopy { slot, instrument } in (0..).map_while(|slot| reader.instrument(slot)) {
            if let Some(counters) = reader.instrument_counters(slot) {
                self.surveyed(shard, instrument.id, (counters[KNOWN.0], counters[KNOWN.1]));
            }
        }
    }
}
