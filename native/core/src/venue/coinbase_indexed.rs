//! Coinbase frames read by their quotes, in the one spelling that the venue uses: changes of books, and tickers. Anything else, right or
//! wrong, is left to the scanner; what is accepted here gives the same message there.

use super::coinbase::head;
use super::fields::clock_text;
use super::shape::Shape;
use super::{DecimalText, Message, QuoteMessage, Read, Sides, Spelled};
use crate::json::Kind;
use crate::simd::Indexed;

/// Reads a message of one event.
pub(super) fn read<'a>(
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let mut shape = Shape::new(indexed);
    let opening = Opening::read(&mut shape)?;
    match opening.channel {
        b"l2_data" => book(shape, &opening, exponents, sides),
        b"ticker" => ticker(shape, &opening),
        _ => None,
    }
}

/// What all messages begin with.
struct Opening<'a> {
    channel: &'a [u8],
    ts_sent: u64,
    sequence: (usize, usize),
}

impl<'a> Opening<'a> {
    #[inline(always)]
    fn read(shape: &mut Shape<'a, '_>) -> Option<Self> {
        shape.literal(b"{\"channel\":\"")?;
        let channel = shape.text()?;
        if shape.literal(b"\",\"client_id\":\"").is_some() {
            shape.text()?;
        }
        shape.literal(b"\",\"timestamp\":\"")?;
        let ts_sent = clock_text(shape.text()?)?;
        shape.literal(b"\",\"sequence_num\":")?;
        let sequence = shape.bare()?;
        Some(Self { channel, ts_sent, sequence })
    }
}

fn book<'a>(
    mut shape: Shape<'a, '_>,
    opening: &Opening<'a>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    shape.literal(b",\"events\":[{\"type\":\"update\",\"product_id\":\"")?;
    let symbol = shape.text()?;
    let exponents = exponents(symbol)?;
    shape.literal(b"\",\"updates\":[")?;
    sides.bids.clear();
    sides.asks.clear();
    let mut ts_event = None;
    loop {
        shape.literal(b"{\"side\":\"")?;
        let side = match shape.text()? {
            b"bid" => &mut *sides.bids,
            b"offer" => &mut *sides.asks,
            _ => return None,
        };
        shape.literal(b"\",\"event_time\":\"")?;
        let time = shape.text()?;
        shape.literal(b"\",\"price_level\":\"")?;
        let price = shape.mantissa(exponents.0)?;
        shape.literal(b"\",\"new_quantity\":\"")?;
        let qty = shape.mantissa(exponents.1)?;
        shape.literal(b"\"}")?;
        if price == 0 {
            return None;
        }
        side.push(crate::event::Level { price, qty });
        if ts_event.is_none() {
            ts_event = Some(clock_text(time).unwrap_or(opening.ts_sent));
        }
        if shape.literal(b",").is_none() {
            break;
        }
    }
    shape.literal(b"]}]}")?;
    let [id] = shape.integers(&[opening.sequence])?;
    shape.is_at_end().then(|| Read::Delta(head(symbol, ts_event.unwrap_or(opening.ts_sent), opening.ts_sent, id)))
}

fn ticker<'a>(mut shape: Shape<'a, '_>, opening: &Opening<'a>) -> Option<Read<'a>> {
    shape.literal(b",\"events\":[{\"type\":\"")?;
    shape.text()?;
    shape.literal(b"\",\"tickers\":[")?;
    let frame = shape.frame();
    let (mut symbol, mut numbers) = (None, [None; 4]);
    shape.members(|key, value, _| {
        if value.kind == Kind::Array {
            return None;
        }
        let slot = match key {
            b"product_id" if value.kind == Kind::String && symbol.is_none() => {
                symbol = Some(value.of(frame));
                return Some(());
            }
            b"best_bid" => 0,
            b"best_bid_quantity" => 1,
            b"best_ask" => 2,
            b"best_ask_quantity" => 3,
            b"product_id" => return None,
            _ => return Some(()),
        };
        let number = DecimalText { bytes: value.of(frame), offset: value.start, spelled: Spelled::Text };
        (value.kind == Kind::String && numbers[slot].replace(number).is_none()).then_some(())
    })?;
    shape.literal(b"]}]}")?;
    shape.integers(&[opening.sequence])?;
    let [Some(bid_price), Some(bid_qty), Some(ask_price), Some(ask_qty)] = numbers else { return None };
    let (ts_event, update_id) = (Some(opening.ts_sent), opening.ts_sent);
    let symbol = symbol?;
    let quote = QuoteMessage { symbol, ts_event, update_id, is_time: true, bid_price, bid_qty, ask_price, ask_qty };
    shape.is_at_end().then_some(Read::Other(Message::Quote(quote)))
}

/// The number of a message that was read, where its head is spelled as known; `None` says nothing.
pub(super) fn sequence(frame: &[u8]) -> Option<u64> {
    let text = |from: &'static [u8], frame: &'_ [u8]| -> Option<usize> {
        let rest = frame.strip_prefix(from)?;
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        (rest.get(length)? == &b'"').then_some(from.len() + length)
    };
    let mut at = text(b"{\"channel\":\"", frame)?;
    if let Some(length) = text(b"\",\"client_id\":\"", frame.get(at..)?) {
        at += length;
    }
    at += text(b"\",\"timestamp\":\"", frame.get(at..)?)?;
    let digits = frame.get(at..)?.strip_prefix(b"\",\"sequence_num\":")?;
    let length = digits.iter().position(|byte| !byte.is_ascii_digit()).filter(|length| (1..=18).contains(length))?;
    matches!(digits.get(length)?, b',' | b'}').then_some(())?;
    Some(digits.get(..length)?.iter().fold(0, |number, byte| number * 10 + u64::from(byte - b'0')))
}
