//! The path without vectors: what the others are held against, and what hosts without them run.

use super::spelling::LANE;
use crate::decimal;
use crate::event::Level;
use crate::json::{Kind, Scanner};

/// See [`super::Parser::index`].
pub fn index(frame: &[u8], quotes: &mut [u16]) -> Option<usize> {
    let mut count = 0;
    let mut dirty = false;
    for (position, byte) in frame.iter().enumerate() {
        // Stored always, kept if it is a quote: no branch that a predictor could miss.
        *quotes.get_mut(count)? = u16::try_from(position).ok()?;
        count += usize::from(*byte == b'"');
        dirty |= !(0x20..0x80).contains(byte) | (*byte == b'\\');
    }
    (!dirty).then_some(count)
}

/// A plain JSON integer at `start..end` of the frame; `None` for another value, more than 16 digits, or a place less than 16
/// bytes from the frame's start.
#[inline(always)]
pub fn integer(frame: &[u8], start: usize, end: usize) -> Option<u64> {
    let length = end.checked_sub(start).filter(|length| (1..=LANE).contains(length))?;
    let [low, high] = [end.checked_sub(8)?, end.checked_sub(16)?];
    let word = |at: usize| Some(u64::from_le_bytes(*frame.get(at..)?.first_chunk()?));
    if length > 1 && frame.get(start)? == &b'0' {
        return None;
    }
    let (low, low_fits) = eight_digits(word(low)?, length.min(8));
    let (high, high_fits) = eight_digits(word(high)?, length.saturating_sub(8));
    (low_fits & high_fits).then_some(high * 100_000_000 + low)
}

/// See [`super::Indexed::number`].
#[inline(always)]
pub fn number(frame: &[u8], at: usize, exponent: i8) -> Option<(i64, usize)> {
    plain(frame, at, exponent).or_else(|| number_apart(frame, at, exponent))
}

/// The same without exponents: up to eight digits before the point and behind it, read in two words. `None` says nothing.
#[inline(always)]
pub fn plain(frame: &[u8], at: usize, exponent: i8) -> Option<(i64, usize)> {
    let word = |at: usize| Some(u64::from_le_bytes(*frame.get(at..)?.first_chunk()?));
    let kept = usize::from(exponent.unsigned_abs());
    let (whole, length) = digits(word(at)?);
    let mut end = at + length;
    if length == 0 || length > 1 && frame.get(at)? == &b'0' {
        return None;
    }
    let (mut fraction, mut decimals) = (0, 0);
    if frame.get(end)? == &b'.' {
        (fraction, decimals) = digits(word(end + 1)?);
        if decimals == 0 {
            return None;
        }
        end += 1 + decimals;
    }
    // A digit here is a ninth one.
    if decimals > kept && fraction != 0 || matches!(frame.get(end)?, b'e' | b'E' | b'0'..=b'9') {
        return None;
    }
    let (scale, behind) = (POWERS.get(kept)?, POWERS.get(kept.saturating_sub(decimals))?);
    let mantissa = whole.checked_mul(*scale)?.checked_add(fraction.checked_mul(*behind)?)?;
    Some((i64::try_from(mantissa).ok()?, end))
}

/// The same for any number.
#[inline(never)]
fn number_apart(frame: &[u8], at: usize, exponent: i8) -> Option<(i64, usize)> {
    let value = Scanner::at(frame, at).value().ok()?;
    let text = value.of(frame);
    if value.kind != Kind::Number || value.start != at || text.first() == Some(&b'-') {
        return None;
    }
    Some((decimal::parse_number(text).ok()?.at(exponent).ok()?, value.end))
}

/// The digits that a word begins with: their value and their number.
#[inline(always)]
const fn digits(word: u64) -> (u64, usize) {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let values = word ^ ZEROS;
    // What is above nine, or no ASCII, sets its byte's highest bit; no sum carries into the next byte.
    let others = ((values & 0x7f7f_7f7f_7f7f_7f7f).wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let count = (others.trailing_zeros() / 8) as usize;
    if count == 0 {
        return (0, 0);
    }
    // So that the last digit is the highest byte.
    (eight_digits(word << (64 - 8 * count), count).0, count)
}

const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// The number that the last `length` bytes of a word spell, and whether they are digits.
#[inline(always)]
pub const fn eight_digits(word: u64, length: usize) -> (u64, bool) {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // Bytes before the number count as zero. Shifted twice, as a word cannot be shifted out in one go.
    let digits = ((word ^ ZEROS) >> (32 - 4 * length) >> (32 - 4 * length)) << (32 - 4 * length) << (32 - 4 * length);
    let fits = ((digits.wrapping_add(0x0606_0606_0606_0606)) | digits) & 0xf0f0_f0f0_f0f0_f0f0 == 0;
    // Bytes to pairs, pairs to fours, fours to eight; the first character is the lowest byte.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let odd = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let even = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    (odd.wrapping_add(even) >> 32, fits)
}

/// A level in any spelling without escapes; `None` for what the messages of venues must not hold, and for what does not fit
/// the exponents: who asks again through the scanner is told why.
#[inline(always)]
pub fn level(price: &[u8], qty: &[u8], exponents: (i8, i8)) -> Option<Level> {
    let (price, qty) = (mantissa(price, exponents.0)?, mantissa(qty, exponents.1)?);
    (price != 0).then_some(Level { price, qty })
}

/// [`level`] of the texts that these quotes enclose, as a function of its own, for paths where it is seldom called.
#[inline(never)]
pub fn level_apart(frame: &[u8], [price_open, price_end, qty_open, qty_end]: [usize; 4], exponents: (i8, i8)) -> Option<Level> {
    let price = decimal(frame, (price_open + 1, price_end), exponents.0)?;
    let qty = decimal(frame, (qty_open + 1, qty_end), exponents.1)?;
    (price != 0).then_some(Level { price, qty })
}

/// See [`super::Indexed::decimal`].
#[inline(always)]
pub fn decimal(frame: &[u8], (start, end): (usize, usize), exponent: i8) -> Option<i64> {
    match plain(frame, start, exponent) {
        Some((mantissa, at)) if at == end => Some(mantissa),
        _ => mantissa(frame.get(start..end)?, exponent),
    }
}

/// A decimal number that is not negative, at an exponent.
#[inline(always)]
pub fn mantissa(text: &[u8], exponent: i8) -> Option<i64> {
    if text.first() == Some(&b'-') {
        return None;
    }
    decimal::parse(text).ok()?.at(exponent).ok()
}
