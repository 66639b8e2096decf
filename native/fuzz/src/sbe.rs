//! Binance spot's binary messages: made ones with some bytes changed, and any bytes, read a second time by look-ups of single fields.

use arbitrary::{Result, Unstructured};
use tickring_core::venue::{DeltaIds, Message, VenueId};

use crate::oracle::{Answer, Refused, Said, fit, fit_touches};
use crate::parse_support::plain;
use crate::sbe_support::{Print, Row, Sbe};
use crate::{frame, paths};

const SPOT: VenueId = VenueId::BinanceSpot;

/// Whether a frame of spot is binary: one of the high bytes of its header is 0, which JSON cannot hold.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && [1, 5, 7].iter().any(|at| bytes[*at] == 0)
}

/// A message made from the bytes, perhaps of a later schema, perhaps cut or with a few bytes changed.
pub fn fuzz(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let mut step = || -> Result<()> {
        let mut made = message(&mut u)?;
        for _ in 0..u.int_in_range(0..=3_u8)? {
            let at = u.choose_index(made.len())?;
            made[at] = if u.ratio(1, 2)? { made[at].wrapping_add(u.int_in_range(1..=2)?) } else { u.arbitrary()? };
        }
        if u.ratio(1, 8)? {
            made.truncate(u.choose_index(made.len())?);
        }
        frame::raw(&made);
        Ok(())
    };
    for _ in 0..32 {
        if step().is_err() {
            break;
        }
    }
}

fn message(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let more = |u: &mut Unstructured<'_>| if u.ratio(1, 8)? { u.int_in_range(1..=20) } else { Ok(0) };
    let version = u16::from(u.ratio(1, 8)?);
    let tail = if version == 0 { 0 } else { more(u)? };
    let form = Sbe { version, root_more: more(u)?, row_more: more(u)?, tail };
    let number = |u: &mut Unstructured<'_>| -> Result<i64> {
        let most = *u.choose(&[9, 99_999, 10_000_000_000, 99_999_999_999_999, i64::MAX])?;
        let zeros = 10_i64.pow(u.int_in_range(0..=8)?);
        Ok((u.int_in_range(0..=most)? / zeros).saturating_mul(zeros))
    };
    let exponent = |u: &mut Unstructured<'_>| if u.ratio(1, 8)? { u.arbitrary() } else { u.int_in_range(-18..=0) };
    let exponents = (exponent(u)?, exponent(u)?);
    let symbol = *u.choose(&["BTCUSDT", "币安人生USDT", "A", ""])?;
    let time = u.int_in_range(0..=4_000_000_000_000_000)?;
    let rows = |u: &mut Unstructured<'_>| -> Result<Vec<Row>> {
        (0..u.int_in_range(0..=4_u8)?).map(|_| Ok((number(u)?, number(u)?))).collect()
    };
    Ok(match u.int_in_range(0..=3_u8)? {
        0 => {
            let prints: Result<Vec<Print>> = (0..u.int_in_range(0..=3_u8)?)
                .map(|_| Ok((number(u)?, number(u)?, number(u)?, u.int_in_range(0..=1)?)))
                .collect();
            form.trades(symbol, [time, time], exponents, &prints?)
        }
        1 => form.quote(symbol, time, number(u)?, exponents, [number(u)?, number(u)?, number(u)?, number(u)?]),
        2 => form.top(symbol, time, number(u)?, exponents, [&rows(u)?, &rows(u)?]),
        _ => {
            let first = u.int_in_range(0..=1_000_000)?;
            let ids = [first, first + u.int_in_range(0..=9)?];
            form.depth(symbol, time, ids, exponents, [&rows(u)?, &rows(u)?])
        }
    })
}

/// The parser accepts what the oracle accepts, with the same values, and refuses inside the bytes.
pub fn check(bytes: &[u8]) {
    // Of exactly its length: a read behind it is seen by the sanitizer.
    let exact: Box<[u8]> = bytes.into();
    let bytes = &exact[..];
    // No indexed reading of it.
    paths::check(SPOT, bytes, &Err(Refused));
    let expected = read(bytes);
    match (SPOT.parse_frame(bytes), expected) {
        (Ok(Message::Trades(rows)), Ok(said)) => {
            let mut trades = Vec::new();
            let walked = rows.each(|trade| {
                trades.push(plain(&Message::Trade(trade)));
                Ok(())
            });
            assert!(walked.is_ok() && trades.len() == said.len(), "{trades:?} is not {said:?}: {bytes:02x?}");
            let same = trades.iter().zip(&said).all(|(trade, said)| frame::is_same(trade, said));
            assert!(same, "{trades:?} is not {said:?}: {bytes:02x?}");
        }
        (Ok(message), Ok(said)) => {
            let plain = plain(&message);
            assert!(matches!(&said[..], [said] if frame::is_same(&plain, said)), "{plain:?} is not {said:?}: {bytes:02x?}");
        }
        (Err(reject), Err(Refused)) => assert!(reject.offset <= bytes.len(), "{reject:?} lies outside {bytes:02x?}"),
        (read, said) => panic!("{bytes:02x?}\n  read as {read:?}\n  but is  {said:?}"),
    }
}

