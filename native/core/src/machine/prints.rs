//! Trades and quotes.

use serde::{Deserialize, Serialize};

use super::entry::{Channel, may_order, ts_flags};
use super::output::Tag;
use super::widen::{Exponents, convert_finer};
use super::{Machine, Output};
use crate::error::Code;
use crate::event::{Body, GapReason, GapStream, Level, Trade, flag};
use crate::sink::Sink;
use crate::venue::{Numbering, QuoteMessage, Reject, TradeMessage, TradeRows, VenueId, convert_pair, convert_quote};

/// A trade or quote with an older id, yet this much later in venue time, tells of a restarted numbering. Repeated ones carry
/// the time that they had.
const ROLLBACK_NS: u64 = 1_000_000_000;

/// A trade without its symbol.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Print {
    pub(super) trade_id: u64,
    numbering: Numbering,
    pub(super) ts_event: u64,
    /// Price and quantity; `None` off the market: the id counts and the price does not.
    pub(super) level: Option<Level>,
    pub(super) aggressor_sell: bool,
    pub(super) aggregated: bool,
}

impl Print {
    /// A trade whose numbers are not converted yet.
    pub(super) fn of(message: &TradeMessage<'_>) -> Self {
        let TradeMessage { trade_id, numbering, ts_event, aggressor_sell, aggregated, .. } = *message;
        Self { trade_id, numbering, ts_event, level: None, aggressor_sell, aggregated }
    }

    /// Converts the numbers at these exponents, or finer ones, which it returns.
    pub(super) fn convert(&mut self, message: &TradeMessage<'_>, exponents: Exponents) -> Result<Exponents, Reject> {
        if message.off_market {
            return Ok(exponents);
        }
        let (exponents, level) = convert_finer(exponents, |at| convert_pair(message.price, message.qty, at.price, at.qty))?;
        self.level = Some(level);
        Ok(exponents)
    }

    pub(super) const fn trade_id(&self) -> u64 {
        self.trade_id
    }

    pub(super) const fn ts_event(&self) -> u64 {
        self.ts_event
    }

    pub(super) const fn numbering(&self) -> Numbering {
        self.numbering
    }

    /// Index of its numbering in [`super::entry::Entry::tracks`].
    pub(super) const fn track(&self) -> usize {
        self.aggregated as usize
    }

    pub(super) const fn level(&self) -> Option<Level> {
        self.level
    }

    pub(super) const fn level_mut(&mut self) -> Option<&mut Level> {
        self.level.as_mut()
    }

    /// What orders trades.
    pub(super) fn number(&self) -> Option<u64> {
        match self.numbering {
            Numbering::Contiguous | Numbering::Increasing => Some(self.trade_id),
            Numbering::Counted(number) | Numbering::Rising(number) => Some(number),
            Numbering::None => None,
        }
    }
}

/// A trade's place in its numbering.
pub(super) enum Place {
    Next,
    Duplicate,
    Missing(GapReason, (u64, u64)),
}

impl Machine {
    /// One trade. `last` says that nothing else of the message follows.
    pub(super) fn trade<S: Sink>(
        &mut self,
        venue: VenueId,
        message: &TradeMessage<'_>,
        last: bool,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let Some(slot) = self.find(venue, message.symbol, Channel::Trade, out.ts_recv)? else { return Ok(()) };
        let mut print = Print::of(message);
        if self.entries[slot as usize].shared.is_some() {
            let exponents = print.convert(message, Exponents::of(&self.entries[slot as usize].definition))?;
            self.widen(slot, exponents, out)?;
            self.shared_print(slot, &print, out);
            self.settle_prints(slot, out);
            return Ok(());
        }
        let place = self.place(slot, &print, out.ts_recv);
        if matches!(place, Place::Duplicate) {
            self.count_duplicate(slot);
            return Ok(());
        }
        let exponents = print.convert(message, Exponents::of(&self.entries[slot as usize].definition))?;
        self.widen(slot, exponents, out)?;
        self.print(slot, place, &print, last, out);
        Ok(())
    }

