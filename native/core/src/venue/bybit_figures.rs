//! Bybit: what tickers say of prices, funding and open interest, liquidations, and klines. Source: the venue's documents
//! (`docs/v5/websocket/public`, `ticker.md`, `all-liquidation.md` and `kline.md`, repository of 2026-07-24, read 2026-11-21).

use crate::error::Code;
use crate::event::Side;
use crate::json::{self, Kind, Value};

use super::fields::{Member, NAME_BYTES_MAX, decimal_text, members, name, reject, text, time};
use super::figures::{
    About, BarText, Each, Figure, FigureMessage, FigureRows, MINUTE_NS, optional_decimal, optional_whole, side_of,
};
use super::{Message, Reject};

members! {
    /// Of a whole message.
    Envelope {
        kind = b"type", ts_sent = b"ts", data = b"data",
    }
}

members! {
    /// Of a ticker. A delta has those alone that changed; spot has none but the symbol.
    Ticker {
        symbol = b"symbol", mark = b"markPrice", index = b"indexPrice",
        rate = b"fundingRate", next = b"nextFundingTime", interval = b"fundingIntervalHour",
        open_interest = b"openInterest", open_interest_value = b"openInterestValue",
    }
}

members! {
    /// Of one liquidation.
    Row {
        ts_engine = b"T", symbol = b"s", side = b"S", qty = b"v", price = b"p",
    }
}

members! {
    /// Of a message of klines: the topic alone says whose they are.
    KlineEnvelope {
        topic = b"topic", data = b"data",
    }
}

members! {
    /// Of one kline.
    KlineRow {
        start = b"start", open = b"open", high = b"high", low = b"low", close = b"close", volume = b"volume",
        turnover = b"turnover", confirm = b"confirm", ts = b"timestamp",
    }
}

/// What topics of klines of a minute begin with.
const MINUTES: &[u8] = b"kline.1.";

/// A message of a topic `tickers`, whose `data` is an object.
pub(super) fn ticker(frame: &[u8], at: usize) -> Result<Message<'_>, Reject> {
    rows_of(frame, at).checked()
}

/// The same of a frame whose members are known, and those of `data`.
pub(super) fn known_ticker<'a>(frame: &'a [u8], envelope: &Envelope, members: &Ticker) -> Result<Message<'a>, Reject> {
    rows_of(frame, 0).checked_by(|each| figures_of(frame, 0, envelope, members, each))
}

fn rows_of(frame: &[u8], at: usize) -> FigureRows<'_> {
    let value = Value { kind: Kind::Object, start: at, end: frame.len() };
    FigureRows { frame, value, about: About::Subscribed, read: figures }
}

fn figures<'a>(frame: &'a [u8], message: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let at = message.start;
    let envelope = Envelope::read(frame, at)?;
    let data = envelope.data.required(at)?;
    if data.kind != Kind::Object {
        return reject(Code::FieldType, data.start);
    }
    figures_of(frame, at, &envelope, &Ticker::read(frame, data.start)?, each)
}

fn figures_of<'a>(frame: &'a [u8], at: usize, envelope: &Envelope, members: &Ticker, each: Each<'_, 'a>) -> Result<(), Reject> {
    let data = envelope.data.required(at)?;
    let kind = envelope.kind.required(at)?;
    let is_whole = match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
        b"snapshot" => true,
        b"delta" => false,
        _ => return reject(Code::UnknownEvent, kind.start),
    };
    let symbol = text(frame, members.symbol.required(data.start)?)?;
    let ts_event = Some(time(frame, envelope.ts_sent.required(at)?)?);
    let mut say = |figure| each(FigureMessage { symbol, ts_event, is_whole, figure });
    if let Some(price) = optional_decimal(frame, members.mark)? {
        say(Figure::MarkPrice(price))?;
    }
    if let Some(price) = optional_decimal(frame, members.index)? {
        say(Figure::IndexPrice(price))?;
    }
    let rate = optional_decimal(frame, members.rate)?;
    let next_ts = whole(frame, members.next, 1_000_000)?;
    let interval_s = whole(frame, members.interval, 3_600)?.map(u32::try_from).transpose();
    let interval_s = interval_s.or_else(|_| reject(Code::NumberRange, data.start))?;
    if rate.is_some() || next_ts.is_some() || interval_s.is_some() {
        say(Figure::Funding { rate, next_ts, interval_s })?;
    }
    let (qty, value) = (optional_decimal(frame, members.open_interest)?, optional_decimal(frame, members.open_interest_value)?);
    if qty.is_some() || value.is_some() {
        say(Figure::OpenInterest { qty, value })?;
    }
    Ok(())
}

