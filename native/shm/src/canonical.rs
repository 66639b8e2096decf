//! A record as bytes: one form for every language, and what a C record is.

use tickring_core::event::{Event, Kind, Level, flag};

use crate::codec::{Content, encode_payload};
use crate::layout::PAYLOAD_WORDS_MAX;
use crate::payload;
use crate::record::Record;

/// Bytes of the canonical form before the payload.
pub const CANONICAL_HEAD_SIZE: usize = 56;
/// Most bytes of a record in the canonical form.
pub const CANONICAL_SIZE_MAX: usize = CANONICAL_HEAD_SIZE + PAYLOAD_WORDS_MAX * 8;

/// Words before the payload.
const HEAD_WORDS: usize = CANONICAL_HEAD_SIZE / 8;

impl Record {
    /// Writes the canonical form, little-endian, and returns its size in bytes; `None` if `out` is shorter.
    ///
    /// ```text
    /// 0  size u32 | 4 kind u8 | 5 zero u8 | 6 flags u16 | 8 instrument u32 | 12 index u32
    /// 16 sequence u64 | 24 frame_seq u64 | 32 ts_event u64 | 40 ts_recv u64 | 48 ts_out u64 | 56 payload words u64 …
    /// ```
    ///
    /// `size` covers the whole record. Payload words are those of [`crate::payload`] in full, never the ring's compact form.
    #[inline]
    pub fn encode(&self, out: &mut [u8]) -> Option<usize> {
        let words = payload::words(self.kind);
        let size = CANONICAL_HEAD_SIZE + 8 * self.payload_len();
        let (out, _) = out.get_mut(..size)?.as_chunks_mut::<8>();
        let low = size as u64 | (self.kind as u64) << 32 | u64::from(self.flags) << 48;
        let identity = u64::from(self.instrument) | u64::from(self.index) << 32;
        let head = [low, identity, self.sequence, self.frame_seq, self.ts_event, self.ts_recv, self.ts_out];
        let (places, rest) = out.split_at_mut(HEAD_WORDS);
        put(places, &head);
        let (places, rest) = rest.split_at_mut(words);
        put(places, &self.fixed[..words]);
        let levels = &self.levels[..self.bid_count + self.ask_count];
        for (pair, level) in rest.as_chunks_mut::<2>().0.iter_mut().zip(levels) {
            *pair = [level.price.to_le_bytes(), level.qty.to_le_bytes()];
        }
        Some(size)
    }

    /// The inverse of [`Self::encode`]; `false`, and nothing useful here, if that wrote no such bytes.
    pub fn decode(&mut self, bytes: &[u8]) -> bool {
        let (bytes, _) = bytes.as_chunks::<8>();
        let word = |index: usize| bytes.get(index).map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let Some(kind) = Kind::from_number((word(0) >> 32) as u8) else { return false };
        (self.kind, self.flags) = (kind, (word(0) >> 48) as u16);
        (self.instrument, self.index) = (word(1) as u32, (word(1) >> 32) as u32);
        (self.sequence, self.frame_seq) = (word(2), word(3));
        (self.ts_event, self.ts_recv, self.ts_out) = (word(4), word(5), word(6));
        let words = payload::words(kind);
        for (index, fixed) in self.fixed[..words].iter_mut().enumerate() {
            *fixed = word(HEAD_WORDS + index);
        }
        let Some((bids, asks)) = Self::level_counts(kind, &self.fixed[..words]) else { return false };
        (self.bid_count, self.ask_count) = (bids, asks);
        let size = CANONICAL_HEAD_SIZE + 8 * self.payload_len();
        let Some(levels) = bytes.get(HEAD_WORDS + words..size / 8) else { return false };
        for (level, [price, qty]) in self.levels.iter_mut().zip(levels.as_chunks::<2>().0) {
            *level = Level { price: i64::from_le_bytes(*price), qty: i64::from_le_bytes(*qty) };
        }
        word(0) as u32 as usize == size && self.is_sound()
    }
}

/// Writes events in the canonical form as a reader of the ring would get them, without a ring.
#[derive(Debug)]
pub struct EventEncoder {
    words: Box<[u64; PAYLOAD_WORDS_MAX]>,
}

impl Default for EventEncoder {
    fn default() -> Self {
        Self { words: Box::new([0; PAYLOAD_WORDS_MAX]) }
    }
}

impl EventEncoder {
    /// Appends an event of a shard. No ring has given it a number: its sequence is 0, and `ts_out` the time at which its input was received.
    /// `false`, and nothing appended, for one with more levels than a record may have.
    pub fn append(&mut self, event: &Event<'_>, shard: u8, out: &mut Vec<u8>) -> bool {
        let Some(count) = encode_payload(Content::Body(&event.body), &mut *self.words) else { return false };
        let header = &event.header;
        let size = CANONICAL_HEAD_SIZE + 8 * count;
        let flags = header.flags & !flag::WIDE;
        let low = size as u64 | (event.body.kind() as u64) << 32 | u64::from(shard) << 40 | u64::from(flags) << 48;
        let identity = u64::from(header.instrument) | u64::from(header.index) << 32;
        let head = [low, identity, 0, header.frame_seq, header.ts_event, header.ts_recv, header.ts_recv];
        out.reserve(size);
        for word in head.iter().chain(&self.words[..count]) {
            out.extend_from_slice(&word.to_le_bytes());
        }
        true
    }
}

fn put(places: &mut [[u8; 8]], words: &[u64]) {
    for (place, word) in places.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
}
