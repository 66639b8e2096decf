//! What readers and searches find.

use crate::gap::Gap;
use crate::record::{Kind, Record};

/// Bytes of the journal that were durable and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: String,
    /// First byte, of the plain form.
    pub from: u64,
    /// Byte at which it goes on.
    pub to: u64,
    /// First input that is lost.
    pub first: u64,
    /// The last one, where it is known.
    pub last: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// What a reader finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// The next record.
    Record(Record<'a>),
    /// Damage; with [`Mode::Salvage`] the next call goes on behind it, with [`Mode::PointInTime`] there is nothing more.
    Damage(Damage),
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    /// The next record is the one that was asked for.
    Found,
    /// Inputs up to `last` are no longer there; the next record is the first after them.
    Lost {
        /// The input that was asked for.
        first: u64,
        /// The last one that is gone.
        last: u64,
    },
    /// The journal ends before it.
    End,
}

/// Where the reader got.
pub(crate) enum Place {
    /// A record begins at this offset.
    Record(u64),
    Damage(Damage),
    End,
}

/// What stands at the reader's place.
pub(crate) enum Step {
    Record {
        end: u64,
    },
    /// The end of what is known, for now.
    End,
    /// The segment is read; another follows.
    Next,
    Damaged {
        to: u64,
        last: Option<u64>,
        what: String,
    },
}

/// The last input that must be missing where this record is the first one found again.
pub(crate) fn lost_before(record: &Record<'_>) -> u64 {
    match record.head.kind {
        Kind::Gap => Gap::read(record.payload).map_or(record.head.sequence, |gap| gap.first - 1),
        kind if kind.is_input() => record.head.sequence.saturating_sub(1),
        _ => record.head.sequence,
    }
}
