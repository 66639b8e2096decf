//! Deribit: what tickers say of prices, funding, open interest and states. Source: the venue's documents, pages
//! `ticker.{instrument_name}.{interval}` and `incremental_ticker.{instrument_name}` of 2026, read 2026-11-21. The first is whole each
//! time, the second begins with a `snapshot` and then has what has changed. Numbers are JSON numbers, or null.

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

/// The data of a ticker.
pub(super) fn ticker(frame: &[u8], data: Value) -> Result<Message<'_>, Reject> {
    FigureRows { frame, value: data, about: About::Subscribed, read: figures }.checked()
}

fn figures<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let (at, members) = (data.start, Members::read(frame, data.start)?);
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
        let state = match name(frame, state, &mut [0; NAME_BYTES_MAX])? {
            b"open" => MarketState::Trading,
            b"closed" | b"settlement" => MarketState::Closed,
            b"delivered" | b"terminated" | b"archivized" => MarketState::Delisted,
            b"created" | b"inactive" => MarketState::PreOpen,
            b"locked" | b"halted" => MarketState::Halt,
            _ => MarketState::Other,
        };
        say(Figure::Status(state))?;
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
