//! Several connections that carry one stream: the first arrival of each id counts, and a hole on one of them is a gap only when no other
//! one can fill it any more. See "Several lines" in `native/core/README.md`.

use super::depth::{Delta, Levels};
use super::entry::{Channel, may_order, ts_flags};
use super::output::Tag;
use super::shared::{HELD_LEVELS_MAX, HOLD_NS_MAX, RESTART_NS, Shared};
use super::{Machine, Output, refuse};
use crate::book::{BOOK_LEVELS_MAX, Side};
use crate::error::Code;
use crate::event::State;
use crate::sink::Sink;
use crate::sync::Sync;
use crate::venue::{DeltaIds, DepthHead, Follow, Reject, VenueId};

/// How far a connection has come that is to take over what others carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handover {
    /// Streams that others have brought something of since, and it nothing that joins.
    pub behind: u32,
    /// Streams that nobody has brought anything of since.
    pub quiet: u32,
    /// Instruments of it of which something waits for another connection.
    pub held: u32,
}

/// What is left of a channel that a connection no longer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Another connection carries it, without a break.
    Carried,
    /// This one begins anew with it.
    Begins(u16),
    /// Nobody carries it.
    Alone,
}

impl Machine {
    /// A further connection carries a channel.
    pub(super) fn share(&mut self, slot: u32, channel: Channel, connection: u16) {
        let entry = &mut self.entries[slot as usize];
        let present = entry.lines[channel as usize];
        let newest = match channel {
            Channel::Book => [entry.sync.tail.map_or(0, |tail| tail.last), 0],
            Channel::Trade => entry.tracks.map(|track| track.last.map_or(0, |(number, _)| number)),
            Channel::Quote => [entry.quote_id.map_or(0, |(id, _)| id), 0],
            _ => [0; 2],
        };
        let shared = entry.shared.get_or_insert_default();
        if shared.carriers(channel).is_empty() {
            shared.add(channel, present, newest);
            if channel == Channel::Trade {
                shared.oldest_number = newest;
            }
        }
        shared.add(channel, connection, [0; 2]);
    }

    /// A connection no longer carries a channel.
    pub(super) fn leave<S: Sink>(&mut self, slot: u32, channel: Channel, connection: u16, out: &mut Output<'_, S>) -> Left {
        let entry = &mut self.entries[slot as usize];
        let is_primary = entry.lines[channel as usize] == connection;
        let other = entry.shared.as_mut().and_then(|shared| {
            shared.left_at = out.ts_recv;
            shared.remove(channel, connection)
        });
        let hands_on = channel != Channel::Book || arbitrates(entry.venue);
        let left = match other {
            _ if !is_primary => Left::Carried,
            Some(other) if hands_on => {
                entry.lines[channel as usize] = other;
                Left::Carried
            }
            Some(other) => Left::Begins(other),
            None => Left::Alone,
        };
        self.settle(slot, out);
        left
    }

    /// The connection that waits to take over a book whose messages no number connects to those of the present one.
    pub(super) fn successor(&self, slot: u32) -> Option<u16> {
        let entry = &self.entries[slot as usize];
        if arbitrates(entry.venue) {
            return None;
        }
        let carriers = entry.shared.as_ref()?.carriers(Channel::Book);
        carriers
            .last()
            .map(|carrier| carrier.connection)
            .filter(|connection| *connection != entry.lines[Channel::Book as usize])
    }

    /// The whole book of the connection that waits to take over is here, and is usable. `true` if it was that connection's.
    pub(super) fn take_over(&mut self, slot: u32) -> bool {
        let connection = self.subject.connection;
        if self.successor(slot) != Some(connection) {
            return false;
        }
        let entry = &mut self.entries[slot as usize];
        entry.lines[Channel::Book as usize] = connection;
        if let Some(shared) = &mut entry.shared {
            shared.join(Channel::Book, connection);
        }
        true
    }

