//! Frames as a server writes them, and a reader that sees them through every cut.
#![allow(dead_code, reason = "each test file uses its part")]

use tickring_websocket::{CloseFrame, Item, Kind, Limits, Reader};

/// What came out of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// The close code of a violation.
    Failed(u16),
}

pub const FIN: u8 = 0x80;
pub const CONTINUATION: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 0x88;
pub const PING: u8 = 0x89;
pub const PONG: u8 = 0x8a;

/// A frame with this first byte, its length in the shortest form.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(length as u8),
        length @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

pub fn text(payload: &str) -> Seen {
    Seen::Text(payload.as_bytes().to_vec())
}

/// Everything that comes out when the bytes arrive in these chunks.
pub fn read_chunks<'a>(limits: Limits, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut reader = Reader::new(limits);
    let mut seen = Vec::new();
    for chunk in chunks {
        let mut at = 0;
        loop {
            match reader.next(chunk, &mut at) {
                Ok(None) => break,
                Ok(Some(item)) => seen.push(owned(item)),
                Err(violation) => {
                    assert!(!violation.to_string().is_empty());
                    seen.push(Seen::Failed(violation.close_code()));
                }
            }
        }
        assert_eq!(at, chunk.len(), "a chunk is used up before the next one is asked for");
        assert!(reader.buffer_bytes() <= limits.message_bytes_max.max(256 << 10));
    }
    seen
}

fn owned(item: Item<'_>) -> Seen {
    match item {
        Item::Message { kind: Kind::Text, bytes } => Seen::Text(bytes.to_vec()),
        Item::Message { kind: Kind::Binary, bytes } => Seen::Binary(bytes.to_vec()),
        Item::Ping(bytes) => Seen::Ping(bytes.to_vec()),
        Item::Pong(bytes) => Seen::Pong(bytes.to_vec()),
        Item::Close(CloseFrame { code, reason }) => Seen::Close(code, reason.to_owned()),
    }
}

/// Positions to cut at: every one, but for long streams, where those far from either end are sampled.
fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..=length).filter(move |&cut| length <= 4_096 || cut < 64 || cut + 64 > length || cut % 1_021 == 0)
}

/// The same bytes whole, byte by byte, and cut in two at every position; all must give the same, which is returned.
pub fn every_cut(limits: Limits, bytes: &[u8]) -> Vec<Seen> {
    let whole = read_chunks(limits, [bytes]);
    assert_eq!(read_chunks(limits, bytes.chunks(1)), whole, "byte by byte");
    for cut in cuts(bytes.len()) {
        let (left, right) = bytes.split_at(cut);
        assert_eq!(read_chunks(limits, [left, right]), whole, "cut at {cut}");
    }
    if bytes.len() <= 48 {
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let three = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(read_chunks(limits, three), whole, "cut at {first} and {second}");
            }
        }
    }
    whole
}

/// These frames one behind the other, under the default limits, in every cut.
pub fn seen(frames: &[Vec<u8>]) -> Vec<Seen> {
    every_cut(Limits::default(), &frames.concat())
}