/// A whole number in quotes times `unit`.
fn whole(frame: &[u8], member: Member, unit: u64) -> Result<Option<u64>, Reject> {
    let Some(number) = optional_whole(frame, member)? else { return Ok(None) };
    let at = member.optional()?.map_or(0, |value| value.start);
    number.checked_mul(unit).map(Some).ok_or(Reject { code: Code::NumberRange, offset: at })
}

/// A message of a topic `allLiquidation`, whose `data` is an array.
pub(super) fn liquidations(frame: &[u8], data: Value) -> Result<Message<'_>, Reject> {
    if data.kind != Kind::Array {
        return reject(Code::FieldType, data.start);
    }
    FigureRows { frame, value: data, about: About::Subscribed, read: rows }.checked()
}

fn rows<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    json::each_element(frame, data.start, |row| liquidation(frame, row, each)).map(|_| ())
}

/// The side is that of the position: `Buy` means that a long one was liquidated, by an order that sells.
fn liquidation<'a>(frame: &'a [u8], row: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    if row.kind != Kind::Object {
        return reject(Code::FieldType, row.start);
    }
    let (at, members) = (row.start, Row::read(frame, row.start)?);
    let side = match side_of(frame, members.side.required(at)?, b"Buy", b"Sell")? {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    };
    each(FigureMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: Some(time(frame, members.ts_engine.required(at)?)?),
        is_whole: true,
        figure: Figure::Liquidation {
            price: decimal_text(frame, members.price.required(at)?)?,
            qty: decimal_text(frame, members.qty.required(at)?)?,
            id: 0,
            side,
        },
    })
}

/// A message of a topic `kline`: those of a minute, for klines of other intervals are nothing that we publish.
pub(super) fn klines(frame: &[u8], at: usize) -> Result<Message<'_>, Reject> {
    let value = Value { kind: Kind::Object, start: at, end: frame.len() };
    FigureRows { frame, value, about: About::Subscribed, read: bars }.checked()
}

fn bars<'a>(frame: &'a [u8], message: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let envelope = KlineEnvelope::read(frame, message.start)?;
    let (topic, data) = (envelope.topic.required(message.start)?, envelope.data.required(message.start)?);
    let name = text(frame, topic)?;
    // The symbol is read where it lies.
    if name.contains(&b'\\') || data.kind != Kind::Array {
        return reject(Code::FieldType, topic.start);
    }
    let Some(symbol) = name.strip_prefix(MINUTES) else { return Ok(()) };
    json::each_element(frame, data.start, |row| bar(frame, symbol, row, each)).map(|_| ())
}

fn bar<'a>(frame: &'a [u8], symbol: &'a [u8], row: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    if row.kind != Kind::Object {
        return reject(Code::FieldType, row.start);
    }
    let (at, row) = (row.start, KlineRow::read(frame, row.start)?);
    let decimal = |member: Member| decimal_text(frame, member.required(at)?);
    let confirm = row.confirm.required(at)?;
    let bar = BarText {
        prices: [decimal(row.open)?, decimal(row.high)?, decimal(row.low)?, decimal(row.close)?],
        volume: decimal(row.volume)?,
        turnover: optional_decimal(frame, row.turnover)?,
        count: 0,
        start_ts: time(frame, row.start.required(at)?)?,
        interval_ns: MINUTE_NS,
        closed: match confirm.kind {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => return reject(Code::FieldType, confirm.start),
        },
    };
    let ts_event = Some(time(frame, row.ts.required(at)?)?);
    each(FigureMessage { symbol, ts_event, is_whole: true, figure: Figure::Bar(bar) })
}
