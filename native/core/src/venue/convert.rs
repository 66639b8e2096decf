//! Decimal text of a message to mantissas, in every spelling of [`Rows`].

use crate::book::Side;
use crate::decimal::{self, Decimal, Unfit};
use crate::error::Code;
use crate::event::{Level, Quote};
use crate::json::{self, Kind, Value};

use super::fields::{NAME_BYTES_MAX, decimal_number, decimal_text, members, name};
use super::{Convert, DecimalText, LevelText, QuoteMessage, Reject, Rows, Spelled};

/// Most price levels on one side of a message.
pub const LEVELS_MAX: usize = 1_000_000;

/// Longest number whose escapes are resolved, in bytes; far more than 18 decimals need.
const NUMBER_BYTES_MAX: usize = 64;

/// Exponents of a message: those of the instrument, made finer by what the message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exponents {
    price: i8,
    qty: i8,
}

impl From<Reject> for Convert {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

/// Converts levels to mantissas, appending to `out` (cleared first, never shrunk).
///
/// # Errors
///
/// [`Convert::Finer`] when a value needs more decimals than the exponents give: widen the instrument and call again.
/// [`Convert::Reject`] when a value is no usable number.
pub fn convert_levels(text: LevelText<'_>, price_exponent: i8, qty_exponent: i8, out: &mut Vec<Level>) -> Result<(), Convert> {
    let converted = complete(Exponents { price: price_exponent, qty: qty_exponent }, |at| levels(text, at, out));
    if converted.is_err() {
        out.clear();
    }
    converted
}

/// Converts a quote's four numbers.
///
/// # Errors
///
/// As [`convert_levels`].
pub fn convert_quote(message: &QuoteMessage<'_>, price_exponent: i8, qty_exponent: i8) -> Result<Quote, Convert> {
    complete(Exponents { price: price_exponent, qty: qty_exponent }, |at| {
        let bid = touch(message.bid_price, message.bid_qty, at)?;
        let ask = touch(message.ask_price, message.ask_qty, at)?;
        Ok(Quote { bid_price: bid.price, bid_qty: bid.qty, ask_price: ask.price, ask_qty: ask.qty })
    })
}

/// Converts a price that must be above zero and a quantity that must not be negative.
///
/// # Errors
///
/// As [`convert_levels`].
pub fn convert_pair(
    price: DecimalText<'_>,
    qty: DecimalText<'_>,
    price_exponent: i8,
    qty_exponent: i8,
) -> Result<Level, Convert> {
    complete(Exponents { price: price_exponent, qty: qty_exponent }, |at| pair(price, qty, at))
}

/// Converts, and again if a value was finer than those before it: at the finer exponents the earlier ones may not fit 64 bits,
/// and then the message is unusable and nothing must be widened for it. So one widening is enough, or none happens.
fn complete<T>(given: Exponents, mut convert: impl FnMut(&mut Exponents) -> Result<T, Reject>) -> Result<T, Convert> {
    let mut needed = given;
    let value = convert(&mut needed)?;
    if needed == given {
        return Ok(value);
    }
    convert(&mut needed)?;
    Err(Convert::Finer { price_exponent: needed.price, qty_exponent: needed.qty })
}

fn levels(text: LevelText<'_>, exponents: &mut Exponents, out: &mut Vec<Level>) -> Result<(), Reject> {
    out.clear();
    if let Rows::Mantissas { price_exponent, qty_exponent, size } = text.rows {
        return mantissas(text, (price_exponent, qty_exponent), usize::from(size), exponents, out);
    }
    let placed = |reject: Reject| Reject { offset: reject.offset + text.offset, ..reject };
    if text.rows == Rows::Own {
        let message = Value { kind: Kind::Object, start: 0, end: text.bytes.len() };
        let (price, qty) = level_members(text.bytes, message).map_err(placed)?;
        out.push(pair(price, qty, exponents).map_err(placed)?);
        return Ok(());
    }
    let walked = json::each_element(text.bytes, 0, |row| {
        if out.len() == LEVELS_MAX {
            return Err(Reject { code: Code::LevelsTooMany, offset: row.start });
        }
        match text.rows {
            Rows::Texts => out.push(level(text.bytes, row, exponents)?),
            Rows::Members => {
                let (price, qty) = level_members(text.bytes, row)?;
                out.push(pair(price, qty, exponents)?);
            }
            Rows::Numbers => out.push(numbers(text.bytes, row, exponents)?),
            Rows::Sizes => out.push(sizes(text.bytes, row, exponents)?),
            Rows::Actions => out.push(action(text.bytes, row, exponents)?),
            Rows::Updates(side) => out.extend(update(text.bytes, row, side, exponents)?),
            Rows::Own | Rows::Mantissas { .. } => unreachable!("read above"),
        }
        Ok(())
    });
    walked.map(|_| ()).map_err(placed)
}

/// Rows of mantissas. Most of them fit the exponents in force by one multiplication or one exact division; the others are read as any
/// decimal is.
fn mantissas(
    text: LevelText<'_>,
    own: (i8, i8),
    size: usize,
    exponents: &mut Exponents,
    out: &mut Vec<Level>,
) -> Result<(), Reject> {
    let (by_price, by_qty) = (Shift::between(own.0, exponents.price), Shift::between(own.1, exponents.qty));
    if text.bytes.len() / size.max(MANTISSAS_BYTES) > LEVELS_MAX {
        return Err(Reject { code: Code::LevelsTooMany, offset: text.offset });
    }
    for (index, row) in text.bytes.chunks_exact(size.max(MANTISSAS_BYTES)).enumerate() {
        let Some((&price, rest)) = row.split_first_chunk() else { break };
        let Some((&qty, _)) = rest.split_first_chunk() else { break };
        let (price, qty) = (i64::from_le_bytes(price), i64::from_le_bytes(qty));
        out.push(match (by_price.apply(price), by_qty.apply(qty)) {
            (Some(price), Some(qty)) if price > 0 && qty >= 0 => Level { price, qty },
            _ => {
                let at = text.offset + index * size;
                let read = |mantissa, exponent, offset| {
                    let number = positive(mantissa, exponent).map_err(|code| Reject { code, offset })?;
                    Ok((number, offset))
                };
                fit_pair(read(price, own.0, at)?, read(qty, own.1, at + 8)?, exponents)?
            }
        });
    }
    Ok(())
}

/// Bytes of a price and a quantity.
const MANTISSAS_BYTES: usize = 16;

/// From one exponent to another.
#[derive(Clone, Copy)]
enum Shift {
    Up(i64),
    Down(i64),
    /// Further than 64 bits reach.
    Far,
}

impl Shift {
    fn between(from: i8, to: i8) -> Self {
        let power = u32::from(from.abs_diff(to));
        match 10_i64.checked_pow(power) {
            None => Self::Far,
            Some(factor) if from >= to => Self::Up(factor),
            Some(factor) => Self::Down(factor),
        }
    }

