//! What a message is about: its slot, if it is awaited.

use super::entry::Channel;
use super::{Machine, refuse, slot_of};
use crate::error::Code;
use crate::input::SYMBOL_BYTES_MAX;
use crate::json;
use crate::venue::{Reject, VenueId};

impl Machine {
    /// The slot of a symbol, if messages of this channel are awaited; `None` if they are not, though the symbol is known.
    pub(super) fn find(&mut self, venue: VenueId, symbol: &[u8], channel: Channel, now: u64) -> Result<Option<u32>, Reject> {
        let slot = self.slot_named(venue, symbol)?;
        self.awaited(slot, channel, now, false)
    }

    /// The slot of a symbol as a frame spells it.
    pub(super) fn slot_named(&self, venue: VenueId, symbol: &[u8]) -> Result<u32, Reject> {
        // A venue may spell a name beyond ASCII with escapes.
        let mut buffer = [0; SYMBOL_BYTES_MAX];
        let symbol = json::unescape(symbol, &mut buffer).ok_or(refuse(Code::UnknownSymbol))?;
        let last = self.connections[usize::from(self.subject.connection)].last_slot;
        slot_of(&self.entries, &self.symbols, venue, last, symbol).ok_or(refuse(Code::UnknownSymbol))
    }

    /// The slot, if messages of this channel are awaited; `None` if they are not.
    #[inline]
    pub(super) fn awaited(&mut self, slot: u32, channel: Channel, now: u64, takes_over: bool) -> Result<Option<u32>, Reject> {
        let connection = &mut self.connections[usize::from(self.subject.connection)];
        connection.last_slot = slot;
        let entry = &mut self.entries[slot as usize];
        let line = entry.lines[channel as usize];
        if line != self.subject.connection
            && line != 0
            && entry.venue.numbers_messages()
            && channel == Channel::Book
            && !takes_over
        {
            // Its numbers say nothing of the connection that carries the book.
            self.counters.ignored += 1;
            return Ok(None);
        }
        if line == 0 {
            if entry.is_expected() && entry.lines.iter().all(|line| *line == 0) {
                return Err(refuse(Code::UnknownSymbol));
            }
            // A channel that nobody asked for, or the last frames of an instrument that has left.
            self.counters.ignored += 1;
            return Ok(None);
        }
        entry.counters.last_ts_recv = now;
        entry.heard[channel as usize].note(now);
        connection.company.heard.note(now);
        self.subject.slot = Some(slot);
        Ok(Some(slot))
    }

    /// The slot of an instrument named by an input.
    pub(super) fn known(&mut self, instrument: u32) -> Result<u32, Reject> {
        let slot = self.slot(instrument).ok_or(refuse(Code::InstrumentUnknown))?;
        self.subject.slot = Some(slot);
        Ok(slot)
    }
}
