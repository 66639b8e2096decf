//! Instruments that are halted, delisted, or trade again, as the venue's listing says: told by a changed definition (F16).

use super::entry::{Channel, Entry};
use super::output::{Change, Tag};
use super::{Machine, Output};
use crate::counters::SUSPENDED;
use crate::error::Code;
use crate::event::{Body, MarketState, State, flag};
use crate::input::TradingState;
use crate::sink::Sink;
use crate::sync::{Phase, Sync};

impl Entry {
    /// Whether it was halted or delisted, and has no proven book since.
    pub(super) const fn is_suspended(&self) -> bool {
        self.counters.channels & SUSPENDED != 0
    }

    pub(super) const fn suspend_if(&mut self, suspended: bool) {
        self.counters.channels =
            if suspended { self.counters.channels | SUSPENDED } else { self.counters.channels & !SUSPENDED };
    }

    /// Whether a frame of it is strange where nothing of it is subscribed: the last ones of what has left, or is delisted, are not.
    pub(super) fn is_expected(&self) -> bool {
        !self.removed && self.definition.state != TradingState::Delisted
    }
}

impl Machine {
    /// The definition says another state than `before`.
    pub(super) fn change_market<S: Sink>(&mut self, slot: u32, before: TradingState, out: &mut Output<'_, S>) {
        let state = self.entries[slot as usize].definition.state;
        if state == before {
            return;
        }
        match state {
            TradingState::Trading => self.resume(slot, out),
            TradingState::Halted => self.halt(slot, out),
            TradingState::Delisted => self.delist(slot, out),
        }
    }

    /// Its connections still carry it: the first delta asks for a whole book, and a whole book that comes in the stream serves.
    fn halt<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        self.clear_book(slot, Code::SymbolHalted, out);
        let entry = &mut self.entries[slot as usize];
        for channel in Channel::WITH_RHYTHM {
            entry.end_rhythm(channel);
        }
        entry.forget_book();
        if entry.lines[Channel::Book as usize] != 0 {
            entry.sync.restart();
        }
        entry.suspend_if(true);
        // The venue's own word for it says more than ours.
        let is_told = !matches!(entry.figures.state, None | Some(MarketState::Trading | MarketState::Delisted));
        if !is_told {
            self.tell_market(slot, MarketState::Halt, out);
        }
    }

    /// Nothing carries it any more; what still comes of it is ignored.
    fn delist<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        self.clear_book(slot, Code::SymbolUnlisted, out);
        let entry = &mut self.entries[slot as usize];
        let told = entry.figures.state;
        entry.reset();
        entry.figures.state = told;
        entry.suspend_if(true);
        self.tell_market(slot, MarketState::Delisted, out);
    }

    fn resume<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        self.entries[slot as usize].suspend_if(false);
        for channel in Channel::WITH_RHYTHM {
            // A delisted one is subscribed again before anything is expected of it.
            if self.entries[slot as usize].lines[channel as usize] != 0 {
                self.begin_rhythm(slot, channel, out.ts_recv);
            }
        }
        self.tell_market(slot, MarketState::Trading, out);
    }

    fn clear_book<S: Sink>(&mut self, slot: u32, code: Code, out: &mut Output<'_, S>) {
        self.counters.suspended += u64::from(!self.entries[slot as usize].is_suspended());
        self.void_audit(slot);
        self.empty_book(slot, out);
        let entry = &mut self.entries[slot as usize];
        let (id, line) = (entry.definition.id, entry.lines[Channel::Book as usize]);
        out.status(Tag::of(id), State::Stale, line, Some(code), entry.counters.last_update_id);
        self.spare_books.extend(entry.sync.aside.take().map(|aside| aside.book));
    }

    /// Tells readers that a book has no levels, if they hold any of it.
    pub(super) fn empty_book<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let entry = &self.entries[slot as usize];
        if entry.book.is_empty() {
            return;
        }
        let update_id = entry.counters.last_update_id;
        let change = Change { snapshot: true, prev_update_id: update_id, last_update_id: update_id, bids: &[], asks: &[] };
        // Nobody has proven that it is empty.
        out.change(Tag { flags: flag::STALE, ..Tag::of(entry.definition.id) }, &change, false);
        self.counters.book_snapshots += 1;
    }

    fn tell_market<S: Sink>(&mut self, slot: u32, state: MarketState, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        if entry.figures.state.replace(state) == Some(state) {
            return;
        }
        entry.counters.trading_statuses += 1;
        self.counters.trading_statuses += 1;
        out.hold(Tag::of(entry.definition.id), Body::TradingStatus(state));
    }
}

impl Entry {
    /// Forgets the levels and what is known about them; ids go on, so that what is lost meanwhile is told.
    fn forget_book(&mut self) {
        self.book.clear();
        self.suspects.clear();
        (self.frontier, self.top_up_due, self.is_near_end) = ([None; 2], 0, false);
        (self.touch, self.crossed_since) = (self.book.touch(), None);
        self.counters.in_sync = 0;
        let Sync { tail, reconnected, gapped, queued, .. } = self.sync;
        let mut buffer = std::mem::take(&mut self.sync.buffer);
        buffer.clear();
        self.sync = Sync { phase: Phase::Idle, tail, reconnected, gapped, queued, buffer, ..Sync::default() };
    }
}