    /// A delta of a book that several connections carry.
    #[inline(never)]
    pub(super) fn shared_depth<S: Sink>(
        &mut self,
        venue: VenueId,
        slot: u32,
        head: &DepthHead<'_>,
        levels: Levels<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let connection = self.subject.connection;
        let entry = &mut self.entries[slot as usize];
        let Some(shared) = &mut entry.shared else { return Ok(()) };
        // The venue's own restart, told by a delta that follows (OKX, step 4): what other lines still bring of before is old.
        let restarts =
            |verdict: Follow| verdict == Follow::Rollback || verdict == Follow::Apply && is_back(&entry.sync, &head.ids);
        let verdict = if head.ids.ts_sent < shared.restarted_at[0] {
            Follow::Duplicate
        } else {
            follow(venue, &entry.sync, &head.ids, out.ts_recv)
        };
        let restarted = restarts(verdict);
        if verdict == Follow::Duplicate {
            shared.note(Channel::Book, connection, 0, head.ids.last);
            shared.join(Channel::Book, connection);
            self.repeated(slot, Channel::Book, head.ids.last, out);
            self.settle_book(slot, out);
            return Ok(());
        }
        match levels {
            Levels::Converted => self.check_room(slot).and_then(|()| self.check_held_room(slot))?,
            Levels::Text(bids, asks) => {
                let exponents = self.convert_sides(slot, bids, asks)?;
                self.check_room(slot)?;
                self.check_held_room(slot)?;
                self.widen(slot, exponents, out)?;
            }
        }
        // From here on nothing fails.
        let flags = ts_flags(head.ts_event, out.ts_recv);
        let delta = Delta { ids: head.ids, ts_event: head.ts_event, flags, checksum: head.checksum };
        let Some(shared) = &mut self.entries[slot as usize].shared else { return Ok(()) };
        if restarted {
            shared.restart(Channel::Book, 0);
            shared.restarted_at[0] = restart_time(head.ids.ts_sent, out.ts_recv);
        }
        shared.note(Channel::Book, connection, 0, head.ids.last);
        if matches!(verdict, Follow::Gap { .. }) {
            self.hold_delta(slot, delta, out);
        } else {
            shared.join(Channel::Book, connection);
            self.first(slot, Channel::Book, head.ids.last, out.ts_recv);
            self.accept(slot, venue, verdict, delta, out);
        }
        self.settle_book(slot, out);
        Ok(())
    }

    /// Keeps the delta of the scratch vectors, which lies behind a hole. Without room for it nothing that waits is waited for any longer.
    fn hold_delta<S: Sink>(&mut self, slot: u32, delta: Delta, out: &mut Output<'_, S>) {
        for _ in 0..2 {
            let Self { entries, scratch, counters, .. } = self;
            let Some(shared) = &mut entries[slot as usize].shared else { return };
            match shared.hold_delta(delta, out.ts_recv, &scratch.bids, &scratch.asks) {
                None => return self.repeated(slot, Channel::Book, delta.ids.last, out),
                Some(true) => {
                    counters.held += 1;
                    return self.first(slot, Channel::Book, delta.ids.last, out.ts_recv);
                }
                Some(false) => {
                    let sides = (std::mem::take(&mut scratch.bids), std::mem::take(&mut scratch.asks));
                    self.settle_deltas(slot, 0, out);
                    (self.scratch.bids, self.scratch.asks) = sides;
                }
            }
        }
        debug_assert!(false, "an empty store has room: check_room lets no larger delta pass");
    }

    /// A message came for the first time.
    pub(super) fn first(&mut self, slot: u32, channel: Channel, id: u64, ts_recv: u64) {
        let connection = self.subject.connection;
        if let Some(shared) = &mut self.entries[slot as usize].shared {
            shared.arrived(channel, id, connection, ts_recv);
        }
        if let Some(line) = self.connections.get_mut(usize::from(connection)) {
            line.firsts += 1;
        }
    }

