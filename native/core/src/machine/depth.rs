//! Depth deltas: what is done about the venue's verdict on each.

use serde::{Deserialize, Serialize};

use super::checksum::{drop_beyond, proves};
use super::entry::{Channel, touch_flags, ts_flags};
use super::lines::arbitrates;
use super::output::{Change, Tag};
use super::{Machine, Output, refuse};
use crate::book::{BOOK_LEVELS_MAX, Side, Touch};
use crate::error::Code;
use crate::event::{GapReason, GapStream, State, flag};
use crate::sink::Sink;
use crate::sync::{self, BUFFERED_LEVELS_MAX, Buffer, Phase, SNAPSHOT_LEAD_NS_MAX};
use crate::venue::{Checksum, DeltaIds, DepthHead, Follow, Join, LevelText, Reject, VenueId};

/// How long a book may stay crossed after whole messages before it is rebuilt.
pub(super) const CROSSED_NS_MAX: u64 = 1_000_000_000;

/// Shortest time between two rebuilds for that reason.
pub(super) const CROSSED_RESYNC_INTERVAL_NS: u64 = 30_000_000_000;

/// Where the levels of a delta are.
#[derive(Clone, Copy)]
pub(super) enum Levels<'a> {
    /// In the scratch vectors, at the exponents in force.
    Converted,
    /// Bids and asks in the frame, as text.
    Text(LevelText<'a>, LevelText<'a>),
}

/// A delta whose levels stand converted in the scratch vectors.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Delta {
    pub(super) ids: DeltaIds,
    pub(super) ts_event: u64,
    pub(super) flags: u16,
    pub(super) checksum: Option<Checksum>,
}

impl Machine {
    pub(super) fn depth<S: Sink>(
        &mut self,
        venue: VenueId,
        slot: u32,
        head: &DepthHead<'_>,
        levels: Levels<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let numbered;
        let head = if head.is_unnumbered() {
            let Some(own) = self.number(slot, head, false) else { return Ok(()) };
            numbered = own;
            &numbered
        } else {
            if self.entries[slot as usize].shared.is_some() && arbitrates(venue) {
                return self.shared_depth(venue, slot, head, levels, out);
            }
            head
        };
        let entry = &mut self.entries[slot as usize];
        let verdict = entry.sync.follow(venue, &head.ids);
        if verdict == Follow::Duplicate {
            entry.counters.duplicates += 1;
            self.counters.duplicates += 1;
            return Ok(());
        }
        match levels {
            Levels::Converted => self.check_room(slot)?,
            Levels::Text(bids, asks) => {
                let exponents = self.convert_sides(slot, bids, asks)?;
                self.check_room(slot)?;
                self.widen(slot, exponents, out)?;
            }
        }
        // From here on nothing fails: the delta counts as received.
        let flags = ts_flags(head.ts_event, out.ts_recv);
        let delta = Delta { ids: head.ids, ts_event: head.ts_event, flags, checksum: head.checksum };
        self.accept(slot, venue, verdict, delta, out);
        Ok(())
    }

    /// Takes a delta of the scratch vectors, about which the venue's rule has spoken.
    #[inline(always)]
    pub(super) fn accept<S: Sink>(
        &mut self,
        slot: u32,
        venue: VenueId,
        verdict: Follow,
        delta: Delta,
        out: &mut Output<'_, S>,
    ) {
        let follows = self.report_verdict(slot, verdict, delta, out);
        let sync = &mut self.entries[slot as usize].sync;
        (sync.tail, sync.reconnected) = (Some(delta.ids), false);
        match (sync.phase, follows) {
            (Phase::Live, true) => self.follow(slot, delta, out),
            (Phase::Live, false) => {
                self.begin_resync(slot, None, out);
                self.wait(slot, delta, out);
            }
            (Phase::Loaded, _) => self.join(slot, venue, delta, out),
            (Phase::Idle | Phase::Buffering, _) => self.wait(slot, delta, out),
        }
    }

    /// Refuses a message that could make the book or the buffer larger than their limits.
    pub(super) fn check_room(&self, slot: u32) -> Result<(), Reject> {
        let (bids, asks) = (self.scratch.bids.len(), self.scratch.asks.len());
        let book = &self.entries[slot as usize].book;
        let fits = bids + asks <= BUFFERED_LEVELS_MAX
            && book.levels(Side::Bid) + bids <= BOOK_LEVELS_MAX
            && book.levels(Side::Ask) + asks <= BOOK_LEVELS_MAX;
        if fits { Ok(()) } else { Err(refuse(Code::LevelsTooMany)) }
    }

