//! Coinbase: states of products, and bars. Source: the venue's documents, channels `status` and `candles` of Advanced Trade, read
//! 2026-11-22: all products that were asked for, again and again; bars of five minutes and of no other interval, each second.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{self, Kind, Value};

use super::fields::{Member, NAME_BYTES_MAX, clock, decimal_text, members, name, reject, text};
use super::figures::{About, BarText, Each, Figure, FigureMessage, FigureRows, MINUTE_NS, optional_whole};
use super::{Message, Reject};

members! {
    /// Of a whole message.
    Envelope { ts = b"timestamp", events = b"events", }
}

members! {
    /// Of one event.
    Event { kind = b"type", products = b"products", candles = b"candles", }
}

members! {
    /// Of one product.
    Product { symbol = b"id", status = b"status", }
}

members! {
    /// Of one bar.
    Candle {
        symbol = b"product_id", start = b"start", open = b"open", high = b"high", low = b"low", close = b"close",
        volume = b"volume",
    }
}

/// All bars are of five minutes: messages do not say so.
const INTERVAL_NS: u64 = 5 * MINUTE_NS;
const SECOND_NS: u64 = 1_000_000_000;

/// A message of this channel, which begins here. Its products may be more than those that were asked for.
pub(super) fn states(frame: &[u8], at: usize) -> Result<Message<'_>, Reject> {
    let value = Value { kind: Kind::Object, start: at, end: frame.len() };
    FigureRows { frame, value, about: About::Any, read: products }.checked()
}

/// A message of bars, which begins here. A subscription begins with bars of the past, as `snapshot`: none of them is news. None says that it
/// is final: the next one begins.
pub(super) fn candles(frame: &[u8], at: usize) -> Result<Message<'_>, Reject> {
    let value = Value { kind: Kind::Object, start: at, end: frame.len() };
    FigureRows { frame, value, about: About::Subscribed, read: bars }.checked()
}

/// Each event of a message, with the time of all of them.
fn events(
    frame: &[u8],
    message: Value,
    mut each: impl FnMut(Value, Event, Option<u64>) -> Result<(), Reject>,
) -> Result<(), Reject> {
    let envelope = Envelope::read(frame, message.start)?;
    let ts_event = Some(clock(frame, envelope.ts.required(message.start)?)?);
    rows(frame, envelope.events.required(message.start)?, |event| each(event, Event::read(frame, event.start)?, ts_event))
}

fn bars<'a>(frame: &'a [u8], message: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    events(frame, message, |event, members, ts_event| {
        let kind = members.kind.required(event.start)?;
        match name(frame, kind, &mut [0; NAME_BYTES_MAX])? {
            b"snapshot" => return Ok(()),
            b"update" => {}
            _ => return reject(Code::UnknownEvent, kind.start),
        }
        rows(frame, members.candles.required(event.start)?, |row| {
            let (at, candle) = (row.start, Candle::read(frame, row.start)?);
            let number = |member: Member| decimal_text(frame, member.required(at)?);
            let start = candle.start.required(at)?;
            let start_ts = optional_whole(frame, candle.start)?.and_then(|seconds| seconds.checked_mul(SECOND_NS));
            let bar = BarText {
                prices: [number(candle.open)?, number(candle.high)?, number(candle.low)?, number(candle.close)?],
                volume: number(candle.volume)?,
                turnover: None,
                count: 0,
                start_ts: start_ts.ok_or(Reject { code: Code::NumberSyntax, offset: start.start })?,
                interval_ns: INTERVAL_NS,
                closed: None,
            };
            let symbol = text(frame, candle.symbol.required(at)?)?;
            each(FigureMessage { symbol, ts_event, is_whole: true, figure: Figure::Bar(bar) })
        })
    })
}

fn products<'a>(frame: &'a [u8], message: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    events(frame, message, |event, members, ts_event| {
        rows(frame, members.products.required(event.start)?, |row| {
            let product = Product::read(frame, row.start)?;
            let symbol = text(frame, product.symbol.required(row.start)?)?;
            let state = match name(frame, product.status.required(row.start)?, &mut [0; NAME_BYTES_MAX])? {
                b"online" => MarketState::Trading,
                b"offline" => MarketState::Halt,
                b"delisted" => MarketState::Delisted,
                _ => MarketState::Other,
            };
            each(FigureMessage { symbol, ts_event, is_whole: true, figure: Figure::Status(state) })
        })
    })
}

fn rows(frame: &[u8], array: Value, mut each: impl FnMut(Value) -> Result<(), Reject>) -> Result<(), Reject> {
    if array.kind != Kind::Array {
        return reject(Code::FieldType, array.start);
    }
    let walked = json::each_element(frame, array.start, |row| {
        if row.kind == Kind::Object { each(row) } else { reject(Code::FieldType, row.start) }
    });
    walked.map(|_| ())
}
