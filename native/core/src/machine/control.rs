//! Connections and subscriptions.

use super::entry::Channel;
use super::lines::{Left, arbitrates};
use super::output::Tag;
use super::{Connection, Machine, Output, REFUSED_PER_MINUTE_MAX, Subject, refuse};
use crate::counters::REMOVED;
use crate::error::Code;
use crate::event::State;
use crate::input::channel;
use crate::sink::Sink;
use crate::sync::Phase;
use crate::venue::{KnownHead, Reject, VenueId};

impl Machine {
    pub(super) fn connect<S: Sink>(&mut self, connection: u16, venue: u16, out: &mut Output<'_, S>) -> Result<(), Reject> {
        self.subject.connection = connection;
        let venue = VenueId::from_number(venue).ok_or(refuse(Code::VenueUnknown))?;
        let at = usize::from(connection);
        if at == 0 {
            return Err(refuse(Code::ArgumentRange));
        }
        if self.connections.len() <= at {
            self.connections.resize(at + 1, Connection::default());
            self.known_heads.resize(at + 1, KnownHead::default());
        }
        if self.connections[at].open {
            // The loss of the old one was never told.
            self.close_connection(connection, out);
        }
        // What it brought before others is told of all that have had its number.
        let Connection { firsts, repeats, leads, lead_ns, .. } = self.connections[at];
        self.connections[at] =
            Connection { venue: Some(venue), open: true, firsts, repeats, leads, lead_ns, ..Connection::default() };
        self.counters.connects += 1;
        out.status(Tag::of(0), State::Connected, connection, None, 0);
        Ok(())
    }

    pub(super) fn disconnect<S: Sink>(&mut self, connection: u16, out: &mut Output<'_, S>) -> Result<(), Reject> {
        self.subject.connection = connection;
        self.open_connection(connection)?;
        self.close_connection(connection, out);
        Ok(())
    }

    /// The venue of a connection that is open.
    pub(super) fn open_connection(&self, connection: u16) -> Result<VenueId, Reject> {
        self.connections
            .get(usize::from(connection))
            .filter(|line| line.open)
            .and_then(|line| line.venue)
            .ok_or(refuse(Code::UnknownConnection))
    }

    fn close_connection<S: Sink>(&mut self, connection: u16, out: &mut Output<'_, S>) {
        self.connections[usize::from(connection)].open = false;
        self.withdraw_reconnect(connection);
        self.counters.disconnects += 1;
        out.status(Tag::of(0), State::Disconnected, connection, None, 0);
        out.many = true;
        for slot in 0..self.next_slot() {
            for channel in Channel::ALL {
                match self.leave(slot, channel, connection, out) {
                    Left::Carried => {}
                    Left::Alone => self.lose_channel(slot, channel, out),
                    Left::Begins(next) => {
                        self.lose_channel(slot, channel, out);
                        self.entries[slot as usize].lines[channel as usize] = next;
                        self.start_book(slot, out);
                    }
                }
            }
        }
    }

    fn lose_channel<S: Sink>(&mut self, slot: u32, channel: Channel, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        let connection = std::mem::take(&mut entry.lines[channel as usize]);
        entry.end_rhythm(channel);
        match channel {
            Channel::Book => {
                self.spare_books.extend(entry.sync.aside.take().map(|aside| aside.book));
                entry.sync.restart();
                entry.sync.phase = Phase::Idle;
                entry.sync.reconnected = true;
                entry.sync.asked_at = None;
                entry.sync.discard_answer = false;
                entry.crossed_since = None;
                entry.counters.in_sync = 0;
                let update_id = entry.counters.last_update_id;
                out.status(Tag::of(entry.definition.id), State::Stale, connection, None, update_id);
                self.touch(slot);
            }
            Channel::Trade => {
                for track in &mut entry.tracks {
                    track.reconnected = true;
                }
            }
            Channel::Quote => entry.quote_id = None,
            // The next connection says all of it anew, and a state only if it is another one.
            Channel::MarkPrice | Channel::Funding => entry.figures.funding = None,
            Channel::OpenInterest => entry.figures.open_interest = None,
            Channel::Kline => entry.figures.bar = None,
            Channel::Liquidation | Channel::Status => {}
        }
    }

