//! Deribit: what tickers say of prices, funding, open interest and states. Source: the venue's documents, pages
//! `ticker.{instrument_name}.{interval}` and `incremental_ticker.{instrument_name}` of 2026, read 2026-11-21. The first is whole each
//! time, the second begins with a `snapshot` and then has what has changed. `instrument.state.{kind}.{currency}` tells of instruments that
//! begin or end, as the documents say; states in between are the ticker's. Numbers are JSON numbers, or null.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{Kind, Value};

use super::fields::{Member, NAME_BYTES_MAX, decimal_number, members, name, reject, text, time};
use super::figures::{About, BarText, Each, Figure, FigureMessage, FigureRows, MINUTE_NS};
use super::{DecimalText, Message, Reject};

members! {
    /// Of a ticker.
    Members {
        kind = b"type", ts = b"timestamp", symbol = b"instrument_name", state = b"state",
        mark = b"mark_price", index = b"index_price", rate = b"current_funding", open_interest = b"open_interest",
    }
}

members! {
    /// Of the parameters of a message.
    Params {
        channel = b"channel", data = b"data",
    }
}

members! {
    /// Of a bar.
    Candle {
        start = b"tick", open = b"open", high = b"high", low = b"low", close = b"close", volume = b"volume", cost = b"cost",
    }
}

/// What channels of bars begin with.
const CHART: &[u8] = b"chart.trades.";

/// Rates are told for so long, s.
const FUNDING_INTERVAL_S: u32 = 8 * 3_600;

/// What a channel of this name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Ticker,
    /// States of all instruments that begin or end.
    States,
    /// Bars.
    Chart,
}

/// The channel of this name.
pub(super) fn told_of(channel: &[u8]) -> Option<Told> {
    match channel {
        _ if channel.starts_with(b"ticker.") || channel.starts_with(b"incremental_ticker.") => Some(Told::Ticker),
        _ if channel.starts_with(b"instrument.state.") => Some(Told::States),
        _ if channel.starts_with(CHART) => Some(Told::Chart),
        _ => None,
    }
}

/// The data of such a channel, which is in these parameters.
pub(super) fn message(frame: &[u8], params: Value, data: Value, told: Told) -> Result<Message<'_>, Reject> {
    match told {
        Told::Ticker => FigureRows { frame, value: data, about: About::Subscribed, read: figures }.checked(),
        Told::States => FigureRows { frame, value: data, about: About::Any, read: state }.checked(),
        Told::Chart => FigureRows { frame, value: params, about: About::Subscribed, read: bar }.checked(),
    }
}

/// A bar, of which the channel alone says whose it is: those of a minute, for others are nothing that we publish. None says that it is final.
/// Futures settled in the coin trade amounts of USD, which are the `cost` here.
fn bar<'a>(frame: &'a [u8], params: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let params_of = Params::read(frame, params.start)?;
    let (channel, data) = (params_of.channel.required(params.start)?, params_of.data.required(params.start)?);
    let named = text(frame, channel)?;
    // The symbol is read where it lies.
    if named.contains(&b'\\') {
        return reject(Code::FieldType, channel.start);
    }
    let Some(symbol) = named.strip_prefix(CHART).and_then(|rest| rest.strip_suffix(b".1")) else { return Ok(()) };
    let (at, candle) = (data.start, Candle::read(frame, data.start)?);
    let number = |member: Member| decimal_number(frame, member.required(at)?);
    let (volume, cost) = (number(candle.volume)?, number(candle.cost)?);
    let (volume, turnover) = if is_inverse(symbol) { (cost, volume) } else { (volume, cost) };
    let bar = BarText {
        prices: [number(candle.open)?, number(candle.high)?, number(candle.low)?, number(candle.close)?],
        volume,
        turnover: Some(turnover),
        count: 0,
        start_ts: time(frame, candle.start.required(at)?)?,
        interval_ns: MINUTE_NS,
        closed: None,
    };
    each(FigureMessage { symbol, ts_event: None, is_whole: true, figure: Figure::Bar(bar) })
}

/// Whether amounts are those of USD: linear contracts and spot have a `_`, options their kind behind the strike.
fn is_inverse(symbol: &[u8]) -> bool {
    !symbol.contains(&b'_') && !symbol.ends_with(b"-C") && !symbol.ends_with(b"-P")
}

fn state<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let (at, members) = (data.start, Members::read(frame, data.start)?);
    let symbol = text(frame, members.symbol.required(at)?)?;
    let ts_event = Some(time(frame, members.ts.required(at)?)?);
    let figure = Figure::Status(state_of(frame, members.state.required(at)?)?);
    each(FigureMessage { symbol, ts_event, is_whole: true, figure })
}

/// The words of both channels, before 2026-01-13 and since.
fn state_of(frame: &[u8], value: Value) -> Result<MarketState, Reject> {
    Ok(match name(frame, value, &mut [0; NAME_BYTES_MAX])? {
        b"open" | b"started" => MarketState::Trading,
        b"settlement" | b"settled" => MarketState::Settling,
        b"closed" => MarketState::Closed,
        b"delivered" | b"terminated" | b"archivized" => MarketState::Delisted,
        b"created" | b"inactive" | b"deactivated" => MarketState::PreOpen,
        b"locked" | b"halted" => MarketState::Halt,
        _ => MarketState::Other,
    })
}

/// A ticker whose members are known.
pub(super) fn ticker<'a>(frame: &'a [u8], data: Value, members: &Members) -> Result<Message<'a>, Reject> {
    FigureRows { frame, value: data, about: About::Subscribed, read: figures }
        .checked_by(|each| figures_of(frame, data.start, members, each))
}

fn figures<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    figures_of(frame, data.start, &Members::read(frame, data.start)?, each)
}

fn figures_of<'a>(frame: &'a [u8], at: usize, members: &Members, each: Each<'_, 'a>) -> Result<(), Reject> {
    let is_whole = match members.kind.optional()? {
        Some(kind) => match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
            b"snapshot" => true,
            b"change" => false,
            _ => return reject(Code::UnknownEvent, kind.start),
        },
        None => true,
    };
    let symbol = text(frame, members.symbol.required(at)?)?;
    let ts_event = Some(time(frame, members.ts.required(at)?)?);
    let mut say = |figure| each(FigureMessage { symbol, ts_event, is_whole, figure });
    if let Some(price) = optional_number(frame, members.mark)? {
        say(Figure::MarkPrice(price))?;
    }
    if let Some(price) = optional_number(frame, members.index)? {
        say(Figure::IndexPrice(price))?;
    }
    // Perpetuals alone have it.
    if let Some(rate) = optional_number(frame, members.rate)? {
        say(Figure::Funding { rate: Some(rate), next_ts: None, interval_s: Some(FUNDING_INTERVAL_S) })?;
    }
    if let Some(qty) = optional_number(frame, members.open_interest)? {
        say(Figure::OpenInterest { qty: Some(qty), value: None })?;
    }
    if let Some(state) = members.state.optional()? {
        say(Figure::Status(state_of(frame, state)?))?;
    }
    Ok(())
}

fn optional_number(frame: &[u8], member: Member) -> Result<Option<DecimalText<'_>>, Reject> {
    match member.optional()? {
        None => Ok(None),
        Some(value) if value.kind == Kind::Null => Ok(None),
        Some(value) => decimal_number(frame, value).map(Some),
    }
}
