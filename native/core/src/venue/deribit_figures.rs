//! Deribit: what tickers say of prices, funding, open interest and states. Source: the venue's documents, pages
//! `ticker.{instrument_name}.{interval}` and `incremental_ticker.{instrument_name}` of 2026, read 2026-11-21. The first is whole each
//! time, the second begins with a `snapshot` and then has what has changed. `instrument.state.{kind}.{currency}` tells of instruments that
//! begin or end, as the documents say; states in between are the ticker's. Numbers are JSON numbers, or null.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{Kind, Value};

use super::fields::{Member, NAME_BYTES_MAX, decimal_number, members, name, reject, text, time};
use super::figures::{About, Each, Figure, FigureMessage, FigureRows};
use super::{DecimalText, Message, Reject};

members! {
    /// Of a ticker.
    Members {
        kind = b"type", ts = b"timestamp", symbol = b"instrument_name", state = b"state",
        mark = b"mark_price", index = b"index_price", rate = b"current_funding", open_interest = b"open_interest",
    }
}

/// Rates are told for so long, s.
const FUNDING_INTERVAL_S: u32 = 8 * 3_600;

/// What a channel of this name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Ticker,
    /// States of all instruments that begin or end.
    States,
}

/// The channel of this name.
pub(super) fn told_of(channel: &[u8]) -> Option<Told> {
    match channel {
        _ if channel.starts_with(b"ticker.") || channel.starts_with(b"incremental_ticker.") => Some(Told::Ticker),
        _ if channel.starts_with(b"instrument.state.") => Some(Told::States),
        _ => None,
    }
}

/// The data of such a channel.
pub(super) fn message(frame: &[u8], data: Value, told: Told) -> Result<Message<'_>, Reject> {
    match told {
        Told::Ticker => FigureRows { frame, value: data, about: About::Subscribed, read: figures }.checked(),
        Told::States => FigureRows { frame, value: data, about: About::Any, read: state }.checked(),
    }
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