    /// `None` where the value is not exact there, does not fit, or is to be looked at closely.
    const fn apply(self, mantissa: i64) -> Option<i64> {
        match self {
            Self::Up(factor) => mantissa.checked_mul(factor),
            Self::Down(factor) => {
                let quotient = mantissa / factor;
                if quotient * factor == mantissa { Some(quotient) } else { None }
            }
            Self::Far => None,
        }
    }
}

/// A mantissa of eight bytes that is not negative.
fn scaled(bytes: &[u8], exponent: i8) -> Result<Decimal, Code> {
    let Some((&mantissa, [])) = bytes.split_first_chunk() else { return Err(Code::NumberSyntax) };
    positive(i64::from_le_bytes(mantissa), exponent)
}

fn positive(mantissa: i64, exponent: i8) -> Result<Decimal, Code> {
    if mantissa < 0 {
        return Err(Code::NumberNegative);
    }
    Decimal::scaled(mantissa, exponent)
}

/// One `["price","quantity"]`; further elements are allowed (old spot snapshots carried an empty array).
fn level(bytes: &[u8], row: Value, exponents: &mut Exponents) -> Result<Level, Reject> {
    if row.kind != Kind::Array {
        return Err(Reject { code: Code::FieldType, offset: row.start });
    }
    let mut texts: [Option<DecimalText<'_>>; 2] = [None; 2];
    let mut count = 0;
    json::each_element(bytes, row.start, |value| {
        if let Some(slot) = texts.get_mut(count) {
            if value.kind != Kind::String {
                return Err(Reject { code: Code::FieldType, offset: value.start });
            }
            *slot = Some(DecimalText { bytes: value.of(bytes), offset: value.start, spelled: Spelled::Text });
        }
        count += 1;
        Ok(())
    })?;
    match texts {
        [Some(price), Some(qty)] => pair(price, qty, exponents),
        _ => Err(Reject { code: Code::FieldMissing, offset: row.start }),
    }
}

/// One `[price,quantity]`.
fn numbers(bytes: &[u8], row: Value, exponents: &mut Exponents) -> Result<Level, Reject> {
    if row.kind != Kind::Array {
        return Err(Reject { code: Code::FieldType, offset: row.start });
    }
    let mut values: [Option<Value>; 2] = [None; 2];
    let mut count = 0;
    json::each_element(bytes, row.start, |value| {
        if let Some(slot) = values.get_mut(count) {
            *slot = Some(value);
        }
        count += 1;
        Ok(())
    })?;
    let [Some(price), Some(qty)] = values else {
        return Err(Reject { code: Code::FieldMissing, offset: row.start });
    };
    pair(decimal_number(bytes, price)?, decimal_number(bytes, qty)?, exponents)
}

/// One `["new",price,quantity]`. The quantity is absolute, and none is left of a level that is deleted.
fn action(bytes: &[u8], row: Value, exponents: &mut Exponents) -> Result<Level, Reject> {
    if row.kind != Kind::Array {
        return Err(Reject { code: Code::FieldType, offset: row.start });
    }
    let mut values: [Option<Value>; 3] = [None; 3];
    let mut count = 0;
    json::each_element(bytes, row.start, |value| {
        if let Some(slot) = values.get_mut(count) {
            *slot = Some(value);
        }
        count += 1;
        Ok(())
    })?;
    let [Some(action), Some(price), Some(qty)] = values else {
        return Err(Reject { code: Code::FieldMissing, offset: row.start });
    };
    let (price, qty) = (decimal_number(bytes, price)?, decimal_number(bytes, qty)?);
    match name(bytes, action, &mut [0; NAME_BYTES_MAX])? {
        b"new" | b"change" => pair(price, qty, exponents),
        b"delete" => Ok(Level { qty: 0, ..pair(price, qty, exponents)? }),
        _ => Err(Reject { code: Code::UnknownEvent, offset: action.start }),
    }
}

members! {
    /// Of one level among those of both sides.
    UpdateMembers { side = b"side", price = b"price_level", qty = b"new_quantity", }
}

/// One row of both sides, if it is of this one.
fn update(bytes: &[u8], row: Value, of: Side, exponents: &mut Exponents) -> Result<Option<Level>, Reject> {
    if row.kind != Kind::Object {
        return Err(Reject { code: Code::FieldType, offset: row.start });
    }
    let members = UpdateMembers::read(bytes, row.start)?;
    let value = members.side.required(row.start)?;
    let side = match name(bytes, value, &mut [0; NAME_BYTES_MAX])? {
        b"bid" => Side::Bid,
        b"offer" => Side::Ask,
        _ => return Err(Reject { code: Code::FieldType, offset: value.start }),
    };
    if side != of {
        return Ok(None);
    }
    let (price, qty) = (members.price.required(row.start)?, members.qty.required(row.start)?);
    pair(decimal_text(bytes, price)?, decimal_text(bytes, qty)?, exponents).map(Some)
}

members! {
    /// Of one level with names.
    LevelMembers { price = b"price", qty = b"qty", }
}

members! {
    /// Of one level of a copy whose numbers are texts.
    SizeMembers { price = b"price", qty = b"size", }
}

/// One `{"price":"price","size":"quantity"}`.
fn sizes(bytes: &[u8], row: Value, exponents: &mut Exponents) -> Result<Level, Reject> {
    if row.kind != Kind::Object {
        return Err(Reject { code: Code::FieldType, offset: row.start });
    }
    let members = SizeMembers::read(bytes, row.start)?;
    let (price, qty) = (members.price.required(row.start)?, members.qty.required(row.start)?);
    pair(decimal_text(bytes, price)?, decimal_text(bytes, qty)?, exponents)
}

/// Price and quantity of one `{"price":price,"qty":quantity}`.
pub(super) fn level_members(bytes: &[u8], row: Value) -> Result<(DecimalText<'_>, DecimalText<'_>), Reject> {
    if row.kind != Kind::Object {
        return Err(Reject { code: Code::FieldType, offset: row.start });
    }
    let members = LevelMembers::read(bytes, row.start)?;
    let (price, qty) = (members.price.required(row.start)?, members.qty.required(row.start)?);
    Ok((decimal_number(bytes, price)?, decimal_number(bytes, qty)?))
}

/// A price above zero and a quantity.
fn pair(price: DecimalText<'_>, qty: DecimalText<'_>, exponents: &mut Exponents) -> Result<Level, Reject> {
    fit_pair((read(price)?, price.offset), (read(qty)?, qty.offset), exponents)
}

/// One side of a quote: as [`pair`], or empty, which the venue writes as price 0, quantity 0.
fn touch(price: DecimalText<'_>, qty: DecimalText<'_>, exponents: &mut Exponents) -> Result<Level, Reject> {
    let (price_number, qty_number) = (read(price)?, read(qty)?);
    if price_number.mantissa == 0 && qty_number.mantissa == 0 {
        return Ok(Level::default());
    }
    fit_pair((price_number, price.offset), (qty_number, qty.offset), exponents)
}

fn fit_pair(price: (Decimal, usize), qty: (Decimal, usize), exponents: &mut Exponents) -> Result<Level, Reject> {
    if price.0.mantissa == 0 {
        return Err(Reject { code: Code::NumberNegative, offset: price.1 });
    }
    let price = fit(price.0, price.1, &mut exponents.price)?;
    Ok(Level { price, qty: fit(qty.0, qty.1, &mut exponents.qty)? })
}

/// A number that is not negative. Minus zero counts as negative too: no venue means anything by it.
fn read(text: DecimalText<'_>) -> Result<Decimal, Reject> {
    let at = |code| Reject { code, offset: text.offset };
    let mut buffer = [0; NUMBER_BYTES_MAX];
    let parse = match text.spelled {
        Spelled::Text => decimal::parse,
        Spelled::Number => decimal::parse_number,
        Spelled::Mantissa(exponent) => return scaled(text.bytes, exponent).map_err(at),
    };
    let digits = json::unescape(text.bytes, &mut buffer).ok_or(at(Code::NumberSyntax))?;
    match parse(digits) {
        Err(Code::NumberSyntax) => Err(at(Code::NumberSyntax)),
        _ if digits.first() == Some(&b'-') => Err(at(Code::NumberNegative)),
        parsed => parsed.map_err(at),
    }
}

/// The mantissa at an exponent, which is made finer if the number needs it.
fn fit(number: Decimal, offset: usize, exponent: &mut i8) -> Result<i64, Reject> {
    match number.at(*exponent) {
        Ok(mantissa) => Ok(mantissa),
        Err(Unfit::Finer(finer)) => {
            *exponent = finer;
            Ok(number.mantissa)
        }
        Err(Unfit::Range) => Err(Reject { code: Code::NumberRange, offset }),
    }
}
