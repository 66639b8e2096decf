//! Views of one thing on several venues: a book of all their best levels, the best quote of all, and that quote net of fees.
//!
//! A view is an instrument, `BTC-USDT`; each leg is another, `BTC-USDT@kraken-spot`, whose book holds the levels that the venue
//! put into the view's, so that whose a level is can be seen there; and `BTC-USDT@net` has no book, but the best quote after
//! fees: where it is crossed, buying on one venue and selling on another pays. All of one view have the same exponents.

use serde::{Deserialize, Serialize};

use super::output::{Change, Tag};
use super::widen::{Exponents, fits};
use super::{Machine, Output, refuse, slot_of};
use crate::error::Code;
use crate::event::{Body, Level, State, flag};
use crate::sink::Sink;
use crate::sync::Phase;
use crate::venue::{Reject, VenueId, ViewBook, ViewJoin, ViewMessage, ViewSaid};

use failover::Failover;
use legs::Leg;
use merge::{Merged, consolidate, differences, quote_flags, quote_of};

mod failover;
mod legs;
mod merge;

/// Most legs of a view.
pub const VIEW_LEGS_MAX: usize = 32;

/// A view and what it is made of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct View {
    pub(super) slot: u32,
    net: u32,
    pub(super) depth: usize,
    tolerance_ns: u64,
    deviation_bps: u32,
    pub(super) legs: Vec<Leg>,
    /// One leg at a time, instead of all that are in.
    failover: Option<Failover>,
    /// As told last: bid and its quantity, ask and its quantity.
    quotes: [[i64; 4]; 2],
    #[serde(skip)]
    room: Room,
}

/// Reused memory.
#[derive(Debug, Default)]
struct Room {
    leg: Merged,
    all: Merged,
    changes: Merged,
    mids: Vec<i128>,
    told: Vec<(u32, State, Option<Code>, u64)>,
}

/// A leg's book that has just been changed.
#[derive(Clone, Copy)]
struct Moved {
    slot: u32,
    prev_update_id: u64,
    flags: u16,
    ts_event: u64,
    is_whole: bool,
}

impl View {
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        [self.slot, self.net].into_iter().chain(self.legs.iter().map(|leg| leg.slot))
    }
}

impl Machine {
    pub(super) fn view<S: Sink>(&mut self, message: &ViewMessage<'_>, out: &mut Output<'_, S>) -> Result<(), Reject> {
        let slot = self.view_slot(message.symbol)?;
        self.subject.slot = Some(slot);
        self.entries[slot as usize].counters.last_ts_recv = out.ts_recv;
        if let ViewSaid::Join(join) = message.said {
            return self.join_view(slot, &join);
        }
        let found =
            self.views.iter().enumerate().find_map(|(at, view)| Some((at, view.legs.iter().position(|leg| leg.slot == slot)?)));
        let (at, leg) = found.ok_or(refuse(Code::UnknownSymbol))?;
        let mut moved = None;
        match message.said {
            ViewSaid::Book(book) => {
                let told = self.leg_book(at, slot, &book, out);
                if told.is_err() {
                    // What is held of it is not what it has now. The next tick tells so: a refused input says nothing else.
                    self.views[at].legs[leg].is_stale = true;
                }
                moved = Some(told?);
                let leg = &mut self.views[at].legs[leg];
                (leg.heard, leg.is_stale) = (leg.heard.max(book.ts_recv), false);
            }
            ViewSaid::Heard(ts_recv) => {
                let leg = &mut self.views[at].legs[leg];
                leg.heard = leg.heard.max(ts_recv);
            }
            ViewSaid::Stale => self.views[at].legs[leg].is_stale = true,
            ViewSaid::Join(_) => {}
        }
        self.judge_leg(at, leg, true, out.ts_recv);
        self.choose_source(at, out.ts_recv);
        if let Some(moved) = &mut moved {
            moved.flags |= self.deviation(at, leg, out.ts_recv);
        }
        self.tell_view(at, moved, out);
        Ok(())
    }

    fn view_slot(&self, symbol: &[u8]) -> Result<u32, Reject> {
        slot_of(&self.entries, &self.symbols, VenueId::View, u32::MAX, symbol).ok_or(refuse(Code::UnknownSymbol))
    }

