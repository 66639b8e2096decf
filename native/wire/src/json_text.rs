//! JSON text in a reused buffer.

use tickring_core::decimal::format_decimal;

use crate::members::Members;

const HEX: &[u8; 16] = b"0123456789abcdef";
/// Digits of the largest u64.
const DIGITS_MAX: usize = 20;
/// Letters up to this one must be escaped in JSON, RFC 8259 section 7.
const HIGHEST_CONTROL: char = '\u{1f}';

/// A JSON text under construction. Members write the comma before them.
#[derive(Debug, Default)]
pub(crate) struct JsonText {
    out: String,
}

impl JsonText {
    pub(crate) fn clear(&mut self) {
        self.out.clear();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.out.as_bytes()
    }

    /// A member with mantissa × 10^exponent as a JSON number.
    pub(crate) fn raw_decimal(&mut self, name: &str, mantissa: i64, exponent: i8) {
        self.member(name);
        format_decimal(&mut self.out, mantissa, exponent);
    }

    /// A member with a time as RFC 3339 writes it, to the nanosecond, in UTC.
    pub(crate) fn rfc3339(&mut self, name: &str, unix_seconds: u64, nanoseconds: u64) {
        let (days, second) = (unix_seconds / 86_400, unix_seconds % 86_400);
        let (year, month, day) = civil(days);
        self.member(name);
        self.out.push('"');
        for (value, digits, after) in [
            (year, 4, '-'),
            (month, 2, '-'),
            (day, 2, 'T'),
            (second / 3_600, 2, ':'),
            (second / 60 % 60, 2, ':'),
            (second % 60, 2, '.'),
            (nanoseconds, 9, 'Z'),
        ] {
            self.padded(value, digits);
            self.out.push(after);
        }
        self.out.push('"');
    }

    fn padded(&mut self, value: u64, digits: u32) {
        for place in (0..digits).rev() {
            let digit = u8::try_from(value / 10_u64.pow(place) % 10).unwrap_or(0);
            self.out.push(char::from(b'0' + digit));
        }
    }

    fn decimal_value(&mut self, mantissa: i64, exponent: i8) {
        self.out.push('"');
        format_decimal(&mut self.out, mantissa, exponent);
        self.out.push('"');
    }

    /// Decimal digits.
    fn digits(&mut self, value: u64) {
        let mut digits = [0; DIGITS_MAX];
        let mut start = DIGITS_MAX;
        let mut rest = value;
        loop {
            start -= 1;
            digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend(digits[start..].iter().copied().map(char::from));
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for letter in text.chars() {
            match letter {
                '"' | '\\' => {
                    self.out.push('\\');
                    self.out.push(letter);
                }
                '\0'..=HIGHEST_CONTROL => {
                    self.out.push_str("\\u00");
                    self.out.extend([letter as usize >> 4, letter as usize & 15].map(|digit| char::from(HEX[digit])));
                }
                _ => self.out.push(letter),
            }
        }
        self.out.push('"');
    }
}

impl Members for JsonText {
    fn open(&mut self, _members: u32) {
        self.out.push('{');
    }

    fn close(&mut self) {
        self.out.push('}');
    }

    fn member(&mut self, name: &str) {
        if self.out.as_bytes().last() != Some(&b'{') {
            self.out.push(',');
        }
        self.string(name);
        self.out.push(':');
    }

    fn name(&mut self, name: &str, value: &str) {
        self.member(name);
        self.string(value);
    }

    fn names<'n>(&mut self, name: &str, values: impl Iterator<Item = &'n str> + Clone) {
        self.member(name);
        self.out.push('[');
        for (index, value) in values.enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.string(value);
        }
        self.out.push(']');
    }

    fn null(&mut self, name: &str) {
        self.member(name);
        self.out.push_str("null");
    }

    fn number(&mut self, name: &str, value: u64) {
        self.member(name);
        self.digits(value);
    }

    fn id(&mut self, name: &str, value: u64) {
        self.member(name);
        self.out.push('"');
        self.digits(value);
        self.out.push('"');
    }

    fn boolean(&mut self, name: &str, value: bool) {
        self.member(name);
        self.out.push_str(if value { "true" } else { "false" });
    }

    fn exponent(&mut self, name: &str, value: i8) {
        self.member(name);
        if value < 0 {
            self.out.push('-');
        }
        self.digits(u64::from(value.unsigned_abs()));
    }

    fn decimal(&mut self, name: &str, mantissa: i64, exponent: i8) {
        self.member(name);
        self.decimal_value(mantissa, exponent);
    }

    fn decimal_pairs(&mut self, name: &str, pairs: impl ExactSizeIterator<Item = [(i64, i8); 2]>) {
        self.member(name);
        self.out.push('[');
        for (index, [first, second]) in pairs.enumerate() {
            self.out.push_str(if index == 0 { "[" } else { ",[" });
            self.decimal_value(first.0, first.1);
            self.out.push(',');
            self.decimal_value(second.0, second.1);
            self.out.push(']');
        }
        self.out.push(']');
    }
}

/// Year, month and day of a day since 1970. Source: Howard Hinnant, chrono-compatible low-level date algorithms.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}
