//! A reader's own full-depth book of one instrument: an image from the books area, then every later record of the ring.

use tickring_core::book::Book;
use tickring_core::event::{BookChange, Kind, Level, State, flag};

use crate::decode::{self, Decoded, Near};
use crate::image::{ImageCopy, Row, read_row};
use crate::layout::COPY_WORDS;
use crate::reader::Reader;
use crate::record::Record;
use crate::ring::Found;

/// How often joining begins again behind a writer that overwrites what is being read.
const JOINS_MAX: usize = 16;

/// What is known of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookState {
    /// Nothing yet; it comes with the next image or the next full book on the ring.
    Waiting,
    /// The engine has proven it in sync.
    Live,
    /// The last book that was proven; the engine is getting a new one.
    Stale,
}

/// What [`BookBuilder::apply`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The record says nothing of this book, or the book contains it already.
    Nothing,
    /// Levels, state or units changed as the record says.
    Changed,
    /// Records were lost, or a check failed; the book was built again and is as new as the reader.
    Rebuilt,
    /// As above, but there is no image now: [`BookState::Waiting`].
    Lost,
}

/// Hash of the book at a record that is followed by an image.
#[derive(Clone, Copy, Debug)]
struct Checkpoint {
    sequence: u64,
    last_update_id: u64,
    hash: u64,
}

/// Builds one book from one [`Reader`]. Give it every record that the reader polls, of whatever instrument.
#[derive(Debug)]
pub struct BookBuilder {
    slot: u32,
    /// 0 until it is known.
    instrument: u32,
    book: Book,
    state: BookState,
    price_exponent: i8,
    qty_exponent: i8,
    /// The exponents are those of this place in the ring, not the newest ones of the instrument table.
    exponents_in_order: bool,
    last_update_id: u64,
    /// Last record that the book contains.
    sequence: u64,
    /// Where the reader was without a break: generation, and number of breaks.
    unbroken: (u64, u64),
    /// Next part of the change under way.
    part: u16,
    bids: Vec<Level>,
    asks: Vec<Level>,
    checkpoint: Option<Checkpoint>,
    joins: u64,
    checks: u64,
    failures: u64,
    image: ImageCopy,
    copy: Box<[u64; COPY_WORDS]>,
    record: Box<Record>,
}

impl BookBuilder {
    /// A builder for the instrument in this slot of the reader's tables; see [`Reader::find`]. It joins at once where it can,
    /// else with the records that come.
    #[must_use]
    pub fn new(reader: &Reader, slot: u32) -> Self {
        let mut builder = Self {
            slot,
            instrument: 0,
            book: Book::new(),
            state: BookState::Waiting,
            price_exponent: 0,
            qty_exponent: 0,
            exponents_in_order: false,
            last_update_id: 0,
            sequence: 0,
            unbroken: (0, 0),
            part: 0,
            bids: Vec::new(),
            asks: Vec::new(),
            checkpoint: None,
            joins: 0,
            checks: 0,
            failures: 0,
            image: ImageCopy::default(),
            copy: Box::new([0; COPY_WORDS]),
            record: Box::default(),
        };
        builder.join(reader);
        builder
    }

    /// Takes the next record of the reader. Notices by itself that the reader lost records or went to another generation, and
    /// builds the book again.
    pub fn apply(&mut self, reader: &Reader, record: &Record) -> Applied {
        if self.unbroken != (reader.generation(), reader.breaks()) {
            return self.rebuild(reader);
        }
        if self.instrument == 0 && record.kind == Kind::Instrument {
            self.learn(reader);
        }
        if record.instrument != self.instrument || record.sequence <= self.sequence {
            return Applied::Nothing;
        }
        if !self.check(reader) {
            return self.rebuild(reader);
        }
        let applied = self.take(record);
        if applied == Applied::Lost { self.rebuild(reader) } else { applied }
    }

    /// Builds the book from the newest image and the ring, up to the reader's cursor; `false` if there is no image yet.
    ///
    /// Cost: a copy of the image, and a look at each record since, at most half of the ring.
    pub fn join(&mut self, reader: &Reader) -> bool {
        self.unbroken = (reader.generation(), reader.breaks());
        self.learn(reader);
        let segment = reader.segment();
        for _ in 0..JOINS_MAX {
            if !self.image.read(&segment.books, &segment.book_chunks, segment.chunk_count(), self.slot) {
                break;
            }
            let row = self.image.row;
            self.begin(&row);
            if self.catch_up(reader, &row) {
                self.joins += 1;
                return true;
            }
        }
        self.forget();
        false
    }

    fn learn(&mut self, reader: &Reader) {
        let Some(copy) = reader.instrument(self.slot) else { return };
        self.instrument = copy.instrument.id;
        (self.price_exponent, self.qty_exponent) = (copy.instrument.price_exponent, copy.instrument.qty_exponent);
        self.exponents_in_order = false;
    }

    fn rebuild(&mut self, reader: &Reader) -> Applied {
        if self.join(reader) { Applied::Rebuilt } else { Applied::Lost }
    }

    fn begin(&mut self, row: &Row) {
        self.image.load_into(&mut self.book);
        self.state = if row.flags & flag::STALE == 0 { BookState::Live } else { BookState::Stale };
        (self.price_exponent, self.qty_exponent) = (row.price_exponent, row.qty_exponent);
        self.exponents_in_order = true;
        (self.last_update_id, self.sequence) = (row.last_update_id, row.sequence);
        (self.part, self.checkpoint) = (0, None);
    }