    /// Makes a leg part of a view, or gives it other terms. The view and its net quote are defined before.
    fn join_view(&mut self, slot: u32, join: &ViewJoin<'_>) -> Result<(), Reject> {
        let main = self.view_slot(join.view)?;
        let mut name = join.view.to_vec();
        name.extend_from_slice(b"@net");
        let net = self.view_slot(&name)?;
        let exponents = Exponents::of(&self.entries[main as usize].definition);
        let is_alike = |slot: u32| Exponents::of(&self.entries[slot as usize].definition) == exponents;
        if !is_alike(slot) || !is_alike(net) || slot == main || slot == net || join.depth == 0 {
            return Err(refuse(Code::InstrumentInvalid));
        }
        let at = self.views.iter().position(|view| view.slot == main).unwrap_or_else(|| {
            self.views.push(View {
                slot: main,
                net,
                depth: 0,
                tolerance_ns: 0,
                deviation_bps: 0,
                legs: Vec::new(),
                failover: None,
                quotes: [[0; 4]; 2],
                room: Room::default(),
            });
            self.views.len() - 1
        });
        let view = &mut self.views[at];
        (view.depth, view.tolerance_ns, view.deviation_bps) = (join.depth, join.tolerance_ns, join.deviation_bps);
        let source = view.failover.and_then(|failover| failover.source);
        view.failover = join.hold_ns.map(|hold_ns| Failover { hold_ns, source });
        if view.failover.is_none() {
            self.entries[main as usize].counters.source = 0;
        }
        if let Some(leg) = view.legs.iter_mut().find(|leg| leg.slot == slot) {
            leg.fee_ppm = join.fee_ppm;
        } else if view.legs.len() == VIEW_LEGS_MAX {
            return Err(refuse(Code::InstrumentTableFull));
        } else {
            view.legs.push(Leg::new(slot, join.fee_ppm));
        }
        Ok(())
    }

