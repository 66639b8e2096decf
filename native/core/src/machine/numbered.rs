//! Venues that number the messages of a connection: a hole is one of all its books.

use super::depth::Delta;
use super::entry::Channel;
use super::{Machine, Output};
use crate::sink::Sink;
use crate::sync::Phase;
use crate::venue::{DeltaIds, Follow, Read, Reject, VenueId};

/// Messages in a row with old numbers, after which the newest number is the one not to be believed: all that follows would be
/// dropped.
const BEHIND_MAX: u32 = 64;

impl Machine {
    /// Applies a message that is the next one of its connection. One that is refused does not count: the next one shows the hole.
    #[inline(never)]
    pub(super) fn numbered<'a, S: Sink>(
        &mut self,
        venue: VenueId,
        bytes: &'a [u8],
        read: (&Option<Read<'a>>, Option<u32>),
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        if read.0.is_none() {
            venue.parse_frame(bytes)?;
        }
        let Some(number) = venue.sequence(bytes)? else { return self.message(venue, bytes, read, out) };
        let at = usize::from(self.subject.connection);
        if let Some(last) = self.connections[at].sequence {
            if number <= last {
                self.counters.duplicates += 1;
                let line = &mut self.connections[at];
                line.behind += 1;
                if line.behind == BEHIND_MAX {
                    self.request_reconnect(self.subject.connection, None);
                }
                return Ok(());
            }
            if number - last > 1 {
                self.lose_messages(last + 1, number - 1, out);
                self.connections[at].sequence = Some(number - 1);
            }
        }
        self.message(venue, bytes, read, out)?;
        let line = &mut self.connections[at];
        (line.sequence, line.behind) = (Some(number), 0);
        Ok(())
    }

    /// Messages of the present connection were never received: each of its books may lack a change.
    fn lose_messages<S: Sink>(&mut self, first: u64, last: u64, out: &mut Output<'_, S>) {
        let connection = self.subject.connection;
        for slot in 0..self.next_slot() {
            let entry = &self.entries[slot as usize];
            if entry.lines[Channel::Book as usize] != connection || entry.sync.phase == Phase::Idle {
                continue;
            }
            let is_live = entry.is_live();
            let ids = DeltaIds { first, last, prev: None, ts_sent: 0 };
            self.report_verdict(slot, Follow::Gap { first, last }, Delta { ids, ts_event: 0, flags: 0, checksum: None }, out);
            if is_live {
                self.begin_resync(slot, None, out);
            }
            if self.entries[slot as usize].sync.asked_at.is_none() {
                self.request_snapshot(slot, out.ts_recv);
            }
        }
    }
}
