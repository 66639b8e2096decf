//! Kraken's books of v2 read by their quotes, in the one spelling that the venue uses. Anything else, right or wrong, is left to the
//! scanner; what is accepted here gives the same message there.

use super::fields::clock_text;
use super::kraken::{Channel, channel_of, head};
use super::shape::Shape;
use super::{Read, Sides};
use crate::simd::Indexed;

/// Reads a message of the channel `book`.
pub(super) fn read<'a>(
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let mut shape = Shape::new(indexed);
    shape.literal(b"{\"channel\":\"")?;
    if channel_of(shape.text()?)? != Channel::Book {
        return None;
    }
    shape.literal(b"\",\"type\":\"")?;
    let is_snapshot = match shape.text()? {
        b"snapshot" => true,
        b"update" => false,
        _ => return None,
    };
    shape.literal(b"\",\"data\":[{\"symbol\":\"")?;
    let symbol = shape.text()?;
    let exponents = exponents(symbol)?;
    shape.literal(b"\",\"bids\":")?;
    let of_bids = shape.named_levels(exponents, sides.bids)?;
    shape.literal(b",\"asks\":")?;
    let of_asks = shape.named_levels(exponents, sides.asks)?;
    shape.literal(b",\"checksum\":")?;
    let checksum = shape.bare()?;
    shape.literal(b",\"timestamp\":\"")?;
    let ts_event = clock_text(shape.text()?)?;
    shape.literal(b"\"}]}")?;
    let [crc] = shape.integers(&[checksum])?;
    let head = head(symbol, ts_event, Some(u32::try_from(crc).ok()?), of_bids.or(of_asks));
    let read = if is_snapshot { Read::Snapshot(head) } else { Read::Delta(head) };
    shape.is_at_end().then_some(read)
}
