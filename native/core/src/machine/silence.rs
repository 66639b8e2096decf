//! Channels that fall silent while their connection speaks: reported, and asked for anew.

use super::entry::{Channel, Entry};
use super::output::Tag;
use super::{Machine, Output};
use crate::error::Code;
use crate::event::State;
use crate::input::Request;
use crate::rhythm::{Look, WINDOW_NS};
use crate::sink::Sink;

/// Most channels that are reported on one tick; others wait for the next one.
const SILENT_PER_TICK_MAX: u32 = 16;

impl Entry {
    /// Whether this channel was reported silent and was not heard since.
    #[inline(always)]
    pub(super) const fn is_silent(&self, channel: Channel) -> bool {
        self.counters.silent & channel.bit() as u64 != 0
    }

    /// Whether the serving book is the venue's, as far as anybody can tell.
    #[inline]
    pub(super) fn is_proven(&self) -> bool {
        self.is_live() && !self.is_silent(Channel::Book)
    }

    /// How much later the newest message came than the venue wrote it, ns, if one came since the last look. Where messages that carry no
    /// such time came behind it, more.
    fn delay(&self, channel: Channel) -> Option<i64> {
        let heard = self.heard[channel as usize];
        let ts_event = match channel {
            Channel::Book => self.book_ts_event,
            Channel::Trade => self.last_trade_ts_event,
            _ => 0,
        };
        (ts_event != 0 && self.rhythms[channel as usize].is_new(heard)).then(|| heard.at.wrapping_sub(ts_event).cast_signed())
    }

    /// Nobody carries this channel now.
    pub(super) fn end_rhythm(&mut self, channel: Channel) {
        let Some(rhythm) = self.rhythms.get_mut(channel as usize) else { return };
        rhythm.end();
        self.counters.silent &= !u64::from(channel.bit());
    }
}

impl Machine {
    /// A channel was subscribed now.
    pub(super) fn begin_rhythm(&mut self, slot: u32, channel: Channel, now: u64) {
        let entry = &mut self.entries[slot as usize];
        let line = entry.lines[channel as usize];
        if entry.venue.keeps_rhythm()
            && let Some(connection) = self.connections.get(usize::from(line))
            && let (Some(rhythm), Some(heard)) = (entry.rhythms.get_mut(channel as usize), entry.heard.get(channel as usize))
        {
            rhythm.begin(now, *heard, &connection.company);
        }
    }

    /// Looks at each channel of an instrument.
    pub(super) fn listen<S: Sink>(&mut self, slot: u32, told: &mut u32, out: &mut Output<'_, S>) {
        for channel in Channel::WITH_RHYTHM {
            let entry = &mut self.entries[slot as usize];
            let line = entry.lines[channel as usize];
            let Some(connection) = self.connections.get_mut(usize::from(line)).filter(|_| line != 0) else { continue };
            if let Some(delay) = entry.delay(channel) {
                connection.least_delay = Some(connection.least_delay.map_or(delay, |least| least.min(delay)));
            }
            let rhythm = &mut entry.rhythms[channel as usize];
            let repeats = entry.venue.repeats_after(channel.bit());
            match rhythm.look(entry.heard[channel as usize], &connection.company, repeats, *told < SILENT_PER_TICK_MAX) {
                Look::Usual => {}
                Look::Speaks => self.speaks(slot, channel, out),
                Look::Silent => {
                    *told += 1;
                    self.report_silence(slot, channel, out);
                }
            }
        }
    }

    #[cold]
    fn report_silence<S: Sink>(&mut self, slot: u32, channel: Channel, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        let instrument = entry.definition.id;
        if !entry.is_silent(channel) {
            entry.counters.silent |= u64::from(channel.bit());
            entry.counters.silences += 1;
            self.counters.silences += 1;
            let (tag, line) = (Tag::of(instrument), entry.lines[channel as usize]);
            let code = Some(Code::ChannelSilent);
            if channel == Channel::Book {
                entry.counters.in_sync = 0;
                out.status(tag, State::Stale, line, code, entry.counters.last_update_id);
            } else {
                out.status(tag, State::Silent, line, code, u64::from(channel.bit()));
            }
            self.touch(slot);
        }
        self.push_request(Request::Renew { instrument, channels: channel.bit() });
    }

    #[cold]
    pub(super) fn speaks<S: Sink>(&mut self, slot: u32, channel: Channel, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[slot as usize];
        if !entry.is_silent(channel) {
            return;
        }
        entry.counters.silent &= !u64::from(channel.bit());
        let (tag, line) = (Tag::of(entry.definition.id), entry.lines[channel as usize]);
        if channel != Channel::Book {
            out.status(tag, State::Subscribed, line, Some(Code::ChannelSilent), u64::from(channel.bit()));
        } else if entry.is_live() {
            entry.counters.in_sync = 1;
            out.status(tag, State::Live, line, None, entry.counters.last_update_id);
        }
        self.touch(slot);
    }

    /// Least delay of each connection's messages since the last call: our receive time less the venue's, ns, below zero where the venue's
    /// clock is ahead. A sample of the messages, one a tick, channel and instrument. No input: it changes no output.
    pub fn take_delays(&mut self, mut each: impl FnMut(u16, i64)) {
        for (number, connection) in (0..).zip(&mut self.connections) {
            if let Some(delay) = connection.least_delay.take() {
                each(number, delay);
            }
        }
    }

    /// Turns the windows in which messages are counted, and tells what limits were learned.
    pub(super) fn turn_windows(&mut self, now: u64) {
        let window = now / WINDOW_NS;
        if window == self.window {
            return;
        }
        self.window = window;
        for connection in &mut self.connections {
            let heard = connection.company.heard;
            connection.company.rate.turn(heard.count);
        }
        for entry in self.entries.iter_mut().filter(|entry| !entry.removed) {
            let mut limits_ms = [0; Channel::WITH_RHYTHM.len()];
            for channel in Channel::WITH_RHYTHM {
                let rhythm = &mut entry.rhythms[channel as usize];
                rhythm.turn(entry.heard[channel as usize]);
                let limit = rhythm.limit(entry.venue.repeats_after(channel.bit()));
                limits_ms[channel as usize] = limit.filter(|_| entry.venue.keeps_rhythm()).map_or(0, |ns| ns / 1_000_000);
            }
            let counters = &mut entry.counters;
            [counters.book_silence_ms_max, counters.trade_silence_ms_max, counters.quote_silence_ms_max] = limits_ms;
        }
    }
}
