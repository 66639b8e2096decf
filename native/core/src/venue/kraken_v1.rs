//! Kraken spot, WebSocket v1: frozen since v2, and what recordings hold. Messages are arrays `[channel, payload…, name, pair]`, or have an
//! `event`; prices and quantities are texts with all decimals; a checksum comes with updates alone. Source: a recording of
//! 2021-04-17, the protocol reference of 2026-11-21. Nothing subscribes it.

use crate::error::Code;
use crate::json::{self, Kind, Value};

use super::fields::{NAME_BYTES_MAX, decimal_text, level_rows, members, name, reject, text, unsigned};
use super::kraken::{digits_behind, head};
use super::{DecimalText, DepthMessage, LevelText, Message, Numbering, Reject, Rows, TradeMessage, TradeRow, TradeRows};

members! {
    /// Of the payload, or the payloads, of a book.
    BookMembers {
        all_asks = b"as", all_bids = b"bs", asks = b"a", bids = b"b", checksum = b"c",
    }
}

members! {
    EventMembers {
        event = b"event", status = b"status", id = b"reqid",
    }
}

/// Most elements that a message has: two payloads.
const ELEMENTS_MAX: usize = 5;

/// The elements of a message.
fn elements(frame: &[u8], root: Value) -> Result<([Option<Value>; ELEMENTS_MAX], usize), Reject> {
    let (mut elements, mut count) = ([None; ELEMENTS_MAX], 0);
    json::each_element(frame, root.start, |value| {
        let slot = elements.get_mut(count).ok_or(Reject { code: Code::UnknownEvent, offset: value.start })?;
        *slot = Some(value);
        count += 1;
        Ok(())
    })?;
    Ok((elements, count))
}

/// Reads a message that is an array.
pub fn parse<'a>(frame: &'a [u8], root: Value) -> Result<Message<'a>, Reject> {
    let (elements, count) = elements(frame, root)?;
    let unknown = Reject { code: Code::UnknownEvent, offset: root.start };
    let (Some(payloads), Some(Some(channel)), Some(Some(pair))) = (
        elements.get(1..count.saturating_sub(2)).filter(|payloads| !payloads.is_empty()),
        elements.get(count.saturating_sub(2)),
        elements.get(count.saturating_sub(1)),
    ) else {
        return Err(unknown);
    };
    let symbol = text(frame, *pair)?;
    let mut buffer = [0; NAME_BYTES_MAX];
    match name(frame, *channel, &mut buffer)? {
        book_name if book_name.starts_with(b"book-") => book(frame, symbol, payloads.iter().flatten()),
        b"trade" => match payloads {
            [Some(rows)] if rows.kind == Kind::Array => {
                let rows = TradeRows { frame, start: rows.start, newest_first: false, read: TradeRow::Json(trade) };
                rows.each(|_| Ok(()))?;
                Ok(Message::Trades(rows))
            }
            _ => Err(unknown),
        },
        b"ticker" | b"spread" => Ok(Message::Ignored),
        ohlc if ohlc.starts_with(b"ohlc-") => Ok(Message::Ignored),
        _ => reject(Code::UnknownEvent, channel.start),
    }
}

