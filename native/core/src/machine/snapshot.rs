//! Depth snapshots in, full books out.

use super::entry::{Channel, Entry, touch_flags};
use super::output::{Change, Tag};
use super::{Machine, Output, Scratch, difference, refuse};
use crate::book::{BOOK_LEVELS_MAX, Book, Side, Touch};
use crate::error::Code;
use crate::event::{Level, State, flag};
use crate::input::SYMBOL_BYTES_MAX;
use crate::json;
use crate::sink::Sink;
use crate::sync::{Aside, Fit, Phase};
use crate::venue::{Reject, SnapshotMessage};

/// Index of the first event of [`Machine::tell_all`].
pub const TOLD_AGAIN: u32 = 1 << 31;

impl Machine {
    /// The answer to a snapshot request (venue's rules, steps 3 to 5).
    pub(super) fn depth_snapshot<S: Sink>(
        &mut self,
        instrument: u32,
        body: &[u8],
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let slot = self.known(instrument)?;
        let sync = &mut self.entries[slot as usize].sync;
        if sync.phase == Phase::Live {
            return self.take_copy(slot, body, out.ts_recv);
        }
        if sync.phase == Phase::Idle || self.entries[slot as usize].venue.snapshots_in_stream() {
            self.counters.ignored += 1;
            return Ok(());
        }
        let sync = &mut self.entries[slot as usize].sync;
        sync.asked_at = None;
        if std::mem::take(&mut sync.discard_answer) {
            self.counters.ignored += 1;
            self.request_snapshot(slot, out.ts_recv);
            return Ok(());
        }
        let result = self.load_aside(slot, body, out);
        if result.is_err() {
            self.request_snapshot(slot, out.ts_recv);
        }
        result
    }

    fn load_aside<S: Sink>(&mut self, slot: u32, body: &[u8], out: &mut Output<'_, S>) -> Result<(), Reject> {
        if body.len() > self.config.frame_bytes_max {
            return Err(Reject { code: Code::FrameTooLarge, offset: self.config.frame_bytes_max });
        }
        let entry = &self.entries[slot as usize];
        let message = entry.venue.parse_snapshot(body)?;
        refuse_other(entry.definition.symbol.as_bytes(), &message)?;
        let newer = entry.sync.aside.as_ref().is_none_or(|aside| aside.update_id < message.last_update_id);
        let older = match entry.sync.fit(entry.venue, message.last_update_id) {
            Fit::Joins { older } if newer => older,
            Fit::Joins { .. } => {
                self.counters.ignored += 1;
                return Ok(());
            }
            Fit::TooOld => {
                self.counters.ignored += 1;
                self.request_snapshot(slot, out.ts_recv);
                return Ok(());
            }
        };
        let exponents = self.convert_sides(slot, message.bids, message.asks)?;
        if self.scratch.bids.len().max(self.scratch.asks.len()) > BOOK_LEVELS_MAX {
            return Err(refuse(Code::LevelsTooMany));
        }
        self.widen(slot, exponents, out)?;
        self.counters.older_than_snapshot += older as u64;
        self.entries[slot as usize].sync.buffer.drop_oldest(older);
        self.set_aside(slot, message.last_update_id, message.ts_event.unwrap_or(0), out.ts_recv);
        if !self.entries[slot as usize].sync.buffer.deltas().is_empty() {
            self.go_live(slot, out);
        }
        Ok(())
    }

    /// Makes a book of the levels in the scratch vectors, beside the one that serves.
    pub(super) fn set_aside(&mut self, slot: u32, update_id: u64, ts_event: u64, ts_recv: u64) {
        let sync = &mut self.entries[slot as usize].sync;
        let held = sync.aside.take().map(|aside| aside.book).or_else(|| self.spare_books.pop());
        let mut book = held.unwrap_or_else(|| Book::on(self.config.code_path));
        book.load(&self.scratch.bids, &self.scratch.asks);
        sync.aside = Some(Aside { book, update_id, ts_event, ts_recv });
        sync.phase = Phase::Loaded;
    }

