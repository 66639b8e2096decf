//! A reader's own full-depth book of one instrument: an image from the books area, then every later record of the ring.

use tickring_core::book::Book;
use tickring_core::event::Kind;
use tickring_core::input::{Instrument, Symbol};

use crate::decode::{self, Decoded, Near, instrument_of};
use crate::image::{ImageCopy, Row, read_row};
use crate::layout::COPY_WORDS;
use crate::reader::Reader;
use crate::record::Record;
use crate::ring::Found;
use crate::tables::InstrumentCopy;

mod follower;

use follower::Follower;

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
    /// There is an image at last, records were lost, or a check failed: the book was built anew and is as new as the reader.
    Rebuilt,
    /// Records were lost, or a check failed, and there is no image now: [`BookState::Waiting`].
    Lost,
}

/// Builds one book from one [`Reader`]. Give it every record that the reader polls, of whatever instrument.
#[derive(Debug)]
pub struct BookBuilder {
    slot: u32,
    /// 0 until it is known.
    instrument: u32,
    /// Venue and symbol, once known: another generation may give them another slot.
    name: Option<(u16, Symbol)>,
    /// The slot holds the instrument.
    placed: bool,
    follower: Follower,
    /// Where the reader was without a break: generation, and number of breaks.
    unbroken: (u64, u64),
    /// Sequence of the image that led to no book.
    tried: Option<u64>,
    joins: u64,
    checks: u64,
    failures: u64,
    image: ImageCopy,
    copy: Box<[u64; COPY_WORDS]>,
    record: Box<Record>,
}

