//! Whole books in the stream of deltas: venues whose books are not fetched.

use super::depth::{Delta, Levels};
use super::{Machine, Output, refuse};
use crate::book::BOOK_LEVELS_MAX;
use crate::error::Code;
use crate::sink::Sink;
use crate::sync::Phase;
use crate::venue::{DepthHead, Follow, Reject};

impl Machine {
    /// Brings the levels of a whole book to the scratch vectors.
    pub(super) fn convert_whole<S: Sink>(
        &mut self,
        slot: u32,
        levels: Levels<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let mut exponents = None;
        if let Levels::Text(bids, asks) = levels {
            exponents = Some(self.convert_sides(slot, bids, asks)?);
        }
        if self.scratch.bids.len().max(self.scratch.asks.len()) > BOOK_LEVELS_MAX {
            return Err(refuse(Code::LevelsTooMany));
        }
        if let Some(exponents) = exponents {
            self.widen(slot, exponents, out)?;
        }
        Ok(())
    }

    /// Replaces the book, whatever its phase. Ids between the delta received last and this book were never received as deltas: a
    /// gap, though the book is whole.
    pub(super) fn whole_book<S: Sink>(
        &mut self,
        slot: u32,
        head: &DepthHead<'_>,
        levels: Levels<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let numbered;
        let head = if head.is_unnumbered() {
            let Some(own) = self.number(slot, head, self.successor(slot) == Some(self.subject.connection)) else {
                return Ok(());
            };
            numbered = own;
            &numbered
        } else {
            head
        };
        if self.entries[slot as usize].shared.is_some() && self.sits_out(slot, head, levels, out)? {
            return Ok(());
        }
        let takes_over = self.successor(slot) == Some(self.subject.connection);
        let entry = &mut self.entries[slot as usize];
        let is_live = entry.sync.phase == Phase::Live;
        let numbers_messages = entry.venue.numbers_messages();
        // Of another connection, or sent again. A book that is behind what was dropped while one was awaited is of no use.
        let is_old = entry.sync.tail.is_some_and(|tail| {
            let behind = head.ids.last < tail.last || is_live && head.ids.last == tail.last;
            behind && head.ids.ts_sent <= tail.ts_sent && !takes_over
        });
        if is_old {
            entry.counters.duplicates += 1;
            self.counters.duplicates += 1;
            return Ok(());
        }
        self.convert_whole(slot, levels, out)?;
        // From here on nothing fails.
        self.take_over(slot);
        let delta = Delta { ids: head.ids, ts_event: head.ts_event, flags: 0, checksum: None };
        let sync = &self.entries[slot as usize].sync;
        let verdict = match sync.tail {
            // The connection's own numbers told what it lost; those of the one before it ended at an unknown one.
            Some(_) if numbers_messages && sync.reconnected => Follow::Gap { first: 0, last: 0 },
            Some(_) if numbers_messages => Follow::Apply,
            Some(tail) if head.ids.last < tail.last => Follow::Rollback,
            Some(tail) if head.ids.last - tail.last > 1 => Follow::Gap { first: tail.last + 1, last: head.ids.last - 1 },
            _ => Follow::Apply,
        };
        self.report_verdict(slot, verdict, delta, out);
        self.entries[slot as usize].sync.buffer.clear();
        let sync = &mut self.entries[slot as usize].sync;
        (sync.tail, sync.reconnected, sync.discard_answer) = (Some(head.ids), false, false);
        self.set_aside(slot, head.ids.last, head.ts_event, out.ts_recv);
        if head.checksum.is_none_or(|checksum| self.proves_aside(slot, checksum)) {
            self.go_live(slot, out);
        } else {
            self.resync_mismatch(slot, out);
        }
        self.settle_book(slot, out);
        Ok(())
    }
}
