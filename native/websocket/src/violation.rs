//! What a server may not send, and the close code that tells it so.

use std::fmt;

/// Why the connection must be failed (RFC 6455 §7.1.7). Nothing that arrives behind it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// Reserved bits are set although no extension was negotiated (§5.2).
    ReservedBits {
        /// First byte of the frame.
        byte: u8,
    },
    /// An opcode that RFC 6455 reserves (§5.2).
    ReservedOpcode {
        /// The opcode.
        opcode: u8,
    },
    /// Servers do not mask (§5.1).
    Masked,
    /// A control frame in fragments (§5.5).
    ControlFragmented {
        /// The opcode.
        opcode: u8,
    },
    /// A control frame with more than [`crate::CONTROL_BYTES_MAX`] bytes (§5.5).
    ControlTooLong {
        /// The opcode.
        opcode: u8,
        /// Its length, or the length's marker (126, 127) where the length itself has not arrived yet.
        length: u64,
    },
    /// A length that is written with more bytes than it needs, or has its highest bit set (§5.2).
    LengthForm {
        /// The length.
        length: u64,
    },
    /// A continuation of no message (§5.4).
    ContinuationAlone,
    /// A new message before the last one was finished (§5.4).
    MessageUnfinished,
    /// A message beyond our limit (§7.4.1, 1009).
    MessageTooLong {
        /// Bytes so far, that of the frame just announced included.
        length: u64,
        /// The limit.
        limit: usize,
    },
    /// A message in too many fragments (§7.4.1, 1008).
    FragmentsTooMany {
        /// The limit.
        limit: u32,
    },
    /// Text that is not UTF-8 (§8.1, 1007).
    TextNotUtf8 {
        /// First byte that is none.
        offset: usize,
    },
    /// A close frame with one byte of payload (§5.5.1).
    CloseTooShort,
    /// A close code that must not stand in a frame (§7.4).
    CloseCode {
        /// The code.
        code: u16,
    },
    /// The reason in a close frame is not UTF-8 (§5.5.1, 1007).
    CloseReasonNotUtf8,
}

impl Violation {
    /// The code to close with (§7.4.1).
    #[must_use]
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::TextNotUtf8 { .. } | Self::CloseReasonNotUtf8 => 1007,
            Self::FragmentsTooMany { .. } => 1008,
            Self::MessageTooLong { .. } => 1009,
            _ => 1002,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits { byte } => write!(f, "frame begins with {byte:#04x}: reserved bits without an extension"),
            Self::ReservedOpcode { opcode } => write!(f, "opcode {opcode:#x} is reserved"),
            Self::Masked => f.write_str("frame is masked"),
            Self::ControlFragmented { opcode } => write!(f, "control frame {opcode:#x} is fragmented"),
            Self::ControlTooLong { opcode, length } => {
                write!(f, "control frame {opcode:#x} of length {length} exceeds {}", crate::CONTROL_BYTES_MAX)
            }
            Self::LengthForm { length } => write!(f, "length {length} is not written in its shortest form"),
            Self::ContinuationAlone => f.write_str("continuation of no message"),
            Self::MessageUnfinished => f.write_str("new message before the last one was finished"),
            Self::MessageTooLong { length, limit } => write!(f, "message length {length} exceeds {limit}"),
            Self::FragmentsTooMany { limit } => write!(f, "message has more than {limit} fragments"),
            Self::TextNotUtf8 { offset } => write!(f, "text is not UTF-8 at byte {offset}"),
            Self::CloseTooShort => f.write_str("close frame of 1 byte"),
            Self::CloseCode { code } => write!(f, "close code {code} must not be sent"),
            Self::CloseReasonNotUtf8 => f.write_str("close reason is not UTF-8"),
        }
    }
}

impl std::error::Error for Violation {}