    /// A message came that is known.
    pub(super) fn repeated<S: Sink>(&mut self, slot: u32, channel: Channel, id: u64, out: &mut Output<'_, S>) {
        let connection = self.subject.connection;
        let entry = &mut self.entries[slot as usize];
        entry.counters.duplicates += 1;
        self.counters.duplicates += 1;
        let lead = entry.shared.as_ref().and_then(|shared| shared.lead(channel, id, connection, out.ts_recv));
        if let Some(line) = self.connections.get_mut(usize::from(connection)) {
            line.repeats += 1;
        }
        let Some((first, ns)) = lead else { return };
        out.sink.lead(ns);
        if let Some(line) = self.connections.get_mut(usize::from(first)) {
            (line.leads, line.lead_ns) = (line.leads + 1, line.lead_ns.saturating_add(ns));
        }
    }

    /// Applies what waits and follows by now, and tells the gaps that nobody can fill any more. Called after whatever may decide that.
    pub(super) fn settle<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        self.settle_book(slot, out);
        self.settle_prints(slot, out);
        self.end_sharing(slot, out);
    }

    /// The same after a change of the book, which decides about no trade, and may have been told as the last event of its input.
    pub(super) fn settle_book<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let Some(shared) = &self.entries[slot as usize].shared else { return };
        if !shared.deltas.is_empty() {
            let before = self.counters.book_deltas;
            self.settle_deltas(slot, HOLD_NS_MAX, out);
            let entry = &self.entries[slot as usize];
            if out.many && self.counters.book_deltas > before && entry.is_live() {
                // No change of a book knows whether it is the last of such an input: a small event does.
                out.status(Tag::of(entry.definition.id), State::Live, entry.lines[0], None, entry.counters.last_update_id);
            }
        }
    }

    fn end_sharing<S: Sink>(&mut self, slot: u32, out: &Output<'_, S>) {
        let shared = &mut self.entries[slot as usize].shared;
        if shared.as_ref().is_some_and(|shared| shared.is_over(out.ts_recv)) {
            *shared = None;
        }
    }

    fn settle_deltas<S: Sink>(&mut self, slot: u32, patience: u64, out: &mut Output<'_, S>) {
        loop {
            let entry = &mut self.entries[slot as usize];
            let (venue, Some(shared)) = (entry.venue, &mut entry.shared) else { return };
            let Some(held) = shared.deltas.front() else { return };
            let (delta, waited) = (held.delta, out.ts_recv.saturating_sub(held.ts_recv));
            let verdict = follow(venue, &entry.sync, &delta.ids, out.ts_recv);
            let waits = waited < patience && may_be_filled(shared, &entry.sync);
            if matches!(verdict, Follow::Gap { .. }) && waits {
                return;
            }
            let Some(held) = shared.pop_delta() else { return };
            match verdict {
                Follow::Duplicate => continue,
                Follow::Apply => self.counters.filled += 1,
                Follow::Gap { .. } | Follow::Rollback => {}
            }
            let old =
                (std::mem::replace(&mut self.scratch.bids, held.bids), std::mem::replace(&mut self.scratch.asks, held.asks));
            self.accept(slot, venue, verdict, delta, out);
            (self.scratch.bids, self.scratch.asks) = old;
        }
    }

    /// Whether a change of this book is the last event of its input.
    #[inline(always)]
    pub(super) fn ends_with<S: Sink>(&self, slot: u32, out: &Output<'_, S>) -> bool {
        match &self.entries[slot as usize].shared {
            None => true,
            Some(shared) => self.ends_with_shared(slot, shared, out),
        }
    }

    /// Nothing that waits is published behind it.
    #[inline(never)]
    fn ends_with_shared<S: Sink>(&self, slot: u32, shared: &Shared, out: &Output<'_, S>) -> bool {
        let entry = &self.entries[slot as usize];
        let next = shared.deltas.iter().find_map(|held| match follow(entry.venue, &entry.sync, &held.delta.ids, out.ts_recv) {
            Follow::Duplicate => None,
            Follow::Gap { .. } => {
                Some(out.ts_recv.saturating_sub(held.ts_recv) < HOLD_NS_MAX && may_be_filled(shared, &entry.sync))
            }
            Follow::Apply | Follow::Rollback => Some(false),
        });
        !out.many && next.unwrap_or(true)
    }

    /// Levels of a delta that waits must find room beside those of the others that wait.
    fn check_held_room(&self, slot: u32) -> Result<(), Reject> {
        let entry = &self.entries[slot as usize];
        let Some(shared) = &entry.shared else { return Ok(()) };
        let levels = self.scratch.bids.len() + self.scratch.asks.len();
        let deepest = entry.book.levels(Side::Bid).max(entry.book.levels(Side::Ask));
        let fits = levels <= HELD_LEVELS_MAX && deepest + shared.held_levels() + levels <= BOOK_LEVELS_MAX;
        if fits { Ok(()) } else { Err(refuse(Code::LevelsTooMany)) }
    }

    /// How far a connection has come that was subscribed beside others to take over from them; all zeros: they may leave.
    #[must_use]
    pub fn handover(&self, connection: u16) -> Handover {
        let mut result = Handover::default();
        for entry in &self.entries {
            let Some(shared) = &entry.shared else { continue };
            let mut carries = false;
            for channel in Channel::ALL {
                let Some(of) = shared.carriers(channel).iter().find(|of| of.connection == connection) else { continue };
                carries = true;
                // A book that only a whole one joins is awaited however quiet it is.
                let speaks = of.others_spoke || channel == Channel::Book && !arbitrates(entry.venue);
                result.behind += u32::from(!of.joined && speaks);
                result.quiet += u32::from(!of.joined && !speaks);
            }
            result.held += u32::from(carries && !shared.holds_nothing());
        }
        result
    }

    /// What a connection brought before others and after them: messages that it brought first while several carried their stream,
    /// messages that were known, leads measured, and their sum in ns.
    #[must_use]
    pub fn line_figures(&self, connection: u16) -> Option<[u64; 4]> {
        let line = self.connections.get(usize::from(connection))?;
        Some([line.firsts, line.repeats, line.leads, line.lead_ns])
    }
}

