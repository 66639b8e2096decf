//! OKX: mark prices, funding, open interest, liquidations, states of instruments, bars. Source: the protocol reference of 2026-11-21
//! (documents of 2026-01-15, captures up to October 2026). Numbers and times are text. An index has a name of its own (`BTC-USD`), which is no instrument's: it is that of its contracts
//! (`BTC-USD-SWAP`, `BTC-USD_UM-SWAP`, `BTC-USD-270326`) without what follows it.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{self, Kind, Value};

use super::fields::{NAME_BYTES_MAX, decimal_text, members, name, reject, text};
use super::figures::{About, BarText, Each, Figure, FigureMessage, FigureRows, MINUTE_NS, optional_decimal, side_of};
use super::okx::time;
use super::{Message, Reject};

members! {
    /// Of a row of any of these channels.
    Row {
        symbol = b"instId", ts = b"ts", mark = b"markPx", index = b"idxPx", rate = b"fundingRate", funding = b"fundingTime",
        next_funding = b"nextFundingTime", open_interest = b"oi", value = b"oiUsd", state = b"state", details = b"details",
    }
}

members! {
    /// Of one order among those of an instrument.
    Order {
        side = b"side", price = b"bkPx", qty = b"sz", ts = b"ts",
    }
}

members! {
    /// Of a whole message.
    Envelope { arg = b"arg", data = b"data", }
}

members! {
    /// Of what was subscribed.
    Arg { symbol = b"instId", }
}

/// Texts of a bar: start, open, high, low, close, volume, volume of the other currency, of the quote currency, whether it is final.
const CANDLE_TEXTS: usize = 9;

/// What a channel of this name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    MarkPrice,
    IndexPrice,
    Funding,
    OpenInterest,
    Liquidations,
    States,
    /// Those of a minute.
    Candles,
}

/// The channel of this name; liquidations and states are those of all instruments of a type.
pub(super) fn told_of(channel: &[u8]) -> Option<Told> {
    match channel {
        b"mark-price" => Some(Told::MarkPrice),
        b"index-tickers" => Some(Told::IndexPrice),
        b"funding-rate" => Some(Told::Funding),
        b"open-interest" => Some(Told::OpenInterest),
        b"liquidation-orders" => Some(Told::Liquidations),
        b"instruments" => Some(Told::States),
        b"candle1m" => Some(Told::Candles),
        _ => None,
    }
}

/// A message of such a channel, whose `data` is an array.
pub(super) fn message(frame: &[u8], root: Value, data: Value, told: Told) -> Result<Message<'_>, Reject> {
    let about = match told {
        Told::IndexPrice => About::Contracts,
        Told::Liquidations | Told::States => About::Any,
        Told::MarkPrice | Told::Funding | Told::OpenInterest | Told::Candles => About::Subscribed,
    };
    let read = match told {
        // Its rows do not say whose they are.
        Told::Candles => return FigureRows { frame, value: root, about, read: candles }.checked(),
        Told::MarkPrice => mark_prices,
        Told::IndexPrice => index_prices,
        Told::Funding => fundings,
        Told::OpenInterest => open_interests,
        Told::Liquidations => liquidations,
        Told::States => states,
    };
    FigureRows { frame, value: data, about, read }.checked()
}

fn rows<'a>(
    frame: &'a [u8],
    data: Value,
    mut each: impl FnMut(&'a [u8], usize, &Row) -> Result<(), Reject>,
) -> Result<(), Reject> {
    let walked = json::each_element(frame, data.start, |row| {
        if row.kind != Kind::Object {
            return reject(Code::FieldType, row.start);
        }
        let members = Row::read(frame, row.start)?;
        each(text(frame, members.symbol.required(row.start)?)?, row.start, &members)
    });
    walked.map(|_| ())
}

fn mark_prices<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    rows(frame, data, |symbol, at, row| {
        let ts_event = Some(time(frame, row.ts.required(at)?)?);
        let figure = Figure::MarkPrice(decimal_text(frame, row.mark.required(at)?)?);
        each(FigureMessage { symbol, ts_event, is_whole: true, figure })
    })
}

fn index_prices<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    rows(frame, data, |symbol, at, row| {
        let ts_event = Some(time(frame, row.ts.required(at)?)?);
        let figure = Figure::IndexPrice(decimal_text(frame, row.index.required(at)?)?);
        each(FigureMessage { symbol, ts_event, is_whole: true, figure })
    })
}

