//! When a book's image is written: so seldom that it costs the writer little, so often that a reader is never far from one.
//!
//! An image is due when 32 times as many levels have changed as the book has, so that it costs a fraction of the changes
//! themselves; after a new book, at once or, where it was told by its differences, with the next delta; and before the ring
//! overwrites what was written since the last image, so that a reader finds all later records still there. Where it can, it follows a
//! delta, whose record then says so: readers check their books by it.

use tickring_core::book::{Side, level_hash};
use tickring_core::event::{BookChange, Header, Level, flag};
use tickring_core::sink::Latest;

use crate::chains::{self, ChainWriter};
use crate::image::{Row, row_at};
use crate::layout::{CHUNK_WORDS, NO_CHUNK};
use crate::levels::{misfits, pack};
use crate::mapping::Area;

/// Level changes to a level of the book after which a new image is due.
const CHANGES_PER_LEVEL: u64 = 32;
/// Least number of level changes between two images of one book.
const CHANGES_MIN: u64 = 256;
/// Places of instruments that are due: of two with the same place one waits until it is too old.
const DUE_MAX: usize = 256;
/// Slots that the inputs of which each brings one image up to date may take, for each of them.
const SLOTS_PER_IMAGE: u64 = 64;
/// End of the list of slots.
const NOBODY: u32 = u32::MAX;

/// What the writer knows of a slot's image.
#[derive(Clone, Copy, Debug)]
struct State {
    row: Row,
    /// Level changes since it was written.
    changes: u64,
    /// Neighbours in the list of images, by their positions.
    older: u32,
    newer: u32,
}

/// Writes images.
#[derive(Debug)]
pub(crate) struct Images {
    rows: Area,
    chains: ChainWriter<Area, CHUNK_WORDS>,
    /// By slot.
    states: Box<[State]>,
    oldest: u32,
    newest: u32,
    /// Slots of the ring that may be written until an image is due.
    due_after: u64,
    /// Slots of the ring that may be written until an image must be brought up to date.
    patience: u64,
    /// Position from which the oldest image is too old.
    sweep_at: u64,
    /// Instruments whose next delta is followed by an image, each at its place; 0 for none.
    due: Box<[u32; DUE_MAX]>,
    /// Level changes of the present input.
    changes: u64,
    /// Instrument whose image follows the present input; 0 for none.
    now: u32,
    pub(crate) written: u64,
    pub(crate) levels: u64,
    pub(crate) refused: u64,
}

/// What a record stands for when an image of it is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Position behind it.
    pub(crate) position: u64,
    pub(crate) sequence: u64,
}

/// Place of an instrument among those that are due.
const fn place(instrument: u32) -> usize {
    instrument as usize % DUE_MAX
}

impl Images {
    pub(crate) fn new(rows: Area, chunks: Area, chunk_count: u32, instruments: u32, ring_slots: u64) -> Self {
        // What a reader has to copy an image and to begin with the records since, and images to be brought up to date in turn.
        let spare = (u64::from(instruments) * SLOTS_PER_IMAGE).clamp(ring_slots / 4, ring_slots / 2);
        let state = State { row: Row { first: NO_CHUNK, ..Row::default() }, changes: 0, older: NOBODY, newer: NOBODY };
        Self {
            rows,
            chains: ChainWriter::new(chunks, chunk_count),
            states: vec![state; instruments as usize].into(),
            oldest: NOBODY,
            newest: NOBODY,
            due_after: ring_slots - spare - spare / 2,
            patience: ring_slots - spare,
            sweep_at: u64::MAX,
            due: Box::new([0; DUE_MAX]),
            changes: 0,
            now: 0,
            written: 0,
            levels: 0,
            refused: 0,
        }
    }

    /// A new input begins.
    #[inline]
    pub(crate) fn begin_input(&mut self) {
        (self.changes, self.now) = (0, 0);
    }

    /// A delta is about to be published; gives the flag of its record. One that is recovered brings readers to a new book, as if each
    /// level had changed: the next one is followed by an image, by which they check that they have it.
    #[inline]
    pub(crate) fn delta(&mut self, header: &Header, change: &BookChange<'_>) -> u16 {
        self.changes += (change.bids.len() + change.asks.len()) as u64 + (u64::from(header.flags & flag::RECOVERED) << 32);
        let last = u32::from(change.part) + 1 == u32::from(change.parts);
        if self.due[place(header.instrument)] != header.instrument || !last {
            return 0;
        }
        self.now = header.instrument;
        flag::IMAGE
    }

    /// A whole book is about to be published; gives the flag of its record.
    pub(crate) fn snapshot(&mut self, instrument: u32) -> u16 {
        self.now = instrument;
        0
    }

