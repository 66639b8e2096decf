//! Members of a venue's message as places in the frame, and the types that they may have.

use crate::error::Code;
use crate::json::{self, Kind, Value};

use super::{DecimalText, LevelText, Reject, Rows, Spelled};

/// Longest name that may need its escapes resolved, in bytes.
pub(super) const NAME_BYTES_MAX: usize = 128;

/// A member that a message may read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Member {
    #[default]
    Absent,
    Once(Value),
    /// It stands there more than once; the first. Harmless to messages that do not read it.
    Repeated(Value),
}

impl Member {
    pub(super) const fn is_present(self) -> bool {
        !matches!(self, Self::Absent)
    }

    pub(super) fn add(&mut self, value: Value) {
        *self = match *self {
            Self::Absent => Self::Once(value),
            Self::Once(first) | Self::Repeated(first) => Self::Repeated(first),
        };
    }

    /// The value, if it is there. Which one of several is meant cannot be known: that is an error.
    pub(super) const fn optional(self) -> Result<Option<Value>, Reject> {
        match self {
            Self::Absent => Ok(None),
            Self::Once(value) => Ok(Some(value)),
            Self::Repeated(value) => reject(Code::FieldType, value.start),
        }
    }

    /// The value, which the message at `at` cannot do without.
    pub(super) fn required(self, at: usize) -> Result<Value, Reject> {
        self.optional()?.ok_or(Reject { code: Code::FieldMissing, offset: at })
    }

    /// The value or else that of `other`.
    pub(super) const fn or(self, other: Self) -> Self {
        if self.is_present() { self } else { other }
    }
}

/// Bytes of the longest of these names, 16 at least.
pub(super) const fn longest(names: &[&[u8]]) -> usize {
    let (mut index, mut longest) = (0, 16);
    while index < names.len() {
        if names[index].len() > longest {
            longest = names[index].len();
        }
        index += 1;
    }
    longest
}

/// Makes the members that some message of a venue reads, each with the name that the venue gives it.
macro_rules! members {
    ($(#[$meta:meta])* $name:ident { $($field:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(super) struct $name { $(pub(super) $field: $crate::venue::fields::Member,)+ }

        impl $name {
            pub(super) const fn slot(&mut self, name: &[u8]) -> Option<&mut $crate::venue::fields::Member> {
                match name {
                    $($text => Some(&mut self.$field),)+
                    _ => None,
                }
            }

            /// Those of the object that starts at `start`. Unknown ones are skipped: the venue adds some without notice.
            pub(super) fn read(frame: &[u8], start: usize) -> Result<Self, $crate::venue::Reject> {
                const KEY_BYTES_MAX: usize = $crate::venue::fields::longest(&[$($text),+]);
                let mut members = Self::default();
                $crate::json::each_member(frame, start, |key, value| {
                    let mut buffer = [0; KEY_BYTES_MAX];
                    // A key too long for the buffer is none that we know.
                    if let Some(slot) = $crate::json::unescape(key, &mut buffer).and_then(|name| members.slot(name)) {
                        slot.add(value);
                    }
                    Ok(())
                })?;
                Ok(members)
            }
        }
    };
}

pub(super) use members;

pub(super) const fn reject<T>(code: Code, offset: usize) -> Result<T, Reject> {
    Err(Reject { code, offset })
}

/// Text, escapes still there.
pub(super) fn text(frame: &[u8], value: Value) -> Result<&[u8], Reject> {
    if value.kind == Kind::String { Ok(value.of(frame)) } else { reject(Code::FieldType, value.start) }
}

/// A name with its escapes resolved; empty if it is longer than [`NAME_BYTES_MAX`] with escapes, which no name we know is.
pub(super) fn name<'a>(frame: &'a [u8], value: Value, buffer: &'a mut [u8; NAME_BYTES_MAX]) -> Result<&'a [u8], Reject> {
    Ok(json::unescape(text(frame, value)?, buffer).unwrap_or_default())
}

/// The venue sends decimal numbers as strings; a JSON number may have gone through a float, so it is refused.
pub(super) fn decimal_text(frame: &[u8], value: Value) -> Result<DecimalText<'_>, Reject> {
    Ok(DecimalText { bytes: text(frame, value)?, offset: value.start, spelled: Spelled::Text })
}

/// A decimal number that the venue sends as a JSON number.
pub(super) fn decimal_number(frame: &[u8], value: Value) -> Result<DecimalText<'_>, Reject> {
    if value.kind != Kind::Number {
        return reject(Code::FieldType, value.start);
    }
    Ok(DecimalText { bytes: value.of(frame), offset: value.start, spelled: Spelled::Number })
}

/// An array; its rows are looked at when they are converted.
pub(super) fn levels(frame: &[u8], value: Value) -> Result<LevelText<'_>, Reject> {
    level_rows(frame, value, Rows::Texts)
}

