//! One shard's ring as the fan-out follows it: joins, laps, restarts, absence.

use std::path::Path;
use std::time::{Duration, Instant};

use tickring_core::error::Code;
use tickring_core::event::{Kind, State, Status, flag};
use tickring_shm::{InstrumentCopy, Liveness, Poll, Reader, Record, ShmError};

use crate::feed::Feed;
use crate::message::{Body, Origin, SkipReason};
use crate::parts::Parts;
use crate::topic::Channel;

/// How often an idle shard's writer is judged.
const JUDGE_EVERY: Duration = Duration::from_millis(100);
/// How often a join is tried again while definitions change under it.
const JOIN_TRIES_MAX: usize = 8;

/// Records missed since the last one read; told with the next record, which says how many.
#[derive(Clone, Copy, Debug)]
struct Loss {
    reason: SkipReason,
    /// As far as the reader has counted.
    count: u64,
}

/// One shard.
pub(crate) struct Shard {
    pub(crate) number: u16,
    reader: Reader,
    record: Box<Record>,
    parts: Parts,
    /// Sequence after the last record read in this epoch.
    expected: Option<u64>,
    loss: Option<Loss>,
    /// Whether the cursor was set to the first record of an epoch and nothing was read since.
    first: bool,
    judged: Instant,
    /// `live`, `stalled`, `dead`, `closed` or `away`.
    pub(crate) state: &'static str,
    /// Whether no writer is at work: its books are stale.
    pub(crate) away: bool,
    /// Records lost so far.
    pub(crate) lost: u64,
}

impl Shard {
    pub(crate) fn open(root: &Path, name: &str, number: u16, feed: &mut Feed, now: Instant) -> Result<Self, ShmError> {
        let mut shard = Self {
            number,
            reader: Reader::open(root, name, number)?,
            record: Box::default(),
            parts: Parts::default(),
            expected: None,
            loss: None,
            first: false,
            judged: now,
            state: "live",
            away: false,
            lost: 0,
        };
        if shard.reader.position() <= shard.reader.slots() {
            // Nothing is overwritten yet: the ring itself tells everything, definitions in their place among the records.
            shard.reader.seek_oldest();
            shard.first = true;
        } else {
            shard.join(feed, now);
        }
        Ok(shard)
    }

    /// Epoch of the writer.
    pub(crate) fn epoch(&self) -> u64 {
        self.reader.epoch()
    }

    /// Ring slots published and not read yet.
    pub(crate) fn lag(&self) -> u64 {
        self.reader.lag()
    }

    /// Goes to the newest record with the definitions in force there. The writer changes the table before it says so in the
    /// ring, hence: a table that reads the same before and after the cursor is set belongs to the cursor.
    fn join(&mut self, feed: &mut Feed, now: Instant) {
        let mut table = self.reader.instruments();
        for _ in 0..JOIN_TRIES_MAX {
            self.reader.seek_newest();
            let again = self.reader.instruments();
            let settled = again == table;
            table = again;
            if settled {
                break;
            }
        }
        for InstrumentCopy { instrument, .. } in &table {
            feed.define(instrument, self.origin(), now);
        }
    }

    /// Takes one record, if there is one. Returns whether there was anything to do.
    pub(crate) fn step(&mut self, feed: &mut Feed, now: Instant) -> bool {
        match self.reader.poll(&mut self.record) {
            Poll::Record => self.take(feed, now),
            Poll::Lapped { lost } => self.lapped(lost, feed, now),
            Poll::Empty | Poll::Stalled => return self.judge(feed, now),
        }
        true
    }

