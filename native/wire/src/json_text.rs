//! JSON text in a reused buffer.

const HEX: &[u8; 16] = b"0123456789abcdef";
/// Digits of the largest u64.
const DIGITS_MAX: usize = 20;

/// A JSON text under construction. Members write the comma before them.
#[derive(Debug, Default)]
pub(crate) struct JsonText {
    out: Vec<u8>,
}

impl JsonText {
    pub(crate) fn clear(&mut self) {
        self.out.clear();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.out
    }

    pub(crate) fn open(&mut self) {
        self.out.push(b'{');
    }

    pub(crate) fn close(&mut self) {
        self.out.push(b'}');
    }

    /// Writes a member's name; its value must follow.
    pub(crate) fn member(&mut self, name: &str) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.string(name);
        self.out.push(b':');
    }

    /// A member with a string.
    pub(crate) fn name(&mut self, name: &str, value: &str) {
        self.member(name);
        self.string(value);
    }

    /// A member with an array of strings.
    pub(crate) fn names<'n>(&mut self, name: &str, values: impl Iterator<Item = &'n str>) {
        self.member(name);
        self.out.push(b'[');
        for (index, value) in values.enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.string(value);
        }
        self.out.push(b']');
    }

    /// A member with `null`.
    pub(crate) fn null(&mut self, name: &str) {
        self.member(name);
        self.out.extend_from_slice(b"null");
    }

    /// A member with an integer below 2^53.
    pub(crate) fn number(&mut self, name: &str, value: u64) {
        self.member(name);
        self.digits(value, 1);
    }

    /// A member with a 64-bit integer as a string.
    pub(crate) fn id(&mut self, name: &str, value: u64) {
        self.member(name);
        self.out.push(b'"');
        self.digits(value, 1);
        self.out.push(b'"');
    }

    /// A member with an exponent.
    pub(crate) fn exponent(&mut self, name: &str, value: i8) {
        self.member(name);
        if value < 0 {
            self.out.push(b'-');
        }
        self.digits(u64::from(value.unsigned_abs()), 1);
    }

    /// A member with mantissa × 10^exponent as decimal text.
    pub(crate) fn decimal(&mut self, name: &str, mantissa: i64, exponent: i8) {
        self.member(name);
        self.decimal_value(mantissa, exponent);
    }

    /// A member with an array of pairs of decimal texts.
    pub(crate) fn decimal_pairs(&mut self, name: &str, pairs: impl Iterator<Item = [(i64, i8); 2]>) {
        self.member(name);
        self.out.push(b'[');
        for (index, [first, second]) in pairs.enumerate() {
            self.out.extend_from_slice(if index == 0 { b"[" } else { b",[" });
            self.decimal_value(first.0, first.1);
            self.out.push(b',');
            self.decimal_value(second.0, second.1);
            self.out.push(b']');
        }
        self.out.push(b']');
    }

    /// Exactly `-exponent` decimals, trailing zeros kept, so that one instrument's prices all have the same shape.
    fn decimal_value(&mut self, mantissa: i64, exponent: i8) {
        self.out.push(b'"');
        if mantissa < 0 {
            self.out.push(b'-');
        }
        let magnitude = mantissa.unsigned_abs();
        if exponent >= 0 {
            self.digits(magnitude, 1);
            if magnitude != 0 {
                self.out.extend(std::iter::repeat_n(b'0', usize::from(exponent.unsigned_abs())));
            }
        } else {
            let decimals = usize::from(exponent.unsigned_abs());
            self.digits(magnitude, decimals + 1);
            let point = self.out.len() - decimals;
            self.out.insert(point, b'.');
        }
        self.out.push(b'"');
    }

    /// Decimal digits, zero padded on the left to `width`.
    fn digits(&mut self, mut value: u64, width: usize) {
        let mut digits = [b'0'; DIGITS_MAX];
        let mut start = DIGITS_MAX;
        while value > 0 {
            start -= 1;
            digits[start] = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
        let count = DIGITS_MAX - start;
        self.out.extend(std::iter::repeat_n(b'0', width.saturating_sub(count)));
        self.out.extend_from_slice(&digits[start..]);
    }

    fn string(&mut self, text: &str) {
        self.out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                0..0x20 => {
                    self.out.extend_from_slice(b"\\u00");
                    self.out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                }
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }
}
