//! Backpack's depth frames read by their quotes, in the one spelling that the venue uses. Anything else, right or wrong, is left to the
//! scanner; what is accepted here gives the same message there.

use super::fields::scale_time;
use super::shape::Shape;
use super::{DeltaIds, DepthHead, Read, Sides};
use crate::simd::Indexed;

/// Reads a depth delta.
pub(super) fn read<'a>(
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let mut shape = Shape::new(indexed);
    shape.literal(b"{\"stream\":\"")?;
    shape.text()?;
    shape.literal(b"\",\"data\":{\"e\":\"depth\",\"E\":")?;
    let sent = shape.bare()?;
    shape.literal(b",\"s\":\"")?;
    let symbol = shape.text()?;
    shape.literal(b"\",\"a\":")?;
    let exponents = exponents(symbol)?;
    shape.levels(exponents, sides.asks)?;
    shape.literal(b",\"b\":")?;
    shape.levels(exponents, sides.bids)?;
    shape.literal(b",\"U\":")?;
    let first = shape.bare()?;
    shape.literal(b",\"u\":")?;
    let last = shape.bare()?;
    shape.literal(b",\"T\":")?;
    let (start, end) = shape.last()?;
    // One more brace closes the message itself.
    let (b"}", end) = (indexed.frame().get(end.checked_sub(1)?..end)?, end - 1) else { return None };
    let [sent, first, last, engine] = shape.integers(&[sent, first, last, (start, end)])?;
    let (ts_sent, ts_event) = (scale_time(sent)?, scale_time(engine)?);
    let ids = DeltaIds { first, last, prev: None, ts_sent };
    (first <= last).then_some(Read::Delta(DepthHead { symbol, ts_event, ids, checksum: None }))
}
