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

/// Why a decimal has no mantissa at an exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has more decimals than the exponent gives: this exponent would do.
    Finer(i8),
    /// It does not fit `i64` there.
    Range,
}

impl Decimal {
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
