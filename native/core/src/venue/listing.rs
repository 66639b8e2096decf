//! What the instrument listings of all venues are read with. Control plane: allocates.

use crate::decimal::{self, Decimal};
use crate::error::Code;
use crate::json::{self, BODY_BYTES_MAX, Kind, Scanner, Value};

use super::fields::reject;
use super::{Listing, Reject};

/// Longest name of a member that is looked for.
const NAME_BYTES_MAX: usize = 32;

/// Exponent where the venue gives no step, or one that is no number.
const EXPONENT_DEFAULT: i8 = -8;

/// Smallest step of a price or quantity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) size: i64,
    pub(super) exponent: i8,
}

impl Step {
    pub(super) const UNKNOWN: Self = Self { size: 0, exponent: EXPONENT_DEFAULT };

    /// A step of 0 switches the venue's rule off: nothing is known then.
    pub(super) fn read(body: &[u8], value: Option<Value>) -> Self {
        let parsed = value.and_then(|value| text(body, value)).and_then(|text| decimal::parse(text.as_bytes()).ok());
        parsed.map_or(Self::UNKNOWN, Self::of)
    }

    /// The same where steps are JSON numbers.
    pub(super) fn read_number(body: &[u8], value: Option<Value>) -> Self {
        let number = value.filter(|value| value.kind == Kind::Number);
        number.and_then(|number| decimal::parse_number(number.of(body)).ok()).map_or(Self::UNKNOWN, Self::of)
    }

    fn of(step: Decimal) -> Self {
        if step.mantissa > 0 { Self { size: step.mantissa, exponent: step.exponent() } } else { Self::UNKNOWN }
    }
}

/// Reads the rows below these members of the root: elements of an array, or members of an object. A row that is no object, or that `row`
/// has no use for, does not cost the others.
pub(super) fn listings(
    body: &[u8],
    path: &[&[u8]],
    kind: Kind,
    row: impl Fn(&[u8], Value) -> Result<Option<Listing>, Reject>,
) -> Result<Vec<Listing>, Reject> {
    json::check(body, BODY_BYTES_MAX)?;
    let root = Scanner::at(body, 0).root()?;
    if root.kind != if path.is_empty() { kind } else { Kind::Object } {
        return reject(Code::FieldType, root.start);
    }
    let mut rows = root;
    for (depth, name) in path.iter().enumerate() {
        let kind = if depth + 1 == path.len() { kind } else { Kind::Object };
        let missing = Reject { code: Code::FieldMissing, offset: root.start };
        rows = member_of(body, rows.start, name, kind)?.ok_or(missing)?;
    }
    let mut found = Vec::new();
    let mut take = |value: Value| {
        if value.kind == Kind::Object {
            found.extend(row(body, value)?);
        }
        Ok(())
    };
    match kind {
        Kind::Object => json::each_member(body, rows.start, |_, value| take(value))?,
        _ => json::each_element(body, rows.start, take)?,
    };
    Ok(found)
}

/// A member of the object at `start`.
pub(super) fn member(body: &[u8], start: usize, name: &[u8]) -> Result<Option<Value>, Reject> {
    let mut found = None;
    json::each_member(body, start, |key, value| {
        let mut buffer = [0; NAME_BYTES_MAX];
        if json::unescape(key, &mut buffer) == Some(name) {
            found = Some(value);
        }
        Ok(())
    })?;
    Ok(found)
}

/// A member of this kind.
pub(super) fn member_of(body: &[u8], start: usize, name: &[u8], kind: Kind) -> Result<Option<Value>, Reject> {
    Ok(member(body, start, name)?.filter(|value| value.kind == kind))
}

pub(super) fn text(body: &[u8], value: Value) -> Option<String> {
    let mut buffer = [0; 256];
    let bytes = (value.kind == Kind::String).then(|| json::unescape(value.of(body), &mut buffer)).flatten()?;
    String::from_utf8(bytes.to_vec()).ok()
}
