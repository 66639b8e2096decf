//! Binance frames read by their quotes: depth deltas in the one spelling that the venue uses today, then its messages in any
//! order of members, unknown ones included. Anything else, right or wrong, is left to the scanner; what is accepted here gives
//! the same message there.

use super::binance::{Dialect, depth_head, is_other_book, message};
use super::binance_fields::Members;
use super::fields::{Member, scale_time};
use super::shape::Shape;
use super::{DeltaIds, DepthHead, Message, Read, Sides};
use crate::json::Kind;
use crate::simd::Indexed;

/// A delta up to its levels.
pub(super) struct Opening<'a, 'i> {
    pub(super) head: DepthHead<'a>,
    pub(super) shape: Shape<'a, 'i>,
    pub(super) wrapped: bool,
}

/// The numbers of a head: when it was sent and made, first id, last id and the one before. What a dialect lacks repeats another.
pub(super) struct Numbers {
    /// Where each stands, `start..end`.
    pub(super) spans: [(usize, usize); 5],
    pub(super) values: [u64; 5],
}

/// Reads everything before the levels.
#[inline]
pub(super) fn open<'a, 'i>(dialect: Dialect, indexed: &'i Indexed<'a, 'i>) -> Option<(Opening<'a, 'i>, Numbers)> {
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
            // COIN-M names the pair.
            if shape.literal(b"\",\"ps\":\"").is_some() {
                shape.text()?;
            }
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
    let spans = [sent, engine, first, last, prev];
    let values = shape.integers(&spans)?;
    Some((Opening { head: depth_head_of(dialect, symbol, values)?, shape, wrapped }, Numbers { spans, values }))
}

/// The head that these numbers make, in the order of [`Numbers`].
#[inline]
pub(super) fn depth_head_of(dialect: Dialect, symbol: &[u8], numbers: [u64; 5]) -> Option<DepthHead<'_>> {
    let [sent, engine, first, last, prev] = numbers;
    let prev = (dialect == Dialect::Usdm).then_some(prev);
    if first > last || prev.is_some_and(|prev| prev > last) {
        return None;
    }
    let ids = DeltaIds { first, last, prev, ts_sent: scale_time(sent)? };
    Some(DepthHead { symbol, ts_event: scale_time(engine)?, ids, checksum: None })
}

impl Opening<'_, '_> {
    /// Reads the levels, and makes sure that nothing else follows.
    #[inline]
    pub(super) fn levels(mut self, exponents: (i8, i8), sides: &mut Sides<'_>) -> Option<()> {
        self.shape.levels(exponents, sides.bids)?;
        self.shape.literal(b",\"a\":")?;
        self.shape.levels(exponents, sides.asks)?;
        self.shape.literal(b"}")?;
        if self.wrapped {
            self.shape.literal(b"}")?;
        }
        self.shape.is_at_end().then_some(())
    }
}

/// Reads a message whose members may stand in any order.
pub(super) fn read<'a>(
    dialect: Dialect,
    indexed: &Indexed<'a, '_>,
    exponents: impl Fn(&'a [u8]) -> Option<(i8, i8)>,
    sides: &mut Sides<'_>,
) -> Option<Read<'a>> {
    let frame = indexed.frame();
    let mut shape = Shape::new(indexed);
    let wrapped = shape.literal(b"{\"stream\":\"").is_some();
    let mut is_other = false;
    if wrapped {
        is_other = is_other_book(shape.text()?);
        shape.literal(b"\",\"data\":")?;
    }
    let at = shape.at();
    let mut members = Members::default();
    shape.members(|key, value, shape| {
        if value.kind == Kind::Array {
            let symbol = members.symbol.optional().ok()??.of(frame);
            let side = match key {
                b"b" => &mut *sides.bids,
                b"a" => &mut *sides.asks,
                _ => return None,
            };
            shape.levels(exponents(symbol)?, side)?;
        }
        if let Some(member) = members.slot(key) {
            member.add(value);
        }
        Some(())
    })?;
    if wrapped {
        shape.literal(b"}")?;
    }
    if !shape.is_at_end() || members.stream.is_present() || members.data.is_present() {
        return None;
    }
    let is_delta = |member: Member| Some(member.optional().ok()??.kind == Kind::Array);
    match members.event.optional().ok()? {
        Some(event) if event.of(frame) == b"depthUpdate" => {
            if is_other || !is_delta(members.bids)? || !is_delta(members.asks)? {
                return None;
            }
            Some(Read::Delta(depth_head(dialect, frame, at, &members).ok()?))
        }
        _ => match message(dialect, frame, at, &members).ok()? {
            Message::Depth(_) => None,
            message => Some(Read::Other(message)),
        },
    }
}