impl BookBuilder {
    /// A builder for the instrument in this slot of the reader's tables; see [`Reader::find`]. It joins at once where it can,
    /// else with the records that come. It stays with the venue's symbol that it finds there, also where another generation has
    /// that in another slot.
    #[must_use]
    pub fn new(reader: &Reader, slot: u32) -> Self {
        let mut builder = Self {
            slot,
            instrument: 0,
            name: None,
            placed: false,
            follower: Follower::new(),
            unbroken: (0, 0),
            tried: None,
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
    /// builds the book again; where no record may come for a while, call [`Self::join`] behind a seek.
    pub fn apply(&mut self, reader: &Reader, record: &Record) -> Applied {
        if self.unbroken != (reader.epoch(), reader.breaks()) {
            return self.rebuild(reader);
        }
        if !self.placed && record.kind == Kind::Instrument {
            self.place(reader);
        }
        if !self.placed || record.instrument != self.instrument || record.sequence <= self.follower.sequence {
            return Applied::Nothing;
        }
        if self.follower.state == BookState::Waiting && self.has_new_image(reader) {
            if self.join(reader) {
                return Applied::Rebuilt;
            }
            if record.sequence <= self.follower.sequence {
                // There is no book now, says the image, which is ahead of the record.
                return Applied::Nothing;
            }
        }
        if !self.check(reader) {
            return self.rebuild(reader);
        }
        let applied = self.follower.take(record);
        if applied == Applied::Lost { self.rebuild(reader) } else { applied }
    }

    /// Builds the book from the newest image and the ring, up to the reader's cursor; `false` if there is no image yet.
    ///
    /// Cost: a copy of the image, and a look at each record since, at most three quarters of the ring.
    pub fn join(&mut self, reader: &Reader) -> bool {
        self.unbroken = (reader.epoch(), reader.breaks());
        self.tried = None;
        self.place(reader);
        for _ in 0..JOINS_MAX {
            let segment = reader.segment();
            if !self.placed || !self.image.read(&segment.books, &segment.book_chunks, segment.chunk_count(), self.slot) {
                break;
            }
            let row = self.image.row;
            if row.instrument != self.instrument || self.tried == Some(row.sequence) {
                break;
            }
            self.follower.begin(&self.image);
            let whole = self.catch_up(reader, &row);
            if whole && self.follower.state != BookState::Waiting {
                self.joins += 1;
                return true;
            }
            self.tried = Some(row.sequence);
            if whole {
                // No book is what the engine has.
                return false;
            }
        }
        self.follower.forget();
        // The image's units were taken; those of the reader's place are not known.
        self.place(reader);
        false
    }

    /// Looks up where the instrument is, and its units.
    fn place(&mut self, reader: &Reader) {
        let is_it = |copy: &InstrumentCopy| {
            let Instrument { venue, symbol, .. } = copy.instrument;
            self.name.is_none_or(|name| name == (venue, symbol))
        };
        let here = reader.instrument(self.slot).filter(is_it);
        let found = here.or_else(|| self.name.and_then(|_| reader.instruments().into_iter().rfind(is_it)));
        self.placed = found.is_some();
        let Some(InstrumentCopy { slot, instrument }) = found else { return };
        (self.slot, self.instrument) = (slot, instrument.id);
        self.name = Some((instrument.venue, instrument.symbol));
        self.follower.exponents = (instrument.price_exponent, instrument.qty_exponent);
        // Read after the table: the record that brought these units was published by then, or is the next of its instrument.
        self.follower.units_from = reader.newest_sequence().saturating_add(1);
    }

    /// Whether there is an image other than the one that led to no book.
    fn has_new_image(&self, reader: &Reader) -> bool {
        read_row(&reader.segment().books, self.slot).is_some_and(|row| self.tried != Some(row.sequence))
    }

    fn rebuild(&mut self, reader: &Reader) -> Applied {
        if self.join(reader) { Applied::Rebuilt } else { Applied::Lost }
    }

    /// Applies what stands between the image and the reader's cursor; `false` if not all of it stands there any more.
    fn catch_up(&mut self, reader: &Reader, row: &Row) -> bool {
        let mut near = Near { sequence: row.sequence, frame_seq: row.frame_seq };
        let mut position = row.position;
        let mut record = std::mem::take(&mut self.record);
        let mut whole = true;
        while whole && position < reader.position() {
            let Some((word, span)) = reader.ring().peek(position) else {
                whole = false;
                break;
            };
            if instrument_of(word) != self.instrument {
                position += span;
                continue;
            }
            let Found::Record(span) = reader.ring().read(position, &mut self.copy[..]) else {
                whole = false;
                break;
            };
            position += span;
            near.sequence = decode::sequence(&self.copy[..], near);
            match decode::decode(&self.copy[..], span, near, &mut record) {
                Decoded::Record => {
                    near.frame_seq = record.frame_seq;
                    whole = self.follower.take(&record) != Applied::Lost;
                }
                Decoded::Unknown => {}
                Decoded::Malformed => whole = false,
            }
        }
        self.record = record;
        whole
    }

    /// Compares the book's hash at the last record that an image follows with that image's; `false` if they differ.
    fn check(&mut self, reader: &Reader) -> bool {
        let Some(at) = self.follower.checkpoint else { return true };
        let Some(row) = read_row(&reader.segment().books, self.slot) else { return true };
        if row.sequence < at.sequence {
            // Being written.
            return true;
        }
        self.follower.checkpoint = None;
        if (row.last_update_id, row.price_exponent, row.qty_exponent) != (at.last_update_id, at.exponents.0, at.exponents.1) {
            // There is a newer one already, or the same in other units.
            return true;
        }
        self.checks += 1;
        self.failures += u64::from(row.hash != at.hash);
        row.hash == at.hash
    }

    /// The book; empty while [`BookState::Waiting`]. Prices and quantities are mantissas of [`Self::exponents`].
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.follower.book
    }

    /// What is known of it.
    #[must_use]
    pub const fn state(&self) -> BookState {
        self.follower.state
    }

    /// Exponents of price and quantity: value = mantissa × 10^exponent.
    #[must_use]
    pub const fn exponents(&self) -> (i8, i8) {
        self.follower.exponents
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
        self.follower.last_update_id
    }

    /// Sequence of the last record taken into the book; it may be ahead of the reader's. A change of several parts shows with its
    /// last one.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.follower.sequence
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