    fn take(&mut self, feed: &mut Feed, now: Instant) {
        if std::mem::take(&mut self.first) && self.record.kind != Kind::EpochStart {
            // The beginning, with the definitions, was overwritten meanwhile.
            self.expected = Some(self.record.sequence);
            self.loss.get_or_insert(Loss { reason: SkipReason::Lapped, count: 0 });
            self.join(feed, now);
            return;
        }
        let record = &*self.record;
        let origin = Origin {
            shard: self.number,
            epoch: self.reader.epoch(),
            sequence: record.sequence,
            frame_seq: record.frame_seq,
            index: record.index,
            flags: record.flags,
            ts_event: record.ts_event,
            ts_recv: record.ts_recv,
            ts_out: record.ts_out,
        };
        if let Some(Loss { reason, count }) = self.loss.take() {
            // Where the cursor was moved on purpose, only the next record's number tells how much that skipped.
            let count = self.expected.map_or(count, |expected| record.sequence.saturating_sub(expected));
            self.lost += count;
            let (from, to) = if count == 0 { (0, 0) } else { (record.sequence - count, record.sequence - 1) };
            let origin = Origin { shard: self.number, epoch: origin.epoch, sequence: to, ..Origin::default() };
            feed.skip(origin, reason, from, to, count);
        }
        self.expected = Some(record.sequence.saturating_add(1));
        feed.record(origin, record, &mut self.parts, now);
    }

    fn lapped(&mut self, lost: u64, feed: &mut Feed, now: Instant) {
        self.first = false;
        self.parts.reset();
        feed.doubt(self.number, now);
        let before = self.loss.unwrap_or(Loss { reason: SkipReason::Lapped, count: 0 });
        self.loss = Some(Loss { count: before.count + lost, ..before });
        if !feed.knows(&self.reader.instruments()) {
            // A definition changed among the lost records or will change among the next ones: only at the newest record is it
            // certain which exponents are in force.
            self.join(feed, now);
        }
    }

    /// Takes over how far the engine knows its books.
    pub(crate) fn survey(&self, feed: &mut Feed) {
        if !self.away {
            feed.survey(self.number, &self.reader);
        }
    }

    /// Looks after the writer of an idle ring. Returns whether there is something new to read.
    fn judge(&mut self, feed: &mut Feed, now: Instant) -> bool {
        if now.saturating_duration_since(self.judged) < JUDGE_EVERY {
            return false;
        }
        self.judged = now;
        match self.reader.liveness() {
            Liveness::Live { .. } => self.writer_is("live", false, feed),
            Liveness::Stalled { .. } => self.writer_is("stalled", self.away, feed),
            Liveness::Dead => self.writer_is("dead", true, feed),
            Liveness::Closed { .. } => self.writer_is("closed", true, feed),
            Liveness::Superseded { .. } => return self.follow(feed),
        }
        false
    }

    /// Goes on with the writer's successor.
    fn follow(&mut self, feed: &mut Feed) -> bool {
        let before = self.reader.epoch();
        if self.reader.reopen().is_err() || self.reader.epoch() == before {
            self.writer_is("away", true, feed);
            return false;
        }
        self.parts.reset();
        self.expected = None;
        self.loss = Some(Loss { reason: SkipReason::Restarted, count: 0 });
        self.first = true;
        self.state = "live";
        self.away = false;
        feed.restart(self.number);
        true
    }

    fn writer_is(&mut self, state: &'static str, away: bool, feed: &mut Feed) {
        self.state = state;
        if self.away != away {
            self.away = away;
            feed.shard_status(self.origin(), away);
        }
    }

    /// Origin of what the fan-out itself has to say.
    fn origin(&self) -> Origin {
        let sequence = self.expected.map_or(0, |expected| expected - 1);
        Origin { shard: self.number, epoch: self.reader.epoch(), sequence, ..Origin::default() }
    }
}

impl Feed {
    /// Tells all book topics of a shard that its engine went away, or came back.
    fn shard_status(&mut self, origin: Origin, away: bool) {
        for index in 0..self.entries.len() {
            let entry = &self.entries[index];
            if entry.shard == origin.shard {
                let live = !away && entry.known && entry.book_origin.flags & flag::STALE == 0;
                let state = if live { State::Live } else { State::Stale };
                let code = away.then_some(Code::EngineAway);
                let status = Status { state, connection: 0, code, detail: entry.last_update_id };
                self.publish(index, Channel::Book, origin, &Body::Status(status));
            }
        }
    }
}
