//! Whole books in the stream of one of several lines.

use super::depth::Levels;
use super::entry::Channel;
use super::lines::{arbitrates, is_much_later, may_be_filled, restart_time};
use super::{Machine, Output};
use crate::sink::Sink;
use crate::sync::{Fit, Phase};
use crate::venue::{DepthHead, Reject};

impl Machine {
    /// A whole book of one of several lines, whose ids say how it lies to what the others brought. `true` if that is all about it: it
    /// is not needed, or it serves with the deltas that wait, or waits for those that others may still bring.
    pub(super) fn sits_out<S: Sink>(
        &mut self,
        slot: u32,
        head: &DepthHead<'_>,
        levels: Levels<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<bool, Reject> {
        let connection = self.subject.connection;
        let entry = &mut self.entries[slot as usize];
        let (Some(shared), Some(tail)) = (&mut entry.shared, entry.sync.tail) else { return Ok(false) };
        if !arbitrates(entry.venue) || entry.sync.phase == Phase::Idle {
            return Ok(false);
        }
        let is_behind = head.ids.last <= tail.last;
        let restarted = head.ids.last < tail.last && is_much_later(head.ids.ts_sent, tail.ts_sent, out.ts_recv);
        if restarted {
            shared.restart(Channel::Book, 0);
            shared.restarted_at[0] = restart_time(head.ids.ts_sent, out.ts_recv);
        }
        shared.note(Channel::Book, connection, 0, head.ids.last);
        if is_behind {
            shared.join(Channel::Book, connection);
        } else if !shared.deltas.is_empty() && !may_be_filled(shared, &entry.sync) {
            // This line was the last that could have filled the hole before what waits.
            out.many = true;
            self.settle_book(slot, out);
        }
        let entry = &mut self.entries[slot as usize];
        let (Some(shared), Some(tail)) = (&mut entry.shared, entry.sync.tail) else { return Ok(false) };
        let is_behind = head.ids.last <= tail.last;
        let is_live = entry.sync.phase == Phase::Live;
        let filled = may_be_filled(shared, &entry.sync);
        let fit = entry.sync.fit(entry.venue, head.ids.last);
        if restarted || !is_live && head.ids.last == tail.last || !is_behind && !filled {
            return Ok(false);
        }
        let older = match fit {
            Fit::Joins { older } if !is_live && (!is_behind || older < entry.sync.buffer.deltas().len()) => older,
            _ => {
                // Known, or ahead of a book that others carry on.
                self.repeated(slot, Channel::Book, head.ids.last, out);
                self.settle_book(slot, out);
                return Ok(true);
            }
        };
        self.convert_whole(slot, levels, out)?;
        self.counters.older_than_snapshot += older as u64;
        let sync = &mut self.entries[slot as usize].sync;
        sync.buffer.drop_oldest(older);
        (sync.asked_at, sync.discard_answer) = (None, false);
        self.set_aside(slot, head.ids.last, head.ts_event, out.ts_recv);
        if is_behind {
            self.go_live(slot, out);
        }
        self.settle_book(slot, out);
        Ok(true)
    }
}