/// `fundingTime` is when it is paid next, `nextFundingTime` the time after that: an interval lies between them.
fn fundings<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    rows(frame, data, |symbol, _, row| {
        let Some(rate) = optional_decimal(frame, row.rate)? else { return Ok(()) };
        let optional_time = |member: super::fields::Member| match member.optional()? {
            Some(value) if value.kind == Kind::String && value.start == value.end => Ok(None),
            value => value.map(|value| time(frame, value)).transpose(),
        };
        let next_ts = optional_time(row.funding)?;
        let after = optional_time(row.next_funding)?;
        let between = after.zip(next_ts).and_then(|(after, next)| after.checked_sub(next));
        let interval_s = between.and_then(|ns| u32::try_from(ns / 1_000_000_000).ok());
        let ts_event = optional_time(row.ts)?;
        let figure = Figure::Funding { rate: Some(rate), next_ts, interval_s };
        each(FigureMessage { symbol, ts_event, is_whole: true, figure })
    })
}

fn open_interests<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    rows(frame, data, |symbol, at, row| {
        let ts_event = Some(time(frame, row.ts.required(at)?)?);
        let qty = Some(decimal_text(frame, row.open_interest.required(at)?)?);
        let figure = Figure::OpenInterest { qty, value: optional_decimal(frame, row.value)? };
        each(FigureMessage { symbol, ts_event, is_whole: true, figure })
    })
}

/// The side is that of the order; the price is that of bankruptcy.
fn liquidations<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    rows(frame, data, |symbol, at, row| {
        let details = row.details.required(at)?;
        if details.kind != Kind::Array {
            return reject(Code::FieldType, details.start);
        }
        let walked = json::each_element(frame, details.start, |order| {
            if order.kind != Kind::Object {
                return reject(Code::FieldType, order.start);
            }
            let (at, order) = (order.start, Order::read(frame, order.start)?);
            let figure = Figure::Liquidation {
                price: decimal_text(frame, order.price.required(at)?)?,
                qty: decimal_text(frame, order.qty.required(at)?)?,
                id: 0,
                side: side_of(frame, order.side.required(at)?, b"buy", b"sell")?,
            };
            let ts_event = Some(time(frame, order.ts.required(at)?)?);
            each(FigureMessage { symbol, ts_event, is_whole: true, figure })
        });
        walked.map(|_| ())
    })
}

fn states<'a>(frame: &'a [u8], data: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    rows(frame, data, |symbol, at, row| {
        let state = match name(frame, row.state.required(at)?, &mut [0; NAME_BYTES_MAX])? {
            b"live" => MarketState::Trading,
            b"suspend" => MarketState::Halt,
            b"preopen" => MarketState::PreOpen,
            b"settling" => MarketState::Settling,
            b"post_only" => MarketState::PostOnly,
            b"expired" => MarketState::Closed,
            _ => MarketState::Other,
        };
        each(FigureMessage { symbol, ts_event: None, is_whole: true, figure: Figure::Status(state) })
    })
}

/// Volume is that of the base, or contracts, as of trades.
fn candles<'a>(frame: &'a [u8], root: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let envelope = Envelope::read(frame, root.start)?;
    let arg = envelope.arg.required(root.start)?.start;
    let symbol = text(frame, Arg::read(frame, arg)?.symbol.required(arg)?)?;
    let walked = json::each_element(frame, envelope.data.required(root.start)?.start, |row| {
        let figure = Figure::Bar(candle(frame, row)?);
        each(FigureMessage { symbol, ts_event: None, is_whole: true, figure })
    });
    walked.map(|_| ())
}

fn candle(frame: &[u8], row: Value) -> Result<BarText<'_>, Reject> {
    if row.kind != Kind::Array {
        return reject(Code::FieldType, row.start);
    }
    let (mut values, mut count) = ([row; CANDLE_TEXTS], 0);
    json::each_element(frame, row.start, |value| {
        if let Some(place) = values.get_mut(count) {
            *place = value;
        }
        count += 1;
        Ok(())
    })?;
    if count < CANDLE_TEXTS {
        return reject(Code::FieldMissing, row.start);
    }
    let [start, open, high, low, close, volume, _, turnover, confirm] = values;
    let decimal = |value: Value| decimal_text(frame, value);
    Ok(BarText {
        prices: [decimal(open)?, decimal(high)?, decimal(low)?, decimal(close)?],
        volume: decimal(volume)?,
        turnover: Some(decimal(turnover)?),
        count: 0,
        start_ts: time(frame, start)?,
        interval_ns: MINUTE_NS,
        closed: match text(frame, confirm)? {
            b"1" => Some(true),
            b"0" => Some(false),
            _ => return reject(Code::FieldType, confirm.start),
        },
    })
}