    fn forget(&mut self) {
        self.book.clear();
        self.state = BookState::Waiting;
        (self.last_update_id, self.sequence, self.part, self.checkpoint) = (0, 0, 0, None);
    }

    /// Applies what stands between the image and the reader's cursor; `false` if not all of it stands there any more.
    fn catch_up(&mut self, reader: &Reader, row: &Row) -> bool {
        let mut near = Near { sequence: row.sequence, frame_seq: row.frame_seq };
        let mut position = row.position;
        let mut record = std::mem::take(&mut self.record);
        let mut whole = true;
        while whole && position < reader.position() {
            let Found::Record(span) = reader.ring().read(position, &mut self.copy[..]) else {
                whole = false;
                break;
            };
            position += span;
            near.sequence = decode::sequence(&self.copy[..], near);
            match decode::decode(&self.copy[..], span, near, &mut record) {
                Decoded::Record => {
                    near.frame_seq = record.frame_seq;
                    whole = record.instrument != self.instrument || self.take(&record) != Applied::Lost;
                }
                Decoded::Unknown => {}
                Decoded::Malformed => whole = false,
            }
        }
        self.record = record;
        whole
    }

    /// Applies a record of this instrument; [`Applied::Lost`] if it does not follow.
    fn take(&mut self, record: &Record) -> Applied {
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
        if change.prev_update_id != self.last_update_id || change.part != self.part {
            return Applied::Lost;
        }
        self.book.apply_all(change.bids, change.asks);
        self.part += 1;
        if self.part >= change.parts {
            (self.part, self.last_update_id) = (0, change.last_update_id);
            if record.flags & flag::IMAGE != 0 {
                let Self { sequence, last_update_id, .. } = *self;
                self.checkpoint = Some(Checkpoint { sequence, last_update_id, hash: self.book.hash() });
            }
        }
        Applied::Changed
    }

    fn snapshot(&mut self, record: &Record, change: &BookChange<'_>) -> Applied {
        if change.part == 0 {
            self.part = 0;
            self.bids.clear();
            self.asks.clear();
        }
        if change.part != self.part {
            // Its beginning was not seen.
            self.part = 0;
            return if self.state == BookState::Waiting { Applied::Nothing } else { Applied::Lost };
        }
        self.bids.extend_from_slice(change.bids);
        self.asks.extend_from_slice(change.asks);
        self.part += 1;
        if self.part < change.parts {
            return Applied::Nothing;
        }
        let stale = record.flags & flag::STALE != 0;
        self.part = 0;
        if stale && self.state == BookState::Waiting && self.bids.is_empty() && self.asks.is_empty() {
            // What the engine has before the venue's first book.
            return Applied::Nothing;
        }
        self.book.load(&self.bids, &self.asks);
        self.last_update_id = change.last_update_id;
        self.checkpoint = None;
        self.state = if stale { BookState::Stale } else { BookState::Live };
        Applied::Changed
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
        let (price, qty) = (definition.price_exponent, definition.qty_exponent);
        let before = (self.price_exponent, self.qty_exponent);
        (self.price_exponent, self.qty_exponent) = (price, qty);
        let in_order = std::mem::replace(&mut self.exponents_in_order, true);
        if self.state == BookState::Waiting {
            return Applied::Nothing;
        }
        if !in_order {
            // The book may have been in coarser units than the table's.
            return Applied::Lost;
        }
        if before == (price, qty) {
            return Applied::Nothing;
        }
        let factor = |from: i8, to: i8| 10_i64.checked_pow(u32::try_from(i16::from(from) - i16::from(to)).ok()?);
        match (factor(before.0, price), factor(before.1, qty)) {
            (Some(price), Some(qty)) if self.book.fits(price, qty) => {
                self.book.rescale(price, qty);
                self.checkpoint = None;
                Applied::Changed
            }
            _ => Applied::Lost,
        }
    }

    /// Compares the book's hash at the last record that an image follows with that image's; `false` if they differ.
    fn check(&mut self, reader: &Reader) -> bool {
        let Some(at) = self.checkpoint else { return true };
        let Some(row) = read_row(&reader.segment().books, self.slot) else { return true };
        if row.sequence < at.sequence {
            // Being written.
            return true;
        }
        self.checkpoint = None;
        if row.last_update_id != at.last_update_id {
            // There is a newer one already.
            return true;
        }
        self.checks += 1;
        self.failures += u64::from(row.hash != at.hash);
        row.hash == at.hash
    }

    /// The book; empty while [`BookState::Waiting`]. Prices and quantities are mantissas of [`Self::exponents`].
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// What is known of it.
    #[must_use]
    pub const fn state(&self) -> BookState {
        self.state
    }

    /// Exponents of price and quantity: value = mantissa × 10^exponent.
    #[must_use]
    pub const fn exponents(&self) -> (i8, i8) {
        (self.price_exponent, self.qty_exponent)
    }

    /// Instrument id; 0 until the slot holds one.
    #[must_use]
    pub const fn instrument(&self) -> u32 {
        self.instrument
    }

    /// Slot of the instrument.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        self.slot
    }

    /// The venue's update id of the book.
    #[must_use]
    pub const fn last_update_id(&self) -> u64 {
        self.last_update_id
    }

    /// Sequence of the last record that the book contains; it may be ahead of the reader's.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// How often the book was built from an image.
    #[must_use]
    pub const fn joins(&self) -> u64 {
        self.joins
    }

    /// How often its hash was compared with the engine's.
    #[must_use]
    pub const fn checks(&self) -> u64 {
        self.checks
    }

    /// How often they differed; the book was then built again.
    #[must_use]
    pub const fn failures(&self) -> u64 {
        self.failures
    }
}