/// What a frame says: one thing, or any number of trades.
fn read(bytes: &[u8]) -> Answer<Vec<Said>> {
    let whole = |at: usize, size: usize| -> Answer<i128> {
        let field = bytes.get(at..at.checked_add(size).ok_or(Refused)?).ok_or(Refused)?;
        Ok(field.iter().rev().fold(0, |value, byte| value << 8 | i128::from(*byte)))
    };
    let signed = |at: usize| whole(at, 8).map(|value| if value >= 1 << 63 { value - (1 << 64) } else { value });
    let id = |at: usize| signed(at).and_then(|value| u64::try_from(value).map_err(|_| Refused));
    let time = |at: usize| id(at)?.checked_mul(1_000).ok_or(Refused);
    let exponent = |at: usize| whole(at, 1).map(|value| if value >= 128 { value - 256 } else { value });
    let place = |value: i128| usize::try_from(value).map_err(|_| Refused);

    let (root, template, version) = (place(whole(0, 2)?)?, whole(2, 2)?, whole(6, 2)?);
    let (fields, at_exponents) = match template {
        10_000 => (18, 24),
        10_001 => (50, 24),
        10_002 => (18, 24),
        10_003 => (26, 32),
        _ => return Err(Refused),
    };
    if whole(4, 2)? != 1 || root < fields || bytes.len() < 8 + root {
        return Err(Refused);
    }
    let exponents = [exponent(at_exponents)?, exponent(at_exponents + 1)?];
    let text = |at: usize, of: usize| signed(at).map(|value| decimal(value, exponents[of]));

    // Groups: where each one's rows begin, their size and number.
    let groups = match template {
        10_000 => 1,
        10_001 => 0,
        _ => 2,
    };
    let (count_size, least) = if template == 10_000 { (4, 25) } else { (2, 16) };
    let mut at = 8 + root;
    let mut found = Vec::new();
    for _ in 0..groups {
        let (size, count) = (place(whole(at, 2)?)?, place(whole(at + 2, count_size)?)?);
        at += 2 + count_size;
        let end = at.checked_add(size.checked_mul(count).ok_or(Refused)?).ok_or(Refused)?;
        if size < least || end > bytes.len() {
            return Err(Refused);
        }
        found.push((at, size, count));
        at = end;
    }
    let length = place(whole(at, 1)?)?;
    let name = bytes.get(at + 1..at + 1 + length).ok_or(Refused)?;
    let symbol = std::str::from_utf8(name).map_err(|_| Refused)?.to_owned();
    let is_odd = symbol.chars().any(|letter| letter < ' ' || letter == '"' || letter == '\\');
    if is_odd || version == 0 && at + 1 + length != bytes.len() {
        return Err(Refused);
    }
    let rows = |(start, size, count): (usize, usize, usize)| (0..count).map(move |row| start + row * size);
    let side = |group: usize| -> Answer<_> {
        let pairs: Answer<Vec<_>> = rows(found[group]).map(|row| Ok([text(row, 0)?, text(row + 8, 1)?])).collect();
        Ok(fit(&pairs?))
    };
    match template {
        10_000 => {
            time(8)?;
            let ts_event = time(16)?;
            let trade = |row: usize| {
                let sell = whole(row + 24, 1)?;
                if sell > 1 {
                    return Err(Refused);
                }
                let numbers = fit(&[[text(row + 8, 0)?, text(row + 16, 1)?]]);
                let (symbol, id) = (symbol.clone(), id(row)?);
                Ok(Said::Trade { symbol, ts_event, id, numbers, sell: sell == 1, aggregated: false, off_market: false })
            };
            rows(found[0]).map(trade).collect()
        }
        10_001 => {
            let numbers = fit_touches(&[[text(26, 0)?, text(34, 1)?], [text(42, 0)?, text(50, 1)?]]);
            Ok(vec![Said::Quote { symbol, ts_event: Some(time(8)?), update_id: id(16)?, numbers }])
        }
        10_002 => {
            time(8)?;
            id(16)?;
            Ok(vec![Said::Ignored])
        }
        _ => {
            let (ts_event, first, last) = (time(8)?, id(16)?, id(24)?);
            if first > last {
                return Err(Refused);
            }
            let ids = DeltaIds { first, last, prev: None, ts_sent: ts_event };
            Ok(vec![Said::Depth { symbol, ts_event, ids, bids: side(0)?, asks: side(1)? }])
        }
    }
}

/// A number as text; what is below zero keeps its sign, which is no digit.
fn decimal(mantissa: i128, exponent: i128) -> String {
    let zeros = |count: i128| "0".repeat(usize::try_from(count).unwrap_or_default());
    if mantissa == 0 {
        return "0".to_owned();
    }
    if exponent >= 0 {
        return format!("{mantissa}{}", zeros(exponent));
    }
    let digits = format!(
        "{}{mantissa}",
        if mantissa < 0 { String::new() } else { zeros(1 - exponent - mantissa.to_string().len() as i128) }
    );
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(usize::try_from(-exponent).unwrap_or_default()));
    format!("{whole}.{fraction}")
}