    /// Lets the proven book serve: publishes what it changes of the one that served, or all of it, and the deltas that follow it.
    pub(super) fn go_live<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        self.void_audit(slot);
        let Self { entries, scratch, counters, spare_books, .. } = self;
        let entry = &mut entries[slot as usize];
        let Aside { mut book, update_id, ts_event, .. } =
            entry.sync.aside.take().expect("invariant: a book goes live from its snapshot");
        let recovered = if entry.sync.gapped { flag::RECOVERED } else { 0 };
        let tag = Tag { instrument: entry.definition.id, flags: recovered, ts_event };
        if differs_less(entry, &book, update_id, scratch) {
            let tag = Tag { flags: flag::RECOVERED | touch_flags(book.touch()), ..tag };
            let Scratch { bids, asks, .. } = scratch;
            let prev_update_id = entry.counters.last_update_id;
            out.change(tag, &Change { snapshot: false, prev_update_id, last_update_id: update_id, bids, asks }, false);
            counters.book_differences += 1;
        } else {
            send_book(&book, tag, update_id, &mut scratch.bids, &mut scratch.asks, false, out);
            counters.book_snapshots += 1;
        }
        let ends = !entry.venue.snapshots_in_stream();
        let prices = |side| book.unsorted(side).filter(|_| ends).map(|level| level.price);
        entry.frontier = [prices(Side::Bid).min(), prices(Side::Ask).max()];
        (entry.book_ts_event, entry.counters.last_update_id) = (ts_event, update_id);
        for delta in entry.sync.buffer.deltas() {
            let (bids, asks) = entry.sync.buffer.levels(delta);
            book.apply_all(bids, asks);
            let prev_update_id = std::mem::replace(&mut entry.counters.last_update_id, delta.ids.last);
            entry.book_ts_event = delta.ts_event;
            entry.counters.book_deltas += 1;
            counters.book_deltas += 1;
            let flags = delta.flags | touch_flags(book.touch());
            let tag = Tag { instrument: entry.definition.id, flags, ts_event: delta.ts_event };
            if delta.ids.last < prev_update_id {
                // As of a live book: readers know ids to go back by a whole book alone.
                send_book(&book, tag, delta.ids.last, &mut scratch.bids, &mut scratch.asks, false, out);
                counters.book_snapshots += 1;
                continue;
            }
            let change = Change { snapshot: false, prev_update_id, last_update_id: delta.ids.last, bids, asks };
            out.change(tag, &change, false);
        }
        // Copied, not swapped: each instrument's book keeps the room that it grew to.
        entry.book.clone_from(&book);
        book.clear();
        spare_books.push(book);
        entry.count_known();
        entry.sync.buffer.clear();
        entry.sync.phase = Phase::Live;
        entry.sync.gapped = false;
        entry.sync.asked_at = None;
        entry.counters.in_sync = 1;
        entry.suspend_if(false);
        entry.counters.silent &= !u64::from(Channel::Book.bit());
        (entry.touch, entry.crossed_since) = (Touch::Apart, None);
        let touch = entry.book.touch();
        out.status(Tag::of(entry.definition.id), State::Live, entry.lines[0], None, entry.counters.last_update_id);
        self.note_touch(slot, touch, out);
        self.schedule_snapshot(slot, out.ts_recv, true);
        self.touch(slot);
    }

    /// A reader asked for a full book.
    pub(super) fn publish_snapshot<S: Sink>(&mut self, instrument: u32, out: &mut Output<'_, S>) -> Result<(), Reject> {
        let slot = self.known(instrument)?;
        if self.entries[slot as usize].removed {
            return Err(refuse(Code::InstrumentUnknown));
        }
        self.send_serving_book(slot, true, out);
        self.schedule_snapshot(slot, out.ts_recv, false);
        Ok(())
    }

    /// Sends every definition and every serving book as events, for a reader that cannot know them: the machine itself is as before. They
    /// have the number of the last input and count from [`TOLD_AGAIN`], so that no event of an input is called the same.
    pub fn tell_all<S: Sink>(&mut self, ts_recv: u64, sink: &mut S) {
        let Self { entries, scratch, frame_seq, .. } = self;
        let mut out = Output::new(sink, ts_recv, *frame_seq);
        out.count_from(TOLD_AGAIN);
        for (slot, entry) in (0..).zip(entries) {
            out.instrument(slot, &entry.definition);
            let stale = if entry.is_proven() { 0 } else { flag::STALE };
            let tag = Tag { instrument: entry.definition.id, flags: stale | flag::RECOVERED, ts_event: entry.book_ts_event };
            let update_id = entry.counters.last_update_id;
            send_book(&entry.book, tag, update_id, &mut scratch.bids, &mut scratch.asks, false, &mut out);
        }
        out.finish();
    }

    /// Publishes the serving book as it is, flagged stale if it is not live.
    pub(super) fn send_serving_book<S: Sink>(&mut self, slot: u32, last: bool, out: &mut Output<'_, S>) {
        let Self { entries, scratch, counters, .. } = self;
        let entry = &entries[slot as usize];
        let stale = if entry.is_proven() { 0 } else { flag::STALE };
        let tag = Tag { instrument: entry.definition.id, flags: stale, ts_event: entry.book_ts_event };
        let update_id = entry.counters.last_update_id;
        send_book(&entry.book, tag, update_id, &mut scratch.bids, &mut scratch.asks, last, out);
        counters.book_snapshots += 1;
    }
}

/// A body that names another symbol than the one that was asked for is not believed (F18), whatever its ids are.
pub(super) fn refuse_other(asked: &[u8], message: &SnapshotMessage<'_>) -> Result<(), Reject> {
    let mut buffer = [0; SYMBOL_BYTES_MAX];
    match message.symbol.map(|named| json::unescape(named, &mut buffer)) {
        Some(named) if named != Some(asked) => Err(refuse(Code::UnknownSymbol)),
        _ => Ok(()),
    }
}

/// Whether readers can be told of a new book by what differs from the one that serves, which they hold: then that stands in the scratch
/// vectors. It has fewer levels than the whole book, and ids do not go back.
fn differs_less(entry: &Entry, book: &Book, update_id: u64, scratch: &mut Scratch) -> bool {
    let levels = book.levels(Side::Bid) + book.levels(Side::Ask);
    !entry.book.is_empty()
        && update_id >= entry.counters.last_update_id
        && difference::find(&entry.book, book, levels, &mut scratch.bids, &mut scratch.asks)
}

/// Publishes a whole book, best levels first.
fn send_book<S: Sink>(
    book: &Book,
    tag: Tag,
    update_id: u64,
    bids: &mut Vec<Level>,
    asks: &mut Vec<Level>,
    last: bool,
    out: &mut Output<'_, S>,
) {
    book.copy_to(Side::Bid, bids);
    book.copy_to(Side::Ask, asks);
    let tag = Tag { flags: tag.flags | touch_flags(book.touch()), ..tag };
    let change = Change { snapshot: true, prev_update_id: update_id, last_update_id: update_id, bids, asks };
    out.change(tag, &change, last);
}
