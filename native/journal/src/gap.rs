//! Inputs that are not in the journal, and why.

use crate::record::{u16_at, u64_at};

/// Bytes of a gap's payload.
pub(crate) const GAP_BYTES: usize = 48;

/// Why inputs are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum GapCause {
    /// The disk did not keep up, the buffer was full.
    BufferFull = 1,
    /// The input is longer than a segment or the buffer can hold.
    TooLong = 2,
    /// They were still waiting for the disk when the journal was closed.
    Closed = 3,
    /// They were durable, and are damaged or lost.
    Damaged = 4,
    /// They were seen by readers of a writer that died, and never were durable.
    NotDurable = 5,
}

/// Inputs `first ..= last` of this shard are not in the journal. The first cause is told, if there were several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub cause: GapCause,
    /// First missing input.
    pub first: u64,
    /// Last missing input.
    pub last: u64,
    /// Bytes of their payloads, 0 where unknown.
    pub bytes: u64,
    /// When the first reached us, 0 where unknown.
    pub ts_first: u64,
    /// When the last reached us, 0 where unknown.
    pub ts_last: u64,
}

impl Gap {
    pub(crate) fn to_bytes(self) -> [u8; GAP_BYTES] {
        let mut out = [0; GAP_BYTES];
        out[..2].copy_from_slice(&(self.cause as u16).to_le_bytes());
        for (place, value) in [(8, self.first), (16, self.last), (24, self.bytes), (32, self.ts_first), (40, self.ts_last)] {
            out[place..place + 8].copy_from_slice(&value.to_le_bytes());
        }
        out
    }

    /// Reads a gap's payload; `None` if it is none.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let bytes: &[u8; GAP_BYTES] = payload.try_into().ok()?;
        let cause = match u16_at(bytes, 0) {
            1 => GapCause::BufferFull,
            2 => GapCause::TooLong,
            3 => GapCause::Closed,
            4 => GapCause::Damaged,
            5 => GapCause::NotDurable,
            _ => return None,
        };
        let gap = Self {
            cause,
            first: u64_at(bytes, 8),
            last: u64_at(bytes, 16),
            bytes: u64_at(bytes, 24),
            ts_first: u64_at(bytes, 32),
            ts_last: u64_at(bytes, 40),
        };
        (1..=gap.last).contains(&gap.first).then_some(gap)
    }
}
