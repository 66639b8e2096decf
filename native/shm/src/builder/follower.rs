//! A book as the records of its instrument leave it, one after the other. Knows nothing of images and readers.

use tickring_core::book::{Book, Side};
use tickring_core::event::{BookChange, Kind, Level, State, flag};

use super::{Applied, BookState};
use crate::image::{IMAGE_LEVELS_MAX, ImageCopy};
use crate::record::Record;

/// Hash of the book at a record that is followed by an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkpoint {
    pub(super) sequence: u64,
    pub(super) last_update_id: u64,
    pub(super) exponents: (i8, i8),
    pub(super) hash: u64,
}

#[derive(Debug)]
pub(super) struct Follower {
    pub(super) book: Book,
    pub(super) state: BookState,
    /// Of price and quantity.
    pub(super) exponents: (i8, i8),
    /// Records before this sequence may be in coarser units than the exponents say.
    pub(super) units_from: u64,
    pub(super) last_update_id: u64,
    /// Last record taken.
    pub(super) sequence: u64,
    pub(super) checkpoint: Option<Checkpoint>,
    /// Next part of the change under way.
    part: u16,
    /// Levels of its parts so far: no part of a change is shown before its last one.
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Follower {
    pub(super) fn new() -> Self {
        Self {
            book: Book::new(),
            state: BookState::Waiting,
            exponents: (0, 0),
            units_from: 0,
            last_update_id: 0,
            sequence: 0,
            checkpoint: None,
            part: 0,
            bids: Vec::new(),
            asks: Vec::new(),
        }
    }

    /// Begins with an image.
    pub(super) fn begin(&mut self, image: &ImageCopy) {
        let row = &image.row;
        image.load_into(&mut self.book);
        self.state = shown(row.flags & flag::STALE != 0, self.book.is_empty());
        (self.exponents, self.units_from) = ((row.price_exponent, row.qty_exponent), 0);
        (self.last_update_id, self.sequence) = (row.last_update_id, row.sequence);
        (self.part, self.checkpoint) = (0, None);
    }

    /// Has no book any more, and waits for one.
    pub(super) fn forget(&mut self) {
        self.book.clear();
        self.state = BookState::Waiting;
        (self.last_update_id, self.sequence, self.part, self.checkpoint) = (0, 0, 0, None);
    }

    /// Applies the next record of the instrument; [`Applied::Lost`] if it does not follow.
    pub(super) fn take(&mut self, record: &Record) -> Applied {
        self.sequence = record.sequence;
        match (record.kind, record.book()) {
            (Kind::BookDelta, Some(change)) => self.delta(record, &change),
            (Kind::BookSnapshot, Some(change)) => self.snapshot(record, &change),
            (Kind::Status, _) => self.status(record),
            (Kind::Instrument, _) => self.definition(record),
            _ => Applied::Nothing,
        }
    }

    fn delta(&mut self, record: &Record, change: &BookChange<'_>) -> Applied {
        if self.state == BookState::Waiting {
            return Applied::Nothing;
        }
        if change.prev_update_id != self.last_update_id || change.part != self.part || !self.has_room(change) {
            return Applied::Lost;
        }
        if change.parts > 1 {
            if !self.collect(change) {
                return Applied::Nothing;
            }
            self.book.apply_all(&self.bids, &self.asks);
        } else {
            self.book.apply_all(change.bids, change.asks);
        }
        self.last_update_id = change.last_update_id;
        if record.flags & flag::IMAGE != 0 {
            let Self { sequence, last_update_id, exponents, .. } = *self;
            self.checkpoint = Some(Checkpoint { sequence, last_update_id, exponents, hash: self.book.hash() });
        }
        Applied::Changed
    }

    fn snapshot(&mut self, record: &Record, change: &BookChange<'_>) -> Applied {
        if change.part == 0 {
            self.part = 0;
        }
        if change.part != self.part || record.sequence < self.units_from || !self.has_room(change) {
            // Its beginning was not seen, or its units are not known.
            self.part = 0;
            return if self.state == BookState::Waiting { Applied::Nothing } else { Applied::Lost };
        }
        if !self.collect(change) {
            return Applied::Nothing;
        }
        let state = shown(record.flags & flag::STALE != 0, self.bids.is_empty() && self.asks.is_empty());
        if (self.state, state) == (BookState::Waiting, BookState::Waiting) {
            return Applied::Nothing;
        }
        self.book.load(&self.bids, &self.asks);
        (self.last_update_id, self.state, self.checkpoint) = (change.last_update_id, state, None);
        Applied::Changed
    }

    /// Adds a part to those before; whether it is the last one.
    fn collect(&mut self, change: &BookChange<'_>) -> bool {
        if change.part == 0 {
            self.bids.clear();
            self.asks.clear();
        }
        self.bids.extend_from_slice(change.bids);
        self.asks.extend_from_slice(change.asks);
        self.part += 1;
        let last = self.part >= change.parts;
        if last {
            self.part = 0;
        }
        last
    }

    /// A memory that lies must not make the book, or the parts of a change, grow for ever.
    fn has_room(&self, change: &BookChange<'_>) -> bool {
        let held = self.book.levels(Side::Bid) + self.book.levels(Side::Ask);
        let parts = if self.part == 0 { 0 } else { self.bids.len() + self.asks.len() };
        held.max(parts) + change.bids.len() + change.asks.len() <= IMAGE_LEVELS_MAX
    }

    fn status(&mut self, record: &Record) -> Applied {
        let state = match (self.state, record.status().map(|status| status.state)) {
            (BookState::Waiting, _) => return Applied::Nothing,
            (_, Some(State::Live)) => BookState::Live,
            (_, Some(State::Resync | State::Stale | State::Disconnected)) => BookState::Stale,
            (_, Some(State::Removed)) => {
                let sequence = self.sequence;
                self.forget();
                self.sequence = sequence;
                return Applied::Changed;
            }
            _ => return Applied::Nothing,
        };
        if std::mem::replace(&mut self.state, state) == state { Applied::Nothing } else { Applied::Changed }
    }

    /// Brings the levels to finer units.
    fn definition(&mut self, record: &Record) -> Applied {
        let Some(definition) = record.instrument_definition() else { return Applied::Nothing };
        let to = (definition.price_exponent, definition.qty_exponent);
        let from = std::mem::replace(&mut self.exponents, to);
        self.units_from = 0;
        if self.state == BookState::Waiting || from == to {
            return Applied::Nothing;
        }
        let factor = |from: i8, to: i8| 10_i64.checked_pow(u32::try_from(i16::from(from) - i16::from(to)).ok()?);
        match (factor(from.0, to.0), factor(from.1, to.1)) {
            (Some(price), Some(qty)) if self.book.fits(price, qty) => {
                self.book.rescale(price, qty);
                self.checkpoint = None;
                Applied::Changed
            }
            _ => Applied::Lost,
        }
    }
}

/// What is known of a whole book. One that is stale and empty is what the engine has before the venue's first one, and behind
/// the last one.
fn shown(stale: bool, empty: bool) -> BookState {
    match (stale, empty) {
        (true, true) => BookState::Waiting,
        (true, false) => BookState::Stale,
        (false, _) => BookState::Live,
    }
}
