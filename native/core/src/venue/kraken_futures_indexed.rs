//! Kraken's books of futures read by their quotes, in the one spelling that was recorded. Anything else, right or wrong, is left to the
//! scanner; what is accepted here gives the same message there.

use super::fields::scale_time;
use super::kraken_futures::{Feed, feed_of, head};
use super::shape::Shape;
use super::{Read, Sides};
use crate::simd::Indexed;

/// Reads a message of the feeds `book` and `book_snapshot`.
pub(super) fn read<'a>(
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let mut shape = Shape::new(indexed);
    shape.literal(b"{\"feed\":\"")?;
    let feed = feed_of(shape.text()?)?;
    shape.literal(b"\",\"product_id\":\"")?;
    let symbol = shape.text()?;
    let read = match feed {
        Feed::Level => level(&mut shape, symbol, exponents, sides)?,
        Feed::Snapshot => book(&mut shape, symbol, exponents, sides)?,
        Feed::Trade | Feed::Ticker | Feed::Ignored => return None,
    };
    shape.is_at_end().then_some(read)
}

fn level<'a>(
    shape: &mut Shape<'a, '_>,
    symbol: &'a [u8],
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    shape.literal(b"\",\"side\":\"")?;
    let (told, other) = match shape.text()? {
        b"buy" => (&mut *sides.bids, &mut *sides.asks),
        b"sell" => (&mut *sides.asks, &mut *sides.bids),
        _ => return None,
    };
    shape.literal(b"\",\"seq\":")?;
    let seq = shape.bare()?;
    let exponents = exponents(symbol)?;
    shape.literal(b",\"price\":")?;
    other.clear();
    told.clear();
    told.push(shape.own_level(exponents)?);
    shape.literal(b",\"timestamp\":")?;
    let sent = shape.last()?;
    let [seq, sent] = shape.integers(&[seq, sent])?;
    Some(Read::Delta(head(symbol, scale_time(sent)?, seq)))
}

fn book<'a>(
    shape: &mut Shape<'a, '_>,
    symbol: &'a [u8],
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    shape.literal(b"\",\"timestamp\":")?;
    let sent = shape.bare()?;
    shape.literal(b",\"seq\":")?;
    let seq = shape.bare()?;
    let exponents = exponents(symbol)?;
    shape.literal(b",\"tickSize\":null,\"bids\":")?;
    shape.named_levels(exponents, sides.bids)?;
    shape.literal(b",\"asks\":")?;
    shape.named_levels(exponents, sides.asks)?;
    shape.literal(b"}")?;
    let [seq, sent] = shape.integers(&[seq, sent])?;
    Some(Read::Snapshot(head(symbol, scale_time(sent)?, seq)))
}
