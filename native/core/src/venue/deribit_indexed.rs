//! Deribit frames read by their quotes, in the one spelling that the venue uses: books, quotes, tickers, and messages of one object of
//! which nothing is published. Anything else, right or wrong, is left to the scanner; what is accepted here gives the same message there.

use super::deribit::{Topic, head, is_of, topic_of};
use super::deribit_figures::{self, Told, told_of};
use super::fields::scale_time;
use super::shape::Shape;
use super::{Message, QuoteMessage, Read, Sides};
use crate::json::{Kind, Value};
use crate::simd::Indexed;

/// Reads a message of a subscription.
pub(super) fn read<'a>(
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let mut shape = Shape::new(indexed);
    shape.literal(b"{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{\"channel\":\"")?;
    let channel = shape.text()?;
    shape.literal(b"\",\"data\":")?;
    let read = match (told_of(channel), topic_of(channel)) {
        (Some(Told::Ticker), _) => ticker(&mut shape)?,
        (None, Some(Topic::Book)) => book(&mut shape, channel, exponents, sides)?,
        (None, Some(Topic::Quote)) => quote(&mut shape)?,
        (None, Some(Topic::Ignored)) => {
            shape.plain_object(|_, _, _| {})?;
            Read::Other(Message::Ignored)
        }
        _ => return None,
    };
    shape.literal(b"}}")?;
    shape.is_at_end().then_some(read)
}

fn ticker<'a>(shape: &mut Shape<'a, '_>) -> Option<Read<'a>> {
    let start = shape.at();
    let mut members = deribit_figures::Members::default();
    shape.plain_object(|inside, key, value| {
        if let Some(slot) = members.slot(key).filter(|_| inside.is_none()) {
            slot.add(value);
        }
    })?;
    let data = Value { kind: Kind::Object, start, end: shape.at() };
    deribit_figures::ticker(shape.frame(), data, &members).ok().map(Read::Other)
}

fn book<'a>(
    shape: &mut Shape<'a, '_>,
    channel: &[u8],
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let is_snapshot = shape.literal(b"{\"type\":\"snapshot\",\"timestamp\":").is_some();
    if !is_snapshot {
        shape.literal(b"{\"type\":\"change\",\"timestamp\":")?;
    }
    let sent = shape.bare()?;
    let mut prev = sent;
    if !is_snapshot {
        shape.literal(b",\"prev_change_id\":")?;
        prev = shape.bare()?;
    }
    shape.literal(b",\"instrument_name\":\"")?;
    let symbol = shape.text()?;
    shape.literal(b"\",\"change_id\":")?;
    let id = shape.bare()?;
    if is_snapshot && !is_of(channel, symbol) {
        return None;
    }
    let exponents = exponents(symbol)?;
    shape.literal(b",\"bids\":")?;
    shape.actions(exponents, sides.bids)?;
    shape.literal(b",\"asks\":")?;
    shape.actions(exponents, sides.asks)?;
    shape.literal(b"}")?;
    let [sent, id, prev] = shape.integers(&[sent, id, prev])?;
    let ts = scale_time(sent)?;
    if is_snapshot {
        return Some(Read::Snapshot(head(symbol, ts, id, None)));
    }
    (prev <= id).then(|| Read::Delta(head(symbol, ts, id, Some(prev))))
}

fn quote<'a>(shape: &mut Shape<'a, '_>) -> Option<Read<'a>> {
    shape.literal(b"{\"timestamp\":")?;
    let sent = shape.bare()?;
    shape.literal(b",\"instrument_name\":\"")?;
    let symbol = shape.text()?;
    shape.literal(b"\",\"best_ask_price\":")?;
    let ask_price = shape.number()?;
    shape.literal(b",\"best_bid_price\":")?;
    let bid_price = shape.number()?;
    shape.literal(b",\"best_ask_amount\":")?;
    let ask_qty = shape.number()?;
    shape.literal(b",\"best_bid_amount\":")?;
    let bid_qty = shape.number()?;
    shape.literal(b"}")?;
    let [sent] = shape.integers(&[sent])?;
    let ts = scale_time(sent)?;
    let ts_event = Some(ts);
    let quote = QuoteMessage { symbol, ts_event, update_id: ts, is_time: true, bid_price, bid_qty, ask_price, ask_qty };
    Some(Read::Other(Message::Quote(quote)))
}