    pub(super) fn subscribe<S: Sink>(
        &mut self,
        connection: u16,
        instrument: u32,
        channels: u16,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        self.subject.connection = connection;
        let venue = self.open_connection(connection)?;
        let slot = self.known(instrument)?;
        let entry = &self.entries[slot as usize];
        if channels == 0 || channels & !channel::EVERY != 0 || entry.venue != venue {
            return Err(refuse(Code::ArgumentRange));
        }
        self.claim_symbol(slot)?;
        let entry = &mut self.entries[slot as usize];
        entry.removed = false;
        entry.counters.channels = entry.counters.channels & !REMOVED | u64::from(channels);
        for channel in Channel::ALL.into_iter().filter(|channel| channels & channel.bit() != 0) {
            let line = self.entries[slot as usize].lines[channel as usize];
            if line != 0 && line != connection {
                self.share(slot, channel, connection);
                if channel == Channel::Book && !arbitrates(venue) || channel.is_of_figures() {
                    // It goes on where it is: until the whole book of the new connection is here; figures until their connection leaves.
                    continue;
                }
            }
            // While another connection carries the channel it goes on: the venue's ids sort the two out.
            self.entries[slot as usize].lines[channel as usize] = connection;
            self.begin_rhythm(slot, channel, out.ts_recv);
            match channel {
                Channel::Book => self.start_book(slot, out),
                Channel::Trade => self.entries[slot as usize].stats.cover(out.ts_recv),
                _ => {}
            }
        }
        self.touch(slot);
        Ok(())
    }

    fn start_book<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        let sync = &mut self.entries[slot as usize].sync;
        match (sync.phase, sync.tail) {
            (Phase::Idle, None) => sync.restart(),
            (Phase::Idle, Some(_)) => self.begin_resync(slot, None, out),
            // Subscribed anew on its connection: nothing would tell messages missed.
            (Phase::Live, _) if !self.entries[slot as usize].venue.numbers_books() => self.begin_resync(slot, None, out),
            _ => return,
        }
        let entry = &mut self.entries[slot as usize];
        if entry.venue.snapshots_in_stream() {
            // The subscription itself asks for one.
            entry.sync.asked_at = Some(out.ts_recv);
        }
    }

    pub(super) fn unsubscribe<S: Sink>(&mut self, instrument: u32, out: &mut Output<'_, S>) -> Result<(), Reject> {
        let slot = self.known(instrument)?;
        self.empty_book(slot, out);
        let entry = &mut self.entries[slot as usize];
        out.status(Tag::of(instrument), State::Removed, entry.lines[0], None, entry.counters.last_update_id);
        self.spare_books.extend(entry.sync.aside.take().map(|aside| aside.book));
        entry.reset();
        (entry.removed, entry.counters.channels) = (true, REMOVED);
        self.touch(slot);
        Ok(())
    }

    pub(super) fn ack<S: Sink>(
        &mut self,
        connection: u16,
        instrument: u32,
        accepted: bool,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        self.subject.connection = connection;
        self.open_connection(connection)?;
        self.known(instrument)?;
        let state = if accepted { State::Subscribed } else { State::SubscribeFailed };
        out.status(Tag::of(instrument), state, connection, None, 0);
        Ok(())
    }

    /// Counts a refused input and tells of it; too many of a connection have it replaced.
    pub(super) fn quarantine<S: Sink>(&mut self, reject: Reject, out: &mut Output<'_, S>) {
        self.counters.quarantined += 1;
        let Subject { connection, slot } = self.subject;
        let mut instrument = 0;
        if let Some(slot) = slot {
            let entry = &mut self.entries[slot as usize];
            entry.counters.quarantined += 1;
            instrument = entry.definition.id;
        }
        out.status(Tag::of(instrument), State::Quarantined, connection, Some(reject.code), reject.offset as u64);
        let minute = out.ts_recv / 60_000_000_000;
        let Some(line) = self.connections.get_mut(usize::from(connection)).filter(|line| line.open) else { return };
        if line.refused_minute != minute {
            (line.refused_minute, line.refused) = (minute, 0);
        }
        line.refused += 1;
        if line.refused == REFUSED_PER_MINUTE_MAX + 1 {
            self.request_reconnect(connection, Some(reject.code));
        }
    }
}
