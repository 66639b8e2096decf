//! Binance spot's binary streams. Source: `sbe-market-data-streams.md` and `sbe/schemas/stream_1_0.xml` of the venue's documents, read
//! 2026-07-21; §7 of the reference drawn from them. Everything is little-endian.
//!
//! ```text
//! 0  u16 root block length │ 2  u16 template │ 4  u16 schema │ 6  u16 version │ 8  root block │ groups │ u8 length, symbol
//! ```
//!
//! Fields are only ever appended: a root block or a row of a group may be longer than what is read here, and a version above ours may put
//! more behind the symbol. A shorter one lacks what we need. Another schema, or another template, is another message.

use crate::error::Code;
use crate::json::FRAME_BYTES_MAX;

use super::fields::reject;
use super::{
    DecimalText, DeltaIds, DepthHead, DepthMessage, LevelText, Message, Numbering, QuoteMessage, Reject, Rows, Spelled,
    TradeMessage, TradeRow, TradeRows,
};

/// The schema that is read here, and its version when that was written.
const SCHEMA: u16 = 1;
const VERSION: u16 = 0;

/// Root block length, template, schema and version, two bytes each.
const HEADER_BYTES: usize = 8;

/// Bytes that are read of a trade and of a level.
const TRADE_BYTES: u16 = 25;
const LEVEL_BYTES: u16 = 16;

/// Whether a frame is a binary message: no block of 256 bytes is known, so that one of the high bytes of its header is 0, which JSON cannot
/// hold. So the frame itself says what it is, live and in every recording.
pub(super) fn is_sbe(frame: &[u8]) -> bool {
    frame.first_chunk().is_some_and(|[_, block, _, _, _, schema, _, version]| [block, schema, version].contains(&&0))
}

/// Reads one binary frame.
pub(super) fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    if frame.len() > FRAME_BYTES_MAX {
        return reject(Code::FrameTooLarge, FRAME_BYTES_MAX);
    }
    let mut header = Fields { frame, at: 0, lack: Code::FrameNotJson };
    let [block, template, schema, version] = [header.u16()?, header.u16()?, header.u16()?, header.u16()?];
    if schema != SCHEMA {
        return reject(Code::UnknownEvent, 4);
    }
    let behind = HEADER_BYTES + usize::from(block);
    if behind > frame.len() {
        return reject(Code::FrameNotJson, frame.len());
    }
    let root = Fields { frame: &frame[..behind], at: HEADER_BYTES, lack: Code::FieldMissing };
    let body = Body { root, rest: Fields { frame, at: behind, lack: Code::FrameNotJson }, version };
    match template {
        10_000 => trades(body),
        10_001 => quote(body),
        10_002 => top(body),
        10_003 => delta(body),
        _ => reject(Code::UnknownEvent, 2),
    }
}

/// A message behind its header.
struct Body<'a> {
    root: Fields<'a>,
    rest: Fields<'a>,
    version: u16,
}

impl<'a> Body<'a> {
    /// The rest of the message is the symbol, and what a version that we do not know may put behind it.
    fn symbol(&mut self) -> Result<&'a [u8], Reject> {
        let length = usize::from(self.rest.take::<1>()?[0]);
        let symbol = self.rest.bytes(length)?;
        // Others would be taken for escapes where symbols are looked up.
        if let Some(at) = symbol.iter().position(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')) {
            return reject(Code::FieldType, self.rest.at - length + at);
        }
        if let Err(error) = std::str::from_utf8(symbol) {
            return reject(Code::FrameNotUtf8, self.rest.at - length + error.valid_up_to());
        }
        if self.version == VERSION && self.rest.at < self.rest.frame.len() {
            return reject(Code::FrameNotJson, self.rest.at);
        }
        Ok(symbol)
    }

    /// The rows of one side of a book.
    fn side(&mut self, (price_exponent, qty_exponent): (i8, i8)) -> Result<LevelText<'a>, Reject> {
        let size = self.rest.row_size(LEVEL_BYTES)?;
        let count = self.rest.u16()?;
        let offset = self.rest.at;
        let bytes = self.rest.bytes(usize::from(size) * usize::from(count))?;
        Ok(LevelText { bytes, offset, rows: Rows::Mantissas { price_exponent, qty_exponent, size } })
    }
}

