//! Reference prices, funding, open interest, liquidations, states of markets, and bars as venues count them.

use serde::{Deserialize, Serialize};

use super::entry::{Channel, Entry, is_ahead, ts_flags};
use super::output::Tag;
use super::{Machine, Output, refuse, slot_of};
use crate::decimal::Decimal;
use crate::error::Code;
use crate::event::{Body, Funding, Liquidation, MarketState, OpenInterest, ReferencePrice, VenueBar, flag};
use crate::input::SYMBOL_BYTES_MAX;
use crate::json;
use crate::sink::Sink;
use crate::venue::{About, Figure, FigureMessage, FigureRows, Reject, VenueId, convert_bar, convert_figure};

/// What was said last, where a message may leave out what has not changed.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Figures {
    pub(super) funding: Option<Funding>,
    pub(super) open_interest: Option<OpenInterest>,
    /// Told again only when it is another one: some venues repeat it with each price.
    pub(super) state: Option<MarketState>,
    /// The newest bar of a venue that does not say which one is final.
    pub(super) bar: Option<VenueBar>,
}

/// A figure of a message, converted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    slot: u32,
    ts_event: u64,
    is_whole: bool,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// It needs nothing of what was said before.
    Body(Body<'static>),
    Funding {
        rate: Option<Decimal>,
        next_ts: Option<u64>,
        interval_s: Option<u32>,
    },
    OpenInterest {
        qty: Option<Decimal>,
        value: Option<Decimal>,
    },
    State(MarketState),
    Bar {
        bar: VenueBar,
        /// Whether the venue says which one is final.
        tells_end: bool,
    },
}

impl What {
    fn of(figure: &Figure<'_>) -> Result<Self, Reject> {
        let price = |text| -> Result<_, Reject> {
            let number = convert_figure(text, false)?;
            Ok(ReferencePrice { price: number.mantissa, exponent: number.exponent() })
        };
        Ok(match *figure {
            Figure::MarkPrice(text) => Self::Body(Body::MarkPrice(price(text)?)),
            Figure::IndexPrice(text) => Self::Body(Body::IndexPrice(price(text)?)),
            Figure::Funding { rate, next_ts, interval_s } => {
                let rate = rate.map(|text| convert_figure(text, true)).transpose()?;
                Self::Funding { rate, next_ts, interval_s }
            }
            Figure::OpenInterest { qty, value } => Self::OpenInterest {
                qty: qty.map(|text| convert_figure(text, false)).transpose()?,
                value: value.map(|text| convert_figure(text, false)).transpose()?,
            },
            Figure::Liquidation { price, qty, id, side } => {
                let (price, qty) = (convert_figure(price, false)?, convert_figure(qty, false)?);
                Self::Body(Body::Liquidation(Liquidation {
                    price: price.mantissa,
                    qty: qty.mantissa,
                    id,
                    price_exponent: price.exponent(),
                    qty_exponent: qty.exponent(),
                    side,
                }))
            }
            Figure::Status(state) => Self::State(state),
            Figure::Bar(text) => Self::Bar { bar: convert_bar(&text)?, tells_end: text.closed.is_some() },
        })
    }
}

