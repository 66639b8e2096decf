//! JSON text in a reused buffer.

use tickring_core::decimal::format_decimal;

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

    pub(crate) fn open(&mut self) {
        self.out.push('{');
    }

    pub(crate) fn close(&mut self) {
        self.out.push('}');
    }

    /// Writes a member's name; its value must follow.
    pub(crate) fn member(&mut self, name: &str) {
        if self.out.as_bytes().last() != Some(&b'{') {
            self.out.push(',');
        }
        self.string(name);
        self.out.push(':');
    }

    /// A member with a string.
    pub(crate) fn name(&mut self, name: &str, value: &str) {
        self.member(name);
        self.string(value);
    }

    /// A member with an array of strings.
    pub(crate) fn names<'n>(&mut self, name: &str, values: impl Iterator<Item = &'n str>) {
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

    /// A member with `null`.
    pub(crate) fn null(&mut self, name: &str) {
        self.member(name);
        self.out.push_str("null");
    }

    /// A member with an integer below 2^53.
    pub(crate) fn number(&mut self, name: &str, value: u64) {
        self.member(name);
        self.digits(value);
    }

    /// A member with a 64-bit integer as a string.
    pub(crate) fn id(&mut self, name: &str, value: u64) {
        self.member(name);
        self.out.push('"');
        self.digits(value);
        self.out.push('"');
    }

    /// A member with an exponent.
    pub(crate) fn exponent(&mut self, name: &str, value: i8) {
        self.member(name);
        if value < 0 {
            self.out.push('-');
        }
        self.digits(u64::from(value.unsigned_abs()));
    }

    /// A member with mantissa × 10^exponent as shortest exact decimal text.
    pub(crate) fn decimal(&mut self, name: &str, mantissa: i64, exponent: i8) {
        self.member(name);
        self.decimal_value(mantissa, exponent);
    }

    /// A member with an array of pairs of decimal texts.
    pub(crate) fn decimal_pairs(&mut self, name: &str, pairs: impl Iterator<Item = [(i64, i8); 2]>) {
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