/// Whether a venue's messages have numbers that tell those of two connections apart.
pub(super) const fn arbitrates(venue: VenueId) -> bool {
    venue.numbers_books() && !venue.numbers_messages()
}

/// Whether a message with an older id was sent so much later that its numbering is another one. An implausible time does not say so: what
/// one line repeats with such a time would stop all of them.
pub(super) fn is_much_later(ts_sent: u64, before: u64, now: u64) -> bool {
    ts_sent > before.saturating_add(RESTART_NS) && may_order(ts_sent, before, now)
}

/// Venue time from which on messages are of the new numbering; an implausible one must not make all of the next hours old.
pub(super) fn restart_time(ts_sent: u64, now: u64) -> u64 {
    if ts_flags(ts_sent, now) == 0 { ts_sent } else { ts_sent.min(now) }
}

fn is_back(sync: &Sync, ids: &DeltaIds) -> bool {
    sync.tail.is_some_and(|tail| ids.last < tail.last)
}

pub(super) fn may_be_filled(shared: &Shared, sync: &Sync) -> bool {
    shared.may_bring(Channel::Book, 0, sync.tail.map_or(0, |tail| tail.last))
}

/// The venue's verdict, where several connections bring its deltas: one that begins before the tail and ends behind it was cut elsewhere,
/// and holds all that is new; an old one tells of restarted ids only if it was sent much later.
fn follow(venue: VenueId, sync: &Sync, ids: &DeltaIds, now: u64) -> Follow {
    let Some(tail) = sync.tail else { return Follow::Apply };
    if ids.last == tail.last && ids.prev.is_some() && ids.prev == tail.prev {
        return Follow::Duplicate;
    }
    let verdict = venue.follow(&tail, ids);
    let same = ids.last == tail.last && ids.ts_sent <= tail.ts_sent;
    match verdict {
        Follow::Rollback if ids.last > tail.last && ids.prev.is_some() => Follow::Apply,
        Follow::Rollback if !is_much_later(ids.ts_sent, tail.ts_sent, now) => Follow::Duplicate,
        Follow::Apply if same => Follow::Duplicate,
        other => other,
    }
}
