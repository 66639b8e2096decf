//! The segment that is written.

use std::time::Instant;

use crate::index::IndexBuilder;
use crate::record::{Head, stored_check};
use crate::segment::{Chain, FROM_RESERVE, HEADER_BYTES, Header, Link, SegmentName};
use crate::storage::StorageFile;

/// The last part of the reserve is for gaps alone.
const GAP_ROOM: u64 = 64 << 10;

/// The segment that is written.
pub(super) struct Open {
    pub file: Box<dyn StorageFile>,
    pub name: SegmentName,
    pub header: Header,
    /// Where the next record goes; all before it is durable (with `Durability::None`: written).
    pub end: u64,
    /// All before it is synced.
    pub synced: u64,
    pub chain: Chain,
    pub index: IndexBuilder,
    pub begun: Instant,
}

impl Open {
    pub const fn is_empty(&self) -> bool {
        self.end == HEADER_BYTES as u64
    }

    pub const fn is_reserve(&self) -> bool {
        self.header.flags & FROM_RESERVE != 0
    }

    /// Bytes that records may fill.
    pub fn room(&self) -> u64 {
        let kept = if self.is_reserve() { GAP_ROOM.min(self.header.capacity / 4) } else { 0 };
        (self.header.capacity - kept).saturating_sub(self.end)
    }

    pub fn link(&self) -> Link {
        if self.is_empty() {
            self.header.prev
        } else {
            Link { index: self.header.index, end: self.end, digest: self.chain.digest() }
        }
    }

    /// Takes the records of a durable group into digest and index; the number of the last one.
    pub fn note_group(&mut self, stage: &[u8], mut last: u64) -> u64 {
        let mut at = 0;
        while let Some(head) = Head::peek(&stage[at..]) {
            self.chain.add(stored_check(&stage[at..]));
            self.index.add(&head, self.end + at as u64);
            last = head.sequence;
            at += head.record_bytes();
        }
        self.end += stage.len() as u64;
        last
    }
}