fn trades(mut body: Body<'_>) -> Result<Message<'_>, Reject> {
    // When it was sent.
    body.root.time()?;
    let ts_event = body.root.time()?;
    let exponents = body.root.exponents()?;
    let size = body.rest.row_size(TRADE_BYTES)?;
    let count = body.rest.u32()?;
    let start = body.rest.at;
    let length = u64::from(size) * u64::from(count);
    body.rest.bytes(usize::try_from(length).unwrap_or(usize::MAX))?;
    let frame = body.rest.frame;
    let group = TradeGroup { symbol: body.symbol()?, ts_event, exponents, size, count };
    let rows = TradeRows { frame, start, newest_first: false, read: TradeRow::Group(group) };
    rows.each(|_| Ok(()))?;
    Ok(Message::Trades(rows))
}

fn quote(mut body: Body<'_>) -> Result<Message<'_>, Reject> {
    let root = &mut body.root;
    let ts_event = Some(root.time()?);
    let update_id = root.id()?;
    let exponents = root.exponents()?;
    let (bid_price, bid_qty) = (root.number(exponents.0)?, root.number(exponents.1)?);
    let (ask_price, ask_qty) = (root.number(exponents.0)?, root.number(exponents.1)?);
    let symbol = body.symbol()?;
    Ok(Message::Quote(QuoteMessage { symbol, ts_event, update_id, is_time: false, bid_price, bid_qty, ask_price, ask_qty }))
}

/// The best 20 levels, which the deltas tell as well.
fn top(mut body: Body<'_>) -> Result<Message<'_>, Reject> {
    body.root.time()?;
    body.root.id()?;
    let exponents = body.root.exponents()?;
    body.side(exponents)?;
    body.side(exponents)?;
    body.symbol()?;
    Ok(Message::Ignored)
}

fn delta(mut body: Body<'_>) -> Result<Message<'_>, Reject> {
    let ts_sent = body.root.time()?;
    let (first, at, last) = (body.root.id()?, body.root.at, body.root.id()?);
    let exponents = body.root.exponents()?;
    if first > last {
        return reject(Code::UpdateIdOrder, at);
    }
    let (bids, asks) = (body.side(exponents)?, body.side(exponents)?);
    let ids = DeltaIds { first, last, prev: None, ts_sent };
    let head = DepthHead { symbol: body.symbol()?, ts_event: ts_sent, ids, checksum: None };
    Ok(Message::Depth(DepthMessage { head, bids, asks }))
}

/// The trades of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct TradeGroup<'a> {
    symbol: &'a [u8],
    ts_event: u64,
    exponents: (i8, i8),
    size: u16,
    count: u32,
}

impl<'a> TradeGroup<'a> {
    /// Walks the rows, which begin at `start`.
    pub(super) fn each(
        &self,
        frame: &'a [u8],
        start: usize,
        mut each: impl FnMut(TradeMessage<'a>) -> Result<(), Reject>,
    ) -> Result<(), Reject> {
        let mut at = start;
        for _ in 0..self.count {
            each(self.trade(&mut Fields { frame, at, lack: Code::FrameNotJson })?)?;
            at += usize::from(self.size);
        }
        Ok(())
    }

    fn trade(&self, row: &mut Fields<'a>) -> Result<TradeMessage<'a>, Reject> {
        let trade_id = row.id()?;
        let (price, qty) = (row.number(self.exponents.0)?, row.number(self.exponents.1)?);
        let aggressor_sell = match row.take::<1>()? {
            [0] => false,
            [1] => true,
            _ => return reject(Code::FieldType, row.at - 1),
        };
        Ok(TradeMessage {
            symbol: self.symbol,
            ts_event: self.ts_event,
            trade_id,
            numbering: Numbering::Contiguous,
            price,
            qty,
            aggressor_sell,
            aggregated: false,
            off_market: false,
        })
    }
}

/// Fields one behind the other.
struct Fields<'a> {
    frame: &'a [u8],
    at: usize,
    /// Why reading beyond the end is refused: a root block lacks a field, a frame its end.
    lack: Code,
}

impl<'a> Fields<'a> {
    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Reject> {
        let rest = self.frame.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.get(..length) else { return reject(self.lack, self.frame.len()) };
        self.at += length;
        Ok(bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], Reject> {
        let lacking = Reject { code: self.lack, offset: self.frame.len() };
        self.bytes(N)?.first_chunk().ok_or(lacking)
    }

    fn u16(&mut self) -> Result<u16, Reject> {
        self.take().copied().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Reject> {
        self.take().copied().map(u32::from_le_bytes)
    }

    /// A whole number that is not negative; the schema's "null" is.
    fn id(&mut self) -> Result<u64, Reject> {
        let number = self.take().copied().map(i64::from_le_bytes)?;
        u64::try_from(number).map_err(|_| Reject { code: Code::NumberNegative, offset: self.at - 8 })
    }

    /// µs to ns.
    fn time(&mut self) -> Result<u64, Reject> {
        self.id()?.checked_mul(1_000).ok_or(Reject { code: Code::NumberRange, offset: self.at - 8 })
    }

    /// Of prices and of quantities.
    fn exponents(&mut self) -> Result<(i8, i8), Reject> {
        let [price, qty] = *self.take()?;
        Ok((i8::from_le_bytes([price]), i8::from_le_bytes([qty])))
    }

    fn number(&mut self, exponent: i8) -> Result<DecimalText<'a>, Reject> {
        let offset = self.at;
        Ok(DecimalText { bytes: self.bytes(8)?, offset, spelled: Spelled::Mantissa(exponent) })
    }

    /// Bytes of each row of the group that begins here.
    fn row_size(&mut self, least: u16) -> Result<u16, Reject> {
        let size = self.u16()?;
        if size < least { reject(Code::FieldMissing, self.at - 2) } else { Ok(size) }
    }
}