fn book<'a, 'v>(frame: &'a [u8], symbol: &'a [u8], payloads: impl Iterator<Item = &'v Value>) -> Result<Message<'a>, Reject> {
    let mut found = BookMembers::default();
    let mut at = 0;
    for payload in payloads {
        if payload.kind != Kind::Object {
            return reject(Code::FieldType, payload.start);
        }
        at = payload.start;
        let members = BookMembers::read(frame, at)?;
        for (place, member) in [
            (&mut found.all_asks, members.all_asks),
            (&mut found.all_bids, members.all_bids),
            (&mut found.asks, members.asks),
            (&mut found.bids, members.bids),
            (&mut found.checksum, members.checksum),
        ] {
            if let Some(value) = member.optional()? {
                place.add(value);
            }
        }
    }
    let side = |value: Option<Value>| match value {
        Some(value) => level_rows(frame, value, Rows::Texts),
        None => Ok(LevelText { bytes: b"[]", offset: at, rows: Rows::Texts }),
    };
    let is_snapshot = found.all_asks.is_present() || found.all_bids.is_present();
    let (bids, asks) = if is_snapshot {
        (side(found.all_bids.optional()?)?, side(found.all_asks.optional()?)?)
    } else {
        (side(found.bids.optional()?)?, side(found.asks.optional()?)?)
    };
    let crc = match found.checksum.optional()? {
        Some(value) => {
            let digits = std::str::from_utf8(text(frame, value)?).ok().and_then(|digits| digits.parse().ok());
            Some(digits.ok_or(Reject { code: Code::NumberSyntax, offset: value.start })?)
        }
        None if is_snapshot => None,
        None => return reject(Code::FieldMissing, at),
    };
    let decimals = [bids, asks].into_iter().find_map(|side| first_decimals(side).transpose()).transpose()?;
    let message = DepthMessage { head: head(symbol, 0, crc, decimals), bids, asks };
    Ok(if is_snapshot { Message::Snapshot(message) } else { Message::Depth(message) })
}

/// Digits behind the points of the first level's price and quantity.
fn first_decimals(side: LevelText<'_>) -> Result<Option<(u8, u8)>, Reject> {
    let mut any = false;
    json::each_element(side.bytes, 0, |_| {
        any = true;
        Ok(())
    })?;
    if !any {
        return Ok(None);
    }
    let (price, qty) = super::fields::best(side)?;
    Ok(Some((digits_behind(price), digits_behind(qty))))
}

/// One `[price, quantity, time, side, order type, …]`; the pair stands at the end of the message. There is no id.
fn trade(frame: &[u8], row: Value) -> Result<TradeMessage<'_>, Reject> {
    if row.kind != Kind::Array {
        return reject(Code::FieldType, row.start);
    }
    let (mut values, mut count) = ([None; 4], 0);
    json::each_element(frame, row.start, |value| {
        if let Some(place) = values.get_mut(count) {
            *place = Some(value);
        }
        count += 1;
        Ok(())
    })?;
    let [Some(price), Some(qty), Some(time), Some(side)] = values else { return reject(Code::FieldMissing, row.start) };
    let aggressor_sell = match text(frame, side)? {
        b"b" => false,
        b"s" => true,
        _ => return reject(Code::FieldType, side.start),
    };
    Ok(TradeMessage {
        symbol: last_text(frame).ok_or(Reject { code: Code::FieldMissing, offset: row.start })?,
        ts_event: seconds(frame, time)?,
        trade_id: 0,
        numbering: Numbering::None,
        price: decimal_text(frame, price)?,
        qty: decimal_text(frame, qty)?,
        aggressor_sell,
        aggregated: false,
        off_market: false,
    })
}

/// The last text of a message, without a walk through all of it for each row.
fn last_text(frame: &[u8]) -> Option<&[u8]> {
    let quote = |before: &[u8]| before.iter().rposition(|byte| *byte == b'"');
    let end = quote(frame)?;
    let before = frame.get(..end)?;
    before.get(quote(before)? + 1..)
}

/// A time in seconds with decimals, as text, in ns.
fn seconds(frame: &[u8], value: Value) -> Result<u64, Reject> {
    let DecimalText { bytes, offset, .. } = decimal_text(frame, value)?;
    let wrong = |code| Reject { code, offset };
    let seconds = crate::decimal::parse(bytes).map_err(wrong)?;
    let ns = seconds.at(-9).map_err(|_| wrong(Code::NumberRange))?;
    u64::try_from(ns).map_err(|_| wrong(Code::NumberNegative))
}

/// Reads a message that is an object.
pub fn event(frame: &[u8], root: Value) -> Result<Message<'_>, Reject> {
    let members = EventMembers::read(frame, root.start)?;
    let Some(event) = members.event.optional()? else { return reject(Code::UnknownEvent, root.start) };
    let mut buffer = [0; NAME_BYTES_MAX];
    match name(frame, event, &mut buffer)? {
        b"heartbeat" | b"systemStatus" | b"pong" => Ok(Message::Ignored),
        b"subscriptionStatus" => {
            let status = members.status.required(root.start)?;
            let id = members.id.optional()?.map_or(Ok(0), |id| unsigned(frame, id))?;
            let refused = name(frame, status, &mut [0; NAME_BYTES_MAX])? == b"error";
            Ok(Message::Reply { id, venue_code: if refused { -1 } else { 0 } })
        }
        _ => reject(Code::UnknownEvent, event.start),
    }
}
