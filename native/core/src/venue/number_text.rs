//! Numbers as text for the checksums of venues: a checksum is made of up to a hundred numbers a message, for each of which a
//! formatter takes longer than the book takes for a level.

use std::fmt::{self, Write};

use super::CHECKSUM_LEVELS_MAX;
use crate::book::Side;
use crate::decimal::write_decimal;
use crate::event::Level;

/// Longest number: a zero, the point and 18 digits, or 19 digits, the point and a sign.
const NUMBER_BYTES_MAX: usize = 21;

/// Price and quantity of each level of both sides, a separator behind each, and what a store may reach beyond.
const BYTES_MAX: usize = 4 * CHECKSUM_LEVELS_MAX * (NUMBER_BYTES_MAX + 1) + ROW_BYTES;

/// Room for the text of a level: two numbers with a separator each.
const ROW_BYTES: usize = 2 * (NUMBER_BYTES_MAX + 1);

/// Digits that are made at once.
const DIGITS: usize = 16;

/// 10 to the power of [`DIGITS`].
const DIGITS_END: u64 = 10_000_000_000_000_000;

/// The text of a checksum, and where each level of it stands.
#[derive(Clone, Debug, Default)]
struct Told {
    text: NumberText,
    /// By side, best first: a level, where it begins, its bytes.
    rows: [Vec<(Level, u16, u16)>; 2],
}

/// The text of a checksum, made of that of the last one: from one message to the next few levels change, and to write a number takes longer
/// than to copy it. What is written depends on what is kept in nothing but time.
#[derive(Clone, Debug, Default)]
pub struct LevelTexts {
    told: Told,
    last: Told,
    /// By side: rows of the last one from here on are not better than the next level.
    next: [usize; 2],
    /// Exponents and decimals of the last one.
    spelling: ((i8, i8), (u8, u8)),
}

impl LevelTexts {
    /// Begins a checksum.
    pub(super) fn begin(&mut self, exponents: (i8, i8), decimals: (u8, u8)) {
        std::mem::swap(&mut self.told, &mut self.last);
        self.told.text.length = 0;
        self.told.rows.iter_mut().for_each(Vec::clear);
        self.next = [0; 2];
        if self.spelling != (exponents, decimals) {
            self.spelling = (exponents, decimals);
            self.last.rows.iter_mut().for_each(Vec::clear);
        }
    }

    /// Appends the text of the next level of a side, which `write` appends; `None` if it does, or if there is no room.
    #[inline]
    pub(super) fn level(&mut self, side: Side, level: Level, write: impl FnOnce(&mut NumberText) -> Option<()>) -> Option<()> {
        let Self { told, last, next, .. } = self;
        let (rows, next) = (&last.rows[side as usize], &mut next[side as usize]);
        let is_better = |held: &Level| match side {
            Side::Bid => held.price > level.price,
            Side::Ask => held.price < level.price,
        };
        while rows.get(*next).is_some_and(|(held, ..)| is_better(held)) {
            *next += 1;
        }
        let start = told.text.length;
        match rows.get(*next) {
            Some((held, from, length)) if *held == level => {
                let from = usize::from(*from);
                let text = last.text.bytes.get(from..from + ROW_BYTES)?;
                told.text.bytes.get_mut(start..start + ROW_BYTES)?.copy_from_slice(text);
                told.text.length += usize::from(*length);
            }
            _ => write(&mut told.text)?,
        }
        let length = told.text.length - start;
        told.rows[side as usize].push((level, u16::try_from(start).ok()?, u16::try_from(length).ok()?));
        Some(())
    }

    /// What was appended since [`Self::begin`].
    pub(super) fn bytes(&self) -> &[u8] {
        self.told.text.bytes()
    }
}

/// A text of bounded length.
#[derive(Clone, Debug)]
pub(super) struct NumberText {
    bytes: [u8; BYTES_MAX],
    length: usize,
}

impl Default for NumberText {
    fn default() -> Self {
        Self { bytes: [0; BYTES_MAX], length: 0 }
    }
}

impl NumberText {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Appends a byte; `None` if there is no room.
    #[inline]
    pub(super) fn byte(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length += 1;
        Some(())
    }

    /// Appends the digits of a number without leading zeros: nothing of zero. `None` if there is no room.
    #[inline]
    pub(super) fn digits(&mut self, number: u64) -> Option<()> {
        let high = number / DIGITS_END;
        if high > 0 {
            self.digits(high)?;
        }
        let digits = sixteen_digits(number % DIGITS_END);
        let first = if high > 0 { 0 } else { digits.trailing_zeros() as usize / 8 };
        let text = (digits | u128::from_ne_bytes([b'0'; DIGITS])).checked_shr(8 * first as u32).unwrap_or_default();
        self.bytes.get_mut(self.length..self.length + DIGITS)?.copy_from_slice(&text.to_le_bytes());
        self.length += DIGITS - first;
        Some(())
    }

