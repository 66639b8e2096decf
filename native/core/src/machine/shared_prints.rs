//! Trades and quotes of several lines.

use super::entry::Channel;
use super::lines::restart_time;
use super::prints::{Place, Print};
use super::shared::HOLD_NS_MAX;
use super::{Machine, Output};
use crate::event::GapReason;
use crate::sink::Sink;
use crate::venue::Numbering;

impl Machine {
    /// A trade of one of several lines.
    #[inline(never)]
    pub(super) fn shared_print<S: Sink>(&mut self, slot: u32, print: &Print, out: &mut Output<'_, S>) {
        let connection = self.subject.connection;
        let track = print.track();
        let place = self.place(slot, print, out.ts_recv);
        let Some(number) = print.number().filter(|_| print.is_counted()) else {
            return self.unordered_print(slot, print, place, out);
        };
        let Some(shared) = &mut self.entries[slot as usize].shared else { return };
        let restarts = matches!(place, Place::Missing(GapReason::Rollback, _));
        let is_old = print.ts_event() < shared.restarted_at[1 + track];
        if restarts {
            shared.restart(Channel::Trade, track);
            shared.restarted_at[1 + track] = restart_time(print.ts_event(), out.ts_recv);
        }
        if !is_old {
            shared.note(Channel::Trade, connection, track, number);
        }
        match place {
            Place::Duplicate => {
                shared.join(Channel::Trade, connection);
                self.repeated(slot, Channel::Trade, number, out);
            }
            Place::Missing(..) if is_old => self.repeated(slot, Channel::Trade, number, out),
            Place::Missing(..) if !restarts => self.hold_print(slot, track, number, print, out),
            place => {
                shared.join(Channel::Trade, connection);
                self.first(slot, Channel::Trade, number, out.ts_recv);
                self.print(slot, place, print, false, out);
            }
        }
    }

    /// Keeps a trade that lies behind a hole.
    fn hold_print<S: Sink>(&mut self, slot: u32, track: usize, number: u64, print: &Print, out: &mut Output<'_, S>) {
        for _ in 0..2 {
            let Some(shared) = &mut self.entries[slot as usize].shared else { return };
            match shared.hold_print(track, number, *print, out.ts_recv) {
                None => return self.repeated(slot, Channel::Trade, number, out),
                Some(true) => {
                    self.counters.held += 1;
                    return self.first(slot, Channel::Trade, number, out.ts_recv);
                }
                Some(false) => self.settle_track(slot, track, 0, out),
            }
        }
        debug_assert!(false, "an empty store has room");
    }

    /// A trade whose number does not count by one. Nothing tells of a hole: each id is published when it comes first, though a later one
    /// may have been already.
    fn unordered_print<S: Sink>(&mut self, slot: u32, print: &Print, place: Place, out: &mut Output<'_, S>) {
        let connection = self.subject.connection;
        let track = print.track();
        let Some(shared) = &mut self.entries[slot as usize].shared else { return };
        let number = print.number().unwrap_or(0);
        shared.note(Channel::Trade, connection, track, number);
        shared.join(Channel::Trade, connection);
        let is_old = print.number().is_some_and(|number| number < shared.oldest_number[track]);
        if is_old && matches!(place, Place::Duplicate) || shared.saw(print.trade_id()) {
            return self.repeated(slot, Channel::Trade, print.trade_id(), out);
        }
        self.first(slot, Channel::Trade, print.trade_id(), out.ts_recv);
        let newest = self.entries[slot as usize].tracks[track].last;
        match place {
            Place::Duplicate => {
                self.print(slot, Place::Next, print, false, out);
                self.entries[slot as usize].tracks[track].last = newest;
            }
            place => {
                if let (Place::Missing(..), Some(shared)) = (&place, &mut self.entries[slot as usize].shared) {
                    shared.oldest_number[track] = 0;
                }
                self.print(slot, place, print, false, out);
            }
        }
    }

    /// Publishes trades that wait and follow by now, and those that nobody can bring the ones before of any more.
    pub(super) fn settle_prints<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        for track in 0..2 {
            let shared = self.entries[slot as usize].shared.as_ref();
            if shared.is_some_and(|shared| !shared.prints[track].is_empty()) {
                self.settle_track(slot, track, HOLD_NS_MAX, out);
            }
        }
    }

    fn settle_track<S: Sink>(&mut self, slot: u32, track: usize, patience: u64, out: &mut Output<'_, S>) {
        loop {
            let entry = &self.entries[slot as usize];
            let Some(shared) = &entry.shared else { return };
            let Some(held) = shared.prints[track].front().copied() else { return };
            let newest = entry.tracks[track].last.map_or(0, |(number, _)| number);
            let waited = out.ts_recv.saturating_sub(held.ts_recv);
            let place = self.place(slot, &held.print, out.ts_recv);
            if matches!(place, Place::Missing(..)) && waited < patience && shared.may_bring(Channel::Trade, track, newest) {
                return;
            }
            if let Some(shared) = &mut self.entries[slot as usize].shared {
                shared.prints[track].pop_front();
            }
            match place {
                Place::Duplicate | Place::Missing(GapReason::Rollback, _) => {}
                Place::Next => {
                    self.counters.filled += 1;
                    self.print(slot, Place::Next, &held.print, false, out);
                }
                place => self.print(slot, place, &held.print, false, out),
            }
        }
    }

    /// Who brought a quote.
    pub(super) fn note_quote(&mut self, slot: u32, update_id: u64, is_new: bool) {
        let connection = self.subject.connection;
        let Some(shared) = &mut self.entries[slot as usize].shared else { return };
        shared.note(Channel::Quote, connection, 0, update_id);
        shared.join(Channel::Quote, connection);
        if is_new {
            shared.quoted_by = connection;
        }
    }
}

impl Print {
    /// Whether its number counts trades one by one.
    pub(super) const fn is_counted(&self) -> bool {
        matches!(self.numbering(), Numbering::Contiguous | Numbering::Counted(_))
    }
}
