//! Copies of books from REST, of venues whose books begin in their stream: for audits alone. Update id 0 where the copy has none of the
//! stream's.

use crate::error::Code;
use crate::json::{self, BODY_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{level_rows, members, only, reject, text, time, unsigned};
use super::listing::member_of;
use super::{LevelText, Reject, Rows, SnapshotMessage};

members! {
    /// Of a book, in the words of these venues.
    BookMembers {
        bids_short = b"b", asks_short = b"a", bids = b"bids", asks = b"asks",
        symbol = b"s", instrument = b"instrument_name", update_id = b"u", ts = b"ts", engine_ts = b"cts", change_id = b"change_id", timestamp = b"timestamp",
    }
}

fn root(body: &[u8]) -> Result<Value, Reject> {
    json::check(body, BODY_BYTES_MAX)?;
    let root = Scanner::at(body, 0).root()?;
    if root.kind == Kind::Object { Ok(root) } else { reject(Code::FieldType, root.start) }
}

fn inside(body: &[u8], object: Value, name: &[u8], kind: Kind) -> Result<Value, Reject> {
    member_of(body, object.start, name, kind)?.ok_or(Reject { code: Code::FieldMissing, offset: object.start })
}

fn side(body: &[u8], value: Value) -> Result<LevelText<'_>, Reject> {
    level_rows(body, value, Rows::Texts)
}

/// A copy with the members `bids` and `asks`, and no number of the stream's.
fn unnumbered(body: &[u8], book: Value, rows: Rows) -> Result<SnapshotMessage<'_>, Reject> {
    let members = BookMembers::read(body, book.start)?;
    Ok(SnapshotMessage {
        symbol: None,
        last_update_id: 0,
        ts_event: None,
        bids: level_rows(body, members.bids.required(book.start)?, rows)?,
        asks: level_rows(body, members.asks.required(book.start)?, rows)?,
    })
}

/// `/v5/market/orderbook`: "`u` corresponds to the 1000-level stream" (document of 2026-07-24).
pub(super) fn bybit(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    let result = inside(body, root(body)?, b"result", Kind::Object)?;
    let members = BookMembers::read(body, result.start)?;
    let ts = members.engine_ts.or(members.ts).optional()?;
    Ok(SnapshotMessage {
        symbol: members.symbol.optional()?.map(|value| text(body, value)).transpose()?,
        last_update_id: unsigned(body, members.update_id.required(result.start)?)?,
        ts_event: ts.map(|value| time(body, value)).transpose()?,
        bids: side(body, members.bids_short.required(result.start)?)?,
        asks: side(body, members.asks_short.required(result.start)?)?,
    })
}

/// `/api/v5/market/books`, whose ids are announced and not relied upon: sources disagree whether they are there (reference of 2026-11-21).
pub(super) fn okx(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    unnumbered(body, only(body, inside(body, root(body)?, b"data", Kind::Array)?)?, Rows::Texts)
}

/// `public/get_order_book`, whose `change_id` is of the stream's numbering (reference of 2026, §4).
pub(super) fn deribit(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    let result = inside(body, root(body)?, b"result", Kind::Object)?;
    let members = BookMembers::read(body, result.start)?;
    Ok(SnapshotMessage {
        symbol: members.instrument.optional()?.map(|value| text(body, value)).transpose()?,
        last_update_id: unsigned(body, members.change_id.required(result.start)?)?,
        ts_event: members.timestamp.optional()?.map(|value| time(body, value)).transpose()?,
        ..unnumbered(body, result, Rows::Numbers)?
    })
}

/// `/0/public/Depth`: under the pair's name of old, which is not ours (reference of 2026-11-21, §5). Errors have no result.
pub(super) fn kraken(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    let result = inside(body, root(body)?, b"result", Kind::Object)?;
    let (mut book, mut count) = (result, 0);
    json::each_member(body, result.start, |_, value| {
        (book, count) = (value, count + 1);
        Ok(())
    })?;
    if count == 1 && book.kind == Kind::Object {
        unnumbered(body, book, Rows::Texts)
    } else {
        reject(Code::FieldType, result.start)
    }
}

/// `/derivatives/api/v3/orderbook` (fixture of 2025).
pub(super) fn kraken_futures(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    unnumbered(body, inside(body, root(body)?, b"orderBook", Kind::Object)?, Rows::Numbers)
}

/// `/api/v3/brokerage/market/product_book` (reference of 2026, §A). Its `product_id` may be that of the product whose book it shares.
pub(super) fn coinbase(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    unnumbered(body, inside(body, root(body)?, b"pricebook", Kind::Object)?, Rows::Sizes)
}