    /// The state of a slot after the input that changed it.
    #[inline]
    pub(crate) fn changed(&mut self, slot: u32, latest: &Latest<'_>, at: At) {
        if self.changes == 0 && self.now == 0 {
            return;
        }
        let state = &mut self.states[slot as usize];
        // Of an input about several instruments all changes count for each: rather an image too many than a stale one.
        state.changes += self.changes;
        if self.now == latest.instrument {
            return self.write(slot, latest, at);
        }
        let levels = latest.book.levels(Side::Bid) + latest.book.levels(Side::Ask);
        let age = at.position - state.row.position;
        if state.changes >= CHANGES_MIN.max(CHANGES_PER_LEVEL * levels as u64) || age >= self.due_after {
            self.due[place(latest.instrument)] = latest.instrument;
        }
    }

    /// The slot whose image is too old at this position.
    #[inline]
    pub(crate) fn too_old(&self, position: u64) -> Option<u32> {
        (position >= self.sweep_at).then_some(self.oldest)
    }

    /// The state of a slot whose image is too old.
    #[cold]
    pub(crate) fn refresh(&mut self, slot: u32, latest: &Latest<'_>, at: At) {
        let State { row: held, changes, .. } = self.states[slot as usize];
        // Ids and flags move on without a level; units that became finer change all of them.
        let row = Row { position: at.position, sequence: at.sequence, ..Row::of(latest) };
        if changes > 0 || !held.has_levels_of(&row) {
            return self.write(slot, latest, at);
        }
        self.switch(slot, Row { hash: held.hash, base: held.base, first: held.first, wide: held.wide, ..row });
    }

    #[cold]
    fn write(&mut self, slot: u32, latest: &Latest<'_>, at: At) {
        self.now = 0;
        let due = &mut self.due[place(latest.instrument)];
        if *due == latest.instrument {
            *due = 0;
        }
        let row = Row { position: at.position, sequence: at.sequence, ..Row::of(latest) };
        let before = self.states[slot as usize].row.first;
        let stored = self.store(row, latest).or_else(|| {
            // Without the room of the image before it may fit; readers have none meanwhile.
            self.switch(slot, Row { first: NO_CHUNK, ..Row::default() });
            self.chains.free(before);
            self.store(row, latest)
        });
        match stored {
            Some(row) => {
                let replaced = self.states[slot as usize].row.first;
                self.switch(slot, row);
                self.chains.free(replaced);
                self.states[slot as usize].changes = 0;
                self.written += 1;
                self.levels += row.levels() as u64;
            }
            None => {
                self.refused += 1;
                // Not again with each change.
                let state = &mut self.states[slot as usize];
                (state.changes, state.row.position) = (0, at.position);
            }
        }
    }

    /// Stores the levels of a book; gives the row that describes them, `None` if there is no room.
    fn store(&mut self, row: Row, latest: &Latest<'_>) -> Option<Row> {
        let first = |side| latest.book.unsorted(side).next();
        let base = first(Side::Bid).or(first(Side::Ask)).map_or(0, |level| level.price);
        let row = Row { base, ..row };
        if !self.chains.has_room(row.words()) {
            return None;
        }
        let (mut hash, mut all) = (0_u64, 0);
        let first = self.chains.store(|filling| {
            for side in [Side::Bid, Side::Ask] {
                latest.book.unsorted(side).for_each(|level| {
                    hash = hash.wrapping_add(level_hash(side, level));
                    let (word, rest) = pack(level, base);
                    all |= rest;
                    filling.put(word);
                });
            }
        });
        if !misfits(all) {
            return Some(Row { hash, first, ..row });
        }
        self.chains.free(first);
        let row = Row { hash, wide: true, ..row };
        if !self.chains.has_room(row.words()) {
            return None;
        }
        let first = self.chains.store(|filling| {
            let sides = latest.book.unsorted(Side::Bid).chain(latest.book.unsorted(Side::Ask));
            sides.for_each(|Level { price, qty }| {
                filling.put(price.cast_unsigned());
                filling.put(qty.cast_unsigned());
            });
        });
        Some(Row { first, ..row })
    }

    /// Lets a slot's row say this, and the slot be the newest of the list, or in none without an image.
    fn switch(&mut self, slot: u32, row: Row) {
        chains::switch(&self.rows, row_at(slot), &row.to_words());
        self.states[slot as usize].row = row;
        self.unlink(slot);
        if row.instrument != 0 {
            let before = std::mem::replace(&mut self.newest, slot);
            let state = &mut self.states[slot as usize];
            (state.older, state.newer) = (before, NOBODY);
            match self.states.get_mut(before as usize) {
                Some(before) => before.newer = slot,
                None => self.oldest = slot,
            }
        }
        let oldest = self.states.get(self.oldest as usize);
        self.sweep_at = oldest.map_or(u64::MAX, |state| state.row.position + self.patience);
    }

    /// Takes a slot out of the list, if it is in there.
    fn unlink(&mut self, slot: u32) {
        let state = &mut self.states[slot as usize];
        let (older, newer) = (state.older, state.newer);
        (state.older, state.newer) = (NOBODY, NOBODY);
        match self.states.get_mut(older as usize) {
            Some(state) => state.newer = newer,
            None if self.oldest == slot => self.oldest = newer,
            None => {}
        }
        match self.states.get_mut(newer as usize) {
            Some(state) => state.older = older,
            None if self.newest == slot => self.newest = older,
            None => {}
        }
    }
}
