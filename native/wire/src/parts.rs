//! Puts the parts of one book change together, so that a client sees the change as a whole.

use tickring_core::event::{BookChange, Kind, Level};
use tickring_shm::Record;

/// What a record did to the change under construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The record is a whole change by itself.
    Single,
    /// The record was the last part; the change is in [`Parts::change`].
    Last,
    /// More parts follow.
    More,
    /// A part is missing; the change cannot be had.
    Broken,
}

/// Parts of one book change seen so far. A shard's records hold the parts of a change next to each other.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Instrument, kind and update ids of the change; `None` between changes.
    key: Option<(u32, Kind, u64, u64)>,
    /// Index of the next part.
    next: u16,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Parts {
    /// Forgets what was begun.
    pub(crate) fn reset(&mut self) {
        self.key = None;
        self.bids.clear();
        self.asks.clear();
    }

    /// The instrument whose change was begun and not finished.
    pub(crate) fn unfinished(&self) -> Option<u32> {
        self.key.map(|(instrument, ..)| instrument)
    }

    /// Takes the part in `record`, which holds `change`.
    pub(crate) fn add(&mut self, record: &Record, change: &BookChange<'_>) -> Part {
        let key = (record.instrument, record.kind, change.prev_update_id, change.last_update_id);
        if change.part == 0 {
            self.reset();
            if change.parts <= 1 {
                return Part::Single;
            }
            self.key = Some(key);
            self.next = 0;
        }
        if self.key != Some(key) || change.part != self.next {
            self.reset();
            return Part::Broken;
        }
        self.bids.extend_from_slice(change.bids);
        self.asks.extend_from_slice(change.asks);
        self.next += 1;
        if self.next < change.parts {
            return Part::More;
        }
        self.key = None;
        Part::Last
    }

    /// The change whose last part was just added.
    pub(crate) fn change<'a>(&'a self, last: &BookChange<'_>) -> BookChange<'a> {
        BookChange { bids: &self.bids, asks: &self.asks, ..*last }
    }
}
