//! Trades over REST: `aggTrades`, and `historicalTrades` where single trades are followed (spot REST page, read 2026-07-21; USDT-M
//! pages, read 2026-05-28). Rows rise by id and name no symbol.

use crate::error::Code;
use crate::json::{self, BODY_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{Member, decimal_text, members, reject, time, unsigned};
use super::{Numbering, Reject, TradeMessage, TradeRow, TradeRows};

members! {
    /// Of both kinds of rows.
    Members {
        aggregate_id = b"a", short_price = b"p", short_qty = b"q", short_time = b"T", short_maker = b"m",
        id = b"id", price = b"price", qty = b"qty", time = b"time", maker = b"isBuyerMaker",
    }
}

/// Reads the body of either answer.
pub(super) fn parse_trades(body: &[u8]) -> Result<TradeRows<'_>, Reject> {
    json::check(body, BODY_BYTES_MAX)?;
    let root = Scanner::at(body, 0).root()?;
    if root.kind != Kind::Array {
        return reject(Code::FieldType, root.start);
    }
    let rows = TradeRows { frame: body, start: root.start, newest_first: false, read: TradeRow::Json(row) };
    rows.each(|_| Ok(()))?;
    Ok(rows)
}

fn row(body: &[u8], value: Value) -> Result<TradeMessage<'_>, Reject> {
    if value.kind != Kind::Object {
        return reject(Code::FieldType, value.start);
    }
    let members = Members::read(body, value.start)?;
    let aggregated = members.aggregate_id.is_present();
    let member = |short: Member, long: Member| (if aggregated { short } else { long }).required(value.start);
    let maker = member(members.short_maker, members.maker)?;
    let aggressor_sell = match maker.kind {
        Kind::True => true,
        Kind::False => false,
        _ => return reject(Code::FieldType, maker.start),
    };
    Ok(TradeMessage {
        symbol: b"",
        ts_event: time(body, member(members.short_time, members.time)?)?,
        trade_id: unsigned(body, member(members.aggregate_id, members.id)?)?,
        numbering: Numbering::Contiguous,
        price: decimal_text(body, member(members.short_price, members.price)?)?,
        qty: decimal_text(body, member(members.short_qty, members.qty)?)?,
        aggressor_sell,
        aggregated,
        off_market: false,
    })
}
