//! The head of a frame (RFC 6455 §5.2).
//!
//! ```text
//! byte 0            byte 1            bytes 2 ..
//! F R R R opcode    M length (7 bit)  126: u16, 127: u64, big-endian; then the payload (servers send no mask)
//! ```

use crate::{CONTROL_BYTES_MAX, Violation};

/// Longest head that a server may send.
pub const HEADER_BYTES_MAX: usize = 10;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with a message.
    Continuation = 0,
    /// Begins a message of text.
    Text = 1,
    /// Begins a message of bytes.
    Binary = 2,
    /// Ends the connection.
    Close = 8,
    /// Asks for a sign of life.
    Ping = 9,
    /// Gives one.
    Pong = 10,
}

impl Opcode {
    /// The opcode with this number, unless it is reserved.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    /// Whether frames of this opcode may come between the fragments of a message.
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// A checked head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub opcode: Opcode,
    /// The last frame of its message.
    pub fin: bool,
    pub length: u64,
}

impl Header {
    /// Reads the head at the start of `bytes`, with its size; `None` if more bytes are needed. Refuses as early as it can.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        if first & RESERVED != 0 {
            return Err(Violation::ReservedBits { byte: first });
        }
        let fin = first & FIN != 0;
        let Some(opcode) = Opcode::from_number(first & 0x0f) else {
            return Err(Violation::ReservedOpcode { opcode: first & 0x0f });
        };
        if opcode.is_control() && !fin {
            return Err(Violation::ControlFragmented { opcode: opcode as u8 });
        }
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        if second & MASKED != 0 {
            return Err(Violation::Masked);
        }
        if opcode.is_control() && usize::from(second) > CONTROL_BYTES_MAX {
            return Err(Violation::ControlTooLong { opcode: opcode as u8, length: second.into() });
        }
        let (length, size, least) = match second {
            126 => match bytes.get(2..4) {
                Some(&[a, b]) => (u64::from(u16::from_be_bytes([a, b])), 4, 126),
                _ => return Ok(None),
            },
            127 => match bytes.get(2..HEADER_BYTES_MAX) {
                Some(&[a, b, c, d, e, f, g, h]) => (u64::from_be_bytes([a, b, c, d, e, f, g, h]), HEADER_BYTES_MAX, 1 << 16),
                _ => return Ok(None),
            },
            short => (short.into(), 2, 0),
        };
        if length < least || length > i64::MAX as u64 {
            return Err(Violation::LengthForm { length });
        }
        Ok(Some((Self { opcode, fin, length }, size)))
    }
}
