//! Answers that the protocol owes the server. The caller gives the masks and does the writing.

use std::collections::VecDeque;

use crate::encode::encode;
use crate::{CONTROL_BYTES_MAX, Opcode};

/// Answers kept until the caller takes them. Of more pings the oldest go unanswered, as RFC 6455 §5.5.3 allows.
pub const REPLIES_MAX: usize = 16;

#[derive(Clone, Copy)]
struct Reply {
    opcode: Opcode,
    length: usize,
    payload: [u8; CONTROL_BYTES_MAX],
}

/// Control frames that wait to be sent.
#[derive(Default)]
pub struct Replies {
    queue: VecDeque<Reply>,
    closing: bool,
}

impl Replies {
    /// Answers a ping with its own payload.
    pub fn pong(&mut self, payload: &[u8]) {
        self.push(Opcode::Pong, payload);
    }

    /// Answers a close, or begins one; nothing may be sent behind it, so that only the first counts.
    pub fn close(&mut self, code: Option<u16>) {
        match code {
            Some(code) => self.push(Opcode::Close, &code.to_be_bytes()),
            None => self.push(Opcode::Close, &[]),
        }
        self.closing = true;
    }

    /// Whether something waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Appends the oldest answer to `out`, masked; false if none waits.
    pub fn take(&mut self, mask: [u8; 4], out: &mut Vec<u8>) -> bool {
        let Some(Reply { opcode, length, payload }) = self.queue.pop_front() else { return false };
        encode(opcode, &payload[..length], mask, out);
        true
    }

    fn push(&mut self, opcode: Opcode, bytes: &[u8]) {
        if self.closing {
            return;
        }
        if self.queue.len() == REPLIES_MAX {
            self.queue.pop_front();
        }
        let length = bytes.len().min(CONTROL_BYTES_MAX);
        let mut payload = [0; CONTROL_BYTES_MAX];
        payload[..length].copy_from_slice(&bytes[..length]);
        self.queue.push_back(Reply { opcode, length, payload });
    }
}
