//! Builds messages and frames them for the gateway.
//!
//! ```text
//! frame: 0 length u32 | 4 topic u32 | 8 encoding u8 | 9 rung u8 | 10 zero [u8; 2] | 12 message, `length` bytes | zeros up to a multiple of 8
//! ```
//!
//! Numbers are little-endian; the padding counts from the frame's first byte, so every frame starts on a multiple of 8.

use crate::flat::FlatEncoder;
use crate::json::JsonEncoder;
use crate::message::{Body, Encoding, Head, Origin, Rung, SkipReason};
use crate::msgpack::MsgPackEncoder;
use crate::topic::{Channel, Entry, Topic};
use crate::window::{Kept, Window};

/// Bytes of a frame before its message.
pub const FRAME_HEAD_SIZE: usize = 12;
/// Frames start on multiples of this.
pub const FRAME_ALIGNMENT: usize = 8;

/// Bytes that a frame with a message of `length` bytes takes.
#[must_use]
pub const fn frame_size(length: usize) -> usize {
    (FRAME_HEAD_SIZE + length).next_multiple_of(FRAME_ALIGNMENT)
}

/// The encoders, and the frames that the gateway has not taken yet.
#[derive(Default)]
pub(crate) struct Publisher {
    flat: FlatEncoder,
    json: JsonEncoder,
    msgpack: MsgPackEncoder,
    /// What was built lately, for those who resume.
    window: Window,
    queue: Vec<u8>,
    /// Start of the first frame not taken.
    taken: usize,
    /// Largest frame that the gateway's buffer holds.
    pub(crate) frame_size_max: usize,
    /// Messages built so far.
    pub(crate) built: u64,
}

impl Publisher {
    /// Gives the topic's next number to a message, and builds it in each encoding that somebody listens to.
    pub(crate) fn publish(&mut self, topics: &mut [Topic], entry: &Entry, channel: Channel, origin: Origin, body: &Body<'_>) {
        let Some(topic) = topics.get_mut(entry.topic(channel)) else {
            return;
        };
        let prev_seq = topic.seq;
        topic.seq += 1;
        topic.rung_seq[Rung::Full as usize] = topic.seq;
        self.build(topic, entry, Rung::Full, prev_seq, origin, body);
    }

    /// Builds a message of a conflated rung: it reaches from the rung's last one to the topic's newest number.
    pub(crate) fn publish_on(&mut self, topic: &mut Topic, entry: &Entry, rung: Rung, origin: Origin, body: &Body<'_>) {
        let prev_seq = std::mem::replace(&mut topic.rung_seq[rung as usize], topic.seq);
        self.build(topic, entry, rung, prev_seq, origin, body);
    }

    fn build(&mut self, topic: &mut Topic, entry: &Entry, rung: Rung, prev_seq: u64, origin: Origin, body: &Body<'_>) {
        for encoding in Encoding::ALL {
            if topic.interest[rung as usize][encoding as usize] && encoding.has(body) {
                let length = self.enqueue(topic.id, (encoding, rung), &entry.head(topic, prev_seq, origin), body);
                if rung == Rung::Full {
                    let start = self.queue.len() - frame_size(length) + FRAME_HEAD_SIZE;
                    let newest = &mut topic.newest[encoding as usize];
                    *newest = Some(self.window.keep(&self.queue[start..start + length], topic.seq, *newest));
                }
            }
        }
    }

    /// The messages of a topic after number `after`, as `replay` of [`crate::Fanout`] gives them.
    pub(crate) fn replay(&self, topic: &Topic, encoding: Encoding, after: u64, bytes_max: usize) -> Option<Vec<u8>> {
        if after >= topic.seq {
            return (after == topic.seq).then(Vec::new);
        }
        let kept: Vec<Kept> = self.window.since(topic.newest[encoding as usize]?, topic.seq, after, bytes_max)?;
        let mut frames = Vec::new();
        for message in kept.into_iter().rev().map(|kept| self.window.bytes(kept)) {
            frames.extend_from_slice(&u32::try_from(message.len()).ok()?.to_le_bytes());
            frames.extend_from_slice(message);
        }
        Some(frames)
    }

    /// Encodes one message for one client.
    pub(crate) fn encode(&mut self, encoding: Encoding, head: &Head<'_>, body: &Body<'_>) -> &[u8] {
        match encoding {
            Encoding::FlatBuffers => self.flat.encode(head, body),
            Encoding::Json => self.json.encode(head, body),
            Encoding::MsgPack => self.msgpack.encode(head, body),
            Encoding::Stream => self.json.encode_stream(head, body),
        }
    }

    /// Returns the length of the message.
    fn enqueue(&mut self, topic: u32, (encoding, rung): (Encoding, Rung), head: &Head<'_>, body: &Body<'_>) -> usize {
        let frame_size_max = self.frame_size_max;
        let length = self.encode(encoding, head, body).len();
        if frame_size(length) > frame_size_max {
            let notice = Body::Skipped { reason: SkipReason::TooLarge, from: head.seq, to: head.seq, count: 1 };
            self.encode(encoding, head, &notice);
        }
        self.built += 1;
        let message = match encoding {
            Encoding::FlatBuffers => self.flat.bytes(),
            Encoding::Json | Encoding::Stream => self.json.bytes(),
            Encoding::MsgPack => self.msgpack.bytes(),
        };
        let length = u32::try_from(message.len()).expect("invariant: a frame is no longer than the gateway's buffer");
        let end = self.queue.len() + frame_size(message.len());
        self.queue.extend_from_slice(&length.to_le_bytes());
        self.queue.extend_from_slice(&topic.to_le_bytes());
        self.queue.extend_from_slice(&[encoding as u8, rung as u8, 0, 0]);
        self.queue.extend_from_slice(message);
        self.queue.resize(end, 0);
        length as usize
    }

    /// Moves whole frames to `out` and returns the bytes used.
    pub(crate) fn take(&mut self, out: &mut [u8]) -> usize {
        let mut used = 0;
        while let Some(length) = self.queue.get(self.taken..).and_then(|rest| rest.first_chunk()) {
            let size = frame_size(u32::from_le_bytes(*length) as usize);
            let Some(room) = out.get_mut(used..used + size) else {
                return used;
            };
            room.copy_from_slice(&self.queue[self.taken..self.taken + size]);
            self.taken += size;
            used += size;
        }
        self.queue.clear();
        self.taken = 0;
        used
    }

    /// Whether frames wait for room.
    pub(crate) fn is_full(&self) -> bool {
        !self.queue.is_empty()
    }
}