    /// Appends what [`write_decimal`] writes; `None` if there is no room, or no such exponent.
    #[inline]
    pub(super) fn decimal(&mut self, mantissa: i64, exponent: i8) -> Option<()> {
        let decimals = usize::from(exponent.unsigned_abs());
        let number = match u64::try_from(mantissa) {
            Ok(number) if number < DIGITS_END && decimals < DIGITS && exponent <= 0 => number,
            _ => return write_decimal(self, mantissa, exponent).ok(),
        };
        let digits = sixteen_digits(number);
        let point = DIGITS - decimals;
        // Zeros in front of the last whole digit, and those behind the point that no digit follows, are not written.
        let first = (digits.trailing_zeros() as usize / 8).min(point - 1);
        let end = (DIGITS - digits.leading_zeros() as usize / 8).max(point);
        let text = digits | u128::from_ne_bytes([b'0'; DIGITS]);
        let mut put = |at: usize, text: u128| {
            self.bytes.get_mut(at..at + DIGITS)?.copy_from_slice(&text.to_le_bytes());
            Some(())
        };
        let behind = self.length + point - first;
        put(self.length, text >> (8 * first))?;
        // The point in the place of the last whole digit, and what follows it; of no meaning where nothing does.
        put(behind, ((text >> (8 * (point - 1))) & !0xff) | u128::from(b'.'))?;
        self.length = behind + if end > point { 1 + end - point } else { 0 };
        Some(())
    }
}

impl Write for NumberText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// The sixteen digits of a number, the most significant one in the lowest byte.
#[inline]
fn sixteen_digits(number: u64) -> u128 {
    const HALF: u64 = 100_000_000;
    u128::from(eight_digits(number / HALF)) | (u128::from(eight_digits(number % HALF)) << 64)
}

/// The eight digits of a number below 10^8, the same way: halves, pairs and digits, all at once.
#[inline]
const fn eight_digits(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((pairs - 10 * tens) << 8)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::venue::VenueId;
    use proptest::prelude::*;

    fn both(mantissa: i64, exponent: i8) -> (String, String) {
        let (mut text, mut expected) = (NumberText::default(), String::new());
        text.byte(b'x').unwrap();
        text.decimal(mantissa, exponent).unwrap();
        write_decimal(&mut expected, mantissa, exponent).unwrap();
        (String::from_utf8(text.bytes()[1..].to_vec()).unwrap(), expected)
    }

    #[test]
    fn digits_have_no_leading_zeros() {
        let mut text = NumberText::default();
        for number in [0, 7, 10, 9_999_999_999_999_999, 10_000_000_000_000_000, 10_000_000_000_000_001, u64::MAX] {
            text.digits(number).unwrap();
            text.byte(b' ').unwrap();
        }
        let expected = b" 7 10 9999999999999999 10000000000000000 10000000000000001 18446744073709551615 ";
        assert_eq!(text.bytes(), expected);
    }

    #[test]
    fn as_many_numbers_as_a_checksum_has_find_room() {
        let mut text = NumberText::default();
        for _ in 0..4 * CHECKSUM_LEVELS_MAX {
            text.decimal(i64::MAX, -18).unwrap();
            text.byte(b':').unwrap();
        }
        assert_eq!(text.decimal(1, 1), None);
    }

    /// Levels of a side, best first, of few prices and quantities, so that books one after the other have much in common.
    fn side(side: Side) -> impl Strategy<Value = Vec<Level>> {
        proptest::collection::btree_map(1_i64..40, prop_oneof![1_i64..4, Just(i64::MAX)], 0..CHECKSUM_LEVELS_MAX).prop_map(
            move |levels| {
                let levels = levels.into_iter().map(|(price, qty)| Level { price, qty });
                if side == Side::Bid { levels.rev().collect() } else { levels.collect() }
            },
        )
    }

    proptest! {
        #[test]
        fn texts_of_the_last_book_change_no_checksum(
            books in proptest::collection::vec((side(Side::Bid), side(Side::Ask), -2_i8..=0, 0_u8..4), 1..20)
        ) {
            for venue in [VenueId::OkxSwap, VenueId::KrakenSpot] {
                let mut kept = LevelTexts::default();
                for (bids, asks, exponent, decimals) in &books {
                    let of = |texts: &mut LevelTexts| {
                        venue.checksum(texts, (bids, asks), (*exponent, *exponent), (*decimals, *decimals))
                    };
                    prop_assert_eq!(of(&mut kept), of(&mut LevelTexts::default()));
                }
            }
        }

        #[test]
        fn a_number_is_written_as_the_formatter_writes_it(
            digits in 0_i64..=i64::MAX, zeros in 0_u32..19, power in 0_u32..19, exponent in -18_i8..=0
        ) {
            let short = digits % 10_i64.pow(power).max(1);
            for mantissa in [digits, short, short - short % 10_i64.pow(zeros), 10_i64.pow(zeros), 10_i64.pow(zeros) - 1, 0, -short] {
                let (text, expected) = both(mantissa, exponent);
                prop_assert_eq!(text, expected);
            }
        }
    }
}
