//! The path without vectors: what the others are held against, and what hosts without them run.

use super::spelling::LANE;
use crate::decimal;
use crate::event::Level;

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

/// [`level`] as a function of its own, for paths where it is seldom called.
#[inline(never)]
pub fn level_apart(price: &[u8], qty: &[u8], exponents: (i8, i8)) -> Option<Level> {
    level(price, qty, exponents)
}

/// A decimal number that is not negative, at an exponent.
#[inline(always)]
fn mantissa(text: &[u8], exponent: i8) -> Option<i64> {
    if text.first() == Some(&b'-') {
        return None;
    }
    decimal::parse(text).ok()?.at(exponent).ok()
}
