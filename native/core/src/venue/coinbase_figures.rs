//! Coinbase: states of products. Source: the venue's documents, channel `status` of Advanced Trade, read 2026-11-22: all products that were
//! asked for, again and again.

use crate::error::Code;
use crate::event::MarketState;
use crate::json::{self, Kind, Value};

use super::fields::{NAME_BYTES_MAX, clock, members, name, reject, text};
use super::figures::{About, Each, Figure, FigureMessage, FigureRows};
use super::{Message, Reject};

members! {
    /// Of a whole message.
    Envelope { ts = b"timestamp", events = b"events", }
}

members! {
    /// Of one event.
    Event { products = b"products", }
}

members! {
    /// Of one product.
    Product { symbol = b"id", status = b"status", }
}

/// A message of this channel, which begins here. Its products may be more than those that were asked for.
pub(super) fn states(frame: &[u8], at: usize) -> Result<Message<'_>, Reject> {
    let value = Value { kind: Kind::Object, start: at, end: frame.len() };
    FigureRows { frame, value, about: About::Any, read: events }.checked()
}

fn events<'a>(frame: &'a [u8], message: Value, each: Each<'_, 'a>) -> Result<(), Reject> {
    let envelope = Envelope::read(frame, message.start)?;
    let ts_event = Some(clock(frame, envelope.ts.required(message.start)?)?);
    rows(frame, envelope.events.required(message.start)?, |event| {
        let products = Event::read(frame, event.start)?.products.required(event.start)?;
        rows(frame, products, |row| {
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
