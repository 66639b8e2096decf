//! Checkpoints are any number of records; only whole ones count.

use crate::record::{Kind, Record, flag};

/// Longest checkpoint: files are written by strangers.
const BYTES_MAX: usize = 1 << 30;

/// Puts checkpoints together from the records of a reader.
///
/// A whole one is a first part, further parts of the same number right behind it, and a last part. One that was torn half way, or that
/// has anything between its parts, is none.
#[derive(Debug, Default)]
pub struct CheckpointParts {
    bytes: Vec<u8>,
    sequence: Option<u64>,
}

impl CheckpointParts {
    /// Takes the next record, of whatever kind; the bytes of a checkpoint where it is the last part of a whole one.
    pub fn add(&mut self, record: &Record<'_>) -> Option<&[u8]> {
        let head = &record.head;
        if head.kind != Kind::Checkpoint {
            self.sequence = None;
            return None;
        }
        if head.flags & flag::FIRST != 0 {
            self.bytes.clear();
            self.sequence = Some(head.sequence);
        }
        if self.sequence != Some(head.sequence) || self.bytes.len() + record.payload.len() > BYTES_MAX {
            self.sequence = None;
            return None;
        }
        self.bytes.extend_from_slice(record.payload);
        if head.flags & flag::LAST == 0 {
            return None;
        }
        self.sequence = None;
        Some(&self.bytes)
    }

    /// Forgets the parts so far: the reader has jumped, or told damage.
    pub const fn clear(&mut self) {
        self.sequence = None;
    }
}