/// Channels of which one must be subscribed for a figure to be told.
const fn channels_of(figure: &Figure<'_>) -> &'static [Channel] {
    match figure {
        Figure::MarkPrice(_) | Figure::IndexPrice(_) => &[Channel::MarkPrice],
        // Where the venue says it in the message of the mark price, it comes with that.
        Figure::Funding { .. } => &[Channel::MarkPrice, Channel::Funding],
        Figure::OpenInterest { .. } => &[Channel::OpenInterest],
        Figure::Liquidation { .. } => &[Channel::Liquidation],
        Figure::Status(_) => &[Channel::Status],
        Figure::Bar(_) => &[Channel::Kline],
    }
}

impl Entry {
    /// Whether somebody asked for such a figure, on this connection if one is named.
    fn awaits(&self, figure: &Figure<'_>, connection: Option<u16>) -> bool {
        channels_of(figure).iter().any(|channel| {
            let line = self.lines[*channel as usize];
            let Some(connection) = connection else { return line != 0 };
            let carriers = self.shared.as_ref().map_or(&[][..], |shared| shared.carriers(*channel));
            line == connection || carriers.iter().any(|carrier| carrier.connection == connection)
        })
    }

    /// Of several lines one is heard, for nothing tells whether a figure repeats another; the next one is once that has left.
    fn is_of_first_line(&mut self, figure: &Figure<'_>, connection: u16) -> bool {
        let Some(shared) = &mut self.shared else { return true };
        for channel in channels_of(figure) {
            shared.note(*channel, connection, 0, 0);
            shared.join(*channel, connection);
        }
        channels_of(figure).iter().any(|channel| {
            let others = shared.carriers(*channel).iter().any(|carrier| carrier.connection != connection);
            let line = self.lines[*channel as usize];
            line == connection || line != 0 && !others
        })
    }
}

impl Figures {
    /// What is known of funding after a message; `None` while no rate is.
    fn fund(
        &mut self,
        is_whole: bool,
        rate: Option<Decimal>,
        next_ts: Option<u64>,
        interval_s: Option<u32>,
    ) -> Option<Funding> {
        let held = self.funding.filter(|_| !is_whole);
        let before = held.unwrap_or_default();
        let (mantissa, exponent) = match rate {
            Some(rate) => (rate.mantissa, rate.exponent()),
            None => held.map(|held| (held.rate, held.exponent))?,
        };
        let (next_ts, interval_s) = (next_ts.unwrap_or(before.next_ts), interval_s.unwrap_or(before.interval_s));
        self.funding = Some(Funding { rate: mantissa, exponent, interval_s, next_ts });
        self.funding
    }

    /// What is known of open interest after a message; `None` while no quantity is.
    fn count(&mut self, is_whole: bool, qty: Option<Decimal>, value: Option<Decimal>) -> Option<OpenInterest> {
        let held = self.open_interest.filter(|_| !is_whole);
        let before = held.unwrap_or_default();
        let (qty, qty_exponent) = match qty {
            Some(qty) => (qty.mantissa, qty.exponent()),
            None => held.map(|held| (held.qty, held.qty_exponent))?,
        };
        let (value, value_exponent) =
            value.map_or((before.value, before.value_exponent), |value| (value.mantissa, value.exponent()));
        self.open_interest = Some(OpenInterest { qty, value, qty_exponent, value_exponent });
        self.open_interest
    }
}

impl Machine {
    /// The figures of one message, all or none. Those of channels that nobody asked for are left out; a message of nothing else
    /// counts as ignored.
    #[inline(never)]
    pub(super) fn figures<S: Sink>(
        &mut self,
        venue: VenueId,
        rows: &FigureRows<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let mut said = std::mem::take(&mut self.scratch.figures);
        said.clear();
        let converted = rows.each(|message| {
            let say = |slot, what| Said { slot, ts_event: message.ts_event.unwrap_or(0), is_whole: message.is_whole, what };
            if rows.about() == About::Contracts {
                return self.find_contracts(venue, &message, out.ts_recv, |slot, what| said.push(say(slot, what)));
            }
            let Some(slot) = self.find_figure(venue, &message, rows.about(), out.ts_recv)? else { return Ok(()) };
            let what = What::of(&message.figure)?;
            let entry = &mut self.entries[slot as usize];
            if entry.is_of_first_line(&message.figure, self.subject.connection) {
                said.push(say(slot, what));
            }
            Ok(())
        });
        if converted.is_ok() {
            if said.is_empty() {
                self.counters.ignored += 1;
            }
            for one in &said {
                self.tell(one, out);
            }
        }
        self.scratch.figures = said;
        converted
    }

    /// A quote and the figures beside it: what was not asked for is left out, and the message is ignored if that is both.
    #[inline(never)]
    pub(super) fn ticker<S: Sink>(
        &mut self,
        venue: VenueId,
        rows: &FigureRows<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let ignored = self.counters.ignored;
        // First what can fail: the parser has tried the figures.
        self.quote(venue, &venue.quote_beside(rows)?, false, out)?;
        self.figures(venue, rows, out)?;
        self.ignore_once(ignored);
        Ok(())
    }

    /// The same of a trade.
    #[inline(never)]
    pub(super) fn liquidated<S: Sink>(
        &mut self,
        venue: VenueId,
        rows: &FigureRows<'_>,
        out: &mut Output<'_, S>,
    ) -> Result<(), Reject> {
        let ignored = self.counters.ignored;
        self.trade(venue, &venue.trade_beside(rows)?, false, out)?;
        self.figures(venue, rows, out)?;
        self.ignore_once(ignored);
        Ok(())
    }

    /// Both parts of a message count themselves as ignored.
    fn ignore_once(&mut self, before: u64) {
        self.counters.ignored = before + u64::from(self.counters.ignored == before + 2);
    }

    /// The slots of the contracts on an index of which this connection carries the figure. All instruments are looked at: indices are
    /// few, and speak some ten times a second.
    fn find_contracts(
        &mut self,
        venue: VenueId,
        message: &FigureMessage<'_>,
        now: u64,
        mut found: impl FnMut(u32, What),
    ) -> Result<(), Reject> {
        let mut buffer = [0; SYMBOL_BYTES_MAX];
        let Some(index) = json::unescape(message.symbol, &mut buffer) else { return Ok(()) };
        let what = What::of(&message.figure)?;
        for (slot, entry) in (0..).zip(&mut self.entries) {
            let is_of = entry.venue == venue && About::is_contract(index, entry.definition.symbol.as_bytes());
            if is_of && entry.awaits(&message.figure, Some(self.subject.connection)) {
                entry.counters.last_ts_recv = now;
                if entry.is_of_first_line(&message.figure, self.subject.connection) {
                    found(slot, what);
                }
            }
        }
        Ok(())
    }

    /// The slot of a figure's symbol, if the figure is awaited.
    fn find_figure(
        &mut self,
        venue: VenueId,
        message: &FigureMessage<'_>,
        about: About,
        now: u64,
    ) -> Result<Option<u32>, Reject> {
        let unknown = if about == About::Any { Ok(None) } else { Err(refuse(Code::UnknownSymbol)) };
        let mut buffer = [0; SYMBOL_BYTES_MAX];
        let Some(symbol) = json::unescape(message.symbol, &mut buffer) else { return unknown };
        let last = self.connections[usize::from(self.subject.connection)].last_slot;
        let Some(slot) = slot_of(&self.entries, &self.symbols, venue, last, symbol) else { return unknown };
        let entry = &mut self.entries[slot as usize];
        if entry.lines.iter().all(|line| *line == 0) && entry.is_expected() {
            return unknown;
        }
        // Each connection that carries such a stream is told of all instruments: those of another one hear it there.
        let by = (about == About::Any).then_some(self.subject.connection);
        if !entry.awaits(&message.figure, by) {
            return Ok(None);
        }
        entry.counters.last_ts_recv = now;
        self.subject.slot = Some(slot);
        Ok(Some(slot))
    }

    fn tell<S: Sink>(&mut self, said: &Said, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[said.slot as usize];
        let body = match said.what {
            What::Body(body) => Some(body),
            What::Funding { rate, next_ts, interval_s } => {
                entry.figures.fund(said.is_whole, rate, next_ts, interval_s).map(Body::Funding)
            }
            What::OpenInterest { qty, value } => entry.figures.count(said.is_whole, qty, value).map(Body::OpenInterest),
            What::State(state) => {
                let is_new = entry.figures.state.replace(state) != Some(state);
                is_new.then_some(Body::TradingStatus(state))
            }
            What::Bar { bar, tells_end } => return self.tell_bar(said, bar, tells_end, out),
        };
        let Some(body) = body else { return };
        let (of_instrument, of_shard) = (&mut entry.counters, &mut self.counters);
        let (one, all) = match body {
            Body::Funding(_) => (&mut of_instrument.fundings, &mut of_shard.fundings),
            Body::OpenInterest(_) => (&mut of_instrument.open_interests, &mut of_shard.open_interests),
            Body::Liquidation(_) => (&mut of_instrument.liquidations, &mut of_shard.liquidations),
            Body::TradingStatus(_) => (&mut of_instrument.trading_statuses, &mut of_shard.trading_statuses),
            _ => (&mut of_instrument.mark_prices, &mut of_shard.mark_prices),
        };
        *one += 1;
        *all += 1;
        let flags = if said.ts_event == 0 { 0 } else { ts_flags(said.ts_event, out.ts_recv) };
        out.hold(Tag { instrument: entry.definition.id, flags, ts_event: said.ts_event }, body);
    }

    /// Where the venue does not say that a bar is final, the one before is told again as final once a later one begins, and an older
    /// one is. A bar that has not begun yet says nothing of others.
    fn tell_bar<S: Sink>(&mut self, said: &Said, mut bar: VenueBar, tells_end: bool, out: &mut Output<'_, S>) {
        let entry = &mut self.entries[said.slot as usize];
        let mut ended = None;
        let is_ahead = |bar: &VenueBar| is_ahead(bar.start_ts, out.ts_recv);
        let begins_too_early = is_ahead(&bar);
        if !tells_end {
            match entry.figures.bar {
                Some(held) if begins_too_early != is_ahead(&held) => {
                    entry.figures.bar = Some(if begins_too_early { held } else { bar });
                }
                Some(held) if bar.start_ts < held.start_ts => bar.closed = true,
                held => {
                    ended = held.filter(|held| held.start_ts < bar.start_ts);
                    entry.figures.bar = Some(bar);
                }
            }
        }
        let bad_ts = if said.ts_event == 0 { 0 } else { ts_flags(said.ts_event, out.ts_recv) };
        let flags = bad_ts | if begins_too_early { flag::BAD_TS } else { 0 };
        let tag = Tag { instrument: entry.definition.id, flags, ts_event: said.ts_event };
        for bar in ended.map(|held| VenueBar { closed: true, ..held }).into_iter().chain([bar]) {
            entry.counters.bars += 1;
            self.counters.bars += 1;
            out.bar(tag, bar);
        }
    }
}
