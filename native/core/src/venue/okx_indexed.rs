//! OKX frames read by their quotes: books, the best level, and messages of plain values, of which nothing is published. Anything
//! else, right or wrong, is left to the scanner; what is accepted here gives the same message there.

use super::fields::scale_time;
use super::okx::{Channel, channel_of, head, is_keep_alive};
use super::shape::Shape;
use super::{DecimalText, Message, QuoteMessage, Read, Sides, Spelled};
use crate::json::{Kind, Value};
use crate::simd::Indexed;

/// Reads a message of a channel that holds a book, a best level, or nothing of use.
pub(super) fn read<'a>(
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let mut shape = Shape::new(indexed);
    shape.literal(b"{\"arg\":{\"channel\":\"")?;
    let channel = channel_of(shape.text()?)?;
    shape.literal(b"\",\"instId\":\"")?;
    let symbol = shape.text()?;
    match channel {
        Channel::Book => book(shape, symbol, exponents(symbol)?, sides),
        Channel::Quote => quote(shape, symbol),
        Channel::Ignored => ignored(shape),
        Channel::Trades => None,
    }
}

fn book<'a>(mut shape: Shape<'a, '_>, symbol: &'a [u8], exponents: (i8, i8), sides: &mut Sides<'_>) -> Option<Read<'a>> {
    shape.literal(b"\"},\"action\":\"")?;
    let is_snapshot = match shape.text()? {
        b"snapshot" => true,
        b"update" => false,
        _ => return None,
    };
    shape.literal(b"\",\"data\":[")?;
    let (mut bids, mut asks, mut ts, mut seq, mut prev, mut checksum) = (None, None, None, None, None, None);
    shape.members(|key, value, shape| match key {
        b"bids" => first(&mut bids, shape.wide_levels(exponents, sides.bids)?),
        b"asks" => first(&mut asks, shape.wide_levels(exponents, sides.asks)?),
        b"ts" => first(&mut ts, value),
        b"seqId" => first(&mut seq, value),
        b"prevSeqId" => first(&mut prev, value),
        b"checksum" => first(&mut checksum, value),
        _ => (value.kind != Kind::Array).then_some(()),
    })?;
    shape.literal(b"]}")?;
    (bids, asks) = (Some(bids?), Some(asks?));
    let ts = time(&shape, ts?)?;
    let seq = match (seq, prev) {
        (Some(seq), Some(prev)) => Some((number(&shape, seq)?, integer(&shape, prev)?, 0)),
        (None, None) => None,
        _ => return None,
    };
    let checksum = match checksum {
        Some(value) => Some((integer(&shape, value)?, 0)),
        None => None,
    };
    let head = head(symbol, ts, seq, checksum, is_snapshot).ok()?;
    let nothing = sides.bids.is_empty() && sides.asks.is_empty();
    if !shape.is_at_end() || bids.is_none() || asks.is_none() || is_keep_alive(&head.ids) && !nothing {
        return None;
    }
    Some(if is_snapshot { Read::Snapshot(head) } else { Read::Delta(head) })
}

fn quote<'a>(mut shape: Shape<'a, '_>, symbol: &'a [u8]) -> Option<Read<'a>> {
    shape.literal(b"\"},\"data\":[")?;
    let (mut bid, mut ask, mut ts, mut seq) = (None, None, None, None);
    shape.members(|key, value, shape| match key {
        b"bids" => first(&mut bid, level(shape)?),
        b"asks" => first(&mut ask, level(shape)?),
        b"ts" => first(&mut ts, value),
        b"seqId" => first(&mut seq, value),
        _ => (value.kind != Kind::Array).then_some(()),
    })?;
    shape.literal(b"]}")?;
    let ((bid_price, bid_qty), (ask_price, ask_qty)) = (bid?, ask?);
    let (ts_event, update_id) = (Some(time(&shape, ts?)?), number(&shape, seq?)?);
    let quote = QuoteMessage { symbol, ts_event, update_id, is_time: false, bid_price, bid_qty, ask_price, ask_qty };
    shape.is_at_end().then_some(Read::Other(Message::Quote(quote)))
}

/// One object of plain values.
fn ignored<'a>(mut shape: Shape<'a, '_>) -> Option<Read<'a>> {
    shape.literal(b"\"},\"data\":[")?;
    shape.members(|_, value, _| (value.kind != Kind::Array).then_some(()))?;
    shape.literal(b"]}")?;
    shape.is_at_end().then_some(Read::Other(Message::Ignored))
}

/// A member that stands there once.
fn first<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// A side of one level.
fn level<'a>(shape: &mut Shape<'a, '_>) -> Option<(DecimalText<'a>, DecimalText<'a>)> {
    shape.literal(b"[[\"")?;
    let offset = shape.at();
    let price = DecimalText { bytes: shape.text()?, offset, spelled: Spelled::Text };
    shape.literal(b"\",\"")?;
    let offset = shape.at();
    let qty = DecimalText { bytes: shape.text()?, offset, spelled: Spelled::Text };
    shape.literal(b"\",\"")?;
    shape.text()?;
    shape.literal(b"\",\"")?;
    shape.text()?;
    shape.literal(b"\"]]")?;
    Some((price, qty))
}

/// A time in ms, as text.
fn time(shape: &Shape<'_, '_>, value: Value) -> Option<u64> {
    let [ms] = shape.integers(&[(value.start, value.end)])?;
    scale_time(ms).filter(|_| value.kind == Kind::String)
}

fn number(shape: &Shape<'_, '_>, value: Value) -> Option<u64> {
    let [number] = shape.integers(&[(value.start, value.end)])?;
    (value.kind == Kind::Number).then_some(number)
}

/// A number that may be negative.
fn integer(shape: &Shape<'_, '_>, value: Value) -> Option<i64> {
    let text = shape.value_text(value);
    (value.kind == Kind::Number).then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}