    /// The trades of one message, all or none.
    pub(super) fn trades<S: Sink>(
        &mut self,
        venue: VenueId,
        rows: &TradeRows<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let mut prints = std::mem::take(&mut self.scratch.prints);
        let result = self.convert_trades(venue, rows, &mut prints, out);
        if let Ok(Some(slot)) = result {
            if rows.newest_first() {
                prints.reverse();
            }
            let shared = self.entries[slot as usize].shared.is_some();
            for print in &prints {
                match self.place(slot, print, out.ts_recv) {
                    _ if shared => self.shared_print(slot, print, out),
                    Place::Duplicate => self.count_duplicate(slot),
                    place => self.print(slot, place, print, false, out),
                }
            }
            self.settle_prints(slot, out);
        }
        self.scratch.prints = prints;
        result.map(|_| ())
    }

    /// Converts all rows of a message and returns the slot of their symbol, if its trades are awaited.
    fn convert_trades<S: Sink>(
        &mut self,
        venue: VenueId,
        rows: &TradeRows<'_>,
        prints: &mut Vec<Print>,
        out: &mut Output<'_, S>,
    ) -> Result<Option<u32>, Reject> {
        let mut subject = None;
        let mut exponents = None;
        loop {
            prints.clear();
            let mut given = exponents;
            rows.each(|message| {
                let (symbol, slot) = match subject {
                    Some(subject) => subject,
                    None => (message.symbol, self.find(venue, message.symbol, Channel::Trade, out.ts_recv)?),
                };
                subject = Some((symbol, slot));
                if symbol != message.symbol {
                    return Err(Reject { code: Code::FieldType, offset: message.price.offset });
                }
                let Some(slot) = slot else { return Ok(()) };
                let mut print = Print::of(&message);
                let at = *given.get_or_insert_with(|| Exponents::of(&self.entries[slot as usize].definition));
                exponents = Some(print.convert(&message, exponents.unwrap_or(at))?);
                prints.push(print);
                Ok(())
            })?;
            // Those before a finer number were converted at coarser exponents.
            if exponents == given {
                break;
            }
        }
        let slot = subject.and_then(|(_, slot)| slot);
        if let (Some(slot), Some(exponents)) = (slot, exponents) {
            self.widen(slot, exponents, out)?;
        }
        Ok(slot)
    }

    pub(super) fn place(&self, slot: u32, print: &Print, now: u64) -> Place {
        let track = &self.entries[slot as usize].tracks[usize::from(print.aggregated)];
        let (Some((last, last_ts)), Some(number)) = (track.last, print.number()) else { return Place::Next };
        let rising = matches!(print.numbering, Numbering::Rising(_));
        if number < last || number == last && !rising {
            let later = print.ts_event > last_ts.saturating_add(ROLLBACK_NS) && may_order(print.ts_event, last_ts, now);
            let restarted = number < last && later;
            return if restarted { Place::Missing(GapReason::Rollback, (0, 0)) } else { Place::Duplicate };
        }
        if rising || print.numbering == Numbering::Increasing || number == last + 1 {
            return Place::Next;
        }
        let reason = if track.reconnected { GapReason::Disconnect } else { GapReason::Sequence };
        Place::Missing(reason, (last + 1, number - 1))
    }

