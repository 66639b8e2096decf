//! Bybit frames read by their quotes, in the two spellings that the venue uses: books, level 1, tickers, and messages of which nothing is
//! published. Anything else, right or wrong, is left to the scanner; what is accepted here gives the same message there.

use super::bybit::{Topic, head, is_of, topic_of};
use super::bybit_figures::{Envelope, Ticker, known_ticker};
use super::fields::scale_time;
use super::shape::Shape;
use super::{DecimalText, Message, QuoteMessage, Read, Sides, Spelled};
use crate::simd::Indexed;

/// Reads a message of a topic `orderbook`, or one of plain values.
pub(super) fn read<'a>(
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let mut shape = Shape::new(indexed);
    shape.literal(b"{\"topic\":\"")?;
    let named = shape.text()?;
    let topic = topic_of(named)?;
    match topic {
        Topic::Ignored => return ignored(shape),
        Topic::Ticker => return ticker(Shape::new(indexed)),
        _ => {}
    }
    let (kind, sent);
    if shape.literal(b"\",\"type\":\"").is_some() {
        kind = shape.text()?;
        shape.literal(b"\",\"ts\":")?;
        sent = shape.bare()?;
        shape.literal(b",\"data\":{\"s\":\"")?;
    } else {
        shape.literal(b"\",\"ts\":")?;
        sent = shape.bare()?;
        shape.literal(b",\"type\":\"")?;
        kind = shape.text()?;
        shape.literal(b"\",\"data\":{\"s\":\"")?;
    }
    let is_snapshot = match kind {
        b"snapshot" => true,
        b"delta" => false,
        _ => return None,
    };
    let symbol = shape.text()?;
    shape.literal(b"\",\"b\":")?;
    let mut best = None;
    match topic {
        Topic::Book => {
            if is_snapshot && !is_of(named, symbol) {
                return None;
            }
            let exponents = exponents(symbol)?;
            shape.levels(exponents, sides.bids)?;
            shape.literal(b",\"a\":")?;
            shape.levels(exponents, sides.asks)?;
        }
        Topic::Quote if is_snapshot => {
            let bid = level(&mut shape)?;
            shape.literal(b",\"a\":")?;
            best = Some((bid, level(&mut shape)?));
        }
        _ => return None,
    }
    shape.literal(b",\"u\":")?;
    let update_id = shape.bare()?;
    shape.literal(b",\"seq\":")?;
    let seq = shape.before(b"},\"")?;
    shape.literal(b"},\"cts\":")?;
    let engine = shape.last()?;
    let [sent, update_id, _, engine] = shape.integers(&[sent, update_id, seq, engine])?;
    let (ts_sent, ts_event) = (scale_time(sent)?, scale_time(engine)?);
    if let Some((bid, ask)) = best {
        let (bid_price, bid_qty, ask_price, ask_qty) = (bid.0, bid.1, ask.0, ask.1);
        let ts_event = Some(ts_event);
        return Some(Read::Other(Message::Quote(QuoteMessage {
            symbol,
            ts_event,
            update_id,
            is_time: false,
            bid_price,
            bid_qty,
            ask_price,
            ask_qty,
        })));
    }
    let head = head(symbol, ts_event, ts_sent, update_id);
    Some(if is_snapshot || update_id == 1 { Read::Snapshot(head) } else { Read::Delta(head) })
}

/// A message of plain values, `data` once among them.
fn ignored<'a>(mut shape: Shape<'a, '_>) -> Option<Read<'a>> {
    shape.literal(b"\"")?;
    let mut data = 0;
    shape.rest(|key| {
        data += u32::from(key == b"data");
        (key != b"topic").then_some(())
    })?;
    (data == 1 && shape.is_at_end()).then_some(Read::Other(Message::Ignored))
}

/// A ticker from its first byte on.
fn ticker<'a>(mut shape: Shape<'a, '_>) -> Option<Read<'a>> {
    let (mut envelope, mut members, mut topics) = (Envelope::default(), Ticker::default(), 0);
    shape.plain_object(|inside, key, value| {
        let slot = match inside {
            None => envelope.slot(key),
            Some(b"data") => members.slot(key),
            Some(_) => None,
        };
        if let Some(slot) = slot {
            slot.add(value);
        }
        topics += u32::from(inside.is_none() && key == b"topic");
    })?;
    if topics != 1 || !shape.is_at_end() {
        return None;
    }
    known_ticker(shape.frame(), &envelope, &members).ok().map(Read::Other)
}

/// A side of one level.
fn level<'a>(shape: &mut Shape<'a, '_>) -> Option<(DecimalText<'a>, DecimalText<'a>)> {
    shape.literal(b"[[\"")?;
    let offset = shape.at();
    let price = DecimalText { bytes: shape.text()?, offset, spelled: Spelled::Text };
    shape.literal(b"\",\"")?;
    let offset = shape.at();
    let qty = DecimalText { bytes: shape.text()?, offset, spelled: Spelled::Text };
    shape.literal(b"\"]]")?;
    Some((price, qty))
}
