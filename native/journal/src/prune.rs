//! Old segments given up by hand, in the way of retention: a durable header says so before a file goes.

use std::path::Path;

use crate::error::JournalError;
use crate::journal::Journal;
use crate::reader::Reader;
use crate::segment::{SEGMENT_BYTES_MIN, SegmentName};
use crate::settings::{Mode, Settings};
use crate::storage::{Disk, Storage};

/// What of a journal goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prune {
    /// Segments of which all was received before this time, ns since the UNIX epoch.
    pub before: Option<u64>,
    /// The oldest segments, until no more than so many bytes are left.
    pub bytes: Option<u64>,
}

/// The segments that would go, oldest first. The last one never does.
///
/// # Errors
///
/// `JOURNAL_IO`; `JOURNAL_DAMAGED`, `JOURNAL_VERSION` for a header that cannot be read, since nobody can say then what would be lost.
pub fn prunable(folder: &Path, wanted: &Prune) -> Result<Vec<(SegmentName, u64)>, JournalError> {
    let disk = std::sync::Arc::new(Disk::open(folder, false)?);
    let files = disk.list().map_err(JournalError::io("list", folder.display().to_string()))?;
    let reader = Reader::new(disk, Mode::Strict)?;
    let bytes_of = |name: &SegmentName| files.iter().find(|(file, _)| *file == name.file()).map_or(0, |(_, bytes)| *bytes);
    let stored: Vec<_> = reader.segments().iter().map(|name| (*name, bytes_of(name))).collect();
    let mut left: u64 = stored.iter().map(|(_, bytes)| bytes).sum();
    let mut going = Vec::new();
    for pair in stored.windows(2) {
        let ((name, bytes), (next, _)) = (pair[0], pair[1]);
        let old = match wanted.before {
            Some(before) => reader.header(next)?.ts_before < before,
            None => false,
        };
        if !old && wanted.bytes.is_none_or(|most| left <= most) {
            break;
        }
        left -= bytes;
        going.push((name, bytes));
    }
    Ok(going)
}

/// Gives up what [`prunable`] names. No writer may be at work: a running engine has its own retention.
///
/// # Errors
///
/// As [`prunable`], and `JOURNAL_HELD`.
pub fn prune(folder: &Path, wanted: &Prune) -> Result<Vec<(SegmentName, u64)>, JournalError> {
    let going = prunable(folder, wanted)?;
    let Some((last, _)) = going.last() else { return Ok(going) };
    let stream = Reader::new(std::sync::Arc::new(Disk::open(folder, false)?), Mode::Strict)?.header(*last)?.stream;
    let settings = Settings {
        stream,
        floor: last.index + 1,
        segment_bytes: SEGMENT_BYTES_MIN,
        buffer_bytes: SEGMENT_BYTES_MIN as usize,
        reserve_bytes: 0,
        compress: false,
        mode: Mode::Salvage,
        ..Settings::default()
    };
    let (journal, writer, _) = Journal::open(folder, &settings)?;
    journal.close(writer)?;
    Ok(going)
}