    /// Replaces a leg's book; its differences stand in the view's room.
    fn leg_book<S: Sink>(
        &mut self,
        at: usize,
        slot: u32,
        book: &ViewBook<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<Moved, Reject> {
        let exponents = self.convert_sides(slot, book.bids, book.asks)?;
        if self.scratch.bids.len().max(self.scratch.asks.len()) > super::DEPTH_MAX {
            return Err(refuse(Code::LevelsTooMany));
        }
        self.widen_view(at, exponents, out)?;
        let Self { entries, scratch, views, counters, .. } = self;
        let entry = &mut entries[slot as usize];
        let changes = &mut views[at].room.leg;
        differences(&entry.book, &scratch.bids, &scratch.asks, changes);
        entry.book.apply_all(&changes.bids, &changes.asks);
        let prev_update_id = std::mem::replace(&mut entry.counters.last_update_id, book.update_id);
        (entry.touch, entry.book_ts_event) = (entry.book.touch(), book.ts_event);
        entry.counters.book_deltas += 1;
        counters.book_deltas += 1;
        let is_whole = prev_update_id == 0 || book.update_id < prev_update_id;
        let flags = super::entry::touch_flags(entry.touch);
        Ok(Moved { slot, prev_update_id, flags, ts_event: book.ts_event, is_whole })
    }

    /// Makes the exponents of a whole view finer, or changes nothing.
    fn widen_view<S: Sink>(&mut self, at: usize, to: Exponents, out: &mut Output<'_, S>) -> Result<(), Reject> {
        let view = &self.views[at];
        if to == Exponents::of(&self.entries[view.slot as usize].definition) {
            return Ok(());
        }
        if !view.slots().all(|slot| fits(&self.entries[slot as usize], to)) {
            return Err(refuse(Code::NumberRange));
        }
        let slots: Vec<u32> = view.slots().collect();
        for slot in slots {
            self.widen(slot, to, out)?;
        }
        // What was told is in other units.
        self.views[at].quotes = [[0; 4]; 2];
        Ok(())
    }

    /// Time passes: legs that were not heard of leave.
    pub(super) fn tick_views<S: Sink>(&mut self, out: &mut Output<'_, S>) {
        for at in 0..self.views.len() {
            for leg in 0..self.views[at].legs.len() {
                self.judge_leg(at, leg, false, out.ts_recv);
            }
            self.choose_source(at, out.ts_recv);
            if !self.views[at].room.told.is_empty() {
                self.tell_view(at, None, out);
            }
        }
    }

    /// Publishes a leg's change and what follows of it: the view's book, its quotes, and which legs came or left.
    fn tell_view<S: Sink>(&mut self, at: usize, moved: Option<Moved>, out: &mut Output<'_, S>) {
        let mut room = std::mem::take(&mut self.views[at].room);
        self.note_states(at, &mut room, out.ts_recv);
        let slot = self.views[at].slot;
        let quotes = if self.views[at].keeps() {
            room.changes.clear();
            self.views[at].quotes
        } else {
            let quotes = consolidate(&self.views[at], &self.entries, &mut room.all);
            differences(&self.entries[slot as usize].book, &room.all.bids, &room.all.asks, &mut room.changes);
            quotes
        };
        let before = std::mem::replace(&mut self.views[at].quotes, quotes);
        let has_changes = !room.changes.is_empty();
        let mut follows = before != quotes || !room.told.is_empty();
        if let Some(moved) = moved {
            self.tell_leg(moved, &room.leg, !has_changes && !follows, out);
        }
        if has_changes {
            self.tell_whole(slot, &room.changes, moved.map_or(0, |moved| moved.ts_event), !follows, out);
            follows = true;
        }
        let _ = follows;
        for (slot, (before, now)) in [slot, self.views[at].net].into_iter().zip(before.into_iter().zip(quotes)) {
            if before != now {
                self.tell_quote(slot, now, moved.map_or(0, |moved| moved.ts_event), out);
            }
        }
        for (slot, state, code, update_id) in room.told.drain(..) {
            let entry = &self.entries[slot as usize];
            out.status(Tag::of(entry.definition.id), state, entry.lines[0], code, update_id);
            self.touch(slot);
        }
        self.views[at].room = room;
    }

    /// What statuses say becomes the state of their books; a view is in sync while one of its legs is.
    fn note_states(&mut self, at: usize, room: &mut Room, now: u64) {
        for told in 0..room.told.len() {
            let (slot, state, ..) = room.told[told];
            if state != State::Suspect {
                self.set_live(slot, state == State::Live, now);
            }
        }
        let view = &self.views[at];
        let (slot, is_live) = (view.slot, view.legs.iter().any(|leg| leg.absence.is_none()));
        let entry = &self.entries[slot as usize];
        if entry.is_live() != is_live {
            let state = if is_live { State::Live } else { State::Stale };
            let code = (!is_live).then_some(Code::ViewUnsynchronized);
            room.told.push((slot, state, code, entry.counters.last_update_id));
            self.set_live(slot, is_live, now);
            self.report_outage(at, is_live);
        }
    }

    fn set_live(&mut self, slot: u32, is_live: bool, now: u64) {
        let entry = &mut self.entries[slot as usize];
        entry.sync.phase = if is_live { Phase::Live } else { Phase::Idle };
        entry.counters.in_sync = u64::from(is_live);
        if is_live {
            self.schedule_snapshot(slot, now, true);
        }
    }

    fn tell_leg<S: Sink>(&mut self, moved: Moved, changes: &Merged, last: bool, out: &mut Output<'_, S>) {
        let entry = &self.entries[moved.slot as usize];
        let stale = if entry.is_live() { 0 } else { flag::STALE };
        let tag = Tag { instrument: entry.definition.id, flags: moved.flags | stale, ts_event: moved.ts_event };
        self.tell_change(moved.slot, tag, moved.prev_update_id, moved.is_whole, changes, last, out);
    }

    /// The view's book, whose ids are numbers of inputs.
    fn tell_whole<S: Sink>(&mut self, slot: u32, changes: &Merged, ts_event: u64, last: bool, out: &mut Output<'_, S>) {
        let frame_seq = self.frame_seq;
        let entry = &mut self.entries[slot as usize];
        entry.book.apply_all(&changes.bids, &changes.asks);
        let prev_update_id = std::mem::replace(&mut entry.counters.last_update_id, frame_seq);
        (entry.touch, entry.book_ts_event) = (entry.book.touch(), ts_event);
        entry.counters.book_deltas += 1;
        (entry.counters.last_ts_recv, self.counters.book_deltas) = (out.ts_recv, self.counters.book_deltas + 1);
        let stale = if entry.is_live() { 0 } else { flag::STALE };
        let flags = super::entry::touch_flags(entry.touch) | stale;
        let tag = Tag { instrument: entry.definition.id, flags, ts_event };
        self.tell_change(slot, tag, prev_update_id, prev_update_id == 0, changes, last, out);
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one event")]
    fn tell_change<S: Sink>(
        &mut self,
        slot: u32,
        tag: Tag,
        prev_update_id: u64,
        is_whole: bool,
        changes: &Merged,
        last: bool,
        out: &mut Output<'_, S>,
    ) {
        if is_whole {
            // Readers know ids to go back, and books to begin, by a whole book alone.
            self.send_serving_book(slot, last, out);
        } else {
            let last_update_id = self.entries[slot as usize].counters.last_update_id;
            let (bids, asks): (&[Level], &[Level]) = (&changes.bids, &changes.asks);
            out.change(tag, &Change { snapshot: false, prev_update_id, last_update_id, bids, asks }, last);
        }
        self.touch(slot);
    }

    fn tell_quote<S: Sink>(&mut self, slot: u32, quote: [i64; 4], ts_event: u64, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        entry.counters.quotes += 1;
        entry.counters.last_ts_recv = out.ts_recv;
        self.counters.quotes += 1;
        out.hold(Tag { instrument: entry.definition.id, flags: quote_flags(quote), ts_event }, Body::Quote(quote_of(quote)));
    }
}
