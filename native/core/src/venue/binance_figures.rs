//! Binance futures: mark price with index and funding, liquidations, states of contracts; and klines, of spot too. Source: the venue's
//! documents of USDT-M futures, pages "Mark Price Stream", "Liquidation Order Streams", "Contract Info Stream" and
//! "Kline/Candlestick Streams", read 2026-05-28; of spot `web-socket-streams.md`, read 2026-07-21.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{self, Kind, Value};

use super::fields::{NAME_BYTES_MAX, decimal_text, members, name, reject, text, time, unsigned};
use super::figures::{About, BarText, Each, Figure, FigureMessage, FigureRows, MINUTE_NS, optional_decimal, side_of};
use super::{Message, Reject};

members! {
    /// Of each of these messages, and of the order in a liquidation.
    Members {
        event = b"e", ts_sent = b"E", ts = b"T", symbol = b"s", price = b"p", qty = b"q", side = b"S",
        index = b"i", rate = b"r", order = b"o", state = b"cs", kline = b"k",
    }
}

members! {
    /// Of the kline in its message.
    KlineMembers {
        start = b"t", interval = b"i", open = b"o", high = b"h", low = b"l", close = b"c", volume = b"v", turnover = b"q",
        count = b"n", closed = b"x",
    }
}

/// Names of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    MarkPrice,
    Liquidation,
    Contract,
    Kline,
}

/// The event of this name.
pub(super) fn event_of(name: &[u8]) -> Option<Event> {
    match name {
        b"markPriceUpdate" => Some(Event::MarkPrice),
        b"forceOrder" => Some(Event::Liquidation),
        b"contractInfo" => Some(Event::Contract),
        b"kline" => Some(Event::Kline),
        _ => None,
    }
}

/// One such message. Of contracts one stream tells of all.
pub(super) fn message(frame: &[u8], at: usize, event: Event) -> Result<Message<'_>, Reject> {
    let value = Value { kind: Kind::Object, start: at, end: frame.len() };
    let about = if event == Event::Contract { About::Any } else { About::Subscribed };
    FigureRows { frame, value, about, read: row }.checked()
}

/// The messages of a stream of all symbols.
pub(super) fn messages(frame: &[u8], array: Value) -> Result<Message<'_>, Reject> {
    FigureRows { frame, value: array, about: About::Any, read: rows }.checked()
}

fn rows<'a>(frame: &'a [u8], array: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    json::each_element(frame, array.start, |element| row(frame, element, each)).map(|_| ())
}

fn row<'a>(frame: &'a [u8], object: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let (at, members) = (object.start, Members::read(frame, object.start)?);
    let value = members.event.required(at)?;
    match event_of(name(frame, value, &mut [0; NAME_BYTES_MAX])?) {
        Some(Event::MarkPrice) => mark_price(frame, at, &members, each),
        Some(Event::Liquidation) => liquidation(frame, at, &members, each),
        Some(Event::Contract) => contract(frame, at, &members, each),
        Some(Event::Kline) => kline(frame, at, &members, each),
        // Another one among those of all symbols, which carries nothing that we publish.
        None => Ok(()),
    }
}

/// `r` is empty and `T` 0 where there is no funding: contracts that expire.
fn mark_price<'a>(frame: &'a [u8], at: usize, members: &Members, each: Each<'_, 'a>) -> Result<(), Reject> {
    let symbol = text(frame, members.symbol.required(at)?)?;
    let ts_event = Some(time(frame, members.ts_sent.required(at)?)?);
    let mut say = |figure| each(FigureMessage { symbol, ts_event, is_whole: true, figure });
    say(Figure::MarkPrice(decimal_text(frame, members.price.required(at)?)?))?;
    if let Some(index) = optional_decimal(frame, members.index)? {
        say(Figure::IndexPrice(index))?;
    }
    if let Some(rate) = optional_decimal(frame, members.rate)? {
        let next_ts = members.ts.optional()?.map(|ts| time(frame, ts)).transpose()?;
        say(Figure::Funding { rate: Some(rate), next_ts, interval_s: None })?;
    }
    Ok(())
}

/// The order's own price and quantity, not those of its fills.
fn liquidation<'a>(frame: &'a [u8], at: usize, members: &Members, each: Each<'_, 'a>) -> Result<(), Reject> {
    let order = members.order.required(at)?;
    if order.kind != Kind::Object {
        return reject(Code::FieldType, order.start);
    }
    let (at, order) = (order.start, Members::read(frame, order.start)?);
    each(FigureMessage {
        symbol: text(frame, order.symbol.required(at)?)?,
        ts_event: Some(time(frame, order.ts.or(members.ts_sent).required(at)?)?),
        is_whole: true,
        figure: Figure::Liquidation {
            price: decimal_text(frame, order.price.required(at)?)?,
            qty: decimal_text(frame, order.qty.required(at)?)?,
            id: 0,
            side: side_of(frame, order.side.required(at)?, b"BUY", b"SELL")?,
        },
    })
}

fn contract<'a>(frame: &'a [u8], at: usize, members: &Members, each: Each<'_, 'a>) -> Result<(), Reject> {
    let state = match name(frame, members.state.required(at)?, &mut [0; NAME_BYTES_MAX])? {
        b"TRADING" => MarketState::Trading,
        b"PENDING_TRADING" | b"PRE_TRADING" => MarketState::PreOpen,
        b"PRE_DELIVERING" | b"DELIVERING" | b"PRE_SETTLE" | b"SETTLING" => MarketState::Settling,
        b"DELIVERED" | b"CLOSE" => MarketState::Closed,
        b"BREAK" | b"HALT" => MarketState::Halt,
        b"CANCEL_ONLY" => MarketState::CancelOnly,
        _ => MarketState::Other,
    };
    each(FigureMessage {
        symbol: text(frame, members.symbol.required(at)?)?,
        ts_event: Some(time(frame, members.ts_sent.required(at)?)?),
        is_whole: true,
        figure: Figure::Status(state),
    })
}

/// Those of a minute: klines of other intervals are nothing that we publish.
fn kline<'a>(frame: &'a [u8], at: usize, members: &Members, each: Each<'_, 'a>) -> Result<(), Reject> {
    let symbol = text(frame, members.symbol.required(at)?)?;
    let ts_event = Some(time(frame, members.ts_sent.required(at)?)?);
    let kline = members.kline.required(at)?;
    if kline.kind != Kind::Object {
        return reject(Code::FieldType, kline.start);
    }
    let (at, kline) = (kline.start, KlineMembers::read(frame, kline.start)?);
    if name(frame, kline.interval.required(at)?, &mut [0; NAME_BYTES_MAX])? != b"1m" {
        return Ok(());
    }
    let closed = kline.closed.required(at)?;
    let bar = BarText {
        prices: [
            decimal_text(frame, kline.open.required(at)?)?,
            decimal_text(frame, kline.high.required(at)?)?,
            decimal_text(frame, kline.low.required(at)?)?,
            decimal_text(frame, kline.close.required(at)?)?,
        ],
        volume: decimal_text(frame, kline.volume.required(at)?)?,
        turnover: optional_decimal(frame, kline.turnover)?,
        count: kline.count.optional()?.map_or(Ok(0), |count| unsigned(frame, count))?,
        start_ts: time(frame, kline.start.required(at)?)?,
        interval_ns: MINUTE_NS,
        closed: match closed.kind {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => return reject(Code::FieldType, closed.start),
        },
    };
    each(FigureMessage { symbol, ts_event, is_whole: true, figure: Figure::Bar(bar) })
}
