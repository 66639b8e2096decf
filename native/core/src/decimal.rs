//! Exact decimal text to and from `i64` mantissas. No float anywhere.

use std::fmt::Write;

use crate::error::Code;
use crate::input::DECIMALS_MAX;

#[cfg(test)]
mod tests;

/// A decimal number without trailing zeros behind the point: value = mantissa / 10^decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Digits with sign.
    pub mantissa: i64,
    /// Digits behind the point that count, 0 ..= 18.
    pub decimals: u8,
}

/// Powers of ten that fit.
const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// Reads plain decimal text: an optional minus, digits without needless leading zeros, and optionally a point and digits.
///
/// # Errors
///
/// [`Code::NumberSyntax`] for anything else (also exponents, NaN, spaces), [`Code::NumberPrecision`] for more than 18 decimals
/// that count, [`Code::NumberRange`] if the digits do not fit `i64`.
pub fn parse(text: &[u8]) -> Result<Decimal, Code> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], Some(&digits[point + 1..])),
        None => (digits, None),
    };
    let all_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || fraction.is_some_and(|part| !all_digits(part)) || (whole.len() > 1 && whole[0] == b'0') {
        return Err(Code::NumberSyntax);
    }
    let fraction = fraction.unwrap_or_default();
    let counts = fraction.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1);
    let decimals = u8::try_from(counts).ok().filter(|decimals| *decimals <= DECIMALS_MAX).ok_or(Code::NumberPrecision)?;
    let mut mantissa: i64 = 0;
    for digit in whole.iter().chain(&fraction[..counts]) {
        let digit = i64::from(digit - b'0');
        // Built on the negative side, which reaches one further than the positive.
        mantissa = mantissa.checked_mul(10).and_then(|value| value.checked_sub(digit)).ok_or(Code::NumberRange)?;
    }
    if !negative {
        mantissa = mantissa.checked_neg().ok_or(Code::NumberRange)?;
    }
    Ok(Decimal { mantissa, decimals })
}

/// Reads a JSON number, whose grammar was checked, exactly: as [`parse`], and also `1.7e-5`.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_number(text: &[u8]) -> Result<Decimal, Code> {
    let Some(mark) = text.iter().position(|byte| matches!(byte, b'e' | b'E')) else { return parse(text) };
    let (number, power) = (&text[..mark], text[mark + 1..].strip_prefix(b"+").unwrap_or(&text[mark + 1..]));
    let (falls, power) = power.strip_prefix(b"-").map_or((false, power), |digits| (true, digits));
    if power.is_empty() || !power.iter().all(u8::is_ascii_digit) {
        return Err(Code::NumberSyntax);
    }
    // Far beyond what any number of ours may have is enough.
    let size = power.iter().fold(0_i64, |size, digit| (size * 10 + i64::from(digit - b'0')).min(1_000_000));
    let (negative, digits) = number.strip_prefix(b"-").map_or((false, number), |digits| (true, digits));
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = point.map_or((digits, &digits[..0]), |point| (&digits[..point], &digits[point + 1..]));
    if whole.is_empty() || point.is_some() && fraction.is_empty() {
        return Err(Code::NumberSyntax);
    }
    let mut mantissa: i64 = 0;
    // Zeros wait until a digit follows that counts.
    let mut zeros = 0;
    let next = |mantissa: i64, zeros: u32, digit: i64| {
        let power = 10_i64.checked_pow(zeros + 1).ok_or(Code::NumberRange)?;
        mantissa.checked_mul(power).and_then(|value| value.checked_sub(digit)).ok_or(Code::NumberRange)
    };
    for byte in whole.iter().chain(fraction) {
        match byte {
            b'0' if mantissa == 0 => {}
            b'0' => zeros += 1,
            b'1'..=b'9' => {
                mantissa = next(mantissa, zeros, i64::from(byte - b'0'))?;
                zeros = 0;
            }
            _ => return Err(Code::NumberSyntax),
        }
    }
    if mantissa == 0 {
        return Ok(Decimal { mantissa, decimals: 0 });
    }
    let fraction = i64::try_from(fraction.len()).unwrap_or(i64::MAX / 2);
    let decimals = fraction + if falls { size } else { -size } - i64::from(zeros);
    if decimals > i64::from(DECIMALS_MAX) {
        return Err(Code::NumberPrecision);
    }
    if decimals < 0 {
        let power = u32::try_from(-decimals).ok().and_then(|power| 10_i64.checked_pow(power)).ok_or(Code::NumberRange)?;
        mantissa = mantissa.checked_mul(power).ok_or(Code::NumberRange)?;
    }
    if !negative {
        mantissa = mantissa.checked_neg().ok_or(Code::NumberRange)?;
    }
    Ok(Decimal { mantissa, decimals: u8::try_from(decimals).unwrap_or_default() })
}