    /// Reports lost ids and restarted numberings. `true` if the delta follows the one before it.
    pub(super) fn report_verdict<S: Sink>(
        &mut self,
        slot: u32,
        verdict: Follow,
        delta: Delta,
        out: &mut Output<'_, S>,
    ) -> bool {
        let entry = &mut self.entries[slot as usize];
        let (reason, ids) = match verdict {
            Follow::Apply | Follow::Duplicate => return true,
            // The whole book that waits came in this stream: it is what brought its own id.
            Follow::Gap { first, last } if entry.venue.snapshots_in_stream() && entry.sync.is_aside_at(last) => {
                (GapReason::Sequence, (first, last - 1))
            }
            Follow::Gap { first, last } if entry.sync.reconnected => (GapReason::Disconnect, (first, last)),
            Follow::Gap { first, last } => (GapReason::Sequence, (first, last)),
            Follow::Rollback => (GapReason::Rollback, (0, 0)),
        };
        if reason == GapReason::Rollback {
            self.counters.rollbacks += 1;
            // Quotes are numbered as the book is.
            entry.quote_id = None;
            // A snapshot under way is numbered the old way. One that the engine has not even asked for is taken for the same, since
            // when it takes requests is no input: replay would decide otherwise.
            entry.sync.discard_answer = entry.sync.asked_at.is_some();
            self.spare_books.extend(entry.sync.aside.take().map(|aside| aside.book));
            if entry.sync.phase == Phase::Loaded {
                entry.sync.restart();
            }
        }
        let entry = &mut self.entries[slot as usize];
        entry.sync.gapped = true;
        // What waits lies before the hole, so that a snapshot new enough to be of use contains it.
        entry.sync.buffer.clear();
        if ids.0 <= ids.1 {
            self.gap(slot, GapStream::Book, reason, ids, delta.ts_event, out);
        }
        false
    }

    /// Reports a gap and counts it.
    pub(super) fn gap<S: Sink>(
        &mut self,
        slot: u32,
        stream: GapStream,
        reason: GapReason,
        ids: (u64, u64),
        ts_event: u64,
        out: &mut Output<'_, S>,
    ) {
        let entry = &mut self.entries[slot as usize];
        entry.counters.gaps += 1;
        self.counters.gaps += 1;
        let tag = Tag { ts_event, ..Tag::of(entry.definition.id) };
        out.gap(tag, stream, reason, ids);
        if stream == GapStream::Book {
            self.miss_ids(slot, Channel::Book, ids);
        }
        self.touch(slot);
    }

    /// Applies a delta to the live book.
    fn follow<S: Sink>(&mut self, slot: u32, delta: Delta, out: &mut Output<'_, S>) {
        if self.entries[slot as usize].is_silent(Channel::Book) {
            self.speaks(slot, Channel::Book, out);
        }
        let entry = &mut self.entries[slot as usize];
        let prev_update_id = entry.counters.last_update_id;
        if std::mem::replace(&mut self.warm_slot, slot) != slot {
            entry.book.prefetch(&self.scratch.bids, &self.scratch.asks);
        }
        entry.book.apply_all(&self.scratch.bids, &self.scratch.asks);
        if self.auditing.slot == slot && !self.auditing.window.follow(delta.ids, &self.scratch.bids, &self.scratch.asks) {
            self.void_audit(slot);
        }
        let entry = &mut self.entries[slot as usize];
        entry.counters.last_update_id = delta.ids.last;
        entry.counters.book_deltas += 1;
        self.counters.book_deltas += 1;
        entry.book_ts_event = delta.ts_event;
        if let Some(most) = delta.checksum.and_then(|_| entry.venue.book_levels_max()) {
            drop_beyond(&mut entry.book, Side::Bid, most, &mut self.scratch.bids);
            drop_beyond(&mut entry.book, Side::Ask, most, &mut self.scratch.asks);
        }
        let touch = entry.book.touch();
        let proven = delta.checksum.is_none_or(|checksum| {
            let by = entry.spelling();
            proves(&mut self.counters, &mut entry.checksum_texts, by, &mut entry.book, checksum)
        });
        let verdict = match &mut entry.checks {
            Some(checks) => {
                self.counters.checked += 1;
                checks.book(delta.ts_event, out.ts_recv)
            }
            None => 0,
        };
        let flags = delta.flags | touch_flags(touch) | if proven { 0 } else { flag::STALE };
        let instrument = entry.definition.id;
        let (suspect, told) = self.judge(slot, verdict, out.ts_recv);
        let tag = Tag { instrument, flags: flags | suspect, ts_event: delta.ts_event };
        let change = Change {
            snapshot: false,
            prev_update_id,
            last_update_id: delta.ids.last,
            bids: &self.scratch.bids,
            asks: &self.scratch.asks,
        };
        let rebuild = proven && touch == Touch::Crossed && self.crossed_too_long(slot, out.ts_recv);
        let crosses = touch == Touch::Crossed && self.entries[slot as usize].touch != Touch::Crossed;
        let last = !crosses && !rebuild && proven && told.is_none() && self.ends_with(slot, out);
        if delta.ids.last < prev_update_id {
            // The venue's ids go on from a smaller one. Readers know them to go back by a whole book alone.
            self.send_serving_book(slot, last, out);
        } else {
            out.change(tag, &change, last);
        }
        if let Some(rule) = told {
            self.tell_doubt(slot, rule, delta.ids.last, out);
        }
        self.note_touch(slot, touch, out);
        if rebuild {
            self.resync_crossed(slot, out);
        } else if !proven {
            self.resync_mismatch(slot, out);
        }
        self.touch(slot);
    }