    /// Publishes a trade that is new. `last` says that it is known to be the input's last event.
    pub(super) fn print<S: Sink>(&mut self, slot: u32, place: Place, print: &Print, last: bool, out: &mut Output<'_, S>) {
        if let Place::Missing(reason, ids) = place {
            if reason == GapReason::Rollback {
                self.counters.rollbacks += 1;
            }
            self.gap(slot, GapStream::Trade, reason, ids, print.ts_event, out);
            self.miss_trades(slot, print.aggregated, reason, ids, out.ts_recv);
        }
        let track = &mut self.entries[slot as usize].tracks[usize::from(print.aggregated)];
        if let Some(number) = print.number() {
            track.last = Some((number, print.ts_event));
        }
        track.reconnected = false;
        let Some(level) = print.level else {
            self.counters.off_market += 1;
            return;
        };
        let trade = Trade { price: level.price, qty: level.qty, trade_id: print.trade_id };
        let bad_ts = ts_flags(print.ts_event, out.ts_recv);
        let sell = if print.aggressor_sell { flag::AGGRESSOR_SELL } else { 0 };
        let aggregated = if print.aggregated { flag::AGGREGATED } else { 0 };
        let verdict = match &mut self.entries[slot as usize].checks {
            Some(checks) => {
                self.counters.checked += 1;
                checks.counts_trades = matches!(print.numbering, Numbering::Contiguous | Numbering::Counted(_));
                checks.trade(trade.price, trade.qty, print.ts_event, out.ts_recv)
            }
            None => 0,
        };
        let (suspect, told) = self.judge(slot, verdict, out.ts_recv);
        let entry = &mut self.entries[slot as usize];
        let flags = bad_ts | sell | aggregated | suspect;
        let tag = Tag { instrument: entry.definition.id, flags, ts_event: print.ts_event };
        if last && told.is_none() {
            out.send(tag, Body::Trade(trade), true);
        } else {
            out.hold(tag, Body::Trade(trade));
        }
        entry.last_trade = trade;
        entry.last_trade_ts_event = print.ts_event;
        entry.last_trade_flags = sell | aggregated;
        entry.counters.trades += 1;
        self.counters.trades += 1;
        if *entry.stats_track.get_or_insert(print.aggregated) == print.aggregated {
            let ts = if bad_ts == 0 { print.ts_event } else { out.ts_recv };
            entry.stats.add(ts, trade.price, trade.qty);
        }
        if let Some(rule) = told {
            self.tell_doubt(slot, rule, trade.trade_id, out);
        }
        self.touch(slot);
    }

    /// One quote. `last` says that nothing else of the message follows.
    pub(super) fn quote<S: Sink>(
        &mut self,
        venue: VenueId,
        message: &QuoteMessage<'_>,
        last: bool,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let Some(slot) = self.find(venue, message.symbol, Channel::Quote, out.ts_recv)? else { return Ok(()) };
        let entry = &self.entries[slot as usize];
        let ts_event = message.ts_event.unwrap_or(0);
        if let Some((newest, newest_ts)) = entry.quote_id.filter(|(newest, _)| message.update_id <= *newest) {
            // As with trades; where the book is not followed, nothing else tells of restarted ids.
            let later = ts_event > newest_ts.saturating_add(ROLLBACK_NS) && may_order(ts_event, newest_ts, out.ts_recv);
            let restarted = message.update_id < newest && later;
            // The one before had a time that cannot be: nothing is old beside it.
            let outlives = message.is_time && !may_order(newest_ts, ts_event, out.ts_recv);
            // Those of one moment come from one line: others repeat them.
            let other = entry.shared.as_ref().is_some_and(|shared| shared.quoted_by != self.subject.connection);
            let is_new = restarted || outlives || message.update_id == newest && message.is_time && !other;
            if !is_new {
                self.count_duplicate(slot);
                self.note_quote(slot, message.update_id, false);
                return Ok(());
            }
        }
        let exponents = Exponents::of(&entry.definition);
        let (exponents, quote) = convert_finer(exponents, |at| convert_quote(message, at.price, at.qty))?;
        self.widen(slot, exponents, out)?;
        let entry = &mut self.entries[slot as usize];
        entry.quote_id = Some((message.update_id, ts_event));
        entry.counters.quotes += 1;
        self.counters.quotes += 1;
        let verdict = match &mut entry.checks {
            Some(checks) => {
                self.counters.checked += 1;
                checks.quote(quote.bid_price, quote.ask_price, ts_event, out.ts_recv)
            }
            None => 0,
        };
        let instrument = entry.definition.id;
        if entry.shared.is_some() {
            self.note_quote(slot, message.update_id, true);
        }
        let (suspect, told) = self.judge(slot, verdict, out.ts_recv);
        let flags = suspect | message.ts_event.map_or(0, |ts| ts_flags(ts, out.ts_recv));
        let tag = Tag { instrument, flags, ts_event };
        if last {
            out.send(tag, Body::Quote(quote), told.is_none());
        } else {
            out.hold(tag, Body::Quote(quote));
        }
        if let Some(rule) = told {
            self.tell_doubt(slot, rule, message.update_id, out);
        }
        Ok(())
    }

    fn count_duplicate(&mut self, slot: u32) {
        self.entries[slot as usize].counters.duplicates += 1;
        self.counters.duplicates += 1;
    }
}
