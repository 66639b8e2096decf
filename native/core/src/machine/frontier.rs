//! How far a book is known. A fetched book has so many levels and no more; of prices beyond, the stream tells only those that change. As the
//! market walks towards that end, another copy is fetched and the book extended by what it lacks.

use super::Machine;
use super::entry::{Entry, touch_flags};
use super::output::{Change, Output, Tag};
use crate::audit::is_known;
use crate::book::Side;
use crate::event::flag;
use crate::input::Request;
use crate::sink::Sink;

/// Fewer levels known on a side than this: more are fetched.
pub const KNOWN_MIN: u64 = 20;

/// Shortest time between two copies of one book for that, ns.
const TOP_UP_INTERVAL_NS: u64 = 30_000_000_000;

/// Each book is surveyed on one tick of so many.
const SURVEY_TICKS: u32 = 32;

impl Entry {
    fn known(&self, side: Side) -> u64 {
        let frontier = self.frontier[side as usize];
        match frontier {
            None => self.book.levels(side) as u64,
            Some(known) => self.book.unsorted(side).filter(|level| is_known(side, level.price, known)).count() as u64,
        }
    }

    /// Counts what is known, and finds whether more is wanted.
    pub(super) fn count_known(&mut self) {
        let known = [self.known(Side::Bid), self.known(Side::Ask)];
        [self.counters.known_bids, self.counters.known_asks] = known;
        self.is_near_end = self.frontier.iter().zip(known).any(|(frontier, known)| frontier.is_some() && known < KNOWN_MIN);
    }
}

impl Machine {
    /// Counts what is known of some books, and finds those of which more is wanted.
    pub(super) fn survey(&mut self) {
        self.survey_turn = (self.survey_turn + 1) % SURVEY_TICKS;
        let mut slot = self.survey_turn;
        while slot < self.next_slot() {
            self.entries[slot as usize].count_known();
            slot += SURVEY_TICKS;
        }
    }

    /// The next copy is a deep one, of this book.
    pub(super) fn begin_top_up(&mut self, slot: u32, now: u64) {
        let entry = &mut self.entries[slot as usize];
        entry.top_up_due = now.saturating_add(TOP_UP_INTERVAL_NS);
        let instrument = entry.definition.id;
        self.open_window(slot, true, now);
        self.push_request(Request::DepthSnapshot { instrument });
    }

    /// Extends a book by what the copy just compared knows beyond its end. A light copy knows nothing there, as long as there is enough.
    pub(super) fn top_up<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let Self { entries, auditing, scratch, counters, .. } = self;
        let entry = &mut entries[slot as usize];
        for (side, levels) in [(Side::Bid, &mut scratch.bids), (Side::Ask, &mut scratch.asks)] {
            levels.clear();
            let Some(known) = entry.frontier[side as usize] else { continue };
            let worst = auditing.window.beyond(side, known, levels);
            if worst.is_some() || auditing.is_deep {
                // The venue itself knows nothing beyond: so all is known.
                entry.frontier[side as usize] = worst;
            }
            levels.retain(|level| level.qty > 0 && entry.book.qty(side, level.price) == 0);
            for level in levels.iter() {
                entry.book.apply(side, *level);
            }
        }
        entry.count_known();
        let added = scratch.bids.len() + scratch.asks.len();
        if added == 0 {
            return;
        }
        counters.top_ups += 1;
        entry.touch = entry.book.touch();
        if added < entry.book.levels(Side::Bid) + entry.book.levels(Side::Ask) {
            // Readers hold the rest: no id of the venue's tells of it, so that theirs stays where it is.
            let flags = flag::RECOVERED | touch_flags(entry.touch) | if entry.is_proven() { 0 } else { flag::STALE };
            let tag = Tag { instrument: entry.definition.id, flags, ts_event: entry.book_ts_event };
            let id = entry.counters.last_update_id;
            let (bids, asks) = (&scratch.bids, &scratch.asks);
            out.change(tag, &Change { snapshot: false, prev_update_id: id, last_update_id: id, bids, asks }, false);
            counters.book_differences += 1;
        } else {
            self.send_serving_book(slot, false, out);
        }
        self.touch(slot);
    }
}
