//! Copies of books from REST, of venues whose books begin in their stream: for audits alone. Update id 0 where the copy has none of the
//! stream's.

use crate::error::Code;
use crate::json::{self, BODY_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{members, only, reject, time, unsigned};
use super::listing::member_of;
use super::{LevelText, Reject, Rows, SnapshotMessage};

members! {
    /// Of a book, in the words of these venues.
    BookMembers {
        bids_short = b"b", asks_short = b"a", bids = b"bids", asks = b"asks",
        update_id = b"u", ts = b"ts", engine_ts = b"cts",
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
    super::fields::level_rows(body, value, Rows::Texts)
}

/// `/v5/market/orderbook`: "`u` corresponds to the 1000-level stream" (document of 2026-07-24).
pub(super) fn bybit(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    let result = inside(body, root(body)?, b"result", Kind::Object)?;
    let members = BookMembers::read(body, result.start)?;
    let ts = members.engine_ts.or(members.ts).optional()?;
    Ok(SnapshotMessage {
        last_update_id: unsigned(body, members.update_id.required(result.start)?)?,
        ts_event: ts.map(|value| time(body, value)).transpose()?,
        bids: side(body, members.bids_short.required(result.start)?)?,
        asks: side(body, members.asks_short.required(result.start)?)?,
    })
}

/// `/api/v5/market/books`, whose ids are announced and not relied upon: sources disagree whether they are there (reference of 2026-11-21).
pub(super) fn okx(body: &[u8]) -> Result<SnapshotMessage<'_>, Reject> {
    let book = only(body, inside(body, root(body)?, b"data", Kind::Array)?)?;
    let members = BookMembers::read(body, book.start)?;
    Ok(SnapshotMessage {
        last_update_id: 0,
        ts_event: None,
        bids: side(body, members.bids.required(book.start)?)?,
        asks: side(body, members.asks.required(book.start)?)?,
    })
}