    /// Keeps track of a crossed live book; says so when it becomes crossed.
    pub(super) fn note_touch<S: Sink>(&mut self, slot: u32, touch: Touch, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        let was = std::mem::replace(&mut entry.touch, touch);
        if touch != Touch::Crossed {
            entry.crossed_since = None;
        } else if was != Touch::Crossed {
            entry.crossed_since = Some(out.ts_recv);
            self.counters.crossed += 1;
            out.status(Tag::of(entry.definition.id), State::Crossed, entry.lines[0], None, entry.counters.last_update_id);
        }
    }

    /// Whether the live book has been crossed for too long, and may be rebuilt again for that.
    pub(super) fn crossed_too_long(&self, slot: u32, now: u64) -> bool {
        let entry = &self.entries[slot as usize];
        entry.is_live()
            && entry.crossed_since.is_some_and(|since| now.saturating_sub(since) > CROSSED_NS_MAX)
            && entry.crossed_resync_at.is_none_or(|at| now.saturating_sub(at) >= CROSSED_RESYNC_INTERVAL_NS)
    }

    /// Rebuilds a book that stayed crossed.
    pub(super) fn resync_crossed<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        self.entries[slot as usize].crossed_resync_at = Some(out.ts_recv);
        self.begin_resync(slot, None, out);
    }

    /// The serving book is stale from now on, until a new one is proven. `code` says why, where no Gap does.
    pub(super) fn begin_resync<S: Sink>(&mut self, slot: u32, code: Option<Code>, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        entry.sync.restart();
        entry.crossed_since = None;
        entry.counters.in_sync = 0;
        entry.counters.resyncs += 1;
        self.counters.resyncs += 1;
        out.status(Tag::of(entry.definition.id), State::Resync, entry.lines[0], code, entry.counters.last_update_id);
        self.touch(slot);
    }

    /// Keeps a delta until a snapshot comes; asks for one if none is under way (venue's rules, steps 1 and 2).
    fn wait<S: Sink>(&mut self, slot: u32, delta: Delta, out: &mut Output<'_, S>) {
        let Self { entries, scratch, counters, .. } = self;
        let entry = &mut entries[slot as usize];
        let joins = entry.shared.is_some() || entry.sync.phase == Phase::Loaded;
        if entry.venue.snapshots_in_stream() && !joins {
            // The snapshot that comes in this stream will contain it.
            counters.older_than_snapshot += 1;
            if entry.sync.asked_at.is_none() {
                self.request_snapshot(slot, out.ts_recv);
            }
            return;
        }
        let buffer = &mut entry.sync.buffer;
        let push = |buffer: &mut Buffer| buffer.push(delta.ids, delta.ts_event, delta.flags, &scratch.bids, &scratch.asks);
        let mut dropped = None;
        if !push(buffer) {
            dropped = buffer.span();
            buffer.clear();
            let fits = push(buffer);
            debug_assert!(fits, "check_room lets no delta pass that an empty buffer cannot hold");
        }
        counters.buffered += 1;
        let asked = entry.sync.asked_at.is_some();
        if let Some(ids) = dropped {
            // The answer under way, if any, will be older than what waits from now on.
            entry.sync.gapped = true;
            self.gap(slot, GapStream::Book, GapReason::BufferFull, ids, delta.ts_event, out);
            self.request_snapshot(slot, out.ts_recv);
        } else if !asked {
            self.request_snapshot(slot, out.ts_recv);
        }
    }

    /// A delta while a snapshot newer than all before it waits.
    fn join<S: Sink>(&mut self, slot: u32, venue: VenueId, delta: Delta, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        let aside = entry.sync.aside.as_ref().expect("invariant: a loaded book has its snapshot aside");
        match sync::join(venue, aside.update_id, &delta.ids) {
            Join::Older if out.ts_recv.saturating_sub(aside.ts_recv) <= SNAPSHOT_LEAD_NS_MAX => {
                self.counters.older_than_snapshot += 1;
            }
            Join::Apply => {
                self.wait(slot, delta, out);
                self.go_live(slot, out);
            }
            Join::Older | Join::SnapshotTooOld => {
                self.spare_books.extend(entry.sync.aside.take().map(|aside| aside.book));
                entry.sync.restart();
                self.wait(slot, delta, out);
            }
        }
    }
}
