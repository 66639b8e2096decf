//! Trades over REST of venues that give their newest ones, by no number: whoever misses some asks at once, and finds them among these.
//! Their ids are those of the stream, so what is not missed is left out.

use crate::error::Code;
use crate::json::{self, BODY_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{decimal_text, members, reject, time, unsigned};
use super::listing::member_of;
use super::{DecimalText, Numbering, Reject, TradeMessage, TradeRow, TradeRows};

members! {
    /// Of one trade of Backpack's.
    Members {
        id = b"id", price = b"price", qty = b"quantity", ts = b"timestamp", maker = b"isBuyerMaker",
    }
}

/// Most elements of a row that are looked at.
const ROW_MAX: usize = 7;

/// Backpack, `/api/v1/trades`: newest first (reference of 2026, §5). Times in ms, unlike those of the stream.
pub(super) fn backpack(body: &[u8]) -> Result<TradeRows<'_>, Reject> {
    let root = root(body)?;
    if root.kind != Kind::Array {
        return reject(Code::FieldType, root.start);
    }
    checked(TradeRows { frame: body, start: root.start, newest_first: true, read: TradeRow::Json(member_row) })
}

/// Kraken, `/0/public/Trades`: oldest first, under the pair's name of old, beside `last` (reference of 2026-11-21, §5).
pub(super) fn kraken(body: &[u8]) -> Result<TradeRows<'_>, Reject> {
    let root = root(body)?;
    let missing = Reject { code: Code::FieldMissing, offset: root.start };
    if root.kind != Kind::Object {
        return reject(Code::FieldType, root.start);
    }
    let result = member_of(body, root.start, b"result", Kind::Object)?.ok_or(missing)?;
    let mut rows = None;
    json::each_member(body, result.start, |_, value| {
        if value.kind == Kind::Array {
            rows = Some(value);
        }
        Ok(())
    })?;
    let rows = rows.ok_or(missing)?;
    checked(TradeRows { frame: body, start: rows.start, newest_first: false, read: TradeRow::Json(element_row) })
}

fn root(body: &[u8]) -> Result<Value, Reject> {
    json::check(body, BODY_BYTES_MAX)?;
    Scanner::at(body, 0).root()
}

fn checked(rows: TradeRows<'_>) -> Result<TradeRows<'_>, Reject> {
    rows.each(|_| Ok(()))?;
    Ok(rows)
}

fn member_row(body: &[u8], row: Value) -> Result<TradeMessage<'_>, Reject> {
    if row.kind != Kind::Object {
        return reject(Code::FieldType, row.start);
    }
    let members = Members::read(body, row.start)?;
    let maker = members.maker.required(row.start)?;
    let aggressor_sell = match maker.kind {
        Kind::True => true,
        Kind::False => false,
        _ => return reject(Code::FieldType, maker.start),
    };
    let price = decimal_text(body, members.price.required(row.start)?)?;
    let qty = decimal_text(body, members.qty.required(row.start)?)?;
    let (id, ts) = (unsigned(body, members.id.required(row.start)?)?, time(body, members.ts.required(row.start)?)?);
    Ok(message(id, ts, (price, qty), aggressor_sell))
}

/// `[price,quantity,seconds,"b"/"s",kind,"",id]`; the side is the taker's.
fn element_row(body: &[u8], row: Value) -> Result<TradeMessage<'_>, Reject> {
    if row.kind != Kind::Array {
        return reject(Code::FieldType, row.start);
    }
    let mut values: [Option<Value>; ROW_MAX] = [None; ROW_MAX];
    let mut count = 0;
    json::each_element(body, row.start, |value| {
        if let Some(slot) = values.get_mut(count) {
            *slot = Some(value);
        }
        count += 1;
        Ok(())
    })?;
    let [Some(price), Some(qty), Some(ts), Some(side), _, _, Some(id)] = values else {
        return reject(Code::FieldMissing, row.start);
    };
    let aggressor_sell = match (side.kind, side.of(body)) {
        (Kind::String, b"b") => false,
        (Kind::String, b"s") => true,
        _ => return reject(Code::FieldType, side.start),
    };
    let numbers = (decimal_text(body, price)?, decimal_text(body, qty)?);
    Ok(message(unsigned(body, id)?, seconds(body, ts)?, numbers, aggressor_sell))
}

fn message<'a>(
    trade_id: u64,
    ts_event: u64,
    (price, qty): (DecimalText<'a>, DecimalText<'a>),
    aggressor_sell: bool,
) -> TradeMessage<'a> {
    let numbering = Numbering::Contiguous;
    TradeMessage {
        symbol: b"",
        ts_event,
        trade_id,
        numbering,
        price,
        qty,
        aggressor_sell,
        aggregated: false,
        off_market: false,
    }
}

/// A time in s with up to nine decimals, a JSON number, in ns.
fn seconds(body: &[u8], value: Value) -> Result<u64, Reject> {
    if value.kind != Kind::Number {
        return reject(Code::FieldType, value.start);
    }
    let wrong = |code| Reject { code, offset: value.start };
    let number = crate::decimal::parse_number(value.of(body)).map_err(wrong)?;
    let ns = crate::decimal::rescale(number.mantissa, number.exponent(), -9).and_then(|ns| u64::try_from(ns).ok());
    ns.ok_or(wrong(Code::NumberRange))
}
