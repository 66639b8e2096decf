//! What a journal may be told.

use std::time::Duration;

use crate::error::JournalError;
use crate::record::{HEAD_BYTES, PAYLOAD_BYTES_MAX, SEQUENCE_MAX};
use crate::segment::{HEADER_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};

/// When an input counts as durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When it is written: it survives the process, not the machine.
    None,
    /// When its group is synced: every few milliseconds, or 256 KiB.
    Batch,
    /// The same, and an append wakes the flush thread at once.
    Fsync,
}

/// What is done about damage to what was durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Refuse.
    Strict,
    /// Take what stands before it.
    PointInTime,
    /// Tell it and go on behind it.
    Salvage,
}

/// When old segments go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Retention {
    /// Keep no more than this, if said.
    pub bytes: Option<u64>,
    /// Keep nothing that ended longer ago, if said.
    pub age: Option<Duration>,
    /// With less than this free, segments go although a sink still needs them.
    pub disk_floor: u64,
}

/// Settings of one journal.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Shard.
    pub stream: u32,
    /// Epoch of the writer; at least one more than the last one is taken.
    pub epoch: u64,
    /// Least number of the first input: what readers of the writer before have seen has lower ones. A hole that this leaves is told
    /// as [`crate::GapCause::NotDurable`].
    pub first_sequence: u64,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Bytes that may wait for the disk.
    pub buffer_bytes: usize,
    /// When an input counts as durable.
    pub durability: Durability,
    /// Longest wait of a group.
    pub interval: Duration,
    /// A segment that holds records is ended after this time, so that retention by age has something to delete.
    pub roll_after: Duration,
    /// Bytes of the segment kept for a full disk; 0 for none.
    pub reserve_bytes: u64,
    /// Whether sealed segments are compressed.
    pub compress: bool,
    /// When old segments go.
    pub retention: Retention,
    /// Segments with a lower index are given up, whoever still needs them.
    pub floor: u64,
    /// What is done about damage in the last segment.
    pub mode: Mode,
    /// Whether a disk that refuses the first segment degrades the journal, as later ones do, instead of failing `open`: for whoever
    /// must go on in any case.
    pub begins_degraded: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stream: 0,
            epoch: 0,
            first_sequence: 1,
            segment_bytes: 64 << 20,
            buffer_bytes: 16 << 20,
            durability: Durability::Batch,
            interval: Duration::from_millis(5),
            roll_after: Duration::from_secs(3600),
            reserve_bytes: 4 << 20,
            compress: true,
            retention: Retention::default(),
            floor: 0,
            mode: Mode::Strict,
            begins_degraded: false,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        let wrong = |what, value, limit| Err(JournalError::Argument { what, value, limit });
        if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&self.segment_bytes) || !self.segment_bytes.is_multiple_of(8) {
            return wrong("segment bytes", self.segment_bytes, "a multiple of 8 from 16 KiB to 1 GiB");
        }
        if !(SEGMENT_BYTES_MIN as usize..=SEGMENT_BYTES_MAX as usize).contains(&self.buffer_bytes) {
            return wrong("buffer bytes", self.buffer_bytes as u64, "from 16 KiB to 1 GiB");
        }
        if self.reserve_bytes != 0 && !(SEGMENT_BYTES_MIN..=self.segment_bytes).contains(&self.reserve_bytes) {
            return wrong("reserve bytes", self.reserve_bytes, "0, or from 16 KiB to the bytes of a segment");
        }
        if self.first_sequence > SEQUENCE_MAX {
            return wrong("first sequence", self.first_sequence, "at most 2^62");
        }
        if self.interval.is_zero() || self.interval > Duration::from_secs(1) {
            return wrong("interval in ns", self.interval.as_nanos() as u64, "from 1 ns to 1 s");
        }
        Ok(())
    }

    /// Longest payload: half of what waits, so that one record cannot take all room from its gap, and at most a segment.
    pub(crate) fn payload_bytes_max(&self) -> usize {
        let segment = self.segment_bytes as usize - HEADER_BYTES - HEAD_BYTES;
        PAYLOAD_BYTES_MAX.min(segment).min(self.buffer_bytes / 2 - HEAD_BYTES) & !7
    }
}
