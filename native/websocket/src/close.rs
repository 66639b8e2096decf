//! The payload of a close frame (RFC 6455 §5.5.1, §7.4).

use crate::Violation;

/// Why the server closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseFrame<'a> {
    /// The code, if there is one.
    pub code: Option<u16>,
    /// The reason, often empty.
    pub reason: &'a str,
}

/// Codes that may stand in a frame: those that RFC 6455 §7.4.1 and its registry define, and the two open ranges of §7.4.2.
/// Not 1004 (undefined), 1005, 1006, 1015 (they stand for the absence of a frame), nor anything unassigned below 3000.
const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

impl<'a> CloseFrame<'a> {
    /// Reads the payload.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Violation> {
        match payload {
            [] => Ok(Self { code: None, reason: "" }),
            [_] => Err(Violation::CloseTooShort),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                if !may_be_sent(code) {
                    return Err(Violation::CloseCode { code });
                }
                let reason = std::str::from_utf8(reason).map_err(|_| Violation::CloseReasonNotUtf8)?;
                Ok(Self { code: Some(code), reason })
            }
        }
    }
}
