//! Client side of RFC 6455 without I/O: whole socket chunks in, messages and replies out. See `native/websocket/README.md`.
#![forbid(unsafe_code)]

mod close;
mod encode;
mod header;
mod reader;
mod replies;
mod violation;

pub use close::CloseFrame;
pub use encode::encode;
pub use header::Opcode;
pub use reader::{Item, Kind, Limits, Reader, Utf8};
pub use replies::{REPLIES_MAX, Replies};
pub use violation::Violation;

/// Longest payload of a control frame (RFC 6455 §5.5).
pub const CONTROL_BYTES_MAX: usize = 125;
