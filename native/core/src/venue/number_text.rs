//! Numbers as text for the checksums of venues: a checksum is made of up to a hundred numbers a message, for each of which a
//! formatter takes longer than the book takes for a level.

use std::fmt::{self, Write};

use crate::decimal::write_decimal;

/// Longest number: a zero, the point and 18 digits, or 19 digits, the point and a sign.
pub(super) const NUMBER_BYTES_MAX: usize = 21;

/// Digits that are made at once.
const DIGITS: usize = 16;

/// 10 to the power of [`DIGITS`].
const DIGITS_END: u64 = 10_000_000_000_000_000;

/// A text of at most so many bytes.
#[derive(Clone, Debug)]
pub(super) struct NumberText<const BYTES_MAX: usize> {
    bytes: [u8; BYTES_MAX],
    length: usize,
}

impl<const BYTES_MAX: usize> Default for NumberText<BYTES_MAX> {
    fn default() -> Self {
        Self { bytes: [0; BYTES_MAX], length: 0 }
    }
}

impl<const BYTES_MAX: usize> NumberText<BYTES_MAX> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// Cuts it to this length, at most its own.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Appends the first `length` of `ROOM` bytes of another text from a place on, so that each copy is of one size; `None` if they have no
    /// room in one of the two.
    #[inline(always)]
    pub(super) fn copy<const ROOM: usize, const OTHER: usize>(
        &mut self,
        other: &NumberText<OTHER>,
        from: usize,
        length: usize,
    ) -> Option<()> {
        let text = other.bytes.get(from..from + ROOM)?;
        self.bytes.get_mut(self.length..self.length + ROOM)?.copy_from_slice(text);
        self.length += length.min(ROOM);
        Some(())
    }

    /// Appends a text; `None` if there is no room.
    pub(super) fn append(&mut self, text: &[u8]) -> Option<()> {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end)?.copy_from_slice(text);
        self.length = end;
        Some(())
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

impl<const BYTES_MAX: usize> Write for NumberText<BYTES_MAX> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.append(text.as_bytes()).ok_or(fmt::Error)
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
    use proptest::prelude::*;

    fn both(mantissa: i64, exponent: i8) -> (String, String) {
        let (mut text, mut expected) = (NumberText::<40>::default(), String::new());
        text.byte(b'x').unwrap();
        text.decimal(mantissa, exponent).unwrap();
        write_decimal(&mut expected, mantissa, exponent).unwrap();
        (String::from_utf8(text.bytes()[1..].to_vec()).unwrap(), expected)
    }

    #[test]
    fn digits_have_no_leading_zeros() {
        let mut text = NumberText::<140>::default();
        for number in [0, 7, 10, 9_999_999_999_999_999, 10_000_000_000_000_000, 10_000_000_000_000_001, u64::MAX] {
            text.digits(number).unwrap();
            text.byte(b' ').unwrap();
        }
        let expected = b" 7 10 9999999999999999 10000000000000000 10000000000000001 18446744073709551615 ";
        assert_eq!(text.bytes(), expected);
    }

    proptest! {
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