/// Why a decimal has no mantissa at an exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has more decimals than the exponent gives: this exponent would do.
    Finer(i8),
    /// It does not fit `i64` there.
    Range,
}

impl Decimal {
    /// `mantissa` × 10^`exponent`, whatever both are.
    ///
    /// # Errors
    ///
    /// [`Code::NumberPrecision`] for more than 18 decimals that count, [`Code::NumberRange`] if the digits do not fit `i64`.
    pub fn scaled(mut mantissa: i64, exponent: i8) -> Result<Self, Code> {
        if mantissa == 0 {
            return Ok(Self { mantissa, decimals: 0 });
        }
        if exponent >= 0 {
            let power = POWERS.get(usize::from(exponent.unsigned_abs())).ok_or(Code::NumberRange)?;
            return Ok(Self { mantissa: mantissa.checked_mul(*power).ok_or(Code::NumberRange)?, decimals: 0 });
        }
        let mut decimals = exponent.unsigned_abs();
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        if decimals > DECIMALS_MAX { Err(Code::NumberPrecision) } else { Ok(Self { mantissa, decimals }) }
    }

    /// The mantissa at `exponent` (−18 ..= 0).
    ///
    /// # Errors
    ///
    /// [`Unfit::Finer`] with the exponent needed, [`Unfit::Range`] if the value does not fit.
    pub fn at(self, exponent: i8) -> Result<i64, Unfit> {
        let own = -i8::try_from(self.decimals).unwrap_or(-exponent);
        if own < exponent {
            return Err(Unfit::Finer(own));
        }
        rescale(self.mantissa, own, exponent).ok_or(Unfit::Range)
    }

    /// The exponent at which the value is its own mantissa.
    #[must_use]
    pub fn exponent(self) -> i8 {
        -i8::try_from(self.decimals).unwrap_or_default()
    }
}

/// The same value at another exponent; `None` if that is not exact or does not fit.
#[must_use]
pub fn rescale(mantissa: i64, from: i8, to: i8) -> Option<i64> {
    let shift = usize::from(from.abs_diff(to));
    let Some(&power) = POWERS.get(shift) else {
        return (mantissa == 0).then_some(0);
    };
    if from >= to {
        return mantissa.checked_mul(power);
    }
    (mantissa % power == 0).then(|| mantissa / power)
}

/// Appends plain decimal text without trailing zeros and without exponent. `exponent` is −18 ..= 0.
///
/// # Errors
///
/// Those of `out`, and an exponent out of range.
pub fn write_decimal<W: Write>(out: &mut W, mantissa: i64, exponent: i8) -> std::fmt::Result {
    let decimals = usize::from(exponent.unsigned_abs());
    let power = POWERS.get(decimals).filter(|_| exponent <= 0).ok_or(std::fmt::Error)?;
    if mantissa < 0 {
        out.write_char('-')?;
    }
    let magnitude = mantissa.unsigned_abs();
    let power = power.unsigned_abs();
    write!(out, "{}", magnitude / power)?;
    let mut fraction = magnitude % power;
    if fraction == 0 {
        return Ok(());
    }
    let mut width = decimals;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    write!(out, ".{fraction:0width$}")
}

/// [`write_decimal`] into a string.
pub fn format_decimal(out: &mut String, mantissa: i64, exponent: i8) {
    write_decimal(out, mantissa, exponent).expect("invariant: a string takes any text, and exponents are -18 ..= 0");
}
