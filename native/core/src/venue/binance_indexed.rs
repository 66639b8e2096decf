//! Binance depth deltas in the one spelling that the venue uses today, read by their quotes. Anything else, right or wrong, is
//! left to the scanner; what is accepted here gives the same message there.

use super::binance::{Dialect, is_other_book};
use super::binance_fields::scale_time;
use super::shape::Shape;
use super::{DeltaIds, DepthHead};
use crate::event::Level;
use crate::simd::Indexed;

/// A delta up to its levels.
pub(super) struct Opening<'a, 'i> {
    pub(super) head: DepthHead<'a>,
    shape: Shape<'a, 'i>,
    wrapped: bool,
}

/// Reads everything before the levels.
#[inline]
pub(super) fn open<'a, 'i>(dialect: Dialect, indexed: &'i Indexed<'a, 'i>) -> Option<Opening<'a, 'i>> {
    let mut shape = Shape::new(indexed);
    let wrapped = shape.literal(b"{\"stream\":\"").is_some();
    if wrapped {
        let stream = shape.text()?;
        shape.literal(b"\",\"data\":{\"e\":\"depthUpdate\",\"E\":")?;
        if is_other_book(stream) {
            return None;
        }
    } else {
        shape.literal(b"{\"e\":\"depthUpdate\",\"E\":")?;
    }
    let sent = shape.bare()?;
    let (engine, symbol, first, last, prev);
    match dialect {
        Dialect::Usdm => {
            shape.literal(b",\"T\":")?;
            engine = shape.bare()?;
            shape.literal(b",\"s\":\"")?;
            symbol = shape.text()?;
            shape.literal(b"\",\"U\":")?;
            first = shape.bare()?;
            shape.literal(b",\"u\":")?;
            last = shape.bare()?;
            shape.literal(b",\"pu\":")?;
            prev = shape.bare()?;
        }
        Dialect::Spot => {
            engine = sent;
            shape.literal(b",\"s\":\"")?;
            symbol = shape.text()?;
            shape.literal(b"\",\"U\":")?;
            first = shape.bare()?;
            shape.literal(b",\"u\":")?;
            last = shape.bare()?;
            prev = first;
        }
    }
    shape.literal(b",\"b\":")?;
    let [sent, engine, first, last, prev] = shape.integers(&[sent, engine, first, last, prev])?;
    let prev = (dialect == Dialect::Usdm).then_some(prev);
    if first > last || prev.is_some_and(|prev| prev > last) {
        return None;
    }
    let ids = DeltaIds { first, last, prev, ts_sent: scale_time(sent)? };
    Some(Opening { head: DepthHead { symbol, ts_event: scale_time(engine)?, ids }, shape, wrapped })
}

impl Opening<'_, '_> {
    /// Reads the levels, and makes sure that nothing else follows.
    #[inline]
    pub(super) fn levels(mut self, exponents: (i8, i8), bids: &mut Vec<Level>, asks: &mut Vec<Level>) -> Option<()> {
        self.shape.levels(exponents, bids)?;
        self.shape.literal(b",\"a\":")?;
        self.shape.levels(exponents, asks)?;
        self.shape.literal(b"}")?;
        if self.wrapped {
            self.shape.literal(b"}")?;
        }
        self.shape.is_at_end().then_some(())
    }
}