/// The same where rows are spelled otherwise.
pub(super) fn level_rows(frame: &[u8], value: Value, rows: Rows) -> Result<LevelText<'_>, Reject> {
    if value.kind != Kind::Array {
        return reject(Code::FieldType, value.start);
    }
    Ok(LevelText { bytes: value.of(frame), offset: value.start, rows })
}

/// The one element of an array, an object.
pub(super) fn only(frame: &[u8], array: Value) -> Result<Value, Reject> {
    let mut found = None;
    json::each_element(frame, array.start, |row| {
        if found.is_some() || row.kind != Kind::Object {
            return reject(Code::FieldType, row.start);
        }
        found = Some(row);
        Ok(())
    })?;
    found.ok_or(Reject { code: Code::FieldMissing, offset: array.start })
}

/// The first level of a side; zeros where it is empty.
pub(super) fn best(side: LevelText<'_>) -> Result<(DecimalText<'_>, DecimalText<'_>), Reject> {
    let mut found = None;
    json::each_element(side.bytes, 0, |row| {
        if found.is_some() {
            return Ok(());
        }
        let wrong = Reject { code: Code::FieldType, offset: row.start };
        let mut numbers = [None; 2];
        let mut count = 0;
        if row.kind != Kind::Array {
            return Err(wrong);
        }
        json::each_element(side.bytes, row.start, |value| {
            if let Some(number) = numbers.get_mut(count) {
                *number = Some(decimal_text(side.bytes, value)?);
            }
            count += 1;
            Ok(())
        })?;
        let [Some(price), Some(qty)] = numbers else { return Err(wrong) };
        found = Some((price, qty));
        Ok(())
    })
    .map_err(|reject| Reject { offset: reject.offset + side.offset, ..reject })?;
    let place = |number: DecimalText<'_>| number.offset + side.offset;
    Ok(found.map_or((DecimalText::zero(side.offset), DecimalText::zero(side.offset)), |(p, q)| {
        (DecimalText { offset: place(p), ..p }, DecimalText { offset: place(q), ..q })
    }))
}

/// An id: a JSON number that is a plain integer of 64 bits.
pub(super) fn unsigned(frame: &[u8], value: Value) -> Result<u64, Reject> {
    if value.kind != Kind::Number {
        return reject(Code::FieldType, value.start);
    }
    let digits = value.of(frame);
    if digits.first() == Some(&b'-') {
        return reject(Code::NumberNegative, value.start);
    }
    let mut number = 0_u64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return reject(Code::NumberSyntax, value.start);
        }
        let next = number.checked_mul(10).and_then(|number| number.checked_add(u64::from(byte - b'0')));
        number = next.ok_or(Reject { code: Code::NumberRange, offset: value.start })?;
    }
    Ok(number)
}

/// An error code of the venue, which may be negative.
pub(super) fn signed(frame: &[u8], value: Value) -> Result<i64, Reject> {
    let text = std::str::from_utf8(value.of(frame)).unwrap_or_default();
    let number = (value.kind == Kind::Number).then(|| text.parse().ok()).flatten();
    number.ok_or(Reject { code: Code::FieldType, offset: value.start })
}

/// A time in ns.
pub(super) fn time(frame: &[u8], value: Value) -> Result<u64, Reject> {
    scale_time(unsigned(frame, value)?).ok_or(Reject { code: Code::NumberRange, offset: value.start })
}

/// The venue's number to ns. It sends ms, and µs on spot connections opened with `timeUnit=MICROSECOND`; the magnitudes do not
/// overlap before the year 5138.
pub(super) const fn scale_time(number: u64) -> Option<u64> {
    const MICROSECONDS_FROM: u64 = 100_000_000_000_000;
    let unit = if number < MICROSECONDS_FROM { 1_000_000 } else { 1_000 };
    number.checked_mul(unit)
}

/// A time as text in UTC, in ns: `2026-04-07T14:30:00.123456Z`.
pub(super) fn clock(frame: &[u8], value: Value) -> Result<u64, Reject> {
    clock_text(text(frame, value)?).ok_or(Reject { code: Code::NumberSyntax, offset: value.start })
}

/// The same; `None` for what is no such time, or lies before 1970 or beyond 2200.
pub(super) fn clock_text(text: &[u8]) -> Option<u64> {
    let number = |at: usize, length: usize| {
        text.get(at..at + length)?
            .iter()
            .try_fold(0_u64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| text.get(*at) != Some(byte)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let is_date = (1970..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let fraction = match text.get(19..)? {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => {
            number(20, digits.len())? * 10_u64.pow(9 - u32::try_from(digits.len()).ok()?)
        }
        _ => return None,
    };
    // Days of the proleptic Gregorian calendar, of years that begin in March: the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    const DAYS_TO_1970: u64 = 719_468;
    let seconds = (days - DAYS_TO_1970) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * 1_000_000_000 + fraction)
}
