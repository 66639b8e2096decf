//! Backpack. Source: the venue's own client (`bpx-api-client`, 2026-07-30) and a transcription of its documents, read 2026-11-21. Messages
//! are built as those of Binance spot, in an envelope, with names of their own for events; times are µs.
//!
//! Rule of `depth.{symbol}`: as Binance spot has it (`binance_spot::join` and `follow`): `U` and `u` are a delta's first and last id,
//! contiguous, and the book begins with a REST snapshot. Its levels come in ascending order, which the book does not mind.

use crate::error::Code;
use crate::json::{self, BODY_BYTES_MAX, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::backpack_figures;
use super::binance::{self, Dialect};
use super::binance_fields::Members;
use super::fields::{NAME_BYTES_MAX, levels, members, name, reject, signed, text, time, unsigned};
use super::listing::{Step, listings, member, member_of, text as owned};
use super::{Listing, Message, QuoteMessage, Reject, SnapshotMessage};

members! {
    /// Of a REST depth snapshot.
    SnapshotMembers { id = b"lastUpdateId", ts = b"timestamp", bids = b"bids", asks = b"asks", }
}

/// Reads one frame.
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let members = Members::read(frame, root.start)?;
    if let Some(error) = members.error.optional()? {
        return refusal(frame, error);
    }
    let data = members.data.required(root.start)?;
    if data.kind != Kind::Object {
        return reject(Code::FieldType, data.start);
    }
    let inner = Members::read(frame, data.start)?;
    let event = inner.event.required(data.start)?;
    match name(frame, event, &mut [0; NAME_BYTES_MAX])? {
        b"depth" => binance::depth(Dialect::Spot, frame, data.start, &inner),
        b"trade" => binance::print(frame, data.start, &inner, inner.trade_id, false),
        b"bookTicker" => quote(frame, data.start, &inner),
        figure @ (b"markPrice" | b"openInterest" | b"liquidation") => backpack_figures::message(frame, data, figure),
        b"kline" => backpack_figures::kline(frame, data),
        b"ticker" => Ok(Message::Ignored),
        _ => reject(Code::UnknownEvent, event.start),
    }
}

/// An error of the venue, which names no message of ours.
fn refusal<'a>(frame: &[u8], error: Value) -> Result<Message<'a>, Reject> {
    let code = if error.kind == Kind::Object { Members::read(frame, error.start)?.code.optional()? } else { None };
    let code = code.and_then(|code| signed(frame, code).ok()).filter(|code| *code != 0);
    Ok(Message::Reply { id: 0, venue_code: code.unwrap_or(-1) })
}

fn quote<'a>(frame: &'a [u8], at: usize, members: &Members) -> Result<Message<'a>, Reject> {
    let ts = time(frame, members.ts_engine.or(members.ts_sent).required(at)?)?;
    let number = |member: super::fields::Member| super::fields::decimal_text(frame, member.required(at)?);
    Ok(Message::Quote(QuoteMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: Some(ts),
        update_id: id(frame, members.last.required(at)?)?,
        is_time: false,
        bid_price: number(members.bids)?,
        bid_qty: number(members.bid_qty)?,
        ask_price: number(members.asks)?,
        ask_qty: number(members.ask_qty)?,
    }))
}

/// An id as a number, or as text: the sources disagree on `u` of quotes, and snapshots write text.
fn id(frame: &[u8], value: Value) -> Result<u64, Reject> {
    // The same digits, without their quotes.
    unsigned(frame, if value.kind == Kind::String { Value { kind: Kind::Number, ..value } } else { value })
}

/// Reads the body of `/api/v1/depth`.
pub fn parse_snapshot(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    json::check(body, BODY_BYTES_MAX)?;
    let root = Scanner::at(body, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::FieldType, root.start);
    }
    let members = SnapshotMembers::read(body, root.start)?;
    let value = members.id.required(root.start)?;
    if value.start == value.end {
        return reject(Code::NumberSyntax, value.start);
    }
    Ok(SnapshotMessage {
        symbol: None,
        last_update_id: id(body, value)?,
        ts_event: members.ts.optional()?.map(|value| time(body, value)).transpose()?,
        bids: levels(body, members.bids.required(root.start)?)?,
        asks: levels(body, members.asks.required(root.start)?)?,
    })
}

/// Reads `/api/v1/markets`, an array. One bad row does not cost the others.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    listings(body, &[], Kind::Array, listing)
}

fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let Some(symbol) = member(body, row.start, b"symbol")?.and_then(|value| owned(body, value)) else { return Ok(None) };
    let (mut tick, mut lot) = (Step::UNKNOWN, Step::UNKNOWN);
    if let Some(filters) = member_of(body, row.start, b"filters", Kind::Object)? {
        if let Some(price) = member_of(body, filters.start, b"price", Kind::Object)? {
            tick = Step::read(body, member(body, price.start, b"tickSize")?);
        }
        if let Some(quantity) = member_of(body, filters.start, b"quantity", Kind::Object)? {
            lot = Step::read(body, member(body, quantity.start, b"stepSize")?);
        }
    }
    // Other states restrict orders: `CancelOnly`, `LimitOnly`, `PostOnly`, `Closed`. Listings before 2026-06-29 have none.
    let state = member(body, row.start, b"orderBookState")?.and_then(|value| owned(body, value));
    Ok(Some(Listing {
        symbol,
        price_exponent: tick.exponent,
        qty_exponent: lot.exponent,
        tick_size: tick.size,
        lot_size: lot.size,
        trading: state.is_none_or(|state| state == "Open"),
    }))
}
