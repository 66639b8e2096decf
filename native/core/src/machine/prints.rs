//! Trades and quotes.

use super::entry::{Channel, ts_flags};
use super::output::Tag;
use super::widen::{Exponents, convert_finer};
use super::{Machine, Output};
use crate::event::{Body, GapReason, GapStream, Trade, flag};
use crate::sink::Sink;
use crate::venue::{QuoteMessage, Reject, TradeMessage, VenueId, convert_pair, convert_quote};

/// A trade with an older id, yet this much later in venue time, tells of a restarted numbering. Repeated trades carry the
/// time that they had.
const TRADE_ROLLBACK_NS: u64 = 1_000_000_000;

/// A trade's place in its numbering.
enum Place {
    Next,
    Duplicate,
    Missing(GapReason, (u64, u64)),
}

impl Machine {
    pub(super) fn trade<S: Sink>(
        &mut self,
        venue: VenueId,
        message: &TradeMessage<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let Some(slot) = self.find(venue, message.symbol, Channel::Trade, out.ts_recv)? else { return Ok(()) };
        let place = self.place(slot, message);
        if matches!(place, Place::Duplicate) {
            self.count_duplicate(slot);
            return Ok(());
        }
        // An off-market print has an id that counts and a price that does not.
        let mut level = None;
        if !message.off_market {
            let exponents = Exponents::of(&self.entries[slot as usize].definition);
            let (exponents, converted) =
                convert_finer(exponents, |at| convert_pair(message.price, message.qty, at.price, at.qty))?;
            self.widen(slot, exponents, out)?;
            level = Some(converted);
        }
        if let Place::Missing(reason, ids) = place {
            if reason == GapReason::Rollback {
                self.counters.rollbacks += 1;
            }
            self.gap(slot, GapStream::Trade, reason, ids, message.ts_event, out);
            self.entries[slot as usize].stats.uncover(out.ts_recv);
        }
        let track = &mut self.entries[slot as usize].tracks[usize::from(message.aggregated)];
        (track.last, track.reconnected) = (Some((message.trade_id, message.ts_event)), false);
        match level {
            None => self.counters.off_market += 1,
            Some(level) => {
                let trade = Trade { price: level.price, qty: level.qty, trade_id: message.trade_id };
                self.print(slot, message, trade, out);
            }
        }
        Ok(())
    }

    fn place(&self, slot: u32, message: &TradeMessage<'_>) -> Place {
        let track = &self.entries[slot as usize].tracks[usize::from(message.aggregated)];
        let Some((last, last_ts)) = track.last else { return Place::Next };
        if message.trade_id <= last {
            let restarted = message.trade_id < last && message.ts_event > last_ts.saturating_add(TRADE_ROLLBACK_NS);
            return if restarted { Place::Missing(GapReason::Rollback, (0, 0)) } else { Place::Duplicate };
        }
        if message.trade_id == last + 1 {
            return Place::Next;
        }
        let reason = if track.reconnected { GapReason::Disconnect } else { GapReason::Sequence };
        Place::Missing(reason, (last + 1, message.trade_id - 1))
    }

    fn print<S: Sink>(&mut self, slot: u32, message: &TradeMessage<'_>, trade: Trade, out: &mut Output<'_, S>) {
        let bad_ts = ts_flags(message.ts_event, out.ts_recv);
        let sell = if message.aggressor_sell { flag::AGGRESSOR_SELL } else { 0 };
        let aggregated = if message.aggregated { flag::AGGREGATED } else { 0 };
        let entry = &mut self.entries[slot as usize];
        let tag = Tag { instrument: entry.definition.id, flags: bad_ts | sell | aggregated, ts_event: message.ts_event };
        out.send(tag, Body::Trade(trade), true);
        entry.last_trade = trade;
        entry.last_trade_ts_event = message.ts_event;
        entry.last_trade_flags = sell | aggregated;
        entry.counters.trades += 1;
        self.counters.trades += 1;
        if *entry.stats_track.get_or_insert(message.aggregated) == message.aggregated {
            let ts = if bad_ts == 0 { message.ts_event } else { out.ts_recv };
            entry.stats.add(ts, trade.price, trade.qty);
        }
        self.touch(slot);
    }

    pub(super) fn quote<S: Sink>(
        &mut self,
        venue: VenueId,
        message: &QuoteMessage<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let Some(slot) = self.find(venue, message.symbol, Channel::Quote, out.ts_recv)? else { return Ok(()) };
        let entry = &self.entries[slot as usize];
        if entry.quote_id.is_some_and(|newest| message.update_id <= newest) {
            self.count_duplicate(slot);
            return Ok(());
        }
        let exponents = Exponents::of(&entry.definition);
        let (exponents, quote) = convert_finer(exponents, |at| convert_quote(message, at.price, at.qty))?;
        self.widen(slot, exponents, out)?;
        let entry = &mut self.entries[slot as usize];
        entry.quote_id = Some(message.update_id);
        entry.counters.quotes += 1;
        self.counters.quotes += 1;
        let ts_event = message.ts_event.unwrap_or(0);
        let flags = message.ts_event.map_or(0, |ts| ts_flags(ts, out.ts_recv));
        out.send(Tag { instrument: entry.definition.id, flags, ts_event }, Body::Quote(quote), true);
        Ok(())
    }

    fn count_duplicate(&mut self, slot: u32) {
        self.entries[slot as usize].counters.duplicates += 1;
        self.counters.duplicates += 1;
    }
}
